"""Time and memory of ``eventcorpus agree``, beside ``krippendorff.alpha`` in a loop over the same resamples.

    python tests/bench/agree.py [--articles 300] [--resamples 1000] [--loops 2] [--keep FOLDER]

Makes a second annotator of the shipped corpus by a stated error model (``second_annotator.py``), with every article as
often as it takes, converts both, and runs ``agree`` with the page. The loop computes one of its figures only, alpha on
characters per label; it is timed on a few resamples and multiplied. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
from second_annotator import ERRORS, second_annotator

from eventcorpus.agreement.counts import count_pair
from eventcorpus.agreement.pairs import double_annotations
from eventcorpus.dataset.folder import read_annotations
from eventcorpus.metrics.match import nominal_alpha
from eventcorpus.metrics.resample import draw_resamples
from eventcorpus.ontology import read_ontology_yaml

ROOT = Path(__file__).parents[2]


def exports(n_articles: int, folder: Path) -> list[Path]:
    """One export of each annotator, of ``n_articles`` articles."""
    ontology = read_ontology_yaml(ROOT / "corpus/ontology.yaml")
    shipped = [
        task for path in sorted((ROOT / "corpus/annotations").glob("*.json")) for task in json.loads(path.read_text())
    ]
    tasks: list[dict[str, Any]] = []
    for number in range(n_articles):
        task = dict(shipped[number % len(shipped)])
        task["data"] = task["data"] | {"article_id": f"{task['data']['article_id']}-{number // len(shipped)}"}
        tasks.append(task | {"id": number + 1})
    second = [task | {"annotations": [second_annotator(task, ontology=ontology, seed=7, user=2)]} for task in tasks]
    paths = [folder / "first.json", folder / "second.json"]
    for path, several in zip(paths, (tasks, second), strict=True):
        path.write_text(json.dumps(several))
    return paths


def measured(command: list[str], output: Path) -> dict[str, float]:
    """Run a command, its output to a file; seconds and peak memory of the process."""
    begin = time.perf_counter()
    with output.open("w") as file:
        actions = [(os.POSIX_SPAWN_DUP2, file.fileno(), 1)]
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: failed with status {os.waitstatus_to_exitcode(status)}")
    return {"seconds": round(time.perf_counter() - begin, 2), "peak_mb": round(usage.ru_maxrss / 1e3, 1)}


def loop(dataset: Path, n_resamples: int, n_loops: int) -> dict[str, float]:
    """krippendorff.alpha, label by label, on the characters of a few of the resamples; checked against ours."""
    ontology, articles = read_annotations(dataset)
    (pair, doubles), *_ = double_annotations(articles, ontology).items()
    counts = count_pair(pair, doubles, ontology)
    resampling = draw_resamples(counts.units, n_resamples=n_resamples, seed=0)
    totals = resampling.totals(counts.characters)
    ours = nominal_alpha(totals[..., 0], totals[..., 1:])
    labelled = []
    for one in doubles:
        both = np.zeros((len(ontology.labels), 2, len(one.article.text)), dtype=np.int64)
        for side, annotated in enumerate((one.first, one.second)):
            for span in annotated.spans:
                both[ontology.rank[span.label], side, span.start : span.end] = 1
        labelled.append(both)
    begin, furthest = time.perf_counter(), 0.0
    for i in range(n_loops):
        times = resampling.draws[i][resampling.unit_of]
        characters = np.concatenate([both for both, n in zip(labelled, times, strict=True) for _ in range(n)], axis=2)
        for number in range(len(ontology.labels)):
            alpha = krippendorff.alpha(characters[number], level_of_measurement="nominal")
            furthest = max(furthest, abs(alpha - ours[i, number]))
    seconds = time.perf_counter() - begin
    if furthest > 1e-9:
        sys.exit(f"alpha differs from krippendorff.alpha by {furthest}")
    return {
        "seconds_extrapolated": round(seconds / n_loops * n_resamples, 1),
        "resamples_timed": n_loops,
        "largest_difference": furthest,
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="leave the dataset and the page here")
    options = parser.parse_args()
    program = str(Path(sys.executable).with_name("eventcorpus"))
    folder = options.keep or Path(tempfile.mkdtemp(prefix="eventcorpus-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        paths = exports(options.articles, folder)
        dataset, page, out = folder / "dataset", folder / "agreement.html", folder / "agreement.json"
        command = [program, "convert", *map(str, paths), "--ontology", str(ROOT / "corpus/ontology.yaml")]
        measured([*command, "--out", str(dataset)], folder / "convert.txt")
        command = [program, "agree", str(dataset), "--resamples", str(options.resamples)]
        figures: dict[str, Any] = {"bench": "agree", "articles": options.articles, "resamples": options.resamples}
        figures["agree"] = measured([*command, "--json", "-"], out)
        figures["agree_with_page"] = measured([*command, "--html", str(page)], folder / "agreement.txt")
        print((folder / "agreement.txt").read_text())
        report = json.loads(out.read_text())
        spans = report["all_pairs"]["all_labels"]
        figures["spans"] = [spans["first"], spans["second"]]
        figures["exact_f1"] = round(spans["f1_exact"]["value"], 4)
        figures["page_megabytes"] = round(page.stat().st_size / 1e6, 2)
        figures["krippendorff_loop"] = loop(dataset, options.resamples, options.loops)
        figures["error_model"] = ERRORS
    finally:
        if not options.keep:
            shutil.rmtree(folder)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
