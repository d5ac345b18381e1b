"""Evaluate and compare what lies in files: gold, class map, models or predictions in; a report out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eventcorpus.dataset.folder import manifest_hash, read_dataset
from eventcorpus.eval.class_map import ClassMap, gold_in_classes, predictions_in_classes, read_class_map
from eventcorpus.eval.compare import Comparison, compare
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.report import Report
from eventcorpus.eval.runs import Run
from eventcorpus.eval.sources import Options, read_gold, read_system, runs_of
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction
from eventcorpus.progress import OnProgress
from eventcorpus.schema import AnnotatedArticle

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """A report, and what it is about: with a class map, gold and predictions are in classes.

    Args:
        predictions: of the first run.
    """

    report: Report
    gold: Sequence[AnnotatedArticle]
    predictions: Sequence[Prediction]
    ontology: Ontology


@dataclass(frozen=True)
class ComparedSystems:
    """A comparison, and what it is about; ``first`` and ``second`` are the predictions of each system's first run."""

    comparison: Comparison
    gold: Sequence[AnnotatedArticle]
    first: Sequence[Prediction]
    second: Sequence[Prediction]
    ontology: Ontology


def evaluate_files(
    gold_path: Path,
    *,
    models: Sequence[Path] = (),
    predictions: Sequence[Path] = (),
    options: Options | None = None,
    class_map_path: Path | None = None,
    overlap: float = 0.0,
    n_resamples: int = 1000,
    seed: int = 0,
    baselines: bool = True,
    command: str = "",
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Score one system, or the mean of several runs of it.

    Args:
        gold_path: a dataset folder, a Label Studio export, or a tag file.
        models: model folders, to predict with.
        predictions: in any form that ``sources.read_system`` reads, instead of models; with neither, gold is a tag file
            whose last column is predicted.
        overlap, n_resamples, seed, baselines, command: see ``evaluate.evaluate``.
        on_progress: called while a model predicts.

    Raises:
        InputError: if a file cannot be read.
        PredictionsError: if predictions do not fit the gold.
    """
    options = options or Options()
    source = read_gold(gold_path, options, with_predictions=not (models or predictions))
    class_map = read_hinted_class_map(class_map_path, source.ontology)
    if models:
        runs = runs_of(models, source.articles, source.ontology, hint_labels=class_map is None, on_progress=on_progress)
    else:
        files = predictions or (None,)
        runs = [Run(read_system(file, source, options), str(file or gold_path)) for file in files]
    report = evaluate(
        source.articles,
        runs,
        source.ontology,
        name=source.name,
        split=source.split,
        dataset_sha256=source.sha256,
        class_map=class_map,
        overlap_threshold=overlap,
        train=source.train,
        annotations=source.annotations,
        n_resamples=n_resamples,
        seed=seed,
        command=command,
        baselines=baselines,
    )
    gold, shown = _in_classes(source.articles, [runs[0].predictions], class_map)
    return Evaluation(report, gold, shown[0], source.ontology)


def compare_files(
    first: Sequence[Path],
    second: Sequence[Path],
    dataset_path: Path,
    *,
    names: tuple[str, str] = ("first", "second"),
    split: str = "test",
    class_map_path: Path | None = None,
    n_resamples: int = 1000,
    rounds: int = 10_000,
    seed: int = 0,
    command: str = "",
    on_progress: OnProgress | None = None,
) -> ComparedSystems:
    """Compare two systems on a split of a dataset.

    Args:
        first, second: model folders or files of predictions, one or several runs of each.
        names, n_resamples, rounds, seed, command: see ``compare.compare``.
        on_progress: called while a model predicts.

    Raises:
        InputError: if a file cannot be read.
        PredictionsError: if predictions do not fit the articles.
    """
    dataset = read_dataset(dataset_path)
    gold: Sequence[AnnotatedArticle] = dataset.split(split)
    class_map = read_hinted_class_map(class_map_path, dataset.ontology)
    systems = [
        runs_of(paths, gold, dataset.ontology, hint_labels=class_map is None, on_progress=on_progress)
        for paths in (first, second)
    ]
    comparison = compare(
        gold,
        systems[0],
        systems[1],
        names=names,
        labels=class_map.classes if class_map is not None else dataset.ontology.labels,
        name=dataset_path.resolve().name,
        split=split,
        dataset_sha256=manifest_hash(dataset_path),
        class_map=class_map,
        n_resamples=n_resamples,
        rounds=rounds,
        seed=seed,
        command=command,
    )
    gold, shown = _in_classes(gold, [runs[0].predictions for runs in systems], class_map)
    return ComparedSystems(comparison, gold, shown[0], shown[1], dataset.ontology)


def report_notices(report: Report) -> Iterator[str]:
    """What people should know of a report before they read its figures, a line each."""
    if report.dataset.articles_without_prediction:
        yield (
            f"{report.dataset.articles_without_prediction} of {report.dataset.articles} articles have no prediction; "
            "their gold counts as missed"
        )
    if report.not_in_one_layer:
        yield (
            f"{report.not_in_one_layer} gold mentions overlap others and are out of reach of one layer of "
            "tags; they count all the same"
        )
    sides = (("gold", report.classes.gold), ("predicted", report.classes.predicted)) if report.classes else ()
    for side, about in sides:
        if about.left_out or about.twins:
            listed = ", ".join(f"{label} {n:,}" for label, n in about.left_out.items()) or "none"
            yield f"{side}: not in the map and not scored: {listed}; {about.twins:,} twice in one class"


def comparison_notices(comparison: Comparison) -> Iterator[str]:
    """What people should know of a comparison, a line each."""
    for run in (*comparison.first.runs, *comparison.second.runs):
        if run.articles_without_prediction:
            yield (
                f"{run.model.version}: {run.articles_without_prediction} of {comparison.dataset.articles} articles "
                "have no prediction; their gold counts as missed"
            )


def read_hinted_class_map(path: Path | None, ontology: Ontology) -> ClassMap | None:
    """A class map, if there is one; gold labels of it that the ontology does not have are logged."""
    if path is None:
        return None
    class_map, hints = read_class_map(path, ontology.labels)
    for hint in hints:
        logger.info("%s: gold: %s", path, hint)
    return class_map


def _in_classes(
    gold: Sequence[AnnotatedArticle], systems: Sequence[Sequence[Prediction]], class_map: ClassMap | None
) -> tuple[Sequence[AnnotatedArticle], list[Sequence[Prediction]]]:
    if class_map is None:
        return gold, list(systems)
    return gold_in_classes(gold, class_map.gold)[0], [
        predictions_in_classes(predictions, class_map.predicted)[0] for predictions in systems
    ]
