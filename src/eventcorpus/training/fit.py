"""Fine-tune an encoder on annotated articles.

Comes in: articles with spans, an ontology, a recipe. Goes out: a model folder. Needs torch and transformers only:
no dataset library, so that it runs where none is installed.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import InputError, ModelError, OutputError
from eventcorpus.files import check_folder, to_json
from eventcorpus.models.encode import frame_of
from eventcorpus.models.encoders import BUNDLED, BUNDLED_NAME, check_length, find_encoder, load_encoder, load_tokenizer
from eventcorpus.models.folder import ModelAbout, is_model_folder, save_model
from eventcorpus.models.tags import tag_names
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.checkpoint import load_checkpoint, save_checkpoint
from eventcorpus.training.epochs import Epochs
from eventcorpus.training.loop import Learner, train
from eventcorpus.training.loss import TokenLoss, hard_loss
from eventcorpus.training.optimiser import MasterCopy, optimiser_for, precision_for
from eventcorpus.training.progress import Progress
from eventcorpus.training.recipe import Recipe, recipe_yaml
from eventcorpus.training.windows import EncodedArticles, encode_articles

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
    token_loss: TokenLoss = hard_loss,
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
    epochs = Epochs(
        lambda epoch: encoded.examples,
        n_epochs=recipe.num_train_epochs,
        part_size=recipe.per_device_train_batch_size,
        seed=recipe.seed,
        pad_id=tokenizer.pad_token_id or 0,
    )

    def after_step(progress: Progress) -> Progress:
        if on_step is not None:
            on_step(progress.step, epochs.n_steps, progress.losses[-1])
        if progress.step % recipe.save_steps == 0 and progress.step < epochs.n_steps:
            save_checkpoint(checkpoints, copy, optimiser, progress, run=run)
        return progress

    learner = Learner(model, copy, optimiser, token_loss, recipe.max_grad_norm, device)
    try:
        progress = train(learner, epochs, recipe, progress, after_step=after_step)
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
