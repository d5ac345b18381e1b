"""What is wrong with a file that people write: the line, the key, its value, the way out."""

from pathlib import Path

import pytest

from eventcorpus.errors import OntologyError, RecipeError
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.training.recipe import read_recipe

ONTOLOGY = """\
name: floods
version: 1.0.0
triggers:
  - name: Flood
    definition: Water over land.
  - name: Toll
entities:
  - {name: Place}
roles:
  - name: place
    signatures:
      - {from: [Flood], to: [Place]}
attributes:
  - name: modality
    of: triggers
    values: [{name: actual}, {name: planned}]
    default: actual
"""


def message_of(tmp_path: Path, text: str) -> str:
    (tmp_path / "o.yaml").write_text(text)
    with pytest.raises(OntologyError) as raised:
        read_ontology_yaml(tmp_path / "o.yaml")
    return str(raised.value).replace(f"{tmp_path}/", "")


def test_the_ontology_that_the_mistakes_are_made_in_is_right(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(ONTOLOGY)
    assert read_ontology_yaml(tmp_path / "o.yaml").labels == ("Flood", "Toll", "Place")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("entities:", "entitys:", "o.yaml: line 7: unknown key 'entitys'; did you mean 'entities'"),
        ("definition: Water", "defintion: Water", "o.yaml: line 5: unknown key 'triggers.0.defintion'; did you mean 'definition'; such as triggers: [{name: Attack, definition: violence against people}]"),
        ("[Flood], to", "[Floods], to", "o.yaml: line 12: role 'place' leads from 'Floods', which is no trigger; did you mean 'Flood'"),
        ("to: [Place]", "to: [Town]", "o.yaml: line 12: role 'place' leads to 'Town', which is no label; did you mean 'Toll'"),
        ("to: [Place]", "to: all", "o.yaml: line 12: roles.0.signatures.0.to is 'all', it must be a list or one of triggers, same; such as signatures: [{from: [Attack], to: [Actor]}]"),
        ("of: triggers", "of: [Flod]", "o.yaml: line 15: attribute 'modality' is of 'Flod', which is no label; did you mean 'Flood'"),
        ("    of: triggers\n", "", "o.yaml: line 14: attributes.0.of is missing; such as of: triggers"),
        ("values: [{name: actual}, {name: planned}]", "values: actual", "o.yaml: line 16: attributes.0.values is 'actual', it must be a list; such as values: [{name: actual}, {name: planned}]"),
        ("values: [{name: actual}, {name: planned}]", "values: [actual, planned]", "o.yaml: line 16: attributes.0.values.0 is 'actual', it must be 'key: value' lines; such as values: [{name: actual}, {name: planned}]"),
        ("{name: planned}]", "{name: actual}]", "o.yaml: line 16: attribute 'modality' has the value 'actual' twice"),
        ("default: actual", "default: actuel", "o.yaml: line 17: attribute 'modality': the default 'actuel' is none of its values; did you mean 'actual'"),
        ("name: Toll", "name: Flood", "o.yaml: line 6: the name 'Flood' is used twice; labels, roles and attributes need names of their own"),
        ("{name: Place}", "{name: Flood}", "o.yaml: line 8: the name 'Flood' is used twice; labels, roles and attributes need names of their own"),
        ("  - name: Toll\n", "  - {name: Toll, name: Flood}\n", "o.yaml: line 6: the key 'triggers.1.name' stands in line 6 too; keep one"),
        ("attributes:", "triggers:", "o.yaml: line 13: the key 'triggers' stands in line 3 too; keep one"),
        ("name: Toll", "name:", "o.yaml: line 6: triggers.1.name is None, it must be a name of at most 100 characters, without white space at its ends and control characters; such as triggers: [{name: Attack, definition: violence against people}]"),
        ("  - name: Toll\n", "  - Toll\n", "o.yaml: line 6: triggers.1 is 'Toll', it must be 'key: value' lines; such as triggers: [{name: Attack, definition: violence against people}]"),
        ("version: 1.0.0", "version: 1.0", "o.yaml: line 2: version is 1.0, it must be three numbers with points between them; such as version: \"1.0.0\""),
        ("version: 1.0.0\n", "", "o.yaml: version is missing; such as version: \"1.0.0\""),
        ("name: floods", "name: my floods", "o.yaml: line 1: name is 'my floods', it must be one word: letters, digits, _ . -; such as name: floods"),
        ("version: 1.0.0", "version: 1.0.0\nflat: perhaps", "o.yaml: line 3: flat is 'perhaps', it must be true or false"),
        ("    definition", "\tdefinition", "o.yaml: line 5: a tab, which YAML does not take here; indent with blanks"),
        ("Water over land.", "Water: over land.", "o.yaml: line 5: not valid YAML (mapping values are not allowed here); put text that has a colon and a blank into quotes"),
        ("  - name: Toll", " - name: Toll", "o.yaml: line 6: not valid YAML (expected <block end>, but found '<block sequence start>'); indent this line as the lines that it belongs with"),
        ("[{name: actual}", "[{name: actual", "o.yaml: line 16: not valid YAML (expected ',' or '}', but got ']')"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_ontology_is_told_with_its_line_and_the_way_out(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert right in ONTOLOGY
    assert message_of(tmp_path, ONTOLOGY.replace(right, wrong, 1)) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("{version: 1.0.0, renamed: {Flood: Inundation}}", "changes, 1.0.0: 'Flood' is in the ontology and 'Inundation' is not: the wrong way round; write renamed: {Inundation: Flood}"),
        ("{version: 1.0.0, renamed: {Deluge: Flod}}", "changes, 1.0.0: renamed to 'Flod', which is not in the ontology; did you mean 'Flood'"),
        ("{version: 1.0.0, added: [Weapon]}", "changes, 1.0.0: added names 'Weapon', which is not in the ontology; there are Flood, Toll, Place, place, modality"),
        ("{version: 1.0.0, merged: {Town: Places}}", "changes, 1.0.0: merged to 'Places', which is not in the ontology; did you mean 'Place'"),
        ("{version: 1.0.1}", "changes must ascend by version, none above 1.0.0"),
    ],
)  # fmt: skip
def test_a_change_that_names_what_is_not_there_is_told(tmp_path: Path, changes: str, message: str) -> None:
    assert (
        message_of(tmp_path, f"{ONTOLOGY}changes:\n  - {changes}\n")
        .removeprefix("o.yaml: line 19: ")
        .removeprefix("o.yaml: line 18: ")
        == message
    )


def test_names_that_went_again_may_stand_in_earlier_changes(tmp_path: Path) -> None:
    changes = (
        "changes:\n  - {version: 0.8.0, added: [Weapon, Event, Deluge], renamed: {Town: City}}\n"
        "  - {version: 0.9.0, removed: [Weapon], split: {Event: [Flood, Toll]}, renamed: {Deluge: Flood}}\n"
        "  - {version: 1.0.0, merged: {City: Place}}\n"
    )
    (tmp_path / "o.yaml").write_text(ONTOLOGY + changes)
    assert len(read_ontology_yaml(tmp_path / "o.yaml").changes) == 3


def test_a_mistake_in_a_recipe_is_told_by_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("encoder: bundled\nlearning_rat: 1e-4\n")
    with pytest.raises(RecipeError) as raised:
        read_recipe(tmp_path / "r.yaml")
    assert str(raised.value) == f"{tmp_path}/r.yaml: line 2: unknown key 'learning_rat'; did you mean 'learning_rate'"


def test_an_alias_that_holds_itself_ends(tmp_path: Path) -> None:
    assert (
        message_of(tmp_path, "name: &a [*a]\n")
        == "o.yaml: line 1: name is [[...]], it must be one word: letters, digits, _ . -; such as name: floods"
    )
