"""A corpus folder as ``check``, ``stats`` and ``split`` read it: ontology, articles, annotations, gold.

ontology.yaml   articles/ (JSON Lines)   annotations/*.json (Label Studio exports)   splits/   labelling/config.xml
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport, Refused
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.convert import Request, read_annotations_of
from eventcorpus.dataset.folder import is_dataset_folder, read_dataset
from eventcorpus.dataset.formats import format_of
from eventcorpus.dataset.splits import SPLITS, read_splits
from eventcorpus.errors import InputError
from eventcorpus.labelstudio.annotations import gold_articles
from eventcorpus.labelstudio.exports import index_exports
from eventcorpus.ontology import Ontology, read_ontology_yaml
from eventcorpus.schema import AnnotatedArticle, Article

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CorpusFolder:
    """A corpus in memory.

    ``passes``: by article id the annotation of every annotator; ``gold``: by article id; ``policy``: what gold is, in
    words; ``unreadable``: article id or place of what could not be read, and why.
    """

    path: Path
    ontology: Ontology
    articles: dict[str, Article]
    passes: Mapping[str, Sequence[AnnotatedArticle]]
    gold: dict[str, AnnotatedArticle]
    policy: str
    report: ConversionReport
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def exported(self) -> dict[str, Article]:
        """By id the articles as they came with their annotations."""
        return {article_id: passes[0].article for article_id, passes in self.passes.items()}

    @property
    def texts(self) -> dict[str, str]:
        """By article id the text that was annotated, else that of the article."""
        return {article_id: article.text for article_id, article in (self.articles | self.exported).items()}


def read_corpus(
    path: Path, *, gold: str | None, raises: bool = True, fields: Mapping[str, str] | None = None
) -> CorpusFolder:
    """Read a corpus folder; what reading its articles noticed is logged.

    Args:
        fields: from our field names to the columns of the articles.
        raises: on articles and tasks that cannot be read; else they are ``unreadable``, and the rest is read.

    Raises:
        InputError: if it has no ontology, articles or annotations, or one of them cannot be read.
    """
    exports = _exports(path)
    ontology = read_ontology_yaml(path / "ontology.yaml")
    unreadable: list[tuple[str, str]] = []

    def on_error(article_id: str, error: InputError) -> None:
        unreadable.append((article_id, str(error)))

    def on_refused(refused: Refused) -> None:
        if refused.kind == "file":
            raise refused.error
        on_error(refused.id or f"{refused.file}: {refused.place}", refused.error)

    reading = ReadReport(as_written={})
    found = read_articles([path / "articles"], field_map=fields, report=reading, on_error=on_refused)
    articles = {article.id: article for article in found}
    for line in reading.lines():
        logger.info("%s", line)
    report = ConversionReport(refuses=True)
    index = index_exports(exports)
    policy, annotated = gold_articles(index, ontology, report, gold, on_error=on_error)
    of_id = {decided.article.id: (decided, passes) for decided, passes in annotated}
    for article_id, written in (reading.as_written or {}).items():
        if article_id in of_id and of_id[article_id][0].article.text == written:
            articles[article_id] = replace(articles[article_id], text=written)  # annotated with its HTML entities
    if raises and unreadable:
        article_id, why = unreadable[0]
        raise InputError(f"article {article_id}: {why} (every fault: eventcorpus check {path})")
    passes_of = {article_id: passes for article_id, (_, passes) in of_id.items()}
    gold_of = {article_id: decided for article_id, (decided, _) in of_id.items()}
    return CorpusFolder(path, ontology, articles, passes_of, gold_of, policy, report, unreadable)


def read_for_splits(path: Path, *, gold: str | None, fields: Mapping[str, str] | None = None) -> CorpusFolder:
    """Read what ``split`` takes: a corpus folder, a dataset folder, or a file or folder of labels in any format.

    Raises:
        InputError: as ``read_corpus``, ``read_dataset`` and ``dataset.convert.read_annotations_of``.
    """
    if is_dataset_folder(path):
        found = read_gold_articles(path, fields=fields)
        every, ontology, policy, report = list(found.articles), found.ontology, found.policy, ConversionReport()
    elif path.is_file() or not any((path / name).is_dir() for name in ("articles", "annotations")):
        read = read_annotations_of(Request([path], gold=gold, refuse=True), format_of([path]))
        every = [entry.gold for entry in read.entries]
        ontology, policy, report = read.ontology, read.gold_policy, read.report
    else:
        return read_corpus(path, gold=gold, fields=fields)
    articles = {annotated.article.id: annotated.article for annotated in every}
    gold_of = {annotated.article.id: annotated for annotated in every}
    return CorpusFolder(path, ontology, articles, {}, gold_of, policy, report)


def splits_folder(path: Path) -> Path | None:
    """The folder of splits in a corpus folder, if there is one that has any."""
    return path / "splits" if any((path / "splits" / f"{split}.txt").is_file() for split in SPLITS) else None


@dataclass(frozen=True)
class GoldArticles:
    """The gold of a corpus or dataset folder.

    ``split_of``: by article id, may be empty; ``policy``: what gold is, in words; ``n_not_annotated``: articles of the
    corpus that have no annotation, so that they are not here.
    """

    articles: Sequence[AnnotatedArticle]
    split_of: Mapping[str, str]
    ontology: Ontology
    policy: str
    n_not_annotated: int


def read_gold_articles(
    path: Path, *, splits: Path | None = None, gold: str | None = None, fields: Mapping[str, str] | None = None
) -> GoldArticles:
    """Read the gold of a corpus folder, or of a dataset folder, whose splits, gold and fields are its own.

    Raises:
        InputError: if it cannot be read.
    """
    if is_dataset_folder(path):
        if fields:
            raise InputError(f"{path}: a dataset folder has no columns of other names; leave --field out")
        dataset = read_dataset(path)
        split_of = {annotated.article.id: split for split, articles in dataset.splits.items() for annotated in articles}
        every = [annotated for articles in dataset.splits.values() for annotated in articles]
        return GoldArticles(every, split_of, dataset.ontology, str(dataset.manifest["gold"]), 0)
    folder = read_corpus(path, gold=gold, fields=fields)
    place = splits or splits_folder(path)
    split_of = read_splits(place) if place else {}
    n_not_annotated = len(set(folder.articles) - set(folder.gold))
    return GoldArticles(list(folder.gold.values()), split_of, folder.ontology, folder.policy, n_not_annotated)


def _exports(path: Path) -> list[Path]:
    needed = {"ontology.yaml": (path / "ontology.yaml").is_file()}
    needed |= {name: (path / name).is_dir() for name in ("articles", "annotations")}
    missing = [name for name, is_there in needed.items() if not is_there]
    if missing:
        raise InputError(
            f"{path}: no {missing[0]}; a corpus folder has ontology.yaml, articles/ (JSON Lines) and annotations/ "
            "(Label Studio exports)"
        )
    found = sorted((path / "annotations").glob("*.json"))
    if not found:
        raise InputError(f"{path / 'annotations'}: no .json file in this folder; put the exports of Label Studio there")
    return found
