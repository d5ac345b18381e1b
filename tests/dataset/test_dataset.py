"""The dataset folder: what is in it, who can open it, and what it refuses."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.folder import (
    Entry,
    is_dataset_folder,
    manifest_hash,
    read_annotations,
    read_dataset,
    write_dataset,
)
from eventcorpus.errors import InputError, OutputError
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span

ONTOLOGY = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "flat": False,
        "triggers": [{"name": "Attack"}],
        "entities": [{"name": "Actor"}],
        "roles": [{"name": "agent"}],
        "attributes": [{"name": "modality", "of": "triggers", "values": [{"name": "denied"}]}],
    },
    place="test",
)


def annotated(article_id: str, annotator: str = "a1") -> AnnotatedArticle:
    spans = (Span("1", 2, 8, "Actor"), Span("2", 2, 5, "Actor"), Span("3", 9, 17, "Attack", (("modality", "denied"),)))
    roles, events = (Role("agent", "3", "1"),), (Event("e1", "Attack", ("3",)),)
    article = Article(article_id, "🔥 Rebels attacked.", language="en", metadata={"n": 1})
    return AnnotatedArticle(article, spans, ONTOLOGY.labels, roles, events, annotator)


def empty(article_id: str) -> AnnotatedArticle:
    return AnnotatedArticle(Article(article_id, "All quiet."), (), ONTOLOGY.labels)


X, Y, Z = annotated("x"), empty("y"), annotated("z")
ENTRIES = [Entry("train", X, [X, annotated("x", "a2")]), Entry("test", Z, [Z]), Entry("train", Y, [Y])]


def only(article: AnnotatedArticle) -> list[Entry]:
    return [Entry("train", article, [article])]


def write(out: Path) -> Path:
    report = ConversionReport()
    report.keep("articles", 3)
    inputs = {"export.json": "0" * 64}
    write_dataset(out, ENTRIES, ONTOLOGY, report, gold_policy="a1's", inputs=inputs)
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset folder that tests read and never change."""
    return write(tmp_path_factory.mktemp("dataset") / "ds")


def contents(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def test_gold_survives_the_folder(folder: Path) -> None:
    dataset = read_dataset(folder)
    assert dataset.splits == {"train": [X, Y], "test": [Z]}
    assert dataset.ontology == ONTOLOGY


def test_every_annotation_survives_the_folder(folder: Path) -> None:
    assert read_annotations(folder) == (ONTOLOGY, [[X, annotated("x", "a2")], [Y], [Z]])


def test_the_same_input_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert contents(write(tmp_path / "again")) == contents(folder)


def test_a_rerun_replaces_the_folder_with_the_same_bytes(tmp_path: Path) -> None:
    before = contents(write(tmp_path / "ds"))
    assert contents(write(tmp_path / "ds")) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ds"]


def test_an_empty_split_is_not_written(folder: Path) -> None:
    assert sorted(contents(folder)) == [
        "README.md",
        "annotations/test.parquet",
        "annotations/train.parquet",
        "default/test.parquet",
        "default/train.parquet",
        "loss_report.json",
        "manifest.json",
        "ontology.yaml",
    ]


def test_plain_datasets_opens_both_configurations(folder: Path, tmp_path: Path) -> None:
    code = """
import json, sys
sys.modules["eventcorpus"] = None
from datasets import load_dataset
gold, every = load_dataset(sys.argv[1]), load_dataset(sys.argv[1], "annotations")
tags = gold["train"].features["ner_tags"].feature
print(json.dumps({
    "gold": {split: list(gold[split]["id"]) for split in gold},
    "every": [[row["id"], row["annotator"]] for row in every["train"]],
    "spans": [[row["text"][s["start"]:s["end"]], s["label"]] for row in gold["test"] for s in row["spans"]],
    "tags": tags.int2str(gold["test"][0]["ner_tags"]),
    "empty": [gold["train"][1]["status"], gold["train"][1]["spans"]],
}))
"""
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "gold": {"train": ["x", "y"], "test": ["z"]},
        "every": [["x", "a1"], ["x", "a2"], ["y", "a1"]],
        "spans": [["Rebels", "Actor"], ["Reb", "Actor"], ["attacked", "Attack"]],
        "tags": ["O", "B-Actor", "B-Attack", "O"],
        "empty": ["reviewed_empty", []],
    }


