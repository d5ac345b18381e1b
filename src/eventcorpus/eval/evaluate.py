"""The whole report: scores with intervals, slices, calibration, and agreement of annotators beside them.

Comes in: gold, the predictions of one run or of several runs of one recipe, and what there is beside them (the train
split, all annotations). Goes out: one ``Report``.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np

from eventcorpus.eval.calibration import calibration_of
from eventcorpus.eval.class_map import ClassMap, gold_in_classes
from eventcorpus.eval.definitions import BESIDE
from eventcorpus.eval.event_intervals import events_with_intervals
from eventcorpus.eval.events import event_counts
from eventcorpus.eval.floors.score import score_floors
from eventcorpus.eval.gold_hash import gold_sha256
from eventcorpus.eval.intervals import LEVEL, draw_articles, in_order, matching_with_intervals, smallest_difference
from eventcorpus.eval.judged_articles import judge
from eventcorpus.eval.report import Report, Resampled
from eventcorpus.eval.runs import Run, gold_and_runs_in_classes
from eventcorpus.eval.scores import gold_keys, predicted_keys, score
from eventcorpus.eval.seeds import mean_report
from eventcorpus.eval.slices import slices_of
from eventcorpus.eval.statistics import count_mentions
from eventcorpus.eval.yardstick import agreement_beside
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle


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
