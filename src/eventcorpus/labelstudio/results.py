"""Ids of spans as ids of regions on Label Studio's page, and back.

The page makes a CSS class of each region's id without escaping it, so that a region with a colon or tilde in its id has
no colour (seen in 1.23). Such characters travel as their full-width twins (U+FF01 to U+FF5E), which CSS takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eventcorpus.labelstudio.config import LABELS_CONTROL, TEXT_OBJECT
from eventcorpus.labelstudio.controls import Controls
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import StoredText, stored_form

_SPECIAL = [chr(code) for code in range(0x21, 0x7F) if not (chr(code).isalnum() or chr(code) in "-_")]
_TO_PAGE = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in _SPECIAL} | {" ": "\u3000"})
_FROM_PAGE = {ord(str(new)): chr(old) for old, new in _TO_PAGE.items()}


def region_id(span_id: str) -> str:
    """The id under which the page shows a span.

    >>> region_id("12:a1")
    '12：a1'
    """
    return span_id.translate(_TO_PAGE)


def span_id_of(region_id: str) -> str:
    """The id of a region's span.

    >>> span_id_of("12：a1")
    '12:a1'
    """
    return region_id.translate(_FROM_PAGE)


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


@dataclass(frozen=True, slots=True)
class ServerText:
    """A task's text as the server has it, and in the stored form that models read."""

    original: str
    stored: StoredText

    @classmethod
    def of(cls, original: str) -> ServerText:
        """Bring a text into the stored form, and keep both."""
        return cls(original, stored_form(original))


@dataclass(frozen=True)
class PredictionItems:
    """The items of a prediction for one task, how many of each kind there are, and the lowest confidence."""

    items: list[dict[str, Any]]
    n_mentions: int
    n_roles: int
    n_attributes: int
    score: float


def results_of_prediction(
    prediction: Prediction,
    controls: Controls,
    *,
    start: int = 0,
    end: int | None = None,
    server_text: ServerText | None = None,
) -> PredictionItems:
    """A prediction: one item a mention, its score the confidence, one an attribute, one a role.

    Label Studio has no place for the confidence of a role. Regions are called m1, m2, ... whatever the file calls its
    mentions: the page cuts ids at a number sign.

    Args:
        controls: which have every label, attribute and role of the prediction (``Controls.fault``).
        start: where the task's text begins in the article; what does not lie between it and ``end``, and roles of which
            one end does not, are left out.
        server_text: the task's text, if the server's is not in the stored form: offsets and words are those of its own.
    """
    last = max((m.end for m in prediction.mentions), default=0) if end is None else end
    items: list[dict[str, Any]] = []
    name_of: dict[str | None, str] = {}
    scores: list[float] = []
    n_attributes = 0
    for n, mention in enumerate(prediction.mentions, start=1):
        if mention.start < start or last < mention.end:
            continue
        region = name_of[mention.id] = f"m{n}"
        scores.append(mention.confidence)
        ends = mention.start - start, mention.end - start
        words = mention.text
        if server_text is not None:
            ends = server_text.stored.to_original(ends[0]), server_text.stored.to_original(ends[1])
            words = server_text.original[ends[0] : ends[1]]
        place = {"start": ends[0], "end": ends[1], "text": words}
        here = {"id": region, "to_name": controls.text_object}
        items.append(
            {**here, "from_name": controls.labels[mention.label], "type": "labels", "score": mention.confidence}
            | {"value": place | {"labels": [mention.label]}}
        )
        for name, said in mention.attribute_values.items():
            control = controls.attributes[name]
            items.append({**here, "from_name": name, "type": control.type, "value": place | control.value(said)})
            n_attributes += 1
    roles = [
        {
            "from_id": name_of[role.trigger],
            "to_id": name_of[role.argument],
            "type": "relation",
            "direction": "right",
            "labels": [role.role],
        }
        for role in prediction.roles or ()
        if role.trigger in name_of and role.argument in name_of
    ]
    return PredictionItems(items + roles, len(scores), len(roles), n_attributes, round(min(scores, default=1.0), 4))


def _region(span_id: str, value: dict[str, Any], from_name: str, type_: str, origin: str) -> dict[str, Any]:
    return {
        "value": value,
        "id": region_id(span_id),
        "from_name": from_name,
        "to_name": TEXT_OBJECT,
        "type": type_,
        "origin": origin,
    }
