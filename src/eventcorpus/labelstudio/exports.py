"""Tasks of Label Studio exports, one at a time: identity and hash checked, annotations as they came.

Comes in: files of tasks in any of their shapes (see ``labelstudio.shapes``). Goes out: tasks, and an index of which
articles and people there are, without their texts.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from eventcorpus.articles.dates import read_date
from eventcorpus.articles.rows import FIELDS, article_from_row
from eventcorpus.errors import InputError
from eventcorpus.files import read_text
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.labelstudio.config import (
    DIFFERENCES_OBJECT,
    LABELLING,
    aliases_of,
    fixed_labels,
    listed_in_data,
    listing_controls,
    parse_config,
    read_label_config,
    read_ontology,
)
from eventcorpus.labelstudio.regions import values_of
from eventcorpus.labelstudio.shapes import ANNOTATIONS, files_of_tasks, is_file_of_tasks, read_tasks
from eventcorpus.labelstudio.texts import PLAIN, TaskText, TextObject, text_objects_of, text_of, turns_of
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import find_ontology_path
from eventcorpus.schema import ADJUDICATED, Article
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
_FOREIGN_FIELDS = ("title", "outlet", "url", "published", "language", "licence", "kind", "tags")
"""Columns that are fields of an article in a task that we did not make, too, if they hold words."""
_ONTOLOGY_KEY = re.compile(r"[\w.-]+@\d+\.\d+\.\d+")
_ADJUDICATOR = "~adjudicator"
OnError = Callable[[str, InputError], None]
"""Told the id of an article and what is wrong with it."""
OnTextless = Callable[[str, dict[str, Any]], None]
"""Told the name of an article and its task, which has no text."""


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
        return is_cancelled(self.raw)

    @property
    def age(self) -> tuple[str, int]:
        """Sorts annotations from old to new."""
        number = self.raw.get("id")
        time = self.raw.get("updated_at") or self.raw.get("created_at") or ""
        return str(time), number if isinstance(number, int) else self.number

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items of its ``result``."""
        return items_of(self.raw)

    def is_copy_of(self, other: ExportedAnnotation) -> bool:
        """Whether both are one annotation that stands twice in exports."""
        try:
            same = self.raw.get("result") == other.raw.get("result") and self.person == other.person
        except RecursionError:
            return False
        return same and self.cancelled == other.cancelled and self.task.original == other.task.original


@dataclass(frozen=True)
class ExportedTask:
    """One task: a whole article, or the part of one that begins at ``offset``; ``row`` has the article's fields.

    ``is_ours``: eventcorpus made it, so that columns with names of ours mean what ours mean.
    """

    place: str
    article_id: str
    is_ours: bool
    row: dict[str, Any]
    sha256: str | None
    ontology_key: str | None
    text: TaskText
    stored: StoredText
    part: int
    n_parts: int
    offset: int
    adjudicates: bool
    raw_annotations: tuple[dict[str, Any], ...]
    raw_predictions: tuple[dict[str, Any], ...] = ()
    n_predictions: int = 0
    """How many the task has; ``raw_predictions`` are there in full snapshots, other exports have ids alone."""
    n_drafts: int = 0
    has_meta: bool = False
    offered: frozenset[str] | None = None
    """The labels that its annotators could use, if it lists them itself."""

    @property
    def original(self) -> str:
        """The text as the server has it, which offsets refer to."""
        return self.text.original

    def article(self, text: str) -> Article:
        """The article with its text; of a task that is not ours, values that no field of an article can have are kept
        as they are, in ``metadata``.

        Raises:
            InputError: if a value of a task of ours is of the wrong kind.
        """
        row = self.row | {"id": self.article_id, "text": text}
        try:
            return article_from_row(row, place=self.place)
        except InputError:
            if self.is_ours:
                raise
        strange = {name: value for name, value in self.row.items() if name in FIELDS and not _fits(name, value)}
        fitting = {name: value for name, value in row.items() if name not in strange}
        return article_from_row(fitting | {"metadata": row.get("metadata", {}) | strange}, place=self.place)


