"""Whether two event rows tell the same event: the rules that decide.

A pair of rows is compared in date, place, participants, figures and words. A contradiction in one of them decides
against; otherwise the first rule of ``RULES`` decides whose demands are all met. Without such a rule nothing is known,
and the rows stay apart: a country or a day alone never makes two rows one event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from eventcorpus.events.row_evidence import FEW, TOWN, Evidence, Figure, Spot, Who, party_keys

NEAR_KM = 15.0
"""Towns so near to each other may be two words for one place, such as a suburb and its city."""
_MOST_TIMES_LATER, _MOST_TIMES = 10, 3
"""How many times as high a later toll, and another one of the same day, may be before it is of another event."""


class Dates(IntEnum):
    """How far two dates agree: not known, at most ``days`` apart or undated, periods that overlap, the same day."""

    UNKNOWN, NEAR, OVERLAP, DAY = range(4)


class Places(IntEnum):
    """How far two places agree: not known, same country, one inside the other or near it, the same place."""

    UNKNOWN, COUNTRY, AREA, TOWN = range(4)


class Figures(IntEnum):
    """How far two figures agree: far apart, alike, not known, higher in the later report, compatible, equal."""

    APART, LIKE, UNKNOWN, RISING, COMPATIBLE, EQUAL = range(6)


class Wording(IntEnum):
    """Whether nothing, a trigger, weapon or site, or everything of note is said in the same words."""

    OTHER, SHARED, SAME = range(3)


@dataclass(frozen=True)
class Rule:
    """What is demanded at least; ``shared``: named participants in both. ``confidence``: how often the rule is right.

    The confidences are estimates, made on generated retellings (``tests/bench/dedupe.py``) and on news that we read.
    """

    name: str
    confidence: float
    date: Dates = Dates.UNKNOWN
    place: Places = Places.UNKNOWN
    shared: int = 0
    figures: Figures = Figures.APART
    wording: Wording = Wording.OTHER
    cause: bool = False


SAME_TEXT = Rule("same text", 0.99)
RULES: tuple[Rule, ...] = (
    SAME_TEXT,
    Rule("same words", 0.95, Dates.OVERLAP, figures=Figures.LIKE, wording=Wording.SAME),
    Rule("day, town, participant, figure", 0.95, Dates.DAY, Places.TOWN, 1, Figures.COMPATIBLE),
    Rule("day, town, two participants", 0.94, Dates.DAY, Places.TOWN, 2, Figures.LIKE),
    Rule("same cause, figure", 0.94, figures=Figures.EQUAL, cause=True),
    Rule("same cause, words", 0.92, figures=Figures.LIKE, wording=Wording.SHARED, cause=True),
    Rule("period, town, two participants, figure", 0.9, Dates.OVERLAP, Places.TOWN, 2, Figures.COMPATIBLE),
    Rule("day, town, participant", 0.88, Dates.DAY, Places.TOWN, 1, Figures.LIKE),
    Rule("day, town, figure", 0.86, Dates.DAY, Places.TOWN, 0, Figures.EQUAL),
    Rule("period, town, participant, figure", 0.85, Dates.OVERLAP, Places.TOWN, 1, Figures.EQUAL),
    Rule("day, two participants, figure", 0.85, Dates.DAY, Places.UNKNOWN, 2, Figures.EQUAL),
    Rule("day, area, participant, figure", 0.82, Dates.DAY, Places.AREA, 1, Figures.COMPATIBLE),
    Rule("period, town, two participants", 0.8, Dates.OVERLAP, Places.TOWN, 2, Figures.LIKE),
    Rule("day, area, two participants", 0.8, Dates.DAY, Places.AREA, 2, Figures.RISING),
    Rule("near day, town, two participants, figure", 0.8, Dates.NEAR, Places.TOWN, 2, Figures.EQUAL),
    Rule("day, town, words", 0.75, Dates.DAY, Places.TOWN, 0, Figures.UNKNOWN, Wording.SHARED),
    Rule("period, town, figure, words", 0.75, Dates.OVERLAP, Places.TOWN, 0, Figures.EQUAL, Wording.SHARED),
    Rule("day, participant, figure, words", 0.75, Dates.DAY, Places.UNKNOWN, 1, Figures.EQUAL, Wording.SHARED),
    Rule("near day, town, participant, figure, words", 0.75, Dates.NEAR, Places.TOWN, 1, Figures.EQUAL, Wording.SHARED),
    Rule("same cause", 0.75, figures=Figures.LIKE, cause=True),
    Rule("period, town, participant, words", 0.72, Dates.OVERLAP, Places.TOWN, 1, Figures.UNKNOWN, Wording.SHARED),
    Rule("period, town, figure", 0.72, Dates.OVERLAP, Places.TOWN, 0, Figures.EQUAL),
    Rule("day, town", 0.65, Dates.DAY, Places.TOWN, 0, Figures.UNKNOWN),
)
"""From the surest to the least sure."""
_IN_ONE_ARTICLE = 0.85
"""An article that tells two things as two is believed, unless a rule so sure, words and figures say otherwise."""


class Agreement(NamedTuple):
    """How far two rows agree that do not contradict each other."""

    date: Dates
    place: Places
    shared: int
    figures: Figures
    wording: Wording
    cause: bool


def compare(first: Evidence, second: Evidence, *, days: int) -> Agreement | None:
    """How far two rows agree, or None if they contradict each other.

    Args:
        days: how many days apart two dates may be that are meant to be the same.
    """
    if first.family is None or first.family != second.family:
        return None
    cause = bool(first.causes and second.causes)
    if cause and not set(first.causes) & set(second.causes):
        return None
    date = _dates(first, second, days)
    place = None if date is None else _places(first, second)
    if date is None or place is None or _are_others(first, second):
        return None
    figures = _compare_figures(first, second)
    has_other_victims = first.classes and second.classes and not set(first.classes) & set(second.classes)
    if has_other_victims and figures < Figures.EQUAL:
        return None
    shared = len(party_keys(first) & party_keys(second))
    sites = set(first.sites) & set(second.sites)
    is_shared = bool(sites or set(first.stems) & set(second.stems))
    wording = Wording.SAME if first.said and first.said == second.said else Wording(is_shared)
    if sites and place < Places.TOWN:
        place = Places.TOWN
    return Agreement(date, place, shared, figures, wording, cause)


def rule_for(first: Evidence, second: Evidence, agreement: Agreement) -> int | None:
    """The place in ``RULES`` of the first rule by which the rows tell one event."""
    if first.copy is not None and first.copy == second.copy and first.article != second.article:
        return RULES.index(SAME_TEXT)
    found = _rule_of(agreement)
    if found is None or (first.label == second.label and first.article != second.article):
        return found
    rule = RULES[found]
    if first.article == second.article:
        is_sure = rule.confidence >= _IN_ONE_ARTICLE and first.label == second.label and not rule.cause
        is_said = agreement.wording > Wording.OTHER and agreement.figures >= Figures.COMPATIBLE
        return found if is_sure and is_said else None
    return found if agreement.figures == Figures.EQUAL else None  # of another label


@lru_cache(maxsize=4096)
def _rule_of(found: Agreement) -> int | None:
    for i, rule in enumerate(RULES):
        if (
            rule is not SAME_TEXT
            and found.date >= rule.date
            and found.place >= rule.place
            and found.shared >= rule.shared
            and found.figures >= rule.figures
            and found.wording >= rule.wording
            and found.cause >= rule.cause
        ):
            return i
    return None


def _dates(first: Evidence, second: Evidence, days: int) -> Dates | None:
    if first.start is None or first.end is None or second.start is None or second.end is None:
        return Dates.UNKNOWN
    gap = max(first.start, second.start) - min(first.end, second.end)
    if gap > 0:
        return None if gap > days else Dates.NEAR
    if not (first.is_dated or second.is_dated):
        return Dates.NEAR
    is_day = first.start == first.end == second.start == second.end
    return Dates.DAY if is_day and first.is_dated and second.is_dated else Dates.OVERLAP


def _places(first: Evidence, second: Evidence) -> Places | None:
    if not first.spots or not second.spots:
        return Places.UNKNOWN
    fine = [{spot.id: spot for spot in each.spots if spot.precision <= TOWN} for each in (first, second)]
    if fine[0] and fine[1]:
        common = fine[0].keys() & fine[1].keys()
        if any(fine[0][name].precision == fine[1][name].precision for name in common):
            return Places.TOWN
        is_near = common or any(_km(one, other) <= NEAR_KM for one in fine[0].values() for other in fine[1].values())
        return Places.AREA if is_near else None
    areas = [{area for spot in each.spots for area in spot.areas} for each in (first, second)]
    if areas[0] and areas[1]:
        return Places.AREA if areas[0] & areas[1] else None
    countries = [{spot.country for spot in each.spots if spot.country} for each in (first, second)]
    if countries[0] and countries[1]:
        return Places.COUNTRY if countries[0] & countries[1] else None
    return Places.UNKNOWN


def _km(one: Spot, other: Spot) -> float:
    """Kilometres between two points on a sphere, infinite if one is not known."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return math.inf
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(across / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(min(1.0, half)))


