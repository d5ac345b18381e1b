from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.metrics.align import Overlap, match_overlapping

Stretches = list[tuple[int, int]]
stretch = st.tuples(st.integers(0, 14), st.integers(1, 6)).map(lambda x: (x[0], x[0] + x[1]))
stretches = st.lists(stretch, max_size=5)


def quality(matched: list[Overlap]) -> tuple[int, int]:
    return len(matched), sum(m.shared for m in matched)


def best_of_all(first: Stretches, second: Stretches, threshold: float) -> tuple[int, int]:
    """Tries every matching there is."""
    few, many = sorted((first, second), key=len)
    best = (0, 0)
    for n in range(len(few) + 1):
        for chosen in combinations(few, n):
            for others in permutations(many, n):
                shared = [min(a[1], b[1]) - max(a[0], b[0]) for a, b in zip(chosen, others, strict=True)]
                unions = [a[1] - a[0] + b[1] - b[0] - s for a, b, s in zip(chosen, others, shared, strict=True)]
                if all(s > 0 and s >= threshold * u for s, u in zip(shared, unions, strict=True)):
                    best = max(best, (n, sum(shared)))
    return best


@settings(max_examples=200, deadline=None)
@given(stretches, stretches, st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_no_matching_is_better(first: Stretches, second: Stretches, threshold: float) -> None:
    assert quality(match_overlapping(first, second, threshold=threshold)) == best_of_all(first, second, threshold)


@settings(deadline=None)
@given(stretches, stretches, st.randoms(use_true_random=False))
def test_order_and_side_change_nothing(first: Stretches, second: Stretches, random: object) -> None:
    expected = quality(match_overlapping(first, second))
    shuffled = list(first)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert quality(match_overlapping(shuffled, second)) == expected
    assert quality(match_overlapping(second, first)) == expected


@given(stretches, stretches)
def test_nothing_is_matched_twice_and_shared_is_what_both_hold(first: Stretches, second: Stretches) -> None:
    matched = match_overlapping(first, second)
    assert len({m.first for m in matched}) == len({m.second for m in matched}) == len(matched)
    for m in matched:
        assert m.shared == len(set(range(*first[m.first])) & set(range(*second[m.second]))) > 0


def test_stretches_that_only_touch_share_nothing() -> None:
    assert match_overlapping([(0, 4)], [(4, 8)]) == []


@pytest.mark.parametrize(("threshold", "n"), [(0.0, 1), (0.5, 1), (0.51, 0)])
def test_the_threshold_is_the_share_of_common_characters(threshold: float, n: int) -> None:
    assert len(match_overlapping([(0, 4)], [(2, 4)], threshold=threshold)) == n


def test_a_text_full_of_spans_is_matched_run_by_run() -> None:
    first = [(10 * i, 10 * i + 8) for i in range(20_000)]
    second = [(10 * i + 3, 10 * i + 9) for i in range(20_000)]
    assert quality(match_overlapping(first, second)) == (20_000, 100_000)
