"""Two systems on the same articles: is one better, by how much, where, and could these articles show it?

Gold mentions and those of each run of both systems are matched once; counts, differences and changes come from that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import lcm
from typing import Literal

import numpy as np
from pydantic import Field

from eventcorpus import __version__
from eventcorpus.errors import InputError
from eventcorpus.eval.class_map import ClassMap
from eventcorpus.eval.counts import MatchedArticle, count_exact, labels_of, match_articles
from eventcorpus.eval.events import link_counts
from eventcorpus.eval.intervals import STANDARD_ERRORS, draw_articles, figure_at
from eventcorpus.eval.report import Figure
from eventcorpus.eval.runs import Run, only_judged, select
from eventcorpus.files import StrictModel
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import known, mean_label_figures, mean_of_known, micro_f1, precision_recall_f1
from eventcorpus.metrics.paired import Differences, effect_size, holm, paired_differences
from eventcorpus.metrics.resample import LEVEL, Resampled, Resampling
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, Prediction
from eventcorpus.schema import AnnotatedArticle, SpanKey, numbered
from eventcorpus.tables import counted

DEFINITIONS = {
    "difference": "F1 of the second minus F1 of the first, exact match; of several runs each F1 is the mean over runs; "
    "the interval is a percentile bootstrap over articles, clusters of articles together, of both systems at once",
    "p_randomisation": "two-sided p value of approximate randomisation (Noreen 1989): how often the difference is at "
    "least as large when both results of an article, or of a cluster of articles, are exchanged with probability 1/2; "
    "of several runs, run by run, a system with fewer runs repeating them",
    "p_bootstrap": "two-sided p value of the paired bootstrap (Efron and Tibshirani 1993; Berg-Kirkpatrick et al. "
    "2012): how often the difference of a resample is at least as far from the difference as that is from 0",
    "p_holm": "p_randomisation of a label, adjusted for the number of labels (Holm 1979)",
    "effect_size": "the difference over its standard deviation from one article, or cluster, to the next (Cohen's d "
    "for pairs); that deviation is the one over resamples times the square root of the number of articles or clusters",
    "smallest_difference": "what this test set can show between these two systems at level 0.05 with power 0.8: 2.80 "
    "standard deviations of the difference over the resamples",
    "fixed": "a gold mention that most runs of the second have exactly and most of the first have not; a predicted "
    "mention that touches no gold and is in most runs of the first and not in most of the second",
    "broken": "the reverse of fixed",
}

Became = Literal[
    "correct", "label", "boundary", "label_and_boundary", "split", "merged", "missed", "spurious", "absent"
]
"""What a system made of a mention: a kind of ``metrics.align``, or nothing at all of what is not in gold."""

Side = Literal["gold", "predicted"]


class ComparedRun(StrictModel):
    """One run of a system on the split."""

    model: ModelName
    predictions_sha256: str
    articles_without_prediction: int
    micro_f1: float | None


class System(StrictModel):
    """What is compared: one run, or several of one recipe."""

    name: str
    runs: tuple[ComparedRun, ...]


class ComparedOn(StrictModel):
    """The gold that both are scored on; ``units`` is the number of things that are drawn and exchanged."""

    name: str
    sha256: str
    split: str
    articles: int
    units: int
    gold_sha256: str


class Randomised(StrictModel):
    """How results were exchanged; ``exact``: in every possible way once."""

    seed: int
    rounds: int
    exact: bool


class PairedFigure(StrictModel):
    """One figure of both systems; ``support``: what there is in gold."""

    first: float | None
    second: float | None
    difference: Figure
    p_randomisation: float | None
    p_bootstrap: float | None
    effect_size: float | None
    smallest_difference: float | None
    support: int


class Difference(PairedFigure):
    """The figures of mentions; ``fixed`` and ``broken`` are numbers of mentions (see ``definitions``)."""

    p_holm: float | None = None
    fixed: int
    broken: int


class Change(StrictModel):
    """A mention of which the second system makes something else; offsets are code points, end excluded."""

    article: str
    start: int
    end: int
    label: str
    text: str
    side: Side
    first: Became
    second: Became


class Comparison(StrictModel):
    """Two systems on one split of one dataset, exact match."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    command: str = ""
    dataset: ComparedOn
    first: System
    second: System
    definitions: dict[str, str]
    bootstrap: Resampled
    randomisation: Randomised
    micro: Difference
    macro: Difference
    labels: dict[str, Difference]
    links: dict[str, PairedFigure] = Field(
        default_factory=dict,
        description="F1 of roles at the right trigger and of pairs of triggers of one event, where all runs give them; "
        "with 'gold mentions given' of models that were given those",
    )
    fixed: tuple[Change, ...] = Field(description="in the order of labels, articles and text")
    broken: tuple[Change, ...]

    def notices(self) -> Iterator[str]:
        """What people should know before they read the figures, a line each."""
        for run in (*self.first.runs, *self.second.runs):
            if n := run.articles_without_prediction:
                yield (
                    f"{run.model.version}: without a prediction: {n:,} of {counted(self.dataset.articles, 'article')}; "
                    "gold there counts as missed"
                )


