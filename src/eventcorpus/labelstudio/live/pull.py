"""Take a live project into a folder: the server's full snapshot, byte for byte, and what changed since the last one.

The folder has ``export.json`` (annotations, drafts and predictions with their contents, people as objects),
``config.xml``, ``ontology.yaml`` if the configuration is made from the ontology, ``pull.json``, and in ``earlier/``
every export that came before. The exports name the annotators; the dataset that ``convert`` makes of them does not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus import __version__
from eventcorpus.errors import OutputError, ServerError
from eventcorpus.files import check_folder, read_json, read_json_list, write_json, write_text
from eventcorpus.labelstudio.config import is_made_from
from eventcorpus.labelstudio.exports import PULL_MANIFEST, PULLED_EXPORT, is_pull_folder
from eventcorpus.labelstudio.live.server import Project, explained
from eventcorpus.ontology import Ontology, ontology_yaml
from eventcorpus.tables import counted

EARLIER = "earlier"
SNAPSHOT_TITLE = "eventcorpus pull"
_STALE = dt.timedelta(hours=1)
"""The age after which a snapshot of ours is taken for one that a killed pull left behind."""
_FULL = {key: {"only_id": False} for key in ("annotations__completed_by", "drafts", "predictions")}


@dataclass(frozen=True)
class Difference:
    """An export beside the one before, by ids: how much it has, and what is new, changed and gone."""

    n_tasks: int
    n_annotations: int
    new: int
    changed: int
    gone: int
    tasks_gone: int


def pull(project: Project, folder: Path, ontology: Ontology, *, progress: Callable[[int], None]) -> Difference | None:
    """Take a snapshot and put it in the folder; an export that was there moves to ``earlier/`` if it differs.

    Args:
        ontology: written beside the export if the project's configuration is made from it.
        progress: called with the bytes downloaded so far.

    Returns:
        the difference to the export that was there; None if the server still says the same, byte for byte.

    Raises:
        ServerError: if the snapshot fails or arrives damaged; the folder is as it was then.
        OutputError: if the folder is not one of ours, or of another project.
    """
    names = sorted(entry.name for entry in folder.iterdir() if entry.name != ".gitkeep") if folder.is_dir() else []
    if names and not is_pull_folder(folder):
        raise OutputError(
            f"{folder}: has files that no pull wrote, such as {names[0]}; choose another --out (convert takes several)"
        )
    check_folder(folder, is_ours=is_pull_folder)
    before = last_pull(folder)
    if before and (before["project"], before["title"]) != (project.id, project.title):
        raise OutputError(
            f"{folder}: holds project {before['project']} {before['title']!r}, this is {project.id} {project.title!r}; "
            "choose another --out"
        )
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{PULLED_EXPORT}.part"
    try:
        sha256, finished_at = _snapshot(project, part, progress)
        is_same = before is not None and before["sha256"] == sha256
        difference = _difference(part, folder / PULLED_EXPORT if before else None)
        if before and not is_same:
            (folder / EARLIER).mkdir(exist_ok=True)
            name = before["pulled_at"].replace(":", "").replace("+0000", "Z")
            (folder / PULLED_EXPORT).replace(folder / EARLIER / f"{name}.json")
        part.replace(folder / PULLED_EXPORT)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror or error}); choose another --out") from None
    finally:
        part.unlink(missing_ok=True)
    write_text(folder / "config.xml", project.label_config)
    if is_made_from(ontology, project.label_config):
        write_text(folder / "ontology.yaml", ontology_yaml(ontology))
    manifest = {
        "schema": 1,
        "eventcorpus": __version__,
        "project": project.id,
        "title": project.title,
        "pulled_at": finished_at,
        "tasks": difference.n_tasks,
        "annotations": difference.n_annotations,
        "sha256": sha256,
    }
    write_json(folder / PULL_MANIFEST, manifest)
    return None if is_same else difference


def _snapshot(project: Project, part: Path, progress: Callable[[int], None]) -> tuple[str, str]:
    """Let the server make a snapshot, download it, check its hash, and remove it there.

    Returns:
        the SHA-256 of the file, and when the server finished it, in ISO 8601.
    """
    exports = project.client.projects.exports
    with explained(f"taking a snapshot of project {project.id}"):
        snapshot = exports.create(
            id=project.id, title=f"{SNAPSHOT_TITLE} {uuid.uuid4().hex[:12]}", serialization_options=_FULL
        )
        wait = 0.1
        while snapshot.status not in ("completed", "failed"):
            time.sleep(wait := min(2 * wait, 5.0))
            snapshot = exports.get(project.id, snapshot.id)
    if snapshot.status == "failed":
        raise ServerError(
            f"project {project.id}: the server could not make a snapshot; a task it cannot read, perhaps (its log says)"
        )
    digest, checksum, n_bytes = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with explained(f"downloading the snapshot of project {project.id}"), part.open("wb") as file:
        for chunk in exports.download(project.id, snapshot.id, request_options={"chunk_size": 1 << 20}):
            file.write(chunk)
            digest.update(chunk)
            checksum.update(chunk)
            n_bytes += len(chunk)
            progress(n_bytes)
    if snapshot.md5 and snapshot.md5 != checksum.hexdigest():
        raise ServerError(
            f"project {project.id}: the snapshot arrived damaged ({counted(n_bytes, 'byte')}); run the command again"
        )
    with explained(f"removing snapshots of project {project.id}"):  # ours, and what pulls that were killed left behind
        for other in exports.list(project.id):
            is_stale = snapshot.created_at - other.created_at > _STALE
            if other.id == snapshot.id or (str(other.title or "").startswith(SNAPSHOT_TITLE) and is_stale):
                exports.delete(project.id, other.id)
    finished = snapshot.finished_at or snapshot.created_at
    return digest.hexdigest(), finished.replace(microsecond=0).isoformat()


def _difference(now: Path, before: Path | None) -> Difference:
    annotations, tasks = _contents(now)
    old_annotations, old_tasks = _contents(before) if before else ({}, set())
    return Difference(
        n_tasks=len(tasks),
        n_annotations=len(annotations),
        new=len(annotations.keys() - old_annotations.keys()),
        changed=sum(old_annotations.get(number, digest) != digest for number, digest in annotations.items()),
        gone=len(old_annotations.keys() - annotations.keys()),
        tasks_gone=len(old_tasks - tasks),
    )


def _contents(export: Path) -> tuple[dict[str, str], set[str]]:
    """Annotation id -> hash of what it says, and the ids of all tasks."""
    annotations: dict[str, str] = {}
    tasks: set[str] = set()
    for task in read_json_list(export):
        tasks.add(str(task.get("id")))
        for annotation in task.get("annotations") or []:
            content = repr((annotation.get("result"), annotation.get("was_cancelled")))
            annotations[str(annotation.get("id"))] = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()
    return annotations, tasks


def last_pull(folder: Path) -> dict[str, Any] | None:
    """The manifest of a pull folder; None if it is none."""
    return read_json(folder / PULL_MANIFEST) if is_pull_folder(folder) else None


def describe_last_pull(project: Project, folder: Path) -> str:
    """When a project was last pulled into a folder."""
    manifest = last_pull(folder)
    if manifest is None:
        return f"never pulled into {folder}; eventcorpus labelstudio pull does"
    if manifest["project"] != project.id:
        return f"{folder} was pulled from another project ({manifest['project']} {manifest['title']!r})"
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(manifest["pulled_at"])
    return f"last pull {_ago(age)}: {counted(manifest['annotations'], 'annotation')} in {folder}"


def _ago(age: dt.timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{counted(seconds // length, unit)} ago"
    return f"{counted(seconds, 'second')} ago"
