"""MUC-4 lines: mentions as spans by slot, templates in metadata, and nothing of them lost."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.annotation.assemble import Reading, assemble
from eventcorpus.annotation.templates import KEY, templates_of
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError, SpanError
from eventcorpus.formats.muc4 import muc4_templates, read_muc4

TEXT = "the hamsin front (hf) bombed the mill. hf men shot a farmer near the mill."


def template(incident_type: str, **slots: Any) -> dict[str, Any]:
    return {"incident_type": incident_type} | {
        slot: slots.get(slot, []) for slot in ("PerpInd", "PerpOrg", "Target", "Victim", "Weapon")
    }


FRONT = [["hamsin front", 4], ["hf", 18]]
BOMBING = template("bombing", PerpOrg=[FRONT], Target=[[["mill", 33]], [["the mill", 65]]])
ATTACK = template("attack", PerpInd=[[["hf men", 39]]], PerpOrg=[[["hf", 39]], FRONT], Victim=[[["farmer", 53]]])


def line(*templates: Any, docid: str = "DEV-1", text: str = TEXT) -> str:
    return json.dumps({"docid": docid, "doctext": text, "templates": list(templates)}) + "\n"


def read(path: Path, *, refuse: bool = False) -> tuple[Reading, ConversionReport]:
    report = ConversionReport(refuse)
    reading = assemble(read_muc4([path]), None, report)
    return replace(reading, articles=list(reading.articles)), report


def test_mentions_become_spans_labelled_by_their_slot(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(line(BOMBING))
    reading, report = read(tmp_path / "x.json")
    ((split, one),) = reading.articles
    assert (split, one.article.id, one.article.text) == ("train", "DEV-1", TEXT)
    assert [(s.label, TEXT[s.start : s.end], s.start) for s in one.spans] == [
        ("PerpOrg", "hamsin front", 4), ("PerpOrg", "hf", 18), ("Target", "mill", 33), ("Target", "the mill", 65),
    ]  # fmt: skip
    assert (one.roles, one.events) == ((), ())
    assert report.notes == {"templates": 1, "fillers (sets of coreferent mentions)": 3, "mentions in fillers": 4}


def test_a_mention_that_templates_share_is_one_span_and_stays_in_both(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(line(BOMBING, ATTACK))
    reading, report = read(tmp_path / "x.json")
    one = reading.articles[0][1]
    first, second = templates_of(one)
    assert first.fillers["PerpOrg"] == (("m1", "m2"),)
    assert second.fillers["PerpOrg"] == (("m6",), ("m1", "m2"))
    assert report.kept["spans"] == len(one.spans) == 7
    assert report.notes["mentions in fillers"] == 9


@pytest.mark.parametrize("templates", [[], [BOMBING], [BOMBING, ATTACK], [template("arson")], [BOMBING, BOMBING]])
def test_the_templates_come_back_exactly(tmp_path: Path, templates: list[Any]) -> None:
    (tmp_path / "x.json").write_text(line(*templates))
    assert muc4_templates(read(tmp_path / "x.json")[0].articles[0][1]) == templates


def test_a_mention_twice_in_a_filler_comes_back_twice(tmp_path: Path) -> None:
    twice = template("bombing", PerpOrg=[[["hf", 18], ["hf", 18]]])
    (tmp_path / "x.json").write_text(line(twice))
    reading, report = read(tmp_path / "x.json")
    assert muc4_templates(reading.articles[0][1]) == [twice]
    assert report.kept["spans"] == 1


def test_a_document_without_templates_is_reviewed_and_empty(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(line() + line(BOMBING, docid="DEV-2"))
    reading, _ = read(tmp_path / "x.json")
    assert [one.status for _, one in reading.articles] == ["reviewed_empty", "annotated"]
    assert KEY not in reading.articles[0][1].article.metadata


def test_a_folder_has_the_splits_of_its_files(tmp_path: Path) -> None:
    for name in ("train", "dev"):
        (tmp_path / f"{name}.json").write_text(line(BOMBING, docid=name))
    assert [(split, one.article.id) for split, one in read(tmp_path)[0].articles] == [
        ("train", "train"), ("validation", "dev")
    ]  # fmt: skip


def test_a_mention_that_is_not_there_stops_or_is_refused_and_leaves_its_template(tmp_path: Path) -> None:
    wrong = template("bombing", PerpOrg=[[["hamsin front", 4], ["hf", 19]]], Target=[[["barn", 33]]])
    (tmp_path / "x.json").write_text(line(wrong))
    with pytest.raises(SpanError, match=r"article DEV-1: PerpOrg m2 \[19, 21\) 'hf': text does not match"):
        read(tmp_path / "x.json")
    reading, report = read(tmp_path / "x.json", refuse=True)
    assert muc4_templates(reading.articles[0][1]) == [template("bombing", PerpOrg=[[["hamsin front", 4]]])]
    assert report.as_json()["spans"] == {
        "in": 3, "kept": 1, "repaired": 0, "refused": 2, "out": 1, "flagged": 0,
        "reasons": {"refused: text does not match": 2},
    }  # fmt: skip
    assert report.notes["mentions of templates that were refused"] == 2


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"Weapon": None}, "templates.0.Weapon is None, it must be a list"),
        ({"PerpOrg": [[["hf", "18"]]]}, "templates.0.PerpOrg.0.0.1 is '18', it must be a whole number"),
        (
            {"Place": []},
            "unknown key 'templates.0.Place'; there are incident_type, PerpInd, PerpOrg, Target, Victim, Weapon",
        ),
    ],
)
def test_a_line_that_does_not_fit_is_named_with_its_key(tmp_path: Path, change: dict[str, Any], key: str) -> None:
    (tmp_path / "x.json").write_text(line(BOMBING, docid="DEV-0") + line(BOMBING | change))
    with pytest.raises(InputError) as stopped:
        read(tmp_path / "x.json")
    assert f"article DEV-1: {tmp_path.name}/x.json, line 2: {key}: does not follow the format" in str(stopped.value)
    reading, report = read(tmp_path / "x.json", refuse=True)
    assert len(reading.articles) == 1
    assert report.as_json()["articles"]["reasons"] == {"refused: does not follow the format": 1}
