"""Predictions to the tasks of a live project, each once: what the page then opens a new annotation with.

Comes in: predictions of one model. Goes out: the same predictions on the server, and a report. As with a push nothing
is remembered on this side: the tasks say which of them have a prediction of this model version already.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eventcorpus.errors import PredictionsError, ServerError, StrictError
from eventcorpus.labelstudio.controls import Controls, read_controls
from eventcorpus.labelstudio.exports import article_id_of
from eventcorpus.labelstudio.live.server import Project, Server, explained
from eventcorpus.labelstudio.results import PredictionItems, ServerText, results_of_prediction
from eventcorpus.predictions import Prediction, prediction_fault
from eventcorpus.text import stored_form

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
    request = [{"task": work.task.id, **one.as_json()} for work, one in zip(batch, found, strict=True)]
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


_FIELDS = "id,data,predictions,annotations,model_version,parent_prediction"


@dataclass(frozen=True)
class LiveTask:
    """A task: an article, or the part of one from ``start`` to ``end``.

    ``ours`` are the ids of its predictions of one model version, ``begun`` those that an annotation was begun from.
    ``text`` is there if the article is wanted, ``original`` if the server's text is not in the stored form.
    """

    id: int
    article_id: str
    part: int
    n_parts: int
    start: int
    end: int
    n_predictions: int
    ours: tuple[int, ...]
    begun: frozenset[int]
    text: str | None = None
    original: str | None = None


def list_tasks(
    server: Server, project: Project, text_key: str, *, wanted: Container[str], version: str
) -> Iterator[LiveTask]:
    """Ask the server for its tasks; those without a text are left out of the list.

    Args:
        wanted: ids of the articles whose text is kept.
        version: the model version whose predictions are ``ours``.
    """
    with explained(f"listing the tasks of project {project.id}"):
        for task in server.client.tasks.list(project=project.id, fields="all", include=_FIELDS, page_size=1000):
            data = task.data if isinstance(task.data, dict) else {}
            said = data.get(text_key)
            original = said if isinstance(said, str) else ""
            stored = stored_form(original).text
            article_id = article_id_of(data, original)
            predictions = [_fields(one) for one in task.predictions or []]
            ours = tuple(int(one["id"]) for one in predictions if one.get("model_version") == version)
            parents = {_fields(one).get("parent_prediction") for one in task.annotations or []}
            start = _whole(data.get("offset"), 0)
            yield LiveTask(
                id=int(task.id),
                article_id=article_id,
                part=_whole(data.get("part"), 1),
                n_parts=_whole(data.get("n_parts"), 1),
                start=start,
                end=start + len(stored),
                n_predictions=len(predictions),
                ours=ours,
                begun=frozenset(ours) & parents,
                text=stored if article_id in wanted else None,
                original=original if article_id in wanted and stored != original else None,
            )


def target_fault(prediction: Prediction, tasks: Sequence[LiveTask], project: Project) -> str | None:
    """Why a prediction does not fit the tasks of its article, or None: no task, a part too few, another text."""
    where = f"project {project.id} {project.title!r}"
    if not tasks:
        return f"it is not in {where}; push it there first (eventcorpus labelstudio push)"
    parts: dict[int, LiveTask] = {}
    for task in tasks:
        first = parts.setdefault(task.part, task)
        if (first.text, first.n_parts) != (task.text, task.n_parts):
            return f"tasks {first.id} and {task.id} of {where} have different texts for it; delete one of them"
    missing = sorted(set(range(1, tasks[0].n_parts + 1)) - parts.keys())
    if missing:
        return f"part {missing[0]} of {tasks[0].n_parts} is not in {where}; push it again"
    text = "".join(parts[part].text or "" for part in sorted(parts))
    fault = prediction_fault(prediction, text)
    if fault:
        return f"{fault} (task {tasks[0].id} of {where})"
    odd = [task.id for task in tasks if text[task.start : task.end] != task.text]
    return f"task {odd[0]} of {where} says a wrong offset; delete its tasks and push it again" if odd else None


def _fields(value: Any) -> dict[str, Any]:
    fields: dict[str, Any] = value if isinstance(value, dict) else value.model_dump()
    return fields


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) else default
