"""Who: the words of an Actor, Civilians or Source mention as one name, a class of ACLED, and a country.

Comes in: "Daesh", "Syrian troops", "the Observatory". Goes out: "Islamic State" (2, rebel group), "Military Forces of
Syria" (1, state forces), "Syrian Observatory for Human Rights". A table of names comes first, then what the words say
(``actor_words``), then the longer names that the article said before; a class that nothing says is None.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from eventcorpus.errors import InputError
from eventcorpus.events.actor_words import (
    ADJECTIVES,
    COMMON_NOUNS,
    EXTERNAL,
    NOUNS_BEHIND,
    STATE_FORCES,
    Described,
    Setting,
    as_written,
    described,
    described_surely,
    shown_name,
)
from eventcorpus.events.countries import countries, key
from eventcorpus.files import StrictModel, parse_as, read_text

_LONGEST = 200
"""Characters of a mention beyond which it is no name."""


class ActorValue(StrictModel):
    """A name for all mentions of one actor, and what is known of it.

    ``inter``: ACLED's class, 1 State forces, 2 Rebel group, 3 Political militia, 4 Identity militia, 5 Rioters,
    6 Protesters, 7 Civilians, 8 External or other forces. ``country``: ISO 3166-1 alpha-2, whose force it is or where
    it has its home. ``side``: whom it fights for, only where the table says it. ``confidence``: the share of the
    mentions resolved by this ``rule`` that are estimated to be right.
    """

    name: str
    inter: Annotated[int, Field(ge=1, le=8)] | None = None
    country: str | None = None
    side: str | None = None
    rule: str
    confidence: Annotated[float, Field(ge=0, le=1)]


_CONFIDENCES = {
    "user's table": 0.98,
    "table": 0.95,
    "state force": 0.92,
    "foreign force": 0.85,
    "force of the article's country": 0.7,
    "force without a country": 0.85,
    "government": 0.85,
    "description": 0.8,
    "crowd": 0.9,
    "civilians": 0.9,
    "earlier name": 0.85,
    "initials": 0.85,
    "as written": 0.6,
}
"""Estimates of how often each rule is right on mentions that people marked."""


class _Row(StrictModel):
    """A row of a table of actors."""

    name: Annotated[str, Field(min_length=1)]
    aliases: tuple[str, ...] = ()
    inter: Annotated[int, Field(ge=1, le=8)] | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    side: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_cells(cls, data: Mapping[str, str | None]) -> dict[str, object]:
        cells: dict[str, object] = {column: text.strip() for column, text in data.items() if text and text.strip()}
        aliases = (alias.strip() for alias in (data.get("aliases") or "").split("|"))
        return {"name": "", **cells, "aliases": tuple(filter(None, aliases))}

    @property
    def keys(self) -> frozenset[str]:
        """Of all its spellings."""
        return frozenset(filter(None, map(key, (self.name, *self.aliases))))


_COLUMNS = ("name", "aliases", "inter", "country", "side")
_Rows = Mapping[str, tuple[_Row, ...]]
"""The rows that have a spelling, by its key."""


@dataclass(frozen=True)
class ActorTable:
    """Names of actors: those of a user's table, ``own``, come before the ``known`` ones that are shipped."""

    own: _Rows
    known: _Rows

    @classmethod
    def shipped(cls) -> ActorTable:
        """Some 330 groups, forces, organisations and news agencies of conflict news."""
        return cls({}, _shipped())

    @classmethod
    def read(cls, path: Path) -> ActorTable:
        """A user's table, a CSV file in UTF-8 with the columns name, aliases (separated by |), inter, country, side.

        Raises:
            InputError: naming the line and the cell that does not fit.
        """
        return cls(_by_key(_rows(read_text(path), str(path))), _shipped())

    def resolve(
        self, words: str, label: str, *, event_label: str = "", article_names: Sequence[str] = ()
    ) -> ActorValue | None:
        """Resolve a mention.

        Args:
            label: Actor, Civilians or Source.
            event_label: the label of the trigger that the mention is linked to.
            article_names: the actors, sources, places and countries that the article named before; where one country
                alone is among them, it is taken for the article's.

        Returns:
            None for pronouns and words without a letter.

        >>> table = ActorTable.shipped()
        >>> table.resolve("ISIS militants", "Actor").name
        'Islamic State'
        >>> force = table.resolve("French troops", "Actor", article_names=["Mali"])
        >>> force.name, force.inter, force.country
        ('Military Forces of France', 8, 'FR')
        """
        shown = _without_determiner(words)
        said = key(shown)
        is_pronoun = (said in _PRONOUNS or len(said) == 1) and not shown.replace(".", "").isupper()
        if not any(c.isalpha() for c in said) or len(words) > _LONGEST or is_pronoun:
            return None
        setting = Setting.of(label, event_label, article_names)
        return (
            self._sure(said, setting)
            or self._said_before(said, shown, setting)
            or _value(described(said, setting) or as_written(shown, setting))
        )

    def _sure(self, said: str, setting: Setting) -> ActorValue | None:
        """What needs no longer name that was said before."""
        found = described_surely(said, setting)
        return self._listed(said, setting) or (found and _value(found))

    def _listed(self, said: str, setting: Setting) -> ActorValue | None:
        """An actor of the tables, also with a noun behind its name ("ISIS militants") or its country before it.

        Of several that have a spelling, the one of the article's country, or that was said before, is taken.
        """
        for rule, table in (("user's table", self.own), ("table", self.known)):
            for spelling in _without_nouns(said):
                rows = table.get(spelling, ())
                if len(rows) > 1:
                    before = {key(name) for name in setting.names} - {spelling}
                    place = setting.place and setting.place.code
                    rows = tuple(row for row in rows if before & row.keys or (place and row.country == place))
                if len(rows) == 1:
                    return _of_row(rows[0], rule, setting)
        return None

    def _said_before(self, said: str, shown: str, setting: Setting) -> ActorValue | None:
        """The actor whose longer name was said before, where there is one: the shortest, if the others contain it."""
        longer, rule = _longer_names(said, setting), "earlier name"
        if not longer and shown.isupper() and len(shown) > 1:
            longer, rule = [name for name in setting.names if said in _initials(name)], "initials"
        names = {key(name): name for name in longer}
        shortest = min(names, key=lambda name: (len(name.split()), name), default="")
        if not shortest or not all(shortest in name for name in names):
            return None
        found = self._sure(shortest, setting)
        earlier = _without_determiner(names[shortest])
        if found is None and _may_be_short(said, earlier, setting):
            found = _value(as_written(earlier, setting))
        return found and found.model_copy(update={"rule": rule, "confidence": _CONFIDENCES[rule]})


