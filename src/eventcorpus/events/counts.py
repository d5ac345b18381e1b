"""How many: the words of a Count mention as a lowest, a best and a highest number, and what is counted.

Comes in: "at least 18", "between five and eight", "dozens", "no one". Goes out: three numbers, each of which may be
unknown, or nothing where the words give none (percentages, ordinals, ages, sums of money, "many").
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from eventcorpus.events.count_units import UNITS, unit_of
from eventcorpus.events.numerals import SCALES, read_number
from eventcorpus.files import StrictModel

NumberWords = Literal["none", "acled"]
"""``acled``: several, many and few are 3, dozens 12 and hundreds 100, as in ACLED's codebook."""

_LARGEST = 1_000_000_000
_LONGEST = 120
"""Characters of a mention beyond which it is no count; so many of the words behind it are looked at."""
_MARKS = " .,;:\"'"
_DEEPEST = 6
"""Hedges and added words that one mention may have."""

_SCALE = "|".join(SCALES)
_PLURALS = {"tens": 10, "dozens": 12, "scores": 20, "hundreds": 100, "thousands": 1000, "millions": 10**6}
_PLURAL = "|".join(_PLURALS)
_PARTS_OF_GROUPS = {
    **{"a": 1, "an": 1, "single": 1, "lone": 1, "sole": 1, "another": 1, "couple": 2, "pair": 2, "duo": 2, "both": 2},
    **{"trio": 3, "quartet": 4, "quintet": 5},
}
_DIGITS = {"single": (1, 9), "double": (10, 99), "triple": (100, 999)}
_ACLED = {"several": 3, "many": 3, "few": 3, "a few": 3, "dozens": 12, "hundreds": 100}

_NONE = re.compile(r"no ?one|nobody|none|no|nil|zero|not (?:a single|one|any|a)(?: one)?")
_GROUP = re.compile(rf"(?:an? |the )?(?P<group>{'|'.join(sorted(_PARTS_OF_GROUPS, key=len, reverse=True))})")
_SEVERAL = re.compile(r"several|a few|(?:a )?handfuls?")
_SEVERAL_TIMES = re.compile(rf"(?:several|(?:a )?few) (?P<scale>{_SCALE})s?")
_MANY_TIMES = re.compile(rf"(?:many )?(?P<scales>(?:{_PLURAL})(?: of (?:{_PLURAL}))*)")
_PERHAPS_MORE = re.compile(
    rf"(?P<rest>(?:many )?(?:{_PLURAL})|several|a few),? "
    r"(?:if not|or even|or perhaps|or|perhaps|possibly|maybe|and possibly|even) .+"
)
_N_DIGITS = re.compile(r"(?P<n>single|double|triple) (?:digits?|figures?)")
_REPEATED = re.compile(r"(?P<first>[^()]+?) ?\((?P<second>[^()]+)\)")
_RANGES = (
    re.compile(r"(?:anywhere |somewhere )?between (?P<low>.+?) (?:and|to) (?P<high>.+)"),
    re.compile(r"(?:anywhere |somewhere )?from (?P<low>.+?) (?:up )?to (?P<high>.+)"),
    re.compile(r"(?P<low>.+?) (?:to|or) (?P<high>.+)"),
)
_TWO_BOUNDS = re.compile(r"(?P<low>.+?),? (?:but|and) (?P<high>.+)")
_TIMES_AT_THE_END = re.compile(rf".+ (?P<scale>{_SCALE})")

