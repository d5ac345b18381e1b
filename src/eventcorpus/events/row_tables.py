"""Event rows as tables: as they are, flat, or in the columns of ACLED and UCDP GED; and as GeoJSON.

JSON Lines of ``rows`` are the rows with all they know; every other file has one value a cell (``table_files``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

from eventcorpus import table_files
from eventcorpus.events.acled import ACLED_COLUMNS, acled_row
from eventcorpus.events.arguments import as_text, places_of
from eventcorpus.events.incidents import find_incidents
from eventcorpus.events.rows import Argument, Row
from eventcorpus.events.ucdp import UCDP_COLUMNS, ucdp_incidents, ucdp_row
from eventcorpus.files import atomic_file, to_json
from eventcorpus.ontology import ROW_KEYS, Ontology, RowRoles, attribute_name
from eventcorpus.table_files import Line, column_names, joined, json_line, write_each, write_table

if TYPE_CHECKING:
    import pandas

Kind = Literal["rows", "acled", "ucdp", "geojson"]
KINDS: tuple[str, ...] = get_args(Kind)
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "rows": table_files.SUFFIXES,
    "acled": (".csv", ".parquet", ".jsonl"),
    "ucdp": (".csv", ".parquet", ".jsonl"),
    "geojson": (".geojson",),
}
"""Endings of the files that each kind is written to."""

_BEFORE: Mapping[str, type] = {"article": str, "id": str, "label": str, "trigger": str}
_AFTER: Mapping[str, type] = {
    "date_start": str, "date_end": str, "date_precision": int,
    "count_low": int, "count_best": int, "count_high": int, "count_unit": str,
    "place_id": str, "place_name": str, "country": str, "latitude": float, "longitude": float, "place_precision": int,
    "cause": str, "sources": str, "confidence": float, "flags": str,
    "published": str, "outlet": str, "title": str, "url": str, "metadata": str,
}  # fmt: skip
"""Columns of a flat table around those of attributes and roles."""
_NORMALISED = "_normalised"


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
    if kind == "geojson":
        return Written(_write_geojson(lines, out))
    return Written(write_table(lines, out, columns), left_out)


def check_suffix(out: Path, *, kind: str) -> None:
    """Find out before the work begins whether a file of this name can be written.

    Raises:
        InputError: naming the suffixes that fit.
    """
    others = [other for other, suffixes in SUFFIXES.items() if out.suffix.lower() in suffixes]
    way_out = f", or choose --format {others[0]}" if len(others) == 1 else ""
    table_files.check_suffix(out, what=kind, suffixes=SUFFIXES[kind], way_out=way_out)


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
        "trigger": joined(words.text for words in row.triggers),
    }
    for attribute in attributes:
        value = row.attributes.get(attribute, row.attributes.get(attribute_name(attribute, ROW_KEYS)))
        line[columns["attribute", attribute]] = value
    for role in roles:
        words, normalised = _both(columns["role", role])
        arguments = row.arguments.get(role, ())
        line[words] = joined(argument.words.text for argument in arguments)
        line[normalised] = joined(filter(None, map(_meaning, arguments)))
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
        "cause": joined(row.cause),
        "sources": joined(row.sources),
        "confidence": round(row.confidence, 4),
        "flags": joined(row.flags),
        "published": row.published,
        "outlet": row.outlet,
        "title": row.title,
        "url": row.url,
        "metadata": to_json(row.metadata) if row.metadata else None,
    }


def to_pandas(rows: Iterable[Row], ontology: Ontology) -> pandas.DataFrame:
    """The flat table as a data frame: whole numbers that may be missing are Int64, text is as it is in the rows."""
    roles, attributes = flat_roles(ontology), [attribute.name for attribute in ontology.attributes]
    lines = (flat_row(row, roles, attributes, names=ontology.rows) for row in rows)
    return table_files.to_frame(lines, flat_columns(roles, attributes))


def _column_names(roles: Iterable[str], attributes: Iterable[str]) -> dict[tuple[str, str], str]:
    return column_names({*_BEFORE, *_AFTER}, attributes=attributes, roles=roles, second=_NORMALISED)


def _both(role_column: str) -> tuple[str, str]:
    return role_column, role_column + _NORMALISED


def _meaning(argument: Argument) -> str | None:
    """The name of an actor or a place; the day or days of a time, open at the end that is not known."""
    values = argument.normalised
    start, end = as_text(values.get("date_start")), as_text(values.get("date_end"))
    if start or end:
        return start if start == end else f"{start or '..'}/{end or '..'}"
    return as_text(values.get("name"))


def _write_geojson(lines: Iterable[Line], out: Path) -> int:
    """A FeatureCollection (RFC 7946), one feature a line; what has no coordinates has no geometry."""
    with atomic_file(out) as file:
        file.write('{"type": "FeatureCollection", "features": [')
        n_written = write_each(lines, _feature_writer(file))
        file.write("\n]}\n")
    return n_written


def _feature_writer(file: IO[str]) -> Callable[[Line], object]:
    between = chain(["\n"], iter(lambda: ",\n", ""))
    return lambda line: file.write(next(between) + json_line(_feature(line)))


def _feature(line: Line) -> dict[str, Any]:
    point = [line["longitude"], line["latitude"]]
    geometry = None if None in point else {"type": "Point", "coordinates": point}
    return {"type": "Feature", "id": line["id"], "geometry": geometry, "properties": line}
