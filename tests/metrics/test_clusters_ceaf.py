"""CEAF-e against worked examples, and against every alignment there is."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.metrics.clusters import Ceaf, ceaf_e, ceaf_figures

Clusters = list[set[int]]
clusterings = st.dictionaries(st.integers(0, 9), st.integers(0, 4)).map(
    lambda of: [{item for item, n in of.items() if n == number} for number in sorted(set(of.values()))]
)


def figures(gold: Clusters, predicted: Clusters) -> list[float]:
    return [round(x, 4) for x in ceaf_figures(np.array(ceaf_e(gold, predicted), dtype=float)).tolist()]


def test_two_of_three_clusters_are_aligned() -> None:
    # gold {1 2 3} {4 5} {6}, predicted {1 2} {3 4 5}: phi4({1 2 3}, {1 2}) = 4/5, phi4({4 5}, {3 4 5}) = 4/5
    assert ceaf_e([{1, 2, 3}, {4, 5}, {6}], [{1, 2}, {3, 4, 5}]) == Ceaf(1.6, 2, 3)
    assert figures([{1, 2, 3}, {4, 5}, {6}], [{1, 2}, {3, 4, 5}]) == [0.8, 0.5333, 0.64]


def test_the_example_of_the_paper() -> None:
    # Luo 2005, figure 1: gold {1-5} {6,7} {8,9,A,B,C}; response b joins the first and the last:
    # phi4 = 10/15 for it and 1 for {6,7}, so precision (2/3 + 1) / 2, recall (2/3 + 1) / 3
    gold = [{1, 2, 3, 4, 5}, {6, 7}, {8, 9, 10, 11, 12}]
    assert figures(gold, [{1, 2, 3, 4, 5, 8, 9, 10, 11, 12}, {6, 7}]) == [0.8333, 0.5556, 0.6667]


def test_the_best_alignment_is_not_the_greedy_one() -> None:
    # phi4: 4/6 and 2/4 for the first, 4/6 and 0 for the second; the pair that comes first, 4/6, is worth less than 2/4 + 4/6
    assert ceaf_e([{1, 2, 3}, {4, 5, 6}], [{1, 4, 5}, {2}]).similarity == pytest.approx(2 / 4 + 4 / 6)
    assert ceaf_e([{1, 2, 7}, {3, 4, 6}], [{1, 2, 3, 4}, {7}]).similarity == pytest.approx(2 / 4 + 4 / 7)


def test_items_of_one_side_alone_count_in_the_size_of_their_cluster() -> None:
    assert ceaf_e([{1}], [{1, 2, 3}]) == Ceaf(0.5, 1, 1)
    assert ceaf_e([{1}, {2}], [{3}]) == Ceaf(0.0, 1, 2)


def test_without_clusters_nothing_is_defined_and_an_empty_side_scores_nothing() -> None:
    assert all(math.isnan(x) for x in ceaf_figures(np.array(ceaf_e([], []), dtype=float)).tolist())
    assert figures([{1}], []) == [0.0, 0.0, 0.0]


def test_an_item_in_two_clusters_is_refused() -> None:
    with pytest.raises(ValueError, match="1 is in two clusters"):
        ceaf_e([{1}, {1, 2}], [])


@given(clusterings, clusterings)
def test_no_alignment_is_better(gold: Clusters, predicted: Clusters) -> None:
    few, many = sorted((gold, predicted), key=len)
    best = max(
        sum(2 * len(a & b) / (len(a) + len(b)) for a, b in zip(few, others, strict=True))
        for others in permutations(many, len(few))
    )
    found = ceaf_e(gold, predicted)
    assert found == (pytest.approx(best), len(predicted), len(gold))
    assert ceaf_e(predicted, gold) == (pytest.approx(best), len(gold), len(predicted))


@given(clusterings)
def test_the_same_clusters_score_one(clusters: Clusters) -> None:
    if clusters:
        assert ceaf_figures(np.array(ceaf_e(clusters, clusters), dtype=float)) == pytest.approx([1.0, 1.0, 1.0])
