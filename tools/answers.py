"""Record what the program answers, so that two states of the code can be compared with ``diff -r``.

A refactoring changes no answer: the same corpus gives the same dataset byte for byte, the same weights, predictions,
reports and conversion reports. Run this for each of two checkouts, on one machine, and compare the folders:

    git worktree add ../before c194331
    python tools/answers.py --checkout ../before --out /tmp/before
    python tools/answers.py --out /tmp/after
    diff -r /tmp/before /tmp/after

Large or binary files are recorded by their SHA-256. Dates, commits, durations and paths of folders are left out, since
they tell nothing about the code. ``--real FOLDER`` also records the conversion of real corpora; ``--no-train`` leaves
out the training (about two minutes) and all that needs its model.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

IGNORED_KEYS = {
    "date",
    "commit",
    "seconds",
    "started",
    "finished",
    "host",
    "versions",
    "package_versions",
    "created",
    "created_at",
    "eventcorpus",
    "eventcorpus_version",
    "written",
    "ended",
    "duration",
    "tokens_per_second",
    "machine",
    "command",
    "peak_memory_gb",
    "time",
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkout", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--real", type=Path, help="folder with real corpora (re3d, muc4, cameo_ner, real-dev)")
    parser.add_argument("--no-train", action="store_true")
    parser.add_argument("--model", type=Path, help="a trained demo model, instead of training one")
    return parser.parse_args()


class Recorder:
    """Runs commands of one checkout and records their output."""

    def __init__(self, checkout: Path, out: Path, work: Path) -> None:
        self.checkout, self.out, self.work = checkout, out, work
        self.environment = os.environ | {
            "PYTHONPATH": str(checkout / "src"),
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "COLUMNS": "120",
            "OMP_NUM_THREADS": "2",
        }
        asked = [sys.executable, "-m", "eventcorpus", "labelstudio", "tasks", "--help"]
        self.is_before = subprocess.run(asked, env=self.environment, capture_output=True).returncode != 0
        """Whether the checkout has the commands of 0.1.0's first spelling (``export``, ``next``, ``--json`` a flag)."""

    def run(self, name: str, *arguments: object, before: list[object] | None = None, stdout_to: str = "stdout") -> bool:
        """Run one command; record its exit status, its messages and, if wanted, its output."""
        words = [str(x) for x in (before if self.is_before and before is not None else arguments)]
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "eventcorpus", *words],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        folder = self.out / name
        folder.mkdir(parents=True, exist_ok=True)
        if stdout_to.endswith((".json", ".jsonl")) and done.stdout:
            self.record_text(name, stdout_to, done.stdout)
        else:
            (folder / "stdout").write_text(self.plain(done.stdout))
        (folder / "messages").write_text(self.plain(done.stderr))
        (folder / "status").write_text(f"{done.returncode}\n")
        print(f"{name}: exit {done.returncode}, {time.monotonic() - start:.1f} s", flush=True)
        if done.returncode and "Traceback" in done.stderr:
            print(done.stderr[-2000:], flush=True)
        return done.returncode == 0

    def plain(self, text: str) -> str:
        """Text without folders of this machine, dates, commits and durations."""
        for path, word in ((self.work, "WORK"), (self.checkout, "CHECKOUT")):
            text = text.replace(str(path), word)
        text = re.sub(r"\b20\d\d-1[0-2]-\d\d\b", "DATE", text)
        text = re.sub(r"\b\d+(\.\d+)? (s|min|ms)\b", "DURATION", text)
        text = re.sub(r"\b[0-9a-f]{7}\+?(?=[ )\n,|])", "COMMIT", text)
        return text

    def record_text(self, name: str, file: str, text: str) -> None:
        target = self.out / name / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.endswith(".jsonl"):
            lines = [_sorted(_without(json.loads(line))) for line in text.splitlines() if line.strip()]
            target.write_text(self.plain("\n".join(lines) + "\n"))
        elif file.endswith(".json"):
            target.write_text(self.plain(_sorted(_without(json.loads(text)), indent=1) + "\n"))
        else:
            target.write_text(self.plain(text))

    def record(self, name: str, folder: Path) -> None:
        """Record files: small texts and JSON as they are, the rest by hash."""
        if not folder.exists():
            return
        files = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.is_file())
        for file in files:
            inside = file.name if folder.is_file() else file.relative_to(folder).as_posix()
            if file.suffix in (".json", ".jsonl", ".md", ".html", ".xml", ".yaml", ".csv", ".txt", ".svg"):
                self.record_text(name, inside, file.read_bytes().decode("utf-8"))
            else:
                target = self.out / name / f"{inside}.sha256"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(hashlib.sha256(file.read_bytes()).hexdigest() + "\n")


