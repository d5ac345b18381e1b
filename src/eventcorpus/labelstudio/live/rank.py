"""Write a ranking of articles to the tasks of a live project, and a tab of its page that shows them in that order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eventcorpus.corpus.rank import Ranked
from eventcorpus.labelstudio.exports import QUEUE_BY, QUEUE_RANK
from eventcorpus.labelstudio.live.server import Project, Server, explained

TAB = "next"
_HIDDEN = (
    *("inner_id", "completed_at", "cancelled_annotations", "annotators", "annotations_results", "annotations_ids"),
    *("predictions_score", "predictions_model_versions", "predictions_results", "file_upload", "storage_filename"),
    *("created_at", "updated_at", "updated_by", "avg_lead_time", "draft_exists", "data.text_sha256", "data.ontology"),
)


@dataclass
class QueueReport:
    """How many tasks were looked at, got a rank or lost one; and how many articles are not in the project."""

    n_done: int = 0
    n_changed: int = 0
    n_cleared: int = 0
    n_absent: int = 0


def done_article_ids(server: Server, project: Project) -> set[str]:
    """The articles of a project that somebody has annotated or skipped."""
    return {str(task.data.get("article_id")) for task in _tasks(server, project) if _is_done(task)}


def put_in_order(server: Server, project: Project, ranked: Sequence[Ranked]) -> Iterator[QueueReport]:
    """Write ranks to the open tasks of a project and make the tab; yields the report so far after every task.

    A task that has its rank already is not touched, so that a run that was killed is completed by the next; nor one
    that is done: what chose it stays in its data, and goes to the article's metadata in a dataset.
    """
    wanted = {one.id: {QUEUE_RANK: f"{one.rank:05d}", QUEUE_BY: one.chosen_by} for one in ranked}
    report = QueueReport()
    there: set[str] = set()
    tasks = _tasks(server, project)
    with explained(f"ranking the tasks of project {project.id}"):
        for task in tasks:
            data: dict[str, Any] = task.data if isinstance(task.data, dict) else {}
            article_id = str(data.get("article_id"))
            there.add(article_id)
            kept = {key: value for key, value in data.items() if key not in (QUEUE_RANK, QUEUE_BY)}
            now = data if _is_done(task) else kept | wanted.get(article_id, {})
            if now != data:
                server.client.tasks.update(str(task.id), data=now)
                report.n_changed += 1
                report.n_cleared += article_id not in wanted
            report.n_done += 1
            yield report
        _make_tab(server, project)
    report.n_absent = len(wanted.keys() - there)
    yield report


def _tasks(server: Server, project: Project) -> list[Any]:
    fields = "id,data,total_annotations,cancelled_annotations"
    with explained(f"listing the tasks of project {project.id}"):
        return list(server.client.tasks.list(project=project.id, fields="all", include=fields, page_size=1000))


def _is_done(task: Any) -> bool:
    return bool(task.total_annotations or task.cancelled_annotations)


def _make_tab(server: Server, project: Project) -> None:
    """A tab of the tasks that have a rank and nobody's annotation, sorted by rank."""
    views = server.client.views
    titles = [_title(view) for view in views.list(project=project.id)]
    if TAB in titles:
        return
    if not titles:  # nobody has looked at the project yet: the page makes this one only where there is none at all
        views.create(project=project.id, data={"title": "Default", "type": "list", "target": "tasks"})
    open_and_ranked = {
        "conjunction": "and",
        "items": [
            {"filter": f"filter:tasks:data.{QUEUE_RANK}", "operator": "empty", "type": "String", "value": False},
            {"filter": "filter:tasks:total_annotations", "operator": "equal", "type": "Number", "value": 0},
        ],
    }
    order = [f"tasks:data.{QUEUE_RANK}"]
    data = {"title": TAB, "type": "list", "target": "tasks", "ordering": order, "filters": open_and_ranked}
    data["hiddenColumns"] = {"explore": [f"tasks:{name}" for name in _HIDDEN], "labeling": []}
    views.create(project=project.id, data=data)


def _title(view: Any) -> str:
    data = view.data if isinstance(view.data, dict) else view.data.model_dump()
    return str(data.get("title"))
