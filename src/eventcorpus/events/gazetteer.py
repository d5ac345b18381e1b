"""All lists of places, asked by name: the user's, the corpus's, GeoNames and ISO 3166-2, and seas.

Comes in: a name, in the form of ``name_key``. Goes out: every place that bears it; ``events.places`` decides which one
is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from eventcorpus.events import geonames, subdivisions
from eventcorpus.events.countries import countries as country_words
from eventcorpus.events.listed_places import ADMIN, WATER, Candidate, name_key, place_names
from eventcorpus.events.own_places import by_key, invented_places, places_of_csv


class Gazetteer:
    """The lists, asked by name. ``shipped`` makes one; the lists of the world are read once, when they are needed.

    The list of towns of 1,000 people or more is read where one of 15,000 has none that will do: that takes seconds and
    hundreds of MB, the first time.
    """

    def __init__(self, own: Mapping[str, tuple[Candidate, ...]] | None = None) -> None:
        self._own: dict[str, tuple[Candidate, ...]] = dict(own or {})

    @classmethod
    def shipped(cls, *, corpus: Path | None = None) -> Gazetteer:
        """GeoNames and ISO 3166-2; with the invented places of ``corpus``, a file like ``corpus/gazetteer.yaml``.

        Raises:
            EventCorpusError: if a package of the extra ``rows`` is not installed.
            InputError: if the file cannot be read or is of another shape.
        """
        for read in (partial(geonames.towns, 15_000), geonames.countries, subdivisions.subdivisions):
            read()
        return cls(by_key(invented_places(corpus)) if corpus else None)

    def with_csv(self, path: Path) -> Gazetteer:
        """This gazetteer with a list of the user's, whose names come before all others.

        Columns: ``CSV_COLUMNS``, of which ``id`` and ``name`` must be filled; ``aliases`` are divided by |; degrees.

        Raises:
            InputError: naming the line and the value.
        """
        listed = by_key(places_of_csv(path))
        return Gazetteer({**self._own, **listed})

    def own(self, key: str) -> tuple[Candidate, ...]:
        """Of the user's list, or of the corpus."""
        return self._own.get(key, ())

    def towns(self, key: str, *, small: bool = False, every: bool = False) -> list[Candidate]:
        """Of 15,000 people or more; with ``small`` of 1,000.

        Those of 15,000 that have it for another name than their first are among them where they are larger than all
        that have it for their first, or with ``every``.
        """
        return geonames.towns(1_000 if small else 15_000).of(key, every=every)

    def towns_spelled_like(self, key: str) -> list[Candidate]:
        """Towns of 15,000 people or more of countries that write Arabic or Persian: see ``spelling_key``."""
        return [replace(town, found_by="spelling") for town in geonames.spellings().get(geonames.spelling_key(key), ())]

    def country(self, key: str) -> Candidate | None:
        """A country, by name or by a common other name."""
        return geonames.countries()[1].get(key)

    def capital_of(self, key: str) -> str | None:
        """The code of the country whose capital has this name."""
        return geonames.countries()[2].get(key)

    def country_of_adjective(self, word: str) -> str | None:
        """The code of a country by its adjective, as it is written: "Libyan"."""
        country = country_words().demonyms.get(name_key(word)) if word[:1].isupper() else None
        return country.code if country else None

    def admins(self, key: str) -> list[Candidate]:
        """Provinces, states and their districts, of a name."""
        areas = [self.admin(code) for code in subdivisions.subdivisions()[1].get(key, ())]
        return [
            area if subdivisions.is_named(area.name, key) else replace(area, found_by="other name") for area in areas
        ]

    def admin(self, code: str) -> Candidate:
        """By its ISO 3166-2 code, which must be listed."""
        area = subdivisions.subdivisions()[0][code]
        latitude, longitude = area.point or (None, None)
        return Candidate(
            id=f"admin:{code}",
            name=area.name,
            kind=ADMIN,
            country=code[:2],
            admin1=area.parent or code,
            latitude=latitude,
            longitude=longitude,
            population=subdivisions.populations(code[:2]).get(code, 0),
            precision=3 if area.parent else 4,
        )

    def abbreviated(self, written: str) -> str | None:
        """The ISO 3166-2 code of a state by its abbreviation in newspapers, with or without its last stop."""
        code: str | None = place_names()["abbreviations"].get(written.rstrip("."))
        return code

    def of_post(self, letters: str) -> str | None:
        """The ISO 3166-2 code of a state of the US by the two capitals of its postal code."""
        code = f"US-{letters}"
        return code if len(letters) == 2 and code in subdivisions.subdivisions()[0] else None

    def admin1_of(self, town: Candidate) -> str | None:
        """The ISO 3166-2 code of the province that a town lies in; GeoNames has codes of its own.

        See ``subdivisions.admin1_codes``.
        """
        if town.kind == ADMIN or town.is_own or town.country is None or town.admin1 is None:
            return town.admin1
        return subdivisions.admin1_codes(town.country).get(town.admin1)

    def has_towns(self, code: str) -> bool:
        """Whether it is known which towns lie in a province."""
        return code in subdivisions.admin1_codes(code[:2]).values()

    def part_of_country(self, key: str) -> Candidate | None:
        """The country of a part that no list has and that is more than a province (West Bank): where_prec 5."""
        code = place_names()["parts_of_countries"].get(key)
        return replace(geonames.countries()[0][code], precision=5) if code else None

    def is_unlisted(self, key: str) -> bool:
        """Whether it is a continent or another part of the world that no list has."""
        return key in place_names()["unlisted"]

    def water(self, key: str) -> Candidate | None:
        """A sea, a gulf or a strait; it has no point."""
        return _waters().get(key)


@cache
def _waters() -> dict[str, Candidate]:
    return {
        name_key(name): Candidate(f"water:{name}", name, WATER, None, precision=7) for name in place_names()["waters"]
    }
