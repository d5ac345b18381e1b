"""What training and its dry run share before the first step: the encoder, the encoded articles, and all checks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eventcorpus.errors import InputError, RecipeError
from eventcorpus.models.encoders import check_length, find_encoder, load_config, load_tokenizer
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.distillation import read_unlabelled
from eventcorpus.training.examples import Encode, EncodedArticles, article_encoder
from eventcorpus.training.recipe import Recipe

logger = logging.getLogger(__name__)
_MAX_NAMED = 5
"""Spans that a message names; it counts them all."""


@dataclass(frozen=True)
class Preparation:
    """What a run learns from.

    ``source``: the encoder, as transformers loads it. ``encode``: as the articles were encoded. ``unlabelled``: the
    articles of the recipe's ``unlabelled``.
    """

    source: str
    tokenizer: Any
    encode: Encode
    encoded: EncodedArticles
    unlabelled: list[Article]

    @property
    def pad_id(self) -> int:
        """The token id that pads batches."""
        return self.tokenizer.pad_token_id or 0


def prepare(articles: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe) -> Preparation:
    """Find the encoder, check that it reads the recipe's windows, and encode the articles.

    Raises:
        ModelError: if the encoder cannot be found, has no fast tokenizer, or reads fewer tokens than ``max_length``.
        InputError: if there is not one span, or the recipe's ``unlabelled`` is missing.
    """
    source = find_encoder(recipe.encoder)
    check_length(load_config(source), recipe.encoder, max_length=recipe.max_length)
    tokenizer = load_tokenizer(source)
    encode = article_encoder(tokenizer, ontology, recipe)
    encoded = encode(articles)
    if not encoded.n_spans:
        raise InputError(
            f"nothing to learn: {len(articles)} articles and not one span in them; check the split and the labels"
        )
    return Preparation(source, tokenizer, encode, encoded, read_unlabelled(recipe))


def check_validation(recipe: Recipe, validation: Sequence[AnnotatedArticle]) -> None:
    """Check that there is a validation split where the recipe lets it decide.

    Raises:
        RecipeError: naming the key that needs one.
    """
    if recipe.early_stopping_patience > 0:
        key = "early_stopping_patience"
    elif recipe.load_best_model_at_end:
        key = "load_best_model_at_end"
    else:
        return
    if recipe.eval_strategy == "no":
        raise RecipeError(f"{key} needs scores and eval_strategy is no; set it to epoch or steps")
    if not any(annotated.spans for annotated in validation):
        raise RecipeError(
            f"{key} needs a validation split with spans and there are {len(validation)} articles with none; make one "
            "with eventcorpus split, or leave the key out"
        )


def log_encoded(encoded: EncodedArticles, ontology: Ontology, recipe: Recipe, *, n_articles: int) -> None:
    """Log what there is to learn, and warn of what cannot be learned: spans, labels without examples, cut mentions."""
    logger.info(
        "encoded %s articles into %s windows, %s tokens; %s of %s spans cannot be learned (%.1f%%)",
        f"{n_articles:,}", f"{len(encoded.examples):,}", f"{encoded.n_tokens:,}", f"{len(encoded.lost):,}",
        f"{encoded.n_spans:,}", 100 * len(encoded.lost) / encoded.n_spans,
    )  # fmt: skip
    for line in encoded.lost[:_MAX_NAMED]:
        logger.info("cannot be learned: %s", line)
    unseen = [label for label in ontology.labels if not encoded.labels[label]]
    if unseen:
        logger.warning(
            "%s of %s labels have no example to learn from and will never be predicted: %s",
            len(unseen), len(ontology.labels), ", ".join(unseen),
        )  # fmt: skip
    if encoded.cut:
        named = "; ".join(encoded.cut[:_MAX_NAMED]) + ("; ..." if len(encoded.cut) > _MAX_NAMED else "")
        logger.warning(
            "%s mentions are whole in no window of max_length %s and stride %s and are learned in parts; raise stride "
            "above their length in tokens: %s",
            f"{len(encoded.cut):,}", recipe.max_length, recipe.stride, named,
        )  # fmt: skip
