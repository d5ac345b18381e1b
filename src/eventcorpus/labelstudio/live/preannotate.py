"""Write a model's predictions to the tasks of a live project, each once: what a new annotation begins with on the page.

Mentions become regions, roles relations, and attributes choices of their region, through the project's own controls.

Nothing is remembered on this side: the tasks say which of them have a prediction of this model version already.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eventcorpus.errors import PredictionsError, ServerError, StrictError
from eventcorpus.labelstudio.config import is_made_from
from eventcorpus.labelstudio.controls import Controls, Shown, read_controls
from eventcorpus.labelstudio.exports import article_id_of
from eventcorpus.labelstudio.live.server import SETTLE, Project, as_dict, explained
from eventcorpus.labelstudio.results import ServerText, results_of_prediction
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction, prediction_mismatch
from eventcorpus.progress import OnProgress
from eventcorpus.tables import counted

PREDICTIONS_PER_REQUEST = 1000
"""The server stores each request wholly or not at all, and counts all tasks of the project anew after each."""
REASONS = 5
"""How many reasons for what is left out are named."""
_FIELDS = ("id", "data", "predictions", "annotations", "model_version", "parent_prediction")


@dataclass
class PreannotateReport:
    """What became of every task and article.

    ``n_begun`` of the ``n_present`` tasks keep their prediction although it should be replaced: someone's annotation
    was begun from it. ``n_left_out``: mentions and roles that a cut between the parts of an article goes through.
    ``without_control``: why roles and attributes of the articles that were sent have no control in the project, and of
    how many that is so. ``n_defaults``: values that were left unset; ``knows_defaults``: whether it is known what an
    unset attribute means in the project. ``shown_before``: the model version whose predictions the project showed, if
    that was changed.
    """

    version: str
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
    n_defaults: int = 0
    knows_defaults: bool = True
    without_control: Counter[str] = field(default_factory=Counter)
    shown_before: str | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def notices(self, project: Project, ontology: Ontology) -> Iterator[str]:
        """What became of roles, attributes and tasks beside what was sent, a line each."""
        named = self.without_control.most_common(REASONS)
        yield from (f"left out: {counted(n, 'time')}: {reason}" for reason, n in named)
        if len(self.without_control) > len(named):
            n_others = self.without_control.total() - sum(n for _, n in named)
            reasons = counted(len(self.without_control) - len(named), "other reason")
            yield f"... and {counted(n_others, 'time')} for {reasons}"
        if named:
            yield (
                f"to show these roles and attributes, give project {project.id} controls for them (labelstudio push "
                "--ontology), then: labelstudio preannotate --replace"
            )
        if self.n_attributes and not self.knows_defaults:
            yield (
                f"{project} was not made from {ontology.key}: default values are shown as any others (--ontology names "
                "the one that it was made from)"
            )
        counts = {
            f"left unset, as by annotators: the default in {ontology.key}": ("value", self.n_defaults),
            "of mentions and roles across the cuts between the parts of long articles left out": (
                "item",
                self.n_left_out,
            ),
            "of this version removed first": ("prediction", self.n_replaced),
            "with the prediction that was there: an annotation was begun from it": ("task", self.n_begun),
            "that stood twice, after a run that was killed: the copies were removed": (
                "prediction",
                self.n_copies_removed,
            ),
            "of the project of no article in the file": ("task", self.n_tasks_without),
        }
        yield from (f"{counted(n, noun)} {words}" for words, (noun, n) in counts.items() if n)
        if self.shown_before is not None:
            before = f" (before: {self.shown_before})" if self.shown_before else ""
            yield f"annotators of project {project.id} begin with the predictions of {self.version} now{before}"


@dataclass(frozen=True)
class LiveTask:
    """A task: an article, or the part of one from ``start`` to ``end``.

    ``ours`` are the ids of its predictions of one model version, ``begun`` those that an annotation was begun from.
    ``text`` and ``stored`` are there if the article is wanted.
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
    text: ServerText | None = None

    @property
    def stored(self) -> str:
        """The text in its stored form."""
        return self.text.stored.text if self.text else ""


