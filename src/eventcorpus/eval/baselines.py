"""The baselines beside a system: trained on the train split, scored by exact match as the system is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.eval.counts import all_labels, gold_keys, predicted_keys
from eventcorpus.eval.events import events_of
from eventcorpus.eval.intervals import matching_of
from eventcorpus.eval.report import Baseline, LinkingBaseline
from eventcorpus.events.linear import fit_linear_links, nearest_arguments
from eventcorpus.events.linking import annotated_mentions
from eventcorpus.metrics.match import exact_by_article
from eventcorpus.metrics.resample import Resampling
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, Prediction, prediction_of
from eventcorpus.schema import AnnotatedArticle, Article, Mention
from eventcorpus.tags import OUTSIDE, spans_from_tags, tag_names, tags_from_spans, viterbi
from eventcorpus.text import words


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one line of an article: their offsets, and what they are."""

    offsets: list[tuple[int, int]]
    words: list[str]

    @property
    def folded(self) -> list[str]:
        """The words without regard to case."""
        return [word.casefold() for word in self.words]


def lines_of(text: str) -> Iterator[Line]:
    """Lines that have words; a line is a paragraph in most articles, and mentions do not cross it."""
    offsets = words(text)
    begin = 0
    for i in range(1, len(offsets) + 1):
        if i == len(offsets) or "\n" in text[offsets[i - 1][1] : offsets[i][0]]:
            yield Line(offsets[begin:i], [text[start:end] for start, end in offsets[begin:i]])
            begin = i


def labels_in(train: Sequence[AnnotatedArticle]) -> list[str]:
    """The labels that mentions have, in alphabetical order."""
    return sorted({span.label for annotated in train for span in annotated.spans})


def tagged_lines(annotated: AnnotatedArticle, labels: Sequence[str]) -> Iterator[tuple[Line, list[int]]]:
    """Each line with its tag ids, in the numbering of ``tags``; of mentions that overlap the longest stays."""
    lines = list(lines_of(annotated.article.text))
    offsets = [offset for line in lines for offset in line.offsets]
    tags = [OUTSIDE] * len(offsets)
    if annotated.spans:
        layer = Ontology(name="baseline", version="1.0.0", entities=tuple(Label(name=label) for label in labels))
        tags, _ = tags_from_spans(resolve_overlaps(annotated.spans, layer)[0], offsets, layer.rank)
    begin = 0
    for line in lines:
        yield line, tags[begin : begin + len(line.words)]
        begin += len(line.words)


Found = tuple[int, int, str, float]
"""Start and end in the article, label, and confidence."""


def _predict(articles: Iterable[Article], find: Callable[[Line], Iterable[Found]], baseline: str) -> list[Prediction]:
    """What the baseline of a name finds in the lines of each article."""
    predictions = []
    for article in articles:
        found = (place for line in lines_of(article.text) for place in find(line))
        mentions = (Mention(start, end, label, article.text[start:end], sure) for start, end, label, sure in found)
        predictions.append(prediction_of(article, mentions, ModelName(name=f"floor {baseline}")))
    return predictions


LEXICON = "remembered"
Words = tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """``entries``: words of a mention -> its most frequent label, and the share of its occurrences that have it.

    ``longest`` is the length of the longest mention in words.
    """

    entries: Mapping[Words, tuple[str, float]]
    longest: int

    def find(self, line: Line) -> Iterator[Found]:
        """From left to right, at each word the longest string that is known."""
        folded, at = line.folded, 0
        while at < len(folded):
            for end in range(min(at + self.longest, len(folded)), at, -1):
                if entry := self.entries.get(tuple(folded[at:end])):
                    yield (line.offsets[at][0], line.offsets[end - 1][1], *entry)
                    at = end
                    break
            else:
                at += 1


def predict_by_lexicon(
    train: Sequence[AnnotatedArticle], articles: Iterable[Article], *, threshold: float = 0.5
) -> list[Prediction]:
    """Predict with the lexicon of ``train``; the same input gives the same predictions.

    Args:
        threshold: the least share of the occurrences of a string in ``train`` that must have the label, in (0, 1].
    """
    return _predict(articles, fit_lexicon(train, threshold=threshold).find, LEXICON)


