import pytest
import torch
from torch import nn

from eventcorpus.training.optimiser import MasterCopy, optimiser_for, rate_factor
from eventcorpus.training.recipe import Recipe


def test_the_rate_rises_to_one_and_falls_to_zero() -> None:
    factors = [rate_factor(step, 10, 0.2) for step in range(10)]
    assert factors[:3] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert factors[-1] == pytest.approx(1 / 8)
    assert rate_factor(10, 10, 0.2) == 0


def test_lower_layers_learn_more_slowly() -> None:
    names = [
        "bert.embeddings.position_embeddings.weight",
        "bert.encoder.layer.0.w",
        "bert.encoder.layer.1.w",
        "classifier.w",
    ]
    tensors = {name: nn.Parameter(torch.ones(2, 2)) for name in names}
    recipe = Recipe(learning_rate=1.0, layerwise_lr_decay=0.5)
    optimiser = optimiser_for(MasterCopy(tensors, tensors), recipe)
    rates = {id(p): group["lr"] for group in optimiser.param_groups for p in group["params"]}
    assert [rates[id(tensor)] for tensor in tensors.values()] == [0.25, 0.5, 1.0, 1.0]


def test_biases_are_not_decayed() -> None:
    tensors = {"classifier.weight": nn.Parameter(torch.ones(2, 2)), "classifier.bias": nn.Parameter(torch.ones(2))}
    optimiser = optimiser_for(MasterCopy(tensors, tensors), Recipe(weight_decay=0.1))
    decays = {id(p): group["weight_decay"] for group in optimiser.param_groups for p in group["params"]}
    assert [decays[id(tensor)] for tensor in tensors.values()] == [0.1, 0.0]


def test_steps_too_small_for_bf16_add_up_in_the_master_copy() -> None:
    torch.manual_seed(0)
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    copy = MasterCopy.of(model, torch.bfloat16)
    for _ in range(100):
        with torch.no_grad():
            copy.master["weight"] += 0.0005  # bf16 around 1 has steps of 0.0078
        copy.sync_to_model()
    assert model.weight.dtype == torch.bfloat16
    assert model.weight.item() == pytest.approx(1.05, abs=0.004)


def test_gradients_reach_the_master_copy_in_fp32() -> None:
    model = nn.Linear(2, 1, bias=False)
    copy = MasterCopy.of(model, torch.bfloat16)
    model(torch.ones(1, 2, dtype=torch.bfloat16)).sum().backward()
    copy.accumulate_gradients()
    gradient = copy.master["weight"].grad
    assert gradient is not None and gradient.dtype == torch.float32
    assert model.weight.grad is None
