"""What is to be learned of roles, attributes and events, and from a model's probabilities to links of mentions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eventcorpus.annotation.rules import resolve_overlaps, with_defaults
from eventcorpus.events.candidates import Candidates, Ints, Signatures, common_words
from eventcorpus.files import StrictModel
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, ChosenValue, Link, Mention, Span

Numbers = NDArray[np.float64]

_SINGLE = 0.03
"""Roles of which fewer triggers than this share have more than one argument are given once at the most."""


class LearnedAttribute(StrictModel):
    """An attribute with listed values, of which a mention of these labels has one."""

    name: str
    values: tuple[str, ...]
    labels: tuple[str, ...]


class Learned(StrictModel):
    """What can be learned of an ontology from annotated articles.

    ``roles``: all but ``event_link``, the role that joins triggers into events. ``single``: roles that a trigger has
    once at the most. ``words``: see ``candidates.common_words``. ``thresholds``: the least probability of each role.
    Attributes of free text or of several values are not learned.
    """

    roles: tuple[str, ...]
    attributes: tuple[LearnedAttribute, ...]
    event_link: str | None
    words: tuple[str, ...]
    single: tuple[str, ...]
    thresholds: tuple[float, ...]

    @classmethod
    def of(cls, ontology: Ontology, articles: Sequence[AnnotatedArticle]) -> Learned:
        """That of an ontology and of the articles that are learned from."""
        roles = Signatures.of(ontology).roles
        return cls(
            roles=roles,
            attributes=tuple(
                LearnedAttribute(
                    name=attribute.name,
                    values=tuple(value.name for value in attribute.values),
                    labels=ontology.labels_of(attribute),
                )
                for attribute in ontology.attributes
                if len(attribute.values) > 1 and not attribute.multiple
            ),
            event_link=ontology.event_link,
            words=common_words((annotated.article.text, annotated.spans) for annotated in articles),
            single=tuple(role for role in roles if _share_of_several(role, articles) < _SINGLE),
            thresholds=(0.5,) * len(roles),
        )


def _share_of_several(role: str, articles: Sequence[AnnotatedArticle]) -> float:
    """The share of the triggers with a role that have it more than once; 1 where none has it."""
    counts = Counter((a.article.id, r.trigger) for a in articles for r in a.roles if r.role == role)
    return sum(n > 1 for n in counts.values()) / len(counts) if counts else 1.0


@dataclass(frozen=True)
class Targets:
    """What was annotated among the candidates of one article.

    ``roles``: shape (n_pairs, n_roles). ``values``: shape (n_mentions, n_attributes), the position of the value, -1
    where there is none. ``same``: shape (n_antecedents,). ``n_lost``: annotated roles that no candidate stands for.
    """

    roles: NDArray[np.bool_]
    values: Ints
    same: NDArray[np.bool_]
    n_lost: int

    @classmethod
    def of(
        cls, annotated: AnnotatedArticle, spans: Sequence[Span], pairs: Candidates, learned: Learned, ontology: Ontology
    ) -> Targets:
        """Those of an article's spans, as ``candidates`` was given them."""
        position = {span.id: i for i, span in enumerate(spans)}
        of_pair = {(int(t), int(a)): i for i, (t, a) in enumerate(pairs.pairs)}
        roles = np.zeros(pairs.allowed.shape, dtype=np.bool_)
        n_lost = 0
        for role in annotated.roles:
            if role.role not in learned.roles:
                continue
            pair = of_pair.get((position.get(role.trigger, -1), position.get(role.argument, -1)))
            if pair is None:
                n_lost += 1
            else:
                roles[pair, learned.roles.index(role.role)] = True
        values = np.full((len(spans), len(learned.attributes)), -1, dtype=np.int64)
        for i, span in enumerate(spans):
            said = dict(with_defaults(span, ontology))
            for k, attribute in enumerate(learned.attributes):
                if span.label in attribute.labels and said.get(attribute.name) in attribute.values:
                    values[i, k] = attribute.values.index(said[attribute.name])
        event_of = {trigger: event.id for event in annotated.events for trigger in event.triggers}
        events = [event_of.get(span.id, f"alone {span.id}") for span in spans]
        same = np.array([events[one] == events[other] for one, other in pairs.antecedents], dtype=np.bool_)
        return cls(roles, values, same, n_lost)


