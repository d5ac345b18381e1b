import json
from pathlib import Path

import pytest

from cli_runner import run
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.schema import AnnotatedArticle, Article, Span
from random_model import ONTOLOGY, random_folder

TEXT = "rebels attacked the town of aleppo on monday"


@pytest.fixture
def here(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    random_folder(Path("m"), tiny_encoder)
    gold = AnnotatedArticle(Article("a", TEXT), (Span("1", 0, 6, "Actor"),), ONTOLOGY.labels)
    entries = [Entry("validation", gold, [gold])]
    write_dataset(Path("ds"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    Path("one.txt").write_text(TEXT)
    return tmp_path


def test_backends_are_checked_and_the_outcome_is_in_the_model_folder(here: Path) -> None:
    code, stdout, _ = run("backends", "m", "--dataset", "ds")
    assert code == 0
    assert "Mentions in split validation of ds, 1 article" in stdout
    kept = json.loads(Path("m/backends.json").read_text())
    assert [check["name"] for check in kept["backends"]] == ["bf16", "int8"]
    assert json.loads(run("backends", "m", "--dataset", "ds", "--json", "-")[1]) == kept


def test_a_split_that_there_is_not_is_one_line(here: Path) -> None:
    assert run("backends", "m", "--dataset", "ds", "--split", "test") == (
        1, "", "Error: ds: no split 'test'; there are validation\n",
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["bf16", "int8"])
def test_extract_reads_with_the_backend_that_is_named(here: Path, backend: str) -> None:
    code, stdout, _ = run("extract", "one.txt", "--model", "m", "--backend", backend)
    assert (code, json.loads(stdout)["model"]["backend"]) == (0, backend)


def test_onnx_files_that_are_not_there_are_one_line(here: Path) -> None:
    pytest.importorskip("onnxruntime")
    code, _, stderr = run("extract", "one.txt", "--model", "m", "--backend", "onnx")
    assert (code, stderr) == (
        1, "Error: m/onnx/model.onnx: no such file; write it with: eventcorpus backends m --dataset DIR --onnx\n",
    )  # fmt: skip
