"""``eventcorpus labelstudio``: tasks for Label Studio, a live server, and what annotators did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from eventcorpus.agreement.adjudicate import MODEL_VERSION, adjudication_task
from eventcorpus.agreement.corrected import read_corrected
from eventcorpus.agreement.corrections import WITHIN_SECONDS, count_corrections
from eventcorpus.annotation.merge import are_equal, without_decisions
from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.cli import options
from eventcorpus.cli.main import LazyGroup
from eventcorpus.corpus.rank import RANDOM_SHARE, rank_articles
from eventcorpus.dataset.folder import read_annotations, read_dataset
from eventcorpus.dataset.tasks import TaskSource
from eventcorpus.errors import InputError, StrictError
from eventcorpus.files import to_json
from eventcorpus.labelstudio.config import adjudication_config, label_config, load_ontology, remembered_ontology
from eventcorpus.labelstudio.exports import open_exports
from eventcorpus.labelstudio.live.preannotate import one_version, preannotate
from eventcorpus.labelstudio.live.pull import describe_last_pull, pull
from eventcorpus.labelstudio.live.push import compare, list_present, prepare_project, push
from eventcorpus.labelstudio.live.rank import done_article_ids, write_ranks
from eventcorpus.labelstudio.live.server import Project, Server, connect
from eventcorpus.labelstudio.live.status import annotators_line, people, read_status, status_tables
from eventcorpus.labelstudio.live.tabs import NEXT, make_first_tabs
from eventcorpus.labelstudio.tasks import write_tasks
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import log_ontology
from eventcorpus.predictions import UnreadableCount, read_prediction_file
from eventcorpus.progress import tracked
from eventcorpus.render.reports import corrections_summary, corrections_tables, ranking_table
from eventcorpus.tables import console, counted

SHOWN = 5
"""How many refusals are named."""

_SECTIONS = {
    "Before annotation": ("tasks", "rank", "push", "annotators", "preannotate"),
    "During and after": ("status", "pull", "adjudicate", "corrections"),
}


@click.group(
    "labelstudio", cls=LazyGroup, sections={title: dict.fromkeys(names, __name__) for title, names in _SECTIONS.items()}
)
def labelstudio_command() -> None:
    """Annotate with Label Studio: by files, or on a live server.

    All but tasks and corrections talk to a server (rank only with --project). Its address and key come from
    LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY (a legacy token or a personal access token). To try it without a server
    of your own: make labelstudio.

    \b
    Example:
      eventcorpus labelstudio push corpus/articles --project first-pass
      eventcorpus labelstudio status
      eventcorpus labelstudio pull --out labels
      eventcorpus convert labels --out dataset
    """


# what the commands share ---------------------------------------------------------------------------------------------

_ARTICLES = click.argument("articles", nargs=-1, required=True, type=options.PATH)


def _source_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say how tasks are made of ARTICLES; ``_source`` takes their values."""
    help_ = "Mentions to show as pre-annotations, as extract writes them."
    predictions = click.option("--predictions", "predictions_path", type=options.PATH, help=help_)
    for option in (options.MAX_CHARS, options.TITLE_IN_TEXT, options.FIELDS, predictions, options.ONTOLOGY):
        command = option(command)
    return command


def _made_from(project: Project | None, ontology_path: Path | None, *, near: Sequence[Path] = ()) -> Ontology:
    """The ontology that was named, else the one that a project remembers, else by the rule for all commands."""
    remembered = None
    if project is not None and ontology_path is None:
        remembered = remembered_ontology(project.label_config, place=str(project))
    if remembered is None:
        return load_ontology(ontology_path, near=near)
    log_ontology(remembered.key, f"from which {project} was made")
    return remembered


def _source(
    articles: tuple[Path, ...], ontology: Ontology, predictions_path: Path | None, **settings: Any
) -> TaskSource:
    predictions = read_prediction_file(predictions_path) if predictions_path else {}
    return TaskSource(articles, ontology, predictions, **settings)


def _push(
    server: Server, title: str, tasks: Sequence[dict[str, Any]], ontology: Ontology, config: str, *, what: Sequence[str]
) -> Project:
    """Send tasks to a project, which is made or updated for them; tell what became of them.

    Args:
        what: the noun for them, as ``counted`` takes it.
    """
    prepared = prepare_project(server, title, ontology, config=config)
    project = prepared.project
    with options.progress("push") as on_progress:
        report = push(project, tasks, fresh=prepared.is_new, on_progress=on_progress)
    make_first_tabs(project)
    if prepared.change:
        options.notice(f"the configuration of project {project.id} is now {prepared.change}")
    _notice_refused(report.refused)
    _notice_counts(
        {
            "that stood twice, after a push that was killed: the copies were removed": (
                "task",
                report.n_copies_removed,
            ),
            "in the project without article_id, not ours: left alone": ("task", report.n_foreign),
        }
    )
    click.echo(
        f"{counted(report.n_added, *what)} sent, {report.n_present:,} there already, "
        f"{counted(len(report.refused), 'article')} refused: {project}{' (new)' if prepared.is_new else ''}"
    )
    return project


