"""``eventcorpus labelstudio preannotate``: a model's predictions to the tasks of a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from eventcorpus.agreement.adjudicate import MODEL_VERSION, adjudication_task
from eventcorpus.agreement.corrected import Excluded, read_corrected
from eventcorpus.agreement.corrections import WITHIN_SECONDS, Corrections, count_corrections
from eventcorpus.annotation.merge import are_equal, without_decisions
from eventcorpus.cli import options
from eventcorpus.corpus.rank import RANDOM_SHARE, Ranked, rank_articles
from eventcorpus.dataset.folder import read_annotations, read_dataset
from eventcorpus.errors import InputError, StrictError
from eventcorpus.files import to_json, write_text
from eventcorpus.formats.articles import read_articles
from eventcorpus.labelstudio.config import adjudication_config
from eventcorpus.labelstudio.exports import open_exports
from eventcorpus.labelstudio.live.preannotate import PreannotateReport, one_version, preannotate
from eventcorpus.labelstudio.live.push import PushReport, prepare_project, push
from eventcorpus.labelstudio.live.server import Project, connect
from eventcorpus.render.reports import corrections_tables
from eventcorpus.schema import Article
from eventcorpus.tables import console, percent

SHOWN = 5
"""How many refusals are named."""


@click.command("preannotate")
@click.option("--predictions", "predictions_path", required=True, type=options.PATH, help="What extract wrote.")
@options.PROJECT
@click.option("--replace", is_flag=True, help="Remove the predictions of the same model version first.")
@click.option("--strict", is_flag=True, help="Fail if an article is refused; nothing is sent.")
def preannotate_command(predictions_path: Path, wanted: str | None, replace: bool, strict: bool) -> None:
    """Give the tasks of a project a model's predictions.

    Annotators then begin with the model's mentions (and roles and attributes, where the file has them), each with its
    confidence. Every name is checked against the project's own configuration, every text by its hash. A task that has
    a prediction of this model version is not given another; a run that was stopped is completed by the next. What
    annotators did with them: eventcorpus labelstudio corrections.

    \b
    Example:
      eventcorpus labelstudio preannotate --predictions predictions.jsonl --project first-pass
    """
    predictions = options.read_prediction_file(predictions_path)
    one_version(predictions, place=str(predictions_path))
    server = connect()
    project = server.project(wanted)
    with options.progress_bar() as progress:
        bar = progress.add_task("preannotate", total=None, note="")
        for report in preannotate(
            server, project, predictions, place=str(predictions_path), replace=replace, strict=strict
        ):
            progress.update(bar, total=report.n_to_send, completed=report.n_sent)
    _tell(project, report)


def _tell(project: Project, report: PreannotateReport) -> None:
    for article_id, reason in list(report.refused.items())[:SHOWN]:
        options.notice(f"refused: article {article_id}: {reason}")
    if len(report.refused) > SHOWN:
        options.notice(f"... and {len(report.refused) - SHOWN} more refused")
    for n, words in (
        (report.n_left_out, "mentions and roles cross the cuts between the parts of long articles: left out"),
        (report.n_replaced, "predictions of this version were removed first"),
        (report.n_begun, "tasks keep their prediction: an annotation was begun from it"),
        (report.n_copies_removed, "predictions stood twice, after a run that was killed: the copies were removed"),
        (report.n_tasks_without, "tasks of the project are of no article in the file"),
    ):
        if n:
            options.notice(f"{n:,} {words}")
    if report.shown_before is not None:
        before = f" (before: {report.shown_before})" if report.shown_before else ""
        options.notice(f"annotators of project {project.id} begin with the predictions of {report.version} now{before}")
    click.echo(
        f"{report.n_sent:,} tasks given predictions, {report.n_present:,} had them, {len(report.refused):,} articles "
        f"refused; {report.n_mentions:,} mentions, {report.n_roles:,} roles, {report.n_attributes:,} attributes: "
        f"{report.version} in {project}"
    )


@click.command("adjudicate")
@click.argument("dataset", type=options.PATH)
@click.option("--project", "title", metavar="TITLE|ID", help="Created if not there  [default: adjudication-ONTOLOGY]")
@click.option("--all", "with_agreed", is_flag=True, help="Also articles on which all say the same.")
def adjudicate_command(dataset: Path, title: str | None, with_agreed: bool) -> None:
    """Make a project in which someone decides where the annotators of DATASET differ.

    DATASET is what convert made of all passes. A task shows what anybody marked, with a note on what only some have,
    and lists the differences; each annotator's own view is a prediction beside it. Delete what is wrong, draw what is
    missing, submit. Then pull, and convert passes and decisions together:

    \b
      eventcorpus labelstudio pull --project decisions --out decided
      eventcorpus convert corpus/annotations decided --gold adjudicated --out dataset

    \b
    Example:
      eventcorpus labelstudio adjudicate models/runs/demo-dataset --project decisions
    """
    ontology, articles = read_annotations(dataset)
    doubly = [passes for passes in map(without_decisions, articles) if len(passes) > 1]
    if not doubly:
        raise InputError(f"{dataset}: no article has two annotators; convert the exports of all passes together")
    disputed = [passes for passes in doubly if not are_equal(passes)]
    tasks: list[dict[str, Any]] = [adjudication_task(p, ontology) for p in (doubly if with_agreed else disputed)]
    options.notice(
        f"{len(articles):,} articles, {len(doubly):,} annotated by several, {len(disputed):,} of them differently"
    )
    if not tasks:
        click.echo("nothing to decide: all annotators say the same")
        return
    server = connect()
    project, what = prepare_project(
        server, title or f"adjudication-{ontology.name}", ontology, config=adjudication_config(ontology)
    )
    report = PushReport()
    with options.progress_bar() as progress:
        bar = progress.add_task("adjudicate", total=len(tasks), note="")
        for report in push(server, project, tasks, fresh=what == "created"):
            progress.update(bar, completed=report.n_added + report.n_present + len(report.refused))
    server.show_predictions(project, MODEL_VERSION)
    for article_id, reason in report.refused.items():
        options.notice(f"refused: article {article_id}: {reason}")
    new = " (new)" if what == "created" else ""
    click.echo(
        f"{report.n_added:,} articles to decide sent, {report.n_present:,} were there, "
        f"{len(report.refused):,} refused: {project}{new}"
    )


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
def rank_command(
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


_APART = {
    "not_begun_from_prediction": "begun empty though a prediction was there",
    "without_prediction": "of tasks without a prediction",
    "prediction_gone": "begun from a prediction that is not in the export (a pull takes them along)",
    "skipped": "skipped",
    "older": "replaced by a newer one of the same person",
}


@click.command("corrections")
@click.argument("inputs", nargs=-1, required=True, type=options.PATH, metavar="INPUT...")
@options.ONTOLOGY
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=WITHIN_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Count predictions that were submitted untouched in this time: too short to read the article.",
)
@options.json_option("the report", "eval/corrections.schema.json")
def corrections_command(
    inputs: tuple[Path, ...], ontology_path: Path | None, within: float, json_path: Path | None
) -> None:
    """Show what annotators did to predictions.

    Which mentions, roles and attributes they kept, changed, removed and added, per label, annotator and model version,
    and how many predictions they submitted untouched. INPUT are folders that labelstudio pull wrote, or full snapshots.
    Annotations that were begun empty are counted apart: they say nothing about corrections.

    \b
    Example:
      eventcorpus labelstudio corrections labels
    """
    exports = open_exports(inputs, ontology_path)
    index, ontology = exports.index, exports.ontology
    excluded = Excluded()
    with options.progress_bar() as progress:
        corrected = progress.track(
            read_corrected(index, ontology, excluded, text_object=exports.text_object),
            total=index.n_tasks.total(),
            description="corrections",
        )
        report = count_corrections(corrected, ontology, within=within, excluded=excluded)
    if options.put_json(json_path, report.model_dump(mode="json", by_alias=True)):
        return
    for table in corrections_tables(report):
        console().print(table)
    click.echo(_summary(report))
    for words, n in report.left_out.items():
        options.notice(f"left out: {n:,} {words}")


def _summary(report: Corrections) -> str:
    total = report.total
    share = percent(total.untouched / total.annotations if total.annotations else None)
    lines = [
        f"{total.annotations:,} annotations begun from a prediction: {total.untouched:,} untouched ({share}%), "
        f"{total.untouched_within:,} of them within {report.within_seconds:g} s; "
        f"{percent(total.still_prediction)}% of the regions still say that a model drew them",
    ]
    apart = [f"{n:,} {_APART[name]}" for name, n in report.apart.model_dump().items() if n]
    if apart:
        lines.append(f"not in these figures: annotations {', '.join(apart)}")
    return "\n".join(lines)
