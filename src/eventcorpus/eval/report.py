"""The evaluation report: a JSON document with a published schema.

Every figure is a share in [0, 1] and null where undefined; every interval is a percentile bootstrap over articles
(clusters of articles where known) and null where it cannot be had. ``eval/report.schema.json`` is generated from the
classes below and tested against them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from eventcorpus.files import StrictModel
from eventcorpus.metrics.resample import Resampled
from eventcorpus.predictions import ModelName
from eventcorpus.tables import counted


class Interval(StrictModel):
    """Both ends of an interval."""

    low: float
    high: float


class Figure(StrictModel):
    """One figure with its interval."""

    value: float | None
    interval: Interval | None = None


class Intervals(StrictModel):
    """Intervals of the figures beside them; null without resampling or where undefined."""

    precision: Interval | None = None
    recall: Interval | None = None
    f1: Interval | None = None


class Figures(StrictModel):
    """Precision, recall and F1; null where undefined (neither gold nor predictions)."""

    precision: float | None
    recall: float | None
    f1: float | None
    intervals: Intervals | None = None


class LabelFigures(Figures):
    """Figures of one label: ``support`` in gold, ``predicted`` by the system, ``correct`` in both."""

    support: int
    predicted: int
    correct: int


class Matching(StrictModel):
    """Scores under one definition of a match. ``macro`` is the mean over labels with gold or predictions."""

    micro: LabelFigures
    macro: Figures
    labels: dict[str, LabelFigures]


class ScoredOn(StrictModel):
    """The gold that is scored on. ``sha256`` is that of the dataset's manifest, ``gold_sha256`` that of the gold.

    ``units`` is the number of things that the bootstrap draws: articles, or clusters of articles.
    """

    name: str
    sha256: str
    split: str
    articles: int
    articles_without_gold: int
    articles_without_prediction: int
    gold_sha256: str = ""
    units: int | None = None


class LeftOut(StrictModel):
    """One side of a map: label -> class, spans left out by label, and ``twins`` that had two labels of one class."""

    classes: dict[str, str]
    left_out: dict[str, int]
    twins: int


class Classes(StrictModel):
    """How labels of gold and predictions became the classes that were scored."""

    gold: LeftOut
    predicted: LeftOut


class Confusion(StrictModel):
    """Which label a gold mention got, by place: one to one among mentions that share a character.

    ``counts`` has shape (n_labels + 1, n_labels + 1): rows gold, columns predicted; the last column is missed, the
    last row spurious, their corner 0.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class BoundaryErrors(StrictModel):
    """Kinds of error of one label: mentions of the right label whose ends differ, and split or merged ones.

    ``too_short`` and ``too_long`` lie within, or around, the gold mention; ``shifted`` does neither; ``split``: gold
    mentions covered by several predicted ones; ``merged``: predicted mentions that cover several gold ones.
    """

    start: int = Field(description="only the start differs")
    end: int = Field(description="only the end differs")
    both: int = Field(description="start and end differ")
    too_short: int
    too_long: int
    shifted: int
    split: int
    merged: int


class AttributeFigures(StrictModel):
    """One attribute on mentions that gold and prediction share exactly; values that are defaults count as said.

    ``values``: precision, recall and F1 of each value over all mentions, a missed mention missing its values too.
    """

    mentions: int
    accuracy: Figure
    values: Matching


class EventSets(StrictModel):
    """Which triggers tell the same event, and how many events an article has.

    ``pairs``: two triggers of one event, beside which B-cubed hardly moves where most events have one trigger.
    """

    pairs: Figures | None = None
    b_cubed: Figures
    ceaf_e: Figures
    gold_events: int
    predicted_events: int
    count_error: Figure = Field(description="mean absolute difference of the number of events of an article, >= 0")


class Events(StrictModel):
    """Triggers, arguments, attributes and events, as TextEE (Huang et al. 2024) defines them.

    Argument identification: (article, argument's start and end, trigger's label); classification: the role as well;
    ``attached``: the trigger's start and end as well; ``by_distance``: the same, by whether argument and trigger stand
    in the same sentence, in neighbouring ones, or further apart. A part is null where neither side has any of it.
    """

    trigger_identification: LabelFigures | None = None
    trigger_classification: Matching | None = None
    argument_identification: LabelFigures | None = None
    argument_classification: Matching | None = None
    argument_attached: Matching | None = None
    argument_by_distance: Matching | None = None
    attributes: dict[str, AttributeFigures] = Field(default_factory=dict)
    event_sets: EventSets | None = None
    false_alarms: Figure | None = Field(
        default=None, description="predicted triggers per 100 articles without an event in gold, >= 0"
    )
    articles_without_event: int = 0


class Slice(StrictModel):
    """Exact match in one part of the data: ``articles`` that have some of it."""

    articles: int
    micro: LabelFigures
    macro_f1: float | None


class Bin(StrictModel):
    """Predictions of confidence in [low, high), the last bin with its end: how many, mean confidence, share right."""

    low: float
    high: float
    n: int
    confidence: float | None
    correct: float | None


