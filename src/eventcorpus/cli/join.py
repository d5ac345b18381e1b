"""``eventcorpus join``: put the text back into a standoff dataset."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import REPORT, is_dataset_folder, joined, open_dataset, write_dataset
from eventcorpus.files import check_folder
from eventcorpus.formats.articles import read_articles
from eventcorpus.ontology import read_ontology_yaml


@click.command("join")
@click.argument("dataset", type=options.PATH)
@click.argument("articles", nargs=-1, required=True, type=options.PATH)
@click.option("--out", required=True, type=options.PATH, help="Folder for the dataset with its text.")
@options.FIELDS
@options.TITLE_IN_TEXT
@click.option("--strict", is_flag=True, help="Fail if the text of an article is missing; nothing is written then.")
def command(
    dataset: Path, articles: tuple[Path, ...], out: Path, fields: dict[str, str], title_in_text: bool, strict: bool
) -> None:
    """Put the text of ARTICLES back into DATASET, which was shared without it (convert --text none).

    Articles are found by the hash of their text; offsets are checked against it. Those that you do not hold are
    refused and counted.

    \b
    Example:
      eventcorpus join release corpus/articles --out dataset
    """
    check_folder(out, is_ours=is_dataset_folder)
    manifest, _ = open_dataset(dataset)
    held = list(read_articles(articles, field_map=fields, title_in_text=title_in_text))
    report = ConversionReport()
    written = write_dataset(
        out,
        joined(dataset, held, report),
        read_ontology_yaml(dataset / "ontology.yaml"),
        report,
        gold_policy=manifest["gold"],
        inputs=manifest["inputs"],
        strict=strict,
    )
    options.notice(report.summary())
    for item in [item for item in report.items if item.kind == "articles"][:5]:
        options.notice(f"refused: article {item.article}: {item.reason}")
    if report.items:
        options.notice(f"every item with its reason: {out / REPORT}")
    click.echo(options.sizes_line(written.sizes, "articles with their text", out))
