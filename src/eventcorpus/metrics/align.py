"""One-to-one matches of spans that share characters: the relaxed side of exact matching.

Two lists of stretches of one text are matched by optimal assignment, so that the order of the lists decides nothing and
nothing is matched twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

Stretch = tuple[int, int]
"""(start, end) in characters, end excluded."""
Labelled = tuple[int, int, str]
"""(start, end, label), end excluded."""


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
    for left, right in runs(first, second):
        matched += _assign(first, second, left, right, threshold=threshold)
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
    first: Sequence[Stretch | Labelled],
    second: Sequence[Stretch | Labelled],
    left: Sequence[int],
    right: Sequence[int],
    *,
    threshold: float = 0.0,
    by_label: bool = False,
) -> list[Overlap]:
    """Match what stands at these positions of two lists: as many matches as possible, then as many of one label as
    possible if they have labels, then as many shared characters as possible.
    """
    if not left or not right:
        return []
    if len(left) == len(right) == 1:  # by far the most runs, and without arrays
        (start, end, *_), (other_start, other_end, *_) = first[left[0]], second[right[0]]
        n_shared = min(end, other_end) - max(start, other_start)
        union = (end - start) + (other_end - other_start) - n_shared
        return [Overlap(left[0], right[0], n_shared)] if n_shared > 0 and n_shared >= threshold * union else []
    from scipy.optimize import linear_sum_assignment

    a = np.array([first[i][:2] for i in left], dtype=np.float64)[:, None]
    b = np.array([second[j][:2] for j in right], dtype=np.float64)[None]
    length_a, length_b = a[..., 1] - a[..., 0], b[..., 1] - b[..., 0]
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    allowed = (shared > 0) & (shared >= threshold * (length_a + length_b - shared))
    bonus = min(length_a.sum(), length_b.sum()) + 1  # more than all characters that a matching can share
    rank = np.ones(shared.shape)
    if by_label:  # one match more outweighs all matches of one label, and such a match all characters
        rank += [[min(shared.shape) + (first[i][2:] == second[j][2:]) for j in right] for i in left]
    rows, columns = linear_sum_assignment(np.where(allowed, shared + bonus * rank, 0.0), maximize=True)
    return [
        Overlap(left[i], right[j], int(shared[i, j]))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        if allowed[i, j]
    ]


Kind = Literal["correct", "label", "boundary", "label_and_boundary", "split", "merged", "missed", "spurious"]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """``gold`` and ``predicted`` are positions in the two lists that were compared, in text order.

    ``split`` has one gold mention and several predicted ones, ``merged`` the reverse, ``missed`` no predicted one,
    ``spurious`` no gold one; every other kind has one of each.
    """

    kind: Kind
    gold: tuple[int, ...]
    predicted: tuple[int, ...]


def outcomes(gold: Sequence[Labelled], predicted: Sequence[Labelled]) -> list[Outcome]:
    """Say of every mention what became of it; the order of both lists changes nothing.

    Mentions are paired one to one: those that are equal, then those with the same ends, then those that share a
    character, as many as possible, of the same label where there is a choice, then with most characters in common.
    A pair of one label whose predicted mention lies within the gold one is ``split`` if further predicted mentions of
    this label, which have no partner, lie within it too, none of them on another; ``merged`` is the same with the
    sides exchanged. Spans may be nested, overlap or stand there twice.

    Returns:
        outcomes in text order.

    >>> outcomes([(0, 9, "Place")], [(0, 4, "Place"), (5, 9, "Place"), (5, 9, "Actor")])
    [Outcome(kind='split', gold=(0,), predicted=(0, 1)), Outcome(kind='spurious', gold=(), predicted=(2,))]
    >>> outcomes([(0, 4, "Actor"), (6, 9, "Time")], [(0, 4, "Place"), (5, 9, "Time")])
    [Outcome(kind='label', gold=(0,), predicted=(0,)), Outcome(kind='boundary', gold=(1,), predicted=(1,))]
    """
    # sorted first: ties are broken by what the mentions are, never by where they stand in the lists
    left = sorted(range(len(gold)), key=gold.__getitem__)
    right = sorted(range(len(predicted)), key=predicted.__getitem__)
    equal, left, right = _pair_by(lambda span: span, gold, predicted, left, right)
    same_ends, left, right = _pair_by(lambda span: span[:2], gold, predicted, left, right)
    found = [Outcome("correct", (i,), (j,)) for i, j in equal]
    found += [Outcome("label", (i,), (j,)) for i, j in same_ends]
    for some, others in runs([gold[i][:2] for i in left], [predicted[j][:2] for j in right]):
        found += _within_run(gold, predicted, [left[i] for i in some], [right[j] for j in others])

    def place(outcome: Outcome) -> tuple[Labelled, list[Labelled], list[Labelled], Outcome]:
        in_gold, found = [gold[i] for i in outcome.gold], [predicted[j] for j in outcome.predicted]
        return min(in_gold + found), in_gold, found, outcome

    return sorted(found, key=place)


def _pair_by(
    key: Callable[[Labelled], Hashable],
    gold: Sequence[Labelled],
    predicted: Sequence[Labelled],
    left: list[int],
    right: list[int],
) -> tuple[list[Pair], list[int], list[int]]:
    """Pairs of equal keys in sorted order, and the positions of either side that have none."""
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for j in reversed(right):
        waiting[key(predicted[j])].append(j)
    pairs: list[Pair] = []
    alone: list[int] = []
    for i in left:
        same = waiting.get(key(gold[i]))
        if same:
            pairs.append((i, same.pop()))
        else:
            alone.append(i)
    taken = {j for _, j in pairs}
    return pairs, alone, [j for j in right if j not in taken]


def _within_run(
    gold: Sequence[Labelled], predicted: Sequence[Labelled], left: list[int], right: list[int]
) -> Iterator[Outcome]:
    pairs = [(match.first, match.second) for match in _assign(gold, predicted, left, right, by_label=True)]
    paired = {i for i, _ in pairs}, {j for _, j in pairs}
    missed = [i for i in left if i not in paired[0]]
    spurious = [j for j in right if j not in paired[1]]

    def nearest(pair: Pair) -> tuple[int, Labelled, Labelled]:
        in_gold, found = gold[pair[0]], predicted[pair[1]]
        return max(in_gold[1] - in_gold[0], found[1] - found[0]), in_gold, found

    for i, j in sorted(pairs, key=nearest):  # what lies in two mentions belongs to the shorter
        if gold[i][2] != predicted[j][2]:
            yield Outcome("label_and_boundary", (i,), (j,))
            continue
        pieces = _pieces(gold[i], predicted, j, spurious) if spurious else ()
        parts = _pieces(predicted[j], gold, i, missed) if missed else ()
        if len(pieces) > 1:
            spurious = [other for other in spurious if other not in pieces]
            yield Outcome("split", (i,), pieces)
        elif len(parts) > 1:
            missed = [other for other in missed if other not in parts]
            yield Outcome("merged", parts, (j,))
        else:
            yield Outcome("boundary", (i,), (j,))
    yield from (Outcome("missed", (i,), ()) for i in missed)
    yield from (Outcome("spurious", (), (j,)) for j in spurious)


def _pieces(whole: Labelled, spans: Sequence[Labelled], first: int, others: Sequence[int]) -> tuple[int, ...]:
    """``first`` and those of the others that lie within ``whole``, have its label and do not overlap, if it does."""

    def within(span: Labelled) -> bool:
        return whole[0] <= span[0] and span[1] <= whole[1] and span[2] == whole[2]

    if not within(spans[first]):
        return ()
    pieces = [first]
    for other in sorted((j for j in others if within(spans[j])), key=lambda j: (spans[j][1], spans[j][0], j)):
        if all(spans[other][1] <= spans[j][0] or spans[j][1] <= spans[other][0] for j in pieces):
            pieces.append(other)
    return tuple(sorted(pieces, key=spans.__getitem__))
