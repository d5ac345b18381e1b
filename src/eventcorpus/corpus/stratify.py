"""Iterative stratification: groups of articles are given to splits such that what is rare is in each split.

Method: Sechidis, Tsoumakas and Vlahavas 2011 (On the Stratification of Multi-Label Data), here on groups that stay
whole, with swaps afterwards (``_balanced``).
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, permutations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
_CANDIDATES = 60
"""Groups of a split that are tried in swaps: those that promise most."""
_ROUNDS = 500
_SIZE_WEIGHT = 10.0
"""How much more the number of articles counts than one feature."""


@dataclass(frozen=True)
class Group:
    """Articles that go to one split together: how many, and how many of them have each feature, such as a label."""

    id: str
    n_articles: int
    features: Counter[str] = field(default_factory=Counter, hash=False)


def stratify(
    groups: Sequence[Group], *, shares: Mapping[str, float], given: Mapping[str, str], seed: int
) -> dict[str, str]:
    """Choose a split for every group: of the rarest feature first, the split that lacks most of it.

    A feature with at least as many articles as there are splits is wanted in each of them at least once.

    Args:
        shares: by split its share of the articles, together 1; one with the share 0 gets nothing new.
        given: group id -> split, for groups that have a split already.
        seed: decides the order of groups that are otherwise alike.

    Returns:
        group id -> split, of all groups.
    """
    totals = Counter(chain.from_iterable(group.features.elements() for group in groups))
    wanted = _wanted(totals, shares)
    targets = {split: dict(features) for split, features in wanted.items()}
    n_articles = sum(group.n_articles for group in groups)
    room = {split: share * n_articles for split, share in shares.items()}
    split_of: dict[str, str] = {}
    left = Counter[str]()
    having: defaultdict[str, list[Group]] = defaultdict(list)

    def place(group: Group, split: str) -> None:
        split_of[group.id] = split
        room[split] -= group.n_articles
        for feature, n in group.features.items():
            wanted[split][feature] -= n

    free = [group for group in sorted(groups, key=lambda group: group.id) if group.id not in given]
    random.Random(seed).shuffle(free)
    free.sort(key=lambda group: -group.n_articles)
    for group in groups:
        if group.id in given:
            place(group, given[group.id])
    for group in free:
        left.update(group.features)
        for feature in group.features:
            having[feature].append(group)
    while any(left.values()):
        rarest = min((feature for feature, n in left.items() if n), key=lambda feature: (left[feature], feature))
        for group in having[rarest]:
            if group.id not in split_of:
                place(group, _neediest(wanted, room, rarest, shares))
                left.subtract(group.features)
    for group in free:
        if group.id not in split_of:
            place(group, max((split for split in room if shares[split]), key=lambda split: room[split]))
    return _balanced(groups, split_of, targets, shares, {group.id for group in free})


def _wanted(totals: Counter[str], shares: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """By split and feature the number of articles that the split should get."""
    largest = max(shares, key=lambda split: shares[split])
    wanted: dict[str, dict[str, float]] = {split: {} for split in shares}
    n_splits = sum(share > 0 for share in shares.values())
    for feature, total in totals.items():
        for split, share in shares.items():
            wanted[split][feature] = max(share * total, 1.0) if share and total >= n_splits else share * total
        others = sum(wanted[split][feature] for split in shares if split != largest)
        wanted[largest][feature] = total - others
    return wanted


def _neediest(
    wanted: Mapping[str, Mapping[str, float]], room: Mapping[str, float], feature: str, shares: Mapping[str, float]
) -> str:
    """The split that lacks most of a feature, of those that are not full; of equal ones the emptiest."""
    candidates = [split for split, share in shares.items() if share]
    return max(
        [split for split in candidates if room[split] > 0] or candidates,
        key=lambda split: (wanted[split][feature], room[split]),
    )


def _balanced(
    groups: Sequence[Group],
    split_of: Mapping[str, str],
    targets: Mapping[str, Mapping[str, float]],
    shares: Mapping[str, float],
    free: Collection[str],
) -> dict[str, str]:
    """Swap and move groups so that the chi-squared distance between what splits have and what they should have falls.

    Each round takes the best of the swaps among the groups that promise most, and of the moves of one group. In the
    arrays the first feature is the number of articles; rows of ``has`` are groups, rows of ``wanted`` splits.

    Args:
        targets: by split and feature the number of articles that the split should get.
        free: ids of the groups that may change their split.
    """
    splits = list(shares)
    features = sorted({feature for group in groups for feature in group.features})
    in_order = sorted(groups, key=lambda group: group.id)
    rows = [[group.n_articles, *(group.features[feature] for feature in features)] for group in in_order]
    has = np.array(rows, dtype=np.float64).reshape(len(rows), 1 + len(features))
    total = float(has[:, 0].sum())
    wanted = np.array([[shares[s] * total, *(targets[s][feature] for feature in features)] for s in shares])
    place = np.array([splits.index(split_of[group.id]) for group in in_order], dtype=np.int64)
    movable = np.array([i for i, group in enumerate(in_order) if group.id in free], dtype=np.int64)
    open_splits = np.flatnonzero(wanted[:, 0] > 0).tolist()
    weight = 1 / np.maximum(wanted, 0.5)
    weight[:, 0] *= _SIZE_WEIGHT
    surplus = np.stack([has[place == split].sum(axis=0) for split in range(len(splits))]) - wanted
    for _ in range(_ROUNDS if len(movable) else 0):
        best: tuple[float, int, int, int] = (-1e-9, -1, -1, -1)
        for source, target in permutations(open_splits, 2):
            best = min(best, _best_change(has, surplus, weight, movable, place, source, target))
        _, group, other, target = best
        if group < 0:
            break
        source = int(place[group])
        moved = has[group] - (has[other] if other >= 0 else 0)
        surplus[source] -= moved
        surplus[target] += moved
        place[group] = target
        if other >= 0:
            place[other] = source
    return {group.id: splits[i] for group, i in zip(in_order, place.tolist(), strict=True)}


def _best_change(
    has: Array, surplus: Array, weight: Array, movable: Indices, place: Indices, source: int, target: int
) -> tuple[float, int, int, int]:
    """The best move of a group from ``source`` to ``target``, alone or in exchange for one of ``target``.

    Returns:
        the change in distance (the lower the better), the group, the group in exchange or -1, ``target``.
    """
    of_source, of_target = (movable[place[movable] == split] for split in (source, target))
    pull = 2 * (surplus[target] * weight[target] - surplus[source] * weight[source])
    both = weight[source] + weight[target]
    if not len(of_source):
        return (0.0, -1, -1, -1)
    alone = has[of_source] @ pull + has[of_source] ** 2 @ both
    of_source = of_source[np.argsort(alone, kind="stable")[:_CANDIDATES]]
    back = has[of_target] ** 2 @ both - has[of_target] @ pull
    of_target = of_target[np.argsort(back, kind="stable")[:_CANDIDATES]]
    best = (float(alone.min()), int(of_source[0]), -1, target)
    if len(of_target):
        moved = has[of_source][:, None, :] - has[of_target][None, :, :]
        change = moved @ pull + moved**2 @ both
        i, j = np.unravel_index(int(np.argmin(change)), change.shape)
        best = min(best, (float(change[i, j]), int(of_source[i]), int(of_target[j]), target))
    return best