MOST_RUNS = 60
"""Runs of both systems are exchanged pairwise, so both are repeated to a common number."""


def compare(
    gold: Sequence[AnnotatedArticle],
    first: Sequence[Run],
    second: Sequence[Run],
    *,
    names: tuple[str, str] = ("first", "second"),
    labels: Sequence[str] = (),
    ontology: Ontology | None = None,
    name: str = "dataset",
    split: str = "test",
    dataset_sha256: str = "",
    class_map: ClassMap | None = None,
    n_resamples: int = 1000,
    rounds: int = 10_000,
    seed: int = 0,
    command: str = "",
) -> Comparison:
    """Compare two systems, each of one run or of several runs of one recipe, by exact F1.

    Args:
        gold: the split.
        names: of the systems, for people.
        labels: in the order wanted; others that occur come after them.
        ontology: says what a trigger is and which role joins events; without one, roles are not compared.
        class_map: compares classes instead of labels.
        rounds: of randomisation.

    Raises:
        PredictionsError: if predictions do not fit the articles.
        InputError: if the articles are fewer than two things to draw, or the numbers of runs are far apart.

    >>> from eventcorpus.predictions import ModelName, prediction_of
    >>> from eventcorpus.schema import Article, Mention, Span
    >>> articles = [Article(f"a{i}", "Rebels left Homs") for i in range(8)]
    >>> gold = [AnnotatedArticle(a, (Span("s", 0, 6, "Actor"), Span("t", 12, 16, "Place")), ()) for a in articles]
    >>> actor, place = Mention(0, 6, "Actor", "Rebels", 0.9), Mention(12, 16, "Place", "Homs", 0.9)
    >>> one = Run([prediction_of(a, [actor], ModelName(name="one")) for a in articles])
    >>> both = Run([prediction_of(a, [actor, place], ModelName(name="both")) for a in articles])
    >>> found = compare(gold, [one], [both])
    >>> round(found.micro.difference.value, 3), found.micro.p_randomisation, found.labels["Place"].fixed
    (0.333, 0.0078125, 8)
    """
    selection = select(gold, [*first, *second], class_map, split=split, labels=labels)
    gold, runs, hashes = selection.gold, selection.runs, selection.predictions_sha256
    resampling = draw_articles(gold, n_resamples=n_resamples, seed=seed)
    if resampling is None or resampling.n_units < 2:
        raise InputError(
            f"{name}: split {split!r} has {counted(len(gold), 'article')} in one cluster, and "
            f"{counted(n_resamples, 'resample')} are asked for; two systems are compared over at least two articles "
            "that are independent, and one resample"
        )
    n_runs = lcm(len(first), len(second))
    if n_runs > MOST_RUNS:
        raise InputError(
            f"{counted(len(first), 'run')} against {len(second)}; they are compared in pairs, {n_runs} of them, and "
            f"at most {MOST_RUNS} are tried: give both systems the same number of runs"
        )
    matched = [match_articles(gold, predictions) for predictions in runs]
    labels = labels_of((article for run in matched for article in run), labels)
    counts = count_exact(matched, labels)
    differences = partial(_differences, n_first=len(first), resampling=resampling, rounds=rounds)
    paired = differences(counts, lambda sums: mean_label_figures(sums)[..., 2])
    links: dict[str, PairedFigure] = {}
    if ontology is not None and class_map is None:
        given = [run.given_mentions and only_judged(gold, run.given_mentions)[0] for run in (*first, *second)]
        found = {"": runs, ", gold mentions given": [each for each in given if each is not None]}
        for which, predictions in found.items():
            if len(predictions) == len(runs) and (linked := link_counts(gold, predictions, ontology)):
                for what, numbers in linked.items():
                    found_links = differences(numbers, _mean_f1)
                    links[f"{what}{which}"] = PairedFigure(
                        difference=figure_at(found_links, 0),
                        support=int(numbers[:, 0, 2].sum()),
                        **_figures(found_links, 0, resampling.n_units),
                    )
    changed = changes(gold, matched[: len(first)], matched[len(first) :], labels)
    rows = _rows(paired, counts.sum(axis=0)[0, :, 2], labels, changed, n_units=resampling.n_units)
    return Comparison(
        eventcorpus=__version__,
        command=command,
        dataset=ComparedOn(
            name=name,
            sha256=dataset_sha256,
            split=split,
            articles=len(gold),
            units=resampling.n_units,
            gold_sha256=selection.gold_sha256,
        ),
        first=_system(names[0], runs[: len(first)], hashes[: len(first)], counts[:, : len(first)], len(gold)),
        second=_system(names[1], runs[len(first) :], hashes[len(first) :], counts[:, len(first) :], len(gold)),
        definitions=DEFINITIONS,
        bootstrap=Resampled(seed=seed, resamples=n_resamples, level=LEVEL),
        randomisation=Randomised(seed=seed, rounds=paired.rounds, exact=paired.exact),
        micro=rows[-2],
        macro=rows[-1],
        labels=dict(zip(labels, rows[:-2], strict=True)),
        links=links,
        fixed=changed[0],
        broken=changed[1],
    )


