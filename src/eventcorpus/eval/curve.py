"""Learning curves: the score at growing shares of the articles, and how many more articles would raise it.

Comes in: what models predict that were trained on shares of one split, several seeds of each share. Goes out: a report,
a JSON document (``eval/curve.schema.json``). Figures are exact F1, shares in [0, 1]. A power law is fitted to the runs
of micro F1 and of each label; whether it can be trusted is tested on what is known: the fit of the first half of the
sizes forecasts the score of the last one.

Intervals are percentile bootstraps over articles (those of a cluster together) and over the seeds of each share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field

from eventcorpus import __version__
from eventcorpus.eval.counts import all_labels, gold_keys, predicted_keys
from eventcorpus.eval.evaluate import agreement_beside
from eventcorpus.eval.intervals import draw_articles
from eventcorpus.eval.report import Agreement, Figure, Interval
from eventcorpus.eval.runs import Run, select
from eventcorpus.files import StrictModel
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import exact_by_article, known, label_figures, mean_of_known, share
from eventcorpus.metrics.power_law import LEAST_POINTS, PowerLaws, fit_power_laws
from eventcorpus.metrics.resample import LEVEL, Resampled, percentile_interval
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted, percent, percent_range

GAIN = 0.02
"""What more articles are asked for: two points of F1."""
LEAST_GAIN = 0.005
"""A label is named if it gains as much by the lower end of its interval."""
LEAST_SIZES = 4
"""A law has three parameters; with as many sizes it would go through every point, whatever they are."""
FARTHEST = 10
"""A law is asked about at most so many times the articles that there are."""
WIDEST = 10
"""The upper end of an interval of articles is at most so many times the lower one; a wider one says nothing."""
BEYOND = (1.25, 1.5, 1.75, 2.0)
"""How far the curve is drawn, in times of the articles that there are."""

Verdict = Literal["articles", "too few sizes", "no gain", "too wide"]


@dataclass(frozen=True)
class CurveRun:
    """What one model predicts: trained on ``share`` percent of the train split, ``articles`` of it, with a seed."""

    share: float
    seed: int
    articles: int
    predictions: Sequence[Prediction]


class Size(StrictModel):
    """One share of the train split, in percent, and its number of articles by seed: clusters stay whole."""

    share: float
    articles: tuple[int, ...]
    mean_articles: float


class Law(StrictModel):
    """F1 = a - b * articles ** -c, with ``a`` at most ``highest``."""

    a: float
    b: float
    c: float
    highest: float


class Expected(StrictModel):
    """What the law says at a number of articles."""

    articles: float
    f1: Figure


class Forecast(StrictModel):
    """What the law of the smaller sizes, up to ``from_articles``, says of the largest, and what was measured there.

    ``difference``: measured minus forecast, articles and seeds drawn for both together; ``is_right``: whether its
    interval has 0 in it.
    """

    sizes: int
    from_articles: float
    law: Law
    f1: Figure
    measured: Figure
    difference: Figure
    is_right: bool


class MoreArticles(StrictModel):
    """How many more articles raise F1 by ``gain``, and whether that can be said.

    ``articles``: there are as many in the interval. ``too few sizes``: fewer than four. ``no gain``: even ten times
    the articles do not give it, by the interval's lower end. ``too wide``: the interval's ends are more than ten times
    apart, or its upper end is more than ten times the articles that there are (then ``high`` is null). ``at_least`` is
    the lower end where that is all that is known.
    """

    gain: float
    verdict: Verdict
    articles: int | None = None
    low: int | None = None
    high: int | None = None


class Curve(StrictModel):
    """The curve of micro F1 or of one label.

    ``runs``: F1 by size and seed; ``sizes``: the mean over the seeds of each size; ``law`` and what follows from it is
    null with too few sizes, or where F1 is undefined. ``gain_of_double``: of twice the articles. ``gain_of_more``: of
    as many more articles as raise micro F1 by two points, null where that number cannot be said.
    """

    support: int
    runs: tuple[tuple[float | None, ...], ...]
    sizes: tuple[Figure, ...]
    law: Law | None = None
    expected: tuple[Expected, ...] = ()
    gain_of_double: Figure | None = None
    gain_of_more: Figure | None = None
    forecast: Forecast | None = None
    more: MoreArticles


class ScoredArticles(StrictModel):
    """The articles that every model is scored on; ``sha256`` is that of the dataset's manifest."""

    name: str
    sha256: str
    split: str
    articles: int
    gold_sha256: str


