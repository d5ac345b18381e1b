"""Tasks for Label Studio from files of articles, or from a dataset with its annotations and predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventcorpus.annotation.rules import without_defaults
from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.dataset.folder import is_dataset_folder, read_dataset
from eventcorpus.errors import InputError
from eventcorpus.labelstudio.tasks import tasks_of
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.tables import counted


@dataclass
class TaskSource:
    """Where tasks come from, and how they are made.

    Args:
        articles: files and folders of articles, or one dataset folder.
        predictions: by article id, shown as pre-annotations; those of articles that came are taken out.
        fields: from our field names to the columns of the files.
        title_in_text: put the title and an empty line before the text.
        max_chars: cut longer articles into parts.
    """

    articles: Sequence[Path]
    ontology: Ontology
    predictions: dict[str, Prediction] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    title_in_text: bool = False
    max_chars: int | None = None
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
        if self.fields:
            raise InputError(f"{self.articles[0]}: a dataset folder has no columns of other names; leave --field out")
        dataset = read_dataset(self.articles[0])
        for annotated in (annotated for split in dataset.splits.values() for annotated in split):
            prediction = self.predictions.pop(annotated.article.id, None)
            opened = without_defaults(annotated, self.ontology)
            yield from tasks_of(
                annotated.article, self.ontology, prediction=prediction, annotated=opened, max_chars=self.max_chars
            )

    def notices(self) -> Iterator[str]:
        """What reading noticed, when the tasks have been taken, a line each."""
        yield from self.report.lines()
        if self.predictions:
            first = next(iter(self.predictions))
            yield f"{counted(len(self.predictions), 'prediction')} of none of these articles, the first: {first}"
