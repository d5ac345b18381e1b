"""``eventcorpus labelstudio tasks``: articles as import files."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.dataset.task_source import TaskSource
from eventcorpus.labelstudio.config import load_ontology
from eventcorpus.labelstudio.tasks import write_tasks


@click.command("tasks")
@click.argument("articles", nargs=-1, required=True, type=options.PATH)
@click.option("--out", required=True, type=options.PATH, help="Folder for tasks-*.json, config.xml and manifest.json.")
@options.ONTOLOGY
@click.option(
    "--predictions",
    "predictions_path",
    type=options.PATH,
    help="Mentions to show as pre-annotations, as extract writes them.",
)
@options.FIELDS
@options.TITLE_IN_TEXT
@options.MAX_CHARS
def command(
    articles: tuple[Path, ...],
    out: Path,
    ontology_path: Path | None,
    predictions_path: Path | None,
    fields: dict[str, str],
    title_in_text: bool,
    max_chars: int | None,
) -> None:
    """Write ARTICLES as import files for Label Studio.

    ARTICLES are JSON Lines, CSV, Parquet or text files, folders of these, or a dataset folder that convert wrote (its
    gold annotations go along). In Label Studio: create a project, paste config.xml, import the tasks files.

    \b
    Example:
      eventcorpus labelstudio tasks corpus/articles --out tasks
    """
    ontology = load_ontology(ontology_path, near=articles)
    predictions = options.read_prediction_file(predictions_path)
    source = TaskSource(articles, ontology, predictions, fields, title_in_text, max_chars)
    n_tasks = write_tasks(source.tasks(), ontology, out)
    options.notices(source.notices())
    click.echo(f"{n_tasks:,} tasks in {out} (ontology {ontology.key})")
