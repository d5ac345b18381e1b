"""The evaluation report: a table and lines for a terminal, GitHub-flavoured Markdown, and a self-contained HTML page.

The page needs no network; its figures need no script, its browser of errors does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rich import box
from rich.table import Table

from eventcorpus.eval.intervals import ends, f1_ends, figure_of, shown
from eventcorpus.eval.report import Confusion, CurvePoint, Events, Figure, Figures, LabelFigures, Matching, Report
from eventcorpus.eval.slices import LEAST_ARTICLES
from eventcorpus.metrics.align import outcomes
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import fill_template
from eventcorpus.predictions import Prediction
from eventcorpus.render.charts import bar_cell, curve_chart, reliability_chart
from eventcorpus.render.html import (
    KINDS,
    BrowserPage,
    Item,
    browser_json,
    confusion_cells,
    gold_side,
    label_definitions,
    page_script,
    predicted_side,
)
from eventcorpus.render.links import links_of
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted, percent

_LINKS = ("arrows.js", "links.js")
"""The scripts of roles, attributes and events."""

# terminal ------------------------------------------------------------------------------------------------------------


def report_table(report: Report) -> Table:
    """The report for a terminal, labels in ontology order, averages last."""
    exact, overlap, agreement = report.exact, report.overlap, report.agreement
    table = Table(
        title=f"{report.model.name} on {report.dataset.name}, {report.dataset.split}: exact match, %",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 0),
        pad_edge=False,
    )
    table.add_column("label", overflow="fold", min_width=12)
    optional = [(_level(report), report.bootstrap), ("overlap\nF1", overlap), ("anno-\ntators", agreement)]
    shown = [name for name, is_known in optional if is_known]
    for name in ("pre-\ncision", "recall", "F1", *shown, "gold", "pre-\ndicted"):
        table.add_column(name, justify="right", no_wrap=True)

    def add(name: str, row: Figures, relaxed: Figures | None, annotators: float | None) -> None:
        cells = [percent(row.precision), percent(row.recall), percent(row.f1)]
        cells += [f1_ends(row)] if report.bootstrap else []
        cells += [percent(relaxed.f1 if relaxed else None)] if overlap else []
        cells += [percent(annotators)] if agreement else []
        table.add_row(name, *cells, *_counts(row)[:2])

    for label, row in exact.labels.items():
        figure = agreement.labels.get(label) if agreement else None
        add(label, row, overlap.labels.get(label) if overlap else None, figure.value if figure else None)
    table.add_section()
    annotators = agreement.all_labels.value if agreement else None
    add("micro", exact.micro, overlap.micro if overlap else None, annotators)
    add("macro", exact.macro, overlap.macro if overlap else None, None)
    return table


def report_lines(report: Report) -> list[str]:
    """What stands below the table: what its figures mean, and what they can show."""
    lines = ["exact: a mention is right if its place and label are those of a gold mention"]
    if report.overlap is not None:
        lines[0] += "; overlap: its ends may differ"
    if report.seeds is not None:
        each = ", ".join(percent(value) for value in report.seeds.micro_f1)
        lines.append(f"figures are means over {counted(len(report.seeds.models), 'run')}, micro F1 {each}")
    if report.bootstrap is not None:
        drawn = "article" if report.dataset.units == report.dataset.articles else "article cluster"
        units = f" of {counted(report.dataset.units, drawn)}" if report.dataset.units is not None else ""
        lines.append(f"{_level(report)}: interval of F1, {counted(report.bootstrap.resamples, 'resample')}{units}")
    if report.smallest_difference is not None:
        lines.append(
            f"two systems must differ by about {percent(report.smallest_difference)} points of micro F1 for this test "
            "set to show it"
        )
    for name, baseline in (report.floors or {}).items():
        figures = f"micro F1 {percent(baseline.exact.micro.f1)}, macro {percent(baseline.exact.macro.f1)}"
        lines.append(f"baseline {name}: {figures}")
    for name, *linked in linking_rows(report):
        parts = (f"{what} {shown(figure)}" for what, figure in zip(LINKING, linked, strict=True) if figure)
        lines.append(f"{name}: {', '.join(parts)}")
    if report.calibration is not None:
        error = report.calibration.expected_calibration_error
        between = f" [{ends(error.interval)}]" if error.interval else ""
        lines.append(f"calibration error {percent(error.value)}{between}")
    if report.agreement is not None:
        agreement = report.agreement
        lines.append(f"annotators: exact F1 between {agreement.source}: {shown(agreement.all_labels)}")
        if agreement.with_system_mean is not None:
            each = ", ".join(f"{name} {shown(figure)}" for name, figure in agreement.with_system.items())
            lines.append(f"exact micro F1 against each annotator: {each}; mean {shown(agreement.with_system_mean)}")
    return lines


LINKING = (
    "roles, given the gold mentions",
    "roles",
    "pairs of triggers, given the gold mentions",
    "pairs of triggers",
)
"""The columns of ``linking_rows``."""


def linking_rows(report: Report) -> list[tuple[str, Figure | None, Figure | None, Figure | None, Figure | None]]:
    """The model and the baselines beside it: F1 of roles and of event identity, with given and with predicted mentions.

    None without roles.
    """
    if report.events is None or report.events.argument_attached is None:
        return []
    sides = [("linking by the system", report.events_given_mentions, report.events)]
    for name, baseline in (report.linking_baselines or {}).items():
        sides.append((f"linking by {name}", baseline.given_mentions, baseline.predicted_mentions or Events()))
    return [(name, _roles(given), _roles(found), _pairs(given), _pairs(found)) for name, given, found in sides]


def _roles(events: Events | None) -> Figure | None:
    return figure_of(events.argument_attached.micro, "f1") if events and events.argument_attached else None


def _pairs(events: Events | None) -> Figure | None:
    sets = events.event_sets if events else None
    return figure_of(sets.pairs, "f1") if sets and sets.pairs else None


def _level(report: Report) -> str:
    return f"{round(100 * report.bootstrap.level)}%" if report.bootstrap else ""


def _counts(row: Figures) -> tuple[str, str, str]:
    """In gold, predicted, right; empty where they are not known."""
    if not isinstance(row, LabelFigures):
        return "", "", ""
    return f"{row.support:,}", f"{row.predicted:,}", f"{row.correct:,}"


# Markdown and page ---------------------------------------------------------------------------------------------------

_DIMENSIONS = {
    "length": "words in the article",
    "position": "the word at which a mention starts",
    "seen": "whether the words of a mention are a mention in the train split",
}
"""What articles or mentions of a part of the data have in common."""
_GROUPS = (("error", "every error"), ("right", "what is right"))
_THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_MOST_CONFUSIONS = 15
_MARKUP = re.compile(r"([\\`*_{}\[\]|~#!$])")


def report_markdown(report: Report) -> str:
    """Every figure that a reader asks for first; the JSON report has all. Names from data are escaped."""
    return fill_template(
        "report.md.j2",
        **_shown(report),
        level=_level(report),
        confused=_confused(report.confusion) if report.confusion else (),
        most_confusions=_MOST_CONFUSIONS,
        md=escaped,
        counts=_counts,
        ends=ends,
        f1_ends=f1_ends,
    )


def escaped(text: str) -> str:
    r"""Text that Markdown and HTML leave as it is, on one line.

    >>> escaped("a|b <script> *c*")
    'a\\|b &lt;script&gt; \\*c\\*'
    """
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _confused(confusion: Confusion) -> list[tuple[int, str, str]]:
    """How many mentions of a gold label got which other one, the most first."""
    names = [*confusion.labels, "nothing"]
    pairs = [
        (count, names[i], names[j])
        for i, row in enumerate(confusion.counts)
        for j, count in enumerate(row)
        if count and i != j
    ]
    return sorted(pairs, key=lambda pair: -pair[0])


def eval_page(
    report: Report, gold: Sequence[AnnotatedArticle], predictions: Iterable[Prediction], ontology: Ontology
) -> str:
    """Render the page.

    Args:
        gold: with the labels of the report: classes, where a map was used. ``predictions`` likewise.
    """
    by_id = {p.id: p for p in predictions}
    browser = error_browser(gold, by_id, report.exact.labels)
    if report.events is not None:
        browser = replace(browser, links=links_of(gold, by_id, ontology))
    curves = report.calibration.curves if report.calibration else {}
    return fill_template(
        "eval.html.j2",
        **_shown(report),
        bar=bar_cell,
        confusion=_confusion(report.confusion) if report.confusion else None,
        curves=curve_chart(curves),
        reliability=reliability_chart(report.calibration.bins if report.calibration else ()),
        thresholds={label: at_thresholds(points) for label, points in curves.items()},
        about_labels=label_definitions(ontology),
        least_articles=LEAST_ARTICLES,
        items=browser_json(browser),
        has_links=browser.links is not None,
        script=page_script("marks.js", "figures.js", *(_LINKS if browser.links is not None else ()), "browser.js"),
    )


def error_browser(
    gold: Sequence[AnnotatedArticle], predictions: dict[str, Prediction], labels: Iterable[str]
) -> BrowserPage:
    """Every outcome as an item, errors first; labels in the order of the report's tables."""
    predicted = {m.label for prediction in predictions.values() for m in prediction.mentions}
    known = tuple(dict.fromkeys([*labels, *sorted(predicted)]))
    rank = {label: i for i, label in enumerate(known)}
    mentions, items = [], []
    for number, annotated in enumerate(gold):
        sides = gold_side(annotated), predicted_side(predictions.get(annotated.article.id))
        mentions.append(sides)
        in_gold, in_predicted = ([(m.start, m.end, m.label) for m in side] for side in sides)
        names = [m[2] for m in in_gold], [m[2] for m in in_predicted]
        items += [
            Item(
                number,
                outcome.kind,
                (outcome.gold, outcome.predicted),
                confusion_cells(outcome, *names, rank),
                weight=max((sides[1][j].confidence for j in outcome.predicted), default=-1.0),
            )
            for outcome in outcomes(in_gold, in_predicted)
        ]
    return BrowserPage(
        sides=("gold", "predicted"),
        labels=known,
        kinds=KINDS,
        groups=_GROUPS,
        articles=[annotated.article for annotated in gold],
        mentions=mentions,
        items=sorted(items, key=lambda item: item.kind == "correct"),
    )


