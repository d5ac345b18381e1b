"""Fine-tune an encoder on annotated articles.

Comes in: articles with spans, an ontology, a recipe. Goes out: a model folder. Needs torch and transformers only:
no dataset library, so that it runs where none is installed. This module wires the parts together; ``loop`` trains.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import EventCorpusError, InputError, ModelError, RecipeError
from eventcorpus.files import check_folder, read_json, to_json
from eventcorpus.metrics.match import Counts, exact_counts, sum_counts
from eventcorpus.models.encoders import BUNDLED, BUNDLED_NAME, find_encoder, load_encoder, load_tokenizer
from eventcorpus.models.extractor import Extractor
from eventcorpus.models.folder import ModelAbout, is_model_folder, read_about, save_model
from eventcorpus.models.tags import tag_names
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.batches import Epochs
from eventcorpus.training.callbacks import METRICS, OnMetrics, OnStep, Watch
from eventcorpus.training.checkpoint import clear_leftovers, drop_folder, seed_all
from eventcorpus.training.distillation import lessons_of, read_unlabelled, teacher_recipe
from eventcorpus.training.distributed import Processes, current_processes
from eventcorpus.training.examples import EncodedArticles, encode_with
from eventcorpus.training.learner import Learner, TokenLoss, learner_for
from eventcorpus.training.metrics import read_metrics
from eventcorpus.training.optimiser import precision_for, rate_factor
from eventcorpus.training.out_of_memory import out_of_memory_explained
from eventcorpus.training.progress import Progress, ValidationScore
from eventcorpus.training.recipe import Recipe, recipe_yaml
from eventcorpus.training.run_info import RUN, FitResult, fit_result, run_facts, run_hash, run_identity

logger = logging.getLogger(__name__)


def fit(
    articles: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    out: Path,
    *,
    validation: Sequence[AnnotatedArticle] = (),
    resume: bool = False,
    on_step: OnStep | None = None,
    on_metrics: OnMetrics | None = None,
    token_loss: TokenLoss | None = None,
    notes: dict[str, Any] | None = None,
) -> FitResult:
    """Train on articles and write a model folder to ``out``; checkpoints and metrics lie beside it until it is done.

    Within ``distributed.process_group`` all processes call this with the same arguments and share each batch; the main
    process writes.

    Args:
        validation: scored while training, as the recipe's ``eval_strategy`` says.
        resume: continue from the newest whole checkpoint of the same recipe and data, if there is one; a run that is
            complete is left as it is.
        on_step: called after each step with steps done, steps in all and the loss; first for each teacher that is
            trained, then for the model.
        token_loss: instead of the recipe's.
        notes: what to keep in ``eventcorpus.json`` and ``run.json`` about where the data came from.

    Raises:
        ModelError: if the encoder cannot be loaded, the loss stops being a number, or memory does not suffice.
        RecipeError: if the recipe asks for what this machine cannot give, or for scores and there is no ``validation``.
        InputError: if no article has anything to learn from, or checkpoints belong to another run.
        OutputError: if the disk refuses.
    """
    processes = current_processes()
    if processes.is_main_process:
        check_folder(out, is_ours=is_model_folder)
    check_validation(recipe, validation)
    source = find_encoder(recipe.encoder)
    tokenizer = load_tokenizer(source)
    encode = encode_with(tokenizer, ontology, recipe)
    encoded = encode(articles)
    check_spans(encoded, n_articles=len(articles))
    report_encoded(encoded, ontology, recipe, n_articles=len(articles))
    unlabelled = read_unlabelled(recipe)
    identity = _identity(articles, validation, ontology, recipe, processes, unlabelled)
    folder = out.with_name(f"{out.name}.checkpoints")
    if resume and is_complete(out, run_hash(identity), processes):
        logger.info("%s: this run is complete already; nothing is left to train", out)
        if processes.is_main_process:
            drop_folder(folder)
        done = finished_progress(out)
        return fit_result(out, encoded, done, resumed_at=done.step)

    def fit_teacher(read: Sequence[AnnotatedArticle], theirs: Recipe, place: Path) -> None:
        run = run_hash(_identity(read, (), ontology, theirs, processes))
        fit(read, ontology, theirs, place, resume=resume or is_complete(place, run, processes), on_step=on_step)

    pad_id = tokenizer.pad_token_id or 0
    examples_of, loss = lessons_of(
        articles, encoded.examples, unlabelled, ontology, recipe, out,
        encode=encode, fit_teacher=fit_teacher, pad_id=pad_id,
    )  # fmt: skip
    epochs = Epochs(
        examples_of,
        n_epochs=recipe.num_train_epochs,
        micro_batch_size=recipe.per_device_train_batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        seed=recipe.seed,
        pad_id=pad_id,
        rank=processes.rank,
        n_processes=processes.world_size,
    )
    seed_all(recipe.seed)
    with out_of_memory_explained(recipe):
        learner = learner_for(
            source, tags=tag_names(ontology.labels), recipe=recipe, token_loss=token_loss or loss, processes=processes
        )
    if processes.rank:
        torch.manual_seed(recipe.seed + 1_000_003 * processes.rank)  # dropout differs between processes
    about = _about(ontology, recipe, n_articles=len(articles), n_spans=encoded.n_spans, notes=notes or {})
    is_watched = validation and recipe.eval_strategy != "no"
    watch = Watch(
        learner, epochs, recipe, folder, identity=identity, on_step=on_step, on_metrics=on_metrics,
        score=(lambda step: score_on_validation(validation, learner, tokenizer, about, step=step))
        if is_watched
        else None,
    )  # fmt: skip
    if processes.is_main_process:
        clear_leftovers(out, folder, resume=resume)
    progress = watch.resume() if resume else Progress()
    resumed_at = progress.step
    watch.begin(progress)
    progress = train(learner, epochs, recipe, progress, after_step=watch)
    model = finished_model(learner, recipe, source, tags=tag_names(ontology.labels))
    if processes.is_main_process:
        about = about.model_copy(update={"training": {**about.training, "n_steps": progress.step}})
        facts = run_facts(run_hash(identity), recipe, ontology, progress, processes, notes=notes or {})
        extra = {"recipe.yaml": recipe_yaml(recipe), RUN: to_json(facts, indent=2) + "\n", **watch.end()}
        model.config._name_or_path = about.encoder
        save_model(out, model, tokenizer, about, extra=extra)
        drop_folder(folder)
    return fit_result(out, encoded, progress, resumed_at=resumed_at)


def _identity(
    articles: Sequence[AnnotatedArticle],
    validation: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    processes: Processes,
    unlabelled: Sequence[Article] = (),
) -> dict[str, Any]:
    dtype = precision_for(recipe, processes.device)
    teacher = teacher_recipe(recipe, 0) if recipe.n_teachers else None
    return run_identity(
        articles, validation, ontology, recipe,
        n_processes=processes.world_size, dtype=dtype, unlabelled=unlabelled, teacher=teacher,
    )  # fmt: skip


def _about(ontology: Ontology, recipe: Recipe, *, n_articles: int, n_spans: int, notes: dict[str, Any]) -> ModelAbout:
    return ModelAbout(
        ontology=ontology,
        max_length=recipe.max_length,
        stride=recipe.stride,
        decoder=recipe.decoder,  # type: ignore[arg-type]
        encoder=BUNDLED_NAME if recipe.encoder == BUNDLED else recipe.encoder,
        training={"n_articles": n_articles, "n_spans": n_spans, **notes},
    )


def finished_model(learner: Learner, recipe: Recipe, source: str, *, tags: Sequence[str]) -> Any:
    """The model as it is to be saved: fp32, on the CPU, with the best weights if the recipe wants those.

    All processes must ask for it together; only the first one's is to be saved.
    """
    weights = learner.weights()
    if recipe.load_best_model_at_end and learner.best:
        weights = learner.best
    model = learner.model
    if learner.is_sharded:  # what was spread is not put together again in place; a new one takes the weights
        model = load_encoder(source, tags=tags, dropout=recipe.dropout, attention_dropout=recipe.attention_dropout)
    model.to("cpu", torch.float32).eval()
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            parameters[name].copy_(weight)
    return model


def is_complete(out: Path, run: str, processes: Processes) -> bool:
    """Whether a whole model of the run with this hash is there; all processes must ask together."""
    complete = False
    if processes.is_main_process and (out / RUN).is_file():
        try:
            read_about(out)
            complete = read_json(out / RUN).get("run") == run
        except EventCorpusError:
            complete = False
    answer = torch.tensor(int(complete), device=processes.device)
    processes.broadcast([answer])
    return bool(answer)


def finished_progress(out: Path) -> Progress:
    """The progress that a complete run had made; ``losses`` are those of its lines of metrics."""
    facts, lines = read_json(out / RUN), read_metrics(out / METRICS)
    return Progress(
        step=facts["steps"],
        seconds=facts["seconds"],
        eval_seconds=facts["eval_seconds"],
        n_tokens=lines[-1].tokens if lines else 0,
        losses=tuple(line.loss for line in lines),
        scores=tuple(
            ValidationScore(line.step, line.dev_precision or 0.0, line.dev_recall or 0.0, line.dev_f1)
            for line in lines
            if line.dev_f1 is not None
        ),
        stopped=facts["stopped_early"],
    )


AfterStep = Callable[[Progress], Progress]
"""Called after each step with the progress made, this step included; says what to go on with."""


def train(learner: Learner, epochs: Epochs, recipe: Recipe, progress: Progress, *, after_step: AfterStep) -> Progress:
    """Run the steps that are left after ``progress``, unless it says that the run has stopped.

    Raises:
        ModelError: if the loss stops being a number, or memory does not suffice.
    """
    for epoch in range(epochs.epoch_of(progress.step), epochs.n_epochs):
        start = time.perf_counter()
        for batch in epochs.batches(epoch, start=progress.step - epochs.first_step(epoch)):
            if progress.stopped:
                return progress
            with out_of_memory_explained(recipe, batch.parts):
                loss = learner.step(batch, factor=rate_factor(progress.step, epochs.n_steps, recipe.warmup_steps))
            if not math.isfinite(loss):
                raise ModelError(_not_a_number(progress, epochs, recipe))
            progress = progress.after_step(loss=loss, n_tokens=batch.n_tokens, seconds=time.perf_counter() - start)
            progress = after_step(progress)
            start = time.perf_counter()
    return progress


def _not_a_number(progress: Progress, epochs: Epochs, recipe: Recipe) -> str:
    step = progress.step + 1
    before = f" after {progress.losses[-1]:.3g} one step before" if progress.losses else ""
    warmup = f", raise warmup_steps ({recipe.warmup_steps:g})" if step <= 0.3 * epochs.n_steps else ""
    precision = "" if recipe.precision == "fp32" else ", or set precision: fp32"
    return (
        f"the loss or a gradient is not a number at step {step} of {epochs.n_steps}{before}; lower learning_rate from "
        f"{recipe.learning_rate:g} to {recipe.learning_rate / 3:.1g}{warmup}{precision}"
    )


def score_on_validation(
    gold: Sequence[AnnotatedArticle], learner: Learner, tokenizer: Any, about: ModelAbout, *, step: int
) -> ValidationScore:
    """Score the weights as they are; all processes together, each with its share of the articles.

    Weights are fp32 meanwhile, as in the saved model, unless they are sharded or their attention knows bf16 alone.
    No random number is drawn, so that scoring changes nothing of what is learned.
    """
    processes = learner.processes
    # sharded weights are gathered by all processes together, so that each must read as many batches as the others
    mine = gold if learner.is_sharded else gold[processes.rank :: processes.world_size]
    only_bf16 = learner.model.config._attn_implementation == "flash_attention_2"
    precision = nullcontext() if only_bf16 else learner.copy.in_full_precision(learner.model)
    with precision:
        extractor = Extractor(learner.model, tokenizer, about, name=ModelName(name="in training"))
        counts = count_exact(mine, extractor)
    learner.model.train()
    numbers = torch.tensor([counts.correct, counts.predicted, counts.support], device=processes.device)
    if not learner.is_sharded:
        processes.all_reduce(numbers)
    total = Counts(*(int(number) for number in numbers))
    return ValidationScore(step, total.precision or 0.0, total.recall or 0.0, total.f1 or 0.0)


def count_exact(gold: Sequence[AnnotatedArticle], extractor: Extractor) -> Counts:
    """Exact matches of all labels together."""
    predicted = [
        (annotated.article.id, m.start, m.end, m.label)
        for annotated, mentions in zip(gold, extractor.extract(a.article for a in gold), strict=True)
        for m in mentions
    ]
    keys = [(a.article.id, s.start, s.end, s.label) for a in gold for s in a.spans]
    return sum_counts(exact_counts(keys, predicted).values())


_NAMED = 5
"""Spans that a message names; it counts them all."""


def check_validation(recipe: Recipe, validation: Sequence[AnnotatedArticle]) -> None:
    """Check that there is a validation split where the recipe lets it decide.

    Raises:
        RecipeError: naming the key that wants one.
    """
    keys = [
        key
        for key, wants in (
            ("early_stopping_patience", recipe.early_stopping_patience > 0),
            ("load_best_model_at_end", recipe.load_best_model_at_end),
        )
        if wants
    ]
    if keys and recipe.eval_strategy == "no":
        raise RecipeError(f"{keys[0]} needs scores and eval_strategy is no; set it to epoch or steps")
    if keys and not any(annotated.spans for annotated in validation):
        raise RecipeError(
            f"{keys[0]} needs a validation split with spans and there are {len(validation)} articles with none; make "
            "one with eventcorpus split, or leave the key out"
        )


def check_spans(encoded: EncodedArticles, *, n_articles: int) -> None:
    """Check that there is something to learn.

    Raises:
        InputError: if there is not one span.
    """
    if not encoded.n_spans:
        raise InputError(
            f"nothing to learn: {n_articles} articles and not one span in them; check the split and the labels"
        )


def report_encoded(encoded: EncodedArticles, ontology: Ontology, recipe: Recipe, *, n_articles: int) -> None:
    """Log what there is to learn, and warn of what cannot be learned: spans, labels without examples, cut mentions."""
    logger.info(
        "encoded %s articles into %s windows, %s tokens; %s of %s spans cannot be learned (%.1f%%)",
        f"{n_articles:,}", f"{len(encoded.examples):,}", f"{encoded.n_tokens:,}", f"{len(encoded.lost):,}",
        f"{encoded.n_spans:,}", 100 * len(encoded.lost) / encoded.n_spans,
    )  # fmt: skip
    for line in encoded.lost[:_NAMED]:
        logger.info("cannot be learned: %s", line)
    unseen = [label for label in ontology.labels if not encoded.labels[label]]
    if unseen:
        logger.warning(
            "%s of %s labels have no example to learn from and will never be predicted: %s",
            len(unseen), len(ontology.labels), ", ".join(unseen),
        )  # fmt: skip
    if encoded.cut:
        named = "; ".join(encoded.cut[:_NAMED]) + ("; ..." if len(encoded.cut) > _NAMED else "")
        logger.warning(
            "%s mentions are whole in no window of max_length %s and stride %s and are learned in pieces; raise stride "
            "above their length in tokens: %s",
            f"{len(encoded.cut):,}", recipe.max_length, recipe.stride, named,
        )  # fmt: skip
