"""What became of every mention: hand-worked cases, systems that make one kind of error, and every order of the lists."""

import random
from collections import Counter
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import lines_run
from eventcorpus.metrics.align import Labelled, Outcome, outcomes

Spans = list[Labelled]
anywhere = st.lists(
    st.tuples(st.integers(0, 14), st.integers(1, 6), st.sampled_from("AB")).map(lambda x: (x[0], x[0] + x[1], x[2])),
    max_size=6,
)
"""Spans that may be nested, overlap or stand there twice."""


@st.composite
def flat(draw: st.DrawFn, least: int = 1) -> Spans:
    spans: Spans = []
    at = 0
    for gap, length, label in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(least, 9), st.sampled_from("ABC")), max_size=8)
    ):
        spans.append((at + gap, at + gap + length, label))
        at += gap + length
    return spans


def kinds(gold: Spans, predicted: Spans) -> Counter[str]:
    return Counter(outcome.kind for outcome in outcomes(gold, predicted))


def as_values(gold: Spans, predicted: Spans) -> list[tuple[str, Spans, Spans]]:
    return [
        (one.kind, sorted(gold[i] for i in one.gold), sorted(predicted[j] for j in one.predicted))
        for one in outcomes(gold, predicted)
    ]


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([], [], []),
        ([(0, 4, "A")], [], [("missed", (0,), ())]),
        ([], [(0, 4, "A")], [("spurious", (), (0,))]),
        ([(0, 4, "A")], [(0, 4, "A")], [("correct", (0,), (0,))]),
        ([(0, 4, "A")], [(0, 4, "B")], [("label", (0,), (0,))]),
        ([(0, 4, "A")], [(1, 4, "A")], [("boundary", (0,), (0,))]),
        ([(0, 4, "A")], [(1, 9, "B")], [("label_and_boundary", (0,), (0,))]),
        ([(0, 4, "A")], [(4, 8, "A")], [("missed", (0,), ()), ("spurious", (), (0,))]),
        # an equal one goes first, also where its partner overlaps another gold mention
        ([(0, 9, "A"), (5, 9, "A")], [(5, 9, "A")], [("missed", (0,), ()), ("correct", (1,), (0,))]),
        # one label of two at one place: the equal one, then the other as a wrong label
        ([(0, 4, "A"), (0, 4, "B")], [(0, 4, "B"), (0, 4, "C")], [("label", (0,), (1,)), ("correct", (1,), (0,))]),
        # the same span twice is right as often as it is in gold
        ([(0, 4, "A")], [(0, 4, "A"), (0, 4, "A")], [("spurious", (), (1,)), ("correct", (0,), (0,))]),
        ([(0, 9, "A")], [(0, 4, "A"), (5, 9, "A")], [("split", (0,), (0, 1))]),
        ([(0, 9, "A")], [(6, 9, "A"), (3, 5, "A"), (0, 2, "A")], [("split", (0,), (2, 1, 0))]),
        ([(0, 4, "A"), (5, 9, "A")], [(0, 9, "A")], [("merged", (0, 1), (0,))]),
        # pieces of another label are no pieces
        ([(0, 9, "A")], [(0, 4, "A"), (5, 9, "B")], [("boundary", (0,), (0,)), ("spurious", (), (1,))]),
        # pieces that reach out, or lie on one another, are no pieces
        ([(0, 9, "A")], [(0, 6, "A"), (7, 11, "A")], [("boundary", (0,), (0,)), ("spurious", (), (1,))]),
        ([(0, 9, "A")], [(0, 6, "A"), (4, 9, "A")], [("boundary", (0,), (0,)), ("spurious", (), (1,))]),
        # two pairs are better than one that fits well, and then each mention has a partner: no split
        ([(0, 10, "A"), (10, 12, "A")], [(0, 3, "A"), (2, 12, "A")],
         [("boundary", (0,), (0,)), ("boundary", (1,), (1,))]),
        # where two share characters, the one of the same label
        ([(0, 9, "A")], [(0, 8, "B"), (8, 9, "A")], [("spurious", (), (0,)), ("boundary", (0,), (1,))]),
        # what lies in two gold mentions belongs to the nearer one
        ([(0, 20, "A"), (0, 12, "A")], [(13, 20, "A"), (0, 5, "A"), (6, 11, "A")],
         [("split", (1,), (1, 2)), ("boundary", (0,), (0,))]),
    ],
)  # fmt: skip
def test_hand_worked(
    gold: Spans, predicted: Spans, expected: list[tuple[str, tuple[int, ...], tuple[int, ...]]]
) -> None:
    assert outcomes(gold, predicted) == [Outcome(*one) for one in expected]  # type: ignore[arg-type]


