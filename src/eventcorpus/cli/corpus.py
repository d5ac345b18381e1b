"""``eventcorpus check``, ``stats`` and ``split``: what is wrong with a corpus, its figures, and its splits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from eventcorpus.cli import options
from eventcorpus.corpus.checks.corpus import check_corpus
from eventcorpus.corpus.folder import read_for_splits, read_gold_articles
from eventcorpus.corpus.near_duplicates import find_clusters
from eventcorpus.corpus.splitting import (
    GROUP_FIELDS,
    SplitManifest,
    SplitOptions,
    check_not_empty,
    is_split_folder,
    split_articles,
    write_splits,
)
from eventcorpus.corpus.stats import read_requirements, stats_report, unmet
from eventcorpus.dataset.splits import SPLITS, read_splits
from eventcorpus.errors import StrictError
from eventcorpus.files import check_folder, write_text
from eventcorpus.predictions import read_prediction_file
from eventcorpus.progress import tracked
from eventcorpus.render.reports import (
    check_page,
    finding_lines,
    kinds_table,
    originality_lines,
    stats_page,
    stats_tables,
)
from eventcorpus.tables import console, counted, percent

_SHARE = click.FloatRange(0, 1, max_open=True)


@click.command("check")
@click.argument("corpus", type=options.PATH)
@options.FIELDS
@click.option(
    "--predictions", "predictions_path", type=options.PATH, help="What a model found in the articles, to compare."
)
@options.SPLITS
@options.GOLD
@click.option(
    "--without",
    multiple=True,
    metavar="KIND",
    help="Do not look for this kind, which your guidelines do not mind, such as determiner; may be repeated.",
)
@click.option("--top", type=click.IntRange(min=0), default=3, help="Findings shown of each kind.")
@options.json_option("every finding")
@options.html_option("the findings in context")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is an error.")
def check_command(
    corpus: Path,
    predictions_path: Path | None,
    top: int,
    json_path: Path | None,
    html: Path | None,
    strict: bool,
    **settings: Any,
) -> None:
    """Find what is wrong with a CORPUS, the worst first.

    Errors cannot be meant: offsets, texts that differ, labels and roles against the ontology, articles without
    annotation or split, clusters on two sides of the splits. The rest is worth a look: the same words labelled
    differently, names not labelled everywhere, triggers without roles, edges of spans, what a model says otherwise.

    \b
    Example:
      eventcorpus check corpus --html findings.html
    """
    predictions = read_prediction_file(predictions_path) if predictions_path else None
    with options.progress("check") as on_progress:
        report, read = check_corpus(
            corpus,
            predictions=predictions,
            predictions_place=str(predictions_path),
            on_progress=on_progress,
            **settings,
        )
    unpredicted = [article_id for article_id in read.gold if predictions is not None and article_id not in predictions]
    if unpredicted:
        options.notice(
            f"{counted(len(unpredicted), 'article')} without a prediction not compared, the first: {unpredicted[0]}"
        )
    if report.without:
        options.notice(f"not looked for: {', '.join(report.without)}")
    if not options.put_json(json_path, report):
        console().print(kinds_table(report))
        for line in finding_lines(report, top=top) if top else ():
            click.echo(line)
    if html is not None:
        write_text(html, check_page(report, read.texts))
    options.notice(
        f"{counted(report.articles, 'article')}, {counted(report.spans, 'span')}: {counted(report.errors, 'error')}, "
        f"{report.looks:,} to look at"
    )
    if strict and report.errors:
        kinds = ", ".join(f"{kind.n:,} {name}" for name, kind in report.kinds.items() if kind.severity == "error")
        raise StrictError(f"--strict: {counted(report.errors, 'error')} in {corpus}: {kinds}")


@click.command("stats")
@click.argument("corpus", type=options.PATH)
@options.FIELDS
@options.SPLITS
@options.GOLD
@options.json_option("the figures")
@options.html_option("plots")
@click.option(
    "--require", "require_path", type=options.PATH, help="YAML of minimums and maximums; exit with 1 if one is not met."
)
def stats_command(
    corpus: Path, json_path: Path | None, html: Path | None, require_path: Path | None, **settings: Any
) -> None:
    """Tell what a CORPUS holds, in figures.

    CORPUS is a corpus folder, or a dataset folder that convert wrote. Figures: articles, words, labels, roles, values,
    how dense they are, per split; and how much articles repeat each other.

    \b
    Example:
      eventcorpus stats corpus --html stats.html
    """
    requirements = read_requirements(require_path) if require_path else None
    gold = read_gold_articles(corpus, **settings)
    with options.progress("counting"):
        report = stats_report(gold, corpus=corpus.resolve().name)
    figures = report.model_dump(by_alias=True, mode="json")
    missed = unmet(requirements, figures, place=str(require_path)) if requirements else []
    if not options.put_json(json_path, report):
        for table in stats_tables(report):
            console().print(table, "")
        click.echo("\n".join(originality_lines(report)))
    n_required = len(requirements.require) if requirements else 0
    if html is not None:
        write_text(html, stats_page(report, unmet=missed, required=n_required))
    for line in missed:
        click.echo(f"not met: {line}", err=True)
    if missed:
        raise StrictError(f"{require_path}: figures not as required: {len(missed)}, the first: {missed[0]}")
    if requirements:
        options.notice(f"{require_path}: {counted(n_required, 'requirement')} met")


@click.command("split")
@click.argument("corpus", type=options.PATH)
@options.FIELDS
@click.option(
    "--out", required=True, type=options.PATH, help="Folder for train.txt, validation.txt, test.txt, manifest.json."
)
@click.option("--validation", type=_SHARE, default=0.15, help="Share of the articles.")
@click.option("--test", type=_SHARE, default=0.2, help="Share of the articles.")
@click.option("--group-by", type=click.Choice(GROUP_FIELDS), help="Keep all articles of one outlet (or kind) together.")
@click.option("--by-date", is_flag=True, help="The latest articles to test, those before to validation.")
@click.option("--keep", type=options.PATH, help="Folder of splits to extend: articles that have a place keep it.")
@options.seed_option("order of articles that could go anywhere")
@options.GOLD
@options.json_option("the manifest")
def split_command(
    corpus: Path,
    out: Path,
    keep: Path | None,
    gold: str | None,
    json_path: Path | None,
    fields: dict[str, str],
    **settings: Any,
) -> None:
    """Split CORPUS into train, validation and test.

    CORPUS is a corpus folder, a dataset folder, or annotations in any format that convert reads, which takes OUT with
    --splits. To split and convert in one go: convert --splits 70/15/15.

    Near-duplicates and articles of one cluster stay together. Rare labels, roles, values of attributes, kinds
    of article and articles without an event are spread in proportion. The same corpus and seed give the same splits.

    \b
    Example:
      eventcorpus split corpus --out models/runs/splits --keep corpus/splits
    """
    check_folder(out, is_ours=is_split_folder)
    places = read_splits(keep) if keep is not None else {}
    folder = read_for_splits(corpus, gold=gold, fields=fields)
    wanted = SplitOptions(**settings)
    articles = list(folder.articles.values())
    with options.progress("near-duplicates") as on_progress:
        clusters = find_clusters(tracked(articles, len(articles), on_progress))
    with options.progress("splitting"):
        splitting = split_articles(articles, folder.gold, folder.ontology, wanted, keep=places, clusters=clusters)
    check_not_empty(splitting, wanted)
    manifest = write_splits(out, splitting, wanted, folder.gold, folder.ontology)
    gone = sorted(set(places) - set(folder.articles))
    if gone:
        options.notice(
            f"{keep}: {counted(len(gone), 'article')} with a place there, but not in {corpus}, the first: {gone[0]}"
        )
    if unlabelled := [article_id for article_id in folder.articles if article_id not in folder.gold]:
        options.notice(
            f"{counted(len(unlabelled), 'article')} without annotation placed by kind alone, the first: {unlabelled[0]}"
        )
    for ids in splitting.cut:
        options.notice(
            f"kept where they were, though they belong together: {', '.join(f'{i} ({places[i]})' for i in ids)}"
        )
    if not options.put_json(json_path, manifest):
        console().print(_table(manifest))
    line = options.sizes_line({split: manifest.splits[split].articles for split in SPLITS}, out, "article")
    options.notice(f"{line}; clusters: {manifest.clusters:,}, kept: {manifest.kept:,}")


def _table(manifest: SplitManifest) -> Table:
    table = Table("", box=None, header_style="bold")
    for split in SPLITS:
        table.add_column(split, justify="right")
        table.add_column("%", justify="right", style="dim")
    counts = [manifest.splits[split] for split in SPLITS]
    rows = [("articles", [c.articles for c in counts]), ("without event", [c.without_event for c in counts])]
    for name in ("labels", "roles", "values"):
        rows += [(key, [getattr(c, name)[key] for c in counts]) for key in getattr(counts[0], name)]
    for name, numbers in rows:
        total = sum(numbers)
        shares = [percent(n / total, digits=0) if total else "" for n in numbers]
        table.add_row(name, *(cell for n, share in zip(numbers, shares, strict=True) for cell in (f"{n:,}", share)))
    return table
