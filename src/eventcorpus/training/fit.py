"""Fine-tune an encoder on annotated articles.

Comes in: articles with spans, an ontology, a recipe. Goes out: a model folder. Needs torch and transformers only:
no dataset library, so that it runs where none is installed. This module wires the parts together; ``loop`` trains.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from eventcorpus.files import check_folder, to_json
from eventcorpus.models.encoders import BUNDLED, BUNDLED_NAME, find_encoder, load_tokenizer
from eventcorpus.models.folder import ModelAbout, is_model_folder, save_model
from eventcorpus.models.tags import tag_names
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.checkpoint import clear_leftovers, drop_folder
from eventcorpus.training.dev import score_dev
from eventcorpus.training.epochs import Epochs
from eventcorpus.training.facts import RUN, run_facts
from eventcorpus.training.faults import out_of_memory_explained
from eventcorpus.training.finish import finished_model, finished_progress, is_complete
from eventcorpus.training.identity import run_hash, run_identity
from eventcorpus.training.learner import learner_for
from eventcorpus.training.lessons import lessons_of
from eventcorpus.training.loop import train
from eventcorpus.training.loss import TokenLoss
from eventcorpus.training.optimiser import precision_for
from eventcorpus.training.preflight import check_dev, check_spans, report_encoded
from eventcorpus.training.processes import Processes, current_processes
from eventcorpus.training.progress import Progress
from eventcorpus.training.random_state import seed_all
from eventcorpus.training.recipe import Recipe, recipe_yaml
from eventcorpus.training.result import FitResult, fit_result
from eventcorpus.training.sources import encode_with
from eventcorpus.training.taught import read_unlabelled, teacher_recipe
from eventcorpus.training.watch import OnMetrics, OnStep, Watch

logger = logging.getLogger(__name__)


def fit(
    articles: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    out: Path,
    *,
    dev: Sequence[AnnotatedArticle] = (),
    resume: bool = False,
    on_step: OnStep | None = None,
    on_metrics: OnMetrics | None = None,
    token_loss: TokenLoss | None = None,
    training_notes: dict[str, Any] | None = None,
) -> FitResult:
    """Train on articles and write a model folder to ``out``; checkpoints and metrics lie beside it until it is done.

    Where torch.distributed has been set up (``processes.joined``), all processes call this with the same arguments,
    share each batch, and the first one writes.

    Args:
        dev: scored while training, as the recipe's ``eval_strategy`` says.
        resume: continue from the newest whole checkpoint of the same recipe and data, if there is one; a run that is
            complete is left as it is.
        on_step: called after each step with steps done, steps in all and the loss; first for each teacher that is
            trained, then for the model.
        token_loss: instead of the recipe's.
        training_notes: what to keep in ``eventcorpus.json`` and ``run.json`` about where the data came from.

    Raises:
        ModelError: if the encoder cannot be loaded, the loss stops being a number, or memory does not suffice.
        RecipeError: if the recipe asks for what this machine cannot give, or for scores and there is no ``dev``.
        InputError: if no article has anything to learn from, or checkpoints belong to another run.
        OutputError: if the disk refuses.
    """
    processes = current_processes()
    if processes.is_first:
        check_folder(out, is_ours=is_model_folder)
    check_dev(recipe, dev)
    source = find_encoder(recipe.encoder)
    tokenizer = load_tokenizer(source)
    encode = encode_with(tokenizer, ontology, recipe)
    encoded = encode(articles)
    check_spans(encoded, n_articles=len(articles))
    report_encoded(encoded, ontology, recipe, n_articles=len(articles))
    unlabelled = read_unlabelled(recipe)
    identity = _identity(articles, dev, ontology, recipe, processes, unlabelled)
    folder = out.with_name(f"{out.name}.checkpoints")
    if resume and is_complete(out, run_hash(identity), processes):
        logger.info("%s: this run is complete already; nothing is left to train", out)
        if processes.is_first:
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
        part_size=recipe.per_device_train_batch_size,
        n_parts=recipe.gradient_accumulation_steps,
        seed=recipe.seed,
        pad_id=pad_id,
        rank=processes.rank,
        n_processes=processes.n,
    )
    seed_all(recipe.seed)
    with out_of_memory_explained(recipe):
        learner = learner_for(
            source, tags=tag_names(ontology.labels), recipe=recipe, token_loss=token_loss or loss, processes=processes
        )
    if processes.rank:
        torch.manual_seed(recipe.seed + 1_000_003 * processes.rank)  # dropout differs between processes
    about = _about(ontology, recipe, n_articles=len(articles), n_spans=encoded.n_spans, notes=training_notes or {})
    is_watched = dev and recipe.eval_strategy != "no"
    watch = Watch(
        learner, epochs, recipe, folder, identity=identity, on_step=on_step, on_metrics=on_metrics,
        score=(lambda step: score_dev(dev, learner, tokenizer, about, step=step)) if is_watched else None,
    )  # fmt: skip
    if processes.is_first:
        clear_leftovers(out, folder, resume=resume)
    progress = watch.resume() if resume else Progress()
    resumed_at = progress.step
    watch.begin(progress)
    progress = train(learner, epochs, recipe, progress, after_step=watch)
    model = finished_model(learner, recipe, source, tags=tag_names(ontology.labels))
    if processes.is_first:
        about = about.model_copy(update={"training": {**about.training, "n_steps": progress.step}})
        facts = run_facts(run_hash(identity), recipe, ontology, progress, processes, notes=training_notes or {})
        extra = {"recipe.yaml": recipe_yaml(recipe), RUN: to_json(facts, indent=2) + "\n", **watch.end()}
        model.config._name_or_path = about.encoder
        save_model(out, model, tokenizer, about, extra=extra)
        drop_folder(folder)
    return fit_result(out, encoded, progress, resumed_at=resumed_at)


def _identity(
    articles: Sequence[AnnotatedArticle],
    dev: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    processes: Processes,
    unlabelled: Sequence[Article] = (),
) -> dict[str, Any]:
    dtype = precision_for(recipe, processes.device)
    teacher = teacher_recipe(recipe, 0) if recipe.n_teachers else None
    return run_identity(
        articles, dev, ontology, recipe,
        n_processes=processes.n, dtype=dtype, unlabelled=unlabelled, teacher=teacher,
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
