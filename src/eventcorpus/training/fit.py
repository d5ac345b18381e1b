"""Fine-tune an encoder on annotated articles.

Comes in: articles with spans, an ontology, a recipe. Goes out: a model folder. It needs torch and transformers but no
dataset library. ``fit`` is the recipe of a training: checks, examples, learner, loop, model folder.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import ModelError, OutputError
from eventcorpus.files import check_folder, json_document
from eventcorpus.inference.backends import TorchBackend
from eventcorpus.inference.checks import count_exact
from eventcorpus.inference.extractor import Extractor
from eventcorpus.metrics.match import Counts
from eventcorpus.models.bundled import BUNDLED
from eventcorpus.models.folder import ModelAbout, is_model_folder, save_model
from eventcorpus.models.languages import TrainingTexts, language_codes, stated_languages
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.batches import Epochs
from eventcorpus.training.callbacks import Callbacks, OnMetrics, OnStep
from eventcorpus.training.checkpoint import check_unused, checkpoints, checkpoints_of, drop_folder
from eventcorpus.training.distillation import distilled_examples
from eventcorpus.training.distributed import current_processes
from eventcorpus.training.examples import (
    ExamplesOf,
    Preparation,
    augmented_examples,
    check_validation,
    log_encoded,
    prepare,
)
from eventcorpus.training.learner import Learner, TokenLoss, learner_for, soft_loss
from eventcorpus.training.metrics import Progress
from eventcorpus.training.optimiser import HEADS, rate_factor
from eventcorpus.training.recipe import Recipe, recipe_yaml
from eventcorpus.training.run_info import (
    RUN,
    FitResult,
    finished_progress,
    fit_result,
    hash_of,
    run_facts,
    run_identity,
)
from eventcorpus.training.soft_targets import soft_target_examples

logger = logging.getLogger(__name__)


def fit(
    articles: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    out: Path,
    *,
    validation: Sequence[AnnotatedArticle] = (),
    resume: bool = False,
    overwrite: bool = False,
    on_step: OnStep | None = None,
    on_metrics: OnMetrics | None = None,
    token_loss: TokenLoss | None = None,
    notes: dict[str, Any] | None = None,
) -> FitResult:
    """Train on articles and write a model folder; until then checkpoints and metrics are in ``<out>.checkpoints``.

    Within ``distributed.process_group`` all processes call this with the same arguments and share each batch; the main
    process writes.

    Args:
        out: the model folder.
        validation: articles scored while training, as the recipe's ``eval_strategy`` says.
        resume: continue from the newest whole checkpoint of the same recipe and data, if there is one; a run that is
            complete is left as it is.
        overwrite: remove the checkpoints of an unfinished run, and replace a finished model when the new one is there.
        on_step: called after each step with steps done, steps in all and the loss; first for each teacher that is
            trained, then for the model.
        on_metrics: called with each line of ``metrics.jsonl``.
        token_loss: instead of ``soft_loss``.
        notes: what to keep in ``eventcorpus.json`` and ``run.json`` about where the data came from.

    Raises:
        ModelError: if the encoder cannot be loaded, the loss is not finite, or memory does not suffice.
        RecipeError: if this machine cannot do what the recipe asks for, or it asks for scores and there is no
            validation split.
        InputError: if no article has anything to learn from, the file of ``soft_targets`` is missing or does not fit,
            or checkpoints belong to another run.
        OutputError: if ``out`` is something else than a model folder, a model or checkpoints are there that are neither
            to be resumed nor overwritten, or the disk refuses.
    """
    processes = current_processes()
    if processes.is_main_process:
        check_folder(out, is_ours=is_model_folder)
    if not (resume or overwrite):
        check_unused(out)
    check_validation(recipe, validation)
    prepared = prepare(articles, ontology, recipe)
    log_encoded(prepared)

    identity = run_identity(articles, validation, ontology, recipe, processes, unlabelled=prepared.unlabelled)
    folder = checkpoints_of(out)
    if resume and (finished := finished_progress(out, hash_of(identity), processes)):
        logger.info("%s: this run is complete already; nothing is left to train", out)
        if processes.is_main_process:
            drop_folder(folder)
        return fit_result(out, prepared.encoded, finished, resumed_at=finished.step)
    if resume and not overwrite and is_model_folder(out) and not checkpoints(folder):
        raise OutputError(
            f"{out}: a finished model of another recipe or other data is there; --overwrite replaces it, --out names "
            "another folder"
        )

    def fit_teacher(training_articles: Sequence[AnnotatedArticle], teacher: Recipe, place: Path) -> None:
        run = hash_of(run_identity(training_articles, (), ontology, teacher, processes))
        is_complete = finished_progress(place, run, processes) is not None
        resumes = resume or is_complete
        fit(training_articles, ontology, teacher, place, resume=resumes, overwrite=True, on_step=on_step)

    unlabelled = soft_target_examples(prepared) if recipe.soft_targets else []
    labelled_of: ExamplesOf = lambda epoch: prepared.encoded.examples  # noqa: E731
    if recipe.n_teachers:
        labelled_of = distilled_examples(prepared, out, fit_teacher=fit_teacher)
    elif recipe.is_augmented:  # but with teachers, whose soft targets hold for the text as it is
        labelled_of = augmented_examples(prepared)
    examples_of: ExamplesOf = lambda epoch: [*labelled_of(epoch), *unlabelled]  # noqa: E731
    epochs = Epochs(examples_of, recipe, pad_id=prepared.encoder.pad_id, processes=processes)
    learner = learner_for(prepared, token_loss=token_loss or soft_loss, processes=processes)

    facts = {"n_articles": len(articles), "n_spans": prepared.encoded.n_spans, **(notes or {})}
    plain = [annotated.article for annotated in articles]
    about = ModelAbout(
        ontology=ontology, max_length=recipe.max_length, stride=recipe.stride, decoder=recipe.decoder, training=facts,
        encoder=BUNDLED[recipe.encoder].name if recipe.encoder in BUNDLED else recipe.encoder,
        languages=language_codes(recipe.items_of("languages")) or stated_languages(plain),
        training_texts=TrainingTexts.of(article.text for article in plain),
    )  # fmt: skip

    count = partial(validation_counts, validation, learner, tokenizer=prepared.encoder.tokenizer, about=about)
    is_scored = validation and recipe.eval_strategy != "no"
    callbacks = Callbacks(
        learner, epochs, folder, identity=identity, count=count if is_scored else None, on_step=on_step,
        on_metrics=on_metrics,
    )  # fmt: skip
    progress = callbacks.begin(resume=resume)
    resumed_at = progress.step
    train(learner, epochs, progress, after_step=callbacks)

    model = _finished_model(learner, prepared)
    if processes.is_main_process:
        about = about.model_copy(update={"training": {**facts, "n_steps": progress.step}})
        run = run_facts(hash_of(identity), recipe, ontology, progress, processes, notes=notes or {})
        extra = {"recipe.yaml": recipe_yaml(recipe), RUN: json_document(run), **callbacks.end()}
        model.config._name_or_path = about.encoder
        save_model(out, model, prepared.encoder.tokenizer, about, heads=learner.heads, extra=extra)
        drop_folder(folder)
    return fit_result(out, prepared.encoded, progress, resumed_at=resumed_at)


def train(learner: Learner, epochs: Epochs, progress: Progress, *, after_step: Callable[[Progress], None]) -> None:
    """Run the steps that are left after ``progress``, which is brought up to date, unless early stopping ends the run.

    Args:
        after_step: called after each step; it may stop the run by ``progress.stopped``.

    Raises:
        ModelError: if the loss is not finite, or memory does not suffice.
    """
    recipe = learner.recipe
    for epoch in range(epochs.epoch_of(progress.step), recipe.num_train_epochs):
        start = time.perf_counter()
        for batch in epochs.batches(epoch, start=progress.step - epochs.first_step(epoch)):
            if progress.stopped:
                return
            loss = learner.step(batch, factor=rate_factor(progress.step, epochs.n_steps, recipe.warmup_steps))
            if not math.isfinite(loss):
                raise ModelError(_not_finite(progress, epochs, recipe))
            progress.add_step(loss=loss, n_tokens=batch.n_tokens, seconds=time.perf_counter() - start)
            after_step(progress)
            start = time.perf_counter()


def _not_finite(progress: Progress, epochs: Epochs, recipe: Recipe) -> str:
    step = progress.step + 1
    before = f" after {progress.losses[-1]:.3g} one step before" if progress.losses else ""
    warmup = f", raise warmup_steps ({recipe.warmup_steps:g})" if step <= 0.3 * epochs.n_steps else ""
    precision = "" if recipe.precision == "fp32" else ", or set precision: fp32"
    return (
        f"the loss or a gradient is not a number at step {step} of {epochs.n_steps}{before}; lower learning_rate from "
        f"{recipe.learning_rate:g} to {recipe.learning_rate / 3:.1g}{warmup}{precision}"
    )


def validation_counts(
    gold: Sequence[AnnotatedArticle], learner: Learner, *, tokenizer: Any, about: ModelAbout
) -> Counts:
    """Count what the weights as they are find; all processes together, each with its share of the articles.

    Weights are fp32 meanwhile, as in the saved model, unless they are sharded or their attention works in bf16 alone.
    No random number is drawn, so that scoring does not change what is learned.
    """
    processes = learner.processes
    # sharded weights are gathered by all processes together, so that each must read as many batches as the others
    own = gold if learner.recipe.fsdp else gold[processes.rank :: processes.world_size]
    only_bf16 = learner.model.config._attn_implementation == "flash_attention_2"
    with nullcontext() if only_bf16 else learner.copy.in_full_precision(learner.model):
        extractor = Extractor(TorchBackend(learner.model), tokenizer, about, name=ModelName(name="in training"))
        counts = count_exact(own, extractor)
    learner.model.train()
    numbers = torch.tensor([counts.correct, counts.predicted, counts.support], device=processes.device)
    if not learner.recipe.fsdp:
        processes.all_reduce(numbers)
    return Counts(*(int(number) for number in numbers))


def _finished_model(learner: Learner, prepared: Preparation) -> Any:
    """The model as it is to be saved: fp32, on the CPU, with the best weights if the recipe wants those.

    All processes must call this together; only the main process's model is to be saved.
    """
    weights = learner.weights()
    if learner.recipe.load_best_model_at_end and learner.best:
        weights = learner.best
    model = learner.model
    if learner.recipe.fsdp:  # a sharded model is not put together again in place; a new one takes the weights
        model = prepared.load_model()
    model.to("cpu", torch.float32).eval()
    parameters = dict(model.named_parameters())
    if learner.heads:
        parameters |= {f"{HEADS}{name}": weight for name, weight in learner.heads.named_parameters()}
    with torch.no_grad():
        for name, weight in weights.items():
            parameters[name].copy_(weight)
    return model
