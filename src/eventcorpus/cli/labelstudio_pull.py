"""``eventcorpus labelstudio pull``: everything that was annotated, as a folder."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.labelstudio.config import load_ontology
from eventcorpus.labelstudio.live.pull import pull
from eventcorpus.labelstudio.live.server import connect


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
def command(wanted: str | None, out: Path, ontology_path: Path | None) -> None:
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
