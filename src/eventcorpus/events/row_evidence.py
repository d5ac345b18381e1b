"""What of an event row is compared with other rows, and the keys by which rows to compare are found.

Evidence is small and plain, so that that of a million rows can be stored and sorted on disk.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from eventcorpus.events.arguments import AGENT, INSTRUMENT, TARGET, VICTIM, PlaceCell, as_code, as_text, places_of
from eventcorpus.events.incidents import AGGREGATE, OUTCOME
from eventcorpus.events.listed_places import name_key
from eventcorpus.events.rows import Argument, CountCell, Row
from eventcorpus.files import to_json
from eventcorpus.ontology import Ontology

UNDATED_DAYS = 3
"""An event without a date is looked for on so many days before its publication, and on that day."""
LONGEST_DAYS = 31
"""A longer period, or one that is open, says nothing about which event is meant."""
FEW = 3
"""Equal figures below it are no evidence: most events have one or two dead, or none."""
TOWN, AREA = 3, 4
"""UCDP's where_prec of the coarsest town or district, and of a province."""
_MOST = 5
"""Places, and parties, of one row by which others are looked for."""
_STATE = 1
_DAY, _SECOND = 86_400, dt.timedelta(seconds=1)
_FAMILIES = {
    "Battle": "violence", "Explosion": "violence", "AttackOnCivilians": "violence", "Riot": "crowd", "Protest": "crowd",
}  # fmt: skip
"""Labels that reports of one event mix up; every other label is a family of its own."""
_NAMED = frozenset({"table", "user's table", "initials", "earlier name"})
_OF_A_COUNTRY = frozenset({"state force", "foreign force", "force of the article's country", "government"})
"""Rules of ``events.actors`` that tell who it is; the latter where they know the country."""
_WRITTEN = "as written"
_COPIED = re.compile(r"#([0-9a-f]{10})$")
_WORD = re.compile(r"[^\W\d_]{3,40}")
_ENDING = re.compile(r"(?:ings?|ed|es|s)$")


class Spot(NamedTuple):
    """A listed place: ``precision`` is UCDP's where_prec, 9 if not known; ``areas`` are provinces that contain it."""

    id: str
    precision: int
    country: str | None
    areas: tuple[str, ...]
    latitude: float | None
    longitude: float | None


class Who(NamedTuple):
    """A participant with a name: ``is_written``: only as the article has it; ``side``: whom it fights for."""

    key: str
    country: str | None
    side: str | None
    is_state: bool
    is_written: bool


class Figure(NamedTuple):
    """How many, of what: the outcome or the label; bounds that are not said are None."""

    kind: str
    low: int | None
    best: int | None
    high: int | None


class Evidence(NamedTuple):
    """What of a row is compared. Plain values only, so that it can be stored by ``marshal``.

    ``family``: only rows of one family are compared; of a total, its period is part of it. None: never joined.
    ``start`` and ``end``: days as ordinals, None if not bounded; ``is_dated``: not only by publication.
    ``published``: seconds. ``copy`` and ``said``: hashes of the text with its triggers, and of the words of the row.
    ``classes``: ACLED's classes of the victims. ``causes``: groups, or ids of rows, of the events that caused it.
    """

    article: str
    label: str
    family: str | None
    start: int | None
    end: int | None
    is_dated: bool
    published: int | None
    spots: tuple[Spot, ...]
    sites: tuple[str, ...]
    agents: tuple[Who, ...]
    others: tuple[Who, ...]
    classes: tuple[int, ...]
    figures: tuple[Figure, ...]
    stems: tuple[str, ...]
    copy: str | None
    said: str | None
    causes: tuple[str, ...]

    @classmethod
    def stored(cls, values: Sequence[object]) -> Evidence:
        """One of what ``marshal`` read."""
        found = cls(*values)  # type: ignore[arg-type]
        return found._replace(
            spots=tuple(Spot(*each) for each in found.spots),
            agents=tuple(Who(*each) for each in found.agents),
            others=tuple(Who(*each) for each in found.others),
            figures=tuple(Figure(*each) for each in found.figures),
        )