def preannotate(
    project: Project,
    predictions: Mapping[str, Prediction],
    *,
    place: str,
    ontology: Ontology,
    replace: bool,
    strict: bool,
    on_progress: OnProgress,
) -> PreannotateReport:
    """Give every task its prediction, if it has none of this model version, and let the project show them.

    Roles and attributes for which the project has no control are left out and counted.

    Args:
        place: the predictions file, for messages.
        ontology: values that are its default are left unset, if the project's configuration was made from it.
        replace: remove the task's predictions of this version first, unless an annotation was begun from one.
        on_progress: called after every request with how many predictions were sent.

    Raises:
        PredictionsError: if a label is not in the project's configuration, or not one prediction fits; nothing was
            sent.
        StrictError: with ``strict``, if a prediction does not fit or a part of it has no place or no control; nothing
            was sent.
        ServerError: if the server refuses or fails; what arrived stays, and the next run goes on from there.
    """
    version = one_version(predictions, place=place)
    controls = read_controls(project.label_config, place=str(project), ontology=ontology)
    check_labels(predictions, controls, place=place)
    shown = {article_id: controls.shown(prediction) for article_id, prediction in predictions.items()}
    tasks = list(_list_tasks(project, controls.text_key, version, predictions))
    updates, report = _compare(tasks, shown, controls, project, version, replace=replace)
    _check(report, predictions, place=place, strict=strict)
    while updates:
        time.sleep(SETTLE)
        if project.reload().n_predictions == sum(task.n_predictions for task in tasks):
            break
        tasks = list(_list_tasks(project, controls.text_key, version, predictions))
        updates, report = _compare(tasks, shown, controls, project, version, replace=replace)
    for start in range(0, len(updates), PREDICTIONS_PER_REQUEST):
        batch = updates[start : start + PREDICTIONS_PER_REQUEST]
        report.n_replaced += _remove_ours(project, batch)
        _send(project, [(task, shown[task.article_id].prediction) for task in batch], controls, report)
        on_progress(report.n_sent, len(updates))
    n_expected = sum(task.n_predictions for task in tasks) - report.n_replaced + report.n_sent
    if any(len(task.ours) > 1 for task in tasks) or project.reload().n_predictions != n_expected:
        report.n_copies_removed = _remove_copies(project, _list_tasks(project, controls.text_key, version))
    report.knows_defaults = is_made_from(ontology, project.label_config)
    if report.n_sent or report.n_present:
        report.shown_before = project.show_predictions(version)
    return report


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


def check_labels(predictions: Mapping[str, Prediction], controls: Controls, *, place: str) -> None:
    """Check every label against the project's configuration.

    Raises:
        PredictionsError: at the first that is not there: a fault of the model, not of one article.
    """
    faults = {id_: fault for id_, prediction in predictions.items() if (fault := controls.label_fault(prediction))}
    for article_id, fault in faults.items():
        raise PredictionsError(
            f"{place}: article {article_id}: {fault} ({len(faults)} of {counted(len(predictions), 'article')}); "
            "nothing was sent"
        )


def _list_tasks(
    project: Project, text_key: str, version: str, wanted: Iterable[str] = frozenset()
) -> Iterator[LiveTask]:
    """Ask the server for its tasks; one without a text has an empty one.

    Args:
        version: the model version whose predictions are ``ours``.
        wanted: ids of the articles whose text is kept.
    """
    wanted = set(wanted)
    for task, data in project.tasks(*_FIELDS):
        given = data.get(text_key)
        text = ServerText.of(given if isinstance(given, str) else "")
        article_id = article_id_of(data, text.original)
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
            end=start + len(text.stored.text),
            n_predictions=len(predictions),
            ours=ours,
            begun=frozenset(ours) & parents,
            text=text if article_id in wanted else None,
        )


def _compare(
    tasks: Sequence[LiveTask],
    predictions: Mapping[str, Shown],
    controls: Controls,
    project: Project,
    version: str,
    *,
    replace: bool,
) -> tuple[list[LiveTask], PreannotateReport]:
    """The tasks that are to be given their prediction; the report has the others, and why."""
    report = PreannotateReport(version, n_tasks_without=sum(task.article_id not in predictions for task in tasks))
    tasks_of: dict[str, list[LiveTask]] = defaultdict(list)
    for task in tasks:
        tasks_of[task.article_id].append(task)
    updates: list[LiveTask] = []
    for article_id, shown in predictions.items():
        prediction, own = shown.prediction, tasks_of[article_id]
        fault = target_fault(prediction, own, project)
        if fault:
            report.refused[article_id] = fault
            continue
        kept = [task for task in own if task.ours and (task.begun or not replace)]
        report.n_present += len(kept)
        report.n_begun += len(kept) if replace else 0
        updates += [task for task in own if task not in kept]
        if len(kept) < len(own):
            report.without_control += shown.left_out
            report.n_defaults += shown.n_defaults
        if any(task.n_parts > 1 for task in own):
            parts = {task.part: (task.start, task.end) for task in own}.values()
            placed = [results_of_prediction(prediction, controls, start=start, end=end) for start, end in parts]
            n_placed = sum(items.n_mentions + items.n_roles for items in placed)
            report.n_left_out += len(prediction.mentions) + len(prediction.roles or ()) - n_placed
    return updates, report


