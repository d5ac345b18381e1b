"""Articles in JSON: JSON Lines, a list, one object, a feed with a list in it, columns as pandas writes them.

Comes in: JSON, whatever the name of its file says. Goes out: (place, row), each row an object as it stands there.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eventcorpus.articles.content import File, Rows
from eventcorpus.articles.names import is_field_name
from eventcorpus.articles.report import NotRead, ReadReport
from eventcorpus.errors import InputError
from eventcorpus.files import json_object, read_json_list
from eventcorpus.text import listed, one_line

_LISTS = ("articles", "items", "results", "data", "docs", "documents", "entries", "posts", "stories", "hits", "news")
"""What feeds call their list of articles, likeliest first."""
_WRAPPERS = frozenset(("data", "article", "item", "document", "doc", "post", "story", "result", "response"))
"""What the one key of an object may be called that has an article in it."""
_AROUND = ("$oid", "$date", "$numberLong", "rendered")
_BETWEEN = re.compile(r"[\s,]*")


def json_rows(file: File, report: ReadReport) -> Rows:
    """Read a file: JSON Lines line by line, a list item by item, anything else whole.

    Lines and items that are no JSON objects are given as errors, so that those after them can be read.

    Raises:
        InputError: naming where the JSON is not valid, if it is not JSON Lines.
    """
    with file.open() as opened:
        start = opened.read(64)
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[") and not file.compression:
        yield from _items(read_json_list(Path(file.place)), file.place)
    elif _is_json_lines(file, encoding, errors="replace" if report.goes_on else "strict"):
        for number, line in enumerate(_decoded_lines(file, encoding), start=1):
            if isinstance(line, InputError) or line.strip():
                yield f"{file.place}: line {number}", _json_line(line, number, file.place)
    else:
        yield from json_text_rows("\n".join(_lines(file, encoding)), file.place, report)


def json_text_rows(content: str, place: str, report: ReadReport) -> Rows:
    """Read JSON that is in memory: one value, or several, one after the other.

    Raises:
        InputError: as ``json_rows``.
    """
    values = _values(content, place)
    if len(values) != 1:
        yield from _items(values, place)
    elif isinstance(values[0], list):
        yield from _items(values[0], place)
    elif isinstance(values[0], dict):
        yield from _object_rows(values[0], place, report)
    else:
        raise InputError(f"{place}: {one_line(json.dumps(values[0]))} is no article; a JSON object is needed")


# values --------------------------------------------------------------------------------------------------------------


def _is_json_lines(file: File, encoding: str, *, errors: str) -> bool:
    """Whether the first line is an object, and others follow; a line alone counts only if the file's name says so.

    If the first line is none, two objects on the next lines show it: no other JSON has two without a comma.
    """
    first = list(itertools.islice(filter(str.strip, _lines(file, encoding, errors=errors)), 10))
    values = [_value_on(line) for line in first]
    if not values or not isinstance(values[0], dict):
        return any(isinstance(a, dict) and isinstance(b, dict) for a, b in itertools.pairwise(values))
    return len(first) > 1 or (file.kind != ".json" and not _lists_of(values[0]))


def _value_on(line: str) -> Any:
    """The JSON value of a line; None if it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _json_line(line: str | InputError, number: int, place: str) -> dict[str, Any] | InputError:
    if isinstance(line, InputError):
        return line
    try:
        return _unwrapped(json_object(line, number=number, place=place))
    except InputError as error:
        return error


def _lines(file: File, encoding: str, *, errors: str = "strict") -> Iterator[str]:
    with file.open() as opened:
        try:
            for line in io.TextIOWrapper(opened, encoding, errors=errors, newline="\n"):
                yield line.removesuffix("\n")
        except UnicodeDecodeError:
            raise _not_utf8(file.place) from None


