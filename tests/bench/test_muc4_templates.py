"""Event rows as templates of MUC-4, on invented rows."""

import datetime as dt

import pytest
from muc4_keys import Days, Header
from muc4_templates import Document, answers_of, date_of, incidents_of, kind_of, number_of_words, once

from eventcorpus.events.rows import Argument, CountCell, DateCell, Row, Words

TEXT = "Six peasants were killed in Lima when a bomb exploded. Rebels clashed with troops."
FOURTH = dt.date(1990, 1, 4)


def words(text: str) -> Words:
    start = TEXT.index(text)
    return Words(start=start, end=start + len(text), text=text)


def row(label: str, trigger: str, name: str, **more: object) -> Row:
    attributes = {"modality": "actual", "scope": "incident"} | dict(more.pop("attributes", {}))  # type: ignore[call-overload]
    return Row("a", name, label, (words(trigger),), attributes=attributes, **more)  # type: ignore[arg-type]


LIMA = Argument(words("Lima"), normalised={"name": "Lima", "kind": "city", "country": "PE", "precision": 1})
BOMB = row("Explosion", "exploded", "a#1", arguments={"place": (LIMA,)})
DEATHS = row(
    "Casualties", "killed", "a#2", attributes={"outcome": "killed"}, cause=("a#1",),
    arguments={"victim": (Argument(words("peasants")),)}, count=CountCell(low=6, best=6, high=6),
)  # fmt: skip
CLASH = row(
    "Battle", "clashed", "a#3",
    arguments={"agent": (Argument(words("Rebels")),), "target": (Argument(words("troops")),)},
)  # fmt: skip
DOCUMENT = Document(
    TEXT,
    Header("LIMA", FOURTH),
    {
        (w.start, w.end): label
        for w, label in [
            (words("peasants"), "Civilians"),
            (words("Rebels"), "Actor"),
            (words("troops"), "Actor"),
            (words("Lima"), "Place"),
        ]
    },
)


def test_casualties_join_their_cause_and_a_fight_between_forces_is_no_incident() -> None:
    found = incidents_of([BOMB, DEATHS, CLASH], DOCUMENT)
    assert [(incident.kind, [row.id for row in incident.rows]) for incident in found] == [("BOMBING", ["a#1", "a#2"])]


def test_a_template_has_the_slots_of_all_its_rows() -> None:
    (answer,) = answers_of([BOMB, DEATHS, CLASH], DOCUMENT)
    assert (answer.kind, answer.stage, answer.date) == ("BOMBING", "ACCOMPLISHED", Days(None, FOURTH))
    assert answer.location is not None
    assert (answer.location.country, answer.location.places) == ("peru", (frozenset({"lima"}),))
    assert (answer.numbers, answer.effects) == ((("6", "peasants"),), (("DEATH", "peasants"),))


@pytest.mark.parametrize(
    "attributes", [{"modality": "denied"}, {"scope": "aggregate"}], ids=["denied", "a total of many days"]
)
def test_what_did_not_happen_once_is_no_incident(attributes: dict[str, str]) -> None:
    assert incidents_of([row("Explosion", "exploded", "a#1", attributes=attributes)], DOCUMENT) == []


def test_an_incident_of_more_than_two_months_ago_is_history() -> None:
    old = row("Explosion", "exploded", "a#1", date=DateCell(end=dt.date(1989, 10, 1)))
    assert incidents_of([old], DOCUMENT) == []


def test_a_weekday_is_on_or_before_the_day_of_the_header() -> None:
    monday = row(
        "Explosion",
        "exploded",
        "a#1",
        date=DateCell(start=dt.date(1990, 1, 1), end=dt.date(1990, 1, 1), rule="weekday"),
    )
    (incident,) = incidents_of([monday], DOCUMENT)
    assert date_of(incident, DOCUMENT.header) == Days(None, FOURTH)
    assert date_of(incident, None) == Days(dt.date(1990, 1, 1), dt.date(1990, 1, 1))


def test_the_words_of_a_trigger_decide_its_kind_before_its_label() -> None:
    assert kind_of(BOMB) == "BOMBING"
    assert kind_of(row("Casualties", "killed", "a#2")) is None
    assert kind_of(Row("a", "a#4", "Explosion", (Words(start=0, end=11, text="air strikes"),))) == "ATTACK"
    assert kind_of(Row("a", "a#5", "AttackOnCivilians", (Words(start=0, end=6, text="burned"),))) == "ARSON"


@pytest.mark.parametrize(
    ("text", "number"),
    [("peasants", "PLURAL"), ("father ellacuria", "1"), ("people", "PLURAL"), ("", "1"), ("cruz morales", "1")],
)
def test_people_whom_nobody_counts_are_one_or_plural(text: str, number: str) -> None:
    assert number_of_words(text) == number


def test_a_shorter_name_of_the_same_person_is_not_said_again() -> None:
    assert once([("1", "rodriguez"), ("1", "minister antonio rodriguez"), ("1", "driver"), ("1", "driver")]) == (
        ("1", "minister antonio rodriguez"), ("1", "driver"),
    )  # fmt: skip
