"""What every reader of ``convert`` hands over: documents with marks and links, as their files have them.

Offsets still refer to the file's own text. ``annotation.check`` makes spans and roles of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from eventcorpus.annotation.templates import Template
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.schema import Article
from eventcorpus.text import StoredText, one_line

ROLE_DETAILS = "role_details"
"""The key in an article's metadata of what its format says of roles besides their ends: a list of objects."""
Direction = Literal["", "right", "left", "bi"]
_QUOTES = str.maketrans(dict.fromkeys('“”„‟«»‘’‚‛′″´`"', "'"))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a reader knows that a mark or link cannot go out.

    ``detail`` is what an error adds. Where ``stops`` is False the item is refused and counted, and never an error.
    """

    reason: Code | Reason
    detail: str = ""
    stops: bool = True


class Mark(NamedTuple):
    """A labelled stretch of a file's own text, which becomes the span ``id``.

    ``pieces`` are its (start, end) in code points, several where it is discontinuous; ``text`` is the text that the
    file gives for it, if it gives one. ``is_trigger``: it tells an event of its own, so that two of them in one place
    are two. ``ref`` is what links call it, if not ``id``; marks may share it. ``name`` is what messages call it, if
    not its label, id, place and text. ``repair`` is what the reader mended.
    """

    id: str
    label: str
    pieces: tuple[tuple[int, int], ...]
    text: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    is_trigger: bool = False
    fault: Fault | None = None
    ref: str = ""
    name: str = ""
    repair: Code | Reason | None = None
    origin: str = "imported"

    def shown(self, text: str = "") -> str:
        """The mark as messages name it; ``text`` is what is shown where the file gives no text."""
        if self.name:
            return self.name
        places = ", ".join(f"[{start}, {end})" for start, end in self.pieces)
        return f"{self.label} {self.id} {places} {one_line(self.text if self.text is not None else text)}"


@dataclass(frozen=True, slots=True)
class MarkAttribute:
    """An attribute that is an item of its own, said of the mark ``ref``; ``name`` is what messages call it."""

    ref: str
    attribute: str
    values: tuple[str, ...]
    name: str
    fault: Fault | None = None


class Link(NamedTuple):
    """A role between two marks, by their refs; ``repair`` is what the reader mended.

    ``direction`` is how it was drawn: a role drawn right, left or both ways (``bi``) may be turned round where the
    ontology allows only that; without a direction it goes from ``trigger`` to ``argument``. ``details`` go to the
    article's metadata with the role. ``name`` is what messages call it, if not its role and ends.
    """

    role: str
    trigger: str
    argument: str
    fault: Fault | None = None
    repair: Code | None = None
    details: Mapping[str, Any] | None = None
    direction: Direction = ""
    name: str = ""


def same_but_blanks_and_quotes(found: str, given: str) -> bool:
    """Whether two texts differ in nothing but blanks and the kind of quotation marks."""
    return found == given or found.translate(_QUOTES).split() == given.translate(_QUOTES).split()


LabelHint = Callable[[str], str]
"""Given a label that is not in the ontology, the way out."""


def _map_hint(label: str) -> str:
    return "; add it to the ontology, or give it one of these names with --map"


@dataclass(frozen=True)
class Form:
    """How a format writes and means annotations, as far as formats differ in it.

    Attributes:
        noun: what its users call a mark.
        label_hint: what an error adds if a label is not in the ontology, given the label.
        text_hint: what an error adds if the text differs; ``{}`` is the text that the file gives.
        same_text: whether the text found and the text given are the same.
        is_stale: whether the text given is one that the format did not write anew when the place (text, start, end) was
            changed; the offsets are trusted then, which is noted.
        mends_text: texts that are the same but not equal are counted as repaired.
        trusts_offsets: offsets of a mark without text are trusted, which is noted.
        merges_equal: two marks with one place and label are one span, unless they are triggers.
        attribute_once: an attribute with all its values is one item, so a second item of it is refused.
        roles_from_triggers: roles that do not start at a trigger, or join events backwards, are flagged.
        names_labels: messages name a role by the labels of its spans.
        id_twice: the reason if an id stands twice.
        role_twice: the reason if a role stands twice.
    """

    noun: str = "span"
    label_hint: LabelHint = _map_hint
    text_hint: str = ""
    same_text: Callable[[str, str], bool] = same_but_blanks_and_quotes
    is_stale: Callable[[str, int, int, str], bool] | None = None
    mends_text: bool = True
    trusts_offsets: bool = False
    merges_equal: bool = True
    attribute_once: bool = False
    roles_from_triggers: bool = False
    names_labels: bool = False
    id_twice: Code = Code.ID_TWICE
    role_twice: Code = Code.GIVEN_TWICE


PUBLIC = Form()
"""The public formats: offsets come with the text that they cut out, and nothing is drawn."""


@dataclass(frozen=True)
class Document:
    """One document, or a part of one: the article with its text as the file has it, and what is marked there.

    ``stored`` is the stored form of that text, if it is known already. ``offset`` is where it begins in the whole
    article. ``decided_by`` is on whose word the spans stand. ``free`` names attributes whose values are free text.
    ``had_byte_order_mark``: the text's file began with one, which the text lacks. ``annotator``: whose annotation it is
    (a1, a2, ... or ``adjudicated``); the annotators of one article come one after another.
    """

    article: Article
    marks: Sequence[Mark] = ()
    links: Sequence[Link] = ()
    attributes: Sequence[MarkAttribute] = ()
    templates: Sequence[Template] = ()
    split: str = "train"
    form: Form = PUBLIC
    stored: StoredText | None = None
    offset: int = 0
    decided_by: str = ""
    free: frozenset[str] = frozenset()
    had_byte_order_mark: bool = False
    annotator: str = "a1"


@dataclass(frozen=True)
class Found:
    """What a reader found.

    Attributes:
        name: of the ontology, where one is made of what is there.
        documents: reads the documents one by one, from the first again at each call, and counts into the report what
            it cannot read. Large files are never in memory whole.
        files: what was read, for the manifest.
        has_splits: whether the files say which split a document belongs to.
        labels: those that the format always has.
        n_documents: how many there are, if they were all looked at and ``labels`` is all that is in them.
        flat: marks cannot overlap.
        notices: what people should know of how it was read, a line each.
        annotators: of the documents, where the format knows them; what is gold follows from them then.
        names: what the manifest calls files, where their own names would say who annotated.
    """

    name: str
    documents: Callable[[ConversionReport], Iterable[Document]]
    files: Sequence[Path]
    has_splits: bool = False
    labels: tuple[str, ...] = ()
    flat: bool = False
    notices: Sequence[str] = ()
    n_documents: int | None = None
    annotators: Sequence[str] = ()
    names: Mapping[Path, str] = field(default_factory=dict)
