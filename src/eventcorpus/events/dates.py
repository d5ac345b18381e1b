"""The days that a Time mention stands for: "Tuesday night", "mid-March", "since 2011", "the past 24 hours".

Comes in: the words of the mention, the words before it, and when the article was published. Goes out: the first and the
last day that it can mean and how precise that is, or nothing. The rules are the tables of ``events.date_rules``; here
they are applied to ranges, hours of a day and durations too, and prepositions and the direction of the event are heard.

Conventions. Weeks run from Monday to Sunday. A weekday, a day, a month or a season without more is the last that began
on or before the day of publication or, where the event is yet to come, the next that ends on or after it. Of a
period that is not over, the part up to publication is meant, or the part from it on. "early", "mid" and "late" are
thirds: days 1 to 10, 11 to 20 and 21 to the last; January to April, May to August and September to December. "three
weeks ago" is the seven days around that day, "two months ago" the calendar month. What is counted back from
publication reaches over one day more than is counted, because the hour is not known: 24 hours touch two days. Seasons
are those of the northern hemisphere. Durations, hours of a clock, movable feasts, and days that are said from another
event ("two days later") fix no date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from pydantic import Field, model_validator

from eventcorpus.articles.dates import read_date
from eventcorpus.events.date_rules import (
    HEDGE,
    MONTH,
    MONTHS,
    NAMED,
    NTH_FROM_THIS,
    NUMBER,
    RELATIVE,
    TIME_OF_DAY,
    WEEKDAY,
    YEAR,
    Period,
    ReadInYear,
    count_of,
    later,
    months,
    plain,
    shifted,
    week_of,
    weekday_of,
)
from eventcorpus.files import StrictModel

Direction = Literal["past", "future"]

_LONGEST = 80
"""Characters of the words of a mention, which are no expression of time if there are more, and of those before it."""


class DateValue(StrictModel):
    """The days that an expression can mean.

    Both days are included; where the one or the other is None, nothing bounds that side. ``precision`` is UCDP's
    date_prec: 1 a day, 2 two to six days, 3 a week (eight days where it is counted back from publication), 4 up to a
    month, 5 longer or open. ``confidence``: an estimate in [0, 1] of how often the rule is right.
    """

    start: dt.date | None
    end: dt.date | None
    precision: int = Field(ge=1, le=5)
    rule: str
    confidence: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _in_order(self) -> DateValue:
        if self.start and self.end and self.start > self.end:
            raise ValueError(f"start {self.start} is after end {self.end}")
        return self


@dataclass(frozen=True)
class DateContext:
    """What is known where an expression is read.

    ``direction``: ``future`` where the event is planned or possible. ``years``: those that the article names near the
    expression, nearest first; they are used only where ``published`` is not known, and only if one alone fits.
    """

    published: dt.date | None
    direction: Direction = "past"
    years: tuple[int, ...] = ()


def read_time(words: str, context: DateContext, *, before: str = "") -> DateValue | None:
    """The days that a Time mention stands for.

    Args:
        before: a few words before the mention: its preposition ("since", "by") changes what it says.

    >>> tuesday = DateContext(dt.date(2018, 4, 24))
    >>> read_time("Saturday night", tuesday).start.isoformat()
    '2018-04-21'
    >>> value = read_time("2011", tuesday, before="since")
    >>> value.start.isoformat(), value.end.isoformat(), value.precision
    ('2011-01-01', '2018-04-24', 5)
    >>> read_time("12/03/2018", tuesday), read_time("three days", tuesday)
    (None, None)
    """
    if len(words) > _LONGEST:
        return None
    try:
        return _read(words, context, before)
    except (ValueError, OverflowError):  # a day that no calendar has, or one before the year 1 or after 9999
        return None


_FOUR_DIGITS = re.compile(r"\d{4}")
"""Behind "at" an hour of the day: nobody writes that something happened at a year."""
_YEAR_IN_TEXT = re.compile(
    r"(?<![\w$€£#])(?P<year>19\d\d|20\d\d)(?![\w%]|[.,:]\d|\s*(?:people|men|women|km|hours|hrs|gmt)\b)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s+(?!was\b|has\b|is\b|this\b|its\b|as\b)[a-z]+s\b")
_DATING = re.compile(
    r"(?:\b(?:the|in|since|of|from|to|until|by|and|year|early|mid|late)[\s-]+|[,/.-]\s*)$", re.IGNORECASE
)


def years_named(text: str) -> list[tuple[int, int]]:
    """(offset, year) of each year from 1900 to 2099 that a text names in figures.

    A number before a noun in the plural ("2000 soldiers") is a year only after a word such as "the" or "since".

    >>> years_named("In 2011 some 2000 soldiers left; the 2015 elections cost $1999.")
    [(3, 2011), (37, 2015)]
    """
    return [
        (found.start(), int(found["year"]))
        for found in _YEAR_IN_TEXT.finditer(text)
        if not _COUNTED.match(text, found.end()) or _DATING.search(text[max(0, found.start() - 12) : found.start()])
    ]


_SEPARATORS = re.compile(r" (?:and|to|or|until|till|through|into) | ?- ?|/")
_FAR = 300
"""A day that is said without its year and would be more days ago may as well be one that is yet to come."""
_JUST_OVER = 14
"""A planned day that was so many days ago stays in its year: it was planned before, or the plan failed."""
_LONGEST_COUNTED = 31
"""Days; "the first in seven weeks" says how long there was none, not when."""
_MOST_CUTS = 4
"""With more separators the words are no range: each part would be read in every way."""
_TENSES: tuple[tuple[re.Pattern[str], Direction], ...] = (
    (re.compile(r"\b(?:past|ago|earlier|recent|yesterday|so far)\b|\blast (?!.*\b(?:of|in)\b)"), "past"),
    (re.compile(r"\b(?:coming|later|tomorrow)\b|\bnext "), "future"),
)
"""Words that say on which side of publication a time lies, whatever is known of the event."""
_BOUNDS = {
    "until": "until|till|up to|(?<!all )through|by|as of|from .* to|between .* and",
    "before": "before|prior to|ahead of",
    "since": "since|since [^.;]*(?:began|begun|broke out|started|erupted)(?: in| on)?",
    "from": "from|between|starting|beginning",
    "after": "after|following",
    "within": "within",
    "in": "in",
    "each": "every|each",
}
"""The prepositions that change what a time says, by what they make of it."""
_OPEN = {"until", "before", "since", "from", "after"}
_PREPOSITION = re.compile(
    "((?:since|until|till|by|from|between|after|before|within|in|on|at|during|over|earlier|later|so far|some time"
    "|sometime|one (?:day|night|morning|evening)) )(.+)"
)


@dataclass(frozen=True)
class _Reading:
    period: Period
    rule: str
    confidence: float

    @property
    def is_day(self) -> bool:
        return self.period[0] == self.period[1]


def _read(words: str, context: DateContext, before: str) -> DateValue | None:
    text, before = plain(words), plain(before[-_LONGEST:])
    for tense, direction in _TENSES:
        if tense.search(text):
            context = replace(context, direction=direction)
    while found := _PREPOSITION.fullmatch(text.removeprefix("the ")):
        before, text = f"{before} {found[1]}", found[2]
    before = re.sub(r"(?: the| a| about| around)+$", "", f" {before.strip()}").strip()
    bound = next((name for name, words_ in _BOUNDS.items() if re.search(rf"(?:^| )(?:{words_})$", before)), None)
    if bound == "each" or (_FOUR_DIGITS.fullmatch(text) and re.search(r"(?:^| )at$", before)):
        return None
    text = text.removeprefix("the ")
    reading = _duration(text, bound, context) or _reading(_with_calendar_names(text, context.published), context)
    if reading is None:
        return None
    is_bound = bound in _OPEN and not (
        (reading.rule == "part of day" and bound in ("before", "after"))
        or (reading.rule == "range" and bound in ("from", "until"))
    )
    if is_bound:
        start, end = _bounded(reading.period, str(bound), context.published)
        rule, confidence = f"{bound}: {reading.rule}", 0.9 * reading.confidence
    else:
        start, end = _clipped(reading, context)
        rule, confidence = reading.rule, reading.confidence
    return DateValue(
        start=start, end=end, precision=precision_of(start, end), rule=rule, confidence=round(confidence, 3)
    )


def precision_of(start: dt.date | None, end: dt.date | None) -> int:
    """UCDP's date_prec of days, the end inclusive; 5 where an end is open."""
    if start is None or end is None:
        return 5
    n_days = (end - start).days
    return next((code for code, most in ((1, 0), (2, 5), (3, 7), (4, 31)) if n_days <= most), 5)


