"""Precision, recall and F1 for the ``Trainer`` of transformers, while a model is trained.

Comes in: what a token classifier says of the tokens of its windows. Goes out: figures by name. They are not those of
``eval``: the Trainer knows windows of tokens, no articles, so a mention that a window cuts, that no window reaches or
that tags cannot hold is not in the denominator, and one in the overlap of two windows may be there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from eventcorpus.matching.spans import Counts
from eventcorpus.matching.tag_scores import score_tags

IGNORED = -100
"""The label id of tokens that do not count: special tokens, padding, pieces of words."""


class EvalPrediction(Protocol):
    """What the Trainer hands over: logits, shape (n_windows, n_tokens, n_tags), and ids, (n_windows, n_tokens)."""

    predictions: Any
    label_ids: Any


def compute_metrics(tags: Sequence[str]) -> Callable[[EvalPrediction], dict[str, float]]:
    """Make the function that ``Trainer(compute_metrics=...)`` takes.

    Chunks are read as seqeval reads them with ``mode="strict"`` and the scheme IOB2: a stray I- begins nothing.

    Args:
        tags: the name of each tag id (O, B-Actor, I-Actor, ...), such as ``list(model.config.id2label.values())``.

    Returns:
        a function whose result has ``precision``, ``recall`` and ``f1`` (micro), the same with ``macro_`` (means over
        the labels that have gold or predicted chunks), and ``f1_LABEL`` for each label of ``tags``; 0 where undefined,
        because the Trainer compares numbers. Predictions may be logits or tag ids.

    >>> from types import SimpleNamespace
    >>> metrics = compute_metrics(["O", "B-Actor", "I-Actor"])
    >>> metrics(SimpleNamespace(predictions=np.array([[1, 2, 0, 1]]), label_ids=np.array([[1, 2, 0, -100]])))["f1"]
    1.0
    """
    names = list(tags)
    labels = list(dict.fromkeys(tag.partition("-")[2] for tag in names if "-" in tag))

    def metrics(evaluated: EvalPrediction) -> dict[str, float]:
        given = evaluated.predictions[0] if isinstance(evaluated.predictions, tuple) else evaluated.predictions
        said, gold = np.asarray(given), np.asarray(evaluated.label_ids)
        said = said.argmax(axis=-1) if said.ndim == 3 else said
        kept = gold != IGNORED
        in_gold, predicted = (
            [[names[tag] for tag in row[keep].tolist()] for row, keep in zip(ids, kept, strict=True)]
            for ids in (gold, said)
        )
        scores = score_tags(in_gold, predicted, decoder="strict", scheme="bio")
        rows = scores.counts
        return {
            **_named("", [scores.micro]),
            **_named("macro_", list(rows.values())),
            **{f"f1_{label}": (rows[label].f1 if label in rows else None) or 0.0 for label in labels},
        }

    return metrics


def _named(prefix: str, rows: Sequence[Counts]) -> dict[str, float]:
    """Means of the rows' figures; 0 without rows."""
    return {
        f"{prefix}{key}": sum(getattr(row, key) or 0.0 for row in rows) / max(len(rows), 1)
        for key in ("precision", "recall", "f1")
    }