_BEFORE = tuple(
    (kind, re.compile(rf"(?:{words})(?![a-z]) ?(?P<rest>.+)"))
    for kind, words in (
        (
            "at least",
            r"at (?:the )?(?:very )?least|(?:a )?minimum of|(?:well |just |slightly |far |a little )?(?:over|above)"
            r"|(?:many |far |well |slightly |a little )?(?:more|greater) than|upwards? of|in excess of|exceeding"
            r"|not? (?:fewer|less) than|as few as|>=?|≥",
        ),
        (
            "at most",
            r"(?:very )?nearly|almost|up to|as (?:many|much) as|not? more than|at (?:the )?(?:very )?most"
            r"|(?:a )?maximum of|(?:just|slightly|a little) (?:under|below|short of)|not quite|<=|≤",
        ),
        ("fewer than", r"(?:far |slightly |well )?(?:fewer|less) than|(?:well )?(?:under|below)|<"),
        (
            "about",
            r"some|about|(?:somewhere )?around|approximately|approx\.?|roughly|(?:an )?estimated|circa|c\.|ca\."
            r"|[~≈]|closer? to|perhaps|possibly|probably|maybe|more or less|something like"
            r"|(?:in|on) the (?:region|order) of",
        ),
    )
)
"""Hedges before a number; the first that fits is taken away, and what follows it may be hedged again."""
_BEHIND = (
    (
        "at least",
        re.compile(
            r"(?P<rest>.+?)(?: or (?:even )?more| plus| ?\+|,? at (?:the )?(?:very )?least| and counting"
            r"|,? (?:and )?(?:possibly|perhaps|maybe) (?:many )?more)"
        ),
    ),
    ("at most", re.compile(r"(?P<rest>.+?)(?: or (?:fewer|less)|,? at (?:the )?(?:very )?most)")),
    ("about", re.compile(r"(?P<rest>.+?)(?: or so| odd|,? approximately|,? roughly)")),
)
_ADDED = (
    re.compile(
        r"(?:(?:a|the|yet) further|(?:a|the) total of|(?:a|the) (?:group|crowd) of|an? additional|additional|all|only"
        r"|just|exactly|precisely|yet another|another|the (?:other|remaining|first|last)|the|these|those|other|further)"
        r" (?P<rest>.+)"
    ),
    re.compile(
        r"(?:an? )?(?P<rest>.+?) (?:(?:more|others?)(?: of)?|of(?: (?:the|them|those|these|whom|their|its|his|her))?"
        r"|further|additional|strong|members?|persons?|(?:wo)?man)"
    ),
)
"""Words before and behind a number that leave it as it is."""
_COUNTS_PEOPLE = re.compile(r".* (?:strong|members?|persons?|(?:wo)?man)|no ?one|nobody")
_IS_CUT = re.compile(r"[.,]?\d")
_MEASURES_BEHIND = re.compile(
    r"(?:%|per ?cent|percentage|[€$£°]|euros?|dollars?|pounds?|rupees?|naira|shillings?|degrees"
    r"|km|kilomet(?:er|re)s?|met(?:er|re)s?|miles?|feet|inch(?:es)?|kg|kilograms?|kilos?|tons?|tonnes?|lit(?:er|re)s?"
    r"|seconds|minutes|hours|days|nights|weeks|months|years?|decades|a\.?m|p\.?m|o'clock|times"
    rf"|(?:of )?(?:{_SCALE})s?)(?![a-z])"
)
"""Words that make of a number before them a measure, or that are the rest of it."""
_TIMES_BEHIND = re.compile(
    r"(?:second|minute|hour|day|night|week|month|decade|time)(?![a-z])"
    r"|in (?:every )?(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty)(?! (?:hour|day|week|month|year)|[a-z])"
)
"""The same behind one, or behind a hyphen: one day, a five-day battle, one in five."""
_IS_ONE = re.compile(r"(?:one|1|an?|another|a single)$")
_HYPHEN = re.compile(r"[-‐‑‒–—−]")


class CountValue(StrictModel):
    """What a count says, in whole numbers from 0 to a billion; an end that it does not bound is None.

    ``unit``: people, families or households, None where nothing says it. ``confidence``: the share of the mentions read
    by this ``rule`` that are estimated to be read as a careful reader does.
    """

    low: Annotated[int, Field(ge=0)] | None = None
    best: Annotated[int, Field(ge=0)] | None = None
    high: Annotated[int, Field(ge=0)] | None = None
    unit: str | None = None
    rule: str
    confidence: Annotated[float, Field(ge=0, le=1)]


