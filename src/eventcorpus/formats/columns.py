"""The columns of CoNLL files: which of them is the word and which are tags. ``formats.sentences`` reads them.

Columns are named by the user, or told from what stands in them: a number, a sentence or document id before the word,
tags before or after it, one or several columns of them, tags in a ``key=value`` column of CoNLL-U, the bracket column
of CoNLL-2012. Only tabs and plain blanks divide columns: other blanks are part of a word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, groupby, islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from eventcorpus.errors import InputError
from eventcorpus.files import opened, read_lines, read_text
from eventcorpus.formats.schemes import LABEL, OUTSIDE, are_suffixed, is_prefixed
from eventcorpus.tables import counted
from eventcorpus.text import one_line

N_LINES = 1000
"""Lines of a file from which its columns are told."""
N_CONLL_2012 = 12
"""The columns that every line has at least: what follows differs."""
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_CHUNKS = frozenset(["NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "NC", "VC", "PC"])
"""The phrases that are tagged beside names in CoNLL-2000 and CoNLL-2003."""
_UNIVERSAL_AND_PENN = (
    "ADJ ADP ADV AUX CCONJ CONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X CC CD DT EX FW IN JJ JJR JJS "
    "LS MD NN NNP NNPS NNS PDT POS PRP PRP$ RB RBR RBS RP TO UH VB VBD VBG VBN VBP VBZ WDT WP WP$ WRB . , : ( ) '' `` "
    "-LRB- -RRB- HYPH _"
)
_PARTS_OF_SPEECH = frozenset(_UNIVERSAL_AND_PENN.split())
"""Of Universal Dependencies and of the Penn Treebank: columns that hold nothing else are beside words."""
_HEADS_WORD = frozenset(["word", "words", "token", "tokens", "form", "text"])
_HEADS_TAG = frozenset(["tag", "tags", "ner", "ner_tag", "ner_tags", "ne", "label", "labels", "entity", "bio", "iob"])
_NAME_OF_TAGS = re.compile(r"ner?[-_. ].+")
_NUMBER = re.compile(r"\d{1,9}")
_NUMBERED = re.compile(r"[^\W\d_]{0,8}\d{1,9}([-_.:/][^\W\d_]{0,8}\d{1,9})*")
"""A number, or what numbers words in other ways: 1.2, 3-1, s1_w2, T7."""
RANGE = re.compile(r"(\d{1,9})-(\d{1,9})")
EMPTY_NODE = re.compile(r"\d{1,9}\.\d{1,9}")
BRACKETS = re.compile(r"(\([^\s()*]+)?\*?\)?")
_NAMES_COLUMNS = "# global.columns ="
_Column = TypeVar("_Column")
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))).replace("\t", "")
"""Every blank but the tab, which may stand before an empty column."""


class TagColumn(NamedTuple):
    """Where tags stand: a column from 0, and the key in it where it has ``key=value`` parts."""

    column: int
    key: str = ""

    def cell(self, cells: Sequence[str]) -> str:
        """The tag in a line; O where its key is missing."""
        if not self.key:
            return cells[self.column]
        key = self.key + "="
        return next((part[len(key) :] for part in cells[self.column].split("|") if part.startswith(key)), "O")


@dataclass(frozen=True)
class Columns:
    """Which column is what, all from 0.

    Attributes:
        n: how many columns every line has; 0: lines differ, as in CoNLL-2012.
        word: the column of the word.
        tags: where its tags are, outer ones first.
        number: whether the first column numbers the words: ``1``, ``1-2`` for one written word, ``1.1`` for none.
        space: the column that says whether a blank follows, by ``SpaceAfter=No`` or ``-``; None: always.
        no_space: what it says where none follows.
        mixed: whether both tabs and blanks divide columns in each line.
        brackets: whether tags are the brackets of CoNLL-2012.
        header: whether the first line names the columns.
        alike: two columns of tags that mostly say the same: gold and predicted.
        known: the tags that were met, by which a line that begins with # is told from a comment.
    """

    n: int
    word: int
    tags: tuple[TagColumn, ...]
    number: bool = False
    space: int | None = None
    no_space: str = "SpaceAfter=No"
    mixed: bool = False
    brackets: bool = False
    header: bool = False
    alike: tuple[int, int] | None = None
    known: frozenset[str] = field(default=frozenset(), repr=False)

    def __str__(self) -> str:
        if self.brackets:
            return "CoNLL-2012, words in column 4, names in the brackets of column 11"
        places = [f"{tag.column + 1}" + (f" ({tag.key}=)" if tag.key else "") for tag in self.tags]
        return f"words in column {self.word + 1}, tags in column{'s' * (len(places) > 1)} {' and '.join(places)}"


# lines ---------------------------------------------------------------------------------------------------------------


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file, which end with LF, CR LF, or with CR alone where it has no LF; without blanks at their ends.

    Raises:
        InputError: as ``files.read_lines``.
    """
    with opened(path) as file:
        head = file.read(65_536)
    has_cr_alone = b"\r" in head and b"\n" not in head
    lines = re.split("\r\n|\r|\n", read_text(path)) if has_cr_alone else read_lines(path)
    return (line.rstrip(BLANKS) for line in lines)


