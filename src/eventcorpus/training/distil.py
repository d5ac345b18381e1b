"""Teaching one model with several: soft targets from cross-fitted teachers, also on articles that nobody labelled.

Comes in: labelled articles, a function that trains a teacher on some of them, articles without labels. Goes out:
examples whose targets are probabilities (Hinton et al. 2015). No teacher speaks of an article that it was trained on,
or it would repeat the labels; on unlabelled articles the mean of all teachers counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from eventcorpus.errors import InputError
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.batches import collate
from eventcorpus.training.windows import IGNORED, Example

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
    groups = sorted({a.article.cluster or a.article.id for a in articles})
    if n_teachers > len(groups):
        raise InputError(f"{n_teachers} teachers for {len(groups)} articles or clusters; lower n_teachers")
    random.Random(f"{seed}-teachers").shuffle(groups)
    part = {group: i % n_teachers for i, group in enumerate(groups)}
    unseen_by = [part[a.article.cluster or a.article.id] for a in articles]
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
