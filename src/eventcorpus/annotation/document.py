"""What every reader of a public format hands over: documents with marks and links, as their files give them.

Comes in: files. Goes out: ``Document``s, whose offsets still refer to the file's own text; ``assemble`` makes articles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from eventcorpus.annotation.templates import Template
from eventcorpus.conversion_report import Code, ConversionReport, Kind, Reason
from eventcorpus.errors import InputError
from eventcorpus.files import parse_as, read_json_lines, read_text
from eventcorpus.formats.conll import SPLIT_FILES
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.text import one_line

SPLIT_OF = {name: split for split, names in SPLIT_FILES.items() for name in names}
ROLE_DETAILS = "role_details"
"""The key in an article's metadata of what its format says of roles besides their ends: a list of objects."""
PIECES = "pieces"
"""The attribute that says where the pieces of a discontinuous span are: ``37 41;46 50``, in the stored form."""
_Row = TypeVar("_Row", bound=BaseModel)


class Row(BaseModel):
    """One line of a file: what is not in its description is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled stretch of a file's own text.

    ``pieces`` are its (start, end) in code points, several where it is discontinuous; ``says`` is the text that the
    file gives for it. ``is_trigger``: it tells an event of its own, so that two of them in one place are two.
    ``fault`` is why it cannot be right, where its reader knows.
    """

    id: str
    label: str
    pieces: tuple[tuple[int, int], ...]
    says: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    is_trigger: bool = False
    fault: Code | Reason | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A role between two marks, by their ids; ``fault`` is why it cannot be right, ``repair`` what was mended.

    ``details`` go to the article's metadata with the role.
    """

    role: str
    trigger: str
    argument: str
    fault: Code | None = None
    repair: Code | None = None
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Document:
    """One document: the article with its text as the file has it, and what is marked there."""

    article: Article
    marks: Sequence[Mark] = ()
    links: Sequence[Link] = ()
    templates: Sequence[Template] = ()
    split: str = "train"


@dataclass(frozen=True)
class Found:
    """What a reader found.

    ``labels`` are those that the format always has; ``free`` names the attributes whose values are free text.
    """

    name: str
    documents: Sequence[Document]
    files: Sequence[Path]
    free: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """Annotated articles with their splits, under one ontology."""

    articles: Sequence[tuple[str, AnnotatedArticle]]
    ontology: Ontology


@dataclass
class Faults:
    """What becomes of something that cannot be right: an error, or with ``refuse`` an item of the report."""

    report: ConversionReport
    refuse: bool = False
    error: type[InputError] = field(default=InputError)

    def bad(
        self, kind: Kind, article: str, name: str, reason: Code | Reason, detail: str = "", *,
        start: int | None = None, end: int | None = None,
    ) -> None:  # fmt: skip
        """Stop, or refuse an item and go on.

        Raises:
            InputError: unless ``refuse``.
        """
        if not self.refuse:
            words = f"{reason}: {detail}" if detail else str(reason)
            raise self.error(f"article {article}: {name}: {words} (--refuse leaves such items out and counts them)")
        self.report.refuse(kind, article, name, reason, start=start, end=end)


def rows_of_file(path: Path, model: type[_Row], kind: Kind, faults: Faults) -> Iterator[tuple[int, _Row]]:
    """Yield (line number, row) of a JSON Lines file; what does not fit the model is refused with its line and key.

    Raises:
        InputError: if a line is no JSON object; if one does not fit, unless faults are refused.
    """
    for number, data in read_json_lines(read_text(path).split("\n"), place=str(path)):
        try:
            row = parse_as(model, data, place=f"{path.parent.name}/{path.name}, line {number}")
        except InputError as error:
            name = next((str(data[key]) for key in ("documentId", "docid", "doc_id", "_id") if key in data), "?")
            faults.bad(kind, name, str(error), Code.FORMAT)
        else:
            yield number, row


def files_by_split(inputs: Sequence[Path], suffixes: Sequence[str]) -> list[tuple[str, Path]]:
    """The files of each split: those of a folder, or several files, by their names; one file alone is train.

    Raises:
        InputError: if a folder has none of train, dev and test, or a name among several files says no split.
    """
    found: list[tuple[str, Path]] = []
    for path in inputs:
        if path.is_dir():
            here = [file for file in sorted(path.iterdir()) if file.suffix in suffixes and file.stem in SPLIT_OF]
            if not here:
                names = ", ".join(f"{name}{suffixes[0]}" for name in ("train", "dev", "test"))
                raise InputError(f"{path}: the folder has none of {names}; name a file instead")
            found += [(SPLIT_OF[file.stem], file) for file in here]
        elif len(inputs) > 1 and path.stem not in SPLIT_OF:
            raise InputError(f"{path}: of several files each is named after its split: {', '.join(SPLIT_OF)}")
        else:
            found.append((SPLIT_OF[path.stem] if len(inputs) > 1 else "train", path))
    order = {split: i for i, split in enumerate(SPLIT_FILES)}
    return sorted(found, key=lambda pair: order[pair[0]])


def unique(documents: Iterable[Document], faults: Faults) -> Iterator[Document]:
    """Documents whose ids and texts can be articles: an id twice, or a text of nothing but blanks, cannot."""
    seen: set[str] = set()
    for document in documents:
        name = document.article.id
        if name in seen or not document.article.text.strip():
            reason = Code.ID_TWICE if name in seen else Code.NO_TEXT
            faults.bad("articles", name, "the document", reason)
            lost: tuple[tuple[Kind, int], ...] = (("spans", len(document.marks)), ("roles", len(document.links)))
            for kind, n in (*lost, ("attributes", sum(len(mark.attributes) for mark in document.marks))):
                for _ in range(n):
                    faults.report.refuse(kind, name, "of this document", Code.ARTICLE_REFUSED)
            continue
        seen.add(name)
        yield document


def said(mark: Mark, text: str) -> str:
    """A mark as messages name it."""
    places = ", ".join(f"[{start}, {end})" for start, end in mark.pieces)
    return f"{mark.label} {mark.id} {places} {one_line(mark.says if mark.says is not None else text)}"
