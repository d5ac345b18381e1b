import torch

from eventcorpus.training.batches import Epochs, MicroBatch, batch_order, chunks, collate
from eventcorpus.training.distributed import Processes
from eventcorpus.training.examples import Example, ExamplesOf
from eventcorpus.training.head_targets import IGNORED
from eventcorpus.training.recipe import Recipe

EXAMPLES = [Example([n] * n, [0] * n) for n in range(1, 12)]


def epochs(
    examples_of: ExamplesOf = lambda epoch: EXAMPLES, *, rank: int = 0, world_size: int = 1, **changed: int
) -> Epochs:
    recipe = Recipe(**{"num_train_epochs": 2, "per_device_train_batch_size": 4, "seed": 1, **changed})
    return Epochs(examples_of, recipe, pad_id=0, processes=Processes(rank, world_size))


def ids(micro_batches: tuple[MicroBatch, ...]) -> list[int]:
    """The first token of each window that counts: these examples are known by it."""
    parts = [part.tensors for part in micro_batches]
    return sorted(int(row[0]) for part in parts for row in part["input_ids"][part["labels"][:, 0] != IGNORED])


def test_every_example_comes_once_an_epoch() -> None:
    plan = epochs()
    assert (plan.n_steps, plan.first_step(1), plan.first_step(2)) == (6, 3, 6)
    for epoch in range(2):
        batches = list(plan.batches(epoch))
        assert sorted(n for batch in batches for n in ids(batch.micro_batches)) == list(range(1, 12))
        assert sum(batch.n_labelled for batch in batches) == sum(range(1, 12))


def test_steps_are_counted_where_epochs_differ_in_length() -> None:
    plan = epochs(lambda epoch: EXAMPLES[: 4 * (epoch + 1)], num_train_epochs=3)
    assert plan.n_steps == 1 + 2 + 3
    assert [plan.epoch_of(step) for step in range(7)] == [0, 1, 1, 2, 2, 2, 3]


def test_a_started_epoch_goes_on_with_the_batches_that_are_left() -> None:
    whole = [ids(batch.micro_batches) for batch in epochs().batches(1)]
    assert [ids(batch.micro_batches) for batch in epochs().batches(1, start=2)] == whole[2:]


def test_processes_and_micro_batches_share_the_same_global_batches() -> None:
    alone = [ids(batch.micro_batches) for batch in epochs().batches(0)]
    ranks = [
        list(epochs(per_device_train_batch_size=1, gradient_accumulation_steps=2, world_size=2, rank=rank).batches(0))
        for rank in (0, 1)
    ]
    assert [sorted(ids(a.micro_batches) + ids(b.micro_batches)) for a, b in zip(*ranks, strict=True)] == alone
    assert all(a.n_labelled == b.n_labelled for a, b in zip(*ranks, strict=True))
    assert all(len(a.micro_batches) == len(b.micro_batches) for a, b in zip(*ranks, strict=True))


def test_a_process_without_an_example_of_its_own_reads_one_without_targets() -> None:
    plan = epochs(lambda epoch: EXAMPLES[:1], num_train_epochs=1, rank=1, world_size=2)
    (batch,) = plan.batches(0)
    (part,) = batch.micro_batches
    assert set(part.tensors["labels"].flatten().tolist()) == {IGNORED}
    assert batch.n_labelled == 1


def test_the_order_of_batches_depends_on_seed_and_epoch_only() -> None:
    examples = [Example([1] * n, [0] * n) for n in (3, 9, 4, 8, 5, 7, 6, 2)]
    first = batch_order(examples, batch_size=2, seed=1, epoch=0)
    assert first == batch_order(examples, batch_size=2, seed=1, epoch=0)
    assert first != batch_order(examples, batch_size=2, seed=1, epoch=1)
    lengths = [sorted(len(example.targets) for (example,) in batch) for batch in first]
    assert sorted(lengths) == [[2, 3], [4, 5], [6, 7], [8, 9]]


def test_padding_is_masked_and_has_no_target() -> None:
    batch = collate([Example([5, 6, 7], [0, 1, 2]), Example([8], [0])], pad_id=9).tensors
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 7], [8, 9, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 1], [1, 0, 0]]))
    assert torch.equal(batch["labels"], torch.tensor([[0, 1, 2], [0, IGNORED, IGNORED]]))


def test_chunks_of_a_large_batch_have_the_same_examples_and_less_padding() -> None:
    soft = torch.rand(3, 4)
    examples = [Example([i + 1] * n, [i] * n) for i, n in enumerate((1, 2, 2))] + [Example([9] * 3, [1] * 3, soft)]
    whole = collate(examples, pad_id=0)
    parts = [part.tensors for part in chunks(whole, 7)]
    assert [tuple(part["input_ids"].shape) for part in parts] == [(2, 2), (2, 3)]
    rows = [{name: tensor[i] for name, tensor in part.items()} for part in parts for i in range(2)]
    for row, position, example in zip(rows, range(4), examples, strict=True):
        n = len(example.input_ids)
        assert all(torch.equal(row[name][:n], whole.tensors[name][position, :n]) for name in whole.tensors)
        assert not row["attention_mask"][n:].any()


def test_a_chunk_has_one_example_at_least_and_a_small_batch_is_one_chunk() -> None:
    batch = collate([Example([1] * 5, [0] * 5), Example([2] * 5, [0] * 5)], pad_id=0)
    assert [len(part.tensors["input_ids"]) for part in chunks(batch, 3)] == [1, 1]
    (only,) = chunks(batch, 10)
    assert all(torch.equal(only.tensors[name], batch.tensors[name]) for name in batch.tensors)
