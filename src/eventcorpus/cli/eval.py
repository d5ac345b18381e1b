"""``eventcorpus eval``: how good a model or a predictions file is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eventcorpus import api
from eventcorpus.cli import options
from eventcorpus.eval.limits import read_gate
from eventcorpus.eval.sources import EXPORTED
from eventcorpus.files import write_text
from eventcorpus.metrics.tags import DECODERS, SCHEMES
from eventcorpus.models.folder import read_about
from eventcorpus.render.evaluation import report_lines, report_markdown, report_table
from eventcorpus.tables import console


@click.command("eval")
@options.MODELS
@options.PREDICTIONS_OF_RUNS
@click.option("--dataset", "dataset_path", type=options.PATH, help="The dataset folder with the gold.")
@click.option(
    "--gold-file", type=options.PATH, help="Gold in a file of tags or a Label Studio export, instead of a dataset."
)
@options.SPLIT
@options.CLASS_MAP
@options.OVERLAP
@options.resamples_option(least=0)
@options.seed_option("resamples")
@options.json_option("the report", "eval/report.schema.json")
@options.html_option("gold beside predicted")
@click.option(
    "--markdown", "markdown_path", type=options.PATH, help="Write the report as Markdown, for a README or a card."
)
@click.option(
    "--baselines/--no-baselines",
    default=True,
    show_default=True,
    help="Also score two baselines that are trained on the dataset's train split.",
)
@options.GATE
@click.option(
    "--decoder", type=click.Choice(DECODERS), default="strict", show_default=True, help="How tag files are read."
)
@click.option("--scheme", type=click.Choice(SCHEMES), default="iob2", show_default=True, help="The tags of tag files.")
@click.option(
    "--exported",
    type=click.Choice(EXPORTED),
    default="predictions",
    show_default=True,
    help="What of a Label Studio export is scored.",
)
@click.option("--model-version", help="Whose predictions, where an export has those of several models.")
@click.option(
    "--ontology", type=options.PATH, help="Of Label Studio exports: our YAML or a config.xml  [default: the one beside]"
)
@click.pass_context
def command(
    context: click.Context,
    /,
    model_paths: tuple[Path, ...],
    predictions_paths: tuple[Path, ...],
    dataset_path: Path | None,
    gold_file: Path | None,
    class_map_path: Path | None,
    resamples: int,
    json_path: Path | None,
    html_path: Path | None,
    markdown_path: Path | None,
    gate_path: Path | None,
    **settings: Any,
) -> None:
    """Score predictions against gold, per label.

    Predictions of a model, or of any system as JSON Lines; exact matches, and overlaps, over whole articles. With
    --class-map gold and predictions may have different labels: see corpus/maps/re3d-eval.yaml.

    \b
    Example:
      eventcorpus eval --model models/runs/demo --dataset models/runs/demo-dataset --html report.html
    """
    path = gold_file or dataset_path
    if path is None or (gold_file and dataset_path):
        raise click.UsageError("give either --dataset DIR or --gold-file FILE")
    if (model_paths and predictions_paths) or not (model_paths or predictions_paths or gold_file):
        raise click.UsageError("give either --model DIR or --predictions FILE")
    gate = read_gate(gate_path) if gate_path else None
    for model_path in model_paths:
        read_about(model_path)  # refuses what is no model folder
    with options.progress("eval") as on_progress:
        report = api.evaluate(
            model_paths or predictions_paths,
            path,
            class_map=class_map_path,
            n_resamples=resamples,
            html=html_path,
            command=options.command_line(context),
            on_progress=on_progress,
            **settings,
        )
    options.notices(report.notices())
    if markdown_path:
        write_text(markdown_path, report_markdown(report))
    if not options.put_json(json_path, report.model_dump(mode="json", by_alias=True)):
        console().print(report_table(report), *report_lines(report), sep="\n")
    if gate:
        options.hold_to(gate, report, place=str(gate_path))
