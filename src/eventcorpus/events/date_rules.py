"""What expressions of time mean, in two tables: periods of the calendar, and periods said from the day of publication.

``NAMED`` has those that words of the calendar name ("March 28", "late 2012"), ``RELATIVE`` those that are said from the
day of publication ("last Saturday", "the past 24 hours"). The conventions are told in ``eventcorpus.events.dates``.
Patterns are of the text that ``plain`` makes.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable

Period = tuple[dt.date, dt.date]
"""First and last day."""

_HOURS_OF_ONE_DAY = 6
"""So many hours before publication are taken for the day of publication."""

MONTH = (
    "(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAY = (
    "(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?"
    "|sun(?:day)?)"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBERS = {
    **{name: number for number, name in enumerate(_UNITS + _TEENS, start=1)},
    **{name: 10 * number for number, name in enumerate(_TENS, start=2)},
    **{f"{ten}-{one}": 10 * n + k for n, ten in enumerate(_TENS, start=2) for k, one in enumerate(_UNITS, start=1)},
    **{"a": 1, "an": 1, "a couple of": 2, "couple of": 2},
}
_ORDINALS = {
    name: number
    for number, name in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
            "twenty-first",
            "twenty-second",
            "twenty-third",
            "twenty-fourth",
            "twenty-fifth",
            "twenty-sixth",
            "twenty-seventh",
            "twenty-eighth",
            "twenty-ninth",
            "thirtieth",
            "thirty-first",
        ],
        start=1,
    )
}
_THIRDS = {"early": 0, "start": 0, "beginning": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month in which a season begins."""
_HOLIDAYS = {
    "new year's day": (1, 1), "valentine's day": (2, 14), "may day": (5, 1), "halloween": (10, 31),
    "christmas eve": (12, 24), "christmas day": (12, 25), "boxing day": (12, 26), "new year's eve": (12, 31),
}  # fmt: skip
"""Feasts that are on the same day every year, wherever they are kept."""
_FROM_TODAY = {
    "day before yesterday": -2, "yesterday": -1, "last night": -1, "past night": -1, "last evening": -1, "today": 0,
    "tonight": 0,
    "just now": 0, "tomorrow": 1, "day after tomorrow": 2,
    **{f"this {part}": 0 for part in ("morning", "afternoon", "evening", "lunchtime", "noon")},
}  # fmt: skip
_DAYS_OF = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS_OF = {"month": 1, "year": 12, "decade": 120}
_FEW = {"hour": (1, "day"), "day": (7, "day"), "week": (31, "day"), "month": (1, "year")}
"""How far "recent days", "the past few weeks" and "the coming months" reach. Of years it is not known."""


def _any(names: Iterable[str]) -> str:
    """A pattern of one of these names, the longest first."""
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


NUMBER = rf"(?P<number>\d{{1,4}}|{_any(_NUMBERS)})"
_NTH = rf"(?P<nth>\d{{1,2}}(?:st|nd|rd|th)|{_any(_ORDINALS)}|last)"
_DAY_OF_MONTH = rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?|{_any(_ORDINALS)})"
_UNIT = "(?P<unit>hour|day|week|fortnight|month|year|decade)"
YEAR = r"(?P<year>1[789]\d\d|20\d\d)"
"""Years before 1700 stand seldom in news without a day; numbers like them are hours or years of other calendars."""
_MAYBE_YEAR = rf"(?: (?:of |in )?{YEAR})?"
_THIRD = "(?P<third>early|mid|middle|late|start|beginning|end)(?: of)?"
HEDGE = "(?:about|around|nearly|almost|roughly|some|just|only|approximately)"
_HOUR = "|".join([*_UNITS, *_TEENS[:3]])
_CLOCK = (
    rf"(?:\d{{1,2}}[:.]\d\d(?: ?[ap]m)?|\d{{1,2}} ?[ap]m|\d{{3,4}}(?= hours)|\d{{1,2}}(?= o'clock| on )"
    rf"|(?:(?:half|a quarter|quarter|{_any(_NUMBERS)})(?: minutes)? (?:past|to) )?(?:{_HOUR}))"
    r"(?: hours| o'clock)?(?: (?:gmt|utc|est|edt|bst|cet|local time|local))?"
)
_PART_OF_DAY = (
    r"(?:(?:(?:early|late|mid|first)[ -]?)?(?:morning|afternoon|evening|night|noon|midday|midnight|dawn|daybreak|dusk"
    r"|sunrise|sunset|nightfall|daylight|light|lunch ?time|lunch|breakfast)"
    r"|(?:small|early|pre-?dawn) hours|early|late|prayers|rush hour|rush)"
)
TIME_OF_DAY = (
    rf"(?:(?:shortly|soon|well|{HEDGE}) )*(?:(?:before|after|at|by) )?"
    rf"(?:{_CLOCK}(?: (?:and|to|or) {_CLOCK})?|{_PART_OF_DAY})"
    rf"(?:(?: in the| at)? {_PART_OF_DAY})*"
)


