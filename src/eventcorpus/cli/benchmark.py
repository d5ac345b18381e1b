"""``eventcorpus benchmark``: a model, or any system's predictions, on a benchmark that has a version."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from eventcorpus.cli.options import (
    GATE,
    MODELS,
    PATH,
    PREDICTIONS_OF_RUNS,
    command_line,
    hold_to,
    json_option,
    notice,
    put_json,
    working,
)
from eventcorpus.dataset.convert import SOURCES, Request
from eventcorpus.dataset.folder import Dataset, Entry, manifest_hash, read_annotations, read_dataset, write_dataset
from eventcorpus.errors import InputError, nearest
from eventcorpus.eval.benchmark import (
    FOLDER,
    Benchmark,
    Holdout,
    benchmark_files,
    check_files,
    class_map_path,
    find_benchmark,
    headline_line,
    left_out_phrases,
    published_lines,
    read_benchmark,
    result_row,
    unfit,
)
from eventcorpus.eval.class_map import read_class_map
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.limits import read_gate
from eventcorpus.eval.report import Report
from eventcorpus.eval.report_table import report_lines, report_table
from eventcorpus.eval.sources import runs_of
from eventcorpus.files import sha256_of_file
from eventcorpus.models.folder import read_about
from eventcorpus.provenance import provenance
from eventcorpus.render.tables import console

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
        about = benchmark.description.split(". ")[0].strip(".")
        click.echo(f"{benchmark.key:<24} {benchmark.headline.name:<18} {about}")
    context.exit()


@click.command("benchmark")
@click.argument("wanted", metavar="FILE|NAME")
@MODELS
@PREDICTIONS_OF_RUNS
@click.option(
    "--data", "data_path", type=PATH, help="The folder with the data  [default: the benchmark's, if it has one]"
)
@click.option("--any-data", is_flag=True, help="Score data whose hash is not the benchmark's; the report says so.")
@click.option("--dataset", "keep", type=PATH, help="Keep the converted dataset there, to train on or to predict.")
@json_option("the report", "eval/report.schema.json")
@GATE
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="The benchmarks there are."
)
@click.pass_context
def command(
    context: click.Context,
    wanted: str,
    model_paths: tuple[Path, ...],
    predictions_paths: tuple[Path, ...],
    data_path: Path | None,
    any_data: bool,
    keep: Path | None,
    json_path: Path | None,
    gate_path: Path | None,
) -> None:
    """Score a model on a benchmark: data with a hash, a conversion, a split and a headline figure under one version.

    FILE follows eval/benchmarks/*.yaml; NAME is one of --list. With --dataset and neither model nor predictions, the
    data is converted and nothing is scored.

    \b
    Example:
      eventcorpus benchmark shipped-test --model models/runs/demo
    """
    if model_paths and predictions_paths:
        raise click.UsageError("give either --model DIR or --predictions FILE")
    if not (model_paths or predictions_paths or keep):
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
        systems = model_paths or predictions_paths
        report = _report(benchmark, path, dataset, systems, command_line(context)) if systems else None
    if report is None:
        click.echo(f"{benchmark.key}: converted to {keep}; nothing was scored")
        return
    versions = report.versions | provenance(path.parent)
    key = benchmark.key + (OTHER_DATA if other else "")
    report = report.model_copy(update={"benchmark": key, "versions": versions})
    for phrase in left_out_phrases(report):
        notice(phrase)
    if not put_json(json_path, report.model_dump(mode="json", by_alias=True)):
        _print(benchmark, report)
    if gate:
        hold_to(gate, report, place=str(gate_path))


def _report(benchmark: Benchmark, path: Path, dataset: Dataset, systems: Sequence[Path], line: str) -> Report:
    gold = dataset.split(benchmark.split)
    mapped = class_map_path(benchmark, path)
    class_map, hints = read_class_map(mapped, dataset.ontology.labels) if mapped else (None, [])
    for hint in hints:
        notice(f"{mapped}: gold: {hint}")
    for model_path in (system for system in systems if system.is_dir()):
        if reason := unfit(read_about(model_path).ontology.labels, benchmark, dataset.ontology.labels, class_map):
            raise InputError(f"{model_path}: {reason}")
    runs = runs_of(systems, dataset.split(benchmark.split), dataset.ontology, hint_labels=class_map is None)
    with working("judge"):
        return evaluate(
            gold,
            runs,
            dataset.ontology,
            name=benchmark.name,
            split=benchmark.split,
            dataset_sha256=manifest_hash(dataset.folder),
            class_map=class_map,
            train=dataset.splits.get("train") if benchmark.split != "train" else None,
            annotations=read_annotations(dataset.folder, splits=[benchmark.split])[1],
            command=line,
        )


def _print(benchmark: Benchmark, report: Report) -> None:
    console().print(report_table(report))
    for line in (*report_lines(report), *published_lines(benchmark)):
        click.echo(line)
    click.echo(headline_line(benchmark, report))
    click.echo(result_row(report, benchmark))


@contextmanager
def benchmark_dataset(
    benchmark: Benchmark, data: Path, files: Sequence[Path], *, keep: Path | None = None
) -> Iterator[Dataset]:
    """Convert the files of a benchmark, and no other that lies beside them.

    Args:
        files: in ``data``; see ``check_files``.
        keep: where the dataset stays, for training on its other splits; else it is gone after the block.

    Raises:
        InputError: if the format is not known, or a file cannot be read as it.
        OutputError: if ``keep`` is taken by something else.
    """
    wanted = benchmark.convert.format
    if wanted not in SOURCES:
        raise InputError(f"{benchmark.key}: convert.format: there is no format {wanted!r}; {nearest(wanted, SOURCES)}")
    with tempfile.TemporaryDirectory(prefix="eventcorpus-benchmark-") as temporary:
        staged = Path(temporary) / data.resolve().name
        for file in files:
            place = staged / file.relative_to(data)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        out = keep or Path(temporary) / "dataset"
        _convert(benchmark, staged, out, {file.relative_to(data).as_posix(): sha256_of_file(file) for file in files})
        yield read_dataset(out)


def _convert(benchmark: Benchmark, data: Path, out: Path, inputs: dict[str, str]) -> None:
    options = benchmark.convert
    request = Request(
        inputs=[data / path for path in options.inputs],
        ontology=data / options.ontology if options.ontology else None,
        splits=data / options.splits if options.splits else None,
        gold=options.gold,
        scheme=options.scheme,
        min_confidence=options.min_confidence,
        refuse=options.refuse,
    )
    conversion = SOURCES[options.format].read(request)
    if options.holdout is not None:
        conversion = replace(conversion, entries=held_out(conversion.entries, options.holdout))
    write_dataset(
        out,
        conversion.entries,
        conversion.ontology,
        conversion.report,
        gold_policy=conversion.gold_policy,
        inputs=inputs,
    )
    notice(f"{benchmark.key}: {conversion.report.summary()}")


def held_out(entries: Iterable[Entry], holdout: Holdout) -> Iterator[Entry]:
    """Move every so many entries of a split, counted from 1 in their order, to another."""
    n = 0
    for entry in entries:
        n += entry.split == holdout.of
        moved = entry.split == holdout.of and n % holdout.every == 0
        yield replace(entry, split=holdout.becomes) if moved else entry
