"""The predictions of one system on one split, checked against the articles, before anything is counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eventcorpus.errors import PredictionsError
from eventcorpus.eval.class_map import ClassMap, in_classes
from eventcorpus.eval.counts import gold_keys, predicted_keys
from eventcorpus.eval.intervals import in_order, mean_count
from eventcorpus.eval.report import Classes, LeftOut
from eventcorpus.files import to_json
from eventcorpus.metrics.match import Key
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.predictions import Prediction, check_prediction, prediction_line
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted


@dataclass(frozen=True)
class Run:
    """What one system predicts, and where that came from, for messages.

    ``given_mentions``: the roles, attributes and events that it predicts where it is given the mentions of the gold;
    None if it was not asked.
    """

    predictions: Sequence[Prediction]
    place: str = "predictions"
    given_mentions: Sequence[Prediction] | None = None


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
        not_judged: what was left out since the annotators of its article could not use it, by the name of the label,
            role or attribute; means over runs.
    """

    gold: Sequence[AnnotatedArticle]
    runs: Sequence[Sequence[Prediction]]
    gold_sha256: str
    predictions_sha256: list[str]
    classes: Classes | None = None
    not_judged: Mapping[str, float] = field(default_factory=dict)


def select(
    gold: Iterable[AnnotatedArticle],
    runs: Sequence[Run],
    class_map: ClassMap | None,
    *,
    split: str,
    labels: Collection[str] = (),
) -> Selection:
    """Check the predictions of every run against the articles, and map both to classes; an article may have none.

    Args:
        labels: those of the ontology, or the classes: what a prediction of one is worth is not known in an article
            whose annotators could not use it.

    Raises:
        PredictionsError: if a prediction speaks of another text, two of one article, or none of these articles at all.
    """
    gold = in_order(gold)
    selected = [_of_articles(gold, run, split) for run in runs]
    hashes = gold_sha256(gold), [predictions_sha256(predictions) for predictions in selected]
    mapped, mapped_runs = in_classes(gold, selected, class_map)
    classes = None
    if class_map is not None:
        before, after = ([predicted_keys(found) for found in runs] for runs in (selected, mapped_runs))
        classes = Classes(
            gold=_left_out(class_map.gold, [gold_keys(gold)], [gold_keys(mapped)]),
            predicted=_left_out(class_map.predicted, before, after),
        )
    judged = [only_judged(mapped, predictions, labels) for predictions in mapped_runs]
    names = sorted({name for _, left_out in judged for name in left_out})
    not_judged = {name: mean_count(left_out[name] for _, left_out in judged) for name in names}
    return Selection(mapped, [kept for kept, _ in judged], *hashes, classes, not_judged)


def only_judged(
    gold: Sequence[AnnotatedArticle], predictions: Sequence[Prediction], labels: Collection[str] = ()
) -> tuple[list[Prediction], Counter[str]]:
    """Predictions without what the annotators of their article could not use: nobody said whether it is there.

    Returns:
        the predictions, and how many mentions, roles and attributes were left out, by the name of what was not usable.
    """
    annotated_by_id = {annotated.article.id: annotated for annotated in gold}
    every = set(labels).union(*(annotated.labels_annotated for annotated in gold))
    kept: list[Prediction] = []
    left_out: Counter[str] = Counter()
    for prediction in predictions:
        annotated = annotated_by_id[prediction.id]
        unusable, others = every.difference(annotated.labels_annotated), set(annotated.not_annotated)
        if not (unusable or others):
            kept.append(prediction)
            continue
        mentions = [mention for mention in prediction.mentions if mention.label not in unusable]
        ids = {mention.id for mention in mentions}
        roles = [r for r in prediction.roles or () if {r.trigger, r.argument} <= ids]
        left_out += Counter(mention.label for mention in prediction.mentions if mention.label in unusable)
        left_out += Counter(role.role for role in roles if role.role in others)
        left_out += Counter(name for mention in mentions for name in mention.attributes or () if name in others)
        changes = {
            "mentions": tuple(
                mention
                if mention.attributes is None
                else mention.model_copy(
                    update={"attributes": {n: v for n, v in mention.attributes.items() if n not in others}}
                )
                for mention in mentions
            ),
            "roles": None if prediction.roles is None else tuple(r for r in roles if r.role not in others),
        }
        kept.append(prediction.model_copy(update=changes))
    return kept, left_out


def _left_out(classes: dict[str, str], before: Sequence[Sequence[Key]], after: Sequence[Sequence[Key]]) -> LeftOut:
    """What a map left out of the mentions of each run, ``after`` being those that stayed; means over runs."""
    left_out = [Counter(label for *_, label in keys if label not in classes) for keys in before]
    twins = [len(every) - left.total() - len(kept) for every, left, kept in zip(before, left_out, after, strict=True)]
    labels = dict.fromkeys(label for left in left_out for label, _ in left.most_common())
    means = {label: mean_count(left[label] for left in left_out) for label in labels}
    return LeftOut(classes=classes, left_out=means, twins=mean_count(twins))


def _of_articles(gold: Sequence[AnnotatedArticle], run: Run, split: str) -> list[Prediction]:
    """The predictions of these articles, in their order."""
    by_id = {p.id: p for p in run.predictions}
    if len(by_id) < len(run.predictions):
        twice = Counter(p.id for p in run.predictions).most_common(1)[0][0]
        raise PredictionsError(f"{run.place}: article {twice!r} has more than one prediction; give one an article")
    predicted = [(by_id[a.article.id], a.article) for a in gold if a.article.id in by_id]
    if not predicted:
        raise PredictionsError(
            f"{run.place}: not one of the {counted(len(gold), 'article')} of split {split!r} is in it; predict this "
            "split"
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