class CurvePoint(StrictModel):
    """What is left at a least confidence: ``coverage`` is the share of predictions kept."""

    threshold: float
    precision: float | None
    recall: float | None
    coverage: float


class Calibration(StrictModel):
    """Whether confidences are true, for all labels (key ``micro`` of ``curves``) and for each.

    ``expected_calibration_error``: mean over bins, weighted by predictions, of the distance of confidence and share
    right (Naeini et al. 2015); ``average_precision`` by label, of what the system predicted.
    """

    bins: tuple[Bin, ...]
    expected_calibration_error: Figure
    curves: dict[str, tuple[CurvePoint, ...]]
    average_precision: dict[str, float | None]
    label_calibration_error: dict[str, float | None]


class Agreement(StrictModel):
    """Inter-annotator agreement on the same labels: exact F1 between two annotators. Systems can be above it.

    ``with_system``: exact micro F1 of the system against each annotator on the same articles, by the annotator's name;
    ``with_system_mean``: the mean over annotators.
    """

    articles: int
    all_labels: Figure
    labels: dict[str, Figure]
    source: str
    with_system: dict[str, Figure] = Field(default_factory=dict)
    with_system_mean: Figure | None = None


class Baseline(StrictModel):
    """A simple system trained on the same train split; exact match."""

    description: str
    exact: Matching


class LinkingBaseline(StrictModel):
    """A simple system that links mentions: those of the gold, and those that the scored system predicts."""

    description: str
    given_mentions: Events | None
    predicted_mentions: Events | None


class Seeds(StrictModel):
    """Several runs of one recipe: the figures of the report are means, these are of each run."""

    models: tuple[ModelName, ...]
    micro_f1: tuple[float | None, ...]
    deviation: float | None = Field(description="standard deviation of micro F1 over runs, n - 1 in the denominator")


class Report(StrictModel):
    """One system on one split of one dataset. The denominator is all gold of the whole article, always.

    ``classes`` is there where a map was used: then all figures are of classes, and what the map does not name is in
    none of them. Parts that were not asked for, or that the data has nothing of, are null.
    """

    schema_: Literal[2] = Field(alias="schema", default=2)
    eventcorpus: str
    versions: dict[str, str] = Field(default_factory=dict)
    command: str = ""
    benchmark: str = Field(
        default="", description="name@version of the benchmark; with '(other data)' where its data was not"
    )
    ontology: str
    dataset: ScoredOn
    model: ModelName
    predictions_sha256: str
    definitions: dict[str, str]
    bootstrap: Resampled | None = None
    overlap_threshold: float = 0.0
    exact: Matching
    boundary: Matching | None = None
    type: Matching | None = None
    overlap: Matching | None = None
    not_in_one_layer: int
    not_judged: dict[str, float] = Field(
        default_factory=dict,
        description="mentions, roles and attributes that were predicted in articles whose annotators could not use "
        "them, by their name: in no figure; means over runs",
    )
    classes: Classes | None = None
    confusion: Confusion | None = None
    boundary_errors: dict[str, BoundaryErrors] | None = None
    events: Events | None = None
    events_given_mentions: Events | None = None
    linking_baselines: dict[str, LinkingBaseline] | None = None
    slices: dict[str, dict[str, Slice]] | None = None
    calibration: Calibration | None = None
    agreement: Agreement | None = None
    floors: dict[str, Baseline] | None = None
    seeds: Seeds | None = None
    smallest_difference: float | None = Field(
        default=None,
        description="the smallest difference of micro F1 between two systems that this test set can show, power 0.8, "
        "level 0.05, from the spread of the bootstrap; null without resampling",
    )

    def notices(self) -> Iterator[str]:
        """What people should know before they read the figures, a line each."""
        if n := self.dataset.articles_without_prediction:
            articles = counted(self.dataset.articles, "article")
            yield f"without a prediction: {n:,} of {articles}; gold there counts as missed"
        if self.not_judged:
            listed = ", ".join(f"{name} {n:,.0f}" for name, n in self.not_judged.items())
            yield f"not judged, in articles whose annotators could not use them: {listed}"
        if self.not_in_one_layer:
            yield (
                f"{counted(self.not_in_one_layer, 'gold mention')} out of reach of one layer of tags, for overlap with "
                "others; counted all the same"
            )
        sides = (("gold", self.classes.gold), ("predicted", self.classes.predicted)) if self.classes else ()
        for side, about in sides:
            if about.left_out or about.twins:
                listed = ", ".join(f"{label} {n:,}" for label, n in about.left_out.items()) or "none"
                yield f"{side}: not in the map and not scored: {listed}; {about.twins:,} twice in one class"


