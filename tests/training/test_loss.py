import pytest
import torch
from torch import nn

from eventcorpus.training.batches import collate
from eventcorpus.training.examples import IGNORED, Example
from eventcorpus.training.learner import hard_loss


def test_the_sum_over_labelled_tokens_is_the_mean_of_torch_times_their_number() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(2, 3, 5), torch.tensor([[1, 4, IGNORED], [0, IGNORED, IGNORED]])
    mean = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
    assert float(hard_loss(logits, {"labels": labels})) == pytest.approx(3 * float(mean))


def test_a_batch_without_labels_costs_nothing_and_is_no_nan() -> None:
    logits = torch.randn(1, 2, 3, requires_grad=True)
    loss = hard_loss(logits, {"labels": torch.full((1, 2), IGNORED)})
    loss.backward()
    assert float(loss.detach()) == 0 and logits.grad is not None and not logits.grad.any()


def test_soft_targets_are_padded_beside_the_hard_ones() -> None:
    soft = torch.tensor([[0.25, 0.75]])
    batch = collate([Example([7], [1], soft), Example([7, 8], [0, 0])], pad_id=0)
    assert batch["soft_labels"].tolist() == [[[0.25, 0.75], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]
