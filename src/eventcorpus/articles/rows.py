"""An article as a row (a JSON object, a table's row) and back.

Comes in: a dictionary whose keys are the fields of an article. Goes out: the article, its text in the stored form.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from eventcorpus.articles.dates import read_date
from eventcorpus.errors import InputError
from eventcorpus.schema import Article
from eventcorpus.text import one_line, sha256_of, stored_form

FIELDS = tuple(field.name for field in fields(Article))
AS_WRITTEN = "published_as_written"
"""Where ``metadata`` keeps a date that could not be read."""


def article_from_row(row: Mapping[str, Any], *, place: str, title_in_text: bool = False) -> Article:
    """Make an article from a row whose columns have our names; those that are no fields of ours go to ``metadata``.

    A date that cannot be read goes there too, as ``published_as_written``.

    Raises:
        InputError: naming the place and the value of the wrong kind.
    """
    fields = {name: value for name, value in row.items() if name in FIELDS}
    others = {name: value for name, value in row.items() if name not in FIELDS and name != "text_sha256"}
    return article_of(fields, others, claimed=row.get("text_sha256"), place=place, title_in_text=title_in_text)


def article_of(
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
    if published := checked.pop("published", "").strip():
        iso = read_date(published)
        if iso is None:
            metadata[AS_WRITTEN] = published
        else:
            checked["published"] = iso
    return Article(id=article_id, text=stored, metadata=_metadata_of(metadata, place=place), **checked)


def _metadata_of(values: dict[str, Any], *, place: str) -> dict[str, Any]:
    """Values that JSON can hold, in the stored form."""
    try:
        json.dumps(values, allow_nan=False)
    except (TypeError, ValueError):
        values = {key: value if isinstance(value, str | int) else str(value) for key, value in values.items()}
    except RecursionError:
        raise InputError(f"{place}: JSON nested too deeply") from None
    try:
        cleaned: dict[str, Any] = _clean(values)
    except RecursionError:
        raise InputError(f"{place}: JSON nested too deeply") from None
    return cleaned


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


def fits(name: str, value: Any) -> bool:
    """Whether a field can have a value; if not, it is a column of somebody else's that has the field's name."""
    if isinstance(value, str) and name not in ("invented", "metadata"):
        return True
    try:
        if name == "metadata" and isinstance(value, str):
            _metadata(value, place="")
        elif name != "metadata":
            _checked(name, value, place="")
    except InputError:
        return False
    return name != "metadata" or isinstance(value, str | Mapping)
