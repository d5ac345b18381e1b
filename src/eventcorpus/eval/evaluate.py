"""One pass through evaluation: match mentions, count, draw resamples, each once; then make every part of the report.

Comes in: gold, the predictions of one run or of several runs of one recipe, and what there is beside them (the train
split, all annotations). Goes out: one ``Report``.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from statistics import stdev
from typing import Any

import numpy as np

from eventcorpus import __version__
from eventcorpus.agreement.pairs import annotator_order, double_annotations
from eventcorpus.annotation.merge import without_decisions
from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.errors import InputError
from eventcorpus.eval.baselines import score_baselines, score_linking_baselines
from eventcorpus.eval.calibration import calibration_of
from eventcorpus.eval.class_map import ClassMap, gold_in_classes
from eventcorpus.eval.counts import (
    boundary_errors_of,
    confusion_of,
    count_mentions,
    gold_keys,
    labels_of,
    match_articles,
    predicted_keys,
)
from eventcorpus.eval.events import events_of
from eventcorpus.eval.intervals import draw_articles, figure_at, in_order, matching_of, mean_count, smallest_difference
from eventcorpus.eval.report import BESIDE, DEFINITIONS, Agreement, Events, Report, ScoredOn, Seeds
from eventcorpus.eval.runs import Run, Selection, found_ontology, only_judged, select
from eventcorpus.eval.slices import slices_of
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import Key, exact_by_article, known, label_figures, mean_of_known, micro_f1
from eventcorpus.metrics.resample import LEVEL, Resampled, Resampling, estimate
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, Prediction
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
    overlap: float = 0.0,
    train: Sequence[AnnotatedArticle] | None = None,
    annotations: Sequence[Sequence[AnnotatedArticle]] = (),
    n_resamples: int = 1000,
    seed: int = 0,
    command: str = "",
    baselines: bool = True,
) -> Report:
    """Score one system, or the mean of several runs of it, with everything that the data allows.

    Of several runs a figure is the mean of the runs that define it, a count their mean rounded to a whole number; the
    hash of the predictions is that of the first run.

    Args:
        gold: the split; at least one article.
        runs: at least one.
        train: what the system was trained on, for the slice ``seen`` and the baselines.
        baselines: train the two baselines, too.
        annotations: per article what every annotator made of it; those of other articles are passed over.
        overlap: as for ``score``.
        n_resamples: of the intervals; 0 for none.

    Raises:
        PredictionsError: as ``score``, for any of the runs.
        InputError: if two runs are the same.
    """
    report, selection, counts, resampling = _score(
        gold,
        runs,
        ontology,
        name=name,
        split=split,
        dataset_sha256=dataset_sha256,
        class_map=class_map,
        overlap=overlap,
        n_resamples=n_resamples,
        seed=seed,
    )
    labels = tuple(report.exact.labels)
    ids = dict.fromkeys(annotated.article.id for annotated in selection.gold)
    annotations = [of_one for of_one in annotations if of_one[0].article.id in ids]
    if class_map is not None:
        train = gold_in_classes(train, class_map.gold) if train is not None else None
        annotations = [gold_in_classes(of_one, class_map.gold) for of_one in annotations]
    in_gold = gold_keys(selection.gold)
    keys = [(in_gold, predicted_keys(predictions)) for predictions in selection.runs]
    beside = {
        "versions": {"python": platform.python_version(), "numpy": version("numpy"), "scipy": version("scipy")},
        "command": command,
        "dataset": report.dataset.model_copy(update={"gold_sha256": selection.gold_sha256}),
        "definitions": DEFINITIONS | BESIDE,
        "bootstrap": Resampled(seed=seed, resamples=n_resamples, level=LEVEL) if resampling else None,
        "slices": slices_of(selection.gold, keys, labels, resampling=resampling, train=train),
        "calibration": calibration_of(in_gold, selection.runs, articles=ids, labels=labels, resampling=resampling),
        "floors": score_baselines(train, selection.gold, labels) if train and baselines else None,
        "linking_baselines": score_linking_baselines(
            train, selection.gold, selection.runs[0], ontology, resampling=resampling
        )
        if train and baselines and class_map is None and any(p.roles is not None for p in selection.runs[0])
        else None,
        "agreement": agreement_beside(
            annotations,
            ontology,
            labels,
            split=split,
            runs=[predicted for _, predicted in keys],
            n_resamples=n_resamples,
            seed=seed,
        ),
        "smallest_difference": smallest_difference(counts, resampling),
    }
    return report.model_copy(update=beside)


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
    overlap: float = 0.0,
) -> Report:
    """Score predictions; an article without one counts as read and found empty.

    Args:
        predictions: of these articles; those of other articles are passed over.
        ontology: the order of labels, what a trigger is, and which role joins events; without one, what the gold shows
            (``found_ontology``).
        name: of the dataset, for the report; ``split`` likewise.
        place: where predictions came from, for messages.
        class_map: scores classes instead of labels, where gold and predictions have different ones.
        overlap: the least share of common characters (Jaccard) of an overlapping match, in [0, 1]; at 0 any
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
    return _score(
        gold,
        [Run(list(predictions), place)],
        ontology or found_ontology(gold),
        name=name,
        split=split,
        dataset_sha256=dataset_sha256,
        class_map=class_map,
        overlap=overlap,
    )[0]


