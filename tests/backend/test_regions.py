import pytest

from eventcorpus.errors import OntologyError
from eventcorpus.labelstudio.backend.protocol import MAX_CONFIG, check_labels, read_region_controls
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.controls import Controls
from eventcorpus.ontology import Label, Ontology

TWO_CONTROLS = """<View><Labels name="who" toName="body"><Label value="Actor"/><Label value="Civilian" alias="Civilians"/></Labels>
<Labels name="what" toName="body"><Label value="Battle"/></Labels><Text name="body" value="$article"/>
<Labels name="other" toName="caption"><Label value="Photo"/></Labels><Choices name="c" toName="body"><Choice value="x"/></Choices></View>"""


def test_our_own_configuration_has_our_own_names() -> None:
    ontology = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
    controls = read_region_controls(label_config(ontology), place="p")
    assert (controls.text_object, controls.text_key) == ("text", "text")
    assert controls.labels == {"Actor": "label", "Place": "label"}


def test_each_label_is_drawn_by_the_control_that_has_it_under_the_name_that_is_stored() -> None:
    controls = read_region_controls(TWO_CONTROLS, place="p")
    assert (controls.text_object, controls.text_key) == ("body", "article")
    assert controls.labels == {"Actor": "who", "Civilians": "who", "Battle": "what"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('<View><Labels name="a" toName="x"><Label value="A"/></Labels><HyperText name="x" value="$h"/></View>',
         "p: labels are drawn on HyperText, whose offsets are paths; one <Text> per article is read"),
        ('<View><Labels name="a" toName="x"/><Labels name="b" toName="y"/><Text name="x" value="$x"/><Text name="y" value="$y"/></View>',
         "p: labels are drawn on x, y; one <Text> per article is read, make a project of each"),
        ('<View><Text name="x" value="$x"/></View>', "p: no <Labels> on a <Text> in its configuration; predictions are stretches of one"),
        ('<View><Labels name="a" toName="x"/><Text name="x" value="$x" valueType="url"/></View>', "p: the text 'x' does not come from one field"),
        ('<View><Labels name="a" toName="x"/><Text name="x" value="$a and $b"/></View>', "does not come from one field of the task"),
        ('<View><Labels name="a" toName="x"/><Text name="x" value="fixed"/></View>', "does not come from one field of the task"),
        ("<View>", "p: not well-formed XML"),
        ('<!DOCTYPE x [<!ENTITY e "x">]><View>&e;</View>', "p: XML with entity definitions or external references is not read"),
        ("<View \ud800/>", "p: XML with characters that no encoding has"),
        (" " * MAX_CONFIG + "<View/>", "p: a configuration of 1,000,007 characters; at most 1,000,000 are read"),
    ],
)  # fmt: skip
def test_what_cannot_take_regions_is_refused_with_the_reason(config: str, said: str) -> None:
    with pytest.raises(OntologyError, match=said):
        read_region_controls(config, place="p")


def test_deep_nesting_is_read_or_refused_but_never_a_crash() -> None:
    deep = "<a>" * 140_000 + "</a>" * 140_000
    with pytest.raises(OntologyError, match="p: no <Labels> on a <Text>"):
        read_region_controls(deep, place="p")


def test_missing_labels_are_named_with_those_that_are_there_and_the_way_out() -> None:
    controls = read_region_controls(TWO_CONTROLS, place="project 4")
    check_labels(("Actor", "Battle"), controls, model="m@1", place="project 4")
    with pytest.raises(OntologyError) as refused:
        check_labels(("Actor", "Weapon", "Ti\nme"), controls, model="m@1", place="project 4")
    assert str(refused.value) == (
        r"project 4 has no label Weapon, Ti\nme, which the model m@1 finds; the project has Actor, Civilians, Battle; "
        "make a project from the model's ontology, or serve a model trained with these labels"
    )


def test_a_long_list_of_labels_is_counted() -> None:
    with pytest.raises(OntologyError, match="has no label L0, L1, L2, L3, L4, L5 and 4 more, which"):
        check_labels([f"L{n}" for n in range(10)], Controls("p", {}, (), {}, "t", "t"), model="m", place="p")
