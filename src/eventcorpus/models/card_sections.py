"""The sections of a model card, each a list of lines of Markdown.

Comes in: what a model folder knows about itself. Goes out: text in which whatever others wrote is escaped.
"""

from __future__ import annotations

import re
from typing import Any

from eventcorpus.models.calibration import Calibration
from eventcorpus.models.card_facts import CardFacts, LabelScore, Score
from eventcorpus.models.folder import ModelAbout

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#!|~&]|:(?=//)|(?<=www)\.)")  # the last two: bare addresses become links


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is, in one line, whatever stands in it."""
    shown = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", shown).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")


def labels_section(about: ModelAbout, facts: CardFacts) -> list[str]:
    """Every label with its definition, and what is known of it."""
    counts = about.training.get("data", {}).get("spans_by_label", {})
    agreed = facts.agreement.labels if facts.agreement else {}
    columns = [
        "label",
        "what it is",
        *(["spans learned from"] if counts else []),
        *(["annotators agree, F1 %"] if agreed else []),
    ]
    lines = ["## Labels", "", f"| {' | '.join(columns)} |", f"| --- | --- |{' ---: |' * (len(columns) - 2)}"]
    for label in (*about.ontology.triggers, *about.ontology.entities):
        cells = [escape(label.name), escape(label.definition) or "–"]
        cells += [f"{counts.get(label.name, 0):,}"] if counts else []
        cells += [_percent(agreed.get(label.name))] if agreed else []
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def scores_section(facts: CardFacts) -> list[str]:
    """Scores of every report, in all and by label."""
    if not facts.scores:
        return ["## Scores", "", "None yet: `eventcorpus eval --json`, then `eventcorpus card MODEL --report FILE`."]
    lines = [
        "## Scores",
        "",
        "A mention is right if article, start, end and label are those of a gold mention; all gold of whole articles",
        "counts. In brackets: 95% intervals, where the report has them.",
        "",
        "| dataset | split | articles | gold | precision, % | recall, % | F1, % | overlap F1, % |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in facts.scores:
        classes = " (in classes that both label sets know)" if one.classes else ""
        lines.append(
            f"| {escape(one.dataset)}{classes} | {escape(one.split)} | {one.articles:,} | {_row(one.micro)} | "
            f"{_percent(one.overlap_f1)} |"
        )
    for one in facts.scores:
        rows = [f"| {escape(label)} | {_row(row)} |" for label, row in one.labels.items()]
        lines += [
            "",
            f"<details><summary>{escape(one.dataset)}, {escape(one.split)}, by label</summary>",
            "",
            "| label | gold | precision, % | recall, % | F1, % |",
            "| --- | ---: | ---: | ---: | ---: |",
            *rows,
            "",
            "</details>",
        ]
    return lines


def _row(score: LabelScore) -> str:
    figures = " | ".join(_percent(one) for one in (score.precision, score.recall, score.f1))
    return f"{score.support:,} | {figures}"


def confidences_section(calibration: Calibration) -> list[str]:
    """What confidences are worth, and thresholds."""
    on = calibration.fitted_on
    if on is None or not calibration.honesty:
        said = calibration.note or "not calibrated; eventcorpus calibrate does it"
        return ["## Confidences", "", f"{escape(said[0].upper() + said[1:])}."]
    before, after = calibration.honesty["none"], calibration.honesty[calibration.method]
    place = f"{escape(on.dataset)}, {escape(on.split)}" if on.dataset else "held-out articles"
    lines = [
        "## Confidences",
        "",
        f"Method: {calibration.method}; on {on.articles:,} articles ({place}) with {on.mentions:,} predicted mentions. "
        f"Expected calibration error, cross-validated: {100 * before.expected_error:.1f} points before, "
        f"{100 * after.expected_error:.1f} after. ![reliability diagram](reliability.svg)",
    ]
    reached = {label: t for label, t in calibration.thresholds.items() if t.confidence is not None and t.interval}
    if reached:
        lines += [
            "",
            f"From these confidences on, at least {100 * (calibration.precision or 0):g}% were right there "
            "(`extract --thresholds`); labels that are not listed did not reach it, or were too few to tell:",
            "",
            "| label | from confidence | mentions kept | precision, % |",
            "| --- | ---: | ---: | ---: |",
            *(
                f"| {escape(label)} | {t.confidence:.4f} | {t.kept:,} of {t.mentions:,} | "
                f"{_percent(Score(value=t.precision, low=t.interval.low, high=t.interval.high))} |"
                for label, t in reached.items()
                if t.interval
            ),
        ]
    return lines


def data_section(about: ModelAbout, facts: CardFacts) -> list[str]:
    """What it learned from."""
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
        a = facts.agreement
        lines.append(
            f"- Agreement of {a.annotators} annotators of {escape(a.dataset)} on {a.articles:,} articles, exact F1: "
            f"{_percent(a.f1_exact)}%."
        )
    return lines


def training_section(about: ModelAbout, run: dict[str, Any], recipe: dict[str, Any]) -> list[str]:
    """How it was made."""
    lines = ["## Training", ""]
    keys = ("num_train_epochs", "learning_rate", "per_device_train_batch_size", "seed", "precision")
    said = [f"`{key}` {escape(str(recipe[key]))}" for key in keys if key in recipe]
    steps = about.training.get("n_steps", run.get("steps"))
    lines.append(
        f"- {steps or 0:,} steps; windows of {about.max_length} tokens that share {about.stride}; decoder "
        f"{about.decoder}" + (f"; {', '.join(said)}" if said else "") + ". All of it: `recipe.yaml`."
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


def limits_section(about: ModelAbout) -> list[str]:
    """What it does not do."""
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
    if score is None or score.value is None:
        return "–"
    ends = (
        f" [{100 * score.low:.1f}, {100 * score.high:.1f}]" if score.low is not None and score.high is not None else ""
    )
    return f"{100 * score.value:.1f}{ends}"
