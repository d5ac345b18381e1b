"""The lexicon baseline: strings that were mentions in training are mentions again, and nothing else is.

What a model finds beyond this baseline is not only what it saw in training.
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
class Lexicon:
    """``entries``: words of a mention -> its most frequent label, and the share of its occurrences that have it.

    ``longest`` is the length of the longest mention in words.
    """

    entries: Mapping[Words, tuple[str, float]]
    longest: int


def predict(
    train: Sequence[AnnotatedArticle], articles: Iterable[Article], *, threshold: float = 0.5
) -> list[Prediction]:
    """Predict with the lexicon of ``train``; the same input gives the same predictions.

    Args:
        threshold: the least share of the occurrences of a string in ``train`` that must have the label, in (0, 1].
    """
    lexicon = fit_lexicon(train, threshold=threshold)
    return [prediction_at(article, _find(article, lexicon), NAME) for article in articles]


def fit_lexicon(train: Sequence[AnnotatedArticle], *, threshold: float = 0.5) -> Lexicon:
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
    entries: dict[Words, tuple[str, float]] = {}
    for key, counts in labelled.items():
        label, n = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if n >= threshold * occurs[key]:
            entries[key] = (label, n / occurs[key])
    return Lexicon(entries, longest)


def _find(article: Article, lexicon: Lexicon) -> list[tuple[int, int, str, float]]:
    """From left to right, at each word the longest string that is known."""
    places = []
    for line in lines_of(article.text):
        folded, at = _folded(line), 0
        while at < len(folded):
            for end in range(min(at + lexicon.longest, len(folded)), at, -1):
                found = lexicon.entries.get(tuple(folded[at:end]))
                if found:
                    places.append((line.offsets[at][0], line.offsets[end - 1][1], *found))
                    at = end
                    break
            else:
                at += 1
    return places


def _folded(line: Line) -> list[str]:
    return [word.casefold() for word in line.words]
