"""One optimiser step: the model, its fp32 master copy, the loss, failed allocations, and dropout on processors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from eventcorpus.errors import ModelError, RecipeError
from eventcorpus.models.heads import EventHeads
from eventcorpus.tables import counted
from eventcorpus.training.batches import Batch, MicroBatch, chunks, like_lengths
from eventcorpus.training.distributed import Processes, distributed_like, full_tensor, shard
from eventcorpus.training.examples import Preparation
from eventcorpus.training.head_targets import IGNORED, HeadLoss
from eventcorpus.training.optimiser import HEADS, MasterCopy, optimiser_for, precision_for
from eventcorpus.training.recipe import Recipe

MODEL_INPUTS = ("input_ids", "attention_mask")
"""The tensors of a batch that the model reads; the others are for the loss."""
_STATE = ("exp_avg", "exp_avg_sq", "step")
_MAX_TOKENS_ON_CPU = 4096
"""Tokens, padding included, that a processor reads at a time, so that large batches need no more memory."""


@dataclass
class Learner:
    """Everything that a step changes. ``forward`` is the model, or what torch.compile made of it."""

    model: Any
    forward: Callable[..., Any]
    copy: MasterCopy
    optimiser: torch.optim.Optimizer
    token_loss: TokenLoss
    recipe: Recipe
    processes: Processes
    heads: EventHeads | None = None
    head_loss: HeadLoss | None = None
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    """The weights of the best score, unsharded and on the CPU of the main process; empty before the first score."""

    def step(self, batch: Batch, *, factor: float) -> float:
        """Learn from one batch with ``factor`` of the full learning rate.

        Returns:
            the mean loss per labelled token of the global batch; NaN if it or a gradient is not finite, and then
            nothing was learned.

        Raises:
            ModelError: if memory does not suffice.
        """
        with out_of_memory_explained(self.recipe, batch.micro_batches):
            device, master = self.processes.device, list(self.copy.master.values())
            total = torch.zeros((), device=device)
            n_averaged = self.processes.world_size if self.recipe.fsdp else 1  # FSDP averages over processes, we add up
            share = n_averaged / max(1, batch.n_labelled)
            for chunk in self._chunks(batch):
                tensors = {name: tensor.to(device) for name, tensor in chunk.tensors.items()}
                inputs = {name: tensors.pop(name) for name in MODEL_INPUTS}
                logits, states = self._read(inputs, for_heads=bool(chunk.heads))
                loss = self.token_loss(logits, tensors)
                whole = loss * share
                if states is not None:
                    whole = whole + n_averaged * self._heads_loss(states, chunk, batch)
                whole.backward()  # type: ignore[no-untyped-call]
                self.copy.accumulate_gradients()
                total += loss.detach() / max(1, batch.n_labelled)
            for name, weight in self.copy.master.items():  # all processes reduce the same gradients
                if name.startswith(HEADS) and weight.grad is None:
                    weight.grad = torch.zeros_like(weight)
            value = float(self.processes.all_reduce(total))
            if not self.recipe.fsdp:
                self.processes.all_reduce_gradients(master)
            norm = full_tensor(nn.utils.get_total_norm([m.grad for m in master if m.grad is not None]))
            if not (math.isfinite(value) and math.isfinite(float(norm))):
                return math.nan
            if float(norm) > self.recipe.max_grad_norm:
                nn.utils.clip_grads_with_norm_(master, self.recipe.max_grad_norm, norm)
            for group in self.optimiser.param_groups:
                group["lr"] = group["initial_lr"] * factor
            self.optimiser.step()
            self.copy.zero_gradients()
            self.copy.sync_to_model()
            return value

    def _read(self, inputs: dict[str, torch.Tensor], *, for_heads: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits of a chunk's tokens, and what the heads read of them.

        Windows of an article share a chunk, long ones and short ones. On a processor those of like length are read
        together, so that little of what is read is padding (training/README.md).
        """
        lengths = inputs["attention_mask"].sum(dim=1)
        is_split = for_heads and lengths.device.type == "cpu" and not self.recipe.fsdp
        parts = like_lengths(lengths) if is_split else [torch.arange(len(lengths))]
        longest, found = inputs["input_ids"].shape[1], []
        for rows in parts:
            part = {name: t[rows, : lengths[rows].max()] for name, t in inputs.items()} if len(parts) > 1 else inputs
            outputs = self.forward(**part, output_hidden_states=for_heads)
            states = self.heads.project(outputs.hidden_states) if for_heads and self.heads is not None else None
            found.append([outputs.logits, states])
        if len(parts) == 1:
            return found[0][0], found[0][1]
        places = torch.cat(parts).argsort()
        logits, states = (
            torch.cat([nn.functional.pad(t, (0, 0, 0, longest - t.shape[1])) for t in of_parts])[places]
            for of_parts in zip(*found, strict=True)
        )
        return logits, states

    def _heads_loss(self, states: torch.Tensor, chunk: MicroBatch, batch: Batch) -> torch.Tensor:
        """The weighted losses of the heads on a chunk, as its share of the means over the global batch."""
        assert self.heads is not None and self.head_loss is not None
        n_targets = torch.tensor(batch.n_head_targets).clamp(min=1)
        sums = states.new_zeros(3)
        for head in chunk.heads:
            rows, columns = head.rows.to(states.device), head.columns.to(states.device)
            own = states[rows, columns] * (rows >= 0)[:, None]
            sums = sums + self.head_loss(self.heads(own, head.example.inputs), head.example)
        return (sums * (self.head_loss.weights / n_targets).to(states.device)).sum()

    def _chunks(self, batch: Batch) -> Iterator[MicroBatch]:
        """What is read at a time: micro-batches on a GPU, bounded parts of them on a processor."""
        is_split = self.processes.device.type == "cpu" and not self.recipe.fsdp
        for micro_batch in batch.micro_batches:
            yield from chunks(micro_batch, _MAX_TOKENS_ON_CPU) if is_split else [micro_batch]

    def weights(self) -> dict[str, torch.Tensor]:
        """Copies on the CPU of the fp32 weights that learn, unsharded; all processes must call this together."""
        return {name: full_tensor(m.detach()).to("cpu", copy=True) for name, m in self.copy.master.items()}

    def keep_as_best(self) -> None:
        """Keep the weights as they are as those of the best score."""
        weights = self.weights()
        if self.processes.is_main_process:
            self.best = weights

    def state(self) -> dict[str, torch.Tensor]:
        """Weights, optimiser and best weights by name, unsharded; all processes must call this together."""
        tensors = {f"weight/{name}": tensor for name, tensor in self.weights().items()}
        for name, master in self.copy.master.items():
            state = self.optimiser.state[master]
            tensors |= {f"{key}/{name}": full_tensor(state[key]).cpu() for key in _STATE if key in state}
        return tensors | {f"best/{name}": tensor for name, tensor in self.best.items()}

    def set_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what ``state`` returned."""
        with torch.no_grad():
            for name, master in self.copy.master.items():
                master.copy_(distributed_like(master, tensors[f"weight/{name}"]))
                saved = {key: tensors[f"{key}/{name}"] for key in _STATE if f"{key}/{name}" in tensors}
                self.optimiser.state[master] = {
                    key: value.to(master.device) if key == "step" else distributed_like(master, value)
                    for key, value in saved.items()
                }
        self.copy.sync_to_model()
        if self.processes.is_main_process:
            self.best = {name[5:]: tensor for name, tensor in tensors.items() if name.startswith("best/")}


def learner_for(prepared: Preparation, *, token_loss: TokenLoss, processes: Processes) -> Learner:
    """Load the encoder with its head and make it ready to learn as the recipe says, in training mode.

    Torch's random generator is seeded: with the recipe's seed for the head, then with another one in each process, so
    that dropout differs.

    Raises:
        ModelError: if the encoder cannot be loaded, or memory does not suffice.
        RecipeError: if the recipe needs a GPU, a precision or several processes, and they are not there.
    """
    recipe = prepared.recipe
    dtype, kind = precision_for(recipe, processes.device), processes.device.type
    if recipe.attn_implementation == "flash_attention_2" and (kind == "cpu" or dtype != torch.bfloat16):
        raise RecipeError(
            "attn_implementation is flash_attention_2, which needs an NVIDIA GPU and bf16; this is "
            f"{kind} and {str(dtype).removeprefix('torch.')}; set attn_implementation: sdpa"
        )
    if recipe.fsdp and processes.world_size == 1:
        raise RecipeError(
            "fsdp spreads an encoder over several processes and there is one; start with "
            "torchrun --nproc-per-node N -m eventcorpus train ..., or set fsdp: false"
        )
    if prepared.heads and recipe.fsdp:
        raise RecipeError("fsdp is true and heads is true; heads are not sharded yet: set heads: false, or fsdp: false")
    torch.manual_seed(recipe.seed)
    with out_of_memory_explained(recipe):
        model = prepared.load_model(attention=recipe.attn_implementation)
        if recipe.freeze_word_embeddings:
            model.get_input_embeddings().weight.requires_grad_(False)
        heads = prepared.new_heads()
        for module in (model, heads) if heads else (model,):
            module.to(processes.device).train()
            if kind == "cpu":
                use_byte_dropout(module)
            processes.broadcast([weight.data for weight in module.parameters()])
        if recipe.fsdp:
            shard(model, processes, dtype=dtype)
            dtype = torch.float32
        copy = MasterCopy.of(model, dtype, heads=heads)
        forward = torch.compile(model, dynamic=True) if recipe.torch_compile else model
        optimiser = optimiser_for(copy, recipe)
    if processes.rank:
        torch.manual_seed(recipe.seed + 1_000_003 * processes.rank)
    return Learner(model, forward, copy, optimiser, token_loss, recipe, processes, heads, prepared.head_loss())


TokenLoss = Callable[[torch.Tensor, Mapping[str, torch.Tensor]], torch.Tensor]
"""From logits, shape (batch_size, seq_len, n_tags), and the targets of ``collate`` (``labels``, and ``soft_labels``
where examples have them) to the sum of the losses of the labelled tokens, a scalar in fp32."""


def hard_loss(logits: torch.Tensor, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy with ``labels``, shape (batch_size, seq_len), summed over those that are not ``IGNORED``."""
    labels = targets["labels"].flatten()
    return nn.functional.cross_entropy(logits.float().flatten(0, 1), labels, ignore_index=IGNORED, reduction="sum")


