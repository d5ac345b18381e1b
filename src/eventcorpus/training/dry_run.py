"""What a training run would do, found out without doing it.

Comes in: articles, an ontology, a recipe. Goes out: how much there is to learn, in how many steps, and how long a step
takes here. Nothing is written but in a temporary folder.
"""

from __future__ import annotations

import logging
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eventcorpus.files import check_replaceable
from eventcorpus.models.encoders import check_length, find_encoder, has_weights, load_config, load_tokenizer
from eventcorpus.models.folder import is_model_folder
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.distillation import read_unlabelled, teacher_recipe, unlabelled_pieces
from eventcorpus.training.examples import encode_with
from eventcorpus.training.fit import check_spans, fit
from eventcorpus.training.recipe import Recipe

MEASURED_STEPS = 5
_ENOUGH_ARTICLES = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would learn from. ``n_tokens`` as in ``EncodedArticles``; ``n_lost`` spans that no tag can express.

    ``n_unlabelled`` windows are read with the teachers' word alone; ``n_teacher_steps`` are those of all teachers.
    """

    n_articles: int
    n_spans: int
    n_lost: int
    n_windows: int
    n_tokens: int
    n_steps: int
    has_weights: bool
    n_unlabelled: int = 0
    n_teacher_steps: int = 0

    def lines(self, recipe: Recipe) -> list[str]:
        """The plan in words."""
        here = "" if self.has_weights else f"; the weights of {recipe.encoder} are not here yet, training fetches them"
        teachers = [
            f"first {recipe.n_teachers} teachers, {self.n_teacher_steps:,} steps in all; they speak of these windows "
            f"and of {self.n_unlabelled:,} without labels"
        ]
        return [
            f"{self.n_articles:,} articles, {self.n_tokens:,} tokens, {self.n_windows:,} windows of up to "
            f"{recipe.max_length}; {self.n_spans:,} spans, of which {self.n_lost:,} cannot be learned",
            *(teachers if recipe.n_teachers else []),
            f"{self.n_steps:,} steps: {recipe.num_train_epochs} epochs of {self.n_steps // recipe.num_train_epochs:,}"
            + here,
        ]


def plan_of(articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe, out: Path) -> Plan:
    """Check all that ``fit`` checks before its first step, and count what it would train on.

    Raises:
        ModelError: if the encoder cannot be found, has no fast tokenizer, or reads fewer tokens than ``max_length``.
        InputError: if no article has anything to learn from.
        OutputError: if ``out`` holds something else.
    """
    check_replaceable(out, is_ours=is_model_folder)
    source = find_encoder(recipe.encoder)
    check_length(load_config(source), recipe.encoder, max_length=recipe.max_length)
    encode = encode_with(load_tokenizer(source), ontology, recipe)
    encoded = encode(articles)
    check_spans(encoded, n_articles=len(articles))
    n_windows, n_unlabelled, n_teacher_steps = len(encoded.examples), 0, 0
    if recipe.n_teachers:
        pieces = unlabelled_pieces(read_unlabelled(recipe), recipe, labels=articles[0].labels_annotated)
        n_unlabelled = len(encode(pieces).examples)
        read = n_windows * (recipe.n_teachers - 1) // recipe.n_teachers
        n_teacher_steps = recipe.n_teachers * _n_steps(read, teacher_recipe(recipe, 0))
    return Plan(
        n_articles=len(articles),
        n_spans=encoded.n_spans,
        n_lost=len(encoded.lost),
        n_windows=n_windows,
        n_tokens=encoded.n_tokens,
        n_steps=_n_steps(n_windows + n_unlabelled, recipe),
        has_weights=has_weights(source),
        n_unlabelled=n_unlabelled,
        n_teacher_steps=n_teacher_steps,
    )


def _n_steps(n_windows: int, recipe: Recipe) -> int:
    batch_size = recipe.per_device_train_batch_size * recipe.gradient_accumulation_steps
    return -(-n_windows // batch_size) * recipe.num_train_epochs


class _Enough(Exception):
    """Enough steps were timed."""


def seconds_a_step(
    articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe, *, most: float = 60.0
) -> float | None:
    """Time a few real steps of ``fit`` on articles drawn with the recipe's seed, in a folder that vanishes; no teacher
    is trained for it.

    The first step, which warms up, is not counted. Batches differ in length, so the mean of a few is a guess.

    Args:
        most: stop timing after so many seconds.

    Returns:
        seconds a step; None where there are too few steps to time.
    """
    some = random.Random(recipe.seed).sample(list(articles), min(len(articles), _ENOUGH_ARTICLES))
    ends: list[float] = []

    def on_step(done: int, total: int, loss: float) -> None:
        ends.append(time.perf_counter())
        if done > MEASURED_STEPS or ends[-1] - ends[0] > most:
            raise _Enough

    ours = logging.getLogger("eventcorpus")
    level = ours.level
    ours.setLevel(logging.ERROR)  # what fit says of this sample would read as if it spoke of the whole
    quick = replace(
        recipe, save_steps=10**9, report_to="none", early_stopping_patience=0, load_best_model_at_end=False, fsdp=False,
        n_teachers=0, unlabelled="",
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory(prefix="eventcorpus-") as folder:
            fit(some, ontology, quick, Path(folder) / "model", on_step=on_step)
    except _Enough:
        pass
    finally:
        ours.setLevel(level)
    return (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else None
