"""Label Studio JSON exports in: one annotated article per article and annotator, every task counted.

Comes in: exports of the server (direct, or snapshots). Goes out: articles with spans, roles, attributes and events.
Skipped annotations and drafts are never gold; predictions are not read; a completed annotation without regions is a
true negative; of several annotations by one person the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eventcorpus.annotation.assemble import annotated_article
from eventcorpus.annotation.check import Checked
from eventcorpus.annotation.merge import default_policy, gold_of, gold_policy
from eventcorpus.annotation.migrate import Migration, migration, renaming_hint
from eventcorpus.conversion_report import REPLACED, Code, ConversionReport
from eventcorpus.errors import InputError, SpanError
from eventcorpus.labelstudio.exports import (
    ExportedAnnotation,
    ExportedTask,
    ExportIndex,
    OnError,
    index_exports,
)
from eventcorpus.labelstudio.regions import check_annotation, is_region, units, values_of
from eventcorpus.labelstudio.shapes import annotations_of, n_entries, objects_in
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Role, Span
from eventcorpus.tables import counted
from eventcorpus.text import sha256_of, stored_form


@dataclass
class _Piece:
    """A whole article, or a part of one that begins at ``offset``, with the annotations of all its tasks."""

    first: ExportedTask
    annotations: list[ExportedAnnotation]

    @property
    def text(self) -> str:
        """Its text in the stored form."""
        return self.first.stored.text


def read_exports(paths: Iterable[Path], ontology: Ontology, report: ConversionReport) -> list[AnnotatedArticle]:
    """Read small exports whole: the articles of ``annotated_articles``, one after another."""
    index = index_exports(paths)
    return [annotated for articles in annotated_articles(index, ontology, report) for annotated in articles]


def annotated_articles(
    index: ExportIndex, ontology: Ontology, report: ConversionReport, *, on_error: OnError | None = None
) -> Iterator[list[AnnotatedArticle]]:
    """Yield each article as its annotators see it (a1 first), in the order of the tasks that complete them.

    Args:
        on_error: told of articles that cannot be read, which are then left out, instead of stopping there.

    Raises:
        InputError: if a task contradicts another, or its text is not the one it was exported with.
        SpanError: for a span that cannot be right, unless the report refuses such; naming article, region and value.
        OntologyError: if data was annotated under an ontology that cannot be migrated.
    """
    refuse_task = partial(_refuse_task, report=report)
    for tasks in index.articles(on_error=on_error, on_textless=refuse_task):
        try:
            found = _annotated(tasks, ontology, report, index)
        except RecursionError:
            raise InputError(f"{tasks[0].place}: JSON nested too deeply") from None
        except InputError as error:
            if on_error is None:
                raise
            on_error(tasks[0].article_id, error)
            continue
        if found:
            report.keep("articles")
            if any(task.stored.n_replaced for task in tasks):
                report.note(REPLACED)
            yield found


def gold_articles(
    index: ExportIndex,
    ontology: Ontology,
    report: ConversionReport,
    policy: str | None = None,
    *,
    on_error: OnError | None = None,
) -> tuple[str, Iterator[tuple[AnnotatedArticle, list[AnnotatedArticle]]]]:
    """Read articles as ``annotated_articles`` does, with gold of each.

    Args:
        policy: see ``annotation.merge.gold_of``; None: adjudicated if there are decisions, else a1.

    Returns:
        the policy in words, and of each article gold and its annotations, a1 first.

    Raises:
        InputError: if the policy does not fit the annotators, or as ``annotated_articles``.
    """
    annotators = index.names.values()
    chosen = policy or default_policy(annotators)
    in_words = gold_policy(annotators, chosen)
    articles = annotated_articles(index, ontology, report, on_error=on_error)
    return in_words, ((gold_of(passes, chosen, ontology, report), passes) for passes in articles)


def _pieces(tasks: list[ExportedTask], report: ConversionReport) -> list[_Piece]:
    """The tasks of one article by part, each annotation once; tasks of the same part must have the same text."""
    pieces: dict[int, _Piece] = {}
    for task in tasks:
        piece = pieces.setdefault(task.part, _Piece(task, []))
        if (piece.text, piece.first.offset) != (task.stored.text, task.offset):
            raise InputError(
                f"{task.place}: article {task.article_id} stands in {piece.first.place} with another text; "
                "ids are unique, and annotators of one article read the same text"
            )
        for raw in annotations_of(task.raw):
            annotation = ExportedAnnotation(raw, len(piece.annotations) + 1, task)
            earlier = [] if raw.get("id") is None else [a for a in piece.annotations if a.raw.get("id") == raw["id"]]
            if any(map(annotation.is_copy_of, earlier)):
                report.note("annotations that stand twice (read once)")
            else:
                piece.annotations.append(annotation)
        if task.raw.get("meta"):
            report.note("meta of tasks (not kept)")
        for key in ("drafts", "predictions"):
            if n := n_entries(task.raw, key):
                report.note(f"{key} (not read)", n)
    return [pieces[part] for part in sorted(pieces)]


def _annotated(
    tasks: list[ExportedTask], ontology: Ontology, report: ConversionReport, index: ExportIndex
) -> list[AnnotatedArticle]:
    pieces, task = _pieces(tasks, report), tasks[0]
    article_id, n_parts = task.article_id, pieces[0].first.n_parts
    every = [annotation for piece in pieces for annotation in piece.annotations]
    if len(pieces) < n_parts:
        missing = min(set(range(1, n_parts + 1)) - {piece.first.part for piece in pieces})
        report.refuse("articles", article_id, f"part {missing} of {n_parts}", Code.PART_MISSING)
        for annotation in every:
            _refuse_items(annotation.raw, annotation.number, article_id, Code.ARTICLE_PART_MISSING, report)
        return []
    article = task.article(_joined(pieces, task))
    way = migration(task.ontology_key, ontology, place=f"article {article_id}")
    labels = ontology.labels if not way.steps else _labels_before(ontology, way)
    others = {role.name for role in ontology.roles} | {attribute.name for attribute in ontology.attributes}
    not_annotated = tuple(name for name in way.added if name in others)
    found: list[AnnotatedArticle] = []
    done = [annotation for annotation in every if not annotation.cancelled]
    for person in sorted({annotation.person for annotation in done}, key=lambda p: index.names[p]):
        newest = [a for piece in pieces if (a := _newest(piece, person)) is not None]
        if len(newest) == n_parts:
            spans: list[Span] = []
            roles: list[Role] = []
            for annotation in newest:
                checked = _checked(annotation, ontology, report, way=way, index=index)
                spans += checked.spans
                roles += checked.roles
            could_use = labels
            if task.offered is not None:
                could_use = tuple(x for x in labels if x in task.offered or any(x == span.label for span in spans))
            annotator = index.names[person]
            found.append(
                annotated_article(
                    article,
                    spans,
                    roles,
                    ontology,
                    labels_annotated=could_use,
                    not_annotated=not_annotated,
                    annotator=annotator,
                )
            )
        for annotation in (a for a in done if a.person == person):
            if not any(annotation is kept for kept in newest):
                report.note("annotations replaced by a newer one of the same person")
                _refuse_items(annotation.raw, annotation.number, article_id, Code.NEWER_ANNOTATION, report)
            elif len(newest) < n_parts:
                report.note("annotations of a part whose other parts their person did not annotate")
                _refuse_items(annotation.raw, annotation.number, article_id, Code.NOT_EVERY_PART, report)
    for annotation in (a for a in every if a.cancelled):
        report.note("skipped annotations")
        _refuse_items(annotation.raw, annotation.number, article_id, Code.ANNOTATION_SKIPPED, report)
    if not found:
        reason = Code.SKIPPED_BY_ALL if every else Code.NOT_ANNOTATED
        report.refuse("articles", article_id, "the article", Code.NOT_ANNOTATED_IN_EVERY_PART if done else reason)
    return found


def _checked(
    annotation: ExportedAnnotation, ontology: Ontology, report: ConversionReport, *, way: Migration, index: ExportIndex
) -> Checked:
    task = annotation.task
    _refuse_strange(annotation.raw, annotation.number, task.article_id, report)
    hint = partial(_renaming_hint, task=task, ontology=ontology, index=index) if task.ontology_key else None
    try:
        return check_annotation(
            annotation.items,
            task.article_id,
            task.text,
            ontology,
            report,
            prefix=stored_form(str(annotation.raw.get("id") or annotation.number)).text,
            migration=way,
            offset=task.offset,
            annotator=index.names[annotation.person],
            aliases=index.aliases,
            label_hint=hint,
        )
    except SpanError as error:
        raise SpanError(f"{task.place}: {error}") from None


def _renaming_hint(label: str, *, task: ExportedTask, ontology: Ontology, index: ExportIndex) -> str:
    every = (a for _, raw, _ in index.raw_tasks() for a in annotations_of(raw))
    used = {name for a in every for item in objects_in(a, "result") if is_region(item) for name in values_of(item)}
    return renaming_hint(label, task.ontology_key, ontology, used=used)


def _joined(pieces: list[_Piece], task: ExportedTask) -> str:
    """The text of all parts of the article.

    Raises:
        InputError: if a part does not begin where those before it end; if it is not the text that was exported.
    """
    text = ""
    for piece in pieces:
        if piece.first.offset != len(text):
            raise InputError(
                f"{piece.first.place}: article {task.article_id}: part {piece.first.part} begins at "
                f"{piece.first.offset}, and the parts before it have {counted(len(text), 'character')}; export the "
                "article again"
            )
        text += piece.text
    if len(pieces) > 1 and task.sha256 not in (None, sha256_of(text)):
        raise InputError(
            f"article {task.article_id}: its {counted(len(pieces), 'part')} together are not the text that was "
            "exported; export it again"
        )
    return text


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


def _newest(piece: _Piece, person: str) -> ExportedAnnotation | None:
    """The newest completed annotation by one person."""
    by_person = [a for a in piece.annotations if a.person == person and not a.cancelled]
    return max(by_person, key=lambda a: a.age, default=None)


def _refuse_task(article_id: str, raw: dict[str, Any], *, report: ConversionReport) -> None:
    """Count a task without text, with all that is in it."""
    report.refuse("articles", article_id, "the task", Code.NO_TEXT)
    try:
        for number, annotation in enumerate(annotations_of(raw), start=1):
            _refuse_items(annotation, number, article_id, Code.ARTICLE_REFUSED, report)
    except RecursionError:
        raise InputError(f"article {article_id}: JSON nested too deeply") from None


def _refuse_items(
    annotation: dict[str, Any], number: int, article_id: str, reason: Code, report: ConversionReport
) -> None:
    """Count every item of an annotation that is not read."""
    name, items = f"annotation {annotation.get('id', number)}", objects_in(annotation, "result")
    _refuse_strange(annotation, number, article_id, report)
    regions = {str(item.get("id")) for item in items if is_region(item)}
    for item in items:
        kind, n = units(item, regions)
        words = f"region {item.get('id')}"
        if kind == "roles":
            words = f"relation {item.get('from_id')} -> {item.get('to_id')}"
        elif kind == "attributes":
            words = f"{item.get('from_name')} of {words}"
        report.refuse(kind, article_id, f"{words} of {name}", reason, n=n)


def _refuse_strange(annotation: dict[str, Any], number: int, article_id: str, report: ConversionReport) -> None:
    n_strange = n_entries(annotation, "result") - len(objects_in(annotation, "result"))
    name = f"an entry of annotation {annotation.get('id', number)}"
    report.refuse("spans", article_id, name, Code.NO_OBJECT, n=n_strange)
