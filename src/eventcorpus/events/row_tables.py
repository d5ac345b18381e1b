"""Event rows as files: JSON Lines, CSV, Parquet, GeoJSON; as they are, flat, or in the columns of ACLED and UCDP GED.

JSON Lines of ``rows`` are the rows with all they know; every other file has one value a cell. A cell of CSV that a
spreadsheet would run as a formula begins with an apostrophe there; JSON Lines and Parquet have the text as it is.
Read CSV with ``keep_default_na=False`` or Parquet instead: pandas takes the country code NA for a missing value.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

from eventcorpus.errors import InputError
from eventcorpus.events.acled import ACLED_COLUMNS, acled_row
from eventcorpus.events.arguments import as_text, places_of
from eventcorpus.events.incidents import find_incidents
from eventcorpus.events.rows import Argument, Row
from eventcorpus.events.ucdp import UCDP_COLUMNS, ucdp_incidents, ucdp_row
from eventcorpus.files import atomic_file, to_json, write_bytes
from eventcorpus.ontology import ROW_KEYS, Ontology, RowRoles, attribute_name
from eventcorpus.text import one_line

if TYPE_CHECKING:
    import pandas

Kind = Literal["rows", "acled", "ucdp", "geojson"]
KINDS: tuple[str, ...] = get_args(Kind)
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "rows": (".jsonl", ".csv", ".parquet"),
    "acled": (".csv", ".parquet", ".jsonl"),
    "ucdp": (".csv", ".parquet", ".jsonl"),
    "geojson": (".geojson",),
}
"""Endings of the files that each kind is written to."""
Line = dict[str, Any]

_BEFORE: Mapping[str, type] = {"article": str, "id": str, "label": str, "trigger": str}
_AFTER: Mapping[str, type] = {
    "date_start": str, "date_end": str, "date_precision": int,
    "count_low": int, "count_best": int, "count_high": int, "count_unit": str,
    "place_id": str, "place_name": str, "country": str, "latitude": float, "longitude": float, "place_precision": int,
    "cause": str, "sources": str, "confidence": float, "flags": str,
    "published": str, "outlet": str, "title": str, "url": str,
}  # fmt: skip
"""Columns of a flat table around those of attributes and roles."""
_BATCH = 10_000
"""Rows that are in memory at once while Parquet is written."""
_FORMULA = tuple("=+-@＝＋－＠﹢﹣﹫")
"""First characters, also full-width and small ones, by which a spreadsheet takes a text for a formula."""
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Written:
    """How many lines or features were written, and how many rows are in none of them, by reason."""

    lines: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def write_rows(rows: Iterable[Row], out: Path, *, kind: Kind, ontology: Ontology) -> Written:
    """Write rows to a file, all or nothing; the suffix says how.

    Raises:
        InputError: if this kind is not written to such files, or a number is too large for Parquet.
        OutputError: if the folder or disk refuses.
    """
    check_suffix(out, kind=kind)
    left_out: Mapping[str, int] = {}
    if kind == "acled":
        found = find_incidents(list(rows), ontology)
        columns, left_out = ACLED_COLUMNS, found.left_out
        lines: Iterable[Line] = (acled_row(incident, ontology) for incident in found.kept)
    elif kind == "ucdp":
        kept, left_out = ucdp_incidents(list(rows), ontology)
        columns = UCDP_COLUMNS
        lines = (ucdp_row(incident, ontology) for incident in kept)
    elif kind == "rows" and out.suffix.lower() == ".jsonl":
        columns, lines = {}, (row.as_dict() for row in rows)
    else:
        roles, attributes = flat_roles(ontology), [attribute.name for attribute in ontology.attributes]
        columns = flat_columns(roles, attributes)
        lines = (flat_row(row, roles, attributes, names=ontology.rows) for row in rows)
    return Written(_WRITERS[out.suffix.lower()](lines, out, columns), left_out)


def check_suffix(out: Path, *, kind: str) -> None:
    """Find out before the work begins whether a file of this name can be written.

    Raises:
        InputError: naming the suffixes that fit.
    """
    suffix, fitting = out.suffix.lower(), SUFFIXES[kind]
    if suffix in fitting:
        return
    others = [other for other, suffixes in SUFFIXES.items() if suffix in suffixes]
    way_out = f", or choose --format {others[0]}" if len(others) == 1 else ""
    found = f"a file with the suffix {one_line(suffix)}" if suffix else "a file without a suffix"
    raise InputError(f"{out}: {kind} are not written to {found}; name one that ends in {', '.join(fitting)}{way_out}")


def flat_roles(ontology: Ontology) -> list[str]:
    """The roles that are lists of arguments in a row."""
    own = (ontology.rows.count, ontology.rows.cause)
    return [role.name for role in ontology.roles if not role.joins_events and role.name not in own]


def flat_columns(roles: Sequence[str], attributes: Sequence[str]) -> dict[str, type]:
    """The columns of a flat table in their order, and the type of their values."""
    names = _column_names(roles, attributes)
    of_attributes = [names["attribute", attribute] for attribute in attributes]
    of_roles = [column for role in roles for column in _both(names["role", role])]
    return {**_BEFORE, **dict.fromkeys([*of_attributes, *of_roles], str), **_AFTER}


def flat_row(
    row: Row, roles: Sequence[str], attributes: Sequence[str], *, names: RowRoles | None = None
) -> dict[str, Any]:
    """A row with one value in a cell; several words, names, sources and flags are joined by ``; ``.

    A role has two columns: its words, and what they mean (``agent_normalised``: names of actors and places, ISO 8601
    days of times), each once. The place is the most precise one that a gazetteer has.

    Args:
        names: the section ``rows`` of the ontology, None for its defaults.
    """
    columns = _column_names(roles, attributes)
    line: Line = {
        "article": row.article,
        "id": row.id,
        "label": row.label,
        "trigger": _joined(words.text for words in row.triggers),
    }
    for attribute in attributes:
        value = row.attributes.get(attribute, row.attributes.get(attribute_name(attribute, ROW_KEYS)))
        line[columns["attribute", attribute]] = value
    for role in roles:
        words, normalised = _both(columns["role", role])
        arguments = row.arguments.get(role, ())
        line[words] = _joined(argument.words.text for argument in arguments)
        line[normalised] = _joined(filter(None, map(_meaning, arguments)))
    place = next(iter(places_of(row.arguments.get((names or RowRoles()).place, ()))), None)
    date, count = row.date, row.count
    return line | {
        "date_start": date.start.isoformat() if date.start else None,
        "date_end": date.end.isoformat() if date.end else None,
        "date_precision": date.precision,
        "count_low": count.low,
        "count_best": count.best,
        "count_high": count.high,
        "count_unit": count.unit,
        "place_id": place.id if place else None,
        "place_name": place.name if place else None,
        "country": place.country if place else None,
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "place_precision": place.precision if place else None,
        "cause": _joined(row.cause),
        "sources": _joined(row.sources),
        "confidence": round(row.confidence, 4),
        "flags": _joined(row.flags),
        "published": row.published,
        "outlet": row.outlet,
        "title": row.title,
        "url": row.url,
    }


def to_pandas(rows: Iterable[Row], ontology: Ontology) -> pandas.DataFrame:
    """The flat table as a data frame: whole numbers that may be missing are Int64, text is as it is in the rows."""
    import pandas

    roles, attributes = flat_roles(ontology), [attribute.name for attribute in ontology.attributes]
    columns = flat_columns(roles, attributes)
    lines = [flat_row(row, roles, attributes, names=ontology.rows) for row in rows]
    types = {str: "object", int: "Int64", float: "float64"}
    return pandas.DataFrame(
        {name: pandas.Series([line[name] for line in lines], dtype=types[kind]) for name, kind in columns.items()}
    )


def _column_names(roles: Sequence[str], attributes: Sequence[str]) -> dict[tuple[str, str], str]:
    """The column of each role and attribute, of which none is called as another one is."""
    taken = {*_BEFORE, *_AFTER}
    names: dict[tuple[str, str], str] = {}
    for what, found in (("attribute", attributes), ("role", roles)):
        for name in found:
            column = name
            while taken & ({*_both(column)} if what == "role" else {column}):
                column = f"{column} ({what})"
            names[what, name] = column
            taken.update(_both(column) if what == "role" else (column,))
    return names


def _both(role_column: str) -> tuple[str, str]:
    return role_column, f"{role_column}_normalised"


def _joined(values: Iterable[str]) -> str | None:
    return "; ".join(dict.fromkeys(values)) or None


def _meaning(argument: Argument) -> str | None:
    """The name of an actor or a place; the day or days of a time, open at the end that is not known."""
    values = argument.normalised
    start, end = as_text(values.get("date_start")), as_text(values.get("date_end"))
    if start or end:
        return start if start == end else f"{start or '..'}/{end or '..'}"
    return as_text(values.get("name"))


def safe_cell(value: Any) -> Any:
    """A value as it stands in CSV: text on one line, and none that a spreadsheet runs; numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell(" ＝1"), safe_cell(-33.5), safe_cell("two" + chr(10) + "lines"), safe_cell(None)
    ("'=1+1", "' ＝1", -33.5, 'two lines', '')
    """
    if not isinstance(value, str):
        return "" if value is None else value
    text = "".join(" " if _is_control(character) else character for character in _paired(value))
    first = next((c for c in text if not c.isspace() and unicodedata.category(c) != "Cf"), "")
    return f"'{text}" if first in _FORMULA and first else text


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp")


def _paired(text: str) -> str:
    """Text that can be written as UTF-8: lone surrogates become U+FFFD."""
    return _LONE.sub("\ufffd", text)


def _write_csv(lines: Iterable[Line], out: Path, columns: Collection[str]) -> int:
    with atomic_file(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(safe_cell, columns))
        return _each(lines, lambda line: writer.writerow(safe_cell(line[column]) for column in columns))


def _write_json_lines(lines: Iterable[Line], out: Path, columns: Collection[str]) -> int:
    with atomic_file(out) as file:
        return _each(lines, lambda line: file.write(_json(line) + "\n"))


def _write_geojson(lines: Iterable[Line], out: Path, columns: Collection[str]) -> int:
    """A FeatureCollection (RFC 7946), one feature a line; what has no coordinates has no geometry."""
    with atomic_file(out) as file:
        file.write('{"type": "FeatureCollection", "features": [')
        n_written = _each(lines, _feature_writer(file))
        file.write("\n]}\n")
    return n_written


def _feature_writer(file: IO[str]) -> Callable[[Line], object]:
    between = chain(["\n"], iter(lambda: ",\n", ""))
    return lambda line: file.write(next(between) + _json(_feature(line)))


def _feature(line: Line) -> dict[str, Any]:
    point = [line["longitude"], line["latitude"]]
    geometry = None if None in point else {"type": "Point", "coordinates": point}
    return {"type": "Feature", "id": line["id"], "geometry": geometry, "properties": line}


def _json(value: dict[str, Any]) -> str:
    try:
        return _paired(to_json(value))
    except ValueError:
        name = one_line(str(value.get("id")))
        raise InputError(f"the row {name} has a number that is not finite, which JSON does not have; mend it") from None


def _each(lines: Iterable[Line], write: Callable[[Line], object]) -> int:
    n_written = 0
    for line in lines:
        write(line)
        n_written += 1
    return n_written


def _write_parquet(lines: Iterable[Line], out: Path, columns: Mapping[str, type]) -> int:
    import pyarrow
    from pyarrow import parquet

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(_paired(name), types[kind]) for name, kind in columns.items()])
    content, n_written = io.BytesIO(), 0
    with parquet.ParquetWriter(content, schema) as writer:
        for batch in _batches(lines):
            try:
                arrays = [
                    pyarrow.array([_stored(line[name]) for line in batch], type=types[kind])
                    for name, kind in columns.items()
                ]
            except (OverflowError, pyarrow.ArrowException) as error:
                raise InputError(f"{out}: a value does not fit Parquet ({error}); choose .csv or .jsonl") from None
            writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
            n_written += len(batch)
    write_bytes(out, content.getvalue())
    return n_written


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    left = iter(lines)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _stored(value: Any) -> Any:
    return _paired(value) if isinstance(value, str) else value


_WRITERS: Mapping[str, Callable[[Iterable[Line], Path, Mapping[str, type]], int]] = {
    ".jsonl": _write_json_lines,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".geojson": _write_geojson,
}