def annotated_mentions(annotated: AnnotatedArticle, ontology: Ontology) -> list[Mention]:
    """The spans of an article as mentions that a model may link: those of labels of its ontology, without overlaps."""
    spans, _ = resolve_overlaps((span for span in annotated.spans if span.label in ontology.rank), ontology)
    text = annotated.article.text
    return [Mention(span.start, span.end, span.label, text[span.start : span.end], 1.0) for span in spans]


@dataclass(frozen=True)
class LinkScores:
    """What a model says of the candidates of one article.

    ``roles``: probabilities, shape (n_pairs, n_roles), 0 where the signature does not allow it. ``attributes``: for
    each attribute the probabilities of its values, shape (n_mentions, n_values). ``antecedents``: log-odds of each
    antecedent against an event of its own, shape (n_antecedents,).
    """

    roles: Numbers
    attributes: tuple[Numbers, ...]
    antecedents: Numbers


def linked_mentions(
    mentions: Sequence[Mention], pairs: Candidates, scores: LinkScores, learned: Learned
) -> list[Mention]:
    """The mentions with ids (m1, m2, ... in their order), links and attributes.

    A role is given where its probability reaches its threshold; of single roles a trigger has the most probable
    argument alone. A trigger tells the event of its most probable antecedent, where that is more probable than none.
    """
    ids = [f"m{n}" for n in range(1, len(mentions) + 1)]
    links: list[list[Link]] = [[] for _ in mentions]
    for pair, role in _given_roles(pairs, scores, learned):
        trigger, argument = pairs.pairs[pair]
        links[trigger].append(Link(learned.roles[role], ids[argument], float(scores.roles[pair, role])))
    if learned.event_link is not None:
        for trigger, earlier, probability in chosen_antecedents(pairs, scores):
            links[trigger].append(Link(learned.event_link, ids[earlier], probability))
    values: list[list[ChosenValue]] = [[] for _ in mentions]
    for attribute, probabilities in zip(learned.attributes, scores.attributes, strict=True):
        for i, mention in enumerate(mentions):
            if mention.label in attribute.labels:
                best = int(probabilities[i].argmax())
                values[i].append(ChosenValue(attribute.name, attribute.values[best], float(probabilities[i, best])))
    return [
        replace(mention, id=ids[i], attributes=tuple(values[i]), links=tuple(links[i]))
        for i, mention in enumerate(mentions)
    ]


def _given_roles(pairs: Candidates, scores: LinkScores, learned: Learned) -> Iterator[tuple[int, int]]:
    """(position of the pair, of the role), by trigger."""
    given = scores.roles >= np.array(learned.thresholds)
    for k, role in enumerate(learned.roles):
        if role not in learned.single:
            continue
        best: dict[int, int] = {}
        for i in np.flatnonzero(given[:, k]):
            trigger = int(pairs.pairs[i, 0])
            if trigger not in best or scores.roles[i, k] > scores.roles[best[trigger], k]:
                best[trigger] = int(i)
        given[:, k] = False
        given[list(best.values()), k] = True
    for pair, role_position in np.argwhere(given):
        yield int(pair), int(role_position)


def chosen_antecedents(pairs: Candidates, scores: LinkScores) -> Iterator[tuple[int, int, float]]:
    """(trigger, its most probable antecedent, the probability of it), where it is more probable than none."""
    later = pairs.antecedents[:, 1]
    for trigger in np.unique(later):
        own = np.flatnonzero(later == trigger)
        best = own[scores.antecedents[own].argmax()]
        if scores.antecedents[best] > 0:
            among = np.concatenate([[0.0], scores.antecedents[own]])
            probability = np.exp(scores.antecedents[best] - np.logaddexp.reduce(among))
            yield int(trigger), int(pairs.antecedents[best, 0]), float(probability)
