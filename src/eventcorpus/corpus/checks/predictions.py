"""A model's predictions against gold: what it is sure of and gold lacks, and gold that it never finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from eventcorpus.corpus.checks.findings import Finding
from eventcorpus.predictions import Prediction, check_prediction
from eventcorpus.schema import AnnotatedArticle, Span

SURE = 0.8
"""Confidence from which a prediction that gold lacks is worth a look."""


def only_predicted(
    gold: Iterable[AnnotatedArticle], predictions: Mapping[str, Prediction], *, place: str
) -> Iterator[Finding]:
    """Predictions that gold does not have, the score being the model's confidence.

    Raises:
        PredictionsError: if a prediction was made from another text.
    """
    for one in gold:
        prediction = predictions.get(one.article.id)
        if prediction is None:
            continue
        check_prediction(prediction, one.article, place=place)
        there = {(span.start, span.end, span.label) for span in one.spans}
        for m in prediction.mentions:
            known = (m.start, m.end, m.label) in there or m.label not in one.labels_annotated
            if m.confidence >= SURE and not known:
                over = [span for span in one.spans if span.start < m.end and m.start < span.end]
                message = f"predicted {m.label} ({m.confidence:.2f}); gold has {_say(one, over)}"
                yield Finding("only-predicted", one.article.id, message, m.start, m.end, m.text, m.confidence)


def never_predicted(gold: Iterable[AnnotatedArticle], predictions: Mapping[str, Prediction]) -> Iterator[Finding]:
    """Words and label of gold of which the model finds not one mention; the score is the number of mentions.

    One finding for all mentions of the same words, at the first.
    """
    places: defaultdict[tuple[str, str], list[tuple[AnnotatedArticle, Span]]] = defaultdict(list)
    found: set[tuple[str, str]] = set()
    for one in gold:
        prediction = predictions.get(one.article.id)
        if prediction is None:
            continue
        predicted = {(m.start, m.end, m.label) for m in prediction.mentions}
        for span in one.spans:
            key = (" ".join(one.article.text[span.start : span.end].casefold().split()), span.label)
            places[key].append((one, span))
            if (span.start, span.end, span.label) in predicted:
                found.add(key)
    for key, mentions in places.items():
        if key not in found:
            one, span = mentions[0]
            words, n = one.article.text[span.start : span.end], len(mentions)
            message = f"{span.label}, {n} {'mention' if n == 1 else 'mentions'}, none of them predicted"
            yield Finding("never-predicted", one.article.id, message, span.start, span.end, words, float(n))


def _say(one: AnnotatedArticle, spans: Iterable[Span]) -> str:
    said = [f"{span.label} {one.article.text[span.start : span.end]!r}" for span in spans]
    return ", ".join(said) or "nothing there"
