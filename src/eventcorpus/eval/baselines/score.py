"""The floors beside a system: trained on the split for training, scored as the system is.

Comes in: annotated articles to train on, gold articles to score. Goes out: floor -> scores of exact matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from eventcorpus.eval.baselines import lexicon as remembered
from eventcorpus.eval.baselines import linear
from eventcorpus.eval.counts import gold_keys, matching_of, predicted_keys
from eventcorpus.eval.report import Floor
from eventcorpus.metrics.match import exact_counts
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article

Predict = Callable[[Sequence[AnnotatedArticle], Iterable[Article]], list[Prediction]]
FLOORS: dict[str, tuple[Predict, str]] = {
    remembered.NAME: (
        remembered.predict,
        "strings that were mentions in the train split, with their most frequent label, if at least half of their "
        "occurrences had it; the longest first",
    ),
    linear.NAME: (
        linear.predict,
        "logistic regression on words, shapes, affixes and two neighbours on each side, trained on the train split; "
        "Viterbi under the rule of BIO",
    ),
}


def score_floors(
    train: Sequence[AnnotatedArticle], gold: Sequence[AnnotatedArticle], labels: Sequence[str]
) -> dict[str, Floor]:
    """Train every floor and score it.

    Args:
        labels: their order in the rows.
    """
    articles = [annotated.article for annotated in gold]
    floors = {}
    for name, (predict, description) in FLOORS.items():
        counts = exact_counts(gold_keys(gold), predicted_keys(predict(train, articles)))
        floors[name] = Floor(description=description, exact=matching_of(counts, labels))
    return floors
