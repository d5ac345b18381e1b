"""``eventcorpus labelstudio status``: how far the annotation is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from eventcorpus.cli import options
from eventcorpus.labelstudio.live.pull import last_pull
from eventcorpus.labelstudio.live.server import Project, connect
from eventcorpus.labelstudio.live.status import Status, read_status


@click.command("status")
@options.PROJECT
@click.option(
    "--pulled", type=options.PATH, default=options.PULLED, show_default=True, help="The folder that pull writes."
)
def command(wanted: str | None, pulled: Path) -> None:
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
