"""``eventcorpus labelstudio rank``: what to annotate next, and a live project in that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from eventcorpus.cli import options
from eventcorpus.corpus.rank import RANDOM_SHARE, Ranked, rank_articles
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.errors import StrictError
from eventcorpus.files import to_json, write_text
from eventcorpus.formats.articles import read_articles
from eventcorpus.render.tables import console
from eventcorpus.schema import Article


@click.command("rank")
@click.argument("articles", nargs=-1, required=True, type=options.PATH)
@click.option("--predictions", "predictions_path", required=True, type=options.PATH, help="What extract found in them.")
@click.option("--annotated", type=options.PATH, help="Dataset of what is annotated: left out, and no news.")
@click.option("--random-share", type=click.FloatRange(0, 1), default=RANDOM_SHARE, show_default=True,
              help="How much of every stretch is drawn at random, for a test set.")  # fmt: skip
@options.seed_option("random share")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many the table shows and --project ranks.",
)
@options.json_option("the whole order, with the reasons (JSON Lines),")
@click.option("--project", "wanted", metavar="TITLE|ID", help="Put the open tasks of this live project in the order.")
@options.FIELDS
@click.option("--strict", is_flag=True, help="Fail if an article has no prediction.")
def command(
    articles: tuple[Path, ...],
    predictions_path: Path,
    annotated: Path | None,
    random_share: float,
    seed: int,
    top: int,
    json_path: Path | None,
    wanted: str | None,
    fields: dict[str, str],
    strict: bool,
) -> None:
    """Put ARTICLES in the order in which to annotate them.

    First come articles in which the model is unsure and that say what no annotated article says; near-duplicates of
    others come last. A share is drawn at random from all, before the model is asked: what is annotated of it
    (chosen_by: random) is a fair sample to test on, what the model chose is not. With --project the first of them
    (--top) get their rank there, and the project a tab "next" that is sorted by it.

    \b
    Example:
      eventcorpus labelstudio rank corpus/articles --predictions mentions.jsonl --annotated models/runs/demo-dataset
    """
    every = list(read_articles(articles, field_map=fields))
    predictions = options.read_prediction_file(predictions_path)
    done = _gold_articles(annotated)
    server = project = None
    if wanted is not None:
        from eventcorpus.labelstudio.live.rank import done_article_ids
        from eventcorpus.labelstudio.live.server import connect

        server = connect()
        project = server.project(wanted)
        ids = done_article_ids(server, project)
        done += [article for article in every if article.id in ids]
    ranked = rank_articles(every, predictions, annotated=done, random_share=random_share, seed=seed)
    without = [row.id for row in ranked if row.id not in predictions]
    if without and strict:
        raise StrictError(f"--strict: article {without[0]} has no prediction ({len(without)} have none)")
    n_duplicates = sum(row.chosen_by == "near-duplicate" for row in ranked)
    options.notice(
        f"{len(every):,} articles, {len(every) - len(ranked):,} of them done, {n_duplicates:,} near-duplicates, "
        f"{len(without):,} without a prediction"
    )
    lines = "".join(f"{to_json(asdict(row))}\n" for row in ranked)
    if json_path == options.STDOUT:
        click.echo(lines, nl=False)
    elif json_path is not None:
        write_text(json_path, lines)
    if json_path != options.STDOUT:
        terminal = console()
        terminal.print(_table(ranked[:top], every, width=terminal.width))
    if server is not None and project is not None:
        from eventcorpus.labelstudio.live.rank import TAB, RankReport, write_ranks

        report = RankReport()
        with options.progress_bar() as progress:
            bar = progress.add_task("next", total=project.n_tasks, note="")
            for report in write_ranks(server, project, ranked[:top]):
                progress.update(bar, completed=report.n_done)
        options.notice(
            f"{project}: {report.n_changed:,} of {report.n_done:,} tasks have a new rank, "
            f"{report.n_cleared:,} lost an old one, {report.n_absent:,} articles are not in it; see its tab {TAB!r}"
        )


def _gold_articles(dataset: Path | None) -> list[Article]:
    if dataset is None:
        return []
    return [annotated.article for split in read_dataset(dataset).splits.values() for annotated in split]


def _table(ranked: Sequence[Ranked], articles: Sequence[Article], *, width: int) -> Table:
    """The first of the order; titles take what the terminal's width leaves."""
    title = {article.id: article.title or article.text[:80].split("\n")[0] for article in articles}
    left = max(12, width - 50 - max((len(row.id) for row in ranked), default=0))
    table = Table(title="annotate next", title_justify="left")
    for name in ("rank", "article", "chosen by", "unsure", "new", "title"):
        table.add_column(name, justify="right" if name in ("rank", "unsure", "new") else "left", overflow="fold")
    for row in ranked:
        unsure = "–" if row.uncertainty is None else f"{row.uncertainty:.2f}"
        shown = title[row.id] if len(title[row.id]) <= left else title[row.id][: left - 1] + "…"
        table.add_row(str(row.rank), row.id, row.chosen_by, unsure, f"{row.novelty:.2f}", shown)
    return table
