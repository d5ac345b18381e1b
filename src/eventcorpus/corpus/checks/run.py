"""Check a corpus folder: read it as far as it can be read, run every check, report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from eventcorpus.corpus.checks import articles, labels
from eventcorpus.corpus.checks.annotation import edge_findings, role_findings, rule_findings
from eventcorpus.corpus.checks.findings import CheckReport, Finding, check_report, finding_order
from eventcorpus.corpus.folder import CorpusFolder, read_corpus, splits_folder
from eventcorpus.corpus.near_duplicates import Clusters, find_clusters
from eventcorpus.files import read_text
from eventcorpus.labelstudio.config import is_made_from
from eventcorpus.predictions import Prediction
from eventcorpus.progress import OnProgress, tracked


def check_corpus(
    path: Path,
    *,
    splits: Path | None = None,
    gold: str | None = None,
    predictions: Mapping[str, Prediction] | None = None,
    predictions_place: str = "predictions",
    on_progress: OnProgress | None = None,
) -> tuple[CheckReport, CorpusFolder]:
    """Find everything that can be wrong with a corpus folder.

    Args:
        splits: folder of splits; None: the corpus's own, if it has one.
        gold: see ``dataset.convert.convert``.
        predictions: by article id, to compare with gold; None: nothing is compared.
        on_progress: called while articles are compared with each other.

    Returns:
        the findings, and the corpus as far as it could be read.

    Raises:
        InputError: if the corpus lacks a part, the splits cannot be read, or a prediction was made from another text.
    """
    corpus = read_corpus(path, gold=gold, raises=False)
    clusters = find_clusters(tracked(corpus.articles.values(), len(corpus.articles), on_progress))
    splits = splits or splits_folder(path)
    found = find_all(corpus, clusters, splits=splits, predictions=predictions or {}, place=predictions_place)
    return check_report(found, corpus), corpus


def find_all(
    corpus: CorpusFolder,
    clusters: Clusters,
    *,
    splits: Path | None = None,
    predictions: Mapping[str, Prediction],
    place: str = "predictions",
) -> list[Finding]:
    """Check everything: the worst kind first, in it the highest score.

    Rules of the ontology are checked in every annotation; what is only worth a look in gold.

    Args:
        predictions: by article id, from ``place``.
    """
    ontology, gold = corpus.ontology, list(corpus.gold.values())
    unreadable = {where for where, _ in corpus.unreadable}
    checks: list[Iterable[Finding]] = [
        (Finding("unreadable", where, why) for where, why in corpus.unreadable),
        articles.report_findings(corpus.report, corpus.texts),
        articles.article_findings(corpus.articles, corpus.exported, unreadable=unreadable),
        _config_findings(corpus),
        articles.split_findings(splits, corpus.articles, clusters) if splits is not None else (),
        articles.duplicate_findings(corpus.articles, clusters),
        _rules_in_every_annotation(corpus),
        *(role_findings(annotated, ontology) for annotated in gold),
        *(edge_findings(annotated, ontology) for annotated in gold),
        labels.labelled_differently(gold, ontology),
        labels.unlabelled_repeats(gold, ontology),
        labels.unlabelled_patterns(gold, ontology),
        labels.only_predicted(gold, predictions, place=place),
        labels.never_predicted(gold, predictions),
    ]
    return sorted(chain.from_iterable(checks), key=finding_order)


def _config_findings(corpus: CorpusFolder) -> Iterator[Finding]:
    """Whether the labelling page that the corpus ships, if it ships one, is that of its ontology."""
    path = corpus.path / "labelling" / "config.xml"
    if path.is_file() and not is_made_from(corpus.ontology, read_text(path)):
        yield Finding("config-outdated", "", f"{path}: not what {corpus.ontology.key} gives")


def _rules_in_every_annotation(corpus: CorpusFolder) -> Iterator[Finding]:
    """Rules broken in any annotation, once for all who break them there; with their names, if there are several."""
    broken_by: dict[Finding, list[str]] = {}
    every = list(chain.from_iterable(corpus.passes.values()))
    for annotated in every:
        for finding in rule_findings(annotated, corpus.ontology):
            broken_by.setdefault(finding, []).append(annotated.annotator)
    has_several = len({annotated.annotator for annotated in every}) > 1
    for finding, names in broken_by.items():
        yield replace(finding, message=f"{finding.message} ({', '.join(names)})") if has_several else finding
