"""What ``eventcorpus eval`` can score: gold and predictions of any system, in whatever file they come.

Comes in: the paths and options of the command. Goes out: gold articles, their ontology, and predictions on their texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from eventcorpus.annotation.merge import default_policy, gold_of
from eventcorpus.cli.options import PATH, notice, ontology_path_of, progress_bar
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import is_dataset_folder, manifest_hash, read_annotations, read_dataset
from eventcorpus.errors import InputError
from eventcorpus.eval.runs import Run
from eventcorpus.files import read_text, sha256_of_file
from eventcorpus.formats.tagged import (
    TaggedArticles,
    TaggedPredictions,
    TagReading,
    predictions_in_last_column,
    read_predictions_beside,
    read_predictions_on,
    read_tagged_gold,
)
from eventcorpus.labelstudio.annotations import annotated_articles
from eventcorpus.labelstudio.config import TEXT_OBJECT, read_ontology, read_text_object
from eventcorpus.labelstudio.exported_predictions import exported_predictions, prediction_of_annotated
from eventcorpus.labelstudio.exports import ExportIndex, index_exports
from eventcorpus.labelstudio.live.pull import exports_in
from eventcorpus.metrics.tags import DECODERS, SCHEMES
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import ModelName, Prediction, prediction_of, read_predictions
from eventcorpus.schema import AnnotatedArticle

WHOLE = "all"
"""The split of gold that has no splits."""
EXPORTED = ("predictions", "annotations")


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
    """How files are read: tags, the split of datasets, what of a Label Studio export, and under which ontology."""

    reading: TagReading
    split: str
    exported: str
    model_version: str | None
    ontology: Path | None

    @classmethod
    def of(cls, split: str, *, decoder: Any, scheme: Any, **others: Any) -> Options:
        """From the values of ``source_options``."""
        return cls(TagReading(decoder, scheme), split, **others)


_OPTIONS = (
    click.option(
        "--decoder", type=click.Choice(DECODERS), default="strict", show_default=True, help="How tag files are read."
    ),
    click.option(
        "--scheme", type=click.Choice(SCHEMES), default="iob2", show_default=True, help="The tags of tag files."
    ),
    click.option(
        "--exported",
        type=click.Choice(EXPORTED),
        default="predictions",
        show_default=True,
        help="What of a Label Studio export is scored.",
    ),
    click.option("--model-version", help="Whose predictions, where an export has those of several models."),
    click.option(
        "--ontology", type=PATH, help="Of Label Studio exports: our YAML or a config.xml  [default: the one beside]"
    ),
)
_Command = TypeVar("_Command", bound=Callable[..., Any])


def source_options(command: _Command) -> _Command:
    """Give a command the options of ``Options.of``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


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
        index, ontology, text_object = _export(path, options)
        report = ConversionReport()
        policy = default_policy(index.names.values())
        read = annotated_articles(index, ontology, report, stop=False, text_object=text_object)
        articles = [gold_of(several, policy, ontology, report) for several in read]
        _tell(report, path)
        if not articles:
            raise InputError(f"{path}: not one article is annotated; name the export that has the gold")
        return Gold(articles, ontology, path.resolve().stem, WHOLE, sha256_of_file(index.paths[0]), path)
    if kind == "predictions":
        raise InputError(f"{path}: a predictions file is no gold; name it with --predictions")
    tags = read_tagged_gold(path, options.reading, with_predictions=with_predictions)
    _tell_dropped("gold", tags.n_dropped, path, options.reading)
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
        return _told(predictions_in_last_column(gold.path, gold.tags, options.reading), gold.path, options)
    kind = kind_of(path)
    if kind == "predictions":
        return list(read_predictions(read_text(path).split("\n"), place=str(path)))
    if kind == "dataset":
        name = ModelName(name=path.resolve().name)
        return [prediction_of_annotated(one, name) for one in read_dataset(path).split(options.split)]
    if kind == "export":
        return _exported(path, options)
    if gold.tags is not None:
        found = read_predictions_beside(path, gold.tags, gold.path, options.reading)
    else:
        found = read_predictions_on(path, [one.article for one in gold.articles], options.reading)
    return _told(found, path, options)


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
    index, ontology, text_object = _export(path, options)
    report = ConversionReport()
    if options.exported == "predictions":
        found = exported_predictions(index, ontology, report, version=options.model_version, text_object=text_object)
        predictions = [prediction for _, prediction in found]
    else:
        policy = default_policy(index.names.values())
        free = ontology.model_copy(update={"flat": False})
        read = annotated_articles(index, free, report, stop=False, text_object=text_object)
        predictions = [
            prediction_of_annotated(gold_of(several, policy, free, report), ModelName(name=f"{path.stem} {policy}"))
            for several in read
        ]
    _tell(report, path)
    return predictions


def _export(path: Path, options: Options) -> tuple[ExportIndex, Ontology, str | None]:
    """The export's index, the ontology that it is read under, and which object has the text."""
    source = ontology_path_of(options.ontology, near=[path])
    name, key = read_text_object(source) if source.suffix.lower() == ".xml" else (None, TEXT_OBJECT)
    return index_exports(exports_in(path), text_key=key), read_ontology(source), name


def _tell(report: ConversionReport, path: Path) -> None:
    """What an export lost, on stderr."""
    refused = [item for item in report.items if item.verdict == "refused"]
    if refused:
        first = refused[0]
        notice(f"{path}: {report.summary()}; the first refused: article {first.article}: {first.name} ({first.reason})")


def _told(found: TaggedPredictions, path: Path, options: Options) -> list[Prediction]:
    _tell_dropped("predicted", found.n_dropped, path, options.reading)
    return found.predictions


def _tell_dropped(side: str, n_dropped: int, path: Path, reading: TagReading) -> None:
    if n_dropped:
        notice(
            f"{path}: {side}: {n_dropped:,} tags are in no whole mention of the scheme {reading.scheme} and do not "
            "count; --decoder conlleval reads them too"
        )


def runs_of(
    paths: Sequence[Path], gold: Sequence[AnnotatedArticle], ontology: Ontology, *, hint_labels: bool = True
) -> list[Run]:
    """One run a path: a folder is a model, anything else a file of predictions.

    Args:
        ontology: of the gold.
        hint_labels: tell which labels of the gold a model does not know.
    """
    return [
        Run(predict(path, gold, ontology, hint_labels=hint_labels) if path.is_dir() else read_file(path), str(path))
        for path in paths
    ]


def read_file(path: Path) -> list[Prediction]:
    """The predictions of a file."""
    return list(read_predictions(read_text(path).split("\n"), place=str(path)))


def predict(
    model_path: Path, gold: Sequence[AnnotatedArticle], ontology: Ontology, *, hint_labels: bool = True
) -> list[Prediction]:
    """Predict the articles of the gold with a model folder."""
    from eventcorpus.models.extractor import Extractor

    extractor = Extractor.from_pretrained(model_path)
    unknown = sorted(set(ontology.labels) - set(extractor.about.ontology.labels))
    if unknown and hint_labels:
        notice(f"the model does not know {', '.join(unknown)}; gold of these counts as missed")
    predictions = []
    with progress_bar() as bar:
        task = bar.add_task("reading", total=len(gold), note="")
        for annotated, mentions in zip(gold, extractor.extract(a.article for a in gold), strict=True):
            predictions.append(prediction_of(annotated.article, mentions, extractor.name))
            bar.advance(task)
    return predictions
