"""How alike two groupings of the same things are: B-cubed and CEAF, for events and for coreference.

Two sets of clusters of one document give sums that add up over documents, and figures are made of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from math import fsum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class BCubed(NamedTuple):
    """Sums over the items of one document; those of several documents add up, field by field.

    ``precision_sum`` is the sum over predicted items of the share of their predicted cluster that is in their gold
    cluster, ``recall_sum`` the sum over gold items of the share of their gold cluster that is in their predicted one.
    """

    precision_sum: float
    n_predicted: int
    recall_sum: float
    n_gold: int


def b_cubed(gold: Iterable[Collection[Hashable]], predicted: Iterable[Collection[Hashable]]) -> BCubed:
    """B-cubed (Bagga and Baldwin 1998) of one document.

    An item that only one side has counts on that side, with the share 0: the definition of Pradhan et al. 2014
    (*Scoring coreference partitions of predicted mentions*), which invents no clusters for it. To score the grouping
    alone, hand in the items of both sides only.

    Args:
        gold: disjoint clusters of items.
        predicted: disjoint clusters of items; swapping the two swaps precision and recall.

    Raises:
        ValueError: if an item is in two clusters of one side.

    >>> b_cubed([{1, 2, 3}], [{1, 2}, {3}])  # precision 3/3, recall (2/3 + 2/3 + 1/3) / 3
    BCubed(precision_sum=3.0, n_predicted=3, recall_sum=1.6666666666666665, n_gold=3)
    """
    in_gold, in_predicted = _cluster_of(gold), _cluster_of(predicted)
    n_gold, n_predicted = Counter(in_gold.values()), Counter(in_predicted.values())
    both = Counter((in_gold[item], in_predicted[item]) for item in in_gold.keys() & in_predicted.keys())
    return BCubed(
        precision_sum=fsum(n * n / n_predicted[cluster] for (_, cluster), n in both.items()),
        n_predicted=len(in_predicted),
        recall_sum=fsum(n * n / n_gold[cluster] for (cluster, _), n in both.items()),
        n_gold=len(in_gold),
    )


class Ceaf(NamedTuple):
    """Sums over one document; those of several documents add up, field by field.

    ``similarity`` is that of the clusters that the best one-to-one alignment pairs.
    """

    similarity: float
    n_predicted: int
    n_gold: int


def ceaf_e(gold: Iterable[Collection[Hashable]], predicted: Iterable[Collection[Hashable]]) -> Ceaf:
    """Entity-based CEAF (Luo 2005) of one document, with the similarity phi4: 2 |K and R| / (|K| + |R|).

    Clusters are aligned one to one such that the sum of similarities is largest; precision is that sum per predicted
    cluster, recall per gold cluster. Items that only one side has stay where they are.

    Args:
        gold: disjoint clusters of items, none empty.
        predicted: disjoint clusters of items, none empty; swapping the two swaps precision and recall.

    Raises:
        ValueError: if an item is in two clusters of one side.

    >>> ceaf_e([{1, 2, 3}], [{1, 2}, {3}])  # {1, 2} is paired: 2 * 2 / (3 + 2)
    Ceaf(similarity=0.8, n_predicted=2, n_gold=1)
    """
    in_gold, in_predicted = _cluster_of(gold), _cluster_of(predicted)
    n_gold, n_predicted = Counter(in_gold.values()), Counter(in_predicted.values())
    row, column = ({cluster: i for i, cluster in enumerate(sizes)} for sizes in (n_gold, n_predicted))
    phi4 = np.zeros((len(n_gold), len(n_predicted)))
    for item in in_gold.keys() & in_predicted.keys():
        gold_cluster, cluster = in_gold[item], in_predicted[item]
        phi4[row[gold_cluster], column[cluster]] += 2 / (n_gold[gold_cluster] + n_predicted[cluster])
    if not phi4.any():
        return Ceaf(0.0, len(n_predicted), len(n_gold))
    from scipy.optimize import linear_sum_assignment

    return Ceaf(fsum(phi4[linear_sum_assignment(phi4, maximize=True)].tolist()), len(n_predicted), len(n_gold))


def ceaf_figures(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Precision, recall and F1 from added-up sums.

    Args:
        sums: shape (..., 3), the fields of ``Ceaf``.

    Returns:
        shape (..., 3), in [0, 1]; NaN where neither side has a cluster. A side without clusters scores 0.

    >>> ceaf_figures(np.array([0.8, 2, 1])).round(3).tolist()
    [0.4, 0.8, 0.533]
    """
    similarity, n_predicted, n_gold = np.moveaxis(np.asarray(sums, dtype=np.float64), -1, 0)
    return b_cubed_figures(np.stack([similarity, n_predicted, similarity, n_gold], axis=-1))


def b_cubed_figures(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Precision, recall and F1 from added-up sums.

    Args:
        sums: shape (..., 4), the fields of ``BCubed``.

    Returns:
        shape (..., 3), in [0, 1]; NaN where neither side has an item. A side without items scores 0.

    >>> b_cubed_figures(np.array([3.0, 3, 1.5, 3])).round(3).tolist()
    [1.0, 0.5, 0.667]
    """
    precision_sum, n_predicted, recall_sum, n_gold = np.moveaxis(np.asarray(sums, dtype=np.float64), -1, 0)
    nothing = n_predicted + n_gold == 0
    precision = np.where(nothing, np.nan, precision_sum / np.maximum(n_predicted, 1))
    recall = np.where(nothing, np.nan, recall_sum / np.maximum(n_gold, 1))
    both = precision + recall
    f1 = np.where(both == 0, 0.0, 2 * precision * recall / np.where(both == 0, 1.0, both))
    return np.stack([precision, recall, f1], axis=-1)


def _cluster_of(clusters: Iterable[Collection[Any]]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for number, cluster in enumerate(clusters):
        for item in cluster:
            if item in found:
                raise ValueError(f"{item!r} is in two clusters; clusters of one side are disjoint")
            found[item] = number
    return found
