"""The evaluation as one self-contained HTML page: figures, and every error with gold beside predicted in the text.

The page needs no network; its figures need no script, its browser of errors does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any
from urllib.parse import quote

from eventcorpus.eval.report import Confusion, CurvePoint, Events, Report
from eventcorpus.eval.slices import LEAST_ARTICLES
from eventcorpus.metrics.align import outcomes
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import fill_template
from eventcorpus.predictions import Prediction
from eventcorpus.render.charts import bar_cell, curve_chart, reliability_chart
from eventcorpus.render.error_browser import BrowserPage, Item, ItemKind, ShownMention, browser_json, confusion_cells
from eventcorpus.render.evaluation import DIMENSIONS, event_averages, event_matchings, relaxed_matchings
from eventcorpus.render.html import page_script
from eventcorpus.schema import AnnotatedArticle

KINDS = (
    ItemKind("missed", "missed", "error"),
    ItemKind("spurious", "spurious", "error"),
    ItemKind("label", "wrong label", "error"),
    ItemKind("boundary", "wrong ends", "error"),
    ItemKind("label_and_boundary", "wrong label and ends", "error"),
    ItemKind("split", "split", "error"),
    ItemKind("merged", "merged", "error"),
    ItemKind("correct", "right", "right"),
)
GROUPS = (("error", "every error"), ("right", "what is right"))
_THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def eval_page(
    report: Report, gold: Sequence[AnnotatedArticle], predictions: Iterable[Prediction], ontology: Ontology
) -> str:
    """Render the page.

    Args:
        gold: with the labels of the report: classes, where a map was used. ``predictions`` likewise.
    """
    by_id = {p.id: p for p in predictions}
    curves = report.calibration.curves if report.calibration else {}
    events = report.events or Events()
    return fill_template(
        "eval.html.j2",
        report=report,
        bar=bar_cell,
        sections=_sections(report),
        compared=_baselines_and_annotators(report),
        relaxed=relaxed_matchings(report).items(),
        confusion=_confusion(report.confusion) if report.confusion else None,
        curves=curve_chart(curves),
        reliability=reliability_chart(report.calibration.bins if report.calibration else ()),
        thresholds={label: at_thresholds(points) for label, points in curves.items()},
        singles=event_averages(events).items(),
        event_tables=event_matchings(events),
        dimensions=DIMENSIONS,
        about_labels=label_definitions(ontology),
        least_articles=LEAST_ARTICLES,
        items=browser_json(error_browser(gold, by_id, report.exact.labels)),
        script=page_script("figures.js", "browser.js"),
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
        groups=GROUPS,
        articles=[annotated.article for annotated in gold],
        mentions=mentions,
        items=sorted(items, key=lambda item: item.kind == "correct"),
    )


def label_definitions(ontology: Ontology) -> dict[str, str]:
    """What labels mean, where the ontology says so."""
    labels = (*ontology.triggers, *ontology.entities)
    return {label.name: " ".join(label.definition.split()) for label in labels if label.definition}


def gold_side(annotated: AnnotatedArticle) -> list[ShownMention]:
    """Gold mentions with their attributes beside them."""
    return [ShownMention(s.start, s.end, s.label, ", ".join(v for _, v in s.attributes)) for s in annotated.spans]


def predicted_side(prediction: Prediction | None) -> list[ShownMention]:
    """Predicted mentions with their confidence and attributes beside them."""
    shown = []
    for m in prediction.mentions if prediction else ():
        hint = ", ".join([f"{m.confidence:.2f}", *chain.from_iterable(m.attribute_values.values())])
        shown.append(ShownMention(m.start, m.end, m.label, hint, m.confidence))
    return shown


def at_thresholds(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """The points of a curve that round thresholds lead to: what is kept at 0.5, 0.6, ...; none twice."""
    ascending = sorted(points, key=lambda p: p.threshold)
    return [
        point.model_copy(update={"threshold": threshold})
        for threshold in _THRESHOLDS
        if (point := next((p for p in ascending if p.threshold >= threshold), None))
    ]


def _baselines_and_annotators(report: Report) -> list[tuple[str, str, str, Any, float | None]]:
    """Name, description, CSS class, micro figures and macro F1: baselines, then the system, then annotators."""
    rows: list[tuple[str, str, str, Any, float | None]] = [
        (name, baseline.description.rstrip("."), "baseline", baseline.exact.micro, baseline.exact.macro.f1)
        for name, baseline in (report.floors or {}).items()
    ]
    rows.append((report.model.name, "", "strong", report.exact.micro, report.exact.macro.f1))
    if report.agreement:
        all_labels = report.agreement.all_labels
        figures = {"f1": all_labels.value, "intervals": {"f1": all_labels.interval}}
        rows.append(("annotators", "", "other", figures, None))
    return rows


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


def _sections(report: Report) -> list[tuple[str, str]]:
    every = (
        ("labels", "Per label", True),
        ("confusion", "Confusion", report.confusion or report.boundary_errors),
        ("confidence", "Confidence", report.calibration),
        ("slices", "Parts of the data", report.slices),
        ("events", "Events", report.events),
        ("errors", "Mention by mention", True),
    )
    return [(id_, name) for id_, name, is_shown in every if is_shown]
