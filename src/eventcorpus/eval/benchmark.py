"""A benchmark as a file with a version: which data, how it is converted, what is scored and which figure counts.

A score is always of (name, version): a change of meaning, which is hashed, bumps the version (after the task versions
of lm-evaluation-harness).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from eventcorpus.errors import InputError
from eventcorpus.eval.class_map import ClassMap
from eventcorpus.eval.intervals import FIGURES, figure_of, shown
from eventcorpus.eval.report import Figure, Matching, Part, Report
from eventcorpus.files import read_yaml_as, sha256_of_file
from eventcorpus.package_data import find_yaml, package_path
from eventcorpus.tables import percent

FOLDER = "eval/benchmarks"
Split = Literal["train", "validation", "test"]
Match = Literal["exact", "boundary", "type", "overlap"]
Text = Annotated[str, Field(min_length=1)]


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        raise ValueError(f"{path!r} must lie in the data folder: neither absolute nor with ..")
    return path


Inside = Annotated[str, Field(min_length=1), AfterValidator(_inside)]


class DataFile(Part):
    """A file of the data: its path in the data folder, and its hash where the file is fixed and known to us."""

    path: Inside
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    required: bool = True


class Holdout(Part):
    """Every so many articles of a split, counted from 1 in the order of the file, become another split."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    every: Annotated[int, Field(ge=2, strict=True)]
    of: Split
    becomes: Split

    @model_validator(mode="after")
    def _different(self) -> Holdout:
        if self.of == self.becomes:
            raise ValueError(f"of and becomes are both {self.of!r}; name two splits")
        return self


class Convert(Part):
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


class Metric(Part):
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


class Published(Part):
    """A result that others published, in percent, and how far it can be compared."""

    system: Text
    size: str = ""
    metric: Text
    score: Annotated[float, Field(ge=0, le=100)]
    deviation: Annotated[float, Field(ge=0)] | None = None
    source: Text
    comparable: Text


class Benchmark(Part):
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


def meaning(benchmark: Benchmark, path: Path) -> dict[str, Any]:
    """Everything that decides a score: data, conversion, split, classes, figures; words about them are not in it."""
    mapped = class_map_path(benchmark, path)
    return {
        "convert": benchmark.convert.model_dump(),
        "files": sorted((f.model_dump() for f in benchmark.files), key=lambda f: str(f["path"])),
        "split": benchmark.split,
        "classes": read_yaml_as(ClassMap, mapped, what="a map").model_dump() if mapped else None,
        "metrics": [metric.model_dump(exclude={"definition"}) for metric in benchmark.metrics],
    }


def meaning_sha256(benchmark: Benchmark, path: Path) -> str:
    """SHA-256 of ``meaning`` as JSON with sorted keys; ``versions.json`` holds it for every version."""
    content = json.dumps(meaning(benchmark, path), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def check_files(benchmark: Benchmark, data: Path) -> tuple[list[Path], list[str]]:
    """Look at the files of the data.

    Returns:
        the files that are there, and a phrase for each whose hash is not the benchmark's.

    Raises:
        InputError: if a file that is needed is missing; it says where to get it.
    """
    present: list[Path] = []
    other: list[str] = []
    for file in benchmark.files:
        path = data / file.path
        if not path.is_file():
            if file.required:
                source = " ".join(benchmark.source.split())
                raise InputError(f"{path}: no such file, {benchmark.key} needs it; where to get it: {source}")
            continue
        present.append(path)
        found = sha256_of_file(path)
        if file.sha256 is not None and found != file.sha256:
            other.append(f"{path} has sha256 {found}, that of {benchmark.key} has {file.sha256}")
    return present, other


def metric_figure(report: Report, metric: Metric) -> Figure:
    """The figure of a metric in a report, undefined if the report lacks that definition of a match."""
    matching: Matching | None = getattr(report, metric.match)
    return Figure(value=None) if matching is None else figure_of(getattr(matching, metric.average), metric.figure)


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
    name = benchmark.headline.name
    figure = shown(metric_figure(report, benchmark.headline)) + _deviation(report, benchmark)
    return f"{report.benchmark}: {report.model.name}: {name} {figure}"


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
    cells = (
        report.benchmark,
        report.model.name,
        benchmark.headline.name,
        shown(metric_figure(report, benchmark.headline)) + _deviation(report, benchmark),
        f"{report.dataset.articles:,}",
        f"{report.exact.micro.support:,}",
    )
    return f"| {' | '.join(cells)} |"


def _deviation(report: Report, benchmark: Benchmark) -> str:
    """The standard deviation over runs, where the headline is the figure that it is known of."""
    headline = benchmark.headline
    if report.seeds is None or report.seeds.deviation is None:
        return ""
    if (headline.match, headline.average, headline.figure) != ("exact", "micro", "f1"):
        return ""
    return f" ± {percent(report.seeds.deviation)} over runs"