@dataclass(frozen=True)
class ExportIndex:
    """What exports hold: their tasks per article, and who completed an annotation (a1, a2, ... by user id).

    What was decided in a project that ``labelstudio adjudicate`` made is ``adjudicated``, whoever decided it.

    Attributes:
        objects: where the article's text stands in ``data``.
        listing: controls that take what they offer from the tasks, with the key of ``data``.
        labels: those that the configuration itself has, if others come from the tasks.
        label_keys: the keys of ``data`` that list labels.
        aliases: labels by the name on the page -> the name that annotations hold.
        notices: what people should know of the files.
        textless: the places of tasks without text, which are left out.
        n_tasks: by article.
        shared_ids: ids in projects that are not ours under which several texts stand: no ids of articles.
        offered: what the listing controls offer, or regions have from them.
    """

    paths: tuple[Path, ...]
    objects: tuple[TextObject, ...] = PLAIN
    listing: Mapping[str, str] = field(default_factory=dict)
    labels: Sequence[str] = ()
    label_keys: Sequence[str] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    textless: list[str] = field(default_factory=list)
    n_tasks: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    shared_ids: set[str] = field(default_factory=set)
    offered: dict[str, dict[str, None]] = field(default_factory=dict)

    def tasks(
        self, *, on_error: OnError | None = None, on_textless: OnTextless | None = None
    ) -> Iterator[ExportedTask]:
        """Read the tasks, in the order of the files.

        Args:
            on_error: told of those that cannot be read.
            on_textless: told of those without text, where they are left out.
        """
        for path in self.paths:
            for place, raw in read_tasks(path):
                if self.textless and text_of(raw["data"], self.objects) is None:
                    if on_textless is not None:
                        on_textless(name_of(raw, place), raw)
                    continue
                try:
                    yield self._task(raw, place)
                except InputError as error:
                    if on_error is None:
                        raise
                    on_error(self._identity(raw["data"], _text(raw["data"], place, self.objects))[0], error)

    def _task(self, raw: dict[str, Any], place: str) -> ExportedTask:
        data: dict[str, Any] = raw["data"]
        text = _text(data, place, self.objects)
        is_ours, stored = _is_ours(data), stored_form(text.original)
        article_id, id_key = self._identity(data, text)
        part, n_parts, offset, sha256 = 1, 1, 0, None
        if is_ours:
            part, n_parts, offset = (
                data.get(key, least) for key, least in (("part", 1), ("n_parts", 1), ("offset", 0))
            )
            sha256 = data.get("text_sha256")
            if not (type(part) is type(n_parts) is type(offset) is int and 1 <= part <= n_parts and offset >= 0):
                raise InputError(
                    f"{place}: part {part!r} of {n_parts!r} at offset {offset!r} cannot be; export the articles again"
                )
            if n_parts == 1 and sha256 not in (None, sha256_of(stored.text)):
                raise InputError(
                    f"{place}: article {article_id}: the text has sha256 {sha256_of(stored.text)[:12]}..., it was "
                    f"exported with {str(sha256)[:12]}...; the text was edited: restore it, or export the article again"
                )
            read = {*_TASK_KEYS, *(shown.key for shown in self.objects), "id"}
            row = {key: value for key, value in data.items() if key not in read}
        else:
            row = self._foreign_row(data, text, id_key)
        return ExportedTask(
            place=place,
            article_id=article_id,
            is_ours=is_ours,
            row=row,
            sha256=sha256,
            ontology_key=data.get("ontology") if is_ours else None,
            text=text,
            stored=stored,
            part=part,
            n_parts=n_parts,
            offset=offset,
            adjudicates=is_ours and ADJUDICATES in data,
            raw_annotations=annotations_of(raw),
            raw_predictions=_dicts(raw, "predictions"),
            n_predictions=_count(raw, "predictions"),
            n_drafts=_count(raw, "drafts"),
            has_meta=bool(raw.get("meta")),
            offered=self._offered(data),
        )

    def _offered(self, data: dict[str, Any]) -> frozenset[str] | None:
        """The labels that a task offers, if tasks list them."""
        listed = {name for key in self.label_keys for name in listed_in_data(data.get(key))}
        return frozenset((*self.labels, *listed)) if listed else None

    def _identity(self, data: dict[str, Any], text: TaskText) -> tuple[str, str | None]:
        """The id of a task's article, and the key of ``data`` that says it; None: it is the hash of the text."""
        key, found = _id_in(data)
        if key is None or (found in self.shared_ids and not _is_ours(data)):
            return sys.intern(_hash_id(text.original)), None
        return sys.intern(found), key

    def _foreign_row(self, data: dict[str, Any], text: TaskText, id_key: str | None) -> dict[str, Any]:
        """The columns of a task that is not ours: fields of an article where they are meant, others in ``metadata``."""
        several = len(self.objects) > 1
        read = {id_key, *(shown.key for shown in self.objects)} - ({"title"} if several else set())
        row: dict[str, Any] = {}
        metadata: dict[str, Any] = {}
        for key, value in data.items():
            if key == "metadata" and isinstance(value, dict):
                metadata |= value
            elif key not in read:
                value = None if isinstance(value, float) and value != value else value  # pandas writes NaN for nothing
                if key not in _FOREIGN_FIELDS or not (value is None or key == "tags" or isinstance(value, str)):
                    metadata[key] = value
                elif value is not None:
                    row[key] = value
        if (published := row.get("published")) is not None and read_date(published) != published:
            metadata["published"] = published
            row["published"] = read_date(published)
        for shown in self.objects:
            if shown.turn_key is not None:
                metadata["turns" if shown.key in FIELDS else shown.key] = turns_of(data, shown, text)
        return row | {"metadata": metadata}

    def articles(
        self, *, on_error: OnError | None = None, on_textless: OnTextless | None = None
    ) -> Iterator[list[ExportedTask]]:
        """Read the tasks of each article together, in the order of the tasks that complete them.

        In memory at one time are only the articles of which some tasks are still to come.
        """
        waiting: dict[str, list[ExportedTask]] = {}
        for task in self.tasks(on_error=on_error, on_textless=on_textless):
            tasks = waiting.setdefault(task.article_id, [])
            tasks.append(task)
            if len(tasks) == self.n_tasks[task.article_id]:
                yield waiting.pop(task.article_id)


