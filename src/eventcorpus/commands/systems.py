"""What is judged: a model folder that predicts now, or a file of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eventcorpus.commands.options import notice, progress_bar
from eventcorpus.eval.runs import Run
from eventcorpus.files import read_text
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction, prediction_of, read_predictions
from eventcorpus.schema import AnnotatedArticle


def runs_of(
    paths: Sequence[Path], gold: Sequence[AnnotatedArticle], ontology: Ontology, *, hint_labels: bool = True
) -> list[Run]:
    """One run a path: a folder is a model, anything else a file of predictions.

    Args:
        ontology: of the gold.
        hint_labels: tell which labels of the gold a model does not know.
    """
    return [
        Run(predict(path, gold, ontology, hint_labels=hint_labels) if path.is_dir() else read_file(path), str(path))
        for path in paths
    ]


def read_file(path: Path) -> list[Prediction]:
    """The predictions of a file."""
    return list(read_predictions(read_text(path).split("\n"), place=str(path)))


def predict(
    model_path: Path, gold: Sequence[AnnotatedArticle], ontology: Ontology, *, hint_labels: bool = True
) -> list[Prediction]:
    """Predict the articles of the gold with a model folder."""
    from eventcorpus.models.extractor import Extractor

    extractor = Extractor.from_pretrained(model_path)
    unknown = sorted(set(ontology.labels) - set(extractor.about.ontology.labels))
    if unknown and hint_labels:
        notice(f"the model does not know {', '.join(unknown)}; gold of these counts as missed")
    predictions = []
    with progress_bar() as bar:
        task = bar.add_task("reading", total=len(gold), note="")
        for annotated, mentions in zip(gold, extractor.extract(a.article for a in gold), strict=True):
            predictions.append(prediction_of(annotated.article, mentions, extractor.name))
            bar.advance(task)
    return predictions
