"""The agreement report: a JSON document with a published schema.

``eval/agreement.schema.json`` is generated from the classes below and tested against them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eventcorpus.files import StrictModel

DEFINITIONS = {
    "f1": "2 both / (first + second); exact: start, end and label are the same; overlap: the same label and a share of "
    "common characters of at least the threshold (at 0: one character), one to one, as many matches as possible",
    "alpha_characters": "Krippendorff's alpha, nominal, every character of an article a unit, labelled or not by "
    "either annotator; it is not the unitising alpha (alpha-U). Over all labels: the value of a character is its label "
    "or none; null where spans of different labels overlap",
    "roles": "a role is the same if its name, its trigger and its argument are (both spans exactly); given_ends: of "
    "roles whose two ends both annotators marked; the role that joins triggers into events is judged as events",
    "attributes": "on spans that both marked exactly alike; saying nothing is a value, defaults count as said; Cohen's "
    "kappa, null for free text",
    "events": "B-cubed on the sets of triggers that tell the same event, the first annotator of a pair as gold; on "
    "triggers that both marked, and on all triggers, where a trigger of one alone counts with the share 0 (Pradhan et "
    "al. 2014); alpha_number: Krippendorff's alpha, interval, on the number of events of an article",
    "interval": "percentile bootstrap over articles, articles of one cluster together; null with a single unit, or "
    "where the figure is undefined in more than a twentieth of the resamples",
    "undefined": "null: nothing that could agree or disagree, or chance alone would agree on everything",
    "all_pairs": "the counts of all pairs added up: an article with three annotators counts three times; kappa adds up "
    "agreement and chance agreement of the pairs",
    "settles": "disagreements that one decision of the guidelines would settle; the exact F1 would rise by at least "
    "f1_low (spans of one annotator alone are given up) and at most f1_high (both mark them)",
}


class Figure(StrictModel):
    """A figure with the ends of its interval; null where undefined. Shares in [0, 1], alpha and kappa in [-1, 1]."""

    value: float | None
    low: float | None
    high: float | None


class SpanAgreement(StrictModel):
    """Spans of the first and of the second, exactly the same ones, overlapping ones."""

    first: int
    second: int
    exact: int
    overlapping: int
    f1_exact: Figure
    f1_overlap: Figure
    alpha_characters: Figure


class RoleAgreement(StrictModel):
    """Roles of the first and of the second, the same ones; ``given_ends``: of those whose ends both marked."""

    first: int
    second: int
    both: int
    f1: Figure
    first_given_ends: int
    second_given_ends: int
    f1_given_ends: Figure


class AttributeAgreement(StrictModel):
    """``spans`` that both marked and that carry the attribute; ``agreed`` of them with the same value."""

    spans: int
    agreed: int
    agreement: Figure
    kappa: Figure


class Grouping(StrictModel):
    """B-cubed; the first annotator stands as gold, so that F1 is the figure to look at."""

    precision: Figure
    recall: Figure
    f1: Figure


class EventAgreement(StrictModel):
    """Which triggers tell the same event, and how many events an article has."""

    triggers_of_both: int
    on_triggers_of_both: Grouping
    on_all_triggers: Grouping
    first: int
    second: int
    same_number: Figure
    difference: Figure = Field(description="mean absolute difference of the number of events of an article")
    alpha_number: Figure


class PairAgreement(StrictModel):
    """One pair of annotators, or all pairs together; ``labels_left_out``: articles in which one could not use it."""

    pairs: tuple[tuple[str, str], ...]
    articles: int
    units: int
    labels_left_out: dict[str, int]
    all_labels: SpanAgreement
    labels: dict[str, SpanAgreement]
    all_roles: RoleAgreement
    roles: dict[str, RoleAgreement]
    attributes: dict[str, AttributeAgreement]
    events: EventAgreement | None


class Resampled(StrictModel):
    """How intervals were made."""

    seed: int
    resamples: int
    level: float


class Compared(StrictModel):
    """On what the figures rest; ``sha256`` is that of the dataset's manifest."""

    name: str
    sha256: str
    articles: int
    articles_of_several: int
    rows_adjudicated: int
    annotators: dict[str, int] = Field(description="articles of each annotator")


class DisagreementGroup(StrictModel):
    """Disagreements of one kind that one decision would settle."""

    kind: str
    question: str
    labels: tuple[str, ...]
    settles: int
    f1_low: float
    f1_high: float
    articles: tuple[str, ...]


class AgreementReport(StrictModel):
    """Agreement of the annotators of one dataset."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    ontology: str
    dataset: Compared
    overlap_threshold: float
    bootstrap: Resampled
    definitions: dict[str, str]
    all_pairs: PairAgreement
    pairs: tuple[PairAgreement, ...]
    disagreements: tuple[DisagreementGroup, ...]
