"""re3d (Dstl, https://github.com/dstl/re3d): entities and relations in documents on the conflict in Syria and Iraq.

Folders with documents.json, entities.json, relations.json (an object a line) and their LICENSE become documents with a
mark for each entity and a link for each relation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, StrictInt
from pydantic.alias_generators import to_camel

from eventcorpus.annotation.document import Document, Found, Link, Mark
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.errors import InputError
from eventcorpus.files import StrictModel, read_text
from eventcorpus.formats.files import rows_of_file
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.schema import Article
from eventcorpus.text import stored_form

FILES = ("documents.json", "entities.json", "relations.json")
_LICENCES = {
    "Open Government Licence v3.0": "OGL-UK-3.0",
    "Attribution-ShareAlike 3.0": "CC-BY-SA-3.0",
    "public domain": "public domain",
}
Confidence = Annotated[float, Field(strict=True, ge=0, le=1)]


class _Row(StrictModel):
    model_config = ConfigDict(alias_generator=to_camel)

    id: str = Field(alias="_id")


class DocumentRow(_Row):
    title: str
    text: str
    source_name: str
    source_url: str
    word_count: StrictInt
    sentence_count: StrictInt


class EntityRow(_Row):
    document_id: str
    begin: StrictInt
    end: StrictInt
    type: str
    value: str
    confidence: Confidence

    @property
    def short_id(self) -> str:
        """Its id within the document."""
        return self.id.removeprefix(f"{self.document_id}-")


class RelationRow(EntityRow):
    """A relation between the texts ``source`` and ``target``; begin, end and value are the words that say it."""

    source_begin: StrictInt
    source_end: StrictInt
    source: str
    target_begin: StrictInt
    target_end: StrictInt
    target: str


_Item = TypeVar("_Item", bound=EntityRow)


def read_re3d(inputs: Sequence[Path], *, min_confidence: float = 0.0) -> Found:
    """Read folders of re3d, or folders of such folders.

    Args:
        min_confidence: entities and relations below it are left out, and counted; in [0, 1].

    Raises:
        InputError: if a folder holds no documents.json; while reading, for a line that does not fit, unless the report
            refuses.
    """
    folders = [folder for path in inputs for folder in _folders(path)]

    def documents(report: ConversionReport) -> Iterator[Document]:
        for folder in folders:
            yield from _documents(folder, report, min_confidence)

    return Found(
        "re3d", documents, [folder / name for folder in folders for name in FILES if (folder / name).is_file()]
    )


def _folders(path: Path) -> list[Path]:
    if (path / FILES[0]).is_file():
        return [path]
    found = sorted(file.parent for file in path.glob(f"*/{FILES[0]}")) if path.is_dir() else []
    if not found:
        raise InputError(f"{path}: neither this folder nor one in it has a {FILES[0]}; name the folder of re3d")
    return found


def _documents(folder: Path, report: ConversionReport, floor: float) -> Iterator[Document]:
    rows = {row.id: row for _, row in rows_of_file(folder / FILES[0], DocumentRow, "articles", report)}
    entities = _by_document(folder / FILES[1], EntityRow, "spans", rows, report)
    relations = _by_document(folder / FILES[2], RelationRow, "roles", rows, report)
    licence, attribution = _licence(folder, report)
    for name, row in rows.items():
        sure = [entity for entity in entities[name] if entity.confidence >= floor]
        unsure = Reason(Code.CONFIDENCE, (f"{floor:g}",))
        report.leave_out("spans", unsure, len(entities[name]) - len(sure))
        report.leave_out("attributes", unsure, len(entities[name]) - len(sure))
        article = Article(
            name, row.text, title=row.title, outlet=row.source_name, url=row.source_url, language="en",
            licence=licence,
            metadata={"folder": folder.name, "attribution": attribution, "words": row.word_count,
                      "sentences": row.sentence_count},
        )  # fmt: skip
        marks = [
            Mark(e.short_id, e.type, ((e.begin, e.end),), e.value, (("confidence", f"{e.confidence:g}"),)) for e in sure
        ]
        links = list(_links(relations[name], sure, entities[name], row.text, floor, report))
        yield Document(article, marks, links, free=frozenset({"confidence"}))


def _by_document(
    path: Path, model: type[_Item], kind: Kind, documents: Iterable[str], report: ConversionReport
) -> dict[str, list[_Item]]:
    """The rows of a file, which only relations may lack, by their documents."""
    found: dict[str, list[_Item]] = {name: [] for name in documents}
    if kind == "roles" and not path.is_file():
        return found
    for number, row in rows_of_file(path, model, kind, report):
        if row.document_id in found:
            found[row.document_id].append(row)
        else:
            item = f"{path.parent.name}/{path.name}, line {number}: {row.type} {row.id}"
            report.fault(kind, row.document_id, item, Code.DOCUMENT_MISSING)
    return found


def _links(
    relations: Iterable[RelationRow],
    sure: Sequence[EntityRow],
    every: Sequence[EntityRow],
    text: str,
    floor: float,
    report: ConversionReport,
) -> Iterator[Link]:
    """Relations as links. Their ends are offsets: where several types stand there, the most confident entity it is."""
    stored = stored_form(text)
    left_out = {(e.begin, e.end) for e in every} - {(e.begin, e.end) for e in sure}
    for relation in relations:
        places = (relation.source_begin, relation.source_end), (relation.target_begin, relation.target_end)
        if relation.confidence < floor or left_out & set(places):
            code = Code.CONFIDENCE if relation.confidence < floor else Code.CONFIDENCE_OF_END
            report.leave_out("roles", Reason(code, (f"{floor:g}",)))
            continue
        ends = [[e for e in sure if (e.begin, e.end) == place] for place in places]
        source, target = (min(at, key=lambda e: (-e.confidence, e.type)).short_id if at else "" for at in ends)
        is_ambiguous = any(len({entity.type for entity in at}) > 1 for at in ends)
        details = {
            "start": stored.from_original(relation.begin),
            "end": stored.from_original(relation.end),
            "confidence": relation.confidence,
        }
        repair = Code.END_OF_SEVERAL_TYPES if is_ambiguous else None
        yield Link(relation.type, source, target, repair=repair, details=details)


def _licence(folder: Path, report: ConversionReport) -> tuple[str | None, str]:
    """The licence that a folder states, by its usual short name or in its first sentence, and whom to attribute."""
    attribution = read_text(folder / "ATTRIBUTION").strip() if (folder / "ATTRIBUTION").is_file() else ""
    if not (folder / "LICENSE").is_file():
        report.note(f"folders without a LICENSE: their articles state no licence ({folder.name})")
        return None, attribution
    stated = read_text(folder / "LICENSE").strip()
    known = next((short for words, short in _LICENCES.items() if words in stated), None)
    return known or stated.split("\n")[0][:200], attribution


def is_re3d(sample: Sample) -> Certainty:
    """Whether a folder, or one in it, has the documents and entities of re3d."""
    paths = [Path(name) for name in sample.names]
    folders = [{path.parent for path in paths if path.name == name} for name in FILES[:2]]
    return 2 if folders[0] & folders[1] else 0