def index_exports(
    paths: Iterable[Path], *, config: Element | None = None, place: str = "", refuses: bool = False
) -> ExportIndex:
    """Read exports once, keeping ids alone.

    Args:
        config: the configuration of their project, which says where the text stands, and is called ``place``.
        refuses: leave tasks without text out, instead of raising.

    Raises:
        InputError: if a file is not an export, or a task has no text.
        OntologyError: if labels are not drawn on texts.
    """
    index = ExportIndex(tuple(paths))
    if config is not None:
        index = ExportIndex(
            index.paths,
            objects=text_objects_of(config, place),
            listing=listing_controls(config),
            labels=fixed_labels(config),
            label_keys=list(listing_controls(config, tags=LABELLING).values()),
            aliases=aliases_of(config),
        )
    people: set[str] = set()
    foreign = _ForeignIds()
    for path in index.paths:
        for place, raw in read_tasks(path):
            data = raw["data"]
            if refuses and text_of(data, index.objects) is None:
                index.textless.append(place)
                continue
            text, is_ours = _text(data, place, index.objects), _is_ours(data)
            article_id, key = index._identity(data, text)
            if is_ours or key is None:
                index.n_tasks[article_id] += 1
            else:
                foreign.add(article_id, _hash_id(text.original))
            done = [a for a in annotations_of(raw) if not is_cancelled(a)]
            people |= {_ADJUDICATOR} if done and is_ours and ADJUDICATES in data else {_person(a) for a in done}
            if index.listing:
                try:
                    _note_offers(raw, index)
                except RecursionError:
                    raise InputError(f"{place}: JSON nested too deeply") from None
    foreign.settle(index)
    if index.shared_ids:
        index.notices.append(
            f"ids of tasks with different texts: {len(index.shared_ids)}, the first {min(index.shared_ids)}; these "
            "articles are named by the hash of their text"
        )
    index.names.update({person: f"a{n}" for n, person in enumerate(sorted(people - {_ADJUDICATOR}), start=1)})
    index.names.update({person: ADJUDICATED for person in people & {_ADJUDICATOR}})
    return index


