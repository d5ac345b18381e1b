"""How far annotators agree: F1, alpha, kappa and B-cubed with intervals, for every pair and over all pairs.

Every figure is made of counts per article (``agreement.counts``), so that the bootstrap only adds counts up. The report
is a JSON document; ``eval/agreement.schema.json`` is generated from the classes below and tested against them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal

import numpy as np
from pydantic import Field

from eventcorpus import __version__
from eventcorpus.agreement.counts import AgreementCounts, count_pair, pool
from eventcorpus.agreement.disagreements import Group, group_disagreements
from eventcorpus.agreement.pairs import annotator_order, double_annotations, role_names
from eventcorpus.errors import InputError
from eventcorpus.files import StrictModel
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.clusters import b_cubed_figures
from eventcorpus.metrics.match import f1, interval_alpha, kappa, known, nominal_alpha, share
from eventcorpus.metrics.resample import LEVEL, Resampled, Resampling, draw_resamples, estimate
from eventcorpus.ontology import Ontology
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle

DEFINITIONS = {
    "f1": "2 both / (first + second); exact: start, end and label are the same; overlap: the same label and a share of "
    "common characters of at least the threshold (at 0: one character), one to one, as many matches as possible",
    "alpha_characters": "Krippendorff's alpha, nominal, every character of an article a unit, labelled or not by "
    "either annotator; it is not the unitising alpha (alpha-U). Over all labels: the value of a character is its label "
    "or none; null where spans of different labels overlap",
    "roles": "a role is the same if its name, its trigger and its argument are (both spans exactly); given_ends: of "
    "roles whose two ends both annotators marked; the role that joins triggers into events is judged as events",
    "attributes": "on spans that both marked exactly alike; saying nothing is a value, defaults count as said; Cohen's "
    "kappa, null for free text",
    "events": "B-cubed on the sets of triggers that tell the same event, the first annotator of a pair as gold; on "
    "triggers that both marked, and on all triggers, where a trigger of one alone counts with the share 0 (Pradhan et "
    "al. 2014); alpha_number: Krippendorff's alpha, interval, on the number of events of an article",
    "interval": "percentile bootstrap over articles, articles of one cluster together; null with a single unit, or "
    "where the figure is undefined in more than a twentieth of the resamples",
    "undefined": "null: nothing that could agree or disagree, or chance alone would agree on everything",
    "all_pairs": "the counts of all pairs added up: an article with three annotators counts three times; kappa adds up "
    "agreement and chance agreement of the pairs",
    "settles": "disagreements that one decision of the guidelines would settle; the exact F1 would rise by at least "
    "f1_low (spans of one annotator alone are given up) and at most f1_high (both mark them)",
}


class Figure(StrictModel):
    """A figure with the ends of its interval; null where undefined. Shares in [0, 1], alpha and kappa in [-1, 1]."""

    value: float | None
    low: float | None
    high: float | None


class SpanAgreement(StrictModel):
    """Spans of the first and of the second, exactly the same ones, overlapping ones."""

    first: int
    second: int
    exact: int
    overlapping: int
    f1_exact: Figure
    f1_overlap: Figure
    alpha_characters: Figure


class RoleAgreement(StrictModel):
    """Roles of the first and of the second, the same ones; ``given_ends``: of those whose ends both marked."""

    first: int
    second: int
    both: int
    f1: Figure
    first_given_ends: int
    second_given_ends: int
    f1_given_ends: Figure


class AttributeAgreement(StrictModel):
    """``spans`` that both marked and that carry the attribute; ``agreed`` of them with the same value."""

    spans: int
    agreed: int
    agreement: Figure
    kappa: Figure


class Grouping(StrictModel):
    """B-cubed; the first annotator stands as gold, so that F1 is the figure to look at."""

    precision: Figure
    recall: Figure
    f1: Figure


class EventAgreement(StrictModel):
    """Which triggers tell the same event, and how many events an article has."""

    triggers_of_both: int
    on_triggers_of_both: Grouping
    on_all_triggers: Grouping
    first: int
    second: int
    same_number: Figure
    difference: Figure = Field(description="mean absolute difference of the number of events of an article")
    alpha_number: Figure


class PairAgreement(StrictModel):
    """One pair of annotators, or all pairs together; ``labels_left_out``: articles in which one could not use it."""

    pairs: tuple[tuple[str, str], ...]
    articles: int
    units: int
    labels_left_out: dict[str, int]
    all_labels: SpanAgreement
    labels: dict[str, SpanAgreement]
    all_roles: RoleAgreement
    roles: dict[str, RoleAgreement]
    attributes: dict[str, AttributeAgreement]
    events: EventAgreement | None


class Compared(StrictModel):
    """On what the figures rest; ``sha256`` is that of the dataset's manifest."""

    name: str
    sha256: str
    articles: int
    articles_of_several: int
    rows_adjudicated: int
    annotators: dict[str, int] = Field(description="articles of each annotator")


