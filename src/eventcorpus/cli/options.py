"""What the commands share: options with one meaning each, JSON output, messages on stderr, and progress."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from eventcorpus.eval.limits import Gate, check_gate
from eventcorpus.eval.report import Report
from eventcorpus.files import read_text, to_json, write_json
from eventcorpus.predictions import Prediction, read_predictions
from eventcorpus.progress import OnProgress

PATH = click.Path(path_type=Path)
STDIN_OR_PATH = click.Path(path_type=Path, allow_dash=True)
STDIN = STDOUT = Path("-")
PULLED = Path("labels")
"""Where ``labelstudio pull`` writes, if not told otherwise."""


def _field_map(_context: click.Context, _parameter: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    fields = {}
    for option in given:
        name, _, column = option.partition("=")
        if not (name and column):
            raise click.BadParameter(f"{option!r} is not OURS=THEIRS, such as text=body", param_hint="--field")
        fields[name] = column
    return fields


# options -------------------------------------------------------------------------------------------------------------

ONTOLOGY = click.option(
    "--ontology",
    "ontology_path",
    type=PATH,
    help="Our YAML or a Label Studio config.xml  [default: the one beside the input, else the shipped corpus's]",
)
DATASET = click.option(
    "--dataset", "dataset_path", type=PATH, required=True, help="The dataset folder with the gold annotations."
)
SPLIT = click.option("--split", default="test", show_default=True, help="The split whose articles are scored.")
SPLITS = click.option("--splits", type=PATH, help="Folder of splits  [default: CORPUS/splits, if it is there]")
GOLD = click.option(
    "--gold",
    metavar="adjudicated|agreed|union|a1",
    help="What is gold where several annotated: the decisions, what all have, what any has, or one annotator's  "
    "[default: adjudicated if there are decisions, else a1]",
)
MODELS = click.option(
    "--model",
    "model_paths",
    type=PATH,
    multiple=True,
    help="A model folder. Several are runs of one recipe, of which figures are means.",
)
PREDICTIONS_OF_RUNS = click.option(
    "--predictions",
    "predictions_paths",
    type=PATH,
    multiple=True,
    help="Predictions of any system, instead of a model; several are several runs.",
)
CLASS_MAP = click.option(
    "--class-map",
    "class_map_path",
    type=PATH,
    help="YAML: which label of gold and of predictions is which class, to score classes instead of labels.",
)
OVERLAP = click.option(
    "--overlap",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Least share of common characters of spans that overlap; at 0 one character is enough.",
)
FIELDS = click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="OURS=THEIRS",
    callback=_field_map,
    help="Take a field from a column of another name, such as text=body; may be repeated.",
)
TITLE_IN_TEXT = click.option("--title-in-text", is_flag=True, help="Put the title and an empty line before the text.")
MAX_CHARS = click.option(
    "--max-chars",
    type=click.IntRange(min=200),
    help="Cut longer articles at paragraphs into parts; convert joins them.",
)
PROJECT = click.option(
    "--project", "wanted", metavar="TITLE|ID", help="The project  [default: the only one that there is]"
)
GATE = click.option(
    "--gate", "gate_path", type=PATH, help="Limits in YAML; exit with 1 and a line for each that is not kept."
)


def resamples_option(*, least: int = 1) -> Callable[..., Any]:
    """``--resamples``; with ``least=0`` the intervals can be left out."""
    none = "; 0: none" if least == 0 else ""
    return click.option(
        "--resamples",
        type=click.IntRange(least),
        default=1000,
        show_default=True,
        help=f"Of the bootstrap, for the 95% intervals{none}.",
    )


def seed_option(what: str) -> Callable[..., Any]:
    """``--seed``, of ``what``."""
    return click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help=f"Seed of the {what}.")


def html_option(what: str) -> Callable[..., Any]:
    """``--html``: a page that shows ``what``."""
    return click.option("--html", "html_path", type=PATH, help=f"Write one self-contained page with {what}.")


def json_option(what: str, schema: str = "") -> Callable[..., Any]:
    """``--json FILE``: ``what`` as JSON; ``-`` is standard output, where it stands instead of the text for people."""
    described = f" (schema: {schema})" if schema else ""
    return click.option(
        "--json",
        "json_path",
        type=STDIN_OR_PATH,
        metavar="FILE",
        help=f"Write {what} as JSON there{described}; - is standard output, instead of the text.",
    )


def sizes_line(sizes: Mapping[str, int], what: str, out: Path) -> str:
    """``410 articles in dataset (train 287, test 123)``."""
    listed = ", ".join(f"{split} {n:,}" for split, n in sizes.items())
    return f"{sum(sizes.values()):,} {what} in {out} ({listed})"


def put_json(path: Path | None, value: Any) -> bool:
    """Write the JSON of ``--json``, if it was asked for.

    Returns:
        whether it went to standard output, where nothing else is to be printed then.
    """
    if path == STDOUT:
        click.echo(to_json(value, indent=2))
        return True
    if path is not None:
        write_json(path, value)
    return False


# inputs --------------------------------------------------------------------------------------------------------------


def read_prediction_file(path: Path | None) -> dict[str, Prediction]:
    """Predictions by article id; none without a file."""
    if path is None:
        return {}
    return {p.id: p for p in read_predictions(read_text(path).split("\n"), place=str(path))}


# messages and progress -----------------------------------------------------------------------------------------------


def notice(message: str) -> None:
    """Tell something on stderr, unless --quiet."""
    logging.getLogger("eventcorpus").info("%s", message)


def notices(lines: Iterable[str]) -> None:
    """Tell each line on stderr, unless --quiet."""
    for line in lines:
        notice(line)


@contextmanager
def progress(what: str) -> Iterator[OnProgress]:
    """A bar on stderr, where that is a terminal, and the callback that moves it.

    It shows that something works until the callback says how much there is, and again when all of that is done.
    """
    with progress_bar() as bar:
        task = bar.add_task(what, total=None)

        def on_progress(n_done: int, total: int) -> None:
            if n_done < total:
                bar.update(task, completed=n_done, total=total)
            else:
                bar.reset(task, total=None)

        yield on_progress


def progress_bar(*, disable: bool = False) -> Progress:
    """A progress bar on stderr; silent where stderr is no terminal, with --quiet, or if it is to be."""
    quiet = not logging.getLogger("eventcorpus").isEnabledFor(logging.INFO)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        _Note(),
        console=Console(stderr=True),
        transient=True,
        disable=disable or quiet or not sys.stderr.isatty(),
    )


class _Note(ProgressColumn):
    """The task's ``note``, where it has one (``Progress.track`` gives none)."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("note", "")))


# reports -------------------------------------------------------------------------------------------------------------


def command_line(context: click.Context) -> str:
    """The command with every option and argument that was given, in the order of the help, quoted for a shell."""
    words = ["eventcorpus", *context.command_path.split()[1:]]
    for parameter in context.command.params:
        name = parameter.name
        if name is None or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params.get(name)
        values: list[Any] = list(value) if isinstance(value, tuple) else [value]
        if isinstance(parameter, click.Argument):
            words += [str(given) for given in values]
        elif isinstance(parameter, click.Option):
            option = max(parameter.opts, key=len)
            words += [option] if parameter.is_flag else [word for given in values for word in (option, str(given))]
    return shlex.join(words)


def hold_to(gate: Gate, report: Report, *, place: str) -> None:
    """Exit with 1 if the report does not keep the limits, after one line a limit on stderr."""
    n, broken = check_gate(gate, report, place=place)
    for line in broken:
        click.echo(f"{place}: {line}", err=True)
    if broken:
        raise SystemExit(1)
    notice(f"{place}: {'the limit is' if n == 1 else f'all {n} limits are'} kept")
