"""What annotators did to predictions, counted per label, annotator and model version.

Comes in: full snapshots (``labelstudio pull``), in which annotations name the prediction that they were begun from.
Goes out: a ``Corrections`` report.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from eventcorpus import __version__
from eventcorpus.labelling.correction_pairs import Pair, attribute_outcomes, pair_spans, role_outcomes
from eventcorpus.labelling.corrections_read import ApartCounts, Corrected
from eventcorpus.labelling.corrections_report import (
    Apart,
    Corrections,
    GroupFigures,
    LinkFigures,
    MentionFigures,
    Relabelling,
)
from eventcorpus.matching.spans import Counts, exact_counts, sum_counts
from eventcorpus.ontology import Ontology

WITHIN_SECONDS = 10.0
"""Silent reading goes at about 240 words a minute (Brysbaert 2019): ten seconds are enough for some forty words."""

DEFINITIONS = {
    "mention": "paired by the region's id, else by overlap, one to one: same label first, then most shared characters",
    "moved": "same label, other start or end",
    "relabelled": "same start and end, other label",
    "moved_and_relabelled": "neither label nor place is the same, but the region's id is, or they overlap",
    "changed": "of a role: the same two mentions, another role or the other way round; of an attribute: other values",
    "match": "precision, recall and F1 of the predictions against the corrected annotations; exact start, end, label",
    "untouched": "no mention, role or attribute was kept in another form, removed or added",
}

_Links = Counter[tuple[str, str]]


@dataclass
class _Tally:
    """Sums over annotations; counters by (label, outcome) of mentions and (name, outcome) of roles and attributes."""

    n: int = 0
    untouched: int = 0
    untouched_within: int = 0
    without_lead_time: int = 0
    redrawn: int = 0
    origins: Counter[str] = field(default_factory=Counter)
    mentions: Counter[tuple[str, str]] = field(default_factory=Counter)
    relabelled: Counter[tuple[str, str]] = field(default_factory=Counter)
    roles: _Links = field(default_factory=Counter)
    attributes: _Links = field(default_factory=Counter)
    exact: dict[str, Counts] = field(default_factory=dict)

    def add(self, one: Corrected, pairs: list[Pair], *, within: float) -> None:
        """Count one annotation."""
        predicted, annotated = one.predicted, one.annotated
        roles = Counter(role_outcomes(predicted.roles, annotated.roles, pairs))
        attributes = Counter(attribute_outcomes(pairs))
        touched = any(pair.outcome != "kept" for pair in pairs)
        touched |= any(outcome != "kept" for _, outcome in (*roles, *attributes))
        self.n += 1
        self.untouched += not touched
        self.untouched_within += not touched and one.lead_time is not None and one.lead_time <= within
        self.without_lead_time += one.lead_time is None
        self.origins.update(span.origin for span in annotated.spans)
        self.roles += roles
        self.attributes += attributes
        for pair in pairs:
            before, after = pair.predicted, pair.annotated
            label = before.label if before else after.label if after else ""
            self.mentions[label, pair.outcome] += 1
            if before and after:
                self.redrawn += not pair.by_id
                if before.label != after.label:
                    self.relabelled[before.label, after.label] += 1
        counts = exact_counts(
            [("", span.start, span.end, span.label) for span in annotated.spans],
            [("", span.start, span.end, span.label) for span in predicted.spans],
        )
        for label, figures in counts.items():
            self.exact[label] = sum_counts((self.exact.get(label, Counts(0, 0, 0)), figures))

    def group(self) -> GroupFigures:
        """The figures of the report."""
        n_regions = self.origins.total()
        return GroupFigures(
            annotations=self.n,
            untouched=self.untouched,
            untouched_within=self.untouched_within,
            without_lead_time=self.without_lead_time,
            origins=dict(sorted(self.origins.items())),
            still_prediction=self.origins["prediction"] / n_regions if n_regions else None,
            redrawn=self.redrawn,
            mentions=_mentions(_by_outcome(self.mentions), self.relabelled.total(), sum_counts(self.exact.values())),
            roles=_links(_by_outcome(self.roles)),
            attributes=_links(_by_outcome(self.attributes)),
        )


def count_corrections(
    corrected: Iterable[Corrected],
    ontology: Ontology,
    *,
    within: float = WITHIN_SECONDS,
    apart: ApartCounts,
    left_out: Mapping[str, int],
) -> Corrections:
    """Count what was done in each annotation that was begun from a prediction.

    Args:
        within: seconds in which an article cannot be read.
        apart: filled while ``corrected`` is read, as is ``left_out``.
    """
    total = _Tally()
    annotators: dict[str, _Tally] = defaultdict(_Tally)
    models: dict[str, _Tally] = defaultdict(_Tally)
    for one in corrected:
        pairs = pair_spans(one.predicted.spans, one.annotated.spans)
        for tally in (total, annotators[one.annotator], models[one.version]):
            tally.add(one, pairs, within=within)
    return Corrections(
        eventcorpus=__version__,
        ontology=ontology.key,
        within_seconds=within,
        definitions=DEFINITIONS,
        total=total.group(),
        annotators={name: annotators[name].group() for name in sorted(annotators, key=lambda a: (len(a), a))},
        models={name: models[name].group() for name in sorted(models)},
        labels=_labels(total, ontology),
        roles=_per_name(total.roles, [role.name for role in ontology.roles]),
        attributes=_per_name(total.attributes, [attribute.name for attribute in ontology.attributes]),
        relabellings=tuple(
            Relabelling(predicted=before, annotated=after, n=n)
            for (before, after), n in sorted(total.relabelled.items(), key=lambda item: (-item[1], item[0]))
        ),
        apart=Apart(**vars(apart)),
        left_out=dict(sorted(left_out.items())),
    )


def _labels(total: _Tally, ontology: Ontology) -> dict[str, MentionFigures]:
    """Labels that were predicted or annotated, in ontology order."""
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for (label, outcome), n in total.mentions.items():
        outcomes[label][outcome] += n
    into: Counter[str] = Counter()
    for (_, after), n in total.relabelled.items():
        into[after] += n
    met = outcomes.keys() | into.keys()
    return {
        label: _mentions(outcomes[label], into[label], total.exact.get(label, Counts(0, 0, 0)))
        for label in ontology.labels
        if label in met
    }


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


def _per_name(links: _Links, order: list[str]) -> dict[str, LinkFigures]:
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for (name, outcome), n in links.items():
        outcomes[name][outcome] += n
    return {name: _links(outcomes[name]) for name in order if name in outcomes}


def _by_outcome(counter: Counter[tuple[str, str]]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for (_, outcome), n in counter.items():
        summed[outcome] += n
    return summed
