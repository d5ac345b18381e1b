"""Tabs of a project's task list (the Data Manager): made once, and never touched again, as people change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventcorpus.articles.rows import FIELDS
from eventcorpus.labelstudio.exports import ADJUDICATES, N_WORDS, QUEUE_BY, QUEUE_RANK
from eventcorpus.labelstudio.live.server import Project, as_dict, explained

ALL, OPEN, NEXT = "articles", "open", "next"
"""The titles of our tabs: every task, those that await an annotator, and those that ``rank`` put in an order."""
_SHOWN_DATA = ("article_id", "title", "published", "outlet", N_WORDS, QUEUE_RANK, QUEUE_BY)
_DATA = (*FIELDS, *_SHOWN_DATA, "text_sha256", "ontology", "part", "n_parts", "offset", ADJUDICATES)
_HIDDEN = (
    *("inner_id", "completed_at", "annotations_results", "annotations_ids", "predictions_model_versions"),
    *("predictions_results", "total_predictions", "file_upload", "storage_filename", "created_at", "updated_at"),
    *("updated_by", "avg_lead_time", "draft_exists"),
    *(f"data.{key}" for key in dict.fromkeys(_DATA) if key not in _SHOWN_DATA and key != "id"),
)
"""Columns that are not shown; of those that are, ``predictions_score`` is the model's least confidence."""
_WIDTHS = {"tasks:data.title": 320, "tasks:data.article_id": 140}
_UNFINISHED = {"filter": "filter:tasks:completed_at", "operator": "empty", "type": "Datetime", "value": True}
_RANKED = {"filter": f"filter:tasks:data.{QUEUE_RANK}", "operator": "empty", "type": "String", "value": False}


def make_first_tabs(project: Project) -> bool:
    """Two tabs with the columns that annotators need, if the project has no tab yet: nobody has looked at it.

    Returns:
        whether they were made.
    """
    with explained(f"making tabs of project {project.id}"):
        if _titles(project):
            return False
        _make(project, ALL)
        _make(project, OPEN, filters=[_UNFINISHED])
        return True


def make_ranked_tab(project: Project) -> None:
    """A tab of the tasks that have a rank and await an annotator, sorted by rank, if there is none of its title."""
    make_first_tabs(project)  # the page makes a first tab only where there is none at all
    with explained(f"making a tab of project {project.id}"):
        if NEXT not in _titles(project):
            _make(project, NEXT, filters=[_RANKED, _UNFINISHED], ordering=[f"tasks:data.{QUEUE_RANK}"])


def _titles(project: Project) -> list[str]:
    return [str(as_dict(view.data).get("title")) for view in project.client.views.list(project=project.id)]


def _make(
    project: Project, title: str, *, filters: Sequence[dict[str, Any]] = (), ordering: Sequence[str] = ()
) -> None:
    hidden = [f"tasks:{name}" for name in _HIDDEN]
    tab = {
        "title": title,
        "type": "list",
        "target": "tasks",
        "ordering": list(ordering),
        "filters": {"conjunction": "and", "items": list(filters)},
        "hiddenColumns": {"explore": hidden, "labeling": hidden},
        "columnsWidth": _WIDTHS,
    }
    project.client.views.create(project=project.id, data=tab)
