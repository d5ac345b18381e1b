"""Tasks of Label Studio exports, one at a time: identity and hash checked, annotations as they came.

Comes in: files of tasks in any of their shapes (see ``labelstudio.shapes``). Goes out: tasks, and an index of which
articles and people there are, without their texts.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    config_ontology,
    fixed_labels,
    listed_in_data,
    listing_controls,
    parse_config,
    read_ontology,
)
from eventcorpus.labelstudio.regions import values_of
from eventcorpus.labelstudio.shapes import (
    annotations_of,
    files_of_tasks,
    is_cancelled,
    is_file_of_tasks,
    objects_in,
    read_tasks,
)
from eventcorpus.labelstudio.texts import PLAIN, TaskText, TextObject, text_objects_of, text_of, turns_of
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import find_ontology_path
from eventcorpus.schema import ADJUDICATED, Article
from eventcorpus.text import StoredText, sha256_of, stored_form

ADJUDICATES = "adjudicates"
"""In the data of a task that adjudicates: whose annotations are in question."""
QUEUE_RANK, QUEUE_BY = "next_rank", "next_by"
"""In the data of a task that ``next`` put in an order: its place, and what chose it (which stays with the article)."""
N_WORDS = "n_words"
"""In the data of a task: how many words its text has, for people to see."""
PULLED_EXPORT, PULL_MANIFEST = "export.json", "pull.json"
"""In a folder that ``labelstudio pull`` wrote: the newest export, and what explains it."""
_TASK_KEYS = (
    *("article_id", "ontology", "part", "n_parts", "offset", "text_sha256", N_WORDS),
    *(ADJUDICATES, DIFFERENCES_OBJECT, QUEUE_RANK),
)
_FOREIGN_FIELDS = ("title", "outlet", "url", "published", "language", "licence", "kind", "tags")
"""Columns that are fields of an article in a task that we did not make, too, if they hold words."""
_ONTOLOGY_KEY = re.compile(r"[\w.-]+@\d+\.\d+\.\d+")
_ADJUDICATOR = "~adjudicator"
_BY_FILE = "~~"
OnError = Callable[[str, InputError], None]
"""Told the id of an article and what is wrong with it."""
OnTextless = Callable[[str, dict[str, Any]], None]
"""Told the name of an article and its task, which has no text."""


class OfFile(str):
    """The name of a file or folder that stands for its annotator, where its annotations do not say who that is."""

    __slots__ = ()


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
        return objects_in(self.raw, "result")

    def is_copy_of(self, other: ExportedAnnotation) -> bool:
        """Whether both are one annotation that stands twice in exports."""
        try:
            same = self.raw.get("result") == other.raw.get("result") and self.person == other.person
        except RecursionError:
            return False
        return same and self.cancelled == other.cancelled and self.task.original == other.task.original


@dataclass(frozen=True)
class ExportedTask:
    """One task: a whole article, or the part of one that begins at ``offset``.

    Attributes:
        is_ours: eventcorpus made it, so that columns with names of ours mean what ours mean.
        row: the article's fields.
        raw: the task as the export has it.
        offered: the labels that its annotators could use, if it lists them itself.
    """

    place: str
    article_id: str
    is_ours: bool
    row: dict[str, Any]
    raw: dict[str, Any]
    text: TaskText
    stored: StoredText
    part: int = 1
    n_parts: int = 1
    offset: int = 0
    offered: frozenset[str] | None = None

    @property
    def original(self) -> str:
        """The text as the server has it, which offsets refer to."""
        return self.text.original

    @property
    def sha256(self) -> Any:
        """The hash of the article's text that a task of ours has."""
        return self.raw["data"].get("text_sha256") if self.is_ours else None

    @property
    def ontology_key(self) -> Any:
        """Which ontology a task of ours was made for."""
        return self.raw["data"].get("ontology") if self.is_ours else None

    @property
    def adjudicates(self) -> bool:
        """Whether it asks for a decision between annotators."""
        return self.is_ours and ADJUDICATES in self.raw["data"]

    @property
    def predictions(self) -> list[dict[str, Any]]:
        """Its predictions, in full snapshots; other exports have their ids alone."""
        return objects_in(self.raw, "predictions")

    def article(self, text: str) -> Article:
        """The article with its text; values that no field can have stay in ``metadata``, if the task is not ours.

        Raises:
            InputError: if a value of a task of ours is of the wrong kind.
        """
        row = self.row | {"id": self.article_id, "text": text}
        return article_from_row(row, place=self.place, strange=None if self.is_ours else [])


