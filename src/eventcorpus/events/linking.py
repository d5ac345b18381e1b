"""What is to be learned of roles, attributes and events, and from a model's probabilities to links of mentions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eventcorpus.annotation.rules import resolve_overlaps, with_defaults
from eventcorpus.events.candidates import CandidateFinder, Candidates, Ints, Signatures, common_words
from eventcorpus.files import StrictModel
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, ChosenValue, Link, Mention, Span

Numbers = NDArray[np.float64]

_BOUND = 0.001
"""The least distance of a probability from 0 and 1 where its log-odds are weighed."""
_SINGLE = 0.03
"""Roles of which fewer triggers than this share have more than one argument are given once at the most."""


class LearnedAttribute(StrictModel):
    """An attribute with listed values, of which a mention of these labels has one."""

    name: str
    values: tuple[str, ...]
    labels: tuple[str, ...]


class Learned(StrictModel):
    """What can be learned of an ontology from annotated articles.

    A role that no article has, and an attribute of which no mention has another value than its default, are taken for
    ones that annotators did not use, and are not learned. ``roles`` are without ``event_link``, the role that joins
    triggers into events. ``single``: roles that a trigger has
    once at the most. ``words``: see ``candidates.common_words``. Attributes of free text or of several values are not
    learned.
    """

    roles: tuple[str, ...]
    attributes: tuple[LearnedAttribute, ...]
    event_link: str | None
    words: tuple[str, ...]
    single: tuple[str, ...]

    @classmethod
    def of(cls, ontology: Ontology, articles: Sequence[AnnotatedArticle]) -> Learned:
        """That of an ontology and of the articles that are learned from."""
        used = {role.role for annotated in articles for role in annotated.roles}
        default = {attribute.name: attribute.default for attribute in ontology.attributes}
        chosen = {
            name for a in articles for span in a.spans for name, value in span.attributes if value != default.get(name)
        }
        roles = tuple(role for role in Signatures.of(ontology).roles if role in used)
        return cls(
            roles=roles,
            attributes=tuple(
                LearnedAttribute(
                    name=attribute.name,
                    values=tuple(value.name for value in attribute.values),
                    labels=ontology.labels_of(attribute),
                )
                for attribute in ontology.attributes
                if len(attribute.values) > 1 and not attribute.multiple and attribute.name in chosen
            ),
            event_link=ontology.event_link if ontology.event_link in used else None,
            words=common_words((annotated.article.text, annotated.spans) for annotated in articles),
            single=tuple(role for role in roles if _share_of_several(role, articles) < _SINGLE),
        )

    @property
    def names(self) -> set[str]:
        """Of all that is learned."""
        return {*self.roles, *(a.name for a in self.attributes), *([self.event_link] if self.event_link else [])}

    def finder(self, ontology: Ontology) -> CandidateFinder:
        """What finds the pairs that the learned roles may link."""
        return CandidateFinder(Signatures.of(ontology, self.roles), self.words)


def _share_of_several(role: str, articles: Sequence[AnnotatedArticle]) -> float:
    """The share of the triggers with a role that have it more than once; 1 where none has it."""
    counts = Counter((a.article.id, r.trigger) for a in articles for r in a.roles if r.role == role)
    return sum(n > 1 for n in counts.values()) / len(counts) if counts else 1.0


@dataclass(frozen=True)
class Targets:
    """What was annotated, or said by a teacher, of the candidates of one article.

    ``is_known`` and ``roles``: shape (n_pairs, n_roles), the cells of which something is said, and the probability of
    each role, 0 or 1 where it was annotated. ``values``: shape (n_mentions, n_attributes), the position of the value,
    -1 where there is none. ``same``: shape (n_antecedents,). ``has_events``: whether anything is said of which triggers
    tell the same event. ``n_lost``: annotated roles that no candidate stands for.
    """

    is_known: NDArray[np.bool_]
    roles: Numbers
    values: Ints
    same: NDArray[np.bool_]
    has_events: bool
    n_lost: int

    @classmethod
    def of(
        cls, annotated: AnnotatedArticle, spans: Sequence[Span], pairs: Candidates, learned: Learned, ontology: Ontology
    ) -> Targets:
        """Those of an article's spans, as ``candidates`` was given them."""
        position = {span.id: i for i, span in enumerate(spans)}
        of_pair = {(int(t), int(a)): i for i, (t, a) in enumerate(pairs.pairs)}
        roles = np.zeros(pairs.allowed.shape)
        n_lost = 0
        for role in annotated.roles:
            if role.role not in learned.roles:
                continue
            pair = of_pair.get((position.get(role.trigger, -1), position.get(role.argument, -1)))
            if pair is None:
                n_lost += 1
            else:
                roles[pair, learned.roles.index(role.role)] = 1
        values = np.full((len(spans), len(learned.attributes)), -1, dtype=np.int64)
        for i, span in enumerate(spans):
            said = dict(with_defaults(span, ontology))
            for k, attribute in enumerate(learned.attributes):
                if attribute.name in annotated.not_annotated:
                    continue
                if span.label in attribute.labels and said.get(attribute.name) in attribute.values:
                    values[i, k] = attribute.values.index(said[attribute.name])
        event_of = {trigger: event.id for event in annotated.events for trigger in event.triggers}
        events = [event_of.get(span.id, f"alone {span.id}") for span in spans]
        same = np.array([events[one] == events[other] for one, other in pairs.antecedents], dtype=np.bool_)
        could_use = np.array([role not in annotated.not_annotated for role in learned.roles], dtype=np.bool_)
        has_events = learned.event_link is not None and learned.event_link not in annotated.not_annotated
        return cls(pairs.allowed & could_use, roles, values, same, has_events, n_lost)


