"""Calibrating the confidences of links on articles that a model did not learn from, of mentions found and given.

A link is right if both of its mentions are and the annotators linked them so: its confidence says how often that is,
and depends on those of its mentions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventcorpus.annotation.rules import with_defaults
from eventcorpus.events.linking import (
    LinkCalibration,
    LinkConfidence,
    LinkConfidences,
    Numbers,
    annotated_mentions,
    best_antecedents,
    bounded_log_odds,
)
from eventcorpus.models.calibration import Calibration
from eventcorpus.models.decode import decode_mentions
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Mention

if TYPE_CHECKING:
    from eventcorpus.inference.engine import ScoredText
    from eventcorpus.inference.extractor import Extractor

_LEAST_PROBABLE = 0.02
"""Links of a lower probability are left out of the fit; they are never given."""
LEAST_RIGHT = 20
"""With fewer right links, or as few wrong ones, nothing is fitted."""

Place = tuple[int, int, str]
"""Start, end and label of a mention."""


@dataclass(frozen=True)
class _GoldLinks:
    """What annotators linked, by the places of mentions: roles, the event of each trigger, values of attributes.

    ``not_annotated``: roles and attributes that they could not use, of which nothing is right or wrong.
    """

    roles: set[tuple[str, Place, Place]]
    events: dict[Place, str]
    values: dict[tuple[Place, str], str]
    not_annotated: frozenset[str]

    @classmethod
    def of(cls, annotated: AnnotatedArticle, ontology: Ontology) -> _GoldLinks:
        place = {span.id: (span.start, span.end, span.label) for span in annotated.spans}
        link = ontology.event_link
        return cls(
            {(r.role, place[r.trigger], place[r.argument]) for r in annotated.roles if r.role != link},
            {place[trigger]: event.id for event in annotated.events for trigger in event.triggers},
            {
                (place[span.id], name): value
                for span in annotated.spans
                for name, value in with_defaults(span, ontology)
            },
            frozenset(annotated.not_annotated),
        )

    def same(self, one: Place, other: Place) -> bool:
        """Whether two triggers tell the same event."""
        return one in self.events and self.events[one] == self.events.get(other)


@dataclass
class _Judged:
    """Links of one kind: probabilities of link, trigger and argument, whether they are right, and links in gold."""

    rows: list[tuple[float, float, float]] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    n_gold: int = 0

    def add(self, link: float, trigger: float, argument: float, *, is_right: bool) -> None:
        """Add one link."""
        self.rows.append((float(link), trigger, argument))
        self.right.append(is_right)

    def fitted(self) -> LinkConfidence:
        """The curve and its threshold; as the probabilities are where there is too little."""
        from sklearn.linear_model import LogisticRegression

        right = np.array(self.right, dtype=np.bool_)
        if min(right.sum(), (~right).sum()) < LEAST_RIGHT:
            return LinkConfidence()
        link, trigger, argument = np.array(self.rows).T
        odds = np.column_stack([bounded_log_odds(probabilities) for probabilities in (link, trigger, argument)])
        model = LogisticRegression(C=10.0).fit(odds, right)
        of_link, of_trigger, of_argument = (round(float(weight), 5) for weight in model.coef_[0])
        curve = LinkConfidence(
            intercept=round(float(model.intercept_[0]), 5),
            of_link=of_link, of_trigger=of_trigger, of_argument=of_argument,
        )  # fmt: skip
        return curve.model_copy(
            update={"threshold": best_threshold(curve(link, trigger, argument), right, self.n_gold)}
        )


@dataclass
class _JudgedLinks:
    """The links of all kinds."""

    roles: _Judged = field(default_factory=_Judged)
    events: _Judged = field(default_factory=_Judged)
    attributes: _Judged = field(default_factory=_Judged)

    def add(self, gold: _GoldLinks, mentions: Sequence[Mention], extractor: Extractor, scored: ScoredText) -> None:
        """Judge what the heads say of the mentions of one article."""
        self.roles.n_gold += len(gold.roles)
        self.events.n_gold += len(gold.events) - len(set(gold.events.values()))
        if not mentions or extractor.heads is None:
            return
        learned = extractor.heads.about.learned
        pairs, scores = extractor.link_scores(scored, mentions)
        sure = [mention.confidence for mention in mentions]
        places = [(m.start, m.end, m.label) for m in mentions]
        for i, k in np.argwhere(scores.roles > _LEAST_PROBABLE):
            if learned.roles[k] in gold.not_annotated:
                continue
            trigger, argument = pairs.pairs[i]
            is_right = (learned.roles[k], places[trigger], places[argument]) in gold.roles
            self.roles.add(scores.roles[i, k], sure[trigger], sure[argument], is_right=is_right)
        if learned.event_link not in gold.not_annotated:
            for later, earlier, probability, _ in zip(*best_antecedents(pairs, scores), strict=True):
                is_right = gold.same(places[later], places[earlier])
                self.events.add(probability, sure[later], sure[earlier], is_right=is_right)
        for attribute, values in zip(learned.attributes, scores.attributes, strict=True):
            if attribute.name in gold.not_annotated:
                continue
            for i, place in enumerate(places):
                if place[2] in attribute.labels:
                    is_right = gold.values.get((place, attribute.name)) == attribute.values[int(values[i].argmax())]
                    self.attributes.add(values[i].max(), sure[i], sure[i], is_right=is_right)

    def fitted(self) -> LinkConfidences:
        """The curves of all kinds."""
        return LinkConfidences(
            roles=self.roles.fitted(), events=self.events.fitted(), attributes=self.attributes.fitted()
        )


def best_threshold(confidences: Numbers, right: NDArray[np.bool_], n_gold: int) -> float:
    """The threshold of the highest F1 against ``n_gold`` links: half of that F1, where confidences are true (Lipton et
    al. 2014), which depends less on chance than the place of the highest F1 itself.

    >>> best_threshold(np.array([0.9, 0.8, 0.3]), np.array([True, True, False]), 3)
    0.4
    """
    order = np.argsort(-confidences, kind="stable")
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(order) + 1) + n_gold)
    return round(float(f1.max()) / 2, 5)


def calibrate_links(
    extractor: Extractor, articles: Sequence[AnnotatedArticle], calibration: Calibration
) -> LinkCalibration | None:
    """Fit the confidences of roles, events and attributes; None where the model has no heads.

    Args:
        calibration: of the mentions, as it will stand beside.
    """
    if extractor.heads is None:
        return None
    about = extractor.about.model_copy(update={"calibration": calibration})
    found, given = _JudgedLinks(), _JudgedLinks()
    for annotated, scored in zip(articles, extractor.scored(a.article.text for a in articles), strict=True):
        gold = _GoldLinks.of(annotated, about.ontology)
        decoded = decode_mentions(scored.text, scored.encoded, scored.log_probabilities, about)
        found.add(gold, decoded, extractor, scored)
        given.add(gold, annotated_mentions(annotated, about.ontology), extractor, scored)
    return LinkCalibration(found=found.fitted(), given=given.fitted())