def cells_of(line: str, *, mixed: bool = False) -> list[str]:
    """The columns of a line, divided by tabs if it has one, else by blanks; empty ones at its end are kept."""
    if mixed:
        return re.split("[ \t]+", line.strip(" \t"))
    if "\t" in line:
        return [cell.strip(" ") for cell in line.split("\t")] if " " in line else line.split("\t")
    return [cell for cell in line.split(" ") if cell]


# which column is what ------------------------------------------------------------------------------------------------


def columns_of(path: Path, wanted: str | None = None, *, n_last: int | None = None, or_last: bool = False) -> Columns:
    """Tell which column of a file is what.

    Args:
        wanted: such as ``word=2,tag=3,tag=4``; what it does not say is told from the file.
        n_last: take so many columns at the end for tags.
        or_last: take the last column where none is told.

    Raises:
        InputError: if no column holds tags, or ``wanted`` names none of them.
    """
    lines = list(islice(lines_of(path), N_LINES))
    columns = tell_columns(lines, place=str(path), wanted=wanted, n_last=n_last)
    if columns is None and or_last:
        columns = tell_columns(lines, place=str(path), wanted=wanted, n_last=1)
    if columns is None:
        first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
        shown = ", ".join(f"{n} {one_line(cell)}" for n, cell in enumerate(cells_of(first)[:12], start=1))
        raise InputError(
            f"{path}: no column holds tags such as O and B-PER; name it with --columns word=1,tag=2 (the columns "
            f"of the first line: {shown})"
        )
    return columns


def tell_columns(
    lines: Sequence[str], *, place: str = "", wanted: str | None = None, n_last: int | None = None
) -> Columns | None:
    """Tell from the first lines of a file which column is what; None if none holds tags.

    Raises:
        InputError: if ``wanted`` names a column that is not there.
    """
    if _is_conll_2012(lines):
        words, tags = _wanted(wanted, 0, [], place)
        tags = tags or (TagColumn(10),)
        return Columns(0, words.column if words else 3, tags, brackets=tags == (TagColumn(10),))
    text = [line for line in lines if "-DOCSTART-" not in line]
    if any(line.strip() and line[0] != "#" for line in text):
        text = [line for line in text if not line.startswith("#")]
    mixed = _is_mixed(list(filter(str.strip, text)))
    cells = [
        [cells_of(line, mixed=mixed) for line in sentence]
        for is_sentence, sentence in groupby(text, key=lambda line: bool(line.strip()))
        if is_sentence
    ]
    if not cells:
        return None
    n = _n_columns(list(chain.from_iterable(cells)))
    sentences = [[row[:n] for row in sentence if len(row) >= n] for sentence in cells]
    names = _names(lines, rows=sentences)
    header = bool(names) and not any(line.startswith(_NAMES_COLUMNS) for line in lines)
    if header:
        next(filter(None, sentences)).pop(0)
    table = _Table(sentences, n)
    space, no_space = table.space()
    told = tuple(map(TagColumn, range(max(1, n - n_last), n))) if n_last else tuple(table.tags(space))
    if n == len(CONLLU) and table.number and not names:
        names = list(CONLLU)
    words, tags = _wanted(wanted, n, names, place)
    alike = None if tags else table.alike(told)
    called = [i for i, name in enumerate(names[:n]) if name in _HEADS_WORD and TagColumn(i) not in told]
    taken = {tag.column for tag in (*told, *tags)}
    word = words.column if words else called[0] if called else table.word(taken)
    tags = tags or told
    known = frozenset(tag.cell(row) for row in table.rows for tag in tags)
    made = Columns(n, word, tags, table.number, space, no_space, mixed, header=header, alike=alike, known=known)
    return made if tags else None


