import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "matching.clusters",
        "matching.coefficients",
        "matching.article_counts",
        "matching.outcomes",
        "matching.paired",
        "matching.overlap",
        "matching.reliability",
        "matching.resample",
        "eval.compare",
        "matching.tag_scores",
        "matching.tag_sequences",
        "matching.spans",
        "eval.scores",
        "eval.trainer_metrics",
        "sentences",
        "labelling.disagreements",
    ],
)
def test_the_examples_in_the_docstrings_are_true(module: str) -> None:
    found = doctest.testmod(import_module(f"eventcorpus.{module}"))
    assert found.attempted > 0 and found.failed == 0
