"""``eventcorpus agree`` as people meet it, on two exports that convert puts together."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.agreement.agree import AgreementReport

ROOT = Path(__file__).parents[1]


def without_first_of_each(tasks: list[dict[str, Any]], label: str) -> list[dict[str, Any]]:
    """What a second person makes of the same articles: in each, the first span of a label is not marked."""
    for task in tasks:
        (annotation,) = task["annotations"]
        annotation["id"], annotation["completed_by"] = annotation["id"] + 1000, 2
        first = next((e["id"] for e in annotation["result"] if e.get("value", {}).get("labels") == [label]), None)
        annotation["result"] = [
            e for e in annotation["result"] if not first or first not in (e.get("id"), e.get("from_id"), e.get("to_id"))
        ]
    return tasks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agree")
    tasks = json.loads((ROOT / "corpus/annotations/pass-1.json").read_text())[:82]
    (folder / "first.json").write_text(json.dumps(tasks))
    (folder / "second.json").write_text(json.dumps(without_first_of_each(tasks[:60], "Weapon")))
    exports = [str(folder / "first.json"), str(folder / "second.json")]
    code, _, _ = run("convert", *exports, "--ontology", str(ROOT / "corpus/ontology.yaml"), "--out", str(folder / "ds"))
    assert code == 0
    return folder


def test_the_table_says_what_was_compared(folder: Path) -> None:
    code, stdout, stderr = run("agree", str(folder / "ds"), "--resamples", "50")
    assert code == 0
    assert "Agreement of a1 and a2 on 60 articles of ds, in hundredths" in stdout
    assert "50 resamples of 60 articles or clusters (seed 0)" in stdout
    assert stderr == "with one annotator, so not compared: 22 of 82 articles\n"


def test_the_report_follows_the_published_schema_and_counts_what_was_changed(folder: Path) -> None:
    out, page = folder / "out.json", folder / "page.html"
    code, stdout, _ = run("agree", str(folder / "ds"), "--resamples", "50", "--json", str(out), "--html", str(page))
    report = json.loads(out.read_text())
    assert code == 0 and "Agreement of a1 and a2" in stdout
    assert report == json.loads(run("agree", str(folder / "ds"), "--resamples", "50", "--json", "-")[1])
    assert json.loads(AgreementReport.model_validate(report).model_dump_json(by_alias=True)) == report
    labels = report["all_pairs"]["labels"]
    weapon, without = labels.pop("Weapon"), [g for g in report["disagreements"] if g["labels"] == ["Weapon"]]
    assert weapon["first"] - weapon["second"] == sum(g["settles"] for g in without) > 10
    assert weapon["exact"] == weapon["second"] and weapon["alpha_characters"]["value"] < 1
    assert {row["f1_exact"]["value"] for row in labels.values()} == {1.0}
    assert report["all_pairs"]["all_roles"]["f1_given_ends"]["value"] == 1.0
    assert report["all_pairs"]["attributes"]["modality"]["kappa"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert "Weapon or not marked" in page.read_text()


def test_the_same_seed_gives_the_same_report_and_another_other_intervals(folder: Path) -> None:
    several = [
        run("agree", str(folder / "ds"), "--resamples", "50", "--json", "-", "--seed", seed)[1] for seed in "112"
    ]
    assert several[0] == several[1] != several[2]


def test_one_annotator_is_told_what_to_do(folder: Path) -> None:
    ontology = str(ROOT / "corpus/ontology.yaml")
    assert run("convert", str(folder / "first.json"), "--ontology", ontology, "--out", str(folder / "one"))[0] == 0
    assert run("agree", str(folder / "one")) == (
        1,
        "",
        "Error: one: no article has two annotators (articles: a1 82); have some annotated by a second person and convert "
        "all exports together: eventcorpus convert FIRST.json SECOND.json --out DATASET\n",
    )


@pytest.mark.parametrize("option", [("--overlap", "1.5"), ("--resamples", "0"), ("--seed", "-1"), ("--examples", "0")])
def test_wrong_usage_exits_with_2(folder: Path, option: tuple[str, str]) -> None:
    assert run("agree", str(folder / "ds"), *option)[0] == 2


def test_a_folder_that_is_no_dataset_gets_one_line(folder: Path) -> None:
    code, _, stderr = run("agree", str(folder / "gone"))
    assert code == 1 and stderr.startswith(f"Error: {folder / 'gone'}: no such dataset folder; ")
