"""Several runs of one recipe as one report: every figure is the mean over runs.

Comes in: the reports of the runs, on the same gold. Goes out: one report, in which numbers are means and the rest is
that of the first run.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.eval.report import Report, Seeds
from eventcorpus.predictions import ModelName


def mean_report(reports: Sequence[Report]) -> Report:
    """One report of several runs; of one run that report itself.

    A figure is the mean of the runs that define it, a count their mean rounded to a whole number. The hash of the
    predictions stays that of the first run.

    Raises:
        InputError: if two of the runs are the same predictions: that is one run.
    """
    first = reports[0]
    if len(reports) == 1:
        return first
    seen: dict[str, ModelName] = {}
    for report in reports:
        if report.predictions_sha256 in seen:
            raise InputError(
                f"{report.model.version} predicts the very same as {seen[report.predictions_sha256].version}; "
                "name every run once"
            )
        seen[report.predictions_sha256] = report.model
    if len({report.confusion.labels if report.confusion else () for report in reports}) > 1:
        # one run predicted a label that the ontology lacks: the matrices are of different things
        reports = [report.model_copy(update={"confusion": None}) for report in reports]
    merged = _mean([report.model_dump(by_alias=True) for report in reports])
    micro = tuple(report.exact.micro.f1 for report in reports)
    known = [value for value in micro if value is not None]
    seeds = Seeds(
        models=tuple(report.model for report in reports),
        micro_f1=micro,
        deviation=stdev(known) if len(known) > 1 else None,
    )
    name = ModelName(name=f"{len(reports)} runs: {', '.join(dict.fromkeys(r.model.name for r in reports))}")
    return Report.model_validate(merged | {"seeds": seeds.model_dump(), "model": name.model_dump()})


def _mean(values: Sequence[Any]) -> Any:
    """The same tree with means at its leaves; keys that only some runs have are 0 in the others, lists go by place."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, dict):
        keys = dict.fromkeys(key for value in values if value is not None for key in value)
        return {key: _mean([value.get(key) for value in values if value is not None]) for key in keys}
    if isinstance(first, (list, tuple)):
        if len({len(value) for value in values}) > 1:
            return first
        return [_mean(several) for several in zip(*values, strict=True)]
    if isinstance(first, bool) or not isinstance(first, (int, float)):
        return first
    if all(value is None or isinstance(value, int) for value in values):
        return round(fmean(value or 0 for value in values))
    return fmean(value for value in values if value is not None)
