"""``eventcorpus train``: a dataset and a recipe to a model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventcorpus.cli import options
from eventcorpus.cli.calibrate import calibrate_with_bar
from eventcorpus.dataset.folder import Dataset, data_facts, manifest_hash, read_dataset
from eventcorpus.percent import percent
from eventcorpus.training.recipe import Recipe, check_recipe, read_recipe, recipe_yaml, with_settings

if TYPE_CHECKING:
    from eventcorpus.training.metrics import Metrics
    from eventcorpus.training.run_info import FitResult

logger = logging.getLogger(__name__)


def _settings(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> list[tuple[str, str]]:
    split = [(one, *one.partition("=")) for one in given]
    for one, key, equals, _ in split:
        if not (key.strip() and equals):
            raise click.BadParameter(f"{one!r} is not KEY=VALUE, as in learning_rate=3e-5")
    return [(key.strip(), value.strip()) for _, key, _, value in split]


@click.command("train")
@click.argument("recipe_path", metavar="RECIPE", type=options.PATH)
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
    recipe_path: Path,
    dataset_path: Path | None,
    out: Path | None,
    seed: int | None,
    settings: list[tuple[str, str]],
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
        recipe = check_recipe({**dict(recipe), "seed": seed}, place="--seed")
    if not (dataset_path or recipe.dataset):
        raise click.UsageError(f"{recipe_path} names no dataset; name one with --dataset DIR")
    folder = dataset_path or Path(recipe.dataset)
    out = out or Path(recipe.output_dir)
    recipe = recipe.replace(dataset=str(folder), output_dir=str(out))
    dataset = read_dataset(folder)
    if dry_run:
        _show_plan(dataset, recipe, out)
        return

    from eventcorpus.models.card import write_card
    from eventcorpus.training.distributed import process_group

    notes = {
        "dataset": folder.resolve().name,
        "dataset_sha256": manifest_hash(folder),
        "seed": recipe.seed,
        "data": data_facts(dataset),
    }
    with process_group() as processes:
        if not processes.is_main_process:  # the first one speaks for all
            logging.getLogger("eventcorpus").setLevel(logging.ERROR)
        result = _train(dataset, recipe, out, notes=notes, resume=resume, shown=processes.is_main_process)
    if not processes.is_main_process:
        return
    if 0 < result.resumed_at < result.n_steps:
        options.notice(f"resumed at step {result.resumed_at} of {result.n_steps}")
    tenth = max(1, len(result.losses) // 10)
    first, last = (sum(part) / len(part) for part in (result.losses[:tenth], result.losses[-tenth:]))
    options.notice(
        f"{result.n_steps:,} steps in {result.seconds:.1f} s, {result.tokens_per_second:,.0f} tokens a second; "
        f"loss {first:.3f} in the first tenth, {last:.3f} in the last"
    )
    if result.scores:
        best = max(result.scores, key=lambda score: (score.f1, -score.step))
        early = ", stopped early" if result.stopped_early else ""
        kept = "kept" if recipe.load_best_model_at_end else "not kept: load_best_model_at_end is false"
        options.notice(
            f"validation: exact micro F1 {percent(result.scores[-1].f1)} at the end{early}"
            + (f"; best {percent(best.f1)} after step {best.step:,} ({kept})" if best is not result.scores[-1] else "")
        )
    write_card(out)
    _calibrate(out, dataset, notes)
    click.echo(f"model in {out}")


def _train(
    dataset: Dataset, recipe: Recipe, out: Path, *, notes: dict[str, Any], resume: bool, shown: bool
) -> FitResult:
    """Train behind a bar that shows loss, tokens a second and the last F1 on the validation split."""
    from eventcorpus.training.fit import fit

    said: dict[str, str] = {}
    with options.progress_bar(disable=not shown) as bar:
        task = bar.add_task("training", total=None, note="")

        def on_metrics(line: Metrics) -> None:
            said["rate"] = f", {line.tokens_per_second:,.0f} tokens/s"
            if line.dev_f1 is not None:
                said["f1"] = f", dev F1 {percent(line.dev_f1)}"
                figures = [100 * (share or 0.0) for share in (line.dev_precision, line.dev_recall, line.dev_f1)]
                scored = "validation P %.1f R %.1f F1 %.1f"
                logger.info("step %s, epoch %.2f: loss %.3f, " + scored, line.step, line.epoch, line.loss, *figures)

        def on_step(done: int, total: int, loss: float) -> None:
            if done < bar.tasks[task].completed:  # a teacher is done, and another one or the model begins
                bar.reset(task)
            note = f"loss {loss:.3f}{said.get('rate', '')}{said.get('f1', '')}"
            bar.update(task, completed=done, total=total, note=note)

        return fit(
            dataset.split("train"),
            dataset.ontology,
            recipe,
            out,
            validation=dataset.splits.get("validation", ()),
            resume=resume,
            on_step=on_step,
            on_metrics=on_metrics,
            notes=notes,
        )


def _calibrate(out: Path, dataset: Dataset, notes: dict[str, Any]) -> None:
    """Calibrate the model on the validation split, where there is one and it is not calibrated yet."""
    from eventcorpus.models.extractor import Extractor

    articles = dataset.splits.get("validation", [])
    extractor = Extractor.from_pretrained(out)
    if extractor.about.calibration.fitted_on is not None or not any(annotated.spans for annotated in articles):
        return
    calibration = calibrate_with_bar(
        extractor, out, articles, dataset=notes["dataset"], dataset_sha256=notes["dataset_sha256"], split="validation"
    )
    if calibration.note:
        options.notice(f"calibration: {calibration.note}")
    elif calibration.before and calibration.errors:
        before, after = (calibration.errors[method].expected_error for method in ("none", calibration.method))
        options.notice(
            f"calibration: expected error of confidences {before:.3f} as they are, {after:.3f} by {calibration.method}"
        )


def _show_plan(dataset: Dataset, recipe: Recipe, out: Path) -> None:
    from eventcorpus.training.dry_run import MEASURED_STEPS, plan_of, seconds_a_step

    articles = dataset.split("train")
    plan = plan_of(articles, dataset.ontology, recipe, out)
    for line in plan.lines(recipe):
        options.notice(line)
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
