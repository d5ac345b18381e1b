"""``eventcorpus train``: a dataset and a recipe to a model."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventcorpus.api import TrainedModel, load_dataset, load_recipe, train
from eventcorpus.cli import options
from eventcorpus.package_data import find_yaml, package_path
from eventcorpus.tables import percent
from eventcorpus.training.recipe import Recipe, check_recipe, read_recipe, recipe_yaml, with_settings

if TYPE_CHECKING:
    from eventcorpus.training.metrics import Metrics

logger = logging.getLogger(__name__)


def _settings(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> list[tuple[str, str]]:
    split = [(setting, *setting.partition("=")) for setting in given]
    for setting, key, equals, _ in split:
        if not (key.strip() and equals):
            raise click.BadParameter(f"{setting!r} is not KEY=VALUE, as in learning_rate=3e-5")
    return [(key.strip(), value.strip()) for _, key, _, value in split]


@click.command("train")
@click.argument("recipe_name", metavar="RECIPE")
@click.option("--dataset", "dataset_path", type=options.PATH, help="The dataset folder, instead of the recipe's.")
@click.option("--out", type=options.PATH, help="The model folder, instead of the recipe's output_dir.")
@click.option("--seed", type=int, help="Instead of the recipe's.")
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    callback=_settings,
    help="Change a key of the recipe, as in learning_rate=3e-5; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, print the recipe as it would be used, write nothing.")
@click.option("--resume", is_flag=True, help="Continue a run that was killed, from its last checkpoint.")
def command(
    recipe_name: str,
    dataset_path: Path | None,
    out: Path | None,
    seed: int | None,
    settings: list[tuple[str, str]],
    dry_run: bool,
    resume: bool,
) -> None:
    """Fine-tune an encoder on the train split, as RECIPE says.

    RECIPE is a YAML file, or the name of one that comes along, such as demo. Checkpoints lie in OUT.checkpoints until
    the model is complete. With --dry-run the resolved recipe goes to stdout and what would be trained to stderr, with a
    time where the encoder's weights are here to time a few steps.

    \b
    Example:
      eventcorpus train training/recipes/demo.yaml --dataset models/runs/demo-dataset --out models/runs/demo
    """
    path = find_yaml(recipe_name, package_path("training/recipes"), what="a recipe")
    recipe = with_settings(read_recipe(path), settings)
    if seed is not None:
        recipe = check_recipe({**dict(recipe), "seed": seed}, place="--seed")
    if not (dataset_path or recipe.dataset):
        raise click.UsageError(f"{recipe_name} names no dataset; name one with --dataset DIR")
    recipe = load_recipe(recipe, dataset=dataset_path, out=out)
    if dry_run:
        _show_plan(recipe)
        return
    trained = _train(recipe, resume=resume)
    if trained.is_main_process:
        options.notices(_notices(trained, recipe))
        click.echo(f"model in {trained.folder}")


def _train(recipe: Recipe, *, resume: bool) -> TrainedModel:
    """Train behind a bar that shows loss, tokens a second and the last F1 on the validation split."""
    is_main_process = os.environ.get("WORLD_SIZE", "1") == "1" or os.environ.get("RANK") == "0"
    if not is_main_process:  # the main process speaks for all
        logging.getLogger("eventcorpus").setLevel(logging.ERROR)
    shown: dict[str, str] = {}
    with options.progress_bar() as bar:
        task = bar.add_task("training", total=None, note="")

        def on_metrics(line: Metrics) -> None:
            shown["rate"] = f", {line.tokens_per_second:,.0f} tokens/s"
            if line.dev_f1 is not None:
                shown["f1"] = f", validation F1 {percent(line.dev_f1)}"
                figures = [100 * (share or 0.0) for share in (line.dev_precision, line.dev_recall, line.dev_f1)]
                scored = "validation P %.1f R %.1f F1 %.1f"
                logger.info("step %s, epoch %.2f: loss %.3f, " + scored, line.step, line.epoch, line.loss, *figures)

        def on_step(n_done: int, total: int, loss: float) -> None:
            if n_done < bar.tasks[task].completed:  # a teacher is done, and another one or the model begins
                bar.reset(task)
            note = f"loss {loss:.3f}{shown.get('rate', '')}{shown.get('f1', '')}"
            bar.update(task, completed=n_done, total=total, note=note)

        def on_progress(n_done: int, total: int) -> None:
            bar.update(task, description="calibrating", completed=n_done, total=total, note="")

        return train(recipe, resume=resume, on_step=on_step, on_metrics=on_metrics, on_progress=on_progress)


def _notices(trained: TrainedModel, recipe: Recipe) -> Iterator[str]:
    result = trained.fit
    if 0 < result.resumed_at < result.n_steps:
        yield f"resumed at step {result.resumed_at} of {result.n_steps}"
    tenth = max(1, len(result.losses) // 10)
    first, last = (sum(part) / len(part) for part in (result.losses[:tenth], result.losses[-tenth:]))
    yield (
        f"{result.n_steps:,} steps in {result.seconds:.1f} s, {result.tokens_per_second:,.0f} tokens a second; "
        f"loss {first:.3f} in the first tenth, {last:.3f} in the last"
    )
    if result.scores:
        best = max(result.scores, key=lambda score: (score.f1, -score.step))
        early = ", stopped early" if result.stopped_early else ""
        kept = "kept" if recipe.load_best_model_at_end else "not kept: load_best_model_at_end is false"
        yield (
            f"validation: exact micro F1 {percent(result.scores[-1].f1)} at the end{early}"
            + (f"; best {percent(best.f1)} after step {best.step:,} ({kept})" if best is not result.scores[-1] else "")
        )
    calibration = trained.calibration
    if calibration and calibration.note:
        yield f"calibration: {calibration.note}"
    elif calibration and calibration.before and calibration.errors:
        before, after = (calibration.errors[method].expected_error for method in ("none", calibration.method))
        yield (
            f"calibration: expected error of confidences {before:.3f} as they are, {after:.3f} by {calibration.method}"
        )


def _show_plan(recipe: Recipe) -> None:
    from eventcorpus.training.dry_run import MEASURED_STEPS, plan_of, seconds_a_step

    dataset = load_dataset(recipe.dataset)
    articles = dataset.split("train")
    plan = plan_of(articles, dataset.ontology, recipe, Path(recipe.output_dir))
    options.notices(plan.lines(recipe))
    if plan.has_weights:
        with options.progress("timing a few steps"):
            seconds = seconds_a_step(articles, dataset.ontology, recipe)
        if seconds is not None:
            whole = _duration(seconds * (plan.n_steps + plan.n_teacher_steps))
            options.notice(
                f"about {whole} on this machine, by up to {MEASURED_STEPS} steps timed now ({seconds:.2f} s each)"
            )
    click.echo(recipe_yaml(recipe), nl=False)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
