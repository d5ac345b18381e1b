"""What the commands share: options with one meaning each, JSON output, messages on stderr, and progress."""

from __future__ import annotations

import logging
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eventcorpus.files import json_document, write_text
from eventcorpus.package_data import package_path, yaml_names
from eventcorpus.progress import OnProgress
from eventcorpus.tables import counted

if TYPE_CHECKING:
    from eventcorpus.training.recipe import Recipe

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


def _settings(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for setting in given:
        key, equals, _ = setting.partition("=")
        if not (key.strip() and equals):
            raise click.BadParameter(f"{setting!r} is not KEY=VALUE, as in learning_rate=3e-5")
    return given


# options -------------------------------------------------------------------------------------------------------------

ONTOLOGY = click.option(
    "--ontology",
    "ontology_path",
    type=PATH,
    help="Our YAML or a Label Studio config.xml  [default: the one that the input carries (ontology.yaml or config.xml "
    "in or beside it; of a project the one that it was made from), else ontology.yaml or corpus/ontology.yaml in the "
    "working folder, else the shipped one]",
)
DATASET = click.option("--dataset", type=PATH, required=True, help="The dataset folder with the gold annotations.")
SPLITS = click.option("--splits", type=PATH, help="Folder of splits  [default: CORPUS/splits, if it is there]")
GOLD = click.option(
    "--gold",
    metavar="adjudicated|agreed|union|a1",
    help="What is gold where several annotated: the decisions, what all have, what any has, or one annotator's  "
    "[default: adjudicated if there are decisions, else a1]",
)
OVERLAP = click.option(
    "--overlap",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Least share of common characters of spans that overlap; at 0 one character is enough.",
)
FIELDS = click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="OURS=THEIRS",
    callback=_field_map,
    help="Take a field of articles from a column of another name, such as text=body; may be repeated.",
)
TITLE_IN_TEXT = click.option("--title-in-text", is_flag=True, help="Put the title and an empty line before the text.")
MAX_CHARS = click.option(
    "--max-chars",
    type=click.IntRange(min=200),
    help="Cut longer articles at paragraphs into parts; convert joins them.",
)
SETTINGS = click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    callback=_settings,
    help="Change a key of the recipe, as in learning_rate=3e-5; may be repeated.",
)
PROJECT = click.option(
    "--project", "wanted", metavar="TITLE|ID", help="The project  [default: the only one that there is]"
)

_NORMALISERS = (
    click.option(
        "--gazetteer",
        "gazetteers",
        type=PATH,
        multiple=True,
        help="Places of your own, before those of GeoNames: CSV, or YAML as corpus/gazetteer.yaml; may be repeated.",
    ),
    click.option(
        "--actors",
        type=PATH,
        help="Actors of your own, before the shipped ones: CSV with name, aliases, inter, country.",
    ),
    click.option(
        "--number-words",
        type=click.Choice(("none", "acled")),
        default="none",
        help="What several, dozens and hundreds count as best: nothing, or ACLED's 3, 12 and 100.",
    ),
)


def normalisers(command: Callable[..., Any]) -> Callable[..., Any]:
    """What gives the words of event rows their meaning."""
    for option in reversed(_NORMALISERS):
        command = option(command)
    return command


def resamples_option(*, least: int = 1) -> Callable[..., Any]:
    """``--resamples``; with ``least=0`` the intervals can be left out."""
    none = "; 0: none" if least == 0 else ""
    return click.option(
        "--resamples",
        "n_resamples",
        type=click.IntRange(least),
        default=1000,
        help=f"Of the bootstrap, for the 95% intervals{none}.",
    )


def seed_option(what: str) -> Callable[..., Any]:
    """``--seed``, of ``what``."""
    return click.option("--seed", type=click.IntRange(0), default=0, help=f"Seed of the {what}.")


def html_option(what: str) -> Callable[..., Any]:
    """``--html``: a page that shows ``what``."""
    return click.option("--html", type=PATH, help=f"Write one self-contained page with {what}.")


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


def recipe_with(name: str, settings: Sequence[str]) -> Recipe:
    """The recipe that a command names, with what ``--set`` (``SETTINGS``) changes."""
    from eventcorpus.training.recipe import find_recipe, with_settings

    pairs = [setting.partition("=") for setting in settings]
    return with_settings(find_recipe(name), [(key.strip(), value.strip()) for key, _, value in pairs])


def sizes_line(sizes: Mapping[str, int], out: Path, *what: str) -> str:
    """``410 articles in dataset (train 287, test 123)``; ``what`` is the noun, as ``counted`` takes it."""
    listed = ", ".join(f"{split} {n:,}" for split, n in sizes.items())
    return f"{counted(sum(sizes.values()), *what)} in {out} ({listed})"


class NamesFiles(click.Command):
    """A command whose help ends with the names of the files in a shipped folder, by which it takes them.

    Args:
        folder: as ``package_path`` takes it.
        heading: what such files are called.
    """

    def __init__(self, *arguments: Any, folder: str, heading: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.folder, self.heading = folder, heading

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        names = ", ".join(yaml_names(package_path(self.folder)))
        with formatter.section(self.heading):
            indent = " " * formatter.current_indent
            lines = textwrap.wrap(names, formatter.width - len(indent), break_on_hyphens=False)
            formatter.write("".join(f"{indent}{line}\n" for line in lines))


def put_json(path: Path | None, report: BaseModel) -> bool:
    """Write a report as JSON, if ``--json`` asked for it.

    Returns:
        whether it went to standard output, where nothing else is to be printed then.
    """
    return path is not None and put_text(path, json_document(report))


def put_text(path: Path, text: str) -> bool:
    """Write a file, or to standard output; returns whether it went there."""
    if path == STDOUT:
        click.echo(text, nl=False)
    else:
        write_text(path, text)
    return path == STDOUT


def command_line(context: click.Context, *, without: Sequence[str] = ()) -> str:
    """The command with every option and argument that was given, in the order of the help, quoted for a shell.

    Args:
        without: names of parameters to leave out.
    """
    words = ["eventcorpus", *context.command_path.split()[1:]]
    for parameter in context.command.params:
        name = parameter.name
        if name is None or name in without or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params.get(name)
        values: list[Any] = list(value) if isinstance(value, tuple) else [value]
        if isinstance(parameter, click.Argument):
            words += [str(given) for given in values]
        elif isinstance(parameter, click.Option):
            option = max(parameter.opts, key=len)
            words += [option] if parameter.is_flag else [word for given in values for word in (option, str(given))]
    return shlex.join(words)


def duration(seconds: float) -> str:
    """A time as people say it: ``90 s``, ``12 min``, ``2.5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


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
        task = bar.add_task(what, total=None, note="")

        def on_progress(n_done: int, total: int | None) -> None:
            if n_done == total:
                bar.reset(task, total=None)
            else:
                bar.update(task, completed=n_done, total=total)

        yield on_progress


def progress_bar() -> Progress:
    """A progress bar on stderr, whose tasks have a ``note``; silent where stderr is no terminal, and with --quiet."""
    quiet = not logging.getLogger("eventcorpus").isEnabledFor(logging.INFO)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        disable=quiet or not sys.stderr.isatty(),
    )