def _decoded_lines(file: File, encoding: str) -> Iterator[str | InputError]:
    """The lines of a file, each decoded on its own if it is UTF-8; an error stands for a line that is not."""
    if encoding != "utf-8-sig":
        yield from _lines(file, encoding)
        return
    with file.open() as opened:
        for number, line in enumerate(opened, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\n")
            except UnicodeDecodeError:
                yield _not_utf8(file.place)


def _not_utf8(place: str) -> NotRead:
    return NotRead(f"{place}: not UTF-8, as JSON must be; convert the file, for example with iconv")


def _values(content: str, place: str) -> list[Any]:
    """The JSON values of a text, one after the other."""
    decoder, values, at = json.JSONDecoder(), [], 0
    content = content.strip("\ufeff \t\r\n")
    while at < len(content):
        try:
            value, at = decoder.raw_decode(content, at)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{place}: line {error.lineno}, column {error.colno}: not valid JSON ({error.msg})"
            ) from None
        except RecursionError:
            raise InputError(f"{place}: JSON nested too deeply") from None
        values.append(value)
        if between := _BETWEEN.match(content, at):
            at = between.end()
    return values


# shapes --------------------------------------------------------------------------------------------------------------


def _items(items: Iterable[Any], place: str) -> Rows:
    n_items = 0
    for n_items, item in enumerate(items, start=1):
        if isinstance(item, dict):
            yield f"{place}: item {n_items}", _unwrapped(item)
        else:
            fault = f"{place}: item {n_items} is {one_line(json.dumps(item))}; an article is a JSON object"
            yield f"{place}: item {n_items}", InputError(fault)
    if not n_items:
        raise InputError(f"{place}: an empty list, no articles")


def _unwrapped(item: dict[str, Any]) -> dict[str, Any]:
    """An object without what databases and content systems put around it and its values.

    A hit of Elasticsearch is the document in it, with the hit's id; {"article": {..}} and a task for Label Studio are
    what is in them; MongoDB writes {"$oid": ".."} and {"$date": ".."}, WordPress {"rendered": ".."}.
    """
    document = item.get("_source")
    if isinstance(document, dict) and "_id" in item:
        item = {"id": item["_id"]} | document
    elif len(item) == 1 and isinstance(inside := next(iter(item.values())), dict) and not _WRAPPERS.isdisjoint(item):
        item = inside
    return {key: _value(value) for key, value in item.items()}


def _value(value: Any) -> Any:
    while isinstance(value, dict) and (inside := [key for key in _AROUND if key in value]):
        value = value[inside[0]]
    return value


def _object_rows(value: dict[str, Any], place: str, report: ReadReport) -> Rows:
    """One article; the list in a feed; articles by their ids; columns with their cells by number."""
    lists = _lists_of(value)
    known = [name for name in _LISTS if name in lists]
    if len(lists) == 1 or known:
        name = known[0] if known else next(iter(lists))
        others = [key for key in value if key != name and not isinstance(value[key], dict)]
        beside = f"; not read beside it: {listed(others)}" if others else ""
        report.understand(place, f"the articles are in its list {name!r}{beside}")
        yield from _items(lists[name], f"{place}: {name}")
    elif lists:
        raise InputError(f"{place}: several lists, {listed(lists)}; which has the articles? Give that list alone")
    elif not value or _has_text(_unwrapped(value)) or not all(isinstance(item, dict) for item in value.values()):
        yield place, _unwrapped(value)
    elif any(is_field_name(name, "text") for name in value):
        report.understand(place, "columns with their cells by number, as pandas writes them")
        for number in dict.fromkeys(number for cells in value.values() for number in cells):
            yield f"{place}: row {number}", {name: cells.get(number) for name, cells in value.items()}
    else:
        report.understand(place, "articles by their ids")
        for article_id, row in value.items():
            yield f"{place}: {one_line(article_id)}", {"id": article_id} | row


def _has_text(value: Mapping[str, Any]) -> bool:
    """Whether an object has a text of its own, so that it is an article, whatever lists it has."""
    return any(
        is_field_name(key, "text") and not _is_list_of_objects(item) and not isinstance(_value(item), dict)
        for key, item in value.items()
    )


def _lists_of(value: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The lists of objects in an object that is no article, or in objects in it: {"response": {"results": [...]}}."""
    if _has_text(value):
        return {}
    inside = [item for item in value.values() if isinstance(item, dict) and not _has_text(item)]
    for objects in ([value], inside):
        lists = {key: item for each in objects for key, item in each.items() if _is_list_of_objects(item)}
        if lists:
            return lists
    return {}


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
