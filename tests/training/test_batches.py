import torch

from eventcorpus.training.batches import batch_order, collate, pieces
from eventcorpus.training.examples import IGNORED, Example


def test_the_order_of_batches_depends_on_seed_and_epoch_only() -> None:
    examples = [Example([1] * n, [0] * n) for n in (3, 9, 4, 8, 5, 7, 6, 2)]
    first = batch_order(examples, batch_size=2, seed=1, epoch=0)
    assert first == batch_order(examples, batch_size=2, seed=1, epoch=0)
    assert first != batch_order(examples, batch_size=2, seed=1, epoch=1)
    assert sorted(i for batch in first for i in batch) == list(range(8))
    assert sorted(sorted(batch) for batch in first) == [[0, 7], [1, 3], [2, 4], [5, 6]]


def test_padding_is_masked_and_has_no_target() -> None:
    batch = collate([Example([5, 6, 7], [0, 1, 2]), Example([8], [0])], pad_id=9)
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 7], [8, 9, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 1], [1, 0, 0]]))
    assert torch.equal(batch["labels"], torch.tensor([[0, 1, 2], [0, IGNORED, IGNORED]]))


def test_a_large_batch_in_pieces_has_the_same_examples_and_less_padding() -> None:
    soft = torch.rand(3, 4)
    examples = [Example([i + 1] * n, [i] * n) for i, n in enumerate((1, 2, 2))] + [Example([9] * 3, [1] * 3, soft)]
    whole = collate(examples, pad_id=0)
    parts = list(pieces(whole, 7))
    assert [tuple(part["input_ids"].shape) for part in parts] == [(2, 2), (2, 3)]
    rows = [{name: tensor[i] for name, tensor in part.items()} for part in parts for i in range(2)]
    for row, position, example in zip(rows, range(4), examples, strict=True):
        n = len(example.input_ids)
        assert all(torch.equal(row[name][:n], whole[name][position, :n]) for name in whole)
        assert not row["attention_mask"][n:].any()


def test_a_piece_has_one_example_at_least_and_a_small_batch_is_one_piece() -> None:
    batch = collate([Example([1] * 5, [0] * 5), Example([2] * 5, [0] * 5)], pad_id=0)
    assert [len(part["input_ids"]) for part in pieces(batch, 3)] == [1, 1]
    (only,) = pieces(batch, 10)
    assert all(torch.equal(only[name], batch[name]) for name in batch)
