"""The shapes of files in which people have tasks of Label Studio: each task of a file, one at a time.

A list of tasks (the JSON export), JSON Lines, a page of the API (``{"tasks": [...]}``), one task, and annotations with
their ``task`` inside, as the server writes them to a storage (one file each) or sends them to a webhook.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.files import opened, read_json_values
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.text import one_line

ANNOTATIONS = ("annotations", "completions")
"""Where a task has its annotations; exports before 1.0 call them completions."""
SUFFIXES = (".json", ".jsonl", ".ndjson")
_LISTS_OF_TASKS = ("tasks", "results")
_CSV = re.compile(r'^[^\n]*\b(annotator|annotation_id|lead_time)\b[^\n]*\n|""labels"": ?\[')


def read_tasks(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, task) of one file.

    Raises:
        InputError: if it is no file of tasks, naming what to export instead.
    """
    start = _start(path, 4096)
    if start[:1] not in (b"[", b"{", b"") and _CSV.search(start.decode("utf-8", errors="ignore")):
        raise InputError(
            f"{path}: this is a CSV export of Label Studio, which drops relations; export the project as JSON"
        )
    n = 0
    for _, value in read_json_values(path):
        tasks = _tasks_in(value)
        if not tasks:
            raise InputError(
                f"{path}: not a Label Studio JSON export (a list of tasks with data); export the project as JSON, not "
                "JSON-MIN"
            )
        for raw in tasks:
            n += 1
            said = raw.get("id")
            number = said if isinstance(said, int) else one_line(said)[1:-1] if isinstance(said, str) else n
            yield f"{path}: task {number}", raw


def _start(path: Path, n_bytes: int) -> bytes:
    with opened(path) as file:
        return file.read(n_bytes).removeprefix(codecs.BOM_UTF8).lstrip()


def _tasks_in(value: Any) -> list[dict[str, Any]]:
    """The tasks that a value of a file is or holds; none if it is something else."""
    page = [value]
    if isinstance(value, dict) and not isinstance(value.get("data"), dict):
        listed = next((value[key] for key in _LISTS_OF_TASKS if key in value), None)
        page = listed if isinstance(listed, list) else page
    tasks = [task for item in page if (task := _task(item)) is not None]
    return tasks if len(tasks) == len(page) else []


def _task(value: Any) -> dict[str, Any] | None:
    """A task, as it is or inside an annotation that has it."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("data"), dict):
        return value
    task, annotation = value.get("task"), value.get("annotation", value)
    if not (isinstance(task, dict) and isinstance(task.get("data"), dict) and isinstance(annotation, dict)):
        return None
    own = {key: part for key, part in annotation.items() if key != "task"}
    return {key: part for key, part in task.items() if key not in ANNOTATIONS} | {"annotations": [own]}


def annotations_of(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The annotations of a task, under the names that all versions give them."""
    return [annotation for key in ANNOTATIONS for annotation in objects_in(task, key)]


def is_cancelled(annotation: dict[str, Any]) -> bool:
    """Whether an annotation says that its annotator skipped the task; before 1.0 the key was ``skipped``."""
    return bool(annotation.get("was_cancelled") or annotation.get("skipped"))


def objects_in(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list; none if there is something else."""
    found = raw.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def n_entries(raw: dict[str, Any], key: str) -> int:
    """How many entries a list has; something else than a list is one, nothing is none."""
    found = raw.get(key)
    return len(found) if isinstance(found, list) else int(bool(found))


def files_of_tasks(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a folder that may hold tasks, JSON and what a storage has without a suffix, and those that do not.

    Raises:
        InputError: if none may.
    """
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith(".")]
    found = [
        file
        for file in files
        if file.suffix.lower() in SUFFIXES or (not file.suffix and _start(file, 100)[:1] in (b"[", b"{"))
    ]
    if not found:
        raise InputError(f"{folder}: no .json file in this folder; name the exports of Label Studio")
    beside = ("readme", "license", "licence", "config.xml", "ontology.yaml", "annotators.tsv")
    return found, [file for file in files if file not in found and not file.name.lower().startswith(beside)]


def is_file_of_tasks(sample: Sample) -> Certainty:
    """Whether the first rows of a file are tasks, or annotations with their task inside."""
    found = [_tasks_in(row) for row in sample.rows]
    if not found or not all(found):
        return 0
    kinds = {*ANNOTATIONS, "predictions", "drafts"}
    return 2 if any(task.keys() & kinds for tasks in found for task in tasks) else 1
