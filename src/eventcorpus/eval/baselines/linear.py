"""The linear baseline: logistic regression over features of words, as taggers were before encoders.

One-against-rest
logistic regression by averaged stochastic gradient descent (scikit-learn's ``SGDClassifier``); tags are decoded by
Viterbi under the rule of BIO.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcorpus.eval.baselines.words import labels_in, lines_of, prediction_at, tagged_lines
from eventcorpus.models.tags import OUTSIDE, spans_from_tags, tag_names, viterbi
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article

NAME = "linear"
_LEAST = 1e-9  # no probability is 0: a tag that training never had can still be passed over, not divided by


@dataclass(frozen=True)
class LinearTagger:
    """A vectoriser of features and a classifier of words; without a classifier, everything is outside."""

    labels: list[str]
    vectoriser: Any
    classifier: Any | None

    def log_probabilities(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Of the tags of the words of one line, shape (n_words, n_tags)."""
        full = np.full((len(words), len(tag_names(self.labels))), _LEAST)
        if self.classifier is None:
            full[:, OUTSIDE] = 1
        else:
            known = self.classifier.predict_proba(_narrow(self.vectoriser.transform(_counted(words))))
            full[:, self.classifier.classes_] = np.maximum(known, _LEAST)
        scores: NDArray[np.float32] = np.log(full).astype(np.float32)
        return scores


def predict(
    train: Sequence[AnnotatedArticle], articles: Iterable[Article], *, n_epochs: int = 8, seed: int = 0
) -> list[Prediction]:
    """Train and predict; the same input gives the same predictions."""
    tagger = fit(train, n_epochs=n_epochs, seed=seed)
    predictions = []
    for article in articles:
        places = []
        for line in lines_of(article.text):
            scores = tagger.log_probabilities(line.words)
            tags = viterbi(scores)
            for start, end, label in spans_from_tags(tags):
                sure = float(np.exp(np.mean([scores[i, tags[i]] for i in range(start, end)])))
                places.append((line.offsets[start][0], line.offsets[end - 1][1], tagger.labels[label], sure))
        predictions.append(prediction_at(article, places, NAME))
    return predictions


def fit(train: Sequence[AnnotatedArticle], *, n_epochs: int = 8, seed: int = 0) -> LinearTagger:
    """Train on the words of all lines, in an order that the seed draws anew for each epoch."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import SGDClassifier

    labels = labels_in(train)
    features: list[dict[str, int]] = []
    targets: list[int] = []
    for annotated in train:
        for line, tags in tagged_lines(annotated, labels):
            features += _counted(line.words)
            targets += tags
    vectoriser = DictVectorizer(dtype=np.float32)
    matrix = _narrow(vectoriser.fit_transform(features)) if features else None
    if len(set(targets)) < 2:  # a classifier wants two classes
        return LinearTagger(labels, vectoriser, None)
    classifier = SGDClassifier(
        loss="log_loss", alpha=1e-6, max_iter=n_epochs, tol=None, average=True, random_state=seed
    )
    classifier.fit(matrix, np.array(targets))
    return LinearTagger(labels, vectoriser, classifier)


def _counted(words: Sequence[str]) -> list[dict[str, int]]:
    return [dict.fromkeys(row, 1) for row in line_features(words)]


def _narrow(matrix: Any) -> Any:
    """The same matrix with the 32-bit indices that the classifier takes."""
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


_RUNS = re.compile(r"(.)\1+")
EDGE = "<>"
"""Stands beyond the ends of a line."""


def line_features(words: Sequence[str]) -> list[list[str]]:
    """The features of each word, as many for every word, so that they make one array.

    >>> line_features(["Rebels", "attacked", "10"])[2][:4]
    ['w=10', 'f=10', 's=d', 'l=dd']
    """
    folded = [EDGE, EDGE, *(word.casefold() for word in words), EDGE, EDGE]
    shapes = [EDGE, EDGE, *map(shape, words), EDGE, EDGE]
    return [_features(word, folded[i : i + 5], shapes[i : i + 5]) for i, word in enumerate(words)]


def shape(word: str) -> str:
    """Upper case as X, lower as x, digits as d, else the character.

    >>> shape("McDonald-19")
    'XxXxxxxx-dd'
    """
    return "".join("X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word)


def _features(word: str, near: Sequence[str], shapes: Sequence[str]) -> list[str]:
    before2, before, here, after, after2 = near
    short = [_RUNS.sub(r"\1", word_shape) for word_shape in shapes]
    return [
        f"w={word}",
        f"f={here}",
        f"s={short[2]}",
        f"l={shapes[2]}",
        *(f"p={here[:n]}" for n in (1, 2, 3, 4)),
        *(f"e={here[-n:]}" for n in (1, 2, 3, 4)),
        f"-1={before}",
        f"-2={before2}",
        f"+1={after}",
        f"+2={after2}",
        f"-1,0={before} {here}",
        f"0,+1={here} {after}",
        f"-1,+1={before} {after}",
        f"-2,-1={before2} {before}",
        f"+1,+2={after} {after2}",
        f"-s={short[1]} {short[2]}",
        f"+s={short[2]} {short[3]}",
        f"-e={before[-3:]}",
        f"+e={after[-3:]}",
        f"s3={short[1]} {short[2]} {short[3]}",
        "every",
    ]
