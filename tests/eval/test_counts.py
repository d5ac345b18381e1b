"""Counts per article: four definitions of a match, hand-worked and against each other."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_articles import Given, gold, predicted

from eventcorpus.eval.counts import count_mentions, labels_of, match_articles
from eventcorpus.metrics.match import exact_counts

LABELS = ("A", "B")
span = st.tuples(st.integers(0, 14), st.integers(1, 6), st.sampled_from("AB")).map(lambda x: (x[0], x[0] + x[1], x[2]))
articles = st.lists(st.tuples(st.lists(span, max_size=6), st.lists(span, max_size=6)), min_size=1, max_size=3)


class Counted(NamedTuple):
    """Counts of one run, shape (n_articles, n_labels, 3)."""

    labels: tuple[str, ...]
    exact: Any
    boundary: Any
    type: Any
    overlap: Any


def counted(*pairs: tuple[list[Given], list[Given]], threshold: float = 0.0) -> Counted:
    matched = match_articles(
        [gold(*ours, id_=str(i)) for i, (ours, _) in enumerate(pairs)],
        [predicted(*theirs, id_=str(i)) for i, (_, theirs) in enumerate(pairs)],
    )
    labels = labels_of(matched, LABELS)
    found = count_mentions([matched], labels, overlap=threshold)
    return Counted(labels, *(found[name][:, 0] for name in Counted._fields[1:]))


def correct(statistics: Counted) -> dict[str, float]:
    return {name: getattr(statistics, name)[..., 0].sum() for name in ("exact", "boundary", "type", "overlap")}


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([(0, 9, "A")], [(0, 9, "A")], (1, 1, 1, 1)),
        ([(0, 9, "A")], [(0, 9, "B")], (0, 1, 0, 0)),
        ([(0, 9, "A")], [(4, 9, "A")], (0, 0, 1, 1)),
        ([(0, 9, "A")], [(4, 9, "B")], (0, 0, 0, 0)),
        ([(0, 9, "A")], [(9, 12, "A")], (0, 0, 0, 0)),  # they touch and share nothing
        ([(0, 9, "A")], [(0, 3, "A"), (4, 9, "A")], (0, 0, 1, 1)),
        ([(0, 10, "A"), (10, 12, "A")], [(2, 12, "A"), (0, 3, "A")], (0, 0, 2, 2)),
        # the place is taken by an equal span of another label, which type holds against the system and overlap does not
        ([(0, 9, "A")], [(0, 9, "B"), (0, 4, "A")], (0, 1, 0, 1)),
    ],
)
def test_what_each_definition_calls_right(ours: list[Given], theirs: list[Given], expected: tuple[int, ...]) -> None:
    assert tuple(correct(counted((ours, theirs))).values()) == expected
    assert tuple(correct(counted((ours[::-1], theirs[::-1]))).values()) == expected


@pytest.mark.parametrize(("threshold", "n"), [(0.0, 1), (0.5, 1), (0.51, 0)])
def test_the_threshold_is_the_share_of_common_characters(threshold: float, n: int) -> None:
    assert correct(counted(([(0, 4, "A")], [(2, 4, "A")]), threshold=threshold))["overlap"] == n


def test_counts_of_each_article_and_label() -> None:
    statistics = counted(([(0, 4, "A"), (5, 9, "B")], [(0, 4, "A"), (5, 9, "A")]), ([], [(0, 4, "B")]))
    assert statistics.labels == LABELS
    assert statistics.exact.tolist() == [[[1, 2, 1], [0, 0, 1]], [[0, 0, 0], [0, 1, 0]]]
    # the predicted A on a gold B has the right ends: it counts in the row of B
    assert statistics.boundary.tolist() == [[[1, 1, 1], [1, 1, 1]], [[0, 0, 0], [0, 1, 0]]]


def test_a_label_that_only_a_prediction_has_gets_a_row_behind_the_others() -> None:
    statistics = counted(([(0, 4, "A")], [(0, 4, "Zone"), (6, 7, "Group")]))
    assert statistics.labels == ("A", "B", "Group", "Zone")
    assert statistics.exact[0, :, 1].tolist() == [0, 0, 1, 1]


def test_an_article_without_prediction_was_read_and_found_empty() -> None:
    matched = match_articles(
        [gold((0, 4, "A"), id_="x"), gold((0, 4, "A"), id_="y")], [predicted((0, 4, "A"), id_="y")]
    )
    assert count_mentions([matched], LABELS)["exact"][:, 0, 0].tolist() == [[0, 0, 1], [1, 1, 1]]


@settings(deadline=None)
@given(articles)
def test_definitions_agree_where_they_must(pairs: list[tuple[list[Given], list[Given]]]) -> None:
    statistics = counted(*pairs)
    every = [statistics.exact, statistics.boundary, statistics.type, statistics.overlap]
    for counts in every:
        assert (counts >= 0).all() and (counts[..., :1] <= counts[..., 1:]).all()
        assert (counts.sum(axis=1)[:, 1:] == statistics.exact.sum(axis=1)[:, 1:]).all()
    assert (statistics.exact[..., 0] <= statistics.type[..., 0]).all()
    assert (statistics.exact[..., 0] <= statistics.boundary[..., 0]).all()
    assert (statistics.type[..., 0] <= statistics.overlap[..., 0]).all()
    # counting all articles at once, without outcomes
    oracle = exact_counts(
        [(str(i), *one) for i, (ours, _) in enumerate(pairs) for one in ours],
        [(str(i), *one) for i, (_, theirs) in enumerate(pairs) for one in theirs],
    )
    for label, counts in oracle.items():
        row = statistics.exact.sum(axis=0)[statistics.labels.index(label)]
        assert row.tolist() == [counts.correct, counts.predicted, counts.support]


@settings(deadline=None)
@given(articles)
def test_with_a_threshold_of_one_overlap_is_exact(pairs: list[tuple[list[Given], list[Given]]]) -> None:
    statistics = counted(*pairs, threshold=1.0)
    assert np.array_equal(statistics.overlap, statistics.exact)
