"""Annotations beside the predictions that they were begun from, out of full snapshots of Label Studio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from eventcorpus.annotation.check import Checked
from eventcorpus.annotation.migrate import migration
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.labelstudio.exported_predictions import version_of
from eventcorpus.labelstudio.exports import ExportedAnnotation, ExportedTask, ExportIndex
from eventcorpus.labelstudio.regions import check_annotation
from eventcorpus.labelstudio.shapes import annotations_of, n_entries
from eventcorpus.ontology import Ontology


@dataclass(frozen=True)
class Corrected:
    """One annotation of one task, and the prediction that it was begun from. ``lead_time`` in seconds."""

    annotator: str
    version: str
    lead_time: float | None
    predicted: Checked
    annotated: Checked


def read_corrected(index: ExportIndex, ontology: Ontology, excluded: Counter[str]) -> Iterator[Corrected]:
    """Read what can be compared, the spans and roles of both sides on the same text; what cannot is counted.

    Skipped annotations and drafts do not count; of the annotations of a task by one person the newest does.

    Args:
        excluded: counts what is not compared, while the annotations are taken: annotations by reason (see
            ``corrections.Apart``), and of the others by side, kind and reason the items that ``convert`` refuses, too.
    """
    free = ontology.model_copy(update={"flat": False})  # what overlaps is compared too, whatever convert keeps of it

    def checked(side: str, items: list[Any], task: ExportedTask) -> Checked:
        report = ConversionReport(refuses=True)
        found = check_annotation(
            [item for item in items if isinstance(item, dict)],
            task.article_id,
            task.text,
            free,
            report,
            prefix="region",
            migration=migration(task.ontology_key, free, place=f"article {task.article_id}"),
            aliases=index.aliases,
        )
        excluded.update(f"{side} {item.kind}: {item.reason}" for item in report.items if item.verdict == "refused")
        return found

    for tasks in index.articles():
        for annotation in _newest(tasks, excluded):
            prediction = _begun_from(annotation, excluded)
            if prediction is None:
                continue
            lead_time = annotation.raw.get("lead_time")
            yield Corrected(
                annotator=index.names[annotation.person],
                version=version_of(prediction),
                lead_time=float(lead_time) if isinstance(lead_time, int | float) else None,
                predicted=checked("predicted", prediction["result"], annotation.task),
                annotated=checked("annotated", annotation.items, annotation.task),
            )


def _newest(tasks: Iterable[ExportedTask], excluded: Counter[str]) -> Iterator[ExportedAnnotation]:
    """The newest completed annotation of each part by each person."""
    newest: dict[tuple[int, str], ExportedAnnotation] = {}
    every = ((task, raw) for task in tasks for raw in annotations_of(task.raw))
    for number, (task, raw) in enumerate(every, start=1):
        annotation = ExportedAnnotation(raw, number, task)
        key = task.part, annotation.person
        if annotation.cancelled:
            excluded["skipped"] += 1
            continue
        excluded["older"] += key in newest
        if key not in newest or annotation.age > newest[key].age:
            newest[key] = annotation
    yield from (newest[key] for key in sorted(newest))


def _begun_from(annotation: ExportedAnnotation, excluded: Counter[str]) -> dict[str, Any] | None:
    """The prediction that an annotation was begun from, or None with the reason counted.

    The server forgets ``parent_prediction`` when that prediction is deleted. Then the copy in ``annotation.prediction``
    is taken for it, if it has every region whose origin is a prediction. (The server copies the project's current
    predictions into any annotation, so that a copy alone proves nothing.)
    """
    parent = annotation.raw.get("parent_prediction")
    if isinstance(parent, dict):
        parent = parent.get("id")
    copy = annotation.raw.get("prediction")
    copy = copy if isinstance(copy, dict) and isinstance(copy.get("result"), list) else None
    by_id = {str(raw.get("id")): raw for raw in annotation.task.predictions if isinstance(raw.get("result"), list)}
    origins = {str(i.get("id")) for i in annotation.items if str(i.get("origin")).startswith("prediction")}
    if parent is not None:
        found = by_id.get(str(parent)) or (copy if copy and str(copy.get("id")) == str(parent) else None)
    elif origins:
        regions = {str(i.get("id")) for i in copy["result"] if isinstance(i, dict)} if copy else set()
        found = copy if copy and str(copy.get("id")) not in by_id and origins <= regions else None
    elif n_entries(annotation.task.raw, "predictions") or copy:
        excluded["not_begun_from_prediction"] += 1
        return None
    else:
        excluded["without_prediction"] += 1
        return None
    excluded["prediction_gone"] += found is None
    return found