def annotated_mentions(annotated: AnnotatedArticle, ontology: Ontology) -> list[Mention]:
    """The spans of an article as mentions that a model may link: those of labels of its ontology, without overlaps."""
    spans, _ = resolve_overlaps((span for span in annotated.spans if span.label in ontology.rank), ontology)
    text = annotated.article.text
    return [Mention(span.start, span.end, span.label, text[span.start : span.end], 1.0) for span in spans]


class LinkConfidence(StrictModel):
    """A logistic curve from the probability of a link and the confidences of its two mentions to that of the link.

    ``of_link``, ``of_trigger`` and ``of_argument`` weigh log-odds; with the defaults the confidence is the probability.
    ``threshold``: the least confidence that is given, in [0, 1].
    """

    intercept: float = 0.0
    of_link: float = 1.0
    of_trigger: float = 0.0
    of_argument: float = 0.0
    threshold: float = 0.5

    def __call__(self, link: Numbers, trigger: Numbers, argument: Numbers) -> Numbers:
        """The confidences of links, of the shape of ``link``; probabilities of 0 stay 0."""
        weighted = ((self.of_link, link), (self.of_trigger, trigger), (self.of_argument, argument))
        odds = sum(weight * bounded_log_odds(probabilities) for weight, probabilities in weighted)
        confidences: Numbers = np.where(link > 0, 1 / (1 + np.exp(-(odds + self.intercept))), 0.0)
        return confidences


class LinkConfidences(StrictModel):
    """The confidences of roles, of event identity, and of the values of attributes; roles alone have a threshold."""

    roles: LinkConfidence = LinkConfidence()
    events: LinkConfidence = LinkConfidence()
    attributes: LinkConfidence = LinkConfidence()


class LinkCalibration(StrictModel):
    """Confidences where a model ``found`` the mentions itself, and where they were ``given`` and are right."""

    found: LinkConfidences = LinkConfidences()
    given: LinkConfidences = LinkConfidences()


