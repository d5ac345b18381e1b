"""How far the annotation of a live project is: per task, and per annotator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from eventcorpus.labelstudio.live.server import Project, Server, as_dict
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.tables import titled_table

_FIELDS = (
    *("id", "data", "annotations", "drafts", "total_predictions"),
    *("completed_by", "was_cancelled", "result", "lead_time", "user"),
)


@dataclass
class Work:
    """What one annotator did. Empty annotations are completed ones without a region."""

    completed: int = 0
    empty: int = 0
    skipped: int = 0
    drafts: int = 0
    seconds: float = 0.0


@dataclass
class Status:
    """Tasks by what was done with them: done (someone completed it), skipped (nobody did), open; people by user id."""

    n_tasks: int = 0
    done: int = 0
    empty: int = 0
    skipped: int = 0
    with_draft: int = 0
    with_prediction: int = 0
    copies: int = 0
    people: dict[int, Work] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """Tasks that nobody completed or skipped."""
        return self.n_tasks - self.done - self.skipped


def read_status(server: Server, project: Project, on_progress: OnProgress) -> Status:
    """Count what was done in every task."""
    status = Status()
    n_tasks_of: Counter[tuple[str, int]] = Counter()
    for task, data in tracked(project.tasks(*_FIELDS), project.n_tasks, on_progress):
        n_tasks_of[str(data.get("article_id", f"task {task.id}")), data.get("part", 1)] += 1
        _count(task, status)
    if status.people:
        status.names = server.accounts()
    status.copies = sum(n - 1 for n in n_tasks_of.values())
    return status


def _count(task: Any, status: Status) -> None:
    annotations = [as_dict(a) for a in task.annotations or []]
    completed = [a for a in annotations if not a.get("was_cancelled")]
    status.n_tasks += 1
    status.done += bool(completed)
    status.skipped += bool(annotations) and not completed
    status.empty += bool(completed) and not any(a.get("result") for a in completed)
    status.with_draft += bool(task.drafts)
    status.with_prediction += bool(task.total_predictions)
    for annotation in annotations:
        work = status.people.setdefault(_user(annotation.get("completed_by")), Work())
        work.seconds += float(annotation.get("lead_time") or 0)
        if annotation.get("was_cancelled"):
            work.skipped += 1
        else:
            work.completed += 1
            work.empty += not annotation.get("result")
    for draft in task.drafts or []:
        status.people.setdefault(_user(as_dict(draft).get("user")), Work()).drafts += 1


def _user(by: Any) -> int:
    """Id of a user, which the server gives as a number or in an object; 0 if unknown."""
    if isinstance(by, dict):
        by = by.get("id")
    return by if isinstance(by, int) else 0


def status_tables(project: Project, status: Status) -> Iterator[Table]:
    """All tasks; then the work of each annotator, if there is any."""
    share = f" ({status.done / status.n_tasks:.0%})" if status.n_tasks else ""
    columns = ("tasks", "done", "empty", "skipped", "open", "drafts", "predicted", "twice")
    figures = (status.empty, status.skipped, status.open, status.with_draft, status.with_prediction, status.copies)
    row = (f"{status.n_tasks:,}", f"{status.done:,}{share}", *(f"{n:,}" for n in figures))
    yield titled_table(f"project {project.id} {project.title}", columns, [row], left=0)
    rows: list[tuple[str, ...]] = []
    for user, work in sorted(status.people.items()):
        n = work.completed + work.skipped
        pace = f"{work.seconds / n / 60:.1f}" if n and work.seconds else ""
        counts = (str(x) for x in (work.completed, work.empty, work.skipped, work.drafts))
        rows.append((str(user), status.names.get(user, ""), *counts, pace))
    if rows:
        per_annotator = ("user", "who", "done", "empty", "skipped", "drafts", "min a task")
        yield titled_table("annotators", per_annotator, rows, left=2)


def annotators_line(project: Project, status: Status) -> str:
    """How many annotators each task gets, and the way to more."""
    said = f"each task is finished when {people(project.n_annotators)} labelled it"
    if len(status.people) > project.n_annotators or project.n_annotators == 1:
        n = max(2, len(status.people))
        return f"{said}; for more: eventcorpus labelstudio annotators {n} --project {project.id}"
    return said


def people(n: int) -> str:
    """So many people, before what they did."""
    return "1 person has" if n == 1 else f"{n} people have"
