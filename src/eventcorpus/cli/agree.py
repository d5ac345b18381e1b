"""``eventcorpus agree``: how far annotators agree, and what to decide next."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from eventcorpus.agreement.agree import agreement
from eventcorpus.cli import options
from eventcorpus.dataset.folder import manifest_hash, read_annotations
from eventcorpus.files import write_text
from eventcorpus.render.agreement import agreement_page, agreement_tables, pair_name
from eventcorpus.tables import console

_at_least_one = partial(click.option, type=click.IntRange(1), show_default=True)


@click.command("agree")
@click.argument("dataset_path", type=options.PATH, metavar="DATASET")
@options.OVERLAP
@options.resamples_option()
@options.seed_option("bootstrap")
@options.json_option("the report", "eval/agreement.schema.json")
@options.html_option("the disagreements in the text")
@_at_least_one("--examples", default=20, help="How many disagreements of a group the page shows.")
@_at_least_one("--groups", default=1000, help="How many groups of disagreements the page shows; the report has all.")
def command(
    dataset_path: Path,
    overlap: float,
    resamples: int,
    seed: int,
    json_path: Path | None,
    html_path: Path | None,
    examples: int,
    groups: int,
) -> None:
    """How far annotators agree, and on what they do not.

    Of every pair of annotators and of all pairs together, on the articles that both annotated: F1 of spans (exact and
    overlapping), Krippendorff's alpha on characters, roles, attributes, events, with 95% intervals. The page groups
    the disagreements by what one decision of the guidelines would settle. docs/agreement.md explains every figure.

    \b
    Example:
      eventcorpus agree dataset --html agreement.html
    """
    ontology, articles = read_annotations(dataset_path)
    with options.progress("compare") as on_progress:
        found = agreement(
            articles,
            ontology,
            name=dataset_path.resolve().name,
            dataset_sha256=manifest_hash(dataset_path),
            threshold=overlap,
            n_resamples=resamples,
            seed=seed,
            on_progress=on_progress,
        )
    report = found.report
    alone = report.dataset.articles - report.dataset.articles_of_several
    if alone:
        options.notice(f"{alone:,} of {report.dataset.articles:,} articles have one annotator and say nothing here")
    if report.dataset.rows_adjudicated:
        options.notice(
            f"{report.dataset.rows_adjudicated:,} adjudicated rows left out: they were decided over the others"
        )
    for pair in report.pairs:
        for label, n_articles in pair.labels_left_out.items():
            options.notice(
                f"{pair_name(pair)}: {label} left out in {n_articles:,} articles, where one of them could not use it"
            )
    if html_path:
        write_text(html_path, agreement_page(report, found.groups, ontology, examples=examples, n_groups=groups))
    if not options.put_json(json_path, report.model_dump(mode="json", by_alias=True)):
        console().print(agreement_tables(report))
