"""Scoring across label sets: the labels of gold and of predictions become classes that both know.

A file says for ``gold:`` and ``predicted:`` which label becomes which class; what it does not name is left out on both
sides, and counted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from eventcorpus.errors import InputError, nearest
from eventcorpus.files import read_yaml_as
from eventcorpus.ontology import Name
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle

logger = logging.getLogger(__name__)


class ClassMap(BaseModel):
    """Which label is which class, in the gold and in the predictions."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    gold: Annotated[dict[Name, Name], Field(min_length=1)]
    predicted: Annotated[dict[Name, Name], Field(min_length=1)]

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class once, in the order of the file."""
        return tuple(dict.fromkeys([*self.gold.values(), *self.predicted.values()]))


@dataclass
class LeftOut:
    """What a map does not name, by label; ``duplicates`` are spans that are there already, in the same class."""

    labels: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0


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
    mapped = [predictions_in_classes(predictions, class_map.predicted)[0] for predictions in systems]
    return gold_in_classes(gold, class_map.gold)[0], mapped


def gold_in_classes(
    gold: Iterable[AnnotatedArticle], classes: Mapping[str, str]
) -> tuple[list[AnnotatedArticle], LeftOut]:
    """Gold articles in classes, and what is left out of them."""
    left_out = LeftOut()
    mapped: list[AnnotatedArticle] = []
    for annotated in gold:
        kept = _in_classes([(s.start, s.end, s.label) for s in annotated.spans], classes, left_out)
        spans = tuple(replace(annotated.spans[i], label=label, attributes=()) for i, label in kept)
        mapped.append(replace(annotated, spans=spans))
    return mapped, left_out


def annotations_in_classes(
    annotations: Sequence[AnnotatedArticle], classes: Mapping[str, str]
) -> list[AnnotatedArticle]:
    """Annotations of one article in classes; a class could be used where any of its labels could."""
    return [
        replace(
            mapped,
            labels_annotated=tuple(
                dict.fromkeys(classes[label] for label in mapped.labels_annotated if label in classes)
            ),
        )
        for mapped in gold_in_classes(annotations, classes)[0]
    ]


def predictions_in_classes(
    predictions: Iterable[Prediction], classes: Mapping[str, str]
) -> tuple[list[Prediction], LeftOut]:
    """Predictions in classes, and what is left out of them."""
    left_out = LeftOut()
    mapped: list[Prediction] = []
    for prediction in predictions:
        kept = _in_classes([(m.start, m.end, m.label) for m in prediction.mentions], classes, left_out)
        mentions = tuple(prediction.mentions[i].model_copy(update={"label": label}) for i, label in kept)
        mapped.append(prediction.model_copy(update={"mentions": mentions}))
    return mapped, left_out


def _in_classes(
    spans: Sequence[tuple[int, int, str]], classes: Mapping[str, str], left_out: LeftOut
) -> list[tuple[int, str]]:
    """(position, class) of the spans that stay. Two labels of one span may be one class: it stays once.

    Two spans of the *same* label in one place are two, as they are without a map.
    """
    kept: list[tuple[int, str]] = []
    label_at: dict[tuple[int, int, str], str] = {}
    for i, (start, end, label) in enumerate(spans):
        if label not in classes:
            left_out.labels[label] += 1
        elif label_at.setdefault((start, end, classes[label]), label) != label:
            left_out.duplicates += 1
        else:
            kept.append((i, classes[label]))
    return kept
