"""The event row: who did what to whom, where, when, how many and says who, with the words that prove it.

Rows are JSON Lines, one event a line. Fixed keys stand beside one key for each attribute and each role of the ontology:
an attribute is a value, a role a list of arguments. Offsets are code points of the stored text, end exclusive.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from eventcorpus.errors import InputError
from eventcorpus.files import StrictModel, parse_as, read_json_lines, read_lines, to_json
from eventcorpus.ontology import ROW_KEYS, attribute_name
from eventcorpus.text import one_line

Confidence = Annotated[float, Field(ge=0, le=1)]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Words(StrictModel):
    """Words of the article: ``text`` is its text from ``start`` to ``end``."""

    start: Annotated[int, Field(ge=0, strict=True)]
    end: Annotated[int, Field(ge=1, strict=True)]
    text: str


@dataclass(frozen=True)
class Argument:
    """A mention that fills a role, and what its words mean (``events.places``, ``dates``, ``counts``, ``actors``).

    ``normalised`` is empty where nothing sure can be said. Its keys stand in the row beside those of the words; the
    first and last day of a time are ``date_start`` and ``date_end`` there. ``label`` is that of the mention.
    """

    words: Words
    confidence: float = 1.0
    normalised: Mapping[str, Any] = field(default_factory=dict)
    label: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a row."""
        label = {"label": self.label} if self.label else {}
        return {**self.words.model_dump(), **label, "confidence": round(self.confidence, 4), **self.normalised}

    @classmethod
    def of(cls, data: Mapping[str, Any], *, place: str) -> Argument:
        """Read one from a row."""
        own = {key: data[key] for key in Words.model_fields if key in data}
        confidence = data.get("confidence", 1.0)
        if not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
            raise InputError(f"{place}: the confidence {one_line(str(confidence))} is not in [0, 1]")
        others = {key: value for key, value in data.items() if key not in {*Words.model_fields, "confidence", "label"}}
        label = data.get("label")
        if not isinstance(label, str | None):
            raise InputError(f"{place}: the label {one_line(str(label))} is no text")
        return cls(parse_as(Words, own, place=place), float(confidence), others, label)


class DateCell(StrictModel):
    """When: ISO days, the end inclusive, None where nothing fixes it; ``precision`` is UCDP's date_prec, 1 to 5."""

    start: dt.date | None = None
    end: dt.date | None = None
    precision: Annotated[int, Field(ge=1, le=5)] | None = None
    rule: str | None = None
    confidence: Confidence | None = None
    evidence: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _start_before_end(self) -> DateCell:
        if self.start and self.end and self.start > self.end:
            raise ValueError(f"the start {self.start} is after the end {self.end}")
        return self


class CountCell(StrictModel):
    """How many: only what is said. A bound that is not said is None; ``rule`` says how several figures became one."""

    low: Annotated[int, Field(ge=0)] | None = None
    best: Annotated[int, Field(ge=0)] | None = None
    high: Annotated[int, Field(ge=0)] | None = None
    unit: str | None = None
    rule: str | None = None
    confidence: Confidence | None = None
    evidence: tuple[Words, ...] = ()


