"""Every check over one corpus, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.corpus.checks import articles, labels, rules, spans
from eventcorpus.corpus.checks.findings import Finding, finding_order
from eventcorpus.corpus.near_duplicates import Clusters
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article


@dataclass(frozen=True)
class Material:
    """What is checked.

    ``passes``: by article id the annotation of every annotator, and ``gold`` the one that counts; ``report`` and
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

    @cached_property
    def exported(self) -> dict[str, Article]:
        """By id the articles as they came with their annotations."""
        return {article_id: passes[0].article for article_id, passes in self.passes.items()}

    @property
    def texts(self) -> dict[str, str]:
        """By article id the text that was annotated, else that of the article."""
        return {article.id: article.text for article in (*self.articles.values(), *self.exported.values())}


Check = Callable[[Material], Iterable[Finding]]


def find_all(material: Material) -> list[Finding]:
    """Check everything: the worst kind first, in it the highest score.

    Rules of the ontology are checked in every annotation; what is only worth a look in gold.

    Raises:
        InputError: if the splits cannot be read, or a prediction was made from another text.
    """
    return sorted((finding for check in CHECKS for finding in check(material)), key=finding_order)


def _rules_in_every_pass(material: Material) -> Iterator[Finding]:
    """Rules broken in any annotation, once for all who break them there; with their names, if there are several."""
    broken_by: dict[Finding, list[str]] = {}
    annotators: set[str] = set()
    for passes in material.passes.values():
        for annotated in passes:
            annotators.add(annotated.annotator)
            for finding in rules.rule_findings(annotated, material.ontology):
                broken_by.setdefault(finding, []).append(annotated.annotator)
    for finding, names in broken_by.items():
        if len(annotators) > 1:
            finding = replace(finding, message=f"{finding.message} ({', '.join(names)})")
        yield finding


CHECKS: tuple[Check, ...] = (
    lambda m: articles.findings_of_faults(m.unreadable),
    lambda m: articles.findings_of_report(m.report, m.texts),
    lambda m: articles.article_findings(m.articles, m.exported, unreadable={where for where, _ in m.unreadable}),
    lambda m: [Finding("config-outdated", "", m.config_fault)] if m.config_fault else (),
    lambda m: articles.split_findings(m.splits, m.articles, m.clusters) if m.splits is not None else (),
    lambda m: articles.duplicate_findings(m.articles, m.clusters),
    _rules_in_every_pass,
    lambda m: (finding for annotated in m.gold for finding in rules.role_findings(annotated, m.ontology)),
    lambda m: (finding for annotated in m.gold for finding in spans.edge_findings(annotated, m.ontology)),
    lambda m: labels.labelled_differently(m.gold, m.ontology),
    lambda m: labels.unlabelled_repeats(m.gold, m.ontology),
    lambda m: labels.unlabelled_patterns(m.gold, m.ontology),
    lambda m: labels.only_predicted(m.gold, m.predictions, place=m.predictions_place),
    lambda m: labels.never_predicted(m.gold, m.predictions),
)
