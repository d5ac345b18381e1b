"""``card.json``: what a model's card shows besides what its folder knows: licence, scores, agreement.

Of reports of ``eval`` and ``agree`` the few figures that a card shows are kept in the model folder, so that the card
can be written again at any time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from eventcorpus.files import StrictModel, parse_as, read_json

CARD_FACTS = "card.json"


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
    """The figures of a report that ``eval --json`` wrote.

    Raises:
        InputError: if it is not one.
    """
    from eventcorpus.eval.report import Interval, Intervals, LabelFigures, Report

    report = parse_as(Report, read_json(path), place=f"{path}: not a report of eventcorpus eval --json")

    def score(value: float | None, ends: Interval | None) -> Score:
        return Score(value=value, low=ends.low if ends else None, high=ends.high if ends else None)

    def label_score(row: LabelFigures) -> LabelScore:
        ends = row.intervals or Intervals()
        return LabelScore(
            precision=score(row.precision, ends.precision), recall=score(row.recall, ends.recall),
            f1=score(row.f1, ends.f1), support=row.support,
        )  # fmt: skip

    return Scores(
        dataset=report.dataset.name,
        sha256=report.dataset.sha256,
        split=report.dataset.split,
        articles=report.dataset.articles,
        model_hash=report.model.hash,
        classes=report.classes is not None,
        micro=label_score(report.exact.micro),
        overlap_f1=label_score(report.overlap.micro).f1 if report.overlap else None,
        labels={label: label_score(row) for label, row in report.exact.labels.items()},
    )


def read_agreement(path: Path) -> AgreementFigures:
    """The figures of a report that ``agree --json`` wrote.

    Raises:
        InputError: if it is not one.
    """
    from eventcorpus.agreement.agree import AgreementReport

    report = parse_as(AgreementReport, read_json(path), place=f"{path}: not a report of eventcorpus agree --json")
    pairs = report.all_pairs
    return AgreementFigures(
        dataset=report.dataset.name,
        annotators=len(report.dataset.annotators),
        articles=report.dataset.articles_of_several,
        f1_exact=Score(**dict(pairs.all_labels.f1_exact)),
        labels={label: Score(**dict(row.f1_exact)) for label, row in pairs.labels.items()},
    )
