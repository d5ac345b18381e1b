"""Event rows in the columns of ACLED, one line an incident that happened, for people who work with its tables.

Source: ACLED codebook, 2024. What our labels and the article do not decide stays empty, and an empty number of
fatalities is no zero. Columns of ours stand after those of ACLED; ``rules`` and ``evidence`` are JSON, by column.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from eventcorpus.events.acled_types import EXPLOSIONS, RIOTS, VIOLENCE, EventType, Harm, event_type_of
from eventcorpus.events.arguments import AGENT, Party, parties_of, unlisted_words
from eventcorpus.events.incidents import (
    Cells,
    Incident,
    Sides,
    date_of,
    find_incidents,
    places_of_incident,
    sides_of,
    toll_of,
    victims_of,
)
from eventcorpus.events.rows import Row
from eventcorpus.ontology import Ontology

ACLED_COLUMNS: Mapping[str, type] = {
    "event_id_cnty": str, "event_date": str, "year": int, "time_precision": int, "disorder_type": str,
    "event_type": str, "sub_event_type": str, "actor1": str, "assoc_actor_1": str, "inter1": int, "actor2": str,
    "assoc_actor_2": str, "inter2": int, "interaction": int, "civilian_targeting": str, "iso": int, "region": str,
    "country": str, "admin1": str, "admin2": str, "admin3": str, "location": str, "latitude": float,
    "longitude": float, "geo_precision": int, "source": str, "source_scale": str, "notes": str, "fatalities": int,
    "tags": str, "timestamp": int,
    "row_ids": str, "fatalities_low": int, "fatalities_high": int, "flags": str, "rules": str, "evidence": str,
}  # fmt: skip
"""All columns of a line in their order, and the type of their values; from ``row_ids`` on they are ours."""
_TIME_PRECISION = {1: 1, 2: 2, 3: 2, 4: 3}
"""UCDP's date_prec to ACLED's; it has no code for a year."""
_GEO_PRECISION = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 3, 7: 3}
"""UCDP's where_prec to ACLED's."""
_COUNTRY, _ADMIN1 = 6, 4
"""where_prec of a country and of a first-level division."""
_CIVILIANS = 7


@dataclass(frozen=True)
class Country:
    """A country as ACLED writes it: its number in ISO 3166-1 and its region, None where it has none."""

    name: str
    iso: int | None = None
    region: str | None = None


@cache
def _countries() -> dict[str, Country]:
    table = (files("eventcorpus.events") / "acled_countries.csv").read_text(encoding="utf-8")
    return {
        line["alpha_2"]: Country(line["name"], int(line["iso"]) if line["iso"] else None, line["region"] or None)
        for line in csv.DictReader(table.splitlines())
    }


def country_of(code: str | None) -> Country | None:
    """The country of an ISO 3166-1 alpha-2 code; the name of an invented country stands for itself."""
    if code is None:
        return None
    known = _countries().get(code)
    return Country(code) if known is None and len(code) > 2 else known


def acled_rows(rows: Sequence[Row], ontology: Ontology) -> list[dict[str, Any]]:
    """A line for each incident that happened; ``incidents.find_incidents`` counts the rows that are none."""
    return [acled_row(incident, ontology) for incident in find_incidents(rows, ontology).kept]


def acled_row(incident: Incident, ontology: Ontology) -> dict[str, Any]:
    """The line of one incident. What the event lacks of date and place is taken from the casualties it caused."""
    cells = Cells()
    _put_date(cells, incident)
    sides = sides_of(incident, ontology)
    kind = event_type_of(incident.row, ontology, agents=sides.first, harm=_harm(incident, ontology))
    cells.put("disorder_type", kind.disorder, kind.sub_rule or kind.event_rule if kind.disorder else None)
    cells.put("event_type", kind.event, kind.event_rule, kind.evidence)
    cells.put("sub_event_type", kind.sub, kind.sub_rule, kind.evidence)
    _put_parties(cells, sides)
    _put_civilian_targeting(cells, kind, sides)
    _put_place(cells, incident, ontology)
    sources = dict.fromkeys(name for row in incident.rows for name in row.sources)
    cells.put("source", "; ".join(sources) or incident.row.outlet, "reported sources" if sources else "outlet")
    cells.put("notes", _notes(incident, ontology))
    toll = toll_of(incident.dead(ontology), ontology, conservative=True)
    is_bound = toll.best is None and toll.low is not None
    cells.put(
        "fatalities",
        toll.low if is_bound else toll.best,
        f"{toll.rule}; the lower bound" if is_bound else toll.rule,
        toll.evidence,
    )
    cells.put("fatalities_low", toll.low)
    cells.put("fatalities_high", toll.high)
    return cells.line(ACLED_COLUMNS, incident)


def _harm(incident: Incident, ontology: Ontology) -> Harm | None:
    if not incident.tolls:
        return None
    by = (party for row in incident.tolls for party in parties_of(row, AGENT, ontology))
    to = (party for row in incident.tolls for party in victims_of(row, ontology))
    return Harm(tuple(by), tuple(to))


def _put_date(cells: Cells, incident: Incident) -> None:
    date = date_of(incident)
    precision = _TIME_PRECISION.get(date.precision or 0)
    if date.start is not None and precision is not None:
        cells.put("event_date", date.start.isoformat(), date.rule, date.evidence)
        cells.put("time_precision", precision, f"from date_prec {date.precision}")
        cells.put("year", date.start.year)
    elif date.start is not None or date.end is not None:
        cells.put("event_date", None, "ACLED has no code for dates that are less precise than a month, or open")
        if date.start is not None and date.end is not None and date.start.year == date.end.year:
            cells.put("year", date.start.year, date.rule, date.evidence)


def _put_parties(cells: Cells, sides: Sides) -> None:
    for number, parties, where in ((1, sides.first, AGENT), (2, sides.second, sides.rule)):
        if not parties:
            continue
        first, *others = parties
        rule = f"{where}: {first.rule}" if first.rule else where
        cells.put(f"actor{number}", first.name, rule, (first.words,))
        cells.put(
            f"assoc_actor_{number}",
            "; ".join(party.name for party in others) or None,
            f"{where}, after the first" if others else None,
            tuple(party.words for party in others),
        )
        cells.put(f"inter{number}", first.inter, first.rule if first.inter else None)
    if sides.first and sides.second and sides.first[0].inter and sides.second[0].inter:
        smaller, larger = sorted((sides.first[0].inter, sides.second[0].inter))
        cells.put("interaction", 10 * smaller + larger, "inter1 and inter2, the smaller first")


def _put_civilian_targeting(cells: Cells, kind: EventType, sides: Sides) -> None:
    """Civilians as the only ones hit; in battles they are bystanders, and harm of an unknown kind says nothing."""
    if kind.event == VIOLENCE:
        cells.put("civilian_targeting", "Civilian targeting", "event type")
    elif kind.event in (EXPLOSIONS, RIOTS) and _are_civilians(sides.second):
        words = tuple(party.words for party in sides.second)
        cells.put("civilian_targeting", "Civilian targeting", f"{sides.rule}: civilians alone", words)


def _are_civilians(parties: Sequence[Party]) -> bool:
    return bool(parties) and all(party.inter == _CIVILIANS for party in parties)


def _put_place(cells: Cells, incident: Incident, ontology: Ontology) -> None:
    places = places_of_incident(incident, ontology.rows.place)
    if not places:
        return
    place = places[0]
    if len(places) > 1 and places[1].rank == place.rank:
        cells.flags.append("several places")
    country = country_of(place.country)
    if country is not None:
        cells.put("iso", country.iso)
        cells.put("region", country.region)
        cells.put("country", country.name, "country of the place")
    is_country = place.precision == _COUNTRY
    if place.precision == _ADMIN1:
        cells.put("admin1", place.name, place.rule)
    elif place.admin1 is not None:
        cells.put("admin1", place.admin1, "code of the gazetteer")
    rule = f"{place.rule}; the most precise of several" if len(places) > 1 else place.rule
    cells.put("location", country.name if is_country and country else place.name, rule, (place.words,))
    if not is_country:
        cells.put("latitude", place.latitude)
        cells.put("longitude", place.longitude)
    precision = _GEO_PRECISION.get(place.precision or 0)
    cells.put("geo_precision", precision, f"from where_prec {place.precision}" if precision else None)


def _notes(incident: Incident, ontology: Ontology) -> str:
    """The words of all triggers, the places that no gazetteer has, and the title of the article."""
    role = ontology.rows.place
    triggers = dict.fromkeys(words.text for row in incident.rows for words in row.triggers)
    unlisted = dict.fromkeys(name for row in incident.rows for name in unlisted_words(row.arguments.get(role, ())))
    parts = [", ".join(triggers), f"at {', '.join(unlisted)}" if unlisted else "", incident.row.title or ""]
    return ". ".join(part for part in parts if part)
