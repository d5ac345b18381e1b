"""The command line: parse, call, print. Results go to stdout, progress and messages to stderr."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from eventcorpus import __version__
from eventcorpus.errors import EventCorpusError
from eventcorpus.text import printable


class LazyGroup(click.Group):
    """Commands by name, under headings.

    Args:
        sections: heading -> command -> the module that has it as ``NAME_command``, in the order of the help.
        renamed: what a command was called before -> what the whole command is called now.
    """

    def __init__(
        self,
        *arguments: Any,
        sections: Mapping[str, Mapping[str, str]],
        renamed: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(*arguments, **settings)
        self.sections = sections
        self.renamed = renamed or {}
        self.modules = {name: module for section in sections.values() for name, module in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.modules:
            return None
        module = import_module(self.modules[cmd_name])
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in self.renamed:
            ctx.fail(f"{args[0]!r} is called {self.renamed[args[0]]!r} now.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = formatter.width - 6 - max(map(len, self.modules))
        for heading, names in self.sections.items():
            with formatter.section(heading):
                commands = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl([(name, command.get_short_help_str(width)) for name, command in commands if command])


SECTIONS = {
    "Begin": {
        "demo": "eventcorpus.cli.demo",
        "init": "eventcorpus.cli.folder",
        "status": "eventcorpus.cli.folder",
    },
    "Prepare data": {
        "convert": "eventcorpus.cli.convert",
        "check": "eventcorpus.cli.corpus",
        "stats": "eventcorpus.cli.corpus",
        "split": "eventcorpus.cli.corpus",
        "join": "eventcorpus.cli.convert",
        "export": "eventcorpus.cli.export",
        "inline": "eventcorpus.cli.inline",
    },
    "Annotate": {"labelstudio": "eventcorpus.cli.labelstudio", "agree": "eventcorpus.cli.agree"},
    "Train": {
        "train": "eventcorpus.cli.train",
        "curve": "eventcorpus.cli.curve",
        "soft-targets": "eventcorpus.cli.train",
        "calibrate": "eventcorpus.cli.train",
        "card": "eventcorpus.cli.train",
    },
    "Evaluate": {
        "eval": "eventcorpus.cli.eval",
        "compare": "eventcorpus.cli.eval",
        "benchmark": "eventcorpus.cli.eval",
    },
    "Use a model": {
        "extract": "eventcorpus.cli.extract",
        "backends": "eventcorpus.cli.backends",
        "rows": "eventcorpus.cli.rows",
        "dedupe": "eventcorpus.cli.dedupe",
        "serve": "eventcorpus.cli.serve",
    },
    "Share": {"hub": "eventcorpus.cli.hub"},
}
RENAMED = {"next": "labelstudio rank", "corrections": "labelstudio corrections", "serve-labelstudio": "serve"}


class Commands(LazyGroup):
    """The commands; an error of the library is one line and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EventCorpusError as error:
            raise click.ClickException(_one_line(str(error))) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output went away
            sys.exit(1)


class ToStderr(logging.Handler):
    """Messages of this package as plain lines on stderr, each once in a row; other libraries keep their own ways."""

    _last = ""

    def emit(self, record: logging.LogRecord) -> None:
        message = _one_line(record.getMessage())
        if message != self._last:  # gold and predictions may come from one file
            click.echo(message, err=True)
        self._last = message


def _one_line(message: str) -> str:
    """Control characters, line feeds and surrogates from articles never reach the terminal raw."""
    return printable(" ".join(message.split()))


@click.command(
    cls=Commands,
    sections=SECTIONS,
    renamed=RENAMED,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110, "show_default": True},
)
@click.version_option(__version__, prog_name="eventcorpus")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no messages other than errors.")
def main(quiet: bool) -> None:
    """From news articles to a measured event extractor of your own.

    The usual order: init, labelstudio push, labelstudio pull, convert, train, eval, extract.

    \b
    Example:
      eventcorpus extract story.txt --model models/runs/demo --table
    """
    ours = logging.getLogger("eventcorpus")
    ours.handlers = [ToStderr()]
    ours.setLevel(logging.ERROR if quiet else logging.INFO)
    ours.propagate = False
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


if __name__ == "__main__":
    main()
