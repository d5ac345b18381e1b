"""Articles from other people's files: JSON Lines, JSON, CSV, Excel, Parquet, HTML, plain text, and folders of these.

Comes in: other people's files. Goes out: articles with text in the stored form, each with an id of its own.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from eventcorpus.errors import InputError
from eventcorpus.files import paths_of
from eventcorpus.formats.article_fields import FIELDS, Naming, naming_of
from eventcorpus.formats.article_files import article_rows
from eventcorpus.formats.dates import read_date
from eventcorpus.formats.markup import without_markup
from eventcorpus.formats.read_report import ReadReport
from eventcorpus.schema import Article
from eventcorpus.text import one_line, sha256_of, stored_form

AS_WRITTEN = "published_as_written"
"""Where ``metadata`` keeps a date that could not be read."""


def read_articles(
    paths: str | Path | Iterable[str | Path],
    *,
    field_map: Mapping[str, str] | None = None,
    title_in_text: bool = False,
    report: ReadReport | None = None,
    on_error: Callable[[str, InputError], None] | None = None,
    stdin: IO[bytes] | None = None,
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

    Raises:
        InputError: naming file and line or row: nothing there, no text, a duplicate id, a value of the wrong kind.
    """
    report, field_map = report if report is not None else ReadReport(), field_map or {}
    for name in field_map:
        if name not in FIELDS:
            raise InputError(f"--field {name}=...: {name!r} is not a field of ours; they are {', '.join(FIELDS)}")
    namings: dict[tuple[str, ...], Naming] = {}
    seen = _Seen()
    n_before, n_without = report.n_articles, len(report.without_text)
    for file, place, row in article_rows(paths_of(paths), report, stdin=stdin):
        try:
            columns = tuple(row)
            naming = namings.get(columns)
            if naming is None:
                naming = namings[columns] = naming_of(columns, field_map, place=place)
            if naming.said:
                report.understand(file, naming.said)
            article = _read_article(_Row(row, naming, place), title_in_text=title_in_text, report=report, seen=seen)
        except InputError as error:
            if on_error is None:
                raise
            on_error(str(row.get(field_map.get("id", "id"), place)), error)
            continue
        if article is not None:
            report.n_articles += 1
            yield article
        elif on_error is not None:
            on_error(str(row.get(field_map.get("id", "id"), place)), InputError(f"{place}: an article without text"))
    if report.n_articles == n_before and len(report.without_text) > n_without and on_error is None:
        raise InputError(f"{report.without_text[n_without]}: an article without text, and no other has one")


def held_articles(paths: Iterable[str | Path], report: ReadReport, **settings: Any) -> list[Article]:
    """Articles to find by the hash of their text: those whose markup was read stand there a second time, as written.

    Args:
        report: its ``as_written`` must be a dictionary.
        settings: of ``read_articles``.
    """
    articles = list(read_articles(paths, report=report, **settings))
    written = report.as_written or {}
    return articles + [replace(article, text=written[article.id]) for article in articles if article.id in written]


