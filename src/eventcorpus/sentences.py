"""Which sentences stretches of a text stand in, for pages that show them in their context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

_SENTENCE_END = re.compile("[.!?…。！？]+[\"'”’»)\\]]*\\s+|\n+")
_MAY_END = re.compile("[.!?…。！？\n]")
_REACH = 240


class Stretch(Protocol):
    """Anything with offsets in code points, end exclusive."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def sentences_around(
    text: str, stretches: Iterable[Stretch], *, whole: Sequence[Stretch] = ()
) -> list[tuple[int, int]]:
    """The sentences that stretches stand in, at most 240 characters to either side; those that meet become one.

    A sentence ends at a full stop, exclamation or question mark before a blank, or at a line feed; not inside one of
    the stretches ``whole`` ("Hospital No. 2").

    >>> from eventcorpus.schema import Span
    >>> sentences_around("One. Two three. Four.", [Span("a", 5, 8, "X")])
    [(5, 16)]
    """
    found: list[tuple[int, int]] = []
    for stretch in sorted(stretches, key=lambda s: (s.start, s.end)):
        before = text[max(0, stretch.start - _REACH) : stretch.start]
        ends = list(_SENTENCE_END.finditer(before))
        start = stretch.start - len(before) + (ends[-1].end() if ends else _after_blank(before, stretch.start))
        after = text[stretch.end : stretch.end + _REACH]
        next_end = _SENTENCE_END.search(after)
        end = stretch.end + (next_end.end() if next_end else len(after))
        start = min([start, *(one.start for one in whole if one.start < start < one.end)])
        end = max([end, *(one.end for one in whole if one.start < end < one.end)])
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def with_ends_inside(text: str, stretches: Iterable[Stretch]) -> list[Stretch]:
    """The stretches in which a sentence may seem to end: the only ones that ``whole`` needs, and few.

    >>> from eventcorpus.schema import Span
    >>> [s.id for s in with_ends_inside("Hospital No. 2 in Homs.", [Span("a", 0, 14, "X"), Span("b", 18, 22, "X")])]
    ['a']
    """
    return [one for one in stretches if _MAY_END.search(text, one.start, one.end)]


def _after_blank(before: str, start: int) -> int:
    """Where to begin when no sentence does: at the article's start, or after the first blank within reach."""
    return 0 if len(before) == start else before.find(" ") + 1
