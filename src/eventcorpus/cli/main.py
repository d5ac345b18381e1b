"""The command line: parse, call, print. Results go to stdout, progress and messages to stderr."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import click

from eventcorpus import __version__
from eventcorpus.cli.lazy import LazyGroup
from eventcorpus.errors import EventCorpusError

SECTIONS = {
    "Prepare data": {
        "convert": "eventcorpus.cli.convert",
        "check": "eventcorpus.cli.check",
        "stats": "eventcorpus.cli.stats",
        "split": "eventcorpus.cli.split",
        "join": "eventcorpus.cli.join",
        "inline": "eventcorpus.cli.inline",
    },
    "Annotate": {
        "labelstudio": "eventcorpus.cli.labelstudio",
        "agree": "eventcorpus.cli.agree",
    },
    "Train": {
        "train": "eventcorpus.cli.train",
        "calibrate": "eventcorpus.cli.calibrate",
        "card": "eventcorpus.cli.card",
    },
    "Evaluate": {
        "eval": "eventcorpus.cli.eval",
        "compare": "eventcorpus.cli.compare",
        "benchmark": "eventcorpus.cli.benchmark",
    },
    "Use a model": {
        "extract": "eventcorpus.cli.extract",
        "serve-labelstudio": "eventcorpus.cli.serve_labelstudio",
    },
}
RENAMED = {
    "export": "labelstudio tasks",
    "next": "labelstudio rank",
    "corrections": "labelstudio corrections",
}


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
    """Messages of this package as plain lines on stderr; other libraries keep their own ways."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(_one_line(record.getMessage()), err=True)


def _one_line(message: str) -> str:
    """Control characters, line feeds and surrogates from articles never reach the terminal raw."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(message.split()))


@click.command(
    cls=Commands,
    sections=SECTIONS,
    renamed=RENAMED,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="eventcorpus")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no messages other than errors.")
def main(quiet: bool) -> None:
    """From news articles to a measured event extractor of your own.

    The usual order: labelstudio push, labelstudio pull, convert, train, eval, extract.

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
