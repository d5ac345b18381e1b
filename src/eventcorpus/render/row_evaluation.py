"""The scores of event rows: tables for a terminal, and a self-contained page."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from eventcorpus.eval.intervals import f1_ends, shown
from eventcorpus.eval.report import Figures, LabelFigures, Matching
from eventcorpus.eval.rows import RowReport
from eventcorpus.package_data import fill_template
from eventcorpus.render.charts import bar_cell
from eventcorpus.tables import UNDEFINED, counted, percent, titled_table

_COLUMNS = ("precision", "recall", "F1", "95%", "gold", "predicted", "right")


def row_report_tables(report: RowReport) -> Iterator[Table | str]:
    """Events by label, cells by column, and what it says of the rows in words."""
    yield _table(f"events of {', '.join(report.systems)} against {report.gold}, %", "label", report.events)
    yield _table("cells, of all rows, %", "column", report.cells)
    matched = report.cells_of_matched.micro
    yield f"cells of the rows that have a partner: F1 {percent(matched.f1)} {_bracketed(f1_ends(matched))}".rstrip()
    yield f"wholly right: {shown(report.wholly_right)} % of {counted(report.rows, 'gold row')}"
    yield f"extra rows for 100 gold rows: {shown(report.extra_rows)}"
    if report.false_rows is not None and report.false_rows.value is not None:
        between = report.false_rows.interval
        ends = _bracketed(f"{between.low:.0f}, {between.high:.0f}") if between else ""
        yield (
            f"false rows for 1,000 articles without an event: {report.false_rows.value:.0f} {ends} "
            f"({counted(report.articles_without_event, 'such article')})"
        )


def _bracketed(ends: str) -> str:
    return f"[{ends}]" if ends else ""


def _table(title: str, first: str, matching: Matching) -> Table:
    rows = ((name, *_cells(figures)) for name, figures in matching.labels.items() if figures.f1 is not None)
    return titled_table(title, (first, *_COLUMNS), rows, last=[("micro", *_cells(matching.micro))])


def _cells(row: LabelFigures) -> list[str]:
    figures: Figures = row
    shares = [percent(share) for share in (figures.precision, figures.recall, figures.f1)]
    return [*shares, f1_ends(row) or UNDEFINED, f"{row.support:,}", f"{row.predicted:,}", f"{row.correct:,}"]


def row_report_page(report: RowReport) -> str:
    """One page with the same figures; it needs no network and no script."""
    return fill_template("row_evaluation.html.j2", report=report, bar=bar_cell)
