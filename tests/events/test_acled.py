"""Lines in the columns of ACLED, for rows built by hand."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.events.acled import ACLED_COLUMNS, acled_rows, country_of
from eventcorpus.events.acled_types import SUB_EVENT_TYPES, mapped_types
from eventcorpus.events.incidents import find_incidents
from eventcorpus.events.rows import Argument, CountCell, DateCell, Row, Words
from eventcorpus.ontology import parse_ontology
from invented_rows import (
    CLASHES,
    CLASHES_DEAD,
    FRONT,
    HOMS,
    KHAN_RIMAL,
    ONTOLOGY,
    RAID,
    RAID_DEAD,
    ROWS,
    SYRIA,
    TUESDAY,
    VILLAGERS,
    argument,
    row,
)


def only(*rows: Row) -> dict[str, Any]:
    """The one line that rows give."""
    (line,) = acled_rows(rows, ONTOLOGY)
    return line


def filled(line: dict[str, Any]) -> dict[str, Any]:
    return {
        column: value for column, value in line.items() if value is not None and column not in ("rules", "evidence")
    }


def test_an_air_raid_with_its_dead_is_one_line() -> None:
    line = only(RAID, RAID_DEAD)
    assert list(line) == list(ACLED_COLUMNS)
    assert filled(line) == {
        "event_date": "2018-04-17",
        "year": 2018,
        "time_precision": 1,
        "disorder_type": "Political violence",
        "event_type": "Explosions/Remote violence",
        "sub_event_type": "Air/drone strike",
        "actor1": "Military Forces of Qasira",
        "inter1": 1,
        "actor2": "villagers",
        "inter2": 7,
        "interaction": 17,
        "civilian_targeting": "Civilian targeting",
        "country": "Qasira",
        "admin1": "Rimal",
        "location": "Khan Rimal",
        "latitude": -27.6,
        "longitude": -31.95,
        "geo_precision": 1,
        "source": "Observatory",
        "notes": "bombed, killing. at market. Air raid on Khan Rimal",
        "fatalities": 8,
        "row_ids": "a1#raid; a1#raid-dead",
        "fatalities_low": 8,
    }


def test_each_cell_has_its_rule_and_its_words() -> None:
    line = only(RAID, RAID_DEAD)
    assert json.loads(line["rules"]) == {
        "event_date": "weekday",
        "time_precision": "from date_prec 1",
        "disorder_type": "words of the instruments",
        "event_type": "label",
        "sub_event_type": "words of the instruments",
        "actor1": "agent: state force",
        "inter1": "state force",
        "actor2": "victim of its casualties: civilians",
        "inter2": "civilians",
        "interaction": "inter1 and inter2, the smaller first",
        "civilian_targeting": "victim of its casualties: civilians alone",
        "country": "country of the place",
        "admin1": "code of the gazetteer",
        "location": "own list",
        "geo_precision": "from where_prec 1",
        "source": "reported sources",
        "fatalities": "at least",
    }
    evidence = json.loads(line["evidence"])
    assert evidence["fatalities"] == [{"start": 62, "end": 76, "text": "at least eight"}]
    assert [words["text"] for words in evidence["sub_event_type"]] == ["bombed", "jets"]


def test_two_agents_of_a_battle_are_its_two_sides() -> None:
    line = only(CLASHES)
    assert (line["actor1"], line["actor2"], line["interaction"]) == ("Military Forces of Qasira", "Hamsin Front", 12)
    assert (line["event_type"], line["sub_event_type"]) == ("Battles", "Armed clash")


def test_of_figures_that_disagree_the_most_conservative_is_taken() -> None:
    line = only(CLASHES, CLASHES_DEAD)
    assert (line["fatalities"], line["fatalities_low"], line["fatalities_high"]) == (3, 3, 5)
    assert json.loads(line["rules"])["fatalities"] == "several figures: the most conservative reported number"
    assert line["flags"] == "counts disagree"


def test_what_did_not_happen_once_is_left_out_and_counted() -> None:
    assert [line["row_ids"] for line in acled_rows(ROWS, ONTOLOGY)] == [
        "a1#raid; a1#raid-dead",
        "a1#clashes; a1#clashes-dead",
    ]
    assert find_incidents(ROWS, ONTOLOGY).left_out == {"scope: aggregate": 1, "modality: planned": 1}


def test_a_toll_without_its_event_is_a_line_without_a_type() -> None:
    line = only(replace(RAID_DEAD, cause=()))
    assert (line["event_type"], line["disorder_type"], line["fatalities"], line["actor2"]) == (
        None,
        None,
        8,
        "villagers",
    )
    assert line["civilian_targeting"] is None


def test_harm_other_than_death_without_its_event_is_left_out() -> None:
    injured = replace(RAID_DEAD, cause=(), attributes={"outcome": "injured"})
    found = find_incidents([injured], ONTOLOGY)
    assert (found.kept, found.left_out) == ((), {"harm other than death, without one event that caused it": 1})


def test_the_injured_are_no_fatalities() -> None:
    line = only(RAID, replace(RAID_DEAD, attributes={"outcome": "injured"}))
    assert (line["fatalities"], line["row_ids"]) == (None, "a1#raid; a1#raid-dead")


def test_a_toll_of_two_events_is_given_to_neither() -> None:
    lines = acled_rows([RAID, CLASHES, replace(RAID_DEAD, cause=("a1#raid", "a1#clashes"))], ONTOLOGY)
    assert [(line["row_ids"], line["fatalities"], line["flags"]) for line in lines] == [
        ("a1#raid", None, "toll of several events"),
        ("a1#clashes", None, "toll of several events"),
        ("a1#raid-dead", 8, "toll of several events"),
    ]


def test_a_total_is_no_toll_of_an_incident() -> None:
    total = replace(RAID_DEAD, attributes=dict(RAID_DEAD.attributes) | {"scope": "aggregate"})
    assert only(RAID, total)["fatalities"] is None


def test_tolls_of_different_people_are_added() -> None:
    soldiers = argument("soldiers", name="soldiers", inter=1, rule="state force")
    four = replace(RAID_DEAD, id="a1#four", arguments={"victim": (soldiers,)}, count=CountCell(low=4, best=4, high=4))
    line = only(RAID, RAID_DEAD, four)
    assert (line["fatalities"], line["fatalities_low"], line["fatalities_high"]) == (12, 12, None)
    assert json.loads(line["rules"])["fatalities"] == "victims of different classes: sum"


def test_of_tolls_that_may_be_of_the_same_people_the_largest_is_taken() -> None:
    ten = replace(RAID_DEAD, id="a1#ten", count=CountCell(low=10, best=10, high=10))
    line = only(RAID, RAID_DEAD, ten)
    assert (line["fatalities"], line["fatalities_low"], line["fatalities_high"]) == (10, 10, None)
    assert json.loads(line["rules"])["fatalities"] == "several tolls: the largest, others may be a part"


def test_of_tolls_of_several_sources_the_lowest_is_taken() -> None:
    rebels = argument("fighters", name="rebels", inter=2, rule="alias")
    count = CountCell(low=10, best=10, high=10)
    ten = replace(RAID_DEAD, id="a1#ten", count=count, sources=("Army",), arguments={"victim": (rebels,)})
    line = only(RAID, RAID_DEAD, ten)
    assert (line["fatalities"], line["fatalities_low"], line["fatalities_high"]) == (8, 8, None)
    assert json.loads(line["rules"])["fatalities"] == "tolls of several sources: the most conservative reported number"


@pytest.mark.parametrize(
    ("count", "fatalities"),
    [
        (CountCell(), None),
        (CountCell(low=24, rule="dozens"), 24),
        (CountCell(low=0, best=0, high=0), 0),
        (CountCell(high=9, rule="fewer than"), None),
        (CountCell(low=6, best=6, high=6, unit="families"), None),
    ],
)
def test_fatalities_are_the_best_figure_else_the_lowest_and_never_a_made_up_zero(
    count: CountCell, fatalities: int | None
) -> None:
    assert only(RAID, replace(RAID_DEAD, count=count))["fatalities"] == fatalities


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ({"start": "2018-04-16", "end": "2018-04-18", "precision": 2}, ("2018-04-16", 2018, 2)),
        ({"start": "2018-04-09", "end": "2018-04-15", "precision": 3}, ("2018-04-09", 2018, 2)),
        ({"start": "2018-04-01", "end": "2018-04-30", "precision": 4}, ("2018-04-01", 2018, 3)),
        ({"start": "2017-01-01", "end": "2017-12-31", "precision": 5}, (None, 2017, None)),
        ({"start": "2011-01-01", "end": "2018-04-18", "precision": 5}, (None, None, None)),
        ({"end": "2018-04-18", "precision": 1}, (None, None, None)),
        ({}, (None, None, None)),
    ],
)
def test_a_date_is_written_where_acled_has_a_code_for_it(date: dict[str, Any], expected: tuple[Any, ...]) -> None:
    line = only(replace(RAID, date=DateCell.model_validate(date | {"rule": "month"})))
    assert (line["event_date"], line["year"], line["time_precision"]) == expected
    has_rule = "event_date" in json.loads(line["rules"])
    assert has_rule == bool(date)


def test_an_event_without_date_and_place_has_those_of_its_casualties() -> None:
    dead = replace(RAID_DEAD, date=TUESDAY, arguments={"place": (argument("Khan Rimal", **KHAN_RIMAL),)})
    line = only(replace(RAID, date=DateCell(), arguments={}), dead)
    assert (line["event_date"], line["location"]) == ("2018-04-17", "Khan Rimal")
    assert json.loads(line["rules"])["event_date"] == "of its casualties: weekday"


def test_the_most_precise_place_is_the_location() -> None:
    line = only(replace(RAID, arguments={"place": (argument("Syria", **SYRIA), argument("Homs", **HOMS))}))
    assert [line[column] for column in ("iso", "region", "country", "admin1", "location", "latitude", "longitude")] == [
        760, "Middle East", "Syria", "SY-HI", "Homs", 34.72682, 36.72339,
    ]  # fmt: skip
    assert json.loads(line["rules"])["location"] == "only; the most precise of several"


def test_a_country_alone_has_no_point() -> None:
    with_point = SYRIA | {"latitude": 35.0, "longitude": 38.0}
    line = only(replace(RAID, arguments={"place": (argument("Syria", **with_point),)}))
    assert (line["location"], line["latitude"], line["longitude"], line["geo_precision"]) == ("Syria", None, None, 3)


def test_two_towns_are_flagged() -> None:
    places = (argument("Khan Rimal", **KHAN_RIMAL), argument("Homs", **HOMS))
    line = only(replace(RAID, arguments={"place": places}))
    assert (line["location"], line["flags"]) == ("Khan Rimal", "several places")


@pytest.mark.parametrize(
    ("label", "trigger", "instrument", "expected"),
    [
        ("Explosion", "air strikes", "", "Air/drone strike"),
        ("Explosion", "Airstrikes", "missiles", "Air/drone strike"),
        ("Explosion", "shelling", "", "Shelling/artillery/missile attack"),
        ("Explosion", "exploded", "car bomb", "Remote explosive/landmine/IED"),
        ("Explosion", "blast", "anti-tank mine", "Remote explosive/landmine/IED"),
        ("Explosion", "blew himself up", "car bomb", "Suicide bomb"),
        ("Explosion", "attack", "suicide car bomb", "Suicide bomb"),
        ("Explosion", "attack", "chlorine shells", "Chemical weapon"),
        ("Explosion", "thrown", "hand grenade", "Grenade"),
        ("Explosion", "fired", "rocket-propelled grenade", None),
        ("Explosion", "attack", "drone with mortar shells", None),
        ("Explosion", "dropped", "drone with a grenade", "Air/drone strike"),
        ("Explosion", "went off", "unexploded mortar bomb", None),
        ("Explosion", "blast", "", None),
        ("Riot", "protests turned violent", "", "Violent demonstration"),
        ("Riot", "lynched", "", "Mob violence"),
        ("Riot", "riots", "", None),
        ("AttackOnCivilians", "massacre", "", "Attack"),
        ("AttackOnCivilians", "raped", "", "Sexual violence"),
        ("Abduction", "kidnapped", "", "Abduction/forced disappearance"),
        ("Arrest", "detained", "", "Arrests"),
        ("Agreement", "ceasefire", "", "Agreement"),
        ("Surrender", "defected", "", "Change to group/activity"),
        ("Movement", "withdrew", "", None),
        ("Protest", "marched", "", "Peaceful protest"),
        ("TerritoryChange", "handed over", "", "Non-violent transfer of territory"),
        ("TerritoryChange", "captured", "", None),
    ],
)
def test_the_sub_event_type_is_what_label_and_words_decide(
    label: str, trigger: str, instrument: str, expected: str | None
) -> None:
    arguments = {"instrument": (argument(instrument),)} if instrument else {}
    assert only(row("x", label, trigger, arguments=arguments))["sub_event_type"] == expected


@pytest.mark.parametrize(
    ("inter", "expected"),
    [
        (1, ("Battles", "Government regains territory")),
        (2, ("Battles", "Non-state actor overtakes territory")),
        (8, (None, None)),
    ],
)
def test_who_takes_a_place_decides_the_type(inter: int, expected: tuple[str | None, str | None]) -> None:
    taker = argument("Army", name="Army", inter=inter)
    line = only(row("x", "TerritoryChange", "recaptured", arguments={"agent": (taker,)}))
    assert (line["event_type"], line["sub_event_type"]) == expected


@pytest.mark.parametrize(
    ("inter", "expected"),
    [
        (1, ("Excessive force against protesters", "Political violence; Demonstrations")),
        (3, (None, None)),
    ],
)
def test_a_protest_with_dead_is_not_peaceful(inter: int, expected: tuple[str | None, str | None]) -> None:
    protest = row("p", "Protest", "marched")
    shooter, marcher = argument("police", name="Police", inter=inter), argument("marchers", name="Protesters", inter=6)
    dead = replace(RAID_DEAD, cause=("p",), arguments={"agent": (shooter,), "victim": (marcher,)})
    line = only(protest, dead)
    assert (line["sub_event_type"], line["disorder_type"]) == expected


def test_civilians_among_the_dead_of_a_battle_are_not_its_target() -> None:
    dead = replace(CLASHES_DEAD, arguments={"victim": (argument("villagers", **VILLAGERS),)})
    assert only(CLASHES, dead)["civilian_targeting"] is None


def test_a_facility_is_no_actor() -> None:
    line = only(replace(RAID, arguments={"target": (argument("market"),)}))
    assert line["actor2"] is None


def test_an_agent_without_meaning_stands_as_written() -> None:
    line = only(replace(RAID, arguments={"agent": (argument("Army"), argument("Hamsin Front", **FRONT))}))
    assert (line["actor1"], line["inter1"], line["assoc_actor_1"]) == ("Army", None, "Hamsin Front")


def test_every_type_that_the_ontology_names_is_one_of_acled() -> None:
    named = [types for label in ONTOLOGY.trigger_names if (types := mapped_types(label, ONTOLOGY))]
    assert len(named) == 11  # all but Casualties
    assert all(sub is None or sub in SUB_EVENT_TYPES[event] for types in named for event, sub in types)


def test_an_ontology_without_maps_gives_lines_without_types() -> None:
    ontology = parse_ontology({"name": "own", "version": "1.0.0", "triggers": [{"name": "Explosion"}]}, place="here")
    (line,) = acled_rows([RAID], ontology)
    assert (line["event_type"], line["row_ids"]) == (None, "a1#raid")


def test_names_of_countries_are_those_of_acled() -> None:
    codes = ("CD", "SZ", "NA", "XK", "Qasira", "??", None)
    found = [country.name if (country := country_of(code)) else None for code in codes]
    assert found == ["Democratic Republic of Congo", "eSwatini", "Namibia", "Kosovo", "Qasira", None, None]


@given(
    st.dictionaries(
        st.sampled_from(["id", "name", "inter", "country", "admin1", "latitude", "longitude", "precision", "rule"]),
        st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2),
    ),
    st.text(max_size=8),
)
def test_values_of_any_kind_never_raise(normalised: dict[str, Any], text: str) -> None:
    given = Argument(Words(start=0, end=1, text=text), 0.5, normalised)
    hostile = replace(
        RAID,
        triggers=(Words(start=0, end=1, text=text),),
        arguments={role: (given,) for role in ("agent", "target", "place", "instrument", "time")},
    )
    assert len(acled_rows([hostile, RAID_DEAD], ONTOLOGY)) == 1