def _differences(
    counts: Numbers,
    figures: Callable[[Numbers], Numbers],
    *,
    n_first: int,
    resampling: Resampling,
    rounds: int,
) -> Differences:
    """Compare run with run, the system with fewer runs repeating them.

    Args:
        counts: of each article and run, shape (n_articles, n_runs of both, ...), the runs of the first system before.
        figures: from sums over articles, shape (..., n_runs, ...), to figures that are means over runs.
    """
    sides = counts[:, :n_first], counts[:, n_first:]
    n_runs = lcm(*(side.shape[1] for side in sides))
    of_first, of_second = (np.concatenate([side] * (n_runs // side.shape[1]), axis=1) for side in sides)
    return paired_differences(of_first, of_second, figures, resampling=resampling, rounds=rounds)


def _mean_f1(sums: Numbers) -> Numbers:
    """The mean F1 of runs from their counts, shape (..., n_runs, 3); one figure, shape (..., 1)."""
    return mean_of_known(precision_recall_f1(sums)[..., 2], axis=-1)[..., None]


def _figures(paired: Differences, i: int, n_units: int) -> dict[str, float | None]:
    """What a difference has beside its value: figures of both systems, p values, how large it is."""
    figures = {
        "first": paired.first,
        "second": paired.second,
        "p_randomisation": paired.p_randomisation,
        "p_bootstrap": paired.p_bootstrap,
        "effect_size": effect_size(paired.value, paired.deviation, n_units=n_units),
        "smallest_difference": STANDARD_ERRORS * paired.deviation,
    }
    return {key: known(values[i]) for key, values in figures.items()}


def _rows(
    paired: Differences, support: Numbers, labels: Sequence[str], changed: Sequence[Sequence[Change]], *, n_units: int
) -> list[Difference]:
    """Every label, then micro and macro; ``changed``: what was fixed, and what broke."""
    p_holm = np.append(holm(paired.p_randomisation[: len(labels)]), [np.nan, np.nan])
    n_fixed, n_broken = (Counter(change.label for change in side) for side in changed)
    numbers = [(int(n), n_fixed[label], n_broken[label]) for label, n in zip(labels, support, strict=True)]
    numbers += [(int(support.sum()), n_fixed.total(), n_broken.total())] * 2
    return [
        Difference(
            difference=figure_at(paired, i),
            support=n_gold,
            fixed=fixed,
            broken=broken,
            p_holm=known(p_holm[i]),
            **_figures(paired, i, n_units),
        )
        for i, (n_gold, fixed, broken) in enumerate(numbers)
    ]


def _system(
    name: str, runs: Sequence[Sequence[Prediction]], hashes: Sequence[str], counts: Numbers, n_articles: int
) -> System:
    """``hashes``: of the predictions before they are mapped. ``counts``: shape (n_articles, n_runs, n_labels, 3)."""
    scored = [
        ComparedRun(
            model=run[0].model,
            predictions_sha256=digest,
            articles_without_prediction=n_articles - len(run),
            micro_f1=known(score),
        )
        for run, digest, score in zip(runs, hashes, micro_f1(counts.sum(axis=0)), strict=True)
    ]
    return System(name=name, runs=tuple(scored))


def changes(
    gold: Sequence[AnnotatedArticle],
    first: Sequence[Sequence[MatchedArticle]],
    second: Sequence[Sequence[MatchedArticle]],
    labels: Sequence[str],
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The mentions that were fixed and those that broke, in the order of labels, articles and text.

    Args:
        first: per run of the first system its articles, in the order of ``gold``; ``second`` likewise.
    """
    fixed: list[Change] = []
    broken: list[Change] = []
    by_article = (zip(*runs, strict=True) for runs in (first, second))
    for annotated, *systems in zip(gold, *by_article, strict=True):
        article = annotated.article
        before, after = (_became(runs) for runs in systems)
        for place in sorted({*before, *after}):
            side, (start, end, label, _) = place
            absent: Became = "missed" if side == "gold" else "absent"
            was, now = before.get(place, absent), after.get(place, absent)
            right = "correct" if side == "gold" else "absent"
            if (was == right) == (now == right) or (side == "predicted" and "spurious" not in (was, now)):
                continue
            change = Change(
                article=article.id,
                start=start,
                end=end,
                label=label,
                text=article.text[start:end],
                side=side,
                first=was,
                second=now,
            )
            (fixed if now == right else broken).append(change)
    rank = {label: i for i, label in enumerate(labels)}

    def in_order(found: list[Change]) -> tuple[Change, ...]:
        return tuple(sorted(found, key=lambda c: (rank[c.label], c.article, c.start, c.end)))

    return in_order(fixed), in_order(broken)


def _became(runs: Sequence[MatchedArticle]) -> dict[tuple[Side, SpanKey], Became]:
    """(side, mention) -> what most runs made of it in one article; what is in too few runs is left out.

    A gold mention is correct where more than half of the runs have it, else what the most of the others made of it. A
    mention that is not in gold is there only where more than half of the runs predict it.
    """
    in_gold = numbered(runs[0].gold)
    of_gold: dict[SpanKey, Counter[Became]] = {mention: Counter() for mention in in_gold}
    of_predicted: dict[SpanKey, Counter[Became]] = defaultdict(Counter)
    for run in runs:
        predicted = numbered(run.predicted)
        for outcome in run.outcomes:
            for i in outcome.gold:
                of_gold[in_gold[i]][outcome.kind] += 1
            for j in outcome.predicted:
                of_predicted[predicted[j]][outcome.kind] += 1
    found: dict[tuple[Side, SpanKey], Became]
    found = {("gold", mention): _most(kinds, len(runs)) for mention, kinds in of_gold.items()}
    for mention, kinds in of_predicted.items():
        if 2 * kinds.total() > len(runs) and "correct" not in kinds:
            found["predicted", mention] = _most(kinds, len(runs))
    return found


def _most(kinds: Counter[Became], n_runs: int) -> Became:
    if 2 * kinds["correct"] > n_runs:
        return "correct"
    return min((kind for kind in kinds if kind != "correct"), key=lambda kind: (-kinds[kind], kind))
