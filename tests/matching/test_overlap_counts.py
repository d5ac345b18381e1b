"""Counts of overlapping mentions: per article and label, one to one, whatever the order."""

import pytest

from eventcorpus.matching.overlap_counts import overlap_counts
from eventcorpus.matching.spans import Counts, Key, exact_counts


@pytest.mark.parametrize(
    ("gold", "predicted", "correct"),
    [
        ([("x", 0, 12, "A")], [("x", 4, 12, "A")], 1),
        ([("x", 0, 12, "A")], [("x", 12, 14, "A")], 0),  # they touch and share nothing
        ([("x", 0, 12, "A")], [("y", 0, 12, "A")], 0),
        ([("x", 0, 12, "A")], [("x", 0, 12, "B")], 0),
        ([("x", 0, 12, "A")], [("x", 0, 3, "A"), ("x", 4, 12, "A")], 1),
        ([("x", 0, 10, "A"), ("x", 10, 12, "A")], [("x", 2, 12, "A"), ("x", 0, 3, "A")], 2),
    ],
)
def test_a_shared_character_is_enough_and_each_counts_once(gold: list[Key], predicted: list[Key], correct: int) -> None:
    found = overlap_counts(gold, predicted)
    assert sum(c.correct for c in found.values()) == correct
    assert found == overlap_counts(gold[::-1], predicted[::-1])
    assert {label: (c.predicted, c.support) for label, c in found.items()} == {
        label: (c.predicted, c.support) for label, c in exact_counts(gold, predicted).items()
    }


def test_labels_of_either_side_have_counts() -> None:
    assert overlap_counts([("x", 0, 1, "A")], [("x", 0, 1, "B")]) == {"A": Counts(0, 0, 1), "B": Counts(0, 1, 0)}
