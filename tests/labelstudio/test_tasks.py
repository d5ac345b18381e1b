"""Tasks out: what a task carries, how long articles are cut, what the folder holds."""

import hashlib
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.errors import InputError, OutputError, PredictionsError
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.tasks import cut_parts, task_data, tasks_of, write_tasks
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from label_studio_json import ONTOLOGY, TEXT

FIXTURES = Path(__file__).parents[1] / "fixtures/label-studio"
ARTICLE = Article("x", TEXT, outlet="Wire", tags=("a",), metadata={"n": 1})
ANNOTATED = AnnotatedArticle(
    ARTICLE,
    (Span("1:a", 0, 6, "Actor"), Span("1:t", 7, 15, "Attack", (("modality", "denied"),))),
    ONTOLOGY.labels,
    (Role("agent", "1:t", "1:a"),),
    annotator="a2",
)
PARAGRAPHS = Article("long", "Rebels attacked Northtown.\n\nThey left on Monday.\n\nNothing more.")


def prediction(article: Article, *mentions: tuple[int, int, str, float]) -> Prediction:
    found = tuple(
        PredictedMention(start=start, end=end, label=label, text=article.text[start:end], confidence=confidence)
        for start, end, label, confidence in mentions
    )
    model = ModelName(name="demo", hash="0123456789abcdef")
    return Prediction(model=model, id=article.id, text_sha256=article.text_sha256, mentions=found)


def test_a_task_carries_the_article_and_what_it_was_exported_with() -> None:
    assert task_data(ARTICLE, ONTOLOGY) == {
        "article_id": "x",
        "text": TEXT,
        "text_sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "ontology": "mini@1.0.0",
        "outlet": "Wire",
        "tags": ["a"],
        "metadata": {"n": 1},
    }


def test_a_bare_article_is_a_task_of_data_alone_with_its_number_of_words() -> None:
    assert list(tasks_of(ARTICLE, ONTOLOGY)) == [{"data": task_data(ARTICLE, ONTOLOGY) | {"n_words": 6}}]


def test_annotations_go_along_and_are_no_ground_truth() -> None:
    (task,) = tasks_of(ARTICLE, ONTOLOGY, annotated=ANNOTATED)
    (annotation,) = task["annotations"]
    assert [item.get("id") for item in annotation["result"]] == ["1：a", "1：t", "1：t", None]
    assert (annotation["was_cancelled"], annotation["ground_truth"]) == (False, False)


def test_a_prediction_goes_along_with_its_model_and_its_weakest_confidence() -> None:
    found = prediction(ARTICLE, (0, 6, "Actor", 0.9), (16, 25, "Place", 0.51239))
    (task,) = tasks_of(ARTICLE, ONTOLOGY, prediction=found)
    (shown,) = task["predictions"]
    assert (shown["model_version"], shown["score"]) == ("demo@0123456789ab", 0.5124)
    assert [item["value"]["text"] for item in shown["result"]] == ["Rebels", "Northtown"]


def test_predicted_roles_and_attributes_go_along_and_default_values_are_left_unset() -> None:
    found = prediction(ARTICLE, (0, 6, "Actor", 0.9), (7, 15, "Attack", 0.8), (29, 35, "Move", 0.7))
    said = (None, {"modality": "actual", "outcome": "killed"}, {"modality": "denied"})
    mentions = tuple(
        m.model_copy(update={"id": f"x{n}", "attributes": values})
        for n, (m, values) in enumerate(zip(found.mentions, said, strict=True))
    )
    roles = (PredictedRole(role="agent", trigger="x1", argument="x0"),)
    (task,) = tasks_of(ARTICLE, ONTOLOGY, prediction=found.model_copy(update={"mentions": mentions, "roles": roles}))
    items = task["predictions"][0]["result"]
    choices = [(i["id"], i["from_name"], i["value"]["choices"]) for i in items if i["type"] == "choices"]
    assert choices == [("m2", "outcome", ["killed"]), ("m3", "modality", ["denied"])]
    assert [(i["from_id"], i["to_id"], i["labels"]) for i in items if i["type"] == "relation"] == [
        ("m2", "m1", ["agent"])
    ]


def test_a_prediction_of_another_text_is_an_error() -> None:
    with pytest.raises(PredictionsError, match="article x: predicted on a text with sha256"):
        list(tasks_of(replace(ARTICLE, text=TEXT + " "), ONTOLOGY, prediction=prediction(ARTICLE)))


def test_a_predicted_label_that_the_project_lacks_is_an_error() -> None:
    with pytest.raises(InputError, match="article x: the label 'Weapon' is not in mini@1.0.0"):
        list(tasks_of(ARTICLE, ONTOLOGY, prediction=prediction(ARTICLE, (0, 6, "Weapon", 0.9))))


