"""``eventcorpus labelstudio``: tasks for Label Studio, a live server, and what annotators did."""

from __future__ import annotations

import click

from eventcorpus.cli.lazy import LazyGroup

SECTIONS = {
    "Before annotation": {
        "tasks": "eventcorpus.cli.labelstudio_tasks",
        "rank": "eventcorpus.cli.labelstudio_rank",
        "push": "eventcorpus.cli.labelstudio_push",
        "preannotate": "eventcorpus.cli.labelstudio_preannotate",
    },
    "During and after": {
        "status": "eventcorpus.cli.labelstudio_status",
        "pull": "eventcorpus.cli.labelstudio_pull",
        "adjudicate": "eventcorpus.cli.labelstudio_adjudicate",
        "corrections": "eventcorpus.cli.labelstudio_corrections",
    },
}


@click.group("labelstudio", cls=LazyGroup, sections=SECTIONS)
def command() -> None:
    """Annotate with Label Studio: by files, or on a live server.

    All but tasks and corrections talk to a server (rank only with --project). Its address and key come from
    LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY (a legacy token or a personal access token). To try it without a server
    of your own: make labelstudio.

    \b
    Example:
      eventcorpus labelstudio push corpus/articles --project first-pass
      eventcorpus labelstudio status
      eventcorpus labelstudio pull --out labels
      eventcorpus convert labels --out dataset
    """
