"""The report of ``eventcorpus stats``: tables and lines for a terminal, and one self-contained HTML page with plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from markupsafe import Markup
from rich.table import Table

from eventcorpus.corpus.stats import Bar, MentionCount, Spread, StatsReport
from eventcorpus.percent import percent
from eventcorpus.render.charts import BarRow, bar_chart, histogram
from eventcorpus.render.html import render_page
from eventcorpus.render.tables import plain_table

DISTRIBUTIONS = {
    "trigger_labels": "triggers",
    "entity_labels": "entities",
    "roles": "roles",
    "values": "values of attributes",
}
"""Figures that are counted by mention and by article, and what they are called."""
_LONGEST_LIST = 25
_percent = partial(percent, digits=0, unit="%")
_COLOURS = {"trigger_labels": "--r", "entity_labels": "--p", "roles": "--f", "values": "--p"}


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
        charts.append((name.capitalize(), bar_chart(rows, title=name, colour=_COLOURS[key])))
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
