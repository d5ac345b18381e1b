"""The report of ``eventcorpus labelstudio corrections`` as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from eventcorpus.agreement.corrections_report import Corrections, MentionFigures
from eventcorpus.percent import percent
from eventcorpus.render.tables import titled_table

_MENTIONS = ("predicted", "kept", "moved", "relabelled", "both", "removed", "added", "annotated", "precision", "recall")
_LINKS = ("predicted", "kept", "changed", "removed", "added", "annotated")


def corrections_tables(report: Corrections) -> Iterator[Table]:
    """The report for a terminal: labels, roles and attributes, annotators, models."""
    table = titled_table("what annotators did to the predicted mentions", ("label", *_MENTIONS, "F1"))
    for label, row in report.labels.items():
        table.add_row(label, *_mention_cells(row))
    table.add_section()
    table.add_row("all", *_mention_cells(report.total.mentions))
    yield table
    links = {**{f"role {k}": v for k, v in report.roles.items()}, **report.attributes}
    if links:
        table = titled_table("roles and attributes", ("name", *_LINKS))
        for name, link in links.items():
            table.add_row(name, *(f"{getattr(link, column):,}" for column in _LINKS))
        yield table
    for title, groups in (("annotator", report.annotators), ("model version", report.models)):
        within = f"within {report.within_seconds:g} s"
        columns = ("annotations", "untouched", within, "still prediction", "predicted", "kept", "F1")
        table = titled_table(f"by {title}", (title, *columns))
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
