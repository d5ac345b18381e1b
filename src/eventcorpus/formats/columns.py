"""The columns of CoNLL files: which of them is the word and which are tags. ``formats.sentences`` reads them.

Columns are named by the user, or told from what stands in them: a number, a sentence or document id before the word,
tags before or after it, one or several columns of them, tags in a ``key=value`` column of CoNLL-U, the bracket column
of CoNLL-2012. Only tabs and plain blanks divide columns: other blanks are part of a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from eventcorpus.errors import InputError
from eventcorpus.files import opened, read_lines
from eventcorpus.formats.schemes import OUTSIDE, is_plain, is_prefixed, is_suffixed
from eventcorpus.text import one_line

N_LINES = 1000
"""Lines of a file from which its columns are told."""
N_CONLL_2012 = 12
"""The columns that every line has at least: what follows differs."""
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_CHUNKS = frozenset(["NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "NC", "VC", "PC"])
"""The phrases that are tagged beside names in CoNLL-2000 and CoNLL-2003."""
_HEADS_WORD = frozenset(["word", "words", "token", "tokens", "form", "text"])
_HEADS_TAG = frozenset(["tag", "tags", "ner", "ner_tag", "ner_tags", "ne", "label", "labels", "entity", "bio", "iob"])
_NUMBER = re.compile(r"\d+")
RANGE = re.compile(r"(\d{1,9})-(\d{1,9})")
EMPTY_NODE = re.compile(r"\d{1,9}\.\d{1,9}")
BRACKETS = re.compile(r"(\([^\s()*]+)?\*?\)?")
_NAMES_COLUMNS = "# global.columns ="
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

    @property
    def is_simple(self) -> bool:
        """Whether a line is nothing but a word and its tags."""
        is_special = self.number or self.brackets or self.space is not None or any(tag.key for tag in self.tags)
        return not is_special and self.n > 0

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
    lines = _lines_by_cr(path) if b"\r" in head and b"\n" not in head else read_lines(path)
    return (line.rstrip(BLANKS) for line in lines)


def _lines_by_cr(path: Path) -> Iterator[str]:
    rest = ""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            while part := file.read(1 << 20):
                *lines, rest = (rest + part).replace("\r\n", "\r").split("\r")
                yield from (line for whole in lines for line in whole.split("\n"))
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; convert the file, for example with iconv") from None
    yield rest


def cells_of(line: str, *, mixed: bool = False) -> list[str]:
    """The columns of a line, divided by tabs if it has one, else by blanks; empty ones at its end are kept."""
    if mixed:
        return re.split("[ \t]+", line.strip(" \t"))
    if "\t" in line:
        return [cell.strip(" ") for cell in line.split("\t")] if " " in line else line.split("\t")
    return [cell for cell in line.split(" ") if cell]


def is_blank(line: str) -> bool:
    """Whether a line ends a sentence."""
    return not line or not line.strip()


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
        shown = ", ".join(f"{n} {one_line(cell)}" for n, cell in enumerate(_first_row(lines), start=1))
        raise InputError(
            f"{path}: no column holds tags such as O and B-PER; name it with --columns word=1,tag=2 (the columns "
            f"of the first line: {shown})"
        )
    return columns


def _first_row(lines: Sequence[str]) -> list[str]:
    rows = [line for line in lines if not is_blank(line) and not line.startswith("#")]
    return cells_of(rows[0])[:12] if rows else []


def tell_columns(
    lines: Sequence[str], *, place: str = "", wanted: str | None = None, n_last: int | None = None
) -> Columns | None:
    """Tell from the first lines of a file which column is what; None if none holds tags.

    Raises:
        InputError: if ``wanted`` names a column that is not there.
    """
    if _is_conll_2012(lines):
        return _wanted(Columns(0, 3, (TagColumn(10),), brackets=True), wanted, [], place)
    sentences = _sentences(lines)
    if not sentences:
        return None
    mixed = _is_mixed(list(chain.from_iterable(sentences)))
    rows = [[cells_of(line, mixed=mixed) for line in sentence] for sentence in sentences]
    n = _n_columns(list(chain.from_iterable(rows)))
    rows = [[row[:n] for row in sentence if len(row) >= n] for sentence in rows]
    flat = list(chain.from_iterable(rows))
    names = _names(lines, flat)
    header = bool(names) and names == [cell.lower() for cell in flat[0]]
    if header:
        rows[0], flat = rows[0][1:], flat[1:]
    told = _Columns(rows, flat, n).told(n_last)
    if not told.tags and wanted is None:
        return None
    called_word = [i for i, name in enumerate(names[:n]) if name in _HEADS_WORD and TagColumn(i) not in told.tags]
    word = called_word[0] if called_word else told.word
    told = replace(told, word=word, mixed=mixed, header=header)
    if n == len(CONLLU) and told.number and not names:
        names = list(CONLLU)
    columns = _wanted(told, wanted, names, place)
    if columns is None or not columns.tags:
        return None
    return replace(columns, known=frozenset(tag.cell(row) for row in flat for tag in columns.tags))


def _sentences(lines: Sequence[str]) -> list[list[str]]:
    """The lines of each sentence, without comments, if that leaves any."""
    rows = [line for line in lines if "-DOCSTART-" not in line]
    with_comments = [line for line in rows if not line.startswith("#")]
    if all(map(is_blank, with_comments)):
        with_comments = rows
    sentences: list[list[str]] = [[]]
    for line in with_comments:
        if not is_blank(line):
            sentences[-1].append(line)
        elif sentences[-1]:
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


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
    if len(lines) < 5 or not all("\t" in core and " " in core for core in cores):
        return False
    return len({len(cells_of(line, mixed=True)) for line in lines}) == 1


def _n_columns(rows: Sequence[Sequence[str]]) -> int:
    """How many columns most lines have, without those that are empty in all of them."""
    most = Counter(map(len, rows)).most_common(1)[0][0]
    return max(1, max(_n_filled(row) for row in rows if len(row) == most))


def _n_filled(row: Sequence[str]) -> int:
    return next((n for n in range(len(row), 0, -1) if row[n - 1]), 0)


def _names(lines: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns in lower case, where ``# global.columns`` of CoNLL-U Plus or a first line has them."""
    for line in lines:
        if line.startswith(_NAMES_COLUMNS):
            return line.removeprefix(_NAMES_COLUMNS).lower().split()
    first = [cell.lower() for cell in rows[0]] if rows else []
    return first if _HEADS_WORD & set(first) and _HEADS_TAG & set(first) else []


