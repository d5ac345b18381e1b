"""The whole report: scores with intervals, slices, calibration, and agreement of annotators beside them.

Comes in: gold, the predictions of one run or of several runs of one recipe, and what there is beside them (the train
split, all annotations). Goes out: one ``Report``.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import combinations
from statistics import fmean, stdev
from typing import Any

import numpy as np

from eventcorpus import __version__
from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.errors import InputError
from eventcorpus.eval.baselines.score import score_floors
from eventcorpus.eval.calibration import calibration_of
from eventcorpus.eval.class_map import ClassMap, gold_in_classes, predictions_in_classes
from eventcorpus.eval.counts import (
    boundary_errors_of,
    confusion_of,
    count_mentions,
    gold_keys,
    judge,
    labels_met,
    matching_of,
    predicted_keys,
    summed,
)
from eventcorpus.eval.events import event_counts, events_of, events_with_intervals
from eventcorpus.eval.intervals import (
    LEVEL,
    draw_articles,
    figure_of,
    figures_with_intervals,
    in_order,
    matching_with_intervals,
    smallest_difference,
)
from eventcorpus.eval.report import BESIDE, DEFINITIONS, Agreement, Classes, Judged, LeftOut, Report, Resampled, Seeds
from eventcorpus.eval.runs import (
    Run,
    found_ontology,
    gold_and_runs_in_classes,
    gold_sha256,
    of_split,
    predictions_sha256,
)
from eventcorpus.eval.slices import slices_of
from eventcorpus.metrics.coefficients import f1
from eventcorpus.metrics.match import Key, Numbers, exact_by_article
from eventcorpus.metrics.resample import draw_resamples
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, Prediction
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle


def evaluate(
    gold: Sequence[AnnotatedArticle],
    runs: Sequence[Run],
    ontology: Ontology,
    *,
    name: str,
    split: str,
    dataset_sha256: str = "",
    class_map: ClassMap | None = None,
    overlap_threshold: float = 0.0,
    train: Sequence[AnnotatedArticle] | None = None,
    annotations: Sequence[Sequence[AnnotatedArticle]] = (),
    n_resamples: int = 1000,
    seed: int = 0,
    command: str = "",
    floors: bool = True,
) -> Report:
    """Score one system, or the mean of several runs of it, with everything that the data allows to say.

    Args:
        gold: the split; at least one article.
        runs: at least one.
        train: what the system was trained on, for the slice ``seen`` and the floors.
        floors: train the two baselines, too.
        annotations: per article what every annotator made of it; those of other articles are passed over.
        overlap_threshold: as for ``score``.
        n_resamples: of the intervals; 0 for none.

    Raises:
        PredictionsError: as ``score``, for any of the runs.
        InputError: if two runs are the same.
    """
    gold = in_order(gold)
    reports = [
        score(
            gold, run.predictions, ontology,
            name=name, split=split, dataset_sha256=dataset_sha256, place=run.place, class_map=class_map,
            overlap_threshold=overlap_threshold,
        )
        for run in runs
    ]  # fmt: skip
    report = mean_report(reports)
    digest = gold_sha256(gold)
    ids = [one.article.id for one in gold]
    inside = set(ids)
    predictions = [[p for p in run.predictions if p.id in inside] for run in runs]
    annotations = [several for several in annotations if several[0].article.id in inside]
    gold, predictions = gold_and_runs_in_classes(gold, predictions, class_map)
    if class_map is not None:
        train = gold_in_classes(train, class_map.gold)[0] if train is not None else None
        annotations = [annotations_in_classes(several, class_map) for several in annotations]
    labels = list(report.exact.labels)
    resampling = draw_articles(gold, n_resamples=n_resamples, seed=seed)
    in_gold = gold_keys(gold)
    keys = [(in_gold, predicted_keys(several)) for several in predictions]
    statistics = [
        count_mentions(judge(gold, several), labels, overlap_threshold=overlap_threshold) for several in predictions
    ]
    matchings = {
        definition: np.stack([getattr(counts, definition) for counts in statistics], axis=1)
        for definition in ("exact", "boundary", "type", "overlap")
    }
    events = report.events
    if events is not None and resampling is not None:
        counted = [event_counts(gold, several, ontology) for several in predictions]
        events = events_with_intervals(events, [one for one in counted if one is not None], resampling)
    return report.model_copy(
        update={
            "versions": {"python": platform.python_version(), "numpy": version("numpy"), "scipy": version("scipy")},
            "command": command,
            "dataset": report.dataset.model_copy(
                update={"gold_sha256": digest, "units": resampling.n_units if resampling else None}
            ),
            "bootstrap": Resampled(seed=seed, resamples=n_resamples, level=LEVEL) if resampling else None,
            "events": events,
            "slices": slices_of(gold, keys, labels, resampling=resampling, train=train),
            "calibration": calibration_of(
                in_gold, predictions, articles=ids, labels=labels, resampling=resampling
            ),
            "floors": score_floors(train, gold, labels) if train and floors else None,
            "agreement": agreement_beside(annotations, labels, split=split, n_resamples=n_resamples, seed=seed),
            "smallest_difference": smallest_difference(matchings["exact"], resampling),
            "definitions": report.definitions | BESIDE,
        }
        | {name: matching_with_intervals(counts, labels, resampling) for name, counts in matchings.items()}
    )  # fmt: skip


def annotations_in_classes(several: Sequence[AnnotatedArticle], class_map: ClassMap) -> list[AnnotatedArticle]:
    """Annotations in classes; a class could be used where any of its labels could."""
    mapped = gold_in_classes(several, class_map.gold)[0]
    return [
        replace(one, labels_annotated=tuple(dict.fromkeys(
            class_map.gold[label] for label in one.labels_annotated if label in class_map.gold
        )))
        for one in mapped
    ]  # fmt: skip


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
        not_in_one_layer=sum(len(resolve_overlaps(a.spans, ontology)[1]) for a in gold),
        classes=classes,
    )


def mean_report(reports: Sequence[Report]) -> Report:
    """One report of several runs; of one run that report itself.

    A figure is the mean of the runs that define it, a count their mean rounded to a whole number. The hash of the
    predictions stays that of the first run.

    Raises:
        InputError: if two of the runs are the same predictions: that is one run.
    """
    first = reports[0]
    if len(reports) == 1:
        return first
    seen: dict[str, ModelName] = {}
    for report in reports:
        if report.predictions_sha256 in seen:
            raise InputError(
                f"{report.model.version} predicts the very same as {seen[report.predictions_sha256].version}; "
                "name every run once"
            )
        seen[report.predictions_sha256] = report.model
    if len({report.confusion.labels if report.confusion else () for report in reports}) > 1:
        # one run predicted a label that the ontology lacks: the matrices are of different things
        reports = [report.model_copy(update={"confusion": None}) for report in reports]
    merged = _mean([report.model_dump(by_alias=True) for report in reports])
    micro = tuple(report.exact.micro.f1 for report in reports)
    known = [value for value in micro if value is not None]
    seeds = Seeds(
        models=tuple(report.model for report in reports),
        micro_f1=micro,
        deviation=stdev(known) if len(known) > 1 else None,
    )
    name = ModelName(name=f"{len(reports)} runs: {', '.join(dict.fromkeys(r.model.name for r in reports))}")
    return Report.model_validate(merged | {"seeds": seeds.model_dump(), "model": name.model_dump()})


def _mean(values: Sequence[Any]) -> Any:
    """The same tree with means at its leaves; keys that only some runs have are 0 in the others, lists go by place."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, dict):
        keys = dict.fromkeys(key for value in values if value is not None for key in value)
        return {key: _mean([value.get(key) for value in values if value is not None]) for key in keys}
    if isinstance(first, (list, tuple)):
        if len({len(value) for value in values}) > 1:
            return first
        return [_mean(several) for several in zip(*values, strict=True)]
    if isinstance(first, bool) or not isinstance(first, (int, float)):
        return first
    if all(value is None or isinstance(value, int) for value in values):
        return round(fmean(value or 0 for value in values))
    return fmean(value for value in values if value is not None)


