"""What the arguments of a row say: its place and its parties, read from the normalised keys that ``assembly`` writes.

Rows come from files, too: a value of another type or outside of its range is read as not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eventcorpus.events.rows import Argument, Row, Words
from eventcorpus.ontology import Ontology

AGENT, TARGET, VICTIM, INSTRUMENT = "agent", "target", "victim", "instrument"
"""Roles of the shipped ontology that published tables have columns for; without a role its columns are empty."""


@dataclass(frozen=True)
class PlaceCell:
    """A place that a gazetteer has: ``precision`` is UCDP's where_prec, 1 to 7; coordinates in degrees, both or none.

    ``country``: ISO 3166-1 alpha-2, or the name of an invented country.
    """

    id: str
    name: str
    words: Words
    precision: int | None = None
    country: str | None = None
    admin1: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    rule: str | None = None

    @property
    def rank(self) -> int:
        """The finer the smaller; a place without a precision comes last."""
        return self.precision or 9


@dataclass(frozen=True)
class Party:
    """Who takes part. ``inter``: ACLED's class, 1 to 8; ``country``: ISO 3166-1 alpha-2."""

    name: str
    words: Words
    inter: int | None = None
    country: str | None = None
    rule: str | None = None


def places_of(arguments: Iterable[Argument]) -> list[PlaceCell]:
    """The arguments that a gazetteer has, the most precise first, each place once."""
    found: dict[str, PlaceCell] = {}
    for argument in arguments:
        place = _place(argument)
        if place is not None and (place.id not in found or place.rank < found[place.id].rank):
            found[place.id] = place
    return sorted(found.values(), key=lambda place: place.rank)


def _place(argument: Argument) -> PlaceCell | None:
    values = argument.normalised
    if (name := as_text(values.get("id"))) is None:
        return None
    latitude, longitude = as_degrees(values.get("latitude"), 90), as_degrees(values.get("longitude"), 180)
    has_point = latitude is not None and longitude is not None
    return PlaceCell(
        id=name,
        name=as_text(values.get("name")) or argument.words.text,
        words=argument.words,
        precision=as_code(values.get("precision"), 7),
        country=as_text(values.get("country")),
        admin1=as_text(values.get("admin1")),
        latitude=latitude if has_point else None,
        longitude=longitude if has_point else None,
        rule=as_text(values.get("rule")),
    )


def unlisted_words(arguments: Iterable[Argument]) -> list[str]:
    """The words of arguments that no gazetteer has, such as markets and hospitals."""
    return list(dict.fromkeys(argument.words.text for argument in arguments if _place(argument) is None))


def parties_of(row: Row, role: str, ontology: Ontology) -> list[Party]:
    """The actors and civilians of a role in text order, each name once.

    One whose words mean nothing to the table of actors is taken only where the role can have nothing but actors.
    """
    found: dict[str, Party] = {}
    for argument in row.arguments.get(role, ()):
        values = argument.normalised
        name = None if "id" in values else as_text(values.get("name"))
        if name is None and not _takes_only_actors(role, row.label, ontology):
            continue
        party = Party(
            name=name or argument.words.text,
            words=argument.words,
            inter=as_code(values.get("inter"), 8) if name else None,
            country=as_text(values.get("country")) if name else None,
            rule=as_text(values.get("rule")) if name else "as written",
        )
        found.setdefault(party.name, party)
    return list(found.values())


def _takes_only_actors(role: str, label: str, ontology: Ontology) -> bool:
    allowed = {entity for entity in ontology.labels if ontology.allows(role, label, entity)}
    return bool(allowed) and allowed <= set(ontology.rows.actors)


def as_text(value: Any) -> str | None:
    """Text that is not empty."""
    return value if isinstance(value, str) and value.strip() else None


def as_code(value: Any, highest: int) -> int | None:
    """A code from 1 on."""
    is_code = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= highest
    return value if is_code else None


def as_degrees(value: Any, most: int) -> float | None:
    """A latitude (``most`` 90) or a longitude (180)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        return None
    return float(value) if math.isfinite(value) else None
