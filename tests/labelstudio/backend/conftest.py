"""A model that was trained to find two labels, in a folder; Label Studio's own requests."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.inference.extractor import Extractor
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe

CAPTURED = Path(__file__).parents[2] / "fixtures/label-studio/ml_requests.jsonl"
ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
RECIPE = Recipe(
    encoder="", num_train_epochs=8, learning_rate=5e-3, per_device_train_batch_size=4, max_length=32, stride=8,
    precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False,
)  # fmt: skip


def _article(n: int) -> AnnotatedArticle:
    place = ("aleppo", "homs")[n % 2]
    text = f"rebels attacked the town of {place} on monday"
    at = text.index(place)
    return AnnotatedArticle(
        Article(f"a{n}", text), (Span("1", 0, 6, "Actor"), Span("2", at, at + len(place), "Place")), ONTOLOGY.labels
    )


@pytest.fixture(autouse=True)
def _our_messages_reach_caplog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a test that ran the command line, which keeps them to itself."""
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "handlers", [])


@pytest.fixture(scope="session")
def model_folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finds rebels as Actor, aleppo and homs as Place."""
    folder = tmp_path_factory.mktemp("models") / "towns"
    fit([_article(n) for n in range(24)], ONTOLOGY, RECIPE.replace(encoder=str(tiny_encoder)), folder)
    return folder


@pytest.fixture(scope="session")
def extractor(model_folder: Path) -> Extractor:
    return Extractor.from_pretrained(model_folder, device="cpu")


@pytest.fixture(scope="session")
def captured() -> list[dict[str, Any]]:
    """What a Label Studio server sent, in this order: health, setup, versions, interactive, a batch, one task, webhook."""
    return [json.loads(line) for line in CAPTURED.read_text(encoding="utf-8").splitlines()]
