"""A benchmark on its data: files are checked, made into a dataset, and systems are scored on it.

Comes in: a benchmark, the folder with its data, models or predictions. Goes out: a dataset, and a report.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from eventcorpus.articles.read import held_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.convert import Request, read_annotations_of
from eventcorpus.dataset.folder import (
    Dataset,
    Entry,
    join_text,
    manifest_hash,
    read_annotations,
    read_dataset,
    text_hashes,
    write_dataset,
)
from eventcorpus.dataset.formats import FORMATS
from eventcorpus.errors import InputError, nearest
from eventcorpus.eval.benchmark import OTHER_DATA, Benchmark, Convert, Holdout, annotations_path, class_map_path
from eventcorpus.eval.class_map import ClassMap, read_class_map
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.report import Report
from eventcorpus.eval.sources import Gold, Options, runs_of
from eventcorpus.files import sha256_of_file
from eventcorpus.models.folder import read_about
from eventcorpus.progress import OnProgress
from eventcorpus.provenance import provenance

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BenchmarkData:
    """The files of a benchmark in a folder; ``other`` has a phrase for each whose hash is not the benchmark's.

    ``path`` is that of the benchmark's own file; ``files`` has the hash of each by its path in the folder.
    """

    benchmark: Benchmark
    path: Path
    folder: Path
    files: dict[str, str]
    other: Sequence[str]


def find_data(benchmark: Benchmark, path: Path, folder: Path, *, any_data: bool = False) -> BenchmarkData:
    """Check the files of a benchmark.

    Args:
        path: of the benchmark's own file.
        folder: with the data; for a standoff dataset it may also be the file with the texts, whatever its name.
        any_data: take files whose hash is not the benchmark's.

    Raises:
        InputError: if a file is missing (it says where to get it), or is another and ``any_data`` is false.
    """
    if benchmark.annotations and folder.is_file():
        return BenchmarkData(benchmark, path, folder.parent, {folder.name: sha256_of_file(folder)}, ())
    files: dict[str, str] = {}
    other: list[str] = []
    unchecked: list[Path] = []
    for file in benchmark.files:
        place = folder / file.path
        if place.is_file():
            found = files[place.relative_to(folder).as_posix()] = sha256_of_file(place)
            if file.sha256 is None and not benchmark.annotations:  # standoff has the hash of every text
                unchecked.append(place)
            elif file.sha256 not in (None, found):
                other.append(f"{place} has sha256 {found}, that of {benchmark.key} has {file.sha256}")
        elif file.required:
            raise InputError(f"{place}: no such file, {benchmark.key} needs it; {_where_to_get(benchmark)}")
    if other and not any_data:
        raise InputError(f"{other[0]}; get the file that source names, or score this one with --any-data")
    for phrase in other:
        logger.info("other data: %s", phrase)
    for place in unchecked:
        logger.info("%s: %s knows no hash of it; whether it is the right file is not checked", place, benchmark.key)
    return BenchmarkData(benchmark, path, folder, files, other)


def _where_to_get(benchmark: Benchmark) -> str:
    return f"where to get it: {' '.join(benchmark.source.split())}"


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
    sha256 = manifest_hash(dataset.folder)
    scored_on = Gold(gold, dataset.ontology, benchmark.name, benchmark.split, sha256, dataset.folder)
    options = Options(benchmark.split)
    report = evaluate(
        gold,
        runs_of(systems, scored_on, options, hint_labels=class_map is None, on_progress=on_progress),
        dataset.ontology,
        name=benchmark.name,
        split=benchmark.split,
        dataset_sha256=sha256,
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
    """Convert the files of a benchmark, or put their texts into its standoff dataset; nothing beside them is read.

    Args:
        keep: where the dataset stays, for training on its other splits; else it is gone after the block.

    Raises:
        InputError: if the format is not known, a file cannot be read as it, or an article of a standoff dataset is
            missing or has another text.
        OutputError: if ``keep`` is taken by something else.
    """
    with tempfile.TemporaryDirectory(prefix="eventcorpus-benchmark-") as temporary:
        out = keep or Path(temporary) / "dataset"
        standoff, options = annotations_path(data.benchmark, data.path), data.benchmark.convert
        if standoff is not None:
            report = _join(data, standoff, out)
        else:
            assert options is not None
            report = _convert(data, options, out)
        logger.info("%s: %s", data.benchmark.key, report.summary())
        yield read_dataset(out)


def _convert(data: BenchmarkData, options: Convert, out: Path) -> ConversionReport:
    if options.format not in FORMATS:
        way_out = nearest(options.format, FORMATS)
        raise InputError(f"{data.benchmark.key}: convert.format: there is no format {options.format!r}; {way_out}")
    with tempfile.TemporaryDirectory(prefix="eventcorpus-benchmark-") as temporary:
        staged = Path(temporary) / data.folder.resolve().name
        for file in data.files:
            (staged / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(data.folder / file, staged / file)
        request = Request(
            inputs=[staged / path for path in options.inputs],
            ontology=staged / options.ontology if options.ontology else None,
            splits=staged / options.splits if options.splits else None,
            scheme=options.scheme if "scheme" in FORMATS[options.format].options else None,
            **options.model_dump(include={"gold", "min_confidence", "refuse"}),
        )
        found = read_annotations_of(request, options.format)
        entries = held_out(found.entries, options.holdout) if options.holdout else found.entries
        write_dataset(out, entries, found.ontology, found.report, gold_policy=found.gold_policy, inputs=data.files)
        return found.report


def _join(data: BenchmarkData, standoff: Path, out: Path) -> ConversionReport:
    """Write the standoff dataset with its texts, which must be there, all of them and unchanged."""
    places = [data.folder / file for file in data.files]
    articles = held_articles(places, ReadReport(as_written={}))
    held = {article.text_sha256 for article in articles}
    absent = {id_: sha256 for id_, sha256 in text_hashes(standoff).items() if sha256 not in held}
    if absent:
        id_, sha256 = next(iter(absent.items()))
        found = next((article.text_sha256 for article in articles if article.id == id_), None)
        what = f"the text of article {id_!r} has sha256 {found}, not {sha256}" if found else f"no article {id_!r}"
        more = f" (and {len(absent) - 1:,} more)" if len(absent) > 1 else ""
        place = places[0] if places else data.folder
        needs = f"{data.benchmark.key} needs the text that was annotated"
        raise InputError(f"{place}: {what}{more}; {needs}; {_where_to_get(data.benchmark)}")
    return join_text(standoff, articles, out, strict=True)[1]


def held_out(entries: Iterable[Entry], holdout: Holdout) -> Iterator[Entry]:
    """Move every so many entries of a split, counted from 1 in their order, to another."""
    n = 0
    for entry in entries:
        n += entry.split == holdout.of
        moved = entry.split == holdout.of and n % holdout.every == 0
        yield replace(entry, split=holdout.becomes) if moved else entry


def unfit(labels: Sequence[str], benchmark: Benchmark, gold_labels: Sequence[str], classes: ClassMap | None) -> str:
    """Why a model with these labels can find nothing that the benchmark asks for; empty if it can."""
    wanted = list(classes.predicted) if classes else list(gold_labels)
    if set(labels) & set(wanted):
        return ""
    return (
        f"the model knows {', '.join(labels)}; {benchmark.key} asks for {', '.join(wanted)}, and not one is the same; "
        "score a model that was trained for this benchmark"
    )
