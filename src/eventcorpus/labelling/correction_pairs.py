"""What became of each predicted mention, role and attribute in the annotation that was begun from the prediction.

Comes in: two sets of spans and roles on the same text. Goes out: outcomes, each predicted and each annotated thing in
exactly one: predicted = kept + changed + removed, annotated = kept + changed + added.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

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

    Among the latter pairs of the same label come first (as many as there can be), then the larger overlap
    (intersection over union), summed over all pairs.
    """
    after = {span.id: span for span in annotated}
    pairs = [Pair(span, after.pop(span.id), by_id=True) for span in predicted if span.id in after]
    taken = {pair.predicted.id for pair in pairs if pair.predicted}
    rest = [span for span in predicted if span.id not in taken]
    for before, now in _components(rest, list(after.values())):
        pairs += _assign(before, now)
    return pairs


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


def _components(predicted: Sequence[Span], annotated: Sequence[Span]) -> Iterator[tuple[list[Span], list[Span]]]:
    """Stretches of text within which spans overlap one another, so that no pair reaches from one into the next."""
    both = sorted([(s.start, s.end, 0, s) for s in predicted] + [(s.start, s.end, 1, s) for s in annotated], key=_place)
    sides: tuple[list[Span], list[Span]] = ([], [])
    reach = 0
    for start, end, side, span in both:
        if start >= reach and any(sides):
            yield sides
            sides = ([], [])
        sides[side].append(span)
        reach = max(reach, end)
    if any(sides):
        yield sides


def _place(one: tuple[int, int, int, Span]) -> tuple[int, int, int, str]:
    return (*one[:3], one[3].id)


def _assign(predicted: list[Span], annotated: list[Span]) -> list[Pair]:
    """The pairs of one component with the largest sum of weights (Kuhn 1955); those that share nothing stay alone."""
    if not predicted or not annotated:
        return [*(Pair(span, None) for span in predicted), *(Pair(None, span) for span in annotated)]
    from scipy.optimize import linear_sum_assignment  # here: it takes a while to load, and most regions keep their id

    most = min(len(predicted), len(annotated))
    weights = [[_weight(before, after, most) for after in annotated] for before in predicted]
    rows, columns = linear_sum_assignment(weights, maximize=True)
    pairs = [
        Pair(predicted[row], annotated[column])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if weights[row][column] > 0
    ]
    paired = {id(span) for pair in pairs for span in (pair.predicted, pair.annotated)}
    pairs += [Pair(span, None) for span in predicted if id(span) not in paired]
    return pairs + [Pair(None, span) for span in annotated if id(span) not in paired]


def _weight(before: Span, after: Span, most: int) -> float:
    """Intersection over union in [0, 1], and more than all overlaps together can give if the label is the same."""
    shared = min(before.end, after.end) - max(before.start, after.start)
    if shared <= 0:
        return 0.0
    union = max(before.end, after.end) - min(before.start, after.start)
    return shared / union + (most + 1) * (before.label == after.label)
