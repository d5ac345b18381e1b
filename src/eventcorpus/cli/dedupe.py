"""``eventcorpus dedupe``: event rows of many files to events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventcorpus.cli import options

if TYPE_CHECKING:
    from eventcorpus.events.event_groups import Best

BESTS = ("latest", "max", "min", "mode")
"""What ``--best`` takes: see ``events.event_groups``."""


@click.command("dedupe")
@click.argument("paths", metavar="ROWS...", type=options.PATH, nargs=-1, required=True)
@click.option(
    "--out",
    type=options.PATH,
    required=True,
    help="Write the events there, one a line: .jsonl, or a table, .csv or .parquet.",
)
@click.option(
    "--best",
    type=click.Choice(BESTS),
    default="latest",
    help="Which figure of several reports is the best: of the latest report, the highest, lowest, or most said.",
)
@click.option(
    "--days",
    type=click.IntRange(0, 31),
    default=1,
    help="How many days apart the dates may be that reports of one event give.",
)
@options.ONTOLOGY
def dedupe_command(paths: tuple[Path, ...], out: Path, best: Best, days: int, ontology_path: Path | None) -> None:
    """Find the rows of many articles that tell the same event.

    ROWS are files of event rows, JSON Lines. Every row is in one group; all sources, claims and their dates are kept.
    What is planned, denied, possible or background is never joined, totals only over the same period. The same rows
    give the same groups, in whatever order, and a row that stands in several files counts once.

    \b
    Example:
      eventcorpus dedupe monday.jsonl tuesday.jsonl --out events.jsonl
    """
    from eventcorpus.events.dedupe import dedupe
    from eventcorpus.labelstudio.config import load_ontology

    ontology = load_ontology(ontology_path, near=paths)
    with options.progress("dedupe") as on_progress:
        done = dedupe(paths, out, ontology, best=best, days=days, on_progress=on_progress)
    options.notices(done.lines())
