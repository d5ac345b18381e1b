import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.schema import Span
from eventcorpus.tags import argmax, spans_from_tags, tag_names, tags_from_spans, viterbi

RANK = {"Actor": 0, "Place": 1}


def test_tags_are_o_then_b_and_i_of_each_label() -> None:
    assert tag_names(["Actor", "Place"]) == ["O", "B-Actor", "I-Actor", "B-Place", "I-Place"]


def test_adjacent_mentions_stay_separate() -> None:
    tags, unreached = tags_from_spans([Span("1", 0, 3, "Actor"), Span("2", 4, 7, "Actor")], [(0, 3), (4, 7)], RANK)
    assert (tags, unreached) == ([1, 1], [])
    assert spans_from_tags(tags) == [(0, 1, 0), (1, 2, 0)]


def test_a_token_that_only_touches_a_span_is_part_of_it() -> None:
    tags, _ = tags_from_spans([Span("1", 2, 5, "Place")], [(0, 3), (3, 5), (5, 8)], RANK)
    assert tags == [3, 4, 0]


def test_a_token_without_characters_is_outside() -> None:
    tags, _ = tags_from_spans([Span("1", 0, 6, "Actor")], [(0, 3), (3, 3), (3, 6)], RANK)
    assert tags == [1, 0, 2]


def test_a_span_without_a_token_of_its_own_is_named() -> None:
    second = Span("2", 3, 4, "Place")
    assert tags_from_spans([Span("1", 0, 3, "Actor"), second], [(0, 4)], RANK) == ([1], [second])


def test_a_stray_inside_tag_opens_a_span() -> None:
    assert spans_from_tags([2, 2, 0, 4, 2]) == [(0, 2, 0), (3, 4, 1), (4, 5, 0)]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 2), st.sets(st.integers(0, 4)))
def test_viterbi_is_the_best_of_all_valid_paths(seed: int, n_tokens: int, n_labels: int, lines: set[int]) -> None:
    n_tags = 2 * n_labels + 1
    scores = np.log(np.random.default_rng(seed).dirichlet(np.ones(n_tags), size=n_tokens)).astype(np.float32)
    scores[[i for i in lines if i < n_tokens], 2::2] = -np.inf  # tokens that begin a line

    def is_valid(path: tuple[int, ...]) -> bool:
        return all(t == 0 or t % 2 == 1 or (i > 0 and path[i - 1] in (t, t - 1)) for i, t in enumerate(path))

    def total(path: tuple[int, ...]) -> float:
        return float(sum(scores[i, tag] for i, tag in enumerate(path)))

    best = max((p for p in itertools.product(range(n_tags), repeat=n_tokens) if is_valid(p)), key=total)
    found = tuple(viterbi(scores))
    assert is_valid(found)
    assert total(found) == pytest.approx(total(best), abs=1e-5)


def test_no_tokens_give_no_tags() -> None:
    assert viterbi(np.zeros((0, 5), dtype=np.float32)) == argmax(np.zeros((0, 5), dtype=np.float32)) == []


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), max_size=10))
def test_spans_to_tags_to_spans_is_the_identity(runs: list[tuple[int, int]]) -> None:
    """Runs of (tokens, label position or 2 for none)."""
    offsets: list[tuple[int, int]] = []
    spans: list[Span] = []
    for n, label in runs:
        first = len(offsets)
        offsets += [(i * 2, i * 2 + 1) for i in range(first, first + n)]
        if label < 2:
            spans.append(Span(str(first), offsets[first][0], offsets[-1][1], ["Actor", "Place"][label]))
    tags, unreached = tags_from_spans(spans, offsets, RANK)
    back = [(offsets[a][0], offsets[b - 1][1], ["Actor", "Place"][label]) for a, b, label in spans_from_tags(tags)]
    assert (back, unreached) == ([(s.start, s.end, s.label) for s in spans], [])
