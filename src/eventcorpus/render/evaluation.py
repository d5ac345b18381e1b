"""The evaluation report as text: a table and lines for a terminal, and GitHub-flavoured Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich import box
from rich.table import Table

from eventcorpus.eval.intervals import ends, f1_ends
from eventcorpus.eval.report import Confusion, Events, Figures, LabelFigures, Matching, Report
from eventcorpus.tables import markdown_table, percent

DIMENSIONS = {
    "length": "words in the article",
    "position": "the word at which a mention starts",
    "seen": "whether the words of a mention are a mention in the train split",
}
"""What articles or mentions of a part of the data have in common."""

# what every form of the report shows ---------------------------------------------------------------------------------


def relaxed_matchings(report: Report) -> dict[str, Matching]:
    """The definitions of a match other than the exact one that the report has."""
    every = {"overlap": report.overlap, "boundary": report.boundary, "type": report.type}
    return {name: matching for name, matching in every.items() if matching}


def event_averages(events: Events) -> dict[str, LabelFigures]:
    """Micro averages of triggers and arguments that the report has."""
    every = {
        "trigger identification": events.trigger_identification,
        "trigger classification": events.trigger_classification,
        "argument identification": events.argument_identification,
        "argument classification": events.argument_classification,
        "argument attached": events.argument_attached,
    }
    return {name: of.micro if isinstance(of, Matching) else of for name, of in every.items() if of}


def event_matchings(events: Events) -> list[tuple[str, str, Matching]]:
    """Name, what its rows are, and figures by label or role."""
    every = (
        ("Trigger classification, by label", "label", events.trigger_classification),
        ("Argument classification, by role", "role", events.argument_classification),
        ("Arguments attached to the right trigger, by role", "role", events.argument_attached),
    )
    return [(name, first, matching) for name, first, matching in every if matching]


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
        lines.append(f"figures are means over {len(report.seeds.models)} runs, micro F1 {each}")
    if report.bootstrap is not None:
        drawn = "articles" if report.dataset.units == report.dataset.articles else "clusters of articles"
        units = f" of {report.dataset.units:,} {drawn}" if report.dataset.units is not None else ""
        lines.append(f"{_level(report)}: interval of F1, {report.bootstrap.resamples:,} resamples{units}")
    if report.smallest_difference is not None:
        lines.append(
            f"two systems must differ by about {percent(report.smallest_difference)} points of micro F1 for this test "
            "set to show it"
        )
    for name, baseline in (report.floors or {}).items():
        figures = f"micro F1 {percent(baseline.exact.micro.f1)}, macro {percent(baseline.exact.macro.f1)}"
        lines.append(f"baseline {name}: {figures}")
    if report.calibration is not None:
        error = report.calibration.expected_calibration_error
        between = f" [{ends(error.interval)}]" if error.interval else ""
        lines.append(f"calibration error {percent(error.value)}{between}")
    if report.agreement is not None:
        lines.append(f"annotators: exact F1 between {report.agreement.source}")
    return lines


def _level(report: Report) -> str:
    return f"{round(100 * report.bootstrap.level)}%" if report.bootstrap else ""


def _counts(row: Figures) -> tuple[str, str, str]:
    """In gold, predicted, right; empty where they are not known."""
    if not isinstance(row, LabelFigures):
        return "", "", ""
    return f"{row.support:,}", f"{row.predicted:,}", f"{row.correct:,}"


# Markdown ------------------------------------------------------------------------------------------------------------

_MARKUP = re.compile(r"([\\`*_{}\[\]|~#!$])")
_MOST_CONFUSIONS = 15
_FIGURES = ("F1", "interval", "precision", "recall", "gold", "predicted", "right")


def report_markdown(report: Report) -> str:
    """Every figure that a reader asks for first; the JSON report has all. Names from data are escaped."""
    return "\n\n".join(_parts(report)) + "\n"


def escaped(text: str) -> str:
    r"""Text that Markdown and HTML leave as it is, on one line.

    >>> escaped("a|b <script> *c*")
    'a\\|b &lt;script&gt; \\*c\\*'
    """
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _parts(report: Report) -> Iterator[str]:
    data, micro, exact = report.dataset, report.exact.micro, report.definitions.get("exact", "")
    yield f"# {escaped(report.model.name)} on {escaped(data.name)}, {escaped(data.split)}"
    about = [f"{data.articles:,} articles, {micro.support:,} gold mentions. Figures are in %."]
    if exact:
        about.append(f"{escaped(exact[0].upper() + exact[1:])}.")
    if report.bootstrap:
        units = f" of {data.units:,} articles or clusters" if data.units else ""
        about.append(f"Intervals: {_level(report)}, from {report.bootstrap.resamples:,} resamples{units}.")
    yield " ".join(about)
    yield "## Summary"
    summary = [("micro", *_cells(micro)), ("macro", *_cells(report.exact.macro))]
    summary += [
        (f"baseline: {escaped(name)}, micro", *_cells(baseline.exact.micro))
        for name, baseline in (report.floors or {}).items()
    ]
    if report.agreement:
        between = report.agreement.all_labels
        summary.append(("between annotators, micro", percent(between.value), ends(between.interval), *[""] * 5))
    yield markdown_table(("", *_FIGURES), summary)
    if report.smallest_difference is not None:
        points = percent(report.smallest_difference)
        yield f"Two systems must be {points} points of micro F1 apart for this test set to tell them apart."
    yield "## Per label"
    yield _per_label(report)
    if report.confusion:
        yield "## Which label a mention got"
        yield from _confusion(report.confusion)
    if report.boundary_errors:
        names = ("start", "end", "both", "too_short", "too_long", "shifted", "split", "merged")
        rows = {label: [f"{getattr(row, name):,}" for name in names] for label, row in report.boundary_errors.items()}
        yield "## Right label, wrong ends"
        yield _table(("label", *(name.replace("_", " ") for name in names)), rows)
    if report.calibration:
        error = report.calibration.expected_calibration_error
        interval = f" ({ends(error.interval)})" if error.interval else ""
        yield "## Confidence"
        yield f"Expected calibration error {percent(error.value)}{interval}."
    for dimension, slices in (report.slices or {}).items():
        meaning = f": {DIMENSIONS[dimension]}" if dimension in DIMENSIONS else ""
        yield f"## By {escaped(dimension)}{meaning}"
        parts = {
            name: (*_cells(part.micro), percent(part.macro_f1), f"{part.articles:,}") for name, part in slices.items()
        }
        yield _table((escaped(dimension), *_FIGURES, "macro F1", "articles"), parts)
    if report.events:
        yield from _events(report.events)
    yield (
        f"Ontology {escaped(report.ontology)}; model {report.model.hash[:12] or 'without a hash'}; predictions "
        f"{report.predictions_sha256[:12]}; dataset {data.sha256[:12] or 'without a manifest'}; eventcorpus "
        f"{report.eventcorpus}."
    )


def _table(columns: Sequence[str], rows: Mapping[str, Iterable[str]]) -> str:
    """A table of rows by their names, which come from data."""
    return markdown_table(columns, [(escaped(name), *cells) for name, cells in rows.items()])


def _cells(row: Figures) -> tuple[str, ...]:
    return percent(row.f1), f1_ends(row), percent(row.precision), percent(row.recall), *_counts(row)


def _per_label(report: Report) -> str:
    relaxed, annotators = relaxed_matchings(report), report.agreement
    columns = ["label", *_FIGURES, *(f"{name} F1" for name in relaxed), *(["annotators"] if annotators else [])]
    rows = {}
    for label, row in report.exact.labels.items():
        cells = [*_cells(row)]
        cells += [percent(of.labels[label].f1) if label in of.labels else "" for of in relaxed.values()]
        cells += [percent(annotators.labels[label].value) if label in annotators.labels else ""] if annotators else []
        rows[label] = cells
    return _table(columns, rows)


def _confusion(confusion: Confusion) -> Iterator[str]:
    names = [*(escaped(label) for label in confusion.labels), "nothing"]
    pairs = [
        (count, names[i], names[j])
        for i, row in enumerate(confusion.counts)
        for j, count in enumerate(row)
        if count and i != j
    ]
    most = sorted(pairs, key=lambda pair: -pair[0])[:_MOST_CONFUSIONS]
    rows = [(gold, predicted, f"{count:,}") for count, gold, predicted in most]
    yield markdown_table(("gold", "predicted", "mentions"), rows)
    if len(pairs) > len(most):
        yield f"{len(pairs) - len(most):,} rarer pairs are not shown."


def _events(events: Events) -> Iterator[str]:
    yield "## Events"
    if averages := event_averages(events):
        yield markdown_table(("", *_FIGURES), [(name, *_cells(row)) for name, row in averages.items()])
    for name, first, of in event_matchings(events):
        rows = [(escaped(label), *_cells(row)) for label, row in of.labels.items() if row.f1 is not None]
        yield f"### {name}"
        yield markdown_table((first, *_FIGURES), [*rows, ("micro", *_cells(of.micro))])
    if events.attributes:
        attributes = {
            name: (percent(row.accuracy.value), ends(row.accuracy.interval), f"{row.mentions:,}")
            for name, row in events.attributes.items()
        }
        yield "### Attributes"
        yield _table(("attribute", "right value", "interval", "mentions of both"), attributes)
    if events.event_sets:
        sets = (("B-cubed", events.event_sets.b_cubed), ("CEAF-e", events.event_sets.ceaf_e))
        yield "### Which triggers tell the same event"
        yield markdown_table(("", *_FIGURES[:4]), [(name, *_cells(row)[:4]) for name, row in sets])
    if events.false_alarms and events.false_alarms.value is not None:
        yield f"{events.false_alarms.value:.1f} predicted triggers per 100 articles that tell of no event."
