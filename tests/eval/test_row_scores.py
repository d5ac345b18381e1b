"""Scores of event rows on rows written by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.eval.rows import PLACE_ID, match_rows, score_rows
from eventcorpus.events.rows import Argument, CountCell, DateCell, Row, Words

HOMS, HAMA = {"id": "geonames:169577"}, {"id": "geonames:170017"}


def words(start: int, end: int) -> Words:
    return Words(start=start, end=end, text="x" * (end - start))


def row(
    name: str, label: str, *triggers: tuple[int, int], article: str = "a", modality: str = "actual",
    scope: str = "incident", place: Mapping[tuple[int, int], Mapping[str, Any]] | None = None, **cells: Any,
) -> Row:  # fmt: skip
    arguments = {"place": tuple(Argument(words(*ends), 1.0, value) for ends, value in (place or {}).items())}
    attributes = {"modality": modality, "scope": scope}
    return Row(article, name, label, tuple(words(*t) for t in triggers), attributes, arguments, **cells)


def test_rows_are_matched_one_to_one_by_label_and_triggers() -> None:
    gold = [row("1", "Battle", (0, 5), (10, 15)), row("2", "Battle", (20, 25)), row("3", "Riot", (30, 35))]
    found = [row("x", "Battle", (20, 26)), row("y", "Battle", (0, 5)), row("z", "Protest", (30, 35))]
    assert match_rows(gold, found) == [(0, 1), (1, 0)]
    assert match_rows(gold, [row("x", "Battle", (0, 5)), row("y", "Battle", (10, 15), (0, 5))]) == [(0, 1)]


def test_every_cell_counts_once_and_cells_of_rows_without_a_partner_are_wrong() -> None:
    day = DateCell(start=dt.date(2020, 1, 1), end=dt.date(2020, 1, 1))
    gold = [
        row("1", "Battle", (0, 5), place={(6, 9): HOMS}, date=day, count=CountCell(low=3, best=3, high=3)),
        row("2", "Riot", (20, 25)),
    ]
    found = [
        row("x", "Battle", (0, 5), place={(6, 9): HAMA, (11, 14): {}}, date=day, count=CountCell(low=3, best=3)),
        row("y", "Protest", (20, 25)),
    ]
    report = score_rows(gold, [found], n_resamples=0)
    assert (report.events.micro.correct, report.events.micro.predicted, report.events.micro.support) == (1, 2, 2)
    counts = {name: (f.correct, f.predicted, f.support) for name, f in report.cells.labels.items()}
    assert counts == {
        "place": (1, 2, 1), PLACE_ID: (0, 1, 1), "date": (1, 1, 1), "count": (0, 1, 1),
        "modality": (1, 2, 2), "scope": (1, 2, 2),
    }  # fmt: skip
    matched = report.cells_of_matched.labels
    assert (matched["modality"].support, matched["modality"].predicted) == (1, 1)
    assert report.wholly_right.value == 0
    assert report.extra_rows.value == 0.5


def test_a_row_is_wholly_right_only_with_every_cell_and_none_too_many() -> None:
    gold = [row("1", "Battle", (0, 5), place={(6, 9): {}})]
    assert score_rows(gold, [gold], n_resamples=0).wholly_right.value == 1
    more = [row("x", "Battle", (0, 5), place={(6, 9): {}, (11, 12): {}})]
    assert score_rows(gold, [more], n_resamples=0).wholly_right.value == 0


def test_the_id_of_a_place_is_judged_only_where_gold_says_one_or_that_there_is_none() -> None:
    def judged(gold: Mapping[str, str], found: Mapping[str, str]) -> tuple[int, int, int] | None:
        a, b = (row("1", "Battle", (0, 5), place={(6, 9): value}) for value in (gold, found))
        figures = score_rows([a], [[b]], n_resamples=0).cells.labels.get(PLACE_ID)
        return (figures.correct, figures.predicted, figures.support) if figures else None

    assert judged(HOMS, HOMS) == (1, 1, 1)
    assert judged(HOMS, {}) == (0, 0, 1)
    assert judged({"id": ""}, HOMS) == (0, 1, 0)
    assert judged({"id": ""}, {}) is None
    assert judged({}, HOMS) is None


def test_a_cause_is_right_if_it_is_the_row_that_matches_the_gold_cause() -> None:
    gold = [row("1", "Battle", (0, 5)), row("2", "Casualties", (8, 9), cause=("1",))]
    found = [row("p", "Battle", (0, 5)), row("q", "Casualties", (8, 9), cause=("p",))]
    wrong = [*found[:1], row("q", "Casualties", (8, 9), cause=("q",))]
    assert score_rows(gold, [found], n_resamples=0).cells.labels["cause"].f1 == 1
    assert score_rows(gold, [wrong], n_resamples=0).cells.labels["cause"].f1 == 0


def test_false_rows_are_actual_incidents_in_articles_without_an_event() -> None:
    gold = [row("1", "Battle", (0, 5))]
    found = [
        *gold,
        row("x", "Riot", (0, 5), article="empty"),
        row("y", "Riot", (6, 7), article="empty", modality="planned"),
        row("z", "Riot", (8, 9), article="empty", scope="background"),
        row("w", "Riot", (8, 9), article="not read"),
    ]
    report = score_rows(gold, [found], articles=["a", "empty", "quiet"], n_resamples=100)
    assert report.articles_without_event == 2
    assert report.false_rows is not None and report.false_rows.value == 500
    assert report.predicted == 4
    assert score_rows(gold, [found], n_resamples=0).false_rows is None


def test_figures_of_several_runs_are_means() -> None:
    gold = [row("1", "Battle", (0, 5)), row("2", "Riot", (20, 25))]
    report = score_rows(gold, [gold, gold[:1]], n_resamples=0)
    assert report.events.micro.recall == 0.75
    assert report.wholly_right.value == 0.75


def test_the_command_prints_figures_and_writes_json_and_a_page(tmp_path: Path) -> None:
    gold, found = tmp_path / "gold.jsonl", tmp_path / "<b>found.jsonl"
    gold.write_text(row("1", "Battle", (0, 5), place={(6, 9): HOMS}).line() + "\n")
    found.write_text(row("x", "Battle", (0, 5), place={(6, 9): HOMS}).line() + "\n")
    page = tmp_path / "page.html"
    scored = ("eval", "--rows", str(gold), "--predictions", str(found))
    code, output, _ = run(*scored, "--resamples", "0", "--html", str(page))
    assert code == 0
    assert "wholly right: 100.0 % of 1 gold row" in output
    assert "<b>found" not in page.read_text() and "&lt;b&gt;found" in page.read_text()
    assert json.loads(run(*scored, "--json", "-")[1])["wholly_right"]["value"] == 1


@pytest.mark.parametrize("others", [["--model", "m"], ["--dataset", "d"], []])
def test_rows_are_scored_with_rows_alone(tmp_path: Path, others: list[str]) -> None:
    code, _, message = run("eval", "--rows", str(tmp_path / "gold.jsonl"), *others)
    assert code == 2
    assert "--rows GOLD is scored with --predictions ROWS" in message