def evidence_of(row: Row, ontology: Ontology) -> Evidence:
    """What of a row is compared with others."""
    published = seconds(row.published)
    start, end, is_dated = _window(row, None if published is None else published // _DAY)
    places = row.arguments.get(ontology.rows.place, ())
    instruments = row.arguments.get(INSTRUMENT, ())
    victims = row.arguments.get(VICTIM, ())
    copied = _COPIED.search(row.id)
    classes = {code for each in victims if (code := as_code(each.normalised.get("inter"), 8))}
    kind = row.attributes.get(OUTCOME) or row.label
    return Evidence(
        article=row.article,
        label=row.label,
        family=_family(row, ontology),
        start=start,
        end=end,
        is_dated=is_dated,
        published=published,
        spots=tuple(map(_spot, places_of(places))),
        sites=tuple(_sites(places)),
        agents=_named(row.arguments.get(AGENT, ())),
        others=_named((*row.arguments.get(TARGET, ()), *victims)),
        classes=tuple(sorted(classes)),
        figures=_figure(kind, row.count),
        stems=tuple(sorted(set(_stems([words.text for words in (*row.triggers, *(a.words for a in instruments))])))),
        copy=_hash([row.label, copied[1], [words.model_dump() for words in row.triggers]]) if copied else None,
        said=_said(row),
        causes=row.cause,
    )


def seconds(published: str | None) -> int | None:
    """When something was published, in seconds since the year 1 in UTC; a day alone is its beginning."""
    if published is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(published)
        offset = moment.utcoffset() or dt.timedelta()
    except ValueError:
        return None
    return _DAY * moment.toordinal() + (moment.hour * 60 + moment.minute) * 60 + moment.second - offset // _SECOND


def _family(row: Row, ontology: Ontology) -> str | None:
    names = ontology.rows
    if row.attributes.get(names.modality, names.actual) != names.actual:
        return None
    scope = row.attributes.get(names.scope, names.incident)
    family = f"{_FAMILIES.get(row.label, row.label)}\n{row.attributes.get(OUTCOME, '')}"
    if scope == AGGREGATE and (row.date.start or row.date.end):
        return f"{family}\n{row.date.start}/{row.date.end}"
    return family if scope == names.incident else None


def _window(row: Row, published: int | None) -> tuple[int | None, int | None, bool]:
    """The first and last day, and whether the row says them itself."""
    start = row.date.start.toordinal() if row.date.start else None
    end = row.date.end.toordinal() if row.date.end else None
    if start is not None and end is None and published is not None and published >= start:
        end = published
    if start is not None and end is not None:
        return (start, end, True) if end - start < LONGEST_DAYS else (None, None, False)
    last = end if end is not None else published if start is None else None
    return (None, None, False) if last is None else (last - UNDATED_DAYS, last, False)


def _spot(place: PlaceCell) -> Spot:
    areas = {place.admin1} if place.admin1 else set()
    if place.precision == AREA:
        areas |= {place.id, place.id.removeprefix("admin:")}
    return Spot(place.id, place.rank, place.country, tuple(sorted(areas)), place.latitude, place.longitude)


def _sites(places: Iterable[Argument]) -> Iterator[str]:
    """Names of markets, hospitals and the like, which no gazetteer has: those with a capital inside."""
    for argument in places:
        if "id" not in argument.normalised and argument.words.text[1:] != argument.words.text[1:].lower():
            yield name_key(argument.words.text[:120])


def _named(arguments: Iterable[Argument]) -> tuple[Who, ...]:
    """The participants that are told by name; "gunmen" or "the army" may be anyone's."""
    found: dict[str, Who] = {}
    for argument in arguments:
        values = argument.normalised
        name, rule, country = as_text(values.get("name")), values.get("rule"), as_text(values.get("country"))
        is_listed = rule in _NAMED or (rule in _OF_A_COUNTRY and country is not None)
        is_written = not is_listed and (rule == _WRITTEN or name is None)
        if "id" in values or not (is_listed or is_written):
            continue
        text = name or argument.words.text
        if is_written and text[1:] == text[1:].lower():
            continue
        if key := name_key(text[:120]):
            side = as_text(values.get("side"))
            is_state = values.get("inter") == _STATE or rule in _OF_A_COUNTRY
            found.setdefault(key, Who(key, country, name_key(side) if side else None, is_state, is_written))
    return tuple(found.values())


def _figure(kind: str, count: CountCell) -> tuple[Figure, ...]:
    if count.low is None and count.best is None and count.high is None:
        return ()
    return (Figure(f"{kind} {count.unit or 'people'}", count.low, count.best, count.high),)


def _stems(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for found in _WORD.finditer(text[:120]):
            word = found[0].casefold()
            yield _ENDING.sub("", word) if len(word) > 5 else word


def _said(row: Row) -> str | None:
    """A hash of all that the row says, by its words; None where that is little."""
    told = sorted((role, each.words.text) for role, given in row.arguments.items() for each in given)
    if len(told) + len(row.count.evidence) < 4:
        return None
    counted = [words.text for words in row.count.evidence]
    return _hash([row.label, [words.text for words in row.triggers], told, counted])


def _hash(value: object) -> str:
    return hashlib.blake2b(to_json(value).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def with_causes(evidence: Evidence, causes: Sequence[Evidence]) -> Evidence:
    """The evidence of harm to people, with what its text says of the event that caused it; of several, as it is."""
    return _filled(evidence, causes[0]) if len(causes) == 1 and evidence.family else evidence


def with_harm(evidence: Evidence, harm: Sequence[Evidence]) -> Evidence:
    """The evidence of an event, with what its text says of the harm that it alone caused."""
    for each in harm:
        if evidence.family and each.family:
            evidence = _filled(evidence, each)._replace(figures=(*evidence.figures, *each.figures))
    return evidence


def _filled(evidence: Evidence, other: Evidence) -> Evidence:
    if not evidence.is_dated and other.is_dated:
        evidence = evidence._replace(start=other.start, end=other.end, is_dated=True)
    return evidence._replace(
        spots=evidence.spots or other.spots,
        sites=evidence.sites or other.sites,
        agents=evidence.agents or other.agents,
        others=evidence.others or other.others,
    )


def blocking_keys(evidence: Evidence) -> list[str]:
    """Rows without a common key cannot meet the demands of any rule, and are not compared."""
    family = evidence.family
    if family is None:
        return []
    keys = [f"copy {key}" for key in (evidence.copy, evidence.said) if key]
    keys += [f"cause {family} {cause}" for cause in evidence.causes]
    if evidence.start is None:
        return keys
    spots, parties = evidence.spots[:_MOST], sorted(party_keys(evidence))[:_MOST]
    keys += [f"place {family} {spot.id}" for spot in spots if spot.precision <= AREA]
    keys += [f"site {family} {site}" for site in evidence.sites[:_MOST]]
    areas = {area for spot in spots for area in spot.areas}
    keys += [f"area {family} {area} {party}" for area in sorted(areas) for party in parties]
    keys += [f"sides {family} {one} {other}" for one, other in combinations(parties, 2)]
    bests = {
        (figure.kind, figure.best) for figure in evidence.figures if figure.best is not None and figure.best >= FEW
    }
    keys += [f"figure {family} {kind} {best:x} {party}" for kind, best in sorted(bests) for party in parties]
    return keys


def party_keys(evidence: Evidence) -> set[str]:
    """The names of all participants."""
    return {who.key for who in (*evidence.agents, *evidence.others)}
