"""``eventcorpus eval``: how good a model or a predictions file is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eventcorpus.cli.options import (
    CLASS_MAP,
    GATE,
    MODELS,
    OVERLAP,
    PATH,
    PREDICTIONS_OF_RUNS,
    SPLIT,
    command_line,
    hold_to,
    json_option,
    notice,
    put_json,
    resamples_option,
    seed_option,
    working,
)
from eventcorpus.eval.class_map import gold_in_classes, predictions_in_classes, read_class_map
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.limits import read_gate
from eventcorpus.eval.report_table import report_lines, report_table
from eventcorpus.eval.runs import Run
from eventcorpus.eval.sources import Options, read_gold, read_system, runs_of, source_options
from eventcorpus.files import write_text
from eventcorpus.render.eval_page import eval_page
from eventcorpus.render.markdown import report_markdown
from eventcorpus.render.tables import console


@click.command("eval")
@MODELS
@PREDICTIONS_OF_RUNS
@click.option("--dataset", "dataset_path", type=PATH, help="The dataset folder with the gold.")
@click.option("--gold-file", "gold_path", type=PATH, help="Gold in a file of tags or a Label Studio export, instead.")
@SPLIT
@CLASS_MAP
@OVERLAP
@resamples_option(least=0)
@seed_option("resamples")
@json_option("the report", "eval/report.schema.json")
@click.option("--html", "html_path", type=PATH, help="Write one self-contained page with gold beside predicted.")
@click.option(
    "--baselines/--no-baselines",
    default=True,
    show_default=True,
    help="Also score two baselines that are trained on the dataset's train split.",
)
@GATE
@click.option("--markdown", "markdown_path", type=PATH, help="Write the report as Markdown, for a README or a card.")
@source_options
@click.pass_context
def command(
    context: click.Context,
    /,
    model_paths: tuple[Path, ...],
    predictions_paths: tuple[Path, ...],
    dataset_path: Path | None,
    gold_path: Path | None,
    split: str,
    class_map_path: Path | None,
    overlap: float,
    resamples: int,
    seed: int,
    json_path: Path | None,
    html_path: Path | None,
    baselines: bool,
    gate_path: Path | None,
    markdown_path: Path | None,
    **given: Any,
) -> None:
    """Score predictions against gold, per label.

    Predictions of a model, or of any system as JSON Lines; exact matches, and overlaps, over whole articles. With
    --class-map gold and predictions may have different labels: see corpus/maps/re3d-eval.yaml.

    \b
    Example:
      eventcorpus eval --model models/runs/demo --dataset models/runs/demo-dataset --html report.html
    """
    path = gold_path or dataset_path
    if path is None or (gold_path and dataset_path):
        raise click.UsageError("give either --dataset DIR or --gold-file FILE")
    if (model_paths and predictions_paths) or not (model_paths or predictions_paths or gold_path):
        raise click.UsageError("give either --model DIR or --predictions FILE")
    gate = read_gate(gate_path) if gate_path else None
    options = Options.of(split, **given)
    source = read_gold(path, options, with_predictions=not (model_paths or predictions_paths))
    gold = source.articles
    class_map, hints = read_class_map(class_map_path, source.ontology.labels) if class_map_path else (None, [])
    for hint in hints:
        notice(f"{class_map_path}: gold: {hint}")
    if model_paths:
        runs = runs_of(model_paths, gold, source.ontology, hint_labels=class_map is None)
    else:
        files = predictions_paths or (None,)
        runs = [Run(read_system(file, source, options), str(file or path)) for file in files]
    with working("judge"):
        report = evaluate(
            gold,
            runs,
            source.ontology,
            name=source.name,
            split=source.split,
            dataset_sha256=source.sha256,
            class_map=class_map,
            overlap_threshold=overlap,
            train=source.train,
            annotations=source.annotations,
            n_resamples=resamples,
            seed=seed,
            command=command_line(context),
            floors=baselines,
        )
    if report.dataset.articles_without_prediction:
        notice(
            f"{report.dataset.articles_without_prediction} of {len(gold)} articles have no prediction; "
            "their gold counts as missed"
        )
    if report.not_in_one_layer:
        notice(
            f"{report.not_in_one_layer} gold mentions overlap others and are out of reach of one layer of "
            "tags; they count all the same"
        )
    for side, about in (
        (("gold", report.classes.gold), ("predicted", report.classes.predicted)) if report.classes else ()
    ):
        if about.left_out or about.twins:
            listed = ", ".join(f"{label} {n:,}" for label, n in about.left_out.items()) or "none"
            notice(f"{side}: not in the map and not scored: {listed}; {about.twins:,} twice in one class")
    predictions = runs[0].predictions
    if class_map is not None:
        gold = gold_in_classes(gold, class_map.gold)[0]
        predictions = predictions_in_classes(predictions, class_map.predicted)[0]
    if html_path:
        write_text(html_path, eval_page(report, gold, predictions, source.ontology))
    if markdown_path:
        write_text(markdown_path, report_markdown(report))
    if not put_json(json_path, report.model_dump(mode="json", by_alias=True)):
        terminal = console()
        terminal.print(report_table(report))
        for line in report_lines(report):
            terminal.print(line)
    if gate:
        hold_to(gate, report, place=str(gate_path))
