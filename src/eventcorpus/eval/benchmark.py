"""A benchmark as a file with a version: which data, how it is converted, what is scored and which figure counts.

A score is always of (name, version): a change of meaning, which is hashed, bumps the version (after the task versions
of lm-evaluation-harness).
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from eventcorpus.dataset.convert import Request, read_annotations_of
from eventcorpus.dataset.folder import Dataset, Entry, manifest_hash, read_annotations, read_dataset, write_dataset
from eventcorpus.dataset.formats import FORMATS
from eventcorpus.errors import InputError, nearest
from eventcorpus.eval.class_map import ClassMap, read_class_map
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.intervals import FIGURES, figure_of, shown
from eventcorpus.eval.report import Figure, Matching, Report
from eventcorpus.eval.sources import Gold, Options, runs_of
from eventcorpus.files import StrictModel, read_yaml_as, sha256_of_file
from eventcorpus.models.folder import read_about
from eventcorpus.package_data import find_yaml, package_path
from eventcorpus.progress import OnProgress
from eventcorpus.provenance import provenance
from eventcorpus.tables import percent

FOLDER = "eval/benchmarks"
OTHER_DATA = " (other data)"
"""What the name of a benchmark ends with in reports on data whose hash is not the benchmark's."""
Split = Literal["train", "validation", "test"]
Match = Literal["exact", "boundary", "type", "overlap"]
Text = Annotated[str, Field(min_length=1)]
logger = logging.getLogger(__name__)


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        raise ValueError(f"{path!r} must lie in the data folder: neither absolute nor with ..")
    return path


Inside = Annotated[str, Field(min_length=1), AfterValidator(_inside)]


class DataFile(StrictModel):
    """A file of the data: its path in the data folder, and its hash where the file is fixed and known to us."""

    path: Inside
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    required: bool = True


class Holdout(StrictModel):
    """Every so many articles of a split, counted from 1 in the order of the file, become another split."""

    every: Annotated[int, Field(ge=2, strict=True)]
    of: Split
    becomes: Split

    @model_validator(mode="after")
    def _different(self) -> Holdout:
        if self.of == self.becomes:
            raise ValueError(f"of and becomes are both {self.of!r}; name two splits")
        return self


class Convert(StrictModel):
    """How ``eventcorpus convert`` reads the data: its options, with paths in the data folder."""

    format: Text
    inputs: tuple[Inside, ...] = (".",)
    ontology: Inside | None = None
    splits: Inside | None = None
    gold: str | None = None
    scheme: str = "iob2"
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    refuse: bool = False
    holdout: Holdout | None = None


class Metric(StrictModel):
    """A figure of the report. One of a benchmark is the headline."""

    match: Match
    average: Literal["micro", "macro"]
    figure: Literal["precision", "recall", "f1"] = "f1"
    headline: bool = False
    definition: Text

    @property
    def name(self) -> str:
        """As tables say it: ``exact micro F1``."""
        return f"{self.match} {self.average} {FIGURES[self.figure]}"


class Published(StrictModel):
    """A result that others published, in percent, and how far it can be compared."""

    system: Text
    size: str = ""
    metric: Text
    score: Annotated[float, Field(ge=0, le=100)]
    deviation: Annotated[float, Field(ge=0)] | None = None
    source: Text
    comparable: Text


class Benchmark(StrictModel):
    """A checked benchmark; ``data`` and ``class_map`` are paths from the file's own folder."""

    schema_: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: Annotated[int, Field(ge=1, strict=True)]
    description: Text
    citation: Text
    licence: Text
    source: Text
    data: str | None = None
    convert: Convert
    files: Annotated[tuple[DataFile, ...], Field(min_length=1)]
    split: Split
    class_map: str | None = None
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1)]
    results: tuple[Published, ...] = ()

    @model_validator(mode="after")
    def _one_headline(self) -> Benchmark:
        n = sum(metric.headline for metric in self.metrics)
        if n != 1:
            raise ValueError(f"metrics: {n} have headline: true; exactly one figure is the headline")
        return self

    @property
    def key(self) -> str:
        """``name@version``, as reports carry it."""
        return f"{self.name}@{self.version}"

    @property
    def headline(self) -> Metric:
        """The figure that counts."""
        return next(metric for metric in self.metrics if metric.headline)


def read_benchmark(path: Path) -> Benchmark:
    """Read a benchmark.

    Raises:
        InputError: naming the key that does not fit, or the nearest to one that does not exist.
    """
    benchmark = read_yaml_as(Benchmark, path, what="a benchmark")
    if benchmark.name != path.stem:
        raise InputError(f"{path}: name is {benchmark.name!r}; a benchmark is called as its file, {path.stem!r}")
    return benchmark


