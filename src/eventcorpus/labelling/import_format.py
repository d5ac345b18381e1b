"""Label Studio JSON exports in: one annotated article per article and annotator, every task accounted for.

Comes in: exports of the server (direct, or snapshots). Goes out: articles with spans, roles, attributes and events.
Skipped annotations and drafts are never gold; predictions are not read; a completed annotation without regions is a
true negative; of several annotations by one person the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventcorpus.account import Account
from eventcorpus.corpus.read import article_from_row
from eventcorpus.errors import InputError
from eventcorpus.files import read_json
from eventcorpus.labelling.import_regions import RegionReader, Regions
from eventcorpus.migrate import Migration, migration
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, join_events, span_order
from eventcorpus.text import StoredText, sha256_of, stored_form

_TASK_KEYS = ("article_id", "ontology", "part", "n_parts", "offset", "text_sha256")


@dataclass
class _Piece:
    """One task: a whole article, or a part of one that begins at ``offset``."""

    place: str
    original: str
    stored: StoredText
    part: int
    n_parts: int
    offset: int
    annotations: list[dict[str, Any]]


@dataclass
class _Gathered:
    """All tasks of one article."""

    row: dict[str, Any]
    sha256: str | None
    ontology_key: str | None
    pieces: list[_Piece] = field(default_factory=list)


def read_exports(
    paths: Iterable[Path], ontology: Ontology, account: Account, *, stop: bool = True
) -> list[AnnotatedArticle]:
    """Read exports into annotated articles, in the order of the tasks; annotators are a1, a2, ... by their user id.

    Args:
        stop: raise at a span that cannot be right, instead of refusing it and going on.

    Raises:
        InputError: if a file is not an export, a task has no text, or its text is not the one it was exported with.
        SpanError: with ``stop``, naming article, region and value.
        OntologyError: if data was annotated under an ontology that cannot be migrated.
    """
    gathered: dict[str, _Gathered] = {}
    for path in paths:
        tasks = read_json(path)
        if not isinstance(tasks, list) or not all(
            isinstance(task, dict) and isinstance(task.get("data"), dict) for task in tasks
        ):
            raise InputError(
                f"{path}: not a Label Studio JSON export (a list of tasks with data); export the project "
                "as JSON, not JSON-MIN"
            )
        for n, task in enumerate(tasks, start=1):
            _gather(task, f"{path}: task {task.get('id', n)}", gathered)
    people = sorted({_person(a) for g in gathered.values() for p in g.pieces for a in p.annotations})
    names = {person: f"a{n}" for n, person in enumerate(people, start=1)}
    reader = RegionReader(ontology, account, stop=stop)
    articles: list[AnnotatedArticle] = []
    for article_id, one in gathered.items():
        found = _annotated(article_id, one, ontology, account, reader, names)
        articles += found
        if found:
            account.keep("articles")
    return articles


def _gather(task: dict[str, Any], place: str, gathered: dict[str, _Gathered]) -> None:
    data: dict[str, Any] = task["data"]
    original = data.get("text")
    if not isinstance(original, str) or not original.strip():
        raise InputError(f"{place}: data.text is missing or empty; tasks need the article's text under 'text'")
    stored = stored_form(original)
    part, n_parts, offset = (data.get(key, default) for key, default in (("part", 1), ("n_parts", 1), ("offset", 0)))
    if not (type(part) is type(n_parts) is type(offset) is int and 1 <= part <= n_parts and offset >= 0):
        raise InputError(
            f"{place}: part {part!r} of {n_parts!r} at offset {offset!r} cannot be; export the articles again"
        )
    article_id = str(data.get("article_id") or data.get("id") or sha256_of(stored.text)[:16])
    row = {key: value for key, value in data.items() if key not in (*_TASK_KEYS, "text", "id")}
    if n_parts == 1 and data.get("text_sha256") not in (None, sha256_of(stored.text)):
        raise InputError(
            f"{place}: article {article_id}: the text has sha256 {sha256_of(stored.text)[:12]}..., it was "
            "exported with "
            f"{str(data['text_sha256'])[:12]}...; the text was edited: restore it, or export the article again"
        )
    one = gathered.setdefault(article_id, _Gathered(row, data.get("text_sha256"), data.get("ontology")))
    same = [piece for piece in one.pieces if piece.part == part]
    annotations = [a for a in task.get("annotations") or [] if isinstance(a, dict)]
    if not same:
        one.pieces.append(_Piece(place, original, stored, part, n_parts, offset, annotations))
    elif same[0].stored.text == stored.text:
        same[0].annotations += annotations
    else:
        raise InputError(f"{place}: article {article_id} stands in {same[0].place} with another text; ids are unique")


def _annotated(
    article_id: str, one: _Gathered, ontology: Ontology, account: Account, reader: RegionReader, names: dict[str, str]
) -> list[AnnotatedArticle]:
    pieces = sorted(one.pieces, key=lambda piece: piece.part)
    text = "".join(piece.stored.text for piece in pieces)
    n_parts = pieces[0].n_parts
    if len(pieces) < n_parts:
        missing = sorted(set(range(1, n_parts + 1)) - {piece.part for piece in pieces})
        account.refuse("articles", article_id, f"part {missing[0]} of {n_parts}", "a part is not in the export")
        return []
    if n_parts > 1 and one.sha256 not in (None, sha256_of(text)):
        raise InputError(
            f"article {article_id}: its {n_parts} parts together are not the text that was exported; export it again"
        )
    article = article_from_row(one.row | {"id": article_id, "text": text}, place=pieces[0].place)
    way = migration(one.ontology_key, ontology, place=f"article {article_id}")
    annotators = list(
        dict.fromkeys(_person(a) for piece in pieces for a in piece.annotations if not a.get("was_cancelled"))
    )
    found = []
    for person in sorted(annotators, key=lambda p: names[p]):
        newest = [_newest(piece, person) for piece in pieces]
        if any(annotation is None for annotation in newest):
            part = next(piece.part for piece, a in zip(pieces, newest, strict=True) if a is None)
            account.note(
                f"annotations that cover only some parts of an article (not kept): part {part} of {article_id}"
            )
            continue
        regions = Regions()
        for piece, annotation in zip(pieces, newest, strict=True):
            assert annotation is not None
            read = _read(annotation, piece, article_id, reader, way)
            regions.spans += read.spans
            regions.roles += read.roles
        found.append(_join(article, regions, ontology, way, one.ontology_key, names[person]))
    for piece in pieces:
        _count_unused(piece, article_id, account)
    if not found:
        annotations = [a for piece in pieces for a in piece.annotations]
        account.refuse(
            "articles", article_id, "the article", "skipped by its annotators" if annotations else "not annotated"
        )
    return found


def _read(annotation: dict[str, Any], piece: _Piece, article_id: str, reader: RegionReader, way: Migration) -> Regions:
    items = [item for item in annotation.get("result") or [] if isinstance(item, dict)]
    return reader.read(
        items,
        piece.stored,
        original=piece.original,
        article=article_id,
        prefix=str(annotation.get("id") or piece.annotations.index(annotation) + 1),
        offset=piece.offset,
        migration=way,
    )


def _join(
    article: Article, regions: Regions, ontology: Ontology, way: Migration, key: str | None, annotator: str
) -> AnnotatedArticle:
    spans = tuple(sorted(regions.spans, key=span_order))
    events = join_events(spans, regions.roles, triggers=set(ontology.trigger_names), link=ontology.event_link)
    labels = ontology.labels if not way.steps else _labels_before(ontology, way)
    return AnnotatedArticle(article, spans, labels, tuple(regions.roles), events, annotator)


def _labels_before(ontology: Ontology, way: Migration) -> tuple[str, ...]:
    """Which of today's labels an annotator of the older version could use: today's, carried back and forth again."""
    old = list(ontology.labels)
    for step in reversed(way.steps):
        back = {new: source for source, new in step.renamed.items()}
        new_ones = {*step.added, *step.merged.values(), *(x for parts in step.split.values() for x in parts)}
        old = [back.get(label, label) for label in old if label not in new_ones]
        old += [*step.merged, *step.split, *step.removed]
    now = set(way.labels_annotated(tuple(old)))
    return tuple(label for label in ontology.labels if label in now)


def _newest(piece: _Piece, person: str) -> dict[str, Any] | None:
    """The newest completed annotation by one person."""
    theirs = [a for a in piece.annotations if _person(a) == person and not a.get("was_cancelled")]
    return max(theirs, key=lambda a: (str(a.get("updated_at") or ""), _number(a)), default=None)


def _count_unused(piece: _Piece, article_id: str, account: Account) -> None:
    for annotation in piece.annotations:
        cancelled = bool(annotation.get("was_cancelled"))
        if not cancelled and annotation is _newest(piece, _person(annotation)):
            continue
        reason = "its annotation was skipped" if cancelled else "a newer annotation by the same person"
        account.note("skipped annotations" if cancelled else "annotations replaced by a newer one of the same person")
        items: Sequence[Any] = annotation.get("result") or []
        for item in items:
            if isinstance(item, dict) and str(item.get("type", "")).endswith("labels"):
                account.refuse(
                    "spans", article_id, f"region {item.get('id')} of annotation {annotation.get('id')}", reason
                )


def _person(annotation: dict[str, Any]) -> str:
    """Who made an annotation, sortable, never shown: user ids are numbers, or objects in full snapshots."""
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("id") or by.get("email")
    return f"{by:012d}" if isinstance(by, int) else f"~{by or 'nobody'}"


def _number(annotation: dict[str, Any]) -> int:
    number = annotation.get("id")
    return number if isinstance(number, int) else 0
