"""What requests hold, and predictions in the words of the protocol."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.errors import OntologyError
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.controls import AttributeControl, Controls
from eventcorpus.labelstudio.ml_protocol import MAX_CONFIG, prediction_for, project_controls, project_name
from eventcorpus.labelstudio.results import ServerText
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName
from eventcorpus.schema import ChosenValue, Link, Mention
from eventcorpus.text import stored_form

ANY_TEXT = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=()), st.sampled_from("\r\n\t \U0001f525é")),
    min_size=1,
    max_size=40,
)
CONTROLS = Controls("project 4", {"Actor": "who", "Battle": "what"}, {}, {}, "body", "article")


@given(ANY_TEXT, st.data())
def test_a_region_cuts_the_same_characters_out_of_the_servers_text(original: str, data: st.DataObject) -> None:
    stored = stored_form(original)
    start = data.draw(st.integers(0, len(stored.text) - 1))
    end = data.draw(st.integers(start + 1, len(stored.text)))
    mention = Mention(start, end, "Actor", stored.text[start:end], 0.5)
    items, _ = prediction_for(ServerText(original, stored), [mention], controls=CONTROLS, model=ModelName(name="m"))
    value = items.items[0]["value"]
    assert original[value["start"] : value["end"]] == value["text"]
    assert stored_form(value["text"]).text == mention.text
    assert stored.from_original(value["start"]) == start and stored.from_original(value["end"]) == end


def test_a_prediction_is_as_sure_as_its_least_sure_mention_and_uses_the_projects_names() -> None:
    text = "Rebels attacked."
    mentions = [Mention(0, 6, "Actor", "Rebels", 0.75), Mention(7, 15, "Battle", "attacked", 0.51238)]
    model = ModelName(name="demo", hash="0123456789abcdef")
    items, _ = prediction_for(ServerText.of(text), mentions, controls=CONTROLS, model=model)
    found = items.as_json()
    assert (found["model_version"], found["score"]) == ("demo@0123456789ab", 0.5124)
    assert [(item["from_name"], item["to_name"]) for item in found["result"]] == [("who", "body"), ("what", "body")]


def test_links_are_relations_and_values_choices_as_far_as_the_project_has_controls_for_them() -> None:
    text = "Rebels attacked. Rebels fled."
    said = (ChosenValue("modality", "denied", 0.75), ChosenValue("tone", "x", 0.5))
    mentions = [
        Mention(0, 6, "Actor", "Rebels", 0.75, id="m1"),
        Mention(7, 15, "Battle", "attacked", 0.5, id="m2", links=(Link("agent", "m1", 0.5), Link("cause", "m1", 0.5))),
        Mention(24, 28, "Battle", "fled", 0.5, id="m3", attributes=said, links=(Link("same", "m2", 0.5),)),
    ]
    modality = AttributeControl("how", "choices", ("Battle",), ("actual", "denied"))
    controls = replace(CONTROLS, roles={"agent": "by", "same": "same"}, attributes={"modality": modality})
    items, shown = prediction_for(ServerText.of(text), mentions, controls=controls, model=ModelName(name="demo"))
    relations = [(i["from_id"], i["to_id"], i["labels"]) for i in items.items if i["type"] == "relation"]
    assert relations == [("m2", "m1", ["by"]), ("m3", "m2", ["same"])]
    chosen = [
        (i["id"], i["from_name"], i["value"]["choices"], i["score"]) for i in items.items if i["type"] == "choices"
    ]
    assert chosen == [("m3", "how", ["denied"], 0.75)]
    assert (items.n_mentions, items.n_roles, items.n_attributes) == (3, 2, 1)
    assert shown.left_out == {
        "the role 'cause' is not in project 4, which has agent, same": 1,
        "the attribute 'tone' is not in project 4, which has modality": 1,
    }


def test_projects_are_called_by_their_id_and_by_nothing_that_a_stranger_sends() -> None:
    assert project_name({"project": "4.1795490377"}) == "project 4"
    for body in ({}, [], {"project": 4}, {"project": "4x"}, {"project": "<b>.1"}, {"project": "9" * 40}):
        assert project_name(body) == "the project"


TWO_CONTROLS = """<View><Labels name="who" toName="body"><Label value="Actor"/><Label value="Civilian" alias="Civilians"/></Labels>
<Labels name="what" toName="body"><Label value="Battle"/></Labels><Text name="body" value="$article"/>
<Labels name="other" toName="caption"><Label value="Photo"/></Labels><Choices name="c" toName="body"><Choice value="x"/></Choices></View>"""


def controls_of(config: str, *labels: str) -> Controls:
    entities = tuple(Label.model_construct(name=label) for label in labels)  # names that no ontology could have, too
    ontology = Ontology.model_construct(name="t", version="1.0.0", entities=entities)
    body = {"schema": config, "project": "4.1"}
    return project_controls(body, "schema", ontology=ontology, model=ModelName(name="m@1"))


def test_our_own_configuration_has_our_own_names() -> None:
    ontology = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
    controls = controls_of(label_config(ontology))
    assert (controls.text_object, controls.text_key) == ("text", "text")
    assert controls.labels == {"Actor": "label", "Place": "label"}


def test_each_label_is_drawn_by_the_control_that_has_it_under_the_name_that_is_stored() -> None:
    controls = controls_of(TWO_CONTROLS)
    assert (controls.text_object, controls.text_key) == ("body", "article")
    assert controls.labels == {"Actor": "who", "Civilians": "who", "Battle": "what"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('<View><Labels name="a" toName="x"><Label value="A"/></Labels><HyperText name="x" value="$h"/></View>',
         "project 4: labels are drawn on HyperText x, whose offsets are paths in HTML"),
        ('<View><Labels name="a" toName="x"/><Labels name="b" toName="y"/><Text name="x" value="$x"/><Text name="y" value="$y"/></View>',
         "project 4: labels are drawn on x, y; predictions are for one <Text> per article, make a project of each"),
        ('<View><Text name="x" value="$x"/></View>', "project 4: no <Labels> on a <Text> in its configuration; predictions are stretches of one"),
        ('<View><Labels name="a" toName="x"/><Text name="x" value="$x" valueType="url"/></View>', "project 4: the text 'x' does not come from one field"),
        ('<View><Labels name="a" toName="x"/><Text name="x" value="$a and $b"/></View>', "does not come from one field of the task"),
        ('<View><Labels name="a" toName="x"/><Text name="x" value="fixed"/></View>', "does not come from one field of the task"),
        ("<View>", "project 4: not well-formed XML"),
        ('<!DOCTYPE x [<!ENTITY e "x">]><View>&e;</View>', "project 4: XML with entity definitions or external references is not read"),
        ("<View \ud800/>", "project 4: XML with characters that no encoding has"),
        (" " * MAX_CONFIG + "<View/>", "project 4: a configuration of 1,000,007 characters; at most 1,000,000 are read"),
    ],
)  # fmt: skip
def test_what_cannot_take_regions_is_refused_with_the_reason(config: str, said: str) -> None:
    with pytest.raises(OntologyError, match=said):
        controls_of(config)


def test_deep_nesting_is_read_or_refused_but_never_a_crash() -> None:
    deep = "<a>" * 140_000 + "</a>" * 140_000
    with pytest.raises(OntologyError, match="project 4: no <Labels> on a <Text>"):
        controls_of(deep)


def test_missing_labels_are_named_with_those_that_are_there_and_the_way_out() -> None:
    controls_of(TWO_CONTROLS, "Actor", "Battle")
    with pytest.raises(OntologyError) as refused:
        controls_of(TWO_CONTROLS, "Actor", "Weapon", "Ti\nme")
    assert str(refused.value) == (
        r"project 4 has no label Weapon, Ti\nme, which the model m@1 finds; the project has Actor, Civilians, Battle; "
        "make a project from the model's ontology, or serve a model trained with these labels"
    )


def test_a_long_list_of_labels_is_counted() -> None:
    with pytest.raises(OntologyError, match="has no label L0, L1, L2, L3, L4, L5 and 4 more, which"):
        controls_of(TWO_CONTROLS, *(f"L{n}" for n in range(10)))
