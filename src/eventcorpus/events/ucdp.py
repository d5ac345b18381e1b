"""Event rows in the columns of UCDP's Georeferenced Event Dataset (GED), one line an event with deaths.

Source: UCDP GED codebook, version 25. Ids, names of conflicts and codes of countries are UCDP's to give and stay empty;
so does what the article does not decide: the type of violence needs the classes of both sides. Columns of ours stand
after those of GED; ``rules`` and ``evidence`` are JSON, by column.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from eventcorpus.events.acled import country_of
from eventcorpus.events.acled_types import ABDUCTION, BATTLES, EXPLOSIONS, VIOLENCE, mapped_types
from eventcorpus.events.arguments import Party, PlaceCell
from eventcorpus.events.incidents import (
    AGGREGATE,
    Cells,
    Incident,
    Sides,
    Toll,
    date_of,
    find_incidents,
    is_harm,
    places_of_incident,
    scope_of,
    sides_of,
    toll_of,
    victims_of,
)
from eventcorpus.events.rows import CountCell, Row
from eventcorpus.ontology import Ontology

UCDP_COLUMNS: Mapping[str, type] = {
    "id": int, "relid": str, "year": int, "active_year": int, "code_status": str, "type_of_violence": int,
    "conflict_dset_id": int, "conflict_new_id": int, "conflict_name": str, "dyad_dset_id": int, "dyad_new_id": int,
    "dyad_name": str, "side_a_dset_id": int, "side_a_new_id": int, "side_a": str, "side_b_dset_id": int,
    "side_b_new_id": int, "side_b": str, "number_of_sources": int, "source_article": str, "source_office": str,
    "source_date": str, "source_headline": str, "source_original": str, "where_prec": int, "where_coordinates": str,
    "where_description": str, "adm_1": str, "adm_2": str, "latitude": float, "longitude": float, "geom_wkt": str,
    "priogrid_gid": int, "country": str, "country_id": int, "region": str, "event_clarity": int, "date_prec": int,
    "date_start": str, "date_end": str, "deaths_a": int, "deaths_b": int, "deaths_civilians": int,
    "deaths_unknown": int, "best": int, "high": int, "low": int, "gwnoa": int, "gwnob": int,
    "row_ids": str, "flags": str, "rules": str, "evidence": str,
}  # fmt: skip
"""All columns of a line in their order, and the type of their values; from ``row_ids`` on they are ours."""
STATE_BASED, NON_STATE, ONE_SIDED = 1, 2, 3
"""Types of violence."""
_STATE, _CIVILIANS = 1, 7
_ARMED_GROUPS = frozenset({2, 3, 4})
"""ACLED's classes; class 8, forces from elsewhere, are states as well as companies and decide nothing."""
_LETHAL = frozenset({BATTLES, EXPLOSIONS, VIOLENCE})
NOT_LETHAL = "neither of a lethal kind nor with a number of killed"
NO_DEATHS = "no one was killed"


def ucdp_rows(rows: Sequence[Row], ontology: Ontology, *, aggregates: bool = False) -> list[dict[str, Any]]:
    """A line for each event that can have had deaths, and happened; ``ucdp_incidents`` counts the rows that are none.

    Args:
        aggregates: write totals over several incidents, too, with ``event_clarity`` 2.
    """
    kept, _ = ucdp_incidents(rows, ontology, aggregates=aggregates)
    return [ucdp_row(incident, ontology) for incident in kept]


def ucdp_incidents(
    rows: Sequence[Row], ontology: Ontology, *, aggregates: bool = False
) -> tuple[list[Incident], dict[str, int]]:
    """The incidents that are lines of this table, and the number of rows that are in none, by reason."""
    found = find_incidents(rows, ontology, aggregates=aggregates)
    left_out = dict(found.left_out)
    kept: list[Incident] = []
    for incident in found.kept:
        toll = _toll(incident, ontology)
        reason = None
        if toll.high == 0 or (toll.best == 0 and toll.high is None):
            reason = NO_DEATHS
        elif toll.low is None and toll.best is None and toll.high is None and not _is_lethal(incident, ontology):
            reason = NOT_LETHAL
        if reason is None:
            kept.append(incident)
        else:
            left_out[reason] = left_out.get(reason, 0) + len(incident.rows)
    return kept, left_out