@dataclass(frozen=True)
class ExportIndex:
    """What exports hold: their tasks per article, and who completed an annotation (a1, a2, ... by user id).

    What was decided in a project that ``labelstudio adjudicate`` made is ``adjudicated``, whoever decided it.

    Attributes:
        refuses: tasks without text are left out, instead of raising.
        objects: where the article's text stands in ``data``.
        listing: controls that take what they offer from the tasks, with the key of ``data``.
        labels: those that the configuration itself has, if others come from the tasks.
        label_keys: the keys of ``data`` that list labels.
        aliases: labels by the name on the page -> the name that annotations hold.
        notices: what people should know of the files.
        n_tasks: by article.
        names: by person the name of the annotator.
        shared_ids: ids in projects that are not ours under which several texts stand: no ids of articles.
        offered: what the listing controls offer, or regions have from them.
        people_of: by file whose annotations those without ``completed_by`` are, where there are several files.
    """

    paths: tuple[Path, ...]
    refuses: bool = False
    objects: tuple[TextObject, ...] = PLAIN
    listing: Mapping[str, str] = field(default_factory=dict)
    labels: Sequence[str] = ()
    label_keys: Sequence[str] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    n_tasks: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    shared_ids: set[str] = field(default_factory=set)
    offered: dict[str, dict[str, None]] = field(default_factory=dict)
    people_of: Mapping[Path, str] = field(default_factory=dict)

    def raw_tasks(self, on_textless: OnTextless | None = None) -> Iterator[tuple[str, dict[str, Any], TaskText]]:
        """Yield (place, task, its text).

        Raises:
            InputError: if a task has no text and none is refused.
        """
        for path in self.paths:
            for place, raw in read_tasks(path):
                if path in self.people_of:
                    for annotation in annotations_of(raw):
                        annotation["completed_by"] = annotation.get("completed_by") or self.people_of[path]
                text = text_of(raw["data"], self.objects)
                if text is not None:
                    yield place, raw, text
                elif not self.refuses:
                    raise InputError(f"{place}: {_no_text(self.objects)}")
                elif on_textless is not None:
                    on_textless(_id_in(raw["data"])[1] or place, raw)

    def tasks(
        self, *, on_error: OnError | None = None, on_textless: OnTextless | None = None
    ) -> Iterator[ExportedTask]:
        """Read the tasks, in the order of the files.

        Args:
            on_error: told of those that cannot be read.
            on_textless: told of those without text, where they are left out.
        """
        for place, raw, text in self.raw_tasks(on_textless):
            try:
                yield self._task(place, raw, text)
            except InputError as error:
                if on_error is None:
                    raise
                on_error(self.identity(raw["data"], text)[0], error)

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

    def identity(self, data: dict[str, Any], text: TaskText) -> tuple[str, str | None]:
        """The id of a task's article, and the key of ``data`` that says it; None: it is the hash of the text."""
        key, found = _id_in(data)
        if key is None or (found in self.shared_ids and not _is_ours(data)):
            return sys.intern(_hash_id(text.original)), None
        return sys.intern(found), key

    def _task(self, place: str, raw: dict[str, Any], text: TaskText) -> ExportedTask:
        data: dict[str, Any] = raw["data"]
        is_ours, stored = _is_ours(data), stored_form(text.original)
        article_id, id_key = self.identity(data, text)
        listed = {name for key in self.label_keys for name in listed_in_data(data.get(key))}
        task = ExportedTask(
            place=place,
            article_id=article_id,
            is_ours=is_ours,
            row={},
            raw=raw,
            text=text,
            stored=stored,
            offered=frozenset((*self.labels, *listed)) if listed else None,
        )
        if not is_ours:
            return replace(task, row=self._foreign_row(data, text, id_key))
        part, n_parts, offset = data.get("part", 1), data.get("n_parts", 1), data.get("offset", 0)
        if not (type(part) is type(n_parts) is type(offset) is int and 1 <= part <= n_parts and offset >= 0):
            raise InputError(
                f"{place}: part {part!r} of {n_parts!r} at offset {offset!r} cannot be; export the articles again"
            )
        if n_parts == 1 and task.sha256 not in (None, sha256_of(stored.text)):
            raise InputError(
                f"{place}: article {article_id}: the text has sha256 {sha256_of(stored.text)[:12]}..., it was "
                f"exported with {str(task.sha256)[:12]}...; the text was edited: restore it, or export the article "
                "again"
            )
        read = {*_TASK_KEYS, *(shown.key for shown in self.objects), "id"}
        row = {key: value for key, value in data.items() if key not in read}
        return replace(task, row=row, part=part, n_parts=n_parts, offset=offset)

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


