"""The tests of significance against independent ones, and their rate of false alarms."""

import itertools

import numpy as np
import pytest
from scipy import stats

from eventcorpus.metrics.paired import Differences, effect_size, holm, paired_differences
from eventcorpus.metrics.resample import draw_resamples


def mean(sums: np.ndarray) -> np.ndarray:
    return sums[..., :1] / sums[..., 1:]


def with_ones(values: list[float] | np.ndarray) -> np.ndarray:
    return np.stack([np.asarray(values, dtype=float), np.ones(len(values))], axis=1)


def f1(sums: np.ndarray) -> np.ndarray:
    return 2 * sums[..., :1] / (sums[..., 1:2] + sums[..., 2:3])


def test_every_exchange_is_tried_where_there_are_few_and_p_is_that_of_scipy() -> None:
    first = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]
    second = [4.0, 1.5, 6.0, 0.5, 9.0, 9.5, 2.5, 5.0]
    found = paired_differences(
        with_ones(first), with_ones(second), mean, resampling=draw_resamples(range(8), n_resamples=50)
    )
    expected = stats.permutation_test(
        (second, first), lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis), permutation_type="samples",
        n_resamples=np.inf, vectorized=True,
    )  # fmt: skip
    assert (found.rounds, found.exact) == (256, True)
    assert float(found.p_randomisation[0]) == expected.pvalue == 0.1953125
    assert float(found.value[0]) == pytest.approx(0.875)


def test_a_sample_of_exchanges_comes_near_the_p_of_all() -> None:
    generator = np.random.default_rng(5)
    first = generator.integers(0, 10, size=13).astype(float)
    second = first + generator.normal(0.4, 1, size=13)
    resampling = draw_resamples(range(13), n_resamples=50)
    every = paired_differences(with_ones(first), with_ones(second), mean, resampling=resampling, rounds=8192)
    some = paired_differences(with_ones(first), with_ones(second), mean, resampling=resampling, rounds=8000)
    assert (every.exact, some.exact, some.rounds) == (True, False, 8000)
    assert float(some.p_randomisation[0]) == pytest.approx(float(every.p_randomisation[0]), abs=0.015)


def test_exchanges_of_f1_are_those_written_out() -> None:
    first = np.array([[3.0, 4, 5], [1, 2, 2], [0, 3, 1], [2, 2, 6]])
    second = np.array([[4.0, 4, 5], [1, 3, 2], [1, 1, 1], [3, 5, 6]])
    found = paired_differences(first, second, f1, resampling=draw_resamples("abcd", n_resamples=20))
    observed = abs(f1(second.sum(axis=0)) - f1(first.sum(axis=0)))[0]
    extreme = 0
    for swapped in itertools.product([False, True], repeat=4):
        mask = np.array(swapped)[:, None]
        ours, theirs = np.where(mask, second, first).sum(axis=0), np.where(mask, first, second).sum(axis=0)
        extreme += abs(f1(theirs) - f1(ours))[0] >= observed - 1e-12
    assert float(found.p_randomisation[0]) == extreme / 16


def test_articles_of_one_cluster_change_sides_together() -> None:
    first, second = with_ones([1.0, 1, 1, 1]), with_ones([2.0, 2, 2, 2])
    apart = paired_differences(first, second, mean, resampling=draw_resamples("abcd", n_resamples=20))
    together = paired_differences(first, second, mean, resampling=draw_resamples("aabb", n_resamples=20))
    assert (float(apart.p_randomisation[0]), float(together.p_randomisation[0])) == (2 / 16, 2 / 4)


def test_equal_systems_differ_by_nothing() -> None:
    counts = with_ones([1.0, 2, 3, 4, 5])
    found = paired_differences(counts, counts, mean, resampling=draw_resamples(range(5), n_resamples=100))
    assert [float(x[0]) for x in (found.value, found.low, found.high, found.deviation)] == [0.0] * 4
    assert float(found.p_randomisation[0]) == float(found.p_bootstrap[0]) == 1.0


def test_the_other_way_round_is_the_same_difference_with_the_other_sign() -> None:
    generator = np.random.default_rng(2)
    first, second = (with_ones(generator.normal(size=40)) for _ in range(2))
    resampling = draw_resamples(range(40), n_resamples=400)
    one, other = (
        paired_differences(*pair, mean, resampling=resampling, rounds=400)
        for pair in ((first, second), (second, first))
    )
    assert float(one.value[0]) == -float(other.value[0])
    assert float(one.p_randomisation[0]) == float(other.p_randomisation[0])
    assert float(one.low[0]) == pytest.approx(-float(other.high[0]))


def trial(generator: np.random.Generator, gain: float = 0.0) -> Differences:
    """40 articles, easy and hard, whose mentions two systems find with the same probability, or with a gain."""
    support = generator.integers(5, 30, size=40)
    easy = generator.uniform(0.4, 0.9, size=40)
    sides = []
    for share in (easy, np.minimum(easy + gain, 1)):
        correct = generator.binomial(support, share)
        predicted = correct + generator.poisson(0.3 * support)
        sides.append(np.stack([correct, predicted, support], axis=1).astype(float))
    return paired_differences(*sides, f1, resampling=draw_resamples(range(40), n_resamples=400), rounds=500)


def test_false_alarms_of_equal_systems_are_about_one_in_twenty() -> None:
    generator = np.random.default_rng(0)
    found = [trial(generator) for _ in range(600)]
    randomisation = np.mean([x.p_randomisation[0] < 0.05 for x in found])
    bootstrap = np.mean([x.p_bootstrap[0] < 0.05 for x in found])
    assert 0.03 <= randomisation <= 0.07
    assert 0.03 <= bootstrap <= 0.08  # a little too many: the bootstrap's spread of 40 articles is a little too small


def test_the_smallest_difference_is_found_in_about_four_of_five() -> None:
    generator = np.random.default_rng(1)
    deviation = float(np.mean([trial(generator).deviation[0] for _ in range(50)]))
    gain = 0.06
    found = [trial(generator, gain) for _ in range(300)]
    difference = float(np.mean([x.value[0] for x in found]))
    power = np.mean([x.p_randomisation[0] < 0.05 for x in found])
    expected = stats.norm.cdf(difference / deviation - stats.norm.ppf(0.975))
    assert power == pytest.approx(float(expected), abs=0.08)


def test_holm_is_that_of_the_textbook() -> None:
    assert holm(np.array([0.01, 0.02, 0.03, 0.04])).round(3).tolist() == [0.04, 0.06, 0.06, 0.06]
    assert holm(np.array([0.9, np.nan])).tolist()[0] == 0.9


def test_the_effect_does_not_grow_with_the_articles() -> None:
    generator = np.random.default_rng(3)
    effects = []
    for n in (100, 400):
        change = generator.normal(0.5, 1, size=n)
        first = generator.normal(size=n)
        resampling = draw_resamples(range(n), n_resamples=2000)
        found = paired_differences(with_ones(first), with_ones(first + change), mean, resampling=resampling, rounds=10)
        effects.append(float(effect_size(found.value, found.deviation, n_units=n)[0]))
        assert effects[-1] == pytest.approx(change.mean() / change.std(ddof=1), rel=0.05)
    assert abs(effects[0] - effects[1]) < 0.3
