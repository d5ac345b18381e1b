"""Failed allocations, explained: which recipe keys to lower, and to which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from eventcorpus.errors import ModelError
from eventcorpus.training.recipe import Recipe


@contextmanager
def out_of_memory_explained(recipe: Recipe, micro_batches: Sequence[Mapping[str, torch.Tensor]] = ()) -> Iterator[None]:
    """Turn an allocation that failed, on a GPU or in RAM, into an error that says what to do.

    Args:
        micro_batches: those that were being learned from.

    Raises:
        ModelError: naming the largest micro-batch and the recipe keys to change.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not _is_out_of_memory(error):
            raise
        raise ModelError(_message(recipe, micro_batches, where=_where(error))) from None


def _message(recipe: Recipe, micro_batches: Sequence[Mapping[str, torch.Tensor]], *, where: str) -> str:
    size, length = recipe.per_device_train_batch_size, recipe.max_length
    shapes = [tuple(batch["input_ids"].shape) for batch in micro_batches]
    largest = max(shapes, key=lambda shape: shape[0] * shape[1], default=None)
    what = f"a batch of {largest[0]} windows of {largest[1]} tokens" if largest else "the model"
    if size > 1:
        smaller = size // 2
        n_accumulated = -(-size * recipe.gradient_accumulation_steps // smaller)
        way = (
            f"lower per_device_train_batch_size from {size} to {smaller} and raise gradient_accumulation_steps from "
            f"{recipe.gradient_accumulation_steps} to {n_accumulated}, which learns the same"
        )
    elif length > 64:
        way = (
            f"lower max_length from {length} to {length // 2} and stride from {recipe.stride} to "
            f"{min(recipe.stride, length // 4)}"
        )
    else:
        way = "choose a smaller encoder"
    bf16 = ", or set precision: bf16" if recipe.precision == "fp32" and where != "RAM" else ""
    fsdp = "" if recipe.fsdp else ", or spread the encoder over several GPUs (fsdp: true)"
    return f"out of memory ({where}) on {what}; {way}{bf16}{fsdp if where != 'RAM' else ''}"


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return "DefaultCPUAllocator" in str(error) or "CUDA out of memory" in str(error)


def _where(error: BaseException) -> str:
    if not (isinstance(error, torch.OutOfMemoryError) or "CUDA" in str(error)):
        return "RAM"
    if not torch.cuda.is_available():
        return "the GPU"
    held = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
    return f"the GPU's {held / 2**30:.0f} GiB"
