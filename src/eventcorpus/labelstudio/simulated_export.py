"""Annotated articles as a JSON export of a Label Studio server would hold them, written without a server."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from eventcorpus.labelstudio.results import results_of
from eventcorpus.labelstudio.tasks import one_task_a_line, task_data
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

PROJECT = 1
SERVER_TIME = "2026-11-24T00:00:00.000000Z"
"""Stands where a server would write its clock, so that the same corpus gives the same bytes."""


def simulated_export(articles: Sequence[AnnotatedArticle], ontology: Ontology) -> str:
    """The articles in the shape of the server's own JSON export, one task a line, all of one project.

    Ids count from 1, and times are ``SERVER_TIME``: what a server would make up has no meaning here.
    """
    return one_task_a_line([_exported_task(annotated, ontology, n) for n, annotated in enumerate(articles, start=1)])


def _exported_task(annotated: AnnotatedArticle, ontology: Ontology, number: int) -> dict[str, Any]:
    result = results_of(annotated, ontology)
    user = int(annotated.annotator.removeprefix("a"))
    annotation = {
        "id": number,
        "completed_by": user,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": SERVER_TIME,
        "updated_at": SERVER_TIME,
        "draft_created_at": None,
        "lead_time": None,
        "prediction": {},
        "result_count": len({item.get("id") for item in result}),
        "unique_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"eventcorpus/{annotated.annotator}/{annotated.article.id}")),
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": number,
        "project": PROJECT,
        "updated_by": user,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    }
    return {
        "id": number,
        "annotations": [annotation],
        "drafts": [],
        "predictions": [],
        "data": task_data(annotated.article, ontology),
        "meta": {},
        "created_at": SERVER_TIME,
        "updated_at": SERVER_TIME,
        "allow_skip": True,
        "inner_id": number,
        "total_annotations": 1,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": PROJECT,
        "updated_by": user,
        "comment_authors": [],
    }
