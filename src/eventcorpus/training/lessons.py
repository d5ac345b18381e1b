"""What a model learns from, epoch by epoch, and with which loss: as the recipe's teachers and swapped names say.

Comes in: labelled articles, already encoded, and the recipe. Goes out: what ``Epochs`` asks for, and the loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.epochs import ExamplesOf
from eventcorpus.training.loss import TokenLoss, hard_loss, soft_loss
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.sources import Encode, examples_with_other_names
from eventcorpus.training.taught import FitTeacher, taught_examples
from eventcorpus.training.windows import Example


def lessons_of(
    articles: Sequence[AnnotatedArticle],
    encoded: Sequence[Example],
    unlabelled: Iterable[Article],
    ontology: Ontology,
    recipe: Recipe,
    out: Path,
    *,
    encode: Encode,
    fit_teacher: FitTeacher,
    pad_id: int,
) -> tuple[ExamplesOf, TokenLoss]:
    """Teachers that are missing are trained first. With teachers, names are swapped for these alone: what a teacher
    would say of other names is not known.

    Args:
        encoded: ``articles`` as they are.

    Raises:
        InputError: if there are fewer articles than teachers.
        RecipeError: if names are to be swapped and none of the labels is there.
    """
    if recipe.n_teachers:
        taught = taught_examples(
            articles, unlabelled, recipe, out, encode=encode, fit_teacher=fit_teacher, pad_id=pad_id
        )
        return (lambda epoch: taught), soft_loss
    if recipe.swap_names:
        return examples_with_other_names(articles, recipe, encode, labels=ontology.labels), hard_loss
    return (lambda epoch: encoded), hard_loss
