"""What a training run would do: how much there is to learn, in how many steps, and how long a step takes here.

Nothing is written but in a temporary folder.
"""

from __future__ import annotations

import logging
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eventcorpus.files import check_replaceable
from eventcorpus.models.encoders import has_weights
from eventcorpus.models.folder import is_model_folder
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted
from eventcorpus.training.batches import Epochs
from eventcorpus.training.distillation import teacher_recipe
from eventcorpus.training.distributed import Processes
from eventcorpus.training.examples import Example, Preparation, prepare
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.soft_targets import soft_target_examples
from eventcorpus.training.unlabelled import unlabelled_texts

MEASURED_STEPS = 5
_MAX_ARTICLES = 64
_MAX_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would learn from.

    ``has_weights``: whether the encoder's weights are on this machine. ``n_unlabelled``: windows of articles without
    labels; ``n_teacher_steps``: of all teachers together.
    """

    prepared: Preparation
    n_steps: int
    has_weights: bool
    n_unlabelled: int = 0
    n_teacher_steps: int = 0

    def lines(self) -> list[str]:
        """The plan in words."""
        recipe, encoded, n_articles = self.prepared.recipe, self.prepared.encoded, len(self.prepared.articles)
        here = "" if self.has_weights else f"; the weights of {recipe.encoder} are not here yet, training fetches them"
        teachers = [
            f"first {counted(recipe.n_teachers, 'teacher')}, {counted(self.n_teacher_steps, 'step')} in all; they "
            f"give targets for these windows and for {self.n_unlabelled:,} without labels"
        ]
        soft_targets = [f"{counted(self.n_unlabelled, 'window')} without labels, learned from {recipe.soft_targets}"]
        return [
            f"{counted(n_articles, 'article')}, {counted(encoded.n_tokens, 'token')}, "
            f"{counted(len(encoded.examples), 'window')} of up to {recipe.max_length}; "
            f"{counted(encoded.n_spans, 'span')}, of which {len(encoded.lost):,} cannot be learned",
            *(teachers if recipe.n_teachers else []),
            *(soft_targets if recipe.soft_targets else []),
            f"{counted(self.n_steps, 'step')}: {counted(recipe.num_train_epochs, 'epoch')} of "
            f"{self.n_steps // recipe.num_train_epochs:,}" + here,
        ]


def plan_of(articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe, out: Path) -> Plan:
    """Prepare as ``fit`` does before its first step, and count what it would train on.

    Raises:
        ModelError: if the encoder cannot be found, has no fast tokenizer, or reads fewer tokens than ``max_length``.
        InputError: if no article has anything to learn from.
        OutputError: if ``out`` holds something else.
    """
    check_replaceable(out, is_ours=is_model_folder)
    prepared = prepare(articles, ontology, recipe)
    unlabelled: Sequence[Example] = ()
    n_teacher_steps = 0
    if recipe.n_teachers:
        unlabelled = prepared.encode(
            unlabelled_texts(prepared.unlabelled, prepared.ontology.labels, recipe), for_heads=False
        )
        n_windows_of_a_teacher = len(prepared.encoded.examples) * (recipe.n_teachers - 1) // recipe.n_teachers
        n_teacher_steps = recipe.n_teachers * _n_steps(n_windows_of_a_teacher, teacher_recipe(recipe, 0))
    elif recipe.soft_targets:
        unlabelled = soft_target_examples(prepared)
    examples = [*prepared.encoded.examples, *unlabelled]
    epochs = Epochs(lambda epoch: examples, recipe, pad_id=prepared.encoder.pad_id, processes=Processes(0, 1))
    return Plan(prepared, epochs.n_steps, has_weights(prepared.source), len(unlabelled), n_teacher_steps)


def _n_steps(n_windows: int, recipe: Recipe) -> int:
    batch_size = recipe.per_device_train_batch_size * recipe.gradient_accumulation_steps
    return -(-n_windows // batch_size) * recipe.num_train_epochs


class _Enough(Exception):
    """Enough steps were timed."""


def seconds_a_step(articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe) -> float | None:
    """Time a few real steps of ``fit``, without teachers, on articles drawn with the recipe's seed.

    The first step, which warms up, is not counted. Batches differ in length, so the mean of a few is an estimate.

    Returns:
        seconds per step; None where there are too few steps to time.
    """
    sample = random.Random(recipe.seed).sample(list(articles), min(len(articles), _MAX_ARTICLES))
    ends: list[float] = []

    def on_step(done: int, total: int, loss: float) -> None:
        ends.append(time.perf_counter())
        if done > MEASURED_STEPS or ends[-1] - ends[0] > _MAX_SECONDS:
            raise _Enough

    package_logger = logging.getLogger("eventcorpus")
    level = package_logger.level
    package_logger.setLevel(logging.ERROR)  # fit's counts of the sample would be taken for those of all articles
    quick = recipe.replace(
        save_steps=10**9, report_to="none", early_stopping_patience=0, load_best_model_at_end=False, fsdp=False,
        n_teachers=0, unlabelled="", soft_targets="",
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory(prefix="eventcorpus-") as folder:
            fit(sample, ontology, quick, Path(folder) / "model", on_step=on_step)
    except _Enough:
        pass
    finally:
        package_logger.setLevel(level)
    return (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else None
