"""The epochs of a run and their batches: which examples share one, in which order, and their tensors."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from eventcorpus.models.windows import pad_windows
from eventcorpus.training.distributed import Processes
from eventcorpus.training.examples import Example, ExamplesOf
from eventcorpus.training.head_targets import IGNORED, HeadExample
from eventcorpus.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class HeadRows:
    """What the heads learn from one article of a batch, and where the states of its tokens are.

    ``rows`` and ``columns``: both of shape (n_tokens,); row -1 where the window of a token is not in the batch.
    """

    example: HeadExample
    rows: torch.Tensor
    columns: torch.Tensor


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """Windows that are read together: ``tensors`` as ``collate`` makes them, and the articles that heads learn from."""

    tensors: dict[str, torch.Tensor]
    heads: tuple[HeadRows, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one optimiser step learns from.

    ``micro_batches`` are those that this process reads; every process has as many. ``n_labelled`` counts the tokens
    with a target in the global batch, that is in all micro-batches of all processes, ``n_tokens`` its tokens without
    padding, and ``n_head_targets`` what the heads learn from, as ``HeadExample.n_targets`` counts it.
    """

    micro_batches: tuple[MicroBatch, ...]
    n_labelled: int
    n_tokens: int
    n_head_targets: tuple[int, int, int] = (0, 0, 0)


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
        """Windows of a global batch; where the heads keep those of an article together, at least so many."""
        sizes = (len(self._order(examples_of(epoch), epoch)) for epoch in range(recipe.num_train_epochs))
        self._starts = [0, *accumulate(sizes)]

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
        for units in self._order(self._examples_of(epoch), epoch)[start:]:
            yield self._batch(units)

    def _order(self, examples: Sequence[Example], epoch: int) -> list[list[Unit]]:
        return batch_order(examples, batch_size=self.batch_size, seed=self._recipe.seed, epoch=epoch)

    def _batch(self, units: Sequence[Unit]) -> Batch:
        world_size, size = self._processes.world_size, self._recipe.per_device_train_batch_size
        # sorted by length: every process gets its share of the long
        shares = [list(_filled(units[rank::world_size], size)) for rank in range(world_size)]
        parts = shares[self._processes.rank]
        # where a process has less to read than another, it reads an example without targets: sharded weights are
        # gathered by all processes together or not at all
        first = units[0][0]
        empty = replace(first, targets=[IGNORED] * len(first.targets), soft_targets=None, head=None)
        parts += [[(empty,)]] * (max(map(len, shares)) - len(parts))
        examples = [example for unit in units for example in unit]
        heads = [unit[0].head.n_targets for unit in units if unit[0].head]
        n_head_targets = np.sum(heads, axis=0).tolist() if heads else [0, 0, 0]
        return Batch(
            tuple(collate(list(chain(*part)), pad_id=self._pad_id) for part in parts),
            n_labelled=sum(example.n_labelled for example in examples),
            n_tokens=sum(len(example.input_ids) for example in examples),
            n_head_targets=(n_head_targets[0], n_head_targets[1], n_head_targets[2]),
        )


Unit = tuple[Example, ...]
"""Windows that stay together: all of an article, if heads learn from it, otherwise one."""


def units_of(examples: Sequence[Example]) -> list[Unit]:
    """Put the windows together that stay together, in their order."""
    units: list[Unit] = []
    for example in examples:
        if units and example.head is not None and units[-1][0].head is example.head:
            units[-1] += (example,)
        else:
            units.append((example,))
    return units


def batch_order(examples: Sequence[Example], *, batch_size: int, seed: int, epoch: int) -> list[list[Unit]]:
    """The batches of one epoch, each of at least ``batch_size`` windows, the last one of fewer.

    Windows of like length share a batch, so that little is padded; which of them, and the order of the batches,
    is drawn anew each epoch from the seed.
    """
    rng = random.Random(f"{seed}-{epoch}")
    units = units_of(examples)
    rng.shuffle(units)
    units.sort(key=lambda unit: max(len(example.input_ids) for example in unit))
    batches = list(_filled(units, batch_size))
    rng.shuffle(batches)
    return batches


def _filled(units: Sequence[Unit], size: int) -> Iterator[list[Unit]]:
    """Runs of units that have at least ``size`` windows together."""
    run: list[Unit] = []
    for unit in units:
        run.append(unit)
        if sum(map(len, run)) >= size:
            yield run
            run = []
    if run:
        yield run


def collate(examples: Sequence[Example], *, pad_id: int) -> MicroBatch:
    """Pad examples to the longest.

    Returns:
        with the tensors ``input_ids``, ``attention_mask`` and ``labels``, each of shape (batch_size, seq_len), int64;
        and, where any example has soft targets, ``soft_labels``, shape (batch_size, seq_len, n_tags), fp32: of an
        example without soft targets its targets, one-hot; 0 where a token has no target or is padding.
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
    return MicroBatch(batch, tuple(_head_rows(examples)))


def _head_rows(examples: Sequence[Example]) -> Iterator[HeadRows]:
    row = 0
    for unit in units_of(examples):
        if head := unit[0].head:
            rows, columns = (torch.full((head.n_tokens,), value) for value in (-1, 0))
            for n, example in enumerate(unit):
                rows[example.first : example.past] = row + n
                columns[example.first : example.past] = example.column + torch.arange(example.past - example.first)
            yield HeadRows(head, rows, columns)
        row += len(unit)


def chunks(batch: MicroBatch, max_tokens: int) -> Iterator[MicroBatch]:
    """Split a micro-batch into chunks of like numbers of examples, one at least; windows of an article stay together.

    A chunk has at most ``max_tokens`` tokens, padding included, unless one example (article) alone has more. Columns
    that are padding for all examples of a chunk are left out.
    """
    tensors = batch.tensors
    n_examples, longest = tensors["input_ids"].shape
    n_chunks = -(-n_examples // max(1, max_tokens // longest))
    size = -(-n_examples // n_chunks)
    inside = {row for head in batch.heads for row in sorted(set(head.rows.tolist()) - {-1})[1:]}
    at = 0
    while at < n_examples:
        past = min(at + size, n_examples)
        while past in inside:
            past += 1
        rows = slice(at, past)
        columns = slice(int(tensors["attention_mask"][rows].sum(dim=1).max()))
        heads = (head for head in batch.heads if at <= int(head.rows.max()) < past)
        yield MicroBatch(
            {name: tensor[rows, columns] for name, tensor in tensors.items()},
            tuple(replace(head, rows=torch.where(head.rows < 0, -1, head.rows - at)) for head in heads),
        )
        at = past


def like_lengths(lengths: torch.Tensor) -> list[torch.Tensor]:
    """The rows of windows of so many tokens, shape (n_windows,), in parts: the shortest has 7/8 of the longest.

    >>> [part.tolist() for part in like_lengths(torch.tensor([256, 90, 250]))]
    [[0, 2], [1]]
    """
    parts: list[list[int]] = []
    for row in lengths.argsort(descending=True, stable=True).tolist():
        if parts and 8 * lengths[row] >= 7 * lengths[parts[-1][0]]:
            parts[-1].append(row)
        else:
            parts.append([row])
    return [torch.tensor(part) for part in parts]
