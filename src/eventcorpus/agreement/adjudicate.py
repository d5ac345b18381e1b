"""Tasks in which someone decides between the annotations of an article: all of them are shown, differences are marked.

A task, for a project with ``adjudication_config``, has one pre-annotation with the spans and roles of all annotators,
in which the disputed ones have a note and a lower score; one pre-annotation of each annotator; and a list of the
differences. What is submitted is the decision: ``convert`` reads it as the annotation of ``adjudicated``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eventcorpus.annotation.merge import (
    RoleKey,
    agreed_span_keys,
    all_role_keys,
    all_span_keys,
    keyed_roles,
    keyed_spans,
    merge,
)
from eventcorpus.annotation.rules import without_defaults
from eventcorpus.labelstudio.config import DIFFERENCES_OBJECT
from eventcorpus.labelstudio.exports import ADJUDICATES
from eventcorpus.labelstudio.results import region_id, results_of
from eventcorpus.labelstudio.tasks import task_data
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, SpanKey
from eventcorpus.tables import counted
from eventcorpus.text import one_line

MODEL_VERSION = "everybody"
"""Name of the pre-annotation with the spans of all annotators; the others have the names of their annotators."""


@dataclass(frozen=True)
class Differences:
    """Where annotators of one article differ. Each entry has the values of all annotators, in their order."""

    spans: tuple[tuple[tuple[SpanKey, ...], ...], ...]
    """Groups of disputed spans that overlap: per annotator their keys, none where they marked nothing."""
    attributes: tuple[tuple[SpanKey, str, tuple[str, ...]], ...]
    """(span that all have, attribute, its value per annotator; more than one value joined by a comma)."""
    roles: tuple[tuple[RoleKey, tuple[bool, ...]], ...]
    """(role between spans, whether each annotator drew it); only between spans that everybody has."""

    def __bool__(self) -> bool:
        return bool(self.spans or self.attributes or self.roles)


def differences(passes: Sequence[AnnotatedArticle]) -> Differences:
    """Compare annotations of one article."""
    spans, agreed = [keyed_spans(annotated.spans) for annotated in passes], agreed_span_keys(passes)
    groups: list[list[SpanKey]] = []
    for key in sorted(all_span_keys(passes) - agreed):
        if groups and key[0] < max(end for _, end, *_ in groups[-1]):
            groups[-1].append(key)
        else:
            groups.append([key])
    roles = [set(keyed_roles(annotated)) for annotated in passes]
    links = sorted(link for link in all_role_keys(passes) if {link[1], link[2]} <= agreed)
    attributes = [
        (key, name, values)
        for key in sorted(key for key in agreed if all(key in own for own in spans))
        for name in dict.fromkeys(name for own in spans for name, _ in own[key].attributes)
        if len(set(values := tuple(", ".join(v for n, v in own[key].attributes if n == name) for own in spans))) > 1
    ]
    return Differences(
        spans=tuple(tuple(tuple(key for key in group if key in own) for own in spans) for group in groups),
        attributes=tuple(attributes),
        roles=tuple((link, drawn) for link in links if not all(drawn := tuple(link in own for own in roles))),
    )


def describe(found: Differences, passes: Sequence[AnnotatedArticle]) -> Iterator[str]:
    """The differences in words, one line each, as the annotators' page shows them."""
    text, names = passes[0].article.text, [annotated.annotator for annotated in passes]

    def quoted(key: SpanKey) -> str:
        return one_line(text[key[0] : key[1]])

    def by_annotator(values: Sequence[str]) -> str:
        return " · ".join(f"{name}: {value or 'nothing'}" for name, value in zip(names, values, strict=True))

    for group in found.spans:
        yield by_annotator([", ".join(f"{key[2]} {quoted(key)}" for key in keys) for keys in group])
    for key, name, values in found.attributes:
        yield f"{key[2]} {quoted(key)}, {name}: {by_annotator(values)} ({names[0]}'s is set)"
    for (role, trigger, argument), drawn in found.roles:
        shown = f"{role} from {trigger[2]} {quoted(trigger)} to {argument[2]} {quoted(argument)}"
        yield f"{shown}: only {', '.join(name for name, has in zip(names, drawn, strict=True) if has)}"


def adjudication_task(passes: Sequence[AnnotatedArticle], ontology: Ontology) -> dict[str, Any]:
    """The task in which someone decides about one article.

    Args:
        passes: at least two annotations of it, with defaults filled in (as datasets have them).
    """
    found = differences(passes)
    lines = [f"{n}. {line}" for n, line in enumerate(describe(found, passes), start=1)]
    names = [annotated.annotator for annotated in passes]
    data = task_data(passes[0].article, ontology) | {ADJUDICATES: names}
    data[DIFFERENCES_OBJECT] = "\n".join([f"{counted(len(lines), 'difference')} between {', '.join(names)}", *lines])
    n_spans = sum(len(annotated.spans) for annotated in passes) or 1
    share_agreed = round(len(passes) * len(agreed_span_keys(passes)) / n_spans, 4)
    views = [(MODEL_VERSION, share_agreed, _everybody(passes, ontology))]
    views += [(each.annotator, 0.0, results_of(without_defaults(each, ontology), ontology)) for each in passes]
    predictions = [{"model_version": version, "score": score, "result": result} for version, score, result in views]
    return {"data": data, "predictions": predictions}


def _everybody(passes: Sequence[AnnotatedArticle], ontology: Ontology) -> list[dict[str, Any]]:
    """The spans and roles of all annotators, overlapping ones too; a note names who has a disputed span."""
    merged = merge(passes, spans=all_span_keys(passes), roles=all_role_keys(passes), ontology=ontology)
    own = [(annotated.annotator, keyed_spans(annotated.spans)) for annotated in passes]
    annotators_of = {
        region_id(span.id): [name for name, spans in own if key in spans]
        for key, span in keyed_spans(merged.spans).items()
    }
    items = results_of(without_defaults(merged, ontology), ontology)
    for item in items:
        by = annotators_of.get(item.get("id", ""), [])
        if item["type"] == "labels":
            item |= {"score": round(len(by) / len(passes), 2), "origin": "prediction"}
            if len(by) < len(passes):
                item["meta"] = {"text": [f"only {', '.join(by)}"]}
    return items
