"""Bars and histograms as inline SVG, in the colours of the page (light and dark)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from eventcorpus.eval.report import Bin, CurvePoint, Interval
from eventcorpus.percent import percent

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


_ROWS_LEFT, _ROWS_WIDTH, _ROWS_RIGHT, _BAR, _ROWS_TOP = 170, 480, 110, 13, 30


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
    height = _ROWS_TOP + height_of_row * len(rows) + 6
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            _ROWS_LEFT + _ROWS_WIDTH + _ROWS_RIGHT, height, description
        )
    ]
    x = _ROWS_LEFT
    for name, colour in series:
        parts.append(Markup('<rect x="{}" y="4" width="12" height="12" fill="{}"/>').format(x, colour))
        parts.append(Markup('<text x="{}" y="14">{}</text>').format(x + 18, name))
        x += 40 + 7 * len(name)
    for tick in (0, 25, 50, 75, 100):
        at = round(_ROWS_LEFT + _ROWS_WIDTH * tick / 100)
        parts.append(
            Markup('<line class="axis" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(at, _ROWS_TOP - 6, height)
        )
    for n, row in enumerate(rows):
        top = _ROWS_TOP + height_of_row * n
        shown = row.name if len(row.name) <= 22 else row.name[:21] + "…"
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_ROWS_LEFT - 10, top + 14, shown))
        parts.append(
            Markup('<text class="soft" x="{}" y="{}" text-anchor="end">{}</text>').format(
                _ROWS_LEFT - 10, top + 29, row.note
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
            _ROWS_LEFT, top, max(1, end - _ROWS_LEFT), _BAR - 3, colour
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
        Markup('<text class="soft" x="{}" y="{}">{}</text>').format(max(right, end) + 6, middle + 4, percent(bar.value))
    )
    return parts


def _x(value: float) -> int:
    return round(_ROWS_LEFT + _ROWS_WIDTH * min(max(value, 0.0), 1.0))


_SIDE, _PLOT_LEFT, _PLOT_TOP = 300, 44, 10
_MOST_POINTS = 200


def bar_cell(value: float | None, interval: Interval | None = None, mark: float | None = None) -> Markup:
    """A bar that fills a table cell, from 0 to 1, with a whisker for the interval and an upright line for ``mark``."""
    parts = [Markup('<svg class="bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">')]
    parts.append(Markup('<path class="axis" d="M0 0V16M50 0V16M100 0V16"/>'))
    if value is not None:
        parts.append(Markup('<rect x="0" y="3" width="{}" height="10"/>').format(_hundred(value)))
    if interval is not None:
        low, high = _hundred(interval.low), _hundred(interval.high)
        parts.append(Markup('<path class="whisker" d="M{0} 8H{1}M{0} 5v6M{1} 5v6"/>').format(low, high))
    if mark is not None:
        parts.append(Markup('<path class="mark" d="M{0} 0V16"/>').format(_hundred(mark)))
    return Markup("").join([*parts, Markup("</svg>")])


def difference_cell(value: float | None, interval: Interval | None, reach: float) -> Markup:
    """A bar to the left or right of the middle of a cell, from ``-reach`` to ``reach``, with a whisker."""
    parts = [Markup('<svg class="bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">')]
    parts.append(Markup('<path class="axis" d="M50 0V16"/>'))

    def x(number: float) -> float:
        return round(50 + 50 * min(max(number / reach, -1.0), 1.0), 2)

    if value is not None:
        low, high = sorted((50.0, x(value)))
        parts.append(
            Markup('<rect class="{}" x="{}" y="3" width="{}" height="10"/>').format(
                "up" if value > 0 else "down", low, round(high - low, 2)
            )
        )
    if interval is not None:
        ends = x(interval.low), x(interval.high)
        parts.append(Markup('<path class="whisker" d="M{0} 8H{1}M{0} 5v6M{1} 5v6"/>').format(*ends))
    return Markup("").join([*parts, Markup("</svg>")])


def curve_chart(curves: Mapping[str, Sequence[CurvePoint]], *, bold: str = "micro") -> Markup:
    """Precision over recall, a line a label; the line of ``bold`` stands out (the page's script may choose another)."""
    parts = [*_frame("precision over recall, a line a label", "recall, %", "precision, %")]
    for label, points in curves.items():
        known = [(p.recall, p.precision) for p in points if p.recall is not None and p.precision is not None]
        if known:
            drawn = " ".join(f"{_plot_x(recall)},{_y(precision)}" for recall, precision in thinned(known))
            parts.append(
                Markup('<polyline class="curve{}" data-label="{}" points="{}"><title>{}</title></polyline>').format(
                    " bold" if label == bold else "", label, drawn, label
                )
            )
    return Markup("").join([*parts, Markup("</svg>")])


def reliability_chart(bins: Sequence[Bin]) -> Markup:
    """Share right over mean confidence, a dot a bin, as large as the bin has predictions; the diagonal is true,
    and a line leads from each dot to it.
    """
    parts = [*_frame("share of predictions that are right over their confidence", "confidence, %", "right, %")]
    parts.append(Markup('<path class="diagonal" d="M{} {}L{} {}"/>').format(_plot_x(0), _y(0), _plot_x(1), _y(1)))
    most = max((one.n for one in bins), default=0) or 1
    known = [
        (one, one.confidence, one.correct) for one in bins if one.confidence is not None and one.correct is not None
    ]
    for one, confidence, correct in known:
        x, y = _plot_x(confidence), _y(correct)
        parts.append(Markup('<path class="gap" d="M{0} {1}V{2}"/>').format(x, _y(confidence), y))
        parts.append(
            Markup('<circle cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                x,
                y,
                round(2.5 + 8 * (one.n / most) ** 0.5, 1),
                f"{one.n:,} predictions of confidence {one.low:.2f} to {one.high:.2f}: "
                f"{percent(correct)}% right, {percent(confidence)}% said",
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about 200 points of a line, its first and last among them."""
    step = max(1, len(points) // _MOST_POINTS)
    return [*points[:-1:step], points[-1]] if points else []


def _frame(description: str, across: str, up: str) -> list[Markup]:
    right, bottom = _PLOT_LEFT + _SIDE, _PLOT_TOP + _SIDE
    parts = [
        Markup('<svg class="square" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            right + 14, bottom + 40, description
        )
    ]
    for share in (0, 25, 50, 75, 100):
        x, y = _plot_x(share / 100), _y(share / 100)
        parts.append(
            Markup('<path class="axis" d="M{0} {1}V{2}M{3} {4}H{5}"/>').format(
                x, _PLOT_TOP, bottom, _PLOT_LEFT, y, right
            )
        )
        parts.append(
            Markup('<text class="soft" x="{}" y="{}" text-anchor="middle">{}</text>').format(x, bottom + 15, share)
        )
        parts.append(
            Markup('<text class="soft" x="{}" y="{}" text-anchor="end">{}</text>').format(_PLOT_LEFT - 6, y + 4, share)
        )
    middle = _PLOT_TOP + _SIDE / 2
    parts.append(
        Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(_PLOT_LEFT + _SIDE / 2, bottom + 34, across)
    )
    parts.append(
        Markup('<text x="12" y="{0}" text-anchor="middle" transform="rotate(-90 12 {0})">{1}</text>').format(middle, up)
    )
    return parts


def _plot_x(share: float) -> float:
    return round(_PLOT_LEFT + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_PLOT_TOP + _SIDE * (1 - share), 1)


def _hundred(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 2)
