"""A place of a list, and the form in which names of places are compared."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from eventcorpus.errors import EventCorpusError
from eventcorpus.files import read_yaml

Found = Literal["name", "other name", "spelling"]


CITY, ADMIN, COUNTRY, WATER = "city", "admin", "country", "water"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed place that bears a name.

    ``country``: ISO 3166-1 alpha-2, or the country's name where it is invented. ``admin1``: of a town, the code that
    its list gives; of a province, its ISO 3166-2 code. ``population``: of a province, that of its listed towns.
    ``precision``: UCDP's where_prec of the place as a whole, 1 to 7. ``found_by``: the list's first name, one of its
    other names, or one that is spelled like it. ``is_own``: of the user's list, or of the corpus.
    """

    id: str
    name: str
    kind: str
    country: str | None
    admin1: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    population: int = 0
    precision: int = 1
    found_by: Found = "name"
    is_own: bool = False


def name_key(name: str) -> str:
    """A name without case, accents, apostrophes, hyphens, stops, doubled spaces and a leading "the".

    >>> name_key("Sana’a"), name_key("The  Port-au-Prince"), name_key("Al Ḩudaydah"), name_key("St. Petersburg")
    ('sanaa', 'port au prince', 'al hudaydah', 'st petersburg')
    """
    if not name.isascii():
        name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(name.casefold().translate(_PUNCTUATION).split()).removeprefix("the ")


_PUNCTUATION = str.maketrans(
    dict.fromkeys("'’‘`ʻʼʿʾ.´", "") | dict.fromkeys("-‐‑–—/,", " ") | {"ł": "l", "ø": "o", "đ": "d", "ı": "i"}
)


@cache
def place_names() -> dict[str, Any]:
    """``place_names.yaml``: names that the lists lack, as its comments say."""
    return read_yaml(Path(__file__).with_name("place_names.yaml"), what="names")


def missing(package: str) -> EventCorpusError:
    """What is raised where a package is not installed."""
    return EventCorpusError(f"places need the package {package}; install it with: pip install 'eventcorpus[rows]'")
