import json
import logging
from pathlib import Path

import pytest
import torch
from torch import nn

from eventcorpus.errors import ModelError
from eventcorpus.inference.backends import load_backend
from eventcorpus.inference.checks import FILE, BackendCheck, BackendChecks
from eventcorpus.inference.extractor import Extractor, predict
from eventcorpus.inference.int8 import Int8Linear, quantise
from eventcorpus.predictions import prediction_line
from eventcorpus.schema import AnnotatedArticle, Article, Span
from random_model import random_folder

TEXT = "rebels attacked the town of aleppo on monday and the army left the town of homs on friday . " * 3
GOLD = [AnnotatedArticle(Article("x", TEXT), (Span("s1", 0, 6, "Actor", "rebels"),), ("Actor", "Place"))]


@pytest.fixture
def folder(tiny_encoder: Path, tmp_path: Path) -> Path:
    return random_folder(tmp_path / "m", tiny_encoder, std=1.0)


# int8 ----------------------------------------------------------------------------------------------------------------


def test_an_int8_layer_is_off_by_at_most_a_step_of_each_factor() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(64, 32))
    x = torch.randn(5, 3, 64) * torch.logspace(-3, 3, 15).view(5, 3, 1)  # tokens of very different size
    expected = model(x)
    quantise(model)
    assert isinstance(model[0], Int8Linear)
    found = model(x)
    assert found.shape == (5, 3, 32)
    error = (found - expected).abs().amax(dim=-1) / x.abs().amax(dim=-1)
    assert error.max() < 0.02


def test_a_token_with_large_values_leaves_the_others_as_they_are() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(16, 8))
    quantise(model)
    x = torch.randn(4, 16)
    alone = model(x)
    assert torch.equal(model(torch.cat([x, 1000 * x]))[:4], alone)


def test_int8_is_exact_where_values_are_whole_steps_and_zero_where_all_are_zero() -> None:
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[127.0, -1.0], [0.0, 0.0]]))
        layer.bias.copy_(torch.tensor([0.5, 0.25]))
    model = nn.Sequential(layer)
    quantise(model)
    x = torch.tensor([[127.0, 2.0], [0.0, 0.0]])
    assert torch.allclose(model(x), torch.tensor([[127.0 * 127 - 2 + 0.5, 0.25], [0.5, 0.25]]))


def test_layers_with_one_input_quantise_it_once_and_another_input_anew() -> None:
    model = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
    quantise(model)
    x, y = torch.ones(2, 4), torch.full((2, 4), 3.0)
    first, second = model[0](x), model[1](x)
    assert not torch.allclose(model[0](y), first)
    assert torch.equal(model[1](x), second)


# loading -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bf16", "int8"])
def test_a_less_exact_backend_is_near_fp32_and_is_named_in_predictions(folder: Path, name: str) -> None:
    exact = Extractor.from_pretrained(folder, device="cpu")
    other = Extractor.from_pretrained(folder, device="cpu", backend=name)
    (expected,), (found,) = exact.scored([TEXT]), other.scored([TEXT])
    difference = abs(expected.log_probabilities - found.log_probabilities).max()
    assert 0 < difference < 0.5
    (line,) = map(prediction_line, predict([Article("x", TEXT)], other))
    assert json.loads(line)["model"]["backend"] == name
    (line,) = map(prediction_line, predict([Article("x", TEXT)], exact))
    assert "backend" not in json.loads(line)["model"]


def test_a_backend_that_there_is_not_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="backend 'fp16': there are auto, fp32, bf16, int8, onnx, onnx-int8"):
        load_backend(folder, "fp16")


@pytest.mark.parametrize("name", ["int8", "onnx", "onnx-int8"])
def test_backends_of_processors_are_refused_on_others(folder: Path, name: str) -> None:
    with pytest.raises(ModelError, match=f"backend {name} is for processors, not for cuda; name bf16 or fp32"):
        load_backend(folder, name, device="cuda")


# auto ----------------------------------------------------------------------------------------------------------------


def with_instructions(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: dict.fromkeys(names, True))


def checked(folder: Path, *, f1: float, weights: str | None = None) -> None:
    from eventcorpus.files import sha256_of_file, write_json

    check = BackendCheck(name="int8", f1=f1, largest_difference=0.1, same_mentions=0.99)
    weights = weights or sha256_of_file(folder / "model.safetensors")
    write_json(
        folder / FILE,
        BackendChecks(weights=weights, dataset="d", split="validation", articles=9, f1=0.81, backends=(check,)),
    )


def test_auto_takes_bf16_where_the_processor_has_it_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "eventcorpus")
    with_instructions(monkeypatch, "avx2")
    assert load_backend(folder, "auto", device="cpu").name == "fp32" and not caplog.text
    with_instructions(monkeypatch, "avx512_bf16")
    assert load_backend(folder, "auto", device="cpu").name == "bf16"
    assert "the model is run in bf16, which this machine computes fastest; --backend fp32 is exact" in caplog.text


def test_auto_takes_int8_of_a_model_that_was_checked_and_keeps_its_f1(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_instructions(monkeypatch, "avx512_bf16", "avx512_vnni")
    assert load_backend(folder, "auto", device="cpu").name == "bf16"
    checked(folder, f1=0.808)
    assert load_backend(folder, "auto", device="cpu").name == "int8"
    checked(folder, f1=0.806)
    assert load_backend(folder, "auto", device="cpu").name == "bf16"
    checked(folder, f1=0.81, weights="0" * 64)
    assert load_backend(folder, "auto", device="cpu").name == "bf16"
    checked(folder, f1=0.808)
    with_instructions(monkeypatch, "avx512_bf16")
    assert load_backend(folder, "auto", device="cpu").name == "bf16"
