"""Label Studio JSON exports in: one annotated article per article and annotator, every task accounted for.

Comes in: exports of the server (direct, or snapshots). Goes out: articles with spans, roles, attributes and events.
Skipped annotations and drafts are never gold; predictions are not read; a completed annotation without regions is a
true negative; of several annotations by one person the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventcorpus.account import Account
from eventcorpus.corpus.read import article_from_row
from eventcorpus.errors import InputError, SpanError
from eventcorpus.files import read_json
from eventcorpus.labelling.import_regions import RegionReader, Regions
from eventcorpus.migrate import Migration, migration
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, join_events, role_order, span_order
from eventcorpus.text import StoredText, sha256_of, stored_form

_TASK_KEYS = ("article_id", "ontology", "part", "n_parts", "offset", "text_sha256")


@dataclass(frozen=True)
class _Annotation:
    """One annotation and the text that its offsets refer to, as the server holds it and in the stored form.

    The same article may stand in two tasks whose texts differ in their line ends.
    """

    raw: dict[str, Any]
    number: int
    original: str
    stored: StoredText

    @property
    def person(self) -> str:
        """Who made it, sortable, never shown: user ids are numbers, or objects in full snapshots."""
        by = self.raw.get("completed_by")
        if isinstance(by, dict):
            by = by.get("id") or by.get("email")
        return f"{by:012d}" if isinstance(by, int) else f"~{by or 'nobody'}"

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


@dataclass
class _Piece:
    """A whole article, or a part of one that begins at ``offset``, with the annotations of all its tasks."""

    place: str
    text: str
    part: int
    n_parts: int
    offset: int
    annotations: list[_Annotation]


@dataclass
class _Gathered:
    """All tasks of one article."""

    row: dict[str, Any]
    sha256: str | None
    ontology_key: str | None
    pieces: list[_Piece] = field(default_factory=list)


def read_exports(
    paths: Iterable[Path], ontology: Ontology, account: Account, *, stop: bool = True
) -> list[AnnotatedArticle]:
    """Read exports into annotated articles, in the order of the tasks; annotators are a1, a2, ... by their user id.

    Args:
        stop: raise at a span that cannot be right, instead of refusing it and going on.

    Raises:
        InputError: if a file is not an export, a task has no text, or its text is not the one it was exported with.
        SpanError: with ``stop``, naming article, region and value.
        OntologyError: if data was annotated under an ontology that cannot be migrated.
    """
    gathered: dict[str, _Gathered] = {}
    for path in paths:
        tasks = read_json(path)
        if not isinstance(tasks, list) or not all(
            isinstance(task, dict) and isinstance(task.get("data"), dict) for task in tasks
        ):
            raise InputError(
                f"{path}: not a Label Studio JSON export (a list of tasks with data); export the project "
                "as JSON, not JSON-MIN"
            )
        for n, task in enumerate(tasks, start=1):
            _gather(task, f"{path}: task {task.get('id', n)}", gathered)
    people = sorted({a.person for g in gathered.values() for p in g.pieces for a in p.annotations if not a.cancelled})
    names = {person: f"a{n}" for n, person in enumerate(people, start=1)}
    reader = RegionReader(ontology, account, stop=stop)
    articles: list[AnnotatedArticle] = []
    for article_id, one in gathered.items():
        found = _annotated(article_id, one, ontology, account, reader, names)
        articles += found
        if found:
            account.keep("articles")
    return articles


def _gather(task: dict[str, Any], place: str, gathered: dict[str, _Gathered]) -> None:
    data: dict[str, Any] = task["data"]
    original = data.get("text")
    if not isinstance(original, str) or not original.strip():
        raise InputError(f"{place}: data.text is missing or empty; tasks need the article's text under 'text'")
    stored = stored_form(original)
    part, n_parts, offset = (data.get(key, default) for key, default in (("part", 1), ("n_parts", 1), ("offset", 0)))
    if not (type(part) is type(n_parts) is type(offset) is int and 1 <= part <= n_parts and offset >= 0):
        raise InputError(
            f"{place}: part {part!r} of {n_parts!r} at offset {offset!r} cannot be; export the articles again"
        )
    article_id = str(data.get("article_id") or data.get("id") or sha256_of(stored.text)[:16])
    row = {key: value for key, value in data.items() if key not in (*_TASK_KEYS, "text", "id")}
    if n_parts == 1 and data.get("text_sha256") not in (None, sha256_of(stored.text)):
        raise InputError(
            f"{place}: article {article_id}: the text has sha256 {sha256_of(stored.text)[:12]}..., it was "
            "exported with "
            f"{str(data['text_sha256'])[:12]}...; the text was edited: restore it, or export the article again"
        )
    one = gathered.setdefault(article_id, _Gathered(row, data.get("text_sha256"), data.get("ontology")))
    same = [piece for piece in one.pieces if piece.part == part]
    first = len(same[0].annotations) + 1 if same else 1
    raw = [a for a in task.get("annotations") or [] if isinstance(a, dict)]
    annotations = [_Annotation(a, n, original, stored) for n, a in enumerate(raw, start=first)]
    if not same:
        one.pieces.append(_Piece(place, stored.text, part, n_parts, offset, annotations))
    elif same[0].text == stored.text:
        same[0].annotations += annotations
    else:
        raise InputError(f"{place}: article {article_id} stands in {same[0].place} with another text; ids are unique")


def _annotated(
    article_id: str, one: _Gathered, ontology: Ontology, account: Account, reader: RegionReader, names: dict[str, str]
) -> list[AnnotatedArticle]:
    pieces = sorted(one.pieces, key=lambda piece: piece.part)
    every = [annotation for piece in pieces for annotation in piece.annotations]
    text = "".join(piece.text for piece in pieces)
    n_parts = pieces[0].n_parts
    if len(pieces) < n_parts:
        missing = sorted(set(range(1, n_parts + 1)) - {piece.part for piece in pieces})
        account.refuse("articles", article_id, f"part {missing[0]} of {n_parts}", "a part is not in the export")
        for annotation in every:
            _refuse_items(annotation, article_id, "a part of its article is not in the export", account)
        return []
    begins = 0
    for piece in pieces:
        if piece.offset != begins:
            raise InputError(
                f"{piece.place}: article {article_id}: part {piece.part} begins at {piece.offset}, and the parts "
                f"before it have {begins} characters; export the article again"
            )
        begins += len(piece.text)
    if n_parts > 1 and one.sha256 not in (None, sha256_of(text)):
        raise InputError(
            f"article {article_id}: its {n_parts} parts together are not the text that was exported; export it again"
        )
    article = article_from_row(one.row | {"id": article_id, "text": text}, place=pieces[0].place)
    way = migration(one.ontology_key, ontology, place=f"article {article_id}")
    found: list[AnnotatedArticle] = []
    for person in sorted({a.person for a in every if not a.cancelled}, key=lambda p: names[p]):
        newest = [_newest(piece, person) for piece in pieces]
        complete = [(piece, a) for piece, a in zip(pieces, newest, strict=True) if a is not None]
        regions = Regions()
        for piece, annotation in complete if len(complete) == n_parts else ():
            try:
                read = reader.read(
                    annotation.items,
                    annotation.stored,
                    original=annotation.original,
                    article=article_id,
                    prefix=str(annotation.raw.get("id") or annotation.number),
                    offset=piece.offset,
                    migration=way,
                )
            except SpanError as error:
                raise SpanError(f"{piece.place}: {error}") from None
            regions.spans += read.spans
            regions.roles += read.roles
        if len(complete) == n_parts:
            found.append(_join(article, regions, ontology, way, names[person]))
        for annotation in (a for a in every if a.person == person):
            if annotation.cancelled:
                continue
            if annotation not in newest:
                account.note("annotations replaced by a newer one of the same person")
                _refuse_items(annotation, article_id, "a newer annotation by the same person", account)
            elif len(complete) < n_parts:
                account.note("annotations of a part whose other parts their person did not annotate")
                _refuse_items(annotation, article_id, "its annotator did not do every part", account)
    for annotation in (a for a in every if a.cancelled):
        account.note("skipped annotations")
        _refuse_items(annotation, article_id, "its annotation was skipped", account)
    if not found:
        reason = "not annotated" if not every else "skipped by its annotators"
        reason = "not annotated in every part" if any(not a.cancelled for a in every) else reason
        account.refuse("articles", article_id, "the article", reason)
    return found


def _join(article: Article, regions: Regions, ontology: Ontology, way: Migration, annotator: str) -> AnnotatedArticle:
    spans = tuple(sorted(regions.spans, key=span_order))
    events = join_events(spans, regions.roles, triggers=set(ontology.trigger_names), link=ontology.event_link)
    labels = ontology.labels if not way.steps else _labels_before(ontology, way)
    return AnnotatedArticle(article, spans, labels, tuple(sorted(regions.roles, key=role_order)), events, annotator)


def _labels_before(ontology: Ontology, way: Migration) -> tuple[str, ...]:
    """Which of today's labels an annotator of the older version could use: today's, carried back and forth again."""
    old = list(ontology.labels)
    for step in reversed(way.steps):
        back = {new: source for source, new in step.renamed.items()}
        new_ones = {*step.added, *step.merged.values(), *(x for parts in step.split.values() for x in parts)}
        old = [back.get(label, label) for label in old if label not in new_ones]
        old += [*step.merged, *step.split, *step.removed]
    now = set(way.labels_annotated(tuple(old)))
    return tuple(label for label in ontology.labels if label in now)


def _newest(piece: _Piece, person: str) -> _Annotation | None:
    """The newest completed annotation by one person."""
    theirs = [a for a in piece.annotations if a.person == person and not a.cancelled]
    return max(theirs, key=lambda a: a.age, default=None)


def _refuse_items(annotation: _Annotation, article_id: str, reason: str, account: Account) -> None:
    """Count every item of an annotation that is not read."""
    name = f"annotation {annotation.raw.get('id', annotation.number)}"
    for item in annotation.items:
        type_ = str(item.get("type", ""))
        if type_ == "relation":
            account.refuse(
                "roles", article_id, f"relation {item.get('from_id')} -> {item.get('to_id')} of {name}", reason
            )
        elif type_.endswith("labels"):
            account.refuse("spans", article_id, f"region {item.get('id')} of {name}", reason)
        elif "start" in (item.get("value") or {}):
            account.refuse(
                "attributes", article_id, f"{item.get('from_name')} of region {item.get('id')} of {name}", reason
            )
