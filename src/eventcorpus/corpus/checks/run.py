"""Every check over one corpus, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.corpus.checks.articles import article_findings, duplicate_findings, split_findings
from eventcorpus.corpus.checks.consistency import labelled_differently, unlabelled_repeats
from eventcorpus.corpus.checks.findings import Finding, finding_order
from eventcorpus.corpus.checks.predictions import never_predicted, only_predicted
from eventcorpus.corpus.checks.spans import edge_findings, unlabelled_patterns
from eventcorpus.corpus.checks.structure import role_findings, rule_findings
from eventcorpus.corpus.near_duplicates import Clusters
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article


@dataclass(frozen=True)
class Material:
    """What is checked.

    ``passes``: by article id what every annotator made of it, and ``gold`` the one that counts; ``report`` and
    ``unreadable``: what reading them found; ``splits``: the folder of splits, if there is one; ``config_fault``: what
    is wrong with the labelling page, or empty; ``predictions``: by article id, from ``predictions_place``.
    """

    ontology: Ontology
    articles: Mapping[str, Article]
    passes: Mapping[str, Sequence[AnnotatedArticle]]
    gold: Sequence[AnnotatedArticle]
    report: ConversionReport
    clusters: Clusters
    unreadable: Sequence[tuple[str, str]] = ()
    splits: Path | None = None
    config_fault: str = ""
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    predictions_place: str = "predictions"


def find_all(material: Material) -> list[Finding]:
    """Check everything: the worst kind first, in it the highest score.

    Rules of the ontology are checked in every annotation; what is only worth a look in gold.

    Raises:
        InputError: if the splits cannot be read, or a prediction was made from another text.
    """
    return sorted(_all(material), key=finding_order)


def _all(material: Material) -> Iterator[Finding]:
    ontology, gold, articles = material.ontology, material.gold, material.articles
    annotated = {one: several[0].article for one, several in material.passes.items()}
    unreadable = {one for one, _ in material.unreadable}
    texts = {one: article.text for one, article in {**articles, **annotated}.items()}
    yield from findings_of_faults(material.unreadable)
    yield from findings_of_report(material.report, texts)
    yield from article_findings(articles, annotated, unreadable=unreadable)
    if material.config_fault:
        yield Finding("config-outdated", "", material.config_fault)
    if material.splits is not None:
        yield from split_findings(material.splits, articles, material.clusters)
    yield from duplicate_findings(articles, material.clusters)
    yield from _of_every_pass(material)
    for one in gold:
        yield from role_findings(one, ontology)
        yield from edge_findings(one, ontology)
    yield from labelled_differently(gold, ontology)
    yield from unlabelled_repeats(gold, ontology)
    yield from unlabelled_patterns(gold, ontology)
    if material.predictions:
        yield from only_predicted(gold, material.predictions, place=material.predictions_place)
        yield from never_predicted(gold, material.predictions)


def _of_every_pass(material: Material) -> Iterator[Finding]:
    """Rules broken in any annotation, once for all who break them there; it says who, where several annotated."""
    broken: dict[Finding, list[str]] = {}
    for several in material.passes.values():
        for one in several:
            for finding in rule_findings(one, material.ontology):
                broken.setdefault(finding, []).append(one.annotator)
    alone = len({one.annotator for several in material.passes.values() for one in several}) < 2
    for finding, annotators in broken.items():
        yield finding if alone else replace(finding, message=f"{finding.message} ({', '.join(annotators)})")


_KIND_OF_CODE = {
    Code.UNKNOWN_LABEL: "not-in-ontology",
    Code.UNKNOWN_ATTRIBUTE: "not-in-ontology",
    Code.UNKNOWN_VALUE: "not-in-ontology",
    Code.LABEL_WITHOUT_ATTRIBUTE: "not-in-ontology",
    Code.UNKNOWN_ROLE_NAMED: "not-in-ontology",
    Code.OVERLAP: "overlap",
    Code.OFFSET_NO_NUMBER: "offsets",
    Code.OFFSET_RANGE: "offsets",
    Code.TEXT_DIFFERS: "offsets",
    Code.ONLY_BLANKS: "offsets",
    Code.EDGE_BLANKS: "edge-blank",
    Code.ANNOTATION_SKIPPED: "not-counted",
    Code.NEWER_ANNOTATION: "not-counted",
    Code.NOT_EVERY_PART: "not-counted",
}
"""The kind of finding that a reason makes; any other repair is ``repaired``, any other refusal ``not-read``."""


def findings_of_report(report: ConversionReport, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Findings from a conversion report; roles that were only flagged are left to ``structure``.

    Args:
        texts: the text of every article by id, to show the words.
    """
    for item in report.items:
        if item.kind == "articles" or item.verdict == "flagged":
            continue
        kind = _KIND_OF_CODE.get(item.reason.code, "repaired" if item.verdict == "repaired" else "not-read")
        message = f"{item.name}: {item.reason}"
        text = texts.get(item.article, "")
        if item.start is not None and item.end is not None and 0 <= item.start < item.end <= len(text):
            words = text[item.start : item.end]
            yield Finding(kind, item.article, message, item.start, item.end, words)
        else:
            yield Finding(kind, item.article, message)


def findings_of_faults(faults: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Findings from (article id or place, fault) of what could not be read."""
    for article_id, fault in faults:
        yield Finding("unreadable", article_id, fault)
