"""Lines in the columns of UCDP GED, for rows built by hand."""

import json
from dataclasses import replace
from typing import Any

import pytest

from eventcorpus.events.rows import Claim, CountCell, DateCell, Row
from eventcorpus.events.ucdp import UCDP_COLUMNS, prio_grid_cell, ucdp_incidents, ucdp_row, ucdp_rows
from invented_rows import (
    ARMY,
    CLASHES,
    CLASHES_DEAD,
    FRONT,
    HOMS,
    ONTOLOGY,
    PLAN,
    RAID,
    RAID_DEAD,
    ROWS,
    TOTAL,
    VILLAGERS,
    argument,
    row,
)

MILITIA = {"name": "Kandé hunters", "inter": 4, "rule": "alias"}
PEACEKEEPERS = {"name": "UN peacekeepers", "inter": 8, "rule": "alias"}


def only(*rows: Row) -> dict[str, Any]:
    """The one line that rows give."""
    (line,) = ucdp_rows(rows, ONTOLOGY)
    return line


def fight(agent: dict[str, Any], target: dict[str, Any], label: str = "Battle") -> Row:
    arguments = {"agent": (argument("Army", **agent),), "target": (argument("villagers", **target),)}
    return row("a1#fight", label, "clashes", arguments=arguments)


def dead(count: CountCell, victim: dict[str, Any] | None, name: str = "a1#dead") -> Row:
    victims = (argument("fighters", **victim),) if victim else ()
    outcome = {"outcome": "killed"}
    return row(
        name,
        "Casualties",
        "killed",
        attributes=outcome,
        arguments={"victim": victims},
        count=count,
        cause=("a1#fight",),
    )


def test_an_air_raid_with_its_dead_is_one_line() -> None:
    line = only(RAID, RAID_DEAD)
    assert list(line) == list(UCDP_COLUMNS)
    assert {key: value for key, value in line.items() if value is not None and key not in ("rules", "evidence")} == {
        "year": 2018,
        "side_a": "Military Forces of Qasira",
        "number_of_sources": 1,
        "source_article": "Qasira Wire,2018-04-18,Air raid on Khan Rimal",
        "source_office": "Qasira Wire",
        "source_date": "2018-04-18",
        "source_headline": "Air raid on Khan Rimal",
        "source_original": "Observatory",
        "where_prec": 1,
        "where_coordinates": "Khan Rimal",
        "where_description": "Khan Rimal",
        "adm_1": "Rimal",
        "latitude": -27.6,
        "longitude": -31.95,
        "geom_wkt": "POINT (-31.95 -27.6)",
        "priogrid_gid": 89577,
        "country": "Qasira",
        "event_clarity": 1,
        "date_prec": 1,
        "date_start": "2018-04-17",
        "date_end": "2018-04-17",
        "deaths_civilians": 8,
        "best": 8,
        "low": 8,
        "row_ids": "a1#raid; a1#raid-dead",
    }


def test_each_cell_has_its_rule_and_its_words() -> None:
    line = only(RAID, RAID_DEAD)
    assert json.loads(line["rules"])["deaths_civilians"] == "class of the victims"
    assert json.loads(line["evidence"])["best"] == [{"start": 62, "end": 76, "text": "at least eight"}]


def test_figures_that_disagree_keep_their_bounds() -> None:
    line = only(CLASHES, CLASHES_DEAD)
    assert (line["low"], line["best"], line["high"]) == (3, 5, 5)
    assert (line["type_of_violence"], line["side_a"], line["side_b"]) == (
        1,
        "Military Forces of Qasira",
        "Hamsin Front",
    )


@pytest.mark.parametrize(
    ("agent", "target", "label", "expected"),
    [
        (ARMY, FRONT, "Battle", 1),
        (FRONT, ARMY, "Battle", 1),
        (ARMY, ARMY | {"name": "Military Forces of Tamberra"}, "Battle", 1),
        (FRONT, MILITIA, "Battle", 2),
        (FRONT, VILLAGERS, "AttackOnCivilians", 3),
        (ARMY, VILLAGERS, "Explosion", 3),
        (PEACEKEEPERS, FRONT, "Battle", None),
        (PEACEKEEPERS, VILLAGERS, "AttackOnCivilians", None),
        ({"name": "gunmen"}, VILLAGERS, "AttackOnCivilians", None),
        (VILLAGERS, ARMY, "Explosion", None),
    ],
)
def test_the_type_of_violence_needs_the_classes_of_both_sides(
    agent: dict[str, Any], target: dict[str, Any], label: str, expected: int | None
) -> None:
    assert only(fight(agent, target, label))["type_of_violence"] == expected


def test_a_government_that_is_attacked_is_side_a() -> None:
    line = only(fight(FRONT, ARMY))
    assert (line["side_a"], line["side_b"]) == ("Military Forces of Qasira", "Hamsin Front")
    assert line["dyad_name"] == "Military Forces of Qasira - Hamsin Front"


def test_victims_of_the_casualties_alone_do_not_make_violence_one_sided() -> None:
    line = only(RAID, RAID_DEAD)
    assert (line["type_of_violence"], line["side_b"]) == (None, None)