@given(anywhere, anywhere)
def test_every_mention_stands_in_one_outcome_of_the_form_that_its_kind_promises(gold: Spans, predicted: Spans) -> None:
    found = outcomes(gold, predicted)
    assert sorted(i for one in found for i in one.gold) == list(range(len(gold)))
    assert sorted(j for one in found for j in one.predicted) == list(range(len(predicted)))
    for one in found:
        ours, theirs = [gold[i] for i in one.gold], [predicted[j] for j in one.predicted]
        assert (len(ours), len(theirs)) in {
            "missed": [(1, 0)], "spurious": [(0, 1)],
            "split": [(1, n) for n in range(2, 7)], "merged": [(n, 1) for n in range(2, 7)],
        }.get(one.kind, [(1, 1)])  # fmt: skip
        assert len({label for _, _, label in ours + theirs}) == (2 if "label" in one.kind else 1)
        if one.kind in ("correct", "label"):
            assert ours[0][:2] == theirs[0][:2]
        elif ours and theirs:
            assert ours[0][:2] != theirs[0][:2]
            assert all(max(a[0], b[0]) < min(a[1], b[1]) for a in ours for b in theirs)


@given(anywhere, anywhere, st.randoms(use_true_random=False))
def test_the_order_of_the_lists_changes_nothing(gold: Spans, predicted: Spans, order: random.Random) -> None:
    expected = as_values(gold, predicted)
    order.shuffle(gold)
    order.shuffle(predicted)
    assert as_values(gold, predicted) == expected


def best_of_all(gold: Spans, predicted: Spans) -> tuple[int, int, int]:
    """Pairs, pairs of one label and shared characters of the best matching there is, found by trying every one."""
    few, many = sorted((gold, predicted), key=len)
    best = (0, 0, 0)
    for n in range(len(few) + 1):
        for chosen in combinations(few, n):
            for others in permutations(many, n):
                shared = [min(a[1], b[1]) - max(a[0], b[0]) for a, b in zip(chosen, others, strict=True)]
                if all(s > 0 for s in shared):
                    same = sum(a[2] == b[2] for a, b in zip(chosen, others, strict=True))
                    best = max(best, (n, same, sum(shared)))
    return best


@settings(max_examples=200, deadline=None)
@given(anywhere.map(lambda x: x[:4]), anywhere.map(lambda x: x[:4]))
def test_no_pairing_of_what_has_no_equal_is_better(gold: Spans, predicted: Spans) -> None:
    without = [one for one in predicted if one[:2] not in {span[:2] for span in gold}]
    found = outcomes(gold, without)
    paired = [one for one in found if one.gold and one.predicted]
    n, same, _ = best_of_all(gold, without)
    assert (len(paired), sum(one.kind != "label_and_boundary" for one in paired)) == (n, same)


@given(anywhere)
def test_a_perfect_system_is_right_and_an_empty_one_misses(gold: Spans) -> None:
    assert kinds(gold, gold) == Counter(correct=len(gold)) + Counter()
    assert kinds(gold, []) == Counter(missed=len(gold)) + Counter()
    assert kinds([], gold) == Counter(spurious=len(gold)) + Counter()


@given(flat(least=2))
def test_a_system_that_shifts_every_span_has_wrong_ends_only(gold: Spans) -> None:
    shifted = [(start + 1, end + 1, label) for start, end, label in gold]
    assert kinds(gold, shifted) == Counter(boundary=len(gold)) + Counter()


@given(flat(least=2))
def test_a_system_that_splits_every_span_has_splits_only_and_the_other_way_round(gold: Spans) -> None:
    pieces = [
        piece
        for start, end, label in gold
        for piece in ((start, (start + end) // 2, label), ((start + end) // 2, end, label))
    ]
    assert kinds(gold, pieces) == Counter(split=len(gold)) + Counter()
    assert kinds(pieces, gold) == Counter(merged=len(gold)) + Counter()


@given(anywhere)
def test_a_system_that_says_one_label_everywhere_has_wrong_labels_only(gold: Spans) -> None:
    # two labels of one place, copied, stand there twice: the pairs at that place stay one to one
    n = sum(label == "A" for _, _, label in gold)
    copied = [(start, end, "A") for start, end, _ in gold]
    assert kinds(gold, copied) == Counter(correct=n, label=len(gold) - n) + Counter()


@pytest.mark.parametrize("system", ["noisy", "split", "nested"])
def test_the_work_grows_as_the_number_of_spans_does(system: str) -> None:
    def work(n: int) -> int:
        generator = random.Random(1)
        gold = [(30 * i, 30 * i + 12, generator.choice("ABCDE")) for i in range(n)]
        predicted = {
            "noisy": [(s + generator.randrange(2), e + generator.randrange(5), generator.choice("ABCDE")) for s, e, _ in gold],
            "split": [piece for s, e, label in gold for piece in ((s, s + 5, label), (s + 6, e, label))],
            "nested": [(s, e + 5 + 14 * (i % 2), label) for i, (s, e, label) in enumerate(gold)],
        }[system]  # fmt: skip
        return lines_run(lambda: outcomes(gold, predicted))

    assert work(400) < 5 * work(100)  # sixteen times as much if every pair was compared
    assert work(100) < 25_000
