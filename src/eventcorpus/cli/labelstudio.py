"""``eventcorpus labelstudio``: tasks for Label Studio, a live server, and what annotators did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from eventcorpus.cli import options
from eventcorpus.cli.main import LazyGroup
from eventcorpus.errors import StrictError
from eventcorpus.labelstudio.config import label_config, load_ontology
from eventcorpus.labelstudio.live.pull import last_pull, pull
from eventcorpus.labelstudio.live.push import PushReport, list_present, missing, prepare_project, push
from eventcorpus.labelstudio.live.server import Project, Server, connect
from eventcorpus.labelstudio.live.status import Status, read_status
from eventcorpus.labelstudio.tasks import TaskSource, write_tasks


@click.command("tasks")
@click.argument("articles", nargs=-1, required=True, type=options.PATH)
@click.option("--out", required=True, type=options.PATH, help="Folder for tasks-*.json, config.xml and manifest.json.")
@options.ONTOLOGY
@click.option(
    "--predictions",
    "predictions_path",
    type=options.PATH,
    help="Mentions to show as pre-annotations, as extract writes them.",
)
@options.FIELDS
@options.TITLE_IN_TEXT
@options.MAX_CHARS
def tasks_command(
    articles: tuple[Path, ...],
    out: Path,
    ontology_path: Path | None,
    predictions_path: Path | None,
    fields: dict[str, str],
    title_in_text: bool,
    max_chars: int | None,
) -> None:
    """Write ARTICLES as import files for Label Studio.

    ARTICLES are JSON Lines, CSV, Parquet or text files, folders of these, or a dataset folder that convert wrote (its
    gold annotations go along). In Label Studio: create a project, paste config.xml, import the tasks files.

    \b
    Example:
      eventcorpus labelstudio tasks corpus/articles --out tasks
    """
    ontology = load_ontology(ontology_path, near=articles)
    predictions = options.read_prediction_file(predictions_path)
    source = TaskSource(articles, ontology, predictions, fields, title_in_text, max_chars)
    n_tasks = write_tasks(source.tasks(), ontology, out)
    options.notices(source.notices())
    click.echo(f"{n_tasks:,} tasks in {out} (ontology {ontology.key})")


@click.command("push")
@click.argument("articles", nargs=-1, required=True, type=options.PATH)
@click.option("--project", "title", metavar="TITLE|ID", help="Created if not there  [default: the ontology's name]")
@options.ONTOLOGY
@click.option("--predictions", "predictions_path", type=options.PATH, help="Mentions to show as pre-annotations.")
@options.FIELDS
@options.TITLE_IN_TEXT
@options.MAX_CHARS
@click.option("--strict", is_flag=True, help="Fail if an article is refused or had to be repaired; nothing is sent.")
def push_command(
    articles: tuple[Path, ...],
    title: str | None,
    ontology_path: Path | None,
    predictions_path: Path | None,
    fields: dict[str, str],
    title_in_text: bool,
    max_chars: int | None,
    strict: bool,
) -> None:
    """Send ARTICLES to a project; what is there already is not sent again.

    ARTICLES are what labelstudio tasks takes; of a dataset folder the gold annotations go along. A push that was
    stopped half-way is completed by running it again. An article whose text is another than the one on the server is
    refused.

    \b
    Example:
      eventcorpus labelstudio push corpus/articles --project first-pass
    """
    ontology = load_ontology(ontology_path, near=articles)
    predictions = options.read_prediction_file(predictions_path)
    source = TaskSource(articles, ontology, predictions, fields, title_in_text, max_chars)
    tasks = list(source.tasks())  # all of them, so that faults of the articles show before anything is sent
    server = connect()
    if strict:
        _check_strict(server, title or ontology.name, tasks, source.report.changed)
    project, what = prepare_project(server, title or ontology.name, ontology, config=label_config(ontology))
    report = PushReport()
    with options.progress_bar() as progress:
        bar = progress.add_task("push", total=len(tasks), note="")
        for report in push(server, project, tasks, fresh=what == "created"):
            progress.update(bar, completed=report.n_added + report.n_present + len(report.refused))
    options.notices(source.notices())
    _tell_push(project, what, report)


def _check_strict(server: Server, title: str, tasks: Sequence[dict[str, Any]], changed: Sequence[str]) -> None:
    if changed:
        raise StrictError(f"--strict: the text of {changed[0]} had characters replaced ({len(changed)} articles)")
    project = server.find_project(title)
    if project is None:
        return
    report = PushReport()
    list(missing(tasks, list_present(server, project), report))
    for article_id, reason in report.refused.items():
        raise StrictError(
            f"--strict: article {article_id}: {reason} ({len(report.refused)} articles); nothing was sent"
        )


def _tell_push(project: Project, what: str, report: PushReport) -> None:
    if what == "updated":
        options.notice(f"project {project.id} has the ontology's configuration now")
    for article_id, reason in list(report.refused.items())[:5]:
        options.notice(f"refused: article {article_id}: {reason}")
    if len(report.refused) > 5:
        options.notice(f"... and {len(report.refused) - 5} more refused")
    if report.n_copies_removed:
        options.notice(
            f"{report.n_copies_removed} tasks stood twice, after a push that was killed: the copies were removed"
        )
    if report.n_foreign:
        options.notice(f"{report.n_foreign} tasks in the project are not ours (no article_id): left alone")
    click.echo(
        f"{report.n_added:,} tasks sent, {report.n_present:,} were there, {len(report.refused):,} articles refused: "
        f"{project}{' (new)' if what == 'created' else ''}"
    )


@click.command("pull")
@options.PROJECT
@click.option(
    "--out",
    type=options.PATH,
    default=options.PULLED,
    show_default=True,
    help="Folder for export.json and what explains it.",
)
@click.option(
    "--ontology", "ontology_path", type=options.PATH, help="What the project was made from  [default: the corpus's]"
)
def pull_command(wanted: str | None, out: Path, ontology_path: Path | None) -> None:
    """Take everything that was annotated: annotations, drafts, predictions and who made them.

    OUT has the server's own snapshot as export.json, which convert reads, and every earlier one. It names people: keep
    it to yourselves; the dataset that convert makes calls them a1, a2, ...

    \b
    Example:
      eventcorpus labelstudio pull --out labels
    """
    ontology = load_ontology(ontology_path)
    server = connect()
    project = server.project(wanted)
    with options.progress_bar() as progress:
        bar = progress.add_task("pull", total=None, note="")
        found = pull(server, project, out, ontology, progress=lambda n: progress.update(bar, note=f"{n / 1e6:.1f} MB"))
    if found is None:
        click.echo(f"nothing new in {project}: {out} is as it was")
        return
    for n, words in ((found.gone, "annotations"), (found.tasks_gone, "tasks")):
        if n:
            options.notice(f"{n} {words} of the last pull are no longer on the server; they are in {out / 'earlier'}")
    if not (out / "ontology.yaml").is_file():
        options.notice("the project's configuration is not that of the ontology here; convert will read config.xml")
    click.echo(
        f"{found.n_annotations:,} annotations of {found.n_tasks:,} tasks in {out} ({found.new:,} new, "
        f"{found.changed:,} changed, {found.gone:,} gone)"
    )


@click.command("status")
@options.PROJECT
@click.option(
    "--pulled", type=options.PATH, default=options.PULLED, show_default=True, help="The folder that pull writes."
)
def status_command(wanted: str | None, pulled: Path) -> None:
    """Show how far the annotation is, in all and per annotator.

    \b
    Example:
      eventcorpus labelstudio status --project first-pass
    """
    server = connect()
    project = server.project(wanted)
    status = Status()
    with options.progress_bar() as progress:
        bar = progress.add_task("status", total=project.n_tasks, note="")
        for status in read_status(server, project):
            progress.update(bar, completed=status.n_tasks)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for table in _tables(project, status):
        console.print(table)
    click.echo(_pulled(project, pulled))


def _tables(project: Project, status: Status) -> Iterator[Table]:
    share = f" ({status.done / status.n_tasks:.0%})" if status.n_tasks else ""
    table = Table(title=f"project {project.id} {project.title}", title_justify="left")
    for name in ("tasks", "done", "empty", "skipped", "open", "drafts", "predicted", "twice"):
        table.add_column(name, justify="right")
    figures = (status.n_tasks, status.done, status.empty, status.skipped, status.open)
    row = [f"{n:,}" for n in (*figures, status.with_draft, status.with_prediction, status.copies)]
    table.add_row(row[0], row[1] + share, *row[2:])
    yield table
    if status.people:
        table = Table(title="annotators", title_justify="left")
        for name in ("user", "who", "done", "empty", "skipped", "drafts", "min a task"):
            table.add_column(name, justify="left" if name == "who" else "right", overflow="fold", no_wrap=name == "who")
        for user, work in sorted(status.people.items()):
            n = work.completed + work.skipped
            pace = f"{work.seconds / n / 60:.1f}" if n and work.seconds else ""
            counts = (str(x) for x in (work.completed, work.empty, work.skipped, work.drafts))
            table.add_row(str(user), status.names.get(user, ""), *counts, pace)
        yield table


def _pulled(project: Project, folder: Path) -> str:
    last = last_pull(folder, dt.datetime.now(dt.UTC))
    if last is None:
        return f"never pulled into {folder}; eventcorpus labelstudio pull does"
    manifest, age = last
    if manifest["project"] != project.id:
        return f"{folder} was pulled from another project ({manifest['project']} {manifest['title']!r})"
    return f"last pull {_ago(age)}: {manifest['annotations']:,} annotations in {folder}"


def _ago(age: dt.timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} seconds ago"


SECTIONS = {
    "Before annotation": {
        "tasks": "eventcorpus.cli.labelstudio:tasks_command",
        "rank": "eventcorpus.cli.labelstudio_review:rank_command",
        "push": "eventcorpus.cli.labelstudio:push_command",
        "preannotate": "eventcorpus.cli.labelstudio_review:preannotate_command",
    },
    "During and after": {
        "status": "eventcorpus.cli.labelstudio:status_command",
        "pull": "eventcorpus.cli.labelstudio:pull_command",
        "adjudicate": "eventcorpus.cli.labelstudio_review:adjudicate_command",
        "corrections": "eventcorpus.cli.labelstudio_review:corrections_command",
    },
}


@click.group("labelstudio", cls=LazyGroup, sections=SECTIONS)
def command() -> None:
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
