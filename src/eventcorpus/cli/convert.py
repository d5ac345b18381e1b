"""``eventcorpus convert`` and ``join``: annotations to a Hugging Face dataset, and the text of a standoff dataset."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from eventcorpus.articles.read import held_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.cli import options
from eventcorpus.dataset.convert import Request, convert
from eventcorpus.dataset.folder import REPORT, TEXT_POLICIES, join_text
from eventcorpus.dataset.formats import FORMATS, format_of
from eventcorpus.formats.schemes import SCHEMES


@click.command("convert")
@click.argument("labels", nargs=-1, required=True, type=options.PATH, metavar="LABELS...")
@click.option("--out", required=True, type=options.PATH, help="The dataset folder.")
@click.option(
    "--from", "format", type=click.Choice(list(FORMATS)), help="What LABELS are.  [default: told from the files]"
)
@options.ONTOLOGY
@click.option(
    "--splits",
    metavar="70/15/15|DIR",
    help="Percents for train, validation and test, near-duplicates in one split; or a folder with train.txt, "
    "validation.txt, test.txt: one article id a line.",
)
@options.GOLD
@click.option(
    "--scheme", type=click.Choice(list(SCHEMES)), help="The tags of CoNLL files.  [default: told from the tags]"
)
@click.option(
    "--columns",
    metavar="word=1,tag=2",
    help="Columns of CoNLL files by number, from 1, or name; tag may be repeated, tag=10:name is a key in column 10.  "
    "[default: told from what stands in them]",
)
@click.option(
    "--tag-names",
    metavar="O,B-PER,I-PER|FILE",
    help="What numbers of a Hugging Face dataset stand for, in their order; or a file with a name a line.  "
    "[default: as the dataset or a file beside it says]",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="re3d: leave out entities and relations below it.",
)
@click.option(
    "--map",
    "label_map",
    type=options.PATH,
    help="YAML or JSON: which label and role becomes which, or null to leave it out.",
)
@click.option(
    "--text",
    type=click.Choice(TEXT_POLICIES),
    default="all",
    help="Whose text to write: for publishing, of the articles with a licence, or none (standoff).",
)
@click.option(
    "--refuse", is_flag=True, help="Leave out spans that cannot be right and count them, instead of stopping."
)
@click.option(
    "--strict", is_flag=True, help="Fail if anything was repaired, refused or flagged; nothing is written then."
)
@click.pass_context
def convert_command(
    context: click.Context,
    /,
    labels: tuple[Path, ...],
    out: Path,
    format: str | None,
    ontology_path: Path | None,
    **settings: Any,
) -> None:
    """Convert annotations to a Hugging Face dataset.

    Plain datasets.load_dataset opens OUT. LABELS are files or a folder in any format that --from names; without it
    the format is told from the files, and said. Without --ontology that of other formats than Label Studio's exports
    is made of the labels in the files. Files called train, dev and test become the splits. What was kept,
    repaired and refused stands in loss_report.json. docs/formats.md says what each format keeps and loses.

    \b
    Example:
      eventcorpus convert corpus/annotations --splits corpus/splits --out models/runs/demo-dataset
    """
    _check_options(context, format or format_of(labels))
    with options.progress("convert") as on_progress:
        conversion = convert(labels, out, format=format, ontology=ontology_path, on_progress=on_progress, **settings)
    options.notices(conversion.notices)
    click.echo(options.sizes_line(conversion.sizes, out, "article"))


def _check_options(context: click.Context, format: str) -> None:
    """Refuse options that say nothing to this format, rather than let people think they did something."""
    without_meaning = {option.name for option in fields(Request)} - FORMATS[format].options
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in without_meaning and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            takers = ", ".join(other for other, about in FORMATS.items() if name in about.options)
            raise click.UsageError(f"--from {format} takes no {parameter.opts[0]}; it is for {takers}")


@click.command("join")
@click.argument("dataset", type=options.PATH)
@click.argument("articles", nargs=-1, required=True, type=options.PATH)
@click.option("--out", required=True, type=options.PATH, help="Folder for the dataset with its text.")
@options.FIELDS
@options.TITLE_IN_TEXT
@click.option("--strict", is_flag=True, help="Fail if the text of an article is missing; nothing is written then.")
def join_command(
    dataset: Path, articles: tuple[Path, ...], out: Path, fields: dict[str, str], title_in_text: bool, strict: bool
) -> None:
    """Put the text of ARTICLES back into DATASET, which was shared without it (convert --text none).

    Articles are found by the hash of their text; offsets are checked against it. Those that you do not hold are
    refused and counted.

    \b
    Example:
      eventcorpus join release corpus/articles --out dataset
    """
    reading = ReadReport(as_written={})
    held = held_articles(articles, reading, field_map=fields, title_in_text=title_in_text)
    options.notices(reading.lines())
    written, report = join_text(dataset, held, out, strict=strict)
    options.notice(report.summary())
    for item in [item for item in report.items if item.kind == "articles"][:5]:
        options.notice(f"refused: article {item.article}: {item.reason}")
    if report.items:
        options.notice(f"every item with its reason: {out / REPORT}")
    click.echo(options.sizes_line(written.sizes, out, "article with its text", "articles with their text"))
