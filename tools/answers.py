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
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

IGNORED_KEYS = {
    *("date", "commit", "seconds", "started", "finished", "ended", "duration", "time", "created", "created_at"),
    *("written", "host", "machine", "versions", "package_versions", "eventcorpus", "eventcorpus_version", "command"),
    *("tokens_per_second", "peak_memory_gb"),
}
TEXTS = {".json", ".jsonl", ".md", ".html", ".xml", ".yaml", ".csv", ".txt", ".svg"}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkout", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--real", type=Path, help="folder with real corpora (re3d, muc4, cameo_ner, real-dev)")
    parser.add_argument("--no-train", action="store_true")
    parser.add_argument("--only", help="a regular expression: commands whose names match it (they may need others)")
    parser.add_argument("--model", type=Path, help="a trained demo model, instead of training one")
    return parser.parse_args()


class Recorder:
    """Runs commands of one checkout and records their output."""

    def __init__(self, checkout: Path, out: Path, work: Path, only: str | None) -> None:
        self.checkout, self.out, self.work, self.only = checkout, out, work, only
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

    def run(self, name: str, command: str, *made: Path, before: str | None = None, stdout: str = "stdout") -> None:
        """Run one command and record its exit status, messages, output, and the files and folders that it made.

        Args:
            command: the command line, without ``eventcorpus``.
            before: the same in the first spelling, if that was another.
            stdout: the name under which the output is recorded; the ending says what it holds.
        """
        if self.only and not re.search(self.only, name):
            return
        words = shlex.split(before if self.is_before and before is not None else command)
        start = time.monotonic()
        asked = [sys.executable, "-m", "eventcorpus", *words]
        done = subprocess.run(
            asked, cwd=self.checkout, env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        folder = self.out / name
        folder.mkdir(parents=True, exist_ok=True)
        if done.stdout:
            self.record_text(name, stdout, done.stdout)
        (folder / "messages").write_text(self.plain(done.stderr))
        (folder / "status").write_text(f"{done.returncode}\n")
        print(f"{name}: exit {done.returncode}, {time.monotonic() - start:.1f} s", flush=True)
        if done.returncode and "Traceback" in done.stderr:
            print(done.stderr[-2000:], flush=True)
        for path in made:
            self.record(name, path)

    def plain(self, text: str) -> str:
        """Text without folders of this machine, dates, commits and durations."""
        for path, word in ((self.work, "WORK"), (self.checkout, "CHECKOUT")):
            text = text.replace(str(path), word)
        text = re.sub(r"\b20\d\d-1[0-2]-\d\d\b", "DATE", text)
        text = re.sub(r"\b\d+(\.\d+)? (s|min|ms)\b", "DURATION", text)
        # a short commit has a letter; numbers of seven digits stay
        return re.sub(r"\b(?=\d*[a-f])[0-9a-f]{7}\+?(?=[ )\n,|])", "COMMIT", text)

    def record_text(self, name: str, file: str, text: str) -> None:
        target = self.out / name / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.endswith(".jsonl"):
            lines = [json.dumps(_without(json.loads(line))) for line in text.splitlines() if line.strip()]
            target.write_text(self.plain("\n".join(lines) + "\n"))
        elif file.endswith(".json"):
            target.write_text(self.plain(json.dumps(_without(json.loads(text)), indent=1) + "\n"))
        else:
            target.write_text(self.plain(text))

    def record(self, name: str, path: Path) -> None:
        """Record files: small texts and JSON as they are, the rest by hash."""
        if not path.exists():
            return
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            inside = file.name if path.is_file() else file.relative_to(path).as_posix()
            if file.suffix in TEXTS and file.name != "tokenizer.json":
                self.record_text(name, inside, file.read_bytes().decode("utf-8"))
            else:
                target = self.out / name / f"{inside}.sha256"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(hashlib.sha256(file.read_bytes()).hexdigest() + "\n")


def _without(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without(value) for key, value in data.items() if key not in IGNORED_KEYS}
    return [_without(item) for item in data] if isinstance(data, list) else data


def conversions(r: Recorder, real: Path | None) -> None:
    """Every dataset and conversion report that the repository's own files and real corpora give."""

    def convert(name: str, arguments: str) -> None:
        out = r.work / name
        r.run(name, f"convert {arguments} --out {out}", out)

    convert("convert-shipped", "corpus/annotations --splits corpus/splits --strict")
    for policy in ("agreed", "union", "a1"):
        convert(f"convert-gold-{policy}", f"corpus/annotations --gold {policy}")
    convert("convert-standoff", "corpus/annotations --text none")
    r.run("join", f"join {r.work / 'convert-standoff'} corpus/articles --out {r.work / 'joined'}", r.work / "joined")
    label_map = r.work / "map.yaml"
    label_map.write_text(made_map(r.checkout / "corpus/ontology.yaml"))
    convert("convert-mapped", f"corpus/annotations --map {label_map}")
    fixtures = r.checkout / "tests/fixtures/label-studio"
    for file in sorted(fixtures.glob("*.json")):
        for refuse in ("", "-refuse"):
            flag = "--refuse" if refuse else ""
            convert(f"convert-{file.stem}{refuse}-xml", f"{file} --ontology {fixtures / 'config.xml'} {flag}")
            convert(f"convert-{file.stem}{refuse}-default", f"{file} {flag}")
    if real is None:
        return
    re3d = f"{real / 're3d/documents'} --from re3d"
    for name, arguments in {
        "re3d": f"{re3d} --refuse",
        "re3d-stop": re3d,
        "re3d-mapped": f"{re3d} --refuse --min-confidence 0.5 --map corpus/maps/re3d.yaml",
        "re3d-conll": f"{real / 're3d/conll'} --from conll",
        "cameo": f"{real / 'cameo_ner/train.txt'} --from conll",
        "cameo-iob1": f"{real / 'cameo_ner/train.txt'} --from conll --scheme iob1",
        "muc4": f"{real / 'muc4/dev.json'} --from muc4 --refuse",
        "muc4-stop": f"{real / 'muc4/dev.json'} --from muc4",
        "real-dev": f"{real / 'real-dev/annotations.json'} --refuse",
    }.items():
        convert(f"convert-real-{name}", arguments)


def made_map(ontology: Path) -> str:
    """A label map of the shipped ontology that renames, joins and leaves out labels and roles."""
    known = yaml.safe_load(ontology.read_text())
    labels = {label["name"]: label["name"] for label in (*known["triggers"], *known["entities"])}
    labels |= {"Battle": "Violence", "Explosion": "Violence", "Facility": "Place", "Weapon": None}
    roles = {role["name"]: role["name"] for role in known["roles"]}
    roles |= {next(iter(roles)): None}
    return json.dumps({"labels": labels, "roles": roles})


def made_files(r: Recorder) -> None:
    """Small files of public formats, well-formed and damaged (invented)."""
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
    conll = r.work / "damaged.txt"
    conll.write_text("Troops B-Actor\nof I-Actor\nLawz I-Place\nfled O\n\n. O\nHe I-Actor\n")
    for name, arguments in {
        "brat": f"{brat} --from brat",
        "brat-refuse": f"{brat} --from brat --refuse",
        "conll": f"{conll} --from conll",
        "conll-iob1": f"{conll} --from conll --scheme iob1",
        "conll-bilou": f"{conll} --from conll --scheme bilou",
    }.items():
        out = r.work / f"made-{name}"
        r.run(f"made-{name}", f"convert {arguments} --out {out}", out)


def corpus(r: Recorder) -> None:
    """Checks, figures, splits, agreement, tasks, the inline notation."""
    d, j = r.work / "convert-shipped", r.work / "json"
    j.mkdir()

    def document(name: str, command: str, before: str | None = None) -> None:
        """A command whose JSON document went to standard output and goes to the file that ``--json`` names now."""
        file = j / f"{name}.json"
        stdout = file.name if r.is_before else "stdout"
        r.run(name, f"{command} --json {file}", file, before=f"{before or command} --json", stdout=stdout)

    document("check", "check corpus")
    r.run("check-text", f"check corpus --html {r.work / 'check.html'}")
    document("stats", "stats corpus --require corpus/requirements.yaml")
    r.run("stats-text", "stats corpus --require corpus/requirements.yaml")
    document("split", f"split corpus --out {r.work / 'split'}")
    r.record("split", r.work / "split")
    document("agree", f"agree {d}")
    r.run("agree-text", f"agree {d} --resamples 200")
    for name, options in (("tasks", ""), ("tasks-parts", "--max-chars 900 --title-in-text")):
        arguments = f"corpus/articles {options} --out {r.work / name}"
        r.run(name, f"labelstudio tasks {arguments}", r.work / name, before=f"export {arguments}")
    r.run("inline-write", "inline write corpus/annotations/pass-1.json")
    corrected = "tests/fixtures/corrections/ui_snapshot_full.json"
    document("corrections", f"labelstudio corrections {corrected}", before=f"corrections {corrected}")


def model(r: Recorder, trained: Path | None, real: Path | None) -> None:
    """Training, predictions of 20 articles, reports of them."""
    d, m, j = r.work / "convert-shipped", trained or r.work / "demo", r.work / "json"
    if trained is None:
        # a model folder holds curves and times; what must be the same are weights, tokenizer and configuration
        kept = [m / name for name in ("model.safetensors", "config.json", "tokenizer.json")]
        r.run("train", f"train training/recipes/demo.yaml --dataset {d} --out {m}", *kept)
    rows = [
        json.loads(line)
        for file in sorted((r.checkout / "corpus/articles").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    twenty, test = r.work / "twenty.jsonl", r.work / "test.jsonl"
    twenty.write_text("".join(json.dumps(row) + "\n" for row in rows[:20]))
    wanted = set((r.checkout / "corpus/splits/test.txt").read_text().split())
    test.write_text("".join(json.dumps(row) + "\n" for row in rows if row["id"] in wanted))

    p, a, b = j / "twenty.jsonl", j / "test-a.jsonl", j / "test-b.jsonl"
    r.run("extract", f"extract {twenty} --model {m} --out {p}", p)
    r.run("extract-table", f"extract corpus/examples/kourani-road.txt --model {m} --table --thresholds")
    r.run("extract-test", f"extract {test} --model {m} --out {a}")
    r.run("extract-test-confident", f"extract {test} --model {m} --min-confidence 0.8 --out {b}")

    report, markdown = j / "eval.json", j / "eval.md"
    pages = f"--markdown {markdown} --html {j / 'eval.html'}"
    r.run("eval", f"eval --model {m} --dataset {d} --split test --json {report} {pages}", report, markdown)
    plain = j / "eval-plain.json"
    of_validation = f"eval --model {m} --dataset {d} --split validation --json {plain} --resamples 0"
    r.run("eval-plain", f"{of_validation} --no-baselines", plain, before=f"{of_validation} --no-floors")
    two = j / "two.json"
    r.run("eval-two-runs", f"eval --predictions {a} --predictions {b} --dataset {d} --json {two}", two)
    classes = j / "classes.json"
    class_map = r.work / "classes.yaml"
    groups = {"Actor": "Party", "Source": "Party", "Place": "Location", "Facility": "Location", "Battle": "Violence"}
    class_map.write_text(json.dumps({"gold": groups, "predicted": groups}))
    scored = f"eval --predictions {a} --dataset {d} --json {classes}"
    r.run("eval-classes", f"{scored} --class-map {class_map}", classes, before=f"{scored} --map {class_map}")
    compared = j / "compare.json"
    both = f"compare {a} {b} --dataset {d} --html {j / 'compare.html'}"
    r.run("compare", f"{both} --json {compared}", compared, before=f"{both} --out {compared}")
    ranked = j / "rank.jsonl"
    unread = f"{twenty} --predictions {p}"
    command = f"labelstudio rank {unread} --json {ranked}"
    r.run("rank", command, ranked, before=f"next {unread} --out {ranked}")
    scores = j / "benchmark.json"
    r.run("benchmark", f"benchmark shipped-test --model {m} --json {scores}", scores)
    if real is not None:
        real_scores = j / "benchmark-re3d.json"
        data = f"--data {real / 're3d/documents'} --any-data"
        r.run("benchmark-re3d", f"benchmark re3d-documents --model {m} {data} --json {real_scores}", real_scores)
    copy, fitted = r.work / "calibrated", j / "calibrate.json"
    if m.exists():
        shutil.copytree(m, copy)
    r.run("calibrate", f"calibrate {copy} --dataset {d} --json {fitted}", fitted, copy / "eventcorpus.json")
    r.run("card", f"card {copy} --report {report}", copy / "README.md")


def main() -> None:
    arguments = parse()
    out = arguments.out.resolve()
    if out.exists() and not arguments.only:
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    real = arguments.real.resolve() if arguments.real else None
    with tempfile.TemporaryDirectory(prefix="answers-") as folder:
        r = Recorder(arguments.checkout.resolve(), out, Path(folder), arguments.only)
        conversions(r, real)
        made_files(r)
        corpus(r)
        if arguments.no_train and not arguments.model:
            return
        model(r, arguments.model.resolve() if arguments.model else None, real)
        if (r.work / "demo").exists():
            shutil.copytree(r.work / "demo", out.parent / f"{out.name}-model", dirs_exist_ok=True)


if __name__ == "__main__":
    main()