def _wanted(told: Columns, wanted: str | None, names: Sequence[str], place: str) -> Columns | None:
    """The columns with those that were named on the command line."""
    if wanted is None:
        return told
    word, tags = told.word, list[TagColumn]()
    for part in wanted.split(","):
        what, _, which = part.strip().partition("=")
        which, _, key = which.partition(":")
        column = int(which) - (int(which) > 0) if re.fullmatch(r"-?[1-9]\d{0,5}", which) else None
        if column is None and which.lower() in names:
            column = names.index(which.lower())
        if what not in ("word", "tag") or column is None:
            known = f"; the columns are called {', '.join(names)}" if names else ""
            raise InputError(
                f"--columns {wanted}: {part.strip()!r} is not word=NUMBER or tag=NUMBER, such as word=2,tag=3,tag=4"
                + known
            )
        n = told.n or N_CONLL_2012
        if not -n <= column < n:
            raise InputError(f"--columns {wanted}: {place} has {n} columns, there is none with the number {which}")
        column += told.n if column < 0 else 0
        if what == "word":
            word = column
        else:
            tags.append(TagColumn(column, key))
    if "word=" not in wanted and any(tag.column == word for tag in tags):
        word = next((i for i in range(n) if all(tag.column != i for tag in tags)), word)
    same = tuple(tags) == told.tags or not tags
    return replace(told, word=word, tags=tuple(tags) or told.tags, alike=None, brackets=told.brackets and same)