def agreement_beside(
    annotations: Sequence[Sequence[AnnotatedArticle]],
    labels: Sequence[str],
    *,
    split: str,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Agreement | None:
    """Exact F1 of every pair of annotators, counts of all pairs added up; None where no article has two of them.

    Args:
        annotations: per article of the split what every annotator made of it; decided rows are nobody's. A label
            counts where both of a pair could use it.
        labels: one figure each, undefined where nobody marked any.
    """
    own = [[one for one in several if one.annotator != ADJUDICATED] for several in annotations]
    several_of = sorted((several for several in own if len(several) > 1), key=lambda several: several[0].article.id)
    if not several_of:
        return None
    counts = np.array([_article_counts(several, labels) for several in several_of])
    with_sum = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    units = [several[0].article.unit for several in several_of]
    resampling = draw_resamples(units, n_resamples=n_resamples, seed=seed) if n_resamples else None
    found = figures_with_intervals(with_sum, lambda x: f1(x[..., 0], x[..., 1], x[..., 2]), resampling)
    pairs = Counter(pair for several in several_of for pair in combinations(_names(several), 2))
    who = ", ".join(f"{first} and {second} on {n:,}" for (first, second), n in sorted(pairs.items(), key=_pair_order))
    return Agreement(
        articles=len(several_of),
        all_labels=figure_of(found, len(labels)),
        labels={label: figure_of(found, i) for i, label in enumerate(labels)},
        source=f"{who} articles of split {split}, each annotated alone",
    )


def _article_counts(several: Sequence[AnnotatedArticle], labels: Sequence[str]) -> Numbers:
    """Shape (n_labels, 3), of all pairs of annotators of one article."""
    total = np.zeros((len(labels), 3))
    in_order = sorted(several, key=lambda one: _name_order(one.annotator))
    for first, second in combinations(in_order, 2):
        usable = set(first.labels_annotated) & set(second.labels_annotated) & set(labels)
        ours, theirs = (_keys(one, usable) for one in (first, second))
        total += exact_by_article(theirs, ours, articles=[first.article.id], labels=labels)[0]
    return total


def _keys(one: AnnotatedArticle, usable: set[str]) -> list[Key]:
    return [(one.article.id, span.start, span.end, span.label) for span in one.spans if span.label in usable]


def _names(several: Sequence[AnnotatedArticle]) -> list[str]:
    return sorted((one.annotator for one in several), key=_name_order)


def _name_order(name: str) -> tuple[int, str]:
    """a2 before a10."""
    return len(name), name


def _pair_order(counted: tuple[tuple[str, str], int]) -> list[tuple[int, str]]:
    return [_name_order(name) for name in counted[0]]
