"""MUC-4 as JSON lines (Du et al. 2021, GTT): templates of incidents, each slot filled with sets of coreferent mentions.

Files with docid, doctext and templates become documents with a mark for each mention, labelled by its
slot, and the templates over these marks. ``muc4_templates`` makes the same templates of an article again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import StrictInt

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.annotation.templates import Template, templates_of
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.files import StrictModel
from eventcorpus.formats.files import files_by_split, has_splits, not_read, rows_of_file
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.ontology import Name
from eventcorpus.schema import AnnotatedArticle, Article

SLOTS = ("PerpInd", "PerpOrg", "Target", "Victim", "Weapon")
Filler = tuple[tuple[str, StrictInt], ...]
"""Mentions of one thing: text and where it starts."""


class TemplateRow(StrictModel):
    incident_type: Name
    PerpInd: tuple[Filler, ...]
    PerpOrg: tuple[Filler, ...]
    Target: tuple[Filler, ...]
    Victim: tuple[Filler, ...]
    Weapon: tuple[Filler, ...]

    def slots(self) -> dict[str, tuple[Filler, ...]]:
        """Slot -> fillers, in the order of the format."""
        return {slot: getattr(self, slot) for slot in SLOTS}


class DocumentRow(StrictModel):
    docid: str
    doctext: str
    templates: tuple[TemplateRow, ...]


def read_muc4(inputs: Sequence[Path]) -> Found:
    """Read a file, or train, dev and test of a folder.

    Raises:
        InputError: if there is no file; while reading, for a line that does not fit, unless the report refuses.
    """
    files = files_by_split(inputs, (".json", ".jsonl"))

    def documents(report: ConversionReport) -> Iterator[Document]:
        for split, path in files:
            for _, row in rows_of_file(path, DocumentRow, "articles", report):
                yield _document(row, split, report)

    read = [path for _, path in files]
    return Found("muc4", documents, read, has_splits=has_splits(files), labels=SLOTS, notices=not_read(inputs, read))


def muc4_templates(annotated: AnnotatedArticle) -> list[dict[str, Any]]:
    """The templates of an article in the form of the files: for scorers that read it, and to show that nothing is lost.

    Raises:
        SpanError: if a template names a span that is not there.
    """
    place = {span.id: [annotated.article.text[span.start : span.end], span.start] for span in annotated.spans}
    return [
        {"incident_type": template.incident_type}
        | {
            slot: [[list(place[mention]) for mention in filler] for filler in fillers]
            for slot, fillers in template.fillers.items()
        }
        for template in templates_of(annotated)
    ]


def _document(row: DocumentRow, split: str, report: ConversionReport) -> Document:
    """Marks are numbered as they are met; a mention that several fillers of one slot name is one mark."""
    ids: dict[tuple[str, int, str], str] = {}
    templates: list[Template] = []
    for template in row.templates:
        fillers: dict[str, tuple[tuple[str, ...], ...]] = {}
        for slot, of_slot in template.slots().items():
            report.note("fillers (sets of coreferent mentions)", len(of_slot))
            report.note("mentions in fillers", sum(map(len, of_slot)))
            fillers[slot] = tuple(
                tuple(ids.setdefault((text, start, slot), f"m{len(ids) + 1}") for text, start in filler)
                for filler in of_slot
            )
        templates.append(Template(incident_type=template.incident_type, fillers=fillers))
    report.note("templates", len(templates))
    marks = [Mark(name, slot, ((start, start + len(text)),), text) for (text, start, slot), name in ids.items()]
    return Document(Article(row.docid, row.doctext), marks, templates=templates, split=split)


def is_muc4(sample: Sample) -> Certainty:
    """Whether a sample is MUC-4 in the form that ``read_muc4`` takes."""
    return 2 if sample.has_rows("docid", "doctext", "templates") else 0
