"""Two systems on the same articles: is one better, by how much, where, and could these articles show it?

Comes in: gold, and the runs of both systems. Goes out: a ``Comparison``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import lcm

import numpy as np

from eventcorpus import __version__
from eventcorpus.errors import InputError
from eventcorpus.eval import comparison
from eventcorpus.eval.class_map import ClassMap
from eventcorpus.eval.comparison import (
    DEFINITIONS,
    Became,
    Change,
    ComparedOn,
    Comparison,
    Difference,
    Randomised,
    System,
)
from eventcorpus.eval.counts import gold_keys, predicted_keys
from eventcorpus.eval.intervals import LEVEL, STANDARD_ERRORS, draw_articles, in_order, known, micro_f1
from eventcorpus.eval.report import Figure, Interval, Resampled
from eventcorpus.eval.runs import Run, gold_and_runs_in_classes, gold_sha256, of_split, predictions_sha256
from eventcorpus.metrics.align import Labelled, outcomes
from eventcorpus.metrics.match import Numbers, averages, exact_by_article
from eventcorpus.metrics.paired import Differences, effect_size, holm, paired_differences
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

MOST_RUNS = 60
"""Runs of both systems are exchanged pairwise, so both are repeated to a common number."""


def compare(
    gold: Sequence[AnnotatedArticle],
    first: Sequence[Run],
    second: Sequence[Run],
    *,
    names: tuple[str, str] = ("first", "second"),
    labels: Sequence[str] = (),
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
    gold = in_order(gold)
    systems = [
        [of_split(gold, run.predictions, split=split, place=run.place) for run in runs] for runs in (first, second)
    ]
    resampling = draw_articles(gold, n_resamples=n_resamples, seed=seed)
    if resampling is None or resampling.n_units < 2:
        raise InputError(
            f"{name}: split {split!r} has {len(gold)} articles in one cluster, and {n_resamples} resamples are asked "
            "for; two systems are compared over at least two articles that are independent, and one resample"
        )
    n_runs = lcm(len(first), len(second))
    if n_runs > MOST_RUNS:
        raise InputError(
            f"{len(first)} runs against {len(second)}; they are compared in pairs, {n_runs} of them, and at most "
            f"{MOST_RUNS} are tried: give both systems the same number of runs"
        )
    digest = gold_sha256(gold)
    gold, mapped = gold_and_runs_in_classes(gold, [*systems[0], *systems[1]], class_map)
    systems = [mapped[: len(first)], mapped[len(first) :]]
    in_gold, predicted = gold_keys(gold), [[predicted_keys(run) for run in runs] for runs in systems]
    there = {key[3] for keys in (in_gold, *(run for runs in predicted for run in runs)) for key in keys}
    labels = [*labels, *sorted(there - set(labels))]
    ids = [one.article.id for one in gold]
    counts = [
        np.stack([exact_by_article(in_gold, run, articles=ids, labels=labels) for run in runs], axis=1)
        for runs in predicted
    ]
    ours, theirs = (np.tile(side, (1, n_runs // side.shape[1], 1, 1)) for side in counts)
    paired = paired_differences(
        ours, theirs, lambda sums: averages(sums)[..., 2],
        resampling=resampling, rounds=rounds, level=LEVEL,
    )  # fmt: skip
    by_id = [[{p.id: p for p in run} for run in runs] for runs in systems]
    fixed, broken = changes(gold, by_id[0], by_id[1], labels)
    rows = _rows(paired, counts[0].sum(axis=0)[0, :, 2], labels, fixed, broken, n_units=resampling.n_units)
    return Comparison(
        eventcorpus=__version__,
        command=command,
        dataset=ComparedOn(
            name=name, sha256=dataset_sha256, split=split, articles=len(gold), units=resampling.n_units,
            gold_sha256=digest,
        ),
        first=_system(names[0], systems[0], counts[0], len(gold)),
        second=_system(names[1], systems[1], counts[1], len(gold)),
        definitions=DEFINITIONS,
        bootstrap=Resampled(seed=seed, resamples=n_resamples, level=LEVEL),
        randomisation=Randomised(seed=seed, rounds=paired.rounds, exact=paired.exact),
        micro=rows[-2],
        macro=rows[-1],
        labels=dict(zip(labels, rows[:-2], strict=True)),
        fixed=fixed,
        broken=broken,
    )  # fmt: skip


def _rows(
    paired: Differences,
    support: Numbers,
    labels: Sequence[str],
    fixed: Sequence[Change],
    broken: Sequence[Change],
    *,
    n_units: int,
) -> list[Difference]:
    """Every label, then micro and macro."""
    effects = effect_size(paired.difference, paired.deviation, n_units=n_units)
    adjusted = np.append(holm(paired.p_randomisation[: len(labels)]), [np.nan, np.nan])
    n_fixed, n_broken = (Counter(change.label for change in several) for several in (fixed, broken))
    rows: list[Difference] = []
    for i, label in enumerate([*labels, None, None]):
        low, high = known(paired.low[i]), known(paired.high[i])
        deviation = known(paired.deviation[i])
        rows.append(
            Difference(
                first=known(paired.first[i]),
                second=known(paired.second[i]),
                difference=Figure(
                    value=known(paired.difference[i]),
                    interval=None if low is None or high is None else Interval(low=low, high=high),
                ),
                p_randomisation=known(paired.p_randomisation[i]),
                p_bootstrap=known(paired.p_bootstrap[i]),
                p_holm=known(adjusted[i]),
                effect_size=known(effects[i]),
                smallest_difference=None if deviation is None else STANDARD_ERRORS * deviation,
                support=int(support[i] if label is not None else support.sum()),
                fixed=n_fixed[label] if label is not None else len(fixed),
                broken=n_broken[label] if label is not None else len(broken),
            )
        )
    return rows


def _system(name: str, runs: Sequence[Sequence[Prediction]], counts: Numbers, n_articles: int) -> System:
    """``counts``: shape (n_articles, n_runs, n_labels, 3)."""
    scores = micro_f1(counts.sum(axis=0))
    return System(
        name=name,
        runs=tuple(
            comparison.Run(
                model=run[0].model,
                predictions_sha256=predictions_sha256(run),
                articles_without_prediction=n_articles - len(run),
                micro_f1=known(scores[i]),
            )
            for i, run in enumerate(runs)
        ),
    )


Mention = tuple[int, int, str, int]
"""(start, end, label, n): the same mention twice has n = 0 and 1."""


def changes(
    gold: Sequence[AnnotatedArticle],
    first: Sequence[Mapping[str, Prediction]],
    second: Sequence[Mapping[str, Prediction]],
    labels: Sequence[str],
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The mentions that were fixed and those that broke, in the order of labels, articles and text.

    Args:
        first: per run of the first system, article id -> prediction.
        second: the same of the second.
    """
    found: tuple[list[Change], list[Change]] = ([], [])
    for one in gold:
        before, after = (_became(one, runs) for runs in (first, second))
        for place in sorted({*before, *after}):
            side, (start, end, label, _) = place
            nothing: Became = "missed" if side == "gold" else "absent"
            was, now = before.get(place, nothing), after.get(place, nothing)
            right = "correct" if side == "gold" else "absent"
            wrong = None if side == "gold" else "spurious"
            if (was == right) == (now == right) or (wrong is not None and wrong not in (was, now)):
                continue
            found[0 if now == right else 1].append(
                Change(
                    article=one.article.id, start=start, end=end, label=label, text=one.article.text[start:end],
                    side="gold" if side == "gold" else "predicted", first=was, second=now,
                )
            )  # fmt: skip
    rank = {label: i for i, label in enumerate(labels)}
    fixed, broken = (
        tuple(sorted(several, key=lambda c: (rank[c.label], c.article, c.start, c.end))) for several in found
    )
    return fixed, broken


