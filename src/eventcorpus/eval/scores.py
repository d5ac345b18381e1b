"""Predictions against gold: precision, recall and F1 per label over whole articles.

Comes in: gold articles and predictions, which are checked against them. Goes out: a ``Report``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eventcorpus import __version__
from eventcorpus.eval.class_map import ClassMap, gold_in_classes, predictions_in_classes
from eventcorpus.eval.confusion import boundary_errors_of, confusion_of
from eventcorpus.eval.definitions import DEFINITIONS
from eventcorpus.eval.events import events_of
from eventcorpus.eval.found_ontology import found_ontology
from eventcorpus.eval.judged_articles import judge, labels_met
from eventcorpus.eval.matching_rows import matching_of, summed
from eventcorpus.eval.report import Classes, Judged, LeftOut, Report
from eventcorpus.eval.runs import of_split, predictions_sha256
from eventcorpus.eval.statistics import count_mentions
from eventcorpus.matching.layer import one_layer
from eventcorpus.matching.spans import Key
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, Prediction
from eventcorpus.schema import AnnotatedArticle


def score(
    gold: Sequence[AnnotatedArticle],
    predictions: Iterable[Prediction],
    ontology: Ontology | None = None,
    *,
    name: str = "gold",
    split: str = "all",
    dataset_sha256: str = "",
    place: str = "predictions",
    class_map: ClassMap | None = None,
    overlap_threshold: float = 0.0,
) -> Report:
    """Score predictions; an article without one counts as read and found empty.

    Args:
        predictions: of these articles; those of other articles are passed over.
        ontology: the order of labels, what a trigger is, and which role joins events; without one, what the gold shows
            (``found_ontology``).
        name: of the dataset, for the report; ``split`` likewise.
        place: where predictions came from, for messages.
        class_map: scores classes instead of labels, where gold and predictions have different ones.
        overlap_threshold: the least share of common characters (Jaccard) of an overlapping match, in [0, 1]; at 0 any
            shared character is enough.

    Raises:
        PredictionsError: if a prediction speaks of another text, two of one article, or none of these articles at all.
        OntologyError: if no ontology is given and the gold has no labels to make one of.

    >>> from eventcorpus.predictions import prediction_of
    >>> from eventcorpus.schema import Article, Mention, Span
    >>> first, second = Article("first", "Rebels left Homs"), Article("second", "Nothing happened")
    >>> labels = ("Actor", "Place")
    >>> gold = [AnnotatedArticle(first, (Span("1", 0, 6, "Actor"), Span("2", 12, 16, "Place")), labels),
    ...         AnnotatedArticle(second, (), labels)]
    >>> model = ModelName(name="mine")
    >>> predicted = [prediction_of(first, [Mention(0, 6, "Actor", "Rebels", 0.9)], model),
    ...              prediction_of(second, [], model)]
    >>> report = score(gold, predicted)
    >>> report.exact.micro.precision, report.exact.micro.recall, report.exact.labels["Place"].f1
    (1.0, 0.5, 0.0)
    """
    ontology = ontology or found_ontology(gold)
    here = of_split(gold, predictions, split=split, place=place)
    digest = predictions_sha256(here)
    labels, classes = ontology.labels, None
    if class_map is not None:
        gold, not_gold = gold_in_classes(gold, class_map.gold)
        here, not_predicted = predictions_in_classes(here, class_map.predicted)
        labels = class_map.classes
        classes = Classes(
            gold=LeftOut(classes=class_map.gold, left_out=dict(not_gold.labels.most_common()), twins=not_gold.twins),
            predicted=LeftOut(
                classes=class_map.predicted,
                left_out=dict(not_predicted.labels.most_common()),
                twins=not_predicted.twins,
            ),
        )
    judged = judge(gold, here)
    labels = labels_met(judged, labels)
    counts = count_mentions(judged, labels, overlap_threshold=overlap_threshold)
    return Report(
        eventcorpus=__version__,
        ontology=ontology.key,
        dataset=Judged(
            name=name,
            sha256=dataset_sha256,
            split=split,
            articles=len(gold),
            articles_without_gold=sum(not a.spans for a in gold),
            articles_without_prediction=len(gold) - len(here),
        ),
        model=here[0].model if len({p.model for p in here}) == 1 else ModelName(name="several models"),
        predictions_sha256=digest,
        definitions=DEFINITIONS,
        overlap_threshold=overlap_threshold,
        exact=matching_of(summed(counts.exact, labels), labels),
        boundary=matching_of(summed(counts.boundary, labels), labels),
        type=matching_of(summed(counts.type, labels), labels),
        overlap=matching_of(summed(counts.overlap, labels), labels),
        confusion=confusion_of(judged, labels),
        boundary_errors=boundary_errors_of(judged, labels),
        events=events_of(gold, here, ontology) if class_map is None else None,
        not_in_one_layer=sum(len(one_layer(a.spans, ontology)[1]) for a in gold),
        classes=classes,
    )


def gold_keys(gold: Iterable[AnnotatedArticle]) -> list[Key]:
    """Every gold span as (article, start, end, label)."""
    return [(a.article.id, s.start, s.end, s.label) for a in gold for s in a.spans]


def predicted_keys(predictions: Iterable[Prediction]) -> list[Key]:
    """Every predicted mention as (article, start, end, label)."""
    return [(p.id, m.start, m.end, m.label) for p in predictions for m in p.mentions]