def _bounded(period: Period, bound: str, published: dt.date | None) -> tuple[dt.date | None, dt.date | None]:
    """What lies on one side of a period; "since" ends with publication, and includes the period as "until" does."""
    first, last = period
    if bound == "since":
        return first, published if published and published >= first else None
    if bound == "from":
        return first, None
    if bound == "after":
        return later(last, 1), None
    return None, later(first, -1) if bound == "before" else last


def _clipped(reading: _Reading, context: DateContext) -> Period:
    """A period without the part that is on the wrong side of publication; not a range, whose ends are said."""
    (start, end), day = reading.period, context.published
    if day is None or reading.rule == "range" or not start <= day <= end:
        return start, end
    return (day, end) if context.direction == "future" else (start, day)


def _with_calendar_names(text: str, published: dt.date | None) -> str:
    """Months and years that are said from publication, by name: "end of last month" is "end of march 2018"."""
    if published is None:
        return text

    def named(found: re.Match[str]) -> str:
        n = NTH_FROM_THIS[found["which"] or "the"]
        if found["unit"] == "year":
            return str(published.year + n)
        first, _ = months(published.year, published.month + n)
        return f"{MONTHS[first.month - 1]} {first.year}"

    text = re.sub(r"\b(?P<which>last|this|next) (?P<unit>month|year)\b(?! to)", named, text)
    return re.sub(r"(?<=\bof )(?:(?P<which>the) )?(?P<unit>month|year)$", named, text)


