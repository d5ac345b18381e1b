"""What became of each predicted mention, role and attribute in the annotation that was begun from the prediction.

Comes in: two sets of spans and roles on the same text. Goes out: outcomes, each predicted and each annotated thing in
exactly one: predicted = kept + changed + removed, annotated = kept + changed + added.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from eventcorpus.matching.overlap import match_overlapping
from eventcorpus.schema import Role, Span

Outcome = Literal["kept", "moved", "relabelled", "moved_and_relabelled", "removed", "added"]
LinkOutcome = Literal["kept", "changed", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A predicted span and what it is now; one of the two is missing if it was removed or added.

    ``by_id``: the region kept its id; otherwise it was drawn anew over the predicted one, or ids were lost.
    """

    predicted: Span | None
    annotated: Span | None
    by_id: bool = False

    @property
    def outcome(self) -> Outcome:
        """What was done to it."""
        before, after = self.predicted, self.annotated
        if before is None or after is None:
            return "added" if before is None else "removed"
        moved = (before.start, before.end) != (after.start, after.end)
        if before.label == after.label:
            return "moved" if moved else "kept"
        return "moved_and_relabelled" if moved else "relabelled"


def pair_spans(predicted: Sequence[Span], annotated: Sequence[Span]) -> list[Pair]:
    """Pair spans by the id of their region, and those whose id is gone by overlap, one to one.

    Among the latter pairs of the same label come first; of each kind as many as there can be, then as many shared
    characters (``matching.overlap``).
    """
    after = {span.id: span for span in annotated}
    pairs = [Pair(span, after.pop(span.id), by_id=True) for span in predicted if span.id in after]
    taken = {pair.predicted.id for pair in pairs if pair.predicted}
    rest = [span for span in predicted if span.id not in taken]
    return pairs + _redrawn(rest, list(after.values()))


def attribute_outcomes(pairs: Iterable[Pair]) -> Iterator[tuple[str, LinkOutcome]]:
    """Name and outcome of each attribute of each mention; several values of one are one thing."""
    for pair in pairs:
        before, after = (_values(span) for span in (pair.predicted, pair.annotated))
        for name in sorted(before.keys() | after.keys()):
            yield name, _link_outcome(before.get(name), after.get(name))


def role_outcomes(
    predicted: Iterable[Role], annotated: Iterable[Role], pairs: Iterable[Pair]
) -> Iterator[tuple[str, LinkOutcome]]:
    """Name and outcome of each role. Changed: the same two mentions are linked by another role, or the other way round.

    A changed role counts under its predicted name.
    """
    now = {pair.predicted.id: pair.annotated.id for pair in pairs if pair.predicted and pair.annotated}
    before = [Role(r.role, now.get(r.trigger, ""), now.get(r.argument, "")) for r in predicted]
    same = Counter(before) & Counter(annotated)
    for role in same.elements():
        yield role.role, "kept"
    left: dict[frozenset[str], list[Role]] = defaultdict(list)
    for role in (Counter(annotated) - same).elements():
        left[frozenset((role.trigger, role.argument))].append(role)
    for role in (Counter(before) - same).elements():
        others = left.get(frozenset((role.trigger, role.argument)))
        if others:
            others.pop()
            yield role.role, "changed"
        else:
            yield role.role, "removed"
    for several in left.values():
        for role in several:
            yield role.role, "added"


def _values(span: Span | None) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for name, value in span.attributes if span else ():
        values.setdefault(name, set()).add(value)
    return values


def _link_outcome(before: set[str] | None, after: set[str] | None) -> LinkOutcome:
    if before is None or after is None:
        return "added" if before is None else "removed"
    return "kept" if before == after else "changed"


def _redrawn(predicted: Sequence[Span], annotated: Sequence[Span]) -> list[Pair]:
    """Pairs of spans that overlap, those of one label first; spans without a partner stay alone."""
    pairs: list[Pair] = []
    before, after = list(predicted), list(annotated)
    for label in (*sorted({span.label for span in before} & {span.label for span in after}), None):
        ours = [span for span in before if label in (None, span.label)]
        theirs = [span for span in after if label in (None, span.label)]
        matches = match_overlapping([(s.start, s.end) for s in ours], [(s.start, s.end) for s in theirs])
        pairs += [Pair(ours[match.first], theirs[match.second]) for match in matches]
        taken = {id(span) for match in matches for span in (ours[match.first], theirs[match.second])}
        before = [span for span in before if id(span) not in taken]
        after = [span for span in after if id(span) not in taken]
    return [*pairs, *(Pair(span, None) for span in before), *(Pair(None, span) for span in after)]
