"""Event rows as answers to the questions of IndiaPoliceEvents, on invented rows."""

from pathlib import Path

import pytest
from india_police_rows import answers_of, answers_of_words, figures, read_gold

from eventcorpus.events.rows import Argument, Row, Words

NO = {"KILL": False, "ARREST": False, "ANY": False, "FORCE": False}


def row(label: str, name: str = "a#1", *, agent: str = "", cause: tuple[str, ...] = (), **attributes: str) -> Row:
    arguments = {"agent": (Argument(Words(start=9, end=9 + len(agent), text=agent)),)} if agent else {}
    return Row(
        "a", name, label, (Words(start=0, end=3, text="did"),), attributes=attributes, arguments=arguments, cause=cause
    )


@pytest.mark.parametrize(
    ("rows", "yes"),
    [
        ([row("Casualties", agent="city police", outcome="killed")], {"KILL", "ANY"}),
        ([row("Casualties", agent="city police", outcome="injured")], {"FORCE", "ANY"}),
        ([row("Casualties", agent="a mob", outcome="killed")], set()),
        (
            [row("Casualties", "a#2", outcome="killed", cause=("a#1",)), row("Battle", agent="the police")],
            {"KILL", "FORCE", "ANY"},
        ),
        ([row("Arrest")], {"ARREST", "ANY"}),
        ([row("Arrest", agent="army")], set()),
        ([row("Movement", agent="rapid action force")], {"ANY"}),
        ([row("Arrest", agent="police", modality="planned")], set()),
        ([row("AttackOnCivilians", agent="police station")], set()),
        ([], set()),
    ],
)
def test_a_row_with_police_as_its_agent_says_yes(rows: list[Row], yes: set[str]) -> None:
    assert answers_of(rows) == NO | dict.fromkeys(yes, True)


def test_words_alone_say_yes_where_police_and_the_deed_share_a_sentence() -> None:
    assert answers_of_words("Police fired at the crowd. Two died later.") == NO | {"ANY": True, "FORCE": True}
    assert answers_of_words("") == NO


def test_a_line_is_an_article_with_its_day_and_labels(tmp_path: Path) -> None:
    file = tmp_path / "dev.tsv"
    file.write_bytes(b"This story is from March 9, 2002  anand: police fired.\t0\t0\t1\t0\t1\r\n")
    ((article, labels),) = read_gold(file)
    assert (article.id, article.published) == ("dev-0001", "2002-03-09")
    assert labels == {"KILL": False, "ARREST": False, "ANY": True, "FAIL": False, "FORCE": True}


def test_figures_are_in_per_cent() -> None:
    gold = [{"KILL": True}, {"KILL": True}, {"KILL": False}, {"KILL": False}]
    found = figures(gold, [{"KILL": True}, {"KILL": False}, {"KILL": False}, {"KILL": True}])["KILL"]
    assert (found["yes"], found["said"]) == (2, 2)
    assert [found[name][0] for name in ("precision", "recall", "f1")] == [50.0, 50.0, 50.0]
