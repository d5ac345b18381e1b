"""An export written without a server, beside one that a server wrote."""

import json
from pathlib import Path
from typing import Any

from eventcorpus.labelstudio.tasks import simulated_export
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from label_studio_json import ONTOLOGY, TEXT

SERVER_EXPORT = Path(__file__).parents[1] / "fixtures/label-studio/ui-relations_JSON.json"
ANNOTATED = AnnotatedArticle(
    Article("x", TEXT, outlet="Wire", tags=("a",), metadata={"n": 1}),
    (Span("1:a", 0, 6, "Actor"), Span("1:t", 7, 15, "Attack", (("modality", "denied"),))),
    ONTOLOGY.labels,
    (Role("agent", "1:t", "1:a"),),
    annotator="a2",
)


def shape(value: Any) -> Any:
    """The keys of a JSON value, and the kinds of what they hold."""
    return {key: type(kept).__name__ for key, kept in value.items()}


def test_a_server_export_has_the_shape_of_the_servers_own() -> None:
    (ours,) = json.loads(simulated_export([ANNOTATED], ONTOLOGY))
    servers = json.loads(SERVER_EXPORT.read_text(encoding="utf-8"))[0]
    known_nulls = {"draft_created_at": "NoneType", "lead_time": "NoneType"}
    assert shape(ours) == shape(servers)
    assert shape(ours["annotations"][0]) == shape(servers["annotations"][0]) | known_nulls


def test_a_server_export_has_one_task_a_line_and_the_same_bytes_each_time() -> None:
    content = simulated_export([ANNOTATED, ANNOTATED], ONTOLOGY)
    assert content == simulated_export([ANNOTATED, ANNOTATED], ONTOLOGY)
    assert [task["id"] for task in json.loads(content)] == [1, 2]
    assert len(content.splitlines()) == 2


def test_an_annotator_is_a_number_to_the_server() -> None:
    (task,) = json.loads(simulated_export([ANNOTATED], ONTOLOGY))
    assert (task["annotations"][0]["completed_by"], task["annotations"][0]["result_count"]) == (2, 3)
