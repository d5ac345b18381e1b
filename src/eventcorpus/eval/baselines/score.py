"""The baselines beside a system: trained on the train split, scored by exact match as the system is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from eventcorpus.eval.baselines import lexicon, linear
from eventcorpus.eval.counts import all_labels, gold_keys, predicted_keys
from eventcorpus.eval.intervals import matching_of
from eventcorpus.eval.report import Baseline
from eventcorpus.metrics.match import exact_by_article
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article

Predict = Callable[[Sequence[AnnotatedArticle], Iterable[Article]], list[Prediction]]
BASELINES: dict[str, tuple[Predict, str]] = {
    lexicon.NAME: (
        lexicon.predict,
        "strings that were mentions in the train split, with their most frequent label, if at least half of their "
        "occurrences had it; the longest first",
    ),
    linear.NAME: (
        linear.predict,
        "logistic regression on words, shapes, affixes and two neighbours on each side, trained on the train split; "
        "Viterbi under the rule of BIO",
    ),
}


def score_baselines(
    train: Sequence[AnnotatedArticle], gold: Sequence[AnnotatedArticle], labels: Sequence[str]
) -> dict[str, Baseline]:
    """Train every baseline and score it.

    Args:
        labels: their order in the rows; others that a baseline predicts come after them.
    """
    articles = [annotated.article for annotated in gold]
    in_gold = gold_keys(gold)
    baselines: dict[str, Baseline] = {}
    for name, (predict, description) in BASELINES.items():
        predicted = predicted_keys(predict(train, articles))
        rows = all_labels(labels, [*in_gold, *predicted])
        counts = exact_by_article(in_gold, predicted, articles=[article.id for article in articles], labels=rows)
        baselines[name] = Baseline(description=description, exact=matching_of(counts[:, None], rows))
    return baselines
