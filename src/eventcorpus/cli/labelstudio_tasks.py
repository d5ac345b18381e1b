"""``eventcorpus export``: articles to Label Studio."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli.options import PATH, TaskSource, field_map, find_ontology, read_prediction_file
from eventcorpus.labelstudio.tasks import write_tasks


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
    fields = field_map(field_options)
    ontology = find_ontology(ontology_path, near=articles)
    predictions = read_prediction_file(predictions_path)
    source = TaskSource(articles, ontology, predictions, fields, title_in_text, max_chars)
    n_tasks = write_tasks(source.tasks(), ontology, out)
    source.tell()
    click.echo(f"{n_tasks:,} tasks in {out} (ontology {ontology.key})")