def _shown(report: Report) -> dict[str, Any]:
    """What Markdown and page both show."""
    relaxed = {"overlap": report.overlap, "boundary": report.boundary, "type": report.type}
    events = report.events or Events()
    singles = {
        "trigger identification": events.trigger_identification,
        "trigger classification": events.trigger_classification,
        "argument identification": events.argument_identification,
        "argument classification": events.argument_classification,
        "argument attached": events.argument_attached,
    }
    event_tables = (
        ("Trigger classification, by label", "label", events.trigger_classification),
        ("Argument classification, by role", "role", events.argument_classification),
        ("Arguments attached to the right trigger, by role", "role", events.argument_attached),
        ("Arguments attached to the right trigger, by distance", "distance", events.argument_by_distance),
    )
    return {
        "report": report,
        "relaxed": [(name, matching) for name, matching in relaxed.items() if matching],
        "singles": [(name, of.micro if isinstance(of, Matching) else of) for name, of in singles.items() if of],
        "event_tables": [(name, first, matching) for name, first, matching in event_tables if matching],
        "dimensions": _DIMENSIONS,
        "linking_columns": list(LINKING),
        "linking_rows": [
            (name, [shown(figure) if figure else "–" for figure in figures]) for name, *figures in linking_rows(report)
        ],
    }


