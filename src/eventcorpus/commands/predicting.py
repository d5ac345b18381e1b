"""Predicting a split of a dataset with a model folder, for the commands that score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eventcorpus.commands.options import progress_bar
from eventcorpus.predictions import Prediction, prediction_of
from eventcorpus.schema import AnnotatedArticle


def predict(model_path: Path, gold: Sequence[AnnotatedArticle]) -> tuple[list[Prediction], tuple[str, ...]]:
    """Read the articles with a model.

    Returns:
        a prediction an article, and the labels that the model knows.
    """
    from eventcorpus.models.extractor import Extractor

    extractor = Extractor.from_pretrained(model_path)
    predictions = []
    with progress_bar() as bar:
        task = bar.add_task("reading", total=len(gold), note="")
        for annotated, mentions in zip(gold, extractor.extract(a.article for a in gold), strict=True):
            predictions.append(prediction_of(annotated.article, mentions, extractor.name))
            bar.advance(task)
    return predictions, extractor.about.ontology.labels