def test_parts_say_where_they_begin() -> None:
    tasks = list(tasks_of(PARAGRAPHS, ONTOLOGY, max_chars=40))
    parts = [(t["data"]["part"], t["data"]["n_parts"], t["data"]["offset"], t["data"]["text"]) for t in tasks]
    assert parts == [
        (1, 2, 0, "Rebels attacked Northtown.\n\n"), (2, 2, 28, "They left on Monday.\n\nNothing more.")
    ]  # fmt: skip
    assert {t["data"]["text_sha256"] for t in tasks} == {PARAGRAPHS.text_sha256}


def test_predicted_mentions_follow_their_part() -> None:
    found = prediction(PARAGRAPHS, (0, 6, "Actor", 0.9), (28, 32, "Actor", 0.8), (16, 32, "Place", 0.7))
    first, second = tasks_of(PARAGRAPHS, ONTOLOGY, prediction=found, max_chars=40)
    shown = [
        [(i["value"]["start"], i["value"]["text"]) for i in task["predictions"][0]["result"]]
        for task in (first, second)
    ]
    assert shown == [[(0, "Rebels")], [(0, "They")]]


def test_an_annotated_article_is_never_cut() -> None:
    annotated = AnnotatedArticle(PARAGRAPHS, (), ONTOLOGY.labels)
    with pytest.raises(InputError, match="article long: 63 characters and annotated: not cut"):
        list(tasks_of(PARAGRAPHS, ONTOLOGY, annotated=annotated, max_chars=40))


@pytest.mark.parametrize(
    ("text", "max_chars", "expected"),
    [
        ("One. Two.", 9, ["One. Two."]),
        ("One. Two.\nThree. Four.", 15, ["One. Two.\n", "Three. Four."]),
        ("One two. Three four.", 12, ["One two. ", "Three four."]),
        ("He said “no.” Then left.", 18, ["He said “no.” ", "Then left."]),
        ("one two three", 9, ["one two ", "three"]),
        ("aaaaabbbbb", 5, ["aaaaa", "bbbbb"]),
        ("", 5, [""]),
    ],
)
def test_a_text_is_cut_after_a_paragraph_else_a_sentence_else_a_word(
    text: str, max_chars: int, expected: list[str]
) -> None:
    assert [text[start:end] for start, end in cut_parts(text, max_chars)] == expected


def test_blank_lines_at_the_start_are_no_part_of_their_own() -> None:
    text = "\nOne two three four five six"
    assert [text[start:end] for start, end in cut_parts(text, 12)] == ["\nOne two ", "three four ", "five six"]


@settings(deadline=None)
@given(st.text(alphabet="ab.\n é🔥", max_size=80), st.integers(1, 30))
def test_parts_are_within_the_limit_and_together_the_text(text: str, max_chars: int) -> None:
    parts = cut_parts(text, max_chars)
    assert (parts[0][0], parts[-1][1]) == (0, len(text))
    assert all(before[1] == after[0] for before, after in pairwise(parts))
    assert all(end - start <= max_chars for start, end in parts)


def test_the_folder_holds_tasks_configuration_ontology_and_manifest(tmp_path: Path) -> None:
    tasks = [{"data": {"text": f"Text {n}."}} for n in range(1001)]
    assert write_tasks(tasks, ONTOLOGY, tmp_path / "out") == 1001
    first, second = (json.loads((tmp_path / f"out/tasks-0000{n}.json").read_text()) for n in (1, 2))
    assert (len(first), second) == (1000, [{"data": {"text": "Text 1000."}}])
    assert (tmp_path / "out/config.xml").read_text(encoding="utf-8") == label_config(ONTOLOGY)
    assert read_ontology_yaml(tmp_path / "out/ontology.yaml") == ONTOLOGY
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    written = hashlib.sha256((tmp_path / "out/tasks-00002.json").read_bytes()).hexdigest()
    assert manifest["files"]["tasks-00002.json"] == {"tasks": 1, "sha256": written}
    assert (manifest["tasks"], manifest["ontology"]) == (1001, "mini@1.0.0")


def test_exporting_nothing_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no articles to export"):
        write_tasks([], ONTOLOGY, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(OutputError, match="exists and was not written by this command"):
        write_tasks(tasks_of(ARTICLE, ONTOLOGY), ONTOLOGY, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_rerun_replaces_what_the_last_one_wrote(tmp_path: Path) -> None:
    write_tasks(({"data": {"text": "Text."}} for _ in range(1001)), ONTOLOGY, tmp_path / "out")
    write_tasks(tasks_of(ARTICLE, ONTOLOGY), ONTOLOGY, tmp_path / "out")
    files = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert files == ["config.xml", "manifest.json", "ontology.yaml", "tasks-00001.json"]
