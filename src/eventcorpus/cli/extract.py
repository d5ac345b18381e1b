"""``eventcorpus extract``: articles to mentions."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from click.core import ParameterSource

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.articles.rows import published_date, with_published
from eventcorpus.cli import options
from eventcorpus.cli.rows import put_rows
from eventcorpus.errors import EventCorpusError, InputError, OutputError, StrictError
from eventcorpus.files import atomic_file, opened, parse_as, write_text
from eventcorpus.models.calibration import minimum_confidences
from eventcorpus.predictions import LowConfidenceCount, Prediction, UnreadableCount, prediction_line
from eventcorpus.render.reports import prediction_tables, predictions_page
from eventcorpus.tables import console, counted

if TYPE_CHECKING:
    from eventcorpus.events.assembly import Normalisers
    from eventcorpus.events.counts import NumberWords
    from eventcorpus.events.rows import Row
    from eventcorpus.ontology import Ontology
    from eventcorpus.schema import Article

    Predicted = tuple[Article, Prediction]


@click.command("extract")
@click.argument("paths", nargs=-1, required=True, type=options.STDIN_OR_PATH, metavar="ARTICLES...")
@click.option("--model", "model_path", required=True, type=options.PATH, help="A model folder that train wrote.")
@click.option(
    "--backend",
    type=click.Choice(("auto", "fp32", "bf16", "int8", "onnx", "onnx-int8")),
    default="auto",
    help="What runs the model; auto: bf16 or checked int8 where the processor has them, see the command backends.",
)
@click.option("--published", help="Date of articles that do not say theirs (2018-04-24).")
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Leave out mentions of less confidence.")
@click.option(
    "--thresholds",
    "use_thresholds",
    is_flag=True,
    help="Leave out mentions below the threshold of their label, as calibrate found it.",
)
@options.FIELDS
@click.option("--with-text", is_flag=True, help="Repeat each article's text in its line.")
@click.option("--table", "as_table", is_flag=True, help="A table for reading, instead of JSON Lines.")
@click.option(
    "--out",
    "out_name",
    type=click.Path(),
    help="Write predictions (.jsonl), or a table of mentions (.csv, .parquet); or, where it ends with / or is a "
    "folder, shards of predictions of a whole archive (docs/archive.md).",
)
@click.option(
    "--shard-size", type=click.IntRange(1), default=10_000, help="Articles in a shard, where --out is a folder."
)
@click.option("--compress", type=click.Choice(("gz", "zst")), help="Compress shards, where --out is a folder.")
@click.option("--parquet", is_flag=True, help="Also tables of mentions and event rows, where --out is a folder.")
@click.option("--overwrite", is_flag=True, help="Begin anew in a folder that another run has written.")
@click.option(
    "--rows",
    "rows_path",
    type=options.STDIN_OR_PATH,
    metavar="FILE",
    help="Write a row of each event there: .jsonl, .csv, .parquet or .geojson; - is standard output.",
)
@options.normalisers
@options.html_option("the mentions marked in the text")
@click.option(
    "--strict",
    is_flag=True,
    help="Fail if something of ARTICLES was not read or was replaced; --out is not written (a folder: up to there).",
)
@click.pass_context
def extract_command(
    context: click.Context,
    paths: tuple[Path, ...],
    model_path: Path,
    backend: str,
    published: str | None,
    min_confidence: float | None,
    use_thresholds: bool,
    fields: dict[str, str],
    with_text: bool,
    as_table: bool,
    out_name: str | None,
    shard_size: int,
    compress: Literal["gz", "zst"] | None,
    parquet: bool,
    overwrite: bool,
    rows_path: Path | None,
    gazetteers: tuple[Path, ...],
    actors: Path | None,
    number_words: NumberWords,
    html: Path | None,
    strict: bool,
) -> None:
    """Find the mentions and events in articles.

    Prints one JSON object an article and line; with --rows a row of each event. A table (--out mentions.csv) has a line
    for each mention, with what is known of its article. ARTICLES are text, JSON, CSV, Excel,
    Parquet and HTML files, folders of these, or - for stdin (JSON, a page or one text). Offsets are code points of the
    stored text. With a folder as --out (found/), ARTICLES may be of any number, and patterns in quotation marks; what
    cannot be read is left out and listed, and the same command goes on with a run that was ended.

    \b
    Example:
      eventcorpus extract story.txt --model models/runs/demo --table
      eventcorpus extract 'archive/*.jsonl.gz' --model models/runs/demo --out found/
    """
    if out_name is not None and (out_name.endswith("/") or Path(out_name).is_dir()):
        _refuse_options(context, _FOR_FILES, "is not for a folder; name a file as --out for it")
        settings = {
            "shard_size": shard_size, "compression": compress, "parquet": parquet, "with_text": with_text,
            "min_confidence": min_confidence or 0.0, "thresholds": use_thresholds, "fields": fields,
            "published": published_date(published, place="--published") if published else None,
            "gazetteers": gazetteers, "actors": actors, "number_words": number_words,
        }  # fmt: skip
        _extract_archive(
            paths, model_path, Path(out_name), settings, backend=backend, strict=strict, overwrite=overwrite
        )
        return
    _refuse_options(context, _FOR_FOLDERS, "is for a folder; end --out with / for it")
    out = Path(out_name) if out_name is not None else None
    from eventcorpus.events.assembly import Normalisers
    from eventcorpus.events.row_tables import check_suffix
    from eventcorpus.inference.extractor import ConfidenceFilter, Extractor, predict
    from eventcorpus.mention_tables import mention_columns
    from eventcorpus.table_files import check_replaceable

    is_shown = as_table or html
    if rows_path and rows_path != options.STDOUT:
        check_suffix(rows_path, kind="rows")
    is_table = _is_table(out, with_text=with_text)
    if published is not None:
        published = published_date(published, place="--published")
    replaced = _earlier_predictions(out) if out and not is_table else ""
    report = ReadReport()
    _check_paths(paths)  # before the model is loaded, which takes seconds
    found_articles = read_articles(paths, field_map=fields, report=report, stdin=sys.stdin.buffer)
    articles, read = tee(with_published(article, published) for article in found_articles)
    extractor = Extractor.from_pretrained(model_path, backend=backend)
    minimum = minimum_confidences(extractor.about.calibration) if use_thresholds else {}
    if out and is_table:
        check_replaceable(out, mention_columns(extractor.about.ontology))
    keep = ConfidenceFilter(minimum, min_confidence or 0.0)
    unreadable, unsure = UnreadableCount(), LowConfidenceCount()
    predicted = predict(articles, extractor, keep, changed=report.changed)
    found: Iterable[Predicted] = zip(read, map(unsure.add, map(unreadable.add, predicted)), strict=True)
    rows: list[Row] = []
    if rows_path:
        normalisers = Normalisers.read(gazetteers, actors, number_words)
        found = _with_rows(found, extractor.about.ontology, normalisers, rows)
    if is_shown:
        found = list(found)
        predictions = [prediction for _, prediction in found]
        if html:
            write_text(html, predictions_page(predictions, extractor.about.ontology.labels))
        for table in prediction_tables(predictions) if as_table else ():
            console().print(table)
    lines = (prediction_line(p if with_text else p.model_copy(update={"text": None})) for _, p in found)
    if out and is_table:
        n = _write_mentions(out, found, extractor.about.ontology, strict=strict, report=report)
        options.notice(f"{counted(n, 'mention')} in {out}")
    elif out:
        with atomic_file(out) as file:
            n = sum(file.write(f"{line}\n") > 0 for line in lines)
            _check_strict(strict, report)
        options.notice(f"{counted(n, 'article')} in {out}{replaced}")
    else:
        for line in lines:
            if not is_shown and not rows_path:
                click.echo(line)
    if rows_path:
        _check_strict(strict, report)
        put_rows(rows, extractor.about.ontology, out=None if rows_path == options.STDOUT else rows_path)
    options.notices([*report.lines(), *keep.notices(), *unreadable.notices(), *unsure.notices()])
    _check_strict(strict, report)


_FOR_FILES = {"as_table": "--table", "rows_path": "--rows", "html": "--html"}
_FOR_FOLDERS = {
    "shard_size": "--shard-size",
    "compress": "--compress",
    "parquet": "--parquet",
    "overwrite": "--overwrite",
}


def _refuse_options(context: click.Context, names: Mapping[str, str], why: str) -> None:
    for name, option in names.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option} {why}")


def _extract_archive(
    paths: Sequence[Path], model: Path, out: Path, settings: Mapping[str, Any], *, backend: str, **how: bool
) -> None:
    """Extract to a folder, with a bar, and say what was done and what was left out."""
    from eventcorpus.inference.archive import extract_archive
    from eventcorpus.inference.archive_folder import REFUSED, Settings

    with options.progress_bar() as bar:
        task, begun = bar.add_task("extract", total=None, note=""), time.monotonic()
        n_before = None

        def on_progress(n_done: int, total: int | None) -> None:
            nonlocal n_before
            n_before = n_done - 1 if n_before is None else n_before  # those of an earlier run
            speed = (n_done - n_before) / max(time.monotonic() - begun, 1e-3)
            bar.update(task, completed=n_done, total=total, note=f"{speed:,.0f} articles a second")

        done = extract_archive(paths, model, out, Settings(**settings), backend=backend, on_progress=on_progress, **how)
    rows = f", {done.total('rows'):,} event rows" if done.settings.parquet else ""
    options.notice(
        f"{done.total('articles'):,} articles in {len(done.shards):,} shards in {out}, "
        f"{done.total('mentions'):,} mentions{rows}"
    )
    counts = {f"records refused ({kind}), see {out / REFUSED}": n for kind, n in done.refused.items()}
    counts |= {f"{name}, noted while articles were read": n for name, n in done.noted.items()}
    counts["mentions left out for their confidence"] = done.total("left_out")
    counts["articles that the model may be unable to read"] = done.total("warned")
    options.notices(f"{n:,} {what}" for what, n in counts.items() if n)


def _with_rows(
    predicted: Iterable[Predicted], ontology: Ontology, normalisers: Normalisers, rows: list[Row]
) -> Iterator[Predicted]:
    """The predictions as they are; ``rows`` is filled with the event rows of each that is taken."""
    from eventcorpus.events.assembly import event_rows
    from eventcorpus.events.linked_articles import predicted_mentions

    for article, prediction in predicted:
        rows += event_rows(article, predicted_mentions(prediction), ontology, normalisers)
        yield article, prediction


def _is_table(out: Path | None, *, with_text: bool) -> bool:
    """Whether OUT is a table of mentions, and no predictions.

    Raises:
        InputError: if nothing is written to such a file, or a table should have the text of articles.
    """
    from eventcorpus.table_files import check_suffix

    if out is None:
        return False
    check_suffix(out, what="mentions")
    is_table = out.suffix.lower() != ".jsonl"
    if is_table and with_text:
        raise InputError(f"{out}: --with-text repeats the text in predictions; name a file that ends in .jsonl for it")
    return is_table


def _write_mentions(
    out: Path, found: Iterable[Predicted], ontology: Ontology, *, strict: bool, report: ReadReport
) -> int:
    """Write a table of mentions, unless --strict fails, and count them."""
    from eventcorpus.events.linked_articles import predicted_mentions
    from eventcorpus.mention_tables import mention_columns, mention_lines
    from eventcorpus.table_files import write_table

    def lines() -> Iterator[dict[str, Any]]:
        yield from mention_lines(((article, predicted_mentions(p)) for article, p in found), ontology)
        _check_strict(strict, report)

    return write_table(lines(), out, mention_columns(ontology))


def _check_paths(paths: Iterable[Path]) -> None:
    for path in paths:
        if path != options.STDIN and not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path")


def _check_strict(strict: bool, report: ReadReport) -> None:
    if strict and (loss := report.loss()):
        raise StrictError(f"--strict: {loss}")


def _earlier_predictions(out: Path) -> str:
    """What to say of the predictions that stand in OUT and are replaced.

    Raises:
        OutputError: if a file is there that this command did not write.
    """
    if not out.is_file() or not out.stat().st_size:
        return ""
    try:
        with opened(out) as file:
            first = parse_as(Prediction, json.loads(file.readline()), place=str(out))
    except (EventCorpusError, ValueError):
        raise OutputError(f"{out}: exists and holds no predictions; choose another --out or remove it") from None
    return f", instead of the predictions of {first.model.version} that were there"
