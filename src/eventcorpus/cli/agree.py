"""``eventcorpus agree``: how far annotators agree, and what to decide next."""

from __future__ import annotations

import json
from pathlib import Path

import click

from eventcorpus.agreement.agree import agreement
from eventcorpus.cli.options import PATH, notice, progress_bar
from eventcorpus.dataset.folder import manifest_hash, read_annotations
from eventcorpus.files import to_json, write_json, write_text
from eventcorpus.render.agreement_page import agreement_page
from eventcorpus.render.agreement_table import agreement_tables, pair_name
from eventcorpus.render.tables import console


@click.command("agree")
@click.argument("dataset_path", type=PATH, metavar="DATASET")
@click.option(
    "--overlap", "threshold", type=click.FloatRange(0, 1), default=0.0, show_default=True,
    help="Least share of common characters of spans that overlap; at 0 one character is enough.",
)  # fmt: skip
@click.option("--resamples", type=click.IntRange(1), default=1000, show_default=True, help="For the 95% intervals.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON (schema: eval/agreement.schema.json).")
@click.option("--out", "out_path", type=PATH, help="Write the report as JSON.")
@click.option(
    "--html", "html_path", type=PATH, help="Write one self-contained page with the disagreements in the text."
)
@click.option(
    "--examples", type=click.IntRange(1), default=20, show_default=True,
    help="How many disagreements of a group the page shows.",
)  # fmt: skip
@click.option(
    "--groups", type=click.IntRange(1), default=1000, show_default=True,
    help="How many groups of disagreements the page shows; the report has all.",
)  # fmt: skip
def command(
    dataset_path: Path,
    threshold: float,
    resamples: int,
    seed: int,
    as_json: bool,
    out_path: Path | None,
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
    with progress_bar() as progress:
        found = agreement(
            articles,
            ontology,
            name=dataset_path.resolve().name,
            dataset_sha256=manifest_hash(dataset_path),
            threshold=threshold,
            n_resamples=resamples,
            seed=seed,
            track=lambda several: progress.track(several, description="compare"),
        )
    report = found.report
    alone = report.dataset.articles - report.dataset.articles_of_several
    if alone:
        notice(f"{alone:,} of {report.dataset.articles:,} articles have one annotator and say nothing here")
    if report.dataset.rows_adjudicated:
        notice(f"{report.dataset.rows_adjudicated:,} adjudicated rows left out: they were decided over the others")
    for pair in report.pairs:
        for label, n_articles in pair.labels_left_out.items():
            notice(
                f"{pair_name(pair)}: {label} left out in {n_articles:,} articles, where one of them could not use it"
            )
    if out_path:
        write_json(out_path, json.loads(report.model_dump_json(by_alias=True)))
    if html_path:
        write_text(html_path, agreement_page(report, found.groups, ontology, examples=examples, n_groups=groups))
    if as_json:
        click.echo(to_json(json.loads(report.model_dump_json(by_alias=True)), indent=2))
    else:
        console().print(agreement_tables(report))
