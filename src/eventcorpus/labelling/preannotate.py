"""Predictions to the tasks of a live project, each once: what the page then opens a new annotation with.

Comes in: predictions of one model. Goes out: the same predictions on the server, and a report. As with a push nothing
is remembered on this side: the tasks say which of them have a prediction of this model version already.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from eventcorpus.errors import ServerError
from eventcorpus.labelling.controls import Controls, read_controls
from eventcorpus.labelling.preannotate_plan import (
    PreannotateReport,
    Work,
    check_names,
    check_plan,
    make_plan,
    one_version,
)
from eventcorpus.labelling.preannotate_tasks import list_tasks
from eventcorpus.labelling.results import PredictionItems, ServerText, results_of_prediction
from eventcorpus.labelling.server import Project, Server, explained
from eventcorpus.predictions import Prediction

PREDICTIONS_PER_REQUEST = 1000
"""The server stores each request wholly or not at all, and counts all tasks of the project anew after each."""
SETTLE = 2.0
"""Seconds of quiet before anything is sent: the server may still be at work for a run that was killed."""


def preannotate(
    server: Server,
    project: Project,
    predictions: Mapping[str, Prediction],
    *,
    place: str,
    replace: bool = False,
    strict: bool = False,
) -> Iterator[PreannotateReport]:
    """Give every task its prediction, if it has none of this model version, and let the project show them.

    Yields the report so far: once before anything is sent, then after every request, the last one complete.

    Args:
        place: the predictions file, for messages.
        replace: remove the task's predictions of this version first, unless an annotation was begun from one.

    Raises:
        PredictionsError: if a name is not in the project's configuration, or not one prediction fits; nothing was sent.
        StrictError: with ``strict``, if one does not fit or a part of it has no place; nothing was sent.
        ServerError: if the server refuses or fails; what arrived stays, and the next run goes on from there.
    """
    report = PreannotateReport(one_version(predictions, place=place))
    controls = read_controls(project.label_config, place=f"project {project.id} {project.title!r}")
    check_names(predictions, controls, place=place)
    plan = make_plan(server, project, predictions, controls, report, replace=replace)
    check_plan(report, predictions, place=place, strict=strict)
    while plan.work:
        yield report
        time.sleep(SETTLE)
        if _n_predictions(server, project) == plan.n_predictions:
            break
        plan = make_plan(server, project, predictions, controls, report, replace=replace)
    for start in range(0, len(plan.work), PREDICTIONS_PER_REQUEST):
        batch = plan.work[start : start + PREDICTIONS_PER_REQUEST]
        report.n_replaced += _remove(server, project, batch)
        _send(server, project, batch, controls, report)
        yield report
    expected = plan.n_predictions - report.n_replaced + report.n_sent
    if plan.doubled or _n_predictions(server, project) != expected:
        report.n_copies_removed = _remove_copies(server, project, controls, report.version)
    if report.n_sent or report.n_present:
        _show(server, project, report)
    yield report


def _remove(server: Server, project: Project, batch: Sequence[Work]) -> int:
    """Remove the old predictions of a batch: at once where a task has no others, else one by one."""
    alone = [work for work in batch if work.old and len(work.old) == work.task.n_predictions]
    mixed = [number for work in batch if len(work.old) != work.task.n_predictions for number in work.old]
    with explained(f"removing predictions from project {project.id}"):
        if alone:
            server.client.actions.create(
                id="delete_tasks_predictions",
                project=project.id,
                selected_items={"all": False, "included": [work.task.id for work in alone]},
            )
        for number in mixed:
            server.client.predictions.delete(number)
    return sum(len(work.old) for work in alone) + len(mixed)


def _send(
    server: Server, project: Project, batch: Sequence[Work], controls: Controls, report: PreannotateReport
) -> None:
    found = [_items(work, controls) for work in batch]
    request = [
        {"task": work.task.id, "model_version": report.version, "score": one.score, "result": one.items}
        for work, one in zip(batch, found, strict=True)
    ]
    with explained(f"writing {len(request)} predictions to project {project.id}"):
        n_made = int(server.client.projects.import_predictions(id=project.id, request=request).created or 0)
    report.n_sent += n_made
    if n_made != len(request):  # the server leaves out in silence what does not fit its configuration
        raise ServerError(
            f"project {project.id}: the server took {n_made} predictions of {len(request)} (its log says why); was the "
            "configuration changed meanwhile? Run the command again"
        )
    report.n_mentions += sum(one.n_mentions for one in found)
    report.n_roles += sum(one.n_roles for one in found)
    report.n_attributes += sum(one.n_attributes for one in found)


def _items(work: Work, controls: Controls) -> PredictionItems:
    """The items of a task, with the offsets and words of the text as the server holds it."""
    task = work.task
    text = None if task.original is None else ServerText.of(task.original)
    return results_of_prediction(work.prediction, controls, start=task.start, end=task.end, server_text=text)


def _n_predictions(server: Server, project: Project) -> int:
    with explained(f"reading project {project.id}"):
        return int(server.client.projects.get(id=project.id).total_predictions_number or 0)


def _remove_copies(server: Server, project: Project, controls: Controls, version: str) -> int:
    """Remove what stands twice in a task: a killed run was stored after all, beside the one that followed it."""
    copies: list[int] = []
    for task in list_tasks(server, project, controls.text_key, wanted={}, version=version):
        keep = min(task.begun or task.ours, default=0)
        copies += [number for number in task.ours if number != keep and number not in task.begun]
    with explained(f"removing predictions that stand twice in project {project.id}"):
        for number in copies:
            server.client.predictions.delete(number)
    return len(copies)


def _show(server: Server, project: Project, report: PreannotateReport) -> None:
    """Let annotators begin from these predictions: the queue shows those of the project's ``model_version`` alone."""
    with explained(f"letting project {project.id} show the predictions of {report.version}"):
        now = server.client.projects.get(id=project.id)
        if now.model_version == report.version and now.show_collab_predictions:
            return
        server.client.projects.update(id=project.id, model_version=report.version, show_collab_predictions=True)
        report.shown_before = str(now.model_version or "")
