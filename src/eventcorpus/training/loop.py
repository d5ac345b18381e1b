"""The training loop: batches in, steps of the optimiser out.

Comes in: a ``Learner`` (model, weights, optimiser, loss) and the ``Epochs``. What else happens between two steps
(showing, scoring, checkpoints) is the business of ``after_step``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from eventcorpus.errors import ModelError
from eventcorpus.training.epochs import Batch, Epochs
from eventcorpus.training.loss import TokenLoss
from eventcorpus.training.optimiser import MasterCopy, rate_factor
from eventcorpus.training.progress import Progress
from eventcorpus.training.recipe import Recipe

MODEL_INPUTS = ("input_ids", "attention_mask")
"""What of a batch the model sees; the rest is for the loss."""

AfterStep = Callable[[Progress], Progress]
"""Called after each step with the progress made, this step included; says what to go on with."""


@dataclass(frozen=True)
class Learner:
    """Everything that a step changes, and how."""

    model: Any
    copy: MasterCopy
    optimiser: torch.optim.Optimizer
    token_loss: TokenLoss
    max_grad_norm: float
    device: torch.device

    def step(self, batch: Batch, *, factor: float) -> float:
        """Learn from one batch with ``factor`` of the full rate.

        Returns:
            the mean loss of the labelled tokens of the global batch; where it is no finite number, nothing was learned.
        """
        total = torch.zeros((), device=self.device)
        for part in batch.parts:
            tensors = {name: tensor.to(self.device) for name, tensor in part.items()}
            logits = self.model(**{name: tensors.pop(name) for name in MODEL_INPUTS}).logits
            loss = self.token_loss(logits, tensors) / max(1, batch.n_labelled)
            loss.backward()  # type: ignore[no-untyped-call]
            self.copy.take_gradients()
            total += loss.detach()
        value = float(total)
        if math.isfinite(value):
            nn.utils.clip_grad_norm_(self.copy.master, self.max_grad_norm)
            for group in self.optimiser.param_groups:
                group["lr"] = group["initial_lr"] * factor
            self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.copy.give_weights()
        return value


def train(learner: Learner, epochs: Epochs, recipe: Recipe, progress: Progress, *, after_step: AfterStep) -> Progress:
    """Run the steps that are left after ``progress``.

    Raises:
        ModelError: if the loss stops being a number.
    """
    for epoch in range(epochs.epoch_of(progress.step), epochs.n_epochs):
        start = time.perf_counter()
        for batch in epochs.batches(epoch, start=progress.step - epochs.first_step(epoch)):
            loss = learner.step(batch, factor=rate_factor(progress.step, epochs.n_steps, recipe.warmup_steps))
            if not math.isfinite(loss):
                raise ModelError(_not_a_number(progress.step + 1, epochs, recipe))
            now = time.perf_counter()
            progress = progress.after_step(loss=loss, n_tokens=batch.n_tokens, seconds=now - start)
            progress = after_step(progress)
            start = time.perf_counter()
    return progress


def _not_a_number(step: int, epochs: Epochs, recipe: Recipe) -> str:
    return (
        f"the loss is not a number at step {step} of {epochs.n_steps}; lower learning_rate "
        f"({recipe.learning_rate:g}) or set precision: fp32"
    )
