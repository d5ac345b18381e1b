"""``eventcorpus inline``: annotated articles as text that people type, and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from eventcorpus.articles.rows import article_row
from eventcorpus.cli import options
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError, nearest
from eventcorpus.files import to_json, write_text
from eventcorpus.formats.inline import InlineCheck, read_inline_files, write_inline
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import load_ontology
from eventcorpus.labelstudio.tasks import keep_name, simulated_export
from eventcorpus.schema import ADJUDICATED, AnnotatedArticle
from eventcorpus.tables import counted
from eventcorpus.text import one_line


@click.group("inline")
def inline_command() -> None:
    """Annotated articles as text that people type.

    Such as: [Rebels](Actor#a1) [shelled](Explosion agent=a1) ...

    \b
    Example:
      eventcorpus inline write corpus/annotations/pass-1.json | head
    """


@inline_command.command("check")
@click.argument("files", nargs=-1, required=True, type=options.PATH)
@options.ONTOLOGY
def check_command(files: tuple[Path, ...], ontology_path: Path | None) -> None:
    """Check files in the notation against the ontology, and count what is in them.

    \b
    Example:
      eventcorpus inline check my-articles.txt
    """
    ontology = load_ontology(ontology_path, near=files)
    check = InlineCheck()
    for line in check.lines(files, ontology):
        click.echo(line)
    for name, n in sorted(check.counts.items()):
        click.echo(f"{n:6,}  {name}")
    click.echo(counted(check.n_faults, "fault"))
    if check.n_faults:
        raise InputError(f"{counted(check.n_faults, 'fault')}; they are listed above")


@inline_command.command("read")
@click.argument("files", nargs=-1, required=True, type=options.PATH)
@click.option("--articles", "articles_path", required=True, type=options.PATH, help="JSON Lines file for the articles.")
@click.option(
    "--annotations", "annotations_path", required=True, type=options.PATH, help="File for the Label Studio JSON export."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A header line for all articles, such as licence=CC-BY-4.0.",
)
@click.option(
    "--annotator",
    metavar="NAME",
    help="Who annotated these files; without it they are one person's, always the same. The name is kept in "
    "annotators.tsv beside the export, and never gets into a dataset.",
)
@options.ONTOLOGY
def read(
    files: tuple[Path, ...],
    articles_path: Path,
    annotations_path: Path,
    settings: tuple[str, ...],
    annotator: str | None,
    ontology_path: Path | None,
) -> None:
    """Compile the notation to articles and a Label Studio JSON export.

    What two people annotated is read one by one, each with their name, and converted together.

    \b
    Example:
      eventcorpus inline read mine.txt --articles articles.jsonl --annotations export.json --set invented=true
    """
    ontology = load_ontology(ontology_path, near=files)
    header = "".join(f"{key.strip()}: {value.strip()}\n" for key, _, value in (s.partition("=") for s in settings))
    annotated = read_inline_files(files, ontology, header=header)
    user = None if annotator is None else keep_name(annotator, annotations_path.parent)
    write_text(articles_path, "".join(f"{to_json(article_row(a.article))}\n" for a in annotated))
    write_text(annotations_path, simulated_export(annotated, ontology, user=user))
    said = "" if annotator is None else f" by {one_line(annotator)[1:-1]}, who is number {user} there"
    click.echo(f"{counted(len(annotated), 'article')} in {articles_path}, annotations in {annotations_path}{said}")


@inline_command.command("write")
@click.argument("exports", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--annotator",
    metavar="NAME",
    help="Whose annotations: a1, a2, adjudicated. Without it, of each article what was adjudicated, else the first "
    "annotator's.",
)
@options.ONTOLOGY
def write(exports: tuple[Path, ...], annotator: str | None, ontology_path: Path | None) -> None:
    """Print Label Studio JSON exports in the notation.

    \b
    Example:
      eventcorpus inline write corpus/annotations/pass-1.json
    """
    ontology = load_ontology(ontology_path, near=exports)
    annotated = read_exports(exports, ontology, ConversionReport())
    chosen = _of_each_article(annotated) if annotator is None else [a for a in annotated if a.annotator == annotator]
    if annotated and not chosen:
        names = dict.fromkeys(a.annotator for a in annotated)
        raise InputError(
            f"--annotator {annotator!r}: annotated none of these articles; {nearest(str(annotator), names)}"
        )
    click.echo(write_inline(chosen), nl=False)


def _of_each_article(annotated: Sequence[AnnotatedArticle]) -> list[AnnotatedArticle]:
    """Of each article what was adjudicated, else the first annotator's."""
    chosen: dict[str, AnnotatedArticle] = {}
    for one in annotated:
        if one.annotator == ADJUDICATED or one.article.id not in chosen:
            chosen[one.article.id] = one
    return list(chosen.values())