@dataclass(frozen=True)
class _Row:
    """A row with the fields of its columns."""

    row: Mapping[str, Any]
    naming: Naming
    place: str

    def values(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The values of fields, and those of all other columns."""
        fields: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for column, value in self.row.items():
            if value is None or (isinstance(value, float) and math.isnan(value)):
                continue
            name = self.naming.field_of.get(column)
            if name is None:
                others[column] = value
            else:
                fields[name] = value
        return fields, others


class _Seen:
    """The ids and texts of the articles so far, in little memory: a place is a number, a text a hash."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._at: dict[str, int] = {}
        self._first_with: dict[int, str] = {}

    def free_id(self, article_id: str) -> str:
        """The id, or with a number behind it if it is taken."""
        n, free = 1, article_id
        while free in self._at:
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
        if article.id in self._at:
            raise InputError(
                f"{place}: the id {article.id!r} is taken by {self._place(self._at[article.id])}; ids are unique: "
                "rename one of them, or take them from another column: --field id=NAME"
            )
        file, _, number = place.rpartition(" ")
        file, number = (file, number) if number.isdigit() else (place, "")
        if file not in self._files[-1:]:
            self._files.append(file)
        self._at[article.id] = (len(self._files) - 1) << 40 | (int(number) + 1 if number else 0)
        return self._first_with.setdefault(int(article.text_sha256[:15], 16), article.id)

    def _place(self, packed: int) -> str:
        number = packed & ((1 << 40) - 1)
        return self._files[packed >> 40] + (f" {number - 1}" if number else "")


def _read_article(row: _Row, *, title_in_text: bool, report: ReadReport, seen: _Seen) -> Article | None:
    """The article of a row, noted in the report; None if it has no text."""
    fields, others = row.values()
    claimed = others.pop("text_sha256", None)
    written = fields.get("text")
    if isinstance(written, str) and claimed is None:
        fields["text"] = without_markup(written)
    if isinstance(fields.get("title"), str) and claimed is None:
        fields["title"] = without_markup(fields["title"])
    if not str(fields.get("text", "")).strip():
        report.without_text.append(row.place)
        return None
    article = _article(fields, others, claimed=claimed, place=row.place, title_in_text=title_in_text)
    if "id" not in fields:
        article = replace(article, id=seen.free_id(article.id))
    original = seen.add(article, row.place)
    if original != article.id:
        report.duplicates.append((original, article.id))
    if fields["text"] != written:
        report.markup.append(article.id)
        if report.as_written is not None:
            report.as_written[article.id] = stored_form(str(written)).text
    if not title_in_text and fields["text"] != article.text:
        report.changed.append(article.id)
        if article.text.count("\ufffd") != fields["text"].count("\ufffd"):
            report.replaced.append(article.id)
    if AS_WRITTEN in article.metadata and "published" in fields:
        report.dates.append((article.id, str(article.metadata[AS_WRITTEN])))
    return article


def article_from_row(row: Mapping[str, Any], *, place: str, title_in_text: bool = False) -> Article:
    """Make an article from a row whose columns have our names; those that are no fields of ours go to ``metadata``.

    A date that cannot be read goes there too, as ``published_as_written``.

    Raises:
        InputError: naming the place and the value of the wrong kind.
    """
    fields = {name: value for name, value in row.items() if name in FIELDS}
    others = {name: value for name, value in row.items() if name not in FIELDS and name != "text_sha256"}
    return _article(fields, others, claimed=row.get("text_sha256"), place=place, title_in_text=title_in_text)


def _article(
    fields: dict[str, Any], others: Mapping[str, Any], *, claimed: Any, place: str, title_in_text: bool
) -> Article:
    values = dict(fields)
    metadata = {str(column): value for column, value in others.items()}
    about = values.pop("metadata", None)
    if isinstance(about, Mapping):
        metadata |= about
    elif isinstance(about, str):
        metadata |= _metadata(about, place=place)
    text = values.pop("text", None)
    if text is not None and not isinstance(text, str):
        raise InputError(f"{place}: text is {one_line(str(text))} ({type(text).__name__}); it must be text")
    if text is None or not text.strip():
        raise InputError(f"{place}: an article without text")
    stored = stored_form(text).text
    if title_in_text and values.get("title"):
        stored = f"{stored_form(str(values['title'])).text}\n\n{stored}"
    if claimed is not None and not title_in_text and claimed != sha256_of(stored):
        raise InputError(
            f"{place}: text_sha256 {str(claimed)[:12]}... is not that of the text "
            f"({sha256_of(stored)[:12]}...); was the text edited?"
        )
    checked = {name: _checked(name, value, place=place) for name, value in values.items() if value is not None}
    article_id = checked.pop("id", None) or sha256_of(stored)[:16]
    if "published" in checked and (published := read_date(checked["published"])) != checked["published"]:
        metadata |= {AS_WRITTEN: checked.pop("published")} if published is None else {}
        checked |= {"published": published} if published is not None else {}
    try:
        json.dumps(metadata, allow_nan=False)
    except (TypeError, ValueError):
        metadata = {key: value if isinstance(value, str | int) else str(value) for key, value in metadata.items()}
    return Article(id=article_id, text=stored, metadata=_clean(metadata), **checked)


def _metadata(value: str, *, place: str) -> dict[str, Any]:
    try:
        data = json.loads(value)
    except json.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise InputError(f"{place}: metadata is {one_line(value)}; it must be a JSON object")
    return data


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return stored_form(value).text
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {stored_form(str(key)).text: _clean(item) for key, item in value.items()}
    return value


def _checked(name: str, value: Any, *, place: str) -> Any:
    if name == "tags":
        mark = ";" if isinstance(value, str) and ";" in value else ","
        listed = [tag.strip() for tag in value.split(mark)] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple) or not all(isinstance(tag, str) for tag in listed):
            raise InputError(
                f"{place}: tags is {one_line(str(value))}; it must be a list of words or words with commas"
            )
        return tuple(stored_form(tag).text for tag in listed if tag)
    if name == "invented":
        known = {"true": True, "false": False, "1": True, "0": False}
        if str(value).lower() not in known:
            raise InputError(f"{place}: invented is {one_line(str(value))}; it must be true or false")
        return known[str(value).lower()]
    if isinstance(value, dt.date):
        value = value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(int(value) if math.isfinite(value) and value == int(value) else value)
    if not isinstance(value, str):
        raise InputError(f"{place}: {name} is {one_line(str(value))} ({type(value).__name__}); it must be text")
    value = stored_form(value).text
    if name == "id" and (not value.strip() or not value.isprintable()):
        raise InputError(f"{place}: the id {one_line(value)} is empty or has characters that cannot be printed")
    return value


def published_date(value: str, *, place: str) -> str:
    """A date or date-time that people wrote, as ISO 8601.

    Raises:
        InputError: if it names no day, or if day and month cannot be told apart.
    """
    published = read_date(value)
    if published is None:
        raise InputError(
            f"{place}: published is {one_line(value)}; it must be an ISO date such as 2018-04-24, or a date-time"
        )
    return published


def article_row(article: Article) -> dict[str, Any]:
    """An article as a JSON object: the fields that have a value, and the hash of its text."""
    row = {name: getattr(article, name) for name in FIELDS}
    row["tags"] = list(article.tags)
    kept = {name: value for name, value in row.items() if value not in (None, [], {})}
    return kept | {"text_sha256": article.text_sha256}


def with_published(article: Article, published: str | None) -> Article:
    """Date an article that does not say when it was published."""
    return article if published is None or article.published else replace(article, published=published)
