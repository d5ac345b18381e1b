"""Tasks of Label Studio JSON exports, one at a time: shape, identity and hash checked, annotations as they came.

Comes in: a file that the server wrote (a direct export or a snapshot). Goes out: tasks, and an index of which articles
and people there are, without their texts.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.files import read_json_list
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.labelstudio.config import DIFFERENCES_OBJECT, TEXT_OBJECT, read_ontology, read_text_object
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import find_ontology_path
from eventcorpus.schema import ADJUDICATED
from eventcorpus.text import StoredText, sha256_of, stored_form

ADJUDICATES = "adjudicates"
"""In the data of a task that adjudicates: whose annotations are in question."""
QUEUE_RANK, QUEUE_BY = "next_rank", "next_by"
"""In the data of a task that ``next`` put in an order: its place, and what chose it (which stays with the article)."""
PULLED_EXPORT, PULL_MANIFEST = "export.json", "pull.json"
"""In a folder that ``labelstudio pull`` wrote: the newest export, and what explains it."""
_TASK_KEYS = (
    *("article_id", "ontology", "part", "n_parts", "offset", "text_sha256"),
    *(ADJUDICATES, DIFFERENCES_OBJECT, QUEUE_RANK),
)
_ADJUDICATOR = "~adjudicator"
OnError = Callable[[str, InputError], None]
"""Told the id of an article and what is wrong with it."""


@dataclass(frozen=True)
class ExportedAnnotation:
    """One annotation and the task that has the text its offsets refer to.

    The same article may stand in two tasks whose texts differ in their line ends.
    """

    raw: dict[str, Any]
    number: int
    task: ExportedTask

    @property
    def person(self) -> str:
        """Who made it, sortable, never shown: user ids are numbers, or objects in full snapshots.

        Whoever adjudicates does so for all: several adjudicators of an article are one person here.
        """
        return _ADJUDICATOR if self.task.adjudicates else _person(self.raw)

    @property
    def cancelled(self) -> bool:
        """Whether the annotator skipped the task."""
        return bool(self.raw.get("was_cancelled"))

    @property
    def age(self) -> tuple[str, int]:
        """Sorts annotations from old to new."""
        number = self.raw.get("id")
        return str(self.raw.get("updated_at") or ""), number if isinstance(number, int) else self.number

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items of its ``result``."""
        return [item for item in self.raw.get("result") or [] if isinstance(item, dict)]

    @property
    def n_strange(self) -> int:
        """How many entries of its ``result`` are no objects."""
        return len(self.raw.get("result") or []) - len(self.items)


@dataclass(frozen=True)
class ExportedTask:
    """One task: a whole article, or the part of one that begins at ``offset``; ``row`` has the article's fields."""

    place: str
    article_id: str
    row: dict[str, Any]
    sha256: str | None
    ontology_key: str | None
    original: str
    stored: StoredText
    part: int
    n_parts: int
    offset: int
    adjudicates: bool
    raw_annotations: tuple[dict[str, Any], ...]
    raw_predictions: tuple[dict[str, Any], ...] = ()
    n_predictions: int = 0
    """How many the task has; ``raw_predictions`` are there in full snapshots, other exports have ids alone."""


@dataclass(frozen=True)
class ExportIndex:
    """What exports hold: their tasks per article, and who completed an annotation (a1, a2, ... by user id).

    What was decided in a project that ``labelstudio adjudicate`` made is ``adjudicated``, whoever decided it.

    ``text_key``: where the article's text stands in ``data``. ``text_object``: the ``to_name`` of regions on it, where
    there may be other objects too.
    """

    paths: tuple[Path, ...]
    text_key: str = TEXT_OBJECT
    text_object: str | None = None
    n_tasks: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)

    def tasks(self, *, on_error: OnError | None = None) -> Iterator[ExportedTask]:
        """Read the tasks, in the order of the files; ``on_error`` is told of those that cannot be read."""
        for path in self.paths:
            for place, raw in _raw_tasks(path):
                try:
                    yield _task(raw, place, self.text_key)
                except InputError as error:
                    if on_error is None:
                        raise
                    on_error(_article_id(raw["data"], place, self.text_key), error)

    def articles(self, *, on_error: OnError | None = None) -> Iterator[list[ExportedTask]]:
        """Read the tasks of each article together, in the order of the tasks that complete them.

        In memory at one time are only the articles of which some tasks are still to come.
        """
        waiting: dict[str, list[ExportedTask]] = {}
        for task in self.tasks(on_error=on_error):
            tasks = waiting.setdefault(task.article_id, [])
            tasks.append(task)
            if len(tasks) == self.n_tasks[task.article_id]:
                yield waiting.pop(task.article_id)


def index_exports(paths: Iterable[Path], *, text_key: str = TEXT_OBJECT, text_object: str | None = None) -> ExportIndex:
    """Read exports once, keeping ids alone.

    Raises:
        InputError: if a file is not an export, or a task has no text.
    """
    index = ExportIndex(tuple(paths), text_key, text_object)
    people: set[str] = set()
    for path in index.paths:
        for place, raw in _raw_tasks(path):
            index.n_tasks[_article_id(raw["data"], place, text_key)] += 1
            done = [a for a in _dicts(raw, "annotations") if not a.get("was_cancelled")]
            people |= {_ADJUDICATOR} if done and ADJUDICATES in raw["data"] else {_person(a) for a in done}
    index.names.update({person: f"a{n}" for n, person in enumerate(sorted(people - {_ADJUDICATOR}), start=1)})
    index.names.update({person: ADJUDICATED for person in people & {_ADJUDICATOR}})
    return index


