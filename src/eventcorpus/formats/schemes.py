"""Schemes of tags: which one a file follows, and its tags in the one spelling that ``metrics.tags`` decodes.

Comes in: the cells of a tag column as they stand, such as ``b-org``, ``ORG-B``, ``B_ORG``, ``M-ORG``, ``ORG`` or
``B-LOC|B-FAC``, with ``O``, ``0``, ``-`` or ``_`` for no mention. Goes out: tags such as ``B-ORG``, one layer for each
mention that lies over another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from eventcorpus.conversion_report import Code, Reason
from eventcorpus.errors import InputError
from eventcorpus.text import one_line


class TagScheme(NamedTuple):
    """A scheme: the letters that its tags have, those that may open a mention, and those that may end one."""

    title: str
    letters: str
    opens: str
    ends: str


SCHEMES: dict[str, TagScheme] = {
    "iob2": TagScheme("IOB2", "BI", "B", "BI"),
    "iob1": TagScheme("IOB1", "BI", "BI", "BI"),
    "io": TagScheme("IO", "I", "I", "I"),
    "iobes": TagScheme("IOBES", "BIES", "BS", "ES"),
    "bilou": TagScheme("BILOU", "BILU", "BU", "LU"),
    "bmes": TagScheme("BMES", "BMES", "BS", "ES"),
    "bmewo": TagScheme("BMEWO", "BMEW", "BW", "EW"),
    "bios": TagScheme("BIOS", "BIS", "BS", "BIS"),
    "ioe2": TagScheme("IOE2", "IE", "IE", "E"),
    "ioe1": TagScheme("IOE1", "IE", "IE", "IE"),
}
"""The schemes that a file may follow, by the name that ``--scheme`` takes."""
LETTERS = "BILUESMW"
OUTSIDE = ("O", "o", "0", "-", "_", "")
"""What stands for no mention; anything but O only in a file without O. The last is an empty cell."""
_SAME_LETTER = {"M": "I", "W": "S"}
_SAME_MEANING = (("L", "E"), ("U", "S"), ("M", "I"), ("W", "U"), ("W", "S"))
_BEFORE = re.compile(rf"([{LETTERS}])[-_](.+)", re.IGNORECASE | re.DOTALL)
_AFTER = re.compile(rf"(.+)[-_]([{LETTERS}])", re.DOTALL)
_DIVIDERS = re.compile(r"[|;,/+&]")
_PLAIN_DIVIDERS = re.compile(r"[|;]")
_ANY_LETTER = re.compile(r"[A-Za-z]([-_].*)?", re.DOTALL)
_PLAIN = re.compile(r"[^\W\d_][^\s=(){}\[\]<>\"]*")
_MOST_CELLS, _MOST_PAIRS = 2_000, 200_000
Cell = tuple[str, ...]
"""The tags of one token in one column; none where it is in no mention."""


def is_prefixed(cell: str) -> bool:
    """Whether a cell is a tag such as B-PER, or several of them: B-LOC|B-FAC; in capitals."""
    if _BEFORE.fullmatch(cell):
        return cell[0].isupper()
    parts = _DIVIDERS.split(cell)
    return len(parts) > 1 and all(part == "O" or (part[:1].isupper() and _BEFORE.fullmatch(part)) for part in parts)


def is_suffixed(cell: str) -> bool:
    """Whether a cell is a tag such as PER-B."""
    return _AFTER.fullmatch(cell) is not None


def is_plain(cell: str) -> bool:
    """Whether a cell can be a label without a prefix, such as ORG."""
    return _PLAIN.fullmatch(cell) is not None


@dataclass(frozen=True)
class Tagging:
    """How tags are written, and what they mean.

    Attributes:
        scheme: a name in ``SCHEMES``.
        outside: what stands for no mention.
        place: where a tag has its letter: before the label, after it, or nowhere.
    """

    scheme: str = "iob2"
    outside: str = "O"
    place: Literal["before", "after", "nowhere"] = "before"
    _known: dict[str, Cell | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def title(self) -> str:
        """The scheme as people call it, with what is unusual about how it is written."""
        unusual = [
            *(["letters after the label"] if self.place == "after" else []),
            *([f"{self.outside or 'an empty cell'} for O"] if self.outside not in ("O", "o") else []),
        ]
        return SCHEMES[self.scheme].title + (f" ({', '.join(unusual)})" if unusual else "")

    @property
    def example(self) -> str:
        """What a tag looks like."""
        return {"before": "B-PER", "after": "PER-B", "nowhere": "PER"}[self.place]

    def tags_of(self, cell: str) -> Cell | None:
        """The tags in a cell, such as B-LOC and B-FAC; None if it cannot be read.

        >>> Tagging("bmes").tags_of("m-loc"), Tagging().tags_of("B-LOC|B-FAC"), Tagging().tags_of("LOC")
        (('I-loc',), ('B-LOC', 'B-FAC'), None)
        """
        try:
            return self._known[cell]
        except KeyError:
            found = tuple(self._parts(cell.strip()))
            tags = None if None in found else tuple(f"{part[0]}-{part[1]}" for part in found if part)
            self._known[cell] = tags
            return tags

    def _parts(self, cell: str) -> Iterator[tuple[str, str] | Literal[""] | None]:
        """(letter, label) of each tag in a cell, empty for O, None for what is no tag."""
        whole = self._part(cell)
        parts = (_PLAIN_DIVIDERS if self.place == "nowhere" else _DIVIDERS).split(cell)
        if len(parts) > 1:
            several = [self._part(part.strip()) for part in parts]
            if None not in several:
                yield from several
                return
            if "|" in cell or ";" in cell:  # B-LOC|FAC: whether FAC begins or goes on is not said
                whole = None
        yield whole

    def _part(self, tag: str) -> tuple[str, str] | Literal[""] | None:
        if tag == self.outside or tag in ("O", "o"):
            return ""
        if self.place == "nowhere":
            return ("I", tag) if is_plain(tag) else None
        match = (_BEFORE if self.place == "before" else _AFTER).fullmatch(tag)
        if match is None or any(unicodedata.category(c)[0] == "C" for c in tag):
            return None
        letter, label = match.groups() if self.place == "before" else match.groups()[::-1]
        return _SAME_LETTER.get(letter.upper(), letter.upper()), label


class TagEvidence:
    """Takes the cells of tag columns sentence by sentence, to tell how they are written."""

    def __init__(self) -> None:
        self.cells: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        """Cells that follow one another; a line feed is the end of a sentence."""

    def add(self, cells: Sequence[str], *, place: str) -> None:
        """Take one column of one sentence of the file ``place``.

        Raises:
            InputError: if there are more different cells than tags can be.
        """
        self.cells.update(cells)
        self.pairs.update(pairwise(chain(["\n"], cells, ["\n"])))
        if len(self.cells) > _MOST_CELLS or len(self.pairs) > _MOST_PAIRS:
            raise InputError(
                f"{place}: the column of tags has more than {_MOST_CELLS:,} different values, such as "
                f"{one_line(min(self.cells))}; name the right one: --columns word=1,tag=2"
            )

    def tagging(self, scheme: str | None = None, *, place: str = "") -> Tagging:
        """How the tags are written; of a scheme that is given, or of the one that they follow.

        Raises:
            InputError: if the letters of two schemes stand beside each other, and none is given.
        """
        outside = next((sign for sign in OUTSIDE if sign in self.cells), "O")
        named = self.cells - {outside, "O", "o"}
        written = Tagging(scheme or "iob2", outside, "nowhere" if scheme == "io" else _place(named))
        if scheme == "io" and any(map(is_prefixed, named)):
            written = Tagging("io", outside)
        if scheme is not None:
            return written
        if written.place == "nowhere":
            return Tagging("io", outside, "nowhere")
        letters = {letter for cell in named for letter in _letters(cell, written.place)}
        for first, second in _SAME_MEANING:
            if {first, second} <= letters:
                raise InputError(
                    f"{place}: tags with {first}- and with {second}- stand beside each other, which no scheme has; "
                    f"name one with --scheme: {', '.join(SCHEMES)}"
                )
        return Tagging(self._scheme(letters, written), outside, written.place)

    def _scheme(self, letters: set[str], written: Tagging) -> str:
        opens_inside, begins_anew, is_open_at_end = self._facts(written)
        if letters & {"L", "U"}:
            return "bilou"
        if letters & {"M", "W"}:
            return "bmes" if "M" in letters and "W" not in letters else "bmewo"
        if "E" in letters and letters <= {"I", "E"}:
            return "ioe1" if is_open_at_end else "ioe2"
        if "S" in letters and "E" not in letters and is_open_at_end:
            return "bios"
        if letters & {"E", "S"}:
            return "iobes"
        return "iob1" if opens_inside and not begins_anew else "iob2"

    def _facts(self, written: Tagging) -> tuple[bool, bool, bool]:
        """Whether I opens a mention; whether B does where I could; whether one ends without an end tag."""
        opens_inside = begins_anew = is_open_at_end = False
        for before, after in self.pairs:
            first = written.tags_of(before) or ()
            second = written.tags_of(after) or ()
            labels = {tag[2:] for tag in first}
            still_open = {tag[2:] for tag in first if tag[0] in "BI"}
            opens_inside |= any(tag[0] == "I" and tag[2:] not in still_open for tag in second)
            begins_anew |= any(tag[0] == "B" and tag[2:] not in labels for tag in second)
            is_open_at_end |= bool(still_open - {tag[2:] for tag in second if tag[0] in "ILE"})
        return opens_inside, begins_anew, is_open_at_end


def _place(named: set[str]) -> Literal["before", "after", "nowhere"]:
    """Where tags have their letter, by all of them that name something."""
    if not named or any(map(is_prefixed, named)):
        return "before"
    if all(map(_BEFORE.fullmatch, named)):
        return "before"
    if all(map(is_suffixed, named)):
        return "after"
    if all(map(_ANY_LETTER.fullmatch, named)):
        return "before"  # B alone, or the letters of no scheme: reading names them
    is_label = all(is_plain(part) for cell in named for part in _PLAIN_DIVIDERS.split(cell))
    return "nowhere" if is_label else "before"


def _letters(cell: str, place: str) -> Iterator[str]:
    for part in [cell] if (_BEFORE.fullmatch(cell) and not is_prefixed(cell)) else _DIVIDERS.split(cell):
        match = (_BEFORE if place == "before" else _AFTER).fullmatch(part.strip())
        if match:
            yield match.group(1 if place == "before" else 2).upper()


def layers_of(cells: Sequence[Cell]) -> list[list[str]]:
    """The tags of a sentence as layers with one tag a token; a mention stays in one layer from end to end.

    >>> layers_of([("B-LOC", "B-FAC"), ("I-FAC", "I-LOC"), ()])
    [['B-LOC', 'I-LOC', 'O'], ['B-FAC', 'I-FAC', 'O']]
    """
    if all(len(cell) < 2 for cell in cells):
        return [[cell[0] if cell else "O" for cell in cells]]
    layers = [["O"] * len(cells) for _ in range(max(map(len, cells)))]
    for i, cell in enumerate(cells):
        free = list(range(len(layers)))
        opening: list[str] = []
        for tag in cell:
            goes_on = (n for n in free if i and layers[n][i - 1][0] in "BI" and layers[n][i - 1][2:] == tag[2:])
            n = next(goes_on, None) if tag[0] in "ILE" else None
            if n is None:
                opening.append(tag)
            else:
                layers[n][i] = tag
                free.remove(n)
        for n, tag in zip(free, opening, strict=False):
            layers[n][i] = tag
    return layers


def chunk_fault(tags: Sequence[str], *, scheme: str) -> Reason | None:
    """What is invalid in the tags of one chunk under a scheme.

    >>> str(chunk_fault(["I-A", "I-A"], scheme="iob2"))
    'I- opens a span'
    """
    _, _, opens, ends = SCHEMES[scheme]
    if set(ends) <= set("LUESW") and tags[-1][0] in "BIM":
        return Reason(Code.TAG_ENDS_NO_SPAN)
    may_open = opens + "US" if set(opens) & set("USW") else opens
    if tags[0][0] in may_open or scheme == "iob1":
        return None
    return Reason(Code.TAG_OPENS_SPAN, (tags[0][0],))
