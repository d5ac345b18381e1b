"""The report of ``eventcorpus stats``: figures of a corpus and of its splits, and its originality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field
from rich.table import Table

from eventcorpus import __version__
from eventcorpus.corpus.figures import Figures, Part, Stands, figures_of
from eventcorpus.corpus.originality import Originality, originality_of
from eventcorpus.ontology import Ontology
from eventcorpus.percent import percent
from eventcorpus.schema import AnnotatedArticle

DISTRIBUTIONS = {
    "trigger_labels": "triggers",
    "entity_labels": "entities",
    "roles": "roles",
    "values": "values of attributes",
}
"""Figures that are counted by mention and by article, and what they are called."""


class StatsReport(Part):
    """What ``stats --json`` prints. ``gold`` says in words whose annotation was counted; splits are in their order."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str = __version__
    corpus: str
    ontology: str
    gold: str
    n_not_annotated: int
    total: Figures
    splits: dict[str, Figures]
    originality: Originality


def stats_report(
    gold: Sequence[AnnotatedArticle],
    split_of: Mapping[str, str],
    ontology: Ontology,
    *,
    corpus: str,
    policy: str,
    n_not_annotated: int,
) -> StatsReport:
    """Count a corpus.

    Args:
        split_of: article id -> split; may be empty.
    """
    splits = {split: [one for one in gold if split_of.get(one.article.id) == split] for split in _in_order(split_of)}
    return StatsReport(
        corpus=corpus,
        ontology=ontology.key,
        gold=policy,
        n_not_annotated=n_not_annotated,
        total=figures_of(gold, ontology),
        splits={split: figures_of(several, ontology) for split, several in splits.items()},
        originality=originality_of(gold, ontology),
    )


def _in_order(split_of: Mapping[str, str]) -> list[str]:
    known = ("train", "validation", "test")
    return sorted(
        set(split_of.values()), key=lambda split: (split not in known, known.index(split) if split in known else 0)
    )


def overview_table(report: StatsReport) -> Table:
    """Articles, words, spans and the like: all, and per split."""
    columns = {"all": report.total, **report.splits}
    rows = {
        "articles": [f"{f.n_articles:,}" for f in columns.values()],
        "without event": [
            f"{f.n_without_event:,} ({percent(f.share_without_event, digits=0, unit='%')})" for f in columns.values()
        ],
        "words": [f"{f.n_words:,}" for f in columns.values()],
        "spans": [f"{f.n_spans:,}" for f in columns.values()],
        "triggers": [f"{f.n_triggers:,}" for f in columns.values()],
        "roles": [f"{f.n_roles:,}" for f in columns.values()],
        "events": [f"{f.n_events:,}" for f in columns.values()],
        "triggers per 1,000 words": [number(f.triggers_per_1000_words.overall) for f in columns.values()],
        "  min, median, max": [_three(f) for f in columns.values()],
        "words an article, min, median, max": [_words(f) for f in columns.values()],
    }
    table = Table(box=None, header_style="bold")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def distribution_table(report: StatsReport, name: str) -> Table:
    """One of ``DISTRIBUTIONS``: mentions, the articles that they stand in, and the mentions per split."""
    table = Table(box=None, header_style="bold")
    table.add_column(DISTRIBUTIONS[name])
    for column in ("n", "articles", *report.splits):
        table.add_column(column, justify="right")
    total: dict[str, Stands] = getattr(report.total, name)
    for key, stands in total.items():
        per_split = [f"{getattr(figures, name)[key].n:,}" for figures in report.splits.values()]
        table.add_row(key, f"{stands.n:,}", f"{stands.articles:,}", *per_split)
    return table


def originality_lines(report: StatsReport) -> list[str]:
    """The figures of originality, one a line, with the worst example."""
    o = report.originality
    nearest = f" ({o.nearest[0].one} and {o.nearest[0].other})" if o.nearest else ""
    lines = [f"highest Jaccard similarity of five-word shingles: {o.highest_jaccard:.3f}{nearest}"]
    for what, n, examples in (
        ("runs of 8 words in more than 2 articles", o.repeated_runs, o.runs),
        ("openings of 4 words in more than 3 articles", o.repeated_openings, o.openings),
        ("runs of 8 with mentions masked in more than 3 articles", o.repeated_masked_runs, o.masked_runs),
    ):
        lines.append(f"{what}: {n:,}" + (f" (“{examples[0].words}” in {examples[0].articles:,})" if examples else ""))
    return lines


def number(value: float | None) -> str:
    """A number without needless decimals; a dash where there is none."""
    return "–" if value is None else f"{value:,.1f}".removesuffix(".0")


def _three(figures: Figures) -> str:
    density = figures.triggers_per_1000_words
    return ", ".join(number(value) for value in (density.min, density.median, density.max))


def _words(figures: Figures) -> str:
    spread = figures.words_per_article
    return ", ".join(number(value) for value in (spread.min, spread.median, spread.max))