def _is_conll_2012(lines: Sequence[str]) -> bool:
    rows = [row for row in map(cells_of, lines[:50]) if len(row) >= N_CONLL_2012 and not row[0].startswith("#")]
    return bool(rows) and all(
        _NUMBER.fullmatch(row[2]) and BRACKETS.fullmatch(row[10]) and row[10] and set(row[5]) & set("(*)")
        for row in rows
    )


def _is_mixed(lines: Sequence[str]) -> bool:
    """Whether tabs and blanks divide columns alike: both do in every line, or tabs stand only at the ends of lines."""
    cores = [line.strip(" \t") for line in lines]
    if not any("\t" in core for core in cores):
        return any("\t" in line for line in lines)
    has_both = len(lines) >= 5 and all("\t" in core and " " in core for core in cores)
    return has_both and len({len(cells_of(core, mixed=True)) for core in cores}) == 1


def _n_columns(rows: Sequence[Sequence[str]]) -> int:
    """How many columns most lines have, without those at the end that are empty in all of them."""
    most = Counter(map(len, rows)).most_common(1)[0][0]
    filled = (n for n in range(most, 1, -1) if any(row[n - 1] for row in rows if len(row) == most))
    return next(filled, 1)


def _names(lines: Sequence[str], rows: Sequence[Sequence[Sequence[str]]]) -> list[str]:
    """The names of the columns in lower case, where ``# global.columns`` of CoNLL-U Plus or a first line has them."""
    for line in lines:
        if line.startswith(_NAMES_COLUMNS):
            return line.removeprefix(_NAMES_COLUMNS).lower().split()
    first = [cell.lower() for cell in next(chain.from_iterable(rows), [])]
    has_tags = _HEADS_TAG & set(first) or any(map(_NAME_OF_TAGS.fullmatch, first))
    return first if _HEADS_WORD & set(first) and has_tags else []


def _wanted(
    wanted: str | None, n: int, names: Sequence[str], place: str
) -> tuple[TagColumn | None, tuple[TagColumn, ...]]:
    """The columns of words and of tags that were named, by their number, or by a name and perhaps a key."""

    def find(which: str) -> TagColumn | None:
        which, _, key = which.partition(":")
        if not re.fullmatch(r"-?[1-9]\d{0,5}", which):
            return TagColumn(names.index(which.lower()), key) if which.lower() in names else None
        column = int(which) - (int(which) > 0)
        n_there = n or N_CONLL_2012
        if not -n_there <= column < n_there:
            raise InputError(
                f"--columns {wanted}: {place} has {counted(n_there, 'column')}, there is none with the number {which}"
            )
        return TagColumn(column + n if column < 0 else column, key)

    known = f"; the columns are called {', '.join(names)}" if names else ""
    return named_columns(wanted, find, f"word=NUMBER or tag=NUMBER, such as word=2,tag=3,tag=4{known}")


def named_columns(
    wanted: str | None, find: Callable[[str], _Column | None], like: str
) -> tuple[_Column | None, tuple[_Column, ...]]:
    """The column of words, and those of tags, that ``--columns`` names.

    Args:
        find: the column of a name; None if there is none.
        like: what an error says of a part that names no column.

    Raises:
        InputError: if a part names no column.
    """
    columns: dict[str, list[_Column]] = {"word": [], "tag": []}
    for part in wanted.split(",") if wanted is not None else ():
        what, _, name = part.strip().partition("=")
        column = find(name)
        if what not in columns or column is None:
            raise InputError(f"--columns {wanted}: {part.strip()!r} is not {like}")
        columns[what].append(column)
    return next(reversed(columns["word"]), None), tuple(columns["tag"])