def _without(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without(value) for key, value in data.items() if key not in IGNORED_KEYS}
    return [_without(item) for item in data] if isinstance(data, list) else data


def _sorted(data: Any, indent: int | None = None) -> str:
    return json.dumps(data, ensure_ascii=True, sort_keys=False, indent=indent)


def conversions(r: Recorder, real: Path | None) -> None:
    """Every dataset and conversion report that the repository's own files and real corpora give."""
    fixtures = r.checkout / "tests/fixtures/label-studio"
    d = r.work / "dataset"
    if r.run("convert-shipped", "convert", "corpus/annotations", "--splits", "corpus/splits", "--out", d, "--strict"):
        r.record("convert-shipped", d)
    for policy in ("agreed", "union", "a1"):
        out = r.work / f"gold-{policy}"
        r.run(f"convert-gold-{policy}", "convert", "corpus/annotations", "--gold", policy, "--out", out)
        r.record(f"convert-gold-{policy}", out)
    r.run("convert-standoff", "convert", "corpus/annotations", "--text", "none", "--out", r.work / "standoff")
    r.record("convert-standoff", r.work / "standoff")
    r.run("join", "join", r.work / "standoff", "corpus/articles", "--out", r.work / "joined")
    r.record("join", r.work / "joined")
    r.run(
        "convert-mapped",
        "convert",
        "corpus/annotations",
        "--map",
        "corpus/maps/re3d-eval.yaml",
        "--out",
        r.work / "mapped",
    )
    r.record("convert-mapped", r.work / "mapped")
    for file in sorted(fixtures.glob("*.json")):
        for extra in ([], ["--refuse"]):
            for config in ("xml", "default"):
                name = f"convert-{file.stem}{'-refuse' if extra else ''}-{config}"
                given = ["--ontology", fixtures / "config.xml"] if config == "xml" else []
                r.run(name, "convert", file, *given, "--out", r.work / name, *extra)
                r.record(name, r.work / name)
    if real is None:
        return
    for name, arguments in {
        "re3d": ["convert", real / "re3d/documents", "--from", "re3d", "--refuse"],
        "re3d-stop": ["convert", real / "re3d/documents", "--from", "re3d"],
        "re3d-confident": [
            "convert",
            real / "re3d/documents",
            "--from",
            "re3d",
            "--refuse",
            "--min-confidence",
            "0.5",
            "--map",
            "corpus/maps/re3d-eval.yaml",
        ],
        "re3d-conll": ["convert", real / "re3d/conll", "--from", "conll"],
        "cameo": ["convert", real / "cameo_ner/train.txt", "--from", "conll"],
        "cameo-iob1": ["convert", real / "cameo_ner/train.txt", "--from", "conll", "--scheme", "iob1"],
        "muc4": ["convert", real / "muc4/dev.json", "--from", "muc4", "--refuse"],
        "muc4-stop": ["convert", real / "muc4/dev.json", "--from", "muc4"],
        "real-dev": ["convert", real / "real-dev/annotations.json", "--refuse"],
    }.items():
        r.run(f"convert-real-{name}", *arguments, "--out", r.work / name)
        r.record(f"convert-real-{name}", r.work / name)


