"""Which rows are events of a published table, and how many people died in each.

Tables of conflict events (ACLED, UCDP GED) have a line for something that happened once, with its dead. Our rows keep
the harm apart from the event that caused it, and keep plans, denials, totals and background. Here they are sorted: an
incident is a row with the rows of harm that it alone caused, and what is left out is counted with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from eventcorpus.events.acled_types import AGREEMENT, BATTLES, DEVELOPMENTS, mapped_types
from eventcorpus.events.arguments import AGENT, TARGET, VICTIM, Party, PlaceCell, parties_of, places_of
from eventcorpus.events.rows import DateCell, Row, Words
from eventcorpus.files import to_json
from eventcorpus.ontology import Ontology

_Value = TypeVar("_Value")
HARM = "fatalities"
"""What ``maps_to["acled"]`` says of labels that state harm to people, which is a column there and no event."""
OUTCOME, KILLED = "outcome", "killed"
"""The attribute that says what became of people, and its value for the dead; without it the label says so."""
AGGREGATE = "aggregate"
"""The scope of a total over several incidents."""
SHARED_TOLL = "toll of several events"
"""Flag of a toll that the text gives for several events at once, which are rows of their own without it."""
DISAGREE = "counts disagree"
"""The flag that ``assembly`` gives a row of which the article has figures that exclude each other."""
_PEOPLE = (None, "people")
"""Units in which the dead are counted; families and households are not numbers of people."""


@dataclass(frozen=True)
class Incident:
    """An event, and the rows of harm that it alone caused. ``flags``: those of the row, and what was found here."""

    row: Row
    tolls: tuple[Row, ...] = ()
    flags: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The event first."""
        return (self.row, *self.tolls)

    def dead(self, ontology: Ontology) -> list[Row]:
        """The rows that say that people died."""
        return [row for row in self.rows if tells_deaths(row, ontology)]


