"""Iterative stratification: groups of articles to splits, so that what is rare is in each of them.

Comes in: groups, each with what its articles have (labels, roles, values, kinds). Goes out: a split for each group.
Method: Sechidis, Tsoumakas and Vlahavas 2011 (On the Stratification of Multi-Label Data), here on groups that stay
whole, and swaps afterwards (``corpus.stratify``).
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Group:
    """Articles that go to one split: how many, and in how many of them each feature stands."""

    id: str
    n_articles: int
    features: Counter[str] = field(default_factory=Counter, hash=False)


def stratify(
    groups: Sequence[Group], *, shares: Mapping[str, float], given: Mapping[str, str], seed: int
) -> dict[str, str]:
    """Choose a split for every group, the rarest feature first, by what each split still lacks of it.

    A feature with at least as many articles as there are splits is wanted in each of them at least once.

    Args:
        shares: by split its share of the articles, together 1; one with the share 0 gets nothing new.
        given: group id -> split, for groups that have a place already.
        seed: decides the order of groups that are otherwise alike.

    Returns:
        group id -> split, of all groups.
    """
    totals = Counter[str]()
    for group in groups:
        totals.update(group.features)
    wanted = _wanted(totals, shares)
    targets = {split: dict(features) for split, features in wanted.items()}
    n_articles = sum(group.n_articles for group in groups)
    room = {split: share * n_articles for split, share in shares.items()}
    found: dict[str, str] = {}
    left = dict.fromkeys(totals, 0)
    having: defaultdict[str, list[Group]] = defaultdict(list)

    def place(group: Group, split: str) -> None:
        found[group.id] = split
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
        for feature, n in group.features.items():
            left[feature] += n
            having[feature].append(group)
    while any(left.values()):
        rarest = min((feature for feature, n in left.items() if n), key=lambda feature: (left[feature], feature))
        for group in having[rarest]:
            if group.id not in found:
                place(group, _neediest(wanted, room, rarest, shares))
                for feature, n in group.features.items():
                    left[feature] -= n
    for group in free:
        if group.id not in found:
            place(group, max((split for split in room if shares[split]), key=lambda split: room[split]))
    return _balanced(groups, found, targets, shares, {group.id for group in free})


def _balanced(
    groups: Sequence[Group],
    found: Mapping[str, str],
    targets: Mapping[str, Mapping[str, float]],
    shares: Mapping[str, float],
    free: set[str],
) -> dict[str, str]:
    splits = list(shares)
    features = sorted({feature for group in groups for feature in group.features})
    column = {feature: i for i, feature in enumerate(features, start=1)}
    in_order = sorted(groups, key=lambda group: group.id)
    has = np.zeros((len(in_order), len(features) + 1))
    for row, group in zip(has, in_order, strict=True):
        row[0] = group.n_articles
        for feature, n in group.features.items():
            row[column[feature]] = n
    total = float(has[:, 0].sum())
    wanted = np.array([[shares[s] * total, *(targets[s][feature] for feature in features)] for s in shares])
    place = np.array([splits.index(found[group.id]) for group in in_order], dtype=np.int64)
    movable = [i for i, group in enumerate(in_order) if group.id in free]
    chosen = balance(has, wanted, place, free=movable)
    return {group.id: splits[i] for group, i in zip(in_order, chosen.tolist(), strict=True)}


def _wanted(totals: Counter[str], shares: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """By split and feature the number of articles that it should get."""
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
    able = [split for split, share in shares.items() if share]
    return max(
        [split for split in able if room[split] > 0] or able, key=lambda split: (wanted[split][feature], room[split])
    )


Array = npt.NDArray[np.float64]
_CANDIDATES = 60
_ROUNDS = 500
_SIZE_WEIGHT = 10.0
"""How much more the number of articles counts than one feature."""


def balance(has: Array, wanted: Array, place: npt.NDArray[np.int64], *, free: Sequence[int]) -> npt.NDArray[np.int64]:
    """Swap and move groups so that the chi-squared distance between what splits have and what they should have falls.

    Each round takes the best of the swaps among the groups that promise most, and of the moves of one group.

    Args:
        has: what groups have, shape (n_groups, n_features); the first feature is the number of articles.
        wanted: what splits should have, shape (n_splits, n_features).
        place: the split of every group, shape (n_groups,).
        free: the groups that may change their place, in ascending order.

    Returns:
        the splits of the groups, shape (n_groups,).
    """
    place, n_splits = place.copy(), len(wanted)
    open_splits = np.flatnonzero(wanted[:, 0] > 0).tolist()
    weight = 1 / np.maximum(wanted, 0.5)
    weight[:, 0] *= _SIZE_WEIGHT
    surplus = np.stack([has[place == split].sum(axis=0) for split in range(n_splits)]) - wanted
    movable = np.array(free, dtype=np.int64)
    for _ in range(_ROUNDS if len(movable) else 0):
        best: tuple[float, int, int, int] = (-1e-9, -1, -1, -1)
        for here in open_splits:
            for there in open_splits:
                if here != there:
                    best = min(best, _best_change(has, surplus, weight, movable, place, here, there))
        _, group, other, there = best
        if group < 0:
            break
        here = int(place[group])
        given = has[group] - (has[other] if other >= 0 else 0)
        surplus[here] -= given
        surplus[there] += given
        place[group] = there
        if other >= 0:
            place[other] = here
    return place


def _best_change(
    has: Array, surplus: Array, weight: Array, movable: npt.NDArray[np.int64], place: npt.NDArray[np.int64],
    here: int, there: int,
) -> tuple[float, int, int, int]:  # fmt: skip
    """The change in distance (the lower the better), a group that leaves ``here``, one in exchange or -1, ``there``."""
    ours, theirs = (movable[place[movable] == split] for split in (here, there))
    pull = 2 * (surplus[there] * weight[there] - surplus[here] * weight[here])
    both = weight[here] + weight[there]
    if not len(ours):
        return (0.0, -1, -1, -1)
    alone = has[ours] @ pull + has[ours] ** 2 @ both
    ours = ours[np.argsort(alone, kind="stable")[:_CANDIDATES]]
    theirs = theirs[np.argsort(has[theirs] ** 2 @ both - has[theirs] @ pull, kind="stable")[:_CANDIDATES]]
    best = (float(alone.min()), int(ours[0]), -1, there)
    if len(theirs):
        given = has[ours][:, None, :] - has[theirs][None, :, :]
        change = given @ pull + given**2 @ both
        g, o = np.unravel_index(int(np.argmin(change)), change.shape)
        best = min(best, (float(change[g, o]), int(ours[g]), int(theirs[o]), there))
    return best
