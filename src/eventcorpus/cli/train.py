"""``eventcorpus train``, ``soft-targets``, ``calibrate`` and ``card``: a model from a dataset and a recipe, what it
teaches to others, its confidences and its card.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventcorpus import api
from eventcorpus.cli import options
from eventcorpus.errors import InputError, OutputError
from eventcorpus.models.folder import model_hash, read_about
from eventcorpus.render.model_card import read_agreement, read_card_facts, read_scores, write_card
from eventcorpus.tables import console, counted, percent
from eventcorpus.training.recipe import FOLDER, Recipe, check_recipe, find_recipe, recipe_yaml

if TYPE_CHECKING:
    from eventcorpus.training.metrics import Metrics

logger = logging.getLogger(__name__)


@click.command("train", cls=options.NamesFiles, folder=FOLDER, heading="Recipes by name")
@click.argument("recipe_name", metavar="RECIPE")
@click.option("--dataset", type=options.PATH, help="The dataset folder, instead of the recipe's.")
@click.option("--out", type=options.PATH, help="The model folder, instead of the recipe's output_dir.")
@click.option("--seed", type=int, help="Instead of the recipe's.")
@options.SETTINGS
@click.option("--dry-run", is_flag=True, help="Check everything, print the recipe as it would be used, write nothing.")
@click.option("--resume", is_flag=True, help="Continue a run that was killed, from its last checkpoint.")
@click.option(
    "--overwrite", is_flag=True, help="Begin anew where a finished model or checkpoints of an unfinished run are."
)
@click.pass_context
def train_command(
    context: click.Context,
    /,
    recipe_name: str,
    dataset: Path | None,
    out: Path | None,
    seed: int | None,
    settings: tuple[str, ...],
    dry_run: bool,
    resume: bool,
    overwrite: bool,
) -> None:
    """Fine-tune an encoder on the train split, as RECIPE says.

    RECIPE is a YAML file, or the name of one that comes along (below). Checkpoints lie in OUT.checkpoints until
    the model is complete; what is there is replaced with --overwrite alone. With --dry-run the resolved recipe goes to
    stdout and what would be trained to stderr, with a time where the encoder's weights are here to time a few steps.

    \b
    Example:
      eventcorpus train training/recipes/demo.yaml --dataset models/runs/demo-dataset --out models/runs/demo
    """
    if resume and overwrite:
        raise click.UsageError("give either --resume or --overwrite")
    recipe = options.recipe_with(recipe_name, settings)
    if seed is not None:
        recipe = check_recipe({**dict(recipe), "seed": seed}, place="--seed")
    if not (dataset or recipe.dataset):
        raise click.UsageError(f"{recipe_name} names no dataset; name one with --dataset DIR")
    recipe = api.load_recipe(recipe, dataset=dataset, out=out)
    if dry_run:
        _show_plan(recipe, begins_anew=not (resume or overwrite))
        return
    since = 0.0 if resume else time.time()
    try:
        trained = _train(recipe, resume=resume, overwrite=overwrite)
    except KeyboardInterrupt:
        if _is_main_process():
            click.echo(_how_to_go_on(recipe, context, since=since), err=True)
        sys.exit(130)
    if trained.is_main_process:
        options.notices(_notices(trained, recipe))
        click.echo(f"model in {trained.folder}")


def _is_main_process() -> bool:
    return os.environ.get("WORLD_SIZE", "1") == "1" or os.environ.get("RANK") == "0"


def _how_to_go_on(recipe: Recipe, context: click.Context, *, since: float) -> str:
    """What a run that was stopped has left, and the command that goes on from there.

    Args:
        since: what is older than this (seconds of the epoch) is of another run.
    """
    from eventcorpus.training.checkpoint import checkpoints, checkpoints_of, step_of
    from eventcorpus.training.run_info import RUN

    out = Path(recipe.output_dir)
    resumed = f"{options.command_line(context, without=('resume', 'overwrite'))} --resume"
    saved = [path for path in checkpoints(checkpoints_of(out)) if path.stat().st_mtime >= since]
    if saved:
        return f"stopped; go on from the checkpoint of step {step_of(saved[0]):,} with: {resumed}"
    if recipe.n_teachers and (teachers := out.with_name(f"{out.name}.teachers")).is_dir():
        return f"stopped; go on with the teachers that are in {teachers} with: {resumed}"
    if (out / RUN).is_file() and (out / RUN).stat().st_mtime >= since:
        return f"stopped; the model in {out} is complete, its confidences are not calibrated; go on with: {resumed}"
    return (
        f"stopped before the first checkpoint (save_steps: {recipe.save_steps:,}), nothing was kept; begin again with: "
        f"{options.command_line(context, without=('resume',))}"
    )


def _train(recipe: Recipe, *, resume: bool, overwrite: bool) -> api.TrainedModel:
    """Train behind a bar that shows loss, tokens a second and the last F1 on the validation split."""
    if not _is_main_process():  # the main process speaks for all
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

        def on_progress(n_done: int, total: int | None) -> None:
            bar.update(task, description="calibrating", completed=n_done, total=total, note="")

        return api.train(
            recipe,
            resume=resume,
            overwrite=overwrite,
            on_step=on_step,
            on_metrics=on_metrics,
            on_progress=on_progress,
        )


def _notices(trained: api.TrainedModel, recipe: Recipe) -> Iterator[str]:
    result = trained.fit
    if 0 < result.resumed_at < result.n_steps:
        yield f"resumed at step {result.resumed_at} of {result.n_steps}"
    tenth = max(1, len(result.losses) // 10)
    first, last = (sum(part) / len(part) for part in (result.losses[:tenth], result.losses[-tenth:]))
    yield (
        f"{counted(result.n_steps, 'step')} in {result.seconds:.1f} s, {result.tokens_per_second:,.0f} tokens a "
        f"second; loss {first:.3f} in the first tenth, {last:.3f} in the last"
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


def _show_plan(recipe: Recipe, *, begins_anew: bool) -> None:
    from eventcorpus.training.checkpoint import check_unused
    from eventcorpus.training.dry_run import MEASURED_STEPS, plan_of, seconds_a_step

    dataset = api.load_dataset(recipe.dataset)
    articles = dataset.split("train")
    plan = plan_of(articles, dataset.ontology, recipe, Path(recipe.output_dir))
    if begins_anew:
        try:
            check_unused(Path(recipe.output_dir))
        except OutputError as error:
            options.notice(f"without --dry-run this stops: {error}")
    options.notices(plan.lines())
    if plan.has_weights:
        with options.progress("timing a few steps"):
            seconds = seconds_a_step(articles, dataset.ontology, recipe)
        if seconds is not None:
            whole = options.duration(seconds * (plan.n_steps + plan.n_teacher_steps))
            options.notice(
                f"about {whole} on this machine, by up to {MEASURED_STEPS} steps timed now ({seconds:.2f} s each)"
            )
    click.echo(recipe_yaml(recipe), nl=False)


@click.command("soft-targets")
@click.argument("model_path", metavar="MODEL", type=options.PATH)
@click.argument("paths", nargs=-1, type=options.PATH, metavar="[ARTICLES]...")
@click.option("--recipe", "recipe_name", help="Whose unlabelled are the articles, and soft_targets the file to write.")
@click.option("--out", type=options.PATH, help="The file to write, instead of the recipe's.")
@click.option("--overwrite", is_flag=True, help="Replace the soft targets that are there.")
def soft_targets_command(
    model_path: Path, paths: tuple[Path, ...], recipe_name: str | None, out: Path | None, overwrite: bool
) -> None:
    """Write what MODEL says of articles without labels, for another model to learn from.

    That is the probabilities of tags, and of roles, attributes and events where MODEL has heads. A recipe that names
    the file (soft_targets) and the articles (unlabelled) learns from them without MODEL. The student may be smaller or
    read other windows, but its encoder must cut words into the same pieces.

    \b
    Example:
      eventcorpus soft-targets models/runs/demo corpus/unlabelled --out models/runs/demo-targets.safetensors
    """
    from eventcorpus.inference.extractor import Extractor
    from eventcorpus.training.soft_targets import check_unused, soft_targets_of, write_soft_targets
    from eventcorpus.training.unlabelled import read_unlabelled, unlabelled_articles

    if bool(paths) == bool(recipe_name):
        raise click.UsageError("name ARTICLES, or a --recipe whose unlabelled are the articles")
    recipe = find_recipe(recipe_name) if recipe_name else None
    if out is None and not (recipe and recipe.soft_targets):
        raise click.UsageError("name the file with --out, or a --recipe whose soft_targets it is")
    out = out or Path(recipe.soft_targets if recipe else "")
    check_unused(out, overwrite=overwrite)
    extractor = Extractor.from_pretrained(model_path)
    articles = unlabelled_articles(recipe) if recipe else read_unlabelled(paths)
    with options.progress("soft targets") as on_progress:
        targets = soft_targets_of(extractor, articles, on_progress=on_progress)
    write_soft_targets(out, targets)
    options.notice(
        f"{counted(len(targets.articles), 'article')}, {counted(targets.n_tokens, 'token')}; "
        f"{counted(out.stat().st_size, 'byte')}"
    )
    click.echo(f"soft targets in {out}")


@click.command("calibrate")
@click.argument("model_path", metavar="MODEL", type=options.PATH)
@options.DATASET
@click.option("--split", default="validation", help="Never the one it was trained on.")
@click.option(
    "--target-precision",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.9,
    help="Thresholds are where mentions are right this often.",
)
@click.option(
    "--least-mentions", type=click.IntRange(1), default=20, help="How many mentions a threshold must rest on."
)
@options.json_option("what is put into the model folder")
def calibrate_command(model_path: Path, target_precision: float, json_path: Path | None, **settings: Any) -> None:
    """Calibrate the confidences of MODEL on articles that it did not learn from.

    Of four methods (none, one temperature, a logistic curve, both) the simplest that is as good as the best in
    cross-validation goes into the model folder, with a diagram (reliability.svg) and, per label, the confidence from
    which its mentions were right as often as --target-precision asks for; extract --thresholds uses them. What the
    model finds does not change, only its confidences do.

    \b
    Example:
      eventcorpus calibrate models/runs/demo --dataset models/runs/demo-dataset --target-precision 0.9
    """
    from eventcorpus.render.reports import calibration_tables

    before = read_about(model_path).calibration
    with options.progress("calibrate") as on_progress:
        calibration = api.calibrate(model_path, target_precision=target_precision, on_progress=on_progress, **settings)
    on_stdout = options.put_json(json_path, calibration)
    if before.fitted_on and not before.note:
        on = before.fitted_on
        options.notice(f"the calibration on split {on.split} of {on.dataset} that was there is replaced")
    if calibration.note:
        options.notice(calibration.note)
        return
    if not on_stdout:
        console().print(*calibration_tables(calibration))
    never = [label for label, threshold in calibration.thresholds.items() if threshold.confidence is None]
    if never:
        options.notice(
            f"a precision of {target_precision:g} is not reached by {len(never)} of "
            f"{counted(len(calibration.thresholds), 'label')}: {', '.join(never)}"
        )
    options.notice(f"calibration in {model_path}")


@click.command("card")
@click.argument("model_path", metavar="MODEL", type=options.PATH)
@click.option(
    "--report", "report_paths", type=options.PATH, multiple=True, help="A report of eval --json; may be repeated."
)
@click.option("--agreement", "agreement_path", type=options.PATH, help="A report of agree --json on the corpus.")
@click.option("--license", "licence", help="As the hub spells it (cc-by-4.0); known for the encoders of our recipes.")
@click.option(
    "--hub-dataset", "datasets", metavar="USER/NAME", multiple=True,
    help="What it was trained on, by its name on the hub; may be repeated.",
)  # fmt: skip
def card_command(
    model_path: Path,
    report_paths: tuple[Path, ...],
    agreement_path: Path | None,
    licence: str | None,
    datasets: tuple[str, ...],
) -> None:
    """Write README.md into MODEL: what it is, its labels, data, scores, confidences, training and limits.

    Its head is the metadata that the Hugging Face hub reads. What is given here stays in card.json: a later call adds
    to it, and a new report on a split takes the place of the old one.

    \b
    Example:
      eventcorpus card models/runs/demo --report models/runs/demo-eval.json
    """
    facts = read_card_facts(model_path)
    known = {model_hash(model_path), read_about(model_path).calibration.model_hash or None}
    for path in report_paths:
        scores = read_scores(path)
        if scores.model_hash not in known:
            raise InputError(
                f"{path}: speaks of another model (hash {scores.model_hash[:12] or 'none'}) than {model_path} "
                f"({model_hash(model_path)[:12]}); score this one: eventcorpus eval --model {model_path} --json {path}"
            )
        facts = facts.with_scores(scores)
    if agreement_path:
        facts = facts.model_copy(update={"agreement": read_agreement(agreement_path)})
    if licence is not None:
        facts = facts.model_copy(update={"license": licence})
    if datasets:
        facts = facts.model_copy(update={"datasets": datasets})
    write_card(model_path, facts)
    options.notice(f"{counted(len(facts.scores), 'report')} in the card")
    click.echo(f"card in {model_path / 'README.md'}")
