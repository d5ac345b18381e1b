"""The evaluation report as GitHub-flavoured Markdown, for a README or a pull request; names from data are escaped."""

from __future__ import annotations

import html
import re

from eventcorpus.eval.intervals import ends, f1_ends
from eventcorpus.eval.report import Confusion, Figures, LabelFigures, Matching, Report
from eventcorpus.render.eval_page import DIMENSIONS, event_averages, event_matchings, relaxed_matchings
from eventcorpus.tables import markdown_table, percent

_MARKUP = re.compile(r"([\\`*_{}\[\]|~#!$])")
_MOST_CONFUSIONS = 15
_FIGURES = ("F1", "interval", "precision", "recall", "gold", "predicted", "right")


def report_markdown(report: Report) -> str:
    """Every figure of the report that a reader asks for first; the JSON report has all of them."""
    data, micro = report.dataset, report.exact.micro
    parts = [
        f"# {escaped(report.model.name)} on {escaped(data.name)}, {escaped(data.split)}",
        f"{data.articles:,} articles, {micro.support:,} gold mentions. Figures are in %. "
        f"{escaped(_sentence(report.definitions.get('exact', '')))}{_resampled(report)}",
        "## Summary",
        markdown_table(
            ("", *_FIGURES),
            [("micro", *_cells(micro)), ("macro", *_cells(report.exact.macro)), *_baselines_and_annotators(report)],
        ),
        _smallest(report),
        "## Per label",
        _per_label(report),
    ]
    if report.confusion:
        parts += ["## Which label a mention got", _confusion(report.confusion)]
    if report.boundary_errors:
        names = ("start", "end", "both", "too_short", "too_long", "shifted", "split", "merged")
        rows = [
            (escaped(label), *(f"{getattr(row, name):,}" for name in names))
            for label, row in report.boundary_errors.items()
        ]
        parts += [
            "## Right label, wrong ends",
            markdown_table(("label", *(name.replace("_", " ") for name in names)), rows),
        ]
    if report.calibration:
        error = report.calibration.expected_calibration_error
        parts += [
            "## Confidence",
            f"Expected calibration error {percent(error.value)}{_in_brackets(ends(error.interval))}.",
        ]
    for dimension, slices in (report.slices or {}).items():
        about = f": {DIMENSIONS[dimension]}" if dimension in DIMENSIONS else ""
        part_rows = [
            (escaped(name), *_cells(part.micro), percent(part.macro_f1), f"{part.articles:,}")
            for name, part in slices.items()
        ]
        parts += [
            f"## By {escaped(dimension)}{about}",
            markdown_table((escaped(dimension), *_FIGURES, "macro F1", "articles"), part_rows),
        ]
    parts += _events(report)
    parts.append(
        f"Ontology {escaped(report.ontology)}; model {report.model.hash[:12] or 'without a hash'}; predictions "
        f"{report.predictions_sha256[:12]}; dataset {data.sha256[:12] or 'without a manifest'}; eventcorpus "
        f"{report.eventcorpus}."
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    r"""Text that Markdown and HTML leave as it is, on one line.

    >>> escaped("a|b <script> *c*")
    'a\\|b &lt;script&gt; \\*c\\*'
    """
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _cells(row: Figures) -> tuple[str, ...]:
    counts = (row.support, row.predicted, row.correct) if isinstance(row, LabelFigures) else ()
    numbers = tuple(f"{n:,}" for n in counts) or ("", "", "")
    return percent(row.f1), f1_ends(row), percent(row.precision), percent(row.recall), *numbers


def _baselines_and_annotators(report: Report) -> list[tuple[str, ...]]:
    rows = [
        (f"baseline: {escaped(name)}, micro", *_cells(baseline.exact.micro))
        for name, baseline in (report.floors or {}).items()
    ]
    if report.agreement:
        figure = report.agreement.all_labels
        rows.append(("between annotators, micro", percent(figure.value), ends(figure.interval), "", "", "", "", ""))
    return rows


def _per_label(report: Report) -> str:
    relaxed = relaxed_matchings(report)
    annotators = report.agreement
    head = ["label", *_FIGURES, *(f"{name} F1" for name, _ in relaxed), *(["annotators"] if annotators else [])]
    rows = []
    for label, row in report.exact.labels.items():
        cells = [escaped(label), *_cells(row)]
        cells += [percent(of.labels[label].f1) if label in of.labels else "" for _, of in relaxed]
        cells += [percent(annotators.labels[label].value) if label in annotators.labels else ""] if annotators else []
        rows.append(cells)
    return markdown_table(head, rows)


def _confusion(confusion: Confusion) -> str:
    names = [*(escaped(label) for label in confusion.labels), "nothing"]
    pairs = [
        (count, names[i], names[j])
        for i, row in enumerate(confusion.counts)
        for j, count in enumerate(row)
        if count and i != j
    ]
    most = sorted(pairs, key=lambda pair: -pair[0])[:_MOST_CONFUSIONS]
    left = len(pairs) - len(most)
    note = f"\n\n{left:,} rarer pairs are not shown." if left else ""
    return (
        markdown_table(("gold", "predicted", "mentions"), [(gold, predicted, f"{n:,}") for n, gold, predicted in most])
        + note
    )


def _events(report: Report) -> list[str]:
    if not report.events:
        return []
    e = report.events
    parts = ["## Events"]
    singles = [(name, *_cells(row)) for name, row in event_averages(e)]
    parts += [markdown_table(("", *_FIGURES), singles)] if singles else []
    for name, first, of in event_matchings(e):
        parts += [f"### {name}", _matching(first, of)]
    if e.attributes:
        rows = [
            (escaped(name), percent(row.accuracy.value), ends(row.accuracy.interval), f"{row.mentions:,}")
            for name, row in e.attributes.items()
        ]
        parts += ["### Attributes", markdown_table(("attribute", "right value", "interval", "mentions of both"), rows)]
    if e.event_sets:
        sets = (("B-cubed", e.event_sets.b_cubed), ("CEAF-e", e.event_sets.ceaf_e))
        set_rows = [(name, *_cells(row)[:4]) for name, row in sets]
        parts += ["### Which triggers tell the same event", markdown_table(("", *_FIGURES[:4]), set_rows)]
    if e.false_alarms and e.false_alarms.value is not None:
        parts.append(f"{e.false_alarms.value:.1f} predicted triggers per 100 articles that tell of no event.")
    return parts


def _matching(first: str, of: Matching) -> str:
    rows = [(escaped(name), *_cells(row)) for name, row in of.labels.items() if row.f1 is not None]
    return markdown_table((first, *_FIGURES), [*rows, ("micro", *_cells(of.micro))])


def _resampled(report: Report) -> str:
    if not report.bootstrap:
        return ""
    return f" Intervals: {round(100 * report.bootstrap.level)}%, from {report.bootstrap.resamples:,} resamples" + (
        f" of {report.dataset.units:,} articles or clusters." if report.dataset.units else "."
    )


def _smallest(report: Report) -> str:
    if report.smallest_difference is None:
        return ""
    points = percent(report.smallest_difference)
    return f"Two systems must be {points} points of micro F1 apart for this test set to tell them apart."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""
