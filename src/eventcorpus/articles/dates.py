"""Dates as people write them, read as ISO 8601 where they can mean one day only.

Comes in: "05 May 2023", "Fri, 12 Mar 2021 14:30:00 GMT", "March 12, 2021". Goes out: "2023-05-05", or nothing where a
date is not sure (04/05/2023) or names no day (2021): it is never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?")
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|º|er|\.)?"
_MONTH = r"(?P<month>[^\W\d_]{3,12})\.?"
_YEAR = r"(?P<year>\d{4})"
_TIME = (
    r"(?:,?[T ]\s*(?:at |um |à )?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?)?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,? )?"
_WRITTEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WEEKDAY}{_DAY}(?: de | )?(?:of )?{_MONTH}(?: de |,? ){_YEAR}{_TIME}",
        rf"{_WEEKDAY}{_DAY}-{_MONTH}-{_YEAR}{_TIME}",
        rf"{_WEEKDAY}{_MONTH} {_DAY},? {_YEAR}{_TIME}",
        rf"{_YEAR} {_MONTH} {_DAY}",
        rf"{_YEAR}年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日",
        rf"{_YEAR}(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark){_DAY}{_TIME}",
        rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<second_number>\d{{1,2}})(?P=mark){_YEAR}{_TIME}",
    )
)
_RFC_822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|[A-Z]{1,4})"
)
_C_TIME = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<rest>[A-Z][a-z]{2} +\d{1,2} [\d:]{8})(?P<zone> [+-]\d{4})? (?P<year>\d{4})"
)
_MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    )
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9}
"""In English, French, German, Spanish, Portuguese and Italian, which do not contradict each other."""
_SECONDS = (1_000_000_000, 1_900_000_000)
"""Numbers between them are seconds since 1970, of the years 2001 to 2030; 2023050512 is none."""


def read_date(written: str) -> str | None:
    """A date or date-time as ISO 8601; one that is ISO 8601 already stays as it is written.

    Returns:
        None if it names no day, or if day and month cannot be told apart.

    >>> read_date("March 12, 2021"), read_date("24.04.2018"), read_date("2021-03-12T14:30:00Z")
    ('2021-03-12', '2018-04-24', '2021-03-12T14:30:00Z')
    >>> read_date("04/05/2023"), read_date("2021"), read_date("two hours ago")
    (None, None, None)
    """
    written = " ".join(written.split())
    try:
        return _iso(written) or _rfc_822(written) or _c_time(written) or _seconds(written) or _written_out(written)
    except (ValueError, OverflowError):
        return None


def _iso(written: str) -> str | None:
    if _ISO.fullmatch(written):
        dt.datetime.fromisoformat(written)
        return written
    if re.fullmatch(r"\d{8}|\d{4}-?W\d\d-?\d", written):
        return dt.date.fromisoformat(written).isoformat()
    if re.fullmatch(r"\d{8}T?\d{6}(?:Z|[+-]\d{4})?", written):
        day, time = written[:8], written[8:].removeprefix("T")
        return dt.datetime.fromisoformat(f"{day}T{time}").isoformat()
    return None


def _rfc_822(written: str) -> str | None:
    """The dates of e-mail and feeds; of a zone that has no meaning everywhere (CET) only the day is sure."""
    if not _RFC_822.fullmatch(written):
        return None
    read = parsedate_to_datetime(written)
    return read.isoformat() if read.tzinfo is not None else read.date().isoformat()


def _c_time(written: str) -> str | None:
    found = _C_TIME.fullmatch(written)
    if not found:
        return None
    read = dt.datetime.strptime(f"{found['rest']} {found['year']}{found['zone'] or ''}", _c_time_form(found["zone"]))
    return read.isoformat()


def _c_time_form(zone: str | None) -> str:
    return "%b %d %H:%M:%S %Y %z" if zone else "%b %d %H:%M:%S %Y"


def _seconds(written: str) -> str | None:
    if not re.fullmatch(r"\d{10}(?:\d{3})?(?:\.\d+)?", written):
        return None
    number = float(written)
    seconds = number / 1000 if number >= 10 * _SECONDS[1] else number
    if not _SECONDS[0] <= seconds <= _SECONDS[1]:
        return None
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).isoformat()


def _written_out(written: str) -> str | None:
    for pattern in _WRITTEN:
        if found := pattern.fullmatch(written):
            day = _day(found)
            return None if day is None else _with_time(day, found)
    return None


def _day(found: re.Match[str]) -> dt.date | None:
    parts = found.groupdict()
    year = int(parts["year"])
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second_number"])
        if first <= 12 and second <= 12 and first != second:
            return None
        month, day = (second, first) if first > 12 else (first, second)
        return dt.date(year, month, day)
    number = parts["month"] if parts["month"].isdigit() else _MONTHS.get(parts["month"].lower())
    return None if number is None else dt.date(year, int(number), int(parts["day"]))


def _with_time(day: dt.date, found: re.Match[str]) -> str:
    parts = found.groupdict()
    if parts.get("hour") is None:
        return day.isoformat()
    hour = int(parts["hour"])
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if parts["half"].lower() == "p" else 0)
    time = dt.time(hour, int(parts["minute"]), int(parts["second"] or 0))
    zone = (parts["zone"] or "").upper()
    written_zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    return dt.datetime.fromisoformat(f"{day.isoformat()}T{time.isoformat()}{written_zone}").isoformat()
