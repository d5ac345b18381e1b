"""What annotators did to predictions: which mentions, roles and attributes they kept, changed, removed and added.

An annotation is compared with the prediction that it was begun from. Mentions are paired first: by the id of their
region, else by overlap. Label Studio gives a relation neither an id nor an origin, and an attribute the origin of its
region. So roles are compared by the pairs of mentions that they link, and attributes by the values that the two
mentions of a pair have: one that was deleted and drawn again just the same is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from pydantic import Field

from eventcorpus import __version__
from eventcorpus.agreement.corrected import Corrected
from eventcorpus.agreement.pairs import annotator_order, pair_overlapping
from eventcorpus.files import StrictModel
from eventcorpus.metrics.match import Counts, Key, exact_counts, sum_counts
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Role, Span


class LinkFigures(StrictModel):
    """Roles or attributes: predicted = kept + changed + removed, annotated = kept + changed + added."""

    predicted: int
    kept: int
    changed: int
    removed: int
    added: int
    annotated: int


class MentionFigures(StrictModel):
    """Mentions: predicted = kept + moved + relabelled + moved_and_relabelled + removed.

    annotated = kept + moved + relabelled_to + added, where ``relabelled_to`` had another label before; over all labels
    it is relabelled + moved_and_relabelled. Precision, recall and F1 are exact matches of the predictions with the
    corrected annotations, shares in [0, 1]; null where undefined.
    """

    predicted: int
    kept: int
    moved: int
    relabelled: int
    moved_and_relabelled: int
    removed: int
    relabelled_to: int
    added: int
    annotated: int
    precision: float | None
    recall: float | None
    f1: float | None


class GroupFigures(StrictModel):
    """Annotations that were begun from a prediction, and what was done in them.

    ``untouched``: nothing was changed; ``untouched_within``: that, and submitted within ``within_seconds``;
    ``without_lead_time``: the server says no time, so that the latter cannot be known. ``still_prediction``: share of
    annotated regions whose origin is ``prediction``, null without regions. ``redrawn``: changed mentions (or kept ones)
    that were paired by overlap, because the region's id is gone.
    """

    annotations: int
    untouched: int
    untouched_within: int
    without_lead_time: int
    origins: dict[str, int]
    still_prediction: float | None
    redrawn: int
    mentions: MentionFigures
    roles: LinkFigures
    attributes: LinkFigures


class Apart(StrictModel):
    """Annotations that are not in any figure above.

    ``not_begun_from_prediction``: begun empty though a prediction was there. ``without_prediction``: there was none.
    ``prediction_gone``: begun from one that is not in the export. ``older``: its author made a newer one.
    """

    not_begun_from_prediction: int
    without_prediction: int
    prediction_gone: int
    skipped: int
    older: int


class Relabelling(StrictModel):
    """How many mentions were given another label."""

    predicted: str
    annotated: str
    n: int


class Corrections(StrictModel):
    """What annotators did to predictions. A prediction that several people began from counts once for each of them."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    ontology: str
    within_seconds: float
    definitions: dict[str, str]
    total: GroupFigures
    annotators: dict[str, GroupFigures]
    models: dict[str, GroupFigures]
    labels: dict[str, MentionFigures]
    roles: dict[str, LinkFigures]
    attributes: dict[str, LinkFigures]
    relabellings: tuple[Relabelling, ...]
    apart: Apart
    left_out: dict[str, int]


WITHIN_SECONDS = 10.0
"""Silent reading goes at about 240 words a minute (Brysbaert 2019): ten seconds are enough for some forty words."""

DEFINITIONS = {
    "mention": "paired by the region's id, else by overlap, one to one: same label first, then most shared characters",
    "moved": "same label, other start or end",
    "relabelled": "same start and end, other label",
    "moved_and_relabelled": "neither label nor place is the same, but the region's id is, or they overlap",
    "changed": "of a role: the same two mentions, another role or the other way round; of an attribute: other values",
    "removed": "of a role: these two mentions are not linked any more, or one of them was removed; of an attribute: "
    "the mention has no value any more, or was removed; where the ontology has a default, no value means the default",
    "added": "of a role: nothing predicted links these two mentions; of an attribute: the mention had no value",
    "match": "precision, recall and F1 of the predictions against the corrected annotations; exact start, end, label",
    "untouched": "no mention, role or attribute was kept in another form, removed or added",
}

