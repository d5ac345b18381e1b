"""The report of ``eventcorpus check``: tables and lines for a terminal, and one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.table import Table
from rich.text import Text

from eventcorpus.corpus.checks.report import CheckReport, FindingRow
from eventcorpus.render.html import Mark, highlight, render_page
from eventcorpus.text import one_line

_ON_PAGE = 100
"""Findings of one kind that a page shows; the JSON has all."""
_CONTEXT = 70
"""Characters of the article that a page shows on either side of a finding."""
_COLOURS = {"error": "#c03d3d", "look": "#b06a00"}
"""By severity."""


def kinds_table(report: CheckReport) -> Table:
    """A row for each kind that was found."""
    table = Table(box=None, header_style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", justify="right")
    table.add_column("articles", justify="right")
    table.add_column("what")
    for name, kind in report.kinds.items():
        style = "bold red" if kind.severity == "error" else ""
        table.add_row(Text(name, style), Text(kind.severity, style), f"{kind.n:,}", f"{kind.articles:,}", kind.what)
    return table


def finding_lines(report: CheckReport, *, top: int) -> Iterable[str]:
    """The worst findings of each kind, one a line, after a line with the way out."""
    for name, rows in groupby(report.findings, key=lambda row: row.kind):
        kind = report.kinds[name]
        yield ""
        yield f"{name} ({kind.n:,}): {kind.way_out}"
        for row in list(rows)[:top]:
            place = f" [{row.start}, {row.end}) {one_line(row.words, 40)}" if row.start is not None else ""
            yield f"  {_printable(row.article or report.corpus)}{place}: {_printable(row.message)}"
        if kind.n > top:
            yield f"  ... and {kind.n - top:,} more"


def _printable(message: str) -> str:
    """A message in one line of a terminal, whatever characters an article brought into it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)


def check_page(report: CheckReport, texts: Mapping[str, str]) -> str:
    """One self-contained page: what was found of each kind, each finding in its context.

    Args:
        texts: by article id.
    """
    groups: list[dict[str, Any]] = []
    for name, rows in groupby(report.findings, key=lambda row: row.kind):
        shown = [_shown(row, texts.get(row.article, "")) for row in list(rows)[:_ON_PAGE]]
        groups.append({"name": name, "kind": report.kinds[name], "rows": shown})
    return render_page("check.html.j2", report=report, groups=groups)


def _shown(row: FindingRow, text: str) -> dict[str, Any]:
    context = None
    if row.start is not None and row.end is not None and row.end <= len(text):
        begin, end = max(0, row.start - _CONTEXT), min(len(text), row.end + _CONTEXT)
        mark = Mark(row.start - begin, row.end - begin, "", hint=row.kind)
        context = highlight(text[begin:end].replace("\n", " "), [mark], {"": _COLOURS[row.severity]})
    before, after = bool(row.start and row.start > _CONTEXT), bool(row.end and row.end + _CONTEXT < len(text))
    return {"row": row, "context": context, "before": before, "after": after}
