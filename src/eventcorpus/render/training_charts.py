"""The curves of a training run as an SVG file: the loss over the steps, and the F1 on the validation split."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from eventcorpus.models.calibration import Bin, Calibration, wilson_interval
from eventcorpus.render.charts import BLUE, ORANGE, Plot, element, hint, path, svg_file, text
from eventcorpus.tables import counted, percent
from eventcorpus.training.metrics import Metrics

_PLOT = Plot(left=64, top=46, width=732, height=266)
_MOST_POINTS = 400

Point = tuple[float, float]


def training_svg(lines: Sequence[Metrics], *, title: str) -> str:
    """Draw the curves.

    Args:
        lines: of ``metrics.jsonl``, in the order of their steps.
        title: of the picture, for those too who do not see it.
    """
    losses = _averaged([(line.step, line.loss) for line in lines])
    scores = [(line.step, line.dev_f1) for line in lines if line.dev_f1 is not None]
    n_steps = max((line.step for line in lines), default=1)
    top = _round_up(max((loss for _, loss in losses), default=1.0))
    quarters = [n / 4 for n in range(5)]
    parts = [
        hint(title),
        text(_PLOT.left, 20, title),
        text(_PLOT.left, 38, "loss per token", class_="name loss"),
        _PLOT.grid(upright=False),
        *_PLOT.axis([f"{top * quarter:.3g}" for quarter in quarters], "left", "name loss"),
        *_PLOT.axis([f"{round(n_steps * quarter):,}" for quarter in quarters], "below"),
        text(_PLOT.left + _PLOT.width / 2, _PLOT.bottom + 40, "steps", anchor="middle"),
        _PLOT.curve([(step / n_steps, loss / top) for step, loss in losses], class_="curve loss"),
    ]
    if scores:
        parts += [
            text(_PLOT.right, 38, "F1 on validation", anchor="end", class_="name f1"),
            *_PLOT.axis([percent(quarter, digits=0) for quarter in quarters], "right", "name f1"),
            _PLOT.curve([(step / n_steps, f1) for step, f1 in scores], class_="curve f1"),
        ]
        best_step, best_f1 = max(scores, key=lambda score: (score[1], -score[0]))
        for step, f1 in scores:
            words = f"step {step:,}: F1 {percent(f1)}"
            dot = {"cx": _PLOT.x(step / n_steps), "cy": _PLOT.y(f1), "r": 3.5}
            parts.append(element("circle", hint(words), class_="dot f1", **dot))
        x, y, anchor = _PLOT.x(best_step / n_steps), _PLOT.y(best_f1), "end" if best_step > n_steps / 2 else None
        parts.append(element("circle", class_="ring f1", cx=x, cy=y, r=7))
        parts.append(text(x, y - 12, f"best {percent(best_f1)}", anchor=anchor, class_="name f1"))
    return svg_file(_PLOT.right + 64, 360, parts, description=title, colours={"loss": BLUE, "f1": ORANGE})


def _averaged(points: Sequence[Point]) -> list[Point]:
    """At most so many points as can be told apart: means of neighbours."""
    size = -(-len(points) // _MOST_POINTS) or 1
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    return [(sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups]


def _round_up(value: float) -> float:
    """The next round number at or above a value."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(power * step for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if power * step >= value)


_SHARES = Plot(left=60, top=62, width=420, height=420)
_COUNTS = Plot(left=_SHARES.left, top=_SHARES.bottom + 52, width=_SHARES.width, height=70)


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
    axes = [*_SHARES.percent_axes("confidence, %", "exactly right, %"), _SHARES.diagonal()]
    curves = [*_curve(before, "before"), *_curve(after, "after")]
    parts = [*_key(calibration), *axes, *curves, *_counts(before, after)]
    colours = {"before": ORANGE, "after": BLUE}
    return svg_file(_SHARES.right + 30, _COUNTS.bottom + 38, parts, description=description, colours=colours)


def _key(calibration: Calibration) -> list[Markup]:
    rows = [("before", "none", "as the model says it")]
    if calibration.method != "none":
        rows.append(("after", calibration.method, f"calibrated ({calibration.method})"))
    parts = []
    for i, (name, method, words) in enumerate(rows):
        error = calibration.errors.get(method)  # type: ignore[call-overload]
        off = f": off by {percent(error.expected_error)} points" if error else ""
        parts.append(element("circle", class_=f"dot {name}", cx=_SHARES.left + 6, cy=16 + 20 * i, r=5))
        parts.append(text(_SHARES.left + 20, 20 + 20 * i, words + off))
    return parts


def _curve(bins: Sequence[Bin], name: str) -> list[Markup]:
    points = [(b.confidence, b.correct / b.mentions, b) for b in bins if b.confidence is not None]
    shift = 3 if name == "after" else -3  # so that whiskers at one place stay apart
    parts = [_SHARES.curve([point[:2] for point in points], class_=f"curve {name}", opacity=".6")]
    for confidence, share, each in points:
        low, high = wilson_interval(each.correct, each.mentions)
        x = _SHARES.x(confidence)
        words = hint(f"said {confidence:.2f}, right {each.correct} of {each.mentions}")
        interval = path(f"M{x + shift:.1f} {_SHARES.y(low)}V{_SHARES.y(high)}", f"whisker {name}")
        dot = element("circle", class_=f"dot {name}", cx=x, cy=_SHARES.y(share), r=5)
        parts.append(element("g", words, interval, dot))
    return parts


def _counts(before: Sequence[Bin], after: Sequence[Bin]) -> list[Markup]:
    """How many mentions each bin has, before and after side by side."""
    most = max((b.mentions for b in (*before, *after)), default=0) or 1
    half = _COUNTS.width / 20 - 3
    parts = [path(f"M{_COUNTS.left} {_COUNTS.bottom}H{_COUNTS.right}", "axis")]
    for name, bins, offset in (("before", before, 2.0), ("after", after, 2.0 + half)):
        for each in bins:
            y = _COUNTS.y(each.mentions / most)
            words = f"{counted(each.mentions, 'mention')} said {each.low:.1f} to {each.high:.1f}"
            place = {"x": _COUNTS.x(each.low) + offset, "y": y, "width": half, "height": _COUNTS.bottom - y}
            parts.append(element("rect", hint(words), class_=f"bar {name}", **place))
    middle, words = _COUNTS.left + _COUNTS.width / 2, f"mentions of each confidence, at most {most:,}"
    return [*parts, text(middle, _COUNTS.bottom + 18, words, anchor="middle", class_="soft")]
