"""Articles from JSON Lines, CSV, Parquet, plain text and folders of these.

Comes in: other people's files. Goes out: articles with text in the stored form, each with an id of its own.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.files import paths_of, read_json_lines, read_text
from eventcorpus.schema import Article
from eventcorpus.text import one_line, sha256_of, stored_form

FIELDS = tuple(f.name for f in fields(Article))
SUFFIXES = (".jsonl", ".ndjson", ".csv", ".parquet", ".txt", ".text", ".md")
_URL = re.compile(r"https?://\S+")


@dataclass
class ReadReport:
    """What reading noticed: texts that were changed on the way to their stored form, and exact duplicates."""

    n_articles: int = 0
    changed: list[str] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """One line for each thing worth telling."""
        if self.changed:
            yield (
                f"{len(self.changed)} texts had line ends, control characters or lone surrogates replaced, the "
                f"first: {self.changed[0]}"
            )
        for first, second in self.duplicates[:5]:
            yield f"article {second} has exactly the text of {first}"
        if len(self.duplicates) > 5:
            yield f"... and {len(self.duplicates) - 5} more exact duplicates"


def read_articles(
    paths: str | Path | Iterable[str | Path],
    *,
    field_map: Mapping[str, str] | None = None,
    title_in_text: bool = False,
    report: ReadReport | None = None,
    on_error: Callable[[str, InputError], None] | None = None,
) -> Iterator[Article]:
    """Read articles from a file or folder, or several, in the order given (folders: by path).

    Args:
        field_map: from our field names to the columns of the files, for example {"text": "body"}.
        title_in_text: put the title and an empty line before the text.
        report: filled while reading.
        on_error: told the id (or place) and the fault of an article that cannot be read, which is then left out instead
            of raised.

    Raises:
        InputError: naming file and line or row: nothing there, no text, a duplicate id, a value of the wrong kind.
    """
    report, field_map = report or ReadReport(), field_map or {}
    for name in field_map:
        if name not in FIELDS:
            raise InputError(f"--field {name}=...: {name!r} is not a field of ours; they are {', '.join(FIELDS)}")
    at: dict[str, str] = {}
    first_with: dict[str, str] = {}
    for path in paths_of(paths):
        for place, row in _rows(path):
            try:
                article = article_from_row(row, place=place, field_map=field_map, title_in_text=title_in_text)
                if taken := at.get(article.id):
                    raise InputError(
                        f"{place}: the id {article.id!r} is taken by {taken}; ids are unique, rename one of them"
                    )
            except InputError as error:
                if on_error is None:
                    raise
                on_error(str(row.get(field_map.get("id", "id"), place)), error)
                continue
            at[article.id] = place
            report.n_articles += 1
            if not title_in_text and row.get(field_map.get("text", "text")) != article.text:
                report.changed.append(article.id)
            original = first_with.setdefault(article.text_sha256, article.id)
            if original != article.id:
                report.duplicates.append((original, article.id))
            yield article


def _rows(path: Path, *, article_id: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, row) of one file or folder; ``article_id`` is that of a plain text, else the name of its file."""
    suffix = path.suffix.lower()
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in SUFFIXES)
        if not files:
            raise InputError(f"{path}: no articles in this folder; files end in {', '.join(SUFFIXES)}")
        for file in files:
            yield from _rows(file, article_id=file.relative_to(path).with_suffix("").as_posix())
    elif suffix in (".jsonl", ".ndjson"):
        for number, row in read_json_lines(read_text(path).split("\n"), place=str(path)):
            yield f"{path}: line {number}", row
    elif suffix == ".json":
        raise InputError(
            f"{path}: articles come as JSON Lines (one object a line, .jsonl), CSV, Parquet or text; convert it first"
        )
    elif suffix == ".csv":
        yield from _csv_rows(path)
    elif suffix == ".parquet":
        yield from _parquet_rows(path)
    else:
        yield str(path), text_row(read_text(path), article_id=article_id or path.stem)


