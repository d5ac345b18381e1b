"""A token classifier on the tiny encoder whose head has learned nothing."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForTokenClassification

from eventcorpus.ontology import Ontology
from eventcorpus.tags import tag_names


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
