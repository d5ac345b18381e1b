"""The figures of a corpus as one self-contained HTML page with plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from markupsafe import Markup

from eventcorpus.corpus.figures import Bar, Stands
from eventcorpus.corpus.stats import DISTRIBUTIONS, StatsReport, number
from eventcorpus.percent import percent
from eventcorpus.render.charts import BarRow, bar_chart, histogram
from eventcorpus.render.html import render_page

_LONGEST_LIST = 25
_COLOURS = {"trigger_labels": "--r", "entity_labels": "--p", "roles": "--f", "values": "--p"}


def stats_page(report: StatsReport, *, unmet: Sequence[str] = (), required: int = 0) -> str:
    """Render the page; it needs no network and runs no script.

    Args:
        unmet: requirements that are not met, of so many ``required``.
    """
    total = report.total
    charts = [
        ("Words an article", _histogram(total.word_bars, "words", "articles by their number of words")),
        (
            "Triggers per 1,000 words, articles with events",
            _histogram(total.density_bars, "triggers", "articles by their triggers per 1,000 words"),
        ),
    ]
    charts += [
        (name.capitalize(), _stands(getattr(total, key), name, _COLOURS[key])) for key, name in DISTRIBUTIONS.items()
    ]
    for key in ("kinds", "years", "outlets", "tags"):
        counted: dict[str, int] = getattr(total, key)
        if set(counted) - {""}:
            charts.append((_heading(key, counted), _counted(counted, key)))
    return render_page(
        "stats.html.j2",
        report=report,
        columns={"all": total, **report.splits},
        charts=charts,
        distributions=DISTRIBUTIONS,
        unmet=unmet,
        required=required,
        number=number,
        share=partial(percent, digits=0, unit="%"),
    )


def _histogram(bars: Sequence[Bar], unit: str, title: str) -> Markup:
    return histogram([(bar.start, bar.end, bar.articles) for bar in bars], title=title, unit=unit)


def _stands(counted: Mapping[str, Stands], title: str, colour: str) -> Markup:
    rows = [BarRow(name, stands.n, f"in {stands.articles:,} articles") for name, stands in counted.items()]
    return bar_chart(rows, title=title, colour=colour)


def _counted(counted: Mapping[str, int], title: str) -> Markup:
    rows = [BarRow(name or "(none)", n) for name, n in list(counted.items())[:_LONGEST_LIST]]
    return bar_chart(rows, title=title, colour="--f")


def _heading(key: str, counted: Mapping[str, int]) -> str:
    left = len(counted) - _LONGEST_LIST
    return f"Articles by {key.removesuffix('s')}" + (f" (the first {_LONGEST_LIST}, {left:,} more)" if left > 0 else "")
