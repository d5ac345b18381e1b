"""The answer keys of MUC-4 and how an answer is scored against them.

A key file has one block a template: 25 numbered slots, alternatives of one filler divided by a slash, more fillers on
lines of their own, ``?`` before a filler that need not be given, ``(OPTIONAL)`` behind the number of a template that
need not be given. How slots are filled is said in ``template-doc-part1``, what counts half in ``scoring-guidelines``,
both of the MUC-4 distribution.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from eventcorpus.events.countries import key as name_key
from eventcorpus.metrics import Numbers

Score = float
"""1 correct, .5 partially correct, 0 incorrect."""
SLOTS = ("type", "stage", "date", "location", "number", "effect")
SLOT_NUMBERS = {"date": 2, "location": 3, "type": 4, "stage": 5, "number": 21, "effect": 23}
STRING_SLOTS = (6, 9, 10, 12, 18, 19)
"""Slots with words of the text: instruments, perpetrators, physical and human targets."""
CONTENT_SLOTS = (9, 10, 12, 18, 19)
"""Those of which one must agree, at least in part, or an answer is not compared with a template."""
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

_SLOT = re.compile(r"(?P<number>\d{1,2})\.\s+[A-Z][A-Z :]*[A-Z]\s{2,}(?P<fill>\S.*)?$")
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"')
_DAY = re.compile(r"(?P<day>\d{1,2}) (?P<month>[A-Z]{3})[A-Z]* (?P<year>\d\d)(?!\d)", re.IGNORECASE)
_KIND_OF_PLACE = re.compile(r"\s*\([^()]*\)")
_MESSAGE = re.compile(r"(?:DEV|TST\d)-MUC\d-\d{4}")
_HEADER = re.compile(
    r"^(?P<message>(?:DEV|TST\d)-MUC\d-\d{4})(?: \([^()\n]*\))?\s+"
    r"(?P<place>[^\n,]{2,60}), (?P<date>NO DATE|\d{1,2} [A-Z]{3,9}(?: \d\d)?)(?!\d)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Days:
    """The days between two days, both included; without a start it is "on or before the end"."""

    start: dt.date | None
    end: dt.date


@dataclass(frozen=True)
class Location:
    """A country, and in it places from the largest to the smallest; of "between A and B" the last has both names."""

    country: str
    places: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True)
class Fill:
    """One filler of a key: what may be said (``values``), of which words of the text (``tags``)."""

    values: frozenset[str]
    tags: frozenset[str] = frozenset()
    is_optional: bool = False


@dataclass(frozen=True)
class Template:
    """One incident of a key. A slot without a filler is not to be filled."""

    message: str
    is_optional: bool
    fills: dict[str, tuple[Fill, ...]]
    dates: tuple[Days, ...] = ()
    locations: tuple[Location, ...] = ()
    strings: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """One incident of a system. ``numbers`` and ``effects`` are pairs of a value and the words that it is said of."""

    kind: str
    stage: str
    date: Days | None = None
    location: Location | None = None
    numbers: tuple[tuple[str, str], ...] = ()
    effects: tuple[tuple[str, str], ...] = ()
    strings: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Header:
    """What stands before the text of a message: where and when it was written."""

    place: str
    published: dt.date | None


def read_headers(text: str) -> dict[str, Header]:
    """By message, from files of texts with their headers, or from the headers alone, one a line.

    >>> read_headers("TST9-MUC4-0001\\n\\n   LIMA (PERU), 4 FEB 90 (EFE) -- [TEXT] A BOMB")["TST9-MUC4-0001"]
    Header(place='LIMA (PERU)', published=datetime.date(1990, 2, 4))
    """
    return {m["message"]: Header(m["place"].strip(), parse_day(m["date"])) for m in _HEADER.finditer(text)}


def read_keys(text: str) -> Iterator[tuple[str, Template | None]]:
    """Messages of a key file with their templates; a message without an incident comes once, with None."""
    for block in re.split(r"^0\.\s", text, flags=re.MULTILINE)[1:]:
        slots: dict[int, list[str]] = {}
        number = 0
        for line in f"0.  {block}".splitlines():
            if line.startswith(";"):
                continue
            if found := _SLOT.match(line.strip()):
                number = int(found["number"])
                slots[number] = [found["fill"] or ""]
            elif line.strip():
                slots.setdefault(number, []).append(line.strip())
        message = _MESSAGE.search(" ".join(slots.get(0, [])))
        if message is None:
            continue
        about = " ".join(slots.get(1, ["*"])).strip()
        yield message.group(), None if about.startswith("*") else _template(message.group(), about, slots)


def _template(message: str, about: str, slots: dict[int, list[str]]) -> Template:
    fills = {
        name: tuple(fill for line in slots.get(number, ()) if (fill := parse_fill(line)))
        for name, number in SLOT_NUMBERS.items()
    }
    strings = {
        _unescaped(word) for number in CONTENT_SLOTS for line in slots.get(number, ()) for word in _QUOTED.findall(line)
    }
    return Template(
        message,
        "OPTIONAL" in about.upper(),
        fills,
        tuple(days for text in alternatives(_first(slots, 2)) if (days := parse_days(text))),
        tuple(place for text in alternatives(_first(slots, 3)) if (place := parse_location(text))),
        frozenset(strings),
    )


def _first(slots: dict[int, list[str]], number: int) -> str:
    return " ".join(slots.get(number, []))


def _unescaped(text: str) -> str:
    return text.replace("\\", "").strip('" ')


def alternatives(fill: str) -> list[str]:
    """The parts of a filler between slashes that stand outside of quotation marks, without brackets around them.

    >>> alternatives("(03 JAN 90) / (- 04 JAN 90)"), alternatives('1: "A / B" / "C"')
    (['03 JAN 90', '- 04 JAN 90'], ['1: "A / B"', '"C"'])
    """
    hidden = _QUOTED.sub(lambda found: "\0" * len(found.group()), fill)
    parts, start = [], 0
    for cut in [found.start() for found in re.finditer("/", hidden)] + [len(fill)]:
        part = fill[start:cut].strip()
        start = cut + 1
        if part.startswith("(") and part.endswith(")"):
            part = part[1:-1].strip()
        parts.append(part)
    return [part for part in parts if part]


def parse_fill(line: str) -> Fill | None:
    """One line of a slot; None where nothing is to be said.

    >>> fill = parse_fill('? PLURAL: "PEASANTS" / "WORKERS"')
    >>> sorted(fill.values), sorted(fill.tags), fill.is_optional
    (['PLURAL'], ['PEASANTS', 'WORKERS'], True)
    """
    text = line.strip()
    is_optional = text.startswith("?")
    text = text.lstrip("? ")
    tags = frozenset(_unescaped(word) for word in _QUOTED.findall(text)) - {"-", ""}
    values = set()
    for part in alternatives(text):
        value = _QUOTED.sub("", part).strip().rstrip(":").strip(" ?")
        if value in ("-", "*"):
            is_optional = is_optional or value == "-"
        elif value:
            values.add(value)
    return Fill(frozenset(values), tags, is_optional) if values else None


def parse_day(text: str) -> dt.date | None:
    """``30 DEC 89``; None without a year or where no calendar has the day."""
    found = _DAY.search(text)
    if found is None or found["month"].upper() not in MONTHS:
        return None
    try:
        return dt.date(1900 + int(found["year"]), MONTHS.index(found["month"].upper()) + 1, int(found["day"]))
    except ValueError:
        return None


def parse_days(text: str) -> Days | None:
    """A day, two days with a dash between them, or one with a dash before it ("on or before").

    >>> parse_days("- 08 JAN 90"), parse_days("07 JAN 90 - 08 JAN 90").start.day
    (Days(start=None, end=datetime.date(1990, 1, 8)), 7)
    """
    before, dash, after = text.strip().partition("-")
    end = parse_day(after if dash else before)
    if end is None:
        return None
    start = parse_day(before)
    return Days(start, end) if start is None or start <= end else None


def parse_location(text: str) -> Location | None:
    """``COUNTRY: PLACE (KIND): PLACE (KIND) - PLACE (KIND)``.

    >>> place = parse_location("PERU: LIMA (CITY): SAN ISIDRO (NEIGHBORHOOD) - RIMAC (NEIGHBORHOOD)")
    >>> place.country, [sorted(names) for names in place.places]
    ('peru', [['lima'], ['rimac', 'san isidro']])
    """
    country, *places = _KIND_OF_PLACE.sub("", text.strip(" ?")).split(":")
    if not name_key(country):
        return None
    names = (frozenset(filter(None, map(name_key, place.split(" - ")))) for place in places)
    return Location(name_key(country), tuple(filter(None, names)))


def score_date(answer: Days, template: Template) -> Score:
    """Section 3.2.2: an answer within the days of the key is half right; so is "on or before" its last day."""
    if answer in template.dates:
        return 1.0
    for key in template.dates:
        if answer.start is None:
            is_part = answer.end == key.end
        else:
            is_part = answer.end <= key.end and (key.start is None or key.start <= answer.start)
        if is_part:
            return 0.5
    return 0.0


def score_location(answer: Location, template: Template) -> Score:
    """Section 3.2.3: right is the country with the smallest place of the key; one of the two alone is half right."""
    best = 0.0
    for key in template.locations:
        smallest, given = (key.places or (frozenset(),))[-1], (answer.places or (frozenset(),))[-1]
        is_country, is_place = key.country == answer.country, bool(given & smallest)
        if is_country and (is_place or (not smallest and not given)):
            best = max(best, 0.5 if is_place and len(given) < len(smallest) else 1.0)
        elif is_country or is_place:
            best = max(best, 0.5)
    return best


def score_number(answer: str, key: str) -> Score:
    """Section 3.2.21: a single number is half right for a range that begins or ends with it, and for about so many."""
    if answer == key:
        return 1.0
    ends = re.findall(r"\d+", key)
    return 0.5 if answer.isdigit() and not key.isdigit() and answer in ends else 0.0


def score_effect(answer: str, key: str) -> Score:
    """Section 3.2.23: less than the key says is half right."""
    return 1.0 if answer == key else 0.5 if key == "NO INJURY OR DEATH" and answer.startswith("NO ") else 0.0


def share_words(words: str, tags: Iterable[str]) -> bool:
    """Whether words of the text are those of a key, or a part of them, or the reverse: "two peasants", "peasants"."""
    given = name_key(words).split()
    for tag in tags:
        wanted = name_key(tag).split()
        short, long = sorted((given, wanted), key=len)
        if short and (set(short) <= set(long) or given[-1] == wanted[-1]):
            return True
    return False


def score_tagged(
    answers: Sequence[tuple[str, str]], fills: Sequence[Fill], score: Callable[[str, str], Score]
) -> list[tuple[int, int, Score]]:
    """Fillers with words of the text matched one to one: (position of the answer, of the key, score).

    Section 3.1.2: a right value of other words is half right.
    """
    if not answers or not fills:
        return []
    scores = np.zeros((len(answers), len(fills)))
    for i, (value, words) in enumerate(answers):
        for j, fill in enumerate(fills):
            found = max(score(value, key) for key in fill.values)
            is_same = share_words(words, fill.tags) if fill.tags else not words
            scores[i, j] = found if is_same else min(found, 0.5)
    rows, columns = linear_sum_assignment(scores, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(i, j, float(scores[i, j])) for i, j in pairs if scores[i, j]]


def score_pair(answer: Answer, template: Template) -> dict[str, tuple[Score, int, int]]:
    """By slot: the sum of scores, fillers in the key, and fillers in the answer."""
    found: dict[str, tuple[Score, int, int]] = {}
    for name, value in (("type", answer.kind), ("stage", answer.stage)):
        wanted = template.fills[name]
        is_right = any(value in fill.values for fill in wanted)
        is_part = name == "type" and value == "ATTACK" and bool(wanted)
        found[name] = (1.0 if is_right else 0.5 if is_part else 0.0, min(1, len(wanted)), 1)
    date = score_date(answer.date, template) if answer.date else 0.0
    found["date"] = (date, min(1, len(template.dates)), int(answer.date is not None))
    place = score_location(answer.location, template) if answer.location else 0.0
    found["location"] = (place, min(1, len(template.locations)), int(answer.location is not None))
    for name, given, score in (
        ("number", answer.numbers, score_number),
        ("effect", answer.effects, score_effect),
    ):
        wanted = template.fills[name]
        matched = score_tagged(given, wanted, score)
        used = {j for _, j, _ in matched}
        n_wanted = sum(not fill.is_optional or j in used for j, fill in enumerate(wanted))
        found[name] = (sum(value for _, _, value in matched), n_wanted, len(given))
    return found


def may_be_compared(answer: Answer, template: Template) -> bool:
    """Section 3.2.1: the kind of incident agrees at least in part, and so does a perpetrator or a target.

    A template that names none of these is compared by its kind alone.
    """
    kinds = {kind for fill in template.fills["type"] for kind in fill.values}
    if answer.kind != "ATTACK" and answer.kind not in kinds:
        return False
    return not template.strings or any(share_words(words, template.strings) for words in answer.strings)


def score_message(answers: Sequence[Answer], templates: Sequence[Template]) -> Numbers:
    """Shape (slots and templates, 3): the sum of scores, of fillers in the key, and of fillers in the answers.

    Answers and templates are matched one to one such that the sum of scores is largest, as CEAF-RME does. Fillers of
    a template without an answer are missed, unless it is optional; those of an answer without a template are spurious.
    The last row counts templates themselves.
    """
    pairs = {
        (i, j): score_pair(answer, template)
        for i, answer in enumerate(answers)
        for j, template in enumerate(templates)
        if may_be_compared(answer, template)
    }
    sums = np.zeros((len(answers), len(templates)))
    for (i, j), found in pairs.items():
        sums[i, j] = sum(value for value, _, _ in found.values())
    matched: dict[int, int] = {}
    if sums.size:
        rows, columns = linear_sum_assignment(sums, maximize=True)
        matched = {i: j for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if sums[i, j] > 0}
    totals = np.zeros((len(SLOTS) + 1, 3))
    for i, answer in enumerate(answers):
        if i in matched:
            found = pairs[i, matched[i]]
            totals += [*(found[name] for name in SLOTS), (1, 1, 1)]
        else:
            totals[:, 2] += [
                1, 1, answer.date is not None, answer.location is not None, len(answer.numbers), len(answer.effects), 1
            ]  # fmt: skip
    for j, template in enumerate(templates):
        if j not in matched.values() and not template.is_optional:
            required = {name: sum(not fill.is_optional for fill in template.fills[name]) for name in SLOTS}
            n_single = {"date": len(template.dates), "location": len(template.locations)}
            totals[:, 1] += [*(min(1, n_single[name]) if name in n_single else required[name] for name in SLOTS), 1]
    return totals
