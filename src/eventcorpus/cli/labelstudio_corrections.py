"""``eventcorpus labelstudio corrections``: what annotators did to the predictions that they were given."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.agreement.corrected import Excluded, read_corrected
from eventcorpus.agreement.corrections import WITHIN_SECONDS, count_corrections
from eventcorpus.agreement.corrections_report import Corrections
from eventcorpus.cli import options
from eventcorpus.labelstudio.open_exports import open_exports
from eventcorpus.percent import percent
from eventcorpus.render.corrections_report import corrections_tables
from eventcorpus.render.tables import console

_APART = {
    "not_begun_from_prediction": "begun empty though a prediction was there",
    "without_prediction": "of tasks without a prediction",
    "prediction_gone": "begun from a prediction that is not in the export (a pull takes them along)",
    "skipped": "skipped",
    "older": "replaced by a newer one of the same person",
}


@click.command("corrections")
@click.argument("inputs", nargs=-1, required=True, type=options.PATH, metavar="INPUT...")
@options.ONTOLOGY
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=WITHIN_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Count predictions that were submitted untouched in this time: too short to read the article.",
)
@options.json_option("the report", "eval/corrections.schema.json")
def command(inputs: tuple[Path, ...], ontology_path: Path | None, within: float, json_path: Path | None) -> None:
    """Show what annotators did to predictions.

    Which mentions, roles and attributes they kept, changed, removed and added, per label, annotator and model version,
    and how many predictions they submitted untouched. INPUT are folders that labelstudio pull wrote, or full snapshots.
    Annotations that were begun empty are counted apart: they say nothing about corrections.

    \b
    Example:
      eventcorpus labelstudio corrections labels
    """
    exports = open_exports(inputs, ontology_path)
    index, ontology = exports.index, exports.ontology
    excluded = Excluded()
    with options.progress_bar() as progress:
        corrected = progress.track(
            read_corrected(index, ontology, excluded, text_object=exports.text_object),
            total=index.n_tasks.total(),
            description="corrections",
        )
        report = count_corrections(corrected, ontology, within=within, excluded=excluded)
    if options.put_json(json_path, report.model_dump(mode="json", by_alias=True)):
        return
    for table in corrections_tables(report):
        console().print(table)
    click.echo(_summary(report))
    for words, n in report.left_out.items():
        options.notice(f"left out: {n:,} {words}")


def _summary(report: Corrections) -> str:
    total = report.total
    share = percent(total.untouched / total.annotations if total.annotations else None)
    lines = [
        f"{total.annotations:,} annotations begun from a prediction: {total.untouched:,} untouched ({share}%), "
        f"{total.untouched_within:,} of them within {report.within_seconds:g} s; "
        f"{percent(total.still_prediction)}% of the regions still say that a model drew them",
    ]
    apart = [f"{n:,} {_APART[name]}" for name, n in report.apart.model_dump().items() if n]
    if apart:
        lines.append(f"not in these figures: annotations {', '.join(apart)}")
    return "\n".join(lines)
