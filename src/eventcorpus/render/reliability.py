"""The reliability diagram of a calibration as an SVG file: confidence across, share right upwards."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from eventcorpus.calibration.apply import Bin, Calibration
from eventcorpus.calibration.metrics import wilson_interval
from eventcorpus.percent import percent
from eventcorpus.render.charts import BLUE, ORANGE, Plot, diagonal, element, hint, path, svg_file, text

_PLOT = Plot(left=60, top=62, width=420, height=420)
_COUNTS = Plot(left=_PLOT.left, top=_PLOT.bottom + 52, width=_PLOT.width, height=70)


def reliability_svg(calibration: Calibration) -> str:
    """Draw the diagrams before and after calibration, with the mentions of each bin below.

    Whiskers are 95% intervals (Wilson 1927) of the share that was right.
    """
    before, after = calibration.before, calibration.after
    description = "Reliability of confidences before and after calibration: " + "; ".join(
        f"{b.low:.1f} to {b.high:.1f}: said {b.confidence:.2f}, right {b.correct} of {b.mentions}"
        for b in after
        if b.confidence is not None
    )
    parts = [
        *_key(calibration),
        *_PLOT.percent_axes("confidence, %", "exactly right, %"),
        diagonal(_PLOT),
        *_curve(before, "before"),
        *_curve(after, "after"),
        *_counts(before, after),
    ]
    colours = {"before": ORANGE, "after": BLUE}
    return svg_file(_PLOT.right + 30, _COUNTS.bottom + 38, parts, description=description, colours=colours)


def _key(calibration: Calibration) -> list[Markup]:
    rows = [("before", "none", "as the model says it")]
    if calibration.method != "none":
        rows.append(("after", calibration.method, f"calibrated ({calibration.method})"))
    parts = []
    for i, (name, method, words) in enumerate(rows):
        error = calibration.errors.get(method)  # type: ignore[call-overload]
        off = f": off by {percent(error.expected_error)} points" if error else ""
        parts.append(element("circle", class_=f"dot {name}", cx=_PLOT.left + 6, cy=16 + 20 * i, r=5))
        parts.append(text(_PLOT.left + 20, 20 + 20 * i, words + off))
    return parts


def _curve(bins: Sequence[Bin], name: str) -> list[Markup]:
    points = [(b.confidence, b.correct / b.mentions, b) for b in bins if b.confidence is not None]
    shift = 3 if name == "after" else -3  # so that whiskers at one place stay apart
    parts = [_PLOT.curve([point[:2] for point in points], class_=f"curve {name}", opacity=".6")]
    for confidence, share, each in points:
        low, high = wilson_interval(each.correct, each.mentions)
        x = _PLOT.x(confidence)
        parts.append(
            element(
                "g",
                hint(f"said {confidence:.2f}, right {each.correct} of {each.mentions}"),
                path(f"M{x + shift:.1f} {_PLOT.y(low)}V{_PLOT.y(high)}", f"whisker {name}"),
                element("circle", class_=f"dot {name}", cx=x, cy=_PLOT.y(share), r=5),
            )
        )
    return parts


def _counts(before: Sequence[Bin], after: Sequence[Bin]) -> list[Markup]:
    """How many mentions each bin has, before and after side by side."""
    most = max((b.mentions for b in (*before, *after)), default=0) or 1
    half = _COUNTS.width / 20 - 3
    parts = [path(f"M{_COUNTS.left} {_COUNTS.bottom}H{_COUNTS.right}", "axis")]
    for name, bins, offset in (("before", before, 2.0), ("after", after, 2.0 + half)):
        for each in bins:
            y = _COUNTS.y(each.mentions / most)
            words = f"{each.mentions:,} mentions said {each.low:.1f} to {each.high:.1f}"
            place = {"x": _COUNTS.x(each.low) + offset, "y": y, "width": half, "height": _COUNTS.bottom - y}
            parts.append(element("rect", hint(words), class_=f"bar {name}", **place))
    middle, words = _COUNTS.left + _COUNTS.width / 2, f"mentions of each confidence, at most {most:,}"
    return [*parts, text(middle, _COUNTS.bottom + 18, words, anchor="middle", class_="soft")]