class _Table:
    """The cells of the first lines of a file, by sentence, and by column."""

    def __init__(self, sentences: Sequence[Sequence[Sequence[str]]], n: int) -> None:
        self.sentences, self.n = sentences, n
        self.rows = list(chain.from_iterable(sentences))
        self.values = [[row[column] for row in self.rows] for column in range(n)]
        self.number = n > 2 and self._counts_words()

    def _counts_words(self) -> bool:
        """Whether the first column numbers the words of each sentence, or of the file."""
        before: int | None = None
        for sentence in self.sentences:
            own = [row[0] for row in sentence if not (RANGE.fullmatch(row[0]) or EMPTY_NODE.fullmatch(row[0]))]
            if not all(map(_NUMBER.fullmatch, own)):
                return False
            for i, number in enumerate(map(int, own)):
                begins_anew = number < 2 and (i == 0 or (before or 0) > 1)
                if not begins_anew and before is not None and number != before + 1:
                    return False
                before = number
        return before is not None

    def space(self) -> tuple[int | None, str]:
        """The column that says whether a blank follows, and what it says where none does."""
        for column in range(self.n - 1, 0, -1):
            for no_space in ("SpaceAfter=No", "NoSpaceAfter"):
                if any(no_space in value for value in self.values[column]):
                    return column, no_space
            if set(self.values[column]) == {"+", "-"}:
                return column, "-"
        return self.n - 1 if self.number and self.n == len(CONLLU) else None, "SpaceAfter=No"

    def tags(self, space: int | None) -> list[TagColumn]:
        """The columns of tags, without those of phrases beside them; else ``key=tag``, else the last column."""
        tagged = [column for column in range(self.number, self.n) if _are_tags(self.values[column])]
        if len(tagged) == self.n - self.number:
            tagged = tagged[1:]  # all of them look like tags: the first is the word
        tagged = [column for column in tagged if not self._are_phrases(column)] or tagged
        found = [TagColumn(column) for column in tagged]
        if any(set(self.values[column]).difference(OUTSIDE) for column in tagged):
            return found
        return self._keyed() or self._last(space) or found

    def _are_phrases(self, column: int) -> bool:
        labels = [value[2:] for value in self.values[column] if is_prefixed(value)]
        return bool(labels) and sum(label in _CHUNKS for label in labels) >= 0.8 * len(labels)

    def _keyed(self) -> list[TagColumn]:
        """Tags in a column of ``key=value`` parts, such as ``name=B-PER`` beside ``SpaceAfter=No``."""
        for column in range(self.n - 1, 0, -1):
            of_key: defaultdict[str, set[str]] = defaultdict(set)
            for part in chain.from_iterable(value.split("|") for value in self.values[column]):
                key, equals, tag = part.partition("=")
                of_key[key if equals else ""].add(tag)
            if keys := [key for key, tags in of_key.items() if key and _are_tags(tags) and tags != {"O"}]:
                return [TagColumn(column, key) for key in keys]
        return []

    def _last(self, space: int | None) -> list[TagColumn]:
        """The last column, if it has some tags, or labels without letters and something for no mention."""
        column = self.n - 2 if space == self.n - 1 else self.n - 1
        if column <= self.number:
            return []
        signs = set(self.values[column]).intersection(OUTSIDE)
        named = set(self.values[column]) - signs
        has_outside = signs & {"O", "o", "0"} or (signs and self.n == 2)
        are_labels = has_outside and len(named) <= max(20, len(self.rows) // 10) and all(map(LABEL.fullmatch, named))
        return [TagColumn(column)] if named and (are_labels or any(map(is_prefixed, named))) else []

    def word(self, taken: Collection[int]) -> int:
        """The second column where the first has numbers, else the first that is not ``taken`` and not beside words."""
        free = [column for column in range(self.n) if column not in taken] or [0]
        if self.number:
            return 1 if 1 in free else free[-1]
        return next((column for column in free if self.n < 3 or not self._is_beside(column)), free[0])

    def _is_beside(self, column: int) -> bool:
        """Whether a column is numbers, parts of speech, mostly empty, or the same all over a sentence, as the id of a
        document is."""
        values = self.values[column]
        long = [{row[column] for row in sentence} for sentence in self.sentences if len(sentence) > 2]
        is_same = bool(long) and all(len(of_sentence) == 1 for of_sentence in long)
        is_other = is_same or _PARTS_OF_SPEECH.issuperset(values)
        return is_other or all(map(_NUMBERED.fullmatch, values)) or 2 * values.count("") > len(values)

    def alike(self, tags: Sequence[TagColumn]) -> tuple[int, int] | None:
        """Two columns of tags that mostly say the same."""
        for columns in combinations(tags, 2):
            pairs = [(columns[0].cell(row), columns[1].cell(row)) for row in self.rows]
            n_same = sum(one == other and one not in OUTSIDE for one, other in pairs)
            n_least = min(sum(pair[side] not in OUTSIDE for pair in pairs) for side in (0, 1))
            if n_same and 2 * n_same >= n_least:
                return columns[0].column, columns[1].column
        return None


def _are_tags(values: Collection[str]) -> bool:
    """Whether nearly all cells of a column are O or tags with a letter."""
    named = [value for value in values if value not in OUTSIDE]
    if not named:
        return "O" in values or "o" in values
    if n_tags := sum(map(is_prefixed, named)):
        return n_tags >= 0.9 * len(named)
    lower = all(re.fullmatch(r"[bilues][-_:]\w.*", value) for value in named)
    return len(named) < len(values) and (lower or are_suffixed(named))