def _duration(text: str, bound: str | None, context: DateContext) -> _Reading | None:
    """A number of hours, days or weeks after "in" or "within"; without these it fixes no date."""
    found = re.fullmatch(rf"(?:{HEDGE} )?{NUMBER} (?P<unit>hour|day|week)s?", text)
    if not found or bound not in ("in", "within") or context.published is None:
        return None
    day, n, unit = context.published, count_of(found["number"]), found["unit"]
    if context.direction == "past":
        start = shifted(day, -n, unit)
        is_told = bound == "in" and (day - start).days <= _LONGEST_COUNTED
        return _Reading((start, day), "in so long", 0.6) if is_told else None
    that = shifted(day, n, unit)
    if bound == "within" or unit == "hour":
        return _Reading((day, that), "within so long", 0.7)
    return _Reading((that, that) if unit == "day" else (later(that, -3), later(that, 3)), "in so long", 0.7)


@lru_cache(maxsize=4096)
def _reading(text: str, context: DateContext) -> _Reading | None:
    """What the first rule that fits says of the words."""
    return next(filter(None, (read(text, context) for read in _WAYS)), None)


def _absolute(text: str, context: DateContext) -> _Reading | None:
    iso = read_date(text.upper())
    return _Reading((dt.date.fromisoformat(iso[:10]),) * 2, "absolute", 0.98) if iso else None


def _relative(text: str, context: DateContext) -> _Reading | None:
    if context.published is None:
        return None
    for rule, confidence, pattern, read in RELATIVE:
        if found := re.fullmatch(pattern, text):
            return _Reading(read(found, context.published, context.direction == "future"), rule, confidence)
    return None


def _named(text: str, context: DateContext) -> _Reading | None:
    for rule, confidence, pattern, read in NAMED:
        if found := re.fullmatch(pattern, text):
            if found["year"]:
                return _Reading(read(found, int(found["year"])), rule, confidence)
            period = _in_year(found, read, context)
            if period is None:
                return None
            is_far = context.published is not None and (context.published - period[1]).days > _FAR
            return _Reading(period, rule, min(confidence, 0.5) if is_far else confidence)
    return None


def _in_year(found: re.Match[str], read: ReadInYear, context: DateContext) -> Period | None:
    """The period in the year that is not said: that nearest to publication, or the one year that the article names."""
    day = context.published
    if day is None:
        periods = _periods(found, read, dict.fromkeys(context.years))
        weekday = found.groupdict().get("weekday")
        fitting = [p for p in periods if not weekday or p[0].weekday() == weekday_of(found)]
        return fitting[0] if len(fitting) == 1 else None
    if context.direction == "future":
        periods = _periods(found, read, range(day.year - 1, day.year + 9))
        return next((p for p in periods if later(p[1], _JUST_OVER if p[0] == p[1] else 0) >= day), None)
    return next((p for p in _periods(found, read, range(day.year, day.year - 9, -1)) if p[0] <= day), None)


