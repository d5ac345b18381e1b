"""``eventcorpus rows``: annotations or predictions to event rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventcorpus.cli import options
from eventcorpus.files import write_text
from eventcorpus.schema import LOW_CONFIDENCE
from eventcorpus.tables import console, counted

if TYPE_CHECKING:
    from eventcorpus.events.counts import NumberWords
    from eventcorpus.events.row_tables import Kind
    from eventcorpus.events.rows import Row
    from eventcorpus.ontology import Ontology

KINDS = ("rows", "acled", "ucdp", "geojson")
"""What ``--format`` takes: see ``events.row_tables``."""


@click.command("rows")
@click.argument("source", type=options.PATH)
@click.option("--articles", multiple=True, type=options.PATH, help="The articles of predictions that have no text.")
@click.option("--split", help="Only this split of a dataset.  [default: all]")
@options.ONTOLOGY
@options.normalisers
@click.option("--format", "kind", type=click.Choice(KINDS), default="rows", help="Columns of --out.")
@click.option("--out", type=options.PATH, help="Write there, by suffix, instead of JSON Lines to stdout.")
@click.option("--table", "as_table", is_flag=True, help="A table for reading, instead of JSON Lines.")
@options.html_option("the rows, a timeline and a map")
def rows_command(
    source: Path,
    articles: tuple[Path, ...],
    split: str | None,
    ontology_path: Path | None,
    gazetteers: tuple[Path, ...],
    actors: Path | None,
    number_words: NumberWords,
    kind: Kind,
    out: Path | None,
    as_table: bool,
    html: Path | None,
) -> None:
    """Make a row of each event: who did what to whom, where, when, how many, says who.

    SOURCE is a dataset folder, of which the gold annotations are read, or a predictions file. Triggers that tell the
    same event are one row; aggregates and background are marked as such. OUT is .jsonl, .csv, .parquet or .geojson.

    \b
    Example:
      eventcorpus rows models/runs/demo-dataset --split test --gazetteer corpus/gazetteer.yaml --table
    """
    from eventcorpus.api import rows
    from eventcorpus.events.linked_articles import read_linked_articles
    from eventcorpus.events.row_tables import check_suffix

    if out:
        check_suffix(out, kind=kind)
    ontology, linked = read_linked_articles(source, articles=articles, ontology=ontology_path, split=split)
    texts: dict[str, str] = {}
    read = ((article, mentions) for article, mentions in linked if texts.setdefault(article.id, article.text))
    found = list(rows(read, ontology, gazetteers=gazetteers, actors=actors, number_words=number_words))
    put_rows(found, ontology, out=out, kind=kind, texts=texts, as_table=as_table, html=html)


def put_rows(
    rows: Sequence[Row],
    ontology: Ontology,
    *,
    out: Path | None,
    kind: Kind = "rows",
    texts: Mapping[str, str] | None = None,
    as_table: bool = False,
    html: Path | None = None,
) -> None:
    """Write rows to a file, as a page, as a table; as JSON Lines to standard output if neither is wanted."""
    from eventcorpus.events.row_tables import write_rows

    if html or as_table:
        from eventcorpus.render.rows import row_table, rows_page
    if html:
        write_text(html, rows_page(rows, texts or {}, ontology))
    if as_table:
        console().print(row_table(rows, ontology.rows))
    if out:
        written = write_rows(rows, out, kind=kind, ontology=ontology)
        options.notice(f"{counted(len(rows), 'row')}, {counted(written.lines, 'line')} in {out}")
        options.notices(f"left out: {counted(n, 'row')}, {reason}" for reason, n in written.left_out.items())
    elif not as_table and not html:
        for row in rows:
            click.echo(row.line())
    if n_unsure := sum(row.confidence < LOW_CONFIDENCE for row in rows):
        options.notice(
            f"rows of triggers of a confidence below {LOW_CONFIDENCE:g} (flag 'low confidence'): {n_unsure:,} of "
            f"{len(rows):,}; extract --min-confidence {LOW_CONFIDENCE:g} leaves such mentions out"
        )
