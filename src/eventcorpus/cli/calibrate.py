"""``eventcorpus calibrate``: calibrated confidences for a model, and thresholds for a wanted precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eventcorpus.cli import options
from eventcorpus.render.reports import calibration_tables
from eventcorpus.tables import console


@click.command("calibrate")
@click.argument("model_path", metavar="MODEL", type=options.PATH)
@options.DATASET
@click.option("--split", default="validation", show_default=True, help="Never the one it was trained on.")
@click.option(
    "--target-precision",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.9,
    show_default=True,
    help="Thresholds are where mentions are right this often.",
)
@click.option(
    "--least-mentions",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many mentions a threshold must rest on.",
)
@options.json_option("what is put into the model folder")
def command(
    model_path: Path, dataset_path: Path, target_precision: float, json_path: Path | None, **settings: Any
) -> None:
    """Calibrate the confidences of MODEL on articles that it did not learn from.

    Of four methods (none, one temperature, a logistic curve, both) the simplest that is as good as the best in
    cross-validation goes into the model folder, with a diagram (reliability.svg) and, per label, the confidence from
    which its mentions were right as often as --target-precision asks for; extract --thresholds uses them. What the
    model finds does not change, only its confidences do.

    \b
    Example:
      eventcorpus calibrate models/runs/demo --dataset models/runs/demo-dataset --target-precision 0.9
    """
    from eventcorpus.api import calibrate

    with options.progress("calibrate") as on_progress:
        calibration = calibrate(
            model_path, dataset_path, target_precision=target_precision, on_progress=on_progress, **settings
        )
    on_stdout = options.put_json(json_path, calibration.model_dump(by_alias=True, mode="json"))
    if calibration.note:
        options.notice(calibration.note)
        return
    if not on_stdout:
        console().print(*calibration_tables(calibration))
    never = [label for label, threshold in calibration.thresholds.items() if threshold.confidence is None]
    if never:
        options.notice(
            f"{len(never)} of {len(calibration.thresholds)} labels do not reach {target_precision:g}: "
            f"{', '.join(never)}"
        )
    options.notice(f"calibration in {model_path}")
