"""What several commands share: the default ontology, a progress bar, notices on stderr."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from eventcorpus.dataset.folder import is_dataset_folder, read_dataset
from eventcorpus.dataset.rows import without_defaults
from eventcorpus.errors import InputError
from eventcorpus.eval.limits import Gate, check_gate
from eventcorpus.eval.report import Report
from eventcorpus.files import read_text
from eventcorpus.formats.articles import ReadReport, read_articles
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.labelstudio.tasks import tasks_of
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction, read_predictions

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


def command_line(context: click.Context) -> str:
    """The command with every option and argument that was given, in the order of the help, quoted for a shell."""
    words = ["eventcorpus", *context.command_path.split()[1:]]
    for parameter in context.command.params:
        name = parameter.name
        if name is None or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params.get(name)
        several: list[Any] = list(value) if isinstance(value, tuple) else [value]
        if isinstance(parameter, click.Argument):
            words += [str(one) for one in several]
        elif isinstance(parameter, click.Option):
            option = max(parameter.opts, key=len)
            words += [option] if parameter.is_flag else [word for one in several for word in (option, str(one))]
    return shlex.join(words)


GATE = click.option(
    "--gate", "gate_path", type=PATH, help="Limits in YAML; exit with 1 and a line for each that is not kept."
)


def hold_to(gate: Gate, report: Report, *, place: str) -> None:
    """Exit with 1 if the report does not keep the limits, after one line a limit on stderr."""
    n, broken = check_gate(gate, report, place=place)
    for line in broken:
        click.echo(f"{place}: {line}", err=True)
    if broken:
        raise SystemExit(1)
    notice(f"{place}: {'the limit is' if n == 1 else f'all {n} limits are'} kept")


@dataclass
class TaskSource:
    """Where tasks come from, and how they are made.

    Args:
        fields: from our field names to the columns of the files.
        max_chars: cut longer articles into parts.
    """

    articles: tuple[Path, ...]
    ontology: Ontology
    predictions: dict[str, Prediction]
    fields: dict[str, str]
    title_in_text: bool
    max_chars: int | None
    report: ReadReport = field(default_factory=ReadReport)

    def tasks(self) -> Iterator[dict[str, Any]]:
        """The tasks, in the order of the articles.

        Raises:
            InputError: if a dataset is named beside other things, or an article cannot be read.
        """
        if not is_dataset_folder(self.articles[0]):
            found = read_articles(
                self.articles, field_map=self.fields, title_in_text=self.title_in_text, report=self.report
            )
            for article in found:
                prediction = self.predictions.pop(article.id, None)
                yield from tasks_of(article, self.ontology, prediction=prediction, max_chars=self.max_chars)
            return
        if len(self.articles) > 1:
            raise InputError(f"{self.articles[0]} is a dataset folder; name one dataset at a time")
        for annotated in (a for split in read_dataset(self.articles[0]).splits.values() for a in split):
            article, prediction = annotated.article, self.predictions.pop(annotated.article.id, None)
            opened = without_defaults(annotated, self.ontology)
            yield from tasks_of(
                article, self.ontology, prediction=prediction, annotated=opened, max_chars=self.max_chars
            )

    def tell(self) -> None:
        """What reading noticed, when the tasks have been taken."""
        for line in self.report.lines():
            notice(line)
        if self.predictions:
            first = next(iter(self.predictions))
            notice(f"{len(self.predictions)} predictions are of none of these articles, the first: {first}")


def read_prediction_file(path: Path | None) -> dict[str, Prediction]:
    """Predictions by article id; none without a file."""
    if path is None:
        return {}
    return {p.id: p for p in read_predictions(read_text(path).split("\n"), place=str(path))}


def field_map(options: tuple[str, ...]) -> dict[str, str]:
    """``--field OURS=THEIRS`` options as a mapping."""
    fields: dict[str, str] = {}
    for option in options:
        name, equals, column = option.partition("=")
        if not (name and equals and column):
            raise click.BadParameter(f"{option!r} is not OURS=THEIRS, such as text=body", param_hint="--field")
        fields[name] = column
    return fields
