"""Evaluation reports and comparisons for a terminal: a table, and lines that say what its figures mean."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from eventcorpus.eval.compare import Change, Comparison, Difference, System
from eventcorpus.eval.intervals import ends, f1_ends
from eventcorpus.eval.report import Figures, LabelFigures, Report
from eventcorpus.tables import UNDEFINED, percent, percent_range, titled_table
from eventcorpus.text import one_line

_N_CHANGES = 5


def report_table(report: Report) -> Table:
    """The report for a terminal, labels in ontology order, averages last."""
    table = Table(
        title=f"{report.model.name} on {report.dataset.name}, {report.dataset.split}: exact match, %",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 0),
        pad_edge=False,
    )
    table.add_column("label", overflow="fold", min_width=12)
    for name in ("pre-\ncision", "recall", "F1"):
        table.add_column(name, justify="right", no_wrap=True)
    if report.bootstrap:
        table.add_column(_level(report), justify="right", no_wrap=True)
    relaxed = report.overlap
    if relaxed:
        table.add_column("overlap\nF1", justify="right", no_wrap=True)
    if report.agreement:
        table.add_column("anno-\ntators", justify="right", no_wrap=True)
    for name in ("gold", "pre-\ndicted"):
        table.add_column(name, justify="right", no_wrap=True)

    def add(name: str, row: Figures, overlap: Figures | None, annotators: float | None, counts: Sequence[str]) -> None:
        cells = [percent(row.precision), percent(row.recall), percent(row.f1)]
        cells += [f1_ends(row)] if report.bootstrap else []
        cells += [percent(overlap.f1 if overlap else None)] if relaxed else []
        cells += [percent(annotators)] if report.agreement else []
        table.add_row(name, *cells, *counts)

    agreement = report.agreement
    for label, row in report.exact.labels.items():
        figure = agreement.labels.get(label) if agreement else None
        overlap = relaxed.labels.get(label) if relaxed else None
        add(label, row, overlap, figure.value if figure else None, _counts(row))
    table.add_section()
    micro = report.exact.micro
    annotators = agreement.all_labels.value if agreement else None
    add("micro", micro, relaxed.micro if relaxed else None, annotators, _counts(micro))
    add("macro", report.exact.macro, relaxed.macro if relaxed else None, None, ("", ""))
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


def _counts(row: LabelFigures) -> tuple[str, str]:
    return f"{row.support:,}", f"{row.predicted:,}"


def _level(report: Report) -> str:
    return f"{round(100 * report.bootstrap.level)}%" if report.bootstrap else ""


def comparison_table(comparison: Comparison) -> Table:
    """Labels in ontology order, averages last; those without gold or predictions are left out."""
    place = f"{comparison.dataset.name}, {comparison.dataset.split}"
    table = titled_table(
        f"{place}: exact F1, %; A: {_name(comparison.first)}, B: {_name(comparison.second)}",
        ("label", "gold", "A", "B", "B - A", "95%", "p", "Holm", "effect", "fixed", "broken"),
    )
    for label, row in comparison.labels.items():
        if row.first is not None or row.second is not None:
            table.add_row(label, *_cells(row))
    table.add_section()
    table.add_row("micro", *_cells(comparison.micro))
    table.add_row("macro", *_cells(comparison.macro))
    return table


def comparison_lines(comparison: Comparison) -> list[str]:
    """What the table says in words, and the first of what was fixed and what broke."""
    lines = [verdict(comparison)]
    for system, letter in ((comparison.first, "A"), (comparison.second, "B")):
        if len(system.runs) > 1:
            lines.append(f"{letter}: micro F1 of its runs {', '.join(percent(run.micro_f1) for run in system.runs)}")
    for what, changes in (("fixed", comparison.fixed), ("broken", comparison.broken)):
        lines += [f"{what}: {line}" for line in _first_of(changes)]
    return lines


def verdict(comparison: Comparison) -> str:
    """One sentence: which is better, or what difference this test set could have shown."""
    micro = comparison.micro
    if micro.difference.value is None or micro.p_randomisation is None:
        return "micro F1 is undefined: nothing in gold and nothing predicted"
    points = f"{percent(abs(micro.difference.value))} points of micro F1"
    dataset = comparison.dataset
    units = "articles" if dataset.units == dataset.articles else "clusters of articles"
    exchanges = f"{comparison.randomisation.rounds:,} exchanges of {dataset.units:,} {units}"
    by = f"p = {p_value(micro.p_randomisation)}, {exchanges}"
    could = (
        f"; the smallest difference that this test set can show between them is "
        f"{percent(micro.smallest_difference)} points"
        if micro.smallest_difference is not None
        else ""
    )
    if micro.p_randomisation < 0.05:
        return f"{'B' if micro.difference.value > 0 else 'A'} is better by {points} ({by}){could}"
    return f"no difference shown: {points} ({by}){could}"


def p_value(p: float | None) -> str:
    """A p value as people read it; a dash where there is none."""
    return UNDEFINED if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def _cells(row: Difference) -> list[str]:
    interval = row.difference.interval
    return [
        f"{row.support:,}",
        percent(row.first),
        percent(row.second),
        percent(row.difference.value, sign="+"),
        UNDEFINED if interval is None else percent_range(interval.low, interval.high, between=" to ", sign="+"),
        p_value(row.p_randomisation),
        p_value(row.p_holm),
        UNDEFINED if row.effect_size is None else f"{row.effect_size:+.2f}",
        f"{row.fixed:,}",
        f"{row.broken:,}",
    ]


def _first_of(changes: Sequence[Change]) -> list[str]:
    shown = [
        f"{c.label} {one_line(c.text)} in {c.article}, {c.start}: {c.first} -> {c.second}" for c in changes[:_N_CHANGES]
    ]
    more = len(changes) - len(shown)
    return [*shown, f"{more:,} more in --json"] if more else shown


def _name(system: System) -> str:
    runs = f" ({len(system.runs)} runs)" if len(system.runs) > 1 else ""
    return (system.name if not runs else ", ".join(dict.fromkeys(r.model.name for r in system.runs))) + runs
