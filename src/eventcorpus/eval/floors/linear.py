"""The floor of a linear model: a structured perceptron over features of words, as taggers were before encoders.

Comes in: annotated articles to train on, articles to predict. Goes out: a prediction an article. Weights are averaged
over all updates, tags decoded by Viterbi under the rule of BIO with learned transitions (Collins 2002). NumPy alone: no
package of learning methods is needed to evaluate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.floors.features import line_features
from eventcorpus.eval.floors.words import labels_in, lines_of, prediction_at, tagged_lines
from eventcorpus.models.tags import spans_from_tags, tag_names
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article

NAME = "linear"
_UNKNOWN = 0
_NEVER = np.float32(-1e9)
Weights = NDArray[np.float32]
Features = NDArray[np.int32]


@dataclass(frozen=True)
class LinearTagger:
    """``emission``, shape (n_features, n_tags); ``transition``, shape (n_tags + 1, n_tags), its last row for the first
    word of a line. Row 0 of ``emission`` is for features that training has not seen, and zero."""

    labels: list[str]
    numbers: dict[str, int]
    emission: Weights
    transition: Weights

    def tags(self, words: Sequence[str]) -> list[int]:
        """Tag ids of the words of one line."""
        get = self.numbers.get
        features = np.array([[get(f, _UNKNOWN) for f in row] for row in line_features(words)], dtype=np.int32)
        return _best_path(self.emission[features].sum(axis=1), self.transition)


def predict(
    train: Sequence[AnnotatedArticle], articles: Iterable[Article], *, n_epochs: int = 10, seed: int = 0
) -> list[Prediction]:
    """Train and predict; the same input gives the same predictions."""
    tagger = fit(train, n_epochs=n_epochs, seed=seed)
    predictions = []
    for article in articles:
        places = [
            (line.offsets[start][0], line.offsets[end - 1][1], tagger.labels[label], 1.0)
            for line in lines_of(article.text)
            for start, end, label in spans_from_tags(tagger.tags(line.words))
        ]
        predictions.append(prediction_at(article, places, NAME))
    return predictions


def fit(train: Sequence[AnnotatedArticle], *, n_epochs: int = 10, seed: int = 0) -> LinearTagger:
    """Train on lines in an order that is drawn anew for each epoch.

    The weights that come out are the mean over all steps: the last ones, less the updates weighed by when they came.
    """
    labels = labels_in(train)
    numbers: dict[str, int] = {}
    lines: list[tuple[Features, NDArray[np.int64]]] = []
    for annotated in train:
        for line, tags in tagged_lines(annotated, labels):
            rows = [[numbers.setdefault(f, len(numbers) + 1) for f in row] for row in line_features(line.words)]
            lines.append((np.array(rows, dtype=np.int32), np.array(tags)))
    n_tags = len(tag_names(labels))
    emission = np.zeros((len(numbers) + 1, n_tags), dtype=np.float32)
    transition = _allowed(n_tags)
    emission_late, transition_late = np.zeros_like(emission, dtype=np.float64), np.zeros((n_tags + 1, n_tags))
    generator = np.random.default_rng(seed)
    step = 1
    for _ in range(n_epochs):
        for number in generator.permutation(len(lines)):
            features, gold = lines[number]
            found = np.array(_best_path(emission[features].sum(axis=1), transition))
            wrong = np.flatnonzero(found != gold)
            if len(wrong):
                for path, sign in ((gold, 1), (found, -1)):
                    cells = (features[wrong].astype(np.intp) * n_tags + path[wrong, None]).ravel()
                    np.add.at(emission.reshape(-1), cells, np.float32(sign))
                    np.add.at(emission_late.reshape(-1), cells, float(sign * step))
                    steps = np.append(n_tags, path[:-1]) * n_tags + path
                    np.add.at(transition.reshape(-1), steps, np.float32(sign))
                    np.add.at(transition_late.reshape(-1), steps, float(sign * step))
            step += 1
    return LinearTagger(
        labels,
        numbers,
        (emission - emission_late / step).astype(np.float32),
        (transition - transition_late / step).astype(np.float32),
    )


def _allowed(n_tags: int) -> Weights:
    """Transitions before training: 0, and out of reach where an I- would follow what it does not go on with."""
    transition = np.zeros((n_tags + 1, n_tags), dtype=np.float32)
    for inside in range(2, n_tags, 2):
        before = np.ones(n_tags + 1, dtype=bool)
        before[[inside - 1, inside]] = False
        transition[before, inside] = _NEVER
    return transition


def _best_path(emission: Weights, transition: Weights) -> list[int]:
    """Viterbi: the tags with the highest sum of weights.

    Args:
        emission: shape (n_words, n_tags).
        transition: shape (n_tags + 1, n_tags).
    """
    n_words, n_tags = emission.shape
    from_tag = np.ascontiguousarray(transition[:-1].T)  # (tag, tag before): the maximum runs along the fast axis
    columns = np.arange(n_tags)
    came_from = np.empty((n_words, n_tags), dtype=np.intp)
    score = transition[-1] + emission[0]
    for i in range(1, n_words):
        paths = from_tag + score
        best = paths.argmax(axis=1)
        came_from[i] = best
        score = paths[columns, best] + emission[i]
    tags = [int(score.argmax())]
    for i in range(n_words - 1, 0, -1):
        tags.append(int(came_from[i, tags[-1]]))
    return tags[::-1]
