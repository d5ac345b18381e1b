"""`convert --from` on the command line: the dataset and its report agree, and options mean what they say."""

import json
from pathlib import Path
from typing import Any

import datasets
import pytest
from click.testing import CliRunner

from eventcorpus.cli.main import main
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.formats.muc4 import muc4_templates

TEXT = "Rebels of the Hamsin Front shelled Kalo."
BRAT = (
    "T1\tActor 0 6\tRebels\nT2\tActor 14 26\tHamsin Front\nT3\tShelling 27 34\tshelled\nT4\tPlace 35 39\tKalo\n"
    "T5\tActor 0 26\tRebels of the Hamsin Front\nE1\tShelling:T3 Agent:T1 Target:T4\nA1\tNegated E1\n"
)
FILLER = [["hamsin front", 14]]
MUC = {
    "docid": "DEV-1", "doctext": TEXT.lower(),
    "templates": [{"incident_type": "attack", "PerpInd": [[["rebels", 0]]], "PerpOrg": [FILLER], "Target": [], "Victim": [], "Weapon": []}],
}  # fmt: skip


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        Path("brat").mkdir(exist_ok=True)
        Path(f"brat/{name}.txt").write_text(TEXT if name == "one" else f"{TEXT} Twice.")
        Path(f"brat/{name}.ann").write_text(BRAT)
    Path("muc.json").write_text(json.dumps(MUC) + "\n")
    Path("x.txt").write_text("Kalo B-LOC\nfell O\n5 B-NUM\n")
    return tmp_path


def report(folder: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(folder, "loss_report.json").read_text())
    return content


def test_the_report_agrees_with_the_dataset(here: Path) -> None:
    code, stdout, stderr = run("convert", "brat", "--from", "brat", "--out", "ds")
    assert (code, stdout) == (0, "2 articles in ds (train 2)\n")
    rows = datasets.load_dataset("ds", split="train", cache_dir=str(here / "cache")).to_list()
    told = report("ds")
    assert told["articles"]["out"] == len(rows) == 2
    assert told["spans"]["out"] == sum(len(row["spans"]) for row in rows) == 10
    assert told["roles"]["out"] == sum(len(row["roles"]) for row in rows) == 4
    assert told["attributes"]["out"] == sum(len(span["attributes"]) for row in rows for span in row["spans"]) == 2
    assert "2 articles, 10 of 10 spans, 4 of 4 roles, 2 of 2 attributes" in stderr
    assert "beyond one layer of BIO tags: 4 of 10 gold spans (40.0 %); spans hold all of them" in stderr
    assert len(told["not_in_one_layer"]) == 4
    manifest = json.loads(Path("ds/manifest.json").read_text())
    assert sorted(manifest["inputs"]) == ["one.ann", "one.txt", "two.ann", "two.txt"]
    assert manifest["gold"] == "the annotation of the brat files"


def test_the_same_input_gives_the_same_bytes(here: Path) -> None:
    for out in ("a", "b"):
        assert run("convert", "brat", "--from", "brat", "--out", out)[0] == 0
    assert Path("a/manifest.json").read_text() == Path("b/manifest.json").read_text()


def test_splits_are_document_ids(here: Path) -> None:
    Path("splits").mkdir()
    Path("splits/train.txt").write_text("two\n")
    Path("splits/test.txt").write_text("one\n")
    code, stdout, stderr = run("convert", "brat", "--from", "brat", "--splits", "splits", "--out", "ds")
    assert (code, stdout) == (0, "2 articles in ds (train 1, test 1)\n")
    assert "no --splits" not in stderr
    assert [a.article.id for a in read_dataset(Path("ds")).split("test")] == ["one"]
    Path("splits/test.txt").write_text("")
    code, _, stderr = run("convert", "brat", "--from", "brat", "--splits", "splits", "--out", "ds2")
    assert (code, Path("ds2").exists()) == (1, False)
    assert "article 'one' is in no split" in stderr


def test_templates_come_back_exactly_from_a_dataset_with_and_without_its_text(here: Path) -> None:
    assert run("convert", "muc.json", "--from", "muc4", "--out", "ds")[0] == 0
    assert muc4_templates(read_dataset(Path("ds")).split("train")[0]) == MUC["templates"]
    assert run("convert", "muc.json", "--from", "muc4", "--text", "none", "--out", "bare")[0] == 0
    Path("mine.jsonl").write_text(json.dumps({"id": "DEV-1", "text": MUC["doctext"]}) + "\n")
    assert run("join", "bare", "mine.jsonl", "--out", "full")[0] == 0
    assert muc4_templates(read_dataset(Path("full")).split("train")[0]) == MUC["templates"]
    assert Path("full/default/train.parquet").read_bytes() == Path("ds/default/train.parquet").read_bytes()


