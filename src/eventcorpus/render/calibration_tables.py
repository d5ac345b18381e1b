"""A calibration for a terminal: the error of every method, and the thresholds of the labels."""

from __future__ import annotations

from rich.table import Table

from eventcorpus.calibration.apply import Calibration, Threshold
from eventcorpus.tables import percent, percent_range, titled_table


def calibration_tables(calibration: Calibration) -> tuple[Table, Table]:
    """The methods with their cross-validated errors, and the labels with their thresholds."""
    return _error_table(calibration), _threshold_table(calibration)


def _error_table(calibration: Calibration) -> Table:
    on = calibration.fitted_on
    assert on is not None  # whatever was fitted was fitted on something
    table = titled_table(
        f"Confidences, cross-validated on {on.articles:,} articles, {on.mentions:,} mentions, {on.correct:,} right",
        ("method", "calibration error", "Brier score", "log loss", ""),
    )
    for method, error in calibration.errors.items():
        chosen = "chosen" if method == calibration.method else ""
        table.add_row(method, f"{error.expected_error:.3f}", f"{error.brier:.3f}", f"{error.log_loss:.3f}", chosen)
    return table


def _threshold_table(calibration: Calibration) -> Table:
    table = titled_table(
        f"From which confidence on {100 * (calibration.precision or 0):g}% are right, of at least "
        f"{calibration.least_mentions} mentions",
        ("label", "threshold", "kept", "of", "precision, %", "95% interval"),
    )
    for label, threshold in calibration.thresholds.items():
        table.add_row(label, *_cells(threshold))
    return table


def _cells(threshold: Threshold) -> tuple[str, ...]:
    if threshold.precision is None or threshold.interval is None:
        return ("too few", "", f"{threshold.mentions:,}", "", "")
    shown = "not reached" if threshold.confidence is None else f"{threshold.confidence:.4f}"
    best = "best " if threshold.confidence is None else ""
    interval = percent_range(threshold.interval.low, threshold.interval.high, between=" to ", digits=0)
    return shown, f"{threshold.kept:,}", f"{threshold.mentions:,}", f"{best}{percent(threshold.precision)}", interval
