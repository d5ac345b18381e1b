"""Scoring across label sets: the labels of gold and of predictions become classes that both know.

A file says for ``gold:`` and ``predicted:`` which label becomes which class; what it does not name is left out on both
sides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from eventcorpus.errors import InputError, nearest
from eventcorpus.files import StrictModel, read_yaml_as
from eventcorpus.ontology import Name
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

logger = logging.getLogger(__name__)


class ClassMap(StrictModel):
    """Which label is which class, in the gold and in the predictions."""

    gold: Annotated[dict[Name, Name], Field(min_length=1)]
    predicted: Annotated[dict[Name, Name], Field(min_length=1)]

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class once, in the order of the file."""
        return tuple(dict.fromkeys([*self.gold.values(), *self.predicted.values()]))


def read_class_map(path: Path, gold_labels: Sequence[str]) -> ClassMap:
    """Read a map; gold labels of it that the data does not have are logged.

    Raises:
        InputError: naming the key that does not fit, or if not one of its gold labels is in the data.
    """
    class_map = read_yaml_as(ClassMap, path, what="a map")
    unknown = [label for label in class_map.gold if label not in gold_labels]
    if len(unknown) == len(class_map.gold):
        raise InputError(f"{path}: gold: the dataset has no label {unknown[0]!r}; {nearest(unknown[0], gold_labels)}")
    for label in unknown:
        logger.info("%s: gold: the dataset has no label %r; %s", path, label, nearest(label, gold_labels))
    return class_map


def in_classes(
    gold: Sequence[AnnotatedArticle], systems: Sequence[Sequence[Prediction]], class_map: ClassMap | None
) -> tuple[Sequence[AnnotatedArticle], Sequence[Sequence[Prediction]]]:
    """Gold and the predictions of each system in classes, or as they are without a map."""
    if class_map is None:
        return gold, systems
    classes = class_map.predicted
    return gold_in_classes(gold, class_map.gold), [predictions_in_classes(found, classes) for found in systems]


def gold_in_classes(gold: Iterable[AnnotatedArticle], classes: Mapping[str, str]) -> list[AnnotatedArticle]:
    """Annotated articles in classes; a class could be used where any of its labels could."""
    mapped: list[AnnotatedArticle] = []
    for annotated in gold:
        kept = _in_classes([(s.start, s.end, s.label) for s in annotated.spans], classes)
        spans = tuple(replace(annotated.spans[i], label=label, attributes=()) for i, label in kept)
        usable = dict.fromkeys(classes[label] for label in annotated.labels_annotated if label in classes)
        mapped.append(replace(annotated, spans=spans, labels_annotated=tuple(usable)))
    return mapped


def predictions_in_classes(predictions: Iterable[Prediction], classes: Mapping[str, str]) -> list[Prediction]:
    """Predictions in classes."""
    mapped: list[Prediction] = []
    for prediction in predictions:
        kept = _in_classes([(m.start, m.end, m.label) for m in prediction.mentions], classes)
        mentions = tuple(prediction.mentions[i].model_copy(update={"label": label}) for i, label in kept)
        mapped.append(prediction.model_copy(update={"mentions": mentions}))
    return mapped


def _in_classes(spans: Sequence[tuple[int, int, str]], classes: Mapping[str, str]) -> list[tuple[int, str]]:
    """(position, class) of the spans that stay. Two labels of one span may be one class: it stays once.

    Two spans of the *same* label in one place are two, as they are without a map.
    """
    label_at: dict[tuple[int, int, str], str] = {}
    return [
        (i, classes[label])
        for i, (start, end, label) in enumerate(spans)
        if label in classes and label_at.setdefault((start, end, classes[label]), label) == label
    ]
