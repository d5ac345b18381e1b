"""The two fits behind a calibration: one temperature of all tokens, one logistic curve of all mentions.

Comes in: scores with what is right. Goes out: one number, or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.matching.layer import one_layer
from eventcorpus.models.calibration import log_odds
from eventcorpus.models.encode import EncodedText
from eventcorpus.models.tags import OUTSIDE, tags_from_spans
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

Logistic = tuple[float, float]
"""(slope, intercept)."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Tokens of known tag: ``log_probabilities`` of shape (n_known, n_tags), ``tags`` of shape (n_known,)."""

    log_probabilities: NDArray[np.float32]
    tags: NDArray[np.intp]


def targets_of(
    annotated: AnnotatedArticle, encoded: EncodedText, log_probabilities: NDArray[np.float32], ontology: Ontology
) -> Targets:
    """The right tag of each token that has characters.

    Spans of labels that the model does not know are left out; and where the annotator could not use every label of the
    model, a token outside all spans is not known to be outside.

    Args:
        log_probabilities: shape (n_tokens, n_tags).
    """
    spans = [span for span in annotated.spans if span.label in ontology.rank]
    stay, _ = one_layer(spans, ontology)
    tags, _ = tags_from_spans(stay, encoded.offsets, ontology.rank)
    is_complete = set(ontology.labels) <= set(annotated.labels_annotated)
    known = [i for i, (start, end) in enumerate(encoded.offsets) if start < end and (is_complete or tags[i] != OUTSIDE)]
    return Targets(log_probabilities[known], np.array([tags[i] for i in known], dtype=np.intp))


def fit_temperature(targets: Sequence[Targets]) -> float:
    """The temperature of least negative log-likelihood (Guo et al. 2017), between 1/20 and 20."""
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    scores = np.concatenate([one.log_probabilities for one in targets]).astype(np.float64)
    tags = np.concatenate([one.tags for one in targets])
    if not len(tags):
        return 1.0
    right = scores[np.arange(len(tags)), tags]

    def loss(log_temperature: float) -> float:
        tempered = scores / np.exp(log_temperature)
        return float((logsumexp(tempered, axis=1) - right / np.exp(log_temperature)).mean())

    found = minimize_scalar(loss, bounds=(-np.log(20), np.log(20)), method="bounded", options={"xatol": 1e-4})
    return round(float(np.exp(found.x)), 5)


def fit_logistic(confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> Logistic:
    """The logistic curve of log-odds that makes confidences likeliest, its slope at least 0 (Platt 1999).

    Platt's targets, a little inside 0 and 1, keep the curve finite where right and wrong do not overlap.

    Args:
        confidences: in [0, 1], shape (n,); ``correct`` has the same shape.
    """
    from scipy.optimize import minimize

    n_right = int(correct.sum())
    n_wrong = len(correct) - n_right
    wanted = np.where(correct, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))
    odds = log_odds(confidences)

    def loss(curve: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        line = curve[0] * odds + curve[1]
        value = float((np.logaddexp(0, line) - wanted * line).mean())
        off = 1 / (1 + np.exp(-np.clip(line, -700, 700))) - wanted
        return value, np.array([(off * odds).mean(), off.mean()])

    found = minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    return round(float(found.x[0]), 5), round(float(found.x[1]), 5)