def _rows(text: str, place: str) -> Iterable[_Row]:
    reader = csv.DictReader(io.StringIO(text))
    if missing := [column for column in _COLUMNS if column not in (reader.fieldnames or ())]:
        raise InputError(f"{place}: no column {missing[0]}; the columns are {', '.join(_COLUMNS)}")
    for row in reader:
        cells = {column: row[column] for column in _COLUMNS}
        yield parse_as(_Row, cells, place=f"{place}: line {reader.line_num}")


def _by_key(rows: Iterable[_Row]) -> _Rows:
    found: dict[str, tuple[_Row, ...]] = {}
    for row in rows:
        for spelling in row.keys:
            found[spelling] = (*found.get(spelling, ()), row)
    return found


@cache
def _shipped() -> _Rows:
    text = (files("eventcorpus.events") / "actors.csv").read_text(encoding="utf-8")
    return _by_key(_rows(text, "actors.csv"))


def _of_row(row: _Row, rule: str, setting: Setting) -> ActorValue:
    is_abroad = row.inter == STATE_FORCES and row.country and setting.place and setting.place.code != row.country
    return ActorValue(
        name=row.name,
        inter=EXTERNAL if is_abroad else row.inter,
        country=row.country,
        side=row.side,
        rule=rule,
        confidence=_CONFIDENCES[rule],
    )


def _value(found: Described) -> ActorValue:
    code = found.country.code if found.country else None
    confidence = _CONFIDENCES[found.rule]
    return ActorValue(name=found.name, inter=found.inter, country=code, rule=found.rule, confidence=confidence)


def _without_determiner(words: str) -> str:
    """A mention without a determiner, a possessive ending and blanks at its ends."""
    shown = " ".join(words.split()).strip(' ,;:"“”')
    shown = re.sub(r"^(?:the|a|an|its|their|his|her|our|some|these|those)\s+(?=\S)", "", shown, flags=re.IGNORECASE)
    return re.sub(r"(?<=\w)['’]s?$", "", shown)


def _without_nouns(said: str) -> Iterable[str]:
    """The words, then without an adjective or a country before them, each then without nouns of people behind them."""
    starts = [said.split()]
    while starts[-1] and starts[-1][0] in ADJECTIVES:
        starts.append(starts[-1][1:])
    _, n = countries().leading(starts[-1])
    if n:
        starts.append(starts[-1][n:])
    for start in starts:
        for end in range(len(start), 0, -1):
            yield " ".join(start[:end])
            if start[end - 1] not in NOUNS_BEHIND:
                break


def _longer_names(said: str, setting: Setting) -> list[str]:
    """The names that end with the words, do so up to "of" or "for", or begin with them and are a name throughout."""
    words = said.split()
    n = len(words)
    found = []
    for name in setting.names:
        whole = key(name).split()
        head = whole[: next((i for i, word in enumerate(whole) if word in _BEHIND_A_HEAD), len(whole))]
        begins = whole[:n] == words and (setting.is_lower or not re.search(r"(?:^|\s)[^\W\dA-Z_]", name))
        if len(whole) > n and (words in (whole[-n:], head[-n:]) or begins):
            found.append(shown_name(name) if whole[-n:] == words else name)
    return [name for name in found if len(key(name).split()) > n]


def _may_be_short(said: str, earlier: str, setting: Setting) -> bool:
    """Whether words may stand for an earlier name, which is one if a word after its first has a capital.

    A noun such as "movement" or "party" may only where it has a capital in the name ("Taloqan Movement").
    """
    words = earlier.split()
    if said in COMMON_NOUNS:
        return words[-1][0].isupper() and described(said, setting) is None
    return setting.is_lower or any(word[0].isupper() for word in words[1:])


def _initials(name: str) -> set[str]:
    """The first letters of a name's words, with and without its small ones ("Front for the Liberation of Okelwe")."""
    words = re.findall(r"[^\W_]+", name)
    capitals = [word for word in words if word[0].isupper()]
    return {key("".join(word[0] for word in kept)) for kept in (words, capitals) if len(kept) > 1}


_PRONOUN_WORDS = (
    "i you he she it we they me him her us them who whom his hers its ours theirs their this that these those one "
    "ones both others other each all some many several none someone somebody anyone everybody everyone"
)
_PRONOUNS = frozenset(_PRONOUN_WORDS.split())
_HEAD_ENDS = "of for in de du des del della di to and against on"
_BEHIND_A_HEAD = frozenset(_HEAD_ENDS.split())