def count_of(written: str | None) -> int:
    return 1 if written is None else _NUMBERS.get(written) or int(written)


def _ordinal(written: str) -> int:
    return _ORDINALS.get(written) or int(re.sub(r"\D", "", written))


def _month_of(found: re.Match[str]) -> int:
    return MONTHS.index(found["month"][:3]) + 1


def weekday_of(found: re.Match[str]) -> int:
    return _WEEKDAYS.index(found["weekday"][:3])


def later(day: dt.date, n: int) -> dt.date:
    return day + dt.timedelta(days=n)


def months(year: int, month: int, n: int = 1) -> Period:
    """``n`` calendar months; a month below 1 or above 12 lies in the years before or after."""
    (first_year, first), (last_year, last) = (divmod(12 * year + month - 1 + k, 12) for k in (0, n - 1))
    n_days = calendar.monthrange(last_year, last + 1)[1]
    return dt.date(first_year, first + 1, 1), dt.date(last_year, last + 1, n_days)


def shifted(day: dt.date, n: int, unit: str) -> dt.date:
    """The day that lies ``n`` units later, or earlier where ``n`` is negative."""
    if unit == "hour":
        n_days = 0 if abs(n) <= _HOURS_OF_ONE_DAY else -(-abs(n) // 24)
        return later(day, n_days if n > 0 else -n_days)
    if unit in _DAYS_OF:
        return later(day, n * _DAYS_OF[unit])
    first, last = months(day.year, day.month + n * _MONTHS_OF[unit])
    return min(last, later(first, day.day - 1))


def week_of(day: dt.date, *, n: int = 0) -> Period:
    """Monday to Sunday of the week of a day, or of the n-th week after it."""
    monday = later(day, 7 * n - day.weekday())
    return monday, later(monday, 6)


def _on_or_before(day: dt.date, weekday: int) -> dt.date:
    return later(day, -((day.weekday() - weekday) % 7))


def _on_or_after(day: dt.date, weekday: int) -> dt.date:
    return later(day, (weekday - day.weekday()) % 7)


def plain(words: str) -> str:
    """Lower case, plain apostrophes, hyphens and blanks; no brackets, no commas, no dots but those between figures."""
    text = unicodedata.normalize("NFKC", words).lower()
    text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    text = re.sub(r"[’‘`´ʼ]", "'", re.sub(r"[‐-―−]", "-", text))
    text = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"(?<!\d)\.|\.(?!\d)|[,()\[\]\"“”;]", " ", text)
    text = re.sub(rf"(?<=\d)(?={MONTH}\b)|(?<=[a-z]{{3}})(?=\d)", " ", text)
    text = re.sub(r"\bmid-", "mid ", re.sub(r"'s?$", "", text.strip()))
    return " ".join(text.split())


# Periods that words of the calendar name, each made for a year.


def _day(found: re.Match[str], year: int) -> Period:
    return (dt.date(year, _month_of(found), _ordinal(found["day"])),) * 2


def _holiday(found: re.Match[str], year: int) -> Period:
    return (dt.date(year, *_HOLIDAYS[found["holiday"]]),) * 2


def _numbered_month(found: re.Match[str], year: int) -> Period:
    if int(found["numbered"]) == year % 100 + 1:
        raise ValueError("2011-12 may be two years")
    return months(year, int(found["numbered"]))


