"""The items of a Label Studio ``result``: regions, their attributes and relations, of an annotation or a prediction.

The page makes a CSS class of each region's id without escaping it, so that a region with a colon or tilde in its id has
no colour (seen in 1.23). In ids of regions such characters are replaced by their full-width forms (U+FF01 to U+FF5E),
which CSS takes, and ``span_id_of`` turns them back.
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


def results_of(annotated: AnnotatedArticle, ontology: Ontology) -> list[dict[str, Any]]:
    """The items of an annotation: one a span, one an attribute (with the id of its span), one a role."""
    free_text = {attribute.name for attribute in ontology.attributes if not attribute.values}
    text = annotated.article.text
    items: list[dict[str, Any]] = []
    for span in annotated.spans:
        place = {"start": span.start, "end": span.end, "text": text[span.start : span.end]}
        labels = [(LABELS_CONTROL, "labels", place | {"labels": [span.label]})]
        for name in dict(span.attributes):
            values = [value for key, value in span.attributes if key == name]
            key, type_ = ("text", "textarea") if name in free_text else ("choices", "choices")
            labels.append((name, type_, place | {key: values}))
        items += [
            {
                "value": value,
                "id": region_id(span.id),
                "from_name": from_name,
                "to_name": TEXT_OBJECT,
                "type": type_,
                "origin": span.origin,
            }
            for from_name, type_, value in labels
        ]
    return items + [_relation(region_id(r.trigger), region_id(r.argument), r.role) for r in annotated.roles]


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
    """The items of a prediction for one task, and how many of each kind; ``score`` is the lowest confidence, or 1."""

    model_version: str
    score: float
    items: list[dict[str, Any]]
    n_mentions: int
    n_roles: int
    n_attributes: int

    def as_json(self) -> dict[str, Any]:
        """The prediction as the server's import, its API and its ML backend protocol have it."""
        return {"model_version": self.model_version, "score": self.score, "result": self.items}


def results_of_prediction(
    prediction: Prediction,
    controls: Controls,
    *,
    start: int = 0,
    end: int | None = None,
    server_text: ServerText | None = None,
) -> PredictionItems:
    """The items of a prediction: one a mention, one an attribute, their score the confidence; one a role.

    Label Studio has no place for the confidence of a role, and its page shows that of the mention alone. Regions are
    called m1, m2, ... whatever the file calls its mentions: the page cuts ids at a number sign.

    Args:
        controls: have every label, attribute and role of the prediction (see ``Controls.shown``).
        start: where the task's text begins in the article. Mentions that do not lie between it and ``end`` are left
            out, and so are roles of which one end does not.
        server_text: the task's text, if the server's is not in the stored form: offsets and words are those of its own.
    """
    last = max((m.end for m in prediction.mentions), default=0) if end is None else end
    items: list[dict[str, Any]] = []
    region_of: dict[str | None, str] = {}
    confidences: list[float] = []
    for n, mention in enumerate(prediction.mentions, start=1):
        if mention.start < start or last < mention.end:
            continue
        region_of[mention.id] = f"m{n}"
        confidences.append(mention.confidence)
        first, after, words = mention.start - start, mention.end - start, mention.text
        if server_text is not None:
            first, after = server_text.stored.to_original(first), server_text.stored.to_original(after)
            words = server_text.original[first:after]
        place = {"start": first, "end": after, "text": words}
        region = {"id": f"m{n}", "to_name": controls.text_object}
        items.append(
            {**region, "from_name": controls.labels[mention.label], "type": "labels", "score": mention.confidence}
            | {"value": place | {"labels": [mention.label]}}
        )
        for name, values in mention.attribute_values.items():
            control = controls.attributes[name]
            confidence = (mention.attribute_confidences or {}).get(name)
            score = {} if confidence is None else {"score": confidence}
            value = place | control.item_value(values)
            items.append({**region, "from_name": control.name, "type": control.type, **score, "value": value})
    relations = [
        _relation(region_of[role.trigger], region_of[role.argument], controls.roles[role.role])
        for role in prediction.roles or ()
        if role.trigger in region_of and role.argument in region_of
    ]
    return PredictionItems(
        model_version=prediction.model.version,
        score=round(min(confidences, default=1.0), 4),
        items=items + relations,
        n_mentions=len(confidences),
        n_roles=len(relations),
        n_attributes=len(items) - len(confidences),
    )


def _relation(trigger: str, argument: str, role: str) -> dict[str, Any]:
    return {"from_id": trigger, "to_id": argument, "type": "relation", "direction": "right", "labels": [role]}


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
