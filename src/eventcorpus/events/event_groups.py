"""The record of one event that several articles tell: who says how many, in time order, and what is made of it.

Nothing that a row says is lost: all sources and claims stay, with their article and its publication.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from eventcorpus.events.arguments import AGENT, TARGET, VICTIM, as_text, places_of
from eventcorpus.events.row_evidence import TOWN, seconds
from eventcorpus.events.rows import Row
from eventcorpus.files import to_json
from eventcorpus.ontology import Ontology
from eventcorpus.table_files import column_names, joined

Best = Literal["latest", "max", "min", "mode"]
BESTS: tuple[str, ...] = get_args(Best)
"""How one figure is chosen of those of several reports: see ``best_figure``."""
_PEOPLE = "people"
_BOUNDS = ("low", "best", "high")

_FLAT: Mapping[str, type] = {
    "n_rows": int, "rows": str, "n_articles": int, "articles": str, "published_first": str, "published_last": str,
    AGENT: str, TARGET: str, VICTIM: str, "date_start": str, "date_end": str, "date_precision": int,
    "count_low": int, "count_best": int, "count_high": int, "count_unit": str,
    "place_id": str, "place_name": str, "country": str, "admin1": str, "latitude": float, "longitude": float,
    "place_precision": int, "cause": str, "sources": str, "outlets": str, "confidence": float, "rules": str,
    "flags": str,
}  # fmt: skip
"""Columns of a table of groups behind id, label and attributes."""


class Member(NamedTuple):
    """What the record of an event needs of one row. Plain values only, so that it can be stored by ``marshal``.

    ``date``: first and last day (ISO 8601), precision and rule. ``places``: id, name, country, province, latitude,
    longitude, precision, the most precise first. ``counted``: low, best, high, unit.
    """

    article: str
    id: str
    label: str
    attributes: Mapping[str, str]
    date: tuple[str | None, str | None, int | None, str | None]
    places: tuple[tuple[Any, ...], ...]
    participants: Mapping[str, tuple[str, ...]]
    counted: tuple[int | None, int | None, int | None, str | None]
    claims: tuple[dict[str, Any], ...]
    sources: tuple[str, ...]
    published: str | None
    outlet: str | None
    confidence: float

    @property
    def moment(self) -> int:
        """When it was published, in seconds; -1 where that is not known, so that it comes first."""
        moment = seconds(self.published)
        return -1 if moment is None else moment

    @property
    def figure(self) -> int | None:
        """The number that is said, or at least said."""
        return self.counted[0] if self.counted[1] is None else self.counted[1]


_PLACE_KEYS = ("id", "name", "country", "admin1", "latitude", "longitude", "precision")


def member_of(row: Row, ontology: Ontology) -> Member:
    """What the record of an event needs of a row."""
    date, count = row.date, row.count
    participants = {
        role: tuple(dict.fromkeys(as_text(each.normalised.get("name")) or each.words.text for each in given))
        for role in (AGENT, TARGET, VICTIM)
        if (given := row.arguments.get(role))
    }
    places = places_of(row.arguments.get(ontology.rows.place, ()))
    return Member(
        article=row.article,
        id=row.id,
        label=row.label,
        attributes=dict(row.attributes),
        date=(_iso(date.start), _iso(date.end), date.precision, date.rule),
        places=tuple(tuple(getattr(place, key) for key in _PLACE_KEYS) for place in places),
        participants=participants,
        counted=(count.low, count.best, count.high, count.unit),
        claims=_claims(row),
        sources=row.sources,
        published=row.published,
        outlet=row.outlet,
        confidence=row.confidence,
    )


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _claims(row: Row) -> tuple[dict[str, Any], ...]:
    """The claims of a row, or its figure, each with its article and publication."""
    said = [claim.model_dump(mode="json", exclude_none=True) for claim in row.claims]
    count = row.count
    if not said and (count.low, count.best, count.high) != (None, None, None):
        cell = count.model_dump(mode="json", include={*_BOUNDS, "unit", "evidence"}, exclude_none=True)
        said = [cell | {"sources": row.sources}]
    about = {"article": row.article} | ({"published": row.published} if row.published else {})
    return tuple(about | {key: value for key, value in claim.items() if value not in ([], ())} for claim in said)


def group_id(keys: Iterable[tuple[str, str]]) -> str:
    """The id of an event: 16 hex digits that depend on its rows alone (article and id), not on their order."""
    content = to_json(sorted(keys)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]


def event_group(
    members: Iterable[Member], *, best: Best, cause: Sequence[str] = (), rules: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """The record as JSON has it, its rows in the order of their publication.

    Args:
        cause: ids of the groups of the events that caused it.
        rules: by name the confidence of the rules by which the rows were joined; that of the group is the lowest.
    """
    told = sorted(members, key=lambda member: (member.moment, member.article, member.id))
    date, dates_disagree = _date(told)
    place, places_disagree = _place(told)
    count, count_flags = _count(told, best)
    labels = Counter(member.label for member in told)
    flags = {
        "labels differ": len(labels) > 1,
        "dates disagree": dates_disagree,
        "places disagree": places_disagree,
    } | dict.fromkeys(count_flags, True)
    published = [member.published for member in told if member.moment >= 0]
    return {
        "id": group_id((member.article, member.id) for member in told),
        "label": min(labels, key=lambda label: (-labels[label], label)),
        **_shared_attributes(told),
        "rows": [{"article": member.article, "id": member.id} for member in told],
        "articles": _each_once(member.article for member in told),
        "sources": _each_once(source for member in told for source in member.sources),
        "outlets": _each_once(member.outlet for member in told if member.outlet),
        "published": {"first": published[0], "last": published[-1]} if published else None,
        "date": date,
        "place": place,
        **{role: _each_once(n for m in told for n in m.participants.get(role, ())) for role in (AGENT, TARGET, VICTIM)},
        "count": count,
        "claims": [claim for member in told for claim in member.claims],
        "cause": list(cause),
        "confidence": min((rules or {}).values(), default=1.0),
        "rules": sorted(rules or {}),
        "flags": [flag for flag, is_raised in flags.items() if is_raised],
    }


def group_columns(ontology: Ontology) -> dict[str, type]:
    """The columns of groups as a table, in their order: attributes, then what ``flat_group`` makes of the rest."""
    return {"id": str, "label": str, **dict.fromkeys(_attribute_columns(ontology).values(), str), **_FLAT}


def flat_group(group: Mapping[str, Any], ontology: Ontology) -> dict[str, Any]:
    """A group with one value a cell; several rows, articles, names, rules and flags are joined by ``; ``.

    Claims are left out; they stand in JSON Lines.
    """
    date, place, count = group["date"], group["place"] or {}, group["count"]
    published = group["published"] or {}
    names = ("articles", "sources", "outlets", AGENT, TARGET, VICTIM, "cause", "rules", "flags")
    return {
        **dict.fromkeys(group_columns(ontology)),
        **{column: group.get(name) for name, column in _attribute_columns(ontology).items()},
        "id": group["id"],
        "label": group["label"],
        "n_rows": len(group["rows"]),
        "rows": joined(row["id"] for row in group["rows"]),
        "n_articles": len(group["articles"]),
        "published_first": published.get("first"),
        "published_last": published.get("last"),
        **{f"date_{key}": date.get(key) for key in ("start", "end", "precision")},
        **{f"count_{key}": count.get(key) for key in (*_BOUNDS, "unit")},
        "place_id": place.get("id"),
        "place_name": place.get("name"),
        **{key: place.get(key) for key in ("country", "admin1", "latitude", "longitude")},
        "place_precision": place.get("precision"),
        **{name: joined(group[name]) for name in names},
        "confidence": group["confidence"],
    }


def _attribute_columns(ontology: Ontology) -> dict[str, str]:
    names = [attribute.name for attribute in ontology.attributes]
    return dict(zip(names, column_names({"id", "label", *_FLAT}, attributes=names).values(), strict=True))


def _each_once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _shared_attributes(told: Sequence[Member]) -> dict[str, str]:
    """The attributes of which all rows have the same value."""
    first = told[0].attributes
    return {key: value for key, value in first.items() if all(m.attributes.get(key) == value for m in told)}


def _date(told: Sequence[Member]) -> tuple[dict[str, Any], bool]:
    """The most precise date, of equally precise ones the one most said, then the earliest; whether one excludes it."""
    dates = [member.date for member in told if member.date[0] or member.date[1]]
    if not dates:
        return {"start": None, "end": None}, False
    times = Counter(date[:3] for date in dates)
    chosen = min(dates, key=lambda date: (date[2] or 9, -times[date[:3]], date[0] or "", date[1] or "", date[3] or ""))
    start, end, precision, rule = chosen
    disagree = any(_before(other[1], start) or _before(end, other[0]) for other in dates)
    known = {"precision": precision, "rule": rule}
    return {"start": start, "end": end} | {k: v for k, v in known.items() if v is not None}, disagree


def _before(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one < other


def _place(told: Sequence[Member]) -> tuple[dict[str, Any] | None, bool]:
    """The most precise place, of equally precise ones the one most said; whether a row has another one."""
    places = [place for member in told for place in member.places]
    if not places:
        return None, False
    times = Counter(place[0] for place in places)
    chosen = min(places, key=lambda place: (place[-1] or 9, -times[place[0]], place[0]))
    fine = [{place[0] for place in member.places if place[-1] and place[-1] <= TOWN} for member in told]
    disagree = any(names and chosen[0] not in names for names in fine)
    found = dict(zip(_PLACE_KEYS, chosen, strict=True))
    return {key: value for key, value in found.items() if value is not None}, disagree


def _count(told: Sequence[Member], best: Best) -> tuple[dict[str, Any], list[str]]:
    """The least, the best and the greatest figure of the unit that most rows have, and what is to be said of them."""
    units = Counter(member.counted[3] or _PEOPLE for member in told if member.counted[:3] != (None, None, None))
    if not units:
        return dict.fromkeys(_BOUNDS), []
    unit = min(units, key=lambda name: (-units[name], name))
    counted = [m for m in told if (m.counted[3] or _PEOPLE) == unit]
    said = [(m.moment, m.figure) for m in counted if m.figure is not None]
    cells: list[dict[str, Any]] = [dict(zip(_BOUNDS, m.counted, strict=False)) for m in counted]
    cells += [claim for m in told for claim in m.claims if claim.get("unit", _PEOPLE) == unit]
    least = [cell[key] for cell in cells for key in ("low", "best") if cell.get(key) is not None]
    greatest = [cell[key] for cell in cells for key in _BOUNDS if cell.get(key) is not None]
    number, rule = best_figure(said, best)
    count = {"low": min(least, default=None), "best": number, "high": max(greatest, default=None), "unit": unit}
    flags = ["units differ"] if len(units) > 1 else []
    return count | {"rule": rule}, flags + _course(said)


def best_figure(said: Sequence[tuple[int, int]], how: Best) -> tuple[int | None, str]:
    """One of the figures of several reports, and the rule by which it was chosen.

    ``latest``: of the latest publication, because tolls are corrected; of several at that time the one most said, then
    the highest. ``mode``: the one most said, of equals the later, then the higher. ``max`` and ``min``: what they say.

    Args:
        said: when each was published, in seconds, and the figure.

    >>> best_figure([(1, 3), (1, 3), (1, 5), (2, 6)], "latest"), best_figure([(1, 3), (1, 3), (2, 6)], "mode")
    ((6, 'latest publication'), (3, 'most said'))
    """
    numbers = [number for _, number in said]
    if len(set(numbers)) < 2:
        return (numbers[0] if numbers else None), "one figure" if numbers else "none"
    if how in ("max", "min"):
        return (max(numbers), "highest") if how == "max" else (min(numbers), "lowest")
    last = max(moment for moment, _ in said)
    considered = [(moment, number) for moment, number in said if how == "mode" or moment == last]
    times = Counter(number for _, number in considered)
    latest = {number: moment for moment, number in sorted(considered)}
    chosen = max(times, key=lambda number: (times[number], latest[number], number))
    if how == "mode":
        return chosen, "most said"
    return chosen, "latest publication" if len(times) == 1 else "latest publication: most said, then highest"


def _course(said: Sequence[tuple[int, int]]) -> list[str]:
    """Whether figures differ otherwise than that later ones are higher."""
    if len({number for _, number in said}) < 2:
        return []
    in_time = sorted(said)
    at_once: dict[int, set[int]] = {}
    for moment, number in in_time:
        at_once.setdefault(moment, set()).add(number)
    numbers = [number for _, number in in_time]
    is_rising = all(len(found) == 1 for found in at_once.values()) and numbers == sorted(numbers)
    return ["counts rise" if is_rising else "counts disagree"]
