"""``eventcorpus stats``: a corpus or dataset in figures, and whether it keeps its promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from eventcorpus.cli import options
from eventcorpus.corpus.folder import read_corpus
from eventcorpus.corpus.requirements import read_requirements, unmet
from eventcorpus.corpus.stats import stats_report
from eventcorpus.dataset.folder import is_dataset_folder, read_dataset
from eventcorpus.dataset.splits import read_splits
from eventcorpus.errors import StrictError
from eventcorpus.files import write_text
from eventcorpus.ontology import Ontology
from eventcorpus.render.stats_report import originality_lines, stats_page, stats_tables
from eventcorpus.render.tables import console
from eventcorpus.schema import AnnotatedArticle


@click.command("stats")
@click.argument("corpus", type=options.PATH)
@options.SPLITS
@options.GOLD
@options.json_option("the figures")
@options.html_option("plots")
@click.option(
    "--require", "require_path", type=options.PATH, help="YAML of minimums and maximums; exit with 1 if one is not met."
)
def command(
    corpus: Path,
    splits: Path | None,
    gold: str | None,
    json_path: Path | None,
    html_path: Path | None,
    require_path: Path | None,
) -> None:
    """Tell what a CORPUS holds, in figures.

    CORPUS is a corpus folder, or a dataset folder that convert wrote. Figures: articles, words, labels, roles, values,
    how dense they are, per split; and how much articles repeat each other.

    \b
    Example:
      eventcorpus stats corpus --html stats.html
    """
    requirements = read_requirements(require_path) if require_path else None
    counted = _counted(corpus, splits, gold)
    with options.progress("counting"):
        report = stats_report(
            counted.gold,
            counted.split_of,
            counted.ontology,
            corpus=corpus.resolve().name,
            policy=counted.policy,
            n_not_annotated=counted.n_not_annotated,
        )
    data = report.model_dump(by_alias=True, mode="json")
    missed = unmet(requirements, data, place=str(require_path)) if requirements else []
    if not options.put_json(json_path, data):
        terminal = console()
        for table in stats_tables(report):
            terminal.print(table)
            terminal.print()
        for line in originality_lines(report):
            click.echo(line)
    if html_path is not None:
        n_required = len(requirements.require) if requirements else 0
        write_text(html_path, stats_page(report, unmet=missed, required=n_required))
    if requirements is None:
        return
    if missed:
        for line in missed:
            click.echo(f"not met: {line}", err=True)
        raise StrictError(f"{require_path}: figures not as required: {len(missed)}, the first: {missed[0]}")
    options.notice(f"{require_path}: all {len(requirements.require)} requirements are met")


@dataclass(frozen=True)
class _Counted:
    gold: Sequence[AnnotatedArticle]
    split_of: Mapping[str, str]
    ontology: Ontology
    policy: str
    n_not_annotated: int


def _counted(path: Path, splits: Path | None, gold: str | None) -> _Counted:
    """What is to be counted, from a dataset or a corpus folder."""
    if is_dataset_folder(path):
        dataset = read_dataset(path)
        split_of = {one.article.id: split for split, several in dataset.splits.items() for one in several}
        every = [one for several in dataset.splits.values() for one in several]
        return _Counted(every, split_of, dataset.ontology, str(dataset.manifest["gold"]), 0)
    folder = read_corpus(path, gold=gold)
    place = splits or (path / "splits" if (path / "splits").is_dir() else None)
    n_not_annotated = len(set(folder.articles) - set(folder.gold))
    return _Counted(
        list(folder.gold.values()), read_splits(place) if place else {}, folder.ontology, folder.policy, n_not_annotated
    )