def article_id_of(data: dict[str, Any], text: str) -> str:
    """The article's id in a task's ``data``; in projects that are not ours its ``id``, or the text's hash."""
    return str(data.get("article_id") or data.get("id") or sha256_of(stored_form(text).text)[:16])


def _raw_tasks(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    wrong = (
        f"{path}: not a Label Studio JSON export (a list of tasks with data); export the project as JSON, not JSON-MIN"
    )
    try:
        for n, raw in enumerate(read_json_list(path), start=1):
            if not isinstance(raw, dict) or not isinstance(raw.get("data"), dict):
                raise InputError(wrong)
            yield f"{path}: task {raw.get('id', n)}", raw
    except InputError as error:
        raise InputError(wrong if str(error).endswith("not a JSON list") else str(error)) from None


def _task(raw: dict[str, Any], place: str, text_key: str) -> ExportedTask:
    data: dict[str, Any] = raw["data"]
    article_id = _article_id(data, place, text_key)
    original: str = data[text_key]
    stored = stored_form(original)
    part, n_parts, offset = (data.get(key, default) for key, default in (("part", 1), ("n_parts", 1), ("offset", 0)))
    if not (type(part) is type(n_parts) is type(offset) is int and 1 <= part <= n_parts and offset >= 0):
        raise InputError(
            f"{place}: part {part!r} of {n_parts!r} at offset {offset!r} cannot be; export the articles again"
        )
    sha256 = data.get("text_sha256")
    if n_parts == 1 and sha256 not in (None, sha256_of(stored.text)):
        raise InputError(
            f"{place}: article {article_id}: the text has sha256 {sha256_of(stored.text)[:12]}..., it was exported "
            f"with {str(sha256)[:12]}...; the text was edited: restore it, or export the article again"
        )
    row = {key: value for key, value in data.items() if key not in (*_TASK_KEYS, text_key, "id")}
    return ExportedTask(
        place=place,
        article_id=article_id,
        row=row,
        sha256=sha256,
        ontology_key=data.get("ontology"),
        original=original,
        stored=stored,
        part=part,
        n_parts=n_parts,
        offset=offset,
        adjudicates=ADJUDICATES in data,
        raw_annotations=_dicts(raw, "annotations"),
        raw_predictions=_dicts(raw, "predictions"),
        n_predictions=len(raw.get("predictions") or []),
    )


def _article_id(data: dict[str, Any], place: str, text_key: str) -> str:
    """As ``article_id_of``, of data that must have a text."""
    text = data.get(text_key)
    if not isinstance(text, str) or not text.strip():
        raise InputError(
            f"{place}: data.{text_key} is missing or empty; tasks need the article's text under {text_key!r}, or "
            "--ontology config.xml, whose <Text value> says where it stands"
        )
    return sys.intern(article_id_of(data, text))


def _dicts(raw: dict[str, Any], key: str) -> tuple[dict[str, Any], ...]:
    return tuple(item for item in raw.get(key) or [] if isinstance(item, dict))


def _person(annotation: dict[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("id") or by.get("email")
    return f"{by:012d}" if isinstance(by, int) else f"~{by or 'nobody'}"


def open_exports(paths: Iterable[Path], ontology: Path | None = None) -> tuple[ExportIndex, Ontology]:
    """Index exports, and read their ontology.

    Args:
        paths: JSON exports, and folders of them or of ``labelstudio pull``, of which the newest is taken.
        ontology: our YAML or a config.xml; None: the one beside the exports, else the shipped one.

    Raises:
        InputError: if a file is not an export, or a folder has none.
        OntologyError: if the ontology cannot be read.
    """
    given = list(paths)
    files = [file for path in given for file in _exports_in(path)]
    source = find_ontology_path(ontology, near=given)
    name, key = read_text_object(source) if source.suffix.lower() == ".xml" else (None, TEXT_OBJECT)
    return index_exports(files, text_key=key, text_object=name), read_ontology(source)


def is_pull_folder(path: Path) -> bool:
    """Whether ``labelstudio pull`` wrote a folder."""
    return (path / PULL_MANIFEST).is_file() and (path / PULLED_EXPORT).is_file()


def _exports_in(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if is_pull_folder(path):
        return [path / PULLED_EXPORT]
    found = sorted(path.glob("*.json"))
    if not found:
        raise InputError(f"{path}: no .json file in this folder; name the exports of Label Studio")
    return found


def is_export(sample: Sample) -> Certainty:
    """Whether a sample is a JSON export of Label Studio."""
    if is_pull_folder(sample.path):
        return 2
    if not sample.has_rows("data"):
        return 0
    return 2 if any(row.keys() & {"annotations", "predictions", "drafts"} for row in sample.rows) else 1
