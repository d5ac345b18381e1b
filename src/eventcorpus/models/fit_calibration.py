"""Fitting a model's calibration on annotated articles that the model did not learn from.

Of four methods the simplest is chosen that is as good as the best in cross-validation, and for each label the lowest
confidence is found from which its mentions are right often enough.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.models.calibration import (
    Calibration,
    FittedOn,
    Interval,
    Method,
    ScoredMentions,
    Threshold,
    apply_logistic,
    apply_temperature,
    calibration_bins,
    calibration_error,
    log_odds,
    wilson_interval,
)
from eventcorpus.models.decode import decode_mentions
from eventcorpus.models.folder import ModelAbout
from eventcorpus.models.windows import EncodedText
from eventcorpus.ontology import Ontology
from eventcorpus.progress import OnProgress
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted
from eventcorpus.tags import OUTSIDE, tags_from_spans

if TYPE_CHECKING:
    from eventcorpus.inference.extractor import Extractor

LEAST_MENTIONS = 20
FOLDS = 5
SEED = 13
FEWEST_ARTICLES = 5
FEWEST_MENTIONS = 50


def calibrate(
    extractor: Extractor,
    articles: Sequence[AnnotatedArticle],
    *,
    precision: float = 0.9,
    least_mentions: int = LEAST_MENTIONS,
    dataset: str = "",
    dataset_sha256: str = "",
    split: str = "",
    on_progress: OnProgress | None = None,
) -> Calibration:
    """Fit and choose a calibration, and find the thresholds of the labels.

    Mentions are right if start, end and label are those of a gold span. Mentions of labels that an article's annotator
    could not use are not counted. A calibration that the model already has is ignored.

    Args:
        precision: what thresholds are to reach, in (0, 1].
        least_mentions: thresholds rest on at least so many mentions.
        dataset: with ``dataset_sha256`` (of its manifest) and ``split``: where the articles are from, for the record.
        on_progress: called after every few articles.

    Returns:
        a calibration; with method "none" and a ``note`` where there is too little to fit one on.
    """
    about = extractor.about.model_copy(update={"calibration": Calibration()})
    scored: list[ScoredArticle] = []
    for annotated, found in zip(articles, extractor.scored(a.article.text for a in articles), strict=True):
        scored.append(ScoredArticle(annotated, found.encoded, found.log_probabilities, about))
        if on_progress is not None:
            on_progress(len(scored), len(articles))
    plain = [article.mentions(Calibration()) for article in scored]
    n_mentions, n_correct = sum(len(m.correct) for m in plain), sum(int(m.correct.sum()) for m in plain)
    fitted_on = FittedOn(
        dataset=dataset, dataset_sha256=dataset_sha256, split=split,
        articles=len(scored), mentions=n_mentions, correct=n_correct,
    )  # fmt: skip
    note = _too_little(articles, n_mentions, n_correct)
    if note:
        return Calibration(fitted_on=fitted_on, note=note)

    held_out = _cross_validate(scored)
    method = choose_method(held_out)
    fitted = _fit(scored)[method]
    calibrated = ScoredMentions.pooled([article.mentions(fitted) for article in scored])
    return Calibration(
        method=method,
        temperature=fitted.temperature,
        slope=fitted.slope,
        intercept=fitted.intercept,
        fitted_on=fitted_on,
        errors={name: calibration_error(ScoredMentions.pooled(mentions)) for name, mentions in held_out.items()},
        before=calibration_bins(ScoredMentions.pooled(held_out["none"])),
        after=calibration_bins(ScoredMentions.pooled(held_out[method])),
        precision=precision,
        least_mentions=least_mentions,
        thresholds={
            label: threshold_for(calibrated.of_label(label), precision=precision, least_mentions=least_mentions)
            for label in about.ontology.labels
        },
    )


def _too_little(articles: Sequence[AnnotatedArticle], n_mentions: int, n_correct: int) -> str:
    """Why no calibration can be fitted; empty if one can."""
    n_units = len({annotated.article.unit for annotated in articles})
    if n_units < FEWEST_ARTICLES or n_mentions < FEWEST_MENTIONS:
        return (
            f"not calibrated: {counted(n_units, 'article')} (those of one cluster count as one) with "
            f"{counted(n_mentions, 'predicted mention')}, too few; {FEWEST_ARTICLES} and {FEWEST_MENTIONS} are needed"
        )
    if n_correct in (0, n_mentions):
        return f"not calibrated: {n_correct} of {n_mentions} predicted mentions are right, so there is nothing to tell"
    return ""


@dataclass(frozen=True, slots=True)
class Targets:
    """Tokens of known tag: ``log_probabilities``, shape (n_known, n_tags), and ``tags``, shape (n_known,)."""

    log_probabilities: NDArray[np.float32]
    tags: NDArray[np.intp]


class ScoredArticle:
    """An article with the model's log-probabilities, shape (n_tokens, n_tags), before any calibration."""

    def __init__(
        self, annotated: AnnotatedArticle, encoded: EncodedText, scores: NDArray[np.float32], about: ModelAbout
    ) -> None:
        self.annotated = annotated
        self.targets = targets_of(annotated, encoded, scores, about.ontology)
        self._encoded, self._scores, self._about = encoded, scores, about
        self._decode_once = cache(self._decode)

    def mentions(self, calibration: Calibration) -> ScoredMentions:
        """The mentions found, with the confidences that a calibration gives."""
        found = self._decode_once(calibration.temperature)
        confidences = apply_logistic(found.confidences, slope=calibration.slope, intercept=calibration.intercept)
        return replace(found, confidences=confidences)

    def _decode(self, temperature: float) -> ScoredMentions:
        annotated = self.annotated
        gold = {(span.start, span.end, span.label) for span in annotated.spans}
        scores = apply_temperature(self._scores, temperature)
        found = decode_mentions(annotated.article.text, self._encoded, scores, self._about)
        mentions = [m for m in found if m.label in annotated.labels_annotated]
        return ScoredMentions(
            tuple(m.label for m in mentions),
            np.array([m.confidence for m in mentions], dtype=np.float64),
            np.array([(m.start, m.end, m.label) in gold for m in mentions], dtype=bool),
        )


