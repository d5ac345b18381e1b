import math
import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from eventcorpus.metrics.match import f1, interval_alpha, kappa, nominal_alpha, share

ratings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40).map(
    lambda pairs: np.array(pairs, dtype=float).T
)


def ours_nominal(values: np.ndarray) -> float:
    marginals = np.bincount(values.astype(int).reshape(-1), minlength=4).astype(float)
    return float(nominal_alpha(np.array(2.0 * (values[0] == values[1]).sum()), marginals))


def ours_interval(values: np.ndarray) -> float:
    n, total, squares = values.shape[1], values.sum(), (values**2).sum()
    differences = ((values[0] - values[1]) ** 2).sum()
    return float(interval_alpha(np.array(n), np.array(total), np.array(squares), np.array(differences)))


@settings(deadline=None)
@given(ratings)
def test_alphas_are_those_of_the_package_krippendorff(values: np.ndarray) -> None:
    if len(np.unique(values)) == 1:
        assert math.isnan(ours_nominal(values)) and math.isnan(ours_interval(values))
        return
    assert ours_nominal(values) == pytest.approx(krippendorff.alpha(values, level_of_measurement="nominal"))
    assert ours_interval(values) == pytest.approx(krippendorff.alpha(values, level_of_measurement="interval"))


@settings(deadline=None)
@given(ratings)
def test_kappa_is_that_of_scikit_learn(values: np.ndarray) -> None:
    first, second = (np.bincount(side.astype(int), minlength=4).astype(float) for side in values)
    ours = float(kappa(np.array([(values[0] == values[1]).sum()]), first[None], second[None]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cohen_kappa_score(values[0].astype(int), values[1].astype(int))
    assert ours == pytest.approx(theirs, nan_ok=True)


@settings(deadline=None)
@given(st.lists(ratings, min_size=1, max_size=4))
def test_coincidences_of_articles_add_up_to_those_of_all_units(articles: list[np.ndarray]) -> None:
    matching = np.array([2.0 * (values[0] == values[1]).sum() for values in articles])
    marginals = np.array([np.bincount(values.astype(int).reshape(-1), minlength=4) for values in articles], dtype=float)
    added = float(nominal_alpha(matching.sum(), marginals.sum(axis=0)))
    everything = np.concatenate(articles, axis=1)
    if len(np.unique(everything)) > 1:
        assert added == pytest.approx(krippendorff.alpha(everything, level_of_measurement="nominal"))


def test_kappa_of_pairs_adds_up_agreement_and_chance() -> None:
    # pair 1: 8 of 10 agree, by chance 5; pair 2: 5 of 10, by chance 5; together (13 - 10) / (20 - 10)
    first = np.array([[5.0, 5.0], [5.0, 5.0]])
    assert float(kappa(np.array([8.0, 5.0]), first, first)) == pytest.approx(0.3)


def test_what_is_undefined_is_nan_and_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nothing = np.zeros(1)
        for figure in (
            f1(nothing, nothing, nothing),
            share(nothing, nothing),
            nominal_alpha(nothing, np.zeros((1, 2))),
            nominal_alpha(np.array([10.0]), np.array([[10.0, 0.0]])),
            interval_alpha(nothing, nothing, nothing, nothing),
            kappa(np.zeros((1, 1)), np.zeros((1, 1, 0)), np.zeros((1, 1, 0))),
            kappa(np.array([[4.0]]), np.array([[[4.0, 0.0]]]), np.array([[[4.0, 0.0]]])),
        ):
            assert np.isnan(figure).all()
