"""From the mentions of an article, linked by people or by a model, to event rows.

Triggers that tell the same event become one row; the arguments of all of them are gathered. What words mean is decided
by ``dates``, ``counts``, ``places`` and ``actors``; here is decided which of several meanings stands in a cell, by a
rule that the cell names. Nothing is added up but the parts of one statement.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import ROLE_DETAILS
from eventcorpus.annotation.templates import KEY as EVENT_TEMPLATES
from eventcorpus.events.actors import ActorTable, ActorValue
from eventcorpus.events.counts import CountValue, NumberWords, read_count
from eventcorpus.events.dates import DateContext, DateValue, precision_of, read_time, years_named
from eventcorpus.events.figures import Statement, chosen_count, distinct, leaves_room, summed
from eventcorpus.events.gazetteer import Gazetteer
from eventcorpus.events.places import PlaceValue, is_dateline, resolve_places
from eventcorpus.events.rows import Argument, Claim, CountCell, DateCell, Row, Words, row_id
from eventcorpus.ontology import Ontology
from eventcorpus.schema import LOW_CONFIDENCE, Article, Link, Mention, connected_components
from eventcorpus.text import sentence_starts

FAR = 2
"""Sentences between an argument and the nearest trigger of its event above which the row is flagged."""
LOW_CONFIDENCE_FLAG = "low confidence"
"""Flag of a row whose surest trigger is less sure than ``LOW_CONFIDENCE``; with a role behind it, of its arguments."""
_BEFORE, _AFTER = 80, 40
"""Characters of the sentence before a time, and after a count, that say more about it."""
_NEAR = 1000
"""Characters within which an article's years say in which year a day is, where nothing says when it was published."""

_ANNOTATIONS = (EVENT_TEMPLATES, ROLE_DETAILS)
"""What stands among the metadata of an annotated article and says nothing about the article itself."""
_KEYS = {"start": "date_start", "end": "date_end", "confidence": "sure"}
"""Keys of what words mean that an argument of a row has already, and what they are called there."""


@dataclass(frozen=True)
class Normalisers:
    """What gives words their meaning: a gazetteer, a table of actors, and a reading of vague number words."""

    gazetteer: Gazetteer = field(default_factory=Gazetteer.shipped)
    actors: ActorTable = field(default_factory=ActorTable.shipped)
    number_words: NumberWords = "none"

    @classmethod
    def read(cls, gazetteers: Sequence[Path], actors: Path | None, number_words: NumberWords = "none") -> Normalisers:
        """With the user's files before what is shipped: CSV in the order given, then a YAML of an invented world."""
        invented = next((path for path in gazetteers if path.suffix in (".yaml", ".yml")), None)
        gazetteer = Gazetteer.shipped(corpus=invented)
        for path in reversed([path for path in gazetteers if path.suffix not in (".yaml", ".yml")]):
            gazetteer = gazetteer.with_csv(path)
        return cls(gazetteer, ActorTable.read(actors) if actors else ActorTable.shipped(), number_words)


def event_rows(
    article: Article, mentions: Sequence[Mention], ontology: Ontology, normalisers: Normalisers
) -> list[Row]:
    """The rows of an article, in the order of their first triggers; none without triggers."""
    named = [mention if mention.id else replace(mention, id=f"#{i}") for i, mention in enumerate(mentions)]
    return _Assembly(article, named, ontology, normalisers).rows()


@dataclass(frozen=True)
class _Event:
    """Triggers of one event, in text order, and the links of each of them."""

    triggers: tuple[Mention, ...]

    def links(self, role: str) -> list[tuple[Mention, Link]]:
        """Each trigger with its links of a role."""
        return [(trigger, link) for trigger in self.triggers for link in trigger.links if link.role == role]

    def confidence_of(self, role: str) -> dict[str, float]:
        """By the id of an argument: of the surest link to it."""
        found: dict[str, float] = {}
        for _, link in self.links(role):
            found[link.argument] = max(found.get(link.argument, 0.0), link.confidence)
        return found


