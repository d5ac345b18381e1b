"""``eventcorpus hub``: model and dataset folders on the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from eventcorpus import hub
from eventcorpus.cli import options
from eventcorpus.cli.main import LazyGroup
from eventcorpus.dataset.folder import TextPolicy
from eventcorpus.tables import console
from eventcorpus.text import printable


@click.group("hub", cls=LazyGroup, sections={"Commands": {"push": __name__}})
def hub_command() -> None:
    """Share model and dataset folders on the Hugging Face hub.

    The token comes from HF_TOKEN or from the login of huggingface_hub (hf auth login).

    \b
    Example:
      eventcorpus hub push models/runs/demo --to user/name --dry-run
    """


@click.command("push")
@click.argument("folder", metavar="DIR", type=options.PATH)
@click.option("--to", "repo", required=True, metavar="USER/NAME", help="The repository; made if it is not there.")
@click.option("--private", is_flag=True, help="Make the repository private; refuse one that is public.")
@click.option("--revision", metavar="BRANCH", help="The branch; made if it is not there.  [default: main]")
@click.option(
    "--text",
    type=click.Choice(("licensed", "none")),
    help="Of a dataset, leave out the text of articles without a licence, or all text.  [default: refuse the former]",
)
@click.option("--dry-run", is_flag=True, help="Check everything and list every file; send nothing.")
def push_command(
    folder: Path, repo: str, private: bool, revision: str | None, text: TextPolicy | None, dry_run: bool
) -> None:
    """Send a model folder (of train) or a dataset folder (of convert) to the hub, with its card.

    Only files that such a folder is made of go: no checkpoints, nothing hidden. The card's metadata are checked before
    anything is sent. What is there already is not sent again; nothing is ever removed there. docs/hub.md has more.

    \b
    Example:
      eventcorpus hub push models/runs/demo --to user/name --dry-run
    """
    hub.check_repo(repo)
    with hub.shareable(folder, text=text) as (shared, n_withheld):
        plan = hub.plan_of(shared)
        options.notices(plan.notices)
        if n_withheld:
            options.notice(f"{n_withheld:,} articles without their text; eventcorpus join puts it back")
        size = sum(file.size for file in plan.going)
        counted = f"{len(plan.going):,} of {len(plan.files):,} files, {size:,} bytes"
        if dry_run:
            _show(plan)
            click.echo(f"{counted}, would go to the {plan.kind} repository {repo}; nothing was sent")
            return
        options.notice(f"{counted}, to the {plan.kind} repository {repo}")
        pushed = hub.push(plan, repo, private=private, revision=revision)
    options.notices(pushed.warnings)
    click.echo(
        f"{pushed.url} ({'private' if pushed.is_private else 'public'}), "
        f"{'commit' if pushed.is_new else 'nothing new, still commit'} {pushed.commit[:12]}"
    )


def _show(plan: hub.Plan) -> None:
    table = Table("file", "bytes", "goes", "why", box=None)
    table.columns[1].justify = "right"
    for file in sorted(plan.files, key=lambda file: not file.goes):
        table.add_row(printable(file.path), f"{file.size:,}", "yes" if file.goes else "no", printable(file.why))
    console().print(table)