def article_id_of(data: dict[str, Any], text: str) -> str:
    """The article's id in a task's ``data``; in projects that are not ours its ``id``, or the text's hash."""
    key, found = _id_in(data)
    return found if key is not None else _hash_id(text)


def _hash_id(text: str) -> str:
    return sha256_of(stored_form(text).text)[:16]


class _ForeignIds:
    """Ids in projects that are not ours, with the hash of the text that stands under each; few bytes an id."""

    def __init__(self) -> None:
        self.hash_of: dict[str, int] = {}
        self.n_tasks: Counter[str] = Counter()
        self.shared: dict[str, Counter[str]] = {}

    def add(self, article_id: str, hash_id: str) -> None:
        """Count a task."""
        if article_id in self.shared:
            self.shared[article_id][hash_id] += 1
        elif self.hash_of.setdefault(article_id, int(hash_id, 16)) == int(hash_id, 16):
            self.n_tasks[article_id] += 1
        else:
            self._share(article_id)
            self.shared[article_id][hash_id] += 1

    def settle(self, index: ExportIndex) -> None:
        """Count the tasks into the index: under their id, or by their text where others have the id."""
        for article_id in [article_id for article_id in self.n_tasks if article_id in index.n_tasks]:
            self._share(article_id)
        index.n_tasks.update(self.n_tasks)
        index.shared_ids.update(self.shared)
        for n_by_text in self.shared.values():
            index.n_tasks.update(n_by_text)

    def _share(self, article_id: str) -> None:
        self.shared[article_id] = Counter({f"{self.hash_of[article_id]:016x}": self.n_tasks.pop(article_id)})


def name_of(raw: dict[str, Any], place: str) -> str:
    """What messages call the article of a task without text."""
    key, found = _id_in(raw["data"])
    return place if key is None else found


def _id_in(data: dict[str, Any]) -> tuple[str | None, str]:
    """The key of ``data`` that has an id, and the id; None if no value can be one."""
    for key in ("article_id", "id"):
        value = data.get(key)
        if type(value) is int or (type(value) is float and value - value == 0):
            return key, str(value)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return key, value
    return None, ""


def _is_ours(data: dict[str, Any]) -> bool:
    """Whether eventcorpus made a task: an article's name with the hash of its text or the version of an ontology.

    Others may have columns with one of these names, and with any other name of ours.
    """
    if type(data.get("article_id")) is not str:
        return False
    key = data.get("ontology")
    return type(data.get("text_sha256")) is str or (type(key) is str and _ONTOLOGY_KEY.fullmatch(key) is not None)


def _fits(name: str, value: Any) -> bool:
    """Whether a field of an article can have a value."""
    try:
        article_from_row({"id": "x", "text": "x", name: value}, place="")
    except InputError:
        return False
    return True


def _text(data: dict[str, Any], place: str, objects: Sequence[TextObject]) -> TaskText:
    """The text of a task, which must have one."""
    text = text_of(data, objects)
    if text is None:
        keys = " and ".join(f"data.{shown.key}" for shown in objects)
        way_out = (
            f"tasks need the article's text under {objects[0].key!r}, or --ontology config.xml, whose <Text value> "
            "says where it stands"
            if objects[0].name is None
            else "the configuration says that the text stands there"
        )
        raise InputError(f"{place}: {keys} is missing or empty; {way_out}")
    return text


