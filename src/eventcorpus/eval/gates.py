"""Limits that a report must keep, so that a build fails when a model has become worse.

A YAML file names the limits, shares in [0, 1] as in reports; a line is made for each that is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field

from eventcorpus.errors import InputError, nearest
from eventcorpus.eval.intervals import FIGURES, figure_of, shown
from eventcorpus.eval.report import Events, Figure, Figures, Matching, Report
from eventcorpus.files import StrictModel, read_yaml_as
from eventcorpus.tables import limit_violation, percent

_Value = TypeVar("_Value")
_OF_END = {"": "", "low": " of its lower end", "high": " of its upper end"}


def _limit(key: str) -> BeforeValidator:
    """A bare number is the limit itself."""

    def whole(value: Any) -> Any:
        limit = value.get(key) if isinstance(value, dict) else value
        if isinstance(limit, (int, float)) and not isinstance(limit, bool) and not 0 <= limit <= 1:
            raise ValueError(f"{limit} is no share in [0, 1]; write 72.5 percent as 0.725")
        return value if isinstance(value, dict) else {key: value}

    return BeforeValidator(whole)


class AtLeast(StrictModel):
    """A figure must not be below; with ``low``, the lower end of its interval must not."""

    at_least: Annotated[float, Field(strict=True)]
    low: bool = False


class AtMost(StrictModel):
    """A figure must not be above; with ``high``, the upper end of its interval must not."""

    at_most: Annotated[float, Field(strict=True)]
    high: bool = False


Least = Annotated[AtLeast, _limit("at_least")]
Most = Annotated[AtMost, _limit("at_most")]


class LabelLimits(StrictModel):
    """Limits of one label."""

    precision: Least | None = None
    recall: Least | None = None
    f1: Least | None = None


class SliceLimits(StrictModel):
    """Limits in one part of the data, exact match."""

    micro_precision: Least | None = None
    micro_recall: Least | None = None
    micro_f1: Least | None = None
    macro_f1: Least | None = None


class MatchLimits(SliceLimits):
    """Limits under one definition of a match."""

    labels: dict[str, LabelLimits] = Field(default_factory=dict)


class EventLimits(StrictModel):
    """Limits of roles at the right trigger (``labels``: by role), of values of attributes, of pairs of triggers."""

    roles: MatchLimits | None = None
    attributes: dict[str, MatchLimits] = Field(default_factory=dict)
    pairs: LabelLimits | None = None


class Gate(MatchLimits):
    """A gate: exact matches at the top level, other definitions and parts by name.

    ``events``: roles, attributes and event identity of the mentions that are found; ``events_given_mentions``: the same
    of a model that is given the mentions of the gold.

    ``benchmark``: the report must be of it (``name@version``); a limit says nothing of other data.
    """

    schema_: Literal[1] = Field(alias="schema")
    benchmark: str | None = None
    overlap: MatchLimits | None = None
    boundary: MatchLimits | None = None
    type: MatchLimits | None = None
    slices: dict[str, dict[str, SliceLimits]] = Field(default_factory=dict)
    events: EventLimits | None = None
    events_given_mentions: EventLimits | None = None
    calibration_error: Most | None = None


def read_gate(path: Path) -> Gate:
    """Read a gate.

    Raises:
        InputError: naming the key that does not fit, or that there is not a single limit.
    """
    gate = read_yaml_as(Gate, path, what="a gate")
    if not any(True for _ in _numbers(gate.model_dump())):
        raise InputError(f"{path}: there is no limit in it, it would let everything pass; add one, as micro_f1: 0.7")
    return gate


def check_gate(gate: Gate, report: Report, *, place: str) -> tuple[int, list[str]]:
    """Hold a report to the limits.

    Returns:
        how many limits there are, and a line for each that is not kept. A figure that is undefined, or that the report
        does not have, keeps none.

    Raises:
        InputError: if a label, a slice or the benchmark is not the report's; it names the nearest.
    """
    if gate.benchmark is not None and gate.benchmark != report.benchmark:
        raise InputError(
            f"{place}: the limits are for benchmark {gate.benchmark}, the report is of "
            f"{report.benchmark or 'none'}; score that with eventcorpus benchmark"
        )
    violations = list(_violations(gate, report, place))
    return len(violations), [line for line in violations if line]


def _violations(gate: Gate, report: Report, place: str) -> Iterator[str]:
    """A line for each limit, empty where it is kept."""
    yield from _of_matching(gate, report.exact, "exact", place)
    for name in ("boundary", "type", "overlap"):
        limits: MatchLimits | None = getattr(gate, name)
        if limits is not None:
            yield from _of_matching(limits, getattr(report, name), name, place)
    for attribute, values in gate.slices.items():
        slices = _known(attribute, report.slices or {}, f"{place}: slices", "the report has no slice")
        for value, some in values.items():
            part = _known(value, slices, f"{place}: slices: {attribute}", "the report has no value")
            yield from _of_averages(some, part.micro, Figure(value=part.macro_f1), f"{attribute}={value}")
    for name in ("events", "events_given_mentions"):
        of_events: EventLimits | None = getattr(gate, name)
        if of_events is not None:
            yield from _of_events(
                of_events, getattr(report, name) or Events(), name.replace("_", " "), f"{place}: {name}"
            )
    if gate.calibration_error is not None:
        error = report.calibration.expected_calibration_error if report.calibration else Figure(value=None)
        yield _violation("calibration error", error, gate.calibration_error)


def _of_matching(limits: MatchLimits, matching: Matching | None, name: str, place: str) -> Iterator[str]:
    undefined = Figures(precision=None, recall=None, f1=None)
    micro, macro = (matching.micro, matching.macro) if matching else (undefined, undefined)
    yield from _of_averages(limits, micro, figure_of(macro, "f1"), name)
    for label, some in limits.labels.items():
        row = _known(label, matching.labels, f"{place}: labels", "the report has no label") if matching else undefined
        yield from _of_figures(some, row, f"{name}: {label}")


def _of_events(limits: EventLimits, events: Events, name: str, place: str) -> Iterator[str]:
    if limits.roles is not None:
        yield from _of_matching(limits.roles, events.argument_attached, f"{name}: roles", place)
    for attribute, some in limits.attributes.items():
        of_attribute = _known(attribute, events.attributes, f"{place}: attributes", "the report has no attribute")
        yield from _of_matching(some, of_attribute.values, f"{name}: {attribute}", place)
    if limits.pairs is not None:
        pairs = events.event_sets.pairs if events.event_sets else None
        undefined = Figures(precision=None, recall=None, f1=None)
        yield from _of_figures(limits.pairs, pairs or undefined, f"{name}: pairs of triggers")


def _of_averages(limits: SliceLimits, micro: Figures, macro_f1: Figure, where: str) -> Iterator[str]:
    yield from _of_figures(limits, micro, f"{where}: micro", prefix="micro_")
    if limits.macro_f1 is not None:
        yield _violation(f"{where}: macro F1", macro_f1, limits.macro_f1)


def _of_figures(limits: StrictModel, figures: Figures, where: str, *, prefix: str = "") -> Iterator[str]:
    for key, name in FIGURES.items():
        limit: AtLeast | None = getattr(limits, f"{prefix}{key}")
        if limit is not None:
            yield _violation(f"{where} {name}", figure_of(figures, key), limit)


def _violation(name: str, figure: Figure, limit: AtLeast | AtMost) -> str:
    """A line if the figure, or the end of its interval that the limit asks for, does not keep the limit."""
    if isinstance(limit, AtLeast):
        least, most, end = limit.at_least, None, "low" if limit.low else ""
    else:
        least, most, end = None, limit.at_most, "high" if limit.high else ""
    value, shown_figure = figure.value, shown(figure)
    if value is None:
        shown_figure = "undefined (neither gold nor predictions, or not in this report)"
    elif end and figure.interval is None:
        value, shown_figure = None, f"{percent(value)} without an interval"
    elif end:
        value = getattr(figure.interval, end)
    line = limit_violation(name, value, shown=shown_figure, show=percent, least=least, most=most)
    return f"{line}{_OF_END[end]}" if line else ""


def _known(name: str, values: Mapping[str, _Value], place: str, none: str) -> _Value:
    if name not in values:
        raise InputError(f"{place}: {none} {name!r}; {nearest(name, values)}")
    return values[name]


def _numbers(value: Any) -> Iterator[float]:
    """Every limit in a gate."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, float):
        yield value
