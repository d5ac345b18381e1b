"""Gold and predictions of any system, in whatever file they come: datasets, tag files, exports, JSON Lines, models."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from eventcorpus.annotation.merge import default_policy
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import is_dataset_folder, manifest_hash, read_annotations, read_dataset
from eventcorpus.errors import InputError
from eventcorpus.eval.runs import Run
from eventcorpus.files import read_text, sha256_of_file
from eventcorpus.formats.schemes import SCHEMES
from eventcorpus.formats.tagged import (
    TaggedArticles,
    TaggedPredictions,
    TagReading,
    predictions_in_last_column,
    read_predictions_beside,
    read_predictions_on,
    read_tagged_gold,
)
from eventcorpus.labelstudio.annotations import gold_articles
from eventcorpus.labelstudio.exported_predictions import exported_predictions, prediction_of_annotated
from eventcorpus.labelstudio.exports import ExportIndex, open_exports
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, Prediction, prediction_of, read_prediction_file
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import AnnotatedArticle

WHOLE = "all"
"""The split of gold that has no splits."""
Exported = Literal["predictions", "annotations"]
EXPORTED: tuple[str, ...] = get_args(Exported)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gold:
    """What is scored against; ``tags`` is there if it came from a tag file.

    ``train`` and ``annotations`` (per article what each annotator made of it) are there if it came from a dataset.
    """

    articles: list[AnnotatedArticle]
    ontology: Ontology
    name: str
    split: str
    sha256: str
    path: Path
    tags: TaggedArticles | None = None
    train: Sequence[AnnotatedArticle] | None = None
    annotations: Sequence[Sequence[AnnotatedArticle]] = ()


@dataclass(frozen=True)
class Options:
    """How files are read.

    Args:
        split: of datasets.
        reading: how tag files are read.
        exported: what of a Label Studio export is scored.
        model_version: whose predictions, where an export has those of several models.
        ontology: of Label Studio exports; None: the one beside them, else the shipped one.
    """

    split: str
    reading: TagReading
    exported: Exported
    model_version: str | None
    ontology: Path | None


def read_gold(path: Path, options: Options, *, with_predictions: bool = False) -> Gold:
    """Read gold: a dataset folder, a Label Studio export, or a tag file.

    Args:
        with_predictions: the last column of the tag file has predictions, the last but one the gold.

    Raises:
        InputError: if it is none of these, or cannot be read.
    """
    kind = kind_of(path)
    if with_predictions and kind != "tags":
        raise InputError(f"{path}: not a file of tags; name the predictions with --predictions or --model")
    if kind == "dataset":
        dataset = read_dataset(path)
        return Gold(
            dataset.split(options.split),
            dataset.ontology,
            path.resolve().name,
            options.split,
            manifest_hash(path),
            path,
            train=dataset.splits.get("train") if options.split != "train" else None,
            annotations=read_annotations(path, splits=[options.split])[1],
        )
    if kind == "export":
        index, ontology = open_exports([path], options.ontology)
        articles = _exported_gold(index, ontology, path)
        if not articles:
            raise InputError(f"{path}: not one article is annotated; name the export that has the gold")
        return Gold(articles, ontology, path.resolve().stem, WHOLE, sha256_of_file(index.paths[0]), path)
    if kind == "predictions":
        raise InputError(f"{path}: a predictions file is no gold; name it with --predictions")
    tags = read_tagged_gold(path, options.reading, with_predictions=with_predictions)
    _log_reading("gold", tags, path, options)
    return Gold(tags.articles, tags.ontology, path.stem, WHOLE, sha256_of_file(path), path, tags)


def read_system(path: Path | None, gold: Gold, options: Options) -> list[Prediction]:
    """Read predictions on the texts of the gold: our JSON Lines, a tag file, a Label Studio export, or a dataset.

    Args:
        path: None: the last column of the gold's own file.

    Raises:
        InputError: if it is none of these, or speaks of other sentences, words or texts.
    """
    if path is None:
        assert gold.tags is not None
        found = predictions_in_last_column(gold.path, gold.tags, options.reading)
    elif (kind := kind_of(path)) == "predictions":
        return list(read_prediction_file(path).values())
    elif kind == "dataset":
        name = ModelName(name=path.resolve().name)
        return [prediction_of_annotated(annotated, name) for annotated in read_dataset(path).split(options.split)]
    elif kind == "export":
        return _exported(path, options)
    elif gold.tags is not None:
        found = read_predictions_beside(path, gold.tags, gold.path, options.reading)
    else:
        found = read_predictions_on(path, [annotated.article for annotated in gold.articles], options.reading)
    _log_reading("predicted", found, path or gold.path, options)
    return found.predictions


def kind_of(path: Path) -> str:
    """What a path is: ``dataset``, ``export`` (also a folder of them), ``predictions`` (JSON Lines), else ``tags``.

    Raises:
        InputError: if there is nothing.
    """
    if path.is_dir():
        return "dataset" if is_dataset_folder(path) else "export"
    if path.suffix.lower() == ".json":
        return "export"
    if path.suffix.lower() in (".jsonl", ".ndjson") or read_text(path).lstrip().startswith('{"'):
        return "predictions"
    return "tags"


def _exported(path: Path, options: Options) -> list[Prediction]:
    index, ontology = open_exports([path], options.ontology)
    if options.exported == "annotations":
        name = ModelName(name=f"{path.stem} {default_policy(index.names.values())}")
        free = ontology.model_copy(update={"flat": False})
        return [prediction_of_annotated(annotated, name) for annotated in _exported_gold(index, free, path)]
    report = ConversionReport(refuses=True)
    predictions = exported_predictions(index, ontology, report, version=options.model_version)
    _log_refused(report, path)
    return predictions


def _exported_gold(index: ExportIndex, ontology: Ontology, path: Path) -> list[AnnotatedArticle]:
    """One gold row per annotated article, by the policy that fits the annotators."""
    report = ConversionReport(refuses=True)
    articles = [gold for gold, _ in gold_articles(index, ontology, report)[1]]
    _log_refused(report, path)
    return articles


def _log_refused(report: ConversionReport, path: Path) -> None:
    first = next((item for item in report.items if item.verdict == "refused"), None)
    if first:
        logger.info(
            f"{path}: {report.summary()}; the first refused: article {first.article}: {first.name} ({first.reason})"
        )


def _log_reading(side: str, read: TaggedArticles | TaggedPredictions, path: Path, options: Options) -> None:
    """Say which scheme tags were read in, if it is not the usual one, and how many of them do not count."""
    if options.reading.scheme is None and read.scheme != "iob2":
        logger.info(f"{path}: {side}: tags of the scheme {SCHEMES[read.scheme].title} (--scheme names another)")
    if read.n_dropped:
        logger.info(
            f"{path}: {side}: {read.n_dropped:,} tags are in no whole mention of the scheme {read.scheme} and do not "
            "count; --decoder conlleval reads them too"
        )


def runs_of(
    paths: Sequence[Path],
    gold: Sequence[AnnotatedArticle],
    ontology: Ontology,
    *,
    hint_labels: bool = True,
    on_progress: OnProgress | None = None,
) -> list[Run]:
    """One run a path: a folder is a model, anything else a file of predictions.

    Args:
        ontology: of the gold.
        hint_labels: log which labels of the gold a model does not know.
    """

    def predict(model: Path) -> list[Prediction]:
        from eventcorpus.models.extractor import Extractor

        extractor = Extractor.from_pretrained(model)
        unknown = sorted(set(ontology.labels) - set(extractor.about.ontology.labels))
        if unknown and hint_labels:
            logger.info("the model does not know %s; gold of these counts as missed", ", ".join(unknown))
        articles = [annotated.article for annotated in gold]
        found = tracked(extractor.extract(articles), len(articles), on_progress)
        return [prediction_of(*pair, extractor.name) for pair in zip(articles, found, strict=True)]

    found = (predict(path) if path.is_dir() else list(read_prediction_file(path).values()) for path in paths)
    return [Run(predictions, str(path)) for path, predictions in zip(paths, found, strict=True)]
