"""``eventcorpus stats``: a corpus or dataset in figures, and whether it keeps its promises."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.corpus.folder import read_gold_articles
from eventcorpus.corpus.requirements import read_requirements, unmet
from eventcorpus.corpus.stats import stats_report
from eventcorpus.errors import StrictError
from eventcorpus.files import write_text
from eventcorpus.render.reports import originality_lines, stats_page, stats_tables
from eventcorpus.tables import console


@click.command("stats")
@click.argument("corpus", type=options.PATH)
@options.SPLITS
@options.GOLD
@options.json_option("the figures")
@options.html_option("plots")
@click.option(
    "--require", "require_path", type=options.PATH, help="YAML of minimums and maximums; exit with 1 if one is not met."
)
def command(
    corpus: Path,
    splits: Path | None,
    gold: str | None,
    json_path: Path | None,
    html_path: Path | None,
    require_path: Path | None,
) -> None:
    """Tell what a CORPUS holds, in figures.

    CORPUS is a corpus folder, or a dataset folder that convert wrote. Figures: articles, words, labels, roles, values,
    how dense they are, per split; and how much articles repeat each other.

    \b
    Example:
      eventcorpus stats corpus --html stats.html
    """
    requirements = read_requirements(require_path) if require_path else None
    counted = read_gold_articles(corpus, splits=splits, gold=gold)
    with options.progress("counting"):
        report = stats_report(counted, corpus=corpus.resolve().name)
    data = report.model_dump(by_alias=True, mode="json")
    missed = unmet(requirements, data, place=str(require_path)) if requirements else []
    if not options.put_json(json_path, data):
        for table in stats_tables(report):
            console().print(table, "")
        click.echo("\n".join(originality_lines(report)))
    n_required = len(requirements.require) if requirements else 0
    if html_path is not None:
        write_text(html_path, stats_page(report, unmet=missed, required=n_required))
    for line in missed:
        click.echo(f"not met: {line}", err=True)
    if missed:
        raise StrictError(f"{require_path}: figures not as required: {len(missed)}, the first: {missed[0]}")
    if requirements:
        options.notice(f"{require_path}: all {n_required} requirements are met")