class DisagreementGroup(StrictModel):
    """Disagreements of one kind that one decision would settle."""

    kind: str
    question: str
    labels: tuple[str, ...]
    settles: int
    f1_low: float
    f1_high: float
    articles: tuple[str, ...]


class AgreementReport(StrictModel):
    """Agreement of the annotators of one dataset."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    ontology: str
    dataset: Compared
    overlap_threshold: float
    bootstrap: Resampled
    definitions: dict[str, str]
    all_pairs: PairAgreement
    pairs: tuple[PairAgreement, ...]
    disagreements: tuple[DisagreementGroup, ...]


@dataclass(frozen=True)
class Agreement:
    """The figures, and the disagreements behind them in groups, the most rewarding first."""

    report: AgreementReport
    groups: list[Group]


def _advice(articles: Sequence[Sequence[AnnotatedArticle]]) -> str:
    """What to do where no article has two annotators."""
    ids_of: dict[str, dict[str, str]] = {}
    for annotated in (annotated for passes in articles for annotated in passes if annotated.annotator != ADJUDICATED):
        ids_of.setdefault(annotated.article.text_sha256, {})[annotated.annotator] = annotated.article.id
    shared = [ids for ids in ids_of.values() if len(ids) > 1]
    if shared:
        (first, one), (second, other) = list(shared[0].items())[:2]
        return (
            f"texts are the same under other ids ({len(shared):,}, the first: {one} of {first} and {other} of "
            f"{second}); give both annotators tasks that were made of the same articles"
        )
    annotators = {annotator for ids in ids_of.values() for annotator in ids}
    if len(annotators) > 1:
        return (
            "they annotated different articles; give each some that another has annotated, 20 or more, and convert all "
            "exports together: eventcorpus convert FIRST.json SECOND.json --out DATASET"
        )
    return (
        "have some annotated by a second person and convert all exports together: eventcorpus convert FIRST.json "
        "SECOND.json --out DATASET"
    )


def agreement(
    articles: Sequence[Sequence[AnnotatedArticle]],
    ontology: Ontology,
    *,
    name: str = "dataset",
    dataset_sha256: str = "",
    threshold: float = 0.0,
    n_resamples: int = 1000,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Agreement:
    """Compare every pair of annotators on the articles that both annotated.

    Args:
        articles: per article the annotation of every annotator, as ``dataset.folder.read_annotations`` gives them.
        name: of the dataset, for the report and for messages.
        threshold: least share of common characters of spans that overlap, in [0, 1]; 0: any character.
        on_progress: called after each article of each pair.

    Raises:
        InputError: if no article has two annotators.
    """
    doubles = double_annotations(articles, ontology)
    by_annotator = Counter(annotated.annotator for passes in articles for annotated in passes)
    n_adjudicated = by_annotator.pop(ADJUDICATED, 0)
    names = sorted(by_annotator, key=annotator_order)
    if not doubles:
        listed = ", ".join(f"{annotator} {by_annotator[annotator]:,}" for annotator in names)
        raise InputError(f"{name}: no article has two annotators (articles: {listed or 'none'}); {_advice(articles)}")
    everything = list(chain.from_iterable(doubles.values()))
    shown = tracked(everything, len(everything), on_progress)
    counts = [
        count_pair(pair, islice(shown, len(of_pair)), ontology, threshold=threshold)
        for pair, of_pair in doubles.items()
    ]
    pairs = [_pair(of_pair, ontology, n_resamples=n_resamples, seed=seed) for of_pair in counts]
    all_pairs = pairs[0] if len(pairs) == 1 else _pair(pool(counts), ontology, n_resamples=n_resamples, seed=seed)
    groups = group_disagreements(everything, ontology)
    report = AgreementReport(
        eventcorpus=__version__,
        ontology=ontology.key,
        dataset=Compared(
            name=name,
            sha256=dataset_sha256,
            articles=len(articles),
            articles_of_several=len({double.article.id for double in everything}),
            rows_adjudicated=n_adjudicated,
            annotators={annotator: by_annotator[annotator] for annotator in names},
        ),
        overlap_threshold=threshold,
        bootstrap=Resampled(seed=seed, resamples=n_resamples, level=LEVEL),
        definitions=DEFINITIONS,
        all_pairs=all_pairs,
        pairs=tuple(pairs),
        disagreements=tuple(
            DisagreementGroup(
                kind=group.kind,
                question=group.question,
                labels=group.labels,
                settles=len(group.disagreements),
                f1_low=group.f1_low,
                f1_high=group.f1_high,
                articles=tuple(dict.fromkeys(each.double.article.id for each in group.disagreements)),
            )
            for group in groups
        ),
    )
    return Agreement(report, groups)


@dataclass(frozen=True)
class _Estimates:
    """Figures of one pair, all over the same resamples."""

    resampling: Resampling

    def of(self, statistics: Numbers, figure: Callable[[Numbers], Numbers]) -> list[Figure]:
        """One figure a row, of statistics of shape (n_articles, n_rows, ...)."""
        found = estimate(statistics, figure, resampling=self.resampling)
        ends = zip(found.value, found.low, found.high, strict=True)
        return [Figure(value=known(value), low=known(low), high=known(high)) for value, low, high in ends]

    def single(self, statistics: Numbers, figure: Callable[[Numbers], Numbers]) -> Figure:
        """One figure, of statistics of shape (n_articles, ...)."""
        return self.of(statistics[:, None], figure)[0]


def _pair(counts: AgreementCounts, ontology: Ontology, *, n_resamples: int, seed: int) -> PairAgreement:
    resampling = draw_resamples(counts.units, n_resamples=n_resamples, seed=seed)
    estimates = _Estimates(resampling)
    spans, roles = _spans(counts, estimates), _roles(counts, estimates)
    return PairAgreement(
        pairs=counts.annotators,
        articles=len(counts.articles),
        units=resampling.n_units,
        labels_left_out=counts.left_out,
        all_labels=spans[-1],
        labels=dict(zip(ontology.labels, spans[:-1], strict=True)),
        all_roles=roles[-1],
        roles=dict(zip(role_names(ontology), roles[:-1], strict=True)),
        attributes={
            attribute.name: _attribute(counts.attributes[attribute.name], estimates, has_kappa=bool(attribute.values))
            for attribute in ontology.attributes
        },
        events=_events(counts.events, estimates) if ontology.event_link is not None else None,
    )


def _with_sum(statistics: Numbers) -> tuple[Numbers, list[list[int]]]:
    """The statistics with a last row for everything together (micro), and its counts of all articles."""
    statistics = np.concatenate([statistics, statistics.sum(axis=1, keepdims=True)], axis=1)
    return statistics, np.rint(statistics.sum(axis=0)).astype(int).tolist()


def _spans(counts: AgreementCounts, estimates: _Estimates) -> list[SpanAgreement]:
    """Per label, then over all labels."""
    statistics, totals = _with_sum(counts.spans)
    exact = estimates.of(statistics, lambda x: f1(x[..., 2], x[..., 0], x[..., 1]))
    overlap = estimates.of(statistics, lambda x: f1(x[..., 3], x[..., 0], x[..., 1]))
    alpha = estimates.of(counts.characters, lambda x: nominal_alpha(x[..., 0], x[..., 1:]))
    alpha.append(estimates.single(counts.flat_characters, lambda x: nominal_alpha(x[..., 0], x[..., 1:])))
    return [
        SpanAgreement(
            **dict(zip(("first", "second", "exact", "overlapping"), total, strict=True)),
            f1_exact=exact[i], f1_overlap=overlap[i], alpha_characters=alpha[i],
        )
        for i, total in enumerate(totals)
    ]  # fmt: skip


def _roles(counts: AgreementCounts, estimates: _Estimates) -> list[RoleAgreement]:
    """Per role, then over all roles."""
    statistics, totals = _with_sum(counts.roles)
    every = estimates.of(statistics, lambda x: f1(x[..., 2], x[..., 0], x[..., 1]))
    given = estimates.of(statistics, lambda x: f1(x[..., 2], x[..., 3], x[..., 4]))
    names = ("first", "second", "both", "first_given_ends", "second_given_ends")
    return [
        RoleAgreement(**dict(zip(names, total, strict=True)), f1=every[i], f1_given_ends=given[i])
        for i, total in enumerate(totals)
    ]


def _attribute(statistics: Numbers, estimates: _Estimates, *, has_kappa: bool) -> AttributeAgreement:
    n_values = (statistics.shape[-1] - 1) // 2
    first, second = slice(1, 1 + n_values), slice(1 + n_values, None)
    return AttributeAgreement(
        spans=int(statistics[..., first].sum()),
        agreed=int(statistics[..., 0].sum()),
        agreement=estimates.single(statistics, lambda x: share(x[..., 0].sum(-1), x[..., first].sum((-1, -2)))),
        kappa=estimates.single(statistics, lambda x: kappa(x[..., 0], x[..., first], x[..., second]))
        if has_kappa
        else Figure(value=None, low=None, high=None),
    )


def _events(counts: Numbers, estimates: _Estimates) -> EventAgreement:
    def grouping(sums: Numbers) -> Grouping:
        precision, recall, f1 = estimates.of(sums, b_cubed_figures)
        return Grouping(precision=precision, recall=recall, f1=f1)

    numbers = counts[:, 8:]
    return EventAgreement(
        triggers_of_both=int(counts[:, 1].sum()),
        on_triggers_of_both=grouping(counts[:, :4]),
        on_all_triggers=grouping(counts[:, 4:8]),
        first=int(numbers[:, 4].sum()),
        second=int(numbers[:, 5].sum()),
        same_number=estimates.single(numbers, lambda x: share(x[..., 0], x[..., 3])),
        difference=estimates.single(numbers, lambda x: share(x[..., 1], x[..., 3])),
        alpha_number=estimates.single(
            numbers,
            lambda x: interval_alpha(
                n_units=x[..., 3], values=x[..., 4] + x[..., 5], squares=x[..., 6], squared_differences=x[..., 2]
            ),
        ),
    )
