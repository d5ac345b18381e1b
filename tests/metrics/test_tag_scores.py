"""Counts from lists of tags, and their bootstrap over articles."""

import math
import random

import numpy as np
import pytest

from decoded_tags import decode_tags
from eventcorpus.errors import InputError
from eventcorpus.metrics.match import Counts, exact_counts, label_figures, sum_counts
from eventcorpus.metrics.resample import draw_resamples
from eventcorpus.metrics.tag_scores import score_tags

GOLD = [["B-A", "I-A", "O", "B-B"], ["O", "O"], ["B-B"]]
PREDICTED = [["B-A", "I-A", "B-B", "I-B"], ["B-A", "O"], ["B-B"]]


def test_a_chunk_is_right_if_start_end_and_label_are() -> None:
    scores = score_tags(GOLD, PREDICTED)
    assert scores.counts == {"A": Counts(1, 2, 1), "B": Counts(1, 2, 2)}
    assert scores.micro == Counts(2, 4, 3)


def test_counts_are_those_of_sets_of_spans() -> None:
    rng = random.Random(5)
    alphabet = ["O", "O", *(f"{p}-{label}" for p in "BI" for label in "XYZ")]
    gold = [[rng.choice(alphabet) for _ in range(rng.randrange(30))] for _ in range(500)]
    predicted = [[tag if rng.random() < 0.7 else rng.choice(alphabet) for tag in tags] for tags in gold]
    keys = ([(str(c.sentence), c.start, c.end, c.label) for c in decode_tags(side)] for side in (gold, predicted))
    assert score_tags(gold, predicted).counts == exact_counts(*keys)


def test_units_are_counted_each_by_itself() -> None:
    scores = score_tags(GOLD, PREDICTED, units=["x", "y", "x"])
    assert scores.units == ("x", "y")
    assert scores.statistics.tolist() == [[[1, 1, 1], [1, 2, 2]], [[0, 1, 0], [0, 0, 0]]]
    one_by_one = score_tags(GOLD, PREDICTED, units=range(3))
    assert one_by_one.statistics.sum(axis=0).tolist() == scores.statistics.sum(axis=0).tolist()


def test_figures_are_those_of_the_counts() -> None:
    scores = score_tags(GOLD, PREDICTED)
    figures = label_figures(scores.statistics.sum(axis=0).astype(float))
    for row, counts in zip(figures, [*scores.counts.values(), scores.micro], strict=False):
        assert row.tolist() == [counts.precision, counts.recall, counts.f1]
    assert figures[-1].tolist() == pytest.approx([(0.5 + 0.5) / 2, (1.0 + 0.5) / 2, (2 / 3 + 0.5) / 2])


def test_macro_is_over_the_labels_that_are_there() -> None:
    figures = label_figures(np.array([[1.0, 1.0, 2.0], [0.0, 0.0, 0.0], [0.0, 3.0, 0.0]]))
    assert figures[1].tolist() == pytest.approx([math.nan] * 3, nan_ok=True)
    assert figures[2].tolist() == [0.0, 0.0, 0.0]
    assert figures[-1].tolist() == [0.5, 0.25, pytest.approx(1 / 3)]


def test_intervals_are_those_of_scoring_every_resample_again() -> None:
    rng = random.Random(1)
    alphabet = ["O", "O", "O", "B-X", "I-X", "B-Y"]
    gold = [[rng.choice(alphabet) for _ in range(20)] for _ in range(30)]
    predicted = [[tag if rng.random() < 0.8 else rng.choice(alphabet) for tag in tags] for tags in gold]
    articles = [n // 3 for n in range(30)]
    resampling = draw_resamples(list(range(10)), n_resamples=200, seed=3)
    found = score_tags(gold, predicted, units=articles).estimate(resampling)
    again = []
    for draw in resampling.draws:
        drawn = [n for n in range(30) for _ in range(draw[articles[n]])]
        counts = score_tags([gold[n] for n in drawn], [predicted[n] for n in drawn]).counts
        again.append(sum_counts(counts.values()).f1)
    assert [found.low[-2, 2], found.high[-2, 2]] == pytest.approx(np.quantile(again, [0.025, 0.975]).tolist())
    assert found.low[-2, 2] < found.value[-2, 2] < found.high[-2, 2]


def test_without_units_no_interval_is_claimed() -> None:
    found = score_tags(GOLD, PREDICTED).estimate(n_resamples=20)
    assert found.value[-2].tolist() == pytest.approx([0.5, 2 / 3, 4 / 7])
    assert np.isnan(found.low).all() and np.isnan(found.high).all()


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([["O"]], [["O"], ["O"]], "gold has 1 sentence and predicted 2; both sides need the same ones"),
        ([["O"], ["O"]], [["O"], ["O", "O"]], "sentence 2 has 1 tag in gold and 2 predicted"),
        ([["O"], ["O", "O"]], [["O", "O"], ["O"]], "sentence 1 has 1 tag in gold and 2 predicted"),
        ([["O"]], [["x"]], "predicted: sentence 1, token 1: the tag 'x' is neither O nor"),
        ([["x"]], [["O"]], "gold: sentence 1, token 1: the tag 'x' is neither O nor"),
    ],
)
def test_sides_that_do_not_fit_are_refused(gold: list[list[str]], predicted: list[list[str]], message: str) -> None:
    with pytest.raises(InputError) as raised:
        score_tags(gold, predicted)
    assert str(raised.value).startswith(message)


def test_units_are_named_for_every_sentence() -> None:
    with pytest.raises(InputError, match="1 unit for 3 sentences"):
        score_tags(GOLD, PREDICTED, units=["x"])


def test_nothing_at_all_scores_nothing() -> None:
    scores = score_tags([["O"], []], [["O"], []])
    assert scores.counts == {} and scores.micro == Counts(0, 0, 0)