def text_row(content: str, *, article_id: str | None = None) -> dict[str, Any]:
    """A plain text as a row; a first line that is a URL becomes the url and is no part of the text."""
    first, newline, rest = content.partition("\n")
    row: dict[str, Any] = {"text": content}
    if newline and _URL.fullmatch(first.strip()):
        row = {"text": rest.lstrip("\r\n"), "url": first.strip()}
    return row | ({"id": article_id} if article_id else {})


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    csv.field_size_limit(2**31 - 1)
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        for row in rows:
            place = f"{path}: line {rows.line_num}"
            if None in row or None in row.values():
                raise InputError(
                    f"{place}: the row has not as many cells as the {len(rows.fieldnames or [])} columns of the header"
                )
            yield place, {key: value for key, value in row.items() if value != ""}
    except csv.Error as error:
        raise InputError(f"{path}: line {rows.line_num}: not valid CSV ({error})") from None


def _parquet_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    try:
        batches = pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=256)
        for number, row in enumerate(chain.from_iterable(batch.to_pylist() for batch in batches), start=1):
            yield f"{path}: row {number}", {key: value for key, value in row.items() if value is not None}
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None


def article_from_row(
    row: Mapping[str, Any], *, place: str, field_map: Mapping[str, str] | None = None, title_in_text: bool = False
) -> Article:
    """Make an article from a row of a file; columns that are no fields of ours go to ``metadata``.

    Raises:
        InputError: naming the place and the value of the wrong kind.
    """
    field_map = field_map or {}
    if field_map.get("text", "text") not in row and "text" in field_map:
        raise InputError(f"{place}: no column {field_map['text']!r}; there are {', '.join(map(str, row))}")
    renamed = dict.fromkeys(field_map, "") | {column: name for name, column in field_map.items()}
    values: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for column, value in row.items():
        name = renamed.get(column, column)
        if name == "metadata" and isinstance(value, Mapping):
            metadata |= value
        elif name == "metadata" and isinstance(value, str):
            metadata |= _metadata(value, place=place)
        elif name in FIELDS:
            values[name] = value
        elif column != "text_sha256":
            metadata[str(column)] = value
    text = values.pop("text", None)
    if not isinstance(text, str) or not text.strip():
        raise InputError(
            f"{place}: an article without text"
            + ("" if "text" in row or field_map else "; if the column has another name: --field text=NAME")
        )
    stored = stored_form(text).text
    if title_in_text and values.get("title"):
        stored = f"{stored_form(str(values['title'])).text}\n\n{stored}"
    claimed = row.get("text_sha256")
    if claimed is not None and not title_in_text and claimed != sha256_of(stored):
        raise InputError(
            f"{place}: text_sha256 {str(claimed)[:12]}... is not that of the text "
            f"({sha256_of(stored)[:12]}...); was the text edited?"
        )
    checked = {name: _checked(name, value, place=place) for name, value in values.items() if value is not None}
    article_id = checked.pop("id", None) or sha256_of(stored)[:16]
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
        listed = [tag.strip() for tag in value.split(",")] if isinstance(value, str) else value
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
    if name == "id" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise InputError(f"{place}: {name} is {one_line(str(value))} ({type(value).__name__}); it must be text")
    value = stored_form(value).text
    if name == "published":
        return published_date(value, place=place)
    if name == "id" and (not value.strip() or not value.isprintable()):
        raise InputError(f"{place}: the id {one_line(value)} is empty or has characters that cannot be printed")
    return value


def published_date(value: str, *, place: str) -> str:
    """Check an ISO 8601 date or date-time and return it as it was written."""
    try:
        dt.date.fromisoformat(value) if len(value) <= 10 else dt.datetime.fromisoformat(value)
    except ValueError:
        raise InputError(
            f"{place}: published is {one_line(value)}; it must be an ISO date such as 2018-04-24, or a date-time"
        ) from None
    return value


def article_row(article: Article) -> dict[str, Any]:
    """An article as a JSON object: the fields that have a value, and the hash of its text."""
    row = {name: getattr(article, name) for name in FIELDS}
    row["tags"] = list(article.tags)
    kept = {name: value for name, value in row.items() if value not in (None, [], {})}
    return kept | {"text_sha256": article.text_sha256}


def with_published(article: Article, published: str | None) -> Article:
    """Date an article that does not say when it was published."""
    return article if published is None or article.published else replace(article, published=published)
