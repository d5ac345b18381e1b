"""Checkpoints of a running training as files: complete or absent, bounded in number, without pickle.

Comes in: tensors and a little JSON. Goes out: ``checkpoint-<step>`` folders; the newest whole one is read back. A
folder has its name only once all of its bytes are on the disk, and carries a hash of them.
"""

from __future__ import annotations

import glob
import json
import logging
import os
import random
import re
import shutil
import struct
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from eventcorpus.files import sha256_of_file, to_json

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
    return sorted(found, key=lambda path: int(path.name.partition("-")[2]), reverse=True)


def newest_whole(folder: Path) -> Path | None:
    """The newest checkpoint whose bytes are those that were written; damaged ones above it are told of and removed.

    What a killed run left half-written is removed too.
    """
    for part in folder.glob(".checkpoint-*"):
        shutil.rmtree(part, ignore_errors=True)
    for path in checkpoints(folder):
        try:
            about = json.loads((path / ABOUT).read_text(encoding="utf-8"))
            if sha256_of_file(path / TENSORS) == about["sha256"]:
                return path
            fault = "is damaged"
        except (OSError, ValueError, KeyError, TypeError) as error:
            fault = f"cannot be read ({type(error).__name__})"
        logger.warning("%s %s; removed, the one before it is used", path, fault)
        drop_folder(path)
    return None


def read_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and the JSON of a checkpoint that ``newest_whole`` named.

    Raises:
        OSError: if it is not there (any more), or its bytes are no tensors.
    """
    about: dict[str, Any] = json.loads((path / ABOUT).read_text(encoding="utf-8"))
    try:
        return load_file(path / TENSORS), about
    except SafetensorError as error:
        raise OSError(str(error)) from None


def drop_folder(path: Path) -> None:
    """Remove a folder so that it is gone at once: a kill midway leaves nothing under its name."""
    hidden = path.with_name(f".{path.name}.old")
    shutil.rmtree(hidden, ignore_errors=True)
    try:
        path.replace(hidden)
    except OSError:
        hidden = path
    shutil.rmtree(hidden, ignore_errors=True)


def clear_leftovers(out: Path, folder: Path, *, resume: bool) -> None:
    """Drop what killed runs left: half-written models, and the checkpoints of a run that is not to be continued."""
    for part in out.parent.glob(f".{glob.escape(out.name)}.*.part"):
        shutil.rmtree(part, ignore_errors=True)
    if folder.exists() and not resume:
        if checkpoints(folder):
            logger.warning("%s: checkpoints of an unfinished run dropped (--resume would continue it)", folder)
        drop_folder(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seed_all(seed: int) -> None:
    """Seed the generators of Python, NumPy and torch."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def random_state() -> dict[str, torch.Tensor]:
    """The states of the global generators, each a tensor of one dimension and of a length that never changes."""
    _, words, gauss = random.getstate()
    _, keys, position, has_gauss, cached = cast(tuple[str, Any, int, int, float], np.random.get_state())
    state = {
        "python": _words([*words, gauss is not None], gauss or 0.0),
        "numpy": _words([*map(int, keys), position, has_gauss], cached),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict[str, torch.Tensor]) -> None:
    """Put the generators back to where ``random_state`` found them."""
    *words, has_gauss, gauss = state["python"].tolist()
    random.setstate((3, tuple(words), _float(gauss) if has_gauss else None))
    *keys, position, has_gauss, cached = state["numpy"].tolist()
    np.random.set_state(("MT19937", np.array(keys, dtype=np.uint32), position, has_gauss, _float(cached)))
    torch.set_rng_state(state["torch"].clone())  # torch refuses a row of a larger tensor
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"].clone())


def _words(words: list[int], number: float) -> torch.Tensor:
    return torch.tensor([*words, *struct.unpack("<q", struct.pack("<d", number))], dtype=torch.int64)


def _float(word: int) -> float:
    (number,) = struct.unpack("<d", struct.pack("<q", word))
    return float(number)
