"""The validation split, scored while training as ``eventcorpus eval`` would score the model written now.

Comes in: gold articles and a model. Goes out: exact micro precision, recall and F1 over whole articles, decoded by the
same functions that users run.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch

from eventcorpus.matching.spans import Counts, exact_counts, sum_counts
from eventcorpus.models.extractor import Extractor
from eventcorpus.models.folder import ModelAbout
from eventcorpus.predictions import ModelName
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.learner import Learner
from eventcorpus.training.progress import DevScore


def score_dev(
    gold: Sequence[AnnotatedArticle], learner: Learner, tokenizer: Any, about: ModelAbout, *, step: int
) -> DevScore:
    """Score the weights as they are; all processes together, each with its share of the articles.

    Weights are fp32 meanwhile, as in the saved model, unless they are sharded or their attention knows bf16 alone.
    No random number is drawn, so that scoring changes nothing of what is learned.
    """
    processes = learner.processes
    # sharded weights are gathered by all processes together, so that each must read as many batches as the others
    mine = gold if learner.is_sharded else gold[processes.rank :: processes.n]
    only_bf16 = learner.model.config._attn_implementation == "flash_attention_2"
    precision = nullcontext() if only_bf16 else learner.copy.in_full_precision(learner.model)
    with precision:
        extractor = Extractor(learner.model, tokenizer, about, name=ModelName(name="in training"))
        counts = count_exact(mine, extractor)
    learner.model.train()
    numbers = torch.tensor([counts.correct, counts.predicted, counts.support], device=processes.device)
    if not learner.is_sharded:
        processes.add_up(numbers)
    total = Counts(*(int(number) for number in numbers))
    return DevScore(step, total.precision or 0.0, total.recall or 0.0, total.f1 or 0.0)


def count_exact(gold: Sequence[AnnotatedArticle], extractor: Extractor) -> Counts:
    """Exact matches of all labels together."""
    predicted = [
        (annotated.article.id, m.start, m.end, m.label)
        for annotated, mentions in zip(gold, extractor.extract(a.article for a in gold), strict=True)
        for m in mentions
    ]
    keys = [(a.article.id, s.start, s.end, s.label) for a in gold for s in a.spans]
    return sum_counts(exact_counts(keys, predicted).values())
