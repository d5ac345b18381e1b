"""The training loop: batches in, steps of the optimiser out.

Comes in: a ``Learner`` and the ``Epochs``. What else happens between two steps (showing, scoring, checkpoints) is the
business of ``after_step``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from eventcorpus.errors import ModelError
from eventcorpus.training.epochs import Epochs
from eventcorpus.training.faults import out_of_memory_explained
from eventcorpus.training.learner import Learner
from eventcorpus.training.optimiser import rate_factor
from eventcorpus.training.progress import Progress
from eventcorpus.training.recipe import Recipe

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
