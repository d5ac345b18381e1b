"""Several annotations of an article as one task in which someone decides: all of them shown, what differs marked.

Comes in: what each annotator made of an article. Goes out: tasks for a project with ``adjudication_config``. Each has
one pre-annotation with the spans and roles of everybody, in which the disputed ones carry a note and a lower score,
one more of each annotator alone, and a list of the differences. What is submitted there is the decision: ``convert``
reads it as the annotation of ``adjudicated``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eventcorpus.annotation.merge import Link, agreed_keys, all_keys, all_links, keyed_roles, keyed_spans, merge
from eventcorpus.dataset.rows import without_defaults
from eventcorpus.labelstudio.config import DIFFERENCES_OBJECT
from eventcorpus.labelstudio.exports import ADJUDICATES
from eventcorpus.labelstudio.results import region_id, results_of
from eventcorpus.labelstudio.tasks import task_data
from eventcorpus.ontology import Ontology
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle, SpanKey
from eventcorpus.text import one_line

MODEL_VERSION = "everybody"
"""Name of the pre-annotation that holds what anybody marked; the others bear their annotators' names."""


@dataclass(frozen=True)
class Differences:
    """What annotators of one article do not all say. Each entry tells what every annotator says, in their order."""

    spans: tuple[tuple[tuple[SpanKey, ...], ...], ...]
    """Groups of disputed spans that overlap: per annotator their keys, none where they marked nothing."""
    attributes: tuple[tuple[SpanKey, str, tuple[str, ...]], ...]
    """(span that all have, attribute, its value per annotator; several joined by a comma)."""
    roles: tuple[tuple[Link, tuple[bool, ...]], ...]
    """(role between spans, whether each annotator drew it); only between spans that everybody has."""

    def __bool__(self) -> bool:
        return bool(self.spans or self.attributes or self.roles)


def passes_of(several: Sequence[AnnotatedArticle]) -> list[AnnotatedArticle]:
    """The annotations that are no decisions."""
    return [one for one in several if one.annotator != ADJUDICATED]


def differences(passes: Sequence[AnnotatedArticle]) -> Differences:
    """Compare annotations of one article."""
    spans, agreed = [keyed_spans(one.spans) for one in passes], agreed_keys(passes)
    disputed = sorted(all_keys(passes) - agreed)
    groups: list[list[SpanKey]] = []
    for key in disputed:
        if groups and key[0] < max(end for _, end, *_ in groups[-1]):
            groups[-1].append(key)
        else:
            groups.append([key])
    roles = [set(keyed_roles(one)) for one in passes]
    links = sorted(link for link in all_links(passes) if {link[1], link[2]} <= agreed)
    attributes: list[tuple[SpanKey, str, tuple[str, ...]]] = []
    for key in sorted(key for key in agreed if all(key in own for own in spans)):
        names = dict.fromkeys(name for own in spans for name, _ in own[key].attributes)
        for name in names:
            values = tuple(", ".join(v for n, v in own[key].attributes if n == name) for own in spans)
            if len(set(values)) > 1:
                attributes.append((key, name, values))
    return Differences(
        spans=tuple(tuple(tuple(key for key in group if key in own) for own in spans) for group in groups),
        attributes=tuple(attributes),
        roles=tuple((link, held) for link in links if not all(held := tuple(link in own for own in roles))),
    )


def describe(found: Differences, passes: Sequence[AnnotatedArticle]) -> Iterator[str]:
    """The differences in words, one line each, as the annotators' page shows them."""
    text, names = passes[0].article.text, [one.annotator for one in passes]

    def quoted(key: SpanKey) -> str:
        return one_line(text[key[0] : key[1]])

    def everyone(said: Sequence[str]) -> str:
        return " · ".join(f"{name}: {words or 'nothing'}" for name, words in zip(names, said, strict=True))

    for group in found.spans:
        yield everyone([", ".join(f"{key[2]} {quoted(key)}" for key in keys) for keys in group])
    for key, name, values in found.attributes:
        yield f"{key[2]} {quoted(key)}, {name}: {everyone(values)} ({names[0]}'s is set)"
    for (role, trigger, argument), held in found.roles:
        shown = f"{role} from {trigger[2]} {quoted(trigger)} to {argument[2]} {quoted(argument)}"
        yield f"{shown}: only {', '.join(name for name, has in zip(names, held, strict=True) if has)}"


def adjudication_task(passes: Sequence[AnnotatedArticle], ontology: Ontology) -> dict[str, Any]:
    """The task in which someone decides about one article.

    Args:
        passes: at least two annotations of it, with defaults filled in (as datasets have them).
    """
    found = differences(passes)
    lines = [f"{n}. {line}" for n, line in enumerate(describe(found, passes), start=1)]
    names = [one.annotator for one in passes]
    data = task_data(passes[0].article, ontology) | {ADJUDICATES: names}
    data[DIFFERENCES_OBJECT] = "\n".join([f"{len(lines)} differences between {', '.join(names)}", *lines])
    views = [(MODEL_VERSION, _everybody(passes, ontology))]
    views += [(one.annotator, results_of(without_defaults(one, ontology), ontology)) for one in passes]
    shared = sum(len(one.spans) for one in passes) or 1
    score = round(len(passes) * len(agreed_keys(passes)) / shared, 4)
    return {
        "data": data,
        "predictions": [
            {"model_version": version, "score": score if version == MODEL_VERSION else 0.0, "result": result}
            for version, result in views
        ],
    }


def _everybody(passes: Sequence[AnnotatedArticle], ontology: Ontology) -> list[dict[str, Any]]:
    """What anybody marked, overlaps and all; a disputed span says in a note whose it is."""
    merged = merge(passes, keys=all_keys(passes), links=all_links(passes), ontology=ontology)
    own = [(one.annotator, keyed_spans(one.spans)) for one in passes]
    holders = {
        region_id(span.id): [name for name, spans in own if key in spans]
        for key, span in keyed_spans(merged.spans).items()
    }
    items = results_of(without_defaults(merged, ontology), ontology)
    for item in items:
        by = holders.get(item.get("id", ""), [])
        if item["type"] == "labels":
            item |= {"score": round(len(by) / len(passes), 2), "origin": "prediction"}
            if len(by) < len(passes):
                item["meta"] = {"text": [f"only {', '.join(by)}"]}
    return items
