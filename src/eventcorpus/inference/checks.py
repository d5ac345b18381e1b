"""What a backend changes: the scores and mentions of annotated articles with it, beside those of torch in fp32.

The outcome stands in ``backends.json`` of the model folder, so that ``auto`` takes int8 only where it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from eventcorpus.files import StrictModel, parse_as, read_json, sha256_of_file, write_json
from eventcorpus.metrics.match import Counts, Key, exact_counts, sum_counts
from eventcorpus.schema import AnnotatedArticle

if TYPE_CHECKING:
    from eventcorpus.inference.backends import BackendName
    from eventcorpus.inference.extractor import Extractor

FILE, WEIGHTS = "backends.json", "model.safetensors"
MOST_LOST = 0.003
"""F1 that a backend may lose, in [0, 1], for ``auto`` to take it."""


class BackendCheck(StrictModel):
    """What one backend finds: ``largest_difference`` is of log-probabilities of tags, ``same_mentions`` the share of
    fp32's mentions with the same place and label, both from fp32."""

    name: str
    f1: float
    largest_difference: float
    same_mentions: float


class BackendChecks(StrictModel):
    """``backends.json``; ``weights`` is the SHA-256 of the ``model.safetensors`` that was checked."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    weights: str
    dataset: str
    split: str
    articles: int
    f1: float
    backends: tuple[BackendCheck, ...]

    def holds(self, name: str) -> bool:
        """Whether a backend was checked and loses no more than it may."""
        return any(check.name == name and self.f1 - check.f1 <= MOST_LOST for check in self.backends)


def is_checked(folder: Path, name: str) -> bool:
    """Whether a backend holds on the weights that are in a model folder."""
    path = folder / FILE
    if not path.is_file():
        return False
    checks = parse_as(BackendChecks, read_json(path), place=str(path), hint="; run eventcorpus backends again")
    return checks.holds(name) and checks.weights == sha256_of_file(folder / WEIGHTS)


def check_backends(
    folder: Path, gold: Sequence[AnnotatedArticle], names: Sequence[BackendName], *, dataset: str, split: str
) -> BackendChecks:
    """Read annotated articles with torch in fp32 and with other backends, and write ``backends.json``.

    Raises:
        ModelError: if a backend cannot be loaded.
        OutputError: if the disk refuses.
    """
    from eventcorpus.inference.extractor import Extractor

    texts = [annotated.article.text for annotated in gold]
    exact = Extractor.from_pretrained(folder, device="cpu").without_heads()
    scores, mentions = [scored.log_probabilities for scored in exact.scored(texts)], _keys(gold, exact)
    checks = []
    for name in names:
        extractor = Extractor.from_pretrained(folder, device="cpu", backend=name).without_heads()
        differences = [
            float(np.abs(expected - scored.log_probabilities).max(initial=0))
            for expected, scored in zip(scores, extractor.scored(texts), strict=True)
        ]
        found = _keys(gold, extractor)
        checks.append(
            BackendCheck(
                name=name,
                f1=_f1(gold, found),
                largest_difference=round(max(differences, default=0.0), 6),
                same_mentions=round(len(set(mentions) & set(found)) / max(1, len(mentions)), 5),
            )
        )
    outcome = BackendChecks(
        weights=sha256_of_file(folder / WEIGHTS), dataset=dataset, split=split, articles=len(gold),
        f1=_f1(gold, mentions), backends=tuple(checks),
    )  # fmt: skip
    write_json(folder / FILE, outcome)
    return outcome


def count_exact(gold: Sequence[AnnotatedArticle], extractor: Extractor) -> Counts:
    """Exact matches of all labels together."""
    return _counts(gold, _keys(gold, extractor))


def _keys(gold: Sequence[AnnotatedArticle], extractor: Extractor) -> list[Key]:
    return [
        (annotated.article.id, mention.start, mention.end, mention.label)
        for annotated, mentions in zip(gold, extractor.extract(a.article for a in gold), strict=True)
        for mention in mentions
    ]


def _counts(gold: Sequence[AnnotatedArticle], found: Sequence[Key]) -> Counts:
    keys = [(a.article.id, span.start, span.end, span.label) for a in gold for span in a.spans]
    return sum_counts(exact_counts(keys, found).values())


def _f1(gold: Sequence[AnnotatedArticle], found: Sequence[Key]) -> float:
    return _counts(gold, found).f1 or 0.0
