"""``eventcorpus convert``: annotations to a Hugging Face dataset."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

import click

from eventcorpus.account import Account
from eventcorpus.commands.options import PATH, notice, ontology_path_of, progress_bar
from eventcorpus.corpus.conll import SCHEMES, read_conll
from eventcorpus.corpus.dataset import REPORT, TEXT_POLICIES, Entry, TextPolicy, is_dataset_folder, write_dataset
from eventcorpus.corpus.gold import gold_of, gold_policy
from eventcorpus.corpus.splits import check_splits, read_splits
from eventcorpus.errors import InputError
from eventcorpus.files import check_folder, sha256_of_file
from eventcorpus.labelling.config import TEXT_OBJECT, read_ontology, read_text_object
from eventcorpus.labelling.exported import index_exports
from eventcorpus.labelling.import_format import annotated_articles
from eventcorpus.labelling.pull_folder import EXPORT, is_pull_folder
from eventcorpus.schema import AnnotatedArticle


@click.command("convert")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="INPUT...")
@click.option("--out", required=True, type=PATH, help="The dataset folder.")
@click.option(
    "--from",
    "source",
    type=click.Choice(["labelstudio", "conll"]),
    default="labelstudio",
    show_default=True,
    help="What INPUT is.",
)
@click.option(
    "--ontology",
    "ontology_path",
    type=PATH,
    help="Our YAML or a Label Studio config.xml  [default: corpus/ontology.yaml]",
)
@click.option(
    "--splits", "splits_path", type=PATH, help="Folder with train.txt, validation.txt, test.txt: one article id a line."
)
@click.option(
    "--gold",
    default="a1",
    show_default=True,
    metavar="adjudicated|agreed|union|a1",
    help="What is gold where several annotated: the decisions, what all have, what any has, or one annotator's.",
)
@click.option(
    "--scheme", type=click.Choice(SCHEMES), default="iob2", show_default=True, help="The tags of CoNLL files."
)
@click.option(
    "--text",
    type=click.Choice(TEXT_POLICIES),
    default="all",
    show_default=True,
    help="Whose text to write: for publishing, of the articles with a licence, or none (standoff).",
)
@click.option(
    "--refuse", is_flag=True, help="Leave out spans that cannot be right and count them, instead of stopping."
)
@click.option(
    "--strict", is_flag=True, help="Fail if anything was repaired, refused or flagged; nothing is written then."
)
def command(
    inputs: tuple[Path, ...],
    out: Path,
    source: str,
    ontology_path: Path | None,
    splits_path: Path | None,
    gold: str,
    scheme: str,
    text: str,
    refuse: bool,
    strict: bool,
) -> None:
    """Convert annotations to a Hugging Face dataset.

    Plain datasets.load_dataset opens OUT. INPUT are JSON exports of Label Studio or folders of them; with --from conll
    one CoNLL file, or a folder whose train.txt, dev.txt, test.txt become the splits. What was kept, repaired and
    refused stands in loss_report.json.

    \b
    Example:
      eventcorpus convert corpus/annotations --splits corpus/splits --out models/runs/demo-dataset
    """
    check_folder(out, is_ours=is_dataset_folder)
    account = Account()
    entries: Iterable[Entry]
    if source == "conll":
        if len(inputs) > 1 or splits_path or ontology_path:
            raise click.UsageError("--from conll takes one INPUT; its splits and labels come from its files")
        per_split, ontology, account = read_conll(inputs[0], scheme=scheme)
        entries = (Entry(split, one, [one]) for split, several in per_split.items() for one in several)
        policy = "the tags of the CoNLL files"
        files = sorted(inputs[0].glob("*.txt")) if inputs[0].is_dir() else [inputs[0]]
    else:
        files = [file for path in inputs for file in _exports(path)]
        source_path = ontology_path_of(ontology_path, near=inputs)
        ontology = read_ontology(source_path)
        name, key = read_text_object(source_path) if source_path.suffix.lower() == ".xml" else (None, TEXT_OBJECT)
        index = index_exports(files, text_key=key)
        policy = gold_policy(index.names.values(), gold)
        articles = annotated_articles(index, ontology, account, stop=not refuse, text_object=name)
        shown = _shown(articles, len(index.n_tasks))
        entries = _entries(shown, splits_path, lambda several: gold_of(several, gold, ontology, account))
    hashes = {file.name: sha256_of_file(file) for file in files}
    written = write_dataset(
        out, entries, ontology, account, gold_policy=policy, inputs=hashes, text=cast(TextPolicy, text), strict=strict
    )
    if source == "labelstudio" and splits_path is None:
        notice("no --splits: all articles are in train")
    notice(account.summary())
    for item in [item for item in account.items if item["verdict"] != "repaired"][:5]:
        notice(f"{item['verdict']}: article {item['article']}: {item['item']} ({item['reason']})")
    if account.items:
        notice(f"every item with its reason: {out / REPORT}")
    if written.duplicates:
        twins = written.duplicates
        n_leaks = sum(leaks for _, _, leaks in twins)
        notice(
            f"{len(twins)} articles have exactly the text of another, {n_leaks} of them of one in another split; "
            f"the first: {twins[0][1]} and {twins[0][0]}"
        )
    sizes = ", ".join(f"{split} {n:,}" for split, n in written.sizes.items())
    click.echo(f"{sum(written.sizes.values()):,} articles in {out} ({sizes})")


def _shown(articles: Iterator[list[AnnotatedArticle]], total: int) -> Iterator[list[AnnotatedArticle]]:
    with progress_bar() as progress:
        yield from progress.track(articles, total=total, description="convert")


def _entries(
    articles: Iterable[Sequence[AnnotatedArticle]],
    splits_path: Path | None,
    gold: Callable[[Sequence[AnnotatedArticle]], AnnotatedArticle],
) -> Iterator[Entry]:
    """Each article with its split.

    Raises:
        InputError: at the end, if an article is in no split.
    """
    gc.freeze()  # what the libraries loaded stays: not looking at it again saves an eighth of the time
    split_of = read_splits(splits_path) if splits_path else {}
    seen: list[str] = []
    for several in articles:
        one = gold(several)
        if splits_path is not None:
            seen.append(one.article.id)
        if split := "train" if splits_path is None else split_of.get(one.article.id):
            yield Entry(split, one, several)
    absent = check_splits(split_of, seen, place=str(splits_path)) if splits_path else []
    if absent:
        notice(
            f"{splits_path}: {len(absent)} articles are in a split and not among the annotated, the first: {absent[0]}"
        )


def _exports(path: Path) -> list[Path]:
    """The exports in a folder; of one that ``labelstudio pull`` wrote, the newest."""
    if not path.is_dir():
        return [path]
    if is_pull_folder(path):
        return [path / EXPORT]
    found = sorted(path.glob("*.json"))
    if not found:
        raise InputError(f"{path}: no .json file in this folder; name the exports of Label Studio")
    return found
