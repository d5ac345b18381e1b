"""A model with roles, attributes and events, served by a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from served import fit_raids
from served_process import Running, running

Start = Callable[..., Running]


@pytest.fixture(scope="session")
def model_folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fit_raids(tiny_encoder, tmp_path_factory.mktemp("models") / "raids")


@pytest.fixture
def start(model_folder: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a service with more options."""
    with ExitStack() as stack:
        yield lambda *options, **environment: stack.enter_context(
            running(model_folder, tmp_path, *options, **environment)
        )
