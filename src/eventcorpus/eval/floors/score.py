"""The floors beside a system: trained on the split for training, scored as the system is.

Comes in: annotated articles to train on, gold articles to score. Goes out: floor -> scores of exact matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from eventcorpus.eval.floors import linear, remembered
from eventcorpus.eval.report import Matching
from eventcorpus.eval.scores import gold_keys, matching_of, predicted_keys
from eventcorpus.matching.spans import exact_counts
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article

Floor = Callable[[Sequence[AnnotatedArticle], Iterable[Article]], list[Prediction]]
FLOORS: dict[str, Floor] = {remembered.NAME: remembered.predict, linear.NAME: linear.predict}


def score_floors(
    train: Sequence[AnnotatedArticle], gold: Sequence[AnnotatedArticle], labels: Sequence[str]
) -> dict[str, Matching]:
    """Train every floor and score it.

    Args:
        labels: their order in the rows.
    """
    articles = [annotated.article for annotated in gold]
    return {
        name: matching_of(exact_counts(gold_keys(gold), predicted_keys(predict(train, articles))), labels)
        for name, predict in FLOORS.items()
    }
