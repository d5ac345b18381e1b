"""Label Studio's ML backend protocol: what its requests hold, and the predictions that answer them.

Nothing in the body of a request is believed before it is checked. Beside texts and configuration it brings tokens,
log-ins and annotations, which are not looked at.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

from eventcorpus.errors import OntologyError, RequestError
from eventcorpus.labelstudio.controls import Controls, Shown, read_controls
from eventcorpus.labelstudio.results import PredictionItems, ServerText, results_of_prediction
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import Article, Mention
from eventcorpus.text import listed, one_line

logger = logging.getLogger(__name__)

MAX_TASKS = 2000
"""Tasks of one request. The server waits 100 s for all of them together, so that more would be in vain."""
MAX_CONFIG = 1_000_000
"""Characters of a configuration; the largest that we have seen has 30,000."""
MAX_LISTED = 6
"""Labels that a message names before it counts the rest."""


def project_controls(body: Any, key: str, *, ontology: Ontology, model: ModelName) -> Controls:
    """Read the project's configuration, which a request brings as ``key``: it must have all labels of a model.

    Args:
        ontology: that of the model.

    Raises:
        RequestError: if there is none.
        OntologyError: if it is too long, labels are drawn on no text, on several, or on hypertext, the text is not in
            the task, or labels are missing; with those that are there and the way out.
    """
    config, place = body.get(key) if isinstance(body, dict) else None, project_name(body)
    if not isinstance(config, str):
        raise RequestError(f"no {key!r} with the project's configuration in the request; is this Label Studio?")
    if len(config) > MAX_CONFIG:
        raise OntologyError(f"{place}: a configuration of {len(config):,} characters; at most {MAX_CONFIG:,} are read")
    controls = read_controls(config, place=place, ontology=ontology)
    missing = [label for label in ontology.labels if label not in controls.labels]
    if missing:
        raise OntologyError(
            f"{place} has no label {listed(missing, most=MAX_LISTED)}, which the model {listed([model.version])} "
            f"finds; the project has {listed(controls.labels, most=MAX_LISTED)}; make a project from the model's "
            "ontology, or serve a model trained with these labels"
        )
    return controls


def project_name(body: Any) -> str:
    """What messages call the project: the server sends ``4.1795490377``, its id and when it was made."""
    project = body.get("project") if isinstance(body, dict) else None
    found = re.match(r"[0-9]{1,9}(?=\.|$)", project) if isinstance(project, str) else None
    return f"project {found[0]}" if found else "the project"


def read_texts(body: dict[str, Any], text_key: str, *, max_characters: int) -> list[ServerText]:
    """Read the texts of the tasks that ``/predict`` brings, one a task, empty where there is none (logged).

    Args:
        max_characters: of one text.

    Raises:
        RequestError: if there are no tasks, too many, or too long a text.
    """
    tasks = body.get("tasks")
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise RequestError("'tasks' is not a list of objects; is this Label Studio's /predict?")
    if len(tasks) > MAX_TASKS:
        raise RequestError(
            f"{len(tasks):,} tasks in one request, at most {MAX_TASKS:,} are read; select fewer tasks at a time",
            status=413,
        )
    texts: list[ServerText] = []
    for task in tasks:
        number = task["id"] if isinstance(task.get("id"), int) else "without an id"
        text = task["data"].get(text_key) if isinstance(task.get("data"), dict) else None
        if not isinstance(text, str) or not text:
            what = "is empty" if text == "" else "is missing" if text is None else f"is no text ({type(text).__name__})"
            key = one_line(text_key)[1:-1]
            logger.warning("task %s: data.%s %s: an empty prediction was given", number, key, what)
            text = ""
        if len(text) > max_characters:
            raise RequestError(
                f"task {number}: a text of {len(text):,} characters, at most {max_characters:,} are read; cut it into "
                "several tasks",
                status=413,
            )
        texts.append(ServerText.of(text))
    return texts


def prediction_for(
    task: ServerText, mentions: Iterable[Mention], *, controls: Controls, model: ModelName
) -> tuple[PredictionItems, Shown]:
    """The entry of ``results`` for a task: what was found in ``task.stored``, as regions of the server's text.

    Roles are relations, attributes choices of their region. Its score is that of the least sure mention, as in
    ``tasks_of``: sorted by it, tasks that need eyes come first.

    Returns:
        the items, and what of the prediction has no control in the project or is left unset.
    """
    shown = controls.shown(prediction_of(Article("task", task.stored.text), mentions, model))
    return results_of_prediction(shown.prediction, controls, server_text=task), shown
