"""Schemes of tags: which one a file follows, and the chunks that its tags make.

Comes in: the cells of a tag column as they stand, such as ``b-org``, ``ORG-B``, ``B_ORG``, ``M-ORG``, ``ORG`` or
``B-LOC|B-FAC``, with ``O``, ``0``, ``-`` or ``_`` for no mention. Goes out: chunks of words, each with what is invalid
in its tags.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from eventcorpus.annotation.document import Fault, Mark
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
_BEFORE = re.compile(rf"([{LETTERS}])[-_:](.+)", re.IGNORECASE | re.DOTALL)
_AFTER = re.compile(rf"(.+)[-_:.]([{LETTERS}])", re.IGNORECASE | re.DOTALL)
_DIVIDERS = re.compile(r"[|;,/+&#~:!\s]+")
_PLAIN_DIVIDERS = re.compile(r"[|;]")
_DIVIDERS_OF_LABELS = re.compile(r"[|;]|,(?!\s)")
_ANY_LETTER = re.compile(r"[A-Za-z]([-_].*)?", re.DOTALL)
LABEL = re.compile(r"[^\W\d_][^\s=(){}\[\]<>\"]*")
"""What can be a label without a letter, such as ORG."""
_OPEN, _GOES_ON, _ENDED = "BIM", "IMLE", "LUESW"
"""The letters after which a mention may go on, those that go on with one, and those that end one."""
_MOST_CELLS, _MOST_PAIRS = 2_000, 200_000
Place = Literal["before", "after", "nowhere"]
Tag = tuple[str, str]
"""Its letter, in capitals, and its label."""
Cell = tuple[Tag, ...]
"""The tags of one token in one column; none where it is in no mention."""


class BadTag(Exception):
    """A tag cannot be read; the message says which."""


def is_prefixed(cell: str) -> bool:
    """Whether a cell is a tag such as B-PER, or several of them: B-LOC|B-FAC; in capitals."""
    if _BEFORE.fullmatch(cell):
        return cell[0].isupper()
    parts = _DIVIDERS.split(cell)
    return len(parts) > 1 and all(part == "O" or (part[:1].isupper() and _BEFORE.fullmatch(part)) for part in parts)


def are_suffixed(cells: Iterable[str]) -> bool:
    """Whether all cells are tags such as PER-B; in small letters only if there are others than the one that begins.

    >>> are_suffixed(["PER-B"]), are_suffixed(["per-b", "per-i"]), are_suffixed(["hepatitis-b"])
    (True, True, False)
    """
    found = [_AFTER.fullmatch(cell) for cell in cells]
    letters = {match[2] for match in found if match}
    return all(found) and (all(map(str.isupper, letters)) or ("b" in letters and len(letters) > 1))


@dataclass(frozen=True)
class Tagging:
    """How tags are written, and what they mean.

    Attributes:
        scheme: a name in ``SCHEMES``.
        outside: what stands for no mention.
        place: where a tag has its letter: before the label, after it, or nowhere.
        names: cells that are one tag each, whatever is in their labels.
    """

    scheme: str = "iob2"
    outside: str = "O"
    place: Place = "before"
    names: Set[str] = frozenset()
    _known: dict[str, Cell | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def title(self) -> str:
        """The scheme as people call it, with what is unusual about how it is written."""
        unusual = ["letters after the label"] if self.place == "after" else []
        unusual += [f"{self.outside or 'an empty cell'} for O"] if self.outside not in ("O", "o") else []
        return SCHEMES[self.scheme].title + (f" ({', '.join(unusual)})" if unusual else "")

    def read(self, cell: str) -> Cell:
        """The tags in a cell, such as B-LOC and B-FAC.

        Raises:
            BadTag: if it cannot be read.
        """
        tags = self.tags_of(cell)
        if tags is None:
            example = {"before": "B-PER", "after": "PER-B", "nowhere": "PER"}[self.place]
            raise BadTag(f"the tag {one_line(cell)} is neither {self.outside} nor like {example}")
        return tags

    def tags_of(self, cell: str) -> Cell | None:
        """The tags in a cell; None if it cannot be read.

        >>> Tagging("bmes").tags_of("m-loc"), Tagging().tags_of("B-LOC|B-FAC"), Tagging().tags_of("LOC")
        ((('M', 'loc'),), (('B', 'LOC'), ('B', 'FAC')), None)
        """
        try:
            return self._known[cell]
        except KeyError:
            self._known[cell] = self._tags(cell.strip())
            return self._known[cell]

    def _tags(self, cell: str) -> Cell | None:
        ways = (_DIVIDERS_OF_LABELS,) if self.place == "nowhere" else (_DIVIDERS, _PLAIN_DIVIDERS)
        several: list[Tag | None] = [None]
        for dividers in () if cell in self.names else ways:
            if None in several:
                several = [self._tag(part.strip()) for part in dividers.split(cell)]
        # of B-LOC|FAC it is not said whether FAC begins or goes on; other dividers may be part of a label
        if None in several and (cell in self.names or not _PLAIN_DIVIDERS.search(cell)):
            several = [self._tag(cell)]
        found = [tag for tag in several if tag is not None]
        return tuple(tag for tag in found if tag[0] != "O") if len(found) == len(several) else None

    def _tag(self, tag: str) -> Tag | None:
        if tag in (self.outside, "O", "o"):
            return "O", ""
        if self.place == "nowhere":
            return ("I", tag) if tag in self.names or LABEL.fullmatch(tag) else None
        match = (_BEFORE if self.place == "before" else _AFTER).fullmatch(tag)
        if match is None or any(unicodedata.category(c)[0] == "C" for c in tag):
            return None
        letter, label = match.groups() if self.place == "before" else match.groups()[::-1]
        return letter.upper(), label


class TagEvidence:
    """Takes the cells of tag columns sentence by sentence, to tell how they are written."""

    def __init__(self) -> None:
        self.cells: set[str] = set()
        self.names: set[str] = set()
        """Cells that are one tag each, whatever is in their labels."""
        self._pairs: set[tuple[str, str]] = set()
        """Cells that follow one another; a line feed is the end of a sentence."""

    def add(self, cells: Sequence[str], *, place: str) -> None:
        """Take one column of one sentence of the file ``place``.

        Raises:
            InputError: if there are more different cells than tags can be.
        """
        self.cells.update(cells)
        self._pairs.update(pairwise(chain(["\n"], cells, ["\n"])))
        if len(self.cells) > _MOST_CELLS or len(self._pairs) > _MOST_PAIRS:
            raise InputError(
                f"{place}: the column of tags has more than {_MOST_CELLS:,} different values, such as "
                f"{one_line(min(self.cells))}; name the right one: --columns word=1,tag=2"
            )

    def tagging(self, scheme: str | None = None, *, place: str) -> Tagging:
        """How the tags are written; of a scheme that is given, or of the one that they follow.

        Raises:
            InputError: if no scheme has all the letters that the tags have, and none is given.
        """
        outside = next((sign for sign in OUTSIDE if sign in self.cells), "O")
        written = self._place(self.cells - {outside, "O", "o"}, scheme)
        if scheme is None:
            read = Tagging("io", outside, written, self.names)
            scheme = "io" if written == "nowhere" else self._scheme(read, place)
        return Tagging(scheme, outside, written, self.names)

    def read(self, tagging: Tagging) -> list[Cell | None]:
        """The tags in each cell that was met; None for those that cannot be read."""
        return [tagging.tags_of(cell) for cell in self.cells]

    def _place(self, named: set[str], scheme: str | None) -> Place:
        """Where tags have their letter, by all of them that name something."""
        if any(map(is_prefixed, named)) or (scheme != "io" and all(map(_BEFORE.fullmatch, named))):
            return "before"
        if scheme != "io" and are_suffixed(named):
            return "after"
        parts = [part for cell in named for part in ([] if cell in self.names else _DIVIDERS_OF_LABELS.split(cell))]
        # B alone, or the letters of no scheme, are no labels: reading names them
        is_label = all(map(LABEL.fullmatch, parts)) and not all(map(_ANY_LETTER.fullmatch, named))
        return "nowhere" if is_label or scheme == "io" else "before"

    def _scheme(self, written: Tagging, place: str) -> str:
        """The first scheme with all the letters under which the fewest tags are invalid."""
        letters = {letter for cell in self.read(written) for letter, _ in cell or ()}
        possible = [name for name, scheme in SCHEMES.items() if letters <= set(scheme.letters)]
        if not possible:
            shown = ", ".join(f"{letter}-" for letter in sorted(letters))
            raise InputError(
                f"{place}: tags with {shown} stand beside each other, which no scheme has; name one with --scheme: "
                f"{', '.join(SCHEMES)}"
            )
        return min(possible, key=lambda name: self._n_faults(name, written))

    def _n_faults(self, name: str, written: Tagging) -> int:
        """How many pairs of cells that follow one another are invalid under a scheme."""
        scheme, n_faults = SCHEMES[name], 0
        for pair in self._pairs:
            before, after = (written.tags_of(cell) or () for cell in pair)
            touching = {("B", label) for _, label in before}
            open_before = {label for letter, label in before if letter in _OPEN}
            gone_on = {label for letter, label in after if letter in _GOES_ON} & open_before
            opened = {(letter, label) for letter, label in after if letter not in _GOES_ON or label not in gone_on}
            n_faults += any(letter not in scheme.opens for letter, _ in opened)
            n_faults += any(label in open_before - gone_on and letter not in scheme.ends for letter, label in before)
            if name == "iob1" and any(tag[0] == "B" and tag not in touching for tag in opened):
                n_faults += len(self._pairs)  # it is IOB2 then, however often I- opens a span
        return n_faults


class Chunk(NamedTuple):
    """Words ``start`` to ``end`` (excluded) of a sentence, from 0, and what is invalid in their tags."""

    start: int
    end: int
    label: str
    fault: Reason | None

    def mark(self, text: str, places: Sequence[tuple[int, int]], name: str = "") -> Mark:
        """The chunk as a mark, without an id; ``places`` is where each word of the sentence stands in the text."""
        start, end = places[self.start][0], places[self.end - 1][1]
        fault = None if text[start:end].strip() else Fault(Code.ONLY_BLANKS, stops=False)
        return Mark("", self.label, ((start, end),), name=name, repair=self.fault, fault=fault)


def chunks_of(cells: Sequence[Cell], scheme: str) -> Iterator[Chunk]:
    """The chunks of a sentence, in the order of their starts; a tag that continues nothing opens one, as in conlleval.

    >>> [tuple(chunk[:3]) for chunk in chunks_of([(("B", "LOC"), ("B", "FAC")), (("I", "FAC"),)], "iob2")]
    [(0, 1, 'LOC'), (0, 2, 'FAC')]
    """
    found: list[tuple[int, list[Tag]]] = []
    before: list[list[Tag]] = []
    for i, cell in enumerate(cells):
        here: list[list[Tag]] = []
        for tag in cell:
            goes_on = (tags for tags in before if tags[-1][0] in _OPEN and tags[-1][1] == tag[1])
            tags = next(goes_on, None) if tag[0] in _GOES_ON else None
            if tags is None:
                tags = []
                found.append((i, tags))
            else:
                before.remove(tags)
            tags.append(tag)
            here.append(tags)
        before = here
    for start, tags in found:
        yield Chunk(start, start + len(tags), tags[0][1], _fault(tags[0][0], tags[-1][0], scheme))


def _fault(first: str, last: str, scheme: str) -> Reason | None:
    """What is invalid in the letters of a chunk under a scheme.

    >>> str(_fault("I", "I", "iob2"))
    'I- opens a span'
    """
    _, _, opens, ends = SCHEMES[scheme]
    if set(ends) <= set(_ENDED) and last in _OPEN:
        return Reason(Code.TAG_ENDS_NO_SPAN)
    if first in opens or (first in "USW" and set(opens) & set("USW")) or scheme == "iob1":
        return None
    return Reason(Code.TAG_OPENS_SPAN, (first,))


def in_order(marks: Sequence[Mark]) -> list[Mark]:
    """Marks in the order of the text, longer ones first, with numbers for ids."""
    found = sorted(marks, key=lambda mark: (mark.pieces[0][0], -mark.pieces[0][1]))
    return [mark._replace(id=str(n)) for n, mark in enumerate(found, start=1)]
