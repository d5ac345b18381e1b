"""Scoring across label sets: what is one class, what is left out, and what is an error."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventcorpus.errors import InputError
from eventcorpus.eval.class_map import ClassMap, read_class_map
from eventcorpus.eval.evaluate import score
from eventcorpus.eval.report import Report
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.render.evaluation import eval_page, report_table
from eventcorpus.schema import AnnotatedArticle, Article, Mention, Span

GOLD = Ontology(
    name="re3d", version="1.0.0", flat=False,
    entities=(Label(name="Location"), Label(name="Money"), Label(name="Organisation"), Label(name="Person")),
)  # fmt: skip
MAP = ClassMap(
    gold={"Organisation": "Party", "Person": "Party", "Location": "Place"},
    predicted={"Actor": "Party", "Source": "Party", "Place": "Place", "Facility": "Place"},
)
TEXT = "General Karim of the Hamsin Front paid Kalo cash"
ARTICLE = AnnotatedArticle(
    Article("a", TEXT),
    tuple(
        Span(str(i), start, end, label)
        for i, (start, end, label) in enumerate(
            [
                (0, 13, "Person"),
                (0, 13, "Organisation"),
                (17, 33, "Organisation"),
                (39, 43, "Location"),
                (44, 48, "Money"),
            ]
        )
    ),
    GOLD.labels,
)


def run(*mentions: tuple[int, int, str]) -> Report:
    found = [Mention(start, end, label, TEXT[start:end], 0.5) for start, end, label in mentions]
    prediction = prediction_of(ARTICLE.article, found, ModelName(name="m"))
    return score([ARTICLE], [prediction], GOLD, name="re3d", split="test", class_map=MAP)


def test_labels_of_one_class_are_one_and_the_rest_is_left_out_and_counted() -> None:
    report = run(
        (0, 13, "Actor"),
        (0, 13, "Source"),
        (17, 33, "Source"),
        (39, 43, "Facility"),
        (34, 38, "Battle"),
        (44, 48, "Count"),
    )
    assert list(report.exact.labels) == ["Party", "Place"]
    assert [(row.correct, row.predicted, row.support) for row in report.exact.labels.values()] == [(2, 2, 2), (1, 1, 1)]
    assert report.classes is not None
    assert (report.classes.gold.left_out, report.classes.gold.twins) == ({"Money": 1}, 1)
    assert (report.classes.predicted.left_out, report.classes.predicted.twins) == ({"Battle": 1, "Count": 1}, 1)
    assert report.classes.gold.classes == MAP.gold
    assert report.ontology == "re3d@1.0.0"


def test_an_overlap_is_right_once_and_exact_it_is_wrong() -> None:
    report = run((8, 13, "Actor"), (0, 7, "Actor"), (21, 33, "Actor"))
    assert report.overlap is not None
    assert (report.exact.labels["Party"].correct, report.overlap.labels["Party"].correct) == (0, 2)
    assert report.overlap.micro.recall == pytest.approx(2 / 3)


def test_the_hash_is_of_the_predictions_as_they_came() -> None:
    assert run((0, 13, "Actor")).predictions_sha256 != run((0, 13, "Source")).predictions_sha256


def test_the_table_and_the_page_show_classes_and_overlap() -> None:
    report = run((17, 33, "Actor"))
    table = report_table(report)
    assert list(table.columns[0].cells) == ["Party", "Place", "micro", "macro"]
    assert [list(column.cells) for column in table.columns if column.header == "overlap\nF1"] == [
        ["66.7", "0.0", "50.0", "33.3"]
    ]
    page = eval_page(report, [], [], GOLD)
    assert "Organisation is Party" in page and "Money 1" in page and "micro F1, overlap" in page


def test_a_report_of_an_earlier_version_still_reads_and_has_no_overlap_column() -> None:
    data = json.loads(run((17, 33, "Actor")).model_dump_json(by_alias=True))
    old = Report.model_validate({key: value for key, value in data.items() if key not in ("overlap", "classes")})
    assert "overlap\nF1" not in [column.header for column in report_table(old).columns]
    assert "overlap" not in eval_page(old, [], [], GOLD).partition('<h2 id="labels">')[0].partition("</style>")[2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"gold": {"Organization": "Party"}, "predicted": {"Actor": "Party"}}, "gold: the dataset has no label 'Organization'; did you mean 'Organisation'"),
        ({"gold": {"Person": "Party"}}, "predicted is missing"),
        ({"gold": {"Person": None}, "predicted": {"Actor": "Party"}}, "line 2: gold.Person is None, it must be a name of at most 100 characters"),
        ({"gold": {"Person": "Party"}, "predicted": {"Actor": "Party"}, "labels": {}}, "line 3: unknown key 'labels'; there are gold, predicted"),
    ],
)  # fmt: skip
def test_a_map_that_does_not_fit_is_an_error(tmp_path: Path, content: Any, message: str) -> None:
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError) as stopped:
        read_class_map(tmp_path / "m.yaml", GOLD.labels)
    assert message in str(stopped.value)


def test_a_gold_label_that_the_data_lacks_is_hinted_at(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "m.yaml").write_text(
        yaml.safe_dump({"gold": {"Person": "P", "Moneys": "M"}, "predicted": {"Actor": "P"}})
    )
    with caplog.at_level("INFO", logger="eventcorpus"):
        read_class_map(tmp_path / "m.yaml", GOLD.labels)
    assert caplog.messages == [f"{tmp_path / 'm.yaml'}: gold: the dataset has no label 'Moneys'; did you mean 'Money'"]


def test_the_shipped_map_reads(caplog: pytest.LogCaptureFixture) -> None:
    path = Path(__file__).parents[2] / "corpus/maps/re3d-eval.yaml"
    with caplog.at_level("INFO", logger="eventcorpus"):
        class_map = read_class_map(path, ["Location", "Organisation", "Person", "Temporal"])
    assert (class_map.classes, caplog.messages) == (("Party", "Location", "Time"), [])
