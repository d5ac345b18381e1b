"""A benchmark as a file with a version: which data, how it is converted, what is scored and which figure counts.

A score is always of (name, version): a change of meaning, which is hashed, bumps the version (after the task versions
of lm-evaluation-harness).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from eventcorpus.dataset.folder import manifest_hash
from eventcorpus.errors import InputError
from eventcorpus.eval.class_map import ClassMap
from eventcorpus.eval.intervals import FIGURES, figure_of, shown
from eventcorpus.eval.report import Figure, Matching, Report
from eventcorpus.files import StrictModel, read_yaml_as
from eventcorpus.package_data import find_yaml, package_path
from eventcorpus.tables import percent

FOLDER = "eval/benchmarks"
OTHER_DATA = " (other data)"
"""What the name of a benchmark ends with in reports on data whose hash is not the benchmark's."""
Split = Literal["train", "validation", "test"]
Match = Literal["exact", "boundary", "type", "overlap"]
Text = Annotated[str, Field(min_length=1)]


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
    """A checked benchmark; ``data``, ``annotations`` and ``class_map`` are paths from the file's own folder.

    The data is converted (``convert``), or is the texts of a standoff dataset (``annotations``).
    """

    schema_: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: Annotated[int, Field(ge=1, strict=True)]
    description: Text
    citation: Text
    licence: Text
    source: Text
    data: str | None = None
    convert: Convert | None = None
    annotations: str | None = None
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

    @model_validator(mode="after")
    def _one_gold(self) -> Benchmark:
        if (self.convert is None) == (self.annotations is None):
            raise ValueError("gold comes from the key convert or from the key annotations; give one of them")
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


def annotations_path(benchmark: Benchmark, path: Path) -> Path | None:
    """Where the standoff dataset of the benchmark in ``path`` lies."""
    return path.parent / benchmark.annotations if benchmark.annotations else None


def meaning_sha256(benchmark: Benchmark, path: Path) -> str:
    """SHA-256 of everything that decides a score, as JSON with sorted keys: data, conversion, split, classes, figures.

    Words about them are not in it; ``versions.json`` holds it for every version.
    """
    mapped, standoff = class_map_path(benchmark, path), annotations_path(benchmark, path)
    gold = {"annotations": manifest_hash(standoff)} if standoff else {}
    meaning = gold | {
        "convert": benchmark.convert.model_dump() if benchmark.convert else None,
        "files": sorted((f.model_dump() for f in benchmark.files), key=lambda f: str(f["path"])),
        "split": benchmark.split,
        "classes": read_yaml_as(ClassMap, mapped, what="a map").model_dump() if mapped else None,
        "metrics": [metric.model_dump(exclude={"definition"}) for metric in benchmark.metrics],
    }
    return hashlib.sha256(json.dumps(meaning, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


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
