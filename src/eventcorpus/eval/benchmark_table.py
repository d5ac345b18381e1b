"""The result of a benchmark as people read it: the headline, what others published, a row for a README."""

from __future__ import annotations

from eventcorpus.eval.benchmark import Benchmark, metric_figure
from eventcorpus.eval.figures import shown
from eventcorpus.eval.report import Report
from eventcorpus.eval.report_table import percent

HEADER = ("benchmark", "model", "figure", "% [95% interval]", "articles", "gold")


def headline_line(benchmark: Benchmark, report: Report) -> str:
    """The headline with its interval, and the spread of several runs."""
    name = benchmark.headline.name
    figure = shown(metric_figure(report, benchmark.headline)) + _deviation(report, benchmark)
    return f"{report.benchmark}: {report.model.name}: {name} {figure}"


def left_out_phrases(report: Report) -> list[str]:
    """What the class map left out, for each side."""
    if report.classes is None:
        return []
    sides = (("gold", report.classes.gold), ("predicted", report.classes.predicted))
    phrases = []
    for side, about in sides:
        listed = ", ".join(f"{label} {n:,}" for label, n in about.left_out.items()) or "none"
        phrases.append(f"{side}: of no class and not scored: {listed}; {about.twins:,} twice in one class")
    return phrases


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
