"""Teaching one model with several: soft targets from cross-fitted teachers, also on articles that nobody labelled.

Comes in: labelled articles, a function that trains a teacher on some of them, articles without labels. Goes out:
examples whose targets are probabilities (Hinton et al. 2015). No teacher speaks of an article that it was trained on,
or it would repeat the labels; on unlabelled articles the mean of all teachers counts.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import InputError, RecipeError
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.batches import collate
from eventcorpus.training.examples import IGNORED, Encode, Example, ExamplesOf, examples_with_other_names
from eventcorpus.training.learner import TokenLoss, hard_loss, soft_loss
from eventcorpus.training.recipe import Recipe, read_recipe

Load = Callable[[], Any]
"""Gives a teacher, a model in evaluation mode: one at a time is held in memory."""
Teach = Callable[[int, Sequence[AnnotatedArticle]], Load]
"""Trains teacher number k, from 0, on some articles, and says how to load it."""
_AT_ONCE = 16


@dataclass(frozen=True)
class Teachers:
    """Trained teachers, and which of them has not seen each labelled article (same order as the articles)."""

    loads: list[Load]
    unseen_by: list[int]


def cross_fit(articles: Sequence[AnnotatedArticle], teach: Teach, *, n_teachers: int, seed: int) -> Teachers:
    """Train each teacher on all articles but its own part of them.

    Articles of one cluster are in one part.

    Raises:
        InputError: if there are fewer articles (clusters) than teachers.
    """
    groups = sorted({a.article.unit for a in articles})
    if n_teachers > len(groups):
        raise InputError(f"{n_teachers} teachers for {len(groups)} articles or clusters; lower n_teachers")
    random.Random(f"{seed}-teachers").shuffle(groups)
    part = {group: i % n_teachers for i, group in enumerate(groups)}
    unseen_by = [part[a.article.unit] for a in articles]
    loads = [teach(k, [a for a, own in zip(articles, unseen_by, strict=True) if own != k]) for k in range(n_teachers)]
    return Teachers(loads, unseen_by)


def labelled_examples(
    examples: Sequence[Example], teachers: Teachers, article_of: Sequence[int], *, weight: float, pad_id: int
) -> list[Example]:
    """Examples with targets between gold and the word of the teacher that has not seen them.

    Args:
        article_of: position of the article of each example.
        weight: of the teacher, in [0, 1]; gold has the rest.
    """
    done: list[Example | None] = [None] * len(examples)
    for k, load in enumerate(teachers.loads):
        mine = [i for i, article in enumerate(article_of) if teachers.unseen_by[article] == k]
        for i, said in zip(mine, probabilities(load(), [examples[i] for i in mine], pad_id=pad_id), strict=True):
            targets = torch.tensor(examples[i].targets)
            gold = torch.nn.functional.one_hot(targets.clamp(min=0), said.shape[-1]).float()
            done[i] = replace(examples[i], soft_targets=((1 - weight) * gold + weight * said).half())
    return [example for example in done if example is not None]


def unlabelled_examples(examples: Sequence[Example], teachers: Teachers, *, pad_id: int) -> list[Example]:
    """Examples with the mean of all teachers as targets; tokens that no window owns stay without one."""
    sums: list[torch.Tensor] = []
    for load in teachers.loads:
        for i, said in enumerate(probabilities(load(), examples, pad_id=pad_id)):
            if i == len(sums):
                sums.append(torch.zeros_like(said))
            sums[i] += said / len(teachers.loads)
    done = []
    for example, said in zip(examples, sums, strict=True):
        best = said.argmax(dim=-1).tolist()
        targets = [IGNORED if old == IGNORED else new for old, new in zip(example.targets, best, strict=True)]
        done.append(replace(example, targets=targets, soft_targets=said.half()))
    return done


def probabilities(model: Any, examples: Sequence[Example], *, pad_id: int) -> Iterator[torch.Tensor]:
    """Probabilities of tags of each example, shape (seq_len, n_tags), fp32, in order."""
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].input_ids))
    said: dict[int, torch.Tensor] = {}
    for at in range(0, len(order), _AT_ONCE):
        positions = order[at : at + _AT_ONCE]
        batch = collate([examples[i] for i in positions], pad_id=pad_id)
        with torch.inference_mode():
            ids, mask = (batch[name].to(model.device) for name in ("input_ids", "attention_mask"))
            scores = model(input_ids=ids, attention_mask=mask).logits.float().softmax(dim=-1).cpu()
        for row, i in enumerate(positions):
            said[i] = scores[row, : len(examples[i].input_ids)].clone()
    yield from (said[i] for i in range(len(examples)))


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
    from eventcorpus.formats.articles import read_articles

    paths = [Path(part.strip()) for part in recipe.unlabelled.split(",") if part.strip()]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError(f"{missing[0]}: no such file or folder (unlabelled); name it with --set unlabelled=PATH")
    return list(read_articles(paths)) if paths else []


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
