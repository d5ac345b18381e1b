"""The option ``--gate``, and what happens when a limit is not kept."""

from __future__ import annotations

from collections.abc import Sequence

import click

from eventcorpus.commands.options import PATH, notice
from eventcorpus.eval.gate import Gate, check_gate
from eventcorpus.eval.report import Report

GATE = click.option(
    "--gate", "gate_path", type=PATH, help="Limits in YAML; exit with 1 and a line for each that is not kept."
)


def hold_to(gate: Gate, reports: Sequence[Report], *, place: str) -> None:
    """Exit with 1 if a report does not keep the limits, after one line a limit on stderr."""
    broken = 0
    for report in reports:
        n, lines = check_gate(gate, report, place=place)
        for line in lines:
            click.echo(f"{place}: {report.model.name}: {line}", err=True)
        broken += len(lines)
        if not lines:
            notice(f"{place}: {report.model.name} keeps {'the limit' if n == 1 else f'all {n} limits'}")
    if broken:
        raise SystemExit(1)
