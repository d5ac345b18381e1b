"""Label Studio's ML backend protocol: what its requests hold, and the predictions that answer them.

Nothing in the body of a request is believed before it is checked. Beside texts and configuration it brings tokens,
log-ins and annotations, which are not looked at.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from typing import Any

from eventcorpus.errors import OntologyError, RequestError
from eventcorpus.labelstudio.controls import Controls, listed, read_controls
from eventcorpus.labelstudio.results import ServerText, results_of_prediction
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import Article, Mention
from eventcorpus.text import one_line

logger = logging.getLogger(__name__)

MAX_TASKS = 2000
"""Tasks of one request. The server waits 100 s for all of them together, so that more would be in vain."""
MAX_CHARACTERS = 1_000_000
"""Characters of one text: more would take longer than the server waits (the bundled encoder reads 300,000 in 12 s on
two cores, and keeps 850 bytes for each)."""
MAX_CONFIG = 1_000_000
"""Characters of a configuration; the largest that we have seen has 30,000."""
MAX_LISTED = 6
"""Labels that a message names before it counts the rest."""


def read_setup(body: Any, *, labels: Sequence[str], model: ModelName) -> Controls:
    """Check the configuration that ``/setup`` brings.

    Raises:
        RequestError: if it is not such a request.
        OntologyError: if the project cannot show what the model finds.
    """
    return _controls(body, "schema", labels, model)


def read_tasks(body: Any, *, labels: Sequence[str], model: ModelName) -> tuple[Controls, list[ServerText]]:
    """Read what ``/predict`` brings: the project's controls and one text a task, empty where there is none (logged).

    Raises:
        RequestError: if it is not such a request, has too many tasks, or too long a text.
        OntologyError: if the project cannot show what the model finds.
    """
    controls = _controls(body, "label_config", labels, model)
    tasks = body.get("tasks")
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise RequestError("'tasks' is not a list of objects; is this Label Studio's /predict?")
    if len(tasks) > MAX_TASKS:
        raise RequestError(
            f"{len(tasks):,} tasks in one request, at most {MAX_TASKS:,} are read; select fewer tasks at a time",
            status=413,
        )
    texts = [_text(task, controls.text_key) for task in tasks]
    for task, text in zip(tasks, texts, strict=True):
        if len(text.original) > MAX_CHARACTERS:
            raise RequestError(
                f"task {_number(task)}: a text of {len(text.original):,} characters, at most {MAX_CHARACTERS:,} are "
                "read; cut it into several tasks",
                status=413,
            )
    return controls, texts


def prediction_for(
    task: ServerText, mentions: Iterable[Mention], *, controls: Controls, model: ModelName
) -> dict[str, Any]:
    """One entry of ``results``: the mentions, found in ``task.stored``, as regions of the server's text.

    Its score is that of the least sure mention, as in ``tasks_of``: sorted by it, tasks that need eyes come first.
    """
    prediction = prediction_of(Article("task", task.stored.text), mentions, model)
    return results_of_prediction(prediction, controls, server_text=task).as_json()


def project_name(body: Any) -> str:
    """What messages call the project: the server sends ``4.1795490377``, its id and when it was made."""
    project = body.get("project") if isinstance(body, dict) else None
    found = re.match(r"[0-9]{1,9}(?=\.|$)", project) if isinstance(project, str) else None
    return f"project {found[0]}" if found else "the project"


def read_project_controls(config: str, *, labels: Sequence[str], model: str, place: str) -> Controls:
    """Read a project's configuration, and check that it can show all that a model may find.

    Args:
        model: what messages call the model; ``place``: what they call the project.

    Raises:
        OntologyError: if it is too long, labels are drawn on no text, on several, or on hypertext, the text is not in
            the task, or labels are missing; with those that are there and the way out.
    """
    if len(config) > MAX_CONFIG:
        raise OntologyError(f"{place}: a configuration of {len(config):,} characters; at most {MAX_CONFIG:,} are read")
    controls = read_controls(config, place=place)
    missing = [label for label in labels if label not in controls.labels]
    if missing:
        raise OntologyError(
            f"{place} has no label {listed(missing, most=MAX_LISTED)}, which the model {listed([model])} finds; the "
            f"project has {listed(controls.labels, most=MAX_LISTED)}; make a project from the model's ontology, or "
            "serve a model trained with these labels"
        )
    return controls


def _controls(body: Any, key: str, labels: Sequence[str], model: ModelName) -> Controls:
    config = body.get(key) if isinstance(body, dict) else None
    if not isinstance(config, str):
        raise RequestError(f"no {key!r} with the project's configuration in the request; is this Label Studio?")
    return read_project_controls(config, labels=labels, model=model.version, place=project_name(body))


def _text(task: dict[str, Any], key: str) -> ServerText:
    data = task.get("data")
    text = data.get(key) if isinstance(data, dict) else None
    if not isinstance(text, str) or not text:
        what = "is empty" if text == "" else "is missing" if text is None else f"is no text ({type(text).__name__})"
        logger.warning("task %s: data.%s %s: an empty prediction was given", _number(task), one_line(key)[1:-1], what)
        text = ""
    return ServerText.of(text)


def _number(task: dict[str, Any]) -> str:
    number = task.get("id")
    return str(number) if isinstance(number, int) else "without an id"
