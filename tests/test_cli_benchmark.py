"""``benchmark`` and ``eval --gate`` as people meet them: figures of a small file, refusals, exit codes."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli_runner import run
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.files import sha256_of_file
from eventcorpus.predictions import ModelName, prediction_line, prediction_of
from eventcorpus.schema import Mention, Span

ROOT = Path(__file__).parent.parent
SENTENCES = """Rebels B-ORG
left O
Homs B-LOC

Rebels B-ORG
left O
Kalo B-LOC

The O
army B-ORG
came O

Snow O
fell O

Rebels B-ORG
of O
Idlib B-LOC
fled O
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/dev.txt").write_text(SENTENCES)
    benchmark()
    return tmp_path


def benchmark(**changes: Any) -> None:
    Path("mini.yaml").write_text(
        yaml.safe_dump(
            {
                "schema": 1,
                "name": "mini",
                "version": 2,
                "description": "Five sentences.",
                "citation": "none",
                "licence": "CC0",
                "source": "dev.txt of the fifth floor",
                "convert": {"format": "conll"},
                "files": [{"path": "dev.txt", "sha256": sha256_of_file(Path("data/dev.txt"))}],
                "split": "validation",
                "metrics": [
                    {"match": "exact", "average": "micro", "headline": True, "definition": "the same place and label"}
                ],
                "results": [
                    {
                        "system": "Peer",
                        "size": "3M",
                        "metric": "micro F1",
                        "score": 41.5,
                        "source": "a paper",
                        "comparable": "yes",
                    }
                ],
            }
            | changes
        )
    )


def predict(keep: Callable[[Span], bool] = lambda span: True, split: str = "validation") -> None:
    """Predictions that are the gold, without what ``keep`` says no to."""
    assert run("benchmark", "mini.yaml", "--data", "data", "--out", "ds")[0] == 0
    lines = []
    for one in read_dataset(Path("ds")).split(split):
        text = one.article.text
        found = [Mention(s.start, s.end, s.label, text[s.start : s.end], 1.0) for s in one.spans if keep(s)]
        lines.append(prediction_line(prediction_of(one.article, found, ModelName(name="half"))))
    Path("p.jsonl").write_text("".join(f"{line}\n" for line in lines))


SCORE = ("benchmark", "mini.yaml", "--data", "data", "--predictions", "p.jsonl")


def test_a_benchmark_scores_its_split_under_its_name_and_version(here: Path) -> None:
    predict(lambda span: span.label == "ORG")
    code, out, _ = run(*SCORE, "--json", "r.json")
    report = json.loads(Path("r.json").read_text())
    # 4 of 7 mentions, none wrong: F1 = 8 / 11
    assert (code, round(report["exact"]["micro"]["f1"], 4), report["exact"]["micro"]["support"]) == (0, 0.7273, 7)
    assert report["benchmark"] == "mini@2" and report["dataset"]["name"] == "mini"
    assert report["command"].endswith(" benchmark mini.yaml --predictions p.jsonl --data data --json r.json")
    interval = report["exact"]["micro"]["intervals"]["f1"]
    shown = f"72.7 [{100 * interval['low']:.1f}, {100 * interval['high']:.1f}]"
    assert out.splitlines()[-3:] == [
        "published: Peer (3M): 41.5, micro F1; yes",
        f"mini@2: half: exact micro F1 {shown}",
        f"| mini@2 | half | exact micro F1 | {shown} | 5 | 7 |",
    ]


def test_data_of_another_hash_is_refused_and_marked_where_it_is_wanted(here: Path) -> None:
    predict()
    Path("data/dev.txt").write_text(SENTENCES.replace("Idlib", "Dhanab"))
    code, _, err = run(*SCORE)
    assert code == 1 and err.startswith("Error: data/dev.txt has sha256 ") and "--any-data" in err
    predict_again = run("benchmark", "mini.yaml", "--data", "data", "--any-data", "--out", "ds")
    assert predict_again[0] == 0
    texts = read_dataset(Path("ds")).split("validation")
    lines = [prediction_line(prediction_of(one.article, [], ModelName(name="none"))) for one in texts]
    Path("p.jsonl").write_text("\n".join(lines))
    code, out, _ = run(*SCORE, "--any-data", "--json", "r.json")
    assert code == 0 and json.loads(Path("r.json").read_text())["benchmark"] == "mini@2 (other data)"
    assert "mini@2 (other data): none: exact micro F1 0.0" in out


