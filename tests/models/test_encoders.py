"""What becomes of the head where an encoder is a token classifier already."""

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from eventcorpus.models.encoders import load_encoder
from eventcorpus.ontology import Label, Ontology
from eventcorpus.tags import tag_names
from random_model import random_model

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
TAGS = tag_names(ONTOLOGY.labels)


@pytest.fixture
def classifier(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A token classifier for the tags of Actor and Place, saved in ``tmp_path / "model"``."""
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "propagate", True)
    model = random_model(tiny_encoder, ONTOLOGY)
    model.save_pretrained(tmp_path / "model")
    return model


def load(folder: Path, tags: list[str]) -> Any:
    return load_encoder(str(folder), tags=tags, dropout=0.1)


def has_its_encoder(model: Any, classifier: Any) -> bool:
    weights = model.base_model.state_dict()
    return all(torch.equal(weight, weights[name]) for name, weight in classifier.base_model.state_dict().items())


def test_the_head_for_the_same_tags_is_kept(classifier: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        model = load(tmp_path / "model", TAGS)
    assert torch.equal(model.classifier.weight, classifier.classifier.weight)
    assert torch.equal(model.classifier.bias, classifier.classifier.bias)
    assert has_its_encoder(model, classifier)
    assert [record.message for record in caplog.records] == [
        f"{tmp_path / 'model'} was trained for the same 5 tags; its head is kept and training goes on from it"
    ]


@pytest.mark.parametrize(
    ("labels", "difference"),
    [
        (("Place", "Actor"), "the first that differs is B-Actor, here B-Place"),
        (("Actor", "Facility"), "the first that differs is B-Place, here B-Facility"),
        (("Actor", "Place", "Time"), "5 and here are 7"),
        (("Actor",), "5 and here are 3"),
    ],
    ids=["another order", "another name, as many", "more", "fewer"],
)
def test_a_head_for_other_tags_is_not_kept_even_if_they_are_as_many(
    classifier: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, labels: tuple[str, ...], difference: str
) -> None:
    tags = tag_names(labels)
    with caplog.at_level(logging.INFO):
        model = load(tmp_path / "model", tags)
    assert model.classifier.weight.shape == (len(tags), 32) and model.classifier.weight.dtype == torch.float32
    shared = min(len(tags), len(TAGS))
    assert not (model.classifier.weight[:shared] == classifier.classifier.weight[:shared]).all(dim=1).any()
    assert has_its_encoder(model, classifier)
    assert model.config.id2label == dict(enumerate(tags))
    assert [(record.levelname, record.message) for record in caplog.records] == [
        (
            "WARNING",
            f"{tmp_path / 'model'} was trained for other tags ({difference}); its head is not kept, a new one is learned",
        )
    ]


def test_nothing_is_said_of_an_encoder_without_a_head(
    tiny_encoder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "propagate", True)
    with caplog.at_level(logging.INFO):
        load(tiny_encoder, TAGS)
    assert caplog.records == []
