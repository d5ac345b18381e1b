"""nervaluate agrees where spans do not overlap; where they do, or only touch, its figures are shown to be wrong.

Read in nervaluate 1.2.1, ``strategies.py``: predictions are taken in their order, and one without an exact match uses
up the first gold span that it overlaps (``matched_true.add``), which a later prediction may have matched exactly. An
overlap is ``not (pred.start > true.end or pred.end < true.start)``: its ends are included, ours and Label Studio's are not.
"""

import random
from typing import Any

import pytest

from eventcorpus.metrics.align import match_overlapping
from eventcorpus.metrics.match import Counts, exact_counts
from eventcorpus.metrics.tag_scores import score_tags

nervaluate = pytest.importorskip("nervaluate")  # of the extra dev
LABELS = ["Event", "Place", "Actor"]
Span = tuple[int, int, str]


def theirs(gold: list[Span], predicted: list[Span]) -> dict[str, Any]:
    as_dicts = ([[{"start": s, "end": e, "label": label} for s, e, label in side]] for side in (gold, predicted))
    found: dict[str, Any] = nervaluate.Evaluator(*as_dicts, tags=LABELS, loader="dict").evaluate()["overall"]
    return found


def ours(gold: list[Span], predicted: list[Span]) -> dict[str, Counts]:
    return exact_counts([("x", *span) for span in gold], [("x", *span) for span in predicted])


def test_counts_of_tags_are_those_of_nervaluate() -> None:
    rng = random.Random(2)
    alphabet = ["O", "O", *(f"{p}-{label}" for p in "BI" for label in LABELS)]
    gold = [[rng.choice(alphabet) for _ in range(rng.randrange(1, 20))] for _ in range(300)]
    predicted = [[tag if rng.random() < 0.8 else rng.choice(alphabet) for tag in tags] for tags in gold]
    found = nervaluate.Evaluator(gold, predicted, tags=LABELS, loader="list").evaluate()
    scores = score_tags(gold, predicted, decoder="conlleval")  # its loader opens a chunk at a stray I-
    for counts, row in [(scores.micro, found["overall"]["strict"])] + [
        (scores.counts[label], found["entities"][label]["strict"]) for label in LABELS
    ]:
        assert (counts.correct, counts.predicted, counts.support) == (row.correct, row.actual, row.possible)
        assert counts.f1 == pytest.approx(row.f1, abs=1e-12)


def test_the_order_of_predictions_decides_in_nervaluate_and_not_here() -> None:
    # a prediction that is exactly right fails where an earlier one has used up its gold span
    gold, predicted = [(0, 10, "Event")], [(0, 4, "Event"), (0, 10, "Event")]
    found, turned = theirs(gold, predicted)["strict"], theirs(gold, predicted[::-1])["strict"]
    assert (found.correct, found.incorrect, found.spurious, found.f1) == (0, 1, 1, 0.0)
    assert (turned.correct, turned.incorrect, turned.spurious, turned.f1) == (1, 0, 1, pytest.approx(2 / 3))
    assert ours(gold, predicted) == ours(gold, predicted[::-1]) == {"Event": Counts(1, 2, 1)}


def test_nested_gold_is_lost_in_nervaluate_to_whoever_comes_first() -> None:
    gold, predicted = [(4, 21, "Event"), (15, 21, "Place")], [(4, 14, "Event"), (4, 21, "Event"), (15, 21, "Place")]
    assert theirs(gold, predicted)["strict"].correct == 0  # and so on: each uses up the gold of the next
    assert theirs(gold, predicted[1:] + predicted[:1])["strict"].correct == 2
    assert ours(gold, predicted) == {"Event": Counts(1, 2, 1), "Place": Counts(1, 1, 1)}


def test_neighbours_overlap_in_nervaluate_and_not_here() -> None:
    gold, predicted = [(0, 5, "Place")], [(5, 9, "Place")]
    assert (theirs(gold, predicted)["ent_type"].correct, theirs(gold, predicted)["partial"].partial) == (1, 1)
    assert match_overlapping([span[:2] for span in gold], [span[:2] for span in predicted]) == []
