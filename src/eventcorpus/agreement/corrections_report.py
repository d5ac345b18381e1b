"""The report of ``corrections``: a JSON document with a published schema.

``eval/corrections.schema.json`` is generated from the classes below and tested against them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eventcorpus.strict_model import StrictModel


class LinkFigures(StrictModel):
    """Roles or attributes: predicted = kept + changed + removed, annotated = kept + changed + added."""

    predicted: int
    kept: int
    changed: int
    removed: int
    added: int
    annotated: int


class MentionFigures(StrictModel):
    """Mentions: predicted = kept + moved + relabelled + moved_and_relabelled + removed.

    annotated = kept + moved + relabelled_to + added, where ``relabelled_to`` had another label before; over all labels
    it is relabelled + moved_and_relabelled. Precision, recall and F1 are exact matches of the predictions with the
    corrected annotations, shares in [0, 1]; null where undefined.
    """

    predicted: int
    kept: int
    moved: int
    relabelled: int
    moved_and_relabelled: int
    removed: int
    relabelled_to: int
    added: int
    annotated: int
    precision: float | None
    recall: float | None
    f1: float | None


class GroupFigures(StrictModel):
    """Annotations that were begun from a prediction, and what was done in them.

    ``untouched``: nothing was changed; ``untouched_within``: that, and submitted within ``within_seconds``;
    ``without_lead_time``: the server says no time, so that the latter cannot be known. ``still_prediction``: share of
    annotated regions whose origin is ``prediction``, null without regions. ``redrawn``: changed mentions (or kept ones)
    that were paired by overlap, because the region's id is gone.
    """

    annotations: int
    untouched: int
    untouched_within: int
    without_lead_time: int
    origins: dict[str, int]
    still_prediction: float | None
    redrawn: int
    mentions: MentionFigures
    roles: LinkFigures
    attributes: LinkFigures


class Apart(StrictModel):
    """Annotations that are not in any figure above.

    ``not_begun_from_prediction``: begun empty though a prediction was there. ``without_prediction``: there was none.
    ``prediction_gone``: begun from one that is not in the export. ``older``: its author made a newer one.
    """

    not_begun_from_prediction: int
    without_prediction: int
    prediction_gone: int
    skipped: int
    older: int


class Relabelling(StrictModel):
    """How many mentions were given another label."""

    predicted: str
    annotated: str
    n: int


class Corrections(StrictModel):
    """What annotators did to predictions. A prediction that several people began from counts once for each of them."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    ontology: str
    within_seconds: float
    definitions: dict[str, str]
    total: GroupFigures
    annotators: dict[str, GroupFigures]
    models: dict[str, GroupFigures]
    labels: dict[str, MentionFigures]
    roles: dict[str, LinkFigures]
    attributes: dict[str, LinkFigures]
    relabellings: tuple[Relabelling, ...]
    apart: Apart
    left_out: dict[str, int]
