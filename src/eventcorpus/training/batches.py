"""The epochs of a run and their batches: which examples share one, in which order, and their tensors."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from eventcorpus.models.windows import pad_windows
from eventcorpus.training.distributed import Processes
from eventcorpus.training.examples import IGNORED, Example, ExamplesOf
from eventcorpus.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Batch:
    """What one optimiser step learns from.

    ``micro_batches`` are those that this process reads, as ``collate`` makes them; every process has as many.
    ``n_labelled`` counts the tokens with a target in the global batch, that is in all micro-batches of all processes,
    and ``n_tokens`` its tokens without padding.
    """

    micro_batches: tuple[dict[str, torch.Tensor], ...]
    n_labelled: int
    n_tokens: int


class Epochs:
    """All epochs of a run.

    The schedule needs the number of steps from the start, so ``examples_of`` is called for every epoch when this is
    made, and again when the epoch comes.
    """

    def __init__(self, examples_of: ExamplesOf, recipe: Recipe, *, pad_id: int, processes: Processes) -> None:
        """Count the steps of a run; ``pad_id`` is the token id that pads."""
        self._examples_of, self._recipe, self._pad_id, self._processes = examples_of, recipe, pad_id, processes
        n_accumulated = recipe.gradient_accumulation_steps
        self.batch_size = recipe.per_device_train_batch_size * n_accumulated * processes.world_size
        """Examples of a global batch."""
        sizes = [len(examples_of(epoch)) for epoch in range(recipe.num_train_epochs)]
        self._starts = [0, *accumulate(-(-size // self.batch_size) for size in sizes)]

    @property
    def n_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self._starts[-1]

    def first_step(self, epoch: int) -> int:
        """Steps before an epoch; of the epoch after the last one: all steps."""
        return self._starts[epoch]

    def epoch_of(self, step: int) -> int:
        """The epoch, from 0, to which the step after ``step`` steps belongs; the number of epochs at the end."""
        return bisect_right(self._starts, step) - 1

    def batches(self, epoch: int, *, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, the first ``start`` left out."""
        examples = self._examples_of(epoch)
        order = batch_order(examples, batch_size=self.batch_size, seed=self._recipe.seed, epoch=epoch)
        for positions in order[start:]:
            yield self._batch([examples[i] for i in positions])

    def _batch(self, examples: Sequence[Example]) -> Batch:
        rank, world_size = self._processes.rank, self._processes.world_size
        own = examples[rank::world_size]  # sorted by length: every process gets its share of the long
        most, size = -(-len(examples) // world_size), self._recipe.per_device_train_batch_size
        parts = [own[at : at + size] for at in range(0, most, size)]
        # where there are fewer examples than processes, some read an example without targets: sharded weights are
        # gathered by all processes together or not at all
        empty = replace(examples[0], targets=[IGNORED] * len(examples[0].targets), soft_targets=None)
        return Batch(
            tuple(collate(part or [empty], pad_id=self._pad_id) for part in parts),
            n_labelled=sum(example.n_labelled for example in examples),
            n_tokens=sum(len(example.input_ids) for example in examples),
        )


def batch_order(examples: Sequence[Example], *, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Positions of the examples of each batch of one epoch.

    Examples of like length share a batch, so that little is padded; which of them, and the order of the batches,
    is drawn anew each epoch from the seed.
    """
    rng = random.Random(f"{seed}-{epoch}")
    order = list(range(len(examples)))
    rng.shuffle(order)
    order.sort(key=lambda i: len(examples[i].input_ids))
    batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    rng.shuffle(batches)
    return batches


def collate(examples: Sequence[Example], *, pad_id: int) -> dict[str, torch.Tensor]:
    """Pad examples to the longest.

    Returns:
        ``input_ids``, ``attention_mask`` and ``labels``, each of shape (batch_size, seq_len), int64; and, where any
        example has soft targets, ``soft_labels``, shape (batch_size, seq_len, n_tags), fp32: of an example without
        soft targets its targets, one-hot; 0 where a token has no target or is padding.
    """
    batch = pad_windows([example.input_ids for example in examples], pad_id=pad_id)
    targets = [torch.tensor(example.targets) for example in examples]
    batch["labels"] = pad_sequence(targets, batch_first=True, padding_value=IGNORED)
    n_tags = next((e.soft_targets.shape[-1] for e in examples if e.soft_targets is not None), 0)
    if n_tags:
        batch["soft_labels"] = torch.zeros(*batch["labels"].shape, n_tags)
        for row, (example, hard) in enumerate(zip(examples, targets, strict=True)):
            soft = example.soft_targets
            if soft is None:
                soft = nn.functional.one_hot(hard.clamp(min=0), n_tags) * (hard != IGNORED)[:, None]
            batch["soft_labels"][row, : len(soft)] = soft
    return batch


def chunks(batch: dict[str, torch.Tensor], max_tokens: int) -> Iterator[dict[str, torch.Tensor]]:
    """Split a batch of ``collate`` into chunks of like numbers of examples, one at least.

    A chunk has at most ``max_tokens`` tokens, padding included, unless one example alone has more. Columns that are
    padding for all examples of a chunk are left out.
    """
    n_examples, longest = batch["input_ids"].shape
    n_chunks = -(-n_examples // max(1, max_tokens // longest))
    size = -(-n_examples // n_chunks)
    for at in range(0, n_examples, size):
        rows = slice(at, at + size)
        columns = slice(int(batch["attention_mask"][rows].sum(dim=1).max()))
        yield {name: tensor[rows, columns] for name, tensor in batch.items()}
