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

from eventcorpus.files import StrictModel, parse_as, read_json, to_json, write_text
from eventcorpus.models.calibration import Calibration
from eventcorpus.models.folder import ModelAbout, read_about
from eventcorpus.tables import UNDEFINED, markdown_table, percent, percent_with_range

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


def write_card(folder: Path, facts: CardFacts | None = None) -> None:
    """Write ``README.md`` into a model folder, and ``card.json`` where new facts are given.

    Raises:
        ModelError: if the folder is not a whole model of ours.
        OutputError: if the disk refuses.
    """
    about = read_about(folder)
    if facts is not None:
        write_text(folder / CARD_FACTS, to_json(facts.model_dump(by_alias=True, mode="json"), indent=2) + "\n")
    run = read_json(folder / "run.json") if (folder / "run.json").is_file() else {}
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text("utf-8")) if (folder / "recipe.yaml").is_file() else {}
    card = model_card(folder.resolve().name, about, facts or read_card_facts(folder), run=run, recipe=recipe)
    write_text(folder / "README.md", card)


def model_card(name: str, about: ModelAbout, facts: CardFacts, *, run: dict[str, Any], recipe: dict[str, Any]) -> str:
    """Markdown of a card.

    Args:
        run: content of ``run.json``, empty where there is none; so ``recipe``.
    """
    head = yaml.safe_dump(_head(name, about, facts), sort_keys=False, allow_unicode=True).strip()
    parts = [
        ["---", head, "---", "", f"# {escape(name)}", "", _summary(about)],
        _usage(name, about),
        _labels(about, facts),
        _scores(facts),
        _confidences(about.calibration),
        _data(about, facts),
        _training(about, run, recipe),
        _limits(about),
    ]
    return "\n".join(line for part in parts for line in [*part, ""]).rstrip() + "\n"


