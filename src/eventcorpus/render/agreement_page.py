"""Agreement as one self-contained HTML page: figures with intervals, and the disagreements side by side in the text.

The page's one script filters groups of disagreements; without it all of them are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from eventcorpus.agreement.agree import AgreementReport, Figure, PairAgreement, SpanAgreement
from eventcorpus.agreement.disagreements import KINDS, Disagreement, Group
from eventcorpus.ontology import Ontology, label_colours
from eventcorpus.render.agreement_table import interval, pair_name
from eventcorpus.render.charts import Bar, Row, interval_chart
from eventcorpus.render.html import Mark, highlight, page_script, render_page
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import percent
from eventcorpus.text import sentences_around

_SERIES = (("exact F1", "var(--p)"), ("overlap F1", "var(--r)"), ("alpha on characters", "var(--f)"))


def agreement_page(
    report: AgreementReport, groups: Sequence[Group], ontology: Ontology, *, examples: int = 20, n_groups: int = 1000
) -> str:
    """Render the page.

    Args:
        examples: how many disagreements of a group are shown in the text; the page says how many are not.
        n_groups: how many groups are shown, the most rewarding; the page says how many are not.
    """
    colours = label_colours(ontology.labels)
    labels = sorted({label for group in groups for label in group.labels}, key=ontology.labels.index)
    counted = Counter[str]()
    for group in groups:
        counted[group.kind] += len(group.disagreements)
    return render_page(
        "agree.html.j2",
        report=report,
        pair=report.all_pairs,
        pair_name=pair_name,
        figure=_figure,
        chart=_chart(report.all_pairs),
        kinds=[(kind, counted[kind]) for kind in KINDS if counted[kind]],
        labels=list(enumerate(labels)),
        n_disagreements=counted.total(),
        groups=[_group(group, labels, colours, examples) for group in groups[:n_groups]],
        more_groups=max(0, len(groups) - n_groups),
        in_more_groups=sum(len(group.disagreements) for group in groups[n_groups:]),
        script=page_script("agree.js"),
    )


def _figure(figure: Figure) -> dict[str, str]:
    return {"value": percent(figure.value), "interval": interval(figure)}


def _chart(pair: PairAgreement) -> Markup:
    def bars(row: SpanAgreement) -> tuple[Bar, ...]:
        return tuple(Bar(f.value, f.low, f.high) for f in (row.f1_exact, row.f1_overlap, row.alpha_characters))

    rows = [Row("all labels", f"{pair.all_labels.first:,} / {pair.all_labels.second:,} spans", bars(pair.all_labels))]
    rows += [
        Row(label, f"{row.first:,} / {row.second:,} spans", bars(row))
        for label, row in pair.labels.items()
        if row.first or row.second
    ]
    return interval_chart(rows, _SERIES, description="F1 and alpha per label with 95% intervals")


def _group(group: Group, labels: Sequence[str], colours: dict[str, str], examples: int) -> dict[str, Any]:
    shown = group.disagreements[:examples]
    low, high = 100 * group.f1_low, 100 * group.f1_high
    gain = f"{low:+.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:+.2f} to {high:+.2f}"
    return {
        "kind": group.kind,
        "question": group.question,
        "labels": " ".join(str(labels.index(label)) for label in dict.fromkeys(group.labels)),
        "settles": len(group.disagreements),
        "gain": f"exact F1 {gain}" if group.f1_high > 0 else "",
        "sides": group.sides,
        "examples": [_example(disagreement, colours) for disagreement in shown],
        "hidden": len(group.disagreements) - len(shown),
    }


def _example(disagreement: Disagreement, colours: dict[str, str]) -> dict[str, Any]:
    double, spans = disagreement.double, disagreement.spans
    article = double.article
    every = [*double.first.spans, *double.second.spans]
    windows = sentences_around(article.text, [*spans[0], *spans[1]], whole=every)
    sides = [
        {
            "annotator": annotated.annotator,
            "says": says,
            "text": Markup(" … ").join(
                _in_window(annotated, {span.id for span in own}, window, colours) for window in windows
            ),
        }
        for annotated, own, says in zip((double.first, double.second), spans, disagreement.values, strict=True)
    ]
    return {"article": article.title or article.id, "id": article.id, "sides": sides}


def _in_window(
    annotated: AnnotatedArticle, at_issue: set[str], window: tuple[int, int], colours: dict[str, str]
) -> Markup:
    """The annotator's marks in a stretch of the article: those at issue stand out, the others are there for context."""
    start, end = window
    marks = [
        Mark(
            max(span.start, start) - start,
            min(span.end, end) - start,
            span.label,
            "issue" if span.id in at_issue else "context",
            ", ".join(value for _, value in span.attributes),
        )
        for span in annotated.spans
        if span.start < end and start < span.end
    ]
    return highlight(annotated.article.text[start:end].rstrip(), marks, colours)
