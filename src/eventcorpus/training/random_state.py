"""The states of all random generators that a training may draw from, as tensors: checkpoints hold no pickle."""

from __future__ import annotations

import random
import struct
from typing import Any, cast

import numpy as np
import torch


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