def _head(name: str, about: ModelAbout, facts: CardFacts) -> dict[str, Any]:
    data = about.training.get("data", {})
    languages = [language for language in data.get("languages", []) if re.fullmatch(r"[a-z]{2,3}", language)]
    is_on_hub = re.fullmatch(r"[\w.-]+/[\w.-]+", about.encoder)
    licence = facts.license or LICENCES.get(about.encoder, "")
    results = [_result(scores) for scores in facts.scores]
    head: dict[str, Any] = {
        "language": languages,
        "license": licence,
        "library_name": "transformers",
        "pipeline_tag": "token-classification",
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


def _summary(about: ModelAbout) -> str:
    ontology = about.ontology
    return (
        f"Finds mentions of {len(ontology.labels)} labels of the ontology {escape(ontology.key)} in news articles: "
        f"{len(ontology.triggers)} kinds of event by their triggers, {len(ontology.entities)} kinds of entity. A token "
        f"classifier, fine-tuned from {escape(about.encoder)} with eventcorpus."
    )


def _usage(name: str, about: ModelAbout) -> list[str]:
    quoted = json.dumps(name)
    return [
        "## How to use it",
        "",
        "With eventcorpus: whole articles however long, offsets of the text, decoding that keeps to BIO, calibrated",
        "confidences.",
        "",
        "```python",
        "from eventcorpus.models.extractor import Extractor",
        "",
        f"extractor = Extractor.from_pretrained({quoted})  # this folder",
        'for mentions in extractor.extract(["Rebels attacked Northtown on Monday, killing 18 people."]):',
        "    for mention in mentions:",
        "        print(mention.start, mention.end, mention.label, mention.text, round(mention.confidence, 2))",
        "```",
        "",
        "With transformers alone: confidences are not calibrated, and words may be cut; without `stride` it stops at",
        "the limit of the encoder.",
        "",
        "```python",
        "from transformers import pipeline",
        "",
        f'tagger = pipeline("token-classification", model={quoted}, aggregation_strategy="simple", '
        f"stride={about.stride})",
        'print(tagger("Rebels attacked Northtown on Monday, killing 18 people."))',
        "```",
    ]


def _labels(about: ModelAbout, facts: CardFacts) -> list[str]:
    """Every label with its definition, how many spans were learned from, and how far annotators agree on it."""
    counts = about.training.get("data", {}).get("spans_by_label", {})
    agreed = facts.agreement.labels if facts.agreement else {}
    columns = ["label", "what it is"]
    columns += ["spans learned from"] if counts else []
    columns += ["annotators agree, F1 %"] if agreed else []
    rows = []
    for label in (*about.ontology.triggers, *about.ontology.entities):
        row = [escape(label.name), escape(label.definition) or UNDEFINED]
        row += [f"{counts.get(label.name, 0):,}"] if counts else []
        row += [_percent(agreed.get(label.name))] if agreed else []
        rows.append(row)
    return ["## Labels", "", markdown_table(columns, rows, left=2)]


def _scores(facts: CardFacts) -> list[str]:
    """Scores of every report, in all and by label."""
    if not facts.scores:
        return ["## Scores", "", "None yet: `eventcorpus eval --json`, then `eventcorpus card MODEL --report FILE`."]
    figures = ("gold", "precision, %", "recall, %", "F1, %")
    rows = []
    for scores in facts.scores:
        classes = " (in classes that both label sets know)" if scores.classes else ""
        place = (f"{escape(scores.dataset)}{classes}", escape(scores.split), f"{scores.articles:,}")
        rows.append((*place, *_cells(scores.micro), _percent(scores.overlap_f1)))
    lines = [
        "## Scores",
        "",
        "A mention is right if article, start, end and label are those of a gold mention; all gold of whole articles",
        "counts. In brackets: 95% intervals, where the report has them.",
        "",
        markdown_table(("dataset", "split", "articles", *figures, "overlap F1, %"), rows, left=2),
    ]
    for scores in facts.scores:
        by_label = [(escape(label), *_cells(row)) for label, row in scores.labels.items()]
        lines += [
            "",
            f"<details><summary>{escape(scores.dataset)}, {escape(scores.split)}, by label</summary>",
            "",
            markdown_table(("label", *figures), by_label),
            "",
            "</details>",
        ]
    return lines


def _cells(score: LabelScore) -> tuple[str, ...]:
    return f"{score.support:,}", _percent(score.precision), _percent(score.recall), _percent(score.f1)


def _confidences(calibration: Calibration) -> list[str]:
    """How far confidences are from the truth before and after calibration, and the thresholds that were reached."""
    fitted_on = calibration.fitted_on
    if fitted_on is None or not calibration.errors:
        note = calibration.note or "not calibrated; eventcorpus calibrate does it"
        return ["## Confidences", "", f"{escape(note[0].upper() + note[1:])}."]
    before, after = calibration.errors["none"], calibration.errors[calibration.method]
    place = f"{escape(fitted_on.dataset)}, {escape(fitted_on.split)}" if fitted_on.dataset else "held-out articles"
    lines = [
        "## Confidences",
        "",
        f"Method: {calibration.method}; on {fitted_on.articles:,} articles ({place}) with {fitted_on.mentions:,} "
        f"predicted mentions. Expected calibration error, cross-validated: {percent(before.expected_error)} points "
        f"before, {percent(after.expected_error)} after. ![reliability diagram](reliability.svg)",
    ]
    rows = [
        (escape(label), f"{t.confidence:.4f}", f"{t.kept:,} of {t.mentions:,}",
         percent_with_range(t.precision, t.interval.low, t.interval.high))
        for label, t in calibration.thresholds.items()
        if t.confidence is not None and t.interval
    ]  # fmt: skip
    if rows:
        lines += [
            "",
            f"From these confidences on, at least {100 * (calibration.precision or 0):g}% were right there "
            "(`extract --thresholds`); labels that are not listed did not reach it, or were too few to tell:",
            "",
            markdown_table(("label", "from confidence", "mentions kept", "precision, %"), rows),
        ]
    return lines


def _data(about: ModelAbout, facts: CardFacts) -> list[str]:
    """The articles that the model was trained on."""
    training, data = about.training, about.training.get("data", {})
    lines = [
        "## Data",
        "",
        f"- Trained on {training.get('n_articles', 0):,} articles with {training.get('n_spans', 0):,} spans"
        + (f" of the dataset “{escape(str(training['dataset']))}”" if training.get("dataset") else "")
        + (f" (manifest sha256 {str(training['dataset_sha256'])[:12]})." if training.get("dataset_sha256") else "."),
    ]
    if data:
        licences = [f"{escape(name) or 'none stated'}: {n:,}" for name, n in data.get("licences", {}).items()]
        lines += [
            f"- Gold: {escape(str(data.get('gold', 'not said')))}.",
            f"- Licences of the articles: {', '.join(licences)}.",
            f"- Invented articles: {data.get('invented', 0):,} of {data.get('articles', 0):,}; languages: "
            f"{', '.join(map(escape, data.get('languages', []))) or 'not said'}.",
        ]
    if facts.agreement:
        agreement = facts.agreement
        lines.append(
            f"- Agreement of {agreement.annotators} annotators of {escape(agreement.dataset)} on "
            f"{agreement.articles:,} articles, exact F1: {_percent(agreement.f1_exact)}%."
        )
    return lines


def _training(about: ModelAbout, run: dict[str, Any], recipe: dict[str, Any]) -> list[str]:
    """Steps, settings, machine, versions and commit of the training run."""
    lines = ["## Training", ""]
    keys = ("num_train_epochs", "learning_rate", "per_device_train_batch_size", "seed", "precision")
    settings = [f"`{key}` {escape(str(recipe[key]))}" for key in keys if key in recipe]
    steps = about.training.get("n_steps", run.get("steps"))
    lines.append(
        f"- {steps or 0:,} steps; windows of {about.max_length} tokens that share {about.stride}; decoder "
        f"{about.decoder}" + (f"; {', '.join(settings)}" if settings else "") + ". All of it: `recipe.yaml`."
    )
    hardware = run.get("hardware") or {}
    machine = hardware.get("gpu") or hardware.get("cpu")
    if run.get("seconds"):
        on = f" on {escape(str(machine))}" if machine else ""
        cores = f", {hardware['cores']} cores" if hardware.get("cores") and not hardware.get("gpu") else ""
        lines.append(f"- {float(run['seconds']):,.0f} s{on}{cores}.")
    if run.get("versions"):
        lines.append(f"- Versions: {escape(', '.join(f'{k} {v}' for k, v in run['versions'].items() if v))}.")
    if run.get("commit"):
        lines.append(f"- Commit: {escape(str(run['commit']))}.")
    return lines


def _limits(about: ModelAbout) -> list[str]:
    """What the model does not do."""
    data = about.training.get("data", {})
    invented = data.get("articles") and data.get("invented") == data.get("articles")
    languages = ", ".join(map(escape, data.get("languages", [])))
    return [
        "## Limits",
        "",
        "- It reports what an article says, not what happened: a mention is no proof of an event.",
        "- It finds mentions in one layer; roles, attributes and which triggers tell the same event are not predicted.",
        *([f"- It has learned from {languages} only; other languages were not tried."] if languages else []),
        *(["- Every article that it learned from is invented; on real news it will do worse."] if invented else []),
        "- Labels with few examples (see the tables) are weak; look at their figures before counting with them.",
    ]


def _percent(score: Score | None) -> str:
    return percent_with_range(score.value, score.low, score.high) if score else UNDEFINED


_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#!|~&]|:(?=//)|(?<=www)\.)")  # the last two: bare addresses become links


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is, in one line, whatever stands in it."""
    shown = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", shown).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