def index_exports(
    paths: Iterable[Path],
    *,
    config: Element | None = None,
    place: str = "",
    refuses: bool = False,
    people_of: Mapping[Path, str] | None = None,
) -> ExportIndex:
    """Read exports once, keeping ids alone.

    Args:
        people_of: see ``ExportIndex``; None: by the names of the files (``person_of_file``).
        config: the configuration of their project, which says where the text stands, and is called ``place``.
        refuses: leave tasks without text out, instead of raising.

    Raises:
        InputError: if a file is not an export, or a task has no text.
        OntologyError: if labels are not drawn on texts.
    """
    files = tuple(paths)
    people_of = {file: person_of_file(file) for file in files} if people_of is None else people_of
    index = ExportIndex(files, refuses, people_of=people_of if len(set(people_of.values())) > 1 else {})
    if config is not None:
        index = replace(
            index,
            objects=text_objects_of(config, place),
            listing=listing_controls(config),
            labels=fixed_labels(config),
            label_keys=list(listing_controls(config, tags=LABELLING).values()),
            aliases=aliases_of(config),
        )
    people: set[str] = set()
    n_foreign: Counter[tuple[str, str]] = Counter()
    for place, raw, text in index.raw_tasks():
        data = raw["data"]
        is_ours = _is_ours(data)
        article_id, key = index.identity(data, text)
        if is_ours or key is None:
            index.n_tasks[article_id] += 1
        else:
            n_foreign[article_id, _hash_id(text.original)] += 1
        done = [annotation for annotation in annotations_of(raw) if not is_cancelled(annotation)]
        people |= {_ADJUDICATOR if is_ours and ADJUDICATES in data else _person(annotation) for annotation in done}
        try:
            _note_offers(raw, index)
        except RecursionError:
            raise InputError(f"{place}: JSON nested too deeply") from None
    n_texts = Counter(article_id for article_id, _ in n_foreign)
    index.shared_ids.update(each for each, n in n_texts.items() if n > 1 or each in index.n_tasks)
    for (article_id, hash_id), n in n_foreign.items():
        index.n_tasks[hash_id if article_id in index.shared_ids else article_id] += n
    if index.shared_ids:
        index.notices.append(
            f"ids of tasks with different texts: {len(index.shared_ids)}, the first {min(index.shared_ids)}; these "
            "articles are named by the hash of their text"
        )
    index.names.update({person: f"a{n}" for n, person in enumerate(sorted(people - {_ADJUDICATOR}), start=1)})
    of_files = {f"{_BY_FILE}{name}": name for name in index.people_of.values()}
    if told := [f"{index.names[person]} is {name}" for person, name in of_files.items() if person in index.names]:
        index.notices.append(f"annotators told by their files, which do not say who annotated: {', '.join(told)}")
    index.names.update({person: ADJUDICATED for person in people & {_ADJUDICATOR}})
    return index


