"""``eval`` of several runs and ``compare`` as people meet them, on the shipped corpus and predictions files."""

import json
import random
from pathlib import Path

import pytest

from cli_runner import run
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.eval.compare import Comparison
from eventcorpus.eval.report import Report
from eventcorpus.predictions import ModelName, prediction_line, prediction_of
from eventcorpus.schema import Mention

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus as a dataset, with its two annotators, and predictions that keep a share of its gold."""
    folder = tmp_path_factory.mktemp("compare")
    splits = ROOT / "corpus/splits"
    wanted = {*(splits / "test.txt").read_text().split(), *(splits / "train.txt").read_text().split()[:10]}
    for name in ("pass-1.json", "pass-2.json"):
        tasks = json.loads((ROOT / "corpus/annotations" / name).read_text())
        (folder / name).write_text(json.dumps([task for task in tasks if task["data"]["article_id"] in wanted]))
    code, _, stderr = run(
        "convert", str(folder / "pass-1.json"), str(folder / "pass-2.json"), "--splits", str(splits), "--ontology",
        str(ROOT / "corpus/ontology.yaml"), "--out", str(folder / "ds"),
    )  # fmt: skip
    assert code == 0, stderr
    gold = read_dataset(folder / "ds").split("test")
    for seed, share in enumerate((0.70, 0.72, 0.74, 0.9)):
        dice = random.Random(seed)
        lines = []
        for one in gold:
            kept = [s for s in one.spans if dice.random() < share]
            mentions = [Mention(s.start, s.end, s.label, one.article.text[s.start : s.end], 0.9) for s in kept]
            lines.append(prediction_line(prediction_of(one.article, mentions, ModelName(name=f"m{seed}"))) + "\n")
        (folder / f"{seed}.jsonl").write_text("".join(lines))
    return folder


def test_compare_prints_what_it_writes(folder: Path) -> None:
    command = (
        "compare", str(folder / "0.jsonl"), str(folder / "3.jsonl"), "--dataset", str(folder / "ds"), "--resamples", "50",
        "--rounds", "200", "--json", str(folder / "c.json"),
    )  # fmt: skip
    code, stdout, _ = run(*command)
    assert code == 0 and "B is better by" in stdout
    written = json.loads((folder / "c.json").read_text())
    assert json.loads(run(*command[:-1], "-")[1]) == written | {
        "command": written["command"][: -len(command[-1])] + "-"
    }
    found = Comparison.model_validate(written)
    assert found.micro.difference.value is not None and found.micro.difference.value > 0.05
    assert (found.dataset.articles, found.randomisation.rounds) == (73, 200)
    assert found.dataset.units < 73  # outlets that tell the same events are drawn together
    assert found.command.startswith(f"eventcorpus compare {folder / '0.jsonl'} {folder / '3.jsonl'} --dataset ")
    assert found.command.endswith("--json " + str(folder / "c.json"))


def test_compare_takes_several_seeds_with_commas(folder: Path) -> None:
    seeds = ",".join(str(folder / f"{i}.jsonl") for i in range(3))
    code, stdout, _ = run(
        "compare",
        seeds,
        str(folder / "3.jsonl"),
        "--dataset",
        str(folder / "ds"),
        "--resamples",
        "50",
        "--rounds",
        "100",
    )
    assert code == 0
    assert "A: m0, m1, m2 (3 runs), B:" in " ".join(stdout.split())
    assert "B is better by" in stdout and "fixed: " in stdout


def test_compare_names_what_is_not_there(folder: Path) -> None:
    code, _, stderr = run("compare", str(folder / "0.jsonl"), "seed1,seed2", "--dataset", str(folder / "ds"))
    assert (code, stderr) == (
        1, "Error: seed1: no such model folder or predictions file; several runs of one recipe are named with commas "
        "between: seed1,seed2,seed3\n",
    )  # fmt: skip


def test_eval_of_several_runs_is_their_mean_beside_the_annotators(folder: Path) -> None:
    files = [part for i in range(3) for part in ("--predictions", str(folder / f"{i}.jsonl"))]
    code, stdout, stderr = run(
        "eval", *files, "--dataset", str(folder / "ds"), "--resamples", "50", "--json", str(folder / "r.json")
    )
    assert code == 0, stderr
    report = Report.model_validate(json.loads((folder / "r.json").read_text()))
    assert report.seeds is not None and len(report.seeds.models) == 3
    assert report.exact.micro.f1 == pytest.approx(sum(report.seeds.micro_f1) / 3)  # type: ignore[arg-type]
    assert report.exact.micro.precision == 1.0
    assert report.agreement is not None and report.agreement.articles == 73
    assert 0.5 < (report.agreement.all_labels.value or 0) < 1
    assert report.slices is not None and {"kind", "tag", "seen"} < set(report.slices)
    assert report.command.startswith(f"eventcorpus eval --predictions {folder / '0.jsonl'} --predictions ")
    assert "figures are means over 3 runs, micro F1 8" in stdout
    assert "annotators: exact F1 between a1 and a2 on 73 articles of split test, each annotated alone" in " ".join(
        stdout.split()
    )


def test_eval_without_resamples_has_no_intervals(folder: Path) -> None:
    code, stdout, _ = run(
        "eval", "--predictions", str(folder / "0.jsonl"), "--dataset", str(folder / "ds"), "--resamples", "0"
    )
    assert code == 0
    assert "95%" not in stdout and "micro" in stdout


def test_a_threshold_makes_overlaps_strict(folder: Path) -> None:
    files = (
        "--predictions",
        str(folder / "0.jsonl"),
        "--dataset",
        str(folder / "ds"),
        "--resamples",
        "0",
        "--no-baselines",
    )
    found = []
    for threshold in ("0", "1"):
        code, _, stderr = run("eval", *files, "--overlap", threshold, "--json", str(folder / "t.json"))
        assert code == 0, stderr
        found.append(Report.model_validate(json.loads((folder / "t.json").read_text())))
    assert [report.overlap_threshold for report in found] == [0.0, 1.0]
    assert found[1].overlap is not None and found[1].overlap.micro == found[1].exact.micro
