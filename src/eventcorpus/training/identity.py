"""What decides the weights of a run: two runs with the same identity end alike, and only they continue each other.

Comes in: recipe, data and the number of processes. Goes out: names and values that can be compared and told apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch

from eventcorpus.files import to_json
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.recipe import Recipe

_DECIDES_NOTHING = ("output_dir", "dataset", "teacher", "save_steps", "save_total_limit", "logging_steps", "report_to")
_DECIDES_WITH_DEV = ("eval_strategy", "eval_steps")


def run_identity(
    articles: Sequence[AnnotatedArticle],
    dev: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    *,
    n_processes: int,
    dtype: torch.dtype,
    unlabelled: Sequence[Article] = (),
    teacher: Recipe | None = None,
) -> dict[str, Any]:
    """The identity of a run; the validation split is part of it where it decides when a run ends or what it keeps.

    Args:
        teacher: what the first teacher is trained with, where there are any.
    """
    dev_decides = recipe.early_stopping_patience > 0 or recipe.load_best_model_at_end
    left_out = _DECIDES_NOTHING if dev_decides else (*_DECIDES_NOTHING, *_DECIDES_WITH_DEV)
    return {
        **_without(recipe, left_out),
        "recipe of the teachers": _hash_of(_without(teacher, left_out)) if teacher else "",
        "precision": str(dtype).removeprefix("torch."),
        "articles for training": _hash(articles),
        "articles for validation": _hash(dev) if dev_decides else "",
        "articles without labels": hashlib.sha256("".join(a.text_sha256 for a in unlabelled).encode()).hexdigest(),
        "ontology": _hash_of(ontology.model_dump(mode="json")),
        "processes": n_processes,
    }


def run_hash(identity: Mapping[str, Any]) -> str:
    """64 hex digits."""
    return _hash_of(dict(identity))


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What two identities do not share, in words."""
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return [
        f"other {key}" if len(str(now.get(key))) == 64 else f"{key} was {before.get(key)!r} and is {now.get(key)!r}"
        for key in keys
    ]


def _without(recipe: Recipe, left_out: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in asdict(recipe).items() if key not in left_out}


def _hash_of(values: dict[str, Any]) -> str:
    return hashlib.sha256(to_json(values).encode()).hexdigest()


def _hash(articles: Iterable[AnnotatedArticle]) -> str:
    digest = hashlib.sha256()
    for annotated in articles:
        spans = [(span.start, span.end, span.label) for span in annotated.spans]
        labels = sorted(annotated.labels_annotated)
        digest.update(to_json([annotated.article.id, annotated.article.text_sha256, spans, labels]).encode())
    return digest.hexdigest()
