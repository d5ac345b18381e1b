"""The floor of memory: strings that were mentions in training are mentions again, and nothing else is.

Comes in: annotated articles to remember, articles to predict. Goes out: a prediction an article. What a model finds
beyond this floor, it has not merely seen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eventcorpus.eval.baselines.words import Line, labels_in, lines_of, prediction_at, tagged_lines
from eventcorpus.models.tags import spans_from_tags
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Article

NAME = "remembered"
Words = tuple[str, ...]


@dataclass(frozen=True)
class Memory:
    """Words of a mention -> its most frequent label, and the share of its occurrences that have it; ``longest`` is in
    words."""

    known: Mapping[Words, tuple[str, float]]
    longest: int


def predict(
    train: Sequence[AnnotatedArticle], articles: Iterable[Article], *, threshold: float = 0.5
) -> list[Prediction]:
    """Predict with what is remembered of ``train``; the same input gives the same predictions.

    Args:
        threshold: the least share of the occurrences of a string in ``train`` that must have the label, in (0, 1].
    """
    memory = remember(train, threshold=threshold)
    return [prediction_at(article, _find(article, memory), NAME) for article in articles]


def remember(train: Sequence[AnnotatedArticle], *, threshold: float = 0.5) -> Memory:
    """Collect the strings that were mentions, case apart, often enough.

    A string occurs wherever its words stand, also inside other mentions: "attack" in "attack helicopter" is no attack
    there, and counts against it. Of labels that are as frequent the first in the alphabet stays.
    """
    labels = labels_in(train)
    lines = [pair for annotated in train for pair in tagged_lines(annotated, labels)]
    labelled: dict[Words, Counter[str]] = defaultdict(Counter)
    for line, tags in lines:
        folded = _folded(line)
        for start, end, number in spans_from_tags(tags):
            labelled[tuple(folded[start:end])][labels[number]] += 1
    longest = max(map(len, labelled), default=0)
    occurs: Counter[Words] = Counter()
    for line, _ in lines:
        folded = _folded(line)
        for start in range(len(folded)):
            for end in range(start + 1, min(start + longest, len(folded)) + 1):
                key = tuple(folded[start:end])
                if key in labelled:
                    occurs[key] += 1
    known: dict[Words, tuple[str, float]] = {}
    for key, counts in labelled.items():
        label, n = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if n >= threshold * occurs[key]:
            known[key] = (label, n / occurs[key])
    return Memory(known, longest)


def _find(article: Article, memory: Memory) -> list[tuple[int, int, str, float]]:
    """From left to right, at each word the longest string that is known."""
    places = []
    for line in lines_of(article.text):
        folded, at = _folded(line), 0
        while at < len(folded):
            for end in range(min(at + memory.longest, len(folded)), at, -1):
                found = memory.known.get(tuple(folded[at:end]))
                if found:
                    places.append((line.offsets[at][0], line.offsets[end - 1][1], *found))
                    at = end
                    break
            else:
                at += 1
    return places


def _folded(line: Line) -> list[str]:
    return [word.casefold() for word in line.words]
