"""``eventcorpus labelstudio``: work with a live server."""

from __future__ import annotations

import click

from eventcorpus.cli.labelstudio_adjudicate import adjudicate_command
from eventcorpus.cli.labelstudio_preannotate import preannotate_command
from eventcorpus.cli.labelstudio_pull import pull_command
from eventcorpus.cli.labelstudio_push import push_command
from eventcorpus.cli.labelstudio_status import status_command


@click.group("labelstudio")
def command() -> None:
    """Work with a live Label Studio server.

    The address and the key come from LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY (a legacy token or a personal access
    token). To try it without a server of your own: make labelstudio.

    \b
    Example:
      eventcorpus labelstudio push corpus/articles --project first-pass
      eventcorpus labelstudio status
      eventcorpus labelstudio pull --out labels
      eventcorpus convert labels --out dataset
    """


for subcommand in (push_command, preannotate_command, status_command, pull_command, adjudicate_command):
    command.add_command(subcommand)
