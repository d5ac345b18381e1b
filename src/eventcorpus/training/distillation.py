"""Distillation: one model learns from the tag probabilities of several teachers, also on articles without labels.

Soft targets (Hinton et al. 2015) are mixed with gold labels. Teachers are cross-fitted: none gives targets for an
article that it was trained on, where it would repeat the labels. On articles without labels the mean of all counts.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from eventcorpus.errors import InputError, RecipeError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.models.encoders import find_encoder, load_tokenizer
from eventcorpus.models.windows import TextEncoder
from eventcorpus.package_data import package_path
from eventcorpus.schema import AnnotatedArticle, Mention
from eventcorpus.tables import counted
from eventcorpus.training.examples import (
    Example,
    ExamplesOf,
    Preparation,
    encode_articles,
    examples_with_found_mentions,
)
from eventcorpus.training.head_targets import IGNORED
from eventcorpus.training.recipe import Recipe, read_recipe
from eventcorpus.training.unlabelled import unlabelled_texts

logger = logging.getLogger(__name__)

Teachers = Sequence[Callable[[], Extractor]]
"""How each teacher is loaded: one at a time is held in memory."""
FitTeacher = Callable[[Sequence[AnnotatedArticle], Recipe, Path], None]
"""Trains a model into a folder, unless it is there already."""


def distilled_examples(prepared: Preparation, out: Path, *, fit_teacher: FitTeacher) -> ExamplesOf:
    """Examples with soft targets, those of the labelled articles first; teachers that are missing are trained before.

    Where there are heads, they read what the teachers found in a share of the labelled articles of an epoch.

    Args:
        out: the model folder of the student; the teachers' are in ``<out>.teachers``.

    Raises:
        InputError: if there are fewer articles (clusters) than teachers.
        RecipeError: if the teachers' encoder cuts words into other pieces than the student's.
    """
    recipe, encoded = prepared.recipe, prepared.encoded
    folds = folds_of(prepared.articles, n_teachers=recipe.n_teachers, seed=recipe.seed)
    teachers: list[Callable[[], Extractor]] = []
    for k in range(recipe.n_teachers):
        folder = out.with_name(f"{out.name}.teachers") / str(k)
        training_articles = [a for a, fold in zip(prepared.articles, folds, strict=True) if fold != k]
        logger.info(
            "teacher %d of %d learns from %s", k + 1, recipe.n_teachers, counted(len(training_articles), "article")
        )
        fit_teacher(training_articles, teacher_recipe(recipe, k), folder)
        teachers.append(partial(Extractor.from_pretrained, folder))
    unseen_by = [folds[position] for position in encoded.article_of]
    read = teacher_windows(prepared, prepared.articles, encoded.examples)
    labelled = labelled_examples(encoded.examples, teachers, unseen_by, read=read, weight=recipe.teacher_weight)
    texts = unlabelled_texts(prepared.unlabelled, prepared.ontology.labels, recipe)
    unlabelled = prepared.encode(texts, for_heads=False)
    others = (
        unlabelled_examples(unlabelled, teachers, read=teacher_windows(prepared, texts, unlabelled)) if texts else []
    )
    logger.info(
        "teachers gave targets for %s with gold labels and for %d without",
        counted(len(labelled), "window"),
        len(others),
    )
    examples = labelled + others
    if not prepared.heads or not recipe.found_mentions:
        return lambda epoch: examples
    return examples_with_found_mentions(prepared, examples, found_mentions(prepared, teachers, folds))


def found_mentions(prepared: Preparation, teachers: Teachers, unseen_by: Sequence[int]) -> list[list[Mention]]:
    """What the teacher that was not trained on it finds in each article; ``unseen_by``: its number."""
    found: dict[int, list[Mention]] = {}
    for k, load_teacher in enumerate(teachers):
        unseen = [i for i, teacher in enumerate(unseen_by) if teacher == k]
        found |= zip(unseen, load_teacher().extract(prepared.articles[i].article for i in unseen), strict=True)
    return [found[i] for i in range(len(prepared.articles))]


def teacher_windows(
    prepared: Preparation, articles: Sequence[AnnotatedArticle], examples: Sequence[Example]
) -> list[list[int]]:
    """The windows of the articles as the teachers read them: the same pieces of words under the ids of their encoder.

    Args:
        examples: of these articles.

    Raises:
        RecipeError: if the teachers' encoder cuts an article into other pieces.
    """
    recipe, name = prepared.recipe, prepared.recipe.teacher_encoder
    if name in ("", recipe.encoder):
        return [example.input_ids for example in examples]
    encoder = TextEncoder(load_tokenizer(find_encoder(name)), max_length=recipe.max_length, stride=recipe.stride)
    same = (len(encoder.prefix), len(encoder.suffix)) == (len(prepared.encoder.prefix), len(prepared.encoder.suffix))
    for annotated in articles:
        text = annotated.article.text
        if not same or encoder.encode(text).offsets != prepared.encoder.encode(text).offsets:
            raise RecipeError(
                f"teacher_encoder: {name} cuts article {annotated.article.id} into other pieces than {recipe.encoder}; "
                "name an encoder with the same word pieces, such as bundled-base for bundled"
            )
    return [example.input_ids for example in encode_articles(articles, prepared.ontology, encoder).examples]


def folds_of(articles: Sequence[AnnotatedArticle], *, n_teachers: int, seed: int) -> list[int]:
    """For each article the number of the teacher that is not trained on it. Articles of one cluster are in one fold.

    Raises:
        InputError: if there are fewer articles (clusters) than teachers.
    """
    units = sorted({annotated.article.unit for annotated in articles})
    if n_teachers > len(units):
        raise InputError(
            f"{counted(n_teachers, 'teacher')} for "
            f"{counted(len(units), 'article or cluster', 'articles or clusters')}; lower n_teachers"
        )
    random.Random(f"{seed}-teachers").shuffle(units)
    fold_of = {unit: i % n_teachers for i, unit in enumerate(units)}
    return [fold_of[annotated.article.unit] for annotated in articles]


def labelled_examples(
    examples: Sequence[Example],
    teachers: Teachers,
    unseen_by: Sequence[int],
    *,
    read: Sequence[list[int]],
    weight: float,
) -> list[Example]:
    """Examples whose soft targets are gold labels mixed with the probabilities of the teacher that has not seen them.

    Args:
        unseen_by: of each example, the number of the teacher that was not trained on its article.
        read: of each example, its window as the teachers read it.
        weight: of the teacher's probabilities, in [0, 1]; the gold labels have the rest.
    """
    mixed: dict[int, Example] = {}
    for k, load_teacher in enumerate(teachers):
        unseen = [i for i, teacher in enumerate(unseen_by) if teacher == k]
        predicted = probabilities(load_teacher(), [read[i] for i in unseen])
        for i, soft in zip(unseen, predicted, strict=True):
            targets = torch.tensor(examples[i].targets)
            gold = torch.nn.functional.one_hot(targets.clamp(min=0), soft.shape[-1]).float()
            mixed[i] = replace(examples[i], soft_targets=((1 - weight) * gold + weight * soft).half())
    return [mixed[i] for i in range(len(examples))]


def unlabelled_examples(examples: Sequence[Example], teachers: Teachers, *, read: Sequence[list[int]]) -> list[Example]:
    """Examples with the mean probabilities of all teachers as soft targets, and their most probable tag as target."""
    means: list[torch.Tensor] = []
    for load_teacher in teachers:
        for i, soft in enumerate(probabilities(load_teacher(), read)):
            if i == len(means):
                means.append(torch.zeros_like(soft))
            means[i] += soft / len(teachers)
    return [with_soft_targets(example, soft) for example, soft in zip(examples, means, strict=True)]


def with_soft_targets(example: Example, soft: torch.Tensor) -> Example:
    """An example without labels with probabilities, shape (seq_len, n_tags), and the most probable tags as targets.

    Tokens that have no target in the window keep none.
    """
    best = soft.argmax(dim=-1).tolist()
    targets = [IGNORED if old == IGNORED else new for old, new in zip(example.targets, best, strict=True)]
    return replace(example, targets=targets, soft_targets=soft.half())


def probabilities(teacher: Extractor, windows: Sequence[list[int]]) -> Iterator[torch.Tensor]:
    """The tag probabilities of each window, shape (seq_len, n_tags), fp32, in order."""
    predicted = {i: logits.softmax(dim=-1).cpu() for i, logits in teacher.engine.window_logits(windows)}
    yield from (predicted[i] for i in range(len(windows)))


_OF_THE_STUDENT = (
    "n_teachers", "teacher", "teacher_encoder", "teacher_weight", "unlabelled", "unlabelled_unit", "soft_targets",
    "heads_learning_rate", "roles_weight", "attributes_weight", "events_weight", "found_mentions",
    "balanced_attributes", "eval_strategy", "early_stopping_patience", "load_best_model_at_end", "report_to",
)  # fmt: skip
"""Keys that have no meaning for a teacher and get their defaults, but scoring and heads are switched off."""


def teacher_recipe(recipe: Recipe, k: int) -> Recipe:
    """The recipe of teacher number k, from 0: the one that ``teacher`` names, with a seed of its own.

    It does not depend on how the student learns from teachers, so that another student can use them again.

    Raises:
        RecipeError: if the file is not a recipe, or one with teachers.
    """
    base = read_recipe(package_path(recipe.teacher)) if recipe.teacher else recipe
    if recipe.teacher and base.n_teachers:
        raise RecipeError(f"{recipe.teacher}: n_teachers is {base.n_teachers}, and teachers have none; remove the key")
    defaults = {key: Recipe.model_fields[key].default for key in _OF_THE_STUDENT}
    return base.replace(
        **defaults | {"eval_strategy": "no", "heads": False},
        encoder=recipe.teacher_encoder or recipe.encoder,
        max_length=recipe.max_length,
        stride=recipe.stride,
        seed=(recipe.seed * 1009 + k + 1) % 2**32,
    )
