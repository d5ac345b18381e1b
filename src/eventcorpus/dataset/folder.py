"""The dataset folder: Parquet that plain ``datasets.load_dataset`` opens, with its ontology, card and reports.

Comes in: annotated articles, one by one. Goes out: a folder, written all or nothing, with the same bytes for the same
input; and back.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from eventcorpus import __version__
from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.conversion_report import Code, ConversionReport, summary_of
from eventcorpus.dataset.card import AnnotationCounts, DatasetCounts, dataset_card
from eventcorpus.dataset.rows import Tables, annotated_of, row_of, rows_of, versions, with_text, without_text
from eventcorpus.dataset.splits import SPLITS, Duplicates
from eventcorpus.errors import InputError
from eventcorpus.files import atomic_folder, check_folder, read_json, sha256_of_file, write_json, write_text
from eventcorpus.ontology import Ontology, ontology_yaml, read_ontology_yaml
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.text import words

MANIFEST = "manifest.json"
REPORT = "loss_report.json"
SCHEMA = 1
TextPolicy = Literal["all", "licensed", "none"]
TEXT_POLICIES: tuple[str, ...] = get_args(TextPolicy)


@dataclass(frozen=True)
class Dataset:
    """A dataset folder in memory: gold (one row an article) per split, and the ontology it was converted with."""

    folder: Path
    ontology: Ontology
    splits: dict[str, list[AnnotatedArticle]]
    manifest: dict[str, Any]

    def split(self, name: str) -> list[AnnotatedArticle]:
        """The articles of one split.

        Raises:
            InputError: naming the splits that are there.
        """
        if name not in self.splits:
            raise InputError(f"{self.folder}: no split {name!r}; there are {', '.join(self.splits)}")
        return self.splits[name]


def is_dataset_folder(path: Path) -> bool:
    """Whether a folder was written by ``write_dataset``."""
    return (path / MANIFEST).is_file() and (path / REPORT).is_file()


@dataclass(frozen=True)
class Entry:
    """One article on its way into a dataset: its split, gold, and the annotation of every annotator."""

    split: str
    gold: AnnotatedArticle
    annotations: Sequence[AnnotatedArticle]


@dataclass(frozen=True)
class Written:
    """What was written.

    ``sizes``: articles per split; ``duplicates``: pairs of exact duplicates (see ``Duplicates``); ``n_spans``:
    gold spans; ``n_beyond_layer``: those that one layer of BIO tags cannot hold; ``n_withheld``: articles whose text
    was not written.
    """

    sizes: dict[str, int]
    duplicates: list[tuple[str, str, bool]]
    n_spans: int
    n_beyond_layer: int
    n_withheld: int


def write_dataset(
    out: Path,
    entries: Iterable[Entry],
    ontology: Ontology,
    report: ConversionReport,
    *,
    gold_policy: str,
    inputs: Mapping[str, str],
    splits: str = "",
    text: TextPolicy = "all",
    strict: bool = False,
    loss_report: Mapping[str, Any] | None = None,
) -> Written:
    """Write a dataset folder with the configurations ``default`` (gold) and ``annotations`` (every annotator).

    Entries are taken one by one, and written in batches: the whole is never in memory. Splits without articles have no
    file (``load_dataset`` would fail on it).

    Args:
        report: may still be counting while ``entries`` are taken; it is written when they have ended.
        inputs: file name -> sha256 of what was converted.
        splits: how the articles were split, if they were split here.
        text: whose text is written; ``licensed``: of articles that state a licence, ``none``: a standoff release.
        loss_report: of the conversion that the entries come from, to be written instead of ``report``.

    Raises:
        InputError: if there is no article.
        StrictError: with ``strict``, if the report has anything repaired, refused or flagged.
        OutputError: if the place is taken by something else, or the disk refuses.
    """
    counts, duplicates = DatasetCounts(ontology), Duplicates()
    layer, withheld = list[dict[str, str]](), set[str]()
    with atomic_folder(out, is_ours=is_dataset_folder) as folder:
        tables = Tables(folder, ontology)
        gc.freeze()  # by now the libraries are loaded and stay: not looking at them again saves an eighth of the time
        for entry in entries:
            article = entry.gold.article
            hidden = text == "none" or (text == "licensed" and not article.licence)
            tokens = words(article.text)
            counts.add(entry.split, entry.gold, n_words=len(tokens), withheld=hidden)
            duplicates.add(entry.split, article)
            layer += [
                {"article": article.id, "span": loser.id, "label": loser.label, "winner": winner.id}
                for loser, winner in resolve_overlaps(entry.gold.spans, ontology)[1]
            ]
            distinct = {id(annotated): annotated for annotated in (entry.gold, *entry.annotations)}
            rows = {key: row_of(annotated, ontology, tokens) for key, annotated in distinct.items()}
            if hidden:
                withheld.add(article.id)
                rows = {key: without_text(row) for key, row in rows.items()}
            tables.add(entry.split, rows[id(entry.gold)], [rows[id(annotated)] for annotated in entry.annotations])
        files = tables.close()
        if not counts.splits:
            reasons = report.reasons("articles")
            raise InputError(f"no annotated article to write; {report.summary()}; loss reasons: {reasons}")
        if strict:
            report.check_strict()
        lost = dict(report.as_json() if loss_report is None else loss_report)
        for item in lost["items"]:
            if item["article"] in withheld:
                item["item"] = ""  # it quotes the text
        lost |= {"not_in_one_layer": layer, "one_layer_rule": "longest, then earliest, then ontology order"}
        write_json(folder / REPORT, lost)
        write_text(folder / "ontology.yaml", ontology_yaml(ontology))
        manifest = {
            "schema": SCHEMA,
            "ontology": ontology.key,
            "gold": gold_policy,
            **({"splits": splits} if splits else {}),
            "text": text,
            "files": files,
            "inputs": dict(inputs),
            "versions": {"eventcorpus": __version__, **versions()},
        }
        write_json(folder / MANIFEST, manifest)
        card = dataset_card(counts, files, gold_policy=gold_policy, summary=summary_of(lost))
        write_text(folder / "README.md", card)
    sizes = {split: counts.splits[split].n_articles for split in SPLITS if split in counts.splits}
    return Written(sizes, duplicates.found, counts.total.labels.total(), len(layer), counts.n_withheld)


def read_dataset(folder: Path) -> Dataset:
    """Read a dataset folder: gold, every hash and offset checked.

    Raises:
        InputError: if the folder is not one of ours, or a file is not the one that was written.
        SpanError: if a row contradicts itself.
    """
    manifest, files = open_dataset(folder)
    splits = {split: list(_articles_of(path)) for (config, split), path in files.items() if config == "default"}
    return Dataset(folder, read_ontology_yaml(folder / "ontology.yaml"), splits, manifest)


def read_annotations(folder: Path, *, splits: Iterable[str] = SPLITS) -> tuple[Ontology, list[list[AnnotatedArticle]]]:
    """Read the annotations of every annotator: the configuration ``annotations``, hashes and offsets checked.

    Returns:
        the ontology, and per article (in the order of the splits and their rows) its annotations, a1 first.

    Raises:
        InputError, SpanError: as ``read_dataset``.
    """
    _, files = open_dataset(folder)
    articles: dict[str, list[AnnotatedArticle]] = {}
    for split in splits:
        if path := files.get(("annotations", split)):
            for annotated in _articles_of(path):
                articles.setdefault(annotated.article.id, []).append(annotated)
    return read_ontology_yaml(folder / "ontology.yaml"), list(articles.values())


def _articles_of(path: Path) -> Iterator[AnnotatedArticle]:
    return (annotated_of(row, place=str(path)) for row in rows_of(path))


def join_text(
    folder: Path, articles: Iterable[Article], out: Path, *, strict: bool = False
) -> tuple[Written, ConversionReport]:
    """Write a standoff dataset with its text, which those who hold it put back; other articles are refused.

    The files are byte for byte those of the dataset before its text was taken away.

    Args:
        articles: found by the hash of their text; of those with the same text the one with the row's id, else the
            first.

    Raises:
        InputError: if the folder is not one of ours, or a file is not the one that was written.
        SpanError: if a row contradicts its text.
        StrictError, OutputError: as ``write_dataset``.
    """
    check_folder(out, is_ours=is_dataset_folder)
    manifest, files = open_dataset(folder)
    ontology, report = read_ontology_yaml(folder / "ontology.yaml"), ConversionReport()
    entries = _joined(files, articles, report)
    kept = {"gold_policy": manifest["gold"], "inputs": manifest["inputs"], "splits": manifest.get("splits", "")}
    return write_dataset(out, entries, ontology, report, strict=strict, **kept), report


def withhold_text(folder: Path, out: Path, *, text: TextPolicy) -> Written:
    """Write a dataset that has all its texts as ``convert`` with this ``text`` would have written it.

    Raises:
        InputError: if the folder is not one of ours, a file is not the one that was written, or an article is without
            its text already.
        OutputError: as ``write_dataset``.
    """
    manifest, files = open_dataset(folder)
    loss_report, nothing_met = read_json(folder / REPORT), ConversionReport()
    entries = _joined(files, (), nothing_met)
    gold_policy, inputs = manifest["gold"], manifest["inputs"]
    ontology = read_ontology_yaml(folder / "ontology.yaml")
    return write_dataset(
        out, _all_of(entries, nothing_met, folder), ontology, nothing_met, gold_policy=gold_policy, inputs=inputs,
        text=text, loss_report=loss_report,
    )  # fmt: skip


def _all_of(entries: Iterable[Entry], report: ConversionReport, folder: Path) -> Iterator[Entry]:
    """The entries; an error at their end, before anything is written, if one was refused."""
    yield from entries
    if report.items:
        raise InputError(
            f"{folder}: article {report.items[0].article} is without its text already; convert again with --text none"
        )


def licences_of_texts(folder: Path) -> dict[str, str]:
    """By its id the licence ("" if it states none) of every article whose text is in a dataset folder.

    Raises:
        InputError: as ``read_dataset``.
    """
    rows = (row for path in open_dataset(folder)[1].values() for row in rows_of(path))
    return {row["id"]: row["licence"] or "" for row in rows if row["text"] is not None}


def text_hashes(folder: Path) -> dict[str, str]:
    """By its id the ``text_sha256`` of every article of a dataset folder, also of a standoff one.

    Raises:
        InputError: if the folder is not one of ours, or a file is not the one that was written.
    """
    default = (path for (config, _), path in open_dataset(folder)[1].items() if config == "default")
    return {row["id"]: row["text_sha256"] for path in default for row in rows_of(path)}


def _joined(
    files: Mapping[tuple[str, str], Path], articles: Iterable[Article], report: ConversionReport
) -> Iterator[Entry]:
    by_id, by_hash = dict[str, Article](), dict[str, Article]()
    for article in articles:
        by_id[article.id] = article
        by_hash.setdefault(article.text_sha256, article)

    def with_its_text(path: Path) -> Iterator[tuple[dict[str, Any], AnnotatedArticle | None]]:
        """Each row, and what it says of its article; None without the article."""
        for row in rows_of(path):
            sha256, article = row["text_sha256"], by_id.get(row["id"])
            if article is None or article.text_sha256 != sha256:
                article = by_hash.get(sha256)
            if row["text"] is not None:
                yield row, annotated_of(row, place=str(path))
            else:
                yield row, annotated_of(with_text(row, article), place=str(path)) if article else None

    for (config, split), path in files.items():
        if config != "default":
            continue
        annotations: dict[str, list[AnnotatedArticle]] = {}
        if annotations_path := files.get(("annotations", split)):
            for row, annotated in with_its_text(annotations_path):
                if annotated is not None:
                    annotations.setdefault(row["id"], []).append(annotated)
        for row, gold in with_its_text(path):
            if gold is not None:
                report.keep_article(gold)
                yield Entry(split, gold, annotations.get(gold.article.id, []))
                continue
            why = Code.OTHER_TEXT_UNDER_ID if row["id"] in by_id else Code.NO_ARTICLE_WITH_TEXT
            report.refuse("articles", row["id"], "the article", why)
            for span in row["spans"]:
                report.refuse("spans", row["id"], f"{span['label']} {span['id']}", Code.ARTICLE_MISSING)
            for role in row["roles"]:
                report.refuse("roles", row["id"], role["role"], Code.ARTICLE_MISSING)


def open_dataset(folder: Path) -> tuple[dict[str, Any], dict[tuple[str, str], Path]]:
    """Check a dataset folder.

    Returns:
        its manifest, and (configuration, split) -> file, whose hash was checked.

    Raises:
        InputError: if the folder is not one of ours, or a file is not the one that was written.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such dataset folder; make one with: eventcorpus convert EXPORT --out {folder}")
    if not is_dataset_folder(folder):
        if (folder / "eventcorpus.json").is_file():
            raise InputError(f"{folder}: this is a model folder, no dataset; name the folder that convert wrote")
        raise InputError(
            f"{folder}: not a dataset folder (no {MANIFEST}); name the folder that eventcorpus convert wrote"
        )
    manifest = read_json(folder / MANIFEST)
    if manifest.get("schema") != SCHEMA:
        raise InputError(
            f"{folder}: dataset schema {manifest.get('schema')!r}, this version reads {SCHEMA}; convert "
            "the annotations again"
        )
    files: dict[tuple[str, str], Path] = {}
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file() or sha256_of_file(path) != entry["sha256"]:
            raise InputError(f"{path}: missing, or not the file that {MANIFEST} names; convert the annotations again")
        files[path.parent.name, path.stem] = path
    return manifest, files


def data_of(folder: Path) -> tuple[str, ...]:
    """The hashes of the data files of a dataset folder, sorted; none if it is none."""
    if not is_dataset_folder(folder):
        return ()
    try:
        return tuple(sorted(entry["sha256"] for entry in read_json(folder / MANIFEST)["files"].values()))
    except (InputError, KeyError, TypeError, AttributeError):
        return ("damaged",)


def manifest_hash(folder: Path) -> str:
    """SHA-256 of the manifest, which holds the hash of every data file: which dataset this is."""
    return sha256_of_file(folder / MANIFEST)


def data_facts(dataset: Dataset) -> dict[str, Any]:
    """Gold policy, licences ("" where none is stated), languages and counts of the articles of the train split."""
    counts = AnnotationCounts.of(dataset.split("train"), dataset.ontology)
    return {
        "gold": dataset.manifest.get("gold", ""),
        "articles": counts.n_articles,
        "invented": counts.n_invented,
        "languages": sorted(filter(None, counts.languages)),
        "licences": dict(sorted(counts.licences.items())),
        "spans_by_label": {label: counts.labels[label] for label in dataset.ontology.labels},
    }
