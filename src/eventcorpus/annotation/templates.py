"""Templates of an article: incidents with sets of coreferent mentions in each slot, as MUC-4 has them.

A template has no trigger, so it is no ``Event``. It stands in the article's metadata under ``event_templates``, where
mentions are span ids of the same article. It quotes no text, and so it stays in a standoff dataset.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from eventcorpus.errors import SpanError
from eventcorpus.files import StrictModel
from eventcorpus.ontology import Name
from eventcorpus.schema import AnnotatedArticle, Article

KEY = "event_templates"


class Template(StrictModel):
    """One incident. ``fillers``: slot -> fillers; a filler is the span ids of the mentions that name one thing."""

    incident_type: Name
    fillers: dict[Name, tuple[tuple[str, ...], ...]]


_TEMPLATES = TypeAdapter(tuple[Template, ...])


def templates_of(annotated: AnnotatedArticle) -> tuple[Template, ...]:
    """The templates of an article, none where it has none.

    Raises:
        SpanError: if a mention is no span of the article.
    """
    return check_templates(annotated.article, {span.id for span in annotated.spans})


def check_templates(article: Article, span_ids: Collection[str]) -> tuple[Template, ...]:
    """The templates in an article's metadata, given its spans.

    Metadata of others that happens to stand under the same key and has another form is none of ours, and is let be.

    Raises:
        SpanError: if a mention is no span of the article.
    """
    templates = _parsed(article.metadata)
    for mention in _mentions(templates):
        if mention not in span_ids:
            raise SpanError(f"article {article.id}: a template names the span {mention!r}, which is not there")
    return templates


def with_templates(article: Article, templates: Iterable[Template]) -> Article:
    """The article with these templates in its metadata."""
    listed = [template.model_dump(mode="json") for template in templates]
    return replace(article, metadata=article.metadata | {KEY: listed})


def without_spans(templates: Iterable[Template], span_of: Mapping[str, str]) -> tuple[tuple[Template, ...], int]:
    """Templates after spans were renamed or left out.

    Args:
        span_of: old span id -> new span id, of those that are still there.

    Returns:
        the templates, without fillers of which no mention is left; how many mentions were left out.
    """
    n_gone = 0
    changed: list[Template] = []
    for template in templates:
        fillers: dict[str, tuple[tuple[str, ...], ...]] = {}
        for slot, of_slot in template.fillers.items():
            left = [tuple(span_of[mention] for mention in filler if mention in span_of) for filler in of_slot]
            n_gone += sum(map(len, of_slot)) - sum(map(len, left))
            fillers[slot] = tuple(filler for filler in left if filler)
        changed.append(Template(incident_type=template.incident_type, fillers=fillers))
    return tuple(changed), n_gone


def standoff_metadata(metadata: Mapping[str, Any], span_ids: Collection[str]) -> dict[str, Any]:
    """What of an article's metadata may travel without its text: templates whose mentions are spans of the article."""
    templates = _parsed(metadata)
    return {KEY: metadata[KEY]} if templates and set(_mentions(templates)) <= set(span_ids) else {}


def _mentions(templates: Iterable[Template]) -> Iterator[str]:
    return (m for template in templates for fillers in template.fillers.values() for filler in fillers for m in filler)


def _parsed(metadata: Mapping[str, Any]) -> tuple[Template, ...]:
    if KEY not in metadata:
        return ()
    try:
        return _TEMPLATES.validate_python(metadata[KEY])
    except ValidationError:
        return ()