def soft_loss(logits: torch.Tensor, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy with ``soft_labels`` (Hinton et al. 2015), shape (batch_size, seq_len, n_tags), summed over the
    tokens that have a label; ``hard_loss`` where no example of the batch has soft targets.
    """
    if "soft_labels" not in targets:
        return hard_loss(logits, targets)
    labelled = targets["labels"] != IGNORED
    log_probabilities = logits.float().log_softmax(dim=-1)
    return -(targets["soft_labels"] * log_probabilities).sum(dim=-1)[labelled].sum()


@contextmanager
def out_of_memory_explained(recipe: Recipe, micro_batches: Sequence[MicroBatch] = ()) -> Iterator[None]:
    """Turn an allocation that failed, on a GPU or in RAM, into an error that says what to do.

    Args:
        micro_batches: those that were being learned from.

    Raises:
        ModelError: naming the largest micro-batch, and the recipe keys to lower and to which values.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        on_gpu = isinstance(error, torch.OutOfMemoryError) or "CUDA out of memory" in str(error)
        if not (on_gpu or isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error)):
            raise
        raise ModelError(_out_of_memory(recipe, micro_batches, on_gpu=on_gpu)) from None


def _out_of_memory(recipe: Recipe, micro_batches: Sequence[MicroBatch], *, on_gpu: bool) -> str:
    size, n_accumulated = recipe.per_device_train_batch_size, recipe.gradient_accumulation_steps
    shapes = [tuple(batch.tensors["input_ids"].shape) for batch in micro_batches]
    largest = max(shapes, key=lambda shape: shape[0] * shape[1], default=None)
    what = f"a batch of {counted(largest[0], 'window')} of {counted(largest[1], 'token')}" if largest else "the model"
    if size > 1:
        smaller = size // 2
        way = (
            f"lower per_device_train_batch_size from {size} to {smaller} and raise gradient_accumulation_steps from "
            f"{n_accumulated} to {-(-size * n_accumulated // smaller)}, which learns the same"
        )
    elif (length := recipe.max_length) > 64:
        shared = min(recipe.stride, length // 4)
        way = f"lower max_length from {length} to {length // 2} and stride from {recipe.stride} to {shared}"
    else:
        way = "choose a smaller encoder"
    where = "RAM"
    if on_gpu:
        where = "the GPU"
        if torch.cuda.is_available():
            held = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
            where = f"the GPU's {held / 2**30:.0f} GiB"
        way += ", or set precision: bf16" if recipe.precision == "fp32" else ""
        way += "" if recipe.fsdp else ", or spread the encoder over several GPUs (fsdp: true)"
    return f"out of memory ({where}) on {what}; {way}"


_N_BYTES = 256


class ByteDropout(nn.Module):
    """Dropout (Srivastava et al. 2014) whose probability is rounded to a 256th; what stays is scaled accordingly.

    The mask comes from random bytes, eight per number that torch's default generator draws: nn.Dropout draws one number
    per element, on one core (training/README.md, "Speed").
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self._dropped = round(p * _N_BYTES)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Zero a share of ``hidden``, of any shape and on the CPU; in evaluation mode return it as it is."""
        if not self.training or not self._dropped:
            return hidden
        n = hidden.numel()
        bits = torch.empty(-(-n // 8), dtype=torch.int64).random_(-(2**63), None)
        stays = bits.view(torch.uint8)[:n].view(hidden.shape) >= self._dropped
        return hidden * stays.to(hidden.dtype).mul_(_N_BYTES / (_N_BYTES - self._dropped))


def use_byte_dropout(model: nn.Module) -> None:
    """Replace every ``nn.Dropout`` of a model that stays on the CPU by ``ByteDropout``."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Dropout:
                setattr(parent, name, ByteDropout(child.p))
