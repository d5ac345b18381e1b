"""The option ``--gate``, and what happens when a limit is not kept."""

from __future__ import annotations

import click

from eventcorpus.commands.options import PATH, notice
from eventcorpus.eval.gate import Gate, check_gate
from eventcorpus.eval.report import Report

GATE = click.option(
    "--gate", "gate_path", type=PATH, help="Limits in YAML; exit with 1 and a line for each that is not kept."
)


def hold_to(gate: Gate, report: Report, *, place: str) -> None:
    """Exit with 1 if the report does not keep the limits, after one line a limit on stderr."""
    n, broken = check_gate(gate, report, place=place)
    for line in broken:
        click.echo(f"{place}: {line}", err=True)
    if broken:
        raise SystemExit(1)
    notice(f"{place}: {'the limit is' if n == 1 else f'all {n} limits are'} kept")
