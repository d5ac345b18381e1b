"""The curves of a run as one SVG file: the loss over the steps, and the F1 on the validation split.

Comes in: the lines of ``metrics.jsonl``. Goes out: a picture that any browser shows, right in light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from eventcorpus.training.metrics import Metrics

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 860, 360, 64, 64, 46, 48
_MOST_POINTS = 400
_STYLE = """
  svg { background: #fff; font: 13px system-ui, sans-serif }
  text { fill: #333 } .grid { stroke: #e3e3e3 } path { stroke-width: 2; stroke-linejoin: round; fill: none }
  .loss { stroke: #2563a8 } .f1 { stroke: #b3541e } .best { stroke: #b3541e; fill: none }
  .dot, .name-f1 { fill: #b3541e } .name-loss { fill: #2563a8 }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c } text { fill: #ccc } .grid { stroke: #33373e }
    .loss { stroke: #7ab2ee } .f1, .best { stroke: #f0a06c }
    .dot, .name-f1 { fill: #f0a06c } .name-loss { fill: #7ab2ee }
  }
"""

Point = tuple[float, float]


def training_svg(lines: Sequence[Metrics], *, title: str) -> str:
    """Draw the curves.

    Args:
        lines: in the order of their steps.
        title: of the picture, for those too who do not see it.
    """
    losses = _thinned([(line.step, line.loss) for line in lines])
    scores = [(float(line.step), line.dev_f1) for line in lines if line.dev_f1 is not None]
    n_steps = max((line.step for line in lines), default=1)
    top = _nice(max((loss for _, loss in losses), default=1.0))
    parts = [
        Markup('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            _WIDTH, _HEIGHT, title
        ),
        Markup("<title>{}</title><style>{}</style>").format(title, Markup(_STYLE)),
        Markup('<text x="{}" y="20">{}</text>').format(_LEFT, title),
        Markup('<text class="name-loss" x="{}" y="38">loss per token</text>').format(_LEFT),
    ]
    for n in range(5):
        y = _y(n / 4)
        parts.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
            _LEFT, _WIDTH - _RIGHT, y=y))  # fmt: skip
        parts.append(Markup('<text class="name-loss" x="{}" y="{}" text-anchor="end">{:.3g}</text>').format(
            _LEFT - 8, y + 4, top * n / 4))  # fmt: skip
        if scores:
            parts.append(Markup('<text class="name-f1" x="{}" y="{}">{}</text>').format(
                _WIDTH - _RIGHT + 8, y + 4, 25 * n))  # fmt: skip
        parts.append(Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{:,}</text>').format(
            _x(n / 4), _HEIGHT - _BOTTOM + 20, round(n_steps * n / 4)))  # fmt: skip
    parts.append(Markup('<text x="{}" y="{}" text-anchor="middle">steps</text>').format(
        (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8))  # fmt: skip
    parts.append(_path([(step / n_steps, loss / top) for step, loss in losses], "loss"))
    if scores:
        parts.append(Markup('<text class="name-f1" x="{}" y="38" text-anchor="end">F1 on validation</text>').format(
            _WIDTH - _RIGHT))  # fmt: skip
        parts.append(_path([(step / n_steps, f1) for step, f1 in scores], "f1"))
        best = max(scores, key=lambda score: (score[1], -score[0]))
        for step, f1 in scores:
            x, y = _x(step / n_steps), _y(f1)
            parts.append(Markup('<g><title>step {:,}: F1 {:.1f}</title><circle class="dot" cx="{:.1f}" cy="{:.1f}" '
                                'r="3.5"/></g>').format(step, 100 * f1, x, y))  # fmt: skip
            if (step, f1) == best:
                anchor = "end" if step > n_steps / 2 else "start"
                parts.append(Markup('<circle class="best" cx="{:.1f}" cy="{:.1f}" r="7"/>').format(x, y))
                parts.append(Markup('<text class="name-f1" x="{:.1f}" y="{:.1f}" text-anchor="{}">best {:.1f}</text>')
                             .format(x, y - 12, anchor, 100 * f1))  # fmt: skip
    return str(Markup("\n").join([*parts, Markup("</svg>\n")]))


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most so many points as can be told apart: means of neighbours."""
    size = -(-len(points) // _MOST_POINTS) or 1
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    return [(sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups]


def _path(points: Sequence[Point], name: str) -> Markup:
    line = "L".join(f"{_x(x):.1f} {_y(y):.1f}" for x, y in points)
    return Markup('<path class="{}" d="M{}"/>').format(name, line) if line else Markup("")


def _nice(value: float) -> float:
    """The next round number at or above a value."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(power * step for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if power * step >= value)


def _x(share: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * min(max(share, 0.0), 1.0)
