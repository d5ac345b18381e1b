"""The evaluation report as people read it in a terminal: at most 100 columns, and readable in 80."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from eventcorpus.eval.report import Figures, Interval, LabelFigures, Report


def percent(value: float | None) -> str:
    """A share as people read it; a dash where it is undefined."""
    return "–" if value is None else f"{100 * value:.1f}"


def ends(interval: Interval | None) -> str:
    """Both ends of an interval as people read them; empty without one."""
    return "" if interval is None else f"{percent(interval.low)}–{percent(interval.high)}"


def f1_ends(figures: Figures) -> str:
    """The interval of F1 as people read it."""
    return ends(figures.intervals.f1) if figures.intervals else ""


def report_table(report: Report) -> Table:
    """The report for a terminal, labels in ontology order, averages last, and below what the figures mean."""
    table = Table(
        title=escape(f"{report.model.name} on {report.dataset.name}, {report.dataset.split}: exact match, %"),
        title_justify="left",
        caption=escape(" ".join(meaning(report))),
        caption_justify="left",
        caption_style="dim",
        box=box.SIMPLE_HEAD,
        padding=(0, 0),
        pad_edge=False,
    )
    table.add_column("label", overflow="fold", min_width=12)
    for name in ("pre-\ncision", "recall", "F1"):
        table.add_column(name, justify="right", no_wrap=True)
    if report.bootstrap:
        table.add_column(_level(report), justify="right", no_wrap=True)
    relaxed = report.overlap
    if relaxed:
        table.add_column("overlap\nF1", justify="right", no_wrap=True)
    if report.agreement:
        table.add_column("people", justify="right", no_wrap=True)
    for name in ("gold", "pre-\ndicted"):
        table.add_column(name, justify="right", no_wrap=True)

    def add(name: str, row: Figures, overlap: Figures | None, people: float | None, counts: Sequence[str]) -> None:
        cells = [percent(row.precision), percent(row.recall), percent(row.f1)]
        cells += [f1_ends(row)] if report.bootstrap else []
        cells += [percent(overlap.f1 if overlap else None)] if relaxed else []
        cells += [percent(people)] if report.agreement else []
        table.add_row(escape(name), *cells, *counts)

    agreement = report.agreement
    for label, row in report.exact.labels.items():
        figure = agreement.labels.get(label) if agreement else None
        overlap = relaxed.labels.get(label) if relaxed else None
        add(label, row, overlap, figure.value if figure else None, _counts(row))
    table.add_section()
    micro = report.exact.micro
    people = agreement.all_labels.value if agreement else None
    add("micro", micro, relaxed.micro if relaxed else None, people, _counts(micro))
    add("macro", report.exact.macro, relaxed.macro if relaxed else None, None, ("", ""))
    return table


def meaning(report: Report) -> list[str]:
    """What the figures of the table are, a sentence each."""
    said = ["Exact: a mention is right if its place and label are those of a gold mention."]
    if report.bootstrap:
        units = f" of {report.dataset.units:,} articles or clusters" if report.dataset.units else ""
        said.append(f"{_level(report)}: interval of F1, {report.bootstrap.resamples:,} resamples{units}.")
    if report.overlap:
        said.append("Overlap: ends may differ.")
    if report.agreement:
        said.append(f"People: F1 of two annotators on {report.agreement.articles:,} of these articles.")
    for name, floor in (report.floors or {}).items():
        said.append(f"Floor {name}: micro F1 {percent(floor.exact.micro.f1)}.")
    if report.smallest_difference is not None:
        said.append(
            f"These articles tell two systems apart from {100 * report.smallest_difference:.1f} points of micro F1 on."
        )
    return said


def _counts(row: LabelFigures) -> tuple[str, str]:
    return f"{row.support:,}", f"{row.predicted:,}"


def _level(report: Report) -> str:
    return f"{round(100 * report.bootstrap.level)}%" if report.bootstrap else ""