@dataclass(frozen=True)
class _Assembly:
    """One article on its way to rows."""

    article: Article
    mentions: Sequence[Mention]
    ontology: Ontology
    normalisers: Normalisers

    @cached_property
    def mention_of(self) -> dict[str, Mention]:
        return {mention.id: mention for mention in self.mentions}

    @cached_property
    def sentences(self) -> list[int]:
        return sentence_starts(self.article.text)

    @cached_property
    def published(self) -> dt.date | None:
        """The day, where the article says one: a predictions file may say anything."""
        try:
            return dt.date.fromisoformat((self.article.published or "")[:10])
        except ValueError:
            return None

    @cached_property
    def years(self) -> list[tuple[int, int]]:
        return years_named(self.article.text)

    @cached_property
    def places(self) -> dict[str, PlaceValue | None]:
        """By the id of each mention of a place."""
        found = [m for m in self.mentions if m.label in self.ontology.rows.places]
        ends = [(m.start, m.end) for m in found]
        country = self.article.metadata.get("outlet_country")
        country = country if isinstance(country, str) else None
        values = resolve_places(self.article.text, ends, self.normalisers.gazetteer, outlet_country=country)
        return {m.id: value for m, value in zip(found, values, strict=True)}

    @cached_property
    def actor_names(self) -> list[str]:
        return [m.text for m in self.mentions if m.label in self.ontology.rows.actors]

    def sentence(self, offset: int) -> int:
        return bisect_right(self.sentences, offset)

    def words(self, mention: Mention) -> Words:
        return Words(start=mention.start, end=mention.end, text=mention.text)

    def events(self) -> list[_Event]:
        """Triggers joined by the role that joins events, of one label each.

        A model's link between two totals over different periods joins nothing; what people joined stays joined.
        """
        triggers = sorted(
            (m for m in self.mentions if m.label in self.ontology.trigger_names), key=lambda m: (m.start, m.end)
        )
        label = {m.id: m.label for m in triggers}
        links = [
            (m.id, link.argument)
            for m in triggers
            for link in m.links
            if link.role == self.ontology.event_link
            and label.get(link.argument) == m.label
            and not (link.confidence < 1 and self.are_two_totals(m, self.mention_of[link.argument]))
        ]
        sets = connected_components(label, links)
        return [_Event(tuple(self.mention_of[name] for name in names)) for names in sets]

    def are_two_totals(self, trigger: Mention, earlier: Mention) -> bool:
        """Whether two triggers give different figures for different times, each its own: these are two events."""
        names = self.ontology.rows
        figures, days = [], []
        for one in (trigger, earlier):
            linked = [self.mention_of[link.argument] for link in one.links if link.argument in self.mention_of]
            of_role = {link.argument: link.role for link in one.links}
            figures.append([v for m in linked if of_role[m.id] == names.count and (v := self.counted(m))])
            days.append([d for m in linked if of_role[m.id] == names.time and (d := self.time(m, {}))])
        if not all(figures) or not all(days):
            return False
        agree = any(leaves_room(a, b) and leaves_room(b, a) for a in figures[0] for b in figures[1])
        overlap = any((a.start, a.end) == (b.start, b.end) for a in days[0] for b in days[1])
        return not agree and not overlap

    def rows(self) -> list[Row]:
        events = self.events()
        ids = [
            row_id(self.article.id, self.article.text_sha256, e.triggers[0].label, map(self.words, e.triggers))
            for e in events
        ]
        row_of_trigger = {trigger.id: name for e, name in zip(events, ids, strict=True) for trigger in e.triggers}
        return [self.row(event, name, row_of_trigger) for event, name in zip(events, ids, strict=True)]

    def row(self, event: _Event, name: str, row_of_trigger: dict[str, str]) -> Row:
        names = self.ontology.rows
        confidence = max(trigger.confidence for trigger in event.triggers)
        flags = [LOW_CONFIDENCE_FLAG] if confidence < LOW_CONFIDENCE else []
        attributes = self.attributes(event)
        arguments: dict[str, tuple[Argument, ...]] = {}
        for role in self.ontology.roles:
            if role.joins_events or role.name in (names.count, names.cause):
                continue
            of_links = event.confidence_of(role.name)
            found = sorted((self.mention_of[i] for i in of_links if i in self.mention_of), key=lambda m: m.start)
            if role.name == names.place:
                datelines = {m.id for m in found if is_dateline(self.article.text, m.start, m.end)}
                flags += ["dateline"] if datelines else []
                found = [m for m in found if m.id not in datelines]
            if any(self.distance(event, m) > FAR for m in found):
                flags.append(f"far: {role.name}")
            if any(m.confidence < LOW_CONFIDENCE for m in found):
                flags.append(f"{LOW_CONFIDENCE_FLAG}: {role.name}")
            arguments[role.name] = tuple(
                Argument(self.words(m), of_links[m.id], self.normalised(m, event, attributes), m.label) for m in found
            )
        date = self.date(event, attributes, flags)
        claims, count = self.count(event, flags)
        causes = dict.fromkeys(row_of_trigger.get(link.argument, "") for _, link in event.links(names.cause))
        return Row(
            article=self.article.id,
            id=name,
            label=event.triggers[0].label,
            triggers=tuple(map(self.words, event.triggers)),
            attributes=attributes,
            arguments=arguments,
            date=date,
            count=count,
            cause=tuple(cause for cause in causes if cause and cause != name),
            sources=self.sources(event.triggers),
            claims=claims,
            confidence=confidence,
            flags=tuple(flags),
            published=self.article.published,
            title=self.article.title,
            outlet=self.article.outlet,
            url=self.article.url,
            metadata={key: value for key, value in self.article.metadata.items() if key not in _ANNOTATIONS},
        )

    def attributes(self, event: _Event) -> dict[str, str]:
        """By attribute the value that its triggers say most surely; of values that are said alike, the first."""
        chosen: dict[str, str] = {}
        for attribute in self.ontology.attributes_of(event.triggers[0].label):
            votes: dict[str, float] = {}
            for trigger in event.triggers:
                for value in trigger.attributes:
                    if value.attribute == attribute.name:
                        votes[value.value] = votes.get(value.value, 0.0) + value.confidence
            if votes:
                chosen[attribute.name] = max(votes, key=lambda value: votes[value])
            elif attribute.default is not None:
                chosen[attribute.name] = attribute.default
        return chosen

    def distance(self, event: _Event, mention: Mention) -> int:
        """Sentences between a mention and the nearest trigger of an event."""
        at = self.sentence(mention.start)
        return min(abs(at - self.sentence(trigger.start)) for trigger in event.triggers)

    def normalised(self, mention: Mention, event: _Event, attributes: dict[str, str]) -> dict[str, Any]:
        """What the words of a mention mean, as its label says; ``sure`` is how often the rule that says so is right."""
        names = self.ontology.rows
        value: DateValue | PlaceValue | ActorValue | CountValue | None = None
        if mention.label in names.dates:
            value = self.time(mention, attributes)
        elif mention.label in names.places:
            value = self.places[mention.id]
        elif mention.label in names.actors:
            value = self.actor(mention, event.triggers[0].label)
        elif mention.label in names.counts:
            value = self.counted(mention)
        data = value.model_dump(mode="json", exclude_none=True) if value else {}
        return {_KEYS.get(key, key): cell for key, cell in data.items()}

    def actor(self, mention: Mention, event_label: str) -> ActorValue | None:
        return self.normalisers.actors.resolve(
            mention.text, mention.label, event_label=event_label, article_names=self.actor_names
        )

    def time(self, mention: Mention, attributes: Mapping[str, str]) -> DateValue | None:
        names, text = self.ontology.rows, self.article.text
        near = sorted((abs(at - mention.start), year) for at, year in self.years)
        context = DateContext(
            published=self.published,
            direction="future" if attributes.get(names.modality) in names.to_come else "past",
            years=tuple(dict.fromkeys(year for distance, year in near if distance <= _NEAR)),
        )
        begin = max(self.sentences[self.sentence(mention.start) - 1], mention.start - _BEFORE)
        return read_time(mention.text, context, before=text[begin : mention.start])

    def date(self, event: _Event, attributes: dict[str, str], flags: list[str]) -> DateCell:
        """The days on which all readable times of an event agree; where they do not, those of the shortest one."""
        confidence = event.confidence_of(self.ontology.rows.time)
        read: list[tuple[Mention, DateValue]] = []
        for name in confidence:
            mention = self.mention_of.get(name)
            if (
                mention is not None
                and (value := self.time(mention, attributes)) is not None
                and (value.start or value.end)
            ):
                read.append((mention, value))
        if not read:
            return DateCell()
        read.sort(key=lambda item: (_days(item[1]), item[0].start))
        first = read[0][1]
        start, end, used, disagree = first.start, first.end, [read[0][0]], False
        for mention, value in read[1:]:
            later = max(filter(None, (start, value.start)), default=None)
            earlier = min(filter(None, (end, value.end)), default=None)
            if later and earlier and later > earlier:
                disagree = True
                continue
            start, end = later, earlier
            used.append(mention)
        flags += ["dates disagree"] if disagree else []
        used.sort(key=lambda mention: mention.start)
        return DateCell(
            start=start,
            end=end,
            precision=precision_of(start, end),
            rule=first.rule,
            confidence=round(first.confidence * max(confidence[m.id] for m in used), 4),
            evidence=tuple(map(self.words, used)),
        )

    def counted(self, mention: Mention) -> CountValue | None:
        after = self.article.text[mention.end : mention.end + _AFTER]
        return read_count(mention.text, after=after, number_words=self.normalisers.number_words)

    def statements(self, event: _Event) -> list[Statement]:
        """The figures of an event: one for each trigger and sentence, in text order."""
        found: list[Statement] = []
        for trigger in event.triggers:
            linked = {link.argument for link in trigger.links if link.role == self.ontology.rows.count}
            mentions = sorted((self.mention_of[i] for i in linked if i in self.mention_of), key=lambda m: m.start)
            counts = [(value, m) for m in mentions if (value := self.counted(m)) is not None]
            for _, group in groupby(counts, key=lambda figure: self.sentence(figure[1].start)):
                value, words = summed(list(group), self.article.text)
                found.append(Statement(value, words, (trigger,)))
        return distinct(found)

    def count(self, event: _Event, flags: list[str]) -> tuple[tuple[Claim, ...], CountCell]:
        """What is said of how many, place by place, and the cell that is made of it."""
        statements = self.statements(event)
        claims = tuple(
            Claim(
                **said.value.model_dump(include={"low", "best", "high", "unit"}),
                sources=self.sources(said.triggers),
                published=self.article.published,
                evidence=tuple(map(self.words, said.words)),
            )
            for said in statements
        )
        if not statements:
            return claims, CountCell()
        count = chosen_count(statements)
        value = count.chosen.value
        flags += ["counts disagree"] if count.disagree else []
        confidence = event.confidence_of(self.ontology.rows.count)
        used = sorted({m.start: m for said in count.agreeing for m in said.words}.items())
        return claims, CountCell(
            low=count.low,
            best=value.best,
            high=count.high,
            unit=value.unit or next((said.value.unit for said in count.agreeing if said.value.unit), None),
            rule="several figures: exact before hedged, then the first" if count.disagree else value.rule,
            confidence=round(value.confidence * max(confidence[m.id] for m in count.chosen.words), 4),
            evidence=tuple(self.words(m) for _, m in used),
        )

    def sources(self, triggers: Iterable[Mention]) -> tuple[str, ...]:
        """Who is reported as saying what these triggers tell, by name, in text order."""
        role = self.ontology.rows.source
        linked = {link.argument for trigger in triggers for link in trigger.links if link.role == role}
        found = sorted((self.mention_of[i] for i in linked if i in self.mention_of), key=lambda m: m.start)
        names = ((value.name if (value := self.actor(m, "")) else m.text) for m in found)
        return tuple(dict.fromkeys(names))


def _days(value: DateValue) -> float:
    """The length of a period in days; infinite where an end is open."""
    return (value.end - value.start).days if value.start and value.end else math.inf
