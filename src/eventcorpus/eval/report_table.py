"""The evaluation report as people read it in a terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table

from eventcorpus.eval.report import Report


def percent(value: float | None) -> str:
    """A share as people read it; a dash where it is undefined."""
    return "–" if value is None else f"{100 * value:.1f}"


def report_table(report: Report) -> Table:
    """The report for a terminal, labels in ontology order, averages last."""
    table = Table(
        title=f"{report.model.name} on {report.dataset.name}, {report.dataset.split}: exact match, %",
        title_justify="left",
    )
    table.add_column("label")
    for name in ("precision", "recall", "F1", "gold", "predicted"):
        table.add_column(name, justify="right")
    if report.overlap is not None:
        table.add_column("overlap F1", justify="right")
    relaxed = _overlap_column(report)
    for label, row in report.exact.labels.items():
        shares = (percent(x) for x in (row.precision, row.recall, row.f1))
        table.add_row(label, *shares, f"{row.support:,}", f"{row.predicted:,}", *relaxed(label))
    table.add_section()
    micro, macro = report.exact.micro, report.exact.macro
    table.add_row(
        "micro",
        *(percent(x) for x in (micro.precision, micro.recall, micro.f1)),
        f"{micro.support:,}",
        f"{micro.predicted:,}",
        *relaxed("micro"),
    )
    table.add_row("macro", *(percent(x) for x in (macro.precision, macro.recall, macro.f1)), "", "", *relaxed("macro"))
    return table


def _overlap_column(report: Report) -> Callable[[str], list[str]]:
    """The cell of the overlap column in each row, none without the column."""
    if report.overlap is None:
        return lambda row: []
    averages = {"micro": report.overlap.micro.f1, "macro": report.overlap.macro.f1}
    figures = {label: row.f1 for label, row in report.overlap.labels.items()} | averages
    return lambda row: [percent(figures[row])]