@dataclass(frozen=True)
class Incidents:
    """Incidents in the order of their rows; ``left_out`` counts the rows that are in none, by reason."""

    kept: tuple[Incident, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Toll:
    """How many died; a bound that is not said is None. ``rule`` says how several figures became one."""

    low: int | None = None
    best: int | None = None
    high: int | None = None
    rule: str | None = None
    evidence: tuple[Words, ...] = ()


def is_harm(row: Row, ontology: Ontology) -> bool:
    """Whether a row states harm to people, not an act."""
    return any(label.name == row.label and label.maps_to.get("acled") == HARM for label in ontology.triggers)


def tells_deaths(row: Row, ontology: Ontology) -> bool:
    """Whether a row of harm tells of people who died."""
    has_outcome = any(attribute.name == OUTCOME for attribute in ontology.attributes_of(row.label))
    return is_harm(row, ontology) and (row.attributes.get(OUTCOME) == KILLED if has_outcome else True)


def find_incidents(rows: Sequence[Row], ontology: Ontology, *, aggregates: bool = False) -> Incidents:
    """Join tolls to their events, and leave out what did not happen, or not once.

    A toll without an event among ``rows``, and one of several events, is an incident of its own if people died; other
    harm of that kind is left out, because the event that it belongs to may be a row already. A total is never the toll
    of an incident.

    Args:
        aggregates: totals are events, too.
    """
    left_out: Counter[str] = Counter()
    kept: list[Row] = []
    for row in rows:
        reason = _why_not(row, ontology, aggregates=aggregates)
        if reason is None:
            kept.append(row)
        else:
            left_out[reason] += 1
    events = {(row.article, row.id): row for row in kept if not is_harm(row, ontology)}
    tolls: dict[tuple[str, str], list[Row]] = {}
    sharing: set[tuple[str, str]] = set()
    alone: set[tuple[str, str]] = set()
    for row in kept:
        if not is_harm(row, ontology):
            continue
        causes = [key for cause in dict.fromkeys(row.cause) if (key := (row.article, cause)) in events]
        causes = [key for key in causes if scope_of(events[key], ontology) == scope_of(row, ontology)]
        if len(causes) == 1:
            tolls.setdefault(causes[0], []).append(row)
        elif tells_deaths(row, ontology):
            alone.add((row.article, row.id))
            sharing.update((*causes, (row.article, row.id)) if causes else ())
        else:
            left_out["harm other than death, without one event that caused it"] += 1
    incidents: list[Incident] = []
    for row in kept:
        key = (row.article, row.id)
        if key in events or key in alone:
            flags = (*row.flags, SHARED_TOLL) if key in sharing else row.flags
            incidents.append(Incident(row, tuple(tolls.get(key, ())), flags))
    return Incidents(tuple(incidents), dict(left_out))


def _why_not(row: Row, ontology: Ontology, *, aggregates: bool) -> str | None:
    names = ontology.rows
    modality = row.attributes.get(names.modality, names.actual)
    if modality != names.actual:
        return f"{names.modality}: {modality}"
    scope = scope_of(row, ontology)
    is_wanted = scope == names.incident or (aggregates and scope == AGGREGATE)
    return None if is_wanted else f"{names.scope}: {scope}"


def scope_of(row: Row, ontology: Ontology) -> str:
    """Whether a row is one occurrence, which it is unless it says otherwise."""
    return row.attributes.get(ontology.rows.scope, ontology.rows.incident)


def victims_of(row: Row, ontology: Ontology) -> list[Party]:
    """Those who are said to be harmed in a row."""
    return parties_of(row, VICTIM, ontology)


def are_different_people(rows: Iterable[Row], ontology: Ontology) -> bool:
    """Whether the victims of any two rows are of different classes: civilians in one, soldiers in the other."""
    classes = [_all_or_none(party.inter for party in victims_of(row, ontology)) for row in rows]
    return _are_disjoint(classes)


def are_competing(rows: Iterable[Row]) -> bool:
    """Whether each row is somebody else's word: the army counts its enemies, residents their neighbours."""
    return _are_disjoint(set(row.sources) for row in rows)


def _all_or_none(classes: Iterable[int | None]) -> set[int]:
    found = set(classes)
    return set() if None in found else {each for each in found if each is not None}


def _are_disjoint(sets: Iterable[set[_Value]]) -> bool:
    """Whether no two share anything, and none is empty."""
    seen: set[_Value] = set()
    for each in sets:
        if not each or each & seen:
            return False
        seen |= each
    return True


def toll_of(dead: Sequence[Row], ontology: Ontology, *, conservative: bool) -> Toll:
    """How many died, by all that the rows of one incident say.

    Of several rows, tolls by different sources compete, and one is taken. Otherwise those of different people are
    added, and of those that may be of the same people the largest is taken: the others may be a part of it.

    Args:
        conservative: of figures that compete the lowest is the best, as in ACLED; otherwise the one that the row has,
            and of several rows the first.
    """
    counted = [row for row in dead if row.count.unit in _PEOPLE and _figures(row)]
    tolls = [_toll(row, conservative=conservative) for row in counted]
    if len(tolls) < 2:
        return tolls[0] if tolls else Toll()
    evidence = tuple(words for row in counted for words in row.count.evidence)
    bests = [number for toll in tolls if (number := _or(toll.best, toll.low)) is not None]
    highs = [toll.high for toll in tolls]
    if are_competing(counted):
        best = min(bests, default=None) if conservative else tolls[0].best
        chosen = "the most conservative reported number" if conservative else "the first"
        said = [number for row in counted for number in _figures(row)]
        high = None if None in highs else max(said)
        return Toll(min(said), best, high, f"tolls of several sources: {chosen}", evidence)
    if len(counted) == len(dead) and are_different_people(counted, ontology):
        low, best = _sum(toll.low for toll in tolls), _sum(toll.best for toll in tolls)
        return Toll(low, best, _sum(highs), "victims of different classes: sum", evidence)
    low = max((toll.low for toll in tolls if toll.low is not None), default=None)
    return Toll(low, max(bests, default=None), None, "several tolls: the largest, others may be a part", evidence)


def _toll(row: Row, *, conservative: bool) -> Toll:
    """What one row says."""
    count = row.count
    best, rule = count.best, count.rule
    if conservative and DISAGREE in row.flags and count.low is not None:
        best, rule = count.low, "several figures: the most conservative reported number"
    return Toll(count.low, best, count.high, rule, count.evidence)


def _figures(row: Row) -> list[int]:
    return [number for number in (row.count.low, row.count.best, row.count.high) if number is not None]


def _or(first: int | None, second: int | None) -> int | None:
    return second if first is None else first


def _sum(numbers: Iterable[int | None]) -> int | None:
    """The sum, None where a part is not known."""
    known = list(numbers)
    return None if None in known else sum(number for number in known if number is not None)


def date_of(incident: Incident) -> DateCell:
    """When: of the event, else of the first of its casualties that has a date."""
    for row in incident.rows:
        if row.date.start or row.date.end:
            is_own = row is incident.row
            return row.date if is_own else row.date.model_copy(update={"rule": f"of its casualties: {row.date.rule}"})
    return DateCell()


def places_of_incident(incident: Incident, role: str) -> list[PlaceCell]:
    """Where, the most precise place first: of the event, else of the first of its casualties that has a place."""
    return next((found for row in incident.rows if (found := places_of(row.arguments.get(role, ())))), [])


@dataclass(frozen=True)
class Sides:
    """Who did it and to whom, in text order; ``rule`` says where the second ones were found."""

    first: tuple[Party, ...] = ()
    second: tuple[Party, ...] = ()
    rule: str | None = None


def sides_of(incident: Incident, ontology: Ontology) -> Sides:
    """The parties of an incident.

    Two agents of a fight or an agreement that has no target are its two sides ("clashes between the army and the
    rebels"). Victims stand in for a target that is not named; those of the harm that the event caused come last.
    """
    row = incident.row
    agents = next((found for each in incident.rows if (found := parties_of(each, AGENT, ontology))), [])
    if targets := parties_of(row, TARGET, ontology):
        return Sides(tuple(agents), tuple(targets), TARGET)
    types = mapped_types(row.label, ontology)
    has_two_sides = types == [(BATTLES, None)] or types == [(DEVELOPMENTS, AGREEMENT)]
    if has_two_sides and len(agents) == 2 and not row.arguments.get(TARGET):
        return Sides((agents[0],), (agents[1],), "two agents and no target: two sides")
    for each in incident.rows:
        if victims := victims_of(each, ontology):
            return Sides(tuple(agents), tuple(victims), VICTIM if each is row else f"{VICTIM} of its casualties")
    return Sides(tuple(agents))


class Cells:
    """The cells of one line of a published table, each with the rule that filled it and the words that prove it."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._rules: dict[str, str] = {}
        self._evidence: dict[str, list[dict[str, Any]]] = {}
        self.flags: list[str] = []

    def put(self, column: str, value: Any, rule: str | None = None, evidence: Iterable[Words] = ()) -> None:
        """Fill a cell; a rule may also say why a cell is empty."""
        if value is not None:
            self._values[column] = value
            if found := [words.model_dump() for words in evidence]:
                self._evidence[column] = found
        if rule is not None:
            self._rules[column] = rule

    def line(self, columns: Iterable[str], incident: Incident) -> dict[str, Any]:
        """All columns in their order; in those of ours the ids of the rows, flags, and JSON of rules and evidence."""
        flags = dict.fromkeys((*incident.flags, *(flag for toll in incident.tolls for flag in toll.flags), *self.flags))
        ours = {
            "row_ids": "; ".join(row.id for row in incident.rows),
            "flags": "; ".join(flags) or None,
            "rules": to_json(self._rules),
            "evidence": to_json(self._evidence),
        }
        filled = self._values | ours
        return {column: filled.get(column) for column in columns}
