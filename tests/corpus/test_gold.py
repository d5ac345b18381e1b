"""Which of several annotations of an article is gold."""

import pytest

from eventcorpus.corpus.gold import gold_of, gold_policy
from eventcorpus.errors import InputError
from eventcorpus.schema import AnnotatedArticle, Article


def annotated(article_id: str, annotator: str) -> AnnotatedArticle:
    return AnnotatedArticle(Article(article_id, "Some text."), (), ("Actor",), annotator=annotator)


BOTH = [annotated("x", "a1"), annotated("x", "a2")]


@pytest.mark.parametrize(("preferred", "chosen"), [("a1", "a1"), ("a2", "a2"), ("a3", "a1")])
def test_the_preferred_annotator_is_gold_else_the_first(preferred: str, chosen: str) -> None:
    assert gold_of(BOTH, preferred).annotator == chosen


def test_the_policy_is_said_in_words() -> None:
    assert gold_policy(["a1", "a2"], "a2") == "a2's annotation where there is one, else that of the first annotator"


@pytest.mark.parametrize("annotators", [["a1"], []])
def test_a_single_annotator_is_named_as_such(annotators: list[str]) -> None:
    assert gold_policy(annotators, "a1") == "the only annotator's"


def test_an_unknown_annotator_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="--gold a3: no such annotator; there are a1, a2, a10"):
        gold_policy(["a10", "a2", "a1"], "a3")