def test_what_lies_beside_the_files_of_a_benchmark_is_not_read(here: Path) -> None:
    Path("data/test.txt").write_text("Aleppo B-CITY\n")
    predict()
    dataset = read_dataset(Path("ds"))
    assert list(dataset.splits) == ["validation"] and dataset.ontology.labels == ("LOC", "ORG")
    assert list(dataset.manifest["inputs"]) == ["dev.txt"]


def test_every_second_sentence_of_train_is_held_out(here: Path) -> None:
    Path("data/dev.txt").rename("data/train.txt")
    files = [{"path": "train.txt"}]
    holdout = {"every": 2, "of": "train", "becomes": "validation"}
    benchmark_of_train = {"files": files, "convert": {"format": "conll", "holdout": holdout}}
    Path("data/dev.txt").write_text(SENTENCES)
    benchmark(**benchmark_of_train)
    predict()
    splits = read_dataset(Path("ds")).splits
    assert [one.article.text for one in splits["validation"]] == ["Rebels left Kalo", "Snow fell"]
    assert [one.article.id for one in splits["train"]] == ["train-00001", "train-00003", "train-00005"]


def test_classes_are_scored_on_both_sides_and_what_is_left_out_is_told(here: Path) -> None:
    Path("map.yaml").write_text("gold: {ORG: Party}\npredicted: {ORG: Party}\n")
    benchmark(class_map="map.yaml")
    predict(lambda span: span.start == 0)
    code, out, err = run(*SCORE, "--json", "r.json")
    report = json.loads(Path("r.json").read_text())
    # three of four parties; the three places are in no figure
    assert (code, report["exact"]["micro"]["support"], report["exact"]["micro"]["correct"]) == (0, 4, 3)
    assert "gold: not in the map and not scored: LOC 3; 0 twice in one class" in err
    assert "predicted: not in the map" not in err
    assert "mini@2: half: exact micro F1 85.7" in out


def test_a_file_without_a_known_hash_is_said_to_be_unchecked(here: Path) -> None:
    benchmark(files=[{"path": "dev.txt"}])
    _, _, err = run("benchmark", "mini.yaml", "--data", "data", "--out", "ds")
    assert "data/dev.txt: mini@2 knows no hash of it; whether it is the right file is not checked" in err


