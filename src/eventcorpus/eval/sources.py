"""Gold and predictions of any system, in whatever file they come: datasets, tag files, exports, JSON Lines, models."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from eventcorpus.annotation.merge import default_policy
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import is_dataset_folder, manifest_hash, read_annotations, read_dataset
from eventcorpus.dataset.formats import FORMATS, format_of
from eventcorpus.errors import InputError
from eventcorpus.eval.library_predictions import library_of, read_library_predictions
from eventcorpus.eval.older_models import Carried
from eventcorpus.eval.runs import Run
from eventcorpus.events.linking import annotated_mentions
from eventcorpus.files import sha256_of_file
from eventcorpus.formats.sample import sample_of
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
from eventcorpus.labelstudio.exports import ExportIndex, is_export, open_exports
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, Prediction, UnreadableCount, prediction_of, read_prediction_file
from eventcorpus.progress import OnProgress, tracked
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted

WHOLE = "all"
"""The split of gold that has no splits."""
Exported = Literal["predictions", "annotations"]
EXPORTED: tuple[str, ...] = get_args(Exported)
logger = logging.getLogger(__name__)
_PYTHON = re.compile(r"\s*(\[\s*)*\{'")
"""How printed lists of mentions begin."""


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
        ontology: of Label Studio exports; None: by the rule of ``package_data.find_ontology_path``.
    """

    split: str = "test"
    reading: TagReading = field(default_factory=TagReading)
    exported: Exported = "predictions"
    model_version: str | None = None
    ontology: Path | None = None


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
    if kind == "dataset" or (path / "eventcorpus.json").is_file():  # of a model folder it says what that is
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
    if kind in ("predictions", "library"):
        raise InputError(
            f"{path}: a predictions file is no gold; name it with --predictions (people's annotations: convert)"
        )
    tags = read_tagged_gold(path, options.reading, with_predictions=with_predictions)
    _log_reading("gold", tags, path, options)
    return Gold(tags.articles, tags.ontology, path.stem, WHOLE, sha256_of_file(path), path, tags)


def read_system(path: Path | None, gold: Gold, options: Options) -> list[Prediction]:
    """Read predictions on the texts of the gold.

    They may be our JSON Lines, what other libraries write (``eval.library_predictions``), a tag file, a Label Studio
    export, or a dataset.

    Args:
        path: None: the last column of the gold's own file.

    Raises:
        InputError: if it is none of these, or speaks of other sentences, words or texts.
    """
    if path is None:
        assert gold.tags is not None
        found = predictions_in_last_column(gold.path, gold.tags, options.reading)
    elif (kind := kind_of(path)) == "predictions":
        return _own_predictions(path)
    elif kind == "library":
        read = read_library_predictions(path, sample_of([path]), [annotated.article for annotated in gold.articles])
        logger.info(f"{path}: {read.line()}")
        return read.predictions
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
    """What a path is: ``dataset``, ``export`` (also a folder of them), ``predictions``, ``library`` or ``tags``.

    ``predictions`` are our JSON Lines, ``library`` what other libraries write, told from what stands in the file.

    Raises:
        InputError: if there is nothing, or it is annotations in another format.
    """
    if path.is_dir():
        return "dataset" if is_dataset_folder(path) else "export"
    sample = sample_of([path])
    if library_of(sample):
        return "library"
    suffix = path.suffix.lower()
    if is_export(sample) >= (1 if suffix == ".json" else 2):
        return "export"
    if sample.shape and not sample.has_rows("text_sha256"):
        _refuse_other_formats(path)
    if not sample.shape and _PYTHON.match(sample.text):
        raise InputError(
            f"{path}: Python's own notation, not JSON; write it with json.dump(found, file, default=float), which "
            "takes numpy's numbers too"
        )
    if suffix == ".json":
        return "export"
    return "predictions" if suffix in (".jsonl", ".ndjson") or sample.text.lstrip().startswith('{"') else "tags"


