"""Items of a Label Studio result list, compared with what its own page wrote."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.labelstudio.config import read_label_config
from eventcorpus.labelstudio.controls import read_controls
from eventcorpus.labelstudio.results import ServerText, region_id, results_of, results_of_prediction, span_id_of
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from eventcorpus.text import stored_form

EXPORT = Path(__file__).parents[1] / "fixtures/label-studio/ui-relations_JSON.json"
CONFIG = """<View><Labels name="ent" toName="text"><Label value="Actor"/></Labels><Text name="text" value="$text"/>
    <Choices name="modality" toName="text" perRegion="true"><Choice value="asserted"/></Choices>
    <Choices name="tags" toName="text" perRegion="true" choice="multiple"><Choice value="a"/><Choice value="b"/></Choices>
    <TextArea name="note" toName="text" perRegion="true"/></View>"""
ONTOLOGY = read_label_config(CONFIG, place="ours.xml")
FOREIGN = read_controls(
    """<View><Labels name="who" toName="body"><Label value="Actor"/><Label value="Place"/><Label value="Attack"/></Labels>
    <Labels name="when" toName="body"><Label value="Time"/></Labels>
    <Relations><Relation value="agent"/></Relations><Text name="body" value="$article"/>
    <Choices name="side" toName="body" perRegion="true" choice="multiple" whenLabelValue="Actor">
      <Choice value="north"/><Choice value="south"/></Choices>
    <Taxonomy name="kind" toName="body" perRegion="true"><Choice value="Violence"><Choice value="Shelling"/></Choice></Taxonomy>
    <TextArea name="note" toName="body" perRegion="true"/><Number name="toll" toName="body" perRegion="true"/>
    <Rating name="sure" toName="body" perRegion="true"/></View>""",
    place="project 4 'foreign'",
)
TEXT = "🔥 Rebels attacked Northtown on Monday."


def test_items_are_those_that_the_page_itself_wrote() -> None:
    (task, *_) = json.loads(EXPORT.read_text(encoding="utf-8"))
    written = task["annotations"][0]["result"]
    spans = (
        Span("YVlv140QtE", 2, 8, "Actor"),
        Span("mSDOra26Lg", 18, 27, "Place"),
        Span("5qOZtCpET3", 9, 17, "EventTrigger", (("modality", "asserted"),)),
    )
    roles = (Role("perpetrator", "5qOZtCpET3", "YVlv140QtE"),)
    ours = results_of(AnnotatedArticle(Article("plain", task["data"]["text"]), spans, (), roles), ONTOLOGY)
    controls = {"label": "ent"}
    assert [item | ({"from_name": controls.get(item["from_name"], item["from_name"])} if "id" in item else {})
            for item in ours] == written  # fmt: skip


def test_origin_goes_along() -> None:
    spans = (Span("p1", 2, 8, "Actor", origin="prediction"),)
    (item,) = results_of(AnnotatedArticle(Article("x", TEXT), spans, ()), ONTOLOGY)
    assert item["origin"] == "prediction"


def test_nothing_annotated_gives_no_items() -> None:
    assert results_of(AnnotatedArticle(Article("x", TEXT), (), ("Actor",)), ONTOLOGY) == []


def predicted(*mentions: PredictedMention, roles: tuple[PredictedRole, ...] | None = None) -> Prediction:
    return Prediction(model=ModelName(name="demo"), id="x", text_sha256="", mentions=mentions, roles=roles)


def test_a_predicted_mention_is_a_region_with_its_confidence() -> None:
    mention = PredictedMention(start=2, end=8, label="Actor", text="Rebels", confidence=0.75)
    found = results_of_prediction(predicted(mention), read_controls(CONFIG, place="ours.xml"))
    assert found.items == [
        {
            "id": "m1",
            "from_name": "ent",
            "to_name": "text",
            "type": "labels",
            "score": 0.75,
            "value": {"start": 2, "end": 8, "text": "Rebels", "labels": ["Actor"]},
        }
    ]
    assert (found.n_mentions, found.n_roles, found.n_attributes, found.score) == (1, 0, 0, 0.75)


ATTACK = (
    PredictedMention(start=2, end=8, label="Actor", text="Rebels", id="T1#a", attributes={"side": ("north", "south")}),
    PredictedMention(
        start=9, end=17, label="Attack", text="attacked", confidence=0.25, id="E1", attribute_confidences={"kind": 0.5},
        attributes={"kind": "Violence > Shelling", "note": "unclear", "toll": "12", "sure": "4"},
    ),
    PredictedMention(start=31, end=37, label="Time", text="Monday"),
)  # fmt: skip


def test_attributes_and_roles_are_said_by_the_controls_of_the_project() -> None:
    role = PredictedRole(role="agent", trigger="E1", argument="T1#a")
    found = results_of_prediction(predicted(*ATTACK, roles=(role,)), FOREIGN)
    regions = [(i["id"], i["from_name"], i["type"]) for i in found.items if "id" in i]
    assert regions == [
        ("m1", "who", "labels"), ("m1", "side", "choices"), ("m2", "who", "labels"), ("m2", "kind", "taxonomy"),
        ("m2", "note", "textarea"), ("m2", "toll", "number"), ("m2", "sure", "rating"), ("m3", "when", "labels"),
    ]  # fmt: skip
    values = {i["from_name"]: i["value"] for i in found.items if "id" in i and i["type"] != "labels"}
    place = {"start": 9, "end": 17, "text": "attacked"}
    assert values == {
        "side": {"start": 2, "end": 8, "text": "Rebels", "choices": ["north", "south"]},
        "kind": place | {"taxonomy": [["Violence", "Shelling"]]},
        "note": place | {"text": ["unclear"]},
        "toll": place | {"number": 12},
        "sure": place | {"rating": 4},
    }
    assert {i["to_name"] for i in found.items if "id" in i} == {"body"}
    scores = [(i["id"], i["from_name"], i["score"]) for i in found.items if "score" in i]
    assert scores == [("m1", "who", 1.0), ("m2", "who", 0.25), ("m2", "kind", 0.5), ("m3", "when", 1.0)]
    assert found.items[-1] == {
        "from_id": "m2", "to_id": "m1", "type": "relation", "direction": "right", "labels": ["agent"]
    }  # fmt: skip
    assert (found.n_mentions, found.n_roles, found.n_attributes, found.score) == (3, 1, 5, 0.25)


def test_names_and_paths_are_written_as_the_project_has_them() -> None:
    controls = read_controls(
        """<view><labels name="who" toName="body"><label value="Actor"/><label value="Place"/></labels>
        <Relations><Relation value="Place"/></Relations><Text name="body" value="$article"/>
        <Choices name="Actor" toName="body" perRegion="true" allowNested="true"><Choice value="state">
          <Choice value="army"/></Choice></Choices>
        <DateTime name="seen" toName="body" perRegion="true"/></view>""",
        place="project 5",
    )
    said = {"Actor (attribute)": "state > army", "seen": "2024-02-26"}
    rebels = PredictedMention(start=2, end=8, label="Actor", text="Rebels", confidence=1.0, id="a", attributes=said)
    town = PredictedMention(start=18, end=27, label="Place", text="Northtown", confidence=1.0, id="b")
    role = PredictedRole(role="Place (role)", trigger="a", argument="b")
    assert controls.fault(predicted(rebels, town, roles=(role,))) is None
    items = results_of_prediction(predicted(rebels, town, roles=(role,)), controls).items
    by_type = {item["type"]: item for item in items}
    assert by_type["choices"]["from_name"] == "Actor"
    assert by_type["choices"]["value"]["choices"] == [["state", "army"]]
    assert (by_type["datetime"]["from_name"], by_type["datetime"]["value"]["datetime"]) == ("seen", "2024-02-26")
    assert by_type["relation"]["labels"] == ["Place"]


def test_a_part_gets_what_lies_inside_and_roles_whose_both_ends_do() -> None:
    roles = (PredictedRole(role="agent", trigger="E1", argument="T1#a"),)
    whole, second = (
        results_of_prediction(predicted(*ATTACK, roles=roles), FOREIGN, start=s, end=e) for s, e in ((0, 18), (9, 39))
    )
    assert [i["value"]["text"] for i in whole.items if i.get("type") == "labels"] == ["Rebels", "attacked"]
    assert [(i["value"]["start"], i["value"]["text"]) for i in second.items if i.get("type") == "labels"] == [
        (0, "attacked"), (22, "Monday"),
    ]  # fmt: skip
    assert (whole.n_roles, second.n_roles) == (1, 0)


def test_offsets_are_those_of_the_text_on_the_server() -> None:
    original = "Rebels\r\nattacked.\r\nMonday"
    stored = stored_form(original)
    start = stored.text.index("Monday")
    mention = PredictedMention(start=start, end=start + 6, label="Time", text="Monday")
    (item,) = results_of_prediction(predicted(mention), FOREIGN, server_text=ServerText(original, stored)).items
    assert item["value"]["text"] == original[item["value"]["start"] : item["value"]["end"]] == "Monday"


def test_several_choices_and_free_text_are_one_item_a_control_as_the_page_writes_them() -> None:
    attributes = (("tags", "a"), ("tags", "b"), ("note", "unclear"))
    annotated = AnnotatedArticle(Article("x", TEXT), (Span("p1", 2, 8, "Actor", attributes),), ())
    _, tags, note = results_of(annotated, ONTOLOGY)
    assert (tags["type"], tags["value"]["choices"], tags["value"]["text"]) == ("choices", ["a", "b"], "Rebels")
    assert (note["type"], note["value"]["text"], note["value"]["start"]) == ("textarea", ["unclear"], 2)


@given(st.text(st.characters(max_codepoint=0xFEFF), max_size=20))
def test_any_id_comes_back_and_needs_no_escape_in_css(name: str) -> None:
    assert span_id_of(region_id(name)) == name
    assert not re.search(r"[ -,./:-@\[-^`{-~]", region_id(name))


@pytest.mark.parametrize("drawn", ["aB3_x-9Zq1", "region1", "Ünïcödé"])
def test_ids_that_the_page_makes_stay(drawn: str) -> None:
    assert region_id(drawn) == span_id_of(drawn) == drawn
