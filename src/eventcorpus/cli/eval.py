"""``eventcorpus eval``, ``compare`` and ``benchmark``: how good a model or a predictions file is, and against which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eventcorpus import api
from eventcorpus.cli import options
from eventcorpus.errors import InputError
from eventcorpus.eval.benchmark import (
    FOLDER,
    benchmark_files,
    find_benchmark,
    headline_line,
    published_lines,
    read_benchmark,
    result_row,
)
from eventcorpus.eval.benchmark_run import benchmark_dataset, find_data, run_benchmark
from eventcorpus.eval.gates import Gate, check_gate, read_gate
from eventcorpus.eval.report import Report
from eventcorpus.eval.sources import EXPORTED
from eventcorpus.files import write_text
from eventcorpus.formats.schemes import SCHEMES
from eventcorpus.metrics.tags import DECODERS
from eventcorpus.models.folder import read_about
from eventcorpus.render.compare import comparison_lines, comparison_table
from eventcorpus.render.evaluation import report_lines, report_markdown, report_table
from eventcorpus.render.row_evaluation import row_report_page, row_report_tables
from eventcorpus.tables import console

_SPLIT = click.option("--split", default="test", help="The split whose articles are scored.")
_MODELS = click.option(
    "--model",
    "model_paths",
    type=options.PATH,
    multiple=True,
    help="A model folder. Several are runs of one recipe, of which figures are means.",
)
_PREDICTIONS_OF_RUNS = click.option(
    "--predictions",
    "predictions_paths",
    type=options.PATH,
    multiple=True,
    help="Predictions of any system, instead of a model; several are several runs.",
)
_CLASS_MAP = click.option(
    "--class-map",
    type=options.PATH,
    help="YAML: which label of gold and of predictions is which class, to score classes instead of labels.",
)
_GATE = click.option(
    "--gate", "gate_path", type=options.PATH, help="Limits in YAML; exit with 1 and a line for each that is not kept."
)


@click.command("eval")
@_MODELS
@_PREDICTIONS_OF_RUNS
@click.option("--dataset", type=options.PATH, help="The dataset folder with the gold.")
@click.option(
    "--gold-file", type=options.PATH, help="Gold in a file of tags or a Label Studio export, instead of a dataset."
)
@_SPLIT
@click.option(
    "--rows",
    "gold_rows",
    type=options.PATH,
    metavar="FILE",
    help="Gold in event rows, instead of a dataset; PREDICTIONS are then rows, too.",
)
@click.option("--articles", type=options.PATH, multiple=True, help="With --rows: the articles that were read.")
@_CLASS_MAP
@options.OVERLAP
@options.resamples_option(least=0)
@options.seed_option("resamples")
@options.json_option("the report", "eval/report.schema.json, of rows eval/rows.schema.json")
@options.html_option("gold beside predicted")
@click.option("--markdown", type=options.PATH, help="Write the report as Markdown, for a README or a card.")
@click.option(
    "--baselines/--no-baselines",
    default=True,
    help="Also score two baselines that are trained on the dataset's train split.",
)
@_GATE
@click.option("--decoder", type=click.Choice(DECODERS), default="strict", help="How tag files are read.")
@click.option(
    "--scheme", type=click.Choice(list(SCHEMES)), help="The tags of tag files.  [default: told from the tags]"
)
@click.option(
    "--columns",
    metavar="word=1,tag=2",
    help="Columns of tag files, as of convert.  [default: told from what stands in them]",
)
@click.option(
    "--exported", type=click.Choice(EXPORTED), default="predictions", help="What of a Label Studio export is scored."
)
@click.option("--model-version", help="Whose predictions, where an export has those of several models.")
@options.ONTOLOGY
@click.pass_context
def eval_command(
    context: click.Context,
    /,
    model_paths: tuple[Path, ...],
    predictions_paths: tuple[Path, ...],
    dataset: Path | None,
    gold_file: Path | None,
    gold_rows: Path | None,
    articles: tuple[Path, ...],
    json_path: Path | None,
    markdown: Path | None,
    gate_path: Path | None,
    ontology_path: Path | None,
    **settings: Any,
) -> None:
    """Score predictions against gold, per label.

    Predictions of a model, or of any system as JSON Lines; exact matches, and overlaps, over whole articles. With
    --class-map gold and predictions may have different labels: see corpus/maps/re3d-eval.yaml. With --rows event rows
    are scored, cell by cell. --ontology is for Label Studio exports.

    \b
    Example:
      eventcorpus eval --model models/runs/demo --dataset models/runs/demo-dataset --html report.html
    """
    if gold_rows:
        if model_paths or dataset or gold_file or not predictions_paths:
            raise click.UsageError("--rows GOLD is scored with --predictions ROWS, which extract --rows or rows writes")
        n_resamples, seed = settings["n_resamples"], settings["seed"]
        rows_report = api.evaluate_rows(
            predictions_paths,
            gold_rows,
            articles=articles,
            n_resamples=n_resamples,
            seed=seed,
            command=options.command_line(context),
        )
        if html := settings["html"]:
            write_text(html, row_report_page(rows_report))
        if not options.put_json(json_path, rows_report):
            console().print(*row_report_tables(rows_report), sep="\n")
        return
    path = gold_file or dataset
    if path is None or (gold_file and dataset):
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
            ontology=ontology_path,
            command=options.command_line(context),
            on_progress=on_progress,
            **settings,
        )
    options.notices(report.notices())
    if markdown:
        write_text(markdown, report_markdown(report))
    if not options.put_json(json_path, report):
        console().print(report_table(report), *report_lines(report), sep="\n")
    if gate:
        _hold_to(gate, report, place=str(gate_path))


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@options.DATASET
@_SPLIT
@_CLASS_MAP
@options.resamples_option()
@click.option("--rounds", type=click.IntRange(1), default=10_000, help="Of randomisation.")
@options.seed_option("resamples and the rounds")
@options.json_option("the comparison", "eval/comparison.schema.json")
@options.html_option("what was fixed and broken")
@click.pass_context
def compare_command(
    context: click.Context, /, first: str, second: str, json_path: Path | None, **settings: Any
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
            names=(first, second),
            command=options.command_line(context),
            on_progress=on_progress,
            **settings,
        )
    options.notices(comparison.notices())
    if not options.put_json(json_path, comparison):
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


def _list(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print what there is, and end."""
    if not wanted or context.resilient_parsing:
        return
    for path in benchmark_files():
        benchmark = read_benchmark(path)
        about = benchmark.description.split(". ")[0].strip(".")
        click.echo(f"{benchmark.key:<24} {benchmark.headline.name:<18} {about}")
    context.exit()


