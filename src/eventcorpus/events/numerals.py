"""Whole numbers in words, in figures, or in both: "twenty-three", "1 200", "1.2 million", "half a dozen".

The grammar reads all of the words or nothing, so that "five and eight" is not 13.
"""

from __future__ import annotations

import re
from fractions import Fraction

SCALES = {
    **{"dozen": 12, "score": 20, "hundred": 100, "thousand": 1000, "lakh": 10**5, "million": 10**6},
    **{"lakhs": 10**5, "crore": 10**7, "crores": 10**7, "billion": 10**9},
}
_ONE_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: number for number, word in enumerate(_ONE_WORDS.split())}
_TENS = {word: 10 * number for number, word in enumerate(_TEN_WORDS.split(), start=2)}
_FRACTIONS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}
_BEFORE_A_SCALE = (
    (("half", "an"), Fraction(1, 2)),
    (("half", "a"), Fraction(1, 2)),
    (("half",), Fraction(1, 2)),
    (("a", "quarter", "of", "a"), Fraction(1, 4)),
    (("quarter", "of", "a"), Fraction(1, 4)),
    (("a", "couple", "of"), Fraction(2)),
    (("a", "couple"), Fraction(2)),
    (("couple", "of"), Fraction(2)),
    (("a",), Fraction(1)),
)
"""What stands for a number only where a scale follows: "half a million", "a couple of hundred"."""
_AND_A_HALF = ("and", "a", "half")
_TOKEN = re.compile(
    r" ?(?:(?P<grouped>\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d\d)+,\d{3}|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+)"
    r"|(?P<decimal>\d+\.\d+|\d+,\d{1,2})|(?P<plain>\d+)|(?P<word>[a-z]+|[½¼¾]))(?!\d|[.,']\d)"
)
"""``grouped``: 1,200 or 1 200 or 1'200, and 1,50,000 as in India. A point groups nothing: 1.200 may be either."""


def read_number(words: str) -> int | None:
    """Read a whole number in small letters without hyphens; None if any word is no part of one.

    >>> read_number("two thousand five hundred"), read_number("1.2 million"), read_number("half a dozen")
    (2500, 1200000, 6)
    >>> read_number("five and eight"), read_number("1.2"), read_number("third")
    (None, None, None)
    """
    tokens = _tokens(words)
    total, last, at = Fraction(0), 0, 0  # the scales fall from part to part: "two million three hundred thousand"
    while at < len(tokens):
        if last and tokens[at:] == _AND_A_HALF:
            total += Fraction(last, 2)
            break
        if last and tokens[at] == "and":
            at += 1
        part, end = _part(tokens, at)
        if part is None:
            return None
        scale = 1
        while end < len(tokens) and tokens[end] in SCALES:
            scale *= SCALES[tokens[end]]
            end += 1
        if (last and scale >= last) or (scale == 1 and (end < len(tokens) or "." in tokens[at])):
            return None
        total, last, at = total + part * scale, scale, end
    return int(total) if tokens and total.denominator == 1 else None


def _tokens(words: str) -> tuple[str, ...]:
    """Words and figures, these without what groups them and with a point before decimals; none if one is neither."""
    tokens: list[str] = []
    at = 0
    while at < len(words):
        found = _TOKEN.match(words, at)
        if found is None:
            return ()
        token = found[0].strip()
        tokens.append(re.sub("[, ']", "", token) if found["grouped"] else token.replace(",", "."))
        at = found.end()
    return tuple(tokens)


def _part(tokens: tuple[str, ...], at: int) -> tuple[Fraction | None, int]:
    """What stands before a scale, or at the end, and where it ends: below a hundred, hundreds, or figures."""
    value, end = _before_a_scale(tokens, at)
    if value is None:
        value, end = _below_100(tokens, at)
    if value is None:
        return None, at
    if tokens[end : end + 1] == ("hundred",):
        value, end = value * 100, end + 1
        has_and = tokens[end : end + 1] == ("and",)
        rest, rest_end = _below_100(tokens, end + has_and)
        if rest is not None and rest < 100:
            value, end = value + rest, rest_end
    elif tokens[end : end + 3] == _AND_A_HALF and _is_scale(tokens, end + 3):
        value, end = value + Fraction(1, 2), end + 3
    return value, end


def _before_a_scale(tokens: tuple[str, ...], at: int) -> tuple[Fraction | None, int]:
    for before, value in _BEFORE_A_SCALE:
        end = at + len(before)
        if tokens[at:end] == before and _is_scale(tokens, end):
            return value, end
    return (Fraction(1), at) if at == 0 and _is_scale(tokens, at) else (None, at)


def _below_100(tokens: tuple[str, ...], at: int) -> tuple[Fraction | None, int]:
    """A number word below a hundred, or figures of any size, with a fraction behind either."""
    token, following = (tokens[i] if i < len(tokens) else "" for i in (at, at + 1))
    if token in _FRACTIONS:
        return _FRACTIONS[token], at + 1
    if token in _TENS and _ONES.get(following, 10) in range(1, 10):
        value, end = Fraction(_TENS[token] + _ONES[following]), at + 2
    elif token in _TENS or token in _ONES:
        value, end = Fraction(_TENS.get(token, _ONES.get(token, 0))), at + 1
    elif token[:1].isdigit():
        value, end = Fraction(token), at + 1
    else:
        return None, at
    following = tokens[end] if end < len(tokens) else ""
    return (value + _FRACTIONS[following], end + 1) if following in _FRACTIONS else (value, end)


def _is_scale(tokens: tuple[str, ...], at: int) -> bool:
    return at < len(tokens) and tokens[at] in SCALES
