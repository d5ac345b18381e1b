"""Event rows as templates of MUC-4: which rows are one incident of the task, and what stands in its slots.

Section numbers are those of ``template-doc-part1`` of the MUC-4 distribution. Robbery, hijacking and forced work
stoppage have no label of ours.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from muc4_keys import Answer, Days, Header, Location

from eventcorpus.events.countries import countries
from eventcorpus.events.countries import key as name_key
from eventcorpus.events.counts import CountValue, read_count
from eventcorpus.events.rows import Argument, CountCell, Row

KIND = {
    "Explosion": "BOMBING", "AttackOnCivilians": "ATTACK", "Battle": "ATTACK", "Abduction": "KIDNAPPING",
    "Casualties": "ATTACK",
}  # fmt: skip
KIND_BY_WORDS = (
    (re.compile(r"\b(?:arson|burn\w*|set (?:on )?fire|torch\w*|ablaze|incendiary)\b"), "ARSON"),
    (re.compile(r"\b(?:air|aerial|straf\w+|shell\w*|mortars?|artillery|machine-?gunn?\w*|raids?)\b"), "ATTACK"),
    (re.compile(r"\b(?:kidnap\w*|abduct\w*|hostages?)\b"), "KIDNAPPING"),
    (re.compile(r"\b(?:bomb(?:ed|ing|ings)?|dynamit\w+|blew up|blown up)\b"), "BOMBING"),
)
"""Kinds by the words of a trigger, before ``KIND``: bombs from the air are an ATTACK (section 7.8)."""
OUTCOMES = {"killed": "DEATH", "injured": "INJURY"}
ATTEMPT = re.compile(r"\b(?:attempt\w*|tried|trying|foil\w*|thwart\w*|defus\w*|deactivat\w*|fail\w*|unsuccessful\w*)\b")
THREAT = re.compile(r"\bthreat\w*\b")
AROUND = 60
"""Characters on both sides of a trigger in which words say that an incident was attempted or threatened."""
ARMED = re.compile(
    r"\b(?:soldiers?|troops?|guerr?illas?|rebels?|army|battalion|brigade|patrol|fighters?|insurgents?|subversives?|"
    r"military|armed forces|garrison|barracks|combatants?|militants?|extremists?|terrorists?|enemy|police(?:men|man)?|"
    r"guardsm[ea]n|national guard|infantry|fmln|farc|contras?|commandos?|convoy|drug (?:traffickers?|lords?))\b"
)
"""Whom an incident may concern and yet be no terrorism (section 1, exceptions a and b)."""
OF_INTEREST = ("AR", "BO", "CL", "CO", "EC", "GT", "HN", "PE", "SV")
"""The nine countries of the task (section 1, 4)."""
RECENT = dt.timedelta(days=61)
"""Older incidents are history (section 1, 6)."""
_KIND_OF_PLACE = re.compile(
    r"^(?:city|town|department|municipality) of | (?:city|town|department|municipality|neighborhood|province)$"
)
NEXT_TO = 12
"""Characters between a figure and those whom it counts: "six Jesuit priests"."""
NEAR = 400
"""Characters between casualties that no link explains and the incident that they are counted with."""


@dataclass(frozen=True)
class Incident:
    """Rows of one incident on the way to an answer."""

    kind: str
    rows: tuple[Row, ...]
    places: frozenset[str] = field(default=frozenset())
    days: tuple[dt.date | None, dt.date | None] = (None, None)

    @property
    def start(self) -> int:
        return min(words.start for row in self.rows for words in row.triggers)


@dataclass(frozen=True)
class Document:
    """A message as it was read."""

    text: str
    header: Header | None
    label_of: Mapping[tuple[int, int], str]
    """Of mentions, by their ends."""


def kind_of(row: Row) -> str | None:
    """The kind of incident that a row tells; None for what is no incident of the task."""
    if row.label not in KIND or (row.label == "Casualties" and row.attributes.get("outcome") not in OUTCOMES):
        return None
    words = " ".join(words.text.lower() for words in row.triggers)
    return next((kind for pattern, kind in KIND_BY_WORDS if pattern.search(words)), KIND[row.label])


def people(row: Row) -> list[Argument]:
    """Victims and targets of a row."""
    return [*row.arguments.get("victim", ()), *row.arguments.get("target", ())]


def is_armed(argument: Argument, document: Document) -> bool:
    """Whether a mention is a force, or of one."""
    label = document.label_of.get((argument.words.start, argument.words.end))
    return label == "Actor" and bool(ARMED.search(argument.words.text.lower()))


def is_relevant(row: Row, document: Document) -> bool:
    """Section 1: a specific, recent incident that is not a fight between forces alone.

    History counts where the article has news of it, which no attribute of a row says: ``background`` is taken too.
    """
    if row.attributes.get("modality") == "denied" or row.attributes.get("scope") == "aggregate":
        return False
    published = document.header.published if document.header else None
    if published and row.date.end and row.date.end < published - RECENT:
        return False
    whom = people(row)
    if row.label == "Battle":
        return any(not is_armed(argument, document) for argument in whom)
    return not whom or not all(is_armed(argument, document) for argument in whom)


def is_building(argument: Argument, document: Document) -> bool:
    """Whether a mention is a facility, which may be what was attacked."""
    return document.label_of.get((argument.words.start, argument.words.end)) == "Facility"


def place_names(argument: Argument, document: Document) -> frozenset[str]:
    """The names of a place within a country: the gazetteer's, and its words; none of a building without a name."""
    if argument.normalised.get("kind") == "country" or (is_building(argument, document) and not argument.normalised):
        return frozenset()
    name = _KIND_OF_PLACE.sub("", name_key(argument.words.text))
    return frozenset(filter(None, (name_key(argument.normalised.get("name", "")), name)))


