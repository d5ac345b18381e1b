"""Batches: which examples share one, the tensors of one, and a large one in pieces.

Comes in: examples. Goes out: tensors, in an order that the seed decides.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import torch

from eventcorpus.training.windows import IGNORED, Example


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
        example has soft targets, ``soft_labels``, shape (batch_size, seq_len, n_tags), fp32, 0 where there are none.
    """
    longest = max(len(example.input_ids) for example in examples)
    ids = torch.full((len(examples), longest), pad_id, dtype=torch.long)
    mask = torch.zeros_like(ids)
    targets = torch.full_like(ids, IGNORED)
    for row, example in enumerate(examples):
        n = len(example.input_ids)
        ids[row, :n] = torch.tensor(example.input_ids)
        mask[row, :n] = 1
        targets[row, :n] = torch.tensor(example.targets)
    batch = {"input_ids": ids, "attention_mask": mask, "labels": targets}
    soft = [(row, example.soft_targets) for row, example in enumerate(examples) if example.soft_targets is not None]
    if soft:
        batch["soft_labels"] = torch.zeros(len(examples), longest, soft[0][1].shape[-1])
        for row, probabilities in soft:
            batch["soft_labels"][row, : len(probabilities)] = probabilities
    return batch


def pieces(batch: dict[str, torch.Tensor], at_most: int) -> Iterator[dict[str, torch.Tensor]]:
    """A batch of ``collate`` in pieces of like numbers of examples, each with at most so many tokens, padding included,
    and one example at least. Columns that only pad in a piece are left out.
    """
    n_examples, longest = batch["input_ids"].shape
    n_pieces = -(-n_examples // max(1, at_most // longest))
    size = -(-n_examples // n_pieces)
    for at in range(0, n_examples, size):
        rows = slice(at, at + size)
        columns = slice(int(batch["attention_mask"][rows].sum(dim=1).max()))
        yield {name: tensor[rows, columns] for name, tensor in batch.items()}
