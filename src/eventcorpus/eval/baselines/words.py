"""Annotated articles as lines of words with BIO tags, and predicted tags as predictions: what both baselines share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.models.tags import OUTSIDE, tags_from_spans
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, Prediction, prediction_of
from eventcorpus.schema import AnnotatedArticle, Article, Mention
from eventcorpus.text import words


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one line of an article: their offsets, and what they are."""

    offsets: list[tuple[int, int]]
    words: list[str]


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
    """Each line with its tag ids, in the numbering of ``models.tags``; of mentions that overlap the longest stays."""
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


def prediction_at(article: Article, places: Sequence[tuple[int, int, str, float]], baseline: str) -> Prediction:
    """A prediction of (start, end, label, confidence), by the baseline of a name."""
    mentions = (Mention(start, end, label, article.text[start:end], share) for start, end, label, share in places)
    return prediction_of(article, mentions, ModelName(name=f"floor {baseline}"))
