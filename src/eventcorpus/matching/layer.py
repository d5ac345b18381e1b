"""Which spans one layer of BIO tags can hold, when spans overlap."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from itertools import pairwise

from eventcorpus.ontology import Ontology
from eventcorpus.schema import Span, span_order


def one_layer(spans: Iterable[Span], ontology: Ontology) -> tuple[list[Span], list[tuple[Span, Span]]]:
    """Choose spans that do not overlap: the longest first, then the earliest, then by ontology order.

    Returns:
        the spans that stay, in text order, and (loser, winner) for each that does not.
    """
    in_order = sorted(spans, key=span_order)
    if all(before.end <= after.start for before, after in pairwise(in_order)):
        return in_order, []
    stay: list[Span] = []
    lost: list[tuple[Span, Span]] = []
    by_start: list[tuple[int, int, int]] = []
    for span in sorted(in_order, key=lambda s: (s.start - s.end, s.start, ontology.rank.get(s.label, 0), s.id)):
        winner = next((i for start, end, i in by_start if start < span.end and span.start < end), None)
        if winner is None:
            insort(by_start, (span.start, span.end, len(stay)))
            stay.append(span)
        else:
            lost.append((span, stay[winner]))
    return sorted(stay, key=span_order), lost


def overlaps(spans: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Pairs (earlier, later) of neighbouring spans that share characters, in text order."""
    found: list[tuple[Span, Span]] = []
    reach: Span | None = None
    for span in sorted(spans, key=span_order):
        if reach is not None and span.start < reach.end:
            found.append((reach, span))
        if reach is None or span.end > reach.end:
            reach = span
    return found
