"""Which place of a gazetteer a mention means, and how precisely it is said; nothing where that is not sure.

Context decides, in this order: what the mention itself says ("Homs province"), the area that contains it ("Albany,
Georgia"), the other places of the article, the country of the outlet, and population where one is far ahead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from eventcorpus.events.gazetteer import Gazetteer
from eventcorpus.events.geonames import spelling_key
from eventcorpus.events.listed_places import ADMIN, CITY, COUNTRY, Candidate, name_key
from eventcorpus.events.place_mentions import DISTRICT, LARGE_TOWN, WORD, PlaceMention
from eventcorpus.files import StrictModel

_AHEAD = 6
"""One candidate is far ahead if it has so many times the people of every other."""
_CAPITAL_AHEAD = 4
"""The same of the capital of a country."""
_AREA_AHEAD = 20
"""The same of provinces, whose people are counted in their listed towns alone."""
_TOO_FAR_AHEAD = 8
"""A place so far ahead is overruled by an explicit container alone, never by other places of the article."""
_KNOWN_TOWN = 50_000
"""A town of so many people is believed by another name than its first."""
_LONG_SPELLING = 6
"""Letters of a ``spelling_key`` that few towns share."""
_WORLD_CITY = 500_000
"""A town of so many people is believed in an article about another country."""


class PlaceValue(StrictModel):
    """The place that a mention means.

    ``id``: ``geonames:ID``, ``admin:ISO 3166-2``, ``water:NAME``, ``corpus:NAME`` or one of the user's list.
    ``country``: ISO 3166-1 alpha-2 (an invented country: its name). ``admin1``: ISO 3166-2, where it is known. Degrees
    are of towns; ``precision`` is UCDP's where_prec: 1 exact place, 2 within about 25 km or a part of a town, 3 ADM2,
    4 ADM1, 5 part of a country, 6 country, 7 water. ``confidence``: how often the ``rule`` is right, by our estimate.
    """

    id: str
    name: str
    kind: str
    country: str | None
    admin1: str | None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None
    precision: Annotated[int, Field(ge=1, le=7)]
    rule: str
    confidence: Annotated[float, Field(ge=0, le=1)]


CONFIDENCE: Mapping[str, float] = {
    "own list": 0.97, "country": 0.97, "abbreviation": 0.97, "container": 0.96, "contains": 0.96, "water": 0.95,
    "description": 0.93, "population": 0.92, "only": 0.9, "other places": 0.88, "outlet": 0.85, "other name": 0.85,
    "small town": 0.85, "spelling": 0.8,
}  # fmt: skip
"""By rule; estimates, made on the case table of the tests and on news that we read."""
_DATELINE_AFTER = re.compile(
    r"(?:,? [^\W\d_. -]{2,20}(?: [^\W\d_-]{2,20})?)?"
    r"(?:,? ?(?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8}\.?)(?:,? \d{4})?)?"
    r"(?:,? ?[A-Z]{2,12}|,? ?\([^()\n]{2,40}\))?\s?(?:—|–|--?)\s?(?=\S)"
)


def is_dateline(text: str, start: int, end: int) -> bool:
    """Whether a place is a dateline: at the beginning of a line, before a dash, in between a date or an agency at most.

    A dateline says where the report was written; it is never the place of an event. In capitals a comma, a colon or an
    agency in brackets will do.

    >>> is_dateline("DAMASCUS, April 24 — The army", 0, 8), is_dateline("Damascus was calm.", 0, 8)
    (True, False)
    """
    before, after = text[max(0, start - 3) : start], text[end : end + 100]
    if start < 0 or end <= start or before.rpartition("\n")[2].strip() or "\n" in text[start:end]:
        return False
    if _DATELINE_AFTER.match(after):
        return True
    is_capitals = text[start:end].isupper() and not text[end : end + 40].isupper()
    return is_capitals and bool(re.match(r":|,? ?\([^()\n]{2,40}\)|,? [A-Z][a-z]{2,8}\.? \d{1,2}\b|, ", after))


def resolve_places(
    text: str,
    mentions: Sequence[tuple[int, int]],
    gazetteer: Gazetteer,
    *,
    outlet_country: str | None = None,
    with_points: bool = False,
) -> list[PlaceValue | None]:
    """What each mention of an article means, None where that is not sure.

    Args:
        mentions: (start, end) of all places of the article, which help to tell each other.
        outlet_country: ISO 3166-1 alpha-2, of whoever published the article.
        with_points: provinces get the point of their middle, too.
    """
    read = [PlaceMention.of(text, start, end, gazetteer) for start, end in mentions]
    sure = [None if mention is None else _by_itself(mention, gazetteer) for mention in read]
    votes = _Votes.of(text, read, sure, gazetteer)
    values: list[PlaceValue | None] = []
    for mention, found in zip(read, sure, strict=True):
        if mention is None:
            values.append(None)
            continue
        chosen = found or _in_context(mention, votes.without(mention), outlet_country, gazetteer)
        values.append(_value(mention, chosen, gazetteer, with_points=with_points) if chosen else None)
    return values


@dataclass(frozen=True)
class _Votes:
    """The country, and the province if it is known, that each name of a place in the article speaks for."""

    of_names: Mapping[str, frozenset[str]]

    @classmethod
    def of(
        cls, text: str, mentions: Sequence[PlaceMention | None], sure: Sequence[_Chosen | None], gazetteer: Gazetteer
    ) -> _Votes:
        """Of the mentions that are plain by themselves, and of all countries and adjectives in the text."""
        voted: dict[str, frozenset[str]] = {}
        for mention, chosen in zip(mentions, sure, strict=True):
            if mention is None:
                continue
            candidate = chosen.candidate if chosen else _plain(mention, gazetteer)
            if candidate is not None and candidate.country:
                admin1 = gazetteer.admin1_of(candidate)
                voted[mention.key] = frozenset(filter(None, (candidate.country, admin1)))
        for name, code in _countries_in(text, gazetteer):
            voted.setdefault(name, frozenset({code}))
        return cls(voted)

    def without(self, mention: PlaceMention) -> Counter[str]:
        """How many other names speak for each country and province; names and adjectives of one country count once."""
        counts: Counter[str] = Counter()
        by_country_name: set[str] = set()
        for key, places in self.of_names.items():
            if key == mention.key:
                continue
            if len(places) == 1:
                by_country_name.update(places)
            else:
                counts.update(places)
        counts.update(by_country_name)
        return counts


@dataclass(frozen=True)
class _Chosen:
    candidate: Candidate
    rule: str


def _by_itself(mention: PlaceMention, gazetteer: Gazetteer) -> _Chosen | None:
    """What needs no other place of the article: containers, abbreviations, own lists, countries, single names."""
    if mention.abbreviation:
        return _Chosen(gazetteer.admin(mention.abbreviation), "abbreviation")
    if mention.container:
        every = gazetteer.towns(mention.key, every=True) if mention.described != ADMIN else []
        listed = {c.id: c for c in (*every, *mention.candidates)}.values()
        inside = [c for c in listed if any(_is_in(c, area, gazetteer) for area in mention.container)]
        if not inside and mention.is_strict and mention.described != ADMIN:
            small = gazetteer.towns(mention.key, small=True, every=True)
            inside = [c for c in small if any(_is_in(c, area, gazetteer) for area in mention.container)]
        if best := _largest(inside, gazetteer):
            return _Chosen(best, "container")
    if mention.contains:
        areas = [
            area
            for area in mention.candidates
            if area.kind in (ADMIN, COUNTRY)
            and any(_is_in(town, area, gazetteer) for town in _named(mention.contains, gazetteer))
        ]
        if len(areas) == 1:
            return _Chosen(areas[0], "contains")
    return None


def _named(key: str, gazetteer: Gazetteer) -> Iterator[Candidate]:
    yield from gazetteer.own(key)
    words = key.split()
    for n in range(len(words)):
        yield from gazetteer.towns(" ".join(words[n:]))


def _in_context(
    mention: PlaceMention, votes: Counter[str], outlet_country: str | None, gazetteer: Gazetteer
) -> _Chosen | None:
    """By the other places of the article, the outlet, or population."""
    candidates = _without_namesakes(mention.candidates, gazetteer)
    if not candidates:
        return _small_town(mention, votes, gazetteer)
    if mention.container and mention.is_strict and not candidates[0].is_own:
        return None
    if all(candidate.is_own for candidate in candidates):
        best = _most_voted(candidates, votes, gazetteer)
        return _Chosen(best, "own list") if best else None
    ranked = sorted(candidates, key=lambda c: -c.population)
    first = ranked[0]
    ahead = first.population / max(1, ranked[1].population) if len(ranked) > 1 else float("inf")
    unknown = [c for c in ranked[1:] if c.kind == ADMIN and not c.population]
    if any(c.precision == 4 or first.population < LARGE_TOWN for c in unknown):
        ahead = 1.0  # there is a province whose people are not known
    if first.kind not in (CITY, ADMIN) and not any(_is_rival(other) for other in ranked[1:]):
        return _Chosen(first, first.kind)
    if len(candidates) > 1 and (ahead < _TOO_FAR_AHEAD or first.kind == ADMIN):
        if (best := _most_voted(candidates, votes, gazetteer)) is not None:
            return _Chosen(best, "other places")
        of_outlet = [candidate for candidate in candidates if candidate.country == outlet_country]
        if of_outlet:
            best = _largest(of_outlet, gazetteer)
            return _Chosen(best, "outlet") if best else None
    is_capital = gazetteer.capital_of(name_key(first.name)) == first.country
    least = _AREA_AHEAD if first.kind == ADMIN else _CAPITAL_AHEAD if is_capital else _AHEAD
    if len(candidates) > 1 and (ahead < least or _is_mixed(ranked)):
        return None
    if _is_foreign(first, votes, gazetteer):
        return None
    if first.found_by != "name" and not _is_believed(first, mention, votes):
        return None
    if first.found_by != "name":
        return _Chosen(first, first.found_by)
    rule = "description" if mention.described else "only" if len(candidates) == 1 else "population"
    return _Chosen(first, rule)


def _small_town(mention: PlaceMention, votes: Counter[str], gazetteer: Gazetteer) -> _Chosen | None:
    """A town of 1,000 people or more in the country that most other places lie in; the list is read if there is one."""
    if mention.described == ADMIN or mention.is_strict or not any(len(place) == 2 for place in votes):
        return None
    towns = [town for town in gazetteer.towns(mention.key, small=True) if votes[town.country or ""]]
    best = _most_voted(towns, votes, gazetteer) if towns else None
    if best and mention.described == DISTRICT:
        best = replace(best, precision=3)
    return _Chosen(best, "small town") if best else None


def _most_voted(candidates: Sequence[Candidate], votes: Counter[str], gazetteer: Gazetteer) -> Candidate | None:
    """The candidate in the country, then in the province, that most other places of the article lie in."""
    most = max((votes[c.country or ""] for c in candidates), default=0)
    voted = [c for c in candidates if votes[c.country or ""] == most]
    if len({c.country for c in voted}) > 1:
        return None
    if len(voted) > 1:
        country = f"{voted[0].country}-"
        of_areas = [n for place, n in votes.items() if place.startswith(country)]
        if of_areas.count(most_of_areas := max(of_areas, default=0)) == 1:
            voted = [c for c in voted if votes[gazetteer.admin1_of(c) or ""] == most_of_areas] or voted
    if not most and len(candidates) > 1:
        return None
    return _largest(voted, gazetteer)


def _largest(candidates: Sequence[Candidate], gazetteer: Gazetteer) -> Candidate | None:
    """The one that is meant among those of one area: the large town rather than its province, the one far ahead."""
    candidates = _without_namesakes(candidates, gazetteer)
    ranked = sorted(candidates, key=lambda c: -c.population)
    if len(ranked) == 1 or (len(ranked) > 1 and ranked[0].population > _AHEAD * ranked[1].population):
        return ranked[0]
    main = [candidate for candidate in ranked if candidate.found_by == "name"]
    return main[0] if len(main) == 1 and main[0] is ranked[0] else None


def _without_namesakes(candidates: Sequence[Candidate], gazetteer: Gazetteer) -> list[Candidate]:
    """One candidate of each country's town and province of one name: a large town, else the province.

    A province that is the town itself (Dimashq) and a district in a province of that name count for one.
    """
    kept: list[Candidate] = []
    by_country: dict[str | None, list[Candidate]] = {}
    for candidate in candidates:
        by_country.setdefault(candidate.country, []).append(candidate)
    has_area = any(c.kind == ADMIN and c.precision > 3 and c.found_by == "name" for c in candidates)
    for listed in by_country.values():
        areas = [c for c in listed if c.kind == ADMIN]
        towns = [c for c in listed if c.kind == CITY and (c.found_by == "name" or areas or not has_area)]
        others = [c for c in listed if c.kind not in (ADMIN, CITY)]
        if others:
            kept.extend(others)
        elif areas and towns and not any(t.population >= LARGE_TOWN or _seats(t, areas, gazetteer) for t in towns):
            kept.extend(_top(areas))
        else:
            kept.extend(towns or _top(areas))
    return kept


def _seats(town: Candidate, areas: Sequence[Candidate], gazetteer: Gazetteer) -> bool:
    """Whether a town lies in the province of its name: Idlib rather than its province."""
    return town.is_own or any(_is_in(town, area, gazetteer) for area in areas)


def _top(areas: Sequence[Candidate]) -> list[Candidate]:
    """Without the districts where there is a province of that name."""
    widest = max((area.precision for area in areas), default=0)
    return [area for area in areas if area.precision == widest]


def _is_in(candidate: Candidate, area: Candidate, gazetteer: Gazetteer) -> bool:
    if area.id == candidate.id or area.country != candidate.country:
        return False
    if area.kind == COUNTRY:
        return True
    code = area.id.removeprefix("admin:") if area.id.startswith("admin:") else area.admin1
    of_candidate = gazetteer.admin1_of(candidate)
    if of_candidate is None:
        return code is not None and not candidate.is_own and not gazetteer.has_towns(code)
    return of_candidate in (code, area.admin1)


def _is_believed(candidate: Candidate, mention: PlaceMention, votes: Counter[str]) -> bool:
    """Whether a name that is not the list's first is enough: of a country of the article, of a large town, or long."""
    if candidate.country and votes[candidate.country]:
        return True
    if candidate.found_by == "spelling":
        return len(spelling_key(mention.key)) >= _LONG_SPELLING
    return candidate.population >= _KNOWN_TOWN


