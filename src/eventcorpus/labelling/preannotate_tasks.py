"""The tasks of a live project as ``preannotate`` needs them: whose text is whose, and which predictions they have."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eventcorpus.labelling.exported import article_id_of
from eventcorpus.labelling.server import Project, Server, explained
from eventcorpus.predictions import Prediction, prediction_fault
from eventcorpus.text import stored_form

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
