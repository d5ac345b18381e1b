"""Articles from other people's files: JSON Lines, JSON, CSV, Excel, Parquet, HTML, plain text, and folders of these.

Comes in: other people's files. Goes out: articles with text in the stored form, each with an id of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.articles.content import File, Rows
from eventcorpus.articles.files import article_files
from eventcorpus.articles.names import Naming, naming_of
from eventcorpus.articles.report import ReadReport, RefusalKind, Refused
from eventcorpus.articles.rows import AS_WRITTEN, FIELDS, article_from_row
from eventcorpus.articles.texts import without_markup
from eventcorpus.errors import InputError
from eventcorpus.files import paths_of
from eventcorpus.schema import Article
from eventcorpus.text import one_line, stored_form

_EXCEL_CELL = 32_767
"""The most UTF-16 units that a cell of Excel holds; it cuts off what is longer."""
_CUT = re.compile(r"\[\+\d+ chars\]\s*$")
"""What NewsAPI puts where it cuts a text."""


def read_articles(
    paths: str | Path | Iterable[str | Path],
    *,
    field_map: Mapping[str, str] | None = None,
    title_in_text: bool = False,
    report: ReadReport | None = None,
    on_error: Callable[[Refused], None] | None = None,
    stdin: IO[bytes] | None = None,
    way_out: str = "--field {}=NAME",
) -> Iterator[Article]:
    """Read articles from a file or folder, or several, in the order given (folders: by path).

    Args:
        field_map: from our field names to the columns of the files, for example {"text": "body"}; names that other
            programs give a field are known, and said in the report.
        title_in_text: put the title and an empty line before the text.
        report: filled while reading.
        on_error: told of each record that cannot be read, and of a file that cannot be read on, which are then left out
            instead of raised.
        stdin: what the path ``-`` means.
        way_out: how people say which column is the field {}, for messages.

    Raises:
        InputError: naming file and line or row: nothing there, no text, a duplicate id, a value of the wrong kind.
    """
    report = report if report is not None else ReadReport()
    for name in field_map or {}:
        if name not in FIELDS:
            raise InputError(f"--field {name}=...: {name!r} is not a field of ours; they are {', '.join(FIELDS)}")
    reading = _Reading(field_map or {}, title_in_text, report, on_error, way_out)
    n_before, n_without = report.n_articles, len(report.without_text)
    for file, rows in article_files(paths_of(paths), report, stdin=stdin):
        try:
            yield from reading.articles(file, rows)
        except InputError as error:
            if on_error is None:
                raise
            on_error(Refused(file.place, "", "", "file", error))
    report.unseen += sorted(reading.unseen)
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


_NAMINGS = 10_000
"""How many sets of columns are remembered: in JSON each article may have its own."""


class _Reading:
    """What one run of ``read_articles`` knows: how columns are named, which ids and texts there are."""

    def __init__(
        self,
        field_map: Mapping[str, str],
        title_in_text: bool,
        report: ReadReport,
        on_error: Callable[[Refused], None] | None,
        way_out: str,
    ) -> None:
        self._field_map, self._title_in_text, self._report = field_map, title_in_text, report
        self._on_error, self._way_out = on_error, way_out
        self.unseen = set(field_map.values())
        self._namings: dict[tuple[str, ...], Naming] = {}
        self._ids, self._texts = FirstSeen(), FirstSeen()

    def articles(self, file: File, rows: Rows) -> Iterator[Article]:
        """The articles of a file; a file of which no row has a column of its text is an error, or not read."""
        report, n_without = self._report, len(self._report.without_text)
        first_fault, has_text = None, False
        for place, row in rows:
            try:
                if isinstance(row, InputError):
                    raise row
                naming = self._naming(tuple(row))
                if naming.fault:
                    first_fault = first_fault or (place, naming.fault)
                    raise _WithoutText(f"{place}: an article without text")
                has_text = True
                article = self._article(file, place, row, naming)
            except InputError as error:
                if isinstance(error, _WithoutText):
                    report.without_text.append(place)
                elif self._on_error is None:
                    raise
                if self._on_error is not None:
                    self._on_error(self._refused(file, place, row, error))
            else:
                report.n_articles += 1
                yield article
        if first_fault and not has_text:
            if not file.in_folder:
                raise InputError(": ".join(first_fault))
            del report.without_text[n_without:]
            report.not_read.append((file.place, first_fault[1]))

    def _refused(self, file: File, place: str, row: Mapping[str, Any] | InputError, error: InputError) -> Refused:
        within = place.removeprefix(file.place).removeprefix(": ")
        if isinstance(row, InputError):
            return Refused(file.place, within, "", "unreadable" if within else "file", error)
        id_column = next((c for c, name in self._naming(tuple(row)).field_of.items() if name == "id"), "id")
        return Refused(file.place, within, str(row.get(id_column) or ""), _KINDS.get(type(error), "unreadable"), error)

    def _naming(self, columns: tuple[str, ...]) -> Naming:
        if columns not in self._namings:
            if len(self._namings) == _NAMINGS:
                self._namings.clear()
            self.unseen.difference_update(columns)
            self._namings[columns] = naming_of(columns, self._field_map, way_out=self._way_out)
        return self._namings[columns]

    def _article(self, file: File, place: str, row: Mapping[str, Any], naming: Naming) -> Article:
        """The article of a row, noted in the report.

        Raises:
            InputError: as ``article_from_row``, or if its id is taken.
            _WithoutText: if it has no text.
        """
        report = self._report
        if naming.said:
            report.understand(file.place, naming.said)
        filled = {column: value for column, value in row.items() if value is not None and value == value}  # no NaN
        fields = {naming.field_of[column]: value for column, value in filled.items() if column in naming.field_of}
        others = {column: value for column, value in filled.items() if column not in naming.field_of}
        written = fields.get("text", "")
        if isinstance(written, list) and all(isinstance(paragraph, str) for paragraph in written):
            fields["text"] = written = "\n".join(written)
            report.understand(file.place, "the paragraphs of a text are a list, a line each")
        if "text_sha256" in others:
            fields["text_sha256"] = others.pop("text_sha256")
        else:
            fields |= {
                name: without_markup(fields[name]) for name in ("text", "title") if isinstance(fields.get(name), str)
            }
        text = str(fields.get("text", ""))
        if not text.strip():
            raise _WithoutText(f"{place}: an article without text")
        strange: list[str] = []
        article = article_from_row(
            fields, place=place, others=others, title_in_text=self._title_in_text, strange=strange
        )
        if "id" not in fields:
            article = self._with_free_id(article)
        self._remember(article, place)
        for name in strange:
            report.strange.setdefault(name, []).append(f"article {article.id}")
        if AS_WRITTEN in article.metadata and "published" in fields:
            report.dates.append(f"article {article.id}, {one_line(str(article.metadata[AS_WRITTEN]))}")
        if text != written:
            report.markup.append(article.id)
            if report.as_written is not None:
                report.as_written[article.id] = stored_form(written).text
        if text != article.text and not self._title_in_text:
            report.changed.append(article.id)
        if article.text.count("\ufffd") > text.count("\ufffd"):
            report.replaced.append(article.id)
        is_full_cell = len(written) > 16_000 and len(written.encode("utf-16-le", "replace")) == 2 * _EXCEL_CELL
        if is_full_cell or _CUT.search(written[-40:]):
            report.cut.append(article.id)
        return article

    def _with_free_id(self, article: Article) -> Article:
        """An article named by its text, with a number behind the id if it is taken."""
        n, free = 1, article.id
        while free.encode() in self._ids:
            n += 1
            free = f"{article.id}-{n}"
        return replace(article, id=free)

    def _remember(self, article: Article, place: str) -> None:
        taken = self._ids.add(article.id.encode(), place)
        if taken is not None:
            raise _TakenId(
                f"{place}: the id {article.id!r} is taken by {taken}; ids are unique: rename one of them, or take them "
                f"from another column: {self._way_out.format('id')}"
            )
        original = self._texts.add(bytes.fromhex(article.text_sha256), article.id)
        if original is not None:
            self._report.duplicates.append((original, article.id))


class _WithoutText(InputError):
    """A row that has no text: it is left out, and counted."""


class _TakenId(InputError):
    """A row whose id another has."""


_KINDS: Mapping[type, RefusalKind] = {_WithoutText: "without text", _TakenId: "id taken"}