def _notice_refused(refused: Mapping[str, str]) -> None:
    for article_id, reason in list(refused.items())[:SHOWN]:
        options.notice(f"refused: article {article_id}: {reason}")
    if len(refused) > SHOWN:
        options.notice(f"... and {len(refused) - SHOWN} more refused")


def _notice_counts(counts: Mapping[str, tuple[str, int]]) -> None:
    """Tell how many there are of each kind, where there are any; before the words stands the noun."""
    options.notices(f"{counted(n, noun)} {words}" for words, (noun, n) in counts.items() if n)


# before annotation ---------------------------------------------------------------------------------------------------


@click.command("tasks")
@_ARTICLES
@click.option("--out", required=True, type=options.PATH, help="Folder for tasks-*.json, config.xml and manifest.json.")
@_source_options
def tasks_command(articles: tuple[Path, ...], out: Path, ontology_path: Path | None, **settings: Any) -> None:
    """Write ARTICLES as import files for Label Studio.

    ARTICLES are JSON, CSV, Excel, Parquet, HTML or text files, folders of these, or a dataset folder that convert wrote
    (its gold annotations go along). In Label Studio: create a project, paste config.xml, import the tasks files.

    \b
    Example:
      eventcorpus labelstudio tasks corpus/articles --out tasks
    """
    source = _source(articles, load_ontology(ontology_path, near=articles), **settings)
    n_tasks = write_tasks(source.tasks(), source.ontology, out)
    options.notices(source.notices())
    click.echo(f"{counted(n_tasks, 'task')} in {out} (ontology {source.ontology.key})")


@click.command("rank")
@_ARTICLES
@click.option("--predictions", "predictions_path", required=True, type=options.PATH, help="What extract found in them.")
@click.option("--annotated", type=options.PATH, help="Dataset of what is annotated: left out, and no news.")
@click.option(
    "--random-share",
    type=click.FloatRange(0, 1),
    default=RANDOM_SHARE,
    help="How much of every stretch is drawn at random, for a test set.",
)
@options.seed_option("random share")
@click.option("--top", type=click.IntRange(min=1), default=20, help="How many the table shows and --project ranks.")
@options.json_option("the whole order, with the reasons, an object a line,")
@click.option("--project", "wanted", metavar="TITLE|ID", help="Put the open tasks of this live project in the order.")
@options.FIELDS
@click.option("--strict", is_flag=True, help="Fail if an article has no prediction or was not read.")
def rank_command(
    articles: tuple[Path, ...],
    predictions_path: Path,
    annotated: Path | None,
    top: int,
    json_path: Path | None,
    wanted: str | None,
    fields: dict[str, str],
    strict: bool,
    **settings: Any,
) -> None:
    """Put ARTICLES in the order in which to annotate them.

    First come articles in which the model is unsure and that say what no annotated article says; near-duplicates of
    others come last. A share is drawn at random from all, before the model is asked: what is annotated of it
    (chosen_by: random) is a fair sample to test on, what the model chose is not. With --project the first of them
    (--top) get their rank there, and the project a tab "next" that is sorted by it.

    \b
    Example:
      eventcorpus labelstudio rank new-articles --predictions mentions.jsonl --annotated models/runs/demo-dataset
    """
    reading = ReadReport()
    every = list(read_articles(articles, field_map=fields, report=reading))
    options.notices(reading.lines())
    predictions = read_prediction_file(predictions_path)
    splits = read_dataset(annotated).splits.values() if annotated is not None else ()
    done = [gold.article for split in splits for gold in split]
    project = connect().project(wanted) if wanted is not None else None
    if project is not None:
        ids = done_article_ids(project)
        done += [article for article in every if article.id in ids]
    ranked = rank_articles(every, predictions, annotated=done, **settings)
    without = [row.id for row in ranked if row.id not in predictions]
    if strict and (loss := reading.loss()):
        raise StrictError(f"--strict: {loss}")
    if without and strict:
        raise StrictError(f"--strict: article {without[0]} has no prediction ({len(without)} have none)")
    n_duplicates = sum(row.chosen_by == "near-duplicate" for row in ranked)
    options.notice(
        f"{counted(len(every), 'article')}, {len(every) - len(ranked):,} of them done, "
        f"{counted(n_duplicates, 'near-duplicate')}, {len(without):,} without a prediction"
    )
    lines = "".join(f"{to_json(asdict(row))}\n" for row in ranked)
    if json_path is None or not options.put_text(json_path, lines):
        terminal = console()
        terminal.print(ranking_table(ranked[:top], every, width=terminal.width))
    if project is not None:
        with options.progress("rank") as on_progress:
            report = write_ranks(project, ranked[:top], on_progress)
        options.notice(
            f"{project}: a new rank for {report.n_changed:,} of {counted(report.n_done, 'task')}, "
            f"{report.n_cleared:,} lost an old one, {counted(report.n_absent, 'article')} not in it; see its tab "
            f"{NEXT!r}"
        )


