"""The evaluation report: a JSON document with a published schema, and how it looks in a terminal.

``eval/report.schema.json`` is generated from the classes below and tested against them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from rich.table import Table

from eventcorpus.predictions import ModelName


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figures(_Part):
    """Shares in [0, 1]; null where undefined (neither gold nor predictions)."""

    precision: float | None
    recall: float | None
    f1: float | None


class LabelFigures(Figures):
    """Figures of one label: ``support`` mentions in gold, ``predicted`` by the system, ``correct`` in both."""

    support: int
    predicted: int
    correct: int


class Matching(_Part):
    """Scores under one definition of a match. ``macro`` is the mean over labels with gold or predictions."""

    micro: LabelFigures
    macro: Figures
    labels: dict[str, LabelFigures]


class Judged(_Part):
    """On what the score rests; ``sha256`` is that of the dataset's manifest."""

    name: str
    sha256: str
    split: str
    articles: int
    articles_without_gold: int
    articles_without_prediction: int


class LeftOut(_Part):
    """One side of a map: label -> class, spans left out by label, and ``twins`` that had two labels of one class."""

    classes: dict[str, str]
    left_out: dict[str, int]
    twins: int


class Classes(_Part):
    """How labels of gold and predictions became the classes that were scored."""

    gold: LeftOut
    predicted: LeftOut


class Report(_Part):
    """One system on one split of one dataset. The denominator is all gold of the whole article, always.

    ``overlap`` is missing in reports of earlier versions; ``classes`` is there where a map was used: then all figures
    are of classes, and what the map does not name is in none of them.
    """

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    ontology: str
    dataset: Judged
    model: ModelName
    predictions_sha256: str
    definitions: dict[str, str]
    exact: Matching
    overlap: Matching | None = None
    not_in_one_layer: int
    classes: Classes | None = None


def percent(value: float | None) -> str:
    """A share as people read it; a dash where it is undefined."""
    return "–" if value is None else f"{100 * value:.1f}"


def report_table(report: Report) -> Table:
    """The report for a terminal, labels in ontology order, averages last."""
    table = Table(
        title=f"{report.model.name} on {report.dataset.name}, {report.dataset.split}: exact match, %",
        title_justify="left",
    )
    table.add_column("label")
    for name in ("precision", "recall", "F1", "gold", "predicted"):
        table.add_column(name, justify="right")
    if report.overlap is not None:
        table.add_column("overlap F1", justify="right")
    relaxed = _overlap_column(report)
    for label, row in report.exact.labels.items():
        shares = (percent(x) for x in (row.precision, row.recall, row.f1))
        table.add_row(label, *shares, f"{row.support:,}", f"{row.predicted:,}", *relaxed(label))
    table.add_section()
    micro, macro = report.exact.micro, report.exact.macro
    table.add_row(
        "micro",
        *(percent(x) for x in (micro.precision, micro.recall, micro.f1)),
        f"{micro.support:,}",
        f"{micro.predicted:,}",
        *relaxed("micro"),
    )
    table.add_row("macro", *(percent(x) for x in (macro.precision, macro.recall, macro.f1)), "", "", *relaxed("macro"))
    return table


def _overlap_column(report: Report) -> Callable[[str], list[str]]:
    """The cell of the overlap column in each row, none without the column."""
    if report.overlap is None:
        return lambda row: []
    averages = {"micro": report.overlap.micro.f1, "macro": report.overlap.macro.f1}
    figures = {label: row.f1 for label, row in report.overlap.labels.items()} | averages
    return lambda row: [percent(figures[row])]
