"""``eventcorpus train``: a dataset and a recipe to a model."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import click

from eventcorpus.commands.options import PATH, notice, progress_bar, working
from eventcorpus.corpus.dataset import Dataset, manifest_hash, read_dataset
from eventcorpus.training.recipe import Recipe, check_recipe, read_recipe, recipe_yaml, with_settings

logger = logging.getLogger(__name__)


class Setting(click.ParamType):
    """``KEY=VALUE``."""

    name = "key=value"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split at the first equals sign."""
        if isinstance(value, tuple):
            return value
        key, equals, setting = str(value).partition("=")
        if not (key.strip() and equals):
            self.fail(f"{value!r} is not KEY=VALUE, as in learning_rate=3e-5", param, ctx)
        return key.strip(), setting.strip()


@click.command("train")
@click.argument("recipe_path", metavar="RECIPE", type=PATH)
@click.option("--dataset", "dataset_path", type=PATH, help="The dataset folder, instead of the recipe's.")
@click.option("--out", type=PATH, help="The model folder, instead of the recipe's output_dir.")
@click.option("--seed", type=int, help="Instead of the recipe's.")
@click.option(
    "--set",
    "settings",
    type=Setting(),
    multiple=True,
    help="Change a key of the recipe, as in learning_rate=3e-5; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, print the recipe as it would be used, write nothing.")
@click.option("--resume", is_flag=True, help="Continue a run that was killed, from its last checkpoint.")
def command(
    recipe_path: Path,
    dataset_path: Path | None,
    out: Path | None,
    seed: int | None,
    settings: tuple[tuple[str, str], ...],
    dry_run: bool,
    resume: bool,
) -> None:
    """Fine-tune an encoder on the train split, as RECIPE says.

    Checkpoints lie in OUT.checkpoints until the model is complete. With --dry-run the resolved recipe goes to stdout
    and what would be trained to stderr, with a time where the encoder's weights are here to time a few steps.

    \b
    Example:
      eventcorpus train training/recipes/demo.yaml --dataset models/runs/demo-dataset --out models/runs/demo
    """
    recipe = with_settings(read_recipe(recipe_path), settings)
    if seed is not None:
        recipe = check_recipe({**vars(recipe), "seed": seed}, place="--seed")
    if not (dataset_path or recipe.dataset):
        raise click.UsageError(f"{recipe_path} names no dataset; name one with --dataset DIR")
    folder = dataset_path or Path(recipe.dataset)
    out = out or Path(recipe.output_dir)
    recipe = replace(recipe, dataset=str(folder), output_dir=str(out))
    dataset = read_dataset(folder)
    articles = dataset.split("train")
    if dry_run:
        _show_plan(dataset, recipe, out)
        return

    from eventcorpus.training.fit import fit

    notes = {"dataset": folder.resolve().name, "dataset_sha256": manifest_hash(folder), "seed": recipe.seed}
    with progress_bar() as bar:
        task = bar.add_task("training", total=None, note="")
        result = fit(
            articles,
            dataset.ontology,
            recipe,
            out,
            resume=resume,
            on_step=lambda done, total, loss: bar.update(task, completed=done, total=total, note=f"loss {loss:.3f}"),
            training_notes=notes,
        )
    if result.resumed_at:
        notice(f"resumed at step {result.resumed_at} of {result.n_steps}")
    tenth = max(1, len(result.losses) // 10)
    first, last = (sum(part) / len(part) for part in (result.losses[:tenth], result.losses[-tenth:]))
    notice(
        f"{result.n_steps:,} steps in {result.seconds:.1f} s, {result.tokens_per_second:,.0f} tokens a second; "
        f"loss {first:.3f} in the first tenth, {last:.3f} in the last"
    )
    click.echo(f"model in {out}")


def _show_plan(dataset: Dataset, recipe: Recipe, out: Path) -> None:
    from eventcorpus.training.plan import MEASURED_STEPS, plan_of, seconds_a_step

    articles = dataset.split("train")
    plan = plan_of(articles, dataset.ontology, recipe, out)
    for line in plan.lines(recipe):
        notice(line)
    if plan.has_weights:
        with working("timing a few steps"):
            seconds = seconds_a_step(articles, dataset.ontology, recipe)
        if seconds is not None:
            notice(
                f"about {_duration(seconds * plan.n_steps)} on this machine, by up to {MEASURED_STEPS} steps timed now "
                f"({seconds:.2f} s each)"
            )
    click.echo(recipe_yaml(recipe), nl=False)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
