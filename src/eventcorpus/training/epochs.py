"""The batches of each epoch: which examples, in which order, and which part of them this process reads.

Comes in: a source of examples that may differ from epoch to epoch. Goes out: one ``Batch`` an optimiser step.
Nothing here has a state: order depends on seed and epoch alone, so that a resumed run finds its place by counting.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch

from eventcorpus.training.batches import batch_order, collate
from eventcorpus.training.windows import Example, without_targets

ExamplesOf = Callable[[int], Sequence[Example]]
"""Gives the examples of an epoch, counted from 0; the same ones whenever it is asked for the same epoch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one optimiser step learns from.

    ``parts`` are the micro-batches that this process reads, each as ``collate`` makes them; every process has as many.
    ``n_labelled`` counts the tokens with a target in the global batch, that is in all parts of all processes, and
    ``n_tokens`` its tokens without padding.
    """

    parts: tuple[dict[str, torch.Tensor], ...]
    n_labelled: int
    n_tokens: int


class Epochs:
    """All epochs of a run. The steps of each are counted at once, for the schedule: ``examples_of`` is asked for
    every epoch when this is made, and again when the epoch comes.
    """

    def __init__(
        self,
        examples_of: ExamplesOf,
        *,
        n_epochs: int,
        part_size: int,
        n_parts: int = 1,
        seed: int,
        pad_id: int,
        rank: int = 0,
        n_processes: int = 1,
    ) -> None:
        """Plan a run.

        Args:
            part_size: examples that a process reads at a time.
            n_parts: micro-batches of a process whose gradients add up to one step.
            rank: of this process, in [0, n_processes).
        """
        self._examples_of = examples_of
        self._part_size, self._seed, self._pad_id = part_size, seed, pad_id
        self._rank, self._n_processes = rank, n_processes
        self.batch_size = part_size * n_parts * n_processes
        """Examples of a global batch."""
        sizes = [len(examples_of(epoch)) for epoch in range(n_epochs)]
        self._ends = list(accumulate(-(-size // self.batch_size) for size in sizes))

    @property
    def n_epochs(self) -> int:
        """How many there are."""
        return len(self._ends)

    @property
    def n_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self._ends[-1] if self._ends else 0

    def first_step(self, epoch: int) -> int:
        """Steps before an epoch; of the epoch after the last one: all steps."""
        return self._ends[epoch - 1] if epoch else 0

    def epoch_of(self, step: int) -> int:
        """The epoch, from 0, to which the step after ``step`` steps belongs; ``n_epochs`` at the end."""
        return bisect_right(self._ends, step)

    def batches(self, epoch: int, *, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, the first ``start`` left out."""
        examples = self._examples_of(epoch)
        order = batch_order(examples, batch_size=self.batch_size, seed=self._seed, epoch=epoch)
        for positions in order[start:]:
            yield self._batch([examples[i] for i in positions])

    def _batch(self, examples: Sequence[Example]) -> Batch:
        mine = examples[self._rank :: self._n_processes]  # sorted by length: every process gets its share of the long
        most = -(-len(examples) // self._n_processes)
        parts = [mine[at : at + self._part_size] for at in range(0, most, self._part_size)]
        return Batch(
            # where there are fewer examples than processes, some read one that counts for nothing: sharded
            # weights are gathered by all processes together or not at all
            tuple(collate(part or [without_targets(examples[0])], pad_id=self._pad_id) for part in parts),
            n_labelled=sum(example.n_labelled for example in examples),
            n_tokens=sum(len(example.input_ids) for example in examples),
        )
