"""A live project as a folder: the server's full snapshot, byte for byte, and what changed since the last one.

Comes in: a project. Goes out: ``export.json`` (annotations, drafts and predictions with their contents, people as
objects), ``config.xml``, ``ontology.yaml`` where the configuration is of ours, ``pull.json``, and in ``earlier/`` every
export that came before. The exports name the annotators; the dataset that ``convert`` makes of them does not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus import __version__
from eventcorpus.errors import InputError, OutputError, ServerError
from eventcorpus.files import check_folder, read_json, read_json_list, write_json, write_text
from eventcorpus.labelstudio.config import is_made_from
from eventcorpus.labelstudio.live.server import Project, Server, explained
from eventcorpus.ontology import Ontology, ontology_yaml

SNAPSHOT_TITLE = "eventcorpus pull"
_STALE = dt.timedelta(hours=1)
_FULL = {
    "annotations__completed_by": {"only_id": False},
    "drafts": {"only_id": False},
    "predictions": {"only_id": False},
}


@dataclass(frozen=True)
class Difference:
    """What an export has that the one before had not, by id."""

    n_tasks: int
    n_annotations: int
    new: int
    changed: int
    gone: int
    tasks_gone: int


def pull(
    server: Server, project: Project, folder: Path, ontology: Ontology | None, *, progress: Callable[[int], None]
) -> Difference | None:
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
    check_folder(folder, is_ours=is_pull_folder)
    before = read_json(folder / MANIFEST) if is_pull_folder(folder) else None
    if before and (before["project"], before["title"]) != (project.id, project.title):
        raise OutputError(
            f"{folder}: holds project {before['project']} {before['title']!r}, this is {project.id} {project.title!r}; "
            "choose another --out"
        )
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{EXPORT}.part"
    try:
        taken = _snapshot(server, project, part, progress)
        sha256 = taken["sha256"]
        same = before is not None and before["sha256"] == sha256
        counts = _annotations(part)
        difference = _difference(counts, _annotations(folder / EXPORT) if before else ({}, set()))
        if before and not same:
            (folder / EARLIER).mkdir(exist_ok=True)
            name = before["pulled_at"].replace(":", "").replace("+0000", "Z")
            (folder / EXPORT).replace(folder / EARLIER / f"{name}.json")
        part.replace(folder / EXPORT)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror or error}); choose another --out") from None
    finally:
        part.unlink(missing_ok=True)
    write_text(folder / "config.xml", project.label_config)
    if ontology is not None and is_made_from(ontology, project.label_config):
        write_text(folder / "ontology.yaml", ontology_yaml(ontology))
    manifest = {
        "schema": 1,
        "eventcorpus": __version__,
        "project": project.id,
        "title": project.title,
        "pulled_at": taken["finished_at"],
        "tasks": difference.n_tasks,
        "annotations": difference.n_annotations,
        "sha256": sha256,
    }
    write_json(folder / MANIFEST, manifest)
    return None if same else difference


def _snapshot(server: Server, project: Project, part: Path, progress: Callable[[int], None]) -> dict[str, Any]:
    """Let the server make a snapshot, download it, check its hash, and remove it there."""
    exports = server.client.projects.exports
    with explained(f"taking a snapshot of project {project.id}"):
        made = exports.create(
            id=project.id, title=f"{SNAPSHOT_TITLE} {uuid.uuid4().hex[:12]}", serialization_options=_FULL
        )
        wait = 0.1
        while made.status not in ("completed", "failed"):
            time.sleep(wait := min(2 * wait, 5.0))
            made = exports.get(project.id, made.id)
    if made.status == "failed":
        raise ServerError(
            f"project {project.id}: the server could not make a snapshot; a task it cannot read, perhaps (its log says)"
        )
    digest, checksum, n_bytes = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with explained(f"downloading the snapshot of project {project.id}"), part.open("wb") as file:
        for chunk in exports.download(project.id, made.id, request_options={"chunk_size": 1 << 20}):
            file.write(chunk)
            digest.update(chunk)
            checksum.update(chunk)
            n_bytes += len(chunk)
            progress(n_bytes)
    if made.md5 and made.md5 != checksum.hexdigest():
        raise ServerError(
            f"project {project.id}: the snapshot arrived damaged ({n_bytes} bytes); run the command again"
        )
    _remove_snapshots(server, project, made)
    finished = made.finished_at or made.created_at
    return {"sha256": digest.hexdigest(), "finished_at": finished.replace(microsecond=0).isoformat()}


def _remove_snapshots(server: Server, project: Project, own: Any) -> None:
    """Remove our snapshot, and what pulls that were killed left behind."""
    exports = server.client.projects.exports
    with explained(f"removing snapshots of project {project.id}"):
        for one in exports.list(project.id):
            ours = str(one.title or "").startswith(SNAPSHOT_TITLE)
            if one.id == own.id or (ours and own.created_at - one.created_at > _STALE):
                exports.delete(project.id, one.id)


def _annotations(path: Path) -> tuple[dict[str, str], set[str]]:
    """Annotation id -> hash of what it says, and the ids of all tasks."""
    annotations: dict[str, str] = {}
    tasks: set[str] = set()
    for task in read_json_list(path):
        tasks.add(str(task.get("id")))
        for annotation in task.get("annotations") or []:
            said = repr((annotation.get("result"), annotation.get("was_cancelled")))
            annotations[str(annotation.get("id"))] = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    return annotations, tasks


def _difference(now: tuple[dict[str, str], set[str]], before: tuple[dict[str, str], set[str]]) -> Difference:
    return Difference(
        n_tasks=len(now[1]),
        n_annotations=len(now[0]),
        new=len(now[0].keys() - before[0].keys()),
        changed=sum(before[0].get(name, digest) != digest for name, digest in now[0].items()),
        gone=len(before[0].keys() - now[0].keys()),
        tasks_gone=len(before[1] - now[1]),
    )


def pulled_ago(folder: Path, now: dt.datetime) -> Iterator[tuple[dict[str, Any], dt.timedelta]]:
    """The manifest of a pull folder and its age; nothing if there is none."""
    if is_pull_folder(folder):
        manifest = read_json(folder / MANIFEST)
        yield manifest, now - dt.datetime.fromisoformat(manifest["pulled_at"])


EXPORT = "export.json"
EARLIER = "earlier"
MANIFEST = "pull.json"


def is_pull_folder(path: Path) -> bool:
    """Whether ``labelstudio pull`` wrote a folder."""
    return (path / MANIFEST).is_file() and (path / EXPORT).is_file()


def exports_in(path: Path) -> list[Path]:
    """The exports in a folder; of one that ``labelstudio pull`` wrote, the newest. A file is itself.

    Raises:
        InputError: if the folder has none.
    """
    if not path.is_dir():
        return [path]
    if is_pull_folder(path):
        return [path / EXPORT]
    found = sorted(path.glob("*.json"))
    if not found:
        raise InputError(f"{path}: no .json file in this folder; name the exports of Label Studio")
    return found
