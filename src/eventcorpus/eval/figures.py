"""One figure of a report with its interval, and both as people read them."""

from __future__ import annotations

from eventcorpus.eval.report import Figure, Figures
from eventcorpus.eval.report_table import percent

FIGURES = {"precision": "precision", "recall": "recall", "f1": "F1"}
"""The key of a figure in reports -> as people say it."""


def figure_of(figures: Figures, key: str) -> Figure:
    """Precision, recall or F1 (``FIGURES``) with its interval."""
    interval = getattr(figures.intervals, key) if figures.intervals else None
    return Figure(value=getattr(figures, key), interval=interval)


def shown(figure: Figure) -> str:
    """In percent, the interval in brackets where it is known.

    >>> from eventcorpus.eval.report import Interval
    >>> shown(Figure(value=0.7533, interval=Interval(low=0.7312, high=0.7701)))
    '75.3 [73.1, 77.0]'
    >>> shown(Figure(value=None))
    '–'
    """
    if figure.interval is None:
        return percent(figure.value)
    return f"{percent(figure.value)} [{percent(figure.interval.low)}, {percent(figure.interval.high)}]"
