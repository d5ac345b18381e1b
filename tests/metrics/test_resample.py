import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.metrics.resample import draw_resamples, estimate


def ratio(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[..., 0] / sums[..., 1]


def test_as_many_units_are_drawn_as_there_are() -> None:
    resampling = draw_resamples([f"a{i}" for i in range(50)], n_resamples=300, seed=3)
    assert resampling.draws.shape == (300, 50)
    assert set(resampling.draws.sum(axis=1).tolist()) == {50}


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    draws = [draw_resamples("abcdef", n_resamples=20, seed=seed).draws.tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_articles_of_one_cluster_are_drawn_together() -> None:
    resampling = draw_resamples(["x", "y", "x", "z"], n_resamples=100)
    each = np.eye(4)
    totals = resampling.totals(each)
    assert resampling.n_units == 3
    assert (totals[:, 0] == totals[:, 2]).all() and (totals[:, 0] != totals[:, 1]).any()


@settings(deadline=None)
@given(st.lists(st.sampled_from("pqrs"), min_size=1, max_size=12), st.integers(0, 5))
def test_totals_are_those_of_articles_written_out_again(units: list[str], seed: int) -> None:
    statistics = np.random.default_rng(seed).integers(0, 9, size=(len(units), 2, 3)).astype(float)
    resampling = draw_resamples(units, n_resamples=4, seed=seed)
    for draws, total in zip(resampling.draws, resampling.totals(statistics), strict=True):
        again = [row for row, unit in zip(statistics, resampling.unit_of, strict=True) for _ in range(draws[unit])]
        assert np.array_equal(total, np.sum(again, axis=0))


def test_more_resamples_than_are_multiplied_at_once() -> None:
    resampling = draw_resamples(range(3), n_resamples=2500)
    assert np.array_equal(resampling.totals(np.ones((3, 1))), np.full((2500, 1), 3.0))


def test_the_interval_has_the_width_that_theory_says() -> None:
    # a mean of 400 coin flips: standard error 0.025, 95% interval 0.098 wide
    flips = np.stack([np.tile([0.0, 1.0], 200), np.ones(400)], axis=1)
    found = estimate(flips, ratio, resampling=draw_resamples(range(400), n_resamples=4000))
    assert float(found.value) == 0.5
    assert float(found.high - found.low) == pytest.approx(0.098, abs=0.006)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000))
def test_the_interval_of_many_articles_holds_the_figure(seed: int) -> None:
    generator = np.random.default_rng(seed)
    asked = generator.integers(5, 30, size=200).astype(float)
    counts = np.stack([generator.binomial(asked.astype(int), 0.7), asked], axis=1)
    found = estimate(counts, ratio, resampling=draw_resamples(range(200), n_resamples=300, seed=seed))
    assert found.low < found.value < found.high


def test_two_figures_over_the_same_resamples_differ_in_pairs() -> None:
    generator = np.random.default_rng(0)
    hard = generator.integers(0, 10, size=100).astype(float)  # hard articles are hard for both systems
    counts = np.stack([hard, hard + 1, np.full(100, 12.0)], axis=1)
    resampling = draw_resamples(range(100), n_resamples=500)
    difference = estimate(counts, lambda x: (x[..., 1] - x[..., 0]) / x[..., 2], resampling=resampling)
    assert (float(difference.low), float(difference.high)) == pytest.approx((1 / 12, 1 / 12))


def test_undefined_in_too_many_resamples_or_of_one_unit_has_no_interval() -> None:
    rare = np.array([[1.0, 1.0]] + [[0.0, 0.0]] * 9)  # a third of the resamples miss the one article
    found = estimate(rare, ratio, resampling=draw_resamples(range(10), n_resamples=200))
    assert float(found.value) == 1.0 and math.isnan(found.low) and math.isnan(found.high)
    alone = estimate(rare, ratio, resampling=draw_resamples(["x"] * 10, n_resamples=200))
    assert float(alone.value) == 1.0 and math.isnan(alone.low)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="0 articles and 10 resamples"):
        draw_resamples([], n_resamples=10)
