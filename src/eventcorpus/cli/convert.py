"""``eventcorpus convert`` and ``join``: annotations to a Hugging Face dataset, and the text of a standoff dataset."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from eventcorpus.cli import options
from eventcorpus.dataset.convert import FORMATS, Request, convert
from eventcorpus.dataset.folder import REPORT, TEXT_POLICIES, join_text
from eventcorpus.formats.articles import read_articles
from eventcorpus.formats.conll import SCHEMES


@click.command("convert")
@click.argument("labels", nargs=-1, required=True, type=options.PATH, metavar="LABELS...")
@click.option("--out", required=True, type=options.PATH, help="The dataset folder.")
@click.option("--from", "format", type=click.Choice(list(FORMATS)), default="labelstudio", help="What LABELS are.")
@click.option(
    "--ontology",
    type=options.PATH,
    help="Our YAML or a Label Studio config.xml  [default: the one beside LABELS, else the shipped corpus's; of "
    "other formats, the labels that are found]",
)
@click.option(
    "--splits", type=options.PATH, help="Folder with train.txt, validation.txt, test.txt: one article id a line."
)
@options.GOLD
@click.option("--scheme", type=click.Choice(SCHEMES), default="iob2", help="The tags of CoNLL files.")
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
    context: click.Context, /, labels: tuple[Path, ...], out: Path, format: str, **settings: Any
) -> None:
    """Convert annotations to a Hugging Face dataset.

    Plain datasets.load_dataset opens OUT. LABELS are JSON exports of Label Studio or folders of them; with --from conll
    one CoNLL file, or a folder whose train.txt, dev.txt, test.txt become the splits; with re3d or brat their folders;
    with muc4 or wikievents a JSON Lines file, or a folder with train, dev and test. What was kept, repaired and refused
    stands in loss_report.json.

    \b
    Example:
      eventcorpus convert corpus/annotations --splits corpus/splits --out models/runs/demo-dataset
    """
    _check_options(context, labels, format)
    with options.progress("convert") as on_progress:
        conversion = convert(labels, out, format=format, on_progress=on_progress, **settings)
    options.notices(conversion.notices)
    click.echo(options.sizes_line(conversion.sizes, "articles", out))


def _check_options(context: click.Context, labels: tuple[Path, ...], format: str) -> None:
    """Refuse options that say nothing to this format, rather than let people think they did something."""
    if format == "conll" and len(labels) > 1:
        raise click.UsageError("--from conll takes one file or folder")
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
    held = read_articles(articles, field_map=fields, title_in_text=title_in_text)
    written, report = join_text(dataset, held, out, strict=strict)
    options.notice(report.summary())
    for item in [item for item in report.items if item.kind == "articles"][:5]:
        options.notice(f"refused: article {item.article}: {item.reason}")
    if report.items:
        options.notice(f"every item with its reason: {out / REPORT}")
    click.echo(options.sizes_line(written.sizes, "articles with their text", out))