def find_benchmark(wanted: str, folder: Path | None = None) -> Path:
    """The file of a benchmark that was named by path, or by its name in the folder (None: the shipped ones).

    Raises:
        InputError: naming the nearest that there is.
    """
    return find_yaml(wanted, folder or package_path(FOLDER), what="a benchmark")


def benchmark_files(folder: Path | None = None) -> list[Path]:
    """The benchmark files of a folder (None: the shipped ones), by name."""
    return sorted((folder or package_path(FOLDER)).glob("*.yaml"))


def class_map_path(benchmark: Benchmark, path: Path) -> Path | None:
    """Where the class map of the benchmark in ``path`` lies."""
    return path.parent / benchmark.class_map if benchmark.class_map else None


def meaning_sha256(benchmark: Benchmark, path: Path) -> str:
    """SHA-256 of everything that decides a score, as JSON with sorted keys: data, conversion, split, classes, figures.

    Words about them are not in it; ``versions.json`` holds it for every version.
    """
    mapped = class_map_path(benchmark, path)
    meaning = {
        "convert": benchmark.convert.model_dump(),
        "files": sorted((f.model_dump() for f in benchmark.files), key=lambda f: str(f["path"])),
        "split": benchmark.split,
        "classes": read_yaml_as(ClassMap, mapped, what="a map").model_dump() if mapped else None,
        "metrics": [metric.model_dump(exclude={"definition"}) for metric in benchmark.metrics],
    }
    return hashlib.sha256(json.dumps(meaning, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


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
        folder: with the data.
        any_data: take files whose hash is not the benchmark's.

    Raises:
        InputError: if a file is missing (it says where to get it), or is another and ``any_data`` is false.
    """
    files: dict[str, str] = {}
    other: list[str] = []
    unchecked: list[Path] = []
    for file in benchmark.files:
        place = folder / file.path
        if place.is_file():
            found = files[place.relative_to(folder).as_posix()] = sha256_of_file(place)
            if file.sha256 is None:
                unchecked.append(place)
            elif found != file.sha256:
                other.append(f"{place} has sha256 {found}, that of {benchmark.key} has {file.sha256}")
        elif file.required:
            source = " ".join(benchmark.source.split())
            raise InputError(f"{place}: no such file, {benchmark.key} needs it; where to get it: {source}")
    if other and not any_data:
        raise InputError(f"{other[0]}; get the file that source names, or score this one with --any-data")
    for phrase in other:
        logger.info("other data: %s", phrase)
    for place in unchecked:
        logger.info("%s: %s knows no hash of it; whether it is the right file is not checked", place, benchmark.key)
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
    """Convert the files of a benchmark, and no other that lies beside them.

    Args:
        keep: where the dataset stays, for training on its other splits; else it is gone after the block.

    Raises:
        InputError: if the format is not known, or a file cannot be read as it.
        OutputError: if ``keep`` is taken by something else.
    """
    options = data.benchmark.convert
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
        out = keep or Path(temporary) / "dataset"
        write_dataset(out, entries, found.ontology, found.report, gold_policy=found.gold_policy, inputs=data.files)
        logger.info("%s: %s", data.benchmark.key, found.report.summary())
        yield read_dataset(out)


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


HEADER = ("benchmark", "model", "figure", "% [95% interval]", "articles", "gold")


def headline_line(benchmark: Benchmark, report: Report) -> str:
    """The headline with its interval, and the spread of several runs."""
    return f"{report.benchmark}: {report.model.name}: {benchmark.headline.name} {_headline(benchmark, report)}"


def published_lines(benchmark: Benchmark) -> list[str]:
    """What others published, one line each, with how far it can be compared."""
    lines = []
    for result in benchmark.results:
        size = f" ({result.size})" if result.size else ""
        deviation = f" ± {result.deviation:g}" if result.deviation is not None else ""
        lines.append(
            f"published: {result.system}{size}: {result.score:g}{deviation}, {result.metric}; "
            f"{' '.join(result.comparable.split())}"
        )
    return lines


def result_row(report: Report, benchmark: Benchmark) -> str:
    """The row of a report in a Markdown table with the columns of ``HEADER``."""
    counts = f"{report.dataset.articles:,} | {report.exact.micro.support:,}"
    name, figure = benchmark.headline.name, _headline(benchmark, report)
    return f"| {report.benchmark} | {report.model.name} | {name} | {figure} | {counts} |"


def _headline(benchmark: Benchmark, report: Report) -> str:
    """The headline as people read it; with the standard deviation over runs where it is the figure that has one."""
    metric = benchmark.headline
    matching: Matching | None = getattr(report, metric.match)
    if matching is None:
        return shown(Figure(value=None))
    found = shown(figure_of(getattr(matching, metric.average), metric.figure))
    has_deviation = (metric.match, metric.average, metric.figure) == ("exact", "micro", "f1")
    if not has_deviation or report.seeds is None or report.seeds.deviation is None:
        return found
    return f"{found} ± {percent(report.seeds.deviation)} over runs"
