"""``eventcorpus benchmark``: a model, or any system's predictions, on a benchmark that has a version."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from eventcorpus.commands.benchmark_data import benchmark_dataset
from eventcorpus.commands.gating import GATE, hold_to
from eventcorpus.commands.options import PATH, notice
from eventcorpus.commands.predicting import predict
from eventcorpus.corpus.dataset import Dataset, manifest_hash
from eventcorpus.errors import InputError
from eventcorpus.eval.benchmark import (
    FOLDER,
    Benchmark,
    benchmark_files,
    check_files,
    class_map_path,
    find_benchmark,
    read_benchmark,
    unfit,
)
from eventcorpus.eval.benchmark_table import benchmark_table, headline_lines, published_lines, result_row
from eventcorpus.eval.class_map import read_class_map
from eventcorpus.eval.gate import read_gate
from eventcorpus.eval.report import Report
from eventcorpus.eval.report_table import report_table
from eventcorpus.eval.scores import score
from eventcorpus.files import read_text, write_json
from eventcorpus.predictions import Prediction, read_predictions

OTHER_DATA = " (other data)"


def _list(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print what there is, and end."""
    if not wanted or context.resilient_parsing:
        return
    files = benchmark_files()
    if not files:
        raise InputError(f"{FOLDER}: no benchmark here; run this in a checkout, or name a file")
    for path in files:
        benchmark = read_benchmark(path)
        click.echo(
            f"{benchmark.key:<24} {benchmark.headline.name:<18} {benchmark.description.split('. ')[0].strip('.')}"
        )
    context.exit()


@click.command("benchmark")
@click.argument("wanted", metavar="FILE|NAME")
@click.option("--model", "model_paths", type=PATH, multiple=True, help="A model folder; several may be given.")
@click.option("--predictions", "predictions_path", type=PATH, help="Predictions of any system, instead of a model.")
@click.option(
    "--data", "data_path", type=PATH, help="The folder with the data  [default: the benchmark's, if it has one]"
)
@click.option("--any-data", is_flag=True, help="Score data whose hash is not the benchmark's; the report says so.")
@click.option("--dataset", "keep", type=PATH, help="Keep the converted dataset there, to train on or to predict.")
@click.option("--json", "json_path", type=PATH, help="Write the report; of several models, one each into this folder.")
@GATE
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="The benchmarks there are."
)
def command(
    wanted: str,
    model_paths: tuple[Path, ...],
    predictions_path: Path | None,
    data_path: Path | None,
    any_data: bool,
    keep: Path | None,
    json_path: Path | None,
    gate_path: Path | None,
) -> None:
    """Score models on a benchmark: data with a hash, a conversion, a split and a headline figure under one version.

    FILE follows eval/benchmarks/*.yaml; NAME is one of --list. With --dataset and neither model nor predictions, the
    data is converted and nothing is scored.

    \b
    Example:
      eventcorpus benchmark shipped-test --model models/runs/demo
    """
    if model_paths and predictions_path:
        raise click.UsageError("give either --model DIR or --predictions FILE")
    if not (model_paths or predictions_path or keep):
        raise click.UsageError(
            "nothing to score: give --model DIR or --predictions FILE, or --dataset DIR to convert only"
        )
    path = find_benchmark(wanted)
    benchmark = read_benchmark(path)
    gate = read_gate(gate_path) if gate_path else None
    data = data_path or (path.parent / benchmark.data if benchmark.data else None)
    if data is None:
        raise click.UsageError(f"--data FOLDER is needed: {' '.join(benchmark.source.split())}")
    files, other = check_files(benchmark, data)
    if other and not any_data:
        raise InputError(f"{other[0]}; get the file that source names, or score this one with --any-data")
    for phrase in other:
        notice(f"other data: {phrase}")
    for file in benchmark.files:
        if file.sha256 is None and data / file.path in files:
            notice(
                f"{data / file.path}: {benchmark.key} knows no hash of it; whether it is the right file is not checked"
            )
    with benchmark_dataset(benchmark, data, files, keep=keep) as dataset:
        if keep:
            notice(f"dataset in {keep}")
        reports = [
            report.model_copy(
                update={
                    "benchmark": benchmark.key + (OTHER_DATA if other else ""),
                    "command": _command(benchmark, spoke, data_path),
                }
            )
            for spoke, report in _reports(benchmark, path, dataset, model_paths, predictions_path)
        ]
    if not reports:
        click.echo(f"{benchmark.key}: converted to {keep}; nothing was scored")
        return
    _print(benchmark, reports)
    if json_path:
        _write(json_path, reports, benchmark)
    if gate:
        hold_to(gate, reports, place=str(gate_path))


def _reports(
    benchmark: Benchmark,
    path: Path,
    dataset: Dataset,
    model_paths: Sequence[Path],
    predictions_path: Path | None,
) -> list[tuple[Path, Report]]:
    """A report for each model, or for the predictions, with the path that they came from."""
    gold = dataset.split(benchmark.split)
    mapped = class_map_path(benchmark, path)
    class_map, hints = read_class_map(mapped, dataset.ontology.labels) if mapped else (None, [])
    for hint in hints:
        notice(f"{mapped}: gold: {hint}")

    def scored(predictions: list[Prediction], place: Path) -> Report:
        return score(
            gold,
            predictions,
            dataset.ontology,
            name=benchmark.name,
            split=benchmark.split,
            dataset_sha256=manifest_hash(dataset.folder),
            place=str(place),
            class_map=class_map,
        )

    if predictions_path:
        lines = read_text(predictions_path).split("\n")
        return [
            (predictions_path, scored(list(read_predictions(lines, place=str(predictions_path))), predictions_path))
        ]
    found = []
    for model_path in model_paths:
        predictions, labels = predict(model_path, gold)
        if reason := unfit(labels, benchmark, dataset.ontology.labels, class_map):
            raise InputError(f"{model_path}: {reason}")
        unknown = [label for label in dataset.ontology.labels if label not in labels]
        if unknown and class_map is None:
            notice(f"{model_path}: does not know {', '.join(unknown)}; gold of these counts as missed")
        found.append((model_path, scored(predictions, model_path)))
    return found


def _command(benchmark: Benchmark, spoke: Path, data: Path | None) -> str:
    """The line that makes this report again; absolute paths are of one machine and become names."""
    option = "--model" if spoke.is_dir() else "--predictions"
    given = f" --data {_portable(data)}" if data else ""
    return f"eventcorpus benchmark {benchmark.name} {option} {_portable(spoke)}{given}"


def _portable(path: Path) -> str:
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _print(benchmark: Benchmark, reports: Sequence[Report]) -> None:
    console = Console(width=None if Console().is_terminal else 110)
    if len(reports) == 1:
        console.print(report_table(reports[0]))
    else:
        console.print(benchmark_table(benchmark, reports))
    for line in (*headline_lines(benchmark, reports), *published_lines(benchmark)):
        click.echo(line)
    for report in reports:
        click.echo(result_row(benchmark, report))


def _write(path: Path, reports: Sequence[Report], benchmark: Benchmark) -> None:
    for report in reports:
        name = f"{report.model.name}__{benchmark.name}.json"
        place = path if len(reports) == 1 else path / name
        write_json(place, json.loads(report.model_dump_json(by_alias=True)))
