"""Exact counts from lists of tags in memory, beside seqeval (strict and default) and nervaluate on the same lists.

    python tests/bench/score.py [--tokens 800000] [--labels 30 4] [--repeats 5] [--memory-tokens 10000000]

Every side starts from the same Python lists of tags and ends with precision, recall and F1 per label and over all;
decoding is inside the clock, imports are not; medians. The tags are drawn as they lie in the shipped corpus: a mention
begins at 15 tokens of 100, most have one or two, labels fall off as one over their rank. Predictions have every kind of
error, stray I- among them. The scores must be those of seqeval, and of nervaluate where it reads the same chunks.

Memory is the peak of a process that makes the lists and scores them. The last line is JSON; ``ratio`` and
``ratio_nervaluate`` are the smallest of all numbers of labels.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from nervaluate import Evaluator
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from eventcorpus.metrics.match import label_figures
from eventcorpus.metrics.tag_scores import TagScores, score_tags

WORDS, SENTENCES = 25, 20  # a sentence, an article
LENGTHS, LENGTH_WEIGHTS = (1, 2, 3, 4, 5), (57, 28, 9, 4, 2)
STARTS = 0.15 / 0.90  # of the tokens that go on with no mention
Lists = list[list[str]]


def sentences(n_tokens: int, n_labels: int, *, seed: int) -> tuple[Lists, Lists]:
    """Gold and predicted tags; equal tags are one string, as they are after reading a file with interning."""
    rng = random.Random(seed)
    names = [f"Label-{n}" for n in range(n_labels)]
    weights = [1 / (n + 1) for n in range(n_labels)]
    tag = {name: (sys.intern(f"B-{name}"), sys.intern(f"I-{name}")) for name in names}

    def put(tags: list[str], at: int, length: int, name: str) -> None:
        tags[at : at + length] = [tag[name][0], *[tag[name][1]] * (length - 1)][: len(tags) - at]

    gold: Lists = []
    predicted: Lists = []
    for _ in range(n_tokens // WORDS):
        ours, theirs = ["O"] * WORDS, ["O"] * WORDS
        at = 0
        while at < WORDS:
            if rng.random() > STARTS:
                at += 1
                continue
            name, length = rng.choices(names, weights)[0], rng.choices(LENGTHS, LENGTH_WEIGHTS)[0]
            put(ours, at, length, name)
            fate = rng.random()
            if fate < 0.74:
                put(theirs, at, length, name)
            elif fate < 0.80:
                put(theirs, at, length, rng.choice(names))
            elif fate < 0.88:
                put(theirs, at, length - 1 if length > 1 and rng.random() < 0.5 else length + 1, name)
            elif fate < 0.91 and length > 1:
                theirs[at + 1 : at + length] = [tag[name][1]] * (min(at + length, WORDS) - at - 1)
            at += length
        if rng.random() < 0.3:
            put(theirs, rng.randrange(WORDS), 1, rng.choice(names))
        gold.append(ours)
        predicted.append(theirs)
    return gold, predicted


def clock(works: dict[str, Callable[[], Any]], repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The median of the seconds of each, and its last result; all in turn, so that what else runs slows all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    results: dict[str, Any] = {}
    for _ in range(repeats):
        for name, work in works.items():
            begin = time.perf_counter()
            results[name] = work()
            seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(times) for name, times in seconds.items()}, results


def scored(gold: Lists, predicted: Lists, decoder: Any) -> tuple[TagScores, Any]:
    """Counts and figures, all that the reports of the others have."""
    scores = score_tags(gold, predicted, decoder=decoder)
    return scores, label_figures(scores.statistics.sum(axis=0))


def check_seqeval(ours: tuple[TagScores, Any], report: dict[str, Any]) -> None:
    """Every figure of the report, or out."""
    scores, figures = ours
    rows = [*scores.labels, "micro avg", "macro avg"]
    assert set(rows) | {"weighted avg"} == set(report)
    theirs = np.array([[report[row][name] for name in ("precision", "recall", "f1-score")] for row in rows])
    assert np.abs(theirs - figures).max() < 1e-12, "not the figures of seqeval"


def compare(n_tokens: int, n_labels: int, repeats: int) -> dict[str, Any]:
    """Time all sides on one pair of lists."""
    gold, predicted = sentences(n_tokens, n_labels, seed=n_labels)
    articles = [n // SENTENCES for n in range(len(gold))]
    labels = sorted({tag[2:] for tags in (*gold, *predicted) for tag in tags if tag != "O"})
    by_article = score_tags(gold, predicted, units=articles)
    works: dict[str, Callable[[], Any]] = {
        "ours_strict": lambda: scored(gold, predicted, "strict"),
        "ours_conlleval": lambda: scored(gold, predicted, "conlleval"),
        "ours_strict_by_article": lambda: score_tags(gold, predicted, units=articles),
        "bootstrap_1000_of_articles": lambda: by_article.estimate(n_resamples=1000),
        "seqeval_strict": lambda: classification_report(gold, predicted, output_dict=True, mode="strict", scheme=IOB2),
        "seqeval_default": lambda: classification_report(gold, predicted, output_dict=True),
        "nervaluate": lambda: Evaluator(gold, predicted, tags=labels, loader="list").evaluate(),
    }
    seconds, found = clock(works, repeats)
    strict, conlleval = found["ours_strict"], found["ours_conlleval"]
    check_seqeval(strict, found["seqeval_strict"])
    check_seqeval(conlleval, found["seqeval_default"])
    overall = found["nervaluate"]["overall"]["strict"]  # its loader opens a chunk at a stray I-, as conlleval does
    micro = conlleval[0].micro
    assert (overall.correct, overall.actual, overall.possible) == (micro.correct, micro.predicted, micro.support)
    interval = found["bootstrap_1000_of_articles"]
    low, point, high = (float(side[-2, 2]) for side in (interval.low, interval.value, interval.high))
    return {
        "labels": n_labels,
        "tokens": sum(map(len, gold)),
        "chunks": micro.support,
        "micro_f1_strict": strict[0].micro.f1,
        "micro_f1_conlleval": micro.f1,
        "interval_strict": [round(low, 4), round(point, 4), round(high, 4)],
        "seconds": seconds,
        "ratio": seconds["seqeval_strict"] / seconds["ours_strict"],
        "ratio_default": seconds["seqeval_default"] / seconds["ours_conlleval"],
        "ratio_nervaluate": seconds["nervaluate"] / seconds["ours_conlleval"],
    }


def memory(n_tokens: int) -> dict[str, Any]:
    """Lists of so many tokens and their scores in this process: seconds and peak memory."""
    some = 400_000
    gold, predicted = (
        [side for _ in range(n_tokens // some) for side in map(list, part)] for part in sentences(some, 30, seed=0)
    )
    lists = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    units = [n // SENTENCES for n in range(len(gold))]
    begin = time.perf_counter()
    scores = score_tags(gold, predicted, units=units)
    seconds = time.perf_counter() - begin
    return {
        "tokens": sum(map(len, gold)),
        "seconds": seconds,
        "chunks": scores.micro.support,
        "lists_mb": round(lists / 1e3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=800_000)
    parser.add_argument("--labels", type=int, nargs="+", default=[30, 4])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory-tokens", type=int, default=10_000_000)
    parser.add_argument("--memory-only", action="store_true", help="measure this process, and no peer")
    options = parser.parse_args()
    if options.memory_only:
        print(json.dumps(memory(options.memory_tokens)))
        return
    warnings.filterwarnings("ignore")  # seqeval's, of labels without predictions
    compared = [compare(options.tokens, n_labels, options.repeats) for n_labels in options.labels]
    for one in compared:
        print(f"{one['tokens']:,} tokens, {one['labels']} labels, {one['chunks']:,} gold chunks; strict F1", end=" ")
        print(f"{100 * one['micro_f1_strict']:.2f}, the same as seqeval's; seconds:")
        for name, seconds in one["seconds"].items():
            print(f"  {name:<28}{seconds:8.3f}")
        print(f"  {one['ratio']:.1f} times seqeval strict, {one['ratio_default']:.1f} default, ", end="")
        print(f"{one['ratio_nervaluate']:.1f} nervaluate")
    command = [sys.executable, __file__, "--memory-only", "--memory-tokens", str(options.memory_tokens)]
    measured = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout)
    print(f"{measured['tokens']:,} tokens in {measured['seconds']:.2f} s, peak {measured['peak_mb']:,} MB")
    figures = {"bench": "score", "compared": compared, "memory": measured}
    ratios = {name: round(min(one[name] for one in compared), 1) for name in ("ratio", "ratio_nervaluate")}
    print(json.dumps(figures | ratios))


if __name__ == "__main__":
    main()