def test_a_model_with_other_labels_is_refused_before_it_reads_anything(here: Path, tiny_encoder: Path) -> None:
    Path("data/dev.txt").rename("data/train.txt")
    Path("data/dev.txt").write_text(SENTENCES)
    benchmark(files=[{"path": "train.txt"}], split="train")
    assert run("benchmark", "mini.yaml", "--data", "data", "--out", "ds")[0] == 0
    recipe = {"encoder": str(tiny_encoder), "num_train_epochs": 1, "max_length": 64, "stride": 8}
    Path("r.yaml").write_text(yaml.safe_dump(recipe))
    assert run("train", "r.yaml", "--dataset", "ds", "--out", "model")[0] == 0
    code, _, err = run("benchmark", "mini.yaml", "--data", "data", "--model", "model", "--json", "r.json")
    assert code == 0, err
    assert json.loads(Path("r.json").read_text())["model"]["name"] == "model"
    Path("data/train.txt").write_text(SENTENCES.replace("ORG", "Q1").replace("LOC", "Q2"))
    code, _, err = run("benchmark", "mini.yaml", "--data", "data", "--model", "model")
    assert code == 1 and "the model knows LOC, ORG; mini@2 asks for Q1, Q2, and not one is the same" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("benchmark", "mini.yaml", "--data", "data"), "give --model DIR or --predictions FILE, or --out DIR"),
        (("benchmark", "mini.yaml", "--predictions", "p"), "--data FOLDER is needed: dev.txt of the fifth floor"),
        (("benchmark", "mini.yaml", "--model", "m", "--predictions", "p"), "give either --model DIR or --predictions"),
    ],
)
def test_wrong_usage_exits_with_2(here: Path, arguments: tuple[str, ...], message: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2 and message in err


def test_an_unknown_format_names_the_nearest(here: Path) -> None:
    benchmark(convert={"format": "conl"})
    code, _, err = run("benchmark", "mini.yaml", "--data", "data", "--out", "ds")
    assert (code, err.splitlines()[-1]) == (
        1,
        "Error: mini@2: convert.format: there is no format 'conl'; did you mean 'conll'",
    )


def test_list_shows_every_shipped_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code, out, _ = run("benchmark", "--list")
    files = sorted((ROOT / "eval/benchmarks").glob("*.yaml"))
    assert code == 0 and [line.split("@")[0] for line in out.splitlines()] == [path.stem for path in files]


def test_a_gate_exits_with_1_and_a_line_for_each_limit_that_is_not_kept(here: Path) -> None:
    predict(lambda span: span.label == "ORG")
    Path("gate.yaml").write_text(
        "schema: 1\nbenchmark: mini@2\nmicro_f1: 0.8\nlabels: {LOC: {recall: 0.5}, ORG: {f1: 1.0}}\n"
    )
    code, out, err = run(*SCORE, "--gate", "gate.yaml", "--json", "r.json")
    lines = [line for line in err.splitlines() if line.startswith("gate.yaml")]
    assert code == 1 and "mini@2: half" in out and Path("r.json").is_file()
    assert [line.split(" [")[0] for line in lines] == [
        "gate.yaml: exact: micro F1 is 72.7",
        "gate.yaml: exact: LOC recall is 0.0",
    ]
    Path("gate.yaml").write_text("schema: 1\nbenchmark: mini@2\nmicro_f1: 0.7\n")
    assert run(*SCORE, "--gate", "gate.yaml")[0] == 0


def test_eval_holds_to_a_gate_too_and_reads_it_before_it_predicts(here: Path) -> None:
    predict(lambda span: span.label == "ORG")
    evaluated = ("eval", "--predictions", "p.jsonl", "--dataset", "ds", "--split", "validation")
    Path("gate.yaml").write_text("schema: 1\nlabels: {ORG: {precision: 1.0}, LOC: {f1: 0.1}}\n")
    code, _, err = run(*evaluated, "--gate", "gate.yaml")
    assert code == 1 and "gate.yaml: exact: LOC F1 is 0.0" in err and "ORG" not in err.split("gate.yaml")[-1]
    Path("gate.yaml").write_text("schema: 1\nmicrof1: 0.5\n")
    code, out, err = run(*evaluated, "--gate", "gate.yaml")
    assert (code, out) == (1, "") and "did you mean 'micro_f1'" in err


def real(*parts: str) -> Path:
    root = os.environ.get("EVENTCORPUS_REALDATA")
    if not root:
        pytest.skip("EVENTCORPUS_REALDATA is not set: it names the folder with re3d, muc4 and cameo_ner")
    return Path(root, *parts)


@pytest.mark.realdata
def test_cameo_dev_is_every_fifth_sentence_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = real("cameo_ner")
    monkeypatch.chdir(ROOT)
    assert run("benchmark", "cameo-dev", "--data", str(folder), "--out", str(tmp_path / "ds"))[0] == 0
    raw = (folder / "train.txt").read_text().strip().split("\n\n")
    sentences = [[line.split() for line in one.strip().split("\n")] for one in raw]
    wanted = [one for n, one in enumerate(sentences, start=1) if n % 5 == 0]
    got = read_dataset(tmp_path / "ds").split("validation")
    assert [one.article.text for one in got] == [" ".join(token for token, _ in one) for one in wanted]
    began = Counter(tag[2:] for one in wanted for _, tag in one if tag.startswith("B-"))
    found = Counter(span.label for one in got for span in one.spans)
    assert found.keys() == began.keys() and all(found[label] >= n for label, n in began.items())


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "parts", "split", "articles"),
    [("re3d-conll-dev", ("re3d", "conll"), "validation", 191), ("re3d-documents", ("re3d", "documents"), "train", 84)],
)
def test_the_data_that_others_publish_is_that_of_its_benchmark(
    name: str, parts: tuple[str, ...], split: str, articles: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = real(*parts)
    monkeypatch.chdir(ROOT)
    code, _, err = run("benchmark", name, "--data", str(folder), "--out", str(tmp_path / "ds"))
    assert code == 0 and "other data" not in err
    assert len(read_dataset(tmp_path / "ds").split(split)) == articles