def _periods(found: re.Match[str], read: ReadInYear, years: Iterable[int]) -> Iterator[Period]:
    """The period in each of the years that have it: 29 February is not in all."""
    for year in years:
        try:
            yield read(found, year)
        except ValueError:
            continue


def _week_of_day(text: str, context: DateContext) -> _Reading | None:
    """ "week of 9 April", "weekend of 14 April", "week ending 15 April", "twelve months to August"."""
    if found := re.fullmatch("(?P<what>week|weekend) (?:of|beginning) (?P<rest>.+)", text):
        inner = _reading(found["rest"], context)
        if inner and inner.is_day:
            monday, sunday = week_of(inner.period[0])
            return _Reading((later(sunday, -1) if found["what"] == "weekend" else monday, sunday), "week", 0.85)
    if found := re.fullmatch(rf"(?:{NUMBER} )?(?P<unit>day|week|month|year)s? (?:to|ending) (?P<rest>.+)", text):
        inner = _reading(found["rest"], context)
        if inner:
            end = inner.period[1]
            start = shifted(later(end, 1), -count_of(found["number"]), found["unit"])
            return _Reading((start, end), "period to", 0.85)
    return None


def _range(text: str, context: DateContext) -> _Reading | None:
    """Two times with "and", "to" or a hyphen in between; what one leaves out it takes from the other."""
    cuts = list(_SEPARATORS.finditer(text))
    for cut in cuts if len(cuts) <= _MOST_CUTS else ():
        first, second = _completed(text[: cut.start()], text[cut.end() :].removeprefix("the "))
        one, other = (first, second) if context.direction == "future" else (second, first)
        anchor = _reading(one, context)
        if anchor is None:
            continue
        near = anchor.period[0] if context.direction == "past" else anchor.period[1]
        if context.published is None:
            reading = _reading(other, replace(context, years=(near.year,)))
        else:
            reading = _reading(other, replace(context, published=near))
        if reading is None:
            continue
        start, end = (anchor.period, reading.period) if one == first else (reading.period, anchor.period)
        if start[0] <= end[0]:
            return _Reading((start[0], end[1]), "range", 0.9 * min(anchor.confidence, reading.confidence))
    return None


def _completed(first: str, second: str) -> tuple[str, str]:
    """ "6" and "7 april" as "6 april" and "7 april"; "march 3" and "5 2016" as "march 3 2016" and "march 5 2016"."""
    number = r"\d{1,2}(?:st|nd|rd|th)?"
    if re.fullmatch(rf"(?:{WEEKDAY} )?{number}", first) and (
        found := re.search(rf"(?:^|\s){number} (?P<rest>{MONTH}.*)", second)
    ):
        return f"{first} {found['rest']}", second
    if (found := re.fullmatch(rf"(?P<lent>{MONTH}) {number}", first)) and re.fullmatch(
        rf"{number}(?: \d{{4}})?", second
    ):
        return f"{first}{second[second.index(' ') :] if ' ' in second else ''}", f"{found['lent']} {second}"
    if re.fullmatch(YEAR, first) and re.fullmatch(r"\d\d", second):
        return first, first[:2] + second
    return first, second


def _around(text: str, context: DateContext) -> _Reading | None:
    """ "around 20 March": three days more on both sides."""
    if not (found := re.fullmatch("(?:about|around|circa) (?P<rest>.+)", text)):
        return None
    inner = _reading(found["rest"], context)
    if inner is None or inner.rule not in ("absolute", "day and month"):
        return None
    return _Reading((later(inner.period[0], -3), later(inner.period[1], 3)), "around", 0.8)


def _part_of_day(text: str, context: DateContext) -> _Reading | None:
    """A day with an hour or a part of it: "noon on Tuesday", "Saturday night", "six this evening"."""
    for pattern in (
        rf"{TIME_OF_DAY}(?: on| of| in|) (?:the )?(?P<rest>.+)",
        rf"(?P<rest>.+?)(?: at| in the| during|) {TIME_OF_DAY}",
    ):
        if found := re.fullmatch(pattern, text):
            inner = _reading(found["rest"], context)
            if inner and inner.is_day:
                return _Reading(inner.period, "part of day", min(0.9, inner.confidence))
    return None


_WAYS: tuple[Callable[[str, DateContext], _Reading | None], ...] = (
    _absolute,
    _relative,
    _named,
    _week_of_day,
    _range,
    _around,
    _part_of_day,
)
"""In the order in which they are tried; the later ones read a part of the words by ``_reading``."""
