"""Checkpoints of a running training: ``checkpoint-<step>`` folders with tensors and JSON, without pickle.

A folder gets its name only once all of its bytes are on the disk, and has a hash of them: it is complete or absent.
"""

from __future__ import annotations

import glob
import json
import logging
import os
import re
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from eventcorpus.errors import OutputError
from eventcorpus.files import sha256_of_file, to_json
from eventcorpus.models.folder import is_model_folder

logger = logging.getLogger(__name__)

TENSORS, ABOUT = "state.safetensors", "about.json"


def write_checkpoint(
    folder: Path, tensors: dict[str, torch.Tensor], about: dict[str, Any], *, step: int, keep: int
) -> None:
    """Write ``checkpoint-<step>``, then drop all but the newest ``keep``.

    Raises:
        OSError: if the disk refuses; the checkpoints before this one are untouched.
    """
    final = folder / f"checkpoint-{step:08d}"
    temporary = folder / f".{final.name}.part"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary / TENSORS)
    about = {**about, "sha256": sha256_of_file(temporary / TENSORS)}
    (temporary / ABOUT).write_text(to_json(about), encoding="utf-8")
    for path in (temporary / TENSORS, temporary / ABOUT, temporary):
        _sync(path)
    shutil.rmtree(final, ignore_errors=True)
    temporary.replace(final)
    _sync(folder)
    for old in checkpoints(folder)[keep:]:
        drop_folder(old)


def checkpoints(folder: Path) -> list[Path]:
    """Complete checkpoints, newest first."""
    found = [path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d{8,}", path.name)]
    return sorted(found, key=step_of, reverse=True)


def step_of(checkpoint: Path) -> int:
    """The step after which a checkpoint was written."""
    return int(checkpoint.name.partition("-")[2])


def newest_whole(folder: Path) -> Path | None:
    """The newest checkpoint whose bytes are those that were written.

    Damaged ones that are newer are removed with a warning, and so is what a killed run left half-written.
    """
    for part in folder.glob(".checkpoint-*"):
        shutil.rmtree(part, ignore_errors=True)
    for path in checkpoints(folder):
        try:
            about = json.loads((path / ABOUT).read_text(encoding="utf-8"))
            if sha256_of_file(path / TENSORS) == about["sha256"]:
                return path
            problem = "is damaged"
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"cannot be read ({type(error).__name__})"
        logger.warning("%s %s; removed, the one before it is used", path, problem)
        drop_folder(path)
    return None


def read_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and the JSON of a checkpoint that ``newest_whole`` returned.

    Raises:
        OSError: if it is missing, or its bytes are not tensors.
    """
    about: dict[str, Any] = json.loads((path / ABOUT).read_text(encoding="utf-8"))
    try:
        return load_file(path / TENSORS), about
    except SafetensorError as error:
        raise OSError(str(error)) from None


def drop_folder(path: Path) -> None:
    """Rename a folder, then remove it: a kill midway leaves nothing under its name."""
    hidden = path.with_name(f".{path.name}.old")
    shutil.rmtree(hidden, ignore_errors=True)
    try:
        path.replace(hidden)
    except OSError:
        hidden = path
    shutil.rmtree(hidden, ignore_errors=True)


def checkpoints_of(out: Path) -> Path:
    """Where checkpoints and metrics of a run lie until its model folder is complete."""
    return out.with_name(f"{out.name}.checkpoints")


def check_unused(out: Path) -> None:
    """Check that a run that begins anew would replace nothing.

    Raises:
        OutputError: if a model or checkpoints of an unfinished run are there, naming the ways out.
    """
    folder = checkpoints_of(out)
    if found := checkpoints(folder):
        raise OutputError(
            f"{folder}: checkpoints of an unfinished run, the last after step {step_of(found[0]):,}; --resume goes on "
            "from there, --overwrite begins anew, --out names another folder"
        )
    if is_model_folder(out):
        raise OutputError(
            f"{out}: a finished model is there; --resume leaves it as it is if it is of this recipe and data, "
            "--overwrite replaces it, --out names another folder"
        )


def clear_leftovers(folder: Path, *, resume: bool) -> None:
    """Remove what killed runs left: half-written models, and the checkpoints of a run that is not to be resumed.

    Args:
        folder: of the checkpoints, ``<model folder>.checkpoints``.
    """
    for part in folder.parent.glob(f".{glob.escape(folder.stem)}.*.part"):
        shutil.rmtree(part, ignore_errors=True)
    if folder.exists() and not resume:
        if checkpoints(folder):
            logger.warning("%s: checkpoints of an unfinished run removed", folder)
        drop_folder(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def random_state() -> dict[str, torch.Tensor]:
    """The states of torch's generators, each a tensor of one dimension.

    The global generators of Python and NumPy are not kept: our code draws from generators of its own, and of the
    encoders of transformers 5 for token classification only BigBird uses NumPy's, which it seeds before each use.
    """
    state = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict[str, torch.Tensor]) -> None:
    """Restore what ``random_state`` returned."""
    torch.set_rng_state(state["torch"].clone())  # torch refuses a row of a larger tensor
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"].clone())
