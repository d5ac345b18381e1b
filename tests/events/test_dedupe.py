"""The same event in many articles: what becomes one event, what stays apart, and what the record of it says."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest
from click.testing import CliRunner

from eventcorpus.cli.dedupe import dedupe_command
from eventcorpus.cli.main import main
from eventcorpus.events.dedupe import Deduplication, dedupe
from eventcorpus.events.event_groups import BESTS, Best, best_figure, group_columns, group_id
from eventcorpus.labelstudio.config import load_ontology

Data = dict[str, Any]
HOMS: Data = {"id": "geonames:169577", "name": "Homs", "precision": 1, "country": "SY", "admin1": "SY-HI", "latitude": 34.7268, "longitude": 36.7234}  # fmt: skip
ALEPPO: Data = {"id": "geonames:170063", "name": "Aleppo", "precision": 1, "country": "SY", "admin1": "SY-HL", "latitude": 36.2012, "longitude": 37.1612}  # fmt: skip
HOMS_PROVINCE: Data = {"id": "admin:SY-HI", "name": "Homs", "precision": 4, "country": "SY", "admin1": "SY-HI"}
SYRIA: Data = {"id": "country:SY", "name": "Syria", "precision": 6, "country": "SY"}
IS: Data = {"name": "Islamic State", "inter": 2, "rule": "table"}
HTS: Data = {"name": "Hayat Tahrir al-Sham", "inter": 2, "country": "SY", "rule": "table"}
ARMY: Data = {"name": "Military Forces of Syria", "inter": 1, "country": "SY", "rule": "state force"}
CIVILIANS: Data = {"name": "Civilians", "inter": 7, "rule": "civilians"}
SOLDIERS: Data = {"name": "Military Forces", "inter": 1, "rule": "force without a country"}
GUNMEN: Data = {"name": "Gunmen", "rule": "description"}


def filler(words: str, values: Data | None) -> list[Data]:
    return [] if values is None else [{"start": 30, "end": 30 + len(words), "text": words, **values}]


def row(
    article: str,
    label: str = "Casualties",
    trigger: str = "killed",
    *,
    name: str = "1",
    day: str | None = "2018-04-24",
    last: str | None = None,
    precision: int = 1,
    published: str | None = "2018-04-25",
    place: Data | None = HOMS,
    agent: Data | None = None,
    agent_words: str = "group",
    victim: Data | None = None,
    target: Data | None = None,
    count: int | None = None,
    cause: tuple[str, ...] = (),
    source: str | None = None,
    **attributes: str,
) -> Data:
    """A row as a file has it: something in Homs on Tuesday, 24 April 2018, told on Wednesday."""
    outcome = {"outcome": "killed"} if label == "Casualties" else {}
    dated = {"precision": precision, "rule": "weekday"} if day else {}
    figure = {"low": count, "best": count, "high": count}
    claims = [{**figure, "sources": [source] if source else [], "published": published}] if count is not None else []
    return {
        "article": article,
        "id": f"{article}#{name}",
        "label": label,
        "triggers": [{"start": 10, "end": 10 + len(trigger), "text": trigger}],
        "modality": "actual",
        "scope": "incident",
        **outcome,
        **attributes,
        "place": filler("place", place),
        "agent": filler(agent_words, agent),
        "victim": filler("victims", victim),
        "target": filler("target", target),
        "date": {"start": day, "end": last or day, **dated},
        "count": figure,
        "cause": list(cause),
        "claims": claims,
        "sources": [source] if source else [],
        "published": published,
    }


def write(path: Path, rows: list[Data]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


def groups_of(folder: Path, rows: list[Data], *, best: Best = "latest", days: int = 1) -> list[Data]:
    out = folder / "groups.jsonl"
    dedupe([write(folder / "rows.jsonl", rows)], out, load_ontology(), best=best, days=days)
    return [json.loads(line) for line in out.read_text().splitlines()]


def articles_of(groups: list[Data]) -> list[str]:
    """The articles of each group in one text, groups in alphabetical order."""
    return sorted(" ".join(group["articles"]) for group in groups)


RETELLINGS = [
    row("a01", day="2018-04-24", published="2018-04-24", agent=IS, agent_words="Daesh", count=100, source="Reuters"),
    row("a02", day="2018-04-24", published="2018-04-24", agent=IS, agent_words="ISIS", count=100, source="AFP"),
    row("a03", trigger="massacred", agent=IS, agent_words="Islamic State", count=200, source="AP"),
    row("a04", trigger="dead", agent=IS, agent_words="IS militants", count=200, source="SANA"),
    row("a05", agent=IS, agent_words="ISIL", count=200, source="dpa"),
    row("a06", published="2018-04-26", agent=IS, agent_words="the extremists", count=234, source="BBC"),
    row("a07", published="2018-04-26", agent=IS, agent_words="Daesh", count=234, source="Xinhua"),
    row("a08", published="2018-04-26", agent=IS, count=234, source="TASS"),
    row("a09", published="2018-04-27", agent=IS, count=276, source="Anadolu"),
    row("a10", published="2018-04-27", agent=IS, count=276, source="Observatory"),
]


def test_ten_retellings_with_other_figures_names_and_words_are_one_event_with_ten_sources(tmp_path: Path) -> None:
    (group,) = groups_of(tmp_path, RETELLINGS)
    assert len(group["rows"]) == len(group["articles"]) == len(group["sources"]) == 10
    assert group["sources"] == [
        "Reuters",
        "AFP",
        "AP",
        "SANA",
        "dpa",
        "BBC",
        "Xinhua",
        "TASS",
        "Anadolu",
        "Observatory",
    ]
    assert group["count"] == {
        "low": 100, "best": 276, "high": 276, "unit": "people", "rule": "latest publication"
    }  # fmt: skip
    assert [claim["best"] for claim in group["claims"]] == [100, 100, 200, 200, 200, 234, 234, 234, 276, 276]
    assert group["claims"][0] == {
        "article": "a01", "published": "2018-04-24", "low": 100, "best": 100, "high": 100, "sources": ["Reuters"]
    }  # fmt: skip
    assert group["published"] == {"first": "2018-04-24", "last": "2018-04-27"}
    assert group["date"] == {"start": "2018-04-24", "end": "2018-04-24", "precision": 1, "rule": "weekday"}
    assert group["place"]["id"] == "geonames:169577"
    assert (group["label"], group["outcome"], group["agent"]) == ("Casualties", "killed", ["Islamic State"])
    assert group["flags"] == ["counts rise"]
    assert 0.7 < group["confidence"] < 1


def test_figures_of_one_day_that_differ_are_flagged_as_disagreeing(tmp_path: Path) -> None:
    (group,) = groups_of(tmp_path, [row("a", agent=IS, count=20), row("b", agent=IS, count=24)])
    assert group["flags"] == ["counts disagree"]
    assert group["count"]["rule"] == "latest publication: most said, then highest"


def test_two_events_of_one_kind_in_one_city_on_one_day_with_other_participants_stay_two(tmp_path: Path) -> None:
    rows = [
        row("a", "Explosion", "blast", agent=IS),
        row("b", "Explosion", "blast", agent=IS),
        row("c", "Explosion", "blast", agent=ARMY),
        row("d", "Explosion", "blast", agent=ARMY),
    ]
    assert articles_of(groups_of(tmp_path, rows)) == ["a b", "c d"]


def test_two_tolls_of_different_people_stay_two(tmp_path: Path) -> None:
    rows = [
        row("a", agent=IS, victim=CIVILIANS, count=5, name="1"),
        row("a", agent=IS, victim=SOLDIERS, count=3, name="2"),
        row("b", agent=IS, victim=CIVILIANS, count=6, name="1"),
        row("b", agent=IS, victim=SOLDIERS, count=4, name="2"),
    ]
    groups = groups_of(tmp_path, rows)
    assert [[member["id"] for member in group["rows"]] for group in groups] == [["a#1", "b#1"], ["a#2", "b#2"]]


def test_rows_of_one_article_stay_apart_where_only_day_and_town_are_shared(tmp_path: Path) -> None:
    rows = [row("a", "Explosion", "blast", name="1"), row("a", "Explosion", "blast", name="2")]
    assert len(groups_of(tmp_path, rows)) == 2


def test_rows_of_one_article_are_one_event_where_participants_and_figure_agree_too(tmp_path: Path) -> None:
    rows = [
        row("a", "Abduction", "seized", agent=IS, victim=CIVILIANS, count=30, name="1"),
        row("a", "Abduction", "seized", agent=IS, victim=CIVILIANS, count=30, name="2"),
    ]
    assert len(groups_of(tmp_path, rows)) == 1


@pytest.mark.parametrize("other", [HOMS, SYRIA, None])
def test_a_country_never_joins_a_town_nor_a_country_by_place_alone(tmp_path: Path, other: Data | None) -> None:
    rows = [row("a", "Explosion", "blast", place=SYRIA), row("b", "Explosion", "blast", place=other)]
    assert len(groups_of(tmp_path, rows)) == 2


def test_a_country_joins_a_town_where_participants_day_figure_and_words_agree(tmp_path: Path) -> None:
    rows = [row("a", place=SYRIA, agent=IS, count=41), row("b", agent=IS, count=41)]
    (group,) = groups_of(tmp_path, rows)
    assert group["place"]["name"] == "Homs"
    assert group["rules"] == ["day, participant, figure, words"]
    assert group["confidence"] == 0.75


def test_a_town_joins_its_province_where_participant_and_figure_agree(tmp_path: Path) -> None:
    rows = [row("a", place=HOMS_PROVINCE, agent=IS, count=41), row("b", agent=IS, count=41)]
    (group,) = groups_of(tmp_path, rows)
    assert group["rules"] == ["day, area, participant, figure"]
    assert len(groups_of(tmp_path, [row("a", place=HOMS_PROVINCE), row("b")])) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"place": ALEPPO},
        {"day": "2018-04-27", "published": "2018-04-28"},
        {"agent": HTS},
        {"label": "Arrest"},
        {"outcome": "injured"},
    ],
)
def test_another_place_day_group_kind_or_outcome_is_another_event(tmp_path: Path, change: Data) -> None:
    rows = [row("a", agent=IS, count=41), row("b", **({"agent": IS, "count": 41} | change))]
    assert len(groups_of(tmp_path, rows)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"modality": "planned"},
        {"modality": "denied"},
        {"modality": "possible"},
        {"scope": "background"},
        {"scope": "aggregate"},
    ],
)
def test_what_is_planned_denied_possible_background_or_a_total_never_joins_an_incident(
    tmp_path: Path, change: Data
) -> None:
    rows = [row("a", agent=IS, count=41), row("b", agent=IS, count=41, **change), row("c", agent=IS, count=41)]
    groups = groups_of(tmp_path, rows)
    assert articles_of(groups) == ["a c", "b"]
    alone = next(group for group in groups if group["articles"] == ["b"])
    assert alone.items() >= change.items()


def test_totals_join_only_over_the_same_period(tmp_path: Path) -> None:
    def total(article: str, first: str) -> Data:
        return row(article, day=first, last="2018-04-24", precision=3, agent=ARMY, count=52, scope="aggregate")

    rows = [total("a", "2018-04-18"), total("b", "2018-04-18"), total("c", "2018-04-19")]
    assert articles_of(groups_of(tmp_path, rows)) == ["a b", "c"]


def test_a_later_toll_replaces_the_earlier_one_and_the_history_stays(tmp_path: Path) -> None:
    rows = [
        row("late", published="2018-04-26T09:00:00+00:00", agent=IS, count=6, source="Hospital"),
        row("early", published="2018-04-25T08:00:00+00:00", agent=IS, count=3, source="Police"),
    ]
    (group,) = groups_of(tmp_path, rows)
    assert (group["count"]["low"], group["count"]["best"], group["count"]["high"]) == (3, 6, 6)
    assert [(claim["article"], claim["best"]) for claim in group["claims"]] == [("early", 3), ("late", 6)]
    assert group["flags"] == ["counts rise"]


def test_the_moment_of_publication_is_compared_across_time_zones(tmp_path: Path) -> None:
    rows = [
        row("first", published="2018-04-25T12:00:00+03:00", agent=IS, count=3),
        row("second", published="2018-04-25T10:00:00Z", agent=IS, count=6),
    ]
    (group,) = groups_of(tmp_path, rows)
    assert (group["articles"], group["count"]["best"]) == (["first", "second"], 6)


ELEVEN = [(1, 2), (1, 4), (2, 4), (2, 4), (3, 5), (3, 5), (4, 6), (5, 4), (6, 7), (7, 5), (7, 5)]


@pytest.mark.parametrize(
    ("best", "number", "rule"),
    [("min", 2, "lowest"), ("max", 7, "highest"), ("latest", 5, "latest publication"), ("mode", 5, "most said")],
)
def test_eleven_reports_of_one_event_are_added_up_by_the_rule_that_is_asked_for(
    tmp_path: Path, best: Best, number: int, rule: str
) -> None:
    rows = [
        row(f"r{i:02}", agent=IS, published=f"2018-05-0{day}", count=count) for i, (day, count) in enumerate(ELEVEN)
    ]
    (group,) = groups_of(tmp_path, rows, best=best)
    assert (group["count"]["best"], group["count"]["rule"]) == (number, rule)
    assert (group["count"]["low"], group["count"]["high"], len(group["claims"])) == (2, 7, 11)


def test_of_figures_said_as_often_the_mode_is_the_later_one() -> None:
    assert best_figure([(1, 9), (2, 4), (2, 5)], "mode") == (5, "most said")
    assert best_figure([], "latest") == (None, "none")
    assert set(BESTS) == {"latest", "max", "min", "mode"}


def test_harm_follows_the_event_that_caused_it(tmp_path: Path) -> None:
    def story(article: str, agent: Data, count: int) -> list[Data]:
        return [
            row(article, "Explosion", "blast", name="0", agent=agent),
            row(article, name="1", day=None, place=None, count=count, cause=(f"{article}#0",)),
        ]

    groups = groups_of(tmp_path, [*story("a", IS, 12), *story("b", IS, 14), *story("c", ARMY, 12)])
    acts, tolls = groups[:2], groups[2:]
    assert [group["articles"] for group in acts] == [["a", "b"], ["c"]]
    assert [(group["label"], group["articles"]) for group in tolls] == [
        ("Casualties", ["a", "b"]),
        ("Casualties", ["c"]),
    ]
    assert [group["cause"] for group in tolls] == [[acts[0]["id"]], [acts[1]["id"]]]


def test_two_harms_of_one_cause_that_an_article_keeps_apart_stay_two_over_many_articles(tmp_path: Path) -> None:
    def story(article: str) -> list[Data]:
        return [
            row(article, "Explosion", "blast", name="0", agent=IS),
            row(article, trigger="burned", name="1", cause=(f"{article}#0",), outcome="injured"),
            row(article, trigger="maimed", name="2", cause=(f"{article}#0",), outcome="injured"),
        ]

    groups = groups_of(tmp_path, [*story("a"), *story("b"), *story("c")])
    assert [[member["id"] for member in group["rows"]] for group in groups[1:]] == [
        ["a#1", "b#1", "c#1"],
        ["a#2", "b#2", "c#2"],
    ]


def test_a_chain_of_days_does_not_pull_a_week_together(tmp_path: Path) -> None:
    rows = [
        row(f"a{day}", agent=IS, victim=HTS, day=f"2018-04-2{day}", published=f"2018-04-2{day + 1}", count=41)
        for day in range(1, 7)
    ]
    groups = groups_of(tmp_path, rows)
    assert articles_of(groups) == ["a1 a2", "a3 a4", "a5 a6"]
    assert len(groups_of(tmp_path, rows, days=0)) == 6


def test_copies_of_a_text_are_one_event_even_without_a_date(tmp_path: Path) -> None:
    copied = [row(article, day=None, published=None, place=None, name="5f3a9c01de") for article in ("a", "b")]
    (group,) = groups_of(tmp_path, copied)
    assert group["rules"] == ["same text"]


def test_labels_that_reports_mix_up_join_where_the_figure_agrees_and_the_record_says_so(tmp_path: Path) -> None:
    toll = {"agent": IS, "target": CIVILIANS}
    rows = [
        row("a", "Explosion", "blast", name="0", **toll),
        row("a", name="1", count=41, cause=("a#0",)),
        row("b", "AttackOnCivilians", "attack", name="0", **toll),
        row("b", name="1", count=41, cause=("b#0",)),
    ]
    groups = groups_of(tmp_path, rows)
    assert [len(group["rows"]) for group in groups] == [2, 2]
    assert groups[0]["flags"] == ["labels differ"]


def test_gunmen_are_no_name_by_which_events_of_different_towns_or_days_are_joined(tmp_path: Path) -> None:
    rows = [row("a", place=SYRIA, agent=GUNMEN, count=41), row("b", agent=GUNMEN, count=41)]
    assert len(groups_of(tmp_path, rows)) == 2


# files ---------------------------------------------------------------------------------------------------------------


def test_a_rerun_and_another_order_of_files_and_rows_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [*RETELLINGS, row("b1", agent=ARMY), row("b2", agent=ARMY, modality="denied"), row("b3", place=ALEPPO)]
    outs = set()
    for number, order in enumerate(itertools.permutations((rows[:4], rows[4:9], rows[9:]))):
        files = [write(tmp_path / f"{number}-{i}.jsonl", list(reversed(part))) for i, part in enumerate(order)]
        dedupe(files, tmp_path / "out.jsonl", load_ontology())
        outs.add((tmp_path / "out.jsonl").read_bytes())
    assert len(outs) == 1


def test_rows_that_stand_again_in_another_file_count_once_and_change_no_id(tmp_path: Path) -> None:
    once = groups_of(tmp_path, RETELLINGS)
    files = [write(tmp_path / "rows.jsonl", RETELLINGS), write(tmp_path / "again.jsonl", RETELLINGS[3:7])]
    done = dedupe(files, tmp_path / "groups.jsonl", load_ontology())
    assert [json.loads(line) for line in (tmp_path / "groups.jsonl").read_text().splitlines()] == once
    assert done == Deduplication(rows=10, repeated=4, other_content=0, groups=1, joined=1, compared=done.compared)
    assert list(done.lines())[1] == "4 rows stood more than once, counted once"


def test_of_rows_with_one_key_and_other_content_the_surer_one_counts_whatever_the_order(tmp_path: Path) -> None:
    sure, unsure = row("a", count=5) | {"confidence": 0.9}, row("a", count=7) | {"confidence": 0.4}
    for order in ([sure, unsure], [unsure, sure]):
        (group,) = groups_of(tmp_path, order)
        assert group["count"]["best"] == 5


def test_the_id_of_a_group_depends_on_its_rows_alone() -> None:
    assert group_id([("a", "1"), ("b", "2")]) == group_id([("b", "2"), ("a", "1")])
    assert len({group_id([("a", "1")]), group_id([("a", "2")]), group_id([("a", "1"), ("b", "2")])}) == 3


def test_hostile_strings_numbers_and_dates_are_taken_as_they_are(tmp_path: Path) -> None:
    hostile = ["", "\x00", "\ud800", "‮abc", "🔥" * 300, "9" * 5000, "' OR 1=1 --", "\n"]
    rows = [row(f"{text}{i}", trigger=text or "x", agent={"name": text, "rule": "table"}, published=text, source=text) for i, text in enumerate(hostile)]  # fmt: skip
    rows += [row(f"big{i}", agent=IS, count=10**4000 + i) for i in range(2)]
    rows += [row("odd", place={"id": 7, "precision": "x"}, agent={"name": 5, "inter": True}, day="0001-01-01")]
    rows += [row("nan", place=HOMS | {"latitude": float("nan")}, day=None, published="9999-12-31")]
    groups = groups_of(tmp_path, rows)
    assert sum(len(group["rows"]) for group in groups) == len(rows)


def test_a_killed_run_leaves_the_old_output_whole_and_nothing_half_written(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out" / "groups.jsonl"
    out.parent.mkdir()
    out.write_text("old\n")
    write(rows, [row(f"a{i}", agent=IS) for i in range(50)])
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from eventcorpus.events.dedupe import dedupe\n"
        "from eventcorpus.labelstudio.config import load_ontology\n"
        "def kill(done, total):\n"
        "    if done == 40:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "dedupe([Path(sys.argv[1])], Path(sys.argv[2]), load_ontology(), on_progress=kill)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(rows), str(out)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [path.name for path in out.parent.iterdir()] == ["groups.jsonl"]
    assert out.read_text() == "old\n"


def test_the_command_says_what_it_did_and_its_help_ends_with_an_example(tmp_path: Path) -> None:
    rows, out = write(tmp_path / "rows.jsonl", RETELLINGS), tmp_path / "events.jsonl"
    result = CliRunner().invoke(
        dedupe_command, [str(rows), str(rows), "--out", str(out), "--best", "min", "--days", "0"]
    )
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text())["count"]["best"] == 100
    told = CliRunner().invoke(dedupe_command, ["--help"]).output
    assert told.index("Example:") > told.index("ROWS are files")


def test_events_as_a_table_have_one_value_a_cell(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", RETELLINGS)
    done = CliRunner().invoke(dedupe_command, [str(rows), "--out", str(tmp_path / "events.jsonl")])
    assert done.exit_code == 0, done.output
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    for name in ("events.csv", "events.parquet"):
        done = CliRunner().invoke(dedupe_command, [str(rows), "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        path = tmp_path / name
        table = pandas.read_csv(path, keep_default_na=False) if name.endswith("csv") else pandas.read_parquet(path)
        assert list(table) == list(group_columns(load_ontology()))
        assert table["id"].tolist() == [event["id"] for event in events]
        assert table["rows"].tolist() == ["; ".join(row["id"] for row in event["rows"]) for event in events]
        assert table["n_rows"].tolist() == [len(event["rows"]) for event in events]
        assert table["count_best"].tolist() == [event["count"]["best"] for event in events]
        assert table["date_start"].tolist() == [event["date"]["start"] for event in events]


def test_events_are_not_written_to_other_files(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", RETELLINGS)
    result = CliRunner().invoke(main, ["dedupe", str(rows), "--out", str(tmp_path / "events.xlsx")])
    assert (result.exit_code, result.stderr.partition("Error: ")[2]) == (
        1,
        f"{tmp_path / 'events.xlsx'}: events are not written to a file with the suffix '.xlsx'; name one that "
        "ends in .jsonl, .csv, .parquet\n",
    )
