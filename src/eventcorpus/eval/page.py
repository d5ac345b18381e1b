"""The evaluation as one self-contained HTML page: figures, a chart, gold beside predicted in every article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from eventcorpus.eval.report import Matching, Report
from eventcorpus.eval.report_table import percent
from eventcorpus.highlight import Mark, highlight, label_colours, render_page
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

_BARS = (("precision", "--p"), ("recall", "--r"), ("F1", "--f"))
_ROW, _LEFT, _WIDTH = 44, 170, 520


def eval_page(
    report: Report, gold: Sequence[AnnotatedArticle], predictions: Iterable[Prediction], ontology: Ontology
) -> str:
    """Render the page; it needs no network and runs no script."""
    by_id = {p.id: p for p in predictions}
    colours = label_colours(report.exact.labels)
    articles = [_article(annotated, by_id.get(annotated.article.id), colours) for annotated in gold]
    return render_page("eval.html.j2", report=report, chart=bar_chart(report.exact), articles=articles)


def bar_chart(matching: Matching) -> Markup:
    """Precision, recall and F1 of each label as inline SVG; undefined figures have no bar."""
    rows = [(label, row) for label, row in matching.labels.items() if row.f1 is not None]
    height = 34 + _ROW * len(rows)
    parts = [
        Markup(
            '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="precision, recall and F1 per label">'
        ).format(_LEFT + _WIDTH + 70, height)
    ]
    for i, (name, colour) in enumerate(_BARS):
        x = _LEFT + 110 * i
        parts.append(Markup('<rect x="{}" y="4" width="12" height="12" fill="var({})"/>').format(x, colour))
        parts.append(Markup('<text x="{}" y="14">{}</text>').format(x + 18, name))
    for share in (0, 25, 50, 75, 100):
        x = round(_LEFT + _WIDTH * share / 100)
        parts.append(Markup('<line class="axis" x1="{0}" x2="{0}" y1="24" y2="{1}"/>').format(x, height))
    for n, (label, row) in enumerate(rows):
        top = 30 + _ROW * n
        shown = label if len(label) <= 22 else label[:21] + "…"
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 10, top + 17, shown))
        parts.append(
            Markup('<text class="soft" x="{}" y="{}" text-anchor="end">{} gold</text>').format(
                _LEFT - 10, top + 32, row.support
            )
        )
        for i, (value, (_, colour)) in enumerate(zip((row.precision, row.recall, row.f1), _BARS, strict=True)):
            if value is not None:
                width, y = max(1, round(_WIDTH * value)), top + 4 + 11 * i
                parts.append(
                    Markup('<rect x="{}" y="{}" width="{}" height="9" rx="2" fill="var({})"/>').format(
                        _LEFT, y, width, colour
                    )
                )
        parts.append(
            Markup('<text x="{}" y="{}">{}</text>').format(
                _LEFT + round(_WIDTH * (row.f1 or 0)) + 8, top + 35, percent(row.f1)
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def _article(annotated: AnnotatedArticle, prediction: Prediction | None, colours: dict[str, str]) -> dict[str, Any]:
    text = annotated.article.text
    mentions = prediction.mentions if prediction else ()
    gold = {(s.start, s.end, s.label) for s in annotated.spans}
    predicted = {(m.start, m.end, m.label) for m in mentions}
    gold_marks = [
        Mark(s.start, s.end, s.label, "" if (s.start, s.end, s.label) in predicted else "missed", _said(s.attributes))
        for s in annotated.spans
    ]
    predicted_marks = [
        Mark(m.start, m.end, m.label, "" if (m.start, m.end, m.label) in gold else "spurious", f"{m.confidence:.2f}")
        for m in mentions
    ]
    return {
        "title": annotated.article.title or annotated.article.id,
        "right": len(gold & predicted),
        "missed": len(gold - predicted),
        "spurious": len(predicted - gold),
        "gold": highlight(text, gold_marks, colours),
        "predicted": highlight(text, predicted_marks, colours),
    }


def _said(attributes: Iterable[tuple[str, str]]) -> str:
    return ", ".join(value for _, value in attributes)
