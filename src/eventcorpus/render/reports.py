"""The report of ``eventcorpus check``: tables and lines for a terminal, and one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from markupsafe import Markup
from rich.table import Table
from rich.text import Text

from eventcorpus.agreement.corrections import Corrections, MentionFigures
from eventcorpus.corpus.checks.findings import CheckReport, FindingRow
from eventcorpus.corpus.stats import Bar, MentionCount, Spread, StatsReport
from eventcorpus.ontology import label_colours
from eventcorpus.predictions import ModelName, Prediction
from eventcorpus.render.charts import BarRow, bar_chart, histogram
from eventcorpus.render.html import Mark, highlight, render_page
from eventcorpus.tables import percent, plain_table, titled_table
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


_MENTIONS = ("predicted", "kept", "moved", "relabelled", "both", "removed", "added", "annotated", "precision", "recall")
_LINKS = ("predicted", "kept", "changed", "removed", "added", "annotated")


def corrections_tables(report: Corrections) -> Iterator[Table]:
    """The report for a terminal: labels, roles and attributes, annotators, models."""
    table = titled_table("what annotators did to the predicted mentions", ("label", *_MENTIONS, "F1"))
    for label, row in report.labels.items():
        table.add_row(label, *_mention_cells(row))
    table.add_section()
    table.add_row("all", *_mention_cells(report.total.mentions))
    yield table
    links = {**{f"role {k}": v for k, v in report.roles.items()}, **report.attributes}
    if links:
        table = titled_table("roles and attributes", ("name", *_LINKS))
        for name, link in links.items():
            table.add_row(name, *(f"{getattr(link, column):,}" for column in _LINKS))
        yield table
    for title, groups in (("annotator", report.annotators), ("model version", report.models)):
        within = f"within {report.within_seconds:g} s"
        columns = ("annotations", "untouched", within, "still prediction", "predicted", "kept", "F1")
        table = titled_table(f"by {title}", (title, *columns))
        for name, group in groups.items():
            mentions = group.mentions
            figures = (group.annotations, group.untouched, group.untouched_within)
            cells = [*(f"{n:,}" for n in figures), percent(group.still_prediction)]
            table.add_row(_share(name), *cells, f"{mentions.predicted:,}", f"{mentions.kept:,}", percent(mentions.f1))
        yield table


def _mention_cells(row: MentionFigures) -> list[str]:
    counts = (row.predicted, row.kept, row.moved, row.relabelled, row.moved_and_relabelled, row.removed, row.added)
    return [*(f"{n:,}" for n in (*counts, row.annotated)), *(percent(x) for x in (row.precision, row.recall, row.f1))]


def _share(name: str) -> str:
    """A model's name without what would move the cursor; labels are free of it (``ontology.Name``)."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name)


DISTRIBUTIONS = {
    "trigger_labels": "triggers",
    "entity_labels": "entities",
    "roles": "roles",
    "values": "values of attributes",
}
"""Figures that are counted by mention and by article, and what they are called."""
_LONGEST_LIST = 25
_percent = partial(percent, digits=0, unit="%")
_BAR_COLOURS = {"trigger_labels": "--r", "entity_labels": "--p", "roles": "--f", "values": "--p"}


def stats_tables(report: StatsReport) -> list[Table]:
    """Articles, words, spans and the like, of all and per split; then one table for each of ``DISTRIBUTIONS``."""
    return [_overview(report), *(_distribution(report, name) for name in DISTRIBUTIONS)]


def _overview(report: StatsReport) -> Table:
    columns = {"all": report.total, **report.splits}
    table = plain_table(("", *columns))
    figures = columns.values()
    for name, cells in {
        "articles": [f"{f.n_articles:,}" for f in figures],
        "without event": [f"{f.n_without_event:,} ({_percent(f.share_without_event)})" for f in figures],
        "words": [f"{f.n_words:,}" for f in figures],
        "spans": [f"{f.n_spans:,}" for f in figures],
        "triggers": [f"{f.n_triggers:,}" for f in figures],
        "roles": [f"{f.n_roles:,}" for f in figures],
        "events": [f"{f.n_events:,}" for f in figures],
        "triggers per 1,000 words": [_number(f.triggers_per_1000_words.overall) for f in figures],
        "  min, median, max": [_min_median_max(f.triggers_per_1000_words) for f in figures],
        "words an article, min, median, max": [_min_median_max(f.words_per_article) for f in figures],
    }.items():
        table.add_row(name, *cells)
    return table


