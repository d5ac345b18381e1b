"""Exports of a dataset folder to other tools, with an account of what their formats cannot hold.

Comes in: a dataset folder. Goes out: a folder with the files of one format for train, validation and test, written all
or nothing, and ``loss_report.json`` beside them. docs/formats.md is made of the table ``EXPORTS``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus.conversion_report import KINDS, Code, ConversionReport
from eventcorpus.dataset.convert import Conversion
from eventcorpus.dataset.export_brat import write_brat
from eventcorpus.dataset.export_spacy import write_spacy
from eventcorpus.dataset.export_tokens import write_conll, write_tokens
from eventcorpus.dataset.folder import REPORT, manifest_hash, open_dataset
from eventcorpus.dataset.formats import check_extra
from eventcorpus.dataset.rows import annotated_of, rows_of
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.errors import InputError, nearest
from eventcorpus.files import atomic_folder, check_folder, read_json, write_json
from eventcorpus.ontology import Ontology, read_ontology_yaml
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted

GOLD = "gold"
"""Whose annotation is exported, if not an annotator's."""
_MOST_REASONS = 4


@dataclass(frozen=True)
class ExportFormat:
    """A format of other tools.

    Attributes:
        title: what people call it.
        write: writes the articles of splits into a folder, given the ontology, and counts what it cannot hold.
        files: what is in the folder.
        kept: what of a dataset its files hold.
        lost: what they do not, and is counted.
        example: a command that works.
        use: how another tool opens it, a line of its own.
        extra: the extra of this package that its library comes with, and the module that is then there.
    """

    title: str
    write: Callable[[Iterable[tuple[str, AnnotatedArticle]], Path, Ontology, ConversionReport], None]
    files: str
    kept: str
    lost: str
    example: str
    use: str
    extra: tuple[str, str] | None = None


EXPORTS: dict[str, ExportFormat] = {
    "conll": ExportFormat(
        "CoNLL columns",
        write_conll,
        files="`train.conll`, `validation.conll`, `test.conll`: a word and its IOB2 tag a line, a blank between them; "
        "`-DOCSTART-` before each article, an empty line after each sentence",
        kept="words; of spans that overlap the longest",
        lost="other spans, roles, events, attributes, metadata, ids, white space; a span that begins or ends inside a "
        "word is widened to it; blanks, `|`, `;` and commas in labels become underscores",
        example="eventcorpus export dataset --to conll --out conll",
        use="eventcorpus convert conll --from conll --out again",
    ),
    "brat": ExportFormat(
        "brat standoff",
        write_brat,
        files="`train/ID.txt` with `train/ID.ann`, and so on; `annotation.conf` with labels, roles and attributes",
        kept="text, every span, also nested and in pieces, roles, attributes; notes hold attributes of free text",
        lost="metadata; ids of spans; line breaks in attributes; other characters than letters, digits, `-` and `_` in "
        "names become underscores",
        example="eventcorpus export dataset --to brat --out brat",
        use="eventcorpus convert brat --from brat --out again",
    ),
    "spacy": ExportFormat(
        "spaCy's DocBin",
        write_spacy,
        files="`train.spacy`, `validation.spacy`, `test.spacy`",
        kept="text; every span in the span group `sc`, those of one layer in `ents`; id and metadata in "
        '`Doc.user_data["article"]`',
        lost="roles, events, attributes",
        example="eventcorpus export dataset --to spacy --out spacy",
        use="spacy train config.cfg --paths.train spacy/train.spacy --paths.dev spacy/validation.spacy",
        extra=("spacy", "spacy"),
    ),
    "hf-tokens": ExportFormat(
        "tokens and ner_tags of Hugging Face datasets",
        write_tokens,
        files="`train.parquet`, `validation.parquet`, `test.parquet`, a row an article: `tokens`, `ner_tags` (a "
        "`ClassLabel`), `id`, `text` and the columns of the dataset folder with metadata; README.md for `load_dataset`",
        kept="text, words, metadata, ids; of spans that overlap the longest",
        lost="other spans, roles, events, attributes, tags of articles; a span that begins or ends inside a word is "
        "widened to it; `|`, `;` and commas in labels become underscores",
        example="eventcorpus export dataset --to hf-tokens --out tokens",
        use="python -c \"import datasets; print(datasets.load_dataset('tokens'))\"",
    ),
}
"""What ``export`` writes, by name."""


