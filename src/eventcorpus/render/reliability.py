"""The reliability diagram as a picture of its own: said confidence across, share right upwards, honest is the diagonal.

Comes in: the two diagrams in numbers that a calibration holds. Goes out: an SVG file, right in light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from eventcorpus.calibration.apply import Bin, Calibration
from eventcorpus.calibration.metrics import wilson_interval
from eventcorpus.percent import percent

_SIDE, _LEFT, _TOP, _BARS = 420, 60, 62, 70
_STYLE = Markup(
    "<style>svg{color-scheme:light dark;background:#fbfaf7;--ink:#1d2733;--soft:#5f6873;--line:#d9d5cb;"
    "--before:#c07a1d;--after:#3b6ea8}"
    "@media(prefers-color-scheme:dark){svg{background:#15191e;--ink:#e6e4de;--soft:#98a2ad;--line:#333b44;"
    "--before:#e2a655;--after:#6fa3de}}"
    "text{font:12px system-ui,sans-serif;fill:var(--ink)}.soft{fill:var(--soft)}.line{stroke:var(--line);fill:none}"
    ".before{stroke:var(--before);fill:none;stroke-width:1.5}.after{stroke:var(--after);fill:none;stroke-width:2}"
    ".dot.after,.bar.after{fill:var(--after);stroke:none}.bar.before{fill:var(--before);stroke:none}"
    "</style>"
)


def reliability_svg(calibration: Calibration) -> str:
    """Draw the diagrams before and after calibration, with the mentions of each bin below.

    Whiskers are 95% intervals (Wilson 1927) of the share that was right.
    """
    before, after = calibration.before, calibration.after
    width, height = _LEFT + _SIDE + 30, _TOP + _SIDE + 40 + _BARS + 50
    description = "Reliability of confidences before and after calibration: " + "; ".join(
        f"{b.low:.1f} to {b.high:.1f}: said {b.confidence:.2f}, right {b.correct} of {b.mentions}"
        for b in after
        if b.confidence is not None
    )
    parts = [
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
            'aria-label="{2}">'
        ).format(width, height, description),
        _STYLE,
        *_key(calibration),
        *_frame(),
        *_curve(before, "before"),
        *_curve(after, "after"),
        *_counts(before, after),
        Markup("</svg>\n"),
    ]
    return str(Markup("\n").join(parts))


def _key(calibration: Calibration) -> list[Markup]:
    errors = calibration.errors
    rows = [("before", "none", "as the model says it")]
    if calibration.method != "none":
        rows.append(("after", calibration.method, f"calibrated ({calibration.method})"))
    parts = []
    for i, (name, method, words) in enumerate(rows):
        error = f": off by {percent(errors[method].expected_error)} points" if method in errors else ""
        parts.append(
            Markup('<circle class="dot {0}" cx="{1}" cy="{2}" r="5"/><text x="{3}" y="{4}">{5}{6}</text>').format(
                name, _LEFT + 6, 16 + 20 * i, _LEFT + 20, 20 + 20 * i, words, error
            )
        )
    return parts


def _frame() -> list[Markup]:
    parts = [
        Markup('<path class="line" d="M{0} {1}V{2}H{3}M{0} {2}L{3} {1}"/>').format(
            _LEFT, _TOP, _TOP + _SIDE, _LEFT + _SIDE
        )
    ]
    for tenth in range(0, 11, 2):
        parts.append(
            Markup(
                '<text class="soft" x="{0}" y="{1}" text-anchor="middle">{2}</text>'
                '<text class="soft" x="{3}" y="{4}" text-anchor="end">{2}</text>'
            ).format(_x(tenth / 10), _TOP + _SIDE + 18, f"{10 * tenth}", _LEFT - 8, _y(tenth / 10) + 4)
        )
    middle = _TOP + _SIDE / 2
    parts.append(
        Markup(
            '<text x="{0}" y="{1}" text-anchor="middle">said: confidence, %</text>'
            '<text transform="translate(16 {2}) rotate(-90)" text-anchor="middle">true: exactly right, %</text>'
        ).format(_LEFT + _SIDE / 2, _TOP + _SIDE + 36, middle)
    )
    return parts


def _curve(bins: Sequence[Bin], name: str) -> list[Markup]:
    points = [(b.confidence, b.correct / b.mentions, b) for b in bins if b.confidence is not None]
    shift = 3 if name == "after" else -3  # so that whiskers at one place stay apart
    line = " ".join(f"{_x(said):.1f},{_y(true):.1f}" for said, true, _ in points)
    parts = [Markup('<polyline class="{}" points="{}" opacity=".6"/>').format(name, line)]
    for said, true, one in points:
        low, high = wilson_interval(one.correct, one.mentions)
        hint = f"said {said:.2f}, right {one.correct} of {one.mentions}"
        whisker = f"M{_x(said) + shift:.1f} {_y(low):.1f}V{_y(high):.1f}"
        parts.append(
            Markup(
                '<g><title>{}</title><path class="{}" d="{}" opacity=".5"/>'
                '<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="5"/></g>'
            ).format(hint, name, whisker, name, _x(said), _y(true))
        )
    return parts


def _counts(before: Sequence[Bin], after: Sequence[Bin]) -> list[Markup]:
    most = max((b.mentions for b in (*before, *after)), default=0) or 1
    base, half = _TOP + _SIDE + 52 + _BARS, _SIDE / 10 / 2 - 3
    parts = [Markup('<path class="line" d="M{} {}h{}"/>').format(_LEFT, base, _SIDE)]
    for name, bins, offset in (("before", before, 2.0), ("after", after, 2.0 + half)):
        for one in bins:
            tall = _BARS * one.mentions / most
            hint = f"{one.mentions:,} mentions said {one.low:.1f} to {one.high:.1f}"
            bar = Markup(
                '<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
            )
            parts.append(bar.format(name, _x(one.low) + offset, base - tall, half, tall, hint))
    words = f"mentions of each confidence, at most {most:,}"
    parts.append(
        Markup('<text class="soft" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            _LEFT + _SIDE / 2, base + 18, words
        )
    )
    return parts


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)
