"""The predictions that tasks of a Label Studio project carry, as predictions of whole articles.

Full snapshots (other exports name predictions by id alone) become articles and what one model version found in them,
read as annotations are: parts put together, every item checked against the text and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.labelstudio.annotations import annotated_articles
from eventcorpus.labelstudio.exports import ADJUDICATES, ExportIndex, OnTextless
from eventcorpus.labelstudio.shapes import n_entries, objects_in
from eventcorpus.labelstudio.texts import TaskText
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, PredictedMention, PredictedRole, Prediction
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.tables import counted
from eventcorpus.text import one_line

UNKNOWN = "unknown"
"""The version of predictions that have none."""


def exported_predictions(
    index: ExportIndex, ontology: Ontology, report: ConversionReport, *, version: str | None = None
) -> list[Prediction]:
    """Read the newest prediction of each task by one model version.

    Label Studio has the confidence of a region, and our readers of regions do not keep it: all are 1.

    Args:
        version: ``model_version``; may be left out where there is only one.
        report: refuses items that do not fit, and counts articles without such a prediction.

    Raises:
        InputError: if there is no prediction, only ids of them, or several versions and none is named.
    """
    chosen = _version(index, version)
    # a model's mentions may overlap, whatever the ontology says of annotations: all of them are scored
    free = ontology.model_copy(update={"flat": False})
    own = {of.name: getattr(index, of.name) for of in fields(index)} | {"names": {f"~{chosen}": chosen}}
    predicted = _Predicted(**own)
    read = annotated_articles(predicted, free, report)
    return [prediction_of_annotated(passes[0], ModelName(name=chosen)) for passes in read]


def prediction_of_annotated(annotated: AnnotatedArticle, model: ModelName) -> Prediction:
    """Spans, attributes and roles as a prediction: someone's annotation may be scored like a model's."""
    article = annotated.article
    mentions = tuple(
        PredictedMention(
            start=s.start, end=s.end, label=s.label, text=article.text[s.start : s.end], id=s.id,
            attributes=_attributes(s),
        )
        for s in annotated.spans
    )  # fmt: skip
    roles = tuple(PredictedRole(role=r.role, trigger=r.trigger, argument=r.argument) for r in annotated.roles)
    return Prediction(
        model=model,
        id=article.id,
        text_sha256=article.text_sha256,
        published=article.published,
        mentions=mentions,
        roles=roles or None,
    )


def _attributes(span: Span) -> dict[str, str | tuple[str, ...]] | None:
    """The attributes of a span as a prediction has them; None where there is none."""
    values: dict[str, tuple[str, ...]] = {}
    for name, value in span.attributes:
        values[name] = (*values.get(name, ()), value)
    return {name: several[0] if len(several) == 1 else several for name, several in values.items()} or None


def _version(index: ExportIndex, wanted: str | None) -> str:
    found: Counter[str] = Counter()
    for task in index.tasks():
        if n_entries(task.raw, "predictions") and not any(isinstance(p.get("result"), list) for p in task.predictions):
            raise InputError(
                f"{task.place}: predictions are in this export by id alone; get a full snapshot with: eventcorpus "
                "labelstudio pull"
            )
        found.update({version_of(prediction) for prediction in task.predictions})
    listed = ", ".join(f"{one_line(name)} ({counted(n, 'task')})" for name, n in sorted(found.items()))
    place = ", ".join(map(str, index.paths))
    if not found:
        raise InputError(f"{place}: no task has a prediction; to score its annotations: --exported annotations")
    if wanted is None and len(found) > 1:
        raise InputError(f"{place}: predictions of several models, name one with --model-version: {listed}")
    if wanted is not None and wanted not in found:
        raise InputError(f"{place}: no prediction of the model version {one_line(wanted)}; there are {listed}")
    return wanted or next(iter(found))


def version_of(prediction: dict[str, Any]) -> str:
    """Which model made an exported prediction."""
    return str(prediction.get("model_version") or UNKNOWN)


class _Predicted(ExportIndex):
    """The same tasks, with the predictions of one version in the place of annotations, made by one person."""

    def raw_tasks(self, on_textless: OnTextless | None = None) -> Iterator[tuple[str, dict[str, Any], TaskText]]:
        """The tasks in their new shape."""
        (version,) = self.names.values()
        for place, raw, text in super().raw_tasks(on_textless):
            made = [
                {**prediction, "completed_by": version, "updated_at": prediction.get("created_at")}
                for prediction in objects_in(raw, "predictions")
                if isinstance(prediction.get("result"), list) and version_of(prediction) == version
            ]
            data = {key: value for key, value in raw["data"].items() if key != ADJUDICATES}
            yield place, {"id": raw.get("id"), "data": data, "meta": raw.get("meta"), "annotations": made}, text