def bounded_log_odds(probabilities: Numbers) -> Numbers:
    """Log-odds of probabilities that are kept ``_BOUND`` away from 0 and 1."""
    inside = np.clip(probabilities, _BOUND, 1 - _BOUND)
    odds: Numbers = np.log(inside) - np.log1p(-inside)
    return odds


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
    mentions: Sequence[Mention],
    pairs: Candidates,
    scores: LinkScores,
    learned: Learned,
    confidences: LinkConfidences,
    *,
    first_id: int = 1,
) -> list[Mention]:
    """The mentions with ids (m1, m2, ... in their order, from ``first_id``), links and attributes.

    A role is given where its confidence reaches the threshold; of single roles a trigger has the most probable argument
    alone. A trigger tells the event of its most probable antecedent, where that is more probable than none.
    """
    ids = [f"m{n}" for n in range(first_id, first_id + len(mentions))]
    sure = np.array([mention.confidence for mention in mentions], dtype=np.float64)
    links: list[list[Link]] = [[] for _ in mentions]
    triggers, arguments = pairs.pairs.T
    of_roles = confidences.roles(scores.roles, sure[triggers][:, None], sure[arguments][:, None])
    for pair, role in _given_roles(pairs, of_roles, learned, confidences.roles.threshold):
        trigger, argument = pairs.pairs[pair]
        links[trigger].append(Link(learned.roles[role], ids[argument], float(of_roles[pair, role])))
    if learned.event_link is not None:
        later, earlier, probabilities, is_likely = best_antecedents(pairs, scores)
        of_events = confidences.events(probabilities, sure[later], sure[earlier])
        for i in np.flatnonzero(is_likely):
            links[later[i]].append(Link(learned.event_link, ids[earlier[i]], float(of_events[i])))
    values: list[list[ChosenValue]] = [[] for _ in mentions]
    for attribute, found in zip(learned.attributes, scores.attributes, strict=True):
        of_values = confidences.attributes(found.max(axis=1, initial=0), sure, sure)
        for i, mention in enumerate(mentions):
            if mention.label in attribute.labels:
                value = attribute.values[int(found[i].argmax())]
                values[i].append(ChosenValue(attribute.name, value, float(of_values[i])))
    return [
        replace(mention, id=ids[i], attributes=tuple(values[i]), links=tuple(links[i]))
        for i, mention in enumerate(mentions)
    ]


def _given_roles(
    pairs: Candidates, confidences: Numbers, learned: Learned, threshold: float
) -> Iterator[tuple[int, int]]:
    """(position of the pair, of the role), by trigger."""
    given = confidences >= threshold
    for k, role in enumerate(learned.roles):
        if role not in learned.single:
            continue
        best: dict[int, int] = {}
        for i in np.flatnonzero(given[:, k]):
            trigger = int(pairs.pairs[i, 0])
            if trigger not in best or confidences[i, k] > confidences[best[trigger], k]:
                best[trigger] = int(i)
        given[:, k] = False
        given[list(best.values()), k] = True
    for pair, role_position in np.argwhere(given):
        yield int(pair), int(role_position)


def best_antecedents(pairs: Candidates, scores: LinkScores) -> tuple[Ints, Ints, Numbers, NDArray[np.bool_]]:
    """The triggers that have antecedents, the most probable antecedent of each, its probability, and whether it is more
    probable than none.

    That an event is told for the first time has the log-odds 0 beside those of the antecedents.
    """
    later, begins = np.unique(pairs.antecedents[:, 1], return_index=True)
    ends = [*begins, len(pairs.antecedents)][1:]
    best: list[int] = []
    probabilities: list[float] = []
    for begin, end in zip(begins, ends, strict=True):
        own = scores.antecedents[begin:end]
        best.append(int(begin + own.argmax()))
        probabilities.append(float(np.exp(own.max() - np.logaddexp.reduce([0.0, *own]))))
    earlier = pairs.antecedents[np.array(best, dtype=np.int64), 0]
    is_likely = np.array([scores.antecedents[i] > 0 for i in best], dtype=np.bool_)
    return later, earlier, np.array(probabilities, dtype=np.float64), is_likely
