"""``eventcorpus extract``: articles to mentions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.errors import InputError
from eventcorpus.files import atomic_file, read_json_lines, write_text
from eventcorpus.formats.articles import (
    ReadReport,
    article_from_row,
    published_date,
    read_articles,
    text_row,
    with_published,
)
from eventcorpus.models.calibration import minimum_confidences
from eventcorpus.predictions import prediction_line
from eventcorpus.render.reports import prediction_tables, predictions_page
from eventcorpus.schema import Article
from eventcorpus.tables import console


@click.command("extract")
@click.argument("paths", nargs=-1, required=True, type=options.STDIN_OR_PATH, metavar="ARTICLES...")
@click.option("--model", "model_path", required=True, type=options.PATH, help="A model folder that train wrote.")
@click.option("--published", help="Date of articles that do not say theirs (2018-04-24).")
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Leave out mentions of less confidence.")
@click.option(
    "--thresholds",
    "use_thresholds",
    is_flag=True,
    help="Leave out mentions below the threshold of their label, as calibrate found it.",
)
@click.option("--with-text", is_flag=True, help="Repeat each article's text in its line.")
@click.option("--table", "as_table", is_flag=True, help="A table for reading, instead of JSON Lines.")
@click.option("--out", type=options.PATH, help="Write JSON Lines there instead of to stdout.")
@options.html_option("the mentions marked in the text")
def extract_command(
    paths: tuple[Path, ...],
    model_path: Path,
    published: str | None,
    min_confidence: float | None,
    use_thresholds: bool,
    with_text: bool,
    as_table: bool,
    out: Path | None,
    html: Path | None,
) -> None:
    """Find the mentions in articles.

    Prints one JSON object an article and line. ARTICLES are text files, JSON Lines, CSV, Parquet, folders of these, or
    - for stdin (JSON Lines if it begins with {, else one text). Offsets are code points of the stored text.

    \b
    Example:
      eventcorpus extract story.txt --model models/runs/demo --table
    """
    from eventcorpus.models.extractor import ConfidenceFilter, Extractor, predict

    if published is not None:
        published = published_date(published, place="--published")
    report = ReadReport()
    articles = (with_published(article, published) for article in _articles(paths, report))
    extractor = Extractor.from_pretrained(model_path)
    minimum = minimum_confidences(extractor.about.calibration) if use_thresholds else {}
    keep = ConfidenceFilter(minimum, min_confidence or 0.0)
    predictions = predict(articles, extractor, keep, changed=report.changed)
    if as_table or html:
        found = list(predictions)
        if html:
            write_text(html, predictions_page(found))
        for table in prediction_tables(found) if as_table else ():
            console().print(table)
        predictions = iter(found)
    lines = (prediction_line(p if with_text else p.model_copy(update={"text": None})) for p in predictions)
    if out:
        with atomic_file(out) as file:
            n = sum(file.write(f"{line}\n") > 0 for line in lines)
        options.notice(f"{n:,} articles in {out}")
    elif not as_table and not html:
        for line in lines:
            click.echo(line)
    options.notices([*report.lines(), *keep.notices()])


def _articles(paths: Sequence[Path], report: ReadReport) -> Iterator[Article]:
    files = [path for path in paths if path != options.STDIN]
    if files:
        yield from read_articles(files, report=report)
    if options.STDIN in paths:
        content = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")
        if not content.strip():
            raise InputError("stdin: nothing came in")
        if content.lstrip().startswith("{"):
            for number, row in read_json_lines(content.split("\n"), place="stdin"):
                yield article_from_row(row, place=f"stdin: line {number}")
        else:
            yield article_from_row(text_row(content), place="stdin")
