"""The predictions of one system on one split, checked against the articles, before anything is counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eventcorpus.errors import PredictionsError
from eventcorpus.predictions import Prediction, check_prediction
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
        PredictionsError: if a prediction speaks of another text, or none speaks of these articles at all.
    """
    by_id = {p.id: p for p in predictions}
    here = [by_id[a.article.id] for a in gold if a.article.id in by_id]
    if not here:
        raise PredictionsError(
            f"{place}: not one of the {len(gold)} articles of split {split!r} is in it; predict this split"
        )
    for annotated in gold:
        if annotated.article.id in by_id:
            check_prediction(by_id[annotated.article.id], annotated.article, place=place)
    return here