@click.command("push")
@_ARTICLES
@click.option("--project", "title", metavar="TITLE|ID", help="Created if not there  [default: the ontology's name]")
@_source_options
@click.option(
    "--strict", is_flag=True, help="Fail if an article is refused, left out or had to be repaired; nothing is sent."
)
def push_command(
    articles: tuple[Path, ...], title: str | None, ontology_path: Path | None, strict: bool, **settings: Any
) -> None:
    """Send ARTICLES to a project; what is there already is not sent again.

    ARTICLES are what labelstudio tasks takes; of a dataset folder the gold annotations go along. A push that was
    stopped half-way is completed by running it again. An article whose text is another than the one on the server is
    refused. A project that is there keeps the ontology that it was made from, unless --ontology names another.

    \b
    Example:
      eventcorpus labelstudio push corpus/articles --project first-pass
    """
    server = connect()
    project = server.find_project(title) if title is not None else None
    ontology = _made_from(project, ontology_path, near=articles)
    source = _source(articles, ontology, **settings)
    tasks = list(source.tasks())  # all of them, so that faults of the articles show before anything is sent
    title = title or ontology.name
    if strict:
        _check_strict(server, title, tasks, source.report)
    _push(server, title, tasks, ontology, label_config(ontology), what=("task",))
    options.notices(source.notices())


def _check_strict(server: Server, title: str, tasks: Sequence[dict[str, Any]], read: ReadReport) -> None:
    if loss := read.loss():
        raise StrictError(f"--strict: {loss}; nothing was sent")
    project = server.find_project(title)
    if project is None:
        return
    _, report = compare(tasks, list_present(project))
    for article_id, reason in report.refused.items():
        raise StrictError(
            f"--strict: article {article_id}: {reason} ({counted(len(report.refused), 'article')}); nothing was sent"
        )


@click.command("annotators")
@click.argument("n_annotators", metavar="NUMBER", type=click.IntRange(min=1))
@options.PROJECT
def annotators_command(n_annotators: int, wanted: str | None) -> None:
    """Let NUMBER people label every article of a project, each on their own.

    By default Label Studio takes a task for finished when one person has labelled it, and gives it to nobody else.
    Then tells who has an account on the server, and where others make themselves one.

    \b
    Example:
      eventcorpus labelstudio annotators 2 --project first-pass
    """
    server = connect()
    project = server.project(wanted)
    if project.n_annotators != n_annotators:
        project.ask_annotators(n_annotators)
    accounts = server.accounts()
    click.echo(f"{project}: each task is finished when {people(n_annotators)} labelled it")
    click.echo(f"accounts on the server ({len(accounts)}): {', '.join(accounts.values())}")
    click.echo(f"others make themselves one on the server's page {server.invite_path()}")
    click.echo('everybody labels with "Label All Tasks"; who opens a task in the list sees the work of others')


