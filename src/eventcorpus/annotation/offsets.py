"""How a file counts the offsets of its spans, told from the texts that it gives for them.

We count code points of the text as it stands in the file. Programs also count UTF-16 units or bytes of UTF-8, take a
CR LF for one character, or a line feed for two (where the file had CR LF once), and count a byte order mark, which is
no part of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from typing import NamedTuple

from eventcorpus.conversion_report import Code, Reason
from eventcorpus.text import cut_out

Pieces = Sequence[tuple[int, int]]
Fits = Callable[[str | None, str], bool]
"""Whether what the text has in a place (None: there is no such place) is the text that the file gives for it."""


class Given(NamedTuple):
    """A span as the file has it: where it says that its pieces are, and the text that it gives."""

    pieces: Pieces
    text: str


@dataclass(frozen=True)
class Counting:
    """One way to count offsets.

    Attributes:
        reason: what is repaired if offsets were counted so.
        words: what was counted, in words.
        borders: the offset of the beginning of each character, and of the end of the text, counted so.
    """

    reason: Code | Reason
    words: str
    borders: Sequence[int]

    def placed(self, pieces: Pieces) -> Pieces | None:
        """Pieces in code points, or None if an end of one falls inside a character or beyond the text."""
        found: list[tuple[int, int]] = []
        for piece in pieces:
            start, end = (bisect_left(self.borders, offset) for offset in piece)
            if max(start, end) >= len(self.borders) or (self.borders[start], self.borders[end]) != tuple(piece):
                return None
            found.append((start, end))
        return tuple(found)


class Told(NamedTuple):
    """How a document counts; ``other`` is another way that fits as many of its texts, and some in other places."""

    counting: Counting | None = None
    other: Counting | None = None


def tell_counting(text: str, given: Sequence[Given], fits: Fits, *, had_mark: bool = False) -> Told:
    """Tell how all offsets of a document are counted, if not in code points.

    It is a way in which all texts stand that stand in code points, and others too, and more than half of all.

    Args:
        given: the spans for which the file gives a text.
        had_mark: the file had a byte order mark, which ``text`` lacks.
    """
    plain = {i for i, (pieces, says) in enumerate(given) if fits(cut_pieces(text, pieces), says)}
    if len(plain) == len(given):
        return Told()
    found: list[tuple[Counting, dict[int, Pieces]]] = []
    for counting in _countings(text, had_mark=had_mark):
        places: dict[int, Pieces] = {}
        for i, (pieces, says) in enumerate(given):
            placed = counting.placed(pieces)
            if placed is not None and fits(cut_pieces(text, placed), says):
                places[i] = placed
        if places.keys() > plain and 2 * len(places) > len(given):
            found.append((counting, places))
    most = max((len(places) for _, places in found), default=0)
    best = [(counting, places) for counting, places in found if len(places) == most]
    if not best:
        return Told()
    (first, its_places), *others = best
    return Told(first, next((other for other, places in others if places != its_places), None))


def counting_of(text: str, code: Code) -> Counting:
    """One way to count in a text, of those that have a code."""
    return Counting(code, _in_words([code]), _borders(text, [code]))


def cut_pieces(text: str, pieces: Pieces) -> str | None:
    """The text of pieces, joined by blanks as brat writes them; None where one is impossible."""
    if len(pieces) == 1:
        return cut_out(text, *pieces[0])
    found = [cut_out(text, start, end) for start, end in pieces]
    return None if None in found else " ".join(filter(None, found))


def _countings(text: str, *, had_mark: bool) -> Iterator[Counting]:
    """Every way to count that differs from code points in this text, those that differ in one thing first."""
    units: list[Code | None] = [None]
    units += [Code.UTF16] if any(character > "\uffff" for character in text) else []
    units += [] if text.isascii() else [Code.BYTES]
    ends: list[Code | None] = [None, Code.CRLF_AS_ONE] if "\r\n" in text else [None]
    ends += [Code.LF_AS_TWO] if re.search("(?<!\r)\n", text) else []
    marks: list[Code | None] = [None, Code.MARK_COUNTED] if had_mark else [None]
    ways = [[code for code in way if code is not None] for way in product(units, ends, marks)]
    for way in sorted(filter(None, ways), key=len):
        words = _in_words(way)
        reason = way[0] if len(way) == 1 else Reason(Code.COUNTED_OTHERWISE, (words,))
        yield Counting(reason, words, _borders(text, way))


def _in_words(way: Sequence[Code]) -> str:
    return " and ".join(code.value.removeprefix("offsets ") for code in way)


def _borders(text: str, way: Sequence[Code]) -> list[int]:
    if Code.BYTES in way:
        widths = [1 + (c > "\x7f") + (c > "\u07ff") + (c > "\uffff") for c in text]
    else:
        widths = [1 + (c > "\uffff" and Code.UTF16 in way) for c in text]
    if Code.CRLF_AS_ONE in way:
        for found in re.finditer("\r\n", text):
            widths[found.start()] = 0
    if Code.LF_AS_TWO in way:
        for found in re.finditer("(?<!\r)\n", text):
            widths[found.start()] += 1
    mark = 0 if Code.MARK_COUNTED not in way else 3 if Code.BYTES in way else 1
    return list(accumulate(widths, initial=mark))
