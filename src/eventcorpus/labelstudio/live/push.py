"""Send articles to a live project, keyed on article id and the hash of the text: what is there is not sent again.

Nothing is remembered on this side: the server's own list says what arrived, so that a push that was killed is completed
by the next.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from eventcorpus.errors import InputError, OntologyError
from eventcorpus.files import to_json
from eventcorpus.labelstudio.config import config_ontology
from eventcorpus.labelstudio.instructions import have_the_same_words, instructions
from eventcorpus.labelstudio.live.server import SETTLE, Project, Server, explained
from eventcorpus.ontology import Ontology
from eventcorpus.progress import OnProgress
from eventcorpus.tables import counted
from eventcorpus.text import listed, sha256_of, stored_form

TASKS_PER_REQUEST = 500
CHARACTERS_PER_REQUEST = 20_000_000
"""Label Studio takes requests of up to 250 MB by default."""
_BLANKS = re.compile(r">\s+<")
"""Blanks between the elements of a configuration, which the server may change."""
Key = tuple[str, int]
"""Id of an article, number of the part (1 where it is whole)."""


@dataclass
class Present:
    """What the server holds.

    ``tasks``: by article and part, its task ids. ``pushed_as``: by article, the hash of its text and the number of
    parts. ``edited``: articles whose text was changed there. ``n_foreign``: tasks that are not ours.
    """

    tasks: dict[Key, list[int]] = field(default_factory=dict)
    pushed_as: dict[str, tuple[str, int]] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    n_foreign: int = 0

    @property
    def n_tasks(self) -> int:
        """How many tasks the project has."""
        return sum(map(len, self.tasks.values())) + self.n_foreign


@dataclass(frozen=True)
class Prepared:
    """A project that is ready for tasks; ``change``: whose configuration it has now, in words, if it got another."""

    project: Project
    is_new: bool = False
    change: str = ""


@dataclass
class PushReport:
    """What became of every article: sent, there already, or refused with a reason."""

    n_added: int = 0
    n_present: int = 0
    n_foreign: int = 0
    n_copies_removed: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def prepare_project(server: Server, title: str, ontology: Ontology, *, config: str) -> Prepared:
    """Find the project, or create it, and let it have a configuration and instructions made from the ontology.

    Instructions and tabs that people changed stay.

    Raises:
        InputError: if there is no such project and the title is none, or labels that annotations may use would vanish.
    """
    project = server.find_project(title)
    if project is None:
        if title.isdecimal() or len(title) < 3:
            raise InputError(
                f"no project {title!r}; a new one needs a title of three characters or more, not all digits"
            )
        description = f"Made by eventcorpus from {ontology.key}"
        project = server.create_project(title, config, description, instructions(ontology))
        return Prepared(project, is_new=True)
    if _BLANKS.sub("><", project.label_config.strip()) == _BLANKS.sub("><", config.strip()):
        return Prepared(project)
    try:
        before = config_ontology(project.label_config, place="the project")
    except OntologyError:
        before = None
    dropped = set(before.labels) - set(ontology.labels) if before else set()
    if dropped and project.n_annotations:
        raise InputError(
            f"project {project.id} has {counted(project.n_annotations, 'annotation')}, and {ontology.key} has no label "
            f"{sorted(dropped)[0]!r} any more; push to a new project (--project NEW): convert carries the old "
            "annotations along the ontology's changes"
        )
    project.update_config(config)
    if not project.instruction or (before and have_the_same_words(project.instruction, instructions(before))):
        project.update_instruction(instructions(ontology))
    return Prepared(project.reload(), change=_change(before, ontology))


def _change(before: Ontology | None, after: Ontology) -> str:
    """What the configuration of a project offers now that it did not offer before, and the other way round."""
    if before is None or before == after:
        return f"that of {after.key}"
    kinds: list[tuple[str, Sequence[str], Sequence[str]]] = [
        ("label", before.labels, after.labels),
        ("role", [role.name for role in before.roles], [role.name for role in after.roles]),
        ("attribute", [a.name for a in before.attributes], [a.name for a in after.attributes]),
    ]
    said: list[str] = []
    for kind, old, new in kinds:
        added, dropped = [name for name in new if name not in old], [name for name in old if name not in new]
        said += [
            f"{kind}s {verb}: {listed(names)}" for verb, names in (("added", added), ("dropped", dropped)) if names
        ]
    names = "; ".join(said) or "the same names, other definitions, values or rules"
    return f"that of {after.key}, before {before.key} ({names})"


def push(project: Project, tasks: Sequence[dict[str, Any]], *, fresh: bool, on_progress: OnProgress) -> PushReport:
    """Send what the project misses.

    Args:
        fresh: the project was created just now, so that nothing can be there.
        on_progress: called after every request with how many tasks are done.

    Raises:
        InputError: if the same article comes twice.
        ServerError: if the server refuses or fails; what arrived stays, and the next push goes on from there.
    """
    present = Present() if fresh else list_present(project)
    waiting, report = compare(tasks, present)
    while waiting and not fresh:
        time.sleep(SETTLE)
        if project.reload().n_tasks == present.n_tasks:
            break
        present = list_present(project)
        waiting, report = compare(tasks, present)
    for batch in _batches(waiting):
        project.import_tasks(batch)
        report.n_added += len(batch)
        on_progress(len(tasks) - len(waiting) + report.n_added, len(tasks))
    has_copies = any(len(ids) > 1 for ids in present.tasks.values())
    if has_copies or project.reload().n_tasks != present.n_tasks + report.n_added:
        report.n_copies_removed = _remove_copies(project)
    return report


def list_present(project: Project) -> Present:
    """Ask the server which articles it holds; tasks without an ``article_id`` are not ours and only counted."""
    present = Present()
    for task, data in project.tasks("id", "data"):
        article_id, text, sha256 = data.get("article_id"), data.get("text"), data.get("text_sha256")
        if not isinstance(article_id, str) or not isinstance(text, str):
            present.n_foreign += 1
            continue
        n_parts = data.get("n_parts", 1)
        present.tasks.setdefault((article_id, data.get("part", 1)), []).append(int(task.id))
        present.pushed_as.setdefault(article_id, (str(sha256), n_parts))
        if n_parts == 1 and sha256_of(stored_form(text).text) != sha256:
            present.edited.add(article_id)
    return present


def _remove_copies(project: Project) -> int:
    """Delete tasks that stand twice (a killed push and the one after it), if nobody worked on the copy.

    Returns:
        how many were deleted.
    """
    idle: list[int] = []
    for ids in (sorted(ids) for ids in list_present(project).tasks.values() if len(ids) > 1):
        with explained(f"looking at tasks that stand twice in project {project.id}"):
            work = {task_id: _work(project.client.tasks.get(str(task_id))) for task_id in ids}
        keep = max(ids, key=lambda task_id: (work[task_id][1], len(work[task_id][0]), -task_id))
        idle += [i for i in ids if i != keep and not work[i][1] and work[i][0] <= work[keep][0]]
    if idle:
        project.act_on_tasks("delete_tasks", idle)
    return len(idle)


def _work(task: Any) -> tuple[set[str], int]:
    """What people did in a task: the contents of its annotations, and how many drafts there are."""
    results = {to_json(a.get("result")) for a in task.annotations or [] if isinstance(a, dict)}
    return results, len(task.drafts or [])


def compare(tasks: Iterable[dict[str, Any]], present: Present) -> tuple[list[dict[str, Any]], PushReport]:
    """The tasks that the server does not have; the others are counted in the report, or refused with the reason.

    Raises:
        InputError: if the same article comes twice.
    """
    missing: list[dict[str, Any]] = []
    report = PushReport(n_foreign=present.n_foreign)
    seen: set[Key] = set()
    for task in tasks:
        data = task["data"]
        key = article_id, _ = data["article_id"], data.get("part", 1)
        if key in seen:
            raise InputError(f"article {article_id!r} comes twice; ids are unique, rename one of them")
        seen.add(key)
        sha256, n_parts = present.pushed_as.get(article_id, (None, 1))
        where = f"task {present.tasks.get(key, ['?'])[0]}"
        if sha256 is None:
            missing.append(task)
        elif article_id in present.edited:
            report.refused[article_id] = (
                f"its text was edited on the server ({where}): restore it there, or delete the task"
            )
        elif sha256 != data["text_sha256"]:
            report.refused[article_id] = (
                f"its text is another than the one on the server ({where}): give the new text an id of its own, or "
                "pull what is annotated, delete the task and push again"
            )
        elif n_parts != data.get("n_parts", 1):
            report.refused[article_id] = f"it is there in {counted(n_parts, 'part')}: push it with the same --max-chars"
        elif key not in present.tasks:
            missing.append(task)
        else:
            report.n_present += 1
    return missing, report


def _batches(tasks: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    n_characters = 0
    for task in tasks:
        size = len(task["data"]["text"])
        if batch and (len(batch) >= TASKS_PER_REQUEST or n_characters + size > CHARACTERS_PER_REQUEST):
            yield batch
            batch, n_characters = [], 0
        batch.append(task)
        n_characters += size
    if batch:
        yield batch
