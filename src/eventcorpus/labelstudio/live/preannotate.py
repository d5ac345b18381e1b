"""Write a model's predictions to the tasks of a live project, each once: what a new annotation begins with on the page.

Nothing is remembered on this side: the tasks say which of them have a prediction of this model version already.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eventcorpus.errors import PredictionsError, ServerError, StrictError
from eventcorpus.labelstudio.controls import Controls, read_controls
from eventcorpus.labelstudio.exports import article_id_of
from eventcorpus.labelstudio.live.server import SETTLE, Project, Server, as_dict, explained
from eventcorpus.labelstudio.results import PredictionItems, ServerText, results_of_prediction
from eventcorpus.predictions import Prediction, prediction_fault
from eventcorpus.text import stored_form

PREDICTIONS_PER_REQUEST = 1000
"""The server stores each request wholly or not at all, and counts all tasks of the project anew after each."""
_FIELDS = ("id", "data", "predictions", "annotations", "model_version", "parent_prediction")


@dataclass
class PreannotateReport:
    """What became of every task and article.

    ``n_begun`` of the ``n_present`` tasks keep their prediction although it should be replaced: someone's annotation
    was begun from it. ``n_left_out``: mentions and roles that a cut between the parts of an article goes through.
    ``shown_before``: the model version whose predictions the project showed, if that was changed.
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

    def items(self, prediction: Prediction, controls: Controls) -> PredictionItems:
        """The items of a prediction in this task, with the offsets and words of the text as the server holds it."""
        text = None if self.original is None else ServerText.of(self.original)
        return results_of_prediction(prediction, controls, start=self.start, end=self.end, server_text=text)


@dataclass(frozen=True)
class _Update:
    """A task that is given a prediction, after those with the ids ``replaced`` were removed."""

    task: LiveTask
    prediction: Prediction
    replaced: tuple[int, ...]


@dataclass(frozen=True)
class _Plan:
    """What is to be done; how many predictions the project has, of all models; whether some stand twice in a task."""

    updates: list[_Update]
    n_predictions: int
    has_copies: bool


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
        StrictError: with ``strict``, if a prediction does not fit or a part of it has no place; nothing was sent.
        ServerError: if the server refuses or fails; what arrived stays, and the next run goes on from there.
    """
    report = PreannotateReport(one_version(predictions, place=place))
    controls = read_controls(project.label_config, place=str(project))
    check_names(predictions, controls, place=place)
    plan = _make_plan(server, project, predictions, controls, report, replace=replace)
    _check_plan(report, predictions, place=place, strict=strict)
    while plan.updates:
        yield report
        time.sleep(SETTLE)
        if _n_predictions(server, project) == plan.n_predictions:
            break
        plan = _make_plan(server, project, predictions, controls, report, replace=replace)
    for start in range(0, len(plan.updates), PREDICTIONS_PER_REQUEST):
        batch = plan.updates[start : start + PREDICTIONS_PER_REQUEST]
        report.n_replaced += _remove_replaced(server, project, batch)
        _send(server, project, batch, controls, report)
        yield report
    expected = plan.n_predictions - report.n_replaced + report.n_sent
    if plan.has_copies or _n_predictions(server, project) != expected:
        report.n_copies_removed = _remove_copies(server, project, controls, report.version)
    if report.n_sent or report.n_present:
        report.shown_before = server.show_predictions(project, report.version)
    yield report


def one_version(predictions: Mapping[str, Prediction], *, place: str) -> str:
    """The model version of a predictions file; a project shows the predictions of one version at a time.

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
    faults = {id_: fault for id_, prediction in predictions.items() if (fault := controls.fault(prediction))}
    for article_id, fault in faults.items():
        raise PredictionsError(
            f"{place}: article {article_id}: {fault} ({len(faults)} of {len(predictions)} articles); nothing was sent"
        )


def _make_plan(
    server: Server,
    project: Project,
    predictions: Mapping[str, Prediction],
    controls: Controls,
    report: PreannotateReport,
    *,
    replace: bool,
) -> _Plan:
    """What is to be done; the report gets what is not to be done, and why."""
    report.refused, report.n_present, report.n_begun, report.n_left_out = {}, 0, 0, 0
    tasks_of: dict[str, list[LiveTask]] = {}
    n_predictions = report.n_tasks_without = 0
    has_copies = False
    for task in list_tasks(server, project, controls.text_key, wanted=predictions, version=report.version):
        n_predictions += task.n_predictions
        has_copies |= len(task.ours) > 1
        if task.article_id in predictions:
            tasks_of.setdefault(task.article_id, []).append(task)
        else:
            report.n_tasks_without += 1
    updates: list[_Update] = []
    for article_id, prediction in predictions.items():
        tasks = tasks_of.get(article_id, [])
        fault = target_fault(prediction, tasks, project)
        if fault:
            report.refused[article_id] = fault
            continue
        for task in tasks:
            if task.ours and (task.begun or not replace):
                report.n_present += 1
                report.n_begun += replace
            else:
                updates.append(_Update(task, prediction, task.ours))
        if any(task.n_parts > 1 for task in tasks):
            report.n_left_out += _n_left_out(prediction, tasks, controls)
    report.n_to_send = len(updates)
    return _Plan(updates, n_predictions, has_copies)