def _toll(incident: Incident, ontology: Ontology) -> Toll:
    return toll_of(incident.dead(ontology), ontology, conservative=False)


def _is_lethal(incident: Incident, ontology: Ontology) -> bool:
    """Whether deaths are told without a number, or the label stands for nothing but kinds of event that kill."""
    types = mapped_types(incident.row.label, ontology)
    is_kind = bool(types) and all(event in _LETHAL and sub != ABDUCTION for event, sub in types)
    return is_kind or bool(incident.dead(ontology))


def ucdp_row(incident: Incident, ontology: Ontology) -> dict[str, Any]:
    """The line of one event. What the event lacks of date and place is taken from the casualties it caused."""
    cells, row = Cells(), incident.row
    type_of_violence, why = _type_of_violence(incident, ontology)
    first, second = _sides(incident, ontology, type_of_violence)
    cells.put("type_of_violence", type_of_violence, why)
    for column, parties in (("side_a", first), ("side_b", second)):
        if parties:
            rule = f"{parties[0].rule}; {len(parties)} named" if len(parties) > 1 else parties[0].rule
            cells.put(column, parties[0].name, rule, (parties[0].words,))
    if first and second:
        cells.put("dyad_name", f"{first[0].name} - {second[0].name}")
    _put_sources(cells, incident)
    places = places_of_incident(incident, ontology.rows.place)
    if places:
        _put_place(cells, places[0])
        if len(places) > 1 and places[1].rank == places[0].rank:
            cells.flags.append("several places")
    is_total = scope_of(row, ontology) == AGGREGATE
    cells.put("event_clarity", 2 if is_total else 1, "scope")
    _put_date(cells, incident)
    _put_deaths(cells, incident, ontology, first, second)
    return cells.line(UCDP_COLUMNS, incident)


def _type_of_violence(incident: Incident, ontology: Ontology) -> tuple[int | None, str | None]:
    """By the classes of both sides; victims of the casualties alone do not say whom the violence was meant for."""
    sides = _meant_sides(incident, ontology)
    first, second = _classes(sides.first), _classes(sides.second)
    if not first or not second:
        return None, None
    rule = "classes of both sides"
    if second == {_CIVILIANS}:
        return (ONE_SIDED, rule) if first <= _ARMED_GROUPS | {_STATE} else (None, None)
    if {_STATE} in (first, second) and first | second <= _ARMED_GROUPS | {_STATE}:
        return STATE_BASED, rule
    return (NON_STATE, rule) if first | second <= _ARMED_GROUPS else (None, None)


def _meant_sides(incident: Incident, ontology: Ontology) -> Sides:
    """The sides without victims that only the casualties name."""
    sides = sides_of(incident, ontology)
    is_of_harm = is_harm(incident.row, ontology) or (sides.rule or "").endswith("casualties")
    return Sides(sides.first) if is_of_harm else sides


def _classes(parties: Sequence[Party]) -> set[int]:
    """The classes of all parties, none if that of one is not known."""
    classes = {party.inter for party in parties if party.inter is not None}
    return classes if all(party.inter is not None for party in parties) else set()


def _sides(
    incident: Incident, ontology: Ontology, type_of_violence: int | None
) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
    """Side A and B: a government that fights an armed group is always side A."""
    sides = _meant_sides(incident, ontology)
    is_turned = type_of_violence == STATE_BASED and _classes(sides.first) != {_STATE}
    return (sides.second, sides.first) if is_turned else (sides.first, sides.second)


