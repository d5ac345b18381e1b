"""A mention of a place as it is read: its bare name, what its words and those beside it say, and what may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eventcorpus.events.countries import countries
from eventcorpus.events.gazetteer import Gazetteer
from eventcorpus.events.listed_places import ADMIN, CITY, COUNTRY, Candidate, name_key

_NEAR_KM = 25.0
"""What UCDP's where_prec 2 means by near."""
_SHORTEST_AREA = 3
"""Letters of a container, but for postal codes."""
LARGE_TOWN = 100_000
"""A town of so many people is meant rather than the province of its name."""
_LONGEST = 120
"""Characters of a mention; longer ones are no names."""
DISTRICT = "district"
_AREA = "province|governorate|state|region|department|oblast|prefecture|county|wilaya|emirate"
_SUBDIVISION = "district|municipality|canton|commune|subdistrict"
_TOWN = "city|town|village|port|capital"
_DIRECTION = "(?:(?:north|south)(?:-?(?:east|west))?|east|west)(?:ern)?(?:most)?|central|downtown|upper|lower"
_PART = re.compile(
    rf"(?:(?:the )?(?:(?:{_DIRECTION}|rural|inner|greater) )?"
    rf"(?:outskirts|suburbs?|parts?|countryside|edges?|streets|north|south|east|west|centre|center|heart) of|"
    rf"(?:{_DIRECTION})|near|outside|around) (?:the )?",
    re.IGNORECASE,
)
"""What makes a town a part of it, and a country a region, at the beginning of a mention."""
_DESCRIBED = re.compile(
    rf"(?P<of>{_AREA}|{_SUBDIVISION}|{_TOWN}) of (?P<name>.+)"
    rf"|(?P<name_first>.+?) (?P<after>{_AREA}|{_SUBDIVISION}|{_TOWN})",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?:(?P<km>\d{{1,4}}(?:[.,]\d+)?|[a-z]+) ?(?P<unit>km|kilomet(?:re|er)s?|miles?|mi) "
    rf"(?:to the )?(?:{_DIRECTION}) (?:of|from)"
    rf"|(?P<part>(?:\b(?:north|south|east|west|outskirts|suburbs?|parts?|countryside|edges?|centre|center|heart)) of)"
    rf"|\b(?P<direction>{_DIRECTION})|\b(?P<near>near|outside|around|close to|not far from))"
    rf"(?: the)?(?: (?:{_TOWN}) of)? $",
    re.IGNORECASE,
)
"""What is written just before a mention."""
_AREA_AFTER = re.compile(rf" (?:{_AREA})\b(?! (?:of|media|television|tv|radio|news|police)\b)", re.IGNORECASE)
_AREA_OF = re.compile(rf"\b(?:{_AREA}) of $", re.IGNORECASE)
_WORDS_OF_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
} | {"several": 5, "few": 3, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60}
_NOT_A_TOWN = re.compile(
    r"(?:^|\s)(?:hospital|clinic|market|bazaar|school|university|college|church|mosque|temple|airport|airbase|base|"
    r"camp|prison|jail|court|station|checkpoint|bridge|road|street|avenue|highway|junction|square|border|frontier|crossing|river|lake|"
    r"mountains?|mount|hills?|valley|pass|plateau|ridge|range|basin|desert|forest|islands?|peninsula|coast|waters|area|zone|"
    r"quarter|neighbou?rhood|ward|suburb|villages|towns|enclave|pocket)s?$",
    re.IGNORECASE,
)
"""Facilities, natural features and quarters, which are not in the lists: the town of that name is not meant."""
_SAID = re.compile(
    r"(?:'s|’s)? (?:has |have |had |would |will |also |then |later |again )*"
    r"(?:said|says|accused?|accuses|warned|warns|denied|denies|condemn(?:ed|s)|insist(?:s|ed)|"
    r"announced|announces|vowed|vows|urged|urges|called on|rejected|rejects|threatened|"
    r"imposed|blamed|blames|believes|wants|recalled)\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\b(?:in|at|near|from|to|of|around|outside|across|into|through|on) $", re.IGNORECASE)
_CONTAINER = re.compile(
    r"(?P<comma>,)?\s{1,3}(?P<in>in )?(?:the )?(?:(?P<owner>[^\W\d_]{3,30}(?:['’]s)?) )?(?:(?P<of>"
    + _AREA
    + r") of )?(?P<rest>[^\n;:!?()]{2,60})",
    re.IGNORECASE,
)
WORD = re.compile(r"(?:[^\W\d_]\.){2,4}|[^\W\d_](?:[^\W_]|['’.-](?=[^\W_]))*")
_CONTAINED = re.compile(r"(?P<name>\w[\w.'’-]*(?: \w[\w.'’-]*){0,3}),\s$")
_POSTAL = re.compile(r",\s*([A-Z]{2})\b")


