"""``eventcorpus labelstudio adjudicate``: a project in which someone decides between annotators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eventcorpus.agreement.adjudicate import MODEL_VERSION, adjudication_task
from eventcorpus.annotation.merge import are_equal, without_decisions
from eventcorpus.cli import options
from eventcorpus.dataset.folder import read_annotations
from eventcorpus.errors import InputError
from eventcorpus.labelstudio.config import adjudication_config
from eventcorpus.labelstudio.live.push import PushReport, prepare_project, push
from eventcorpus.labelstudio.live.server import connect


@click.command("adjudicate")
@click.argument("dataset", type=options.PATH)
@click.option("--project", "title", metavar="TITLE|ID", help="Created if not there  [default: adjudication-ONTOLOGY]")
@click.option("--all", "with_agreed", is_flag=True, help="Also articles on which all say the same.")
def command(dataset: Path, title: str | None, with_agreed: bool) -> None:
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
