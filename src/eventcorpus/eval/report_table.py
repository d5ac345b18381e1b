"""The evaluation report as people read it in a terminal: at most 100 columns, and readable in 80."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from eventcorpus.eval.report import Figure, Figures, Interval, LabelFigures, Report
from eventcorpus.percent import percent, percent_range, percent_with_range


def ends(interval: Interval | None) -> str:
    """Both ends of an interval as people read them; empty without one."""
    return "" if interval is None else percent_range(interval.low, interval.high)


def f1_ends(figures: Figures) -> str:
    """The interval of F1 as people read it."""
    return ends(figures.intervals.f1) if figures.intervals else ""


def report_table(report: Report) -> Table:
    """The report for a terminal, labels in ontology order, averages last."""
    table = Table(
        title=f"{report.model.name} on {report.dataset.name}, {report.dataset.split}: exact match, %",
        title_justify="left",
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
        table.add_column("anno-\ntators", justify="right", no_wrap=True)
    for name in ("gold", "pre-\ndicted"):
        table.add_column(name, justify="right", no_wrap=True)

    def add(name: str, row: Figures, overlap: Figures | None, annotators: float | None, counts: Sequence[str]) -> None:
        cells = [percent(row.precision), percent(row.recall), percent(row.f1)]
        cells += [f1_ends(row)] if report.bootstrap else []
        cells += [percent(overlap.f1 if overlap else None)] if relaxed else []
        cells += [percent(annotators)] if report.agreement else []
        table.add_row(name, *cells, *counts)

    agreement = report.agreement
    for label, row in report.exact.labels.items():
        figure = agreement.labels.get(label) if agreement else None
        overlap = relaxed.labels.get(label) if relaxed else None
        add(label, row, overlap, figure.value if figure else None, _counts(row))
    table.add_section()
    micro = report.exact.micro
    annotators = agreement.all_labels.value if agreement else None
    add("micro", micro, relaxed.micro if relaxed else None, annotators, _counts(micro))
    add("macro", report.exact.macro, relaxed.macro if relaxed else None, None, ("", ""))
    return table


def report_lines(report: Report) -> list[str]:
    """What stands below the table: what its figures mean, and what they can show."""
    said = ["exact: a mention is right if its place and label are those of a gold mention"]
    if report.overlap is not None:
        said[0] += "; overlap: its ends may differ"
    if report.seeds is not None:
        each = ", ".join(percent(value) for value in report.seeds.micro_f1)
        said.append(f"figures are means over {len(report.seeds.models)} runs, micro F1 {each}")
    if report.bootstrap is not None:
        drawn = "articles" if report.dataset.units == report.dataset.articles else "clusters of articles"
        units = f" of {report.dataset.units:,} {drawn}" if report.dataset.units is not None else ""
        said.append(f"{_level(report)}: interval of F1, {report.bootstrap.resamples:,} resamples{units}")
    if report.smallest_difference is not None:
        said.append(
            f"two systems must differ by about {percent(report.smallest_difference)} points of micro F1 for this test "
            "set to show it"
        )
    for name, floor in (report.floors or {}).items():
        figures = f"micro F1 {percent(floor.exact.micro.f1)}, macro {percent(floor.exact.macro.f1)}"
        said.append(f"floor {name}: {figures}")
    if report.calibration is not None:
        error = report.calibration.expected_calibration_error
        between = f" [{ends(error.interval)}]" if error.interval else ""
        said.append(f"calibration error {percent(error.value)}{between}")
    if report.agreement is not None:
        said.append(f"annotators: exact F1 between {report.agreement.source}")
    return said


def _counts(row: LabelFigures) -> tuple[str, str]:
    return f"{row.support:,}", f"{row.predicted:,}"


def _level(report: Report) -> str:
    return f"{round(100 * report.bootstrap.level)}%" if report.bootstrap else ""


FIGURES = {"precision": "precision", "recall": "recall", "f1": "F1"}
"""The key of a figure in reports -> as people say it."""


def figure_of(figures: Figures, key: str) -> Figure:
    """Precision, recall or F1 (``FIGURES``) with its interval."""
    interval = getattr(figures.intervals, key) if figures.intervals else None
    return Figure(value=getattr(figures, key), interval=interval)


def shown(figure: Figure) -> str:
    """In percent, the interval in brackets where it is known.

    >>> from eventcorpus.eval.report import Interval
    >>> shown(Figure(value=0.7533, interval=Interval(low=0.7312, high=0.7701)))
    '75.3 [73.1, 77.0]'
    >>> shown(Figure(value=None))
    '–'
    """
    interval = figure.interval
    return percent_with_range(figure.value, *((interval.low, interval.high) if interval else (None, None)))