def test_strict_writes_nothing_and_refuse_goes_on(here: Path) -> None:
    Path("brat/one.ann").write_text(BRAT + "T9\tPlace 35 39\tKafr\n")
    code, _, stderr = run("convert", "brat", "--from", "brat", "--out", "ds")
    assert code == 1
    assert "article one: Place T9 [35, 39) 'Kafr': text does not match: the text there is 'Kalo'" in stderr
    assert run("convert", "brat", "--from", "brat", "--refuse", "--out", "ds")[0] == 0
    assert report("ds")["spans"]["reasons"] == {"refused: text does not match": 1}
    code, _, stderr = run("convert", "brat", "--from", "brat", "--refuse", "--strict", "--out", "ds2")
    assert (code, Path("ds2").exists()) == (1, False)
    assert "--strict: 2 of 2 articles, 10 of 11 spans (1 refused)" in stderr


def test_a_map_applies_to_every_format(here: Path) -> None:
    Path("m.yaml").write_text("labels: {LOC: Place, NUM: null}\n")
    code, _, stderr = run("convert", "x.txt", "--from", "conll", "--map", "m.yaml", "--strict", "--out", "ds")
    assert code == 0
    assert "1 of 2 spans (1 refused)" in stderr
    dataset = read_dataset(Path("ds"))
    assert [(s.label, s.start) for s in dataset.split("train")[0].spans] == [("Place", 0)]
    assert (dataset.ontology.key, dataset.manifest["gold"]) == (
        "x-mapped@1.0.0",
        "the tags of the CoNLL files, mapped by m.yaml",
    )
    assert sorted(dataset.manifest["inputs"]) == ["map:m.yaml", "x.txt"]
    Path("n.yaml").write_text(
        "labels: {Actor: Party, Place: Party, Shelling: null}\nroles: {Agent: null, Target: null}\n"
    )
    assert run("convert", "brat", "--from", "brat", "--map", "n.yaml", "--strict", "--out", "ds3")[0] == 0
    told = report("ds3")
    assert (told["spans"]["in"], told["spans"]["out"], told["roles"]["out"]) == (10, 8, 0)


def test_a_map_applies_to_label_studio_exports_of_several_annotators(here: Path) -> None:
    labels = [{"id": f"r{n}", "type": "labels", "from_name": "label", "to_name": "text", "value": {"start": s, "end": e, "labels": [label]}}
              for n, (s, e, label) in enumerate([(0, 6, "Actor"), (27, 34, "Attack"), (34, 39, "Place")])]  # fmt: skip
    annotations = [{"id": 3, "completed_by": 1, "result": labels}, {"id": 4, "completed_by": 2, "result": labels[:2]}]
    Path("in.json").write_text(
        json.dumps([{"id": 7, "data": {"article_id": "x1", "text": TEXT}, "annotations": annotations}])
    )
    Path("o.yaml").write_text(
        "schema: 1\nname: mini\nversion: 1.0.0\ntriggers: [{name: Attack}]\nentities: [{name: Actor}, {name: Place}]\n"
    )
    Path("m.yaml").write_text("labels: {Attack: Violence, Actor: Party, Place: null}\n")
    for policy in ("a1", "agreed", "union"):
        assert (
            run("convert", "in.json", "--ontology", "o.yaml", "--map", "m.yaml", "--gold", policy, "--out", policy)[0]
            == 0
        )
        assert [s.label for s in read_dataset(Path(policy)).split("train")[0].spans] == ["Party", "Violence"]
        told = report(policy)["spans"]
        assert (told["in"], told["kept"], told["repaired"], told["refused"], told["out"]) == (5, 4, 0, 1, 4)


def test_a_map_that_lacks_a_label_names_the_nearest(here: Path) -> None:
    Path("m.yaml").write_text("labels: {LOK: Place, NUM: null}\n")
    code, _, stderr = run("convert", "x.txt", "--from", "conll", "--map", "m.yaml", "--out", "ds")
    assert code == 1
    assert stderr.splitlines()[-1] == (
        "Error: m.yaml: the label 'LOC' is in the data and not in the map; did you mean 'LOK'; map it to a label, or to null to leave it out"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("x.txt", "--from", "conll", "--gold", "union"), "--from conll takes no --gold; it is for labelstudio"),
        (("brat", "--from", "brat", "--min-confidence", "0.5"), "--from brat takes no --min-confidence; it is for re3d"),
        (("brat", "--from", "brat", "--scheme", "iob1"), "--from brat takes no --scheme; it is for conll"),
        (("muc.json", "--from", "muc4", "--gold", "union"), "--from muc4 takes no --gold; it is for labelstudio"),
        (("x.json", "--from", "labelstudio", "--scheme", "iob2"), "--from labelstudio takes no --scheme; it is for conll"),
        (("brat", "--from", "re3d", "--min-confidence", "2"), "2.0 is not in the range 0<=x<=1"),
    ],
)  # fmt: skip
def test_an_option_that_says_nothing_to_a_format_is_wrong_usage(
    here: Path, args: tuple[str, ...], message: str
) -> None:
    code, _, stderr = run("convert", *args, "--out", "ds")
    assert code == 2
    assert message in " ".join(stderr.replace("│", " ").split())


@pytest.mark.parametrize("source", ["re3d", "brat", "muc4", "wikievents"])
def test_a_missing_input_is_one_line(here: Path, source: str) -> None:
    code, _, stderr = run("convert", "gone", "--from", source, "--out", "ds")
    assert (code, len(stderr.splitlines())) == (1, 1)
    assert stderr.startswith("Error: gone: ")