@click.command("benchmark", cls=options.NamesFiles, folder=FOLDER, heading="Benchmarks by name")
@click.argument("wanted", metavar="FILE|NAME")
@_MODELS
@_PREDICTIONS_OF_RUNS
@click.option(
    "--data",
    "folder",
    type=options.PATH,
    help="The folder with the data, or the file with its texts  [default: the benchmark's, if it has one]",
)
@click.option("--any-data", is_flag=True, help="Score data whose hash is not the benchmark's; the report says so.")
@click.option("--out", "keep", type=options.PATH, help="Keep the converted dataset there, to train on or to predict.")
@options.json_option("the report", "eval/report.schema.json")
@_GATE
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="The benchmarks there are."
)
@click.pass_context
def benchmark_command(
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
    that comes along (below; --list says what each is). With --out and neither model nor predictions, the data is
    converted and nothing is scored.

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
    if not options.put_json(json_path, report):
        console().print(report_table(report))
        lines = (*report_lines(report), *published_lines(benchmark), headline_line(benchmark, report))
        click.echo("\n".join((*lines, result_row(report, benchmark))))
    if gate:
        _hold_to(gate, report, place=str(gate_path))


def _hold_to(gate: Gate, report: Report, *, place: str) -> None:
    """Exit with 1 if the report does not keep the limits, after one line a limit on stderr."""
    n, broken = check_gate(gate, report, place=place)
    for line in broken:
        click.echo(f"{place}: {line}", err=True)
    if broken:
        raise SystemExit(1)
    options.notice(f"{place}: {'the limit is' if n == 1 else f'all {n} limits are'} kept")
