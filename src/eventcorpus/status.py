"""Where a corpus folder (``corpus.scaffold``) stands, read from its files alone, and which command comes next.

The live server's side, who annotates how much there, is ``labelstudio.live.status``; the words are the same: an article
is done if someone completed it, skipped if nobody did and someone skipped it, open otherwise.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.corpus.folder import splits_folder
from eventcorpus.corpus.scaffold import (
    ANNOTATIONS,
    ARTICLES,
    DATASET,
    MODEL,
    ONTOLOGY,
    RECIPE,
    SCORES,
    SPLITS,
)
from eventcorpus.dataset.folder import is_dataset_folder, manifest_hash, open_dataset
from eventcorpus.dataset.splits import SPLITS as SPLIT_NAMES
from eventcorpus.dataset.splits import read_splits
from eventcorpus.errors import InputError
from eventcorpus.eval.report import Report
from eventcorpus.files import parse_as, read_json, sha256_of_file
from eventcorpus.labelstudio.exports import PULL_MANIFEST, PULLED_EXPORT, index_exports, is_pull_folder
from eventcorpus.labelstudio.shapes import annotations_of, is_cancelled
from eventcorpus.models.folder import is_model_folder, model_hash, read_about
from eventcorpus.ontology import Ontology, read_ontology_yaml
from eventcorpus.tables import counted, percent

NONE = "none"


@dataclass
class FolderStatus:
    """Where a folder stands.

    Attributes:
        parts: what there is -> how much of it, in words, in the order in which things are made.
        next: what comes next, in words.
        commands: how it is done, each for a shell in the folder.
    """

    parts: dict[str, str] = field(default_factory=dict)
    next: str = ""
    commands: tuple[str, ...] = ()


def folder_status(folder: Path) -> FolderStatus:
    """Read where a folder stands.

    Raises:
        InputError: if it has no ontology, or something in it cannot be read.
    """
    path = folder / ONTOLOGY
    if not path.is_file():
        raise InputError(f"{folder}: no {ONTOLOGY} in it; begin with: eventcorpus init {shlex.quote(str(folder))}")
    ontology = read_ontology_yaml(path)
    status = FolderStatus(dict.fromkeys(("ontology", ARTICLES, ANNOTATIONS, SPLITS, DATASET, MODEL, "scores"), NONE))
    status.parts["ontology"] = (
        f"{ontology.key} (triggers {len(ontology.triggers)}, other labels {len(ontology.entities)}, "
        f"roles {len(ontology.roles)}, attributes {len(ontology.attributes)})"
    )
    split_of = read_splits(splits) if (splits := splits_folder(folder)) else {}
    if split_of:
        status.parts[SPLITS] = _sizes({name: list(split_of.values()).count(name) for name in SPLIT_NAMES})
    ids = _articles(folder, status)
    sources, shas, n_done = _annotations(folder, ids, status)
    if not (ids or sources):
        status.next = f"put articles into {ARTICLES}/: JSON, CSV, Excel, Parquet, HTML or text files, such as with"
        status.commands = (f"cp ../my-articles.jsonl {ARTICLES}/",)
    elif not n_done:
        project = shlex.quote(folder.resolve().name)
        status.next = "annotate: send the articles to Label Studio, and take the annotations back when there are some"
        status.commands = (
            f"eventcorpus labelstudio push {ARTICLES} --ontology {ONTOLOGY} --project {project}",
            f"eventcorpus labelstudio pull --ontology {ONTOLOGY} --project {project} --out {ANNOTATIONS}",
        )
    else:
        convert = (
            f"eventcorpus convert {shlex.join(sources)} --ontology {ONTOLOGY} "
            f"--splits {SPLITS if split_of else '70/15/15'} --out {DATASET}"
        )
        _what_is_made(folder, ontology, shas, convert, status)
    return status


def _articles(folder: Path, status: FolderStatus) -> set[str]:
    place = folder / ARTICLES
    if not place.is_dir() or all(entry.name.startswith(".") for entry in place.iterdir()):
        return set()
    report = ReadReport()
    try:
        ids = {article.id for article in read_articles(place, report=report)}
    except InputError as error:  # what stands there stays to be seen, and the other parts too
        status.parts[ARTICLES] = f"cannot be read: {error}"
        return set()
    not_read = f", {counted(len(report.not_read), 'file')} not read" if report.not_read else ""
    status.parts[ARTICLES] = f"{len(ids):,}{not_read}"
    return ids


def _annotations(folder: Path, ids: set[str], status: FolderStatus) -> tuple[list[str], set[str], int]:
    """What convert takes (paths from the folder), the SHA-256 of each export in it, and how many articles are done."""
    place = folder / ANNOTATIONS
    files = sorted(place.glob("*.json")) if place.is_dir() else []
    sources = [ANNOTATIONS] if files else []
    if is_pull_folder(place):  # of which convert reads the export that was pulled alone
        typed = [path.name for path in files if path.name not in (PULLED_EXPORT, PULL_MANIFEST)]
        sources += [f"{ANNOTATIONS}/{name}" for name in typed]
        files = [path for path in files if path.name != PULL_MANIFEST]
    done, empty, skipped, seen = set[str](), set[str](), set[str](), set[str]()
    for tasks in index_exports(files).articles() if files else ():
        annotations = [annotation for task in tasks for annotation in annotations_of(task.raw)]
        completed = [annotation for annotation in annotations if not is_cancelled(annotation)]
        article_id = tasks[0].article_id
        seen.add(article_id)
        if completed:
            done.add(article_id)
            if not any(annotation.get("result") for annotation in completed):
                empty.add(article_id)
        elif annotations:
            skipped.add(article_id)
    if files:
        total = len(ids | seen)
        counts = {"empty": len(empty), "skipped": len(skipped), "open": total - len(done) - len(skipped)}
        others = "".join(f", {n:,} {word}" for word, n in counts.items())
        absent = f"; {len(seen - ids):,} of them not in {ARTICLES}/" if seen - ids else ""
        status.parts[ANNOTATIONS] = f"{len(done):,} of {counted(total, 'article')} done{others}{absent}"
    return sources, {sha256_of_file(path) for path in files}, len(done)


def _what_is_made(folder: Path, ontology: Ontology, shas: set[str], convert: str, status: FolderStatus) -> None:
    """Dataset, model and scores, the first of which is missing or older than what it is made of comes next."""
    dataset, model, scores = (folder / name for name in (DATASET, MODEL, SCORES))
    status.commands = (convert,)
    if not is_dataset_folder(dataset):
        status.next = "make a dataset of what is done"
        return
    manifest, files = open_dataset(dataset)
    sizes = {
        name: manifest["files"][f"default/{name}.parquet"]["rows"] for name in SPLIT_NAMES if ("default", name) in files
    }
    status.parts[DATASET] = f"{counted(sum(sizes.values()), 'article')} ({_sizes(sizes)})"
    if not shas <= set(manifest["inputs"].values()):
        status.next = "the annotations changed since the dataset was made: convert again"
        return
    if read_ontology_yaml(dataset / ONTOLOGY) != ontology:
        status.next = f"{ONTOLOGY} changed since the dataset was made: convert again"
        return
    scored = next((name for name in ("test", "validation") if name in sizes), None)
    if scored is None:
        status.next = "all articles of the dataset are in train, so that nothing could be scored: convert with splits"
        return
    train = f"eventcorpus train {RECIPE}"
    if not is_model_folder(model):
        is_unfinished = (folder / f"{MODEL}.checkpoints").is_dir()
        status.next = "the training was stopped: go on with it" if is_unfinished else "train"
        status.commands = (f"{train} --resume" if is_unfinished else train,)
        return
    about = read_about(model)
    status.parts[MODEL] = f"trained on {counted(about.training.get('n_articles', 0), 'article')}"
    if about.training.get("dataset_sha256") != manifest_hash(dataset):
        status.next, status.commands = (
            "the dataset changed since the model was trained: train anew",
            (f"{train} --overwrite",),
        )
        return
    if not scores.is_file():
        status.next = f"score the model on {scored}, which it has not seen"
        status.commands = (_evaluate(scored),)
        return
    report = parse_as(Report, read_json(scores), place=str(scores), hint="; score the model again")
    f1 = report.exact.micro.f1
    status.parts["scores"] = (
        f"exact micro F1 {percent(f1) if f1 is not None else 'undefined'} on {report.dataset.split}, "
        f"{counted(report.dataset.articles, 'article')}"
    )
    if report.model.hash != model_hash(model):
        status.next, status.commands = "the model changed since it was scored: score it again", (_evaluate(scored),)
        return
    rows = " --rows rows.csv" if ontology.triggers else ""
    status.next = "use the model: the mentions that it finds" + (", and event rows" if rows else "")
    status.commands = (
        f"eventcorpus extract {ARTICLES} --model {MODEL} --out mentions.jsonl --html mentions.html{rows}",
    )


def _evaluate(split: str) -> str:
    return f"eventcorpus eval --model {MODEL} --dataset {DATASET} --split {split} --json {SCORES} --html report.html"


def _sizes(sizes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in sizes.items())
