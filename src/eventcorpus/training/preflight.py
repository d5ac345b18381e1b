"""What is checked and said before a run takes its first step.

Comes in: recipe, validation articles, encoded articles. Goes out: an error, or lines of the log.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from eventcorpus.errors import InputError, RecipeError
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.windows import EncodedArticles

logger = logging.getLogger(__name__)

_NAMED = 5
"""Spans that a message names; it counts them all."""


def check_dev(recipe: Recipe, dev: Sequence[AnnotatedArticle]) -> None:
    """Check that there is a validation split where the recipe lets it decide.

    Raises:
        RecipeError: naming the key that wants one.
    """
    keys = [
        key
        for key, wants in (
            ("early_stopping_patience", recipe.early_stopping_patience > 0),
            ("load_best_model_at_end", recipe.load_best_model_at_end),
        )
        if wants
    ]
    if keys and recipe.eval_strategy == "no":
        raise RecipeError(f"{keys[0]} needs scores and eval_strategy is no; set it to epoch or steps")
    if keys and not any(annotated.spans for annotated in dev):
        raise RecipeError(
            f"{keys[0]} needs a validation split with spans and there are {len(dev)} articles with none; make one with "
            "eventcorpus split, or leave the key out"
        )


def check_spans(encoded: EncodedArticles, *, n_articles: int) -> None:
    """Check that there is something to learn.

    Raises:
        InputError: if there is not one span.
    """
    if not encoded.n_spans:
        raise InputError(
            f"nothing to learn: {n_articles} articles and not one span in them; check the split and the labels"
        )


def report_encoded(encoded: EncodedArticles, ontology: Ontology, recipe: Recipe, *, n_articles: int) -> None:
    """Log what there is to learn, and warn of what cannot be learned: spans, labels without examples, cut mentions."""
    logger.info(
        "encoded %s articles into %s windows, %s tokens; %s of %s spans cannot be learned (%.1f%%)",
        f"{n_articles:,}", f"{len(encoded.examples):,}", f"{encoded.n_tokens:,}", f"{len(encoded.lost):,}",
        f"{encoded.n_spans:,}", 100 * len(encoded.lost) / encoded.n_spans,
    )  # fmt: skip
    for line in encoded.lost[:_NAMED]:
        logger.info("cannot be learned: %s", line)
    unseen = [label for label in ontology.labels if not encoded.labels[label]]
    if unseen:
        logger.warning(
            "%s of %s labels have no example to learn from and will never be predicted: %s",
            len(unseen), len(ontology.labels), ", ".join(unseen),
        )  # fmt: skip
    if encoded.cut:
        named = "; ".join(encoded.cut[:_NAMED]) + ("; ..." if len(encoded.cut) > _NAMED else "")
        logger.warning(
            "%s mentions are whole in no window of max_length %s and stride %s and are learned in pieces; raise stride "
            "above their length in tokens: %s",
            f"{len(encoded.cut):,}", recipe.max_length, recipe.stride, named,
        )  # fmt: skip