def _score(
    gold: Iterable[AnnotatedArticle],
    runs: Sequence[Run],
    ontology: Ontology,
    *,
    name: str,
    split: str,
    dataset_sha256: str,
    class_map: ClassMap | None,
    overlap: float,
    n_resamples: int = 0,
    seed: int = 0,
) -> tuple[Report, Selection, Numbers, Resampling | None]:
    """Select, match and count; see ``evaluate``.

    Returns:
        the report of matches and events; what was scored; counts of exact matches, shape (n_articles, n_runs, n_labels,
        3), by the labels of the report; and the resamples, if any.
    """
    known_labels = ontology.labels if class_map is None else class_map.classes
    selection = select(gold, runs, class_map, split=split, labels=known_labels)
    models = [_model_of(predictions) for predictions in selection.runs]
    first_with: dict[str, ModelName] = {}
    for model, digest in zip(models, selection.predictions_sha256, strict=True):
        if digest in first_with:
            same = first_with[digest].version
            raise InputError(f"{model.version} predicts the very same as {same}; name every run once")
        first_with[digest] = model
    resampling = draw_articles(selection.gold, n_resamples=n_resamples, seed=seed)
    matched = [match_articles(selection.gold, predictions) for predictions in selection.runs]
    labels = labels_of((article for run in matched for article in run), known_labels)
    # if one run predicted a label that the others do not know, their tables of confusion are of different things
    same_labels = all(labels_of(run, known_labels) == labels for run in matched)
    counts = count_mentions(matched, labels, overlap=overlap)
    matchings: dict[str, Any] = {match: matching_of(found, labels, resampling) for match, found in counts.items()}
    n_articles = len(selection.gold)
    together = ModelName(name=f"{len(runs)} runs: {', '.join(dict.fromkeys(model.name for model in models))}")
    report = Report(
        eventcorpus=__version__,
        ontology=ontology.key,
        dataset=ScoredOn(
            name=name,
            sha256=dataset_sha256,
            split=split,
            articles=n_articles,
            articles_without_gold=sum(not annotated.spans for annotated in selection.gold),
            articles_without_prediction=mean_count(n_articles - len(predictions) for predictions in selection.runs),
            units=resampling.n_units if resampling else None,
        ),
        model=together if len(runs) > 1 else models[0],
        predictions_sha256=selection.predictions_sha256[0],
        definitions=DEFINITIONS,
        overlap_threshold=overlap,
        **matchings,
        not_in_one_layer=sum(len(resolve_overlaps(annotated.spans, ontology)[1]) for annotated in selection.gold),
        not_judged=dict(selection.not_judged),
        classes=selection.classes,
        confusion=confusion_of(matched, labels) if same_labels else None,
        boundary_errors=boundary_errors_of(matched, labels),
        events=events_of(selection.gold, selection.runs, ontology, resampling) if class_map is None else None,
        events_given_mentions=_given_mentions(selection.gold, runs, ontology, resampling)
        if class_map is None
        else None,
        seeds=_seeds(counts["exact"], models) if len(runs) > 1 else None,
    )
    return report, selection, counts["exact"], resampling


def _model_of(predictions: Sequence[Prediction]) -> ModelName:
    models = {p.model for p in predictions}
    return predictions[0].model if len(models) == 1 else ModelName(name="several models")


