"""What ``export`` and ``labelstudio push`` share: from files of articles, or a dataset, to tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from eventcorpus.commands.options import notice
from eventcorpus.corpus.dataset import is_dataset_folder, read_dataset
from eventcorpus.corpus.read import ReadReport, read_articles
from eventcorpus.corpus.rows import without_defaults
from eventcorpus.errors import InputError
from eventcorpus.files import read_text
from eventcorpus.labelling.export_format import tasks_of
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction, read_predictions


@dataclass
class TaskSource:
    """Where tasks come from, and how they are made.

    Args:
        fields: from our field names to the columns of the files.
        max_chars: cut longer articles into parts.
    """

    articles: tuple[Path, ...]
    ontology: Ontology
    predictions: dict[str, Prediction]
    fields: dict[str, str]
    title_in_text: bool
    max_chars: int | None
    report: ReadReport = field(default_factory=ReadReport)

    def tasks(self) -> Iterator[dict[str, Any]]:
        """The tasks, in the order of the articles.

        Raises:
            InputError: if a dataset is named beside other things, or an article cannot be read.
        """
        if not is_dataset_folder(self.articles[0]):
            found = read_articles(
                self.articles, field_map=self.fields, title_in_text=self.title_in_text, report=self.report
            )
            for article in found:
                prediction = self.predictions.pop(article.id, None)
                yield from tasks_of(article, self.ontology, prediction=prediction, max_chars=self.max_chars)
            return
        if len(self.articles) > 1:
            raise InputError(f"{self.articles[0]} is a dataset folder; name one dataset at a time")
        for annotated in (a for split in read_dataset(self.articles[0]).splits.values() for a in split):
            article, prediction = annotated.article, self.predictions.pop(annotated.article.id, None)
            opened = without_defaults(annotated, self.ontology)
            yield from tasks_of(
                article, self.ontology, prediction=prediction, annotated=opened, max_chars=self.max_chars
            )

    def tell(self) -> None:
        """What reading noticed, when the tasks have been taken."""
        for line in self.report.lines():
            notice(line)
        if self.predictions:
            first = next(iter(self.predictions))
            notice(f"{len(self.predictions)} predictions are of none of these articles, the first: {first}")


def read_prediction_file(path: Path | None) -> dict[str, Prediction]:
    """Predictions by article id; none without a file."""
    if path is None:
        return {}
    return {p.id: p for p in read_predictions(read_text(path).split("\n"), place=str(path))}


def field_map(options: tuple[str, ...]) -> dict[str, str]:
    """``--field OURS=THEIRS`` options as a mapping."""
    fields: dict[str, str] = {}
    for option in options:
        name, equals, column = option.partition("=")
        if not (name and equals and column):
            raise click.BadParameter(f"{option!r} is not OURS=THEIRS, such as text=body", param_hint="--field")
        fields[name] = column
    return fields
