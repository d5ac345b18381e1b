"""What a person sees who decides between annotators, and what becomes of the decision."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from eventcorpus.agreement.adjudicate import Differences, adjudication_task, describe, differences
from eventcorpus.annotation.merge import gold_of
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import adjudication_config, is_made_from, label_config, parse_config
from eventcorpus.labelstudio.tasks import simulated_export
from eventcorpus.labelstudio.texts import text_objects_of
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from label_studio_json import TEXT

ONTOLOGY = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "triggers": [{"name": "Attack"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}],
        "roles": [{"name": "agent"}, {"name": "place"}],
        "attributes": [
            {"name": "modality", "of": "triggers", "default": "actual",
             "values": [{"name": "actual"}, {"name": "denied"}]}
        ],
    },
    place="mini",
)  # fmt: skip
ARTICLE = Article("x1", TEXT)
ATTACKED, NORTHTOWN, NORTH = (7, 15, "Attack"), (16, 25, "Place"), (16, 21, "Place")
ACTUAL, DENIED = (("modality", "actual"),), (("modality", "denied"),)


def by(annotator: str, *spans: Span, roles: tuple[Role, ...] = ()) -> AnnotatedArticle:
    return AnnotatedArticle(ARTICLE, spans, ONTOLOGY.labels, roles, annotator=annotator)


A1 = by(
    "a1", Span("1:r", 0, 6, "Actor"), Span("1:t", *ATTACKED, ACTUAL), Span("1:p", *NORTHTOWN),
    roles=(Role("agent", "1:t", "1:r"), Role("place", "1:t", "1:p")),
)  # fmt: skip
A2 = by("a2", Span("2:r", 0, 6, "Actor"), Span("2:t", *ATTACKED, DENIED), Span("2:p", *NORTH))


def regions(task: dict[str, Any], version: str) -> list[dict[str, Any]]:
    (prediction,) = [p for p in task["predictions"] if p["model_version"] == version]
    return [item for item in prediction["result"] if item["type"] == "labels"]


def test_every_difference_is_listed_in_words() -> None:
    assert list(describe(differences([A1, A2]), [A1, A2])) == [
        "a1: Place 'Northtown' · a2: Place 'North'",
        "Attack 'attacked', modality: a1: actual · a2: denied (a1's is set)",
        "agent from Attack 'attacked' to Actor 'Rebels': only a1",
    ]


def test_annotators_who_say_the_same_differ_in_nothing() -> None:
    found = differences([A1, replace(A1, annotator="a2")])
    assert found == Differences((), (), ())
    assert not found


def test_spans_that_do_not_overlap_are_differences_of_their_own() -> None:
    found = differences([by("a1", Span("a", 0, 6, "Actor")), by("a2", Span("b", *NORTH))])
    assert found.spans == ((((0, 6, "Actor", 0),), ()), ((), ((16, 21, "Place", 0),)))


def test_the_task_shows_what_anybody_marked_and_whose_it_is() -> None:
    shown = regions(adjudication_task([A1, A2], ONTOLOGY), "everybody")
    assert [(r["value"]["text"], r["score"], r.get("meta")) for r in shown] == [
        ("Rebels", 1.0, None),
        ("attacked", 1.0, None),
        ("Northtown", 0.5, {"text": ["only a1"]}),
        ("North", 0.5, {"text": ["only a2"]}),
    ]


def test_the_task_has_each_annotators_own_view_and_names_them() -> None:
    task = adjudication_task([A1, A2], ONTOLOGY)
    assert [p["model_version"] for p in task["predictions"]] == ["everybody", "a1", "a2"]
    assert [r["value"]["text"] for r in regions(task, "a2")] == ["Rebels", "attacked", "North"]
    assert task["data"]["adjudicates"] == ["a1", "a2"]
    assert task["data"]["disagreements"].startswith("3 differences between a1, a2\n1. a1: Place 'Northtown'")


def test_defaults_stay_open_on_the_page() -> None:
    task = adjudication_task([A1, A2], ONTOLOGY)
    chosen = {p["model_version"]: [i for i in p["result"] if i["type"] == "choices"] for p in task["predictions"]}
    assert [len(items) for items in chosen.values()] == [0, 0, 1]


def test_the_list_of_differences_stands_on_the_page_and_takes_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "config.xml"
    path.write_text(adjudication_config(ONTOLOGY))
    assert '<Text name="disagreements" value="$disagreements"/>' in path.read_text()
    (shown,) = text_objects_of(parse_config(path.read_text(), "c.xml"), "c.xml")
    assert (shown.name, shown.key) == ("text", "text")
    assert is_made_from(ONTOLOGY, adjudication_config(ONTOLOGY)) and is_made_from(ONTOLOGY, label_config(ONTOLOGY))


def decided(tmp_path: Path, *annotations: dict[str, Any]) -> tuple[list[AnnotatedArticle], ConversionReport]:
    """Both passes, and what somebody submitted over them, read together."""
    for name, one in (("a", A1), ("b", A2)):
        (tmp_path / f"{name}.json").write_text(simulated_export([one], ONTOLOGY))
    data = adjudication_task([A1, A2], ONTOLOGY)["data"]
    (tmp_path / "decided.json").write_text(json.dumps([{"id": 9, "data": data, "annotations": list(annotations)}]))
    report = ConversionReport()
    return read_exports([tmp_path / f"{n}.json" for n in ("a", "b", "decided")], ONTOLOGY, report), report


def submitted(number: int, user: int, *versions: str, at: str = "2026-01-01") -> dict[str, Any]:
    task = adjudication_task([A1, A2], ONTOLOGY)
    items = [i for p in task["predictions"] for i in p["result"] if p["model_version"] in versions]
    return {"id": number, "completed_by": user, "updated_at": at, "was_cancelled": False, "result": items}


def test_a_decision_is_read_as_that_and_not_as_another_annotators(tmp_path: Path) -> None:
    articles, _ = decided(tmp_path, submitted(77, 1, "a2"))
    assert [one.annotator for one in articles] == ["a1", "a2", "adjudicated"]
    gold = gold_of(articles, "adjudicated", ONTOLOGY, ConversionReport())
    assert [(s.id, s.start, s.end, s.decided_by) for s in gold.spans] == [
        ("2:r", 0, 6, "agreed"), ("2:t", 7, 15, "agreed"), ("2:p", 16, 21, "adjudicated"),
    ]  # fmt: skip
    assert gold.spans[1].attributes == DENIED


def test_of_several_decisions_the_newest_counts_whoever_made_it(tmp_path: Path) -> None:
    articles, report = decided(
        tmp_path, submitted(77, 1, "a2", at="2026-01-01"), submitted(78, 5, "a1", at="2026-01-02")
    )
    assert [s.id for s in articles[-1].spans] == ["1:r", "1:t", "1:p"]
    assert report.notes["annotations replaced by a newer one of the same person"] == 1


def test_a_task_that_nobody_decided_changes_nothing(tmp_path: Path) -> None:
    articles, _ = decided(tmp_path)
    assert [one.annotator for one in articles] == ["a1", "a2"]
