"""Places of a user's list in CSV, and the invented places of the corpus."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from eventcorpus.errors import InputError
from eventcorpus.events.listed_places import ADMIN, CITY, COUNTRY, WATER, Candidate, name_key
from eventcorpus.files import read_text, read_yaml

Named = tuple[Candidate, tuple[str, ...]]
"""A place and its other names."""
CSV_COLUMNS = ("id", "name", "aliases", "kind", "country", "admin1", "latitude", "longitude")
_PRECISION = {CITY: 1, ADMIN: 4, COUNTRY: 6, WATER: 7}


def by_key(listed: Iterable[Named]) -> dict[str, tuple[Candidate, ...]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for candidate, names in listed:
        for key in dict.fromkeys(name_key(name) for name in (candidate.name, *names)):
            if key:
                found[key].append(candidate)
    return {key: tuple(candidates) for key, candidates in found.items()}


def invented_places(path: Path) -> Iterator[Named]:
    content = read_yaml(path, what="a gazetteer")
    try:
        for name, country in content["countries"].items():
            yield Candidate(f"corpus:{name}", name, COUNTRY, name, precision=6, is_own=True), ()
            for province in country.get("provinces", ()):
                yield Candidate(f"corpus:{province}", province, ADMIN, name, province, precision=4, is_own=True), ()
            yield from _invented_towns(country.get("towns", {}), country=name, admin1=None)
        for name, region in content.get("regions", {}).items():
            yield Candidate(f"corpus:{name}", name, ADMIN, None, name, precision=4, is_own=True), ()
            yield from _invented_towns(region.get("towns", {}), country=None, admin1=name)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(f"{path}: not a gazetteer; it needs countries, each with provinces and towns") from None


def _invented_towns(
    towns: Mapping[str, Sequence[float]], *, country: str | None, admin1: str | None
) -> Iterator[Named]:
    for name, (latitude, longitude) in towns.items():
        yield (
            Candidate(f"corpus:{name}", name, CITY, country, admin1, float(latitude), float(longitude), is_own=True),
            (),
        )


def places_of_csv(path: Path) -> Iterator[Named]:
    rows = csv.DictReader(read_text(path).splitlines())
    if missing := {"id", "name"} - set(rows.fieldnames or ()):
        raise InputError(f"{path}: no column {', '.join(sorted(missing))}; the columns are {', '.join(CSV_COLUMNS)}")
    for row in rows:
        place = f"{path}, line {rows.line_num}"
        cells = {name: (row.get(name) or "").strip() for name in CSV_COLUMNS}
        if not cells["id"] or not cells["name"]:
            raise InputError(f"{place}: a place needs an id and a name; fill them in")
        kind = cells["kind"] or CITY
        yield (
            Candidate(
                id=cells["id"],
                name=cells["name"],
                kind=kind,
                country=cells["country"] or None,
                admin1=cells["admin1"] or None,
                latitude=_degrees(cells["latitude"], 90, f"{place}, latitude"),
                longitude=_degrees(cells["longitude"], 180, f"{place}, longitude"),
                precision=_PRECISION.get(kind, 1),
                is_own=True,
            ),
            tuple(filter(None, cells["aliases"].split("|"))),
        )


def _degrees(written: str, most: int, place: str) -> float | None:
    if not written:
        return None
    try:
        degrees = float(written)
    except ValueError:
        degrees = math.nan
    if not -most <= degrees <= most:
        raise InputError(f"{place}: {written[:40]!r} is no number of degrees from -{most} to {most}")
    return degrees
