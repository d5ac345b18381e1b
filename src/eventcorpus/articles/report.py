"""What reading articles noticed: what was changed, left out or not read, counted, and how files were understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from eventcorpus.errors import InputError
from eventcorpus.tables import counted

SHOWN = 5
"""How many of a kind are named."""


class NotRead(InputError):
    """A file of a kind that is not read, or is damaged: named, it is an error; in a folder it is counted."""


RefusalKind = Literal["unreadable", "without text", "id taken", "file"]


@dataclass(frozen=True)
class Refused:
    """A record that is no article, and is left out.

    Attributes:
        file: its path, or what messages call it.
        place: the line, row or item; empty: the file, from where it could not be read on.
        id: as the record tells it; empty if it does not.
        kind: ``file`` if more than this record is lost.
    """

    file: str
    place: str
    id: str
    kind: RefusalKind
    error: InputError

    @property
    def reason(self) -> str:
        """What is wrong, without the place."""
        return re.sub("^(: | is )", "", str(self.error).removeprefix(self.file).removeprefix(f": {self.place}"))


@dataclass
class ReadReport:
    """What reading noticed.

    Attributes:
        n_articles: how many were read.
        changed: ids of articles with line ends, control characters or lone surrogates replaced.
        replaced: those of them with control characters or lone surrogates.
        duplicates: (first, second): ids of articles with the same text.
        markup: ids of articles in which HTML entities or tags were read as what they stand for.
        without_text: places of rows that have no text: they are left out.
        empty_rows: places of rows of a table in which no cell is filled.
        cut: ids of articles whose text fills a cell of Excel to the last character, or ends as NewsAPI cuts texts.
        strange: by field the ids of articles whose value of it is none that it can have: it stands in ``metadata``.
        unseen: columns of --field that no row has.
        dates: articles with dates that could not be read and stand in ``metadata``, as they were written.
        not_read: (file, why): files of a folder that were not read.
        understood: how files were read, where that is not plain: line -> their paths.
        as_written: by id the stored text of ``markup`` before; filled only if it is a dictionary.
        goes_on: whether lines of JSON that are not UTF-8 are left out, and not their files.
    """

    n_articles: int = 0
    changed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    markup: list[str] = field(default_factory=list)
    without_text: list[str] = field(default_factory=list)
    empty_rows: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    strange: dict[str, list[str]] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    not_read: list[tuple[str, str]] = field(default_factory=list)
    understood: dict[str, list[str]] = field(default_factory=dict)
    as_written: dict[str, str] | None = None
    goes_on: bool = False

    def understand(self, path: str, how: str) -> None:
        """Note how a file was read, once a file."""
        paths = self.understood.setdefault(how, [])
        if path not in paths[-1:]:
            paths.append(path)

    def lines(self) -> Iterator[str]:
        """One line for each thing worth telling."""
        for how, paths in self.understood.items():
            yield f"{paths[0]}{f' and {len(paths) - 1:,} more' if len(paths) > 1 else ''}: {how}"
        if self.not_read:
            listed = "; ".join(f"{path} ({why})" for path, why in self.not_read[:SHOWN])
            more = f"; and {len(self.not_read) - SHOWN:,} more" if len(self.not_read) > SHOWN else ""
            yield f"{counted(len(self.not_read), 'file')} not read: {listed}{more}"
        kinds: list[tuple[Sequence[str], str, str]] = [
            (self.without_text, "article", "without text left out"),
            (self.empty_rows, "empty row", "skipped"),
            (
                self.dates,
                "date",
                "not read, kept as published_as_written in metadata: no day, or day and month cannot be told apart",
            ),
            (self.markup, "text", "had HTML entities or tags, read as what they stand for"),
            (self.changed, "text", "had line ends, control characters or lone surrogates replaced"),
            (
                self.cut,
                "text",
                "may be cut off (32,767 characters, a full cell of Excel, or [+n chars] at the end)",
            ),
        ]
        kinds += [(ids, "value", f"of {name} not of its kind, kept in metadata") for name, ids in self.strange.items()]
        for found, noun, what in kinds:
            if found:
                yield f"{counted(len(found), noun)} {what}, the first: {found[0]}"
        for column in self.unseen:
            yield f"--field: no article has a column {column!r}"
        for first, second in self.duplicates[:SHOWN]:
            yield f"article {second} has exactly the text of {first}"
        if len(self.duplicates) > SHOWN:
            yield f"... and {counted(len(self.duplicates) - SHOWN, 'more exact duplicate')}"

    def loss(self) -> str:
        """The first thing that is lost or not as its file has it, for ``--strict``; empty if nothing is."""
        if self.not_read:
            path, why = self.not_read[0]
            return f"{path} ({why}) was not read ({counted(len(self.not_read), 'file')})"
        if self.without_text:
            return f"{self.without_text[0]} has no text ({counted(len(self.without_text), 'article')})"
        if self.replaced:
            return f"the text of {self.replaced[0]} had characters replaced ({counted(len(self.replaced), 'article')})"
        return ""
