"""The fit of the power law finds the law that points come from, within its limits."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from eventcorpus.metrics.power_law import fit_power_laws

SIZES = np.array([25.0, 50.0, 100.0, 200.0, 400.0])


@pytest.mark.parametrize(
    ("a", "b", "c"), [(0.85, 1.2, 0.5), (0.8, 3.0, 1.0), (0.95, 0.9, 0.15), (1.0, 1.0, 0.2), (0.7, 0.0, 0.5)]
)
def test_of_points_without_noise_the_law_itself_is_found(a: float, b: float, c: float) -> None:
    law = fit_power_laws(SIZES, a - b * SIZES**-c)
    assert float(law.a) == pytest.approx(a, abs=2e-5)
    assert float(law.b) == pytest.approx(b, abs=2e-4)
    if b:
        assert float(law.c) == pytest.approx(c, abs=2e-5)


NOISY = np.array([0.618, 0.675, 0.736, 0.761, 0.794])
"""0.85 - 1.2 * SIZES ** -0.5 with errors of 0.008, -0.005, 0.006, -0.004, 0.004."""


def test_of_noisy_points_it_is_the_least_squares_fit_that_scipy_finds() -> None:
    law = fit_power_laws(SIZES, NOISY)
    found = least_squares(
        lambda p: p[0] - p[1] * SIZES ** -p[2] - NOISY, [0.8, 1.0, 0.5], bounds=([0, 0, 0.05], [1, np.inf, 3]),
        xtol=1e-14, ftol=1e-14, gtol=1e-14,
    )  # fmt: skip
    assert (round(float(law.a), 3), round(float(law.b), 2), round(float(law.c), 3)) == (0.882, 0.95, 0.396)
    assert [float(law.a), float(law.b), float(law.c)] == pytest.approx(found.x, rel=1e-3)


def test_no_law_goes_beyond_the_highest_score() -> None:
    law = fit_power_laws(SIZES, 0.95 - 0.9 * SIZES**-0.15, highest=0.8)
    assert float(law.a) == 0.8
    assert float(law.at(400)) < 0.8


def test_a_curve_that_falls_is_flat_at_its_mean() -> None:
    law = fit_power_laws(SIZES, np.array([0.8, 0.7, 0.7, 0.6, 0.6]))
    assert (float(law.a), float(law.b)) == (pytest.approx(0.68), 0.0)
    assert float(law.size_for(law.at(400) + 0.02)) == float("inf")


def test_many_curves_are_fitted_as_each_by_itself() -> None:
    curves = np.stack([NOISY, 0.85 - 1.2 * SIZES**-0.5, np.full(5, 0.5)])
    together = fit_power_laws(SIZES, curves)
    alone = [fit_power_laws(SIZES, curve) for curve in curves]
    assert together.a.tolist() == [pytest.approx(float(law.a)) for law in alone]
    assert together.c.tolist() == [pytest.approx(float(law.c)) for law in alone]


def test_points_of_weight_two_count_twice_and_of_weight_nothing_not_at_all() -> None:
    twice = fit_power_laws(np.repeat(SIZES[1:], [1, 2, 1, 1]), np.repeat(NOISY[1:], [1, 2, 1, 1]))
    weighted = fit_power_laws(SIZES, NOISY, weights=np.array([0.0, 1.0, 2.0, 1.0, 1.0]))
    assert [float(weighted.a), float(weighted.b), float(weighted.c)] == pytest.approx(
        [float(twice.a), float(twice.b), float(twice.c)], rel=1e-6
    )


def test_of_fewer_than_three_points_there_is_no_law() -> None:
    scores = np.array([0.5, np.nan, np.nan, 0.6, np.nan])
    law = fit_power_laws(SIZES, scores)
    assert np.isnan([law.a, law.b, law.c]).all()
    assert np.isnan(law.size_for(law.at(400)))


def test_the_size_for_a_score_is_where_the_law_has_it() -> None:
    law = fit_power_laws(SIZES, 0.9 - 2 * SIZES**-0.5)
    assert float(law.size_for(np.array(0.87))) == pytest.approx((2 / 0.03) ** 2, rel=1e-3)
    assert float(law.size_for(np.array(0.91))) == float("inf")