def _third_of_month(found: re.Match[str], year: int) -> Period:
    first, last = months(year, _month_of(found))
    third = _THIRDS[found["third"]]
    return later(first, 10 * third), last if third == 2 else later(first, 10 * third + 9)


def _half_of_month(found: re.Match[str], year: int) -> Period:
    first, last = months(year, _month_of(found))
    return (first, later(first, 14)) if found["half"] == "first" else (later(first, 15), last)


def _part_of_month(found: re.Match[str], year: int) -> Period:
    """Its n-th or last week, or its first or last days: weeks are counted from the first day, or back from the last."""
    first, last = months(year, _month_of(found))
    n_days = _DAYS_OF[found["unit"]] * count_of(found.groupdict().get("number"))
    if found["nth"] == "last":
        return later(last, 1 - n_days), last
    start = later(first, n_days * (_ordinal(found["nth"]) - 1))
    return start, min(last, later(start, n_days - 1))


def _weekday_of_month(found: re.Match[str], year: int) -> Period:
    first, last = months(year, _month_of(found))
    if found["nth"] == "last":
        return (_on_or_before(last, weekday_of(found)),) * 2
    day = later(_on_or_after(first, weekday_of(found)), 7 * (_ordinal(found["nth"]) - 1))
    return day, min(day, last)


def _season(found: re.Match[str], year: int) -> Period:
    return months(year, _SEASONS[found["season"]], 3)


def _quarter(found: re.Match[str], year: int) -> Period:
    nth = found["nth"]
    number = 4 if nth == "last" else _ordinal(nth)
    if number > 4:
        raise ValueError("a year has four quarters")
    return months(year, 3 * number - 2, 3)


def _half_of_year(found: re.Match[str], year: int) -> Period:
    return months(year, 1 if found["half"] == "first" else 7, 6)


def _months_of_year(found: re.Match[str], year: int) -> Period:
    n = count_of(found["number"])
    return months(year, 1 if found["nth"] == "first" else 13 - n, n)


def _part_of_year(found: re.Match[str], year: int) -> Period:
    """A third of it for early, mid and late, a quarter for its start and its end."""
    if found["third"] in ("start", "beginning", "end"):
        return months(year, 10 if found["third"] == "end" else 1, 3)
    return months(year, 4 * _THIRDS[found["third"]] + 1, 4)


def _decade(found: re.Match[str], year: int) -> Period:
    """The ten years of "1990s" and "90s", from its figures without the last."""
    year = 10 * year if year > 99 else 1900 + 10 * year
    first, last = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}.get(found["third"], (0, 9))
    return dt.date(year + first, 1, 1), dt.date(year + last, 12, 31)


