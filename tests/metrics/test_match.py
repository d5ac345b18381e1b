import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from decoded_tags import decode_tags
from eventcorpus.annotation.rules import overlaps, resolve_overlaps
from eventcorpus.metrics.match import Counts, Key, exact_counts, sum_counts
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import Span

FLAT = Ontology(name="t", version="1.0.0", entities=(Label(name="A"), Label(name="B")))
TAGS = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=12)


def valid(tags: list[str]) -> list[str]:
    """IOB2 without stray I-."""
    return [t if t[0] != "I" or (i and tags[i - 1][2:] == t[2:]) else f"B-{t[2:]}" for i, t in enumerate(tags)]


@given(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=4))
def test_counts_agree_with_seqeval_strict(pairs: list[tuple[list[str], list[str]]]) -> None:
    gold = [valid(g) for g, _ in pairs]
    predicted = [valid((p + ["O"] * len(g))[: len(g)]) for g, p in pairs]

    def keys(rows: list[list[str]]) -> list[Key]:
        return [(str(c.sentence), c.start, c.end, c.label) for c in decode_tags(rows)]

    counts = exact_counts(keys(gold), keys(predicted))
    micro = sum_counts(counts.values())
    scores = (precision_score, recall_score, f1_score)
    expected = [f(gold, predicted, mode="strict", scheme=IOB2, zero_division=0) for f in scores]
    ours = (micro.precision or 0.0, micro.recall or 0.0, micro.f1 or 0.0)
    assert ours == pytest.approx(tuple(expected), abs=1e-12)


@given(st.permutations(range(6)), st.permutations(range(5)))
def test_order_changes_nothing(first: list[int], second: list[int]) -> None:
    gold = [("x", 0, 4, "A"), ("x", 2, 4, "B"), ("x", 2, 6, "A"), ("y", 0, 1, "A"), ("y", 0, 1, "B"), ("z", 5, 9, "A")]
    predicted = [("x", 2, 4, "B"), ("x", 0, 4, "A"), ("y", 0, 1, "A"), ("y", 0, 2, "A"), ("z", 5, 9, "B")]
    assert exact_counts([gold[i] for i in first], [predicted[i] for i in second]) == {
        "A": Counts(correct=2, predicted=3, support=4),
        "B": Counts(correct=1, predicted=2, support=2),
    }


def test_a_span_said_twice_is_right_once() -> None:
    assert exact_counts([("x", 0, 4, "A")], [("x", 0, 4, "A")] * 2)["A"] == Counts(1, 2, 1)


def test_neither_gold_nor_predictions_is_undefined_and_not_zero() -> None:
    nothing = Counts(0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert (Counts(0, 3, 0).precision, Counts(0, 3, 0).recall, Counts(0, 3, 0).f1) == (0.0, 0.0, 0.0)
    assert (Counts(0, 0, 3).precision, Counts(0, 0, 3).recall, Counts(0, 0, 3).f1) == (0.0, 0.0, 0.0)


def test_the_longest_span_wins_then_the_earliest_then_the_first_label() -> None:
    short, long_, same_b, same_a = (
        Span("1", 0, 3, "A"),
        Span("2", 2, 9, "B"),
        Span("3", 20, 25, "B"),
        Span("4", 20, 25, "A"),
    )
    early, late = Span("5", 30, 35, "B"), Span("6", 33, 38, "A")
    stay, lost = resolve_overlaps([short, long_, same_b, same_a, late, early], FLAT)
    assert stay == [long_, same_a, early]
    assert sorted(lost, key=lambda pair: pair[0].id) == [(short, long_), (same_b, same_a), (late, early)]


def test_adjacent_spans_do_not_overlap() -> None:
    assert overlaps([Span("1", 0, 4, "A"), Span("2", 4, 8, "B")]) == []
    assert len(overlaps([Span("1", 0, 9, "A"), Span("2", 1, 2, "B"), Span("3", 5, 6, "B")])) == 2