def at_thresholds(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """The points of a curve that round thresholds lead to: what is kept at 0.5, 0.6, ...; none twice."""
    ascending = sorted(points, key=lambda p: p.threshold)
    return [
        point.model_copy(update={"threshold": threshold})
        for threshold in _THRESHOLDS
        if (point := next((p for p in ascending if p.threshold >= threshold), None))
    ]


def _confusion(confusion: Confusion) -> dict[str, Any]:
    """Rows of cells; labels that neither side has are left out."""
    n = len(confusion.labels)
    shown = [i for i in range(n) if any(confusion.counts[i]) or any(row[i] for row in confusion.counts)]
    most = max((count for row in confusion.counts for count in row), default=0) or 1
    rows = []
    for i in [*shown, n]:
        cells = []
        for j in [*shown, n]:
            count = confusion.counts[i][j]
            row, column = (confusion.labels[at] if at < n else "" for at in (i, j))
            cells.append(
                {
                    "count": count,
                    "state": "right" if i == j else "wrong",
                    "strength": round(85 * (count / most) ** 0.5) if count else 0,
                    "gold": quote(row, safe=""),
                    "predicted": quote(column, safe=""),
                    "title": f"gold {row or 'nothing'}, predicted {column or 'nothing'}: {count:,}",
                }
            )
        rows.append((confusion.labels[i] if i < n else "nothing (spurious)", cells))
    columns = [*(confusion.labels[i] for i in shown), "nothing (missed)"]
    return {"columns": columns, "rows": rows, "left_out": n - len(shown)}
