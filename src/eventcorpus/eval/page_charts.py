"""Pictures of a report as inline SVG: bars in table cells, curves, reliability; in the page's colours, light and dark.

Comes in: parts of a report. Goes out: markup that needs no script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from eventcorpus.eval.report import Bin, CurvePoint, Interval

_SIDE, _LEFT, _TOP = 300, 44, 10
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
            drawn = " ".join(f"{_x(recall)},{_y(precision)}" for recall, precision in thinned(known))
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
    parts.append(Markup('<path class="diagonal" d="M{} {}L{} {}"/>').format(_x(0), _y(0), _x(1), _y(1)))
    most = max((one.n for one in bins), default=0) or 1
    known = [
        (one, one.confidence, one.correct) for one in bins if one.confidence is not None and one.correct is not None
    ]
    for one, confidence, correct in known:
        x, y = _x(confidence), _y(correct)
        parts.append(Markup('<path class="gap" d="M{0} {1}V{2}"/>').format(x, _y(confidence), y))
        parts.append(
            Markup('<circle cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                x,
                y,
                round(2.5 + 8 * (one.n / most) ** 0.5, 1),
                f"{one.n:,} predictions of confidence {one.low:.2f} to {one.high:.2f}: "
                f"{100 * correct:.1f}% right, {100 * confidence:.1f}% said",
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about 200 points of a line, its first and last among them."""
    step = max(1, len(points) // _MOST_POINTS)
    return [*points[:-1:step], points[-1]] if points else []


def _frame(description: str, across: str, up: str) -> list[Markup]:
    right, bottom = _LEFT + _SIDE, _TOP + _SIDE
    parts = [
        Markup('<svg class="square" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            right + 14, bottom + 40, description
        )
    ]
    for share in (0, 25, 50, 75, 100):
        x, y = _x(share / 100), _y(share / 100)
        parts.append(
            Markup('<path class="axis" d="M{0} {1}V{2}M{3} {4}H{5}"/>').format(x, _TOP, bottom, _LEFT, y, right)
        )
        parts.append(
            Markup('<text class="soft" x="{}" y="{}" text-anchor="middle">{}</text>').format(x, bottom + 15, share)
        )
        parts.append(
            Markup('<text class="soft" x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 6, y + 4, share)
        )
    middle = _TOP + _SIDE / 2
    parts.append(
        Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(_LEFT + _SIDE / 2, bottom + 34, across)
    )
    parts.append(
        Markup('<text x="12" y="{0}" text-anchor="middle" transform="rotate(-90 12 {0})">{1}</text>').format(middle, up)
    )
    return parts


def _x(share: float) -> float:
    return round(_LEFT + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + _SIDE * (1 - share), 1)


def _hundred(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 2)
