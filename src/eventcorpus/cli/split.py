"""``eventcorpus split``: train, validation and test without leaks."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from eventcorpus.cli import options
from eventcorpus.corpus.folder import read_corpus
from eventcorpus.corpus.near_duplicates import find_clusters
from eventcorpus.corpus.splitting import (
    GROUP_FIELDS,
    SplitManifest,
    SplitOptions,
    is_split_folder,
    split_articles,
    write_splits,
)
from eventcorpus.dataset.splits import SPLITS, read_splits
from eventcorpus.files import check_folder
from eventcorpus.tables import console, percent

_SHARE = click.FloatRange(0, 1, max_open=True)


@click.command("split")
@click.argument("corpus", type=options.PATH)
@click.option(
    "--out", required=True, type=options.PATH, help="Folder for train.txt, validation.txt, test.txt, manifest.json."
)
@click.option("--validation", type=_SHARE, default=0.15, show_default=True, help="Share of the articles.")
@click.option("--test", type=_SHARE, default=0.2, show_default=True, help="Share of the articles.")
@click.option("--group-by", type=click.Choice(GROUP_FIELDS), help="Keep all articles of one outlet (or kind) together.")
@click.option("--by-date", is_flag=True, help="The latest articles to test, those before to validation.")
@click.option("--keep", type=options.PATH, help="Folder of splits to extend: articles that have a place keep it.")
@options.seed_option("order of articles that could go anywhere")
@options.GOLD
@options.json_option("the manifest")
def command(
    corpus: Path,
    out: Path,
    validation: float,
    test: float,
    group_by: str | None,
    by_date: bool,
    keep: Path | None,
    seed: int,
    gold: str | None,
    json_path: Path | None,
) -> None:
    """Split CORPUS into train, validation and test.

    Near-duplicates and articles of one cluster stay together. Rare labels, roles, values of attributes, kinds
    of article and articles without an event are spread in proportion. The same corpus and seed give the same splits.

    \b
    Example:
      eventcorpus split corpus --out models/runs/splits --keep corpus/splits
    """
    check_folder(out, is_ours=is_split_folder)
    places = read_splits(keep) if keep is not None else {}
    folder = read_corpus(corpus, gold=gold)
    wanted = SplitOptions(validation, test, group_by, by_date, seed)
    with options.progress_bar() as progress:
        articles = list(folder.articles.values())
        clusters = find_clusters(progress.track(articles, total=len(articles), description="near-duplicates"))
    with options.progress("splitting"):
        splitting = split_articles(articles, folder.gold, folder.ontology, wanted, keep=places, clusters=clusters)
    manifest = write_splits(out, splitting, wanted, folder.gold, folder.ontology)
    gone = sorted(set(places) - set(folder.articles))
    if gone:
        options.notice(f"{keep}: {len(gone)} articles have a place there and are not in {corpus}, the first: {gone[0]}")
    if unlabelled := [article_id for article_id in folder.articles if article_id not in folder.gold]:
        options.notice(
            f"{len(unlabelled)} articles have no annotation and were placed by their kind alone: {unlabelled[0]}, ..."
        )
    for ids in splitting.cut:
        options.notice(
            f"kept where they were, though they belong together: {', '.join(f'{i} ({places[i]})' for i in ids)}"
        )
    if not options.put_json(json_path, manifest.model_dump(by_alias=True)):
        console().print(_table(manifest))
    sizes = ", ".join(f"{split} {manifest.splits[split].articles:,}" for split in SPLITS)
    options.notice(
        f"{len(articles):,} articles in {out} ({sizes}); clusters: {manifest.clusters:,}, kept: {manifest.kept:,}"
    )


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
