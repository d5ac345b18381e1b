"""``eventcorpus compare``: whether one system is better than another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eventcorpus import api
from eventcorpus.cli import options
from eventcorpus.errors import InputError
from eventcorpus.render.compare import comparison_lines, comparison_table
from eventcorpus.tables import console


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@options.DATASET
@options.SPLIT
@options.CLASS_MAP
@options.resamples_option()
@click.option("--rounds", type=click.IntRange(1), default=10_000, show_default=True, help="Of randomisation.")
@options.seed_option("resamples and the rounds")
@options.json_option("the comparison", "eval/comparison.schema.json")
@options.html_option("what was fixed and broken")
@click.pass_context
def command(
    context: click.Context,
    /,
    first: str,
    second: str,
    dataset_path: Path,
    class_map_path: Path | None,
    resamples: int,
    json_path: Path | None,
    html_path: Path | None,
    **settings: Any,
) -> None:
    """Tell whether B is better than A, by how much, and where.

    A and B are each a model folder, a file of predictions, or several of these with commas between: the runs of one
    recipe with different seeds, whose mean is compared. Exact F1 on the same articles; p values by approximate
    randomisation and by the paired bootstrap, both of whole articles; what got fixed and what broke.

    \b
    Example:
      eventcorpus compare models/runs/old models/runs/new --dataset models/runs/demo-dataset
    """
    with options.progress("compare") as on_progress:
        comparison = api.compare(
            _paths(first),
            _paths(second),
            dataset_path,
            names=(first, second),
            class_map=class_map_path,
            n_resamples=resamples,
            html=html_path,
            command=options.command_line(context),
            on_progress=on_progress,
            **settings,
        )
    options.notices(comparison.notices())
    if not options.put_json(json_path, comparison.model_dump(mode="json", by_alias=True)):
        console().print(comparison_table(comparison), *comparison_lines(comparison), sep="\n")


def _paths(system: str) -> list[Path]:
    """The paths of the runs of one system; a path that exists may have commas in its name."""
    paths = [Path(system)] if Path(system).exists() else [Path(part.strip()) for part in system.split(",")]
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise InputError(
            f"{missing}: no such model folder or predictions file; several runs of one recipe are named with commas "
            "between: seed1,seed2,seed3"
        )
    return paths
