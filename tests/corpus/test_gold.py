"""Which of several annotations of an article is gold."""

import pytest

from eventcorpus.corpus.gold import choose_gold
from eventcorpus.errors import InputError
from eventcorpus.schema import AnnotatedArticle, Article


def annotated(article_id: str, annotator: str) -> AnnotatedArticle:
    return AnnotatedArticle(Article(article_id, "Some text."), (), ("Actor",), annotator=annotator)


def chosen(gold: list[AnnotatedArticle]) -> list[tuple[str, str]]:
    return [(one.article.id, one.annotator) for one in gold]


BOTH = [annotated("x", "a1"), annotated("x", "a2"), annotated("y", "a2"), annotated("z", "a1")]


def test_the_preferred_annotator_is_gold_else_the_first() -> None:
    gold, policy = choose_gold(BOTH, "a2")
    assert chosen(gold) == [("x", "a2"), ("y", "a2"), ("z", "a1")]
    assert policy == "a2's annotation where there is one, else that of the first annotator"


def test_every_article_has_exactly_one_gold_annotation() -> None:
    gold, _ = choose_gold(BOTH, "a1")
    assert chosen(gold) == [("x", "a1"), ("y", "a2"), ("z", "a1")]


def test_a_single_annotator_is_named_as_such() -> None:
    gold, policy = choose_gold([annotated("x", "a1")], "a1")
    assert (chosen(gold), policy) == ([("x", "a1")], "the only annotator's")


def test_an_unknown_annotator_is_an_error_that_lists_the_known_ones() -> None:
    several = [annotated("x", f"a{n}") for n in (10, 2, 1)]
    with pytest.raises(InputError, match="--gold a3: no such annotator; there are a1, a2, a10"):
        choose_gold(several, "a3")


def test_nothing_annotated_gives_no_gold() -> None:
    assert choose_gold([], "a1")[0] == []