def _are_others(first: Evidence, second: Evidence) -> bool:
    """Whether those who did it, or to whom it was done, are named on both sides and cannot be the same."""
    pairs = ((first.agents, second, second.agents), (first.others, second, second.others))
    for own, whole, theirs in pairs:
        if own and theirs:
            everyone = (*whole.agents, *whole.others)
            of_first = (*first.agents, *first.others)
            if not any(_may_be_one(one, other) for one in own for other in everyone) and not any(
                _may_be_one(one, other) for one in of_first for other in theirs
            ):
                return True
    return False


def _may_be_one(one: Who, other: Who) -> bool:
    """Whether two names may be of one party; of one with a listed name and one without, nothing is known."""
    if one.key == other.key or one.key == other.side or other.key == one.side:
        return True
    if one.is_written != other.is_written:
        return True
    if one.is_written:
        return bool(set(one.key.split()) & set(other.key.split()))
    return one.is_state and other.is_state and one.country == other.country


def _compare_figures(first: Evidence, second: Evidence) -> Figures:
    """The best agreement of figures of the same people."""
    levels = [
        _compare_figure(one, other, _lag(first, second))
        for one in first.figures
        for other in second.figures
        if one.kind == other.kind
    ]
    return max(levels, default=Figures.UNKNOWN)


