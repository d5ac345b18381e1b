"""``eventcorpus export``: articles to Label Studio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from eventcorpus.commands.options import PATH, find_ontology, notice
from eventcorpus.corpus.dataset import is_dataset_folder, read_dataset
from eventcorpus.corpus.read import ReadReport, read_articles
from eventcorpus.errors import InputError
from eventcorpus.files import read_text
from eventcorpus.labelling.export_format import tasks_of, write_export
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction, read_predictions


@click.command("export")
@click.argument("articles", nargs=-1, required=True, type=PATH)
@click.option("--out", required=True, type=PATH, help="Folder for tasks-*.json, config.xml and manifest.json.")
@click.option(
    "--ontology",
    "ontology_path",
    type=PATH,
    help="Our YAML or a Label Studio config.xml  [default: corpus/ontology.yaml]",
)
@click.option(
    "--predictions", "predictions_path", type=PATH, help="Mentions to show as pre-annotations, as extract writes them."
)
@click.option(
    "--field",
    "field_options",
    multiple=True,
    metavar="OURS=THEIRS",
    help="Take a field from a column of another name; repeatable.",
)
@click.option("--title-in-text", is_flag=True, help="Put the title and an empty line before the text.")
@click.option(
    "--max-chars",
    type=click.IntRange(min=200),
    help="Cut longer articles at paragraphs into parts; convert joins them.",
)
def command(
    articles: tuple[Path, ...],
    out: Path,
    ontology_path: Path | None,
    predictions_path: Path | None,
    field_options: tuple[str, ...],
    title_in_text: bool,
    max_chars: int | None,
) -> None:
    """Write ARTICLES as import files for Label Studio.

    ARTICLES are JSON Lines, CSV, Parquet or text files, folders of these, or a dataset folder that convert wrote (its
    gold annotations go along). In Label Studio: create a project, paste config.xml, import the tasks files.

    \b
    Example:
      eventcorpus export corpus/articles --out tasks
    """
    fields = dict(_field(option) for option in field_options)
    ontology = find_ontology(ontology_path, near=articles)
    predictions: dict[str, Prediction] = {}
    if predictions_path:
        lines = read_text(predictions_path).split("\n")
        predictions = {p.id: p for p in read_predictions(lines, place=str(predictions_path))}
    report = ReadReport()
    if is_dataset_folder(articles[0]):
        if len(articles) > 1:
            raise InputError(f"{articles[0]} is a dataset folder; export one dataset at a time")
        tasks = _dataset_tasks(articles[0], ontology, predictions, max_chars)
    else:
        found = read_articles(articles, field_map=fields, title_in_text=title_in_text, report=report)
        tasks = (
            task
            for article in found
            for task in tasks_of(article, ontology, prediction=predictions.pop(article.id, None), max_chars=max_chars)
        )
    n_tasks = write_export(tasks, ontology, out)
    for line in report.lines():
        notice(line)
    if predictions:
        notice(f"{len(predictions)} predictions are of none of these articles, the first: {next(iter(predictions))}")
    click.echo(f"{n_tasks:,} tasks in {out} (ontology {ontology.key})")


def _dataset_tasks(
    folder: Path, ontology: Ontology, predictions: dict[str, Prediction], max_chars: int | None
) -> Iterator[dict[str, Any]]:
    dataset = read_dataset(folder)
    for annotated in (a for split in dataset.splits.values() for a in split):
        prediction = predictions.pop(annotated.article.id, None)
        yield from tasks_of(
            annotated.article, ontology, prediction=prediction, annotated=annotated, max_chars=max_chars
        )


def _field(option: str) -> tuple[str, str]:
    name, equals, column = option.partition("=")
    if not (name and equals and column):
        raise click.BadParameter(f"{option!r} is not OURS=THEIRS, such as text=body", param_hint="--field")
    return name, column