def fit_lexicon(train: Sequence[AnnotatedArticle], *, threshold: float = 0.5) -> Lexicon:
    """Collect the strings that were mentions, case apart, often enough.

    A string occurs wherever its words stand, also inside other mentions: "attack" in "attack helicopter" is no attack
    there, and counts against it. Of labels that are as frequent the first in the alphabet stays.
    """
    labels = labels_in(train)
    lines = [pair for annotated in train for pair in tagged_lines(annotated, labels)]
    labelled: dict[Words, Counter[str]] = defaultdict(Counter)
    for line, tags in lines:
        folded = line.folded
        for start, end, number in spans_from_tags(tags):
            labelled[tuple(folded[start:end])][labels[number]] += 1
    longest = max(map(len, labelled), default=0)
    occurs: Counter[Words] = Counter()
    for line, _ in lines:
        folded = line.folded
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


LINEAR = "linear"
_LEAST = 1e-9  # no probability is 0: a tag that training never had can still be passed over, not divided by


@dataclass(frozen=True)
class LinearTagger:
    """A vectoriser of features and a classifier of words; without a classifier, everything is outside."""

    labels: list[str]
    vectoriser: Any
    classifier: Any | None

    def log_probabilities(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Of the tags of the words of one line, shape (n_words, n_tags)."""
        full = np.full((len(words), len(tag_names(self.labels))), _LEAST)
        if self.classifier is None:
            full[:, OUTSIDE] = 1
        else:
            known = self.classifier.predict_proba(_narrow(self.vectoriser.transform(_counted(words))))
            full[:, self.classifier.classes_] = np.maximum(known, _LEAST)
        scores: NDArray[np.float32] = np.log(full).astype(np.float32)
        return scores

    def find(self, line: Line) -> Iterator[Found]:
        """The mentions of the best path of tags; their confidence is the geometric mean over their words."""
        scores = self.log_probabilities(line.words)
        tags = viterbi(scores)
        for start, end, label in spans_from_tags(tags):
            sure = float(np.exp(np.mean([scores[i, tags[i]] for i in range(start, end)])))
            yield line.offsets[start][0], line.offsets[end - 1][1], self.labels[label], sure


def predict_by_linear(
    train: Sequence[AnnotatedArticle], articles: Iterable[Article], *, n_epochs: int = 8, seed: int = 0
) -> list[Prediction]:
    """Train and predict; the same input gives the same predictions."""
    return _predict(articles, fit_linear(train, n_epochs=n_epochs, seed=seed).find, LINEAR)


def fit_linear(train: Sequence[AnnotatedArticle], *, n_epochs: int = 8, seed: int = 0) -> LinearTagger:
    """Train on the words of all lines, in an order that the seed draws anew for each epoch."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import SGDClassifier

    labels = labels_in(train)
    features: list[dict[str, int]] = []
    targets: list[int] = []
    for annotated in train:
        for line, tags in tagged_lines(annotated, labels):
            features += _counted(line.words)
            targets += tags
    vectoriser = DictVectorizer(dtype=np.float32)
    matrix = _narrow(vectoriser.fit_transform(features)) if features else None
    if len(set(targets)) < 2:  # a classifier wants two classes
        return LinearTagger(labels, vectoriser, None)
    classifier = SGDClassifier(
        loss="log_loss", alpha=1e-6, max_iter=n_epochs, tol=None, average=True, random_state=seed
    )
    classifier.fit(matrix, np.array(targets))
    return LinearTagger(labels, vectoriser, classifier)


def _counted(words: Sequence[str]) -> list[dict[str, int]]:
    return [dict.fromkeys(row, 1) for row in line_features(words)]


def _narrow(matrix: Any) -> Any:
    """The same matrix with the 32-bit indices that the classifier takes."""
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


_RUNS = re.compile(r"(.)\1+")
EDGE = "<>"
"""Stands beyond the ends of a line."""


def line_features(words: Sequence[str]) -> list[list[str]]:
    """The features of each word, as many for every word, so that they make one array.

    >>> line_features(["Rebels", "attacked", "10"])[2][:4]
    ['w=10', 'f=10', 's=d', 'l=dd']
    """
    folded = [EDGE, EDGE, *(word.casefold() for word in words), EDGE, EDGE]
    shapes = [EDGE, EDGE, *map(shape, words), EDGE, EDGE]
    return [_features(word, folded[i : i + 5], shapes[i : i + 5]) for i, word in enumerate(words)]


def shape(word: str) -> str:
    """Upper case as X, lower as x, digits as d, else the character.

    >>> shape("McDonald-19")
    'XxXxxxxx-dd'
    """
    return "".join("X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word)


def _features(word: str, near: Sequence[str], shapes: Sequence[str]) -> list[str]:
    before2, before, here, after, after2 = near
    short = [_RUNS.sub(r"\1", word_shape) for word_shape in shapes]
    return [
        f"w={word}",
        f"f={here}",
        f"s={short[2]}",
        f"l={shapes[2]}",
        *(f"p={here[:n]}" for n in (1, 2, 3, 4)),
        *(f"e={here[-n:]}" for n in (1, 2, 3, 4)),
        f"-1={before}",
        f"-2={before2}",
        f"+1={after}",
        f"+2={after2}",
        f"-1,0={before} {here}",
        f"0,+1={here} {after}",
        f"-1,+1={before} {after}",
        f"-2,-1={before2} {before}",
        f"+1,+2={after} {after2}",
        f"-s={short[1]} {short[2]}",
        f"+s={short[2]} {short[3]}",
        f"-e={before[-3:]}",
        f"+e={after[-3:]}",
        f"s3={short[1]} {short[2]} {short[3]}",
        "every",
    ]


Predict = Callable[[Sequence[AnnotatedArticle], Iterable[Article]], list[Prediction]]
BASELINES: dict[str, tuple[Predict, str]] = {
    LEXICON: (
        predict_by_lexicon,
        "strings that were mentions in the train split, with their most frequent label, if at least half of their "
        "occurrences had it; the longest first",
    ),
    LINEAR: (
        predict_by_linear,
        "logistic regression on words, shapes, affixes and two neighbours on each side, trained on the train split; "
        "Viterbi under the rule of BIO",
    ),
}


def score_baselines(
    train: Sequence[AnnotatedArticle], gold: Sequence[AnnotatedArticle], labels: Sequence[str]
) -> dict[str, Baseline]:
    """Train every baseline and score it.

    Args:
        labels: their order in the rows; others that a baseline predicts come after them.
    """
    articles = [annotated.article for annotated in gold]
    in_gold = gold_keys(gold)
    baselines: dict[str, Baseline] = {}
    for name, (predict, description) in BASELINES.items():
        predicted = predicted_keys(predict(train, articles))
        rows = all_labels(labels, [*in_gold, *predicted])
        counts = exact_by_article(in_gold, predicted, articles=[article.id for article in articles], labels=rows)
        baselines[name] = Baseline(description=description, exact=matching_of(counts[:, None], rows))
    return baselines


Linker = Callable[[str, list[Mention]], list[Mention]]
"""From a text and its mentions to the mentions with roles, attributes and events."""


def score_linking_baselines(
    train: Sequence[AnnotatedArticle],
    gold: Sequence[AnnotatedArticle],
    predictions: Sequence[Prediction],
    ontology: Ontology,
    *,
    resampling: Resampling | None,
) -> dict[str, LinkingBaseline]:
    """Link the mentions of the gold, and those that a system predicts, without an encoder, and score the links."""
    linear = fit_linear_links(train, ontology)
    linkers: dict[str, tuple[Linker, str]] = {
        "nearest argument": (
            lambda text, mentions: nearest_arguments(text, mentions, ontology),
            "for each role of a trigger the nearest mention of its sentence that a signature allows",
        ),
        LINEAR: (
            linear.link,
            "logistic regressions on distances, ranks, labels and words beside mentions, trained on the train split",
        ),
    }
    found = {p.id: p for p in predictions}
    scored: dict[str, LinkingBaseline] = {}
    for name, (link, description) in linkers.items():
        model = ModelName(name=f"floor {name}")
        given, on_predicted = [], []
        for annotated in gold:
            article = annotated.article
            mentions = annotated_mentions(annotated, ontology)
            given.append(prediction_of(article, link(article.text, mentions), model))
            prediction = found.get(article.id)
            plain = [
                Mention(m.start, m.end, m.label, m.text, m.confidence)
                for m in sorted(prediction.mentions if prediction else (), key=lambda m: (m.start, -m.end))
                if m.label in ontology.rank
            ]
            on_predicted.append(prediction_of(article, link(article.text, plain), model))
        scored[name] = LinkingBaseline(
            description=description,
            given_mentions=events_of(gold, [given], ontology, resampling),
            predicted_mentions=events_of(gold, [on_predicted], ontology, resampling),
        )
    return scored
