"""``card.json``: what a model's card shows besides what its folder knows: licence, scores, agreement.

Of reports of ``eval`` and ``agree`` the few figures that a card shows are kept in the model folder, so that the card
can be written again at any time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from eventcorpus.files import StrictModel, parse_as, read_json

CARD_FACTS = "card.json"


class _Read(BaseModel):
    """A part of a report: what the card does not show is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Ends(_Read):
    low: float
    high: float


class _Intervals(_Read):
    precision: _Ends | None = None
    recall: _Ends | None = None
    f1: _Ends | None = None


class _Figures(_Read):
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    intervals: _Intervals | None = None


class _Matching(_Read):
    micro: _Figures
    labels: dict[str, _Figures]


class _Dataset(_Read):
    name: str
    sha256: str
    split: str
    articles: int


class _Model(_Read):
    name: str
    hash: str = ""


class _Report(_Read):
    ontology: str
    dataset: _Dataset
    model: _Model
    exact: _Matching
    overlap: _Matching | None = None
    classes: dict[str, Any] | None = None


class Score(StrictModel):
    """A figure in [0, 1] with its interval; null where undefined or not resampled."""

    value: float | None
    low: float | None = None
    high: float | None = None


class LabelScore(StrictModel):
    """Exact match of one label: ``support`` gold mentions."""

    precision: Score
    recall: Score
    f1: Score
    support: int


class Scores(StrictModel):
    """The figures of one report. ``model_hash`` is that of the model when it was scored."""

    dataset: str
    sha256: str
    split: str
    articles: int
    model_hash: str
    classes: bool
    micro: LabelScore
    overlap_f1: Score | None
    labels: dict[str, LabelScore]


class AgreementFigures(StrictModel):
    """Exact F1 between annotators over all pairs, and on how many articles."""

    dataset: str
    annotators: int
    articles: int
    f1_exact: Score
    labels: dict[str, Score]


class CardFacts(StrictModel):
    """The content of ``card.json``."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    license: str = ""
    scores: tuple[Scores, ...] = ()
    agreement: AgreementFigures | None = None

    def with_scores(self, new: Scores) -> CardFacts:
        """The same with a report more; one on the same split of a dataset of the same name is replaced."""
        key = (new.dataset, new.split, new.classes)
        others = tuple(s for s in self.scores if (s.dataset, s.split, s.classes) != key)
        return self.model_copy(update={"scores": (*others, new)})


def read_card_facts(folder: Path) -> CardFacts:
    """The facts that a model folder has so far; none without a file.

    Raises:
        InputError: if the file is not one of ours.
    """
    path = folder / CARD_FACTS
    if not path.is_file():
        return CardFacts()
    hint = "; remove the file and name the reports again"
    return parse_as(CardFacts, read_json(path), place=str(path), hint=hint)


def read_scores(path: Path) -> Scores:
    """The figures of a report that ``eval --json`` wrote, of this version or an earlier one.

    Raises:
        InputError: if it is not one.
    """
    report = parse_as(_Report, read_json(path), place=f"{path}: not a report of eventcorpus eval --json")
    overlap = _label_score(report.overlap.micro) if report.overlap else None
    return Scores(
        dataset=report.dataset.name,
        sha256=report.dataset.sha256,
        split=report.dataset.split,
        articles=report.dataset.articles,
        model_hash=report.model.hash,
        classes=report.classes is not None,
        micro=_label_score(report.exact.micro),
        overlap_f1=overlap.f1 if overlap else None,
        labels={label: _label_score(row) for label, row in report.exact.labels.items()},
    )


def read_agreement(path: Path) -> AgreementFigures:
    """The figures of a report that ``agree --json`` wrote.

    Raises:
        InputError: if it is not one.
    """
    from eventcorpus.agreement.agree import AgreementReport, Figure

    report = parse_as(AgreementReport, read_json(path), place=f"{path}: not a report of eventcorpus agree --json")

    def of(figure: Figure) -> Score:
        return Score(value=figure.value, low=figure.low, high=figure.high)

    pairs = report.all_pairs
    return AgreementFigures(
        dataset=report.dataset.name,
        annotators=len(report.dataset.annotators),
        articles=report.dataset.articles_of_several,
        f1_exact=of(pairs.all_labels.f1_exact),
        labels={label: of(row.f1_exact) for label, row in pairs.labels.items()},
    )


def _label_score(row: _Figures) -> LabelScore:
    ends = row.intervals or _Intervals()
    return LabelScore(
        precision=_score(row.precision, ends.precision),
        recall=_score(row.recall, ends.recall),
        f1=_score(row.f1, ends.f1),
        support=row.support,
    )


def _score(value: float | None, ends: _Ends | None) -> Score:
    return Score(value=value, low=ends.low if ends else None, high=ends.high if ends else None)