def incidents_of(rows: Sequence[Row], document: Document) -> list[Incident]:
    """Rows joined to incidents: casualties with their cause, then what differs in no slot that makes incidents two.

    Section 5: instances are two only if they differ in place, date, category or perpetrator.
    """
    kept = [row for row in rows if (kind_of(row) and is_relevant(row, document))]
    by_id = {row.id: row for row in kept}
    joined: dict[str, list[Row]] = {row.id: [row] for row in kept if row.label != "Casualties"}
    alone: list[Row] = []
    for row in kept:
        if row.label == "Casualties":
            cause = next((name for name in row.cause if name in joined), None)
            if cause is None and not any(name in by_id for name in row.cause):
                cause = nearest(row, [by_id[name] for name in joined])
            if cause is None:
                alone.append(row)
            else:
                joined[cause].append(row)
    groups = [*joined.values(), *([row] for row in alone)]
    found: list[Incident] = []
    for incident in sorted((incident_of(group, document) for group in groups), key=lambda incident: incident.start):
        same = next((i for i, other in enumerate(found) if may_be_one(incident, other)), None)
        if same is None:
            found.append(incident)
        else:
            found[same] = incident_of([*found[same].rows, *incident.rows], document, found[same].kind)
    return found


def nearest(row: Row, others: Iterable[Row]) -> str | None:
    """The incident before casualties that no link explains, if it is near and differs in nothing."""
    at = row.triggers[0].start
    near = [
        (gap, other.id)
        for other in others
        if 0 <= (gap := at - max(words.start for words in other.triggers if words.start <= at or words == other.triggers[0])) <= NEAR
        and agree(days_of([row]), days_of([other]))
    ]  # fmt: skip
    return min(near)[1] if near else None


def incident_of(rows: Sequence[Row], document: Document, kind: str | None = None) -> Incident:
    """An incident of rows; its kind is that of the first that is no ATTACK."""
    kinds = [found for row in rows if (found := kind_of(row))]
    chosen = kind if kind and kind != "ATTACK" else next((k for k in kinds if k != "ATTACK"), "ATTACK")
    places = frozenset(
        name for row in rows for a in row.arguments.get("place", ()) for name in place_names(a, document)
    )
    return Incident(chosen, tuple(rows), places, days_of(rows))


