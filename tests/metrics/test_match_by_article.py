import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.metrics.match import (
    Counts,
    exact_by_article,
    exact_counts,
    mean_label_figures,
    mean_of_known,
    precision_recall_f1,
)

KEYS = st.lists(
    st.tuples(st.sampled_from("xyz"), st.integers(0, 3), st.integers(4, 6), st.sampled_from(["A", "B"])), max_size=25
)


@given(KEYS, KEYS)
def test_articles_add_up_to_the_counts_of_all(gold: list[tuple], predicted: list[tuple]) -> None:
    sums = exact_by_article(gold, predicted, articles=["z", "y", "x"], labels=["A", "B"]).sum(axis=0)
    whole = exact_counts(gold, predicted)
    for label, row in zip(["A", "B"], sums, strict=True):
        assert Counts(*map(int, row)) == whole.get(label, Counts(0, 0, 0))


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_figures_are_those_of_counts(correct: int, predicted: int, support: int) -> None:
    counts = Counts(min(correct, predicted, support), predicted, support)
    figures = precision_recall_f1(np.array([counts.correct, predicted, support], dtype=float))
    expected = [counts.precision, counts.recall, counts.f1]
    assert [None if np.isnan(x) else float(x) for x in figures] == expected


def test_averages_of_two_runs_are_means_of_each() -> None:
    first, second = [[1.0, 1, 2], [0, 1, 0], [0, 0, 0]], [[2.0, 2, 2], [0, 0, 0], [0, 0, 0]]
    every = mean_label_figures(np.array([first, second]))
    # label 0: F1 2/3 and 1; label 1: 0 and undefined; label 2: undefined; micro: 2/4 and 1; macro: 1/3 and 1
    assert every[:, 2].round(4).tolist()[:2] == [0.8333, 0.0]
    assert np.isnan(every[2]).all()
    assert every[3:, 2].round(4).tolist() == [0.75, 0.6667]


def test_the_mean_of_nothing_known_is_unknown() -> None:
    assert np.isnan(mean_of_known(np.array([np.nan, np.nan]), axis=0))