def _refuse_other_formats(path: Path) -> None:
    try:
        format_ = format_of([path])
    except InputError:
        return
    title = FORMATS[format_].title
    raise InputError(
        f"{path}: this is {title}; make a dataset of it first (eventcorpus convert {path} --from {format_} --out DIR) "
        "and name DIR here"
    )


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
            f"{path}: {side}: {counted(read.n_dropped, 'tag')} in no whole mention of the scheme {read.scheme}, not "
            "counted; --decoder conlleval reads them too"
        )


def runs_of(
    paths: Sequence[Path],
    gold: Gold,
    options: Options,
    *,
    hint_labels: bool = True,
    on_progress: OnProgress | None = None,
) -> list[Run]:
    """One run a path: a folder is a model, if it is no dataset; anything else has predictions (``read_run``).

    Args:
        options: how files are read.
        hint_labels: log which labels of the gold a model does not know, or that predictions have none of them.
    """
    runs: list[Run] = []
    for path in paths:
        if path.is_dir() and not is_dataset_folder(path):
            runs.append(_with_notices(_predict(path, gold, hint_labels=hint_labels, on_progress=on_progress)))
        else:
            runs.append(read_run(path, gold, options, hint_labels=hint_labels))
    return runs


def read_run(path: Path | None, gold: Gold, options: Options, *, hint_labels: bool = True) -> Run:
    """The run that a file has, as ``read_system`` reads it.

    Args:
        hint_labels: log that it has none of the labels of the gold.
    """
    run = Run(read_system(path, gold, options), str(path or gold.path))
    found = sorted({mention.label for prediction in run.predictions for mention in prediction.mentions})
    if hint_labels and found and not set(found) & set(gold.ontology.labels):
        logger.info(
            f"{run.place}: none of its labels ({_listed(found)}) is one of the gold ({_listed(gold.ontology.labels)}); "
            "--class-map says which class each is"
        )
    return _with_notices(run)


def _listed(labels: Sequence[str]) -> str:
    return ", ".join([*labels[:5], *(["..."] if len(labels) > 5 else [])])


def _with_notices(run: Run) -> Run:
    for line in UnreadableCount.of(run.predictions).notices():
        logger.info(f"{run.place}: {line}")
    return run


def _predict(model: Path, gold: Gold, *, hint_labels: bool, on_progress: OnProgress | None) -> Run:
    from eventcorpus.inference.extractor import Extractor, predict

    extractor = Extractor.from_pretrained(model)
    carried = Carried.between(extractor.about.ontology, gold.ontology, place=str(model)) if hint_labels else None
    known = {carried.way.name(x) if carried else x for x in extractor.about.ontology.labels}
    unknown = [label for label in gold.ontology.labels if label not in known]
    if unknown and hint_labels:
        logger.info("the model does not know %s; gold of these counts as missed", ", ".join(unknown))
    found = predict((annotated.article for annotated in gold.articles), extractor)
    predictions = [p.model_copy(update={"text": None}) for p in tracked(found, len(gold.articles), on_progress)]
    linked: list[Prediction] | None = None
    if extractor.heads is not None:
        then = [carried.as_then(annotated) if carried else annotated for annotated in gold.articles]
        given = [(a.article, annotated_mentions(a, extractor.about.ontology)) for a in then]
        linked = [
            prediction_of(article, mentions, extractor.name)
            for (article, _), mentions in zip(given, extractor.link_given(given), strict=True)
        ]
    if carried is not None:
        predictions = [carried.prediction(prediction) for prediction in predictions]
        for line in carried.notices():
            logger.info("%s", line)
        linked = None if linked is None else [carried.prediction(prediction) for prediction in linked]
    return Run(predictions, str(model)) if linked is None else Run(predictions, str(model), linked)


def _own_predictions(path: Path) -> list[Prediction]:
    """The predictions of our JSON Lines.

    Raises:
        InputError: if its lines are none, naming their keys.
    """
    rows = sample_of([path]).rows
    if rows and isinstance(rows[0], dict) and not rows[0].keys() & {"mentions", "model", "text_sha256"}:
        raise InputError(
            f"{path}: no predictions in a form that is read, its first line has the keys "
            f'{_listed([*rows[0]]) or "none"}; write {{"id": ..., "entities": [{{"start": ..., "end": ..., '
            '"label": ...}]} a line, or a file of tags'
        )
    return list(read_prediction_file(path).values())
