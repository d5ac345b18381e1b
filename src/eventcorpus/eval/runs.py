"""The predictions of one system on one split, checked against the articles, before anything is counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eventcorpus.errors import PredictionsError
from eventcorpus.eval.class_map import ClassMap, gold_in_classes, predictions_in_classes
from eventcorpus.eval.intervals import in_order, mean_count
from eventcorpus.eval.report import Classes, LeftOut
from eventcorpus.files import to_json
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.predictions import Prediction, check_prediction, prediction_line
from eventcorpus.schema import AnnotatedArticle


@dataclass(frozen=True)
class Run:
    """What one system predicts, and where that came from, for messages."""

    predictions: Sequence[Prediction]
    place: str = "predictions"


def predictions_sha256(predictions: Sequence[Prediction]) -> str:
    """SHA-256 over the lines of predictions, by article id."""
    lines = (prediction_line(p) for p in sorted(predictions, key=lambda p: p.id))
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@dataclass(frozen=True)
class Selection:
    """What is scored: gold by article id, and of each run the predictions of these articles; in classes where mapped.

    Attributes:
        gold_sha256, predictions_sha256: of the gold and of each run, before they are mapped.
        classes: how labels became classes, None without a map.
    """

    gold: list[AnnotatedArticle]
    runs: list[list[Prediction]]
    gold_sha256: str
    predictions_sha256: list[str]
    classes: Classes | None = None


def select(
    gold: Iterable[AnnotatedArticle], runs: Sequence[Run], class_map: ClassMap | None, *, split: str
) -> Selection:
    """Check the predictions of every run against the articles, and map both to classes; an article may have none.

    Raises:
        PredictionsError: if a prediction speaks of another text, two of one article, or none of these articles at all.
    """
    gold = in_order(gold)
    selected = [_of_articles(gold, run, split) for run in runs]
    hashes = gold_sha256(gold), [predictions_sha256(predictions) for predictions in selected]
    if class_map is None:
        return Selection(gold, selected, *hashes)
    mapped_gold, gold_left = gold_in_classes(gold, class_map.gold)
    mapped = [predictions_in_classes(predictions, class_map.predicted) for predictions in selected]
    predicted_left = [left for _, left in mapped]
    labels = dict.fromkeys(label for left in predicted_left for label, _ in left.labels.most_common())
    classes = Classes(
        gold=LeftOut(classes=class_map.gold, left_out=dict(gold_left.labels.most_common()), twins=gold_left.duplicates),
        predicted=LeftOut(
            classes=class_map.predicted,
            left_out={label: mean_count(left.labels[label] for left in predicted_left) for label in labels},
            twins=mean_count(left.duplicates for left in predicted_left),
        ),
    )
    return Selection(mapped_gold, [predictions for predictions, _ in mapped], *hashes, classes)


def _of_articles(gold: Sequence[AnnotatedArticle], run: Run, split: str) -> list[Prediction]:
    """The predictions of these articles, in their order."""
    by_id = {p.id: p for p in run.predictions}
    if len(by_id) < len(run.predictions):
        twice = Counter(p.id for p in run.predictions).most_common(1)[0][0]
        raise PredictionsError(f"{run.place}: article {twice!r} has more than one prediction; give one an article")
    predicted = [(by_id[a.article.id], a.article) for a in gold if a.article.id in by_id]
    if not predicted:
        raise PredictionsError(
            f"{run.place}: not one of the {len(gold)} articles of split {split!r} is in it; predict this split"
        )
    for prediction, article in predicted:
        check_prediction(prediction, article, place=run.place)
    return [prediction for prediction, _ in predicted]


def gold_sha256(gold: Iterable[AnnotatedArticle]) -> str:
    """SHA-256 over the articles' ids and texts, their spans with attributes, roles and events.

    The order of articles, spans, roles and events, and the ids of spans, change nothing.
    """
    lines = sorted(to_json(_content(annotated)) for annotated in gold)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")).hexdigest()


def _content(annotated: AnnotatedArticle) -> dict[str, Any]:
    place = {span.id: (span.start, span.end, span.label) for span in annotated.spans}
    return {
        "id": annotated.article.id,
        "text_sha256": annotated.article.text_sha256,
        "spans": sorted((*place[span.id], sorted(span.attributes)) for span in annotated.spans),
        "roles": sorted((role.role, place[role.trigger], place[role.argument]) for role in annotated.roles),
        "events": sorted((e.label, sorted(place[trigger] for trigger in e.triggers)) for e in annotated.events),
    }


def found_ontology(gold: Sequence[AnnotatedArticle]) -> Ontology:
    """Labels in the order of ``labels_annotated``, then any other; triggers are those that roles and events start at.

    A role is the event link if all its links join triggers of one event. Attributes and their defaults cannot be found.

    Raises:
        OntologyError: if there are no labels at all, or one that no ontology could have.
    """
    usable = dict.fromkeys(label for annotated in gold for label in annotated.labels_annotated)
    used = sorted({span.label for annotated in gold for span in annotated.spans})
    triggers: set[str] = set()
    joins: dict[str, bool] = {}  # role -> whether its every link joins two triggers of one event
    for annotated in gold:
        event_of = {trigger: event.id for event in annotated.events for trigger in event.triggers}
        starts = event_of.keys() | {role.trigger for role in annotated.roles}
        triggers |= {span.label for span in annotated.spans if span.id in starts}
        for role in annotated.roles:
            joined = event_of.get(role.trigger, "") == event_of.get(role.argument) is not None
            joins[role.role] = joins.get(role.role, True) and joined
    labels = list(usable | dict.fromkeys(used))
    links = sorted(role for role, always in joins.items() if always)[:1]
    data = {
        "name": "found-in-gold",
        "version": "0.0.0",
        "flat": False,
        "triggers": [{"name": label} for label in labels if label in triggers],
        "entities": [{"name": label} for label in labels if label not in triggers],
        "roles": [{"name": role, "joins_events": True} for role in links if role not in labels],
    }
    return parse_ontology(data, place="no ontology given, and the labels of the gold make none")
