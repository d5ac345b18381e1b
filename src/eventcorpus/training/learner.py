"""What learns: the model, its fp32 master copy, the optimiser, and how they take a step.

Comes in: an encoder and a recipe. Goes out: a ``Learner``, whose whole state is tensors by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from eventcorpus.errors import RecipeError
from eventcorpus.models.encoders import check_length, load_encoder
from eventcorpus.training.batches import Batch, pieces
from eventcorpus.training.distributed import Processes, like, shard, whole
from eventcorpus.training.examples import IGNORED
from eventcorpus.training.optimiser import MasterCopy, optimiser_for, precision_for
from eventcorpus.training.recipe import Recipe

MODEL_INPUTS = ("input_ids", "attention_mask")
"""What of a batch the model sees; the rest is for the loss."""
_STATE = ("exp_avg", "exp_avg_sq", "step")
_AT_ONCE = 4096
"""Tokens, padded ones included, that a processor goes through at a time, so that memory stays bounded."""


@dataclass
class Learner:
    """Everything that a step changes, and how. ``forward`` is the model, or its compiled twin."""

    model: Any
    forward: Callable[..., Any]
    copy: MasterCopy
    optimiser: torch.optim.Optimizer
    token_loss: TokenLoss
    max_grad_norm: float
    processes: Processes
    is_sharded: bool = False
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    """The weights of the best score, whole and on the CPU of the first process; empty before the first score."""

    def step(self, batch: Batch, *, factor: float) -> float:
        """Learn from one batch with ``factor`` of the full rate.

        Returns:
            the mean loss of the labelled tokens of the global batch; where it or a gradient is no finite number,
            NaN, and nothing was learned.
        """
        device = self.processes.device
        total = torch.zeros((), device=device)
        n_averaged = self.processes.world_size if self.is_sharded else 1  # FSDP averages over processes, we add up
        share = n_averaged / max(1, batch.n_labelled)
        for part in self._held_at_once(batch):
            tensors = {name: tensor.to(device) for name, tensor in part.items()}
            logits = self.forward(**{name: tensors.pop(name) for name in MODEL_INPUTS}).logits
            loss = self.token_loss(logits, tensors)
            (loss * share).backward()  # type: ignore[no-untyped-call]
            self.copy.accumulate_gradients()
            total += loss.detach() / max(1, batch.n_labelled)
        value = float(self.processes.all_reduce(total))
        if not self.is_sharded:
            self.processes.all_reduce_gradients(self.copy.master)
        norm = whole(nn.utils.get_total_norm([m.grad for m in self.copy.master if m.grad is not None]))
        if not (math.isfinite(value) and math.isfinite(float(norm))):
            return math.nan
        if float(norm) > self.max_grad_norm:
            nn.utils.clip_grads_with_norm_(self.copy.master, self.max_grad_norm, norm)
        for group in self.optimiser.param_groups:
            group["lr"] = group["initial_lr"] * factor
        self.optimiser.step()
        self.copy.drop_gradients()
        self.copy.sync_to_model()
        return value

    def _held_at_once(self, batch: Batch) -> Iterator[dict[str, torch.Tensor]]:
        """On a processor no batch needs more memory for being large; a GPU holds what it is given."""
        for part in batch.parts:
            yield from [part] if self.processes.device.type != "cpu" or self.is_sharded else pieces(part, _AT_ONCE)

    def weights(self) -> dict[str, torch.Tensor]:
        """The fp32 weights that learn, whole and on the CPU, copied; all processes must ask for them together."""
        return {name: whole(tensor).to("cpu", copy=True) for name, tensor in self.copy.state().items()}

    def keep_as_best(self) -> None:
        """Remember these weights as those of the best score."""
        weights = self.weights()
        if self.processes.is_main_process:
            self.best = weights

    def state(self) -> dict[str, torch.Tensor]:
        """Weights, optimiser and best weights by name; all processes must ask for it together."""
        tensors = {f"weight/{name}": tensor for name, tensor in self.weights().items()}
        for name, master in zip(self.copy.names, self.copy.master, strict=True):
            state = self.optimiser.state[master]
            tensors |= {f"{key}/{name}": whole(state[key]).cpu() for key in _STATE if key in state}
        return tensors | {f"best/{name}": tensor for name, tensor in self.best.items()}

    def set_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go back to what ``state`` gave."""
        with torch.no_grad():
            for name, master in zip(self.copy.names, self.copy.master, strict=True):
                master.copy_(like(master, tensors[f"weight/{name}"]))
                saved = {key: tensors[f"{key}/{name}"] for key in _STATE if f"{key}/{name}" in tensors}
                self.optimiser.state[master] = {
                    key: value.to(master.device) if key == "step" else like(master, value)
                    for key, value in saved.items()
                }
        self.copy.sync_to_model()
        if self.processes.is_main_process:
            self.best = {name[5:]: tensor for name, tensor in tensors.items() if name.startswith("best/")}


