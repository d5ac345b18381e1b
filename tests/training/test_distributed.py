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

from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.run_info import FitResult

TRAIN = """
import json, logging, pathlib, sys
sys.path.insert(0, {tests!r})
from few_articles import ARTICLES, ONTOLOGY
from eventcorpus.training.fit import fit
from eventcorpus.training.distributed import process_group
from eventcorpus.training.recipe import Recipe
settings, out = json.loads(sys.argv[1]), pathlib.Path(sys.argv[2])
with process_group() as processes:
    result = fit(ARTICLES, ONTOLOGY, Recipe(**settings), out, validation=ARTICLES[:5])
threads = [path.read_text().strip() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
said = {{"losses": result.losses, "f1": [score.f1 for score in result.scores], "n": processes.world_size, "threads": threads}}
out.with_suffix(f".{{processes.rank}}.json").write_text(json.dumps(said))
"""


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


def learn(settings: dict[str, Any], out: Path) -> dict[str, Any]:
    """Train with two processes; what the first one said."""
    script = out.with_suffix(".py")
    script.write_text(TRAIN.format(tests=str(Path(__file__).parent)))
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    command = [sys.executable, *torchrun, str(script), json.dumps(settings), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, Any] = json.loads(out.with_suffix(".0.json").read_text())
    assert said["n"] == 2
    return said


def largest_difference(first: Sequence[float], second: Sequence[float]) -> float:
    """Of the losses of each step, relative."""
    assert len(first) == len(second) >= 50
    return max(abs(a - b) / abs(a) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("two processes", {"per_device_train_batch_size": 4}),
        ("two processes, micro-batches", {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}),
        ("two processes, sharded weights", {"per_device_train_batch_size": 4, "fsdp": True}),
    ],
)
def test_two_processes_learn_what_one_learns_from_the_same_batches(
    settings: dict[str, Any], alone: FitResult, tmp_path: Path, name: str, changed: dict[str, Any]
) -> None:
    pair = learn({**settings, **changed}, tmp_path / "pair")
    difference = largest_difference(alone.losses, pair["losses"])
    print(f"{name}: largest relative difference of the loss over {len(pair['losses'])} steps: {difference:.1e}")
    assert difference <= 1e-4
    assert pair["f1"] == pytest.approx([score.f1 for score in alone.scores])
    one, two = load_file(alone.out / "model.safetensors"), load_file(tmp_path / "pair" / "model.safetensors")
    assert one.keys() == two.keys()
    assert max(float((one[key] - two[key]).abs().max()) for key in one) < 1e-3
    assert {tensor.dtype for tensor in two.values()} == {torch.float32}


def test_processes_that_have_parted_leave_no_thread_that_could_abort_them(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    learn({**settings, "num_train_epochs": 1}, tmp_path / "pair")
    for rank in range(2):
        threads = json.loads((tmp_path / f"pair.{rank}.json").read_text())["threads"]
        assert not [name for name in threads if "gloo" in name]


RESUME = """
import json, logging, pathlib, sys
sys.path.insert(0, {tests!r})
from few_articles import ARTICLES, ONTOLOGY
from eventcorpus.training.fit import fit
from eventcorpus.training.learner import hard_loss
from eventcorpus.training.distributed import process_group
from eventcorpus.training.recipe import Recipe
recipe, out = Recipe(**json.loads(sys.argv[1])), pathlib.Path(sys.argv[2])
n_losses = 0

def stops(logits, targets):  # on all processes at the same step
    global n_losses
    n_losses += 1
    if n_losses == 5:
        raise KeyboardInterrupt
    return hard_loss(logits, targets)

with process_group():
    fit(ARTICLES, ONTOLOGY, recipe, out / "whole")
    try:
        fit(ARTICLES, ONTOLOGY, recipe, out / "stopped", token_loss=stops)
    except KeyboardInterrupt:
        pass
    assert fit(ARTICLES, ONTOLOGY, recipe, out / "stopped", resume=True).resumed_at == 3
"""


@pytest.mark.parametrize("fsdp", [False, True])
def test_two_processes_resume_to_the_same_weights(settings: dict[str, Any], tmp_path: Path, fsdp: bool) -> None:
    script = tmp_path / "resume.py"
    script.write_text(RESUME.format(tests=str(Path(__file__).parent)))
    changed = {"num_train_epochs": 4, "dropout": 0.3, "save_steps": 3, "fsdp": fsdp}
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    command = [sys.executable, *torchrun, str(script), json.dumps({**settings, **changed}), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "stopped"))
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)
