"""One-to-one matches of spans that share characters: the relaxed side of exact matching.

Comes in: two lists of stretches of one text. Goes out: which of the first goes with which of the second, by optimal
assignment, so that the order of the lists decides nothing and nothing is matched twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

Stretch = tuple[int, int]
"""(start, end) in characters, end excluded."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """``first`` and ``second`` are positions in the two lists; ``shared`` is the number of characters in both."""

    first: int
    second: int
    shared: int


def match_overlapping(first: Sequence[Stretch], second: Sequence[Stretch], *, threshold: float = 0.0) -> list[Overlap]:
    """Match stretches that overlap, one to one: as many matches as possible, then as many shared characters.

    Stretches of one label are compared with stretches of the same label: call it once a label. Where several
    matchings are equally good, the number of matches and the sum of shared characters are the same in all of them.
    Time and memory grow with the product of both sides within a run of stretches that overlap without a gap, not
    with the product of the whole lists.

    Args:
        threshold: the least share of common characters among those of either (Jaccard), in [0, 1]; at 0 any shared
            character is enough, at 1 only equal stretches match.

    Returns:
        matches in text order.

    >>> match_overlapping([(0, 10), (10, 12)], [(2, 12)])
    [Overlap(first=0, second=0, shared=8)]
    >>> match_overlapping([(0, 10), (10, 12)], [(2, 12), (0, 3)])  # two matches are better than one large
    [Overlap(first=0, second=1, shared=3), Overlap(first=1, second=0, shared=2)]
    """
    matched: list[Overlap] = []
    for ours, theirs in runs(first, second):
        if len(ours) == len(theirs) == 1:
            (start, end), (other_start, other_end) = first[ours[0]], second[theirs[0]]
            shared = min(end, other_end) - max(start, other_start)
            union = (end - start) + (other_end - other_start) - shared
            if shared > 0 and shared >= threshold * union:
                matched.append(Overlap(ours[0], theirs[0], shared))
        elif ours and theirs:
            matched += _assign(first, second, ours, theirs, threshold)
    return matched


def runs(first: Sequence[Stretch], second: Sequence[Stretch]) -> Iterator[tuple[list[int], list[int]]]:
    """Positions of stretches that hang together through overlaps; no pair across two runs shares a character.

    >>> list(runs([(0, 4), (4, 8)], [(3, 4), (8, 9)]))
    [([0], [0]), ([1], []), ([], [1])]
    """
    every = sorted(
        chain(
            ((start, end, 0, i) for i, (start, end) in enumerate(first)),
            ((start, end, 1, i) for i, (start, end) in enumerate(second)),
        )
    )
    run: tuple[list[int], list[int]] = ([], [])
    reach = -1
    for start, end, side, i in every:
        if start >= reach and (run[0] or run[1]):
            yield run
            run = ([], [])
        run[side].append(i)
        reach = max(reach, end)
    if run[0] or run[1]:
        yield run


def _assign(
    first: Sequence[Stretch], second: Sequence[Stretch], ours: list[int], theirs: list[int], threshold: float
) -> list[Overlap]:
    from scipy.optimize import linear_sum_assignment

    a = np.array([first[i] for i in ours], dtype=np.float64)
    b = np.array([second[i] for i in theirs], dtype=np.float64)
    length_a, length_b = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0]
    shared = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0])
    union = length_a[:, None] + length_b[None, :] - shared
    allowed = (shared > 0) & (shared >= threshold * union)
    # one match more outweighs all characters that a matching can share
    bonus = min(length_a.sum(), length_b.sum()) + 1
    rows, columns = linear_sum_assignment(np.where(allowed, shared + bonus, 0.0), maximize=True)
    return [
        Overlap(ours[i], theirs[j], int(shared[i, j]))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        if allowed[i, j]
    ]
