"""Countries by their names, by the adjectives of them, and by the capitals that stand for their governments."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple


class Country(NamedTuple):
    """``code``: ISO 3166-1 alpha-2, and XK for Kosovo, which has none."""

    code: str
    name: str


class Countries(NamedTuple):
    """Words in the form of ``key`` to countries; an adjective that two countries share (Congolese) is left out."""

    names: dict[str, Country]
    demonyms: dict[str, Country]
    governments: dict[str, Country]

    def leading(self, words: Sequence[str]) -> tuple[Country | None, int]:
        """The country whose name or adjective begins these words, and how many of them that is, at most five."""
        for n in range(min(5, len(words)), 0, -1):
            start = " ".join(words[:n])
            country = self.names.get(start) or self.demonyms.get(start)
            if country:
                return country, n
        return None, 0


@cache
def countries() -> Countries:
    """Those of ``countries.csv``: facts, with the names that English news use."""
    names: dict[str, Country] = {}
    demonyms: dict[str, Country] = {}
    governments: dict[str, Country] = {}
    table = (files("eventcorpus.events") / "countries.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(table)):
        country = Country(row["code"], row["name"])
        names |= {key(name): country for name in (row["name"], *row["aliases"].split("|")) if name}
        demonyms |= {key(name): country for name in row["demonyms"].split("|") if name}
        governments |= {key(name): country for name in row["governments"].split("|") if name}
    return Countries(names, demonyms, governments)


@lru_cache(maxsize=4096)
def countries_in(name: str) -> frozenset[Country]:
    """The countries that a name speaks of anywhere ("Tribunal for Rwanda", "French troops")."""
    words = key(name).split()
    found = (countries().leading(words[i:])[0] for i in range(len(words)))
    return frozenset(country for country in found if country)


@lru_cache(maxsize=4096)
def key(name: str) -> str:
    """A name without what its spellings differ in: capitals, accents, dashes, stops, apostrophes, "the" and blanks.

    >>> key("the Al‑Qaʿida"), key("U.S. Army"), key("Côte d'Ivoire"), key("Syria’s army")
    ('al qaida', 'us army', 'cote divoire', 'syria army')
    """
    letters = unicodedata.normalize("NFKD", name).casefold()
    letters = re.sub(r"(?<=\w)['’](?:s\b|(?=\s|$))", " ", letters)
    letters = "".join(c for c in letters if not unicodedata.combining(c))
    letters = re.sub(r"[.'’‘ʿʾ`´]", "", letters)
    return " ".join(re.findall(r"\w+", letters.replace("_", " "))).removeprefix("the ")
