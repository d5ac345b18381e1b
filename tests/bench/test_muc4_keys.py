"""Keys of MUC-4 and scores against them, on an invented key."""

import datetime as dt

import numpy as np
import pytest
from muc4_keys import (
    SLOTS,
    Answer,
    Days,
    Fill,
    Location,
    Template,
    may_be_compared,
    parse_days,
    parse_fill,
    parse_location,
    read_headers,
    read_keys,
    score_date,
    score_effect,
    score_location,
    score_message,
    score_number,
    score_tagged,
)

KEY = """
;;; a note
0.  MESSAGE: ID                     TST9-MUC4-0001 (NOBODY)
1.  MESSAGE: TEMPLATE               1
2.  INCIDENT: DATE                  (03 JAN 90) / (- 04 JAN 90)
3.  INCIDENT: LOCATION              PERU: LIMA (CITY): RIMAC (NEIGHBORHOOD)
4.  INCIDENT: TYPE                  BOMBING
5.  INCIDENT: STAGE OF EXECUTION    ACCOMPLISHED
6.  INCIDENT: INSTRUMENT ID         "BOMB"
9.  PERP: INDIVIDUAL ID             "TWO MEN" / "MEN"
10. PERP: ORGANIZATION ID           -
12. PHYS TGT: ID                    "BANK"
18. HUM TGT: NAME                   -
19. HUM TGT: DESCRIPTION            "PEASANTS" / "FARM WORKERS"
                                    ? "CLERK"
20. HUM TGT: TYPE                   CIVILIAN: "PEASANTS"
21. HUM TGT: NUMBER                 6-8: "PEASANTS" / "FARM WORKERS"
                                    ? 1: "CLERK"
23. HUM TGT: EFFECT OF INCIDENT     INJURY: "PEASANTS" / "FARM WORKERS"
24. HUM TGT: TOTAL NUMBER           -

0.  MESSAGE: ID                     TST9-MUC4-0001 (NOBODY)
1.  MESSAGE: TEMPLATE               2 (OPTIONAL)
2.  INCIDENT: DATE                  - 04 JAN 90
3.  INCIDENT: LOCATION              PERU
4.  INCIDENT: TYPE                  ATTACK
5.  INCIDENT: STAGE OF EXECUTION    THREATENED

0.  MESSAGE: ID                     TST9-MUC4-0002 (NOBODY)
1.  MESSAGE: TEMPLATE               *
2.  INCIDENT: DATE                  *
"""
THIRD, FOURTH = dt.date(1990, 1, 3), dt.date(1990, 1, 4)


def bombing() -> Template:
    _, template = next(read_keys(KEY))
    assert template is not None
    return template


def answer(**slots: object) -> Answer:
    return Answer(**({"kind": "BOMBING", "stage": "ACCOMPLISHED", "strings": frozenset({"bank"})} | slots))  # type: ignore[arg-type]


def test_a_key_has_a_template_an_incident_and_none_for_a_message_without_one() -> None:
    found = list(read_keys(KEY))
    assert [(message, template and template.is_optional) for message, template in found] == [
        ("TST9-MUC4-0001", False), ("TST9-MUC4-0001", True), ("TST9-MUC4-0002", None),
    ]  # fmt: skip


def test_the_slots_of_a_template_keep_their_alternatives() -> None:
    template = bombing()
    assert template.dates == (Days(THIRD, THIRD), Days(None, FOURTH))
    assert template.locations == (Location("peru", (frozenset({"lima"}), frozenset({"rimac"}))),)
    assert template.fills["number"] == (
        Fill(frozenset({"6-8"}), frozenset({"PEASANTS", "FARM WORKERS"})),
        Fill(frozenset({"1"}), frozenset({"CLERK"}), is_optional=True),
    )
    assert template.strings == {"TWO MEN", "MEN", "BANK", "PEASANTS", "FARM WORKERS", "CLERK"}


@pytest.mark.parametrize("line", ["-", "*", "", "?", "? -"])
def test_a_slot_that_is_not_to_be_filled_has_no_filler(line: str) -> None:
    assert parse_fill(line) is None


@pytest.mark.parametrize("text", ["", "-", "31 FEB 90", "03 JAN", "XX", "07 FOO 90", "- ", "9999999 JAN 90"])
def test_no_day_is_read_where_there_is_none(text: str) -> None:
    assert parse_days(text) is None


