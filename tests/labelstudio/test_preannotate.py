"""Which predictions fit which tasks of a project; what happens on a server is in ``tests/live``."""

from collections import Counter
from typing import Any

import pytest

from eventcorpus.errors import PredictionsError, StrictError
from eventcorpus.labelstudio.controls import read_controls
from eventcorpus.labelstudio.live.preannotate import (
    LiveTask,
    PreannotateReport,
    _check,
    _compare,
    check_labels,
    one_version,
    target_fault,
)
from eventcorpus.labelstudio.live.server import Project
from eventcorpus.labelstudio.results import ServerText
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.text import sha256_of
from label_studio_json import ONTOLOGY, TEXT

PROJECT = Project(3, "first-pass", "", 0, 0)
REBELS = PredictedMention(start=0, end=6, label="Actor", text="Rebels")


def prediction(text: str = TEXT, *mentions: PredictedMention, name: str = "demo") -> Prediction:
    return Prediction(model=ModelName(name=name), id="x1", text_sha256=sha256_of(text), mentions=mentions)


def live(text: str = TEXT, **values: Any) -> LiveTask:
    start = values.get("start", 0)
    made = {"id": 7, "part": 1, "n_parts": 1, "start": start, "end": start + len(text)} | values
    return LiveTask(article_id="x1", n_predictions=0, ours=(), begun=frozenset(), text=ServerText.of(text), **made)


def test_a_prediction_of_the_same_text_fits() -> None:
    assert target_fault(prediction(TEXT, REBELS), [live()], PROJECT) is None
    assert target_fault(prediction(TEXT, REBELS), [live(), live(id=8)], PROJECT) is None


def test_parts_fit_together_whatever_their_order() -> None:
    parts = [live(TEXT[16:], part=2, n_parts=2, start=16, id=9), live(TEXT[:16], n_parts=2)]
    assert target_fault(prediction(TEXT, REBELS), parts, PROJECT) is None


@pytest.mark.parametrize(
    ("made", "tasks", "expected"),
    [
        (prediction(), [], "it is not in project 3 'first-pass'; push it there first"),
        (prediction(TEXT + "!"), [live()], "predicted on a text with sha256"),
        (prediction(), [live(), live(TEXT + " ", id=8)], "tasks 7 and 8 of project 3 'first-pass' have different texts"),
        (prediction(), [live(TEXT[:16], n_parts=2)], "part 2 of 2 is not in project 3 'first-pass'"),
        (prediction(TEXT, REBELS.model_copy(update={"end": 7})), [live()], "the mention [0, 7) is 'Rebels '"),
        (prediction(), [live(TEXT[:16], n_parts=2), live(TEXT[16:], part=2, n_parts=2, start=15, id=9)],
         "task 9 of project 3 'first-pass' says a wrong offset"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_why_and_the_way_out(made: Prediction, tasks: list[LiveTask], expected: str) -> None:
    assert (target_fault(made, tasks, PROJECT) or "").startswith(expected)


def test_a_label_that_the_project_has_not_in_one_article_stops_all() -> None:
    config = '<View><Labels name="l" toName="t"><Label value="Actor"/></Labels><Text name="t" value="$text"/></View>'
    controls = read_controls(config, place="project 3")
    group = REBELS.model_copy(update={"label": "Group"})
    check_labels({"x": prediction(TEXT, REBELS)}, controls, place="p.jsonl")
    with pytest.raises(
        PredictionsError, match=r"p.jsonl: article y: .*'Group'.* \(1 of 2 articles\); nothing was sent"
    ):
        check_labels({"x": prediction(TEXT, REBELS), "y": prediction(TEXT, group)}, controls, place="p.jsonl")


def test_a_file_has_predictions_of_one_model() -> None:
    assert one_version({"x": prediction(), "y": prediction()}, place="p.jsonl") == "demo"
    with pytest.raises(PredictionsError, match=r"p.jsonl: predictions of 2 models \(demo, other\)"):
        one_version({"x": prediction(), "y": prediction(name="other")}, place="p.jsonl")
    with pytest.raises(PredictionsError, match=r"p.jsonl: no predictions in it"):
        one_version({}, place="p.jsonl")


def test_a_role_without_a_relation_is_counted_as_that_and_not_as_one_across_a_cut() -> None:
    config = """<View><Labels name="l" toName="t"><Label value="Actor"/><Label value="Attack"/></Labels>
    <Relations><Relation value="agent"/></Relations><Text name="t" value="$text"/></View>"""
    controls = read_controls(config, place="project 3", ontology=ONTOLOGY)
    attacked = PredictedMention(
        start=7, end=15, label="Attack", text="attacked", id="e", attributes={"modality": "denied"}
    )
    roles = tuple(PredictedRole(role=name, trigger="e", argument="a") for name in ("agent", "victim"))
    said = prediction(TEXT, REBELS.model_copy(update={"id": "a"}), attacked).model_copy(update={"roles": roles})
    shown = {"x1": controls.shown(said)}
    parts = [live(TEXT[:7], n_parts=2, id=8), live(TEXT[7:], part=2, n_parts=2, start=7, id=9)]
    updates, report = _compare(parts, shown, controls, PROJECT, "demo", replace=False)
    assert ([task.id for task in updates], report.n_left_out, report.without_control.total()) == ([8, 9], 1, 2)
    report.n_left_out = 0
    with pytest.raises(StrictError, match=r"--strict: .*'modality' is not in project 3.* \(2 roles and attributes"):
        _check(report, {"x1": said}, place="p.jsonl", strict=True)
    _check(report, {"x1": said}, place="p.jsonl", strict=False)


def test_what_was_left_out_or_left_unset_is_told_with_the_way_out() -> None:
    report = PreannotateReport("demo", n_attributes=1, n_defaults=7, knows_defaults=False)
    report.without_control = Counter({f"the role {n} is not there": n for n in range(1, 8)})
    lines = list(report.notices(PROJECT, ONTOLOGY))
    assert lines[0] == "left out: 7 times: the role 7 is not there"
    assert lines[4:] == [
        "left out: 3 times: the role 3 is not there",
        "... and 3 times for 2 other reasons",
        "to show these roles and attributes, give project 3 controls for them (labelstudio push --ontology), then: "
        "labelstudio preannotate --replace",
        "project 3 'first-pass' was not made from mini@1.0.0: default values are shown as any others (--ontology names "
        "the one that it was made from)",
        "7 values left unset, as by annotators: the default in mini@1.0.0",
    ]
    assert list(PreannotateReport("demo").notices(PROJECT, ONTOLOGY)) == []
