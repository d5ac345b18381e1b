"""Annotated articles as rows of a Hugging Face dataset, and back. The row is the public format; see docs/dataset.md.

Rows are dictionaries that fit ``features``. Reading them checks offsets and hashes. They are written to Parquet files
batch by batch and read back: the same rows give the same bytes, and ``datasets.load_dataset`` opens them. ``datasets``
and pyarrow are imported here alone (and pyarrow in ``articles.tables``, for articles in Parquet).
"""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eventcorpus.annotation.rules import resolve_overlaps, with_defaults
from eventcorpus.annotation.templates import check_templates, standoff_metadata
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.errors import SpanError
from eventcorpus.files import sha256_of_file, to_json
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span
from eventcorpus.tags import tag_names, tags_from_spans
from eventcorpus.text import cut_out, sha256_of

_TOKEN_COLUMNS = ("tokens", "token_starts", "token_ends", "ner_tags")
_STRINGS = ("title", "outlet", "url", "published", "language", "licence", "kind", "cluster")
CONFIGS = ("default", "annotations")
_BATCH_ROWS = 500
_BATCH_CHARACTERS = 2_000_000
_FEW_BATCHES, _LATER_ROWS = 32, 2_000
"""After so many batches of a split they have more rows: a writer keeps about 60 kB of each in memory until its end."""
Row = Mapping[str, Any]


def features(ontology: Ontology, config: str) -> Any:
    """The ``datasets.Features`` of a row; those of ``annotations`` also name the annotator."""
    from datasets import ClassLabel, Features, List, Value

    text, number = Value("string"), Value("int32")
    columns = {"id": text, "text": text, "text_sha256": text}
    if config == "annotations":
        columns["annotator"] = text
    columns |= {name: text for name in ("title", "outlet", "url", "published", "language", "licence")}
    columns |= {"invented": Value("bool"), "kind": text, "tags": List(text), "cluster": text, "metadata": text}
    columns |= {"status": text, "labels_annotated": List(text), "not_annotated": List(text)}
    attributes, offsets = List({"name": text, "value": text}), {"start": number, "end": number}
    span = {"id": text, **offsets, "label": text, "attributes": attributes, "origin": text, "decided_by": text}
    columns["spans"] = List(span)
    columns["roles"] = List({"role": text, "trigger": text, "argument": text})
    columns["events"] = List({"id": text, "label": text, "triggers": List(text)})
    columns |= {"tokens": List(text), "token_starts": List(number), "token_ends": List(number)}
    columns["ner_tags"] = List(ClassLabel(names=tag_names(ontology.labels)))
    return Features(columns)


