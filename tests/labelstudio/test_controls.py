"""What a configuration lets one say, and what a prediction says that it does not."""

from pathlib import Path
from typing import Any

import pytest

from eventcorpus.errors import OntologyError
from eventcorpus.labelstudio.config import label_config, read_ontology
from eventcorpus.labelstudio.controls import ontology_controls, read_controls
from eventcorpus.ontology import parse_ontology
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from label_studio_json import MINI, ONTOLOGY

NOTED = parse_ontology(
    MINI | {"attributes": [*MINI["attributes"], {"name": "note", "of": ["Actor"]}, {"name": "kinds", "of": "triggers",
    "values": [{"name": "a & b"}, {"name": "c"}], "multiple": True}]}, place="noted.yaml",
)  # fmt: skip
SHIPPED = read_ontology(Path(__file__).parents[2] / "corpus/ontology.yaml")


@pytest.mark.parametrize("ontology", [ONTOLOGY, NOTED, SHIPPED], ids=["mini", "noted", "shipped"])
def test_what_we_write_for_an_ontology_reads_as_its_controls(ontology: Any) -> None:
    assert read_controls(label_config(ontology), place=ontology.key) == ontology_controls(ontology)


def fault(*mentions: dict[str, Any], roles: tuple[tuple[str, str, str], ...] = ()) -> str:
    made = [
        {"start": 0, "end": 6, "text": "Rebels", "label": "Attack", "id": str(n)} | m for n, m in enumerate(mentions)
    ]
    prediction = Prediction(
        model=ModelName(name="demo"), id="x", text_sha256="",
        mentions=tuple(PredictedMention(**m) for m in made),
        roles=tuple(PredictedRole(role=r, trigger=t, argument=a) for r, t, a in roles),
    )  # fmt: skip
    return read_controls(label_config(NOTED), place="project 3 'mini'").fault(prediction) or ""


@pytest.mark.parametrize(
    ("mention", "expected"),
    [
        ({"label": "Weapon"}, "the label 'Weapon' is not in project 3 'mini', which has Attack, Move, Actor, Place; predict"),
        ({"attributes": {"tone": "x"}}, "the attribute 'tone' is not in project 3 'mini', which has modality, outcome"),
        ({"label": "Move", "attributes": {"outcome": "killed"}}, "Move cannot have the attribute 'outcome' in"),
        ({"attributes": {"modality": "maybe"}}, "'modality'='maybe' cannot be said in project 3 'mini'; the attribute takes actual, denied"),
        ({"attributes": {"modality": ("actual", "denied")}}, "'modality'='actual, denied' cannot be said"),
        ({"attributes": {"kinds": ()}}, "'kinds'='' cannot be said"),
    ],
)  # fmt: skip
def test_what_the_project_has_not_is_named_with_what_it_has(mention: dict[str, Any], expected: str) -> None:
    assert fault(mention).startswith(expected)


def test_a_role_that_the_project_has_not_is_named() -> None:
    assert fault({}, {"label": "Actor"}, roles=(("victim", "0", "1"),)).startswith(
        "the role 'victim' is not in project 3 'mini', which has agent, place, same; predict with a model of these roles"
    )


def test_what_the_project_has_is_no_fault() -> None:
    said = {"attributes": {"modality": "denied", "kinds": ("a & b", "c")}}
    assert fault(said, {"label": "Actor", "attributes": {"note": ("one", "two")}}, roles=(("agent", "0", "1"),)) == ""


NUMBERS = """<View><Labels name="l" toName="t"><Label value="Actor"/></Labels><Text name="t" value="$t"/>
<Number name="toll" toName="t" perRegion="true"/><Rating name="sure" toName="t" perRegion="true"/>
<Choices name="whole" toName="t"><Choice value="x"/></Choices></View>"""


@pytest.mark.parametrize(("name", "value"), [("toll", "many"), ("toll", "nan"), ("sure", "3.5"), ("whole", "x")])
def test_numbers_must_be_numbers_and_answers_about_the_whole_task_are_no_attributes(name: str, value: str) -> None:
    mention = PredictedMention(start=0, end=1, label="Actor", text="x", attributes={name: value})
    prediction = Prediction(model=ModelName(name="demo"), id="x", text_sha256="", mentions=(mention,))
    assert read_controls(NUMBERS, place="project 1").fault(prediction)


def test_a_configuration_without_labels_on_a_text_is_an_error() -> None:
    image = '<View><Labels name="l" toName="i"><Label value="Actor"/></Labels><Image name="i" value="$i"/></View>'
    with pytest.raises(OntologyError, match="project 1: no <Labels> on a <Text>"):
        read_controls(image, place="project 1")
