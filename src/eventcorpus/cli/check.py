"""``eventcorpus check``: everything that can be wrong with an annotated corpus."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.corpus.checks.report import check_report
from eventcorpus.corpus.checks.run import Material, find_all
from eventcorpus.corpus.folder import CorpusFolder, read_corpus_with_faults
from eventcorpus.corpus.near_duplicates import find_clusters
from eventcorpus.errors import StrictError
from eventcorpus.files import read_text, write_text
from eventcorpus.labelstudio.config import is_made_from
from eventcorpus.render.check_report import check_page, finding_lines, kinds_table
from eventcorpus.render.tables import console


@click.command("check")
@click.argument("corpus", type=options.PATH)
@click.option(
    "--predictions", "predictions_path", type=options.PATH, help="What a model found in the articles, to compare."
)
@options.SPLITS
@options.GOLD
@click.option("--top", type=click.IntRange(min=0), default=3, show_default=True, help="Findings shown of each kind.")
@options.json_option("every finding")
@click.option(
    "--html", "html_path", type=options.PATH, help="Write one self-contained page with the findings in context."
)
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
    predictions = options.read_prediction_file(predictions_path)
    folder = read_corpus_with_faults(corpus, gold=gold)
    with options.progress_bar() as progress:
        articles = progress.track(folder.articles.values(), total=len(folder.articles), description="near-duplicates")
        clusters = find_clusters(articles)
    material = Material(
        ontology=folder.ontology,
        articles=folder.articles,
        passes=folder.passes,
        gold=list(folder.gold.values()),
        report=folder.report,
        clusters=clusters,
        unreadable=folder.unreadable,
        splits=splits or (corpus / "splits" if (corpus / "splits").is_dir() else None),
        config_fault=_config_fault(folder),
        predictions=predictions,
        predictions_place=str(predictions_path),
    )
    if predictions_path and (without := [one for one in folder.gold if one not in predictions]):
        options.notice(f"{len(without):,} articles have no prediction and are not compared, the first: {without[0]}")
    with options.progress("checking"):
        findings = find_all(material)
    report = check_report(
        findings,
        corpus=corpus.resolve().name,
        ontology=folder.ontology.key,
        gold=folder.policy,
        n_articles=len(folder.gold),
        n_spans=sum(len(one.spans) for one in folder.gold.values()),
    )
    if not options.put_json(json_path, report.model_dump(by_alias=True)):
        console().print(kinds_table(report))
        for line in finding_lines(report, top=top) if top else ():
            click.echo(line)
    if html_path is not None:
        texts = {one: article.text for one, article in folder.articles.items()}
        texts |= {one: several[0].article.text for one, several in folder.passes.items()}
        write_text(html_path, check_page(report, texts))
    options.notice(
        f"{report.articles:,} articles, {report.spans:,} spans: {report.errors:,} errors, {report.looks:,} to look at"
    )
    if strict and report.errors:
        kinds = ", ".join(f"{kind.n:,} {name}" for name, kind in report.kinds.items() if kind.severity == "error")
        raise StrictError(f"--strict: {report.errors:,} errors in {corpus}: {kinds}")


def _config_fault(folder: CorpusFolder) -> str:
    """What is wrong with the labelling page that the corpus ships, if it ships one."""
    path = folder.path / "labelling" / "config.xml"
    if not path.is_file() or is_made_from(folder.ontology, read_text(path)):
        return ""
    return f"{path}: not what {folder.ontology.key} gives"
