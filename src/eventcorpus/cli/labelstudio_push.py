"""``eventcorpus labelstudio push``: articles to a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from eventcorpus.cli import options
from eventcorpus.dataset.task_source import TaskSource
from eventcorpus.errors import StrictError
from eventcorpus.labelstudio.config import label_config, load_ontology
from eventcorpus.labelstudio.live.push import PushReport, list_present, missing, prepare_project, push
from eventcorpus.labelstudio.live.server import Project, Server, connect


@click.command("push")
@click.argument("articles", nargs=-1, required=True, type=options.PATH)
@click.option("--project", "title", metavar="TITLE|ID", help="Created if not there  [default: the ontology's name]")
@options.ONTOLOGY
@click.option("--predictions", "predictions_path", type=options.PATH, help="Mentions to show as pre-annotations.")
@options.FIELDS
@options.TITLE_IN_TEXT
@options.MAX_CHARS
@click.option("--strict", is_flag=True, help="Fail if an article is refused or had to be repaired; nothing is sent.")
def command(
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
