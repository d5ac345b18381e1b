"""Write a ranking of articles to the tasks of a live project, with a tab of its page that shows them in that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eventcorpus.corpus.rank import Ranked
from eventcorpus.labelstudio.exports import QUEUE_BY, QUEUE_RANK
from eventcorpus.labelstudio.live.server import Project, explained
from eventcorpus.labelstudio.live.tabs import make_ranked_tab
from eventcorpus.progress import OnProgress, tracked

_FIELDS = ("id", "data", "total_annotations", "cancelled_annotations")


@dataclass
class RankReport:
    """How many tasks were looked at, got a new rank or lost one; and how many articles are not in the project."""

    n_done: int = 0
    n_changed: int = 0
    n_cleared: int = 0
    n_absent: int = 0


def done_article_ids(project: Project) -> set[str]:
    """The articles of a project that somebody has annotated or skipped."""
    return {str(data.get("article_id")) for task, data in project.tasks(*_FIELDS) if _is_done(task)}


def write_ranks(project: Project, ranked: Sequence[Ranked], on_progress: OnProgress) -> RankReport:
    """Write ranks to the open tasks of a project and make the tab.

    A task that has its rank already is not touched, so that a run that was killed is completed by the next; nor is one
    that is done: what chose it stays in its data, and goes to the article's metadata in a dataset.
    """
    rank_of = {article.id: {QUEUE_RANK: f"{article.rank:05d}", QUEUE_BY: article.chosen_by} for article in ranked}
    tasks = [(task, data, str(data.get("article_id"))) for task, data in project.tasks(*_FIELDS)]
    report = RankReport(len(tasks), n_absent=len(rank_of.keys() - {article_id for *_, article_id in tasks}))
    with explained(f"ranking the tasks of project {project.id}"):
        for task, data, article_id in tracked(tasks, len(tasks), on_progress):
            kept = {key: value for key, value in data.items() if key not in (QUEUE_RANK, QUEUE_BY)}
            new = data if _is_done(task) else kept | rank_of.get(article_id, {})
            if new != data:
                project.client.tasks.update(str(task.id), data=new)
                report.n_changed += 1
                report.n_cleared += article_id not in rank_of
    make_ranked_tab(project)
    return report


def _is_done(task: Any) -> bool:
    return bool(task.total_annotations or task.cancelled_annotations)
