"""The report of ``corrections``: a JSON document with a published schema, and how it looks in a terminal.

``eval/corrections.schema.json`` is generated from the classes below and tested against them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from rich.table import Table

from eventcorpus.percent import percent


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkFigures(_Part):
    """Roles or attributes: predicted = kept + changed + removed, annotated = kept + changed + added."""

    predicted: int
    kept: int
    changed: int
    removed: int
    added: int
    annotated: int


class MentionFigures(_Part):
    """Mentions: predicted = kept + moved + relabelled + moved_and_relabelled + removed.

    annotated = kept + moved + relabelled_to + added, where ``relabelled_to`` had another label before; over all labels
    it is relabelled + moved_and_relabelled. Precision, recall and F1 are exact matches of the predictions with the
    corrected annotations, shares in [0, 1]; null where undefined.
    """

    predicted: int
    kept: int
    moved: int
    relabelled: int
    moved_and_relabelled: int
    removed: int
    relabelled_to: int
    added: int
    annotated: int
    precision: float | None
    recall: float | None
    f1: float | None


class GroupFigures(_Part):
    """Annotations that were begun from a prediction, and what was done in them.

    ``untouched``: nothing was changed; ``untouched_within``: that, and submitted within ``within_seconds``;
    ``without_lead_time``: the server says no time, so that the latter cannot be known. ``still_prediction``: share of
    annotated regions whose origin is ``prediction``, null without regions. ``redrawn``: changed mentions (or kept ones)
    that were paired by overlap, because the region's id is gone.
    """

    annotations: int
    untouched: int
    untouched_within: int
    without_lead_time: int
    origins: dict[str, int]
    still_prediction: float | None
    redrawn: int
    mentions: MentionFigures
    roles: LinkFigures
    attributes: LinkFigures


class Apart(_Part):
    """Annotations that are not in any figure above.

    ``not_begun_from_prediction``: begun empty though a prediction was there. ``without_prediction``: there was none.
    ``prediction_gone``: begun from one that is not in the export. ``older``: its author made a newer one.
    """

    not_begun_from_prediction: int
    without_prediction: int
    prediction_gone: int
    skipped: int
    older: int


class Relabelling(_Part):
    """How many mentions were given another label."""

    predicted: str
    annotated: str
    n: int


class Corrections(_Part):
    """What annotators did to predictions. A prediction that several people began from counts once for each of them."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    ontology: str
    within_seconds: float
    definitions: dict[str, str]
    total: GroupFigures
    annotators: dict[str, GroupFigures]
    models: dict[str, GroupFigures]
    labels: dict[str, MentionFigures]
    roles: dict[str, LinkFigures]
    attributes: dict[str, LinkFigures]
    relabellings: tuple[Relabelling, ...]
    apart: Apart
    left_out: dict[str, int]


_MENTIONS = ("predicted", "kept", "moved", "relabelled", "both", "removed", "added", "annotated", "precision", "recall")
_LINKS = ("predicted", "kept", "changed", "removed", "added", "annotated")


def corrections_tables(report: Corrections) -> Iterator[Table]:
    """The report for a terminal: labels, roles and attributes, annotators, models."""
    table = _table("what annotators did to the predicted mentions", "label", (*_MENTIONS, "F1"))
    for label, row in report.labels.items():
        table.add_row(label, *_mention_cells(row))
    table.add_section()
    table.add_row("all", *_mention_cells(report.total.mentions))
    yield table
    links = {**{f"role {k}": v for k, v in report.roles.items()}, **report.attributes}
    if links:
        table = _table("roles and attributes", "name", _LINKS)
        for name, link in links.items():
            table.add_row(name, *(f"{getattr(link, column):,}" for column in _LINKS))
        yield table
    for title, groups in (("annotator", report.annotators), ("model version", report.models)):
        within = f"within {report.within_seconds:g} s"
        columns = ("annotations", "untouched", within, "still prediction", "predicted", "kept", "F1")
        table = _table(f"by {title}", title, columns)
        for name, group in groups.items():
            mentions = group.mentions
            figures = (group.annotations, group.untouched, group.untouched_within)
            cells = [*(f"{n:,}" for n in figures), percent(group.still_prediction)]
            table.add_row(_shown(name), *cells, f"{mentions.predicted:,}", f"{mentions.kept:,}", percent(mentions.f1))
        yield table


def _mention_cells(row: MentionFigures) -> list[str]:
    counts = (row.predicted, row.kept, row.moved, row.relabelled, row.moved_and_relabelled, row.removed, row.added)
    return [*(f"{n:,}" for n in (*counts, row.annotated)), *(percent(x) for x in (row.precision, row.recall, row.f1))]


def _shown(name: str) -> str:
    """A model's name without what would move the cursor; labels are free of it (``ontology.Name``)."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name)


def _table(title: str, first: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table
