"""Event rows for people: a table for a terminal and a page; what is no actual incident is in no sum."""

import datetime as dt
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from eventcorpus.events.rows import Argument, CountCell, DateCell, Row, Words
from eventcorpus.ontology import Label, Ontology, RowRoles, read_ontology_yaml
from eventcorpus.package_data import find_ontology_path
from eventcorpus.render.rows import cells_of, row_table, rows_page, shown_count, shown_days, totals_line, totals_of
from made_up_rows import HOSTILE, ROWS, TEXTS

ONTOLOGY = read_ontology_yaml(find_ontology_path())
NAMES = RowRoles()
KILLED = {"modality": "actual", "scope": "incident", "outcome": "killed"}


def shown(rows: list[Row], width: int = 200) -> str:
    page = Console(width=width, markup=False)
    with page.capture() as captured:
        page.print(row_table(rows))
    return captured.get()


def toll(
    number: int, name: str, *, low: int | None, attributes: dict[str, str] = KILLED, cause: str = "", **count: Any
) -> Row:
    trigger = Words(start=number, end=number + 4, text="died")
    cell = CountCell(low=low, best=low, high=None, **count)
    return Row(
        name, f"{name}{number}", "Casualties", (trigger,), attributes, count=cell, cause=(cause,) if cause else ()
    )


def data(page: str, name: str) -> str:
    found: list[str] = re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    return found[0]


def test_the_table_has_rows_in_the_order_given_and_the_sums_below() -> None:
    lines = shown(ROWS).splitlines()
    triggers = ["exploded", "killing", "toll", "arrested", "died", "planted", "meet", "signed", "shelled", "wounding"]
    found = [next(i for i, line in enumerate(lines) if f" {trigger} " in line) for trigger in triggers]
    assert found == sorted(found)
    text = " ".join(" ".join(lines).split())
    assert "11 rows of 4 articles: 7 actual incidents, killed in them at least 21 Counted:" in text
    assert "market; Aleppo (SY) 2016-04-12 Civil Defence" in text
    assert re.search("army → suspects +Idlib", text)


def test_states_are_shown_where_they_are_not_those_of_an_actual_incident() -> None:
    assert [cells_of(row, NAMES).state for row in ROWS] == [
        "", "killed", "killed", "", "aggregate, killed", "denied", "planned", "background", "", "injured", "",
    ]  # fmt: skip


def test_times_without_a_day_are_shown_in_their_words() -> None:
    assert [cells_of(row, NAMES).when for row in ROWS][-1] == "“Monday”"
    assert cells_of(ROWS[5], NAMES).when == ""


def test_columns_that_no_row_has_are_left_out() -> None:
    text = shown(ROWS[10:])
    assert "who → whom" in text and "says who" not in text and "state" not in text


def test_what_would_break_a_line_of_the_table_is_replaced() -> None:
    odd = replace(ROWS[0], article="a\nb\x1b[31m", flags=("x\u2028y",))
    text = shown([odd])
    assert "a b" in text and "\x1b" not in text and "\u2028" not in text


@pytest.mark.parametrize("rows", [[], ROWS[:1]])
def test_few_rows_are_a_table_and_a_page(rows: list[Row]) -> None:
    n = len(rows)
    assert f"{n} row{'' if n == 1 else 's'} of {n} article{'' if n == 1 else 's'}: {n} actual incident" in shown(rows)
    assert f"<h1>{n} event row{'' if n == 1 else 's'}</h1>" in rows_page(rows, {}, ONTOLOGY)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2016-04-12", "2016-04-12", "2016-04-12"),
        ("2016-02-01", "2016-02-29", "2016-02"),
        ("2016-02-01", "2016-02-28", "2016-02-01 – 2016-02-28"),
        ("2016-01-01", "2016-12-31", "2016"),
        ("2016-01-01", "2017-12-31", "2016-01-01 – 2017-12-31"),
        ("0099-01-01", "0099-12-31", "0099"),
        ("2016-04-12", None, "from 2016-04-12"),
        (None, "2016-04-12", "until 2016-04-12"),
        (None, None, ""),
    ],
)
def test_days_are_shown_as_precisely_as_they_are_known(start: str | None, end: str | None, words: str) -> None:
    days = [dt.date.fromisoformat(day) if day else None for day in (start, end)]
    assert shown_days(DateCell(start=days[0], end=days[1])) == words


@pytest.mark.parametrize(
    ("low", "best", "high", "unit", "words"),
    [
        (18, 18, 18, "people", "18"),
        (18, 18, 21, None, "18 (18 to 21)"),
        (1200, None, None, None, "at least 1,200"),
        (None, 5, 5, None, "at most 5"),
        (None, None, 5, None, "at most 5"),
        (5, None, 8, "families", "5 to 8 families"),
        (None, 40, None, None, "about 40"),
        (0, 0, 0, None, "0"),
        (None, None, None, "people", ""),
    ],
)
def test_counts_are_shown_with_their_bounds(
    low: int | None, best: int | None, high: int | None, unit: str | None, words: str
) -> None:
    assert shown_count(CountCell(low=low, best=best, high=high, unit=unit)) == words