class _Ends(NamedTuple):
    low: int | None
    best: int | None
    high: int | None
    rule: str

    @property
    def is_exact(self) -> bool:
        return self.low is not None and self.low == self.best == self.high


_CONFIDENCES = {
    "exact number": 0.98,
    "at least": 0.97,
    "about": 0.97,
    "at most": 0.95,
    "fewer than": 0.95,
    "range": 0.95,
    "nobody": 0.9,
    "small group": 0.9,
    "vague words": 0.85,
    "ACLED number words": 0.85,
}
"""Estimates of how often each rule is right on mentions that people marked."""


def read_count(words: str, *, after: str = "", number_words: NumberWords = "none") -> CountValue | None:
    """Read the words of a Count mention.

    Args:
        words: the mention, with its hedge.
        after: the words of the text behind it, which say what is counted.
        number_words: whether vague words have a best number.

    Returns:
        None if they give no number.

    >>> value = read_count("at least 18", after="civilians were killed")
    >>> value.low, value.best, value.high, value.unit
    (18, 18, None, 'people')
    >>> read_count("10 per cent"), read_count("many"), read_count("1.200")
    (None, None, None)
    """
    said, behind = _plain(words).strip(_MARKS), _plain(after[:_LONGEST])
    is_time = bool(_IS_ONE.match(said) or _HYPHEN.match(after)) and _TIMES_BEHIND.match(behind)
    is_measure = _IS_CUT.match(after) or _MEASURES_BEHIND.match(behind) or is_time
    if not said or len(words) > _LONGEST or is_measure:
        return None
    unit = "people" if _COUNTS_PEOPLE.fullmatch(said) else unit_of(behind)
    ends = _read(said, number_words)
    if ends is None:
        number, _, noun = said.rpartition(" ")
        unit = UNITS.get(noun)
        ends = _read(number, number_words) if unit else None
    if ends is None or any(number is not None and number > _LARGEST for number in ends[:3]):
        return None
    return CountValue(**ends._asdict(), unit=unit, confidence=_CONFIDENCES[ends.rule])


def add_counts(values: Sequence[CountValue]) -> CountValue:
    """The sum of parts ("eight civilians and four soldiers"); an end that one part does not bound is unknown.

    Parts of different units (people and families) have no sum: every end is unknown.

    Raises:
        ValueError: if there are no parts.
    """
    if not values:
        raise ValueError("there are no counts to add")
    units = {value.unit for value in values}
    confidence = math.prod(value.confidence for value in values)
    if len(units - {None}) > 1:
        return CountValue(rule="sum of different units", confidence=confidence)
    return CountValue(
        low=_sum([value.low for value in values]),
        best=_sum([value.best for value in values]),
        high=_sum([value.high for value in values]),
        unit=values[0].unit if len(units) == 1 else None,
        rule="sum",
        confidence=confidence,
    )


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _plain(words: str) -> str:
    """In small letters and ASCII digits; a dash between figures is "to", and every other one a blank.

    >>> _plain("Twenty‑Three"), _plain("18–20"), _plain("１２,000-strong"), _plain("3½ million")
    ('twenty three', '18 to 20', '12,000 strong', '3½ million')
    """
    characters = (
        str(unicodedata.decimal(c)) if c.isdecimal() else c if c in "½¼¾" else unicodedata.normalize("NFKC", c)
        for c in words[: _LONGEST + 1]
    )
    said = "".join(characters).casefold().translate(str.maketrans("‐‑‒–—−’‘“”", "------''\"\""))
    said = re.sub(r"(?<=\d)\s*-\s*(?=\d)", " to ", said).replace("-", " ")
    said = re.sub(r"(?<=\d)(k|m|bn|mn|mln)\b", lambda found: f" {_SHORT[found[0]]}", said)
    return " ".join(said.split())


_SHORT = {"k": "thousand", "m": "million", "mn": "million", "mln": "million", "bn": "billion"}


