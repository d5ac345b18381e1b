"""The lines of CoNLL files as words with their tags, sentences and documents.

Comes in: a file, and which of its columns is what (``formats.columns``). Goes out: its documents one by one, each a
list of sentences; and their text. Of CoNLL-U ``1-2`` is one written word for several, ``1.1`` is not in the text, and
``SpaceAfter=No`` joins words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from eventcorpus.errors import InputError
from eventcorpus.formats.columns import BRACKETS, EMPTY_NODE, RANGE, Columns, cells_of, is_blank, lines_of
from eventcorpus.formats.schemes import is_prefixed
from eventcorpus.text import one_line


class TaggedWord(NamedTuple):
    """A word with what stands in its tag columns, and the number of its line, from 1.

    ``is_joined``: no blank follows it. ``is_within``: it has no text of its own, since it is written as one with the
    word before it (``le`` of ``du``).
    """

    word: str
    tags: tuple[str, ...]
    line: int
    is_joined: bool = False
    is_within: bool = False


Sentence = list[TaggedWord]
TaggedDocument = list[Sentence]
OnFault = Callable[[int, str], None]
Offsets = Sequence[Sequence[tuple[int, int]]]
"""Where each word of a document stands in its text, sentence by sentence."""


def tagged_documents(path: Path, columns: Columns, *, on_fault: OnFault | None = None) -> Iterator[TaggedDocument]:
    """Yield documents: what ``-DOCSTART-``, ``# newdoc`` or ``#begin document`` divide, else each sentence.

    An empty line ends a sentence. A line that begins with # is a comment, unless it has a tag where tags are.

    Args:
        on_fault: is told the line and what is wrong with it, and the line is left out; without it this is an error. It
            is called before the document with the line is yielded, which may be empty then.

    Raises:
        InputError: naming the line that has not as many columns as the others.
    """
    is_faulty = False

    def fault(number: int, message: str) -> None:
        nonlocal is_faulty
        if on_fault is None:
            raise InputError(f"{path}: line {number}: {message}")
        is_faulty = True
        on_fault(number, message)

    document: TaggedDocument = []
    sentence = _SentenceReader(columns, fault)
    with_documents = columns.brackets
    has_header = columns.header
    for number, line in enumerate(chain(lines_of(path), [""]), start=1):
        begins = _begins_document(line)
        if begins or is_blank(line):
            if words := sentence.taken():
                document.append(words)
            if (document or is_faulty) and (begins or not with_documents):
                yield document
                document, is_faulty = [], False
            with_documents = with_documents or begins
            continue
        cells = cells_of(line, mixed=columns.mixed)
        if line[0] == "#" and _is_comment(cells, columns):
            continue
        if has_header:
            has_header = False
        else:
            sentence.add(cells, line, number)
    if document or is_faulty:
        yield document


def _begins_document(line: str) -> bool:
    if line.startswith("#"):
        return line.startswith(("#begin document", "# newdoc")) and not line.startswith("# newdocs")
    return "-DOCSTART-" in line and "-DOCSTART-" in cells_of(line)[:2]


def _is_comment(cells: Sequence[str], columns: Columns) -> bool:
    if columns.number or columns.brackets or len(cells) != columns.n:
        return True
    return not all((cell := tag.cell(cells)) in columns.known or is_prefixed(cell) for tag in columns.tags)


class _SentenceReader:
    """Makes the words of a sentence from its lines."""

    def __init__(self, columns: Columns, fault: OnFault) -> None:
        self.columns, self.fault = columns, fault
        self.words: Sentence = []
        self.written: tuple[str, bool, int, int] | None = None
        """A word that is written as one: its text, whether no blank follows, the numbers of its first and last part."""
        self.label = ""

    def taken(self) -> Sentence:
        """The words so far, which are no longer here."""
        words, self.words, self.written = self.words, [], None
        if self.label:
            self.fault(words[-1].line, f"the bracket of {self.label} is not closed at the end of the sentence")
            self.label = ""
        return words

    def add(self, cells: list[str], line: str, number: int) -> None:
        """Take one line."""
        columns = self.columns
        n = len(cells)
        if n != columns.n:
            while n > columns.n and not cells[-1] and columns.n:
                cells.pop()
                n -= 1
            if n != columns.n and (columns.n or n < 12):
                return self.fault(number, _wrong_number(line, n, columns))
        is_joined = False
        if columns.space is not None:
            cell = cells[columns.space]
            is_joined = cell == "-" or "SpaceAfter=No" in cell.split("|")
        word = cells[columns.word]
        if columns.number:
            own = cells[0]
            if not own.isdecimal():
                if match := RANGE.fullmatch(own):
                    self.written = (word, is_joined, int(match[1]), int(match[2]))
                elif not EMPTY_NODE.fullmatch(own):
                    self.fault(number, f"{one_line(own)} is no number of a word, and the first column has these")
                return None
            if self.written is not None:
                text, joined, first, last = self.written
                if first <= int(own) <= last:
                    tags = tuple(tag.cell(cells) for tag in columns.tags)
                    self.words.append(
                        TaggedWord("" if int(own) > first else text, tags, number, joined, int(own) > first)
                    )
                    return None
                self.written = None
        tags = tuple(tag.cell(cells) for tag in columns.tags)
        if columns.brackets:
            tags = (self._unbracketed(tags[0], number),)
        self.words.append(TaggedWord(word, tags, number, is_joined))
        return None

    def _unbracketed(self, cell: str, number: int) -> str:
        """The tag of a cell such as ``(ORG)``, ``(GPE*``, ``*``, ``*)``."""
        match = BRACKETS.fullmatch(cell)
        if match is None or not cell or (match[1] and self.label):
            self.fault(number, f"{one_line(cell)} is no name in brackets such as (ORG), (GPE*, * and *)")
            return "O"
        letter, label = ("B", match[1][1:]) if match[1] else ("I", self.label)
        self.label = "" if cell.endswith(")") else label
        return f"{letter}-{label}" if label else "O"


def _wrong_number(line: str, n: int, columns: Columns) -> str:
    shown = one_line(line)
    if n == 1:
        needs = "a token and its tag are needed" if columns.n == 2 else f"{columns.n} columns are needed"
        return f"{shown} has one column; {needs}"
    other = "no column of names" if not columns.n else f"the others have {columns.n}"
    return f"{shown} has {n} columns, {other}; only a tab or a blank divides them, which a word cannot have"


def document_text(document: TaggedDocument) -> tuple[str, list[list[tuple[int, int]]]]:
    """The words joined by blanks, sentences by line feeds; and where each word stands, sentence by sentence."""
    parts: list[str] = []
    offsets: list[list[tuple[int, int]]] = []
    at = 0
    for n, sentence in enumerate(document):
        between = "\n" if n else ""
        here: list[tuple[int, int]] = []
        for word in sentence:
            if word.is_within:
                here.append(here[-1] if here else (at, at))
            elif word.word:
                start = at + len(between)
                at = start + len(word.word)
                here.append((start, at))
                parts += (between, word.word)
            else:
                here.append((at, at))
                continue
            between = "" if word.is_joined else " "
        offsets.append(here)
    return "".join(parts), offsets


def words_of(documents: Iterable[TaggedDocument]) -> Iterator[TaggedWord]:
    """All words, one after another."""
    return (word for document in documents for sentence in document for word in sentence)
