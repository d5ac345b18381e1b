import torch

from eventcorpus.training.batches import Epochs
from eventcorpus.training.examples import IGNORED, Example

EXAMPLES = [Example([n] * n, [0] * n) for n in range(1, 12)]


def epochs(**changed: int) -> Epochs:
    settings = {"n_epochs": 2, "micro_batch_size": 4, "seed": 1, "pad_id": 0, **changed}
    return Epochs(lambda epoch: EXAMPLES, **settings)


def ids(batch_parts: tuple[dict[str, torch.Tensor], ...]) -> list[int]:
    """The first token of each window that counts: these examples are known by it."""
    return sorted(int(row[0]) for part in batch_parts for row in part["input_ids"][part["labels"][:, 0] != IGNORED])


def test_every_example_comes_once_an_epoch() -> None:
    plan = epochs()
    assert (plan.n_steps, plan.first_step(1), plan.first_step(2)) == (6, 3, 6)
    for epoch in range(2):
        batches = list(plan.batches(epoch))
        assert sorted(n for batch in batches for n in ids(batch.parts)) == list(range(1, 12))
        assert sum(batch.n_labelled for batch in batches) == sum(range(1, 12))


def test_steps_are_counted_where_epochs_differ_in_length() -> None:
    plan = Epochs(lambda epoch: EXAMPLES[: 4 * (epoch + 1)], n_epochs=3, micro_batch_size=4, seed=1, pad_id=0)
    assert plan.n_steps == 1 + 2 + 3
    assert [plan.epoch_of(step) for step in range(7)] == [0, 1, 1, 2, 2, 2, 3]


def test_a_started_epoch_goes_on_with_the_batches_that_are_left() -> None:
    whole = [ids(batch.parts) for batch in epochs().batches(1)]
    assert [ids(batch.parts) for batch in epochs().batches(1, start=2)] == whole[2:]


def test_processes_and_micro_batches_share_the_same_global_batches() -> None:
    alone = [ids(batch.parts) for batch in epochs().batches(0)]
    ranks = [
        list(epochs(micro_batch_size=1, gradient_accumulation_steps=2, n_processes=2, rank=rank).batches(0))
        for rank in (0, 1)
    ]
    assert [sorted(ids(a.parts) + ids(b.parts)) for a, b in zip(*ranks, strict=True)] == alone
    assert all(a.n_labelled == b.n_labelled for a, b in zip(*ranks, strict=True))
    assert all(len(a.parts) == len(b.parts) for a, b in zip(*ranks, strict=True))


def test_a_process_without_an_example_of_its_own_reads_one_that_counts_nothing() -> None:
    plan = Epochs(lambda epoch: EXAMPLES[:1], n_epochs=1, micro_batch_size=4, seed=1, pad_id=0, rank=1, n_processes=2)
    (batch,) = plan.batches(0)
    (part,) = batch.parts
    assert set(part["labels"].flatten().tolist()) == {IGNORED}
    assert batch.n_labelled == 1