ReadInYear = Callable[[re.Match[str], int], Period]
NAMED: tuple[tuple[str, float, str, ReadInYear], ...] = (
    ("day and month", 0.95, rf"(?:{WEEKDAY} )?(?:the )?{_DAY_OF_MONTH} (?:of )?{MONTH}{_MAYBE_YEAR}", _day),
    ("day and month", 0.95, rf"(?:{WEEKDAY} )?{MONTH} (?:the )?{_DAY_OF_MONTH}{_MAYBE_YEAR}", _day),
    ("holiday", 0.9, rf"(?P<holiday>{_any(_HOLIDAYS)}){_MAYBE_YEAR}", _holiday),
    ("holiday", 0.6, rf"christmas{_MAYBE_YEAR}", lambda _, year: (dt.date(year, 12, 24), dt.date(year, 12, 26))),
    ("holiday", 0.6, rf"new year{_MAYBE_YEAR}", lambda _, year: (dt.date(year - 1, 12, 31), dt.date(year, 1, 1))),
    ("month", 0.9, rf"(?:this )?{MONTH}{_MAYBE_YEAR}", lambda found, year: months(year, _month_of(found))),
    ("month", 0.9, rf"{YEAR}-(?P<numbered>0[1-9]|1[0-2])", _numbered_month),
    ("part of month", 0.8, rf"{_THIRD} {MONTH}{_MAYBE_YEAR}", _third_of_month),
    ("part of month", 0.8, rf"(?P<half>first|second) half of {MONTH}{_MAYBE_YEAR}", _half_of_month),
    ("part of month", 0.8, rf"{_NTH} (?P<unit>week) (?:of|in) {MONTH}{_MAYBE_YEAR}", _part_of_month),
    (
        "part of month",
        0.8,
        rf"(?P<nth>first|last) {NUMBER} (?P<unit>day|week)s (?:of|in) {MONTH}{_MAYBE_YEAR}",
        _part_of_month,
    ),
    ("weekday of month", 0.9, rf"{_NTH} {WEEKDAY} (?:of|in) {MONTH}{_MAYBE_YEAR}", _weekday_of_month),
    ("season", 0.6, rf"(?:this )?(?P<season>{_any(_SEASONS)})(?: (?:of )?{YEAR}(?:[-/]\d\d)?)?", _season),
    ("quarter", 0.8, rf"{_NTH} quarter{_MAYBE_YEAR}", _quarter),
    ("quarter", 0.8, rf"q(?P<nth>[1-4]){_MAYBE_YEAR}", _quarter),
    ("half of year", 0.9, rf"(?P<half>first|second) half of {YEAR}", _half_of_year),
    ("months of year", 0.9, rf"(?P<nth>first|last) {NUMBER} months of {YEAR}", _months_of_year),
    ("part of year", 0.8, rf"{_THIRD} {YEAR}", _part_of_year),
    ("year", 0.95, rf"(?:year )?{YEAR}", lambda found, year: months(year, 1, 12)),
    ("decade", 0.9, rf"(?:{_THIRD} )?'?(?P<year>1[789]\d|20\d|[1-9])0s", _decade),
)
"""Rule, confidence, pattern, and the period in a year. Where the group ``year`` is empty, the year is to be found."""


# Periods that are said from the day of publication. ``is_future``: the event is yet to come.

_WHICH = "(?P<which>last|next|this past|this coming|this|past|coming)"
NTH_FROM_THIS = {"last": -1, "this": 0, "the": 0, "next": 1}


def _side(which: str | None) -> int:
    """-1 for one that is over, 1 for one that has not begun, 0 where it is not said."""
    word = (which or "").removeprefix("this ")
    return -1 if word in ("last", "past") else 1 if word in ("next", "coming") else 0


