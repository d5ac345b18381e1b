"""``eventcorpus labelstudio preannotate``: a model's predictions to the tasks of a project."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.labelstudio.live.preannotate import PreannotateReport, one_version, preannotate
from eventcorpus.labelstudio.live.server import Project, connect

SHOWN = 5
"""How many refusals are named."""


@click.command("preannotate")
@click.option("--predictions", "predictions_path", required=True, type=options.PATH, help="What extract wrote.")
@options.PROJECT
@click.option("--replace", is_flag=True, help="Remove the predictions of the same model version first.")
@click.option("--strict", is_flag=True, help="Fail if an article is refused; nothing is sent.")
def command(predictions_path: Path, wanted: str | None, replace: bool, strict: bool) -> None:
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