def _read(said: str, number_words: NumberWords, depth: int = 0) -> _Ends | None:
    """Read plain words: as they are, or without a hedge or an added word."""
    if depth > _DEEPEST or not said:
        return None
    if found := _simple(said, number_words) or _range(said):
        return found
    if bounds := _TWO_BOUNDS.fullmatch(said):
        low, high = (_read(bounds[end], number_words, depth + 1) for end in ("low", "high"))
        if low and high and low.rule == "at least" and high.rule in ("at most", "fewer than"):
            return _in_order(low.low, high.high)
    for kind, pattern in (*_BEFORE, *_BEHIND):
        if hedged := pattern.fullmatch(said):
            return _hedged(kind, _read(hedged["rest"], number_words, depth + 1))
    for pattern in _ADDED:
        if added := pattern.fullmatch(said):
            return _read(added["rest"], number_words, depth + 1)
    return None


def _simple(said: str, number_words: NumberWords) -> _Ends | None:
    """One number, a vague word, or none at all."""
    if number_words == "acled" and said in _ACLED:
        return _Ends(_ACLED[said], _ACLED[said], None, "ACLED number words")
    if _NONE.fullmatch(said):
        return _Ends(0, 0, 0, "nobody")
    if (number := read_number(said)) is not None:
        return _Ends(number, number, number, "exact number")
    if group := _GROUP.fullmatch(said):
        number = _PARTS_OF_GROUPS[group["group"]]
        return _Ends(number, number, number, "small group")
    if digits := _N_DIGITS.fullmatch(said):
        low, high = _DIGITS[digits["n"]]
        return _Ends(low, None, high, "range")
    if repeated := _REPEATED.fullmatch(said):
        number = read_number(repeated["first"])
        is_same = number is not None and number == read_number(repeated["second"])
        return _Ends(number, number, number, "exact number") if is_same else None
    if more := _PERHAPS_MORE.fullmatch(said):
        return _simple(more["rest"], number_words)
    low_of_vague = _low_of_vague(said)
    return None if low_of_vague is None else _Ends(low_of_vague, None, None, "vague words")


def _low_of_vague(said: str) -> int | None:
    """Several, a few and a handful are 3 or more; a plural such as dozens is two of them or more."""
    if _SEVERAL.fullmatch(said):
        return 3
    if found := _SEVERAL_TIMES.fullmatch(said):
        return 3 * SCALES[found["scale"]]
    if found := _MANY_TIMES.fullmatch(said):
        return 2 * math.prod(_PLURALS[scale] for scale in found["scales"].split(" of "))
    return None


def _range(said: str) -> _Ends | None:
    for pattern in _RANGES:
        if found := pattern.fullmatch(said):
            low, high = found["low"], found["high"]
            of_high = read_number(high)
            if of_high is None:
                return None
            if (times := _TIMES_AT_THE_END.fullmatch(high)) and not set(low.split()) & set(SCALES):
                scaled = read_number(f"{low} {times['scale']}")  # "two to three dozen", but "100 to a million"
                if scaled is not None and scaled < of_high:
                    return _in_order(scaled, of_high)
            return _in_order(read_number(low), of_high)
    return None


def _in_order(low: int | None, high: int | None) -> _Ends | None:
    return _Ends(low, None, high, "range") if low is not None and high is not None and low < high else None


def _hedged(kind: str, ends: _Ends | None) -> _Ends | None:
    """What a hedge makes of the numbers that it stands beside; None where the two do not go together."""
    if ends is None or ends.rule == "nobody":
        return None
    if kind == "about":
        return _Ends(None, ends.best, None, kind) if ends.is_exact else ends
    if kind == "at least":
        if ends.is_exact or ends.rule == "about":
            return _Ends(ends.best, ends.best, None, kind)
        return ends if ends.rule in ("range", "vague words", "ACLED number words") else None
    if ends.rule == "range" and kind == "at most":
        return _Ends(None, None, ends.high, kind)
    if ends.best is None or not (ends.is_exact or ends.rule == "about"):
        return None
    if kind == "at most":
        return _Ends(None, ends.best, ends.best, kind)
    return _Ends(None, None, ends.best - 1, kind) if ends.best else None
