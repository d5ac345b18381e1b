"""Confusion against scikit-learn's, and each kind of boundary error by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_articles import Given, gold, predicted
from sklearn.metrics import confusion_matrix

from eventcorpus.eval.counts import boundary_errors_of, confusion_of, match_articles

LABELS = ["A", "B", "C"]
pairs_of_labels = st.lists(st.tuples(st.sampled_from([*LABELS, None]), st.sampled_from([*LABELS, None])), max_size=20)
span = st.tuples(st.integers(0, 14), st.integers(1, 6), st.sampled_from(LABELS)).map(
    lambda x: (x[0], x[0] + x[1], x[2])
)


@settings(deadline=None)
@given(pairs_of_labels)
def test_on_equal_places_it_is_that_of_scikit_learn(labels: list[tuple[str | None, str | None]]) -> None:
    ours = [(4 * i, 4 * i + 3, label) for i, (label, _) in enumerate(labels) if label]
    theirs = [(4 * i, 4 * i + 3, label) for i, (_, label) in enumerate(labels) if label]
    found = confusion_of([match_articles([gold(*ours)], [predicted(*theirs)])], LABELS)
    met = [(a or "nothing", b or "nothing") for a, b in labels if a or b]
    expected = [[0] * 4] * 4
    if met:
        first, second = zip(*met, strict=True)
        expected = confusion_matrix(first, second, labels=[*LABELS, "nothing"]).tolist()
    assert [list(row) for row in found.counts] == expected


@given(st.lists(span, max_size=6), st.lists(span, max_size=6))
def test_rows_add_up_to_gold_and_columns_to_what_was_predicted(ours: list[Given], theirs: list[Given]) -> None:
    counts = confusion_of([match_articles([gold(*ours)], [predicted(*theirs)])], LABELS).counts
    for i, label in enumerate(LABELS):
        assert sum(counts[i]) == sum(one[2] == label for one in ours)
        assert sum(row[i] for row in counts) == sum(one[2] == label for one in theirs)
    assert counts[-1][-1] == 0


def test_of_a_split_mention_one_piece_matches_and_of_merged_ones_one_is_matched() -> None:
    matched = match_articles(
        [gold((0, 9, "A"), (20, 24, "B"), (25, 29, "B"))], [predicted((0, 4, "A"), (5, 9, "A"), (20, 29, "B"))]
    )
    assert confusion_of([matched], ["A", "B"]).counts == ((1, 0, 0), (0, 1, 1), (1, 0, 0))


@pytest.mark.parametrize(
    ("theirs", "kinds"),
    [
        ([(12, 20, "A")], {"start", "too_short"}),
        ([(8, 20, "A")], {"start", "too_long"}),
        ([(10, 15, "A")], {"end", "too_short"}),
        ([(10, 25, "A")], {"end", "too_long"}),
        ([(12, 18, "A")], {"both", "too_short"}),
        ([(8, 25, "A")], {"both", "too_long"}),
        ([(12, 25, "A")], {"both", "shifted"}),
        ([(8, 15, "A")], {"both", "shifted"}),
        ([(10, 14, "A"), (15, 20, "A")], {"split"}),
        ([(10, 20, "A")], set()),
        ([(10, 20, "B")], set()),
        ([(12, 20, "B")], set()),
        ([], set()),
    ],
)  # fmt: skip
def test_kinds_of_boundary_errors(theirs: list[Given], kinds: set[str]) -> None:
    found = boundary_errors_of([match_articles([gold((10, 20, "A"))], [predicted(*theirs)])], LABELS)
    assert list(found) == LABELS
    assert {kind for kind, n in found["A"].model_dump().items() if n} == kinds
    assert not any(found["B"].model_dump().values())


def test_merged_mentions_are_one_error() -> None:
    matched = match_articles([gold((0, 4, "A"), (5, 9, "A"), (10, 14, "A"))], [predicted((0, 14, "A"))])
    assert boundary_errors_of([matched], ["A"])["A"].model_dump() == {
        "start": 0, "end": 0, "both": 0, "too_short": 0, "too_long": 0, "shifted": 0, "split": 0, "merged": 1,
    }  # fmt: skip
