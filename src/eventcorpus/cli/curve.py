"""``eventcorpus curve``: the score at growing shares of the articles, and how many more would raise it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventcorpus import api
from eventcorpus.cli import options
from eventcorpus.tables import console, counted

if TYPE_CHECKING:
    from eventcorpus.training.recipe import Recipe


def _shares(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    _numbers(given)
    return given


def _numbers(shares: str) -> tuple[float, ...]:
    try:
        return tuple(float(share) for share in shares.split(","))
    except ValueError:
        raise click.BadParameter(f"{shares!r} is no list of percent, such as 10,20,40,70,100") from None


@click.command("curve")
@click.argument("recipe_name", metavar="RECIPE")
@click.option("--dataset", type=options.PATH, help="The dataset folder, instead of the recipe's.")
@click.option(
    "--out", type=options.PATH, required=True, help="The folder of the trainings, the report and the picture."
)
@click.option(
    "--shares",
    metavar="PERCENT,...",
    default="10,20,40,70,100",
    callback=_shares,
    help="Of the train split, rising to 100.",
)
@click.option("--seeds", type=click.IntRange(1), default=3, help="Trainings of each share, from the recipe's seed on.")
@options.SETTINGS
@options.resamples_option()
@click.option("--dry-run", is_flag=True, help="Check everything, say how many trainings and how long; write nothing.")
@options.json_option("the report", "eval/curve.schema.json")
@options.html_option("the curves")
@click.pass_context
def curve_command(
    context: click.Context,
    /,
    recipe_name: str,
    dataset: Path | None,
    out: Path,
    shares: str,
    seeds: int,
    settings: tuple[str, ...],
    n_resamples: int,
    dry_run: bool,
    json_path: Path | None,
    html: Path | None,
) -> None:
    """How many more articles? Trains on growing shares of the train split, and scores on validation.

    RECIPE is a YAML file, or the name of one that comes along. OUT keeps what was trained: the same command goes on
    where it was stopped. It takes as long as SEEDS x shares trainings on all articles. docs/curve.md explains the
    figures.

    \b
    Example:
      eventcorpus curve demo --dataset models/runs/demo-dataset --out models/runs/demo-curve --set heads=false
    """
    recipe = options.recipe_with(recipe_name, settings)
    if not (dataset or recipe.dataset):
        raise click.UsageError(f"{recipe_name} names no dataset; name one with --dataset DIR")
    recipe = api.load_recipe(recipe, dataset=dataset, out=out)
    if dry_run:
        _show_plan(recipe, out, shares=_numbers(shares), seeds=seeds)
        return
    from eventcorpus.render.curve import curve_lines, curve_table

    try:
        with options.progress("trainings") as on_progress:
            report = api.curve(
                recipe,
                out=out,
                shares=_numbers(shares),
                seeds=seeds,
                n_resamples=n_resamples,
                html=html,
                command=options.command_line(context),
                on_progress=on_progress,
            )
    except KeyboardInterrupt:
        click.echo(f"stopped; go on with: {options.command_line(context)}", err=True)
        sys.exit(130)
    options.notice(f"report and picture in {out}")
    if not options.put_json(json_path, report):
        console().print(curve_table(report))
        for line in curve_lines(report):
            click.echo(line)


def _show_plan(recipe: Recipe, out: Path, *, shares: tuple[float, ...], seeds: int) -> None:
    from eventcorpus.training.curve import check_trainings
    from eventcorpus.training.dry_run import MEASURED_STEPS, plan_of, seconds_a_step

    data, trainings = api.curve_plan(recipe, shares=shares, seeds=seeds)
    train = data.split("train")
    check_trainings(out, train, data.split("validation"), data.ontology, recipe)
    left = [training for training in trainings if not training.predictions_in(out).is_file()]
    plan = plan_of(train, data.ontology, recipe, out / "model")
    sizes = ", ".join(f"{len(training.articles):,}" for training in trainings[: len(shares)])
    click.echo(
        f"{counted(len(trainings), 'training')}, {len(trainings) - len(left):,} of them done: "
        f"{counted(len(shares), 'share')} ({sizes} articles), {counted(seeds, 'seed')} each; about "
        f"{counted(plan.n_steps + plan.n_teacher_steps, 'step')} each"
    )
    if left and plan.has_weights:
        with options.progress("timing a few steps"):
            seconds = seconds_a_step(train, data.ontology, recipe)
        if seconds is not None:
            whole = options.duration(len(left) * seconds * (plan.n_steps + plan.n_teacher_steps))
            click.echo(
                f"about {whole} on this machine, by up to {MEASURED_STEPS} steps timed now ({seconds:.2f} s each)"
            )
