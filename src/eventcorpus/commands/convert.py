"""``eventcorpus convert``: annotations to a Hugging Face dataset."""

from __future__ import annotations

from pathlib import Path

import click

from eventcorpus.account import Account
from eventcorpus.commands.options import PATH, find_ontology, notice
from eventcorpus.corpus.conll import SCHEMES, read_conll
from eventcorpus.corpus.dataset import REPORT, is_dataset_folder, write_dataset
from eventcorpus.corpus.gold import choose_gold
from eventcorpus.corpus.splits import check_splits, exact_duplicates, read_splits
from eventcorpus.errors import InputError
from eventcorpus.files import check_folder, sha256_of_file
from eventcorpus.labelling.import_format import read_exports
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

Splits = dict[str, list[AnnotatedArticle]]


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
    help="Whose annotation is gold where there are several; else the first annotator's.",
)
@click.option(
    "--scheme", type=click.Choice(SCHEMES), default="iob2", show_default=True, help="The tags of CoNLL files."
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
    if source == "conll":
        if len(inputs) > 1 or splits_path or ontology_path:
            raise click.UsageError("--from conll takes one INPUT; its splits and labels come from its files")
        default, ontology, account = read_conll(inputs[0], scheme=scheme)
        annotations, policy = default, "the tags of the CoNLL files"
        files = sorted(inputs[0].glob("*.txt")) if inputs[0].is_dir() else [inputs[0]]
    else:
        files = _json_files(inputs)
        ontology = find_ontology(ontology_path, near=inputs)
        default, annotations, account, policy = _labelstudio(files, ontology, splits_path, gold, stop=not refuse)
    if strict:
        account.check_strict()
    hashes = {file.name: sha256_of_file(file) for file in files}
    write_dataset(out, default, annotations, ontology, account, gold_policy=policy, inputs=hashes)
    notice(account.summary())
    for item in [item for item in account.items if item["verdict"] != "repaired"][:5]:
        notice(f"{item['verdict']}: article {item['article']}: {item['item']} ({item['reason']})")
    if account.items:
        notice(f"every item with its reason: {out / REPORT}")
    twins = exact_duplicates(default)
    if twins:
        n_leaks = sum(leaks for _, _, leaks in twins)
        notice(
            f"{len(twins)} articles have exactly the text of another, {n_leaks} of them of one in another split; "
            f"the first: {twins[0][1]} and {twins[0][0]}"
        )
    sizes = ", ".join(f"{split} {len(rows):,}" for split, rows in default.items() if rows)
    click.echo(f"{sum(map(len, default.values())):,} articles in {out} ({sizes})")


def _json_files(inputs: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in inputs:
        found = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not found:
            raise InputError(f"{path}: no .json file in this folder; name the exports of Label Studio")
        files += found
    return files


def _labelstudio(
    files: list[Path], ontology: Ontology, splits_path: Path | None, gold: str, *, stop: bool
) -> tuple[Splits, Splits, Account, str]:
    account = Account()
    annotated = read_exports(files, ontology, account, stop=stop)
    chosen, policy = choose_gold(annotated, gold)
    if splits_path is None:
        notice("no --splits: all articles are in train")
        return {"train": chosen}, {"train": annotated}, account, policy
    split_of = read_splits(splits_path)
    absent = check_splits(split_of, (a.article.id for a in chosen), place=str(splits_path))
    if absent:
        notice(
            f"{splits_path}: {len(absent)} articles are in a split and not among the annotated, the first: {absent[0]}"
        )
    default: Splits = {
        split: [a for a in chosen if split_of[a.article.id] == split] for split in ("train", "validation", "test")
    }
    every: Splits = {split: [a for a in annotated if split_of[a.article.id] == split] for split in default}
    return default, every, account, policy
