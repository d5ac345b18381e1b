"""The model card: ``README.md`` of a model folder, made of what the folder knows about itself.

It is Markdown, with the metadata that the hub reads (huggingface/hub-docs, modelcard.md) at its head. Names and
definitions are data and are escaped. ``card.json`` keeps what a card shows besides: the licence, and of reports of
``eval`` and ``agree`` the few figures that it shows, so that it can be written again at any time.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field

from eventcorpus.agreement.agree import AgreementReport, Figure
from eventcorpus.eval.report import Events, Interval, Intervals, LabelFigures, Report
from eventcorpus.events.linking import Learned
from eventcorpus.files import StrictModel, parse_as, read_json, write_json, write_text
from eventcorpus.models.calibration import Calibration
from eventcorpus.models.folder import HEADS, ModelAbout, read_about
from eventcorpus.package_data import fill_template
from eventcorpus.tables import UNDEFINED, counted, percent, percent_with_range
from eventcorpus.text import printable

CARD_FACTS = "card.json"
LICENCES = {
    "sentence-transformers/all-MiniLM-L6-v2": "apache-2.0",
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2": "apache-2.0",
    "google-bert/bert-base-cased": "apache-2.0",
    "snowood1/ConfliBERT-scr-uncased": "gpl-3.0",
    "FacebookAI/roberta-base": "mit",
    "FacebookAI/xlm-roberta-base": "mit",
    "microsoft/deberta-v3-base": "mit",
    "answerdotai/ModernBERT-base": "apache-2.0",
}
"""Licences of the encoders that recipes name, as the hub spells them; a fine-tuned model is under its encoder's."""


class LabelScore(StrictModel):
    """Exact match of one label: ``support`` gold mentions."""

    precision: Figure
    recall: Figure
    f1: Figure
    support: int


class LinkFigures(StrictModel):
    """How well mentions are linked: F1 of roles at the right trigger, of the values of each attribute (macro), and of
    pairs of triggers of one event."""

    roles: LabelScore | None
    attributes: dict[str, Figure]
    same_event: Figure | None


class Scores(StrictModel):
    """The figures of one report. ``model_hash`` is that of the model when it was scored.

    ``links``: with the mentions that the model found; ``links_given``: with the mentions of the gold given.
    """

    dataset: str
    sha256: str
    split: str
    articles: int
    model_hash: str
    classes: bool
    micro: LabelScore
    overlap_f1: Figure | None
    labels: dict[str, LabelScore]
    links: LinkFigures | None = None
    links_given: LinkFigures | None = None


class AgreementFigures(StrictModel):
    """Exact F1 between annotators over all pairs, and on how many articles."""

    dataset: str
    annotators: int
    articles: int
    f1_exact: Figure
    labels: dict[str, Figure]


