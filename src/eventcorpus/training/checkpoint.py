"""Checkpoints of a running training: complete or absent, bounded in number, without pickle."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from eventcorpus.files import sha256_of_file, to_json
from eventcorpus.training.optimiser import MasterCopy
from eventcorpus.training.progress import Progress

_STATE = ("exp_avg", "exp_avg_sq", "step")
KEPT = 2


def save_checkpoint(
    folder: Path, copy: MasterCopy, optimiser: torch.optim.Optimizer, progress: Progress, *, run: str
) -> None:
    """Write ``checkpoint-<step>``: weights, optimiser and random state, then drop all but the newest two.

    Args:
        run: a hash of recipe and data; a checkpoint of another run is never continued.
    """
    tensors = {f"weight/{name}": tensor.contiguous() for name, tensor in copy.state().items()}
    for name, master in zip(copy.names, copy.master, strict=True):
        tensors |= {f"{key}/{name}": optimiser.state[master][key] for key in _STATE if key in optimiser.state[master]}
    tensors["random"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random_cuda"] = torch.cuda.get_rng_state()
    final = folder / f"checkpoint-{progress.step:08d}"
    temporary = folder / f".{final.name}.part"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_file(tensors, temporary / "state.safetensors")
    about = {
        "run": run,
        "sha256": sha256_of_file(temporary / "state.safetensors"),
        "progress": asdict(progress),
    }
    (temporary / "progress.json").write_text(to_json(about), encoding="utf-8")
    for file in temporary.iterdir():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    shutil.rmtree(final, ignore_errors=True)
    temporary.replace(final)
    for old in checkpoints(folder)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def checkpoints(folder: Path) -> list[Path]:
    """Complete checkpoints, newest first."""
    found = [path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d{8}", path.name)]
    return sorted(found, reverse=True)


def load_checkpoint(
    folder: Path, copy: MasterCopy, optimiser: torch.optim.Optimizer, *, run: str
) -> tuple[Progress, list[str]]:
    """Continue from the newest checkpoint that is whole and of this run.

    Returns:
        the progress made (step 0 where there is none), and a line for each checkpoint passed over.
    """
    passed: list[str] = []
    for path in checkpoints(folder):
        try:
            about: dict[str, Any] = json.loads((path / "progress.json").read_text(encoding="utf-8"))
            if about["run"] != run:
                passed.append(f"{path.name} belongs to a run with another recipe or dataset")
                continue
            if sha256_of_file(path / "state.safetensors") != about["sha256"]:
                passed.append(f"{path.name} is damaged")
                continue
            tensors = load_file(path / "state.safetensors")
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            passed.append(f"{path.name} cannot be read ({type(error).__name__})")
            continue
        with torch.no_grad():
            for name, master in zip(copy.names, copy.master, strict=True):
                master.copy_(tensors[f"weight/{name}"])
                optimiser.state[master] = {
                    key: tensors[f"{key}/{name}"].to(master.device if key != "step" or master.is_cuda else "cpu")
                    for key in _STATE
                    if f"{key}/{name}" in tensors
                }
        copy.give_weights()
        torch.set_rng_state(tensors["random"])
        if "random_cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random_cuda"])
        return Progress(**about["progress"] | {"losses": tuple(about["progress"]["losses"])}), passed
    return Progress(), passed
