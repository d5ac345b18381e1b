"""What several commands share: the default ontology, a progress bar, notices on stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from eventcorpus.errors import InputError
from eventcorpus.labelling.config import read_ontology
from eventcorpus.ontology import Ontology

DEFAULT_ONTOLOGY = Path("corpus/ontology.yaml")
PATH = click.Path(path_type=Path)
PULLED = Path("labels")
PROJECT = click.option(
    "--project", "wanted", metavar="TITLE|ID", help="The project  [default: the only one that there is]"
)

GOLD = click.option(
    "--gold",
    metavar="adjudicated|agreed|union|a1",
    help="What is gold where several annotated: the decisions, what all have, what any has, or one annotator's  "
    "[default: adjudicated if there are decisions, else a1]",
)


def notice(message: str) -> None:
    """Tell something on stderr, unless --quiet."""
    logging.getLogger("eventcorpus").info("%s", message)


def find_ontology(given: Path | None, *, near: Sequence[Path] = ()) -> Ontology:
    """Read the ontology of ``ontology_path_of``."""
    return read_ontology(ontology_path_of(given, near=near))


def ontology_path_of(given: Path | None, *, near: Sequence[Path] = ()) -> Path:
    """The ontology that was named, else ``ontology.yaml`` or ``config.xml`` beside an input, else the corpus's.

    Raises:
        InputError: if there is none.
    """
    folders = [path if path.is_dir() else path.parent for path in near]
    candidates = [folder / name for folder in folders for name in ("ontology.yaml", "config.xml")]
    found = given or next((path for path in (*candidates, DEFAULT_ONTOLOGY) if path.is_file()), None)
    if found is None:
        raise InputError(
            f"no ontology: {DEFAULT_ONTOLOGY} is not there; name one with --ontology FILE (our YAML or a Label "
            "Studio config.xml)"
        )
    return found


def progress_bar(*, disable: bool = False) -> Progress:
    """A progress bar on stderr; silent where stderr is no terminal, or if it is to be."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        _Note(),
        console=Console(stderr=True),
        transient=True,
        disable=disable or not sys.stderr.isatty(),
    )


@contextmanager
def working(what: str) -> Iterator[None]:
    """A bar that moves while something works that cannot tell how far it is."""
    with progress_bar() as progress:
        progress.add_task(what, total=None)
        yield


class _Note(ProgressColumn):
    """The task's ``note``, where it has one (``Progress.track`` gives none)."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("note", "")))
