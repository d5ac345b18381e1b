"""A student's examples: teachers trained or found, their word put beside the gold.

Comes in: labelled articles, articles without labels, a recipe with ``n_teachers``. Goes out: the student's examples.
The teachers lie beside the model (``OUT.teachers/``) and are used again by a rerun with the same data and recipe.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import InputError, RecipeError
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.distil import Load, cross_fit, labelled_examples, unlabelled_examples
from eventcorpus.training.recipe import Recipe, read_recipe
from eventcorpus.training.sources import Encode
from eventcorpus.training.windows import Example

logger = logging.getLogger(__name__)

FitTeacher = Callable[[Sequence[AnnotatedArticle], Recipe, Path], None]
"""Trains a model into a folder, unless it is there already."""

_SENTENCE_END = re.compile(r"\n+|(?<=[.!?])[”\"']?\s+(?=[^a-z\s])|(?<=[.!?])[”\"']?\s{2,}")


def taught_examples(
    articles: Sequence[AnnotatedArticle],
    unlabelled: Iterable[Article],
    recipe: Recipe,
    out: Path,
    *,
    encode: Encode,
    fit_teacher: FitTeacher,
    pad_id: int,
) -> list[Example]:
    """Train the teachers that are missing, and let them speak.

    Raises:
        InputError: if there are fewer articles than teachers.
    """
    folder = out.with_name(f"{out.name}.teachers")

    def teach(k: int, read: Sequence[AnnotatedArticle]) -> Load:
        place = folder / str(k)
        theirs = teacher_recipe(recipe, k)
        logger.info("teacher %d of %d learns from %d articles", k + 1, recipe.n_teachers, len(read))
        fit_teacher(read, theirs, place)
        return lambda: _loaded(place)

    teachers = cross_fit(articles, teach, n_teachers=recipe.n_teachers, seed=recipe.seed)
    encoded = [encode([annotated]).examples for annotated in articles]
    article_of = [i for i, examples in enumerate(encoded) for _ in examples]
    examples = [example for several in encoded for example in several]
    taught = labelled_examples(examples, teachers, article_of, weight=recipe.teacher_weight, pad_id=pad_id)
    pieces = unlabelled_pieces(unlabelled, recipe, labels=articles[0].labels_annotated)
    more = unlabelled_examples(encode(pieces).examples, teachers, pad_id=pad_id) if pieces else []
    logger.info("teachers speak of %d windows with gold and of %d without", len(taught), len(more))
    return taught + more


def _loaded(place: Path) -> Any:
    from transformers import AutoModelForTokenClassification

    model = AutoModelForTokenClassification.from_pretrained(place, dtype=torch.float32).eval()
    return model.to("cuda" if torch.cuda.is_available() else "cpu")


def teacher_recipe(recipe: Recipe, k: int) -> Recipe:
    """What teacher number k, from 0, is trained with: the recipe that ``teacher`` names, with a seed of its own.

    How the student is taught is no part of it, so that teachers are used again by a student who is taught otherwise.

    Raises:
        RecipeError: if the file is no recipe, or one with teachers.
    """
    theirs = read_recipe(Path(recipe.teacher)) if recipe.teacher else recipe
    if recipe.teacher and theirs.n_teachers:
        raise RecipeError(
            f"{recipe.teacher}: n_teachers is {theirs.n_teachers}, and teachers have none; remove the key"
        )
    return replace(
        theirs,
        encoder=recipe.encoder,
        max_length=recipe.max_length,
        stride=recipe.stride,
        n_teachers=0,
        teacher="",
        teacher_weight=Recipe.teacher_weight,
        unlabelled="",
        unlabelled_unit=Recipe.unlabelled_unit,
        eval_strategy="no",
        early_stopping_patience=0,
        load_best_model_at_end=False,
        report_to="none",
        seed=(recipe.seed * 1009 + k + 1) % 2**32,
    )


def unlabelled_pieces(
    unlabelled: Iterable[Article], recipe: Recipe, *, labels: Collection[str]
) -> list[AnnotatedArticle]:
    """Articles without labels as ``encode`` wants them, whole or in sentences, as if all ``labels`` had been used."""
    return [AnnotatedArticle(piece, (), tuple(labels)) for article in unlabelled for piece in _pieces(article, recipe)]


def _pieces(article: Article, recipe: Recipe) -> list[Article]:
    """What the student reads at a time: whole articles, or sentences where the labelled texts are sentences."""
    if recipe.unlabelled_unit == "article":
        return [article]
    texts = [piece.strip() for piece in _SENTENCE_END.split(article.text)]
    return [replace(article, id=f"{article.id}-{i}", text=text) for i, text in enumerate(texts) if len(text) > 20]


def read_unlabelled(recipe: Recipe) -> list[Article]:
    """The articles of the recipe's ``unlabelled``: files and folders, with commas.

    Raises:
        InputError: if one is not there or has no articles.
    """
    from eventcorpus.corpus.read import read_articles

    paths = [Path(part.strip()) for part in recipe.unlabelled.split(",") if part.strip()]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError(f"{missing[0]}: no such file or folder (unlabelled); name it with --set unlabelled=PATH")
    return list(read_articles(paths)) if paths else []
