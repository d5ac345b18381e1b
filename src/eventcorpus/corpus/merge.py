"""Several annotations of one article compared by what they say, and put together.

Two annotators' spans are the same if start, end and label are, their roles if role and both spans are; ids mean
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Role, Span, join_events, role_order, span_order

AGREED = "agreed"
"""On whose word a span stands that every annotator has."""
Key = tuple[int, int, str, int]
"""What a span says: start, end, label; and which of several that say the same."""
Link = tuple[str, Key, Key]
"""What a role says: its name, its trigger, its argument."""


def keyed_spans(spans: Iterable[Span]) -> dict[Key, Span]:
    """Spans by what they say."""
    seen: Counter[tuple[int, int, str]] = Counter()
    found: dict[Key, Span] = {}
    for span in sorted(spans, key=span_order):
        says = (span.start, span.end, span.label)
        seen[says] += 1
        found[*says, seen[says]] = span
    return found


def keyed_roles(one: AnnotatedArticle) -> dict[Link, Role]:
    """Roles by what they say: the role and its two spans, whatever their ids."""
    key_of = {span.id: key for key, span in keyed_spans(one.spans).items()}
    return {(role.role, key_of[role.trigger], key_of[role.argument]): role for role in one.roles}


def agreed_keys(passes: Sequence[AnnotatedArticle]) -> set[Key]:
    """What the spans say that every annotator has who could use their label."""
    own = [(keyed_spans(one.spans), set(one.labels_annotated)) for one in passes]
    return {key for key in all_keys(passes) if all(key in spans for spans, able in own if key[2] in able)}


def say_the_same(passes: Sequence[AnnotatedArticle]) -> bool:
    """Whether annotations agree in every span, attribute and role."""

    def said(one: AnnotatedArticle) -> tuple[dict[Key, tuple[tuple[str, str], ...]], set[Link]]:
        return {key: span.attributes for key, span in keyed_spans(one.spans).items()}, set(keyed_roles(one))

    return all(said(one) == said(passes[0]) for one in passes[1:])


def merge(
    passes: Sequence[AnnotatedArticle], *, keys: Collection[Key], links: Collection[Link], ontology: Ontology
) -> AnnotatedArticle:
    """Put annotations together: the spans and roles that are wanted, with ids and attributes of who has them first.

    Roles between spans that are not wanted are left out. Ids that two annotators gave to different spans become unique.
    """
    agreed = agreed_keys(passes)
    spans: dict[Key, Span] = {}
    ids: Counter[str] = Counter()
    for one in passes:
        for key, span in keyed_spans(one.spans).items():
            if key in keys and key not in spans:
                ids[span.id] += 1
                own_id = span.id if ids[span.id] == 1 else f"{span.id}~{ids[span.id]}"
                spans[key] = replace(span, id=own_id, decided_by=AGREED if key in agreed else one.annotator)
    roles = {Role(name, spans[t].id, spans[a].id) for name, t, a in links if t in spans and a in spans}
    in_order = tuple(sorted(spans.values(), key=span_order))
    able = {label for one in passes for label in one.labels_annotated}
    return replace(
        passes[0],
        spans=in_order,
        labels_annotated=tuple(label for label in ontology.labels if label in able),
        roles=tuple(sorted(roles, key=role_order)),
        events=join_events(in_order, roles, triggers=set(ontology.trigger_names), link=ontology.event_link),
    )


def all_keys(passes: Sequence[AnnotatedArticle]) -> set[Key]:
    """What the spans of any annotator say."""
    return {key for one in passes for key in keyed_spans(one.spans)}


def all_links(passes: Sequence[AnnotatedArticle]) -> set[Link]:
    """What the roles of any annotator say."""
    return {link for one in passes for link in keyed_roles(one)}


def agreed_links(passes: Sequence[AnnotatedArticle]) -> set[Link]:
    """What the roles say that every annotator has who could use both labels."""
    own = [(keyed_roles(one), set(one.labels_annotated)) for one in passes]
    return {
        link for link in all_links(passes)
        if all(link in roles for roles, able in own if {link[1][2], link[2][2]} <= able)
    }  # fmt: skip