@click.command("preannotate")
@click.option("--predictions", "predictions_path", required=True, type=options.PATH, help="What extract wrote.")
@options.PROJECT
@options.ONTOLOGY
@click.option("--replace", is_flag=True, help="Remove the predictions of the same model version first.")
@click.option("--strict", is_flag=True, help="Fail if an article is refused or anything left out; nothing is sent.")
def preannotate_command(
    predictions_path: Path, wanted: str | None, ontology_path: Path | None, replace: bool, strict: bool
) -> None:
    """Give the tasks of a project a model's predictions.

    Annotators then begin with the model's mentions, each with its confidence, and where the file has them with roles
    as relations and attributes as choices. Every label is checked against the project's own configuration, every text
    by its hash; roles and attributes that the project has no control for are left out. A value that is the ontology's
    default is left unset, as annotators leave it, in a project that was made from the ontology. A task that has a
    prediction of this model version is not given another; a run that was stopped is completed by the next. What
    annotators did with them: eventcorpus labelstudio corrections.

    \b
    Example:
      eventcorpus labelstudio preannotate --predictions predictions.jsonl --project first-pass
    """
    place = str(predictions_path)
    predictions = read_prediction_file(predictions_path)
    one_version(predictions, place=place)
    options.notices(UnreadableCount.of(predictions.values()).notices())
    project = connect().project(wanted)
    ontology = _made_from(project, ontology_path)
    with options.progress("preannotate") as on_progress:
        report = preannotate(
            project,
            predictions,
            place=place,
            ontology=ontology,
            replace=replace,
            strict=strict,
            on_progress=on_progress,
        )
    _notice_refused(report.refused)
    options.notices(report.notices(project, ontology))
    click.echo(
        f"{counted(report.n_sent, 'task')} given predictions, {report.n_present:,} had them, "
        f"{counted(len(report.refused), 'article')} refused; {counted(report.n_mentions, 'mention')}, "
        f"{counted(report.n_roles, 'role')}, {counted(report.n_attributes, 'attribute')}: {report.version} in "
        f"{project}"
    )


# during and after ----------------------------------------------------------------------------------------------------


@click.command("status")
@options.PROJECT
@click.option("--pulled", type=options.PATH, default=options.PULLED, help="The folder that pull writes.")
def status_command(wanted: str | None, pulled: Path) -> None:
    """Show how far the annotation is, in all and per annotator.

    \b
    Example:
      eventcorpus labelstudio status --project first-pass
    """
    server = connect()
    project = server.project(wanted)
    with options.progress("status") as on_progress:
        status = read_status(server, project, on_progress)
    for table in status_tables(project, status):
        console().print(table)
    click.echo(annotators_line(project, status))
    click.echo(describe_last_pull(project, pulled))


@click.command("pull")
@options.PROJECT
@click.option("--out", type=options.PATH, default=options.PULLED, help="Folder for export.json and what explains it.")
@options.ONTOLOGY
def pull_command(wanted: str | None, out: Path, ontology_path: Path | None) -> None:
    """Take everything that was annotated: annotations, drafts, predictions and who made them.

    OUT has the server's own snapshot as export.json, which convert reads, and every earlier one. It names people: keep
    it to yourselves; the dataset that convert makes calls them a1, a2, ...

    \b
    Example:
      eventcorpus labelstudio pull --out labels
    """
    project = connect().project(wanted)
    ontology = _made_from(project, ontology_path)
    with options.progress_bar() as progress:
        bar = progress.add_task("pull", total=None, note="")
        found = pull(project, out, ontology, progress=lambda n: progress.update(bar, note=f"{n / 1e6:.1f} MB"))
    if found is None:
        click.echo(f"nothing new in {project}: {out} is as it was")
        return
    gone = f"of the last pull no longer on the server, kept in {out / 'earlier'}"
    options.notices(
        f"{counted(n, noun)} {gone}" for noun, n in (("annotation", found.gone), ("task", found.tasks_gone)) if n
    )
    if not (out / "ontology.yaml").is_file():
        options.notice(f"{project} does not offer what {ontology.key} does: convert will read config.xml")
    click.echo(
        f"{counted(found.n_annotations, 'annotation')} of {counted(found.n_tasks, 'task')} in {out} ({found.new:,} "
        f"new, {found.changed:,} changed, {found.gone:,} gone)"
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
        f"{counted(len(articles), 'article')}, {len(doubly):,} annotated by several, {len(disputed):,} of them "
        "differently"
    )
    if not tasks:
        click.echo("nothing to decide: all annotators say the same")
        return
    title = title or f"adjudication-{ontology.name}"
    project = _push(
        connect(),
        title,
        tasks,
        ontology,
        adjudication_config(ontology),
        what=("article to decide", "articles to decide"),
    )
    project.show_predictions(MODEL_VERSION)


@click.command("corrections")
@click.argument("inputs", nargs=-1, required=True, type=options.PATH, metavar="INPUT...")
@options.ONTOLOGY
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=WITHIN_SECONDS,
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
    index, ontology = open_exports(inputs, ontology_path)
    excluded = Counter[str]()
    with options.progress("corrections") as on_progress:
        corrected = tracked(read_corrected(index, ontology, excluded), index.n_tasks.total(), on_progress)
        report = count_corrections(corrected, ontology, within=within, excluded=excluded)
    if options.put_json(json_path, report):
        return
    for table in corrections_tables(report):
        console().print(table)
    click.echo(corrections_summary(report))
    for words, n in report.left_out.items():
        options.notice(f"left out: {n:,} {words}")
