"""What ``eventcorpus convert`` can read: one reader a format, all with the same result.

Comes in: the inputs and options of the command. Goes out: entries of a dataset, their ontology and report.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click

from eventcorpus.annotation.assemble import assemble
from eventcorpus.annotation.document import Faults, Found
from eventcorpus.annotation.label_map import Unit, one_a_name, one_a_value
from eventcorpus.annotation.merge import default_policy, gold_of, gold_policy
from eventcorpus.cli.options import notice, ontology_path_of, progress_bar
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry
from eventcorpus.dataset.splits import check_splits, read_splits
from eventcorpus.formats.brat import read_brat
from eventcorpus.formats.conll import read_conll
from eventcorpus.formats.muc4 import read_muc4
from eventcorpus.formats.re3d import read_re3d
from eventcorpus.formats.wikievents import read_wikievents
from eventcorpus.labelstudio.annotations import annotated_articles
from eventcorpus.labelstudio.config import TEXT_OBJECT, read_ontology, read_text_object
from eventcorpus.labelstudio.exports import index_exports
from eventcorpus.labelstudio.live.pull import exports_in
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle


@dataclass(frozen=True)
class Request:
    """What the command was asked for, as far as reading goes."""

    inputs: Sequence[Path]
    ontology: Path | None
    splits: Path | None
    gold: str | None
    scheme: str
    min_confidence: float
    refuse: bool


@dataclass
class Conversion:
    """What was read: the report may still be counting while ``entries`` are taken."""

    entries: Iterable[Entry]
    ontology: Ontology
    report: ConversionReport
    gold_policy: str
    files: Sequence[Path]
    notices: list[str] = field(default_factory=list)
    attribute_unit: Unit = one_a_value


@dataclass(frozen=True)
class Source:
    """A format: its reader, and which options of the command mean something to it (by parameter name)."""

    read: Callable[[Request], Conversion]
    options: frozenset[str]


def _label_studio(request: Request) -> Conversion:
    files = [file for path in request.inputs for file in exports_in(path)]
    source_path = ontology_path_of(request.ontology, near=request.inputs)
    ontology = read_ontology(source_path)
    name, key = read_text_object(source_path) if source_path.suffix.lower() == ".xml" else (None, TEXT_OBJECT)
    index = index_exports(files, text_key=key)
    report = ConversionReport()
    gold = request.gold or default_policy(index.names.values())
    policy = gold_policy(index.names.values(), gold)
    articles = annotated_articles(index, ontology, report, stop=not request.refuse, text_object=name)
    entries = _entries(
        _shown(articles, len(index.n_tasks)),
        request.splits,
        lambda several: gold_of(several, gold, ontology, report),
    )
    return Conversion(entries, ontology, report, policy, files, _without_splits(request), one_a_name)


def _conll(request: Request) -> Conversion:
    if len(request.inputs) > 1:
        raise click.UsageError("--from conll takes one INPUT")
    path = request.inputs[0]
    per_split, ontology, report = read_conll(path, scheme=request.scheme)
    entries = (Entry(split, one, [one]) for split, several in per_split.items() for one in several)
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    return Conversion(entries, ontology, report, "the tags of the CoNLL files", files)


def _public(request: Request, read: Callable[[Sequence[Path], Faults], Found], what: str) -> Conversion:
    report = ConversionReport()
    faults = Faults(report, refuse=request.refuse)
    given = read_ontology(request.ontology) if request.ontology else None
    found = read(request.inputs, faults)
    reading = assemble(found, given, faults)
    several = [[one] for _, one in reading.articles]
    if request.splits is not None:
        entries = _entries(_shown(iter(several), len(several)), request.splits, lambda one: one[0])
    else:
        split_of = {one.article.id: split for split, one in reading.articles}
        entries = (Entry(split_of[one[0].article.id], one[0], one) for one in _shown(iter(several), len(several)))
    everything_in_train = all(split == "train" for split, _ in reading.articles)
    notices = _without_splits(request) if everything_in_train else []
    return Conversion(entries, reading.ontology, report, f"the annotation of {what}", found.files, notices)


def _re3d(request: Request) -> Conversion:
    return _public(request, partial(read_re3d, min_confidence=request.min_confidence), "re3d")


_ANY = frozenset({"ontology_path", "splits_path", "refuse"})
SOURCES: dict[str, Source] = {
    "labelstudio": Source(_label_studio, _ANY | {"gold"}),
    "conll": Source(_conll, frozenset({"scheme"})),
    "re3d": Source(_re3d, _ANY | {"min_confidence"}),
    "brat": Source(partial(_public, read=read_brat, what="the brat files"), _ANY),
    "muc4": Source(partial(_public, read=read_muc4, what="MUC-4"), _ANY),
    "wikievents": Source(partial(_public, read=read_wikievents, what="the event files"), _ANY),
}
OPTIONAL = frozenset().union(*(source.options for source in SOURCES.values()))


def _without_splits(request: Request) -> list[str]:
    return [] if request.splits else ["no --splits: all articles are in train"]


def _shown(articles: Iterator[list[AnnotatedArticle]], total: int) -> Iterator[list[AnnotatedArticle]]:
    with progress_bar() as progress:
        yield from progress.track(articles, total=total, description="convert")


def _entries(
    articles: Iterable[Sequence[AnnotatedArticle]],
    splits_path: Path | None,
    gold: Callable[[Sequence[AnnotatedArticle]], AnnotatedArticle],
) -> Iterator[Entry]:
    """Each article with its split.

    Raises:
        InputError: at the end, if an article is in no split.
    """
    gc.freeze()  # what the libraries loaded stays: not looking at it again saves an eighth of the time
    split_of = read_splits(splits_path) if splits_path else {}
    seen: list[str] = []
    for several in articles:
        one = gold(several)
        if splits_path is not None:
            seen.append(one.article.id)
        if split := "train" if splits_path is None else split_of.get(one.article.id):
            yield Entry(split, one, several)
    absent = check_splits(split_of, seen, place=str(splits_path)) if splits_path else []
    if absent:
        notice(
            f"{splits_path}: {len(absent)} articles are in a split and not among the annotated, the first: {absent[0]}"
        )
