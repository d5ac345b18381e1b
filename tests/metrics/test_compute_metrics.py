"""What the Trainer is told, against seqeval's strict mode."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2
from transformers import EvalPrediction

from eventcorpus.metrics.tag_scores import compute_metrics
from eventcorpus.tags import tag_names

TAGS = tag_names(["Actor", "Place"])
windows = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.tuples(*[st.lists(st.integers(least, 4), min_size=6, max_size=6) for least in (0, -1)]),
        min_size=n,
        max_size=n,
    )
)


def evaluated(predictions: object, label_ids: object) -> SimpleNamespace:
    return SimpleNamespace(predictions=np.array(predictions), label_ids=np.array(label_ids))


@settings(max_examples=60, deadline=None)
@given(windows)
def test_it_is_what_seqeval_computes_in_strict_mode(given_windows: list[tuple[list[int], list[int]]]) -> None:
    said = [one for one, _ in given_windows]
    gold = [[-100 if tag < 0 else tag for tag in one] for _, one in given_windows]
    pairs = [
        [(TAGS[a], TAGS[b]) for a, b in zip(one, other, strict=True) if a != -100]
        for one, other in zip(gold, said, strict=True)
    ]
    in_gold, predicted = ([[pair[side] for pair in window] for window in pairs] for side in (0, 1))
    found = compute_metrics(TAGS)(evaluated(said, gold))
    assume(any(tag.startswith("B") for window in in_gold + predicted for tag in window))  # seqeval: NaN
    for average, prefix in (("micro", ""), ("macro", "macro_")):
        for name, oracle in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
            expected = oracle(in_gold, predicted, mode="strict", scheme=IOB2, average=average, zero_division=0)
            assert found[prefix + name] == pytest.approx(float(expected))


def test_logits_are_read_as_their_largest_and_ignored_tokens_do_not_count() -> None:
    ids = np.array([[1, 2, 0, 3, 4]])
    logits = np.eye(len(TAGS))[ids] * 3.0
    found = compute_metrics(TAGS)(evaluated(logits, [[1, 2, 0, 3, -100]]))
    assert found == {
        "precision": 1.0, "recall": 1.0, "f1": 1.0, "macro_precision": 1.0, "macro_recall": 1.0, "macro_f1": 1.0,
        "f1_Actor": 1.0, "f1_Place": 1.0,
    }  # fmt: skip


def test_it_takes_what_the_trainer_hands_over() -> None:
    ids = np.array([[1, 2, 0]])
    handed = EvalPrediction(predictions=np.eye(len(TAGS), dtype=np.float32)[ids], label_ids=ids)
    assert compute_metrics(TAGS)(handed)["f1"] == 1.0


def test_some_models_hand_over_more_than_logits() -> None:
    ids = np.array([[1, 0]])
    logits = np.eye(len(TAGS))[ids]
    assert compute_metrics(TAGS)(SimpleNamespace(predictions=(logits, None), label_ids=ids))["f1"] == 1.0


def test_what_is_undefined_is_zero_and_every_label_is_there() -> None:
    found = compute_metrics(TAGS)(evaluated([[0, 0]], [[0, 0]]))
    assert found["f1"] == found["macro_f1"] == found["f1_Actor"] == found["f1_Place"] == 0.0
