"""Check a corpus folder: read it as far as it can be read, run every check, report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eventcorpus.corpus.checks.findings import CheckReport, check_report
from eventcorpus.corpus.checks.run import Material, find_all
from eventcorpus.corpus.folder import CorpusFolder, read_corpus_with_faults, splits_folder
from eventcorpus.corpus.near_duplicates import find_clusters
from eventcorpus.files import read_text
from eventcorpus.labelstudio.config import is_made_from
from eventcorpus.predictions import Prediction
from eventcorpus.progress import OnProgress, tracked


@dataclass(frozen=True)
class CheckedCorpus:
    """The findings, and by article id the text that was annotated; ``without_prediction``: ids of gold articles."""

    report: CheckReport
    texts: Mapping[str, str]
    without_prediction: list[str]


def check_corpus(
    path: Path,
    *,
    splits: Path | None = None,
    gold: str | None = None,
    predictions: Mapping[str, Prediction] | None = None,
    predictions_place: str = "predictions",
    on_progress: OnProgress | None = None,
) -> CheckedCorpus:
    """Find everything that can be wrong with a corpus folder.

    Args:
        splits: folder of splits; None: the corpus's own, if it has one.
        gold: see ``dataset.convert.convert``.
        predictions: by article id, to compare with gold; None: nothing is compared.
        on_progress: called while articles are compared with each other.

    Raises:
        InputError: if the corpus lacks a part, or a prediction was made from another text.
    """
    folder = read_corpus_with_faults(path, gold=gold)
    clusters = find_clusters(tracked(folder.articles.values(), len(folder.articles), on_progress))
    material = Material(
        ontology=folder.ontology,
        articles=folder.articles,
        passes=folder.passes,
        gold=list(folder.gold.values()),
        report=folder.report,
        clusters=clusters,
        unreadable=folder.unreadable,
        splits=splits or splits_folder(path),
        config_fault=_config_fault(folder),
        predictions=predictions or {},
        predictions_place=predictions_place,
    )
    report = check_report(
        find_all(material),
        corpus=path.resolve().name,
        ontology=folder.ontology.key,
        gold=folder.policy,
        n_articles=len(folder.gold),
        n_spans=sum(len(annotated.spans) for annotated in folder.gold.values()),
    )
    without = [] if predictions is None else [article_id for article_id in folder.gold if article_id not in predictions]
    return CheckedCorpus(report, material.texts, without)


def _config_fault(folder: CorpusFolder) -> str:
    """What is wrong with the labelling page that the corpus ships, if it ships one."""
    path = folder.path / "labelling" / "config.xml"
    if not path.is_file() or is_made_from(folder.ontology, read_text(path)):
        return ""
    return f"{path}: not what {folder.ontology.key} gives"
