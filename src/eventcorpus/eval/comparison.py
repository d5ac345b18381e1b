"""The comparison of two systems: a JSON document with a published schema.

Every difference is second minus first, a share in [-1, 1], null where undefined. ``eval/comparison.schema.json`` is
generated from the classes below and tested against them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eventcorpus.eval.report import Figure, Part, Resampled
from eventcorpus.predictions import ModelName

DEFINITIONS = {
    "difference": "F1 of the second minus F1 of the first, exact match; of several runs each F1 is the mean over runs; "
    "the interval is a percentile bootstrap over articles, clusters of articles together, of both systems at once",
    "p_randomisation": "two-sided p value of approximate randomisation (Noreen 1989): how often the difference is at "
    "least as large when both results of an article, or of a cluster of articles, are exchanged with probability 1/2; "
    "of several runs, run by run, a system with fewer runs repeating them",
    "p_bootstrap": "two-sided p value of the paired bootstrap (Efron and Tibshirani 1993; Berg-Kirkpatrick et al. "
    "2012): how often the difference of a resample is at least as far from the difference as that is from 0",
    "p_holm": "p_randomisation of a label, adjusted for the number of labels (Holm 1979)",
    "effect_size": "the difference over its standard deviation from one article, or cluster, to the next (Cohen's d "
    "for pairs); that deviation is the one over resamples times the square root of the number of articles or clusters",
    "smallest_difference": "what this test set can show between these two systems at level 0.05 with power 0.8: 2.80 "
    "standard deviations of the difference over the resamples",
    "fixed": "a gold mention that most runs of the second have exactly and most of the first have not; a predicted "
    "mention that touches no gold and is in most runs of the first and not in most of the second",
    "broken": "the reverse of fixed",
}

Became = Literal[
    "correct", "label", "boundary", "label_and_boundary", "split", "merged", "missed", "spurious", "absent"
]
"""What a system made of a mention: a kind of ``metrics.align``, or nothing at all of what is not in gold."""

Side = Literal["gold", "predicted"]


class ComparedRun(Part):
    """One run of a system on the split."""

    model: ModelName
    predictions_sha256: str
    articles_without_prediction: int
    micro_f1: float | None


class System(Part):
    """What is compared: one run, or several of one recipe."""

    name: str
    runs: tuple[ComparedRun, ...]


class ComparedOn(Part):
    """The gold that both are scored on; ``units`` is the number of things that are drawn and exchanged."""

    name: str
    sha256: str
    split: str
    articles: int
    units: int
    gold_sha256: str


class Randomised(Part):
    """How results were exchanged; ``exact``: in every possible way once."""

    seed: int
    rounds: int
    exact: bool


class Difference(Part):
    """One figure of both systems. ``fixed`` and ``broken`` are numbers of mentions (see ``definitions``)."""

    first: float | None
    second: float | None
    difference: Figure
    p_randomisation: float | None
    p_bootstrap: float | None
    p_holm: float | None = None
    effect_size: float | None
    smallest_difference: float | None
    support: int
    fixed: int
    broken: int


class Change(Part):
    """A mention of which the second system makes something else; offsets are code points, end excluded."""

    article: str
    start: int
    end: int
    label: str
    text: str
    side: Side
    first: Became
    second: Became


class Comparison(Part):
    """Two systems on one split of one dataset, exact match."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    command: str = ""
    dataset: ComparedOn
    first: System
    second: System
    definitions: dict[str, str]
    bootstrap: Resampled
    randomisation: Randomised
    micro: Difference
    macro: Difference
    labels: dict[str, Difference]
    fixed: tuple[Change, ...] = Field(description="in the order of labels, articles and text")
    broken: tuple[Change, ...]