def _note_offers(raw: dict[str, Any], index: ExportIndex) -> None:
    """Note what the listing controls offer in a task, and what its annotators took of it."""
    for control, key in index.listing.items():
        index.offered.setdefault(control, {}).update(dict.fromkeys(listed_in_data(raw["data"].get(key))))
    for annotation in annotations_of(raw):
        for item in _dicts(annotation, "result"):
            control = str(item.get("from_name"))
            if control in index.listing:
                index.offered[control].update(dict.fromkeys(values_of(item)))


def items_of(annotation: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of an annotation."""
    return list(_dicts(annotation, "result"))


def n_strange(annotation: dict[str, Any]) -> int:
    """How many entries of an annotation's ``result`` are no objects."""
    return _count(annotation, "result") - len(_dicts(annotation, "result"))


def annotations_of(raw: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The annotations of a task, under the names that all versions give them."""
    first, second = ANNOTATIONS
    return _dicts(raw, first) + _dicts(raw, second) if second in raw else _dicts(raw, first)


def _dicts(raw: dict[str, Any], key: str) -> tuple[dict[str, Any], ...]:
    found = raw.get(key)
    return tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def _count(raw: dict[str, Any], key: str) -> int:
    """How many entries a list has; something else than a list is one, nothing is none."""
    found = raw.get(key)
    return len(found) if isinstance(found, list) else int(bool(found))


def is_cancelled(annotation: dict[str, Any]) -> bool:
    """Whether an annotation says that its annotator skipped the task; before 1.0 the key was ``skipped``."""
    return bool(annotation.get("was_cancelled") or annotation.get("skipped"))


def _person(annotation: dict[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("id") or by.get("email")
    if isinstance(by, int):
        return f"{by:012d}"
    return f"~{by}" if by and isinstance(by, str) else "~nobody"


def open_exports(
    paths: Iterable[Path], ontology: Path | None = None, *, refuses: bool = False
) -> tuple[ExportIndex, Ontology]:
    """Index exports, and read their ontology.

    Args:
        paths: files of tasks, and folders of them or of ``labelstudio pull``, of which the newest is taken.
        ontology: our YAML or a config.xml; None: the one beside the exports, else the shipped one.
        refuses: leave tasks without text out, instead of raising.

    Raises:
        InputError: if a file is not an export, or a folder has none.
        OntologyError: if the ontology cannot be read.
    """
    given = list(paths)
    found = [_exports_in(path) for path in given]
    files = [file for read, _ in found for file in read]
    notices = [
        f"{path}: files that are no JSON and are not read: {len(unread)}, the first {unread[0].name}"
        for path, (_, unread) in zip(given, found, strict=True)
        if unread
    ]
    source = find_ontology_path(ontology, near=given)
    if source.suffix.lower() != ".xml":
        index = index_exports(files, refuses=refuses)
        index.notices[:0] = notices
        return index, read_ontology(source)
    content, place = read_text(source), str(source)
    root = parse_config(content, place)
    index = index_exports(files, config=root, place=place, refuses=refuses)
    index.notices[:0] = notices
    return index, read_label_config(content, place=place, from_data=index.offered)


def is_pull_folder(path: Path) -> bool:
    """Whether ``labelstudio pull`` wrote a folder."""
    return (path / PULL_MANIFEST).is_file() and (path / PULLED_EXPORT).is_file()


def _exports_in(path: Path) -> tuple[list[Path], list[Path]]:
    """The files of a path that are read, and those that are not."""
    if not path.is_dir():
        return [path], []
    if is_pull_folder(path):
        return [path / PULLED_EXPORT], []
    return files_of_tasks(path)


def is_export(sample: Sample) -> Certainty:
    """Whether a sample is of tasks of Label Studio."""
    return 2 if is_pull_folder(sample.path) else is_file_of_tasks(sample)