class _Columns:
    """The columns of the first lines of a file, by what stands in them."""

    def __init__(self, rows: Sequence[Sequence[Sequence[str]]], flat: Sequence[Sequence[str]], n: int) -> None:
        self.rows, self.flat, self.n = rows, flat, n
        self.values = [[row[column] for row in flat] for column in range(n)]
        self.number = n > 2 and self._counts_words()

    def told(self, n_last: int | None) -> Columns:
        """Which column is what; no tags if none holds them."""
        space, no_space = self._space()
        last = [TagColumn(column) for column in range(max(1, self.n - (n_last or 0)), self.n)]
        tags = last if n_last else self._tags(space)
        alike = self._alike(tags)
        word = self._word(tags)
        return Columns(self.n, word, tuple(tags), self.number, space=space, no_space=no_space, alike=alike)

    def _counts_words(self) -> bool:
        """Whether the first column numbers the words of each sentence, or of the file."""
        before: int | None = None
        for sentence in self.rows:
            is_first = True
            for row in sentence:
                if RANGE.fullmatch(row[0]) or EMPTY_NODE.fullmatch(row[0]):
                    continue
                if not _NUMBER.fullmatch(row[0]) or len(row[0]) > 9:
                    return False
                number = int(row[0])
                begins_anew = number < 2 and (is_first or (before or 0) > 1)
                if not begins_anew and before is not None and number != before + 1:
                    return False
                before, is_first = number, False
        return before is not None

    def _space(self) -> tuple[int | None, str]:
        """The column that says whether a blank follows, and what it says where none does."""
        for column in range(self.n - 1, 0, -1):
            values = self.values[column]
            if any("SpaceAfter=No" in value for value in values):
                return column, "SpaceAfter=No"
            if set(values) == {"+", "-"}:
                return column, "-"
        return self.n - 1 if self.number and self.n == len(CONLLU) else None, "SpaceAfter=No"

    def _tags(self, space: int | None) -> list[TagColumn]:
        columns = [column for column in range(self.number, self.n) if _are_tags(self.values[column])]
        if self.number + 1 == self.n or columns == list(range(self.number, self.n)):
            columns = columns[1:]  # all of them look like tags: the first is the word
        phrases = [column for column in columns if self._are_phrases(column)]
        if len(phrases) < len(columns):
            columns = [column for column in columns if column not in phrases]
        found = [TagColumn(column) for column in columns]
        if not any(self._labels(column) for column in columns):
            found = self._keyed() or found
        if not found or not any(self._labels(tag.column) or tag.key for tag in found):
            found = self._plain(space) or found
        last = self.n - 1
        if not found and last > 0 and any(map(is_prefixed, self.values[last])):
            found = [TagColumn(last)]  # with cells that are no tags, which reading then names
        return found

    def _are_phrases(self, column: int) -> bool:
        labels = [value[2:] for value in self.values[column] if is_prefixed(value)]
        return bool(labels) and sum(label in _CHUNKS for label in labels) >= 0.8 * len(labels)

    def _labels(self, column: int) -> set[str]:
        return {value[2:] for value in self.values[column] if is_prefixed(value)} | {
            value for value in self.values[column] if value not in OUTSIDE and not is_prefixed(value)
        }

    def _keyed(self) -> list[TagColumn]:
        """Tags in a column of ``key=value`` parts, such as ``name=B-PER`` beside ``SpaceAfter=No``."""
        for column in range(self.n - 1, 0, -1):
            of_key: dict[str, set[str]] = {}
            for value in self.values[column]:
                for part in value.split("|") if "=" in value else ():
                    key, _, tag = part.partition("=")
                    of_key.setdefault(key, set()).add(tag)
            keys = [key for key, tags in of_key.items() if key and _are_tags(list(tags)) and tags != {"O"}]
            if keys:
                return [TagColumn(column, key) for key in keys]
        return []

    def _plain(self, space: int | None) -> list[TagColumn]:
        """The last column, if it has labels without prefixes, and something for no mention."""
        column = self.n - 1 if space != self.n - 1 else self.n - 2
        if column < 1 or (self.number and column < 2):
            return []
        values = set(self.values[column])
        signs = values & set(OUTSIDE)
        named = values - signs
        outside = signs & {"O", "o", "0"} or (signs if self.n == 2 else set())
        is_few = len(named) <= max(20, len(self.flat) // 10)
        return [TagColumn(column)] if outside and named and is_few and all(map(is_plain, named)) else []

    def _word(self, tags: Sequence[TagColumn]) -> int:
        """The first column that is neither tags, nor numbers, nor the same all over a sentence, nor mostly empty."""
        taken = {tag.column for tag in tags}
        free = [column for column in range(self.n) if column not in taken]
        if not free:
            return 0
        if self.number:
            return 1 if 1 in free else free[-1]
        for column in free:
            if self.n < 3 or not (self._is_numbers(column) or self._is_same(column) or self._is_sparse(column)):
                return column
        return free[0]

    def _is_numbers(self, column: int) -> bool:
        return all(map(_NUMBER.fullmatch, self.values[column]))

    def _is_sparse(self, column: int) -> bool:
        return 2 * self.values[column].count("") > len(self.flat)

    def _is_same(self, column: int) -> bool:
        """Whether a column has one value in each sentence, such as an id of its document."""
        long = [[row[column] for row in sentence] for sentence in self.rows if len(sentence) > 2]
        return bool(long) and all(len(set(values)) == 1 for values in long)

    def _alike(self, tags: Sequence[TagColumn]) -> tuple[int, int] | None:
        """Two columns of tags that mostly say the same."""
        for i, first in enumerate(tags):
            for second in tags[i + 1 :]:
                pairs = [(first.cell(row), second.cell(row)) for row in self.flat]
                n_same = sum(one == other and one not in OUTSIDE for one, other in pairs)
                n_least = min(sum(pair[side] not in OUTSIDE for pair in pairs) for side in (0, 1))
                if n_same and 2 * n_same >= n_least:
                    return first.column, second.column
        return None


def _are_tags(values: Sequence[str]) -> bool:
    """Whether nearly all cells of a column are O or tags with a letter."""
    signs = {value for value in values if value in OUTSIDE}
    named = [value for value in values if value not in signs]
    if not named:
        return bool(signs & {"O", "o"})
    n_tags = sum(map(is_prefixed, named))
    if not n_tags:
        lower = all(re.fullmatch(r"[bilues][-_]\w.*", value) for value in named)
        return bool(signs) and (lower or all(map(is_suffixed, named)))
    return n_tags >= 0.9 * len(named)