def test_a_location_without_a_country_is_none() -> None:
    assert parse_location(" ? ") is None


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("TST9-MUC4-0001\n\n   LIMA (PERU), 4 JAN 90 (EFE) -- [TEXT] A BOMB", FOURTH),
        ("TST9-MUC4-0001 LIMA, 4 JAN 90", FOURTH),
        ("TST9-MUC4-0001 (NOBODY)\n   CLANDESTINE, NO DATE (RADIO) -- [TEXT]", None),
    ],
)
def test_the_header_of_a_message_says_when_it_was_written(text: str, published: dt.date | None) -> None:
    assert read_headers(text)["TST9-MUC4-0001"].published == published


@pytest.mark.parametrize(
    ("days", "score"),
    [
        (Days(THIRD, THIRD), 1.0),
        (Days(None, FOURTH), 1.0),
        (Days(FOURTH, FOURTH), 0.5),
        (Days(dt.date(1990, 1, 1), THIRD), 0.5),
        (Days(None, THIRD), 0.5),
        (Days(dt.date(1990, 1, 5), dt.date(1990, 1, 5)), 0.0),
        (Days(None, dt.date(1990, 1, 9)), 0.0),
    ],
)
def test_a_day_within_the_days_of_the_key_is_half_right(days: Days, score: float) -> None:
    assert score_date(days, bombing()) == score


@pytest.mark.parametrize(
    ("location", "score"),
    [
        (Location("peru", (frozenset({"rimac"}),)), 1.0),
        (Location("peru"), 0.5),
        (Location("peru", (frozenset({"lima"}),)), 0.5),
        (Location("chile", (frozenset({"rimac"}),)), 0.5),
        (Location("chile"), 0.0),
    ],
)
def test_the_country_or_the_smallest_place_alone_is_half_right(location: Location, score: float) -> None:
    assert score_location(location, bombing()) == score


@pytest.mark.parametrize(
    ("given", "key", "score"),
    [("6", "6", 1), ("6", "6-8", 0.5), ("8", "6-8", 0.5), ("7", "6-8", 0), ("7", "~7", 0.5), ("7", "6", 0),
     ("PLURAL", "PLURAL", 1), ("PLURAL", "7", 0)],
)  # fmt: skip
def test_a_number_at_the_end_of_a_range_is_half_right(given: str, key: str, score: float) -> None:
    assert score_number(given, key) == score


def test_an_effect_that_says_less_is_half_right() -> None:
    assert score_effect("NO INJURY", "NO INJURY OR DEATH") == 0.5
    assert score_effect("INJURY", "DEATH") == 0.0


def test_a_right_number_of_other_people_is_half_right() -> None:
    fills = bombing().fills["number"]
    assert score_tagged([("1", "bank clerk"), ("6-8", "soldiers")], fills, score_number) == [(0, 1, 1.0), (1, 0, 0.5)]


def test_what_shares_no_kind_or_no_word_is_not_compared() -> None:
    assert may_be_compared(answer(), bombing())
    assert may_be_compared(answer(kind="ATTACK"), bombing())
    assert not may_be_compared(answer(kind="KIDNAPPING"), bombing())
    assert not may_be_compared(answer(strings=frozenset({"embassy"})), bombing())


def test_missed_and_spurious_templates_count_and_optional_ones_do_not() -> None:
    templates = [template for _, template in read_keys(KEY) if template]
    right = answer(
        date=Days(THIRD, THIRD), location=Location("peru", (frozenset({"rimac"}),)), numbers=(("6-8", "peasants"),)
    )
    spurious = answer(kind="KIDNAPPING", numbers=(("1", "mayor"),))
    by_slot = dict(zip((*SLOTS, "templates"), score_message([right, spurious], templates).tolist(), strict=True))
    assert by_slot == {
        "type": [1, 1, 2], "stage": [1, 1, 2], "date": [1, 1, 1], "location": [1, 1, 1], "number": [1, 1, 2],
        "effect": [0, 1, 0], "templates": [1, 1, 2],
    }  # fmt: skip


def test_nothing_answered_misses_what_must_be_said() -> None:
    templates = [template for _, template in read_keys(KEY) if template]
    assert score_message([], templates)[:, 1].tolist() == [1, 1, 1, 1, 1, 1, 1]
    assert np.array_equal(score_message([], []), np.zeros((7, 3)))
