"""What ``preannotate`` has to do: which tasks are given which prediction, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventcorpus.errors import PredictionsError, StrictError
from eventcorpus.labelling.controls import Controls
from eventcorpus.labelling.preannotate_tasks import LiveTask, list_tasks, target_fault
from eventcorpus.labelling.results import results_of_prediction
from eventcorpus.labelling.server import Project, Server
from eventcorpus.predictions import Prediction


@dataclass
class PreannotateReport:
    """What became of every task and article.

    ``n_begun`` of the ``n_present`` tasks keep their prediction although it should be replaced: someone's annotation
    was begun from it. ``n_left_out``: mentions and roles that a cut between the parts of an article goes through.
    """

    version: str
    n_to_send: int = 0
    n_sent: int = 0
    n_present: int = 0
    n_begun: int = 0
    n_replaced: int = 0
    n_copies_removed: int = 0
    n_tasks_without: int = 0
    n_mentions: int = 0
    n_roles: int = 0
    n_attributes: int = 0
    n_left_out: int = 0
    shown_before: str | None = None
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """A task that is given a prediction, and the ids of those that are removed first."""

    task: LiveTask
    prediction: Prediction
    old: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What is to be done; how many predictions the project has, of all models; whether some stand twice in a task."""

    work: list[Work]
    n_predictions: int
    doubled: bool


def one_version(predictions: Mapping[str, Prediction], *, place: str) -> str:
    """The model version of a file, of which a project shows one at a time.

    Raises:
        PredictionsError: if there are no predictions, or of several models.
    """
    versions = sorted({prediction.model.version for prediction in predictions.values()})
    if not versions:
        raise PredictionsError(f"{place}: no predictions in it; eventcorpus extract writes them")
    if len(versions) > 1:
        raise PredictionsError(
            f"{place}: predictions of {len(versions)} models ({', '.join(versions[:3])}); a project shows those of "
            "one at a time: put each into a file of its own"
        )
    return versions[0]


def check_names(predictions: Mapping[str, Prediction], controls: Controls, *, place: str) -> None:
    """Check every label, role, attribute and value against the project's configuration.

    Raises:
        PredictionsError: at the first that is not there: a fault of the model, not of one article.
    """
    faults = {article_id: fault for article_id, one in predictions.items() if (fault := controls.fault(one))}
    for article_id, fault in faults.items():
        raise PredictionsError(
            f"{place}: article {article_id}: {fault} ({len(faults)} of {len(predictions)} articles); nothing was sent"
        )


def make_plan(
    server: Server,
    project: Project,
    predictions: Mapping[str, Prediction],
    controls: Controls,
    report: PreannotateReport,
    *,
    replace: bool,
) -> Plan:
    """What is to be done; the report says what is not."""
    report.refused, report.n_present, report.n_begun, report.n_left_out = {}, 0, 0, 0
    tasks: dict[str, list[LiveTask]] = {}
    n_predictions = report.n_tasks_without = 0
    doubled = False
    for task in list_tasks(server, project, controls.text_key, wanted=predictions, version=report.version):
        n_predictions += task.n_predictions
        doubled |= len(task.ours) > 1
        if task.article_id in predictions:
            tasks.setdefault(task.article_id, []).append(task)
        else:
            report.n_tasks_without += 1
    work: list[Work] = []
    for article_id, prediction in predictions.items():
        here = tasks.get(article_id, [])
        fault = target_fault(prediction, here, project)
        if fault:
            report.refused[article_id] = fault
            continue
        for task in here:
            if task.ours and (task.begun or not replace):
                report.n_present += 1
                report.n_begun += replace
            else:
                work.append(Work(task, prediction, task.ours))
        if any(task.n_parts > 1 for task in here):
            report.n_left_out += _left_out(prediction, here, controls)
    report.n_to_send = len(work)
    return Plan(work, n_predictions, doubled)


def _left_out(prediction: Prediction, parts: Sequence[LiveTask], controls: Controls) -> int:
    """How many mentions and roles lie in no part."""
    one_each = {task.part: task for task in parts}.values()
    found = [results_of_prediction(prediction, controls, start=task.start, end=task.end) for task in one_each]
    n_whole = len(prediction.mentions) + len(prediction.roles or ())
    return n_whole - sum(one.n_mentions + one.n_roles for one in found)


def check_plan(report: PreannotateReport, predictions: Mapping[str, Prediction], *, place: str, strict: bool) -> None:
    """Stop here if not one prediction fits, or with ``strict`` if one does not, or a part of it has no place.

    Raises:
        PredictionsError: in the first case.
        StrictError: in the second.
    """
    if not report.refused and not (strict and report.n_left_out):
        return
    if strict and not report.refused:
        raise StrictError(
            f"--strict: {report.n_left_out} mentions and roles cross the cuts between the parts of long articles; "
            "nothing was sent"
        )
    article_id, reason = next(iter(report.refused.items()))
    n = f"{len(report.refused)} of {len(predictions)} articles"
    if strict:
        raise StrictError(f"--strict: article {article_id}: {reason} ({n}); nothing was sent")
    if len(report.refused) == len(predictions):
        raise PredictionsError(f"{place}: article {article_id}: {reason} ({n}); nothing was sent")