def learner_for(
    source: str, *, tags: Sequence[str], recipe: Recipe, token_loss: TokenLoss, processes: Processes
) -> Learner:
    """Load an encoder with a new head and make it ready to learn as a recipe says, in training mode.

    Raises:
        ModelError: if the encoder cannot be loaded, or reads less than the recipe's windows.
        RecipeError: if the recipe asks for what this machine or this way of starting cannot give.
    """
    dtype = precision_for(recipe, processes.device)
    if recipe.attn_implementation == "flash_attention_2" and (
        processes.device.type == "cpu" or dtype != torch.bfloat16
    ):
        raise RecipeError(
            f"attn_implementation is flash_attention_2, which needs an NVIDIA GPU and bf16; this is "
            f"{processes.device.type} and {str(dtype).removeprefix('torch.')}; set attn_implementation: sdpa"
        )
    if recipe.fsdp and processes.world_size == 1:
        raise RecipeError(
            "fsdp spreads an encoder over several processes and there is one; start with "
            "torchrun --nproc-per-node N -m eventcorpus train ..., or set fsdp: false"
        )
    model = load_encoder(
        source,
        tags=tags,
        dropout=recipe.dropout,
        attention_dropout=recipe.attention_dropout,
        attention=recipe.attn_implementation,
    )
    check_length(model.config, recipe.encoder, max_length=recipe.max_length)
    if recipe.freeze_word_embeddings:
        model.get_input_embeddings().weight.requires_grad_(False)
    model.to(processes.device).train()
    if processes.device.type == "cpu":
        cheapen_dropout(model)
    processes.broadcast([weight.data for weight in model.parameters()])
    if recipe.fsdp:
        shard(model, processes, dtype=dtype)
        dtype = torch.float32
    copy = MasterCopy.of(model, dtype)
    forward = torch.compile(model, dynamic=True) if recipe.torch_compile else model
    return Learner(
        model, forward, copy, optimiser_for(copy, recipe), token_loss, recipe.max_grad_norm, processes, recipe.fsdp
    )


TokenLoss = Callable[[torch.Tensor, Mapping[str, torch.Tensor]], torch.Tensor]
"""From logits, shape (batch_size, seq_len, n_tags), and the targets of ``collate`` (``labels``, and ``soft_labels``
where examples have them), to the sum of the losses of the labelled tokens, a scalar in fp32."""


def hard_loss(logits: torch.Tensor, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy with ``labels``, shape (batch_size, seq_len), summed; ``IGNORED`` ones count nothing."""
    labels = targets["labels"].flatten()
    return nn.functional.cross_entropy(logits.float().flatten(0, 1), labels, ignore_index=IGNORED, reduction="sum")


def soft_loss(logits: torch.Tensor, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy with ``soft_labels`` (Hinton et al. 2015), shape (batch_size, seq_len, n_tags), summed over the
    tokens that have a label.
    """
    labelled = targets["labels"] != IGNORED
    log_probabilities = logits.float().log_softmax(dim=-1)
    return -(targets["soft_labels"] * log_probabilities).sum(dim=-1)[labelled].sum()


_STEPS = 256


class ByteDropout(nn.Module):
    """Dropout (Srivastava et al. 2014) whose probability is rounded to a 256th; what stays is scaled accordingly.

    Randomness comes from torch's default generator, so that ``torch.manual_seed`` decides it.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self._dropped = round(p * _STEPS)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Zero a share of ``hidden``, any shape, on the CPU; in evaluation mode nothing."""
        if not self.training or not self._dropped:
            return hidden
        n = hidden.numel()
        bits = torch.empty(-(-n // 8), dtype=torch.int64).random_(-(2**63), None)
        stays = bits.view(torch.uint8)[:n].view(hidden.shape) >= self._dropped
        return hidden * stays.to(hidden.dtype).mul_(_STEPS / (_STEPS - self._dropped))


def cheapen_dropout(model: nn.Module) -> None:
    """Put ``ByteDropout`` in the place of every ``nn.Dropout`` of a model that stays on the CPU."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Dropout:
                setattr(parent, name, ByteDropout(child.p))
