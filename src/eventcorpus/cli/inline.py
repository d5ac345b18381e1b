"""``eventcorpus inline``: annotated articles as text that people type, and back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from eventcorpus.annotation.rules import violations
from eventcorpus.cli import options
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import EventCorpusError, InputError
from eventcorpus.files import read_text, to_json, write_text
from eventcorpus.formats.articles import article_row
from eventcorpus.formats.inline import read_inline, write_inline
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import load_ontology
from eventcorpus.labelstudio.tasks import simulated_export
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import one_line


@click.group("inline")
def command() -> None:
    """Annotated articles as text that people type.

    Such as: [Rebels](Actor#a1) [shelled](Explosion agent=a1) ...

    \b
    Example:
      eventcorpus inline write corpus/annotations/pass-1.json | head
    """


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=options.PATH)
@options.ONTOLOGY
def check(files: tuple[Path, ...], ontology_path: Path | None) -> None:
    """Check files in the notation against the ontology, and count what is in them.

    \b
    Example:
      eventcorpus inline check my-articles.txt
    """
    ontology = load_ontology(ontology_path)
    counts: Counter[str] = Counter()
    n_faults = 0
    for file in files:
        try:
            articles = read_inline(read_text(file), ontology, place=str(file))
        except EventCorpusError as error:
            click.echo(f"{error}")
            n_faults += 1
            continue
        for annotated in articles:
            n_faults += _check_article(annotated, ontology, counts)
    for name, n in sorted(counts.items()):
        click.echo(f"{n:6,}  {name}")
    click.echo(f"{n_faults} faults")
    if n_faults:
        raise InputError(f"{n_faults} faults; they are listed above")


def _check_article(annotated: AnnotatedArticle, ontology: Ontology, counts: Counter[str]) -> int:
    article = annotated.article
    triggers = [span for span in annotated.spans if span.label in ontology.trigger_names]
    n_words = len(article.text.split())
    click.echo(
        f"{article.id}: {n_words} words, {len(annotated.spans)} spans, {len(triggers)} triggers "
        f"({1000 * len(triggers) / n_words:.0f} per 1,000 words), {len(annotated.roles)} roles, "
        f"{len(annotated.events)} events"
    )
    found = list(violations(annotated, ontology))
    for fault in found:
        click.echo(f"  fault: {fault}")
    with_roles = {role.trigger for role in annotated.roles}
    for span in triggers:
        if span.id not in with_roles:
            click.echo(f"  look: {span.label} {one_line(article.text[span.start : span.end])} has no role")
    counts.update(f"label {span.label}" for span in annotated.spans)
    counts.update(f"role {role.role}" for role in annotated.roles)
    counts.update(f"{name}={value}" for span in annotated.spans for name, value in span.attributes)
    return len(found)


@command.command("read")
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
@options.ONTOLOGY
def read(
    files: tuple[Path, ...],
    articles_path: Path,
    annotations_path: Path,
    settings: tuple[str, ...],
    ontology_path: Path | None,
) -> None:
    """Compile the notation to articles and a Label Studio JSON export.

    \b
    Example:
      eventcorpus inline read mine.txt --articles articles.jsonl --annotations export.json --set invented=true
    """
    ontology = load_ontology(ontology_path)
    header = "".join(f"{key.strip()}: {value.strip()}\n" for key, _, value in (s.partition("=") for s in settings))
    annotated: list[AnnotatedArticle] = []
    for file in files:
        content = read_text(file)
        if header:
            content = "".join(
                line + header if line.startswith("=== ") else line for line in content.splitlines(keepends=True)
            )
        annotated += read_inline(content, ontology, place=str(file))
    for article_id, n in Counter(a.article.id for a in annotated).items():
        if n > 1:
            raise InputError(f"article {article_id!r} stands in two files; ids are unique")
    found = [f"article {a.article.id}: {violation}" for a in annotated for violation in violations(a, ontology)]
    if found:
        raise InputError(f"{found[0]} ({len(found)} faults; see eventcorpus inline check)")
    write_text(articles_path, "".join(f"{to_json(article_row(a.article))}\n" for a in annotated))
    write_text(annotations_path, simulated_export(annotated, ontology))
    click.echo(f"{len(annotated):,} articles in {articles_path}, annotations in {annotations_path}")


@command.command("write")
@click.argument("exports", nargs=-1, required=True, type=options.PATH)
@click.option("--annotator", default="a1", show_default=True)
@options.ONTOLOGY
def write(exports: tuple[Path, ...], annotator: str, ontology_path: Path | None) -> None:
    """Print Label Studio JSON exports in the notation.

    \b
    Example:
      eventcorpus inline write corpus/annotations/pass-1.json
    """
    ontology = load_ontology(ontology_path, near=exports)
    articles = read_exports(exports, ontology, ConversionReport())
    click.echo(write_inline([a for a in articles if a.annotator == annotator]), nl=False)