def list_tasks(
    server: Server, project: Project, text_key: str, *, wanted: Container[str], version: str
) -> Iterator[LiveTask]:
    """Ask the server for its tasks; one without a text has an empty one.

    Args:
        wanted: ids of the articles whose text is kept.
        version: the model version whose predictions are ``ours``.
    """
    for task, data in server.tasks(project, *_FIELDS):
        text = data.get(text_key)
        original = text if isinstance(text, str) else ""
        stored = stored_form(original).text
        article_id = article_id_of(data, original)
        predictions = [as_dict(prediction) for prediction in task.predictions or []]
        ours = tuple(int(p["id"]) for p in predictions if p.get("model_version") == version)
        parents = {as_dict(annotation).get("parent_prediction") for annotation in task.annotations or []}
        part, n_parts, start = (
            value if isinstance(value := data.get(key), int) else default
            for key, default in (("part", 1), ("n_parts", 1), ("offset", 0))
        )
        yield LiveTask(
            id=int(task.id),
            article_id=article_id,
            part=part,
            n_parts=n_parts,
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
    if not tasks:
        return f"it is not in {project}; push it there first (eventcorpus labelstudio push)"
    parts: dict[int, LiveTask] = {}
    for task in tasks:
        first = parts.setdefault(task.part, task)
        if (first.text, first.n_parts) != (task.text, task.n_parts):
            return f"tasks {first.id} and {task.id} of {project} have different texts for it; delete one of them"
    missing = sorted(set(range(1, tasks[0].n_parts + 1)) - parts.keys())
    if missing:
        return f"part {missing[0]} of {tasks[0].n_parts} is not in {project}; push it again"
    text = "".join(parts[part].text or "" for part in sorted(parts))
    fault = prediction_fault(prediction, text)
    if fault:
        return f"{fault} (task {tasks[0].id} of {project})"
    shifted = [task.id for task in tasks if text[task.start : task.end] != task.text]
    if shifted:
        return f"task {shifted[0]} of {project} says a wrong offset; delete its tasks and push it again"
    return None


def _n_left_out(prediction: Prediction, tasks: Sequence[LiveTask], controls: Controls) -> int:
    """How many mentions and roles lie in no part of the article."""
    parts = {task.part: task for task in tasks}.values()
    placed = [results_of_prediction(prediction, controls, start=part.start, end=part.end) for part in parts]
    n_whole = len(prediction.mentions) + len(prediction.roles or ())
    return n_whole - sum(items.n_mentions + items.n_roles for items in placed)


def _check_plan(report: PreannotateReport, predictions: Mapping[str, Prediction], *, place: str, strict: bool) -> None:
    """Stop if not one prediction fits, or with ``strict`` if one does not, or a part of one has no place.

    Raises:
        PredictionsError: in the first case.
        StrictError: in the others.
    """
    if report.refused:
        article_id, reason = next(iter(report.refused.items()))
        fault = f"article {article_id}: {reason} ({len(report.refused)} of {len(predictions)} articles)"
        if strict:
            raise StrictError(f"--strict: {fault}; nothing was sent")
        if len(report.refused) == len(predictions):
            raise PredictionsError(f"{place}: {fault}; nothing was sent")
    elif strict and report.n_left_out:
        raise StrictError(
            f"--strict: {report.n_left_out} mentions and roles cross the cuts between the parts of long articles; "
            "nothing was sent"
        )


def _remove_replaced(server: Server, project: Project, batch: Sequence[_Update]) -> int:
    """Remove the old predictions of a batch: at once where a task has no others, else one by one."""
    alone = [u for u in batch if u.replaced and len(u.replaced) == u.task.n_predictions]
    mixed = [number for u in batch if len(u.replaced) != u.task.n_predictions for number in u.replaced]
    with explained(f"removing predictions from project {project.id}"):
        if alone:
            server.client.actions.create(
                id="delete_tasks_predictions",
                project=project.id,
                selected_items={"all": False, "included": [update.task.id for update in alone]},
            )
        for number in mixed:
            server.client.predictions.delete(number)
    return sum(len(update.replaced) for update in alone) + len(mixed)


def _send(
    server: Server, project: Project, batch: Sequence[_Update], controls: Controls, report: PreannotateReport
) -> None:
    sent = [update.task.items(update.prediction, controls) for update in batch]
    request = [{"task": update.task.id, **items.as_json()} for update, items in zip(batch, sent, strict=True)]
    with explained(f"writing {len(request)} predictions to project {project.id}"):
        n_created = int(server.client.projects.import_predictions(id=project.id, request=request).created or 0)
    report.n_sent += n_created
    if n_created != len(request):  # the server leaves out in silence what does not fit its configuration
        raise ServerError(
            f"project {project.id}: the server took {n_created} predictions of {len(request)} (its log says why); was "
            "the configuration changed meanwhile? Run the command again"
        )
    report.n_mentions += sum(items.n_mentions for items in sent)
    report.n_roles += sum(items.n_roles for items in sent)
    report.n_attributes += sum(items.n_attributes for items in sent)


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