def targets_of(
    annotated: AnnotatedArticle, encoded: EncodedText, log_probabilities: NDArray[np.float32], ontology: Ontology
) -> Targets:
    """The right tag of each token that has characters.

    Spans of labels that the model does not know are left out; and where the annotator could not use every label of the
    model, a token outside all spans is not known to be outside.

    Args:
        log_probabilities: shape (n_tokens, n_tags).
    """
    spans, _ = resolve_overlaps([span for span in annotated.spans if span.label in ontology.rank], ontology)
    tags, _ = tags_from_spans(spans, encoded.offsets, ontology.rank)
    is_complete = set(ontology.labels) <= set(annotated.labels_annotated)
    known = [i for i, (start, end) in enumerate(encoded.offsets) if start < end and (is_complete or tags[i] != OUTSIDE)]
    return Targets(log_probabilities[known], np.array([tags[i] for i in known], dtype=np.intp))


def _cross_validate(scored: Sequence[ScoredArticle]) -> dict[Method, list[ScoredMentions]]:
    """Per method and article, its mentions with the confidences of a fit without it and those of its cluster."""
    units = [article.annotated.article.unit for article in scored]
    shuffled = sorted(set(units))
    random.Random(SEED).shuffle(shuffled)
    fold_of = {unit: i % FOLDS for i, unit in enumerate(shuffled)}
    folds = [fold_of[unit] for unit in units]
    fits = {fold: _fit([a for a, other in zip(scored, folds, strict=True) if other != fold]) for fold in set(folds)}
    return {
        method: [article.mentions(fits[fold][method]) for article, fold in zip(scored, folds, strict=True)]
        for method in fits[folds[0]]
    }