class Claim(StrictModel):
    """A figure as one place of the article gives it, with those who are reported as saying so."""

    low: int | None = None
    best: int | None = None
    high: int | None = None
    unit: str | None = None
    sources: tuple[str, ...] = ()
    published: str | None = None
    article: str | None = None
    evidence: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Row:
    """One event of one article. ``attributes`` and ``arguments`` have the keys of the ontology's attributes and roles.

    ``sources``: who says so, by name, each once. ``cause``: ids of the rows of the events that caused this one.
    ``confidence``: of its surest trigger. ``flags``: what a reader should look at, one word or ``word: role`` each.
    """

    article: str
    id: str
    label: str
    triggers: tuple[Words, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, tuple[Argument, ...]] = field(default_factory=dict)
    date: DateCell = field(default_factory=DateCell)
    count: CountCell = field(default_factory=CountCell)
    cause: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    confidence: float = 1.0
    flags: tuple[str, ...] = ()
    published: str | None = None
    title: str | None = None
    outlet: str | None = None
    url: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON has it; what is not known of the article is left out."""
        attributes = {attribute_name(name, ROW_KEYS): value for name, value in self.attributes.items()}
        about = {name: value for name in ABOUT_ARTICLE if (value := getattr(self, name)) not in (None, {})}
        return {
            "article": self.article,
            "id": self.id,
            "label": self.label,
            "triggers": [words.model_dump() for words in self.triggers],
            **attributes,
            **{role: [argument.as_dict() for argument in given] for role, given in self.arguments.items()},
            "date": _cell(self.date),
            "count": _cell(self.count),
            "cause": list(self.cause),
            "sources": list(self.sources),
            "claims": [claim.model_dump(mode="json", exclude_none=True) for claim in self.claims],
            "confidence": round(self.confidence, 4),
            "flags": list(self.flags),
            **about,
        }

    def line(self) -> str:
        """One line of a file, without its line feed."""
        return to_json(self.as_dict())

    @classmethod
    def of(cls, data: Mapping[str, Any], *, place: str) -> Row:
        """Read one; a list beside the fixed keys is a role, text is the value of an attribute.

        Raises:
            InputError: naming the place, the key and the value that does not fit.
        """
        own = dict(data)
        attributes: dict[str, str] = {}
        arguments: dict[str, tuple[Argument, ...]] = {}
        for key in [key for key in own if key not in ROW_KEYS]:
            value = own.pop(key)
            if isinstance(value, str):
                attributes[key] = value
            elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
                arguments[key] = tuple(Argument.of(item, place=f"{place}: {key}") for item in value)
            elif value is not None:
                raise InputError(
                    f"{place}: {one_line(key)} is {one_line(str(value))}; beside the fixed keys stand the values of "
                    "attributes and lists of arguments"
                )
        fixed = parse_as(FixedKeys, own, place=place)
        of_fixed = {name: getattr(fixed, name) for name in FixedKeys.model_fields}
        return cls(**of_fixed, attributes=attributes, arguments=arguments)


class FixedKeys(StrictModel):
    """What every row has, whatever the ontology."""

    article: str
    id: str
    label: str
    triggers: Annotated[tuple[Words, ...], Field(min_length=1)]
    date: DateCell = DateCell()
    count: CountCell = CountCell()
    cause: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    confidence: Confidence = 1.0
    flags: tuple[str, ...] = ()
    published: str | None = None
    title: str | None = None
    outlet: str | None = None
    url: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


ABOUT_ARTICLE = ("published", "title", "outlet", "url", "metadata")
"""Keys of the article that travel along."""
assert set(FixedKeys.model_fields) == ROW_KEYS == {f.name for f in fields(Row)} - {"attributes", "arguments"}


def _cell(cell: DateCell | CountCell) -> dict[str, Any]:
    """A cell as JSON has it: bounds that are not known are null, the rest is left out where there is none."""
    data = cell.model_dump(mode="json")
    return {
        key: value for key, value in data.items() if value is not None or key in ("start", "end", "low", "best", "high")
    }


def row_id(article_id: str, text_sha256: str, label: str, triggers: Iterable[Words]) -> str:
    """The id of a row: its article's, and 10 hex digits that depend on the text, the label and the triggers alone."""
    content = to_json([text_sha256, label, [[words.start, words.end] for words in triggers]])
    return f"{article_id}#{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file of JSON Lines, one in memory at a time; an empty file has none.

    Raises:
        InputError: naming the line, the key and the value that does not fit, and an id that stands twice.
    """
    seen: set[str] = set()
    if path.is_file() and path.stat().st_size == 0:
        return
    for number, data in read_json_lines(read_lines(path), place=str(path)):
        row = Row.of(data, place=f"{path}: line {number}")
        if (key := f"{row.article} {row.id}") in seen:
            raise InputError(
                f"{path}: line {number}: the row {one_line(row.id)} stands twice in {one_line(row.article)}"
            )
        seen.add(key)
        yield row
