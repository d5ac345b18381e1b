"""The curves of a training run as an SVG file: the loss over the steps, and the F1 on the validation split."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eventcorpus.percent import percent
from eventcorpus.render.charts import BLUE, ORANGE, Plot, element, hint, svg_file, text
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
