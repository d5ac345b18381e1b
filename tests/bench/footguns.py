"""What one and the same output scores under the traps of docs/footguns.md: `make bench-footguns`.

Small literal cases, scored by the peers themselves where a peer is meant. The last line is JSON.
"""

from __future__ import annotations

import json

from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from eventcorpus.metrics.align import match_overlapping
from eventcorpus.metrics.match import Counts, Key, exact_counts, sum_counts


def exact(gold: list[Key], predicted: list[Key]) -> float:
    """Exact micro F1, in percent."""
    return _percent(sum_counts(exact_counts(gold, predicted).values()))


def overlap(gold: list[Key], predicted: list[Key]) -> float:
    """Overlap F1 of one label in one article, in percent."""
    first, second = ([(start, end) for _, start, end, _ in keys] for keys in (gold, predicted))
    return _percent(Counts(len(match_overlapping(first, second)), len(predicted), len(gold)))


def _percent(counts: Counts) -> float:
    assert counts.f1 is not None
    return round(100 * counts.f1, 1)


def leniency() -> dict[str, float]:
    """A tagger that never says B-: two places side by side are one to it."""
    gold = [["B-Place", "B-Place", "O", "B-Actor", "I-Actor"]]
    predicted = [["I-Place", "I-Place", "O", "I-Actor", "I-Actor"]]
    spans = [("x", 0, 4, "Place"), ("x", 5, 9, "Place"), ("x", 14, 22, "Actor")]
    return {
        "seqeval default": round(100 * float(f1_score(gold, predicted)), 1),
        "seqeval strict": round(100 * float(f1_score(gold, predicted, mode="strict", scheme=IOB2)), 1),
        "exact, as spans": exact(spans, [("x", 0, 9, "Place"), ("x", 14, 22, "Actor")]),
    }


def cut() -> dict[str, float]:
    """Ten mentions, six in the part that was read, all of these found."""
    gold = [("x", 10 * i, 10 * i + 4, "Actor") for i in range(10)]
    read = gold[:6]
    return {"gold of what was read": exact(read, read), "gold of the article": exact(gold, read)}


def labels() -> dict[str, float]:
    """A model that knows Actor alone, where a third of gold is Place, and where Place is left out of the mean."""
    gold = [("x", 10 * i, 10 * i + 4, "Actor" if i % 3 else "Place") for i in range(9)]
    predicted = [key for key in gold if key[3] == "Actor"]
    actor = [key for key in gold if key[3] == "Actor"]
    return {"micro over its own label": exact(actor, predicted), "micro over all gold": exact(gold, predicted)}


def edges() -> dict[str, float]:
    """The thing found each time, its determiner left out each time."""
    gold = [("x", 20 * i, 20 * i + 8, "Actor") for i in range(5)]
    predicted = [(article, start + 4, end, label) for article, start, end, label in gold]
    return {"exact": exact(gold, predicted), "overlap": overlap(gold, predicted)}


def main() -> None:
    """Score every case and print it."""
    found = {"leniency": leniency(), "cut": cut(), "labels": labels(), "edges": edges()}
    for case, figures in found.items():
        for how, value in figures.items():
            print(f"{case:<10} {how:<26} {value:5.1f}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
