"""The dataset folder: Parquet that plain ``datasets.load_dataset`` opens, and what explains it beside.

``datasets`` is imported here alone. Comes in: annotated articles per split. Goes out: a folder, written all or
nothing, with the same bytes for the same input; and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus import __version__
from eventcorpus.account import Account
from eventcorpus.corpus.card import dataset_card
from eventcorpus.corpus.rows import annotated_of, row_of
from eventcorpus.corpus.splits import SPLITS
from eventcorpus.errors import InputError
from eventcorpus.files import atomic_folder, read_json, sha256_of_file, to_json
from eventcorpus.matching.layer import one_layer
from eventcorpus.models.tags import tag_names
from eventcorpus.ontology import Ontology, ontology_yaml, read_ontology_yaml
from eventcorpus.schema import AnnotatedArticle

MANIFEST = "manifest.json"
REPORT = "loss_report.json"
SCHEMA = 1


@dataclass(frozen=True)
class Dataset:
    """A dataset folder in memory: gold (one row an article) per split, and the ontology it was converted with."""

    folder: Path
    ontology: Ontology
    splits: dict[str, list[AnnotatedArticle]]
    manifest: dict[str, Any]

    def split(self, name: str) -> list[AnnotatedArticle]:
        """The articles of one split.

        Raises:
            InputError: naming the splits that are there.
        """
        if name not in self.splits:
            raise InputError(f"{self.folder}: no split {name!r}; there are {', '.join(self.splits)}")
        return self.splits[name]


def is_dataset_folder(path: Path) -> bool:
    """Whether a folder was written by ``write_dataset``."""
    return (path / MANIFEST).is_file() and (path / REPORT).is_file()


def write_dataset(
    out: Path,
    gold: Mapping[str, Sequence[AnnotatedArticle]],
    annotations: Mapping[str, Sequence[AnnotatedArticle]],
    ontology: Ontology,
    account: Account,
    *,
    gold_policy: str,
    inputs: Mapping[str, str],
) -> None:
    """Write a dataset folder with the configurations ``default`` (gold) and ``annotations`` (every annotator).

    Empty splits are not written (``load_dataset`` would fail on them).

    Args:
        inputs: file name -> sha256 of what was converted.

    Raises:
        InputError: if there is no article.
        OutputError: if the place is taken by something else, or the disk refuses.
    """
    from datasets import Dataset as HFDataset
    from datasets import disable_progress_bars

    disable_progress_bars()
    if not any(gold.values()):
        raise InputError(
            f"no annotated article to write; {account.summary()}; loss reasons: "
            f"{account.as_json()['articles']['reasons']}"
        )
    report = account.as_json() | {
        "not_in_one_layer": _not_in_one_layer(gold, ontology),
        "one_layer_rule": "longest, then earliest, then ontology order",
    }
    files: dict[str, dict[str, Any]] = {}
    with atomic_folder(out, is_ours=is_dataset_folder) as folder:
        for config, per_split in (("default", gold), ("annotations", annotations)):
            (folder / config).mkdir()
            for split in SPLITS:
                if per_split.get(split):
                    path = folder / config / f"{split}.parquet"
                    with_annotator = config == "annotations"
                    rows = [row_of(a, ontology, with_annotator=with_annotator) for a in per_split[split]]
                    HFDataset.from_list(rows, features=features(ontology, with_annotator=with_annotator)).to_parquet(
                        path
                    )
                    files[f"{config}/{split}.parquet"] = {"rows": len(rows), "sha256": sha256_of_file(path)}
        (folder / "ontology.yaml").write_text(ontology_yaml(ontology), encoding="utf-8")
        (folder / REPORT).write_text(to_json(report, indent=2) + "\n", encoding="utf-8")
        manifest = {
            "schema": SCHEMA,
            "ontology": ontology.key,
            "gold": gold_policy,
            "files": files,
            "inputs": dict(inputs),
            "versions": {"eventcorpus": __version__, **_versions()},
        }
        (folder / MANIFEST).write_text(to_json(manifest, indent=2) + "\n", encoding="utf-8")
        (folder / "README.md").write_text(
            dataset_card(gold, files, ontology, gold_policy=gold_policy, summary=account.summary()), encoding="utf-8"
        )


def read_dataset(folder: Path) -> Dataset:
    """Read a dataset folder: gold, every hash and offset checked.

    Raises:
        InputError: if the folder is not one of ours, or a file is not the one that was written.
        SpanError: if a row contradicts itself.
    """
    from pyarrow import parquet

    if not folder.is_dir():
        raise InputError(f"{folder}: no such dataset folder; make one with: eventcorpus convert EXPORT --out {folder}")
    if not is_dataset_folder(folder):
        raise InputError(
            f"{folder}: not a dataset folder (no {MANIFEST}); name the folder that eventcorpus convert wrote"
        )
    manifest = read_json(folder / MANIFEST)
    if manifest.get("schema") != SCHEMA:
        raise InputError(
            f"{folder}: dataset schema {manifest.get('schema')!r}, this version reads {SCHEMA}; convert "
            "the annotations again"
        )
    ontology = read_ontology_yaml(folder / "ontology.yaml")
    splits: dict[str, list[AnnotatedArticle]] = {}
    for split in SPLITS:
        name = f"default/{split}.parquet"
        if name not in manifest["files"]:
            continue
        path = folder / name
        if not path.is_file() or sha256_of_file(path) != manifest["files"][name]["sha256"]:
            raise InputError(f"{path}: missing, or not the file that {MANIFEST} names; convert the annotations again")
        splits[split] = [annotated_of(row, place=str(path)) for row in parquet.read_table(path).to_pylist()]
    return Dataset(folder, ontology, splits, manifest)


def manifest_hash(folder: Path) -> str:
    """SHA-256 of the manifest, which holds the hash of every data file: which dataset this is."""
    return sha256_of_file(folder / MANIFEST)


def features(ontology: Ontology, *, with_annotator: bool) -> Any:
    """The ``datasets.Features`` of a row."""
    from datasets import ClassLabel, Features, List, Value

    text, number = Value("string"), Value("int32")
    columns = {"id": text, "text": text, "text_sha256": text}
    if with_annotator:
        columns["annotator"] = text
    columns |= {name: text for name in ("title", "outlet", "url", "published", "language", "licence")}
    columns |= {"invented": Value("bool"), "kind": text, "tags": List(text), "cluster": text, "metadata": text}
    columns |= {"status": text, "labels_annotated": List(text)}
    columns["spans"] = List(
        {
            "id": text,
            "start": number,
            "end": number,
            "label": text,
            "attributes": List({"name": text, "value": text}),
            "origin": text,
        }
    )
    columns["roles"] = List({"role": text, "trigger": text, "argument": text})
    columns["events"] = List({"id": text, "label": text, "triggers": List(text)})
    columns |= {"tokens": List(text), "token_starts": List(number), "token_ends": List(number)}
    columns["ner_tags"] = List(ClassLabel(names=tag_names(ontology.labels)))
    return Features(columns)


def _not_in_one_layer(gold: Mapping[str, Sequence[AnnotatedArticle]], ontology: Ontology) -> list[dict[str, Any]]:
    return [
        {"article": a.article.id, "span": loser.id, "label": loser.label, "winner": winner.id}
        for split in SPLITS
        for a in gold.get(split, ())
        for loser, winner in one_layer(a.spans, ontology)[1]
    ]


def _versions() -> dict[str, str]:
    import datasets
    import pyarrow

    return {"datasets": datasets.__version__, "pyarrow": pyarrow.__version__}
