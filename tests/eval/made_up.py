"""Corpora and systems made of dice, for tests of figures: every mention is one word."""

import random
from collections.abc import Sequence

from eventcorpus.eval.runs import Run
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import AnnotatedArticle, Article, Mention, Span

LABELS = ("Actor", "Place", "Time")
ONTOLOGY = Ontology(name="t", version="1.0.0", flat=False, entities=tuple(Label(name=name) for name in LABELS))
WORDS = ("rebels", "Homs", "monday", "army", "Aleppo", "friday", "left", "took", "lost", "near")
LABEL_OF = {"rebels": "Actor", "army": "Actor", "Homs": "Place", "Aleppo": "Place", "monday": "Time", "friday": "Time"}


def corpus(n_articles: int, *, seed: int = 0, n_words: int = 30, cluster_of: int = 0) -> list[AnnotatedArticle]:
    """Articles of words; each word that has a label is gold. Every ``cluster_of`` articles share a cluster."""
    dice = random.Random(seed)
    gold = []
    for i in range(n_articles):
        words = dice.choices(WORDS, k=n_words)
        article = Article(
            f"a{i:03}", " ".join(words), kind=("wire", "local")[i % 2], tags=("quote",) if i % 3 else ("quote", "denied"),
            published=f"2020-0{1 + i % 4}-01", cluster=f"c{i // cluster_of}" if cluster_of else None,
        )  # fmt: skip
        gold.append(AnnotatedArticle(article, tuple(spans_of(words)), LABELS))
    return gold


def spans_of(words: Sequence[str]) -> list[Span]:
    spans, start = [], 0
    for i, word in enumerate(words):
        if word in LABEL_OF:
            spans.append(Span(str(i), start, start + len(word), LABEL_OF[word]))
        start += len(word) + 1
    return spans


def system(gold: Sequence[AnnotatedArticle], share: float, *, seed: int = 0, name: str = "m") -> Run:
    """Finds each gold mention with probability ``share``, with the wrong label in a third of the other cases, and is
    surer of what is right."""
    dice = random.Random(seed)
    predictions = []
    for one in gold:
        mentions = []
        for span in one.spans:
            text, right = one.article.text[span.start : span.end], dice.random() < share
            if right or dice.random() < 1 / 3:
                label = span.label if right else LABELS[(LABELS.index(span.label) + 1) % 3]
                confidence = dice.uniform(0.4, 1) if right else dice.uniform(0, 0.8)
                mentions.append(Mention(span.start, span.end, label, text, confidence))
        predictions.append(prediction_of(one.article, mentions, ModelName(name=name)))
    return Run(predictions, name)


def perfect(gold: Sequence[AnnotatedArticle]) -> Run:
    """Says what gold says."""
    return system(gold, 1.0)


def empty(gold: Sequence[AnnotatedArticle]) -> Run:
    """Finds nothing anywhere."""
    return Run([prediction_of(one.article, [], ModelName(name="empty")) for one in gold], "empty")