def _became(one: AnnotatedArticle, runs: Sequence[Mapping[str, Prediction]]) -> dict[tuple[str, Mention], Became]:
    """(side, mention) -> what most runs made of it; what is there in too few runs is left out.

    A gold mention is correct where more than half of the runs have it, else what the most of the others made of it. A
    mention that is not in gold is there only where more than half of the runs predict it.
    """
    in_gold = _numbered([(s.start, s.end, s.label) for s in one.spans])
    of_gold: dict[Mention, Counter[Became]] = {mention: Counter() for mention in in_gold}
    of_predicted: dict[Mention, Counter[Became]] = {}
    for run in runs:
        prediction = run.get(one.article.id)
        predicted = _numbered([(m.start, m.end, m.label) for m in prediction.mentions]) if prediction else []
        for outcome in outcomes([m[:3] for m in in_gold], [m[:3] for m in predicted]):
            for i in outcome.gold:
                of_gold[in_gold[i]][outcome.kind] += 1
            for j in outcome.predicted:
                of_predicted.setdefault(predicted[j], Counter())[outcome.kind] += 1
    found: dict[tuple[str, Mention], Became] = {}
    for mention, kinds in of_gold.items():
        found["gold", mention] = _most(kinds, len(runs))
    for mention, kinds in of_predicted.items():
        if 2 * kinds.total() > len(runs) and "correct" not in kinds:
            found["predicted", mention] = _most(kinds, len(runs))
    return found


def _most(kinds: Counter[Became], n_runs: int) -> Became:
    if 2 * kinds["correct"] > n_runs:
        return "correct"
    others = sorted(((n, kind) for kind, n in kinds.items() if kind != "correct"), key=lambda pair: (-pair[0], pair[1]))
    return others[0][1]


def _numbered(spans: Sequence[Labelled]) -> list[Mention]:
    """In text order, so that the same mentions have the same numbers in every run."""
    times: Counter[Labelled] = Counter()
    numbered: list[Mention] = []
    for span in sorted(spans):
        numbered.append((*span, times[span]))
        times[span] += 1
    return numbered
