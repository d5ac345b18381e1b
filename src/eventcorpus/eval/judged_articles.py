"""Gold and predicted mentions of each article side by side, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eventcorpus.matching.outcomes import Labelled, Outcome, outcomes
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle


@dataclass(frozen=True)
class JudgedArticle:
    """One article; positions in ``outcomes`` are those of ``gold`` and ``predicted``, which keep the order they had."""

    id: str
    gold: tuple[Labelled, ...]
    predicted: tuple[Labelled, ...]
    outcomes: tuple[Outcome, ...]


def judge(gold: Iterable[AnnotatedArticle], predictions: Iterable[Prediction]) -> list[JudgedArticle]:
    """Judge every article of the gold, in its order; one without a prediction counts as read and found empty."""
    by_id = {p.id: p for p in predictions}
    judged: list[JudgedArticle] = []
    for annotated in gold:
        prediction = by_id.get(annotated.article.id)
        ours = tuple((s.start, s.end, s.label) for s in annotated.spans)
        theirs = tuple((m.start, m.end, m.label) for m in prediction.mentions) if prediction else ()
        judged.append(JudgedArticle(annotated.article.id, ours, theirs, tuple(outcomes(ours, theirs))))
    return judged


def labels_met(judged: Iterable[JudgedArticle], labels: Sequence[str]) -> tuple[str, ...]:
    """The labels in their order, then any other that an article has, sorted."""
    met = {label for one in judged for _, _, label in (*one.gold, *one.predicted)}
    return (*labels, *sorted(met - set(labels)))
