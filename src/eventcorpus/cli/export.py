"""``eventcorpus export``: a dataset folder in the format of another tool."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.dataset.export import EXPORTS, GOLD, export


@click.command("export")
@click.argument("dataset", type=options.PATH)
@click.option("--to", type=click.Choice(list(EXPORTS)), required=True, help="The format.")
@click.option("--out", required=True, type=options.PATH, help="The folder for its files.")
@click.option("--split", "splits", multiple=True, help="Only this split; may be repeated.  [default: all]")
@click.option(
    "--annotator", metavar="NAME", default=GOLD, help="gold, or whose annotation is exported: a1, a2, ..., adjudicated."
)
@click.option("--strict", is_flag=True, help="Fail if the format cannot hold something; nothing is written then.")
def export_command(dataset: Path, to: str, out: Path, splits: tuple[str, ...], annotator: str, strict: bool) -> None:
    """Write DATASET in the format of another tool.

    OUT gets a file (of brat a folder) each for train, validation and test. What the format cannot hold is counted, and
    named item by item in loss_report.json. docs/formats.md says what each format keeps and loses. Tasks for Label
    Studio are made by: labelstudio tasks.

    \b
    Example:
      eventcorpus export models/runs/demo-dataset --to brat --out brat
    """
    with options.progress("export") as on_progress:
        exported = export(
            dataset, out, to=to, splits=splits, annotator=annotator, strict=strict, on_progress=on_progress
        )
    options.notices(exported.notices)
    click.echo(options.sizes_line(exported.sizes, out, "article"))
