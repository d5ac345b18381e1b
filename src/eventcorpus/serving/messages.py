"""What ``/extract`` and ``/rows`` are sent and answer, as models that also write the OpenAPI document.

An answer has an entry an article, in the order in which they were sent: a line of a predictions file with the events
beside it, and below ``rows`` lines of a file of event rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from eventcorpus.articles.rows import article_from_row, published_date
from eventcorpus.errors import InputError
from eventcorpus.events.rows import FixedKeys
from eventcorpus.files import StrictModel, parse_as
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import TEXT_CHANGED, ModelName, Prediction, prediction_of
from eventcorpus.schema import Article, Mention, Role, Span, join_events
from eventcorpus.serving.batching import Reading
from eventcorpus.text import stored_form

MAX_ARTICLES = 2000
"""Articles of one request."""
_VISIBLE = re.compile(r"[\S\x1c-\x1f]")
"""The pattern of JSON Schema for what is no blank: Python takes four control characters for blanks."""


def _stored(value: Any) -> Any:
    return stored_form(value).text if isinstance(value, str) else value


def _printable(value: Any) -> Any:
    if isinstance(value, str) and not (value.isprintable() and value[:1].strip()):
        raise ValueError("an id is printable and does not begin with a blank")
    return value


def _stored_text(value: Any) -> Any:
    if isinstance(value, str) and not _VISIBLE.search(value):
        raise ValueError("an article without text")
    return _stored(value)


Text = Annotated[str, BeforeValidator(_stored)]
ArticleText = Annotated[str, BeforeValidator(_stored_text), Field(json_schema_extra={"minLength": 1, "pattern": r"\S"})]
Id = Annotated[
    str,
    BeforeValidator(_printable),
    Field(description="Printable. By default 16 digits of the hash of the text.",
          json_schema_extra={"pattern": r"^[\p{L}\p{M}\p{N}\p{P}\p{S}][\p{L}\p{M}\p{N}\p{P}\p{S} ]*$"}),
]  # fmt: skip
Day = Annotated[
    Text,
    Field(description="A date (2018-04-24) or date-time in ISO 8601.",
          json_schema_extra={"anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]  # fmt: skip


class SentArticle(StrictModel):
    """An article. Line ends, control characters and lone surrogates are replaced before it is read."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["published", "date"]}})

    text: ArticleText
    id: Id | None = None
    title: Text | None = None
    published: Day | None = None
    date: Annotated[Day, Field(description="Another name of `published`.")] | None = None
    outlet: Text | None = None
    url: Text | None = None
    language: Text | None = None
    metadata: Annotated[
        dict[str, Any], Field(description="`outlet_country` (SY) helps with places; nothing else is looked at.")
    ] = {}  # noqa: RUF012

    @model_validator(mode="after")
    def _one_date(self) -> SentArticle:
        if {"published", "date"} <= self.model_fields_set:
            raise ValueError("published and date are the same; send one of them")
        return self

    def article(self, *, place: str) -> Article:
        """The article in our own form.

        Raises:
            InputError: if its id cannot be printed or its date cannot be read.
        """
        row = self.model_dump(exclude_none=True, exclude={"date", "published"})
        day = self.date if self.published is None else self.published
        if day is not None:
            row["published"] = published_date(day, place=place)
        return article_from_row(row, place=place)


class ExtractedEvent(StrictModel):
    """Triggers of one label that tell the same event, by their ids."""

    id: str
    label: str
    triggers: tuple[str, ...]


class Extraction(Prediction):
    """A line of a predictions file, with the events; these are left out where a model gives no roles."""

    events: tuple[ExtractedEvent, ...] | None = None


class Extractions(StrictModel):
    """The answer of ``/extract``."""

    articles: tuple[Extraction, ...]


class EventRow(FixedKeys):
    """An event row: beside the fixed keys one for each attribute, and one for each role with its arguments."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | list[dict[str, Any]]]


class EventRows(StrictModel):
    """The answer of ``/rows``."""

    rows: tuple[EventRow, ...]


class Fault(StrictModel):
    """Why a request is not answered."""

    detail: str


def articles_of(body: Any, *, max_characters: int) -> tuple[list[Article], list[bool]]:
    """The articles of a body, which is one or a list of them, and whether the text of each was changed.

    Raises:
        InputError: naming the article and the key that does not fit, or if there are too many or one is too long.
    """
    sent = body if isinstance(body, list) else [body]
    if len(sent) > MAX_ARTICLES:
        raise InputError(
            f"{len(sent):,} articles in one request, at most {MAX_ARTICLES:,} are read; send fewer at a time"
        )
    articles, changed = [], []
    for number, one in enumerate(sent, start=1):
        place = f"article {number}" if isinstance(body, list) else "the article"
        article = parse_as(SentArticle, one, place=place).article(place=place)
        if len(article.text) > max_characters:
            raise InputError(
                f"{place}: a text of {len(article.text):,} characters, at most {max_characters:,} are read; cut it "
                "into several, or start the service with a larger --max-characters"
            )
        articles.append(article)
        changed.append(article.text != one["text"])
    return articles, changed


def extraction_of(
    article: Article, reading: Reading, *, model: ModelName, ontology: Ontology, is_changed: bool = False
) -> Extraction:
    """The entry of an article in an answer."""
    warnings = [TEXT_CHANGED, *reading.warnings] if is_changed else reading.warnings
    prediction = prediction_of(article, reading.mentions, model, warnings=warnings)
    events = None if prediction.roles is None else tuple(_events(reading.mentions, ontology))
    return Extraction.model_construct(**dict(prediction), events=events)


def _events(mentions: Iterable[Mention], ontology: Ontology) -> Iterable[ExtractedEvent]:
    mentions = list(mentions)
    spans = [Span(m.id, m.start, m.end, m.label) for m in mentions]
    roles = [Role(link.role, m.id, link.argument) for m in mentions for link in m.links]
    for event in join_events(spans, roles, triggers=set(ontology.trigger_names), link=ontology.event_link):
        yield ExtractedEvent(id=event.id, label=event.label, triggers=event.triggers)
