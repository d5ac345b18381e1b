"""Which predicted spans are right: exact matches of (article, start, end, label), independent of order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from eventcorpus.schema import Span

Key = tuple[str, int, int, str]
"""(article id, start, end, label)."""
SpanKey = tuple[int, int, str, int]
"""(start, end, label, n): the same span marked twice has n = 0 and 1, so that keys are matched one to one."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of spans: ``correct`` in both, ``support`` in gold, ``predicted`` by the system."""

    correct: int
    predicted: int
    support: int

    @property
    def precision(self) -> float | None:
        """Share of predictions that are right; None without predictions, unless gold was there to be found (then 0)."""
        return self.correct / self.predicted if self.predicted else (0.0 if self.support else None)

    @property
    def recall(self) -> float | None:
        """Share of gold that was found; None without gold, unless something was predicted (then 0)."""
        return self.correct / self.support if self.support else (0.0 if self.predicted else None)

    @property
    def f1(self) -> float | None:
        """2 correct / (predicted + support); None where there is neither."""
        both = self.predicted + self.support
        return 2 * self.correct / both if both else None


def exact_counts(gold: Iterable[Key], predicted: Iterable[Key]) -> dict[str, Counts]:
    """Count exact matches per label, one to one; the same span predicted twice is right at most as often as in gold.

    >>> exact_counts([("x", 0, 4, "Actor")], [("x", 0, 4, "Actor"), ("x", 0, 4, "Place")])["Actor"].f1
    1.0
    """
    in_gold, in_predicted = Counter(gold), Counter(predicted)
    both = in_gold & in_predicted

    def per_label(counter: Counter[Key]) -> Counter[str]:
        totals: Counter[str] = Counter()
        for (_, _, _, label), n in counter.items():
            totals[label] += n
        return totals

    correct, found, support = per_label(both), per_label(in_predicted), per_label(in_gold)
    return {label: Counts(correct[label], found[label], support[label]) for label in {**support, **found}}


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """Add counts up, for micro averages."""
    listed = list(counts)
    return Counts(sum(c.correct for c in listed), sum(c.predicted for c in listed), sum(c.support for c in listed))


def span_keys(spans: Iterable[Span]) -> dict[str, SpanKey]:
    """Span id -> key, of the spans of one article."""
    times: Counter[tuple[int, int, str]] = Counter()
    keys: dict[str, SpanKey] = {}
    for span in spans:
        place = (span.start, span.end, span.label)
        keys[span.id] = (*place, times[place])
        times[place] += 1
    return keys
