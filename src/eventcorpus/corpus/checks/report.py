"""The findings as a JSON document, and how they look in a terminal and on a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from rich.table import Table
from rich.text import Text

from eventcorpus import __version__
from eventcorpus.corpus.checks.findings import KIND_OF, Finding, Severity
from eventcorpus.render.html import Mark, highlight, render_page
from eventcorpus.text import one_line, stored_form

_ON_PAGE = 100
"""Findings of one kind that a page shows; the JSON has all."""
_CONTEXT = 70


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KindCount(_Part):
    """One kind that was found: ``n`` findings in ``articles`` articles; of what, and the way out."""

    severity: Severity
    n: int
    articles: int
    what: str
    way_out: str


class FindingRow(_Part):
    """One finding; ``start``, ``end`` and ``words`` are null or empty where it is of no stretch of text."""

    kind: str
    severity: Severity
    article: str
    start: int | None
    end: int | None
    words: str
    message: str
    score: float


class CheckReport(_Part):
    """What ``check --json`` prints: kinds the worst first, findings in the order of the kinds, the worst first."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str = __version__
    corpus: str
    ontology: str
    gold: str
    articles: int
    spans: int
    errors: int
    looks: int
    kinds: dict[str, KindCount]
    findings: tuple[FindingRow, ...]


def check_report(
    findings: Sequence[Finding], *, corpus: str, ontology: str, gold: str, n_articles: int, n_spans: int
) -> CheckReport:
    """Count findings, which are in their order, per kind."""
    articles: defaultdict[str, set[str]] = defaultdict(set)
    counts: defaultdict[str, int] = defaultdict(int)
    for finding in findings:
        counts[finding.kind] += 1
        articles[finding.kind].add(finding.article)
    kinds = {
        name: KindCount(
            severity=KIND_OF[name].severity,
            n=n,
            articles=len(articles[name] - {""}),
            what=KIND_OF[name].what,
            way_out=KIND_OF[name].way_out,
        )
        for name, n in counts.items()
    }
    rows = tuple(
        FindingRow(
            kind=f.kind,
            severity=KIND_OF[f.kind].severity,
            article=stored_form(f.article).text,  # ids in exports may have what no file can hold
            start=f.start,
            end=f.end,
            words=f.words,
            message=stored_form(f.message).text,
            score=f.score,
        )
        for f in findings
    )
    n_errors = sum(kind.n for kind in kinds.values() if kind.severity == "error")
    return CheckReport(
        corpus=corpus, ontology=ontology, gold=gold, articles=n_articles, spans=n_spans,
        errors=n_errors, looks=len(rows) - n_errors, kinds=kinds, findings=rows,
    )  # fmt: skip


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


def check_page(report: CheckReport, texts: Mapping[str, str], colours: Mapping[str, str]) -> str:
    """One self-contained page: what was found of each kind, each finding in its context.

    Args:
        texts: by article id.
        colours: by severity.
    """
    groups: list[dict[str, Any]] = []
    for name, rows in groupby(report.findings, key=lambda row: row.kind):
        shown = [_shown(row, texts.get(row.article, ""), dict(colours)) for row in list(rows)[:_ON_PAGE]]
        groups.append({"name": name, "kind": report.kinds[name], "rows": shown})
    return render_page("check.html.j2", report=report, groups=groups)


def _shown(row: FindingRow, text: str, colours: dict[str, str]) -> dict[str, Any]:
    context = None
    if row.start is not None and row.end is not None and row.end <= len(text):
        begin, end = max(0, row.start - _CONTEXT), min(len(text), row.end + _CONTEXT)
        mark = Mark(row.start - begin, row.end - begin, "", hint=row.kind)
        context = highlight(text[begin:end].replace("\n", " "), [mark], {"": colours[row.severity]})
    before, after = bool(row.start and row.start > _CONTEXT), bool(row.end and row.end + _CONTEXT < len(text))
    return {"row": row, "context": context, "before": before, "after": after}
