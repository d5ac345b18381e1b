"""``eventcorpus train``: a dataset and a recipe to a model."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import click

from eventcorpus.commands.options import PATH, notice, progress_bar
from eventcorpus.corpus.dataset import manifest_hash, read_dataset
from eventcorpus.training.recipe import check_recipe, read_recipe

logger = logging.getLogger(__name__)


@click.command("train")
@click.argument("recipe_path", metavar="RECIPE", type=PATH)
@click.option("--dataset", "dataset_path", type=PATH, help="The dataset folder, instead of the recipe's.")
@click.option("--out", type=PATH, help="The model folder, instead of the recipe's output_dir.")
@click.option("--seed", type=int, help="Instead of the recipe's.")
@click.option("--resume", is_flag=True, help="Continue a run that was killed, from its last checkpoint.")
def command(recipe_path: Path, dataset_path: Path | None, out: Path | None, seed: int | None, resume: bool) -> None:
    """Fine-tune an encoder on the train split, as RECIPE says.

    Checkpoints lie in OUT.checkpoints until the model is complete.

    \b
    Example:
      eventcorpus train training/recipes/demo.yaml --dataset models/runs/demo-dataset --out models/runs/demo
    """
    recipe = read_recipe(recipe_path)
    if seed is not None:
        recipe = check_recipe({**vars(recipe), "seed": seed}, place="--seed")
    if not (dataset_path or recipe.dataset):
        raise click.UsageError(f"{recipe_path} names no dataset; name one with --dataset DIR")
    folder = dataset_path or Path(recipe.dataset)
    out = out or Path(recipe.output_dir)
    recipe = replace(recipe, dataset=str(folder), output_dir=str(out))
    dataset = read_dataset(folder)
    articles = dataset.split("train")

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