@dataclass(frozen=True)
class PlaceMention:
    """A mention as it is read: the key of its bare name, and what is said beside the name.

    ``described``: province, district or town, if the mention says so. ``is_part``: a part of the place, or near it
    (``is_near``). ``container``: areas one of which contains it; ``is_strict``: whether the place must lie in it.
    ``contains``: the key of what lies in it, in "Albany, Georgia". ``abbreviation``: ISO 3166-2, of "Pa.".
    """

    key: str
    described: str | None
    is_part: bool
    is_near: bool
    candidates: tuple[Candidate, ...]
    container: tuple[Candidate, ...] = ()
    is_strict: bool = False
    contains: str | None = None
    abbreviation: str | None = None

    @classmethod
    def of(cls, text: str, start: int, end: int, gazetteer: Gazetteer) -> PlaceMention | None:
        """None if it is no name of a place, or a government that is named by its capital."""
        words = text[max(0, start) : max(0, end)].strip()
        if not words or len(words) > _LONGEST or (words.islower() and not text.islower() and _has_case(text)):
            return None
        if words[:4].lower() == "the " and not _is_listed(name_key(words), gazetteer):
            words = words[4:].lstrip()  # models take a determiner into a mention at times
        after, before = text[end : end + 100], text[max(0, start - 60) : max(0, start)].replace("\n", " ")
        if "," in words:
            words, _, rest = words.partition(",")
            after = f",{rest}{after}"
        distance = _BEFORE.search(before)
        is_near = bool(distance and (distance["near"] or distance["unit"]))
        if distance and distance["unit"] and _km(distance["km"], distance["unit"]) > _NEAR_KM:
            return None
        is_part = bool(distance)
        key, described = name_key(words), None
        if not _is_listed(key, gazetteer):
            if part := _PART.match(words):
                words, is_part = words[part.end() :], True
                is_near = is_near or part[0].lower().startswith(("near", "outside", "around"))
            key = name_key(words)
        if found := _DESCRIBED.fullmatch(words):
            kind = (found["of"] or found["after"]).lower()
            bare = name_key(found["name"] or found["name_first"])
            if bare in countries().demonyms:  # "Syrian capital" names no town
                return None
            if re.fullmatch(_AREA, kind) or not _is_listed(key, gazetteer):
                described = ADMIN if re.fullmatch(_AREA, kind) else CITY if re.fullmatch(_TOWN, kind) else DISTRICT
                key = bare
        elif (_AREA_AFTER.match(after) or _AREA_OF.search(before)) and _has_area(key, gazetteer):
            described = ADMIN
        if (
            not key
            or (described != ADMIN and gazetteer.is_unlisted(key))
            or (described is None and _NOT_A_TOWN.search(words) and not _is_listed(key, gazetteer))
        ):
            return None
        if gazetteer.capital_of(key) and _SAID.match(after) and not _PREPOSITION.search(before):
            return None
        container, is_strict = _container(after, gazetteer)
        contained = _CONTAINED.search(before)
        return cls(
            key=key,
            described=described,
            is_part=is_part,
            is_near=is_near,
            candidates=tuple(_candidates(key, described, gazetteer)),
            container=container,
            is_strict=is_strict,
            contains=name_key(contained["name"]) if contained else None,
            abbreviation=_abbreviation(words, bool(contained), gazetteer),
        )


def _has_area(key: str, gazetteer: Gazetteer) -> bool:
    """Whether a province has the name, or nothing larger than a town: "Iran state" is no state."""
    return bool(gazetteer.admins(key) or any(c.kind == ADMIN for c in gazetteer.own(key))) or not gazetteer.country(key)


def _has_case(text: str) -> bool:
    return any(character.isupper() for character in text)


def _km(number: str, unit: str) -> float:
    word = number.lower()
    count = float(word.replace(",", ".")) if word[0].isdigit() else _WORDS_OF_NUMBERS.get(word, 1000)
    return count * (1.6 if unit.lower().startswith("mi") else 1.0)


def _is_listed(key: str, gazetteer: Gazetteer) -> bool:
    return bool(
        gazetteer.own(key)
        or gazetteer.country(key)
        or gazetteer.part_of_country(key)
        or gazetteer.water(key)
        or gazetteer.admins(key)
        or any(town.found_by == "name" for town in gazetteer.towns(key))
    )


