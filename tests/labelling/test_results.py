"""Items of a Label Studio result list, compared with what its own page wrote."""

import json
from pathlib import Path

from eventcorpus.labelling.config import read_label_config
from eventcorpus.labelling.results import results_of, results_of_mentions
from eventcorpus.predictions import PredictedMention
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span

EXPORT = Path(__file__).parents[1] / "fixtures/label-studio/ui-relations_JSON.json"
ONTOLOGY = read_label_config(
    """<View><Labels name="ent" toName="text"><Label value="Actor"/></Labels><Text name="text" value="$text"/>
    <Choices name="modality" toName="text" perRegion="true"><Choice value="asserted"/></Choices>
    <Choices name="tags" toName="text" perRegion="true" choice="multiple"><Choice value="a"/><Choice value="b"/></Choices>
    <TextArea name="note" toName="text" perRegion="true"/></View>""",
    place="ours.xml",
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


def test_a_predicted_mention_is_a_region_with_its_confidence() -> None:
    mention = PredictedMention(start=2, end=8, label="Actor", text="Rebels", confidence=0.75)
    assert results_of_mentions([mention]) == [
        {
            "id": "m1",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "score": 0.75,
            "value": {"start": 2, "end": 8, "text": "Rebels", "labels": ["Actor"]},
        }
    ]


def test_offsets_of_mentions_count_from_where_the_part_begins() -> None:
    mention = PredictedMention(start=18, end=27, label="Place", text="Northtown")
    (item,) = results_of_mentions([mention], offset=9)
    assert (item["value"]["start"], item["value"]["end"]) == (9, 18)


def test_several_choices_and_free_text_are_one_item_a_control_as_the_page_writes_them() -> None:
    attributes = (("tags", "a"), ("tags", "b"), ("note", "unclear"))
    annotated = AnnotatedArticle(Article("x", TEXT), (Span("p1", 2, 8, "Actor", attributes),), ())
    _, tags, note = results_of(annotated, ONTOLOGY)
    assert (tags["type"], tags["value"]["choices"], tags["value"]["text"]) == ("choices", ["a", "b"], "Rebels")
    assert (note["type"], note["value"]["text"], note["value"]["start"]) == ("textarea", ["unclear"], 2)