def _fit(scored: Sequence[ScoredArticle]) -> dict[Method, Calibration]:
    """Every method, from simple to complex: they learn 0, 1, 2 and 3 numbers."""
    temperature = fit_temperature([article.targets for article in scored])
    curves = {}
    for at in (1.0, temperature):
        mentions = ScoredMentions.pooled([article.mentions(Calibration(temperature=at)) for article in scored])
        slope, intercept = fit_logistic(mentions.confidences, mentions.correct)
        curves[at] = Calibration(temperature=at, slope=slope, intercept=intercept)
    return {
        "none": Calibration(),
        "temperature": Calibration(temperature=temperature),
        "logistic": curves[1.0],
        "temperature+logistic": curves[temperature],
    }


def fit_temperature(targets: Sequence[Targets]) -> float:
    """The temperature of least negative log-likelihood (Guo et al. 2017), between 1/20 and 20; 1 without tokens."""
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    scores = np.concatenate([part.log_probabilities for part in targets]).astype(np.float64)
    tags = np.concatenate([part.tags for part in targets])
    if not len(tags):
        return 1.0
    right = scores[np.arange(len(tags)), tags]

    def loss(log_temperature: float) -> float:
        tempered = scores / np.exp(log_temperature)
        return float((logsumexp(tempered, axis=1) - right / np.exp(log_temperature)).mean())

    found = minimize_scalar(loss, bounds=(-np.log(20), np.log(20)), method="bounded", options={"xatol": 1e-4})
    return round(float(np.exp(found.x)), 5)


def fit_logistic(confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope, at least 0, and intercept of the logistic curve of log-odds that fits the outcomes best (Platt 1999).

    Platt's targets, a little inside 0 and 1, keep the curve finite where right and wrong do not overlap.

    Args:
        confidences: in [0, 1], shape (n_mentions,); so is ``correct``.
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


def choose_method(held_out: dict[Method, list[ScoredMentions]]) -> Method:
    """The simplest method no worse than the best by more than one standard error (Breiman et al. 1984).

    Args:
        held_out: from simple to complex, per article its mentions with held-out confidences. Compared by Brier score;
            the standard error is that of sums over articles, since the mentions of one are not independent.
    """
    losses = {
        method: np.array([((m.confidences - m.correct) ** 2).sum() for m in articles])
        for method, articles in held_out.items()
    }
    best = min(losses, key=lambda method: float(losses[method].sum()))
    for method, loss in losses.items():
        worse = loss - losses[best]
        if worse.sum() <= np.sqrt(len(worse)) * worse.std(ddof=1):
            return method
    return best


def threshold_for(mentions: ScoredMentions, *, precision: float, least_mentions: int = LEAST_MENTIONS) -> Threshold:
    """The lowest confidence from which mentions of one label are right often enough.

    Only cuts that keep at least ``least_mentions`` are looked at, and of these only those between mentions of different
    confidence.

    Args:
        precision: in (0, 1].
    """
    n = len(mentions.correct)
    order = np.argsort(-mentions.confidences, kind="stable")
    confidences, right = mentions.confidences[order], mentions.correct[order].cumsum()
    kept = np.arange(1, n + 1)
    is_cut = np.append(confidences[1:] < confidences[:-1], True) if n else np.zeros(0, dtype=bool)
    allowed = np.flatnonzero(is_cut & (kept >= least_mentions))
    if not len(allowed):
        return Threshold(confidence=None, precision=None, interval=None, kept=0, correct=0, mentions=n)
    shares = right[allowed] / kept[allowed]
    enough = allowed[shares >= precision]
    at = int(enough[-1]) if len(enough) else int(allowed[shares.argmax()])
    low, high = wilson_interval(int(right[at]), int(kept[at]))
    return Threshold(
        # rounded down, so that the mention on which it stands is above it
        confidence=float(np.floor(confidences[at] * 1e4) / 1e4) if len(enough) else None,
        precision=round(float(right[at] / kept[at]), 5),
        interval=Interval(low=round(low, 5), high=round(high, 5)),
        kept=int(kept[at]),
        correct=int(right[at]),
        mentions=n,
    )
