"""The predictions of one system on one split, checked against the articles, before anything is counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eventcorpus.errors import PredictionsError
from eventcorpus.eval.class_map import ClassMap, gold_in_classes, predictions_in_classes
from eventcorpus.predictions import Prediction, check_prediction, prediction_line
from eventcorpus.schema import AnnotatedArticle


@dataclass(frozen=True)
class Run:
    """What one system predicts, and where that came from, for messages."""

    predictions: Sequence[Prediction]
    place: str = "predictions"


def of_split(
    gold: Sequence[AnnotatedArticle], predictions: Iterable[Prediction], *, split: str, place: str = "predictions"
) -> list[Prediction]:
    """The predictions of these articles, in the articles' order; an article may have none.

    Raises:
        PredictionsError: if a prediction speaks of another text, two of one article, or none of these articles at all.
    """
    listed = list(predictions)
    by_id = {p.id: p for p in listed}
    if len(by_id) < len(listed):
        twice = Counter(p.id for p in listed).most_common(1)[0][0]
        raise PredictionsError(f"{place}: article {twice!r} has more than one prediction; give one an article")
    here = [by_id[a.article.id] for a in gold if a.article.id in by_id]
    if not here:
        raise PredictionsError(
            f"{place}: not one of the {len(gold)} articles of split {split!r} is in it; predict this split"
        )
    for annotated in gold:
        if annotated.article.id in by_id:
            check_prediction(by_id[annotated.article.id], annotated.article, place=place)
    return here


def predictions_sha256(predictions: Sequence[Prediction]) -> str:
    """SHA-256 over the lines of predictions, by article id."""
    lines = (prediction_line(p) for p in sorted(predictions, key=lambda p: p.id))
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def gold_and_runs_in_classes(
    gold: Sequence[AnnotatedArticle], runs: Sequence[Sequence[Prediction]], class_map: ClassMap | None
) -> tuple[list[AnnotatedArticle], list[list[Prediction]]]:
    """Gold and the predictions of every run in the classes of a map, or as they are without one."""
    if class_map is None:
        return list(gold), [list(run) for run in runs]
    return (
        gold_in_classes(gold, class_map.gold)[0],
        [predictions_in_classes(run, class_map.predicted)[0] for run in runs],
    )
