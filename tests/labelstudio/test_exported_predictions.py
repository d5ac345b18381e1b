"""Predictions that tasks of a project carry, read back: what was shown to annotators is what is scored."""

from pathlib import Path

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.labelstudio.exported_predictions import exported_predictions
from eventcorpus.labelstudio.exports import index_exports
from eventcorpus.labelstudio.tasks import tasks_of
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import Article, ChosenValue, Link, Mention
from label_studio_json import ONTOLOGY, TEXT, choice, region, task, write

REBELS = Mention(0, 6, "Actor", "Rebels", 0.9, id="m1")
ATTACKED = Mention(
    7, 15, "Attack", "attacked", 0.8, id="m2", links=(Link("agent", "m1", 0.7),),
    attributes=(ChosenValue("modality", "actual", 0.9), ChosenValue("outcome", "killed", 0.6)),
)  # fmt: skip


def test_roles_and_attributes_come_back_and_a_default_stays_unset(tmp_path: Path) -> None:
    article = Article("x1", TEXT)
    shown = prediction_of(article, [REBELS, ATTACKED], ModelName(name="demo"))
    (made,) = tasks_of(article, ONTOLOGY, prediction=shown)
    made["predictions"][0] |= {"id": 70}
    export = write(tmp_path / "export.json", made | {"id": 7, "annotations": []})
    (read,) = exported_predictions(index_exports([export]), ONTOLOGY, report := ConversionReport())
    rebels, attacked = read.mentions
    assert (rebels.label, rebels.attributes) == ("Actor", None)
    assert (attacked.label, attacked.attributes) == ("Attack", {"outcome": "killed"})
    assert [(r.role, r.trigger, r.argument) for r in read.roles or ()] == [("agent", attacked.id, rebels.id)]
    assert [report.counts(kind)["kept"] for kind in ("spans", "roles", "attributes")] == [2, 1, 1]


def test_several_values_of_an_attribute_come_back_together(tmp_path: Path) -> None:
    described = ONTOLOGY.model_dump(by_alias=True)
    attributes = [attribute | {"multiple": attribute["name"] == "outcome"} for attribute in described["attributes"]]
    several = Ontology.model_validate(described | {"attributes": attributes})
    items = [region("m2", 7, 15, "Attack", text="attacked"), choice("m2", "outcome", "killed", "injured")]
    made = task() | {"predictions": [{"id": 70, "model_version": "demo", "result": items}]}
    export = write(tmp_path / "export.json", made)
    (read,) = exported_predictions(index_exports([export]), several, ConversionReport())
    assert [m.attributes for m in read.mentions] == [{"outcome": ("killed", "injured")}]
