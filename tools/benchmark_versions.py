"""New versions of benchmarks whose own data or meaning has changed: ``make benchmark-versions``.

In ``eval/benchmarks/*.yaml`` the hashes of data that is in the checkout become those of today; the version of every
benchmark that means something else is raised, and its hash is added to ``versions.json``. A published version is never
written over.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from eventcorpus.errors import EventCorpusError
from eventcorpus.eval.benchmark import FOLDER, Benchmark, benchmark_files, meaning_sha256, read_benchmark
from eventcorpus.files import read_json, read_text, sha256_of_file, write_json, write_text

VERSIONS = "versions.json"


def raise_versions(folder: Path) -> list[str]:
    """Raise what must be raised, and say what was.

    Raises:
        InputError: if a benchmark cannot be read, or a file of its data is missing.
    """
    published: dict[str, dict[str, Any]] = read_json(folder / VERSIONS) if (folder / VERSIONS).is_file() else {}
    raised = []
    for path in benchmark_files(folder):
        benchmark = _with_hashes_of_today(path, read_benchmark(path))
        known = published.setdefault(benchmark.name, {})
        found = meaning_sha256(benchmark, path)
        if known.get(str(benchmark.version)) == found:
            continue
        version = max([0, *(int(key) for key in known)]) + 1
        text = re.sub(r"^version: \d+", f"version: {version}", read_text(path), count=1, flags=re.MULTILINE)
        write_text(path, text)
        known[str(version)] = found
        raised.append(f"{benchmark.name}@{version}")
    write_json(folder / VERSIONS, published)
    return raised


def _with_hashes_of_today(path: Path, benchmark: Benchmark) -> Benchmark:
    """The benchmark with the hashes of its own data, if it has any in the checkout; the file is written anew."""
    if benchmark.data is None:
        return benchmark
    text = read_text(path)
    for file in benchmark.files:
        if file.sha256 is not None:
            text = text.replace(file.sha256, sha256_of_file(path.parent / benchmark.data / file.path))
    if text != read_text(path):
        write_text(path, text)
    return read_benchmark(path)


def main() -> int:
    """Raise the versions of the checkout in the working directory."""
    try:
        raised = raise_versions(Path(FOLDER))
    except EventCorpusError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    listed = ", ".join(raised)
    print(f"new: {listed}; gates and reports of the old ones are out of date" if raised else "nothing has changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
