"""Make a model's confidences honest, on annotated articles that it did not learn from.

Comes in: a loaded model and articles. Goes out: a ``Calibration``: of four methods the simplest that is as good as the
best when fitted without the articles it is judged on, and for each label the confidence from which it can be believed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eventcorpus.models.calibration import Calibration, FittedOn, Method, calibrated
from eventcorpus.models.extractor import Extractor
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.calibration_fit import Logistic, fit_logistic, fit_temperature
from eventcorpus.training.honesty import Judged, bins_of, honesty, pooled
from eventcorpus.training.judge import Judge, Scored, score_articles
from eventcorpus.training.thresholds import LEAST_MENTIONS, threshold_for

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
        before=bins_of(pooled(held_out["none"])),
        after=bins_of(pooled(held_out[method])),
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
    units = sorted({article.cluster or article.id for article in articles})
    random.Random(SEED).shuffle(units)
    fold_of = {unit: i % FOLDS for i, unit in enumerate(units)}
    folds = [fold_of[article.cluster or article.id] for article in articles]
    fits = {fold: _fit(judge, [i for i, other in enumerate(folds) if other != fold]) for fold in set(folds)}
    return {
        method: [_with(fits[fold][method], judge(i, fits[fold][method].temperature)) for i, fold in enumerate(folds)]
        for method in fits[folds[0]]
    }


def _with(fitted: Fitted, judged: Judged) -> Judged:
    slope, intercept = fitted.logistic
    return Judged(judged.labels, calibrated(judged.confidences, slope=slope, intercept=intercept), judged.correct)


def _too_little(scored: Sequence[Scored], n_mentions: int, n_correct: int) -> str:
    n_units = len({one.annotated.article.cluster or one.annotated.article.id for one in scored})
    if n_units < FEWEST_ARTICLES or n_mentions < FEWEST_MENTIONS:
        return (
            f"not calibrated: {n_units} articles (those of one cluster count as one) with {n_mentions} predicted "
            "mentions are too few; "
            f"{FEWEST_ARTICLES} and {FEWEST_MENTIONS} are needed"
        )
    if n_correct in (0, n_mentions):
        return f"not calibrated: {n_correct} of {n_mentions} predicted mentions are right, so there is nothing to tell"
    return ""