def days_of(rows: Sequence[Row]) -> tuple[dt.date | None, dt.date | None]:
    """The days of the row that is dated most precisely."""
    dated = [row.date for row in rows if row.date.start or row.date.end]
    best = min(dated, key=lambda date: date.precision or 9, default=None)
    return (best.start, best.end) if best else (None, None)


def agree(days: tuple[dt.date | None, dt.date | None], others: tuple[dt.date | None, dt.date | None]) -> bool:
    """Whether there is a day of both; what has no day agrees with every one."""
    start = max(filter(None, (days[0], others[0])), default=None)
    end = min(filter(None, (days[1], others[1])), default=None)
    return start is None or end is None or start <= end


def may_be_one(incident: Incident, other: Incident) -> bool:
    """Whether two incidents of one kind differ neither in day nor in place."""
    is_same_place = not incident.places or not other.places or bool(incident.places & other.places)
    return incident.kind == other.kind and agree(incident.days, other.days) and is_same_place


def answer_of(incident: Incident, document: Document, country: str | None) -> Answer:
    """The slots of an incident."""
    whom = [a for row in incident.rows for a in people(row)]
    doers = [a for row in incident.rows for a in row.arguments.get("agent", ())]
    return Answer(
        kind=incident.kind,
        stage=stage_of(incident, document.text),
        date=date_of(incident, document.header),
        location=location_of(incident, document, country),
        numbers=once(number for row in incident.rows for number in numbers_of(row, document)),
        effects=once(effect for row in incident.rows for effect in effects_of(row)),
        strings=frozenset(a.words.text for a in [*whom, *doers])
        | {a.words.text for row in incident.rows for a in row.arguments.get("place", ()) if is_building(a, document)},
    )


def stage_of(incident: Incident, text: str) -> str:
    """ACCOMPLISHED unless the modality of every row, or a word beside every trigger, says other things."""
    around = [
        text[max(0, words.start - AROUND) : words.end + AROUND].lower()
        for row in incident.rows
        for words in row.triggers
    ]
    is_to_come = all(row.attributes.get("modality") in ("planned", "possible") for row in incident.rows)
    if all(map(ATTEMPT.search, around)):
        return "ATTEMPTED"
    return "THREATENED" if is_to_come or all(map(THREAT.search, around)) else "ACCOMPLISHED"


def date_of(incident: Incident, header: Header | None) -> Days | None:
    """The days of an incident; a weekday or nothing gives "on or before the day of the header" (section 7.3)."""
    published = header.published if header else None
    start, end = incident.days
    is_weekday = any("weekday" in (row.date.rule or "") for row in incident.rows)
    if end and not (is_weekday and published):
        return Days(start, end)
    return Days(None, published) if published else None


def location_of(incident: Incident, document: Document, country: str | None) -> Location | None:
    """The most precise place with its country; without one the country that the message speaks of."""
    given = [a for row in incident.rows for a in row.arguments.get("place", ())]
    known = sorted((a for a in given if a.normalised.get("precision")), key=lambda a: a.normalised["precision"])
    for argument in known:
        if code := argument.normalised.get("country"):
            names = place_names(argument, document)
            return Location(COUNTRY_NAMES.get(code, code.lower()), (names,) if names else ())
    if country is None:
        return None
    names = next((found for argument in given if (found := place_names(argument, document))), frozenset())
    return Location(COUNTRY_NAMES[country], (names,) if names else ())


COUNTRY_NAMES = {country.code: name_key(country.name) for country in countries().names.values()}


