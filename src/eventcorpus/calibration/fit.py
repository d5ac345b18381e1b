"""Make a model's confidences honest, on annotated articles that it did not learn from.

Comes in: a loaded model and articles. Goes out: a ``Calibration``: of four methods the simplest that is as good as the
best when fitted without the articles it is judged on, and for each label the confidence from which it can be believed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventcorpus.annotation.rules import one_layer
from eventcorpus.calibration.apply import (
    Calibration,
    FittedOn,
    Interval,
    Method,
    Threshold,
    calibrated,
    log_odds,
    scaled,
)
from eventcorpus.calibration.metrics import Judged, calibration_bins, honesty, pooled
from eventcorpus.models.encode import EncodedText
from eventcorpus.models.extractor import ARTICLES_AT_ONCE, Extractor, decode_mentions
from eventcorpus.models.folder import ModelAbout
from eventcorpus.models.tags import OUTSIDE, tags_from_spans
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

LEAST_MENTIONS = 20
_Z = 1.959964
"""Standard normal quantile of a 95% interval."""


def threshold_for(judged: Judged, *, precision: float, least_mentions: int = LEAST_MENTIONS) -> Threshold:
    """The lowest confidence from which mentions of one label are right often enough.

    Only cuts that keep at least ``least_mentions`` are looked at, and of these only such as stand between mentions of
    different confidence.

    Args:
        precision: in (0, 1].
    """
    n = len(judged.correct)
    order = np.argsort(-judged.confidences, kind="stable")
    confidences, right = judged.confidences[order], judged.correct[order].cumsum()
    kept = np.arange(1, n + 1)
    is_cut = np.append(confidences[1:] < confidences[:-1], True) if n else np.zeros(0, dtype=bool)
    allowed = np.flatnonzero(is_cut & (kept >= least_mentions))
    if not len(allowed):
        return Threshold(confidence=None, precision=None, interval=None, kept=0, correct=0, mentions=n)
    shares = right[allowed] / kept[allowed]
    enough = allowed[shares >= precision]
    at = int(enough[-1]) if len(enough) else int(allowed[shares.argmax()])
    share = float(right[at] / kept[at])
    low, high = wilson(int(right[at]), int(kept[at]))
    return Threshold(
        # rounded down, so that the mention on which it stands is above it
        confidence=float(np.floor(confidences[at] * 1e4) / 1e4) if len(enough) else None,
        precision=round(share, 5),
        interval=Interval(low=round(low, 5), high=round(high, 5)),
        kept=int(kept[at]),
        correct=int(right[at]),
        mentions=n,
    )


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson(18, 20)]
    [0.699, 0.972]
    """
    share, spread = n_right / n, _Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


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