def export(
    dataset: str | Path,
    out: str | Path,
    *,
    to: str,
    splits: Collection[str] = (),
    annotator: str = GOLD,
    strict: bool = False,
    on_progress: OnProgress | None = None,
) -> Conversion:
    """Write a dataset folder in the format of another tool.

    Args:
        to: one of ``EXPORTS``.
        splits: those to write; none: all that are there.
        annotator: gold, or whose annotation: a1, a2, ..., adjudicated.
        strict: raise if the format cannot hold something; nothing is written then.

    Raises:
        InputError: if the folder is no dataset, or has no such split or annotator, or no text.
        StrictError: if ``strict`` and anything is lost or changed.
        OutputError: if ``out`` holds something else, or the disk refuses.
    """
    if to not in EXPORTS:
        raise InputError(f"there is no format {to!r} to export to; {nearest(to, EXPORTS)}")
    check_extra(f"--to {to}", EXPORTS[to].extra)
    folder, out = Path(dataset), Path(out)
    check_folder(out, is_ours=is_export_folder)
    manifest, files = open_dataset(folder)
    paths = _paths_of(folder, files, "default" if annotator == GOLD else "annotations", splits)
    total = sum(manifest["files"][path.relative_to(folder).as_posix()]["rows"] for path in paths.values())
    report, sizes = ConversionReport(), Counter[str]()
    with atomic_folder(out, is_ours=is_export_folder) as temporary:
        rows = tracked(_articles(paths, annotator, report, sizes), total, on_progress)
        articles = ((split, annotated) for split, annotated in rows if annotated is not None)
        EXPORTS[to].write(articles, temporary, read_ontology_yaml(folder / "ontology.yaml"), report)
        if not sizes:
            raise InputError(_nothing(folder, paths, annotator))
        if strict:
            report.check_strict()
        about = {"to": to, "annotator": annotator, "dataset_sha256": manifest_hash(folder)}
        write_json(temporary / REPORT, about | report.as_json())
    return Conversion(out, report, dict(sizes), list(_notices(report, out, EXPORTS[to])))


def is_export_folder(path: Path) -> bool:
    """Whether a folder was written by ``export``."""
    if not (path / REPORT).is_file():
        return False
    try:
        report = read_json(path / REPORT)
    except InputError:
        return False
    return isinstance(report, dict) and report.get("to") in EXPORTS


def _paths_of(
    folder: Path, files: Mapping[tuple[str, str], Path], config: str, splits: Collection[str]
) -> dict[str, Path]:
    """The files of a configuration by split.

    Raises:
        InputError: if a split is not there.
    """
    there = {split: files[config, split] for split in SPLITS if (config, split) in files}
    for split in splits:
        if split not in there:
            raise InputError(f"{folder}: no split {split!r}; there are {', '.join(there)}")
    return {split: path for split, path in there.items() if not splits or split in splits}


def _articles(
    paths: Mapping[str, Path], annotator: str, report: ConversionReport, sizes: Counter[str]
) -> Iterator[tuple[str, AnnotatedArticle | None]]:
    """The articles with their splits, counted; None for those that are another annotator's or have no text."""
    for split, path in paths.items():
        for row in rows_of(path):
            if row.get("annotator") not in (None, annotator) and annotator != GOLD:
                yield split, None
            elif row["text"] is None:
                _refuse(row, report)
                yield split, None
            else:
                sizes[split] += 1
                yield split, annotated_of(row, place=str(path))


def _refuse(row: Mapping[str, Any], report: ConversionReport) -> None:
    """Count an article of a standoff dataset, and all that is in it."""
    report.refuse("articles", row["id"], "the article", Code.NO_TEXT)
    for span in row["spans"]:
        report.refuse("spans", row["id"], f"{span['label']} {span['id']}", Code.ARTICLE_REFUSED)
        for attribute in span["attributes"]:
            report.refuse("attributes", row["id"], f"{attribute['name']} of {span['id']}", Code.ARTICLE_REFUSED)
    for role in row["roles"]:
        report.refuse("roles", row["id"], role["role"], Code.ARTICLE_REFUSED)


def _nothing(folder: Path, paths: Mapping[str, Path], annotator: str) -> str:
    """Why there is no article to write."""
    annotators = {GOLD}
    if annotator != GOLD:
        annotators = {row["annotator"] for path in paths.values() for row in rows_of(path)}
    if annotator not in annotators:
        return f"{folder}: no annotation by {annotator!r}; there are {GOLD}, {', '.join(sorted(annotators))}"
    return f"{folder}: no article has its text; put the text back with: eventcorpus join {folder} ARTICLES --out FULL"


def _notices(report: ConversionReport, out: Path, format_: ExportFormat) -> Iterator[str]:
    yield report.summary()
    for kind in KINDS:
        reasons = Counter(report.reasons(kind)).most_common()
        yield from (f"{counted(n, kind.removesuffix('s'))} {reason}" for reason, n in reasons[:_MOST_REASONS])
        if len(reasons) > _MOST_REASONS:
            rest = sum(n for _, n in reasons[_MOST_REASONS:])
            yield f"{counted(rest, kind.removesuffix('s'))} for {counted(len(reasons) - _MOST_REASONS, 'more reason')}"
    yield from (f"{what} ({n:,})" for what, n in sorted(report.notes.items()))
    if report.items:
        yield f"every item with its reason: {out / REPORT}"