def target_fault(prediction: Prediction, tasks: Sequence[LiveTask], project: Project) -> str | None:
    """Why a prediction does not fit the tasks of its article, or None: no task, a part too few, another text."""
    if not tasks:
        return f"it is not in {project}; push it there first (eventcorpus labelstudio push)"
    parts: dict[int, LiveTask] = {}
    for task in tasks:
        first = parts.setdefault(task.part, task)
        if (first.stored, first.n_parts) != (task.stored, task.n_parts):
            return f"tasks {first.id} and {task.id} of {project} have different texts for it; delete one of them"
    missing = sorted(set(range(1, tasks[0].n_parts + 1)) - parts.keys())
    if missing:
        return f"part {missing[0]} of {tasks[0].n_parts} is not in {project}; push it again"
    text = "".join(parts[part].stored for part in sorted(parts))
    fault = prediction_mismatch(prediction, text)
    if fault:
        return f"{fault} (task {tasks[0].id} of {project})"
    shifted = [task.id for task in tasks if text[task.start : task.end] != task.stored]
    if shifted:
        return f"task {shifted[0]} of {project} says a wrong offset; delete its tasks and push it again"
    return None


def _check(report: PreannotateReport, predictions: Mapping[str, Prediction], *, place: str, strict: bool) -> None:
    """Stop if not one prediction fits, or with ``strict`` if one does not, or a part of one has no place."""
    if report.refused:
        article_id, reason = next(iter(report.refused.items()))
        fault = f"article {article_id}: {reason} ({len(report.refused)} of {counted(len(predictions), 'article')})"
        if strict:
            raise StrictError(f"--strict: {fault}; nothing was sent")
        if len(report.refused) == len(predictions):
            raise PredictionsError(f"{place}: {fault}; nothing was sent")
    elif strict and report.n_left_out:
        raise StrictError(
            f"--strict: {counted(report.n_left_out, 'mention or role', 'mentions and roles')} across the cuts between "
            "the parts of long articles; nothing was sent"
        )
    elif strict and report.without_control:
        reason, n = next(iter(report.without_control)), report.without_control.total()
        raise StrictError(
            f"--strict: {reason} ({counted(n, 'role or attribute', 'roles and attributes')} without control); nothing "
            "was sent"
        )


def _remove_ours(project: Project, batch: Sequence[LiveTask]) -> int:
    """Remove the old predictions of a batch: at once where a task has no others, else one by one."""
    alone = [task for task in batch if task.ours and len(task.ours) == task.n_predictions]
    if alone:
        project.act_on_tasks("delete_tasks_predictions", [task.id for task in alone])
    mixed = [number for task in batch if len(task.ours) != task.n_predictions for number in task.ours]
    _delete(project, mixed)
    return sum(len(task.ours) for task in alone) + len(mixed)


def _send(
    project: Project, batch: Sequence[tuple[LiveTask, Prediction]], controls: Controls, report: PreannotateReport
) -> None:
    sent = [
        results_of_prediction(prediction, controls, start=task.start, end=task.end, server_text=task.text)
        for task, prediction in batch
    ]
    request = [{"task": task.id, **items.as_json()} for (task, _), items in zip(batch, sent, strict=True)]
    with explained(f"writing {counted(len(request), 'prediction')} to project {project.id}"):
        n_created = int(project.client.projects.import_predictions(id=project.id, request=request).created or 0)
    report.n_sent += n_created
    if n_created != len(request):  # the server leaves out in silence what does not fit its configuration
        raise ServerError(
            f"project {project.id}: the server took {counted(n_created, 'prediction')} of {len(request)} (its log "
            "says why); was the configuration changed meanwhile? Run the command again"
        )
    report.n_mentions += sum(items.n_mentions for items in sent)
    report.n_roles += sum(items.n_roles for items in sent)
    report.n_attributes += sum(items.n_attributes for items in sent)


def _remove_copies(project: Project, tasks: Iterable[LiveTask]) -> int:
    """Remove what stands twice in a task: a killed run was stored after all, beside the one that followed it."""
    copies: list[int] = []
    for task in tasks:
        keep = min(task.begun or task.ours, default=0)
        copies += [number for number in task.ours if number != keep and number not in task.begun]
    _delete(project, copies)
    return len(copies)


def _delete(project: Project, prediction_ids: Iterable[int]) -> None:
    with explained(f"removing predictions from project {project.id}"):
        for number in prediction_ids:
            project.client.predictions.delete(number)
