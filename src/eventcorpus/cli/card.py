"""``eventcorpus card``: the model card, with scores and agreement from reports."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.errors import InputError
from eventcorpus.models.folder import model_hash, read_about
from eventcorpus.render.model_card import read_agreement, read_card_facts, read_scores, write_card


@click.command("card")
@click.argument("model_path", metavar="MODEL", type=options.PATH)
@click.option(
    "--report", "report_paths", type=options.PATH, multiple=True, help="A report of eval --json; may be repeated."
)
@click.option("--agreement", "agreement_path", type=options.PATH, help="A report of agree --json on the corpus.")
@click.option("--license", "licence", help="As the hub spells it (cc-by-4.0); known for the encoders of our recipes.")
def command(model_path: Path, report_paths: tuple[Path, ...], agreement_path: Path | None, licence: str | None) -> None:
    """Write README.md into MODEL: what it is, its labels, data, scores, confidences, training and limits.

    Its head is the metadata that the Hugging Face hub reads. What is given here stays in card.json: a later call adds
    to it, and a new report on a split takes the place of the old one.

    \b
    Example:
      eventcorpus card models/runs/demo --report models/runs/demo-eval.json
    """
    facts = read_card_facts(model_path)
    known = {model_hash(model_path), read_about(model_path).calibration.model_hash or None}
    for path in report_paths:
        scores = read_scores(path)
        if scores.model_hash not in known:
            raise InputError(
                f"{path}: speaks of another model (hash {scores.model_hash[:12] or 'none'}) than {model_path} "
                f"({model_hash(model_path)[:12]}); score this one: eventcorpus eval --model {model_path} --json {path}"
            )
        facts = facts.with_scores(scores)
    if agreement_path:
        facts = facts.model_copy(update={"agreement": read_agreement(agreement_path)})
    if licence is not None:
        facts = facts.model_copy(update={"license": licence})
    write_card(model_path, facts)
    options.notice(f"{len(facts.scores)} reports in the card")
    click.echo(f"card in {model_path / 'README.md'}")