def _is_rival(candidate: Candidate) -> bool:
    """Whether a country of the same name may not be meant: a province with people (Georgia), no small town (Peru)."""
    return candidate.kind == ADMIN and candidate.population > 1_000_000


def _is_mixed(ranked: Sequence[Candidate]) -> bool:
    """A province is first, and a large town of another country has its name."""
    return ranked[0].kind == ADMIN and any(c.kind == CITY and c.population >= LARGE_TOWN for c in ranked[1:])


def _is_foreign(candidate: Candidate, votes: Counter[str], gazetteer: Gazetteer) -> bool:
    """Whether the article is about one other country, and the town is not known all over the world."""
    if candidate.country is None or votes[candidate.country] or max(votes.values(), default=0) < 2:
        return False
    is_capital = gazetteer.capital_of(name_key(candidate.name)) == candidate.country
    return not (is_capital or candidate.population >= _WORLD_CITY)


def _plain(mention: PlaceMention, gazetteer: Gazetteer) -> Candidate | None:
    """What a mention means where nothing competes."""
    if mention.is_strict:
        return None
    best = _largest(mention.candidates, gazetteer)
    return best if best and (best.found_by == "name" or best.population >= LARGE_TOWN) else None


def _countries_in(text: str, gazetteer: Gazetteer) -> Iterator[tuple[str, str]]:
    """Names and adjectives of countries, with their codes, but for names that provinces have, too (Georgia)."""
    words = [(word[0], word.start(), word.end()) for word in WORD.finditer(text)]
    for i, (word, start, _) in enumerate(words):
        if code := gazetteer.country_of_adjective(word):
            yield name_key(word), code
        if not word[0].isupper():
            continue
        for n in (3, 2, 1):
            if i + n > len(words):
                continue
            key = name_key(re.sub(r"['’]s$", "", text[start : words[i + n - 1][2]]))
            if (country := gazetteer.country(key)) and country.country:
                if not gazetteer.admins(key):
                    yield key, country.country
                break


def _value(mention: PlaceMention, chosen: _Chosen, gazetteer: Gazetteer, *, with_points: bool) -> PlaceValue:
    candidate = chosen.candidate
    precision = candidate.precision
    if mention.is_part:
        precision = {1: 2, 6: precision if mention.is_near else 5}.get(precision, precision)
    has_point = with_points or candidate.kind not in (ADMIN, COUNTRY)
    return PlaceValue(
        id=candidate.id,
        name=candidate.name,
        kind=candidate.kind,
        country=candidate.country,
        admin1=gazetteer.admin1_of(candidate),
        latitude=candidate.latitude if has_point else None,
        longitude=candidate.longitude if has_point else None,
        precision=precision,
        rule=chosen.rule,
        confidence=CONFIDENCE[chosen.rule],
    )
