"""The one form in which eventcorpus stores, hashes and indexes text; words and sentences in it.

All offsets in eventcorpus are Unicode code points of the stored form, ``start`` included and ``end`` excluded.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

_JOINED = re.compile(
    r"\b[^\W\d_]\.(?:[^\W\d_]\.)+|\b(?:[^\W\d_]\.)+[^\W\d_]\b|\d+(?:[.,:]\d+)+|\d+-(?:year|month|week|day)s?-olds?\b"
    r"|\b[^\W\d_]{1,2}['’](?=[A-ZÀ-Þ])[^\W\d_]+|\b[A-ZÀ-Þ][^\W\d_]{1,4}\.(?=[,;:]|\s+[a-z–—])"
)
"""Initials, figures, ages, names with an apostrophe, short abbreviations: see ``whole_words``."""
_WORD = re.compile(r"[^\W_]+|\S")  # \w without the underscore is str.isalnum, \S is not str.isspace
_NOT_STORED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SENTENCE_END = re.compile("[.!?…。！？]+[\"'”’»)\\]]*\\s+|\n+")
_TITLES = "Mr|Mrs|Ms|Dr|Prof|Rev|St|No|Gen|Brig|Col|Lt|Maj|Capt|Cmdr|Sgt|Cpl|Pvt|Sen|Rep|Gov|Hon"
_ABBREVIATION = re.compile(rf"(?:^|[\s(“‘\"'])(?:(?:[^\W\d_]\.)+|(?:{_TITLES})\.)$")
"""Initials and titles, after which a stop ends no sentence: see ``sentence_starts``."""
_SENTENCE_MAY_END = re.compile("[.!?…。！？\n]")
_CLOSING_OF = dict(zip("([{“«‘\"'", ")]}”»’\"'", strict=True))
_OPENING_OF = {closing: opening for opening, closing in _CLOSING_OF.items()}
_CONTEXT = 240
"""Characters on either side of a span in which the ends of its sentence are looked for."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """Text in its stored form, with what maps its offsets to those of the original text.

    ``removed`` holds, ascending, the offsets in the original text of the line feeds that follow a carriage return:
    the only characters that the stored form lacks. ``n_replaced`` counts control characters and lone surrogates, which
    are U+FFFD in it.
    """

    text: str
    removed: tuple[int, ...] = ()
    n_replaced: int = 0

    def from_original(self, offset: int) -> int:
        """Map an offset in the original text to one in the stored form (range: 0 to its length, both included)."""
        return offset - bisect_left(self.removed, offset)

    def to_original(self, offset: int) -> int:
        r"""Map an offset in the stored form (range: 0 to its length) to one in the original text; never inside a CR LF.

        >>> stored_form("one\r\ntwo").to_original(4)
        5
        """
        before = bisect_left(range(len(self.removed)), offset, key=lambda i: self.removed[i] - 1 - i)
        return offset + before


def stored_form(original: str) -> StoredText:
    r"""Bring text into the stored form.

    CR LF and CR become LF; lone surrogates and control characters (Unicode category Cc) other than tab and
    line feed become U+FFFD, one for one. Nothing else changes; there is no Unicode normalisation.

    >>> stored_form("one\r\ntwo\x00").text
    'one\ntwo\ufffd'
    >>> stored_form("one\r\ntwo").from_original(5)
    4
    """
    removed = tuple(found.start() + 1 for found in re.finditer("\r\n", original))
    lines = original.replace("\r\n", "\n").replace("\r", "\n")
    text, n_replaced = _NOT_STORED.subn("\ufffd", lines)
    return StoredText(text, removed, n_replaced)


def sha256_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, as 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def words(text: str) -> list[tuple[int, int]]:
    """Offsets of the words of a text, in order.

    A word is a run of letters, digits and their combining marks; every other character that is not white space
    is a word of its own.

    >>> [text[start:end] for text in ["Daesh-held"] for start, end in words(text)]
    ['Daesh', '-', 'held']
    """
    if text.isascii() or not any(unicodedata.category(character)[0] == "M" for character in set(text)):
        return [found.span() for found in _WORD.finditer(text)]  # 20 times as fast, and the same without marks
    found: list[tuple[int, int]] = []
    start = -1
    for i, character in enumerate(text):
        if character.isalnum() or (start >= 0 and unicodedata.category(character)[0] == "M"):
            if start < 0:
                start = i
            continue
        if start >= 0:
            found.append((start, i))
            start = -1
        if not character.isspace():
            found.append((i, i + 1))
    if start >= 0:
        found.append((start, len(text)))
    return found


def whole_words(text: str) -> list[tuple[int, int]]:
    """Words as people write them: those of ``words``, joined where a mention cannot end between them.

    Initials and abbreviations keep their stop, and figures, clock times, ages and names with an apostrophe are whole. A
    stop after another word ends a sentence, unless a comma or a small letter follows.

    >>> text = "U.S. troops, Calif., 1,400 at 15:30, the 44-year-old O'Brien's Raya-held town."
    >>> [text[start:end] for start, end in whole_words(text) if end - start > 1]
    ['U.S.', 'troops', 'Calif.', '1,400', 'at', '15:30', 'the', '44-year-old', "O'Brien", 'Raya', 'held', 'town']
    """
    found: list[tuple[int, int]] = []
    for start, end in sorted([*words(text), *(joined.span() for joined in _JOINED.finditer(text))]):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def without_unpaired_marks(text: str, start: int, end: int) -> tuple[int, int]:
    """Move the ends of a span inwards over brackets and quotation marks whose other half is not in it.

    So an apostrophe at an end is left out too ("the rebels’"); one at the start stays unless a mark further on in its
    line closes it ("'Ndrangheta"). A span of one character stays as it is.

    >>> text = "'ringleader' of the (CPI) cadres"
    >>> [text[slice(*without_unpaired_marks(text, *ends))] for ends in [(0, 11), (1, 12), (20, 25), (21, 25)]]
    ['ringleader', 'ringleader', '(CPI)', 'CPI']
    """
    while end - start > 1 and (closing := _CLOSING_OF.get(text[start])) and closing not in text[start + 1 : end]:
        if closing in "'’" and closing not in text[end:].partition("\n")[0]:
            break
        start, end = trim(text, start + 1, end)
    while end - start > 1 and (opening := _OPENING_OF.get(text[end - 1])) and opening not in text[start : end - 1]:
        start, end = trim(text, start, end - 1)
    return start, end


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Move the ends of a span inwards over white space; an all-blank span becomes empty."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def cut_out(text: str, start: int, end: int) -> str | None:
    """The stretch of a text between two offsets, or None where there can be none.

    >>> cut_out("Homs", 0, 4), cut_out("Homs", 2, 9), cut_out("Homs", 2, 2)
    ('Homs', None, None)
    """
    return text[start:end] if 0 <= start < end <= len(text) else None


def from_utf16(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Read offsets as UTF-16 units, as JavaScript counts; None if they fall inside a character or beyond the text.

    >>> from_utf16("🔥 Homs", 3, 7)
    (2, 6)
    """
    units = text.encode("utf-16-le", errors="surrogatepass")
    try:
        before = len(units[: 2 * start].decode("utf-16-le"))
        inside = len(units[2 * start : 2 * end].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None
    return (before, before + inside) if 2 * end <= len(units) else None


def printable(text: str, instead: str | None = None) -> str:
    """Text that shows as one line: what is not printable is escaped as Python does, or replaced by ``instead``."""
    return "".join(c if c.isprintable() else instead or ascii(c)[1:-1] for c in text)


def one_line(text: str, limit: int = 60) -> str:
    """Show any text safely inside one line of a message: escaped, quoted and at most about ``limit`` characters."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return repr(shown) if text.isprintable() else ascii(shown)


def listed(names: Iterable[str], *, most: int = 12) -> str:
    """Names for a message, each in one line, the rest counted after ``most``; ``none`` if there are none.

    >>> listed(["id", "text", "date"], most=2), listed([])
    ('id, text and 1 more', 'none')
    """
    known = [one_line(str(name))[1:-1] for name in names]
    rest = f" and {len(known) - most} more" if len(known) > most else ""
    return (", ".join(known[:most]) + rest) or "none"


class HasOffsets(Protocol):
    """Anything with offsets in code points, ``end`` excluded: a span, a mention."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def sentences_around(
    text: str, spans: Iterable[HasOffsets], *, whole: Sequence[HasOffsets] = ()
) -> list[tuple[int, int]]:
    """The offsets of the sentences that contain spans, at most 240 characters to either side; those that meet are one.

    A sentence ends at a full stop, exclamation or question mark before white space, or at a line feed.

    Args:
        whole: spans inside which no sentence ends, such as "Hospital No. 2".

    >>> from eventcorpus.schema import Span
    >>> sentences_around("One. Two three. Four.", [Span("a", 5, 8, "X")])
    [(5, 16)]
    """
    found: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        before = text[max(0, span.start - _CONTEXT) : span.start]
        ends = list(_SENTENCE_END.finditer(before))
        start = span.start - len(before) + (ends[-1].end() if ends else _first_word(before, span.start))
        after = text[span.end : span.end + _CONTEXT]
        next_end = _SENTENCE_END.search(after)
        end = span.end + (next_end.end() if next_end else len(after))
        start = min([start, *(other.start for other in whole if other.start < start < other.end)])
        end = max([end, *(other.end for other in whole if other.start < end < other.end)])
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def sentence_starts(text: str) -> list[int]:
    """Where the sentences of a text begin, in order; the first is 0.

    A sentence ends as in ``sentences_around``, but not after initials or a title ("U.S.", "Gen."), nor before a small
    letter.

    >>> text = "Gen. Ali left the U.S. base. Two were killed.\\nOne more died."
    >>> [text[start:][:4] for start in sentence_starts(text)]
    ['Gen.', 'Two ', 'One ']
    """
    starts = [0]
    for found in _SENTENCE_END.finditer(text):
        at = found.end()
        if at == len(text):
            break
        if "\n" not in found[0] and (text[at].islower() or _ABBREVIATION.search(text[: found.start() + 1][-8:])):
            continue
        starts.append(at)
    return starts


def with_ends_inside(text: str, spans: Iterable[HasOffsets]) -> list[HasOffsets]:
    """The spans in which a sentence seems to end: the only ones that ``whole`` of ``sentences_around`` needs, and few.

    >>> from eventcorpus.schema import Span
    >>> [s.id for s in with_ends_inside("Hospital No. 2 in Homs.", [Span("a", 0, 14, "X"), Span("b", 18, 22, "X")])]
    ['a']
    """
    return [span for span in spans if _SENTENCE_MAY_END.search(text, span.start, span.end)]


def _first_word(before: str, start: int) -> int:
    """Where to begin in ``before``, in which no sentence ends: at the article's start, else after the first blank."""
    return 0 if len(before) == start else before.find(" ") + 1