def _given_mentions(
    gold: Sequence[AnnotatedArticle], runs: Sequence[Run], ontology: Ontology, resampling: Resampling | None
) -> Events | None:
    """The events of runs that were given the mentions of the gold; None unless all were."""
    given = [only_judged(gold, run.given_mentions)[0] for run in runs if run.given_mentions is not None]
    return events_of(gold, given, ontology, resampling) if len(given) == len(runs) else None


def _seeds(counts: Numbers, models: Sequence[ModelName]) -> Seeds:
    micro = [known(value) for value in micro_f1(counts.sum(axis=0))]
    defined = [value for value in micro if value is not None]
    deviation = stdev(defined) if len(defined) > 1 else None
    return Seeds(models=tuple(models), micro_f1=tuple(micro), deviation=deviation)


def agreement_beside(
    annotations: Sequence[Sequence[AnnotatedArticle]],
    ontology: Ontology,
    labels: Sequence[str],
    *,
    split: str,
    runs: Sequence[Sequence[Key]] = (),
    n_resamples: int = 1000,
    seed: int = 0,
) -> Agreement | None:
    """Exact F1 of every pair of annotators, counts of all pairs added up; None where no article has two of them.

    Args:
        annotations: per article of the split what every annotator made of it; adjudicated rows are left out. A label
            counts where both of a pair could use it.
        labels: one figure each, undefined where nobody marked any.
        runs: what each run of the system predicted, which is scored against each annotator.
    """
    pairs = double_annotations(annotations, ontology)
    shared = in_order({double.article.id: double.first for doubles in pairs.values() for double in doubles}.values())
    if not shared:
        return None
    counts = sum(
        exact_by_article(
            (key for key in gold_keys(double.second for double in doubles) if key[-1] in labels),
            (key for key in gold_keys(double.first for double in doubles) if key[-1] in labels),
            articles=[annotated.article.id for annotated in shared],
            labels=labels,
        )
        for doubles in pairs.values()
    )
    resampling = draw_articles(shared, n_resamples=n_resamples, seed=seed)
    found = estimate(np.asarray(counts), lambda sums: label_figures(sums)[..., 2], resampling=resampling)
    with_system = _against_annotators(annotations, runs, shared, labels, resampling) if runs else {}
    who = ", ".join(f"{first} and {second} on {len(doubles):,}" for (first, second), doubles in pairs.items())
    return Agreement(
        articles=len(shared),
        all_labels=figure_at(found, len(labels)),
        labels={label: figure_at(found, i) for i, label in enumerate(labels)},
        source=f"{who} articles of split {split}, each annotated alone",
        **with_system,
    )


def _against_annotators(
    annotations: Iterable[Sequence[AnnotatedArticle]],
    runs: Sequence[Sequence[Key]],
    shared: Sequence[AnnotatedArticle],
    labels: Sequence[str],
    resampling: Resampling | None,
) -> dict[str, Any]:
    """Exact micro F1 of the system, the mean over its runs, against each annotator: ``with_system``, and its mean.

    Args:
        shared: the articles that several annotated, as ``in_order`` gives them; the others are passed over.
    """
    ids = dict.fromkeys(annotated.article.id for annotated in shared)
    by_annotator: dict[str, list[AnnotatedArticle]] = {}
    for of_article in annotations:
        for annotated in without_decisions(of_article):
            if annotated.article.id in ids:
                by_annotator.setdefault(annotated.annotator, []).append(annotated)
    names = sorted(by_annotator, key=annotator_order)
    counts = []  # by annotator and run
    for name in names:
        marked_by = by_annotator[name]
        usable = {a.article.id: set(a.labels_annotated).intersection(labels) for a in marked_by}
        sides = [gold_keys(marked_by), *runs]
        marked, *predicted = [[key for key in side if key[-1] in usable.get(key[0], ())] for side in sides]
        counts.append([exact_by_article(marked, of_run, articles=list(ids), labels=labels) for of_run in predicted])

    def figures(sums: Numbers) -> Numbers:
        """Of sums of shape (..., n_annotators, n_runs, n_labels, 3): F1 against each annotator, then the mean."""
        each = mean_of_known(micro_f1(sums), axis=-1)
        return np.concatenate([each, mean_of_known(each, axis=-1)[..., None]], axis=-1)

    found = estimate(np.moveaxis(np.asarray(counts), 2, 0), figures, resampling=resampling)
    return {
        "with_system": {name: figure_at(found, i) for i, name in enumerate(names)},
        "with_system_mean": figure_at(found, len(names)),
    }
