"""``eventcorpus benchmark``: a model, or any system's predictions, on a benchmark that has a version."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.eval.benchmark import (
    benchmark_dataset,
    benchmark_files,
    find_benchmark,
    find_data,
    headline_line,
    published_lines,
    read_benchmark,
    result_row,
    run_benchmark,
)
from eventcorpus.eval.limits import read_gate
from eventcorpus.render.evaluation import report_lines, report_table
from eventcorpus.tables import console


def _list(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print what there is, and end."""
    if not wanted or context.resilient_parsing:
        return
    for path in benchmark_files():
        benchmark = read_benchmark(path)
        about = benchmark.description.split(". ")[0].strip(".")
        click.echo(f"{benchmark.key:<24} {benchmark.headline.name:<18} {about}")
    context.exit()


@click.command("benchmark")
@click.argument("wanted", metavar="FILE|NAME")
@options.MODELS
@options.PREDICTIONS_OF_RUNS
@click.option(
    "--data", "folder", type=options.PATH, help="The folder with the data  [default: the benchmark's, if it has one]"
)
@click.option("--any-data", is_flag=True, help="Score data whose hash is not the benchmark's; the report says so.")
@click.option("--out", "keep", type=options.PATH, help="Keep the converted dataset there, to train on or to predict.")
@options.json_option("the report", "eval/report.schema.json")
@options.GATE
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="The benchmarks there are."
)
@click.pass_context
def command(
    context: click.Context,
    wanted: str,
    model_paths: tuple[Path, ...],
    predictions_paths: tuple[Path, ...],
    folder: Path | None,
    any_data: bool,
    keep: Path | None,
    json_path: Path | None,
    gate_path: Path | None,
) -> None:
    """Score a model on a benchmark: data with a hash under a name and a version.

    A benchmark is data, a conversion, a split and a headline figure. FILE follows eval/benchmarks/*.yaml; NAME is one
    of --list. With --dataset and neither model nor predictions, the data is converted and nothing is scored.

    \b
    Example:
      eventcorpus benchmark shipped-test --model models/runs/demo
    """
    if model_paths and predictions_paths:
        raise click.UsageError("give either --model DIR or --predictions FILE")
    systems = model_paths or predictions_paths
    if not (systems or keep):
        raise click.UsageError("nothing to score: give --model DIR or --predictions FILE, or --out DIR to convert only")
    path = find_benchmark(wanted)
    benchmark = read_benchmark(path)
    gate = read_gate(gate_path) if gate_path else None
    folder = folder or (path.parent / benchmark.data if benchmark.data else None)
    if folder is None:
        raise click.UsageError(f"--data FOLDER is needed: {' '.join(benchmark.source.split())}")
    data = find_data(benchmark, path, folder, any_data=any_data)
    with benchmark_dataset(data, keep=keep) as dataset, options.progress("benchmark") as on_progress:
        if keep:
            options.notice(f"dataset in {keep}")
        if not systems:
            click.echo(f"{benchmark.key}: converted to {keep}; nothing was scored")
            return
        report = run_benchmark(data, dataset, systems, command=options.command_line(context), on_progress=on_progress)
    if not options.put_json(json_path, report.model_dump(mode="json", by_alias=True)):
        console().print(report_table(report))
        lines = (*report_lines(report), *published_lines(benchmark), headline_line(benchmark, report))
        click.echo("\n".join((*lines, result_row(report, benchmark))))
    if gate:
        options.hold_to(gate, report, place=str(gate_path))