@pytest.mark.parametrize(
    ("victim", "column"),
    [
        (FRONT, "deaths_b"),
        (ARMY, "deaths_a"),
        ({"name": "rebels", "inter": 2}, "deaths_b"),
        (VILLAGERS, "deaths_civilians"),
        ({"name": "fighters"}, "deaths_unknown"),
        (PEACEKEEPERS, "deaths_unknown"),
        (None, "deaths_unknown"),
    ],
)
def test_the_dead_belong_to_the_side_of_the_victims(victim: dict[str, Any] | None, column: str) -> None:
    line = only(fight(ARMY, FRONT), dead(CountCell(low=4, best=4, high=4), victim))
    columns = ("deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown")
    assert {name: line[name] for name in columns} == dict.fromkeys(columns) | {column: 4}


def test_the_dead_of_both_sides_are_told_apart() -> None:
    four, three = CountCell(low=4, best=4, high=4), CountCell(low=3, best=3, high=3)
    line = only(fight(ARMY, FRONT), dead(four, ARMY), dead(three, FRONT, "a1#other"))
    assert [line[name] for name in ("deaths_a", "deaths_b", "best", "low", "high")] == [4, 3, 7, 7, 7]


def test_tolls_that_may_be_of_the_same_people_are_not_added() -> None:
    four, six = CountCell(low=4, best=4, high=4), CountCell(low=6, best=6, high=6)
    line = only(fight(ARMY, FRONT), dead(four, FRONT), dead(six, FRONT, "a1#other"))
    assert [line[name] for name in ("deaths_b", "best", "low", "high")] == [None, 6, 6, None]


def test_of_tolls_of_several_sources_the_first_is_the_best() -> None:
    four = replace(dead(CountCell(low=4, best=4, high=4), FRONT), sources=("Army",))
    two = replace(dead(CountCell(low=2, best=2, high=2), VILLAGERS, "a1#other"), sources=("residents",))
    line = only(fight(ARMY, FRONT), four, two)
    assert [line[name] for name in ("deaths_b", "deaths_civilians", "best", "low", "high")] == [None, None, 4, 2, 4]


def test_totals_are_written_where_they_are_asked_for() -> None:
    assert ucdp_rows([TOTAL], ONTOLOGY) == []
    (line,) = ucdp_rows([TOTAL], ONTOLOGY, aggregates=True)
    assert (line["event_clarity"], line["best"], line["low"], line["high"]) == (2, 52, 52, None)


def test_a_total_is_no_toll_of_an_incident() -> None:
    lines = ucdp_rows([RAID, replace(TOTAL, cause=("a1#raid",))], ONTOLOGY, aggregates=True)
    assert [(line["event_clarity"], line["best"]) for line in lines] == [(1, None), (2, 52)]


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        (ROWS, {"scope: aggregate": 1, "modality: planned": 1}),
        ([row("x", "Protest", "marched")], {"neither of a lethal kind nor with a number of killed": 1}),
        ([row("x", "Abduction", "kidnapped")], {"neither of a lethal kind nor with a number of killed": 1}),
        ([row("x", "TerritoryChange", "captured")], {"neither of a lethal kind nor with a number of killed": 1}),
        ([RAID, replace(RAID_DEAD, count=CountCell(low=0, best=0, high=0))], {"no one was killed": 2}),
        ([PLAN], {"modality: planned": 1}),
    ],
)
def test_what_is_left_out_is_counted(rows: list[Row], left_out: dict[str, int]) -> None:
    assert ucdp_incidents(rows, ONTOLOGY)[1] == left_out


def test_a_protest_with_dead_is_a_line() -> None:
    protest = row("a1#fight", "Protest", "marched")
    assert only(protest, dead(CountCell(low=1, best=1, high=1), None))["best"] == 1


def test_an_event_with_dead_who_are_not_counted_has_no_number() -> None:
    line = only(replace(RAID_DEAD, cause=(), count=CountCell()))
    assert [line[name] for name in ("best", "low", "high", "deaths_civilians")] == [None] * 4


def test_a_year_is_precise_enough_for_ucdp() -> None:
    date = DateCell.model_validate({"start": "2017-01-01", "end": "2017-12-31", "precision": 5, "rule": "year"})
    line = only(replace(RAID, date=date))
    assert [line[name] for name in ("date_start", "date_end", "date_prec", "year")] == [
        "2017-01-01", "2017-12-31", 5, 2017,
    ]  # fmt: skip


def test_sources_are_the_articles_that_tell_it() -> None:
    claims = (Claim(best=8, article="a1"), Claim(best=9, article="a2"), Claim(best=9, article="a3"))
    assert only(RAID, replace(RAID_DEAD, claims=claims))["number_of_sources"] == 3


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [(-90, -180, 1), (-89.9, -179.4, 2), (-89.4, -179.9, 721), (33.51, 36.29, 178273), (90, 180, 259200)],
)
def test_cells_of_prio_grid_are_counted_from_the_south_west(latitude: float, longitude: float, expected: int) -> None:
    assert prio_grid_cell(latitude, longitude) == expected


def test_a_real_town_has_its_country_by_name() -> None:
    line = only(replace(RAID, arguments={"place": (argument("Homs", **HOMS),)}))
    assert (line["country"], line["adm_1"], line["priogrid_gid"]) == ("Syria", "SY-HI", 179714)


def test_a_line_is_made_of_one_incident() -> None:
    (incident,) = ucdp_incidents([RAID, RAID_DEAD], ONTOLOGY)[0]
    assert ucdp_row(incident, ONTOLOGY) == only(RAID, RAID_DEAD)