def _note_offers(raw: dict[str, Any], index: ExportIndex) -> None:
    """Note what the listing controls offer in a task, and what its annotators took of it."""
    for control, key in index.listing.items():
        index.offered.setdefault(control, {}).update(dict.fromkeys(listed_in_data(raw["data"].get(key))))
    for annotation in annotations_of(raw) if index.listing else ():
        for item in objects_in(annotation, "result"):
            control = str(item.get("from_name"))
            if control in index.listing:
                index.offered[control].update(dict.fromkeys(values_of(item)))


def article_id_of(data: dict[str, Any], text: str) -> str:
    """The article's id in a task's ``data``; in projects that are not ours its ``id``, or the text's hash."""
    return _id_in(data)[1] or _hash_id(text)


def _hash_id(text: str) -> str:
    return sha256_of(stored_form(text).text)[:16]


def _id_in(data: dict[str, Any]) -> tuple[str | None, str]:
    """The key of ``data`` that has an id, and the id; None and nothing if no value can be one."""
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


def _no_text(objects: Sequence[TextObject]) -> str:
    keys = " and ".join(f"data.{shown.key}" for shown in objects)
    if objects[0].name is not None:
        return f"{keys} is missing or empty; the configuration says that the text stands there"
    return (
        f"{keys} is missing or empty; tasks need the article's text under {objects[0].key!r}, or --ontology "
        "config.xml, whose <Text value> says where it stands"
    )


def _person(annotation: dict[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, OfFile):
        return f"{_BY_FILE}{by}"
    if isinstance(by, dict):
        by = by.get("id") or by.get("email")
    if isinstance(by, int):
        return f"{by:012d}"
    return f"~{by}" if by and isinstance(by, str) else "~nobody"


def person_of_file(file: Path) -> OfFile:
    """Whose annotations a file without ``completed_by`` has; files called by numbers, as storages write, are of one.

    >>> person_of_file(Path("labels/anna.json")), person_of_file(Path("labels/17.json"))
    ('labels/anna.json', 'labels')
    """
    return OfFile(file.parent if file.stem.isdigit() else file)


def open_exports(
    paths: Iterable[Path], ontology: Path | None = None, *, refuses: bool = False
) -> tuple[ExportIndex, Ontology]:
    """Index exports, and read their ontology.

    Args:
        paths: files of tasks, and folders of them or of ``labelstudio pull``, of which the newest is taken.
        ontology: our YAML or a config.xml; None: by the rule of ``package_data.find_ontology_path``.
        refuses: leave tasks without text out, instead of raising.

    Raises:
        InputError: if a file is not an export, or a folder has none.
        OntologyError: if the ontology cannot be read.
    """
    given = list(paths)
    files: list[Path] = []
    notices: list[str] = []
    people_of: dict[Path, str] = {}
    for path in given:
        n_before = len(files)
        if is_pull_folder(path):
            files.append(path / PULLED_EXPORT)
        elif path.is_dir():
            found, unread = files_of_tasks(path)
            files += found
            if unread:
                notices.append(
                    f"{path}: files that are no JSON and are not read: {len(unread)}, the first {unread[0].name}"
                )
        else:
            files.append(path)
        whole = OfFile(path) if len(given) > 1 else None  # each input is of one person, else each file of the only one
        people_of |= {file: whole or person_of_file(file) for file in files[n_before:]}
    source = find_ontology_path(ontology, near=given)
    is_config, place = source.suffix.lower() == ".xml", str(source)
    config = read_text(source) if is_config else ""
    index = index_exports(
        files,
        config=parse_config(config, place) if is_config else None,
        place=place,
        refuses=refuses,
        people_of=people_of,
    )
    index.notices[:0] = notices
    if is_config:
        return index, config_ontology(config, place=place, from_data=index.offered)
    return index, read_ontology(source)


def is_pull_folder(path: Path) -> bool:
    """Whether ``labelstudio pull`` wrote a folder."""
    return (path / PULL_MANIFEST).is_file() and (path / PULLED_EXPORT).is_file()


def is_export(sample: Sample) -> Certainty:
    """Whether a sample is of tasks of Label Studio."""
    return 2 if is_pull_folder(sample.path) else is_file_of_tasks(sample)