Outcome = Literal["kept", "moved", "relabelled", "moved_and_relabelled", "removed", "added"]
LinkOutcome = Literal["kept", "changed", "removed", "added"]


def count_corrections(
    corrected: Iterable[Corrected], ontology: Ontology, *, excluded: Counter[str], within: float = WITHIN_SECONDS
) -> Corrections:
    """Count what was done in each annotation that was begun from a prediction.

    Args:
        excluded: what is not compared (see ``read_corrected``); it may fill while ``corrected`` is read.
        within: seconds in which an article cannot be read.
    """
    total, annotators, models = _Tally(), defaultdict[str, _Tally](_Tally), defaultdict[str, _Tally](_Tally)
    for annotation in corrected:
        pairs = pair_spans(annotation.predicted.spans, annotation.annotated.spans)
        for tally in (total, annotators[annotation.annotator], models[annotation.version]):
            tally.add(annotation, pairs, within=within)
    return Corrections(
        eventcorpus=__version__,
        ontology=ontology.key,
        within_seconds=within,
        definitions=DEFINITIONS,
        total=total.group(),
        annotators={name: annotators[name].group() for name in sorted(annotators, key=annotator_order)},
        models={name: models[name].group() for name in sorted(models)},
        labels=total.labels(ontology),
        roles={role.name: _links(total.roles[role.name]) for role in ontology.roles if role.name in total.roles},
        attributes={
            a.name: _links(total.attributes[a.name]) for a in ontology.attributes if a.name in total.attributes
        },
        relabellings=tuple(
            Relabelling(predicted=before, annotated=after, n=n)
            for (before, after), n in sorted(total.relabelled.items(), key=lambda item: (-item[1], item[0]))
        ),
        apart=Apart(**{name: excluded[name] for name in Apart.model_fields}),
        left_out={name: excluded[name] for name in sorted(excluded.keys() - Apart.model_fields)},
    )


