import pytest
import torch
from torch import nn

from eventcorpus.training.batches import collate
from eventcorpus.training.examples import Example
from eventcorpus.training.head_targets import IGNORED
from eventcorpus.training.learner import ByteDropout, hard_loss, soft_loss, use_byte_dropout


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
    batch = collate([Example([7], [1], soft), Example([7, 8], [0, 0])], pad_id=0).tensors
    assert batch["soft_labels"].tolist() == [[[0.25, 0.75], [0.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]]


def test_examples_without_soft_targets_cost_in_a_mixed_batch_what_they_cost_alone() -> None:
    torch.manual_seed(0)
    soft = torch.tensor([[0.0, 0.0, 0.0], [0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])
    taught, labelled = Example([7, 8, 9], [IGNORED, 1, 0], soft), Example([7, 8], [2, IGNORED])
    logits = torch.randn(2, 3, 3)
    mixed, alone = (collate(examples, pad_id=0).tensors for examples in ([taught, labelled], [labelled]))
    assert "soft_labels" not in alone
    by_hand = -(soft[1:] * logits[0, 1:].log_softmax(-1)).sum() - logits[1, 0].log_softmax(-1)[2]
    assert float(soft_loss(logits, mixed)) == pytest.approx(float(by_hand))
    second = soft_loss(logits[1:], {name: tensor[1:] for name, tensor in mixed.items()})
    assert float(second) == pytest.approx(float(hard_loss(logits[1:, :2], alone)))
    assert float(soft_loss(logits[1:, :2], alone)) == float(hard_loss(logits[1:, :2], alone))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_share_is_zero_and_the_rest_keeps_the_mean(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    hidden = torch.ones(101, 1003, dtype=dtype)  # no multiple of eight
    dropped = ByteDropout(0.1)(hidden)
    assert dropped.shape == hidden.shape and dropped.dtype == dtype
    assert (dropped == 0).float().mean().item() == pytest.approx(26 / 256, abs=0.004)
    assert dropped.float().mean().item() == pytest.approx(1, abs=0.006)
    assert set(dropped.unique().tolist()) == {0.0, torch.tensor(256 / 230, dtype=dtype).item()}


def test_neighbours_are_dropped_independently() -> None:
    torch.manual_seed(0)
    zero = (ByteDropout(0.5)(torch.ones(80_000)) == 0).float() - 0.5
    for distance in (1, 2, 7, 8, 9, 64):
        assert (zero[distance:] * zero[:-distance]).mean().abs().item() < 0.005


def test_the_seed_decides_and_gradients_follow_what_stayed() -> None:
    hidden = torch.ones(40, 5, requires_grad=True)
    torch.manual_seed(7)
    first = ByteDropout(0.3)(hidden)
    first.sum().backward()  # type: ignore[no-untyped-call]
    torch.manual_seed(7)
    assert torch.equal(first, ByteDropout(0.3)(hidden))
    assert torch.equal(hidden.grad, first.detach())


def test_nothing_is_dropped_when_not_training() -> None:
    hidden = torch.randn(3, 4)
    assert ByteDropout(0.5).eval()(hidden) is hidden
    assert ByteDropout(0.0)(hidden) is hidden


def test_every_dropout_of_a_model_is_replaced() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.2), nn.ModuleDict({"inner": nn.Dropout(0.4)}))
    use_byte_dropout(model)
    assert [m.p for m in model.modules() if isinstance(m, ByteDropout)] == [0.2, 0.4]
    assert not any(type(m) is nn.Dropout for m in model.modules())
