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
    assert read_controls(label_config(ontology), place=ontology.key, ontology=ontology) == ontology_controls(ontology)


def predicted(*mentions: dict[str, Any], roles: tuple[tuple[str, str, str], ...] = ()) -> Prediction:
    made = [
        {"start": 0, "end": 6, "text": "Rebels", "label": "Attack", "id": str(n)} | m for n, m in enumerate(mentions)
    ]
    return Prediction(
        model=ModelName(name="demo"), id="x", text_sha256="",
        mentions=tuple(PredictedMention(**m) for m in made),
        roles=tuple(PredictedRole(role=r, trigger=t, argument=a) for r, t, a in roles),
    )  # fmt: skip


def fault(*mentions: dict[str, Any], roles: tuple[tuple[str, str, str], ...] = ()) -> str:
    return read_controls(label_config(NOTED), place="project 3 'mini'").fault(predicted(*mentions, roles=roles)) or ""


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


THEIRS = """<View><Labels name="who" toName="t"><Label value="Attack"/><Label value="Move"/><Label value="Actor"/></Labels>
<Relations><Relation value="agent"/></Relations><Text name="t" value="$text"/><Choices name="modality" toName="t"
perRegion="true" whenLabelValue="Attack"><Choice value="actual"/><Choice value="denied"/></Choices></View>"""


def test_roles_and_attributes_without_a_control_are_left_out_and_counted_by_the_reason() -> None:
    said = predicted(
        {"attributes": {"modality": "denied", "tone": "x"}},
        {"attributes": {"modality": "maybe"}},
        {"label": "Move", "attributes": {"modality": "denied"}},
        {"label": "Actor"},
        roles=(("agent", "0", "3"), ("victim", "1", "3"), ("victim", "2", "3"), ("agent", "1", "3")),
    )
    shown = read_controls(THEIRS, place="project 3").shown(said)
    assert [m.attributes for m in shown.prediction.mentions] == [{"modality": "denied"}, {}, {}, None]
    assert [(r.role, r.trigger) for r in shown.prediction.roles or ()] == [("agent", "0"), ("agent", "1")]
    assert shown.left_out == {
        "the role 'victim' is not in project 3, which has agent": 2,
        "the attribute 'tone' is not in project 3, which has modality": 1,
        "'modality'='maybe' cannot be said in project 3; the attribute takes actual, denied": 1,
        "Move cannot have the attribute 'modality' in project 3; it is of Attack": 1,
    }
    assert shown.n_defaults == 0


def test_default_values_are_left_unset_where_an_unset_attribute_means_them() -> None:
    said = predicted(
        {"attributes": {"modality": "actual", "outcome": "killed"}}, {"attributes": {"modality": "denied"}}
    )
    ours, theirs = label_config(ONTOLOGY), label_config(NOTED)
    for config, n_defaults in ((ours, 1), (theirs, 0)):
        shown = read_controls(config, place="project 3", ontology=ONTOLOGY).shown(said)
        assert (shown.n_defaults, shown.left_out) == (n_defaults, {})
        first, second = (m.attributes or {} for m in shown.prediction.mentions)
        assert first == {"outcome": "killed"} | ({} if n_defaults else {"modality": "actual"})
        assert second == {"modality": "denied"}


def test_a_project_without_relations_and_attributes_shows_mentions_alone() -> None:
    config = '<View><Labels name="l" toName="t"><Label value="Attack"/></Labels><Text name="t" value="$text"/></View>'
    said = predicted({"attributes": {"modality": "denied"}}, {}, roles=(("same", "1", "0"),))
    shown = read_controls(config, place="project 3", ontology=ONTOLOGY).shown(said)
    assert (len(shown.prediction.mentions), shown.prediction.roles, shown.left_out.total()) == (2, (), 2)
    assert "the role 'same' is not in project 3, which has none" in shown.left_out


def test_a_prediction_that_says_nothing_of_roles_and_attributes_stays_as_it_is() -> None:
    said = predicted({}, {"label": "Actor"}).model_copy(update={"roles": None})
    assert read_controls(label_config(ONTOLOGY), place="project 3", ontology=ONTOLOGY).shown(said).prediction == said