def _lag(first: Evidence, second: Evidence) -> int:
    """Seconds by which the second was published later; 0 where that is not known."""
    return second.published - first.published if first.published is not None and second.published is not None else 0


def _compare_figure(one: Figure, other: Figure, lag: int) -> Figures:
    if one.best is not None and one.best == other.best:
        return Figures.EQUAL if one.best >= FEW else Figures.COMPATIBLE
    if (one.best is None or other.best is None or not _is_exact(one) or not _is_exact(other)) and _overlap(one, other):
        return Figures.COMPATIBLE
    numbers = [figure.best if figure.best is not None else figure.low for figure in (one, other)]
    if numbers[0] is None or numbers[1] is None:
        return Figures.UNKNOWN
    low, high = sorted(number for number in numbers if number is not None)
    is_rising = lag != 0 and (numbers[1] > numbers[0]) == (lag > 0)
    if is_rising and high <= _MOST_TIMES_LATER * max(low, 1):
        return Figures.RISING
    return Figures.LIKE if high <= _MOST_TIMES * max(low, 1) else Figures.APART


def _is_exact(figure: Figure) -> bool:
    return figure.low == figure.best == figure.high


def _overlap(one: Figure, other: Figure) -> bool:
    """Whether one number can be meant by both."""
    lows = [figure.low for figure in (one, other) if figure.low is not None]
    highs = [figure.high for figure in (one, other) if figure.high is not None]
    return not lows or not highs or max(lows) <= min(highs)
