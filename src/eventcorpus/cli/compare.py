"""``eventcorpus compare``: whether one system is better than another."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli.options import (
    CLASS_MAP,
    DATASET,
    PATH,
    SPLIT,
    command_line,
    json_option,
    notice,
    put_json,
    resamples_option,
    seed_option,
    working,
)
from eventcorpus.dataset.folder import manifest_hash, read_dataset
from eventcorpus.errors import InputError
from eventcorpus.eval.class_map import gold_in_classes, predictions_in_classes, read_class_map
from eventcorpus.eval.compare import compare
from eventcorpus.eval.comparison import comparison_lines, comparison_table
from eventcorpus.eval.sources import runs_of
from eventcorpus.files import write_text
from eventcorpus.render.compare_page import compare_page
from eventcorpus.render.tables import console


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@DATASET
@SPLIT
@CLASS_MAP
@resamples_option()
@click.option("--rounds", type=click.IntRange(1), default=10_000, show_default=True, help="Of randomisation.")
@seed_option("resamples and the rounds")
@json_option("the comparison", "eval/comparison.schema.json")
@click.option("--html", "html_path", type=PATH, help="Write one self-contained page with what was fixed and broken.")
@click.pass_context
def command(
    context: click.Context,
    first: str,
    second: str,
    dataset_path: Path,
    split: str,
    class_map_path: Path | None,
    resamples: int,
    rounds: int,
    seed: int,
    json_path: Path | None,
    html_path: Path | None,
) -> None:
    """Whether B is better than A, by how much, and where.

    A and B are each a model folder, a file of predictions, or several of these with commas between: the runs of one
    recipe with different seeds, whose mean is compared. Exact F1 on the same articles; p values by approximate
    randomisation and by the paired bootstrap, both of whole articles; what got fixed and what broke.

    \b
    Example:
      eventcorpus compare models/runs/old models/runs/new --dataset models/runs/demo-dataset
    """
    dataset = read_dataset(dataset_path)
    gold = dataset.split(split)
    class_map, hints = read_class_map(class_map_path, dataset.ontology.labels) if class_map_path else (None, [])
    for hint in hints:
        notice(f"{class_map_path}: gold: {hint}")
    systems = [
        runs_of(_paths(several), gold, dataset.ontology, hint_labels=class_map is None) for several in (first, second)
    ]
    labels = dataset.ontology.labels
    if class_map is not None:
        labels = class_map.classes
    with working("compare"):
        found = compare(
            gold,
            systems[0],
            systems[1],
            names=(first, second),
            labels=labels,
            name=dataset_path.resolve().name,
            split=split,
            dataset_sha256=manifest_hash(dataset_path),
            class_map=class_map,
            n_resamples=resamples,
            rounds=rounds,
            seed=seed,
            command=command_line(context),
        )
    for system in (found.first, found.second):
        for run in system.runs:
            if run.articles_without_prediction:
                notice(
                    f"{run.model.version}: {run.articles_without_prediction} of {len(gold)} articles have no "
                    "prediction; their gold counts as missed"
                )
    if html_path:
        a, b = (runs[0].predictions for runs in systems)
        if class_map is not None:
            gold = gold_in_classes(gold, class_map.gold)[0]
            a, b = (predictions_in_classes(side, class_map.predicted)[0] for side in (a, b))
        write_text(html_path, compare_page(found, gold, a, b, dataset.ontology))
    if put_json(json_path, found.model_dump(mode="json", by_alias=True)):
        return
    terminal = console()
    terminal.print(comparison_table(found))
    for line in comparison_lines(found):
        terminal.print(line)


def _paths(several: str) -> list[Path]:
    """The paths of one system; a path that exists may have commas in its name."""
    paths = [Path(several)] if Path(several).exists() else [Path(part.strip()) for part in several.split(",")]
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise InputError(
            f"{missing}: no such model folder or predictions file; several runs of one recipe are named with commas "
            "between: seed1,seed2,seed3"
        )
    return paths
