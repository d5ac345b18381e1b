"""Convert the data of a benchmark and score systems on it."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from eventcorpus.dataset.convert import FORMATS, Request, read_annotations_of
from eventcorpus.dataset.folder import Dataset, Entry, manifest_hash, read_annotations, read_dataset, write_dataset
from eventcorpus.errors import InputError, nearest
from eventcorpus.eval.benchmark import Benchmark, Holdout, check_files, class_map_path, unfit
from eventcorpus.eval.class_map import read_class_map
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.report import Report
from eventcorpus.eval.sources import runs_of
from eventcorpus.files import sha256_of_file
from eventcorpus.models.folder import read_about
from eventcorpus.progress import OnProgress
from eventcorpus.provenance import provenance

OTHER_DATA = " (other data)"
"""What the name of a benchmark ends with in reports on data whose hash is not the benchmark's."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BenchmarkData:
    """The files of a benchmark in a folder; ``other`` has a phrase for each whose hash is not the benchmark's."""

    benchmark: Benchmark
    path: Path
    folder: Path
    files: Sequence[Path]
    other: Sequence[str]


def find_data(benchmark: Benchmark, path: Path, folder: Path, *, any_data: bool = False) -> BenchmarkData:
    """Check the files of a benchmark.

    Args:
        path: of the benchmark's own file.
        folder: with the data.
        any_data: take files whose hash is not the benchmark's.

    Raises:
        InputError: if a file is missing, or is another and ``any_data`` is false.
    """
    files, other = check_files(benchmark, folder)
    if other and not any_data:
        raise InputError(f"{other[0]}; get the file that source names, or score this one with --any-data")
    for phrase in other:
        logger.info("other data: %s", phrase)
    for file in benchmark.files:
        if file.sha256 is None and folder / file.path in files:
            logger.info(
                "%s: %s knows no hash of it; whether it is the right file is not checked",
                folder / file.path,
                benchmark.key,
            )
    return BenchmarkData(benchmark, path, folder, files, other)


def run_benchmark(
    data: BenchmarkData, dataset: Dataset, systems: Sequence[Path], *, command: str = "", on_progress: OnProgress | None
) -> Report:
    """Score one system, or several runs of it, on the converted data.

    Args:
        dataset: see ``benchmark_dataset``.
        systems: model folders or files of predictions.

    Raises:
        InputError: if a model can find nothing that the benchmark asks for.
    """
    benchmark = data.benchmark
    gold = dataset.split(benchmark.split)
    mapped = class_map_path(benchmark, data.path)
    class_map = read_class_map(mapped, dataset.ontology.labels) if mapped else None
    for model_path in (system for system in systems if system.is_dir()):
        if reason := unfit(read_about(model_path).ontology.labels, benchmark, dataset.ontology.labels, class_map):
            raise InputError(f"{model_path}: {reason}")
    report = evaluate(
        gold,
        runs_of(systems, gold, dataset.ontology, hint_labels=class_map is None, on_progress=on_progress),
        dataset.ontology,
        name=benchmark.name,
        split=benchmark.split,
        dataset_sha256=manifest_hash(dataset.folder),
        class_map=class_map,
        train=dataset.splits.get("train") if benchmark.split != "train" else None,
        annotations=read_annotations(dataset.folder, splits=[benchmark.split])[1],
        command=command,
    )
    for notice in report.notices():
        logger.info("%s", notice)
    key = benchmark.key + (OTHER_DATA if data.other else "")
    return report.model_copy(update={"benchmark": key, "versions": report.versions | provenance(data.path.parent)})


@contextmanager
def benchmark_dataset(data: BenchmarkData, *, keep: Path | None = None) -> Iterator[Dataset]:
    """Convert the files of a benchmark, and no other that lies beside them.

    Args:
        keep: where the dataset stays, for training on its other splits; else it is gone after the block.

    Raises:
        InputError: if the format is not known, or a file cannot be read as it.
        OutputError: if ``keep`` is taken by something else.
    """
    with tempfile.TemporaryDirectory(prefix="eventcorpus-benchmark-") as temporary:
        staged = Path(temporary) / data.folder.resolve().name
        for file in data.files:
            place = staged / file.relative_to(data.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        out = keep or Path(temporary) / "dataset"
        hashes = {file.relative_to(data.folder).as_posix(): sha256_of_file(file) for file in data.files}
        _convert(data.benchmark, staged, out, hashes)
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
    if options.format not in FORMATS:
        way_out = nearest(options.format, FORMATS)
        raise InputError(f"{benchmark.key}: convert.format: there is no format {options.format!r}; {way_out}")
    annotations = read_annotations_of(request, options.format)
    if options.holdout is not None:
        annotations = replace(annotations, entries=held_out(annotations.entries, options.holdout))
    write_dataset(
        out,
        annotations.entries,
        annotations.ontology,
        annotations.report,
        gold_policy=annotations.gold_policy,
        inputs=inputs,
    )
    logger.info("%s: %s", benchmark.key, annotations.report.summary())


def held_out(entries: Iterable[Entry], holdout: Holdout) -> Iterator[Entry]:
    """Move every so many entries of a split, counted from 1 in their order, to another."""
    n = 0
    for entry in entries:
        n += entry.split == holdout.of
        moved = entry.split == holdout.of and n % holdout.every == 0
        yield replace(entry, split=holdout.becomes) if moved else entry