def main_country(document: Document, place: Mapping[str, str]) -> str | None:
    """The country of the task that a message names most, by name, adjective or its towns."""
    words = name_key(document.text).split()
    found: Counter[str] = Counter(place.values())
    for i in range(len(words)):
        country, _ = countries().leading(words[i : i + 5])
        if country:
            found[country.code] += 1
    best = max(OF_INTEREST, key=lambda code: found[code])
    return best if found[best] else None


def numbers_of(row: Row, document: Document) -> Iterator[tuple[str, str]]:
    """The number of each human target: the figure before it or of the whole row, one, or PLURAL."""
    whom = [a for a in people(row) if document.label_of.get((a.words.start, a.words.end)) in ("Actor", "Civilians")]
    figures = {words.end: words.text for claim in row.claims for words in claim.evidence}
    if not whom and row.count.best is not None:
        yield number_text(row.count), ""
    for argument in whom:
        start = argument.words.start
        before = next((end for end in figures if 0 <= start - end <= NEXT_TO), None)
        counted = read_count(figures[before]) if before is not None else None
        if counted and counted.best is not None:
            yield number_text(counted), argument.words.text
        elif row.count.best is not None and len(whom) == 1:
            yield number_text(row.count), argument.words.text
        else:
            yield number_of_words(argument.words.text), argument.words.text


def number_text(count: CountCell | CountValue) -> str:
    """A count as a key writes it: ``6``, ``6-`` (at least), ``6-8``, ``~100``."""
    low, best, high = count.low, count.best, count.high
    if low == best == high:
        return str(best)
    if low is not None and high is not None and low != high:
        return f"{low}-{high}"
    return f"{low}-" if low is not None and high is None else f"~{best}"


def number_of_words(words: str) -> str:
    """1 for one person, PLURAL for several whom nobody counts.

    >>> number_of_words("father ellacuria"), number_of_words("jesuit priests"), number_of_words("oqueli colindres")
    ('1', 'PLURAL', '1')
    """
    last = (name_key(words).split() or [""])[-1]
    is_plural = last in PLURALS or (len(last) > 4 and last.endswith("s") and not last.endswith(NAME_ENDS))
    return "PLURAL" if is_plural else "1"


PLURALS = frozenset(
    [
        "people",
        "men",
        "women",
        "children",
        "policemen",
        "family",
        "guardsmen",
        "newsmen",
        "police",
        "troops",
        "jesuits",
        "clergymen",
        "fishermen",
    ]
)
NAME_ENDS = ("ss", "us", "is", "as", "os", "res", "des", "nes", "les", "ces", "ves")
"""How words end that are names of one person more often than plurals, in texts that write names in small letters."""


def once(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Pairs without those whose words are a part of another's: "rodriguez", "minister antonio rodriguez"."""
    found = list(dict.fromkeys(pairs))
    words = [set(name_key(text).split()) for _, text in found]
    return tuple(
        pair
        for i, pair in enumerate(found)
        if not any(
            pair[0] == other[0] and (words[i] < words[j] or (words[i] == words[j] and j < i))
            for j, other in enumerate(found)
            if j != i
        )
    )


def effects_of(row: Row) -> Iterator[tuple[str, str]]:
    """What became of the human targets of a row of casualties."""
    effect = OUTCOMES.get(row.attributes.get("outcome", ""))
    if row.label == "Casualties" and effect:
        for words in [a.words.text for a in row.arguments.get("victim", ())] or [""]:
            yield effect, words


def answers_of(rows: Sequence[Row], document: Document) -> list[Answer]:
    """The templates of a message, as far as they are in a country of the task."""
    towns = {
        f"{a.words.start}": a.normalised["country"]
        for row in rows
        for a in row.arguments.get("place", ())
        if a.normalised.get("country")
    }
    country = main_country(document, towns)
    found = [answer_of(incident, document, country) for incident in incidents_of(rows, document)]
    abroad = {name for code, name in COUNTRY_NAMES.items() if code not in OF_INTEREST}
    return [answer for answer in found if country or not answer.location or answer.location.country not in abroad]
