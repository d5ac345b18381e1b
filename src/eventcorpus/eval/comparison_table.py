"""The comparison as people read it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from eventcorpus.eval.comparison import Change, Comparison, Difference, System
from eventcorpus.eval.report_table import percent
from eventcorpus.text import one_line

N_CHANGES = 5


def comparison_table(found: Comparison) -> Table:
    """Labels in ontology order, averages last; those without gold or predictions are left out."""
    table = Table(
        title=f"{escape(found.dataset.name)}, {escape(found.dataset.split)}: exact F1, %; A: {_name(found.first)}, "
        f"B: {_name(found.second)}",
        title_justify="left",
    )
    table.add_column("label")
    for name in ("gold", "A", "B", "B - A", "95%", "p", "Holm", "effect", "fixed", "broken"):
        table.add_column(name, justify="right")
    for label, row in found.labels.items():
        if row.first is not None or row.second is not None:
            table.add_row(escape(label), *_cells(row))
    table.add_section()
    table.add_row("micro", *_cells(found.micro))
    table.add_row("macro", *_cells(found.macro))
    return table


def comparison_lines(found: Comparison) -> list[str]:
    """What the table says in words, and the first of what was fixed and what broke."""
    lines = [verdict(found)]
    for system, letter in ((found.first, "A"), (found.second, "B")):
        if len(system.runs) > 1:
            lines.append(f"{letter}: micro F1 of its runs {', '.join(percent(run.micro_f1) for run in system.runs)}")
    for what, changes in (("fixed", found.fixed), ("broken", found.broken)):
        lines += [f"{what}: {line}" for line in _first_of(changes)]
    return lines


def verdict(found: Comparison) -> str:
    """One sentence: which is better, or what difference this test set could have shown."""
    micro = found.micro
    if micro.difference.value is None or micro.p_randomisation is None:
        return "micro F1 is undefined: nothing in gold and nothing predicted"
    points = f"{100 * abs(micro.difference.value):.1f} points of micro F1"
    by = f"p = {p_value(micro.p_randomisation)}, {found.randomisation.rounds:,} exchanges of {found.dataset.units:,} "
    by += "articles" if found.dataset.units == found.dataset.articles else "clusters of articles"
    could = (
        f"; the smallest difference that this test set can show between them is "
        f"{100 * micro.smallest_difference:.1f} points"
        if micro.smallest_difference is not None
        else ""
    )
    if micro.p_randomisation < 0.05:
        return f"{'B' if micro.difference.value > 0 else 'A'} is better by {points} ({by}){could}"
    return f"no difference shown: {points} ({by}){could}"


def p_value(p: float | None) -> str:
    """A p value as people read it; a dash where there is none."""
    return "–" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def _cells(row: Difference) -> list[str]:
    interval = row.difference.interval
    return [
        f"{row.support:,}",
        percent(row.first),
        percent(row.second),
        "–" if row.difference.value is None else f"{100 * row.difference.value:+.1f}",
        "–" if interval is None else f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}",
        p_value(row.p_randomisation),
        p_value(row.p_holm),
        "–" if row.effect_size is None else f"{row.effect_size:+.2f}",
        f"{row.fixed:,}",
        f"{row.broken:,}",
    ]


def _first_of(changes: Sequence[Change]) -> list[str]:
    shown = [
        f"{c.label} {one_line(c.text)} in {c.article}, {c.start}: {c.first} -> {c.second}" for c in changes[:N_CHANGES]
    ]
    more = len(changes) - len(shown)
    return [*shown, f"{more:,} more in --json or --out"] if more else shown


def _name(system: System) -> str:
    runs = f" ({len(system.runs)} runs)" if len(system.runs) > 1 else ""
    return escape(system.name if not runs else ", ".join(dict.fromkeys(r.model.name for r in system.runs))) + runs
