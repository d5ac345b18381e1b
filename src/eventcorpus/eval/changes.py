"""What got fixed and what broke from one system to another, mention by mention.

Comes in: gold, and the predictions of both systems, each of one run or of several. Goes out: ``Change``s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from eventcorpus.eval.comparison import Became, Change
from eventcorpus.matching.outcomes import Labelled, outcomes
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

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