class CardFacts(StrictModel):
    """The content of ``card.json``; ``datasets``: what it was trained on, by their names on the hub."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    license: str = ""
    datasets: tuple[str, ...] = ()
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
    report = parse_as(Report, read_json(path), place=f"{path}: not a report of eventcorpus eval --json")

    def score(value: float | None, ends: Interval | None) -> Figure:
        return Figure(value=value, low=ends.low if ends else None, high=ends.high if ends else None)

    def label_score(row: LabelFigures) -> LabelScore:
        ends = row.intervals or Intervals()
        return LabelScore(
            precision=score(row.precision, ends.precision), recall=score(row.recall, ends.recall),
            f1=score(row.f1, ends.f1), support=row.support,
        )  # fmt: skip

    def bare(value: float | None) -> Figure:
        return Figure(value=value, low=None, high=None)

    def link_scores(events: Events | None) -> LinkFigures | None:
        if events is None or not (events.argument_attached or events.attributes):
            return None
        pairs, values = events.event_sets and events.event_sets.pairs, events.attributes
        return LinkFigures(
            roles=label_score(events.argument_attached.micro) if events.argument_attached else None,
            attributes={name: bare(found.values.macro.f1) for name, found in values.items()},
            same_event=bare(pairs.f1) if pairs else None,
        )

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
        links=link_scores(report.events),
        links_given=link_scores(report.events_given_mentions),
    )


def read_agreement(path: Path) -> AgreementFigures:
    """The figures of a report that ``agree --json`` wrote.

    Raises:
        InputError: if it is not one.
    """
    report = parse_as(AgreementReport, read_json(path), place=f"{path}: not a report of eventcorpus agree --json")
    pairs = report.all_pairs
    return AgreementFigures(
        dataset=report.dataset.name,
        annotators=len(report.dataset.annotators),
        articles=report.dataset.articles_of_several,
        f1_exact=pairs.all_labels.f1_exact,
        labels={label: row.f1_exact for label, row in pairs.labels.items()},
    )


def write_card(folder: Path, facts: CardFacts | None = None) -> None:
    """Write ``README.md`` into a model folder, and ``card.json`` where new facts are given.

    Raises:
        ModelError: if the folder is not a whole model of ours.
        OutputError: if the disk refuses.
    """
    about = read_about(folder)
    if facts is not None:
        write_json(folder / CARD_FACTS, facts)
    run = read_json(folder / "run.json") if (folder / "run.json").is_file() else {}
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text("utf-8")) if (folder / "recipe.yaml").is_file() else {}
    facts, heads = facts or read_card_facts(folder), folder / HEADS[0]
    learned = None
    if heads.is_file():
        found = read_json(heads)
        found = found.get("learned") if isinstance(found, dict) else found
        learned = parse_as(Learned, found, place=str(heads), hint="; train the model again")
    card = model_card(folder.resolve().name, about, facts, run=run, recipe=recipe, learned=learned)
    write_text(folder / "README.md", card)


def model_card(
    name: str,
    about: ModelAbout,
    facts: CardFacts,
    *,
    run: dict[str, Any],
    recipe: dict[str, Any],
    learned: Learned | None = None,
) -> str:
    """Markdown of a card.

    Args:
        run: content of ``run.json``, empty where there is none; so ``recipe``.
        learned: what the heads have learned, if there are any.
    """
    data = about.training.get("data", {})
    return fill_template(
        "model_card.md.j2",
        head=yaml.safe_dump(_head(name, about, facts), sort_keys=False, allow_unicode=True).strip(),
        name=name,
        quoted_name=json.dumps(name),
        about=about,
        calibration=about.calibration,
        training=about.training,
        data=data,
        languages=", ".join(map(escape, about.languages or data.get("languages", []))),
        facts=facts,
        run=run,
        recipe=recipe,
        learned=learned,
        md=escape,
        md_all=lambda names: [escape(name) for name in names],
        share=_percent,
        percent_with_range=percent_with_range,
        confidences=calibration_paragraphs(about, has_links=bool(learned)),
    )


_MADE_ANEW = "`eventcorpus calibrate MODEL --dataset DIR --split validation`"


def calibration_paragraphs(about: ModelAbout, *, has_links: bool) -> list[str]:
    """What is true of a model's confidences and thresholds, in Markdown; the last may announce a table of thresholds.

    Args:
        has_links: whether the model gives roles, attributes or events.
    """
    calibration, on = about.calibration, about.calibration.fitted_on
    said = [_calibrated(calibration)]
    if on and about.schema_ < 3:
        said.append(f"An older version calibrated it (schema {about.schema_}); {_MADE_ANEW} does it anew.")
    if has_links and calibration.links is None:
        said.append(f"Confidences of roles, attributes and events are not calibrated; {_MADE_ANEW} does it.")
    wanted = f"{100 * (calibration.precision or 0):g}%"
    if any(threshold.confidence is not None for threshold in calibration.thresholds.values()):
        said.append(
            f"From these confidences on, at least {wanted} were right there (`extract --thresholds`); labels that are "
            "not listed did not reach it, or were too few to tell:"
        )
    elif calibration.thresholds:
        said.append(
            f"Thresholds: no label reached {wanted} with {counted(calibration.least_mentions, 'mention')} or more, so "
            "that `extract --thresholds` leaves out every mention; a lower `calibrate --target-precision` may find "
            "some."
        )
    else:
        said.append("Thresholds: none, so that `extract --thresholds` does not work; `--min-confidence` does.")
    return said


def _calibrated(calibration: Calibration) -> str:
    """Whether and on what the confidences of mentions were calibrated, and how far they are from the truth."""
    on, errors = calibration.fitted_on, calibration.errors
    if on is None:
        why = escape(calibration.note or "it was never compared with how often they are right")
        return f"Not calibrated: {why.removeprefix('not calibrated: ')}. {_MADE_ANEW} does it."
    place = f"{escape(on.dataset)}, {escape(on.split)}" if on.dataset else "held-out articles"
    where = f"{counted(on.articles, 'article')} ({place}) with {counted(on.mentions, 'predicted mention')}"
    if calibration.note:
        note = escape(calibration.note)
        return f"{note[0].upper()}{note[1:]}. Confidences are as the model gives them."
    if "none" not in errors or calibration.method not in errors:
        return (
            f"Calibrated (method: {calibration.method}) on {where}, by a version that kept no calibration error: how "
            f"far these confidences are from the truth is not known; {_MADE_ANEW} measures it."
        )
    before, after = (percent(errors[name].expected_error) for name in ("none", calibration.method))
    diagram = " ![reliability diagram](reliability.svg)" if calibration.before else ""
    if calibration.method == "none":
        return (
            "Not changed: no method made the confidences clearly better. Their expected calibration error on "
            f"{where}: {before} points.{diagram}"
        )
    return (
        f"Calibrated. Method: {calibration.method}; on {where}. Expected calibration error, cross-validated: {before} "
        f"points before, {after} after.{diagram}"
    )


def _head(name: str, about: ModelAbout, facts: CardFacts) -> dict[str, Any]:
    data = about.training.get("data", {})
    languages = [
        language for language in about.languages or data.get("languages", []) if re.fullmatch(r"[a-z]{2,3}", language)
    ]
    is_on_hub = re.fullmatch(r"[\w.-]+/[\w.-]+", about.encoder)
    licence = facts.license or LICENCES.get(about.encoder, "")
    results = [_result(scores) for scores in facts.scores]
    head: dict[str, Any] = {
        "language": languages,
        "license": licence,
        "library_name": "transformers",
        "pipeline_tag": "token-classification",
        "datasets": list(facts.datasets),
        "base_model": about.encoder if is_on_hub else "",
        "tags": ["token-classification", "named-entity-recognition", "event-extraction", "eventcorpus"],
        "metrics": ["precision", "recall", "f1"],
        "model-index": [{"name": name, "results": results}] if results else [],
    }
    return {key: value for key, value in head.items() if value}


def _result(scores: Scores) -> dict[str, Any]:
    figures = {kind: getattr(scores.micro, kind).value for kind in ("precision", "recall", "f1")}
    return {
        "task": {"type": "token-classification", "name": "Mentions, exact match"},
        "dataset": {
            "type": re.sub(r"[^\w.-]+", "-", scores.dataset),
            "name": scores.dataset,
            "split": scores.split,
            "revision": scores.sha256[:12],
        },
        "metrics": [
            {"type": kind, "value": round(value, 4), "name": f"micro {kind}, exact"}
            for kind, value in figures.items()
            if value is not None
        ],
    }


def _percent(score: Figure | None) -> str:
    return percent_with_range(score.value, score.low, score.high) if score else UNDEFINED


_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#!|~&]|:(?=//)|(?<=www)\.)")  # the last two: bare addresses become links


def escape(text: object) -> str:
    """Text that Markdown and HTML show as it is, in one line, whatever stands in it."""
    return (
        _SPECIAL.sub(r"\\\1", printable(" ".join(str(text).split()), " "))
        .replace("\\<", "&lt;")
        .replace("\\>", "&gt;")
        .replace("\\&", "&amp;")
    )