class CurveReport(StrictModel):
    """``agreement``: exact F1 of two annotators; no law goes beyond the upper end of its interval, unless scores do."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str = __version__
    command: str = ""
    encoder: str
    ontology: str
    dataset: ScoredArticles
    train_articles: int
    seeds: tuple[int, ...]
    sizes: tuple[Size, ...]
    bootstrap: Resampled
    agreement: Agreement | None
    micro: Curve
    labels: dict[str, Curve]
    most_for: tuple[str, ...] = Field(
        description="labels that gain most, by as many more articles as raise micro F1 by two points, or by twice the "
        "articles where that number cannot be said; at most three; the lower end of their gain is at least half a point"
    )


def curve_report(
    gold: Sequence[AnnotatedArticle],
    runs: Sequence[CurveRun],
    ontology: Ontology,
    *,
    name: str,
    encoder: str,
    split: str = "validation",
    dataset_sha256: str = "",
    annotations: Sequence[Sequence[AnnotatedArticle]] = (),
    annotated_split: str = "validation",
    n_resamples: int = 1000,
    seed: int = 0,
    command: str = "",
) -> CurveReport:
    """Score the runs, fit the laws, and say what more articles would give.

    Args:
        gold: what is scored on, never what a model learned from.
        runs: every seed has every share; the largest share is all of the train split.
        annotations: per article what every annotator made of it, for the agreement, of the split
            ``annotated_split``.

    Raises:
        PredictionsError: if predictions do not fit the articles.
    """
    runs = sorted(runs, key=lambda run: (run.share, run.seed))
    places = [Run(run.predictions, f"share {run.share:g}, seed {run.seed}") for run in runs]
    selection = select(gold, places, None, split=split)
    in_gold = gold_keys(selection.gold)
    predicted = [predicted_keys(predictions) for predictions in selection.runs]
    labels = all_labels(ontology.labels, [*in_gold, *(key for keys in predicted for key in keys)])
    ids = [annotated.article.id for annotated in selection.gold]
    counts = np.stack([exact_by_article(in_gold, keys, articles=ids, labels=labels) for keys in predicted], axis=1)
    agreement = agreement_beside(
        annotations, ontology, labels, split=annotated_split, n_resamples=n_resamples, seed=seed
    )
    curves = _Curves.of(selection.gold, runs, counts, n_resamples=n_resamples, seed=seed)
    support = counts[:, 0, :, 2].sum(axis=0).astype(int)
    micro = curves.curve(len(labels), int(support.sum()), agreement.all_labels if agreement else None)
    of_labels = {
        label: curves.curve(i, int(support[i]), agreement.labels.get(label) if agreement else None, micro.more.articles)
        for i, label in enumerate(labels)
        if support[i]
    }
    return CurveReport(
        command=command,
        encoder=encoder,
        ontology=ontology.key,
        dataset=ScoredArticles(
            name=name, sha256=dataset_sha256, split=split, articles=len(ids), gold_sha256=selection.gold_sha256
        ),
        train_articles=runs[-1].articles,
        seeds=tuple(dict.fromkeys(run.seed for run in runs)),
        sizes=curves.sizes,
        bootstrap=Resampled(seed=seed, resamples=n_resamples, level=LEVEL),
        agreement=agreement,
        micro=micro,
        labels=of_labels,
        most_for=_most_for(of_labels),
    )


def _most_for(curves: dict[str, Curve]) -> tuple[str, ...]:
    gains = {label: curve.gain_of_more or curve.gain_of_double for label, curve in curves.items()}
    sure = [
        (label, gain.value)
        for label, gain in gains.items()
        if gain and gain.value is not None and gain.interval and gain.interval.low >= LEAST_GAIN
    ]
    return tuple(label for label, _ in sorted(sure, key=lambda item: -item[1])[:3])


@dataclass(frozen=True)
class _Curves:
    """F1 of each label, then micro, of every run and resample.

    ``of_run``: shape (n_runs,), the place of its size; ``f1``: shape (n_runs, n_labels + 1); ``resampled``: shape
    (n_resamples, n_runs, n_labels + 1); ``weights``: shape (n_resamples, n_runs), how often each run was drawn.
    """

    sizes: tuple[Size, ...]
    of_run: Numbers
    n_articles: Numbers
    f1: Numbers
    resampled: Numbers
    weights: Numbers

    @classmethod
    def of(
        cls,
        gold: Sequence[AnnotatedArticle],
        runs: Sequence[CurveRun],
        counts: Numbers,
        *,
        n_resamples: int,
        seed: int,
    ) -> _Curves:
        """Count, and draw articles and seeds."""
        shares = list(dict.fromkeys(run.share for run in runs))
        of_run = np.array([shares.index(run.share) for run in runs])
        resampling = draw_articles(gold, n_resamples=n_resamples, seed=seed)
        assert resampling is not None
        generator = np.random.default_rng(seed)
        drawn = []
        for place in range(len(shares)):
            n = int((of_run == place).sum())
            drawn.append(generator.multinomial(n, np.full(n, 1 / n), size=n_resamples))
        by_share = [[run.articles for run in runs if run.share == percent] for percent in shares]
        return cls(
            sizes=tuple(
                Size(share=percent, articles=tuple(some), mean_articles=float(np.mean(some)))
                for percent, some in zip(shares, by_share, strict=True)
            ),
            of_run=of_run,
            n_articles=np.array([run.articles for run in runs], dtype=np.float64),
            f1=label_figures(counts.sum(axis=0))[..., :-1, 2],
            resampled=label_figures(resampling.totals(counts))[..., :-1, 2],
            weights=np.concatenate(drawn, axis=1).astype(np.float64),
        )

    def curve(self, i: int, support: int, agreement: Figure | None, n_more: int | None = None) -> Curve:
        """The curve of one label, or of micro F1.

        Args:
            agreement: of two annotators on the same.
            n_more: the gain of how many more articles is asked for; None: of as many as this curve says itself.
        """
        measured = [_figure(*self._mean(i, place)) for place in range(len(self.sizes))]
        runs = tuple(tuple(known(f1) for f1 in self.f1[self.of_run == place, i]) for place in range(len(self.sizes)))
        means = [figure.value for figure in measured if figure.value is not None]
        plain = Curve(
            support=support, runs=runs, sizes=tuple(measured), more=MoreArticles(gain=GAIN, verdict="too few sizes")
        )
        if len(self.sizes) < LEAST_SIZES or not means:
            return plain
        ceiling = _ceiling(agreement)
        highest = ceiling if ceiling > max(means) else 1.0
        law, resampled = self._fit(i, len(self.sizes), highest)
        if np.isnan(law.a):
            return plain
        last = self.sizes[-1].mean_articles
        now, resampled_now = law.at(last), resampled.at(last)
        more = _more_articles(law, resampled, last)
        asked = n_more or more.articles
        between = [(a.mean_articles * b.mean_articles) ** 0.5 for a, b in pairwise(self.sizes)]
        at = sorted([*(size.mean_articles for size in self.sizes), *between, *(last * times for times in BEYOND)])
        return plain.model_copy(
            update={
                "law": _law(law, highest),
                "expected": tuple(Expected(articles=n, f1=_figure(law.at(n), resampled.at(n))) for n in at),
                "gain_of_double": _figure(law.at(2 * last) - now, resampled.at(2 * last) - resampled_now),
                "gain_of_more": _figure(law.at(last + asked) - now, resampled.at(last + asked) - resampled_now)
                if asked
                else None,
                "forecast": self._forecast(i, measured[-1], ceiling),
                "more": more,
            }
        )

    def _mean(self, i: int, place: int) -> tuple[Numbers, Numbers]:
        """The mean over the seeds of a size, and that of every resample."""
        runs = self.of_run == place
        scores, weights = self.resampled[:, runs, i], self.weights[:, runs]
        weights = np.where(np.isnan(scores), 0.0, weights)
        return mean_of_known(self.f1[runs, i], axis=-1), share(
            (np.nan_to_num(scores) * weights).sum(axis=1), weights.sum(axis=1)
        )

    def _fit(self, i: int, n_sizes: int, highest: float) -> tuple[PowerLaws, PowerLaws]:
        """The law of the first sizes, and those of all resamples."""
        runs = self.of_run < n_sizes
        sizes = self.n_articles[runs]
        return (
            fit_power_laws(sizes, self.f1[runs, i], highest=highest),
            fit_power_laws(sizes, self.resampled[:, runs, i], weights=self.weights[:, runs], highest=highest),
        )

    def _forecast(self, i: int, measured: Figure, ceiling: float) -> Forecast | None:
        """What half of the sizes, at least three, say of the last; the scores of the others are not looked at."""
        n_sizes = max(LEAST_POINTS, (len(self.sizes) + 1) // 2)
        seen = [f1 for place in range(n_sizes) if (f1 := known(self._mean(i, place)[0])) is not None]
        highest = ceiling if ceiling > max(seen, default=0.0) else 1.0
        law, resampled = self._fit(i, n_sizes, highest)
        last = self.sizes[-1].mean_articles
        value, of_resamples = self._mean(i, len(self.sizes) - 1)
        difference = _figure(value - law.at(last), of_resamples - resampled.at(last))
        if difference.interval is None:
            return None
        return Forecast(
            sizes=n_sizes,
            from_articles=self.sizes[n_sizes - 1].mean_articles,
            law=_law(law, highest),
            f1=_figure(law.at(last), resampled.at(last)),
            measured=measured,
            difference=difference,
            is_right=difference.interval.low <= 0 <= difference.interval.high,
        )


def _ceiling(agreement: Figure | None) -> float:
    """The highest F1 that a law may reach: what annotators agree to, as far as that is known."""
    if agreement is None or agreement.value is None:
        return 1.0
    return agreement.interval.high if agreement.interval else agreement.value


def _more_articles(law: PowerLaws, resampled: PowerLaws, n: float) -> MoreArticles:
    """How many more than ``n`` articles raise the law by ``GAIN``."""
    # of the inverse, which is 0 where no number of articles suffices, so that quantiles are defined
    value = float(1 / law.size_for(law.at(n) + GAIN))
    low, high = percentile_interval(1 / resampled.size_for(resampled.at(n) + GAIN))
    farthest = 1 / (FARTHEST * n)
    least, point, most = (None if end < farthest else max(1, round(1 / end - n)) for end in (high, value, low))
    if np.isnan(low):
        return MoreArticles(gain=GAIN, verdict="too wide")
    if least is None:
        return MoreArticles(gain=GAIN, verdict="no gain")
    if point is None or most is None or most > WIDEST * least:
        return MoreArticles(gain=GAIN, verdict="too wide", low=least, high=most)
    return MoreArticles(gain=GAIN, verdict="articles", articles=point, low=least, high=most)


def _law(law: PowerLaws, highest: float) -> Law:
    return Law(a=float(law.a), b=float(law.b), c=float(law.c), highest=highest)


def _figure(value: Numbers, resampled: Numbers) -> Figure:
    low, high = percentile_interval(resampled)
    interval = None if np.isnan(value) or np.isnan(low) else Interval(low=low, high=high)
    return Figure(value=known(value), interval=interval)


# words ---------------------------------------------------------------------------------------------------------------


def said_of_more(report: CurveReport) -> str:
    """The answer to "how many more articles?" in a sentence."""
    more, n = report.micro.more, report.train_articles
    points = f"{100 * more.gain:g} points of micro F1"
    if more.articles is not None:
        most = f", most for {_listed(report.most_for)}" if report.most_for else ""
        return f"about {counted(more.articles, 'more article')} (95%: {more.low:,} to {more.high:,}) for {points}{most}"
    if more.verdict == "too few sizes":
        return (
            f"cannot say how many more articles give {points}: {counted(len(report.sizes), 'size')}, too few for a "
            f"curve; take at least {LEAST_SIZES}, such as --shares 10,20,40,70,100"
        )
    doubled = f"; twice the articles give {_points(report.micro.gain_of_double)}"
    doubled += f", most for {_listed(report.most_for)}" if report.most_for else ""
    if more.verdict == "no gain":
        return f"no gain: by the curve even {FARTHEST} times the {n:,} articles do not give {points}{doubled}"
    low = f"{more.low:,}" if more.low is not None else "unknown"
    high = f"{more.high:,}" if more.high is not None else f"more than {(FARTHEST - 1) * n:,}"
    return (
        f"cannot say how many more articles give {points}: the 95% interval is too wide, {low} to {high}{doubled}; "
        f"more seeds, more sizes or a larger {report.dataset.split} split make it narrower"
    )


def _points(gain: Figure | None) -> str:
    if gain is None or gain.value is None:
        return "an unknown number of points"
    ends = f" (95%: {percent_range(gain.interval.low, gain.interval.high, between=' to ')})" if gain.interval else ""
    return f"{percent(gain.value)} points{ends}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
