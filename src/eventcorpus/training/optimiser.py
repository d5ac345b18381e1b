"""The optimiser: AdamW with a rate per layer, and bf16 weights that learn through an fp32 master copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from eventcorpus.inference.backends import has_bf16
from eventcorpus.training.recipe import Recipe

HEADS = "heads/"
_LAYER = re.compile(r"\.(?:layers?|h|block)\.(\d+)\.")


def precision_for(recipe: Recipe, device: torch.device) -> torch.dtype:
    """The dtype of the weights while training; ``auto`` is bf16 where that is not computed by way of fp32."""
    if recipe.precision != "auto":
        return {"bf16": torch.bfloat16, "fp32": torch.float32}[recipe.precision]
    return torch.bfloat16 if has_bf16(device) else torch.float32


@dataclass
class MasterCopy:
    """The weights of a model that learn, and the fp32 tensors that the optimiser changes, both by name.

    In fp32 training these are the same tensors. In bf16 training the copy adds up steps that are smaller than bf16 can
    express (Micikevicius et al. 2018).
    """

    weights: Mapping[str, nn.Parameter]
    master: Mapping[str, torch.Tensor]
    _has_gradients: bool = False

    @classmethod
    def of(cls, model: nn.Module, dtype: torch.dtype, *, heads: nn.Module | None = None) -> MasterCopy:
        """Split off an fp32 copy and cast the model's weights, frozen ones too, to ``dtype``.

        Args:
            heads: learn beside the model, in fp32; their names begin with ``HEADS``.
        """
        weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        weights |= {f"{HEADS}{name}": weight for name, weight in heads.named_parameters()} if heads else {}
        if dtype == torch.float32:
            return cls(weights, weights)
        master = {name: weight.detach().clone().requires_grad_(True) for name, weight in weights.items()}
        _cast(model, dtype)
        return cls(weights, master)

    def accumulate_gradients(self) -> None:
        """Add the model's gradients to those of the master copy, in fp32, and clear them."""
        if not self._is_separate:
            return
        for weight, master in zip(self.weights.values(), self.master.values(), strict=True):
            if master.grad is None:
                master.grad = torch.zeros_like(master)
            if weight.grad is None:  # the weight had no part in this micro-batch
                weight.grad = torch.zeros_like(weight)
        gradients = [master.grad for master in self.master.values() if master.grad is not None]
        new = [weight.grad for weight in self.weights.values() if weight.grad is not None]
        (torch._foreach_add_ if self._has_gradients else torch._foreach_copy_)(gradients, new)
        self._has_gradients = True
        for weight in self.weights.values():
            weight.grad = None

    def zero_gradients(self) -> None:
        """Clear the gradients of a step; the memory of the master copy's gradients is kept for the next step."""
        self._has_gradients = False
        if not self._is_separate:
            for master in self.master.values():
                master.grad = None

    @property
    def _is_separate(self) -> bool:
        return self.master is not self.weights

    def sync_to_model(self) -> None:
        """Copy the master copy, rounded, to the model's weights."""
        if self._is_separate:
            with torch.no_grad():
                torch._foreach_copy_(list[torch.Tensor](self.weights.values()), list(self.master.values()))

    @contextmanager
    def in_full_precision(self, model: nn.Module) -> Iterator[None]:
        """For the time of the block the model has the fp32 weights that would be saved now."""
        if not self._is_separate:
            yield
            return
        dtype = next(iter(self.weights.values())).dtype
        _cast(model, torch.float32)
        self.sync_to_model()
        try:
            yield
        finally:
            _cast(model, dtype)
            self.sync_to_model()


def _cast(model: nn.Module, dtype: torch.dtype) -> None:
    """Cast weights but not buffers: bf16 is too coarse for the inverse frequencies of rotary positions."""
    for weight in model.parameters():
        weight.data = weight.data.to(dtype)


def optimiser_for(copy: MasterCopy, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW in which each layer learns with ``layerwise_lr_decay`` of the rate of the layer above it.

    Biases, norms and embeddings are not decayed. ``initial_lr`` of a group is its full rate, which the schedule scales.
    """
    depths = {name: int(found[1]) for name in copy.master if (found := _LAYER.search(f".{name}"))}
    n_layers = max(depths.values(), default=-1) + 1
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, tensor in copy.master.items():
        # 0 for the top layer and whatever stands above it, n_layers for the embeddings below the first
        of_heads = name.startswith(HEADS)
        below = n_layers if "embed" in name else n_layers - 1 - depths.get(name, n_layers - 1)
        decays = tensor.ndim > 1 and "embed" not in name
        rate = recipe.learning_rate * recipe.layerwise_lr_decay**below
        if of_heads:
            below, rate = -1, recipe.heads_learning_rate
        group = groups.setdefault(
            (below, decays),
            {"params": [], "lr": rate, "initial_lr": rate, "weight_decay": recipe.weight_decay if decays else 0.0},
        )
        group["params"].append(tensor)
    return torch.optim.AdamW(list(groups.values()), lr=recipe.learning_rate, fused=True)


def rate_factor(step: int, n_steps: int, warmup_steps: float) -> float:
    """Linear warm-up to 1, then linear descent to 0; ``step`` counts from 0."""
    warmup = warmup_steps if warmup_steps >= 1 else warmup_steps * n_steps
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return max(0.0, (n_steps - step) / max(1.0, n_steps - warmup))
