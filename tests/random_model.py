"""A token classifier on the tiny encoder whose head has learned nothing."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForTokenClassification

from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, save_model
from eventcorpus.ontology import Label, Ontology
from eventcorpus.tags import tag_names

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
ABOUT = ModelAbout(ontology=ONTOLOGY, max_length=48, stride=16, decoder="viterbi", encoder="tiny")


def random_model(encoder: Path, ontology: Ontology) -> Any:
    """The same weights every time."""
    names = tag_names(ontology.labels)
    torch.manual_seed(1)
    return AutoModelForTokenClassification.from_pretrained(
        encoder,
        num_labels=len(names),
        id2label=dict(enumerate(names)),
        label2id={n: i for i, n in enumerate(names)},
    )


def random_folder(folder: Path, encoder: Path, *, std: float | None = None) -> Path:
    """A model folder with random weights; with ``std=1.0`` of the head it says a good deal."""
    model = random_model(encoder, ONTOLOGY)
    if std is not None:
        torch.nn.init.normal_(model.classifier.weight, std=std)
    save_model(folder, model, load_tokenizer(str(encoder)), ABOUT)
    return folder
