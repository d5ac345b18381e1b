"""Peak of memory and time of reading articles, from 20 MB and from 200 MB of each kind of file.

    python tests/bench/articles.py [--megabytes 20] [--times 10]

Each reading is a process of its own. The last line is JSON.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

WORDS = [
    "on",
    "Monday",
    "near",
    "the",
    "bridge",
    "said",
    "officials",
    "while",
    "residents",
    "left",
    "their",
    "homes",
    "after",
    "dawn",
    "where",
    "trucks",
    "waited",
]
READ = """
import resource, sys, time
from eventcorpus.articles.read import read_articles
start = time.perf_counter()
n = sum(1 for _ in read_articles(sys.argv[1]))
print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.perf_counter() - start)
"""


def rows(n_bytes: int) -> Iterator[dict[str, str]]:
    """Articles of about 2 kB, until there are so many bytes of them; the same every time."""
    generator = random.Random(1)
    n = size = 0
    while size < n_bytes:
        text = " ".join(generator.choices(WORDS, k=360))
        yield {
            "id": f"https://example.org/{n}",
            "title": f"Article {n}",
            "text": f"{n} {text}",
            "date": "12 March 2021",
        }
        n += 1
        size += len(text) + 90


def write_json_lines(path: Path, n_bytes: int) -> None:
    with path.open("w") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows(n_bytes))


def write_gz(path: Path, n_bytes: int) -> None:
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows(n_bytes))


def write_csv(path: Path, n_bytes: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "title", "text", "date"], delimiter=";")
        writer.writeheader()
        writer.writerows(rows(n_bytes))


def write_json(path: Path, n_bytes: int) -> None:
    with path.open("w") as file:
        for number, row in enumerate(rows(n_bytes)):
            file.write(f"{',' if number else '['}\n{json.dumps(row)}")
        file.write("]")


KINDS: dict[str, Callable[[Path, int], None]] = {
    "a.jsonl": write_json_lines, "a.jsonl.gz": write_gz, "a.csv": write_csv, "a.json": write_json,
}  # fmt: skip


def measured(path: Path) -> tuple[int, float, float]:
    """How many articles a file has, and megabytes and seconds of reading them."""
    done = subprocess.run([sys.executable, "-c", READ, str(path)], check=True, capture_output=True, text=True)
    n, megabytes, seconds = done.stdout.split()
    return int(n), float(megabytes), float(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--times", type=int, default=10)
    arguments = parser.parse_args()
    found: dict[str, Any] = {}
    for name, write in KINDS.items():
        peaks = []
        for size in (arguments.megabytes, arguments.megabytes * arguments.times):
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder) / name, size * 1_000_000)
                n, peak, seconds = measured(Path(folder) / name)
            peaks.append(peak)
            print(f"{name:12} {size:5} MB: {n:8,} articles, peak {peak:6.1f} MB, {seconds:5.1f} s")
        found[name] = {"peaks": [round(peak, 1) for peak in peaks], "ratio": round(peaks[1] / peaks[0], 2)}
        print(f"{name:12} ratio {found[name]['ratio']:.2f}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
