"""The Label Studio configuration: what is written from an ontology, and what is read from anyone's project."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from eventcorpus.errors import InputError, OntologyError
from eventcorpus.labelstudio.config import (
    adjudication_config,
    config_ontology,
    is_made_from,
    label_config,
    parse_config,
    read_label_config,
    read_ontology,
    remembered_ontology,
)
from eventcorpus.labelstudio.texts import text_objects_of
from eventcorpus.ontology import Ontology, ontology_yaml, parse_ontology
from label_studio_json import ONTOLOGY

ROOT = Path(__file__).parents[2]
LABELS = '<Labels name="l" toName="t"><Label value="Actor"/></Labels>'


def names(config: str, tag: str) -> list[str | None]:
    return [element.get("value") for element in ElementTree.fromstring(config).iter(tag)]


def test_the_shipped_configuration_is_that_of_the_shipped_ontology() -> None:
    expected = label_config(read_ontology(ROOT / "corpus/ontology.yaml"))
    assert (ROOT / "corpus/labelling/config.xml").read_text(encoding="utf-8") == expected


def test_labels_relations_and_choices_are_those_of_the_ontology_in_its_order() -> None:
    config = label_config(ONTOLOGY)
    assert names(config, "Label") == ["Attack", "Move", "Actor", "Place"]
    assert names(config, "Relation") == ["agent", "place", "same"]
    assert names(config, "Choice") == ["actual", "denied", "killed", "injured"]


def test_an_attribute_is_asked_once_a_region_of_its_labels_only() -> None:
    modality, outcome = ElementTree.fromstring(label_config(ONTOLOGY)).iter("Choices")
    assert (modality.get("whenLabelValue"), outcome.get("whenLabelValue")) == ("Attack,Move", "Attack")
    assert (outcome.get("perRegion"), outcome.get("choice"), outcome.get("whenTagName")) == ("true", "single", "label")


def test_text_keeps_its_blanks_and_selections_snap_to_words() -> None:
    config = label_config(ONTOLOGY)
    assert '<View style="white-space: pre-wrap">' in config
    assert '<Text name="text" value="$text" granularity="word"/>' in config


def test_no_two_labels_share_a_colour_or_a_hotkey() -> None:
    labels = list(ElementTree.fromstring((ROOT / "corpus/labelling/config.xml").read_text()).iter("Label"))
    assert len({label.get("background") for label in labels}) == len(labels) == 20
    assert len({label.get("hotkey") for label in labels}) == 20


def test_labels_beyond_the_hotkeys_have_none() -> None:
    many = [{"name": f"L{n}"} for n in range(40)]
    labels = list(ElementTree.fromstring(label_config(parse_ontology(
        {"name": "many", "version": "1.0.0", "entities": many}, place="test"
    ))).iter("Label"))  # fmt: skip
    assert [label.get("hotkey") for label in labels[32:37]] == ["b", "n", "m", None, None]


def test_hotkeys_go_on_with_the_values_of_attributes_and_leave_out_the_key_that_lets_go_of_a_region() -> None:
    page = ElementTree.parse(ROOT / "corpus/labelling/config.xml").getroot()
    keys = [e.get("hotkey") for tag in ("Label", "Choice") for e in page.iter(tag)]
    assert "".join(map(str, keys)) == "1234567890qwertyiopasdfghjklzxcv"


def test_headline_date_outlet_and_id_stand_above_the_text_and_cannot_be_labelled() -> None:
    page = ElementTree.fromstring(label_config(ONTOLOGY))
    order = [e.get("value") for e in page.iter() if e.tag in ("Header", "Text")]
    assert order == ["$title", "$article_id", "$published", "$outlet", "$text"]
    assert {(e.get("name"), e.get("toName")) for e in page.iter("Header")} == {(None, None)}
    assert {e.get("toName") for e in page.iter() if e.get("toName")} == {"text"}


def test_a_label_says_what_it_means_in_one_line() -> None:
    odd = {"name": "A", "definition": 'Two\nlines, \x07 "<b>" & $5.', "examples": ["x", "y"]}
    ontology = parse_ontology({"name": "odd", "version": "1.0.0", "entities": [odd]}, place="test")
    (label,) = ElementTree.fromstring(label_config(ontology)).iter("Label")
    assert label.get("hint") == 'Two lines,   "<b>" & $5. Examples: x, y'


@pytest.mark.parametrize("name", ['a "b" <c> & d', "Zürn 🔥", "it's"])
def test_names_with_markup_survive_the_configuration(name: str) -> None:
    ontology = parse_ontology({"name": "odd", "version": "1.0.0", "entities": [{"name": name}]}, place="test")
    assert read_label_config(label_config(ontology), place="c.xml").labels == (name,)


def test_an_ontology_name_with_two_dashes_makes_well_formed_xml() -> None:
    ontology = parse_ontology({"name": "a--b", "version": "1.0.0", "entities": [{"name": "X"}]}, place="test")
    assert read_label_config(label_config(ontology), place="c.xml").labels == ("X",)


def test_a_configuration_read_back_has_the_same_names_and_no_constraints() -> None:
    read = read_label_config(label_config(ONTOLOGY), place="my project.xml")
    assert read.key == "my-project@1.0.0"
    assert (read.labels, read.trigger_names, read.flat) == (("Attack", "Move", "Actor", "Place"), (), False)
    assert [(role.name, role.signatures) for role in read.roles] == [("agent", ()), ("place", ()), ("same", ())]
    assert [(a.name, a.of, [v.name for v in a.values], a.default) for a in read.attributes] == [
        ("modality", ("Attack", "Move"), ["actual", "denied"], None),
        ("outcome", ("Attack",), ["killed", "injured"], None),
    ]


def test_only_choices_per_region_are_attributes() -> None:
    config = f"""<View>{LABELS}
      <Choices name="relevance" toName="t"><Choice value="yes"/></Choices>
      <Choices name="mode" toName="t" perRegion="true"><Choice value="denied"/></Choices></View>"""
    assert [(a.name, a.of) for a in read_label_config(config, place="c.xml").attributes] == [("mode", ("Actor",))]


def test_an_alias_is_the_name_that_exports_hold() -> None:
    config = """<View><Labels name="l" toName="t"><Label value="Armed group" alias="ACT"/></Labels>
      <Choices name="mode" toName="t" perRegion="true"><Choice value="It happened" alias="actual"/></Choices></View>"""
    read = read_label_config(config, place="c.xml")
    assert (read.labels, read.attributes[0].values[0].name) == (("ACT",), "actual")


def test_a_label_of_two_controls_is_one_label() -> None:
    assert read_label_config(f"<View>{LABELS}{LABELS}</View>", place="c.xml").labels == ("Actor",)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">',
        '<!ENTITY secret SYSTEM "file:///etc/passwd">',
        '<!ENTITY % remote SYSTEM "http://example.com/x.dtd">',
    ],
)
def test_xml_with_entity_definitions_is_refused(declaration: str) -> None:
    with pytest.raises(OntologyError, match="c.xml: XML with entity definitions or external references is not read"):
        read_label_config(f"<!DOCTYPE View [{declaration}]><View>{LABELS}</View>", place="c.xml")


def test_xml_that_is_not_well_formed_names_its_place() -> None:
    with pytest.raises(OntologyError, match=r"c\.xml: not well-formed XML \(mismatched tag: line 1, column \d+\)"):
        read_label_config("<View><Labels></View>", place="c.xml")


def test_a_configuration_without_labels_is_an_error() -> None:
    with pytest.raises(OntologyError, match="no <Label> in this configuration"):
        read_label_config("<View><Choices name='c'><Choice value='x'/></Choices></View>", place="c.xml")


def test_the_ending_says_whether_an_ontology_is_yaml_or_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(ontology_yaml(ONTOLOGY), encoding="utf-8")
    (tmp_path / "o.XML").write_text(label_config(ONTOLOGY), encoding="utf-8")
    assert read_ontology(tmp_path / "o.yaml") == ONTOLOGY
    assert read_ontology(tmp_path / "o.XML") == ONTOLOGY
    (tmp_path / "other.xml").write_text(f"<View>{LABELS}</View>", encoding="utf-8")
    assert read_ontology(tmp_path / "other.xml").key == "other@1.0.0"


HOSTILE = parse_ontology(
    {
        "name": "odd--", "version": "1.2.3", "flat": False,
        "triggers": [{"name": "--> <b>", "definition": "-- --- ----> \x01 \ud800 🔥 -", "examples": ["-", "--"]}],
        "entities": [{"name": "Людина 🔥"}],
        "checks": {"patterns": {"Людина 🔥": [r"/\d--\w/"]}},
    },
    place="test",
)  # fmt: skip


@pytest.mark.parametrize("ontology", [ONTOLOGY, HOSTILE])
def test_a_configuration_remembers_the_ontology_that_it_was_made_from(ontology: Ontology) -> None:
    for config in (label_config(ontology), adjudication_config(ontology)):
        assert remembered_ontology(config, place="c.xml") == ontology
        assert is_made_from(ontology, config)
        assert config.isascii() or "🔥" in config


def test_a_configuration_of_somebody_else_remembers_none() -> None:
    assert remembered_ontology(f"<View>{LABELS}</View>", place="c.xml") is None


def test_a_damaged_ontology_in_a_configuration_is_an_error_with_the_way_out() -> None:
    config = label_config(ONTOLOGY).replace('{"schema"', '{"schema').replace('{"name"', '{"name', 1)
    with pytest.raises(OntologyError) as error:
        remembered_ontology(config, place="c.xml")
    assert str(error.value) == (
        "c.xml: the ontology in its comment is damaged; name it with --ontology, or take the comment out"
    )


def test_what_people_change_of_the_looks_leaves_a_configuration_that_of_its_ontology() -> None:
    config = label_config(ONTOLOGY)
    looks = re.sub(r'background="#\w+"', 'background="#123456"', config).replace('hotkey="1"', 'hotkey="m"')
    looks = re.sub(r" *<Header[^>]*>\n", "", looks).replace('granularity="word"', 'granularity="symbol"')
    assert looks != config and config_ontology(looks, place="c.xml") == ONTOLOGY


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<Label value="Actor"', '<Label value="Ship"/><Label value="Actor"'),
        ('<Relation value="agent"/>', ""),
        ('<Choice value="denied"', '<Choice value="maybe"/><Choice value="denied"'),
        ('whenLabelValue="Attack"', 'whenLabelValue="Move"'),
    ],
)
def test_a_configuration_that_offers_something_else_is_read_as_it_is(old: str, new: str) -> None:
    config = label_config(ONTOLOGY)
    assert old in config
    changed = config.replace(old, new)
    assert not is_made_from(ONTOLOGY, changed)
    assert config_ontology(changed, place="c.xml") == read_label_config(changed, place="c.xml")


def test_a_page_of_an_earlier_version_names_its_ontology_alone() -> None:
    earlier = re.sub(r" *<!-- eventcorpus ontology.*\n| *<Header.*\n| hint=\"[^\"]*\"", "", label_config(ONTOLOGY))
    newer = parse_ontology(ONTOLOGY.model_dump(by_alias=True, mode="json") | {"version": "1.1.0"}, place="test")
    assert remembered_ontology(earlier, place="c.xml") is None
    assert (is_made_from(ONTOLOGY, earlier), is_made_from(newer, earlier)) == (True, False)


def test_a_missing_ontology_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_ontology(tmp_path / "o.xml")


CONTROLS = """<View><Labels name="ent" toName="body"><Label value="Actor"/></Labels><Text name="head" value="$title"/>
<Text name="body" value="$article"/><Taxonomy name="type" toName="body" perRegion="true">
<Choice value="Violence"><Choice value="Clash"/></Choice><Choice value="Protest"/></Taxonomy>
<TextArea name="note" toName="body" perRegion="true"/><Choices name="all" toName="body"><Choice value="yes"/></Choices>
<Choices name="tags" toName="body" perRegion="true" choice="multiple"><Choice value="a"/></Choices></View>"""


def test_controls_for_each_region_become_attributes() -> None:
    ontology = read_label_config(CONTROLS, place="c.xml")
    assert [(a.name, [v.name for v in a.values], a.multiple) for a in ontology.attributes] == [
        ("type", ["Violence", "Violence > Clash", "Protest"], True), ("note", [], True), ("tags", ["a"], True)
    ]  # fmt: skip


def objects(config: str) -> list[tuple[str | None, str, str | None]]:
    found = text_objects_of(parse_config(config, "c.xml"), "c.xml")
    return [(shown.name, shown.key, shown.turn_key) for shown in found]


def test_the_text_is_the_object_that_labels_are_drawn_on() -> None:
    assert objects(CONTROLS) == [("body", "article", None)]


def test_several_texts_with_labels_are_all_read_in_their_order() -> None:
    config = """<View><Labels name="a" toName="x"/><Labels name="b" toName=" y , z"/><Text name="y" value="$y"/>
      <Text name="x" value="$x"/><Paragraphs name="z" value="$talk" textKey="said"/><Text name="w" value="$w"/></View>"""
    assert objects(config) == [("y", "y", None), ("x", "x", None), ("z", "talk", "said")]


def test_labels_on_hypertext_are_an_error_that_says_where_to_annotate() -> None:
    config = f"<View>{LABELS}<HyperText name='t' value='$h'/></View>"
    with pytest.raises(OntologyError, match="labels are drawn on HyperText t, .*; annotate the plain text .* <Text>"):
        objects(config)


def test_free_text_and_several_choices_are_written_as_such() -> None:
    config = label_config(read_label_config(CONTROLS, place="c.xml"))
    assert '<TextArea name="note" toName="text" perRegion="true" editable="true"' in config
    assert '<Choices name="tags" toName="text" perRegion="true" choice="multiple"' in config


@pytest.mark.parametrize("name", ["label", "text", "disagreements"])
def test_a_control_of_another_project_that_has_a_name_of_ours_is_an_attribute_of_another_name(name: str) -> None:
    config = f'<View>{LABELS}<Text name="t" value="$t"/><TextArea name="{name}" toName="t" perRegion="true"/></View>'
    ontology = read_label_config(config, place="config.xml")
    assert [attribute.name for attribute in ontology.attributes] == [f"{name} (attribute)"]
    assert label_config(ontology).count(f'name="{name}"') == (0 if name == "disagreements" else 1)