def test_only_the_killed_of_actual_incidents_are_summed_up() -> None:
    rows = [
        toll(1, "a", low=18),
        toll(2, "a", low=7),
        toll(3, "b", low=None),
        toll(4, "b", low=100, attributes=KILLED | {"scope": "aggregate"}),
        toll(5, "b", low=100, attributes=KILLED | {"scope": "background"}),
        toll(6, "b", low=100, attributes=KILLED | {"modality": "denied"}),
        toll(7, "b", low=100, attributes=KILLED | {"outcome": "injured"}),
        toll(8, "b", low=100, unit="families"),
    ]
    totals = totals_of(rows, NAMES)
    assert (totals.incidents, totals.killed, totals.tolls, totals.without_bound) == (5, 25, 3, 1)
    assert totals_line(totals) == (
        "8 rows of 2 articles: 5 actual incidents, killed in them at least 25 (1 toll without a lower bound)"
    )


def test_of_several_tolls_of_one_event_the_highest_lower_bound_counts() -> None:
    rows = [toll(1, "a", low=18, cause="x"), toll(2, "a", low=21, cause="x"), toll(3, "b", low=4, cause="x")]
    assert totals_of(rows, NAMES).killed == 25
    assert totals_of(ROWS, NAMES).killed == 21


def test_the_names_of_another_ontology_decide_what_is_an_incident() -> None:
    names = RowRoles(modality="status", actual="real", scope="extent", incident="one")
    rows = [
        toll(1, "a", low=1, attributes={"status": "real", "extent": "one"}),
        toll(2, "a", low=1, attributes={"status": "fake"}),
    ]
    assert totals_of(rows, names).incidents == 1


def test_no_text_of_a_row_becomes_markup() -> None:
    page = rows_page(ROWS, TEXTS, ONTOLOGY)
    assert "<img" not in page and page.count("<script") == page.count("</script>") == 4
    assert HOSTILE in json.loads(data(page, "rows").splitlines()[8])["flags"]
    assert HOSTILE in dict(json.loads(data(page, "about"))["articles"])["emoji"]


def test_the_page_has_every_row_as_its_json_says_it() -> None:
    lines = data(rows_page(ROWS, TEXTS, ONTOLOGY), "rows").splitlines()
    assert [json.loads(line) for line in lines] == [row.as_dict() for row in ROWS]


def test_a_row_without_coordinates_says_why() -> None:
    row = ROWS[0]
    country = Argument(
        Words(start=0, end=5, text="Syria"),
        normalised={"id": "geonames:163843", "name": "Syria", "country": "SY", "precision": 6},
    )
    rows = [
        replace(row, id="1", arguments={"place": (country,)}),
        replace(row, id="2", arguments={"place": row.arguments["place"][:1]}),
    ]
    about = json.loads(data(rows_page([*rows, replace(row, id="3", arguments={}), row], TEXTS, ONTOLOGY), "about"))
    at = about["columns"].index("place")
    assert [one[at] for one in about["shown"]] == ["area", "unlisted", "none", 0]
    assert about["places"] == [["Aleppo", "SY", 36.2, 37.16, 1]]
    assert [one[about["columns"].index("countries")] for one in about["shown"]] == [["SY"], [], [], ["SY"]]


def test_coordinates_that_are_no_numbers_are_no_point() -> None:
    odd = Argument(
        Words(start=0, end=1, text="x"), normalised={"id": "q", "latitude": float("nan"), "longitude": float("inf")}
    )
    page = rows_page([replace(ROWS[0], arguments={"place": (odd,)})], TEXTS, ONTOLOGY)
    assert json.loads(data(page, "rows"))["place"][0]["latitude"] is None
    assert json.loads(data(page, "about"))["places"] == []


def test_odd_characters_and_labels_are_written() -> None:
    row = replace(ROWS[0], article="\ud800", label="own label", title="\u2028", arguments={"__proto__": ()})
    page = rows_page([row], {"\ud800": "x\udfff"}, Ontology(name="t", version="1.0.0", entities=(Label(name="A"),)))
    page.encode("utf-8")
    about = json.loads(data(page, "about"))
    assert (about["labels"], about["colours"], about["roles"]) == (["own label"], ["#777777"], ["__proto__"])
    assert about["articles"] == [["\ud800", "x\udfff"]]


def test_the_page_names_where_the_map_is_from_and_asks_for_nothing() -> None:
    page = rows_page(ROWS, TEXTS, ONTOLOGY)
    assert "GeoNames, geonames.org, CC BY 4.0" in page
    assert "default-src 'none'" in page and not re.search(r'(src|href)="', page)
    assert len(data(page, "towns")) < 60_000
