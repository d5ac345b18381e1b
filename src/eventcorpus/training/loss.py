"""The loss of tokens, as a sum: whoever knows the whole global batch divides it by the number of its labelled tokens.

A mean of each micro-batch, averaged, would let a token of a short text weigh more than one of a long text, and would
make the result depend on how many processes share the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn

from eventcorpus.training.windows import IGNORED

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