FOLDS = 5
SEED = 13
FEWEST_ARTICLES = 5
FEWEST_MENTIONS = 50


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a method learned; its defaults change nothing."""

    temperature: float = 1.0
    logistic: Logistic = (1.0, 0.0)


def calibrate(
    extractor: Extractor,
    articles: Sequence[AnnotatedArticle],
    *,
    precision: float = 0.9,
    least_mentions: int = LEAST_MENTIONS,
    dataset: str = "",
    dataset_sha256: str = "",
    split: str = "",
    on_article: Callable[[int], None] | None = None,
) -> Calibration:
    """Fit and choose a calibration, and find the thresholds of the labels.

    Mentions are right if they are exactly those of gold. Mentions of labels that an article's annotator could not use
    are not judged. Any calibration that the model already has is left out of account.

    Args:
        precision: what thresholds are to reach, in (0, 1].
        least_mentions: thresholds rest on at least so many mentions.
        dataset: with ``dataset_sha256`` and ``split``: where the articles are from, for the record.
        on_article: called with the number of articles scored since the last call.

    Returns:
        a calibration; with method "none" and a ``note`` where there is too little to fit one on.
    """
    raw = extractor.about.model_copy(update={"calibration": Calibration()})
    scored = score_articles(extractor, articles, raw, on_article)
    judge = Judge(scored, raw)
    everything = range(len(scored))
    plain = [judge(i, 1.0) for i in everything]
    n_mentions, n_correct = sum(len(j.correct) for j in plain), sum(int(j.correct.sum()) for j in plain)
    fitted_on = FittedOn(
        dataset=dataset, dataset_sha256=dataset_sha256, split=split,
        articles=len(scored), mentions=n_mentions, correct=n_correct,
    )  # fmt: skip
    too_little = _too_little(scored, n_mentions, n_correct)
    if too_little:
        return Calibration(fitted_on=fitted_on, note=too_little)

    held_out = _cross_validate(judge)
    method = choose(held_out)
    fitted = _fit(judge, everything)[method]
    final = pooled([_with(fitted, judge(i, fitted.temperature)) for i in everything])
    return Calibration(
        method=method,
        temperature=fitted.temperature,
        slope=fitted.logistic[0],
        intercept=fitted.logistic[1],
        fitted_on=fitted_on,
        honesty={name: honesty(pooled(judged)) for name, judged in held_out.items()},
        before=calibration_bins(pooled(held_out["none"])),
        after=calibration_bins(pooled(held_out[method])),
        precision=precision,
        least_mentions=least_mentions,
        thresholds={
            label: threshold_for(final.of(label), precision=precision, least_mentions=least_mentions)
            for label in raw.ontology.labels
        },
    )


def choose(held_out: dict[Method, list[Judged]]) -> Method:
    """The simplest method no worse than the best by more than one standard error (Breiman et al. 1984).

    Args:
        held_out: from simple to complex, per article its mentions with held-out confidences. Compared by Brier score;
            the error is that of sums over articles, since the mentions of one are not independent.
    """
    losses = {m: np.array([((j.confidences - j.correct) ** 2).sum() for j in judged]) for m, judged in held_out.items()}
    best = min(losses, key=lambda m: float(losses[m].sum()))
    for method, loss in losses.items():
        worse = loss - losses[best]
        if worse.sum() <= np.sqrt(len(worse)) * worse.std(ddof=1):
            return method
    return best


def _fit(judge: Judge, articles: Sequence[int]) -> dict[Method, Fitted]:
    """Every method, from simple to complex: 0, 1, 2 and 3 numbers are learned."""
    temperature = fit_temperature([judge.scored[i].targets for i in articles])
    curves = {}
    for at in (1.0, temperature):
        judged = pooled([judge(i, at) for i in articles])
        curves[at] = fit_logistic(judged.confidences, judged.correct)
    return {
        "none": Fitted(),
        "temperature": Fitted(temperature),
        "logistic": Fitted(1.0, curves[1.0]),
        "temperature+logistic": Fitted(temperature, curves[temperature]),
    }


def _cross_validate(judge: Judge) -> dict[Method, list[Judged]]:
    """Per method and article, its mentions with the confidences of a fit without it and those of its cluster."""
    articles = [one.annotated.article for one in judge.scored]
    units = sorted({article.unit for article in articles})
    random.Random(SEED).shuffle(units)
    fold_of = {unit: i % FOLDS for i, unit in enumerate(units)}
    folds = [fold_of[article.unit] for article in articles]
    fits = {fold: _fit(judge, [i for i, other in enumerate(folds) if other != fold]) for fold in set(folds)}
    return {
        method: [_with(fits[fold][method], judge(i, fits[fold][method].temperature)) for i, fold in enumerate(folds)]
        for method in fits[folds[0]]
    }


def _with(fitted: Fitted, judged: Judged) -> Judged:
    slope, intercept = fitted.logistic
    return Judged(judged.labels, calibrated(judged.confidences, slope=slope, intercept=intercept), judged.correct)


def _too_little(scored: Sequence[Scored], n_mentions: int, n_correct: int) -> str:
    n_units = len({one.annotated.article.unit for one in scored})
    if n_units < FEWEST_ARTICLES or n_mentions < FEWEST_MENTIONS:
        return (
            f"not calibrated: {n_units} articles (those of one cluster count as one) with {n_mentions} predicted "
            "mentions are too few; "
            f"{FEWEST_ARTICLES} and {FEWEST_MENTIONS} are needed"
        )
    if n_correct in (0, n_mentions):
        return f"not calibrated: {n_correct} of {n_mentions} predicted mentions are right, so there is nothing to tell"
    return ""
