"""Exports to brat standoff: a ``.txt`` and an ``.ann`` file an article in a folder a split, and ``annotation.conf``.

Triggers are events with their roles as arguments, other roles are relations, attributes with a choice of values are
attributes and those of free text notes. A span with the attribute ``pieces`` is discontinuous, as brat has it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from eventcorpus.annotation.rules import describe_span
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.export_account import count_article, note_names, plain_names
from eventcorpus.files import write_text
from eventcorpus.formats.files import SPLIT_OF
from eventcorpus.ontology import PIECES, AttributeType, Ontology, RoleType
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.text import one_line, sha256_of

_UNWANTED = r"[^\w-]+"
_NOT_IN_FILE_NAMES = re.compile(r"[^\w.-]")
_PIECES = re.compile(r"\d+ \d+(?:;\d+ \d+)+")
_MOST_BYTES = 200
"""Of a file name, without its suffix; file systems take 255."""


class BratWriter:
    """Writes ``train/ID.txt`` with ``train/ID.ann`` and the like."""

    def __init__(self, folder: Path, ontology: Ontology, report: ConversionReport) -> None:
        self._folder, self._ontology, self._report = folder, ontology, report
        self._labels = plain_names(ontology.labels, unwanted=_UNWANTED)
        self._roles = plain_names((role.name for role in ontology.roles), unwanted=_UNWANTED, numbered=False)
        self._types = {attribute.name: attribute for attribute in ontology.attributes if attribute.name != PIECES}
        self._attributes = plain_names(self._types, unwanted=_UNWANTED)
        for kind, names in (("label", self._labels), ("role", self._roles), ("attribute", self._attributes)):
            note_names(kind, names, report)
        self._taken: set[str] = set()
        self._relations: set[str] = set()

    def add(self, split: str, annotated: AnnotatedArticle) -> None:
        """Write the two files of an article."""
        path = self._folder / split / self._file_name(split, annotated.article.id)
        # readers take a byte order mark for no part of the text: another character without width stands for it
        text = re.sub("^\ufeff", "\u200b", annotated.article.text)
        count_article(annotated, self._ontology, self._report, text=text)
        lines = _Lines(self._ontology)
        for span in annotated.spans:
            self._add_span(lines, span, text)
        for role in annotated.roles:
            name = self._roles.get(role.role, re.sub(_UNWANTED, "_", role.role))
            if lines.add_role(name, role.trigger, role.argument):
                self._relations.add(role.role)
            self._report.keep("roles")
        for span in annotated.spans:
            for name, value in span.attributes:
                if name != PIECES or lines.pieces.get(span.id) != value:
                    self._add_attribute(lines, name, value, span, annotated)
                else:
                    self._report.keep("attributes")
        if n := sum(len(event.triggers) > 1 for event in annotated.events):
            self._report.note("events of several triggers, which their roles join; convert needs --ontology for it", n)
        annotation = "".join(f"{line}\n" for line in lines.of_file())
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix, content in ((".txt", text), (".ann", annotation)):
            path.with_name(path.name + suffix).write_bytes(content.encode())

    def close(self) -> None:
        """Write ``annotation.conf``."""
        write_text(self._folder / "annotation.conf", "".join(f"{line}\n" for line in self._configuration()))

    def _add_span(self, lines: _Lines, span: Span, text: str) -> None:
        pieces = next((value for name, value in span.attributes if name == PIECES), None)
        if not lines.add_span(span, self._labels[span.label], text, pieces):
            self._report.note("spans whose attribute pieces does not fit them, written in one piece")
        self._report.keep("spans")

    def _add_attribute(self, lines: _Lines, name: str, value: str, span: Span, annotated: AnnotatedArticle) -> None:
        plain = self._attributes.get(name, re.sub(_UNWANTED, "_", name))
        type_ = self._types.get(name)
        written = re.sub(r"[\r\n]+", " ", value).strip()
        what = f"{name}={one_line(value)} of {describe_span(span, annotated.article.text)}"
        if not written:
            return self._report.refuse("attributes", annotated.article.id, what, Code.EMPTY_NOTE)
        if type_ is None or not type_.values:
            lines.add_note(plain, span.id, written)
        else:
            is_flag = [known.name for known in type_.values] == ["true"] == [written]
            lines.add_attribute(plain, span.id, "" if is_flag else written)
        if written == value:
            self._report.keep("attributes")
        else:
            self._report.repair("attributes", annotated.article.id, what, Code.ON_ONE_LINE)

    def _file_name(self, split: str, article_id: str) -> str:
        """A path without suffix for an article: its id, where that can be a path, else something like it."""
        parts = article_id.split("/")
        if len(parts) > 1 and SPLIT_OF.get(parts[0]) == split:  # as convert calls the articles of such a folder
            parts = parts[1:]
        if not all(parts):
            parts = [article_id]
        name = "/".join(_NOT_IN_FILE_NAMES.sub(lambda found: quote(found[0], safe=""), part) for part in parts)
        name = re.sub(r"(^|/)\.", r"\1%2E", name)
        if max(len(part.encode()) for part in name.split("/")) > _MOST_BYTES or len(name.encode()) > 4 * _MOST_BYTES:
            name = f"{name.replace('/', '_')[: _MOST_BYTES // 5]}-{sha256_of(article_id)[:12]}"
        if f"{split}/{name}".casefold() in self._taken:
            name = f"{name}-{sha256_of(article_id)[:12]}"
        self._taken.add(f"{split}/{name}".casefold())
        if name not in (article_id, "/".join(article_id.split("/")[1:])):
            self._report.note("articles whose files are called otherwise than by their id")
        return name

    def _configuration(self) -> Iterator[str]:
        ontology = self._ontology
        yield "[entities]"
        yield from (self._labels[label] for label in ontology.entity_names)
        yield "\n[relations]"
        yield "<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>"
        for role in ontology.roles:
            if role.name in self._relations or not ontology.triggers:
                yield f"{self._roles[role.name]}\tArg1:<ANY>, Arg2:<ANY>"
        yield "\n[events]"
        for label in ontology.trigger_names:
            arguments = [
                f"{self._roles[role.name]}*:{ends}" for role in ontology.roles if (ends := self._ends(role, label))
            ]
            yield self._labels[label] + (f"\t{', '.join(arguments)}" if arguments else "")
        yield "\n[attributes]"
        for name, attribute in self._types.items():
            if attribute.values:
                yield f"{self._attributes[name]}\t{self._of(attribute)}"

    def _ends(self, role: RoleType, label: str) -> str:
        """What a role may lead to from a trigger of a label."""
        if not role.signatures:
            return "<ANY>"
        return "|".join(
            self._labels[end] for end in self._ontology.labels if self._ontology.allows(role.name, label, end)
        )

    def _of(self, attribute: AttributeType) -> str:
        """Which labels carry an attribute, and its values where there is a choice."""
        labels = self._ontology.labels_of(attribute)
        carriers = "<EVENT>" if labels == self._ontology.trigger_names else "|".join(self._labels[x] for x in labels)
        values = [value.name for value in attribute.values]
        if values == ["true"]:
            return f"Arg:{carriers}"
        fitting = [value for value in values if not set("|,") & set(value)]
        if len(fitting) < len(values):
            self._report.note(f"values of {attribute.name!r} with a comma or bar, which are not in annotation.conf")
        return f"Arg:{carriers}, Value:{'|'.join(fitting)}"


class _Lines:
    """The lines of one .ann file."""

    def __init__(self, ontology: Ontology) -> None:
        self._triggers = frozenset(ontology.trigger_names)
        self._texts: list[str] = []
        self._events: dict[str, str] = {}
        self._arguments: dict[str, list[str]] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._relations: list[str] = []
        self._attributes: list[str] = []
        self._notes: list[str] = []
        self._names: dict[str, str] = {}
        """What is called what: the id of a span -> that of its event, or its own line."""
        self.pieces: dict[str, str] = {}
        """The pieces of the spans that are written in several."""

    def add_span(self, span: Span, label: str, text: str, pieces: str | None) -> bool:
        """Add a span, in pieces if these fit it; False if they do not."""
        places = [(span.start, span.end)]
        if pieces is not None and _PIECES.fullmatch(pieces):
            found = [(int(start), int(end)) for start, end in (piece.split() for piece in pieces.split(";"))]
            fits = min(found)[0] == span.start and max(end for _, end in found) == span.end
            if fits and all(start < end for start, end in found):
                places, self.pieces[span.id] = found, pieces
        name = f"T{len(self._texts) + 1}"
        words = re.sub(r"[\r\n]", " ", " ".join(text[start:end] for start, end in places))
        self._texts.append(f"{name}\t{label} {';'.join(f'{start} {end}' for start, end in places)}\t{words}")
        self._names[span.id] = name
        if span.label in self._triggers:
            self._names[span.id] = event = f"E{len(self._events) + 1}"
            self._events[event] = f"{event}\t{label}:{name}"
            self._arguments[event], self._counts[event] = [], Counter()
        return pieces is None or span.id in self.pieces

    def add_role(self, role: str, trigger: str, argument: str) -> bool:
        """Add a role, as an argument of an event where it starts at one; True if it is a relation."""
        first, second = self._names[trigger], self._names[argument]
        if first not in self._events:
            self._relations.append(f"R{len(self._relations) + 1}\t{role} Arg1:{first} Arg2:{second}")
            return True
        self._counts[first][role] += 1
        n = self._counts[first][role]
        self._arguments[first].append(f"{role}{n if n > 1 else ''}:{second}")
        return False

    def add_attribute(self, name: str, span_id: str, value: str) -> None:
        """Add an attribute of a span; without a value it is a flag."""
        end = f" {value}" if value else ""
        self._attributes.append(f"A{len(self._attributes) + 1}\t{name} {self._names[span_id]}{end}")

    def add_note(self, name: str, span_id: str, value: str) -> None:
        """Add a note to a span."""
        self._notes.append(f"#{len(self._notes) + 1}\t{name} {self._names[span_id]}\t{value}")

    def of_file(self) -> Iterator[str]:
        """The lines in the order in which brat writes them."""
        yield from self._texts
        for event, line in self._events.items():
            yield " ".join([line, *self._arguments[event]])
        yield from self._relations
        yield from self._attributes
        yield from self._notes
