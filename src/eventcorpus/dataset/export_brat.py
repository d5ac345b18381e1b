"""Exports to brat standoff: a ``.txt`` and an ``.ann`` file an article in a folder a split, and ``annotation.conf``.

Triggers are events with their roles as arguments, other roles are relations, attributes with a choice of values are
attributes and those of free text notes. A span with the attribute ``pieces`` is discontinuous, as brat has it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from eventcorpus.annotation.rules import describe_span
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.export_account import count_article, plain_names
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


def write_brat(
    articles: Iterable[tuple[str, AnnotatedArticle]], folder: Path, ontology: Ontology, report: ConversionReport
) -> None:
    """Write ``train/ID.txt`` with ``train/ID.ann`` and the like, and ``annotation.conf``."""
    brat = _Brat(ontology, report)
    taken: set[str] = set()
    for split, annotated in articles:
        name = _file_name(split, annotated.article.id, taken)
        if name not in (annotated.article.id, "/".join(annotated.article.id.split("/")[1:])):
            report.note("articles whose files are called otherwise than by their id")
        # readers take a byte order mark for no part of the text: another character without width stands for it
        text = re.sub("^\ufeff", "\u200b", annotated.article.text)
        count_article(annotated, ontology, report, text=text)
        annotation = "".join(f"{line}\n" for line in brat.lines(annotated, text))
        path = folder / split / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix, content in ((".txt", text), (".ann", annotation)):
            path.with_name(path.name + suffix).write_bytes(content.encode())
    write_text(folder / "annotation.conf", "".join(f"{line}\n" for line in brat.configuration()))


def _file_name(split: str, article_id: str, taken: set[str]) -> str:
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
    if f"{split}/{name}".casefold() in taken:
        name = f"{name}-{sha256_of(article_id)[:12]}"
    taken.add(f"{split}/{name}".casefold())
    return name


def _pieces(span: Span) -> list[tuple[int, int]]:
    """The pieces of a span that is written in several: its attribute says them, and they fit it."""
    said = next((value for name, value in span.attributes if name == PIECES), "")
    if not _PIECES.fullmatch(said):
        return []
    found = [(int(start), int(end)) for start, end in (piece.split() for piece in said.split(";"))]
    fits = min(found)[0] == span.start and max(end for _, end in found) == span.end
    return found if fits and all(start < end for start, end in found) else []


class _Brat:
    """Writes annotation with the names that brat takes."""

    def __init__(self, ontology: Ontology, report: ConversionReport) -> None:
        self._ontology, self._report = ontology, report
        self._types = {attribute.name: attribute for attribute in ontology.attributes if attribute.name != PIECES}
        roles = [role.name for role in ontology.roles]
        self._labels = plain_names("label", ontology.labels, report, unwanted=_UNWANTED)
        self._roles = plain_names("role", roles, report, unwanted=_UNWANTED, numbered=False)
        self._attributes = plain_names("attribute", self._types, report, unwanted=_UNWANTED)
        self._relations: set[str] = set()
        """The roles that were written as relations."""

    def lines(self, annotated: AnnotatedArticle, text: str) -> Iterator[str]:
        """The lines of an ``.ann`` file, in the order in which brat writes them."""
        called: dict[str, str] = {}
        events: dict[str, list[str]] = {}
        for n, span in enumerate(annotated.spans, start=1):
            label, places = self._labels[span.label], _pieces(span) or [(span.start, span.end)]
            words = re.sub(r"[\r\n]", " ", " ".join(text[start:end] for start, end in places))
            yield f"T{n}\t{label} {';'.join(f'{start} {end}' for start, end in places)}\t{words}"
            called[span.id] = f"T{n}"
            if span.label in self._ontology.trigger_names:
                called[span.id] = event = f"E{len(events) + 1}"
                events[event] = [f"{event}\t{label}:T{n}"]
            self._report.keep("spans")
        numbers: Counter[tuple[str, str]] = Counter()
        relations: list[str] = []
        for role in annotated.roles:
            name, first, second = self._roles[role.role], called[role.trigger], called[role.argument]
            if first in events:
                numbers[first, name] += 1
                n = numbers[first, name]
                events[first].append(f"{name}{n if n > 1 else ''}:{second}")
            else:
                self._relations.add(role.role)
                relations.append(f"R{len(relations) + 1}\t{name} Arg1:{first} Arg2:{second}")
            self._report.keep("roles")
        if n := sum(len(event.triggers) > 1 for event in annotated.events):
            self._report.note("events of several triggers, which their roles join; convert needs --ontology for it", n)
        yield from (" ".join(parts) for parts in events.values())
        yield from relations
        choices: list[str] = []
        notes: list[str] = []
        for span in annotated.spans:
            for name, value in span.attributes:
                written = self._written(name, value, span, annotated)
                of_line = f"{self._attributes.get(name, name)} {called[span.id]}"
                values = [known.name for known in self._types[name].values] if name in self._types else []
                if written and values:
                    is_flag = values == ["true"] == [written]
                    choices.append(f"A{len(choices) + 1}\t{of_line}" + ("" if is_flag else f" {written}"))
                elif written:
                    notes.append(f"#{len(notes) + 1}\t{of_line}\t{written}")
        yield from choices
        yield from notes

    def _written(self, name: str, value: str, span: Span, annotated: AnnotatedArticle) -> str:
        """The value of an attribute on one line, counted; empty if it has no line of its own."""
        if name == PIECES and _pieces(span):
            self._report.keep("attributes")
            return ""
        if name == PIECES:
            self._report.note("spans whose attribute pieces does not fit them, written in one piece")
        written = re.sub(r"[\r\n]+", " ", value).strip()
        what = f"{name}={one_line(value)} of {describe_span(span, annotated.article.text)}"
        if not written:
            self._report.refuse("attributes", annotated.article.id, what, Code.EMPTY_NOTE)
        elif written == value:
            self._report.keep("attributes")
        else:
            self._report.repair("attributes", annotated.article.id, what, Code.ON_ONE_LINE)
        return written

    def configuration(self) -> Iterator[str]:
        """The lines of ``annotation.conf``."""
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
