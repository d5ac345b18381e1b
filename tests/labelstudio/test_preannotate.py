"""Which predictions fit which tasks of a project; what happens on a server is in ``tests/live``."""

from typing import Any

import pytest

from eventcorpus.errors import PredictionsError
from eventcorpus.labelstudio.controls import read_controls
from eventcorpus.labelstudio.live.preannotate import LiveTask, check_labels, one_version, target_fault
from eventcorpus.labelstudio.live.server import Project
from eventcorpus.labelstudio.results import ServerText
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.text import sha256_of
from label_studio_json import TEXT

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
