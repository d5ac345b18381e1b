"""``eventcorpus check``: everything that can be wrong with an annotated corpus."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.corpus.checks.run import check_corpus
from eventcorpus.errors import StrictError
from eventcorpus.files import write_text
from eventcorpus.render.reports import check_page, finding_lines, kinds_table
from eventcorpus.tables import console


@click.command("check")
@click.argument("corpus", type=options.PATH)
@click.option(
    "--predictions", "predictions_path", type=options.PATH, help="What a model found in the articles, to compare."
)
@options.SPLITS
@options.GOLD
@click.option("--top", type=click.IntRange(min=0), default=3, show_default=True, help="Findings shown of each kind.")
@options.json_option("every finding")
@options.html_option("the findings in context")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is an error.")
def command(
    corpus: Path,
    predictions_path: Path | None,
    splits: Path | None,
    gold: str | None,
    top: int,
    json_path: Path | None,
    html_path: Path | None,
    strict: bool,
) -> None:
    """Find what is wrong with a CORPUS, the worst first.

    Errors cannot be meant: offsets, texts that differ, labels and roles against the ontology, articles without
    annotation or split, clusters on two sides of the splits. The rest is worth a look: the same words labelled
    differently, names not labelled everywhere, triggers without roles, edges of spans, what a model says otherwise.

    \b
    Example:
      eventcorpus check corpus --html findings.html
    """
    predictions = options.read_prediction_file(predictions_path) if predictions_path else None
    with options.progress("check") as on_progress:
        checked = check_corpus(
            corpus,
            splits=splits,
            gold=gold,
            predictions=predictions,
            predictions_place=str(predictions_path),
            on_progress=on_progress,
        )
    report, without = checked.report, checked.without_prediction
    if without:
        options.notice(f"{len(without):,} articles have no prediction and are not compared, the first: {without[0]}")
    if not options.put_json(json_path, report.model_dump(by_alias=True)):
        console().print(kinds_table(report))
        for line in finding_lines(report, top=top) if top else ():
            click.echo(line)
    if html_path is not None:
        write_text(html_path, check_page(report, checked.texts))
    options.notice(
        f"{report.articles:,} articles, {report.spans:,} spans: {report.errors:,} errors, {report.looks:,} to look at"
    )
    if strict and report.errors:
        kinds = ", ".join(f"{kind.n:,} {name}" for name, kind in report.kinds.items() if kind.severity == "error")
        raise StrictError(f"--strict: {report.errors:,} errors in {corpus}: {kinds}")
