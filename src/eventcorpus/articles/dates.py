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
_MAIL = re.compile(
    r"(?:\w{3}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?P<zone>[+-]\d{4}|[A-Z]{1,4})"
    r"|\w{3} [A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d(?: [+-]\d{4})? \d{4}"
)
"""Dates of e-mail and feeds (RFC 822), and those of C, Unix and Twitter: ``Fri Mar 12 14:30:00 2021``."""
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
        return _iso(written) or _mail(written) or _seconds(written) or _written_out(written)
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


def _mail(written: str) -> str | None:
    """Of a zone that has no meaning everywhere (CET) only the day is sure."""
    found = _MAIL.fullmatch(written)
    if not found:
        return None
    read = parsedate_to_datetime(written)
    return read.date().isoformat() if found["zone"] and read.tzinfo is None else read.isoformat()


def _seconds(written: str) -> str | None:
    if not re.fullmatch(r"\d{10}(?:\d{3})?(?:\.\d+)?", written):
        return None
    number = float(written)
    seconds = number / 1000 if number >= 10 * _SECONDS[1] else number
    if not _SECONDS[0] <= seconds <= _SECONDS[1]:
        return None
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).isoformat()


def _written_out(written: str) -> str | None:
    found = next(filter(None, (pattern.fullmatch(written) for pattern in _WRITTEN)), None)
    if found is None:
        return None
    parts = found.groupdict()
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second_number"])
        if first <= 12 and second <= 12 and first != second:
            return None
        month, day = (second, first) if first > 12 else (first, second)
    else:
        month = int(parts["month"]) if parts["month"].isdigit() else _MONTHS.get(parts["month"].lower(), 0)
        day = int(parts["day"])
    read = dt.date(int(parts["year"]), month, day)
    if parts.get("hour") is None:
        return read.isoformat()
    hour = int(parts["hour"])
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["half"].lower() == "p" else 0)
    time = dt.time(hour, int(parts["minute"]), int(parts["second"] or 0))
    zone = (parts["zone"] or "").upper().replace("UTC", "Z").replace("GMT", "Z")
    return dt.datetime.fromisoformat(f"{read.isoformat()}T{time.isoformat()}{zone}").isoformat()
