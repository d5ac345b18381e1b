"""Where two annotators disagree, place by place, and in groups that one decision of the guidelines would settle."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Literal, get_args

from eventcorpus.agreement.pairs import DoubleAnnotation, pair_overlapping
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Span, SpanKey
from eventcorpus.text import words

Kind = Literal["boundary", "label", "label and boundary", "marked by one", "role", "attribute", "event"]
KINDS: tuple[str, ...] = get_args(Kind)
NOT_MARKED, NO_ROLE, NO_VALUE = "not marked", "no role", "nothing said"


@dataclass(frozen=True)
class Disagreement:
    """One place where the two annotators of an article differ.

    ``kind``, ``labels`` and ``words`` are those of its group, whichever annotator has what. ``spans`` are the spans
    that the first and the second have there, ``values`` what they annotated in words, and ``answers`` the same as
    answers to the group's question.
    """

    kind: Kind
    labels: tuple[str, ...]
    words: str
    double: DoubleAnnotation
    spans: tuple[tuple[Span, ...], ...]
    values: tuple[str, str]
    answers: tuple[str, str]


@dataclass(frozen=True)
class Group:
    """Disagreements that one decision settles, and what the exact F1 gains by it (``f1_low`` to ``f1_high``)."""

    kind: Kind
    labels: tuple[str, ...]
    question: str
    disagreements: tuple[Disagreement, ...]
    f1_low: float
    f1_high: float

    @property
    def sides(self) -> list[tuple[str, str, int]]:
        """(annotator, answer to the question, how often), the most frequent first."""
        n_answers: Counter[tuple[str, str]] = Counter()
        for d in self.disagreements:
            n_answers.update(zip((d.double.first.annotator, d.double.second.annotator), d.answers, strict=True))
        in_order = sorted(n_answers.items(), key=lambda item: (-item[1], item[0]))
        return [(annotator, answer, n) for (annotator, answer), n in in_order]


def group_disagreements(doubles: Sequence[DoubleAnnotation], ontology: Ontology) -> list[Group]:
    """All disagreements of all pairs, in groups; those that settle most come first.

    Spans are grouped by label (or the two labels) and head word: the last word, where English has its heads, in lower
    case and with every number as #. Boundaries are grouped by label and the words that one of the two left out.
    """
    groups: dict[tuple[str, tuple[str, ...], str], list[Disagreement]] = {}
    for each in chain.from_iterable(disagreements_of(double, ontology) for double in doubles):
        groups.setdefault((each.kind, each.labels, each.words), []).append(each)
    n_spans = sum(len(double.first.spans) + len(double.second.spans) for double in doubles)
    n_agreed = sum(len(double.agreed) for double in doubles)
    return sorted(
        (_group(disagreements, n_agreed=n_agreed, n_spans=n_spans) for disagreements in groups.values()),
        key=lambda g: (-len(g.disagreements), -g.f1_low, -g.f1_high, KINDS.index(g.kind), g.labels, g.question),
    )


def disagreements_of(double: DoubleAnnotation, ontology: Ontology) -> Iterator[Disagreement]:
    """Every disagreement of one article: spans in text order, then roles, attributes, events."""
    for found in (_of_spans, _of_roles, _of_attributes, _of_events):
        yield from sorted(found(double, ontology), key=_place)


def normalised(text: str) -> str:
    """Lower case, blanks as one, numbers as #.

    >>> normalised("At  least 1,200")
    'at least #'
    """
    return re.sub(r"\d+(?:[.,:]\d+)*", "#", " ".join(text.casefold().split()))


def head_word(text: str) -> str:
    """The last word with a letter or digit, normalised; the whole text where there is none.

    >>> head_word("at least 30 Hamsin fighters")
    'fighters'
    """
    spoken = [text[start:end] for start, end in words(text) if any(c.isalnum() for c in text[start:end])]
    return normalised(spoken[-1] if spoken else text)


def _place(disagreement: Disagreement) -> tuple[int, int, tuple[str, ...], str]:
    spans = [*disagreement.spans[0], *disagreement.spans[1]]
    return min(s.start for s in spans), max(s.end for s in spans), disagreement.labels, disagreement.words


def _of_spans(double: DoubleAnnotation, ontology: Ontology) -> Iterator[Disagreement]:
    """Spans without an exact match: those at the same place are paired first, then those that overlap; each once."""
    text = double.article.text
    first, second = ([s for s in own.spans if keys[s.id] not in double.agreed] for own, keys in double.sides)

    def in_order(a: Span, b: Span) -> tuple[str, ...]:
        return tuple(sorted({a.label, b.label}, key=ontology.rank.__getitem__))

    def head(span: Span) -> str:
        return head_word(text[span.start : span.end])

    for a, b in pair_overlapping(first, second, threshold=1.0):
        values = (a.label, b.label)
        yield Disagreement("label", in_order(a, b), head(a), double, ((a,), (b,)), values, values)
    for label in ontology.labels:
        for a, b in pair_overlapping(first, second, label):
            values = (text[a.start : a.end], text[b.start : b.end])
            yield Disagreement("boundary", (label,), _extra(text, a, b), double, ((a,), (b,)), values, _with(a, b))
    for a, b in pair_overlapping(first, second):
        word = head(max(a, b, key=lambda s: s.end - s.start))
        values = (f"{a.label}: {text[a.start : a.end]}", f"{b.label}: {text[b.start : b.end]}")
        answers = (a.label, b.label)
        yield Disagreement("label and boundary", in_order(a, b), word, double, ((a,), (b,)), values, answers)
    for span in first:
        values = (span.label, NOT_MARKED)
        yield Disagreement("marked by one", (span.label,), head(span), double, ((span,), ()), values, values)
    for span in second:
        values = (NOT_MARKED, span.label)
        yield Disagreement("marked by one", (span.label,), head(span), double, ((), (span,)), values, values)


def _extra(text: str, a: Span, b: Span) -> str:
    """The words that only one of two overlapping spans covers: ``at least …``, ``… fighters``, or both."""
    before = normalised(text[min(a.start, b.start) : max(a.start, b.start)])
    after = normalised(text[min(a.end, b.end) : max(a.end, b.end)])
    return f"{before} …".lstrip() if not after else f"{before} … {after}".lstrip()


def _with(a: Span, b: Span) -> tuple[str, str]:
    """Who covers the words that only one of two overlapping spans covers; each covers some where they cross."""
    if a.start <= b.start and b.end <= a.end:
        return "with", "without"
    if b.start <= a.start and a.end <= b.end:
        return "without", "with"
    return ("the words before", "the words after") if a.start < b.start else ("the words after", "the words before")


def _of_roles(double: DoubleAnnotation, _: Ontology) -> Iterator[Disagreement]:
    """Roles between spans that both marked: the rest follows from the spans."""
    names_of = defaultdict[tuple[SpanKey, SpanKey], tuple[set[str], set[str]]](lambda: (set(), set()))
    for side, roles in enumerate(double.roles):
        for role, trigger, argument in roles:
            if {trigger, argument} <= double.agreed:
                names_of[trigger, argument][side].add(role)
    for ends, (first, second) in names_of.items():
        if first != second:
            values = (", ".join(sorted(first - second)) or NO_ROLE, ", ".join(sorted(second - first)) or NO_ROLE)
            linked = " or ".join(sorted(set(values)))
            labels = ends[0][2], ends[1][2]
            yield Disagreement("role", labels, linked, double, _spans_at(double, *ends), values, values)


def _of_attributes(double: DoubleAnnotation, ontology: Ontology) -> Iterator[Disagreement]:
    for name, key, first, second in double.attributes(ontology):
        a, b = (" + ".join(values) or NO_VALUE for values in (first, second))
        if a != b:
            words = f"{name}: {' or '.join(sorted((a, b)))}"
            yield Disagreement("attribute", (key[2],), words, double, _spans_at(double, key), (a, b), (a, b))


def _of_events(double: DoubleAnnotation, _: Ontology) -> Iterator[Disagreement]:
    """Triggers that follow one another in an event of one annotator, and are in two events of the other."""
    grouped = [[sorted(event & double.agreed) for event in events] for events in double.events]
    event_of = [{key: i for i, event in enumerate(events) for key in event} for events in grouped]
    for side, values in enumerate((("same event", "two events"), ("two events", "same event"))):
        other = event_of[1 - side]
        for earlier, later in chain.from_iterable(map(pairwise, grouped[side])):
            if other.get(earlier) != other.get(later):
                spans = _spans_at(double, earlier, later)
                yield Disagreement("event", (later[2],), "", double, spans, values, values)


def _spans_at(double: DoubleAnnotation, *keys: SpanKey) -> tuple[tuple[Span, ...], ...]:
    """The spans with these keys, of the first and of the second annotator."""
    return tuple(tuple(spans[key] for key in keys) for spans in double.spans_by_key)


def _group(disagreements: Sequence[Disagreement], *, n_agreed: int, n_spans: int) -> Group:
    """The group, and the exact F1 if it were settled: 2 agreed spans / spans of the first and of the second."""
    first, n = disagreements[0], len(disagreements)
    n_gained = n if first.kind in ("boundary", "label", "label and boundary") else 0
    n_alone = n if first.kind == "marked by one" else 0
    now = 2 * n_agreed / n_spans if n_spans else 0.0
    n_if_given_up, n_if_marked = n_spans - n_alone, n_spans + n_alone
    return Group(
        kind=first.kind,
        labels=first.labels,
        question=_question(first.kind, first.labels, first.words),
        disagreements=tuple(disagreements),
        f1_low=2 * (n_agreed + n_gained) / n_if_given_up - now if n_if_given_up else 0.0,
        f1_high=2 * (n_agreed + n_gained + n_alone) / n_if_marked - now if n_if_marked else 0.0,
    )


def _question(kind: Kind, labels: tuple[str, ...], words: str) -> str:
    match kind:
        case "boundary":
            return f"{labels[0]}: with or without “{words}”"
        case "label" | "label and boundary":
            return f"“{words}”: {' or '.join(labels)}"
        case "marked by one":
            return f"“{words}”: {labels[0]} or not marked"
        case "role":
            return f"from {labels[0]} to {labels[1]}: {words}"
        case "attribute":
            return f"{labels[0]}: {words}"
        case "event":
            return f"{labels[0]}: the same event or two"
