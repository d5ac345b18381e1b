"""``eventcorpus agree``: how far annotators agree, and what to decide next."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import click

from eventcorpus import api
from eventcorpus.cli import options
from eventcorpus.tables import console, counted


@click.command("agree")
@click.argument("inputs", nargs=-1, required=True, type=options.PATH, metavar="DATASET|LABELS...")
@options.ONTOLOGY
@options.OVERLAP
@options.resamples_option()
@options.seed_option("bootstrap")
@options.json_option("the report", "eval/agreement.schema.json")
@options.html_option("the disagreements in the text")
@click.option(
    "--examples", type=click.IntRange(1), default=20, help="How many disagreements of a group the page shows."
)
@click.option(
    "--groups",
    type=click.IntRange(1),
    default=1000,
    help="How many groups of disagreements the page shows; the report has all.",
)
def agree_command(
    inputs: tuple[Path, ...], ontology_path: Path | None, json_path: Path | None, **settings: Any
) -> None:
    """How far annotators agree, and on what they do not.

    Of every pair of annotators and of all pairs together, on the articles that both annotated: F1 of spans (exact and
    overlapping), Krippendorff's alpha on characters, roles, attributes, events, with 95% intervals. The page groups
    the disagreements by what one decision of the guidelines would settle. docs/agreement.md explains every figure.

    DATASET is what convert made of all annotators' files; LABELS are these files themselves, in any format that convert
    reads. Spans that cannot be right are left out then, and --ontology says under which labels they are read.

    \b
    Example:
      eventcorpus agree dataset --html agreement.html
    """
    from eventcorpus.render.agreement import agreement_tables, pair_name

    gc.freeze()  # the libraries are loaded and stay: not looking at them again saves a tenth of the time
    with options.progress("compare") as on_progress:
        report = api.agree(inputs, ontology=ontology_path, on_progress=on_progress, **settings)
    alone = report.dataset.articles - report.dataset.articles_of_several
    if alone:
        options.notice(
            f"with one annotator, so not compared: {alone:,} of {counted(report.dataset.articles, 'article')}"
        )
    if report.dataset.rows_adjudicated:
        options.notice(
            f"{counted(report.dataset.rows_adjudicated, 'adjudicated row')} left out: decided over the others"
        )
    for pair in report.pairs:
        for label, n_articles in pair.labels_left_out.items():
            options.notice(
                f"{pair_name(pair)}: {label} left out in {counted(n_articles, 'article')}, where one of them could "
                "not use it"
            )
    if not options.put_json(json_path, report):
        console().print(agreement_tables(report))
