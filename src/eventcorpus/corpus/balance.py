"""Swaps between splits, after stratification, until none brings the splits nearer to what they should have.

Greedy stratification fills splits before it comes to features that many articles have; a few swaps mend that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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