def row_of(annotated: AnnotatedArticle, ontology: Ontology, tokens: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """One row. Attributes that the annotator did not set get the ontology's default, where there is one.

    Args:
        tokens: the words of the article (``eventcorpus.text.words``); ``ner_tags`` hold what one BIO layer can.
    """
    article, text = annotated.article, annotated.article.text
    stay, _ = resolve_overlaps(annotated.spans, ontology)
    tags, _ = tags_from_spans(stay, tokens, ontology.rank)
    row: dict[str, Any] = {"id": article.id, "text": text, "text_sha256": article.text_sha256}
    row |= {"annotator": annotated.annotator, **{name: getattr(article, name) for name in _STRINGS}}
    return row | {
        "invented": article.invented,
        "tags": list(article.tags),
        "metadata": to_json(article.metadata),
        "status": annotated.status,
        "labels_annotated": list(annotated.labels_annotated),
        "not_annotated": list(annotated.not_annotated),
        "spans": [
            {
                "id": span.id,
                "start": span.start,
                "end": span.end,
                "label": span.label,
                "attributes": [
                    {"name": name, "value": value}
                    for name, value in with_defaults(span, ontology)
                    if (name, value) in span.attributes or name not in annotated.not_annotated
                ],
                "origin": span.origin,
                "decided_by": span.decided_by or None,
            }
            for span in annotated.spans
        ],
        "roles": [{"role": r.role, "trigger": r.trigger, "argument": r.argument} for r in annotated.roles],
        "events": [{"id": e.id, "label": e.label, "triggers": list(e.triggers)} for e in annotated.events],
        "tokens": [text[start:end] for start, end in tokens],
        "token_starts": [start for start, _ in tokens],
        "token_ends": [end for _, end in tokens],
        "ner_tags": tags,
    }


def without_text(row: Row) -> dict[str, Any]:
    """A row without text, title and tokens, for those who may not copy the text; the hash and the offsets stay.

    Of the metadata, which may quote the text, only templates stay: they name spans and nothing else.
    """
    metadata = standoff_metadata(json.loads(row["metadata"]), {span["id"] for span in row["spans"]})
    hidden = {"text": None, "title": None, "metadata": to_json(metadata)}
    return dict(row) | hidden | {name: [] for name in _TOKEN_COLUMNS}


def with_text(row: Row, article: Article) -> dict[str, Any]:
    """The row that ``without_text`` made, with its text, title and metadata again, but without its tokens.

    Raises:
        SpanError: if the article's text is another.
    """
    if article.text_sha256 != row["text_sha256"]:
        raise SpanError(f"article {row['id']}: this is not the text that was annotated (another sha256)")
    metadata = article.metadata | json.loads(row["metadata"])
    return dict(row) | {"text": article.text, "title": article.title, "metadata": to_json(metadata)}


def annotated_of(row: Row, *, place: str) -> AnnotatedArticle:
    """Read a row back.

    Raises:
        SpanError: if the hash is not that of the text, an offset lies outside it, or a link or template names
            no span.
    """
    text = row["text"]
    where = f"{place}: article {row['id']}"
    if text is None:
        raise SpanError(f"{where}: standoff, without its text; put the text back with: eventcorpus join")
    if sha256_of(text) != row["text_sha256"]:
        raise SpanError(f"{where}: the text does not have the sha256 that the row says; convert the annotations again")
    spans = tuple(
        Span(
            s["id"], s["start"], s["end"], s["label"],
            tuple((a["name"], a["value"]) for a in s["attributes"]), s.get("origin") or "manual",
            s.get("decided_by") or "",
        )
        for s in row["spans"]
    )  # fmt: skip
    known = {span.id for span in spans}
    for span in spans:
        if cut_out(text, span.start, span.end) is None:
            raise SpanError(
                f"{where}: {span.label} [{span.start}, {span.end}) lies outside its {len(text)} "
                "characters; convert again"
            )
    roles = tuple(Role(r["role"], r["trigger"], r["argument"]) for r in row["roles"])
    for role in roles:
        if not {role.trigger, role.argument} <= known:
            raise SpanError(
                f"{where}: role {role.role} links {role.trigger} to {role.argument}, not both of them "
                "spans; convert again"
            )
    article = Article(
        id=row["id"],
        text=text,
        invented=row["invented"],
        tags=tuple(row["tags"]),
        metadata=json.loads(row["metadata"]),
        **{name: row[name] for name in _STRINGS},
    )
    check_templates(article, known)
    events = tuple(Event(e["id"], e["label"], tuple(e["triggers"])) for e in row["events"])
    could_use, could_not = tuple(row["labels_annotated"]), tuple(row.get("not_annotated") or ())
    return AnnotatedArticle(article, spans, could_use, roles, events, row.get("annotator") or "a1", could_not)


class Tables:
    """Writes the two configurations, each split to a file of its own, a batch of rows at a time."""

    def __init__(self, folder: Path, ontology: Ontology) -> None:
        self._folder = folder
        self._schemas = {config: features(ontology, config).arrow_schema for config in CONFIGS}
        self._writers: dict[Path, Any] = {}
        self._n_rows: Counter[Path] = Counter()
        self._waiting: dict[str, tuple[list[Row], list[Row]]] = {}
        self._characters: Counter[str] = Counter()
        self._n_batches: Counter[str] = Counter()

    def add(self, split: str, gold: Row, annotations: Iterable[Row]) -> None:
        """Write an article's gold row and the rows of its annotators, at once or with the next batch."""
        waiting = self._waiting.setdefault(split, ([], []))
        waiting[0].append(gold)
        waiting[1].extend(annotations)
        self._characters[split] += len(gold["text"] or "")
        n_rows = _BATCH_ROWS if self._n_batches[split] < _FEW_BATCHES else _LATER_ROWS
        if len(waiting[1]) >= n_rows or self._characters[split] >= _BATCH_CHARACTERS:
            self._write(split)

    def close(self) -> dict[str, dict[str, Any]]:
        """Write what waits.

        Returns:
            by the name of a file in the folder its number of ``rows`` and its ``sha256``.
        """
        for split in list(self._waiting):
            self._write(split)
        for writer in self._writers.values():
            writer.close()
        paths = [self._folder / config / f"{split}.parquet" for config in CONFIGS for split in SPLITS]
        return {
            path.relative_to(self._folder).as_posix(): {"rows": self._n_rows[path], "sha256": sha256_of_file(path)}
            for path in paths
            if path in self._writers
        }

    def _write(self, split: str) -> None:
        from pyarrow import RecordBatch, parquet

        gold, annotations = self._waiting.pop(split)
        self._characters[split] = 0
        self._n_batches[split] += 1
        batches = {}
        if annotations:
            batches["annotations"] = RecordBatch.from_pylist(annotations, schema=self._schemas["annotations"])
        if len(gold) == len(annotations) and all(map(operator.is_, gold, annotations)):  # one annotator: the same rows
            schema = self._schemas["default"]
            columns = [batches["annotations"].column(name) for name in schema.names]
            batches["default"] = RecordBatch.from_arrays(columns, schema=schema)
        else:
            batches["default"] = RecordBatch.from_pylist(gold, schema=self._schemas["default"])
        for config, batch in batches.items():
            path = self._folder / config / f"{split}.parquet"
            if path not in self._writers:
                path.parent.mkdir(exist_ok=True)
                self._writers[path] = parquet.ParquetWriter(path, self._schemas[config])
            self._writers[path].write_batch(batch)
            self._n_rows[path] += batch.num_rows


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, a batch in memory at a time."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS):
            yield from batch.to_pylist()


def versions() -> dict[str, str]:
    """The versions of the libraries that decide the bytes."""
    import datasets
    import pyarrow

    return {"datasets": datasets.__version__, "pyarrow": pyarrow.__version__}
