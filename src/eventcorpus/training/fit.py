"""Fine-tune an encoder on annotated articles.

Comes in: articles with spans, an ontology, a recipe. Goes out: a model folder. Needs torch and transformers only:
no dataset library, so that it runs where none is installed.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from eventcorpus.errors import InputError, ModelError, OutputError
from eventcorpus.files import check_folder, to_json
from eventcorpus.models.encode import frame_of
from eventcorpus.models.encoders import BUNDLED, BUNDLED_NAME, check_length, find_encoder, load_encoder, load_tokenizer
from eventcorpus.models.folder import ModelAbout, is_model_folder, save_model
from eventcorpus.models.tags import tag_names
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from eventcorpus.training.optimiser import MasterCopy, optimiser_for, precision_for, rate_factor
from eventcorpus.training.recipe import Recipe, recipe_yaml
from eventcorpus.training.windows import IGNORED, EncodedArticles, batch_order, batches_from, encode_articles

logger = logging.getLogger(__name__)

OnStep = Callable[[int, int, float], None]
"""Called after each step with (steps done, steps in all, loss of the step)."""


@dataclass(frozen=True, slots=True)
class FitResult:
    """What a training run did. ``tokens_per_second``: sub-words, special ones included, padding excluded."""

    out: Path
    n_steps: int
    resumed_at: int
    seconds: float
    tokens_per_second: float
    losses: tuple[float, ...]
    n_examples: int
    n_spans: int
    n_lost: int


def fit(
    articles: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    out: Path,
    *,
    resume: bool = False,
    on_step: OnStep | None = None,
    training_notes: dict[str, Any] | None = None,
) -> FitResult:
    """Train on articles and write a model folder to ``out``; checkpoints lie beside it until it is done.

    Args:
        resume: continue from the newest whole checkpoint of the same recipe and data, if there is one.
        training_notes: what to keep in ``eventcorpus.json`` about where the data came from.

    Raises:
        ModelError: if the encoder cannot be loaded, or the loss stops being a number.
        InputError: if no article has anything to learn from.
        OutputError: if the disk refuses.
    """
    check_folder(out, is_ours=is_model_folder)
    source = find_encoder(recipe.encoder)
    tokenizer = load_tokenizer(source)
    frame = frame_of(tokenizer)
    encoded = encode_articles(
        articles, ontology, tokenizer, frame=frame, max_length=recipe.max_length, stride=recipe.stride
    )
    if not encoded.n_spans:
        raise InputError(
            f"nothing to learn: {len(articles)} articles and not one span in them; check the split and the labels"
        )
    _report(encoded, len(articles))

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.seed)
    model = load_encoder(source, tags=tag_names(ontology.labels), dropout=recipe.dropout)
    check_length(model.config, recipe.encoder, max_length=recipe.max_length)
    if recipe.freeze_word_embeddings:
        model.get_input_embeddings().weight.requires_grad_(False)
    model.to(device).train()
    copy = MasterCopy.of(model, precision_for(recipe, device))
    optimiser = optimiser_for(copy, recipe)

    run = _run_hash(articles, ontology, recipe)
    checkpoints = out.with_name(f"{out.name}.checkpoints")
    progress = Progress()
    if resume:
        progress, passed = load_checkpoint(checkpoints, copy, optimiser, run=run)
        for line in passed:
            logger.warning("%s; passed over", line)
    elif checkpoints.exists():
        logger.warning("%s: checkpoints of an unfinished run dropped (--resume would continue it)", checkpoints)
        shutil.rmtree(checkpoints, ignore_errors=True)
    resumed_at = progress.step
    try:
        progress = _train(
            model, copy, optimiser, encoded, recipe, progress, checkpoints, run, tokenizer.pad_token_id or 0, on_step
        )
    except OSError as error:
        raise OutputError(
            f"{checkpoints}: a checkpoint cannot be written ({error.strerror or error}); free the disk, then --resume"
        ) from None

    model.to("cpu", torch.float32).eval()
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name, master in copy.state().items():
            weights[name].copy_(master)
    n_steps = progress.step
    rate = encoded.n_tokens * recipe.num_train_epochs / progress.seconds if progress.seconds else 0.0
    encoder = BUNDLED_NAME if recipe.encoder == BUNDLED else recipe.encoder
    model.config._name_or_path = encoder
    about = ModelAbout(
        ontology=ontology,
        max_length=recipe.max_length,
        stride=recipe.stride,
        decoder=recipe.decoder,  # type: ignore[arg-type]
        encoder=encoder,
        training={
            "n_articles": len(articles),
            "n_spans": encoded.n_spans,
            "n_steps": n_steps,
            **(training_notes or {}),
        },
    )
    save_model(out, model, tokenizer, about, extra={"recipe.yaml": recipe_yaml(recipe)})
    shutil.rmtree(checkpoints, ignore_errors=True)
    return FitResult(
        out,
        n_steps,
        resumed_at,
        progress.seconds,
        rate,
        progress.losses,
        len(encoded.examples),
        encoded.n_spans,
        len(encoded.lost),
    )


def _train(
    model: Any,
    copy: MasterCopy,
    optimiser: torch.optim.Optimizer,
    encoded: EncodedArticles,
    recipe: Recipe,
    progress: Progress,
    checkpoints: Path,
    run: str,
    pad_id: int,
    on_step: OnStep | None,
) -> Progress:
    """Run the steps that are left; returns the progress at the end, with the mean loss of each epoch."""
    batch_size = recipe.per_device_train_batch_size
    per_epoch = -(-len(encoded.examples) // batch_size)
    n_steps = per_epoch * recipe.num_train_epochs
    device = next(model.parameters()).device
    step, losses = progress.step, list(progress.losses)
    start = time.perf_counter() - progress.seconds
    for epoch in range(step // per_epoch, recipe.num_train_epochs):
        order = batch_order(encoded.examples, batch_size=batch_size, seed=recipe.seed, epoch=epoch)
        for batch in batches_from(encoded.examples, order[step - epoch * per_epoch :], pad_id=pad_id):
            targets = batch.pop("labels").to(device)
            logits = model(**{name: tensor.to(device) for name, tensor in batch.items()}).logits
            loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
            value = float(loss.detach())
            if value != value:
                raise ModelError(
                    f"the loss is not a number at step {step + 1} of {n_steps}; lower learning_rate "
                    f"({recipe.learning_rate:g}) "
                    "or set precision: fp32"
                )
            loss.backward()  # type: ignore[no-untyped-call]
            copy.take_gradients()
            nn.utils.clip_grad_norm_(copy.master, recipe.max_grad_norm)
            for group in optimiser.param_groups:
                group["lr"] = group["initial_lr"] * rate_factor(step, n_steps, recipe.warmup_steps)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            copy.give_weights()
            step += 1
            losses.append(value)
            if on_step is not None:
                on_step(step, n_steps, value)
            if step % recipe.save_steps == 0 and step < n_steps:
                save_checkpoint(
                    checkpoints, copy, optimiser, Progress(step, time.perf_counter() - start, tuple(losses)), run=run
                )
    return Progress(step, time.perf_counter() - start, tuple(losses))


def _run_hash(articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe) -> str:
    digest = hashlib.sha256(to_json(asdict(recipe) | {"output_dir": "", "dataset": ""}).encode())
    digest.update(to_json(ontology.model_dump(mode="json")).encode())
    for annotated in articles:
        spans = [(span.start, span.end, span.label) for span in annotated.spans]
        digest.update(to_json([annotated.article.id, annotated.article.text_sha256, spans]).encode())
    return digest.hexdigest()


def _report(encoded: EncodedArticles, n_articles: int) -> None:
    share = 100 * len(encoded.lost) / encoded.n_spans
    logger.info(
        "encoded %s articles into %s windows, %s tokens; %s of %s spans cannot be learned (%.1f%%), %s "
        "are cut by every window",
        f"{n_articles:,}", f"{len(encoded.examples):,}", f"{encoded.n_tokens:,}",
        f"{len(encoded.lost):,}", f"{encoded.n_spans:,}", share, f"{encoded.n_cut:,}",
    )  # fmt: skip
    for line in encoded.lost[:5]:
        logger.info("cannot be learned: %s", line)