def _candidates(key: str, described: str | None, gazetteer: Gazetteer) -> Iterator[Candidate]:
    """Everything of that name that the description allows; the user's own list alone, where it has one."""
    kinds = {ADMIN: (ADMIN,), CITY: (CITY,)}.get(described or "")
    own = [c for c in gazetteer.own(key) if kinds is None or c.kind in kinds or c.kind not in (ADMIN, CITY, COUNTRY)]
    if own:
        yield from own
        return
    if (water := gazetteer.water(key)) is not None and kinds is None:
        yield water
        return
    if kinds is None and (country := gazetteer.country(key) or gazetteer.part_of_country(key)) is not None:
        yield country
    areas = gazetteer.admins(key)
    if described != ADMIN:
        towns = gazetteer.towns(key) or _spelled_like(key, areas, gazetteer)
        if described == DISTRICT:
            towns = [replace(town, precision=3) for town in towns if town.found_by == "name"]
        yield from towns
    if described != CITY:
        yield from areas


def _spelled_like(key: str, areas: Sequence[Candidate], gazetteer: Gazetteer) -> list[Candidate]:
    """Towns of a name that is spelled otherwise; where a province has the very name, those in its country."""
    countries = {area.country for area in areas}
    return [town for town in gazetteer.towns_spelled_like(key) if not countries or town.country in countries]


def _abbreviation(words: str, is_contained: bool, gazetteer: Gazetteer) -> str | None:
    """The code of a state that a newspaper abbreviates; two capitals alone are one only after a comma."""
    code = gazetteer.abbreviated(words)
    if code and (is_contained or _is_abbreviation(words)):
        return code
    return gazetteer.of_post(words.removesuffix(".")) if is_contained else None


def _is_abbreviation(words: str) -> bool:
    """With a stop, or of more than three letters: "Ill" and "Ga" may be other words."""
    return "." in words or len(words) > 3


def _container(after: str, gazetteer: Gazetteer) -> tuple[tuple[Candidate, ...], bool]:
    """The areas that the words after a mention may name, and whether the mention must lie in one of them."""
    if (postal := _POSTAL.match(after)) and (code := gazetteer.of_post(postal[1])):
        return (gazetteer.admin(code),), True
    found = _CONTAINER.match(after)
    if not found or not (found["comma"] or found["in"]):
        return (), False
    start = found.start("owner") if found["owner"] else found.start("rest")
    areas, end = _longest_area(after[start:], gazetteer)
    if not areas and found["in"]:
        start = found.start("rest")
        areas, end = _longest_area(after[start:], gazetteer)
    if not areas:
        return (), False
    rest = after[start + end :]
    is_described = bool(found["of"] or re.match(rf" (?:{_AREA})\b", rest, re.IGNORECASE))
    owner = re.sub(r"['’]s$", "", found["owner"] or "") if start == found.start("rest") else ""
    if owner and (code := gazetteer.country_of_adjective(owner) or _code(gazetteer.country(name_key(owner)))):
        areas = tuple(area for area in areas if area.country == code) or areas
    if is_described:
        areas = tuple(area for area in areas if area.kind == ADMIN) or areas
    is_one_of_many = bool(re.match(r",? (?:and|or)\b|, [^\W\d_]+(?:,| and\b)", rest))
    names_towns = any(area.kind == ADMIN for area in areas) and any(
        town.population >= LARGE_TOWN and town.country in {area.country for area in areas}
        for town in gazetteer.towns(name_key(after[start : start + end]))
    )
    is_strict = is_described or (bool(found["comma"]) and not is_one_of_many and not names_towns)
    return areas, is_strict


def _code(country: Candidate | None) -> str | None:
    return country.country if country else None


def _longest_area(words: str, gazetteer: Gazetteer) -> tuple[tuple[Candidate, ...], int]:
    """Areas of the longest name of one to four words at the beginning, and where it ends."""
    ends: list[int] = []
    for word in WORD.finditer(words):
        if len(ends) == 4 or word.start() != (ends[-1] + 1 if ends else 0):
            break
        ends.append(word.end())
    is_lower = not _has_case(words)
    for end in reversed(ends):
        written = words[:end]
        if end < _SHORTEST_AREA or (written[0].islower() and not is_lower):
            continue
        if areas := tuple(_areas(name_key(written), gazetteer)):
            return areas, end
        stop = words[end : end + 1] == "."
        if (code := gazetteer.abbreviated(written)) and _is_abbreviation(written + "." * stop):
            return (gazetteer.admin(code),), end + stop
    return (), 0


def _areas(key: str, gazetteer: Gazetteer) -> Iterator[Candidate]:
    own = [candidate for candidate in gazetteer.own(key) if candidate.kind in (ADMIN, COUNTRY)]
    if own:
        yield from own
        return
    if country := gazetteer.country(key):
        yield country
    yield from gazetteer.admins(key)
