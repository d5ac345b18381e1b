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
_INVENTED = {"true": True, "false": False, "1": True, "0": False}


def article_from_row(
    row: Mapping[str, Any],
    *,
    place: str,
    others: Mapping[str, Any] | None = None,
    title_in_text: bool = False,
    strange: list[str] | None = None,
) -> Article:
    """Make an article from a row whose columns have our names; those that are no fields of ours go to ``metadata``.

    A date that cannot be read goes there too, as ``published_as_written``.

    Args:
        others: more of ``metadata``, under any names.
        title_in_text: put the title and an empty line before the text.
        strange: filled with the fields that cannot have their values, which then go to ``metadata``.

    Raises:
        InputError: naming the place and the value of the wrong kind (with ``strange`` only of text and id).
    """
    text = row.get("text")
    if text is not None and not isinstance(text, str):
        raise InputError(f"{place}: text is {one_line(str(text))} ({type(text).__name__}); it must be text")
    if text is None or not text.strip():
        raise InputError(f"{place}: an article without text")
    metadata: dict[str, Any] = {str(name): value for name, value in (others or {}).items()}
    values: dict[str, Any] = {}
    for name, value in row.items():
        if name not in FIELDS:
            metadata |= {str(name): value} if name != "text_sha256" else {}
        elif name != "text" and value is not None:
            try:
                values[name] = _value(name, value, place=place)
            except InputError:
                if strange is None or name == "id":
                    raise
                strange.append(name)
                metadata[name] = value
    stored = stored_form(text).text
    if title_in_text and values.get("title"):
        stored = f"{values['title']}\n\n{stored}"
    claimed = row.get("text_sha256")
    if claimed is not None and not title_in_text and claimed != sha256_of(stored):
        raise InputError(
            f"{place}: text_sha256 {str(claimed)[:12]}... is not that of the text "
            f"({sha256_of(stored)[:12]}...); was the text edited?"
        )
    metadata |= values.pop("metadata", {})
    if published := values.pop("published", "").strip():
        iso = read_date(published)
        if iso is None:
            metadata[AS_WRITTEN] = published
        else:
            values["published"] = iso
    article_id = values.pop("id", None) or sha256_of(stored)[:16]
    return Article(id=article_id, text=stored, metadata=_storable(metadata, place=place), **values)


def _value(name: str, value: Any, *, place: str) -> Any:
    """The value of a field of an article but its text.

    Raises:
        InputError: if it is none that the field can have.
    """
    shown = one_line(str(value))
    if name == "metadata":
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, Mapping):
            raise InputError(f"{place}: metadata is {shown}; it must be a JSON object")
        return value
    if name == "tags":
        mark = ";" if isinstance(value, str) and ";" in value else ","
        listed = [tag.strip() for tag in value.split(mark)] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple) or not all(isinstance(tag, str) for tag in listed):
            raise InputError(f"{place}: tags is {shown}; it must be a list of words or words with commas")
        return tuple(stored_form(tag).text for tag in listed if tag)
    if name == "invented":
        if str(value).lower() not in _INVENTED:
            raise InputError(f"{place}: invented is {shown}; it must be true or false")
        return _INVENTED[str(value).lower()]
    if isinstance(value, dt.date):
        value = value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(int(value) if math.isfinite(value) and value == int(value) else value)
    if not isinstance(value, str):
        raise InputError(f"{place}: {name} is {shown} ({type(value).__name__}); it must be text")
    value = stored_form(value).text
    if name == "id" and (not value.strip() or not value.isprintable()):
        raise InputError(f"{place}: the id {shown} is empty or has characters that cannot be printed")
    return value


def _storable(values: dict[str, Any], *, place: str) -> dict[str, Any]:
    """Values that JSON can hold, in the stored form."""
    try:
        try:
            json.dumps(values, allow_nan=False)
        except (TypeError, ValueError):
            values = {key: value if isinstance(value, str | int) else str(value) for key, value in values.items()}
        stored: dict[str, Any] = _stored(values)
    except RecursionError:
        raise InputError(f"{place}: JSON nested too deeply") from None
    return stored


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return stored_form(value).text
    if isinstance(value, list):
        return [_stored(item) for item in value]
    if isinstance(value, dict):
        return {stored_form(str(key)).text: _stored(item) for key, item in value.items()}
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
    row = {name: getattr(article, name) for name in FIELDS} | {"tags": list(article.tags)}
    kept = {name: value for name, value in row.items() if value not in (None, [], {})}
    return kept | {"text_sha256": article.text_sha256}


def with_published(article: Article, published: str | None) -> Article:
    """Date an article that does not say when it was published."""
    return article if published is None or article.published else replace(article, published=published)