def _weekday(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    side = _side(found["which"])
    if side:
        return ((_on_or_after if side > 0 else _on_or_before)(later(day, side), weekday_of(found)),) * 2
    return ((_on_or_after if is_future else _on_or_before)(day, weekday_of(found)),) * 2


def _weekday_of_week(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    monday, _ = week_of(day, n=NTH_FROM_THIS[found["which"]])
    return (later(monday, weekday_of(found)),) * 2


def _named_day(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    return (later(day, _FROM_TODAY[found["word"]]),) * 2


def _day_of_month(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    number = _ordinal(found["day"])
    for n in range(3):  # one of two months in a row has 31 days
        first, last = months(day.year, day.month + (n if is_future else -n))
        that = later(first, number - 1)
        if first <= that <= last and (that >= day if is_future else that <= day):
            return that, that
    raise ValueError("no month has such a day")


def _overnight(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    if not found["weekday"]:
        return (day, later(day, 1)) if is_future else (later(day, -1), day)
    that = (_on_or_after if is_future else _on_or_before)(day, weekday_of(found))
    return (later(that, -1), that) if found["into"] else (that, later(that, 1))


def _calendar_week(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    """A week; its start is Monday and Tuesday, its middle Wednesday and Thursday, its end Friday to Sunday."""
    monday, sunday = week_of(day, n=NTH_FROM_THIS[found["which"]])
    parts = ((monday, later(monday, 1)), (later(monday, 2), later(monday, 3)), (later(monday, 4), sunday))
    return parts[_THIRDS[found["third"]]] if found["third"] else (monday, sunday)


def _weekend(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    side, saturday = _side(found["which"]), 5
    if side < 0:
        first = _on_or_before(later(day, -2), saturday)
    elif side > 0:
        first = _on_or_after(later(day, 1), saturday)
    else:
        first = _on_or_after(later(day, -1), saturday) if is_future else _on_or_before(day, saturday)
    return first, later(first, 1)


def _calendar_quarter(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    return months(day.year, 3 * ((day.month - 1) // 3 + NTH_FROM_THIS[found["which"]]) + 1, 3)


def _last_or_next(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    """The last month or season of that name that is over, or the next that has not begun."""
    start, n = (_SEASONS[found["season"]], 3) if found["season"] else (_month_of(found), 1)
    years = range(day.year - 2, day.year + 3)
    periods = [months(year, start, n) for year in years]
    if found["which"] == "last":
        return max(period for period in periods if period[1] < day)
    return min(period for period in periods if period[0] > day)


def _ago(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    """A day for days, up to publication for hours, seven days for weeks, the calendar month or year for these."""
    unit = found["unit"]
    that = shifted(day, -count_of(found["number"]), unit)
    if unit in ("week", "fortnight"):
        return later(that, -3), later(that, 3)
    return {
        "hour": (that, day),
        "day": (that, that),
        "month": months(that.year, that.month),
        "year": months(that.year, 1, 12),
    }[unit]


def _few_days_ago(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    return later(day, -7), later(day, -1)


def _counted(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    """The stretch of so many units that ends on a day, or begins on it."""
    n, unit = count_of(found["number"]), found["unit"]
    that = shifted(day, n if found["which"] in ("next", "coming") else -n, unit)
    return min(day, that), max(day, that)


def _counted_one(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    that = shifted(day, 1 if found["which"] == "coming" else -1, found["unit"])
    return min(day, that), max(day, that)


def _few(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    n, unit = _FEW[found["unit"]]
    that = shifted(day, n if found["which"] in ("next", "coming") else -n, unit)
    return min(day, that), max(day, that)


def _century(found: re.Match[str], day: dt.date, is_future: bool) -> Period:
    last = 100 * _ordinal(found["nth"])
    return dt.date(last - 99, 1, 1), dt.date(last, 12, 31)


ReadFromDay = Callable[[re.Match[str], dt.date, bool], Period]
RELATIVE: tuple[tuple[str, float, str, ReadFromDay], ...] = (
    ("weekday", 0.95, rf"(?:{_WHICH} )?{WEEKDAY}", _weekday),
    ("weekday", 0.95, rf"{WEEKDAY} (?:of )?(?P<which>last|this|next) week", _weekday_of_week),
    ("named day", 0.95, rf"(?P<word>{_any(_FROM_TODAY)})", _named_day),
    ("day of month", 0.7, r"(?P<day>\d{1,2}(?:st|nd|rd|th))", _day_of_month),
    ("overnight", 0.9, rf"overnight(?: (?:(?P<into>into |to )|on )?{WEEKDAY})?", _overnight),
    ("week", 0.9, rf"(?:{_THIRD} )?(?P<which>last|this|next|the) week", _calendar_week),
    ("weekend", 0.9, rf"(?:{_WHICH} )?weekend", _weekend),
    ("quarter", 0.9, "(?P<which>last|this|next) quarter", _calendar_quarter),
    ("last or next", 0.8, rf"(?P<which>last|next) (?:(?P<season>{_any(_SEASONS)})|{MONTH})", _last_or_next),
    ("ago", 0.85, rf"(?:{HEDGE} )?{NUMBER} (?P<unit>hour|day|week|fortnight|month|year)s? ago", _ago),
    ("few", 0.5, "(?:a )?(?:few|several) days ago", _few_days_ago),
    ("counted", 0.85, rf"(?P<which>last|next|past|coming) (?:{HEDGE} )?{NUMBER} {_UNIT}s?", _counted),
    ("counted", 0.85, rf"(?P<which>past|coming) {_UNIT}", _counted_one),
    ("few", 0.5, "(?P<which>last|next|past|coming) (?:few|several) (?P<unit>hour|day|week|month)s", _few),
    ("few", 0.5, "(?P<which>recent|past|coming) (?P<unit>hour|day|week|month)s", _few),
    ("century", 0.9, rf"{_NTH} century", _century),
)
"""Rule, confidence, pattern, and the period from the day of publication."""
