"""Features of words in a line for a linear tagger: the word, its shape and affixes, and its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RUNS = re.compile(r"(.)\1+")
EDGE = "<>"
"""Stands beyond the ends of a line."""


def line_features(words: Sequence[str]) -> list[list[str]]:
    """The features of each word, as many for every word, so that they make one array.

    >>> line_features(["Rebels", "attacked", "10"])[2][:4]
    ['w=10', 'f=10', 's=d', 'l=dd']
    """
    folded = [EDGE, EDGE, *(word.casefold() for word in words), EDGE, EDGE]
    shapes = [EDGE, EDGE, *map(shape, words), EDGE, EDGE]
    return [_features(word, folded[i : i + 5], shapes[i : i + 5]) for i, word in enumerate(words)]


def shape(word: str) -> str:
    """Upper case as X, lower as x, digits as d, else the character.

    >>> shape("McDonald-19")
    'XxXxxxxx-dd'
    """
    return "".join("X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word)


def _features(word: str, near: Sequence[str], shapes: Sequence[str]) -> list[str]:
    before2, before, here, after, after2 = near
    short = [_RUNS.sub(r"\1", one) for one in shapes]
    return [
        f"w={word}",
        f"f={here}",
        f"s={short[2]}",
        f"l={shapes[2]}",
        *(f"p={here[:n]}" for n in (1, 2, 3, 4)),
        *(f"e={here[-n:]}" for n in (1, 2, 3, 4)),
        f"-1={before}",
        f"-2={before2}",
        f"+1={after}",
        f"+2={after2}",
        f"-1,0={before} {here}",
        f"0,+1={here} {after}",
        f"-1,+1={before} {after}",
        f"-2,-1={before2} {before}",
        f"+1,+2={after} {after2}",
        f"-s={short[1]} {short[2]}",
        f"+s={short[2]} {short[3]}",
        f"-e={before[-3:]}",
        f"+e={after[-3:]}",
        f"s3={short[1]} {short[2]} {short[3]}",
        "every",
    ]
