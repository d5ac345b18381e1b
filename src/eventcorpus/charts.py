"""Bars and histograms as inline SVG, in the colours of the page (light and dark)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_ROW, _LEFT, _WIDTH, _RIGHT = 24, 190, 430, 130
_HEIGHT, _TOP, _BOTTOM = 150, 18, 26
_LONGEST = 26


@dataclass(frozen=True)
class BarRow:
    """One bar: its name, length, and what is said beside it."""

    name: str
    value: float
    note: str = ""


def bar_chart(rows: Sequence[BarRow], *, title: str, colour: str = "--p") -> Markup:
    """Horizontal bars with their names at the left and their values and notes at the right.

    Args:
        title: for those who do not see it.
        colour: a custom property of the page.
    """
    longest = max((row.value for row in rows), default=0) or 1
    height = _ROW * len(rows) + 6
    parts = [_svg(_LEFT + _WIDTH + _RIGHT, height, title)]
    for i, row in enumerate(rows):
        top, width = _ROW * i + 4, round(_WIDTH * row.value / longest, 1)
        name = row.name if len(row.name) <= _LONGEST else row.name[: _LONGEST - 1] + "…"
        parts.append(
            Markup(
                '<g><title>{0}: {1:,g} {2}</title><text x="{3}" y="{4}" text-anchor="end">{5}</text>'
                '<rect x="{6}" y="{7}" width="{8}" height="15" rx="2" fill="var({9})"/>'
                '<text x="{10}" y="{4}">{1:,g} <tspan opacity=".7">{2}</tspan></text></g>'
            ).format(row.name, row.value, row.note, _LEFT - 10, top + 12, name, _LEFT, top, max(width, 1), colour,
                     _LEFT + max(width, 1) + 8)
        )  # fmt: skip
    return Markup("").join([*parts, Markup("</svg>")])


def histogram(bars: Sequence[tuple[int, int, int]], *, title: str, unit: str, colour: str = "--f") -> Markup:
    """Columns side by side, their borders written below.

    Args:
        bars: (from, to, how many), ascending and without gaps.
        unit: what the borders count.
    """
    highest = max((n for _, _, n in bars), default=0) or 1
    width = _LEFT + _WIDTH + _RIGHT
    step = (width - 60) / max(1, len(bars))
    parts = [_svg(width, _TOP + _HEIGHT + _BOTTOM, title)]
    base = _TOP + _HEIGHT
    parts.append(Markup('<line class="axis" x1="20" x2="{0}" y1="{1}" y2="{1}"/>').format(width - 20, base))
    every = max(1, round(len(bars) / 10))
    for i, (start, end, n) in enumerate(bars):
        x, tall = 20 + step * i, round(_HEIGHT * n / highest, 1)
        parts.append(
            Markup(
                '<g><title>{0:,} to {1:,} {2}: {3:,}</title><rect x="{4:.1f}" y="{5}" width="{6:.1f}" height="{7}" '
                'rx="2" fill="var({8})"/>'
            ).format(start, end, unit, n, x + 1, base - tall, step - 2, tall, colour)
        )
        if n:
            parts.append(
                Markup('<text class="soft" x="{:.1f}" y="{}" text-anchor="middle">{:,}</text>').format(
                    x + step / 2, base - tall - 4, n
                )
            )
        parts.append(Markup("</g>"))
        if i % every == 0:
            parts.append(
                Markup('<text class="soft" x="{:.1f}" y="{}" text-anchor="middle">{:,}</text>').format(
                    x, base + 16, start
                )
            )
    last = Markup('<text class="soft" x="{}" y="{}" text-anchor="end">{:,} {}</text>')
    parts.append(last.format(width - 4, base + 16, bars[-1][1], unit) if bars else Markup(""))
    return Markup("").join([*parts, Markup("</svg>")])


def _svg(width: float, height: float, title: str) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(width, height, title)
