"""The result of a benchmark as people read it: a table of systems, the headline, a row for a README."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rich.table import Table

from eventcorpus.eval.benchmark import Benchmark, metric_figure
from eventcorpus.eval.figures import shown
from eventcorpus.eval.report import Report
from eventcorpus.eval.report_table import percent

HEADER = ("benchmark", "model", "figure", "score [95% interval]", "articles", "gold", "command")


def benchmark_table(benchmark: Benchmark, reports: Sequence[Report]) -> Table:
    """One row a system, one column a figure."""
    table = Table(title=f"{benchmark.key}, {benchmark.split}: %", title_justify="left")
    table.add_column("model")
    for metric in benchmark.metrics:
        table.add_column(metric.name, justify="right")
    for report in reports:
        table.add_row(report.model.name, *(shown(metric_figure(report, metric)) for metric in benchmark.metrics))
    return table


def headline_lines(benchmark: Benchmark, reports: Sequence[Report]) -> list[str]:
    """The headline of each system with its interval; of several also their mean and standard deviation."""
    lines, name = [], benchmark.headline.name
    for report in reports:
        figure = metric_figure(report, benchmark.headline)
        without = "" if figure.interval else " (no interval)"
        lines.append(f"{report.benchmark}: {report.model.name}: {name} {shown(figure)}{without}")
    if len(reports) > 1:
        values = [metric_figure(report, benchmark.headline).value for report in reports]
        lines.append(f"{reports[0].benchmark}: mean of the {len(values)} models: {name} {mean_and_deviation(values)}")
    return lines


def mean_and_deviation(values: Sequence[float | None]) -> str:
    """Mean and standard deviation (n - 1) in percent; a dash if one is undefined.

    >>> mean_and_deviation([0.691, 0.684, 0.698])
    '69.1 ± 0.7'
    """
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not known:
        return percent(None)
    if len(known) == 1:
        return percent(known[0])
    return f"{percent(statistics.mean(known))} ± {percent(statistics.stdev(known))}"


def published_lines(benchmark: Benchmark) -> list[str]:
    """What others published, one line each, with how far it can be compared."""
    lines = []
    for one in benchmark.results:
        size = f" ({one.size})" if one.size else ""
        deviation = f" ± {one.deviation:g}" if one.deviation is not None else ""
        lines.append(
            f"published: {one.system}{size}: {one.score:g}{deviation}, {one.metric}; {' '.join(one.comparable.split())}"
        )
    return lines


def result_row(benchmark: Benchmark, report: Report) -> str:
    """The row of one report in a Markdown table with ``HEADER``."""
    headline = benchmark.headline
    cells = (
        report.benchmark,
        report.model.name,
        headline.name,
        shown(metric_figure(report, headline)),
        f"{report.dataset.articles:,}",
        f"{report.exact.micro.support:,}",
        f"`{report.command}`",
    )
    return f"| {' | '.join(cells)} |"
