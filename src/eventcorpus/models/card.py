"""The model card: ``README.md`` of a model folder, made of what the folder knows about itself.

Comes in: ``eventcorpus.json``, ``card.json``, ``run.json``, ``recipe.yaml``. Goes out: Markdown with the metadata that
the hub reads (huggingface/hub-docs, modelcard.md). Names and definitions are other people's text and are escaped.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from eventcorpus.files import read_json, to_json, write_text
from eventcorpus.models.card_facts import CARD_FACTS, CardFacts, Scores, read_card_facts
from eventcorpus.models.card_sections import (
    confidences_section,
    data_section,
    escape,
    labels_section,
    limits_section,
    scores_section,
    training_section,
)
from eventcorpus.models.folder import ModelAbout, read_about

LICENCES = {
    "sentence-transformers/all-MiniLM-L6-v2": "apache-2.0",
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2": "apache-2.0",
    "google-bert/bert-base-cased": "apache-2.0",
    "snowood1/ConfliBERT-scr-uncased": "gpl-3.0",
    "FacebookAI/roberta-base": "mit",
    "FacebookAI/xlm-roberta-base": "mit",
    "microsoft/deberta-v3-base": "mit",
    "answerdotai/ModernBERT-base": "apache-2.0",
}
"""Of the encoders that recipes name, as the hub spells licences; what is fine-tuned from them is under them too."""


def write_card(folder: Path, facts: CardFacts | None = None) -> None:
    """Write ``README.md`` into a model folder, and ``card.json`` where new facts are given.

    Raises:
        ModelError: if the folder is not a whole model of ours.
        OutputError: if the disk refuses.
    """
    about = read_about(folder)
    if facts is not None:
        write_text(folder / CARD_FACTS, to_json(facts.model_dump(by_alias=True, mode="json"), indent=2) + "\n")
    run = read_json(folder / "run.json") if (folder / "run.json").is_file() else {}
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text("utf-8")) if (folder / "recipe.yaml").is_file() else {}
    card = model_card(folder.resolve().name, about, facts or read_card_facts(folder), run=run, recipe=recipe)
    write_text(folder / "README.md", card)


def model_card(name: str, about: ModelAbout, facts: CardFacts, *, run: dict[str, Any], recipe: dict[str, Any]) -> str:
    """Markdown of a card.

    Args:
        run: content of ``run.json``, empty where there is none; so ``recipe``.
    """
    head = yaml.safe_dump(_head(name, about, facts), sort_keys=False, allow_unicode=True).strip()
    parts = [
        ["---", head, "---", "", f"# {escape(name)}", "", *_what(about)],
        _use(name, about),
        labels_section(about, facts),
        scores_section(facts),
        confidences_section(about.calibration),
        data_section(about, facts),
        training_section(about, run, recipe),
        limits_section(about),
    ]
    return "\n".join(line for part in parts for line in [*part, ""]).rstrip() + "\n"


def _head(name: str, about: ModelAbout, facts: CardFacts) -> dict[str, Any]:
    data = about.training.get("data", {})
    languages = [one for one in data.get("languages", []) if re.fullmatch(r"[a-z]{2,3}", one)]
    is_on_hub = re.fullmatch(r"[\w.-]+/[\w.-]+", about.encoder)
    licence = facts.license or LICENCES.get(about.encoder, "")
    head: dict[str, Any] = {
        "language": languages,
        "license": licence,
        "library_name": "transformers",
        "pipeline_tag": "token-classification",
        "base_model": about.encoder if is_on_hub else "",
        "tags": ["token-classification", "named-entity-recognition", "event-extraction", "eventcorpus"],
        "metrics": ["precision", "recall", "f1"],
        "model-index": [{"name": name, "results": [_result(one) for one in facts.scores]}] if facts.scores else [],
    }
    return {key: value for key, value in head.items() if value}


def _result(scores: Scores) -> dict[str, Any]:
    figures = (("precision", scores.micro.precision), ("recall", scores.micro.recall), ("f1", scores.micro.f1))
    return {
        "task": {"type": "token-classification", "name": "Mentions, exact match"},
        "dataset": {
            "type": re.sub(r"[^\w.-]+", "-", scores.dataset),
            "name": scores.dataset,
            "split": scores.split,
            "revision": scores.sha256[:12],
        },
        "metrics": [
            {"type": kind, "value": round(figure.value, 4), "name": f"micro {kind}, exact"}
            for kind, figure in figures
            if figure.value is not None
        ],
    }


def _what(about: ModelAbout) -> list[str]:
    ontology = about.ontology
    return [
        f"Finds mentions of {len(ontology.labels)} labels of the ontology {escape(ontology.key)} in news articles: "
        f"{len(ontology.triggers)} kinds of event by their triggers, {len(ontology.entities)} kinds of entity. A token "
        f"classifier, fine-tuned from {escape(about.encoder)} with eventcorpus.",
    ]


def _use(name: str, about: ModelAbout) -> list[str]:
    quoted = json.dumps(name)
    return [
        "## How to use it",
        "",
        "With eventcorpus: whole articles however long, offsets of the text, decoding that keeps to BIO, calibrated",
        "confidences.",
        "",
        "```python",
        "from eventcorpus.models.extractor import Extractor",
        "",
        f"extractor = Extractor.from_pretrained({quoted})  # this folder",
        'for mentions in extractor.extract(["Rebels attacked Northtown on Monday, killing 18 people."]):',
        "    for mention in mentions:",
        "        print(mention.start, mention.end, mention.label, mention.text, round(mention.confidence, 2))",
        "```",
        "",
        "With transformers alone: confidences are not calibrated, and words may be cut; without `stride` it stops at",
        "the limit of the encoder.",
        "",
        "```python",
        "from transformers import pipeline",
        "",
        f'tagger = pipeline("token-classification", model={quoted}, aggregation_strategy="simple", '
        f"stride={about.stride})",
        'print(tagger("Rebels attacked Northtown on Monday, killing 18 people."))',
        "```",
    ]