def _distribution(report: StatsReport, name: str) -> Table:
    """Mentions, the articles that have them, and the mentions per split."""
    table = plain_table((DISTRIBUTIONS[name], "n", "articles", *report.splits))
    total: dict[str, MentionCount] = getattr(report.total, name)
    for key, count in total.items():
        per_split = [f"{getattr(figures, name)[key].n:,}" for figures in report.splits.values()]
        table.add_row(key, f"{count.n:,}", f"{count.articles:,}", *per_split)
    return table


def originality_lines(report: StatsReport) -> list[str]:
    """The figures of originality, one a line, with the worst example."""
    o = report.originality
    nearest = f" ({o.nearest[0].one} and {o.nearest[0].other})" if o.nearest else ""
    lines = [f"highest Jaccard similarity of five-word shingles: {o.highest_jaccard:.3f}{nearest}"]
    for what, n, examples in (
        ("runs of 8 words in more than 2 articles", o.repeated_runs, o.runs),
        ("openings of 4 words in more than 3 articles", o.repeated_openings, o.openings),
        ("runs of 8 with mentions masked in more than 3 articles", o.repeated_masked_runs, o.masked_runs),
    ):
        lines.append(f"{what}: {n:,}" + (f" (“{examples[0].words}” in {examples[0].articles:,})" if examples else ""))
    return lines


def stats_page(report: StatsReport, *, unmet: Sequence[str] = (), required: int = 0) -> str:
    """Render the page; it needs no network and runs no script.

    Args:
        unmet: requirements that are not met, in words.
        required: how many requirements there are.
    """
    total = report.total
    charts = [
        ("Words an article", _histogram(total.word_bars, "words", "articles by their number of words")),
        (
            "Triggers per 1,000 words, articles with events",
            _histogram(total.density_bars, "triggers", "articles by their triggers per 1,000 words"),
        ),
    ]
    for key, name in DISTRIBUTIONS.items():
        mentions: dict[str, MentionCount] = getattr(total, key)
        rows = [BarRow(label, count.n, f"in {count.articles:,} articles") for label, count in mentions.items()]
        charts.append((name.capitalize(), bar_chart(rows, title=name, colour=_BAR_COLOURS[key])))
    for key in ("kinds", "years", "outlets", "tags"):
        articles: dict[str, int] = getattr(total, key)
        if set(articles) - {""}:
            rows = [BarRow(name or "(none)", n) for name, n in list(articles.items())[:_LONGEST_LIST]]
            charts.append((_heading(key, articles), bar_chart(rows, title=key, colour="--f")))
    return render_page(
        "stats.html.j2",
        report=report,
        columns={"all": total, **report.splits},
        charts=charts,
        distributions=DISTRIBUTIONS,
        unmet=unmet,
        required=required,
        number=_number,
        share=_percent,
    )


def _histogram(bars: Sequence[Bar], unit: str, title: str) -> Markup:
    return histogram([(bar.start, bar.end, bar.articles) for bar in bars], title=title, unit=unit)


def _heading(key: str, articles: Mapping[str, int]) -> str:
    more = len(articles) - _LONGEST_LIST
    return f"Articles by {key.removesuffix('s')}" + (f" (the first {_LONGEST_LIST}, {more:,} more)" if more > 0 else "")


def _number(value: float | None) -> str:
    """A number without needless decimals; a dash where there is none."""
    return "–" if value is None else f"{value:,.1f}".removesuffix(".0")


def _min_median_max(spread: Spread) -> str:
    return ", ".join(_number(value) for value in (spread.min, spread.median, spread.max))


def prediction_tables(predictions: Iterable[Prediction]) -> Iterator[Table]:
    """One table an article, with a row for each mention."""
    for prediction in predictions:
        title = f"{prediction.id}: {len(prediction.mentions)} mentions"
        table = titled_table(title, ("label", "text", "start", "end", "confidence"), left=2)
        for m in prediction.mentions:
            text = "".join(c if c.isprintable() else " " for c in m.text)
            table.add_row(m.label, text, str(m.start), str(m.end), f"{m.confidence:.2f}")
        yield table


def predictions_page(predictions: Sequence[Prediction]) -> str:
    """Render the page: every article with its mentions marked.

    Args:
        predictions: with their text; of one model.
    """
    colours = label_colours(sorted({m.label for p in predictions for m in p.mentions}))
    articles = [
        {
            "id": p.id,
            "mentions": p.mentions,
            "marked": highlight(
                p.text or "", [Mark(m.start, m.end, m.label, hint=f"{m.confidence:.2f}") for m in p.mentions], colours
            ),
        }
        for p in predictions
    ]
    model = predictions[0].model if predictions else ModelName(name="none")
    return render_page("extract.html.j2", articles=articles, model=model)