def made_public(r: Recorder) -> None:
    """Small files of every public format, well-formed and damaged (invented)."""
    brat = r.work / "brat"
    brat.mkdir()
    (brat / "a.txt").write_text("Troops seized Lawz on Monday.\nTwo men died in Lawz.\n")
    (brat / "a.ann").write_text(
        "T1\tAttack 7 13\tseized\nT2\tGroup 0 6\tTroops\nT3\tPlace 14 18\tLawz\nT4\tMen 30 37\tTwo men\n"
        "T5\tSplit 30 33;38 42\tTwo died\nT6\tPlace 14 18\tLawz\nE1\tAttack:T1 Agent:T2 Place:T3\n"
        "A1\tNegated T1\nR1\tIn Arg1:T4 Arg2:T3\n*\tEquiv T3 T6\n#1\tNote T1\tsomething\n"
    )
    (brat / "b.txt").write_text("Nothing here.\n")
    (brat / "b.ann").write_text("T1\tPlace 0 7\tNothink\nT2\tPlace 3 99\tx\n")
    wiki = r.work / "wiki.jsonl"
    wiki.write_text(
        json.dumps(
            {
                "doc_id": "w1",
                "text": "Troops seized Lawz .",
                "tokens": ["Troops", "seized", "Lawz", "."],
                "sentences": [
                    [[["Troops", 0, 6], ["seized", 7, 13], ["Lawz", 14, 18], [".", 19, 20]], "Troops seized Lawz ."]
                ],
                "entity_mentions": [
                    {
                        "id": "w1-T1",
                        "sent_idx": 0,
                        "start": 0,
                        "end": 1,
                        "entity_type": "PER",
                        "mention_type": "UNK",
                        "text": "Troops",
                    },
                    {
                        "id": "w1-T2",
                        "sent_idx": 0,
                        "start": 2,
                        "end": 3,
                        "entity_type": "GPE",
                        "mention_type": "UNK",
                        "text": "Lawz",
                    },
                ],
                "event_mentions": [
                    {
                        "id": "w1-E1",
                        "sent_idx": 0,
                        "event_type": "Conflict.Attack.Unspecified",
                        "trigger": {"start": 1, "end": 2, "text": "seized", "sent_idx": 0},
                        "arguments": [{"entity_id": "w1-T1", "role": "Attacker", "text": "Troops"}],
                    }
                ],
            }
        )
        + "\n"
    )
    conll = r.work / "bad.conll.txt"
    conll.write_text("Troops B-Actor\nof I-Actor\nLawz I-Place\nfled O\n\n. O\nHe I-Actor\n")
    for name, arguments in {
        "brat": [brat, "--from", "brat"],
        "brat-refuse": [brat, "--from", "brat", "--refuse"],
        "wikievents": [wiki, "--from", "wikievents"],
        "wikievents-refuse": [wiki, "--from", "wikievents", "--refuse"],
        "conll": [conll, "--from", "conll"],
        "conll-iob1": [conll, "--from", "conll", "--scheme", "iob1"],
    }.items():
        r.run(f"made-{name}", "convert", *arguments, "--out", r.work / f"made-{name}")
        r.record(f"made-{name}", r.work / f"made-{name}")


def corpus(r: Recorder) -> None:
    """Checks, figures, splits, agreement, tasks, the inline notation."""
    d = r.work / "dataset"
    j = r.work / "json"
    j.mkdir()

    def to(name: str) -> list[object]:
        return ["--json", j / f"{name}.json"]

    r.run("check", "check", "corpus", *to("check"), before=["check", "corpus", "--json"], stdout_to="check.json")
    r.record("check", j / "check.json")
    r.run("check-text", "check", "corpus", "--html", r.work / "check.html")
    r.run(
        "stats",
        "stats",
        "corpus",
        "--require",
        "corpus/requirements.yaml",
        *to("stats"),
        before=["stats", "corpus", "--require", "corpus/requirements.yaml", "--json"],
        stdout_to="stats.json",
    )
    r.record("stats", j / "stats.json")
    r.run("stats-text", "stats", "corpus", "--require", "corpus/requirements.yaml")
    r.run(
        "split",
        "split",
        "corpus",
        "--out",
        r.work / "split",
        *to("split"),
        before=["split", "corpus", "--out", r.work / "split", "--json"],
        stdout_to="split.json",
    )
    r.record("split", j / "split.json")
    r.record("split", r.work / "split")
    r.run("agree", "agree", d, *to("agree"), before=["agree", d, "--json"], stdout_to="agree.json")
    r.record("agree", j / "agree.json")
    r.run("agree-text", "agree", d, "--resamples", 200)
    r.run(
        "tasks",
        "labelstudio",
        "tasks",
        "corpus/articles",
        "--out",
        r.work / "tasks",
        before=["export", "corpus/articles", "--out", r.work / "tasks"],
    )
    r.record("tasks", r.work / "tasks")
    r.run(
        "tasks-parts",
        "labelstudio",
        "tasks",
        "corpus/articles",
        "--max-chars",
        900,
        "--title-in-text",
        "--out",
        r.work / "parts",
        before=["export", "corpus/articles", "--max-chars", 900, "--title-in-text", "--out", r.work / "parts"],
    )
    r.record("tasks-parts", r.work / "parts")
    r.run("inline-write", "inline", "write", "corpus/annotations/pass-1.json", stdout_to="stdout")
    fixture = "tests/fixtures/corrections/ui_snapshot_full.json"
    r.run(
        "corrections",
        "labelstudio",
        "corrections",
        fixture,
        *to("corrections"),
        before=["corrections", fixture, "--json"],
        stdout_to="corrections.json",
    )
    r.record("corrections", j / "corrections.json")


