from typing import Any

import pytest

from eventcorpus.annotation.migrate import Migration, migration
from eventcorpus.errors import OntologyError
from eventcorpus.ontology import Ontology, ontology_yaml, parse_ontology

MINI: dict[str, Any] = {
    "name": "mini",
    "version": "2.0.0",
    "triggers": [{"name": "Attack"}, {"name": "Casualties"}],
    "entities": [{"name": "Actor"}, {"name": "Place"}],
    "roles": [
        {"name": "agent", "signatures": [{"to": ["Actor"]}]},
        {"name": "cause", "signatures": [{"from": ["Casualties"], "to": "triggers"}]},
        {"name": "same", "signatures": [{"to": "same"}], "joins_events": True},
        {"name": "free"},
    ],
    "attributes": [
        {"name": "modality", "of": "triggers", "default": "actual", "values": [{"name": "actual"}, {"name": "denied"}]},
        {"name": "outcome", "of": ["Casualties"], "values": [{"name": "killed"}]},
    ],
}


def mini(**changes: Any) -> Ontology:
    return parse_ontology(MINI | changes, place="o.yaml")


def test_labels_are_triggers_then_entities() -> None:
    assert mini().labels == ("Attack", "Casualties", "Actor", "Place")
    assert mini().key == "mini@2.0.0"


@pytest.mark.parametrize(
    ("role", "trigger", "argument", "allowed"),
    [
        ("agent", "Attack", "Actor", True),
        ("agent", "Attack", "Place", False),
        ("cause", "Casualties", "Attack", True),
        ("cause", "Attack", "Attack", False),
        ("same", "Attack", "Attack", True),
        ("same", "Attack", "Casualties", False),
        ("free", "Attack", "Place", True),
        ("unknown", "Attack", "Actor", False),
    ],
)
def test_signatures_decide_what_a_role_links(role: str, trigger: str, argument: str, allowed: bool) -> None:
    assert mini().allows(role, trigger, argument) is allowed


def test_attributes_belong_to_their_labels() -> None:
    assert [a.name for a in mini().attributes_of("Casualties")] == ["modality", "outcome"]
    assert [a.name for a in mini().attributes_of("Attack")] == ["modality"]
    assert mini().attributes_of("Actor") == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "o.yaml: unknown key 'colour'; there are schema, name, version"),
        (
            {"version": "1.0"},
            "o.yaml: version is '1.0', it must be three numbers with points between them; such as version: ",
        ),
        ({"entities": [{"name": "Attack"}]}, "o.yaml: the name 'Attack' is used twice"),
        ({"triggers": [], "entities": [], "roles": [], "attributes": []}, "o.yaml: no labels"),
        (
            {"roles": [{"name": "agent", "signatures": [{"to": ["Group"]}]}]},
            "o.yaml: role 'agent' leads to 'Group', which is no label; there are Attack, Casualties, Actor, Place",
        ),
        (
            {"roles": [{"name": "agent", "signatures": [{"from": ["Actor"], "to": ["Actor"]}]}]},
            "o.yaml: role 'agent' leads from 'Actor', which is no trigger; there are Attack, Casualties",
        ),
        (
            {"attributes": [{"name": "m", "of": "triggers", "default": "x", "values": [{"name": "y"}]}]},
            "o.yaml: attribute 'm': the default 'x' is none of its values",
        ),
        ({"changes": [{"version": "3.0.0"}]}, "o.yaml: changes must ascend by version, none above 2.0.0"),
    ],
)
def test_a_contradiction_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(OntologyError) as raised:
        mini(**changes)
    assert str(raised.value).startswith(message)


def test_yaml_reads_back_as_the_same_ontology(tmp_path: Any) -> None:
    from eventcorpus.ontology import read_ontology_yaml

    (tmp_path / "o.yaml").write_text(ontology_yaml(mini()))
    assert read_ontology_yaml(tmp_path / "o.yaml") == mini()


STEPS = [
    {"version": "1.1.0", "renamed": {"Attacker": "Actor"}, "removed": ["Mood"]},
    {
        "version": "2.0.0",
        "merged": {"Town": "Place", "Region": "Place"},
        "split": {"Event": ["Attack", "Casualties"]},
        "added": ["free"],
    },
]


def test_names_follow_the_changes_since_their_version() -> None:
    way = migration("mini@1.0.0", mini(changes=STEPS), place="x")
    assert way.name("Attacker") == "Actor"
    assert way.name("Town") == "Place"
    assert way.name("agent") == "agent"
    assert str(way.name("Mood")) == "Mood was removed in 1.1.0"
    assert str(way.name("Event")) == "Event was split into Attack and Casualties in 2.0.0: annotate it again"


def test_a_later_version_takes_fewer_steps() -> None:
    way = migration("mini@1.1.0", mini(changes=STEPS), place="x")
    assert way.name("Attacker") == "Attacker"
    assert migration("mini@2.0.0", mini(changes=STEPS), place="x") == Migration()


def test_names_that_did_not_exist_are_those_that_were_added_since() -> None:
    assert "free" in migration("mini@1.0.0", mini(changes=STEPS), place="x").added
    renamed = [
        {"version": "1.5.0", "added": ["by", "Town"]},
        {"version": "2.0.0", "renamed": {"by": "agent"}, "removed": ["Town"]},
    ]
    assert migration("mini@1.0.0", mini(changes=renamed), place="x").added == ("agent",)
    assert migration("mini@1.5.0", mini(changes=renamed), place="x").added == ()


def test_a_merged_label_was_annotated_only_if_all_its_sources_were() -> None:
    way = migration("mini@1.0.0", mini(changes=STEPS), place="x")
    assert way.labels_annotated(("Attacker", "Town", "Region", "Event")) == ("Actor", "Place")
    assert way.labels_annotated(("Attacker", "Town")) == ("Actor",)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("other@1.0.0", "annotated with ontology 'other@1.0.0', converted with 'mini@2.0.0'"),
        ("mini@9.0.0", "newer than mini@2.0.0; convert with the newer ontology"),
        ("mini@new", "'mini@new' is not name@version"),
        ("mini@1.0.0", "add to changes in the ontology: - {version: 2.0.0, renamed: {}, added: []}"),
    ],
)
def test_data_that_cannot_follow_is_refused(key: str, message: str) -> None:
    with pytest.raises(OntologyError) as raised:
        migration(key, mini(), place="x")
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["label", "text", "disagreements", "_origin"])
def test_an_attribute_cannot_have_a_name_that_is_ours(name: str) -> None:
    attribute = {"name": name, "of": ["Actor"]}
    with pytest.raises(OntologyError, match=rf"o.yaml: the name '{name}' is ours .*; call it '{name} \(attribute\)'"):
        mini(attributes=[attribute])
    assert mini(attributes=[attribute | {"name": f"{name} (attribute)"}]).attributes[0].name == f"{name} (attribute)"


def test_a_role_cannot_be_the_key_for_who_drew_a_span() -> None:
    with pytest.raises(OntologyError, match="o.yaml: the name '_origin' is ours"):
        mini(roles=[{"name": "_origin"}])
