"""The evaluation report: a JSON document with a published schema, and how it looks in a terminal.

``eval/report.schema.json`` is generated from the classes below and tested against them.
"""

from __future__ import annotations

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


class Report(_Part):
    """One system on one split of one dataset. The denominator is all gold of the whole article, always."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    ontology: str
    dataset: Judged
    model: ModelName
    predictions_sha256: str
    definitions: dict[str, str]
    exact: Matching
    not_in_one_layer: int


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
    for label, row in report.exact.labels.items():
        table.add_row(
            label, *(percent(x) for x in (row.precision, row.recall, row.f1)), f"{row.support:,}", f"{row.predicted:,}"
        )
    table.add_section()
    micro, macro = report.exact.micro, report.exact.macro
    table.add_row(
        "micro",
        *(percent(x) for x in (micro.precision, micro.recall, micro.f1)),
        f"{micro.support:,}",
        f"{micro.predicted:,}",
    )
    table.add_row("macro", *(percent(x) for x in (macro.precision, macro.recall, macro.f1)), "", "")
    return table
