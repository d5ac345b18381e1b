"""The evaluation report as people read it in a terminal."""

from __future__ import annotations

from rich.table import Table

from eventcorpus.eval.report import Interval, Report


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
    columns = [*_interval_column(report), *_agreement_column(report), *_overlap_column(report)]
    for name in ("precision", "recall", "F1", "gold", "predicted", *(name for name, _ in columns)):
        table.add_column(name, justify="right")

    def more(row: str) -> list[str]:
        return [cells[row] for _, cells in columns]

    for label, row in report.exact.labels.items():
        shares = (percent(x) for x in (row.precision, row.recall, row.f1))
        table.add_row(label, *shares, f"{row.support:,}", f"{row.predicted:,}", *more(label))
    table.add_section()
    micro, macro = report.exact.micro, report.exact.macro
    table.add_row(
        "micro",
        *(percent(x) for x in (micro.precision, micro.recall, micro.f1)),
        f"{micro.support:,}",
        f"{micro.predicted:,}",
        *more("micro"),
    )
    table.add_row("macro", *(percent(x) for x in (macro.precision, macro.recall, macro.f1)), "", "", *more("macro"))
    return table


def report_lines(report: Report) -> list[str]:
    """What stands below the table: several runs, what the test set can show, whether confidences are true."""
    lines: list[str] = []
    if report.seeds is not None:
        each = ", ".join(percent(value) for value in report.seeds.micro_f1)
        lines.append(f"figures are means over {len(report.seeds.models)} runs, micro F1 {each}")
    if report.bootstrap is not None and report.dataset.units is not None:
        drawn = "articles" if report.dataset.units == report.dataset.articles else "clusters of articles"
        lines.append(
            f"{100 * report.bootstrap.level:.0f}% intervals over {report.dataset.units:,} {drawn}, "
            f"{report.bootstrap.resamples:,} resamples"
        )
    if report.smallest_difference is not None:
        lines.append(
            f"two systems must differ by about {percent(report.smallest_difference)} points of micro F1 for this test "
            "set to show it"
        )
    if report.calibration is not None:
        error = report.calibration.expected_calibration_error
        lines.append(f"calibration error {percent(error.value)}{_ends(error.interval)}")
    if report.agreement is not None:
        lines.append(f"annotators: exact F1 between {report.agreement.source}")
    return lines


Column = tuple[str, dict[str, str]]
"""A column's name, and its cell in each row."""


def _interval_column(report: Report) -> list[Column]:
    if report.bootstrap is None:
        return []
    rows = {**report.exact.labels, "micro": report.exact.micro, "macro": report.exact.macro}
    intervals = {row: figures.intervals.f1 if figures.intervals else None for row, figures in rows.items()}
    return [("95% of F1", {row: _ends(interval).strip(" []") or "–" for row, interval in intervals.items()})]


def _agreement_column(report: Report) -> list[Column]:
    if report.agreement is None:
        return []
    figures = {row: "" for row in (*report.exact.labels, "macro")}
    figures |= {label: percent(figure.value) for label, figure in report.agreement.labels.items()}
    return [("annotators", figures | {"micro": percent(report.agreement.all_labels.value)})]


def _overlap_column(report: Report) -> list[Column]:
    if report.overlap is None:
        return []
    averages = {"micro": report.overlap.micro.f1, "macro": report.overlap.macro.f1}
    figures = {label: row.f1 for label, row in report.overlap.labels.items()} | averages
    return [("overlap F1", {row: percent(value) for row, value in figures.items()})]


def _ends(interval: Interval | None) -> str:
    return f" [{percent(interval.low)} to {percent(interval.high)}]" if interval is not None else ""