DEFINITIONS = {
    "exact": "a mention is right if article, start, end and label are those of a gold mention, one to one",
    "boundary": "a mention is right if article, start and end are those of a gold mention, one to one, whatever the "
    "label; it counts in the row of the gold mention's label, one without a match in that of its own",
    "type": "mentions are paired by place, one to one, whatever the label: equal ones, then those with the same ends, "
    "then those that share a character, as many pairs as possible, of one label where there is a choice; right if "
    "both labels of a pair are the same",
    "overlap": "a mention is right if it shares a character with a gold mention of its article and label, one to one, "
    "as many matches as possible; with a threshold, if the share of common characters among those of either "
    "(Jaccard) is at least that",
    "macro": "mean over the labels that have gold or predicted mentions",
    "undefined": "null: neither gold nor predicted mentions; precision without predictions and recall "
    "without gold are 0 if the other side has any",
    "confusion": "pairs by place as for type: rows gold, columns predicted, the last column missed, the last row "
    "spurious; of the pieces of a split mention one is its match, of merged mentions one is matched",
    "boundary_errors": "mentions of the right label whose ends differ: only the start, only the end, or both; and the "
    "same mentions as too short (within the gold mention), too long (around it) or shifted (neither); apart from "
    "them split (gold mentions of which two or more predicted ones of their label are pieces) and merged (predicted "
    "mentions of which two or more gold ones are pieces)",
    "events": "null without triggers in the ontology, and where a map of classes is used; triggers and arguments are "
    "sets in each article, as in TextEE (Huang et al. 2024): what is said twice counts once; a part is null where "
    "neither side has any of it",
    "trigger_identification": "a trigger is right if article, start and end are those of a gold trigger",
    "trigger_classification": "and its label as well",
    "argument_identification": "an argument is right if article, start, end and the label of its trigger are those of "
    "a gold argument; links that join triggers into events are not arguments; null where the system gives no roles "
    "in any article (an empty list is one)",
    "argument_classification": "and its role as well; rows are roles",
    "argument_attached": "and start and end of its trigger as well; rows are roles",
    "argument_by_distance": "the same; rows say whether argument and trigger begin in the same sentence, in "
    "neighbouring ones, or further apart",
    "pairs": "two triggers of one event, right if both are gold triggers of one gold event",
    "attributes": "accuracy: over the mentions that gold and prediction share exactly, the share that says the same, "
    "a value left open being its default; values: a value is right if a gold mention of the same article, start, end "
    "and label has it, over all mentions, so that a missed mention misses its values; free text has one row; without "
    "attributes in any prediction none is judged",
    "events_given_mentions": "the same figures of a model that is given the mentions of the gold, so that linking is "
    "judged alone; null where no model with heads for roles, attributes and events was scored",
    "linking_baselines": "roles, attributes and events by the nearest argument and by logistic regression on features, "
    "trained on the train split, of the mentions of the gold and of those that the first run predicts",
    "event_sets": "events are the sets of triggers that the ontology's event link joins, a trigger without one is its "
    "own; over all triggers, those that one side alone has too; null where the system gives no roles or the ontology "
    "has no such link",
    "b_cubed": "per trigger, the share of its predicted event that is in its gold event (precision), or of its gold "
    "event in its predicted one (recall), 0 for a trigger of one side alone; means over predicted and over gold "
    "triggers (Bagga and Baldwin 1998)",
    "ceaf_e": "events of both sides are paired one to one, by article, such that the sum of 2 |both| / (|gold| + "
    "|predicted|) is largest; that sum per predicted event (precision) and per gold event (recall) (Luo 2005, phi4)",
    "count_error": "mean over articles of the absolute difference between the numbers of gold and predicted events",
    "false_alarms": "predicted triggers per 100 articles in which gold has no trigger; null without such articles",
}

BESIDE = {
    "intervals": "percentile bootstrap over articles, articles of one cluster drawn together; null where the figure is "
    "undefined in more than a twentieth of the resamples; slices of fewer than 5 articles have none",
    "smallest_difference": "z(0.975) + z(0.8) = 2.80 standard deviations, over the resamples, of a difference of micro "
    "F1 between two systems; of several runs the deviation of the differences between two of them; of one run that "
    "of its own micro F1, which is right for two systems of like spread whose scores correlate by 0.5 over the "
    "resamples: systems that are more alike are told apart at less, and eventcorpus compare measures it",
    "slices": "exact match; gold and predicted mentions are put into slices by the same rule: kind, outlet, month, tag "
    "and length (in words; punctuation marks are words) of their article; position: the number of the word at which "
    "the mention starts; seen: whether its string, without regard to case, is marked in the train split with this "
    "label, with another one only, or not at all",
    "calibration": "right is exact; 10 bins of equal width; of a mention predicted more often than it is in gold the "
    "surest are right; curves: precision, recall of all gold and share of predictions kept at each least confidence; "
    "average precision: over what was predicted, whatever was missed; mentions of several runs are pooled",
    "agreement": "exact F1 between two annotators who worked alone, counts of all pairs added up, decided rows left "
    "out; with_system: exact micro F1 of the system against each of them on these articles, in the labels that the "
    "annotator could use, and the mean over annotators",
    "seeds": "with several runs every figure is the mean over runs, its interval that of the mean when articles are "
    "resampled for all runs at once; counts are means rounded to whole numbers; the spread between seeds is "
    "in seeds.deviation, not in the intervals",
}
"""What stands beside the scores: intervals, slices, calibration, agreement, several runs."""
