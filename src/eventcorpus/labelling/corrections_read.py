"""Annotations beside the predictions that they were begun from, out of full snapshots.

Comes in: exports. Goes out: for each annotation that counts, the spans and roles of both on the same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from eventcorpus.account import Account
from eventcorpus.labelling.exported import ExportedAnnotation, ExportedTask, ExportIndex
from eventcorpus.labelling.import_regions import RegionReader, Regions
from eventcorpus.migrate import migration
from eventcorpus.ontology import Ontology


@dataclass
class ApartCounts:
    """Annotations that cannot say anything about a prediction; see ``corrections_report.Apart``."""

    not_begun_from_prediction: int = 0
    without_prediction: int = 0
    prediction_gone: int = 0
    skipped: int = 0
    older: int = 0


@dataclass(frozen=True)
class Corrected:
    """One annotation of one task, and the prediction that it was begun from. ``lead_time`` in seconds."""

    article_id: str
    annotator: str
    version: str
    lead_time: float | None
    predicted: Regions
    annotated: Regions


def read_corrected(
    index: ExportIndex,
    ontology: Ontology,
    *,
    apart: ApartCounts,
    left_out: Counter[str],
    text_object: str | None = None,
) -> Iterator[Corrected]:
    """Read what can be compared; what cannot is counted.

    Skipped annotations and drafts do not count; of several annotations of a task by one person the newest does.

    Args:
        apart: counts annotations that were not begun from a prediction, and those that do not count.
        left_out: counts items of either side that ``convert`` would refuse, with the reason.
        text_object: as in ``annotated_articles``.
    """
    free = ontology.model_copy(update={"flat": False})  # what overlaps is compared too, whatever convert keeps of it
    waiting: dict[str, list[ExportedTask]] = {}
    for task in index.tasks():
        tasks = waiting.setdefault(task.article_id, [])
        tasks.append(task)
        if len(tasks) == index.n_tasks[task.article_id]:
            for one, annotation in _counted(waiting.pop(task.article_id), apart):
                prediction = _begun_from(annotation, one, apart)
                if prediction is not None:
                    yield _corrected(
                        one, annotation, prediction, free, left_out, name=index.names[annotation.person], to=text_object
                    )


def _counted(tasks: Iterable[ExportedTask], apart: ApartCounts) -> Iterator[tuple[ExportedTask, ExportedAnnotation]]:
    """The newest completed annotation of each part by each person, with its task."""
    newest: dict[tuple[int, str], tuple[ExportedTask, ExportedAnnotation]] = {}
    number = 0
    for task in tasks:
        for raw in task.raw_annotations:
            number += 1
            annotation = ExportedAnnotation(raw, number, task.original, task.stored, task.adjudicates)
            key = task.part, annotation.person
            if annotation.cancelled:
                apart.skipped += 1
            elif key not in newest:
                newest[key] = task, annotation
            else:
                apart.older += 1
                if annotation.age > newest[key][1].age:
                    newest[key] = task, annotation
    yield from (newest[key] for key in sorted(newest))


def _begun_from(annotation: ExportedAnnotation, task: ExportedTask, apart: ApartCounts) -> dict[str, Any] | None:
    """The prediction that an annotation was begun from, or None with the reason counted.

    The server forgets ``parent_prediction`` when that prediction is deleted; then the copy in ``annotation.prediction``
    is it, if it has every region that says that it came from a prediction. (The server makes this copy of the project's
    current predictions for any annotation, so that a copy alone says nothing.)
    """
    parent = annotation.raw.get("parent_prediction")
    if isinstance(parent, dict):
        parent = parent.get("id")
    copy = annotation.raw.get("prediction")
    copy = copy if isinstance(copy, dict) and isinstance(copy.get("result"), list) else None
    by_id = {one.get("id"): one for one in task.raw_predictions if isinstance(one.get("result"), list)}
    origins = {str(i.get("id")) for i in annotation.items if str(i.get("origin")).startswith("prediction")}
    if parent is not None:
        found = by_id.get(parent) or (copy if copy and copy.get("id") == parent else None)
    elif origins:
        regions = {str(i.get("id")) for i in copy["result"] if isinstance(i, dict)} if copy else set()
        found = copy if copy and copy.get("id") not in by_id and origins <= regions else None
    elif task.n_predictions or copy:
        apart.not_begun_from_prediction += 1
        return None
    else:
        apart.without_prediction += 1
        return None
    apart.prediction_gone += found is None
    return found


def _corrected(
    task: ExportedTask,
    annotation: ExportedAnnotation,
    prediction: dict[str, Any],
    ontology: Ontology,
    left_out: Counter[str],
    *,
    name: str,
    to: str | None,
) -> Corrected:
    sides: list[Regions] = []
    for side, items in (("predicted", prediction["result"]), ("annotated", annotation.items)):
        account = Account()
        sides.append(
            RegionReader(ontology, account, stop=False, text_object=to).read(
                [item for item in items if isinstance(item, dict)],
                task.stored,
                original=task.original,
                article=task.article_id,
                prefix="region",
                offset=0,
                migration=migration(task.ontology_key, ontology, place=f"article {task.article_id}"),
            )
        )
        left_out.update(
            f"{side} {item['kind']}: {item['reason']}" for item in account.items if item["verdict"] == "refused"
        )
    lead_time = annotation.raw.get("lead_time")
    return Corrected(
        article_id=task.article_id,
        annotator=name,
        version=str(prediction.get("model_version") or "unknown"),
        lead_time=float(lead_time) if isinstance(lead_time, int | float) else None,
        predicted=sides[0],
        annotated=sides[1],
    )
