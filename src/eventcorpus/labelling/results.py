"""Spans, attributes and roles as the items of a Label Studio ``result`` list, exactly as its own page writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eventcorpus.labelling.config import LABELS_CONTROL, TEXT_OBJECT
from eventcorpus.labelling.region_ids import region_id
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import PredictedMention
from eventcorpus.schema import AnnotatedArticle


def results_of(annotated: AnnotatedArticle, ontology: Ontology) -> list[dict[str, Any]]:
    """An annotation: one item a span, one an attribute (with the id of its span), one a role."""
    free_text = {attribute.name for attribute in ontology.attributes if not attribute.values}
    text = annotated.article.text
    items: list[dict[str, Any]] = []
    for span in annotated.spans:
        place = {"start": span.start, "end": span.end, "text": text[span.start : span.end]}
        items.append(_region(span.id, place | {"labels": [span.label]}, LABELS_CONTROL, "labels", span.origin))
        for name in dict(span.attributes):
            values = [value for key, value in span.attributes if key == name]
            key, type_ = ("text", "textarea") if name in free_text else ("choices", "choices")
            items.append(_region(span.id, place | {key: values}, name, type_, span.origin))
    items += [
        {
            "from_id": region_id(r.trigger),
            "to_id": region_id(r.argument),
            "type": "relation",
            "direction": "right",
            "labels": [r.role],
        }
        for r in annotated.roles
    ]
    return items


def results_of_mentions(mentions: Iterable[PredictedMention], *, offset: int = 0) -> list[dict[str, Any]]:
    """A prediction: one item a mention, its score the confidence; offsets counted from ``offset`` of the article."""
    return [
        {
            "id": f"m{n}",
            "from_name": LABELS_CONTROL,
            "to_name": TEXT_OBJECT,
            "type": "labels",
            "score": mention.confidence,
            "value": {
                "start": mention.start - offset,
                "end": mention.end - offset,
                "text": mention.text,
                "labels": [mention.label],
            },
        }
        for n, mention in enumerate(mentions, start=1)
    ]


def _region(span_id: str, value: dict[str, Any], from_name: str, type_: str, origin: str) -> dict[str, Any]:
    return {
        "value": value,
        "id": region_id(span_id),
        "from_name": from_name,
        "to_name": TEXT_OBJECT,
        "type": type_,
        "origin": origin,
    }