def model(r: Recorder, trained: Path | None) -> None:
    """Training, predictions of 20 articles, reports of them."""
    d, m, j = r.work / "dataset", r.work / "demo", r.work / "json"
    if trained:
        m = trained
    else:
        r.run("train", "train", "training/recipes/demo.yaml", "--dataset", d, "--out", m)
        # the model folder holds curves and times; what must be the same are weights, tokenizer, configuration
        for name in ("model.safetensors", "config.json", "tokenizer.json", "ontology.yaml", "calibration.json"):
            if (m / name).exists():
                r.record("train", m / name)
    articles = [json.loads(line) for line in (r.checkout / "corpus/articles/first.jsonl").read_text().splitlines()][:20]
    twenty = r.work / "twenty.jsonl"
    twenty.write_text("".join(json.dumps(a) + "\n" for a in articles))
    p = j / "twenty.jsonl"
    r.run("extract", "extract", twenty, "--model", m, "--out", p)
    r.record("extract", p)
    r.run("extract-table", "extract", "corpus/examples/kourani-road.txt", "--model", m, "--table", "--thresholds")
    e = j / "eval.json"
    r.run(
        "eval",
        "eval",
        "--model",
        m,
        "--dataset",
        d,
        "--split",
        "test",
        "--json",
        e,
        "--markdown",
        j / "eval.md",
        "--gate",
        "eval/gates/shipped-test.yaml",
        "--html",
        j / "eval.html",
    )
    for name in ("eval.json", "eval.md"):
        r.record("eval", j / name)
    r.run(
        "eval-no-resamples",
        "eval",
        "--model",
        m,
        "--dataset",
        d,
        "--split",
        "validation",
        "--json",
        j / "e0.json",
        "--resamples",
        0,
        "--no-floors",
    )
    r.record("eval-no-resamples", j / "e0.json")
    test = r.work / "test.jsonl"
    rows = [
        json.loads(line)
        for file in sorted((r.checkout / "corpus/articles").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    wanted = set((r.checkout / "corpus/splits/test.txt").read_text().split())
    test.write_text("".join(json.dumps(a) + "\n" for a in rows if a["id"] in wanted))
    a, b = j / "test-a.jsonl", j / "test-b.jsonl"
    r.run("extract-test", "extract", test, "--model", m, "--out", a)
    r.run("extract-test-confident", "extract", test, "--model", m, "--min-confidence", "0.8", "--out", b)
    r.run("eval-two-runs", "eval", "--predictions", a, "--predictions", b, "--dataset", d, "--json", j / "two.json")
    r.record("eval-two-runs", j / "two.json")
    r.run(
        "eval-classes",
        "eval",
        "--predictions",
        a,
        "--dataset",
        d,
        "--class-map",
        "corpus/maps/re3d-eval.yaml",
        "--json",
        j / "classes.json",
        before=[
            "eval",
            "--predictions",
            a,
            "--dataset",
            d,
            "--map",
            "corpus/maps/re3d-eval.yaml",
            "--json",
            j / "classes.json",
        ],
    )
    r.record("eval-classes", j / "classes.json")
    r.run(
        "compare",
        "compare",
        a,
        b,
        "--dataset",
        d,
        "--json",
        j / "compare.json",
        "--html",
        j / "compare.html",
        before=["compare", a, b, "--dataset", d, "--out", j / "compare.json", "--html", j / "compare.html"],
    )
    r.record("compare", j / "compare.json")
    r.run(
        "rank",
        "labelstudio",
        "rank",
        twenty,
        "--predictions",
        p,
        "--json",
        j / "rank.jsonl",
        before=["next", twenty, "--predictions", p, "--out", j / "rank.jsonl"],
    )
    r.record("rank", j / "rank.jsonl")
    r.run("benchmark", "benchmark", "shipped-test", "--model", m, "--json", j / "benchmark.json")
    r.record("benchmark", j / "benchmark.json")
    copy = r.work / "calibrated"
    shutil.copytree(m, copy)
    r.run("calibrate", "calibrate", copy, "--dataset", d, "--json", j / "calibrate.json")
    r.record("calibrate", j / "calibrate.json")
    r.run("card", "card", copy, "--report", e)
    r.record("card", copy / "README.md")


def main() -> None:
    arguments = parse()
    out = arguments.out.resolve()
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="answers-") as folder:
        r = Recorder(arguments.checkout.resolve(), out, Path(folder))
        conversions(r, arguments.real.resolve() if arguments.real else None)
        made_public(r)
        corpus(r)
        if not arguments.no_train:
            model(r, arguments.model.resolve() if arguments.model else None)
            if not arguments.model and (r.work / "demo").exists():
                shutil.copytree(r.work / "demo", out.parent / f"{out.name}-model", dirs_exist_ok=True)


if __name__ == "__main__":
    main()
