"""Bars with intervals as inline SVG, for pages that need no network and no script.

Comes in: rows of shares. Goes out: markup in the page's own colours, right in light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_LEFT, _WIDTH, _RIGHT, _BAR, _TOP = 170, 480, 110, 13, 30


@dataclass(frozen=True, slots=True)
class Bar:
    """A share in [0, 1] (less is drawn as 0) with its interval; None where undefined: no bar, no whisker."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a chart: its name, a small note under it, and a bar a series."""

    name: str
    note: str
    bars: tuple[Bar, ...]


def interval_chart(rows: Sequence[Row], series: Sequence[tuple[str, str]], *, description: str) -> Markup:
    """Bars of every row beneath each other, with whiskers for intervals and the value in hundredths beside.

    Args:
        series: name and CSS colour (such as ``var(--p)``) of each bar of a row.
        description: what people hear who cannot see the chart.
    """
    height_of_row = max(_BAR * len(series) + 12, 38)
    height = _TOP + height_of_row * len(rows) + 6
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            _LEFT + _WIDTH + _RIGHT, height, description
        )
    ]
    x = _LEFT
    for name, colour in series:
        parts.append(Markup('<rect x="{}" y="4" width="12" height="12" fill="{}"/>').format(x, colour))
        parts.append(Markup('<text x="{}" y="14">{}</text>').format(x + 18, name))
        x += 40 + 7 * len(name)
    for percent in (0, 25, 50, 75, 100):
        at = round(_LEFT + _WIDTH * percent / 100)
        parts.append(Markup('<line class="axis" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(at, _TOP - 6, height))
    for n, row in enumerate(rows):
        top = _TOP + height_of_row * n
        shown = row.name if len(row.name) <= 22 else row.name[:21] + "…"
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 10, top + 14, shown))
        parts.append(
            Markup('<text class="soft" x="{}" y="{}" text-anchor="end">{}</text>').format(
                _LEFT - 10, top + 29, row.note
            )
        )
        for i, (bar, (_, colour)) in enumerate(zip(row.bars, series, strict=True)):
            parts += _bar(bar, colour, top + 3 + _BAR * i)
    return Markup("").join([*parts, Markup("</svg>")])


def _bar(bar: Bar, colour: str, top: int) -> list[Markup]:
    if bar.value is None:
        return []
    middle, end = top + (_BAR - 3) / 2, _x(bar.value)
    parts = [
        Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="2" fill="{}" opacity="0.75"/>').format(
            _LEFT, top, max(1, end - _LEFT), _BAR - 3, colour
        )
    ]
    right = end
    if bar.low is not None and bar.high is not None:
        low, right = _x(bar.low), _x(bar.high)
        parts.append(
            Markup('<path class="whisker" d="M{0} {2}H{1}M{0} {3}v6M{1} {3}v6"/>').format(
                low, right, middle, middle - 3
            )
        )
    parts.append(
        Markup('<text class="soft" x="{}" y="{}">{}</text>').format(
            max(right, end) + 6, middle + 4, f"{100 * bar.value:.1f}"
        )
    )
    return parts


def _x(value: float) -> int:
    return round(_LEFT + _WIDTH * min(max(value, 0.0), 1.0))
