"""Real processes, started by torchrun over gloo on the CPU, learn what one process learns from the same batches."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from few_articles import ARTICLES, ONTOLOGY
from safetensors.torch import load_file

import linked_articles
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.run_info import FitResult

TRAIN = """
import json, logging, pathlib, sys
sys.path[:0] = {tests!r}
import few_articles, linked_articles
import eventcorpus.models.heads
from eventcorpus.training.fit import fit
from eventcorpus.training.learner import hard_loss
from eventcorpus.training.distributed import process_group
from eventcorpus.training.recipe import Recipe
runs, stopped_runs, out = *map(json.loads, sys.argv[1:3]), pathlib.Path(sys.argv[3])
said = {{}}
n_losses = 0
eventcorpus.models.heads.DROPOUT = 0.0  # its draws differ between processes

def data(settings):
    source = linked_articles if settings.get("heads") else few_articles
    return source.ARTICLES, source.ONTOLOGY

def stops(logits, targets):  # in all processes at the same step
    global n_losses
    n_losses += 1
    if n_losses == 5:
        raise KeyboardInterrupt
    return hard_loss(logits, targets)

with process_group() as processes:
    for name, settings in runs.items():
        articles, ontology = data(settings)
        result = fit(articles, ontology, Recipe(**settings), out / name, validation=articles[:5])
        said[name] = {{"losses": result.losses, "f1": [score.f1 for score in result.scores], "n": processes.world_size}}
    for name, settings in stopped_runs.items():
        recipe, n_losses = Recipe(**settings), 0
        articles, ontology = data(settings)
        fit(articles, ontology, recipe, out / name / "whole")
        try:
            fit(articles, ontology, recipe, out / name / "stopped", token_loss=stops)
        except KeyboardInterrupt:
            pass
        result = fit(articles, ontology, recipe, out / name / "stopped", resume=True)
        said[name] = {{"resumed_at": result.resumed_at, "n": processes.world_size}}
said["threads"] = [path.read_text().strip() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
(out / f"said.{{processes.rank}}.json").write_text(json.dumps(said))
"""
RUNS: dict[str, dict[str, Any]] = {
    "two processes": {"per_device_train_batch_size": 4},
    "two processes, micro-batches": {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2},
    "two processes, sharded weights": {"per_device_train_batch_size": 4, "fsdp": True},
}
WITH_HEADS: dict[str, dict[str, Any]] = {
    "two processes, heads": {"per_device_train_batch_size": 4, "heads": True, "num_train_epochs": 6}
}
SHORT = {"num_train_epochs": 4, "dropout": 0.3, "save_steps": 3}
STOPPED_RUNS: dict[str, dict[str, Any]] = {
    "stopped": SHORT,
    "stopped, heads": {**SHORT, "heads": True},
    "stopped, sharded weights": {**SHORT, "fsdp": True},
}


@pytest.fixture(scope="module")
def settings(tiny_encoder: Path) -> dict[str, Any]:
    return dict(
        encoder=str(tiny_encoder), attention_dropout=0.0, num_train_epochs=17, learning_rate=2e-3, per_device_train_batch_size=8, max_length=32,
        stride=8, precision="fp32", dropout=0.0, freeze_word_embeddings=False, eval_strategy="steps", eval_steps=17,
    )  # fmt: skip


@pytest.fixture(scope="module")
def alone(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    return fit(
        ARTICLES, ONTOLOGY, Recipe(**settings), tmp_path_factory.mktemp("alone") / "model", validation=ARTICLES[:5]
    )


def learn(settings: dict[str, Any], out: Path, *, sharded: bool) -> Path:
    """Two processes, started once, go through all runs; returns the folder with what they learned and said."""
    (out / "train.py").write_text(TRAIN.format(tests=[str(folder) for folder in Path(__file__).parents[:2]]))
    runs = [
        {name: settings | changed for name, changed in some.items() if changed.get("fsdp", False) == sharded}
        for some in (RUNS | WITH_HEADS, STOPPED_RUNS)
    ]
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    command = [sys.executable, *torchrun, str(out / "train.py"), *map(json.dumps, runs), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.fixture(scope="module")
def whole_weights(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return learn(settings, tmp_path_factory.mktemp("pair"), sharded=False)


@pytest.fixture(scope="module")
def sharded_weights(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return learn(settings, tmp_path_factory.mktemp("pair"), sharded=True)


@pytest.fixture
def pair(name: str, request: pytest.FixtureRequest) -> Path:
    """The folder in which a run is."""
    found: Path = request.getfixturevalue("sharded_weights" if "sharded" in name else "whole_weights")
    return found


def said(pair: Path, rank: int = 0) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((pair / f"said.{rank}.json").read_text())
    return read


def largest_difference(first: Sequence[float], second: Sequence[float]) -> float:
    """Of the losses of each step, relative."""
    assert len(first) == len(second) >= 50
    return max(abs(a - b) / abs(a) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_learn_what_one_learns_from_the_same_batches(alone: FitResult, pair: Path, name: str) -> None:
    told = said(pair)[name]
    assert told["n"] == 2
    difference = largest_difference(alone.losses, told["losses"])
    print(f"{name}: largest relative difference of the loss over {len(told['losses'])} steps: {difference:.1e}")
    assert difference <= 1e-4
    assert told["f1"] == pytest.approx([score.f1 for score in alone.scores])
    one, two = load_file(alone.out / "model.safetensors"), load_file(pair / name / "model.safetensors")
    assert one.keys() == two.keys()
    largest = max(float((one[key] - two[key]).abs().max()) for key in one)
    print(f"{name}: largest difference of a weight: {largest:.1e}")
    assert largest < 1e-3
    assert {tensor.dtype for tensor in two.values()} == {torch.float32}


def test_two_processes_learn_the_heads_that_one_learns(
    settings: dict[str, Any], whole_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventcorpus.models.heads.DROPOUT", 0.0)
    ((name, changed),) = WITH_HEADS.items()
    recipe = Recipe(**settings | changed | {"per_device_train_batch_size": 8})
    fit(linked_articles.ARTICLES, linked_articles.ONTOLOGY, recipe, tmp_path / "alone")
    for file in ("model.safetensors", "heads.safetensors"):
        one, two = load_file(tmp_path / "alone" / file), load_file(whole_weights / name / file)
        largest = max(float((one[key] - two[key]).abs().max()) for key in one)
        print(f"{name}: largest difference of a weight in {file}: {largest:.1e}")
        assert largest < 1e-3


def test_processes_that_have_parted_leave_no_thread_that_could_abort_them(whole_weights: Path) -> None:
    for rank in range(2):
        assert not [name for name in said(whole_weights, rank)["threads"] if "gloo" in name]


@pytest.mark.parametrize("name", STOPPED_RUNS)
def test_two_processes_resume_to_the_same_weights(pair: Path, name: str) -> None:
    assert said(pair)[name] == {"resumed_at": 3, "n": 2}
    for file in ("model.safetensors", "heads.safetensors")[: 1 + ("heads" in name)]:
        whole, resumed = (load_file(pair / name / one / file) for one in ("whole", "stopped"))
        assert all(torch.equal(whole[key], resumed[key]) for key in whole)
