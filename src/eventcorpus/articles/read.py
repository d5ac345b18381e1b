"""Articles from other people's files: JSON Lines, JSON, CSV, Excel, Parquet, HTML, plain text, and folders of these.

Comes in: other people's files. Goes out: articles with text in the stored form, each with an id of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.articles.files import Source, article_rows
from eventcorpus.articles.markup import without_markup
from eventcorpus.articles.names import Naming, naming_of
from eventcorpus.articles.report import NotRead, ReadReport
from eventcorpus.articles.rows import AS_WRITTEN, FIELDS, article_of, fits
from eventcorpus.errors import InputError
from eventcorpus.files import paths_of
from eventcorpus.schema import Article
from eventcorpus.text import stored_form

FIELD_OPTION = "--field {}=NAME"
"""How people say which column a field is in."""
_EXCEL_CELL = 32_767
"""The most UTF-16 units that a cell of Excel holds; it cuts off what is longer."""
_CUT = re.compile(r"\[\+\d+ chars\]\s*$")
"""What NewsAPI puts where it cuts a text."""
_MANY = 1_000
"""So many rows without a text at the beginning of a file are enough to say that it has none."""


def read_articles(
    paths: str | Path | Iterable[str | Path],
    *,
    field_map: Mapping[str, str] | None = None,
    title_in_text: bool = False,
    report: ReadReport | None = None,
    on_error: Callable[[str, InputError], None] | None = None,
    stdin: IO[bytes] | None = None,
    way_out: str = FIELD_OPTION,
) -> Iterator[Article]:
    """Read articles from a file or folder, or several, in the order given (folders: by path).

    Args:
        field_map: from our field names to the columns of the files, for example {"text": "body"}; names that other
            programs give a field are known, and said in the report.
        title_in_text: put the title and an empty line before the text.
        report: filled while reading.
        on_error: told the id (or place) and the fault of an article that cannot be read, which is then left out instead
            of raised.
        stdin: what the path ``-`` means.
        way_out: how people say which column is the field {}, for messages.

    Raises:
        InputError: naming file and line or row: nothing there, no text, a duplicate id, a value of the wrong kind.
    """
    report = report if report is not None else ReadReport()
    reading = _Reading(field_map or {}, title_in_text, report, way_out)
    n_before, n_without = report.n_articles, len(report.without_text)
    for source, place, row in article_rows(paths_of(paths), report, stdin=stdin):
        try:
            article = reading.article(source, place, row)
        except InputError as error:
            if on_error is None:
                raise
            on_error(reading.name(row, place), error)
            continue
        if article is not None:
            report.n_articles += 1
            yield article
        elif on_error is not None:
            on_error(reading.name(row, place), InputError(f"{place}: an article without text"))
    reading.end()
    if report.n_articles == n_before and on_error is None:
        if len(report.without_text) > n_without:
            raise InputError(f"{report.without_text[n_without]}: an article without text, and no other has one")
        if report.not_read:
            path, why = report.not_read[-1]
            raise InputError(f"{path}: {why}")


def held_articles(paths: Iterable[str | Path], report: ReadReport, **settings: Any) -> list[Article]:
    """Articles to find by the hash of their text: those whose markup was read stand there a second time, as written.

    Args:
        report: its ``as_written`` must be a dictionary.
        settings: of ``read_articles``.
    """
    articles = list(read_articles(paths, report=report, **settings))
    written = report.as_written or {}
    return articles + [replace(article, text=written[article.id]) for article in articles if article.id in written]


class _Reading:
    """What one run through files knows: how columns are named, which ids are taken, which file has no text.

    Args:
        field_map, title_in_text, report, way_out: see ``read_articles``.

    Raises:
        InputError: if ``field_map`` names a field that is none.
    """

    def __init__(self, field_map: Mapping[str, str], title_in_text: bool, report: ReadReport, way_out: str) -> None:
        for name in field_map:
            if name not in FIELDS:
                raise InputError(f"--field {name}=...: {name!r} is not a field of ours; they are {', '.join(FIELDS)}")
        self._field_map, self._title_in_text, self._report, self._way_out = field_map, title_in_text, report, way_out
        self._unseen = set(field_map.values())
        self._namings: dict[tuple[str, ...], Naming | str] = {}
        self._seen = _Seen(way_out)
        self._source = Source("")
        self._has_text = False
        self._waiting: list[str] = []
        self._why = ""

    def name(self, row: Mapping[str, Any], place: str) -> str:
        """What a row is called in a message: its id, or where it stands."""
        return str(row.get(self._field_map.get("id", "id"), place))

    def article(self, source: Source, place: str, row: Mapping[str, Any]) -> Article | None:
        """The article of a row, noted in the report; None if it has no text.

        Raises:
            InputError: see ``read_articles``.
        """
        if source is not self._source:
            self._end_file()
            self._source, self._has_text = source, False
        naming = self._naming(tuple(row))
        if isinstance(naming, str):
            self._note_without_column(place, naming)
            return None
        self._report.without_text += self._waiting
        self._has_text, self._waiting = True, []
        if naming.said:
            self._report.understand(source.path, naming.said)
        return self._read(row, naming, place)

    def end(self) -> None:
        """Tell what can be said only when everything is read.

        Raises:
            InputError: if no row of the last file has a column of its text.
        """
        self._end_file()
        self._report.unseen += sorted(self._unseen)

    def _naming(self, columns: tuple[str, ...]) -> Naming | str:
        """How a row's columns are named, or why none of them is the text."""
        if columns not in self._namings:
            self._unseen.difference_update(columns)
            try:
                self._namings[columns] = naming_of(columns, self._field_map, way_out=self._way_out)
            except NotRead as fault:
                self._namings[columns] = str(fault)
        return self._namings[columns]

    def _note_without_column(self, place: str, why: str) -> None:
        """Wait whether any row of the file has a column of its text: if one has, this is an article without text."""
        if self._has_text:
            self._report.without_text.append(place)
            return
        self._why = self._why if self._waiting else why
        self._waiting.append(place)
        if len(self._waiting) == _MANY and not self._source.in_folder:
            self._end_file()

    def _end_file(self) -> None:
        """Tell of a file of which no row has a column of its text."""
        waiting, self._waiting = self._waiting, []
        if waiting and not self._source.in_folder:
            raise InputError(f"{waiting[0]}: {self._why}")
        if waiting:
            self._report.not_read.append((self._source.path, self._why))

    def _read(self, row: Mapping[str, Any], naming: Naming, place: str) -> Article | None:
        fields, others = _values(row, naming)
        claimed = others.pop("text_sha256", None)
        written = fields.get("text")
        if isinstance(written, list) and all(isinstance(paragraph, str) for paragraph in written):
            fields["text"] = written = "\n".join(written)
            self._report.understand(self._source.path, "the paragraphs of a text are a list, a line each")
        if claimed is None:
            fields |= {
                name: without_markup(fields[name]) for name in ("text", "title") if isinstance(fields.get(name), str)
            }
        if not str(fields.get("text", "")).strip():
            self._report.without_text.append(place)
            return None
        strange = [name for name, value in fields.items() if name not in ("id", "text") and not fits(name, value)]
        for name in strange:
            others[name] = fields.pop(name)
        article = article_of(fields, others, claimed=claimed, place=place, title_in_text=self._title_in_text)
        if "id" not in fields:
            article = replace(article, id=self._seen.free_id(article.id))
        original = self._seen.add(article, place)
        if original != article.id:
            self._report.duplicates.append((original, article.id))
        for name in strange:
            self._report.strange.setdefault(name, []).append(article.id)
        self._note(article, str(written), str(fields["text"]))
        if AS_WRITTEN in article.metadata and "published" in fields:
            self._report.dates.append((article.id, str(article.metadata[AS_WRITTEN])))
        return article

    def _note(self, article: Article, written: str, text: str) -> None:
        """Note what was done to the text of an article: as it was written, and after its markup was read."""
        report = self._report
        if text != written:
            report.markup.append(article.id)
            if report.as_written is not None:
                report.as_written[article.id] = stored_form(written).text
        if not self._title_in_text and text != article.text:
            report.changed.append(article.id)
        if article.text.count("\ufffd") > text.count("\ufffd"):
            report.replaced.append(article.id)
        is_full_cell = len(written) > 16_000 and len(written.encode("utf-16-le", "replace")) == 2 * _EXCEL_CELL
        if is_full_cell or _CUT.search(written[-40:]):
            report.cut.append(article.id)


def _values(row: Mapping[str, Any], naming: Naming) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of fields, and those of all other columns."""
    fields: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for column, value in row.items():
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        name = naming.field_of.get(column)
        if name is None:
            others[column] = value
        else:
            fields[name] = value
    return fields, others


class _Seen:
    """The ids and texts of the articles so far."""

    def __init__(self, way_out: str) -> None:
        self._way_out = way_out
        self._ids, self._texts = FirstSeen(), FirstSeen()

    def free_id(self, article_id: str) -> str:
        """The id, or with a number behind it if it is taken."""
        n, free = 1, article_id
        while free.encode() in self._ids:
            n += 1
            free = f"{article_id}-{n}"
        return free

    def add(self, article: Article, place: str) -> str:
        """Note an article.

        Returns:
            the id of the first one with its text.

        Raises:
            InputError: if its id is taken.
        """
        taken = self._ids.add(article.id.encode(), place)
        if taken is not None:
            raise InputError(
                f"{place}: the id {article.id!r} is taken by {taken}; ids are unique: rename one of them, or take them "
                f"from another column: {self._way_out.format('id')}"
            )
        return self._texts.add(bytes.fromhex(article.text_sha256), article.id) or article.id