def test_the_manifest_names_every_data_file_with_its_hash(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    train = hashlib.sha256((folder / "default/train.parquet").read_bytes()).hexdigest()
    assert manifest["files"]["default/train.parquet"] == {"rows": 2, "sha256": train}
    assert manifest["files"]["annotations/train.parquet"]["rows"] == 3
    assert (manifest["ontology"], manifest["gold"], manifest["inputs"]) == (
        "mini@1.0.0", "a1's", {"export.json": "0" * 64}
    )  # fmt: skip


def test_the_manifest_hash_tells_datasets_apart(folder: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path / "ds", only(Y), ONTOLOGY, ConversionReport(), gold_policy="a1's", inputs={})
    assert manifest_hash(folder) == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert manifest_hash(tmp_path / "ds") != manifest_hash(folder)


def test_the_report_names_what_one_layer_of_tags_cannot_hold(folder: Path) -> None:
    report = json.loads((folder / "loss_report.json").read_text())
    assert report["articles"]["kept"] == 3
    assert report["not_in_one_layer"] == [
        {"article": "x", "span": "2", "label": "Actor", "winner": "1"},
        {"article": "z", "span": "2", "label": "Actor", "winner": "1"},
    ]


def test_an_edited_parquet_file_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "ds")
    (folder / "default/train.parquet").write_bytes((folder / "default/test.parquet").read_bytes())
    with pytest.raises(InputError, match=r"default/train\.parquet: missing, or not the file that manifest\.json names"):
        read_dataset(folder)


def test_a_missing_parquet_file_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "ds")
    (folder / "default/test.parquet").unlink()
    with pytest.raises(InputError, match=r"default/test\.parquet: missing"):
        read_dataset(folder)


def test_a_folder_of_another_schema_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "ds")
    (folder / "manifest.json").write_text('{"schema": 2}')
    with pytest.raises(InputError, match="dataset schema 2, this version reads 1"):
        read_dataset(folder)


def test_an_unrelated_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(OutputError, match="exists and was not written by this command"):
        write(tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"ten years of work"}


def test_an_unrelated_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("ten years of work")
    with pytest.raises(OutputError, match="exists and was not written by this command"):
        write(tmp_path / "thesis")
    assert (tmp_path / "thesis").read_text() == "ten years of work"


def test_nothing_annotated_writes_nothing(tmp_path: Path) -> None:
    report = ConversionReport()
    report.refuse("articles", "x", "the article", Code.NOT_ANNOTATED)
    with pytest.raises(InputError, match="no annotated article to write; 0 of 1 article .*not annotated"):
        write_dataset(tmp_path / "ds", [], ONTOLOGY, report, gold_policy="", inputs={})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_rerun_keeps_the_folder_that_was_there(tmp_path: Path) -> None:
    before = contents(write(tmp_path / "ds"))
    broken = AnnotatedArticle(Article("x", "Text.", metadata={"n": float("nan")}), (), ONTOLOGY.labels)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_dataset(tmp_path / "ds", only(broken), ONTOLOGY, ConversionReport(), gold_policy="", inputs={})
    assert contents(tmp_path / "ds") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ds"]


def test_a_split_that_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match="no split 'validation'; there are train, test"):
        read_dataset(folder).split("validation")


def test_a_folder_that_is_no_dataset_is_an_error(tmp_path: Path) -> None:
    assert not is_dataset_folder(tmp_path)
    with pytest.raises(InputError, match=r"not a dataset folder \(no manifest\.json\)"):
        read_dataset(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such dataset folder"):
        read_dataset(tmp_path / "nowhere")
