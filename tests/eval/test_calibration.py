import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import LABELS, corpus, empty, system
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, precision_recall_curve

from eventcorpus.eval.calibration import average_precision, calibration_of, curve, scored_mentions
from eventcorpus.eval.counts import gold_keys
from eventcorpus.eval.intervals import draw_articles
from eventcorpus.eval.report import Calibration
from eventcorpus.eval.runs import Run
from eventcorpus.models.calibration import ScoredMentions
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import AnnotatedArticle, Mention

GOLD = corpus(20, seed=4)


def calibrated(*runs: Run, gold: list[AnnotatedArticle] = GOLD) -> Calibration | None:
    return calibration_of(
        gold_keys(gold), [run.predictions for run in runs], articles=[one.article.id for one in gold], labels=LABELS,
        resampling=draw_articles(gold, n_resamples=200),
    )  # fmt: skip


def scored(run: Run) -> ScoredMentions:
    return scored_mentions(gold_keys(GOLD), run.predictions)[1]


def actors(*rated: tuple[float, bool]) -> ScoredMentions:
    confidences, correct = zip(*rated, strict=True)
    return ScoredMentions(("Actor",) * len(rated), np.array(confidences), np.array(correct))


def test_bins_and_error_are_those_of_scikit_learn() -> None:
    run = system(GOLD, 0.7, seed=1)
    found = calibrated(run)
    assert found is not None
    every = scored(run)
    right, sure = every.correct, every.confidences
    assert not any((10 * x).is_integer() for x in sure.tolist())  # its bins hold their upper ends, ours the lower
    share, confidence = calibration_curve(right, sure, n_bins=10)
    known = [b for b in found.bins if b.n]
    assert [b.correct for b in known] == pytest.approx(share.tolist())
    assert [b.confidence for b in known] == pytest.approx(confidence.tolist())
    weights = np.array([b.n for b in known]) / len(right)
    assert found.expected_calibration_error.value == pytest.approx(float((weights * abs(share - confidence)).sum()))
    interval = found.expected_calibration_error.interval
    assert interval is not None and 0 < interval.low < interval.high < 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9, 1.0]), st.booleans()), min_size=1, max_size=30))
def test_average_precision_and_curve_are_those_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    every = actors(*pairs)
    sure, right = zip(*pairs, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nothing is right
        expected = average_precision_score(right, sure)
        precision, recall, thresholds = precision_recall_curve(right, sure)
    assert average_precision(every) == pytest.approx(expected)
    points = curve(every, n_gold=sum(right))
    assert [p.threshold for p in points] == thresholds.tolist()
    assert [p.precision for p in points] == pytest.approx(precision[:-1].tolist())
    if any(right):
        assert [p.recall for p in points] == pytest.approx(recall[:-1].tolist())


def test_a_curve_has_at_most_fifty_points_and_both_its_ends() -> None:
    every = actors(*((i / 1000, i % 2 == 0) for i in range(1000)))
    points = curve(every, n_gold=500)
    assert len(points) == 50
    assert (points[0].threshold, points[0].coverage, points[-1].threshold, points[-1].coverage) == (
        0.0,
        1.0,
        0.999,
        0.001,
    )


def test_recall_is_of_all_gold_and_coverage_of_what_was_predicted() -> None:
    every = actors((0.9, True), (0.2, False))
    low, high = curve(every, n_gold=4)
    assert (low.precision, low.recall, low.coverage) == (0.5, 0.25, 1.0)
    assert (high.precision, high.recall, high.coverage) == (1.0, 0.25, 0.5)


def test_a_confidence_on_an_edge_is_in_the_bin_that_begins_there() -> None:
    one = GOLD[0]
    mentions = [
        Mention(s.start, s.end, s.label, one.article.text[s.start : s.end], c)
        for s, c in zip(one.spans, (0.3, 0.6, 0.7, 1.0), strict=False)
    ]
    found = calibrated(Run([prediction_of(one.article, mentions, ModelName(name="m"))]))
    assert found is not None
    assert [b.n for b in found.bins] == [0, 0, 0, 1, 0, 0, 1, 1, 0, 1]


def test_a_mention_predicted_twice_is_right_once_where_it_is_surest() -> None:
    one, span = GOLD[0], GOLD[0].spans[0]
    twice = [Mention(span.start, span.end, span.label, one.article.text[span.start : span.end], c) for c in (0.2, 0.8)]
    found = scored(Run([prediction_of(one.article, twice, ModelName(name="m"))]))
    assert (found.confidences.tolist(), found.correct.tolist()) == ([0.8, 0.2], [True, False])


def test_a_system_without_confidences_has_no_calibration() -> None:
    run = system(GOLD, 0.7)
    silent = [
        p.model_copy(update={"mentions": tuple(m.model_copy(update={"confidence": 1.0}) for m in p.mentions)})
        for p in run.predictions
    ]
    assert calibrated(Run(silent)) is None
    assert calibrated(empty(GOLD)) is None


def test_runs_are_pooled() -> None:
    runs = [system(GOLD, 0.7, seed=seed) for seed in (1, 2)]
    both, each = calibrated(*runs), [calibrated(run) for run in runs]
    assert both is not None
    assert [b.n for b in both.bins] == [
        sum(n) for n in zip(*([b.n for b in one.bins] for one in each if one), strict=True)
    ]
    assert both.curves["micro"][0].recall == pytest.approx(
        sum(one.curves["micro"][0].recall or 0 for one in each if one) / 2
    )


@settings(max_examples=20, deadline=None)
@given(st.randoms())
def test_the_order_of_predictions_changes_nothing(dice: random.Random) -> None:
    run = system(GOLD, 0.6, seed=9)
    shuffled = [
        p.model_copy(update={"mentions": tuple(dice.sample(p.mentions, len(p.mentions)))}) for p in run.predictions
    ]
    dice.shuffle(shuffled)
    assert calibrated(Run(shuffled)) == calibrated(run)
