"""docs/ontology.md shows every key of the file, in an ontology that can be read, and its defaults are true."""

from pathlib import Path

import pytest
import yaml

from doc_blocks import blocks_of
from eventcorpus import ontology as module
from eventcorpus.annotation.migrate import migration
from eventcorpus.files import StrictModel
from eventcorpus.labelstudio.config import _HOTKEYS

PAGE = (Path(__file__).parent.parent / "docs/ontology.md").read_text()
(EXAMPLE,) = [block for block in blocks_of(PAGE, name="docs/ontology.md") if block.language == "yaml"]


def test_the_example_is_a_whole_ontology() -> None:
    example = module.parse_ontology(yaml.safe_load(EXAMPLE.code), place="docs/ontology.md")
    assert set(yaml.safe_load(EXAMPLE.code)) == {
        field.alias or name for name, field in module.Ontology.model_fields.items()
    }
    assert example.event_link == "same_event"
    assert example.allows("target", "Attack", "Staff") and not example.allows("target", "Closure", "Staff")
    assert migration("health@1.0.0", example, place="an article").name("Clinic") == "Facility"


MODELS = [
    module.Label,
    module.Signature,
    module.RoleType,
    module.AttributeType,
    module.Change,
    module.Checks,
    module.RowRoles,
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_stands_on_the_page(model: type[StrictModel]) -> None:
    for name, field in model.model_fields.items():
        key = field.alias or name
        assert f"{key}:" in EXAMPLE.code or f"`{key}" in PAGE, key


def test_the_defaults_of_rows_are_those_of_the_code() -> None:
    rows = module.RowRoles()
    for names in (rows.places, rows.dates, rows.counts, rows.actors, rows.to_come):
        assert f"`[{', '.join(names)}]`" in PAGE


def test_colours_and_keys_of_labels_stay_when_one_is_added_at_the_end() -> None:
    before, after = module.label_colours(["A", "B"]), module.label_colours(["A", "B", "C"])
    assert before.items() < after.items()
    assert f"for the first {len(_HOTKEYS)} " in PAGE