def _put_sources(cells: Cells, incident: Incident) -> None:
    row = incident.row
    sources = dict.fromkeys(name for each in incident.rows for name in each.sources)
    day = row.published[:10] if row.published else None
    about = [part for part in (row.outlet, day, row.title) if part]
    articles = {each.article for each in incident.rows}
    articles |= {claim.article for each in incident.rows for claim in each.claims if claim.article}
    cells.put("number_of_sources", len(articles), "articles")
    cells.put("source_article", ",".join(about) or row.article)
    cells.put("source_office", row.outlet)
    cells.put("source_date", day)
    cells.put("source_headline", row.title)
    cells.put("source_original", "; ".join(sources) or None, "reported sources" if sources else None)


def _put_place(cells: Cells, place: PlaceCell) -> None:
    country = country_of(place.country)
    cells.put("where_prec", place.precision, place.rule, (place.words,))
    cells.put("where_coordinates", place.name, place.rule, (place.words,))
    cells.put("where_description", place.words.text)
    cells.put("adm_1", place.name if place.precision == 4 else place.admin1)
    cells.put("country", country.name if country else None, "country of the place" if country else None)
    if place.latitude is not None and place.longitude is not None:
        cells.put("latitude", place.latitude)
        cells.put("longitude", place.longitude)
        cells.put("geom_wkt", f"POINT ({place.longitude} {place.latitude})")
        cells.put("priogrid_gid", prio_grid_cell(place.latitude, place.longitude))


def prio_grid_cell(latitude: float, longitude: float) -> int:
    """The cell of PRIO-GRID, half a degree wide, counted from 1 in the south-west, row by row of 720.

    >>> prio_grid_cell(-89.9, -179.9), prio_grid_cell(90, 180), prio_grid_cell(33.51, 36.29)
    (1, 259200, 178273)
    """
    row = min(math.floor((latitude + 90) * 2), 359)
    column = min(math.floor((longitude + 180) * 2), 719)
    return row * 720 + column + 1


def _put_date(cells: Cells, incident: Incident) -> None:
    date = date_of(incident)
    if date.start is None and date.end is None:
        return
    cells.put("date_start", date.start.isoformat() if date.start else None, date.rule, date.evidence)
    cells.put("date_end", date.end.isoformat() if date.end else None, date.rule, date.evidence)
    cells.put("date_prec", date.precision, date.rule)
    if date.start and (date.end is None or date.end.year == date.start.year):
        cells.put("year", date.start.year)


def _put_deaths(
    cells: Cells, incident: Incident, ontology: Ontology, first: Sequence[Party], second: Sequence[Party]
) -> None:
    """The toll; by side only where each row's dead are of one side and the rows add up to the toll."""
    toll = _toll(incident, ontology)
    for column, number in (("best", toll.best), ("high", toll.high), ("low", toll.low)):
        cells.put(column, number, toll.rule if number is not None else None, toll.evidence)
    dead = incident.dead(ontology)
    if toll.best is None or sum(row.count.best or 0 for row in dead) != toll.best:
        return
    parts: dict[tuple[str, str], list[CountCell]] = {}
    for row in dead:
        parts.setdefault(_whose(victims_of(row, ontology), first, second), []).append(row.count)
    for column in dict.fromkeys(column for column, _ in parts):
        rules = [rule for other, rule in parts if other == column]
        counts = [count for (other, _), found in parts.items() if other == column for count in found]
        evidence = [words for count in counts for words in count.evidence]
        cells.put(column, sum(count.best or 0 for count in counts), "; ".join(rules), evidence)


def _whose(victims: Sequence[Party], first: Sequence[Party], second: Sequence[Party]) -> tuple[str, str]:
    """The column of the dead: civilians, or the side that has their name, else alone has their class."""
    classes = _classes(victims)
    if not victims:
        return "deaths_unknown", "no victims are named"
    if classes == {_CIVILIANS}:
        return "deaths_civilians", "class of the victims"
    names = {party.name for party in victims}
    sides = (("deaths_a", first), ("deaths_b", second))
    by_name = [column for column, side in sides if names <= {party.name for party in side}]
    if len(by_name) == 1:
        return by_name[0], "name of the victims"
    by_class = [column for column, side in sides if len(classes) == 1 and classes & _classes(side)]
    if len(by_class) == 1:
        return by_class[0], "class of the victims, of one side alone"
    return "deaths_unknown", "the victims do not say which side"
