"""Time and memory of ``eventcorpus convert`` on a large export, beside the CoNLL converter of Label Studio's own SDK.

    python tests/bench/convert.py [--tasks 10000] [--times 10]

Writes an export of tasks of about 3 kB with ten regions and two roles each, in the server's own shape, and one that is
``--times`` as large; converts both, and lets the SDK convert the smaller one. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventcorpus.text import sha256_of

LABELS = {"Battle": ["clashed", "fought"], "Actor": ["militia", "the army", "rebels"], "Place": ["Tarn", "Öster Vale"]}
WORDS = [
    "on",
    "Monday",
    "near",
    "bridge",
    "said",
    "officials",
    "while",
    "residents",
    "left",
    "homes",
    "after",
    "dawn",
    "where",
    "grain",
    "trucks",
    "waited",
]
CONFIG = """<View><Labels name="label" toName="text"><Label value="Battle"/><Label value="Actor"/><Label value="Place"/></Labels>
<Relations><Relation value="agent"/></Relations><Text name="text" value="$text"/></View>"""


def task(number: int, n_chars: int = 3000, n_regions: int = 10) -> dict[str, Any]:
    """One task as the server exports it; the same number gives the same task."""
    generator = random.Random(number)
    pieces: list[str] = []
    regions: list[tuple[int, int, str]] = []
    length = 0
    while length < n_chars:
        word = generator.choice(WORDS) + generator.choice([" ", " ", " ", " ", ", ", ".\n"])
        if len(regions) < n_regions and length >= len(regions) * n_chars / n_regions:
            label = list(LABELS)[len(regions) % 3]
            mention = generator.choice(LABELS[label])
            regions.append((length, length + len(mention), label))
            word = mention + " "
        pieces.append(word)
        length += len(word)
    text = "".join(pieces)
    result: list[dict[str, Any]] = [
        {
            "value": {"start": start, "end": end, "text": text[start:end], "labels": [label]},
            "id": f"r{i}", "from_name": "label", "to_name": "text", "type": "labels", "origin": "manual",
        }
        for i, (start, end, label) in enumerate(regions)
    ]  # fmt: skip
    result += [
        {"from_id": "r0", "to_id": to, "type": "relation", "direction": "right", "labels": ["agent"]}
        for to in ("r1", "r4")
    ]
    annotation = {"id": number, "completed_by": 1, "result": result, "was_cancelled": False, "ground_truth": False}
    annotation |= {"updated_at": "2026-11-24T00:00:00Z", "lead_time": 61.2, "task": number, "project": 1}
    data = {"article_id": f"article-{number:06d}", "text": text, "text_sha256": sha256_of(text)}
    return {"id": number, "annotations": [annotation], "drafts": [], "predictions": [], "data": data, "project": 1}


def lines(n_tasks: int) -> Iterator[str]:
    """The lines of an export."""
    for number in range(1, n_tasks + 1):
        yield ("[" if number == 1 else "") + json.dumps(task(number)) + ("]\n" if number == n_tasks else ",\n")


def measured(command: list[str]) -> dict[str, float]:
    """Run a command; seconds and peak memory of the process."""
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: failed with status {os.waitstatus_to_exitcode(status)}")
    return {"seconds": round(time.perf_counter() - begin, 1), "peak_gb": round(usage.ru_maxrss / 1e6, 3)}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    program = str(Path(sys.executable).with_name("eventcorpus"))
    folder = Path(tempfile.mkdtemp(prefix="eventcorpus-bench-"))
    figures: dict[str, Any] = {"bench": "convert"}
    try:
        (folder / "config.xml").write_text(CONFIG)
        for n_tasks in (options.tasks, options.tasks * options.times):
            export = folder / f"{n_tasks}.json"
            with export.open("w") as file:
                file.writelines(lines(n_tasks))
            command = [program, "convert", str(export), "--ontology", str(folder / "config.xml")]
            figures[f"convert_{n_tasks}"] = measured([*command, "--out", str(folder / f"dataset-{n_tasks}")])
            figures[f"convert_{n_tasks}"]["megabytes"] = round(export.stat().st_size / 1e6, 1)
            report = json.loads((folder / f"dataset-{n_tasks}" / "loss_report.json").read_text())
            figures[f"convert_{n_tasks}"]["spans_out"] = report["spans"]["out"]
            figures[f"convert_{n_tasks}"]["roles_out"] = report["roles"]["out"]
            print(json.dumps(figures[f"convert_{n_tasks}"]), file=sys.stderr)
            shutil.rmtree(folder / f"dataset-{n_tasks}")
        if (peer := Path(sys.executable).with_name("label-studio-converter")).exists():
            command = [
                str(peer),
                "export",
                "-i",
                str(folder / f"{options.tasks}.json"),
                "-c",
                str(folder / "config.xml"),
            ]
            figures["sdk_conll"] = measured([*command, "-o", str(folder / "conll"), "-f", "CONLL2003"])
            tags = (folder / "conll" / "result.conll").read_text()
            figures["sdk_conll"] |= {"spans_out": tags.count(" B-"), "roles_out": 0}
        first, second = (figures[f"convert_{n}"] for n in (options.tasks, options.tasks * options.times))
        figures["memory_ratio"] = round(second["peak_gb"] / first["peak_gb"], 3)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
