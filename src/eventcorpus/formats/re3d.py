"""re3d (Dstl, https://github.com/dstl/re3d): entities and relations in documents on the conflict in Syria and Iraq.

Folders with documents.json, entities.json, relations.json (an object a line) and their LICENSE become documents with a
mark for each entity and a link for each relation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictInt

from eventcorpus.annotation.document import Document, Found, Link, Mark
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.errors import InputError
from eventcorpus.files import StrictModel, read_text
from eventcorpus.formats.files import rows_of_file, usable
from eventcorpus.schema import Article
from eventcorpus.text import stored_form

FILES = ("documents.json", "entities.json", "relations.json")
_LICENCES = {
    "Open Government Licence v3.0": "OGL-UK-3.0",
    "Attribution-ShareAlike 3.0": "CC-BY-SA-3.0",
    "public domain": "public domain",
}
Confidence = Annotated[float, Field(strict=True, ge=0, le=1)]


class DocumentRow(StrictModel):
    id: str = Field(alias="_id")
    title: str
    text: str
    source_name: str = Field(alias="sourceName")
    source_url: str = Field(alias="sourceUrl")
    word_count: StrictInt = Field(alias="wordCount")
    sentence_count: StrictInt = Field(alias="sentenceCount")


class EntityRow(StrictModel):
    id: str = Field(alias="_id")
    document: str = Field(alias="documentId")
    begin: StrictInt
    end: StrictInt
    type: str
    value: str
    confidence: Confidence


class RelationRow(StrictModel):
    """A relation between the texts ``source`` and ``target``; begin, end and value are the words that say it."""

    id: str = Field(alias="_id")
    document: str = Field(alias="documentId")
    begin: StrictInt
    end: StrictInt
    source_begin: StrictInt = Field(alias="sourceBegin")
    source_end: StrictInt = Field(alias="sourceEnd")
    source: str
    target_begin: StrictInt = Field(alias="targetBegin")
    target_end: StrictInt = Field(alias="targetEnd")
    target: str
    type: str
    value: str
    confidence: Confidence


def read_re3d(inputs: Sequence[Path], report: ConversionReport, *, min_confidence: float = 0.0) -> Found:
    """Read folders of re3d, or folders of such folders.

    Args:
        min_confidence: entities and relations below it are left out, and counted; in [0, 1].

    Raises:
        InputError: if a folder holds no documents.json; for a line that does not fit, unless the report refuses.
    """
    folders = [folder for path in inputs for folder in _folders(path)]
    documents: list[Document] = []
    for folder in folders:
        documents += _documents(folder, report, min_confidence)
    files = [folder / name for folder in folders for name in FILES if (folder / name).is_file()]
    return Found("re3d", usable(documents, report), files, free=frozenset({"confidence"}))


def _folders(path: Path) -> list[Path]:
    if (path / FILES[0]).is_file():
        return [path]
    found = sorted(file.parent for file in path.glob(f"*/{FILES[0]}")) if path.is_dir() else []
    if not found:
        raise InputError(f"{path}: neither this folder nor one in it has a {FILES[0]}; name the folder of re3d")
    return found


def _documents(folder: Path, report: ConversionReport, floor: float) -> list[Document]:
    documents = {row.id: row for _, row in rows_of_file(folder / FILES[0], DocumentRow, "articles", report)}
    entities: dict[str, list[EntityRow]] = {name: [] for name in documents}
    relations: dict[str, list[RelationRow]] = {name: [] for name in documents}
    for number, entity in rows_of_file(folder / FILES[1], EntityRow, "spans", report):
        if entity.document in entities:
            entities[entity.document].append(entity)
        else:
            item = f"{folder.name}/{FILES[1]}, line {number}: {entity.type} {entity.id}"
            report.fault("spans", entity.document, item, Code.DOCUMENT_MISSING)
    has_relations = (folder / FILES[2]).is_file()
    for number, relation in rows_of_file(folder / FILES[2], RelationRow, "roles", report) if has_relations else ():
        if relation.document in relations:
            relations[relation.document].append(relation)
        else:
            item = f"{folder.name}/{FILES[2]}, line {number}: {relation.type} {relation.id}"
            report.fault("roles", relation.document, item, Code.DOCUMENT_MISSING)
    licence, attribution = _licence(folder, report)
    made: list[Document] = []
    for name, row in documents.items():
        sure = [entity for entity in entities[name] if entity.confidence >= floor]
        n_unsure = len(entities[name]) - len(sure)
        if n_unsure:
            report.leave_out("spans", Reason(Code.CONFIDENCE, (f"{floor:g}",)), n_unsure)
            report.leave_out("attributes", Reason(Code.CONFIDENCE, (f"{floor:g}",)), n_unsure)
        article = Article(
            name, row.text, title=row.title, outlet=row.source_name, url=row.source_url, language="en",
            licence=licence,
            metadata={"folder": folder.name, "attribution": attribution, "words": row.word_count,
                      "sentences": row.sentence_count},
        )  # fmt: skip
        marks = [_mark(entity, name) for entity in sure]
        links = _links(relations[name], sure, entities[name], row.text, floor, report)
        made.append(Document(article, marks, links))
    return made


def _short(entity_id: str, document: str) -> str:
    return entity_id.removeprefix(f"{document}-")


def _mark(entity: EntityRow, document: str) -> Mark:
    place = ((entity.begin, entity.end),)
    attributes = (("confidence", f"{entity.confidence:g}"),)
    return Mark(_short(entity.id, document), entity.type, place, entity.value, attributes)


def _links(
    relations: Iterable[RelationRow],
    sure: Sequence[EntityRow],
    every: Sequence[EntityRow],
    text: str,
    floor: float,
    report: ConversionReport,
) -> list[Link]:
    """Relations as links. Their ends are offsets: where several types stand there, the most confident entity it is."""
    stored = stored_form(text)
    left_out = {(e.begin, e.end) for e in every} - {(e.begin, e.end) for e in sure}
    links: list[Link] = []
    for relation in relations:
        places = (relation.source_begin, relation.source_end), (relation.target_begin, relation.target_end)
        if relation.confidence < floor:
            report.leave_out("roles", Reason(Code.CONFIDENCE, (f"{floor:g}",)))
            continue
        if left_out & set(places):
            report.leave_out("roles", Reason(Code.CONFIDENCE_OF_END, (f"{floor:g}",)))
            continue
        ends = [[e for e in sure if (e.begin, e.end) == place] for place in places]
        source, target = (_best(entities, relation.document) for entities in ends)
        is_ambiguous = any(len({entity.type for entity in entities}) > 1 for entities in ends)
        repair = Code.END_OF_SEVERAL_TYPES if is_ambiguous else None
        words = {"start": stored.from_original(relation.begin), "end": stored.from_original(relation.end)}
        details = words | {"confidence": relation.confidence}
        links.append(Link(relation.type, source, target, repair=repair, details=details))
    return links


def _best(entities: Sequence[EntityRow], document: str) -> str:
    if not entities:
        return ""
    return _short(min(entities, key=lambda entity: (-entity.confidence, entity.type)).id, document)


def _licence(folder: Path, report: ConversionReport) -> tuple[str | None, str]:
    """The licence that a folder states, by its usual short name or in its first sentence, and whom to attribute."""
    attribution = read_text(folder / "ATTRIBUTION").strip() if (folder / "ATTRIBUTION").is_file() else ""
    if not (folder / "LICENSE").is_file():
        report.note(f"folders without a LICENSE: their articles state no licence ({folder.name})")
        return None, attribution
    stated = read_text(folder / "LICENSE").strip()
    known = next((short for words, short in _LICENCES.items() if words in stated), None)
    return known or stated.split("\n")[0][:200], attribution
