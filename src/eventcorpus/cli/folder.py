"""``eventcorpus init`` and ``status``: a folder of one's own, and where it stands."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.corpus.scaffold import ONTOLOGY, write_scaffold


def _names(_context: click.Context, _parameter: click.Parameter, given: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (given or "").split(",") if name.strip())


@click.command("init")
@click.argument("folder", metavar="NAME", type=options.PATH)
@click.option("--labels", metavar="NAME,NAME", callback=_names, help="The labels of a new ontology, in their order.")
@click.option(
    "--triggers", metavar="NAME,NAME", callback=_names, help="Those of the labels that say that an event happens."
)
@click.option(
    "--ontology",
    "--from",
    "source",
    type=options.PATH,
    help="Our YAML, which is copied, or the config.xml of a Label Studio project, whose labels are taken.",
)
def init_command(folder: Path, labels: tuple[str, ...], triggers: tuple[str, ...], source: Path | None) -> None:
    """Make a folder NAME for your own articles, labels and models.

    It has an ontology.yaml to edit, a guidelines.md with the questions that annotators ask, a recipe.yaml, and a
    README.md with the commands in their order. Labels come from --labels or --ontology, else from the shipped ontology.
    What is there is never overwritten.

    \b
    Example:
      eventcorpus init health --labels Attack,Place,Weapon --triggers Attack
    """
    if labels and source is not None:
        raise click.UsageError("give either --labels or --ontology")
    made = write_scaffold(folder, labels=labels, triggers=triggers, source=source)
    for word, paths in (("written", made.written), ("kept as they were", made.kept)):
        if paths:
            click.echo(f"{word}: {', '.join(str(path) for path in paths)}")
    if (labels or source is not None) and folder / ONTOLOGY in made.kept:
        options.notice(f"{folder / ONTOLOGY} was there, so --labels, --triggers and --ontology changed nothing in it")
    click.echo("next:")
    for command in (*_into(folder), "eventcorpus status"):
        click.echo(f"  {command}")


@click.command("status")
@click.argument("folder", type=options.PATH, default=Path())
def status_command(folder: Path) -> None:
    """Show where a FOLDER that init made stands, and which command comes next.

    It reads files alone; what annotators did on a live server since the last pull, says labelstudio status.

    \b
    Example:
      eventcorpus status health
    """
    from eventcorpus.status import folder_status  # not needed for the help

    status = folder_status(folder)
    click.echo(folder.resolve().name)
    width = max(map(len, status.parts))
    for part, said in status.parts.items():
        click.echo(f"  {part:<{width}}  {said}")
    click.echo(f"next: {status.next}")
    for command in (*_into(folder), *status.commands):
        click.echo(f"  {command}")


def _into(folder: Path) -> tuple[str, ...]:
    """What comes before commands that are for the folder, in the shell that asked."""
    return () if folder == Path() else (f"cd {shlex.quote(str(folder))}",)
