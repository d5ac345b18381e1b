"""What a corpus promises, as minimums and maximums of its figures in a YAML file: promises that are a test.

schema: 1
require:
  total.n_articles: {min: 300}
  total.trigger_labels.*.n: {min: 80}         # * stands for every key
  originality.highest_jaccard: {max: 0.15}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from eventcorpus.errors import InputError
from eventcorpus.files import StrictModel, read_yaml_as
from eventcorpus.tables import limit_violation


class Limits(StrictModel):
    """At least ``min``, at most ``max``."""

    min: Annotated[float, Field(strict=True)] | None = None
    max: Annotated[float, Field(strict=True)] | None = None


class Requirements(StrictModel):
    """A requirements file: limits by the path of a figure in what ``stats --json`` prints."""

    schema_: Literal[1] = Field(alias="schema")
    require: dict[str, Limits]


def read_requirements(path: Path) -> Requirements:
    """Read a requirements file.

    Raises:
        InputError: naming the key that is not known or the value that does not fit.
    """
    found = read_yaml_as(Requirements, path, what="a requirements file")
    for name, limits in found.require.items():
        if limits.min is None and limits.max is None:
            raise InputError(f"{path}: {name} has neither min nor max; give one, such as {{min: 100}}")
    return found


def unmet(requirements: Requirements, report: Mapping[str, Any], *, place: str) -> list[str]:
    """What is not met, one phrase for each figure.

    Args:
        report: what ``stats --json`` prints.

    Raises:
        InputError: if a path leads to no number; it names what there is.
    """
    found: list[str] = []
    for path, limits in requirements.require.items():
        for name, value in _figures(report, path.split("."), place=place, path=path):
            shown = "undefined" if value is None else f"{value:,}"
            found.append(
                limit_violation(name, value, shown=shown, show="{:,g}".format, least=limits.min, most=limits.max)
            )
    return list(filter(None, found))


def _figures(
    report: Any, parts: list[str], *, place: str, path: str, above: str = ""
) -> Iterator[tuple[str, float | None]]:
    """Every figure that a path leads to, with its name."""
    if not parts:
        if isinstance(report, bool) or not isinstance(report, int | float | None):
            kind = f"holds {', '.join(report)}" if isinstance(report, Mapping) else "is no number"
            raise InputError(f"{place}: {path}: {above} {kind}; name a figure")
        yield above, report
        return
    head, rest = parts[0], parts[1:]
    there = list(report) if isinstance(report, Mapping) else []
    if head != "*" and head not in there:
        known = ", ".join(map(str, there)) or "nothing"
        raise InputError(f"{place}: {path}: no {head!r} under {above or 'the report'}; there is {known}")
    for key in there if head == "*" else [head]:
        yield from _figures(report[key], rest, place=place, path=path, above=f"{above}.{key}" if above else key)
