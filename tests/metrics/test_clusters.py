import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.metrics.clusters import BCubed, b_cubed, b_cubed_figures

# the example of Bagga and Baldwin 1998, figure 2: gold {1-5} {6,7} {8,9,A,B,C}
GOLD = [set("12345"), set("67"), set("89ABC")]


def figures(gold: list[set[str]], predicted: list[set[str]]) -> list[float]:
    return [round(x, 4) for x in b_cubed_figures(np.array(b_cubed(gold, predicted), dtype=float)).tolist()]


@pytest.mark.parametrize(
    ("predicted", "precision"),
    [([set("12345"), set("6789ABC")], 0.7619), ([set("1234589ABC"), set("67")], 0.5833)],
    ids=["response 1: 16/21", "response 2: 7/12"],
)
def test_the_published_example(predicted: list[set[str]], precision: float) -> None:
    assert figures(GOLD, predicted)[:2] == [precision, 1.0]


def test_an_item_of_one_side_alone_counts_there_with_nothing() -> None:
    # gold {a b} {c}, predicted {a b x}: precision (2/3 + 2/3 + 0) / 3, recall (1 + 1 + 0) / 3
    sums = b_cubed([{"a", "b"}, {"c"}], [{"a", "b", "x"}])
    assert sums == BCubed(pytest.approx(4 / 3), 3, 2.0, 3)
    assert figures([{"a", "b"}, {"c"}], [{"a", "b", "x"}]) == [0.4444, 0.6667, 0.5333]


def test_without_items_nothing_is_defined_and_an_empty_side_scores_nothing() -> None:
    assert all(math.isnan(x) for x in b_cubed_figures(np.zeros(4)).tolist())
    assert figures([{"a"}], []) == [0.0, 0.0, 0.0]


def test_an_item_in_two_clusters_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' is in two clusters"):
        b_cubed([{"a"}, {"a", "b"}], [])


clusterings = st.dictionaries(st.integers(0, 9), st.integers(0, 3)).map(
    lambda of: [{item for item, n in of.items() if n == number} for number in sorted(set(of.values()))]
)


@given(clusterings, clusterings)
def test_item_by_item_as_in_the_paper(gold: list[set[int]], predicted: list[set[int]]) -> None:
    def of(clusters: list[set[int]], item: int) -> set[int]:
        return next((cluster for cluster in clusters if item in cluster), set())

    sums = b_cubed(gold, predicted)
    everything = set().union(*predicted)
    assert sums.precision_sum == pytest.approx(
        sum(len(of(gold, i) & of(predicted, i)) / len(of(predicted, i)) for i in everything)
    )
    assert sums.n_predicted == len(everything)
    swapped = b_cubed(predicted, gold)
    assert sums == (swapped.recall_sum, swapped.n_gold, swapped.precision_sum, swapped.n_predicted)


@given(clusterings)
def test_the_same_clusters_score_one(clusters: list[set[int]]) -> None:
    if clusters:
        assert b_cubed_figures(np.array(b_cubed(clusters, clusters), dtype=float)).tolist() == [1.0, 1.0, 1.0]
