"""How far annotators agree: F1, alpha, kappa and B-cubed with intervals, for every pair and over all pairs.

Every figure is made of counts per article (``agreement.counts``), so that the bootstrap only adds counts up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from eventcorpus import __version__
from eventcorpus.agreement.counts import AgreementCounts, count_pair, pool
from eventcorpus.agreement.disagreements import Group, group_disagreements, group_summaries
from eventcorpus.agreement.pairs import annotator_order, double_annotations, role_names
from eventcorpus.agreement.report import (
    DEFINITIONS,
    AgreementReport,
    AttributeAgreement,
    Compared,
    EventAgreement,
    Figure,
    Grouping,
    PairAgreement,
    Resampled,
    RoleAgreement,
    SpanAgreement,
)
from eventcorpus.errors import InputError
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.clusters import b_cubed_figures
from eventcorpus.metrics.coefficients import f1, interval_alpha, kappa, nominal_alpha, share
from eventcorpus.metrics.resample import Estimate, Resampling, draw_resamples, estimate
from eventcorpus.ontology import Ontology
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle

LEVEL = 0.95


@dataclass(frozen=True)
class Agreement:
    """The figures, and the disagreements behind them in groups, the most rewarding first."""

    report: AgreementReport
    groups: list[Group]


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
        raise InputError(
            f"{name}: no article has two annotators (articles: {listed or 'none'}); have some annotated by a second "
            "person and convert all exports together: eventcorpus convert FIRST.json SECOND.json --out DATASET"
        )
    everything = [double for of_pair in doubles.values() for double in of_pair]
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
        disagreements=group_summaries(groups),
    )
    return Agreement(report, groups)


class _Estimates:
    """Figures of one pair, all over the same resamples."""

    def __init__(self, resampling: Resampling) -> None:
        self._resampling = resampling

    def of(self, statistics: Numbers, figure: Callable[[Numbers], Numbers]) -> list[Figure]:
        """One figure a row, of statistics of shape (n_articles, n_rows, ...)."""
        found = estimate(statistics, figure, resampling=self._resampling, level=LEVEL)
        return [_figure(found, i) for i in range(len(found.value))]

    def single(self, statistics: Numbers, figure: Callable[[Numbers], Numbers]) -> Figure:
        """One figure, of statistics of shape (n_articles, ...)."""
        return self.of(statistics[:, None], figure)[0]


def _figure(found: Estimate, i: int) -> Figure:
    value, low, high = (None if np.isnan(x[i]) else float(x[i]) for x in (found.value, found.low, found.high))
    return Figure(value=value, low=low, high=high)


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
        attributes=_attributes(counts, estimates, ontology),
        events=_events(counts, estimates) if ontology.event_link is not None else None,
    )


def _with_sum(statistics: Numbers) -> Numbers:
    """A last row for everything together (micro)."""
    return np.concatenate([statistics, statistics.sum(axis=1, keepdims=True)], axis=1)


def _spans(counts: AgreementCounts, estimates: _Estimates) -> list[SpanAgreement]:
    """Per label, then over all labels."""
    statistics = _with_sum(counts.spans)
    exact = estimates.of(statistics, lambda x: f1(x[..., 2], x[..., 0], x[..., 1]))
    overlap = estimates.of(statistics, lambda x: f1(x[..., 3], x[..., 0], x[..., 1]))
    alpha = estimates.of(counts.characters, lambda x: nominal_alpha(x[..., 0], x[..., 1:]))
    if counts.flat_characters is None:
        alpha.append(Figure(value=None, low=None, high=None))
    else:
        alpha.append(estimates.single(counts.flat_characters, lambda x: nominal_alpha(x[..., 0], x[..., 1:])))
    return [
        SpanAgreement(
            first=first, second=second, exact=agreed, overlapping=overlapping,
            f1_exact=exact[i], f1_overlap=overlap[i], alpha_characters=alpha[i],
        )
        for i, (first, second, agreed, overlapping) in enumerate(_whole(statistics))
    ]  # fmt: skip


def _roles(counts: AgreementCounts, estimates: _Estimates) -> list[RoleAgreement]:
    """Per role, then over all roles."""
    statistics = _with_sum(counts.roles)
    every = estimates.of(statistics, lambda x: f1(x[..., 2], x[..., 0], x[..., 1]))
    given = estimates.of(statistics, lambda x: f1(x[..., 2], x[..., 3], x[..., 4]))
    return [
        RoleAgreement(
            first=first, second=second, both=both, f1=every[i],
            first_given_ends=first_given, second_given_ends=second_given, f1_given_ends=given[i],
        )
        for i, (first, second, both, first_given, second_given) in enumerate(_whole(statistics))
    ]  # fmt: skip


def _attributes(counts: AgreementCounts, estimates: _Estimates, ontology: Ontology) -> dict[str, AttributeAgreement]:
    found: dict[str, AttributeAgreement] = {}
    for attribute in ontology.attributes:
        statistics = counts.attributes[attribute.name]
        undefined = Figure(value=None, low=None, high=None)
        found[attribute.name] = AttributeAgreement(
            spans=int(_values_of_first(statistics).sum()),
            agreed=int(statistics[..., 0].sum()),
            agreement=estimates.single(statistics, _share_of_same_value),
            kappa=estimates.single(statistics, _kappa) if attribute.values else undefined,
        )
    return found


def _values_of_first(x: Numbers) -> Numbers:
    return x[..., 1 : 1 + (x.shape[-1] - 1) // 2]


def _share_of_same_value(x: Numbers) -> Numbers:
    return share(x[..., 0].sum(axis=-1), _values_of_first(x).sum(axis=(-1, -2)))


def _kappa(x: Numbers) -> Numbers:
    first = _values_of_first(x)
    return kappa(x[..., 0], first, x[..., 1 + first.shape[-1] :])


def _events(counts: AgreementCounts, estimates: _Estimates) -> EventAgreement:
    in_both = estimates.of(counts.events[:, :4], b_cubed_figures)
    on_all = estimates.of(counts.events[:, 4:8], b_cubed_figures)
    numbers = np.concatenate([counts.events[:, 10:12], counts.event_values], axis=1)
    first, second = (int(n) for n in counts.event_numbers.sum(axis=0))
    return EventAgreement(
        triggers_of_both=int(counts.events[:, 1].sum()),
        on_triggers_of_both=Grouping(precision=in_both[0], recall=in_both[1], f1=in_both[2]),
        on_all_triggers=Grouping(precision=on_all[0], recall=on_all[1], f1=on_all[2]),
        first=first,
        second=second,
        same_number=estimates.single(counts.events[:, 8:], lambda x: share(x[..., 0], x[..., 3])),
        difference=estimates.single(counts.events[:, 8:], lambda x: share(x[..., 1], x[..., 3])),
        alpha_number=estimates.single(
            numbers,
            lambda x: interval_alpha(
                n_units=x[..., 1], values=x[..., 2], squares=x[..., 3], squared_differences=x[..., 0]
            ),
        ),
    )


def _whole(statistics: Numbers) -> list[list[int]]:
    """Counts of all articles, as whole numbers."""
    return [[round(n) for n in row] for row in statistics.sum(axis=0).tolist()]
