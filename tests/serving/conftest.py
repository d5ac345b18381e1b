"""A model that was trained to find two labels, in a folder; Label Studio's own requests."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.inference.extractor import Extractor
from served import fit_towns

CAPTURED = Path(__file__).parents[1] / "fixtures/label-studio/ml_requests.jsonl"


@pytest.fixture(autouse=True)
def _our_messages_reach_caplog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a test that ran the command line, which keeps them to itself."""
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "handlers", [])


@pytest.fixture(scope="session")
def model_folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fit_towns(tiny_encoder, tmp_path_factory.mktemp("models") / "towns")


@pytest.fixture(scope="session")
def extractor(model_folder: Path) -> Extractor:
    return Extractor.from_pretrained(model_folder, device="cpu")


@pytest.fixture(scope="session")
def captured() -> list[dict[str, Any]]:
    """What a Label Studio server sent, in this order: health, setup, versions, interactive, a batch, one task, webhook."""
    return [json.loads(line) for line in CAPTURED.read_text(encoding="utf-8").splitlines()]