@dataclass(frozen=True, slots=True)
class SpanPair:
    """A predicted span and what an annotator made of it; None on one side if the span was removed or added.

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


def pair_spans(predicted: Sequence[Span], annotated: Sequence[Span]) -> list[SpanPair]:
    """Pair spans by the id of their region, and those whose id is gone by overlap, one to one.

    Among the latter pairs of the same label come first; of each kind as many as there can be, then as many shared
    characters (``metrics.align``).
    """
    after = {span.id: span for span in annotated}
    pairs = [SpanPair(span, after.pop(span.id), by_id=True) for span in predicted if span.id in after]
    taken = {pair.predicted.id for pair in pairs if pair.predicted}
    before, redrawn = [span for span in predicted if span.id not in taken], list(after.values())
    labels = sorted({span.label for span in before} & {span.label for span in redrawn})
    pairs += [SpanPair(a, b) for label in (*labels, None) for a, b in pair_overlapping(before, redrawn, label)]
    return [*pairs, *(SpanPair(span, None) for span in before), *(SpanPair(None, span) for span in redrawn)]


def attribute_outcomes(pairs: Iterable[SpanPair]) -> Iterator[tuple[str, LinkOutcome]]:
    """Name and outcome of each attribute of each mention; the values of an attribute are compared as a set.

    What stands in the annotation counts, without defaults: a value that was unset is removed, not changed into one.
    """
    for pair in pairs:
        before, after = (_values(span) for span in (pair.predicted, pair.annotated))
        for name in sorted(before.keys() | after.keys()):
            if name not in before or name not in after:
                yield name, "removed" if name in before else "added"
            else:
                yield name, "kept" if before[name] == after[name] else "changed"


def role_outcomes(
    predicted: Iterable[Role], annotated: Iterable[Role], pairs: Iterable[SpanPair]
) -> Iterator[tuple[str, LinkOutcome]]:
    """Name and outcome of each role. Changed: the same two mentions are linked by another role, or the other way round.

    A role is what links a pair of mentions, whatever was moved or relabelled in them. A changed role counts under its
    predicted name. One of a mention that was removed is removed, one of a mention that was added is added.
    """
    annotated_id = {pair.predicted.id: pair.annotated.id for pair in pairs if pair.predicted and pair.annotated}
    before = [Role(r.role, annotated_id.get(r.trigger, ""), annotated_id.get(r.argument, "")) for r in predicted]
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
    for role in chain.from_iterable(left.values()):
        yield role.role, "added"


def _values(span: Span | None) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for name, value in span.attributes if span else ():
        values.setdefault(name, set()).add(value)
    return values


def _by_name() -> defaultdict[str, Counter[str]]:
    return defaultdict(Counter)


@dataclass
class _Tally:
    """Sums over annotations: how often each outcome is, of mentions by label, of roles and attributes by name."""

    n: int = 0
    untouched: int = 0
    untouched_within: int = 0
    without_lead_time: int = 0
    redrawn: int = 0
    origins: Counter[str] = field(default_factory=Counter)
    mentions: defaultdict[str, Counter[str]] = field(default_factory=_by_name)
    roles: defaultdict[str, Counter[str]] = field(default_factory=_by_name)
    attributes: defaultdict[str, Counter[str]] = field(default_factory=_by_name)
    relabelled: Counter[tuple[str, str]] = field(default_factory=Counter)
    predicted: list[Key] = field(default_factory=list)
    annotated: list[Key] = field(default_factory=list)

    def add(self, annotation: Corrected, pairs: list[SpanPair], *, within: float) -> None:
        """Count one annotation."""
        predicted, annotated, lead_time = annotation.predicted, annotation.annotated, annotation.lead_time
        outcomes: set[str] = {pair.outcome for pair in pairs}
        roles, attributes = role_outcomes(predicted.roles, annotated.roles, pairs), attribute_outcomes(pairs)
        for counts, found in ((self.roles, roles), (self.attributes, attributes)):
            for name, outcome in found:
                counts[name][outcome] += 1
                outcomes.add(outcome)
        untouched = outcomes <= {"kept"}
        self.n += 1
        self.untouched += untouched
        self.untouched_within += untouched and lead_time is not None and lead_time <= within
        self.without_lead_time += lead_time is None
        self.origins.update(span.origin for span in annotated.spans)
        for pair in pairs:
            before, after = pair.predicted, pair.annotated
            label = before.label if before else after.label if after else ""
            self.mentions[label][pair.outcome] += 1
            if before and after:
                self.redrawn += not pair.by_id
                if before.label != after.label:
                    self.relabelled[before.label, after.label] += 1
        self.predicted += [(str(self.n), span.start, span.end, span.label) for span in predicted.spans]
        self.annotated += [(str(self.n), span.start, span.end, span.label) for span in annotated.spans]

    def group(self) -> GroupFigures:
        """The figures of the report."""
        n_regions, exact = self.origins.total(), exact_counts(self.annotated, self.predicted)
        return GroupFigures(
            annotations=self.n,
            untouched=self.untouched,
            untouched_within=self.untouched_within,
            without_lead_time=self.without_lead_time,
            origins=dict(sorted(self.origins.items())),
            still_prediction=self.origins["prediction"] / n_regions if n_regions else None,
            redrawn=self.redrawn,
            mentions=_mentions(_summed(self.mentions), self.relabelled.total(), sum_counts(exact.values())),
            roles=_links(_summed(self.roles)),
            attributes=_links(_summed(self.attributes)),
        )

    def labels(self, ontology: Ontology) -> dict[str, MentionFigures]:
        """Labels that were predicted or annotated, in ontology order."""
        exact = exact_counts(self.annotated, self.predicted)
        into = Counter[str]()
        for (_, after), n in self.relabelled.items():
            into[after] += n
        return {
            label: _mentions(self.mentions.get(label, Counter()), into[label], exact[label])
            for label in ontology.labels
            if label in exact
        }


def _summed(by_name: Mapping[str, Counter[str]]) -> Counter[str]:
    return sum(by_name.values(), start=Counter())


def _mentions(outcomes: Counter[str], into: int, exact: Counts) -> MentionFigures:
    changed = ("kept", "moved", "relabelled", "moved_and_relabelled", "removed")
    return MentionFigures(
        predicted=sum(outcomes[name] for name in changed),
        **{name: outcomes[name] for name in (*changed, "added")},
        relabelled_to=into,
        annotated=outcomes["kept"] + outcomes["moved"] + into + outcomes["added"],
        precision=exact.precision,
        recall=exact.recall,
        f1=exact.f1,
    )


def _links(outcomes: Counter[str]) -> LinkFigures:
    return LinkFigures(
        predicted=outcomes["kept"] + outcomes["changed"] + outcomes["removed"],
        **{name: outcomes[name] for name in ("kept", "changed", "removed", "added")},
        annotated=outcomes["kept"] + outcomes["changed"] + outcomes["added"],
    )
