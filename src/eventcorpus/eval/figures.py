"""Figures of reports in words: by name, in percent, with their intervals."""

from __future__ import annotations

from eventcorpus.eval.report import Figure, Figures, Interval
from eventcorpus.percent import percent_range, percent_with_range

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
    interval = figure.interval
    return percent_with_range(figure.value, *((interval.low, interval.high) if interval else (None, None)))


def ends(interval: Interval | None) -> str:
    """Both ends of an interval as people read them; empty without one."""
    return "" if interval is None else percent_range(interval.low, interval.high)


def f1_ends(figures: Figures) -> str:
    """The interval of F1 as people read it."""
    return ends(figures.intervals.f1) if figures.intervals else ""
