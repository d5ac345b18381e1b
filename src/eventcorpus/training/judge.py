"""Annotated articles with a model's scores, and which of its mentions are right at a temperature.

Comes in: a loaded model and annotated articles. Goes out: judged mentions, an article at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.models.calibration import scaled
from eventcorpus.models.encode import EncodedText
from eventcorpus.models.extractor import ARTICLES_AT_ONCE, Extractor, decode_mentions
from eventcorpus.models.folder import ModelAbout
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.calibration_fit import Targets, targets_of
from eventcorpus.training.honesty import Judged


@dataclass(frozen=True, slots=True)
class Scored:
    """An article with the model's scores of its tokens; ``targets`` are those tokens whose right tag is known."""

    annotated: AnnotatedArticle
    encoded: EncodedText
    log_probabilities: NDArray[np.float32]
    targets: Targets


class Judge:
    """Mentions of scored articles at any temperature, each decoded once a temperature."""

    def __init__(self, scored: Sequence[Scored], about: ModelAbout) -> None:
        self.scored = scored
        self._about = about
        self._seen: dict[tuple[int, float], Judged] = {}

    def __call__(self, article: int, temperature: float) -> Judged:
        key = (article, temperature)
        if key not in self._seen:
            self._seen[key] = _judge(self.scored[article], self._about, temperature=temperature)
        return self._seen[key]


def score_articles(
    extractor: Extractor,
    articles: Sequence[AnnotatedArticle],
    about: ModelAbout,
    on_article: Callable[[int], None] | None,
) -> list[Scored]:
    """Run the model over annotated articles.

    Args:
        about: of the model, without a calibration.
        on_article: called with the number of articles scored since the last call.
    """
    scored: list[Scored] = []
    for at in range(0, len(articles), ARTICLES_AT_ONCE):
        some = articles[at : at + ARTICLES_AT_ONCE]
        for annotated, (encoded, scores) in zip(some, extractor.score([a.article.text for a in some]), strict=True):
            scored.append(Scored(annotated, encoded, scores, targets_of(annotated, encoded, scores, about.ontology)))
        if on_article is not None:
            on_article(len(some))
    return scored


def _judge(one: Scored, about: ModelAbout, *, temperature: float) -> Judged:
    article = one.annotated.article
    gold = {(span.start, span.end, span.label) for span in one.annotated.spans}
    mentions = [
        m
        for m in decode_mentions(article.text, one.encoded, scaled(one.log_probabilities, temperature), about)
        if m.label in one.annotated.labels_annotated
    ]
    return Judged(
        tuple(m.label for m in mentions),
        np.array([m.confidence for m in mentions], dtype=np.float64),
        np.array([(m.start, m.end, m.label) in gold for m in mentions], dtype=bool),
    )
