import pytest
from made_up import ONTOLOGY

from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.runs import Run
from eventcorpus.eval.slices import NONE, surface
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import AnnotatedArticle, Article, Span


def article(id_: str, n_words: int, *at: int, **more: str) -> AnnotatedArticle:
    """Words of one letter; mentions are the words at these numbers, from 1."""
    spans = tuple(Span(str(n), 2 * (n - 1), 2 * n - 1, "Actor") for n in at)
    return AnnotatedArticle(Article(id_, "a " * n_words, **more), spans, ONTOLOGY.labels)  # type: ignore[arg-type]


def found(*gold: AnnotatedArticle) -> dict[str, dict[str, tuple[int, int]]]:
    """dimension -> value -> (articles, mentions in gold)."""
    run = Run([prediction_of(one.article, [], ModelName(name="m")) for one in gold])
    report = evaluate(gold, [run], ONTOLOGY, name="d", split="test", n_resamples=0)
    assert report.slices is not None
    return {
        dimension: {value: (one.articles, one.micro.support) for value, one in slices.items()}
        for dimension, slices in report.slices.items()
    }


def test_a_mention_is_placed_by_the_word_that_it_starts_at() -> None:
    slices = found(article("x", 700, 1, 128, 129, 256, 257, 512, 513, 700), article("y", 5, 5))
    assert slices["position"] == {"1-128": (2, 3), "129-256": (1, 2), "257-512": (1, 2), "over 512": (1, 2)}


@pytest.mark.parametrize(
    ("n_words", "value"),
    [
        (1, "1-100"),
        (100, "1-100"),
        (101, "101-250"),
        (250, "101-250"),
        (251, "251-500"),
        (500, "251-500"),
        (501, "over 500"),
    ],
)
def test_an_article_is_as_long_as_its_words(n_words: int, value: str) -> None:
    assert found(article("x", n_words, 1))["length"] == {value: (1, 1)}


def test_values_that_some_articles_do_not_say_are_counted_and_dimensions_that_none_says_are_left_out() -> None:
    slices = found(article("x", 5, 1, outlet="Post"), article("y", 5, 1, 2, published="2019-12-31T10:00:00Z"))
    assert slices["outlet"] == {NONE: (1, 2), "Post": (1, 1)}
    assert slices["month"] == {NONE: (1, 1), "2019-12": (1, 2)}
    assert "kind" not in slices and "tag" not in slices


def test_an_article_without_mentions_counts_among_the_articles_of_its_slice() -> None:
    assert found(article("x", 5, kind="wire"), article("y", 5, 1, kind="wire"))["kind"] == {"wire": (2, 1)}


def test_strings_are_compared_without_case_and_line_ends() -> None:
    assert surface("The\n Rebels") == surface("the REBELS") != surface("rebels")
