"""What to annotate next: unsure and new first, near-duplicates last, a fair share at random."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.corpus.rank import Ranked, rank_articles, uncertainty
from eventcorpus.errors import InputError, PredictionsError
from eventcorpus.predictions import ModelName, PredictedMention, Prediction
from eventcorpus.schema import Article

WORDS = ("bridge", "market", "hospital", "convoy", "drone", "curfew", "ceasefire", "mayor", "harvest", "border", "river",
         "village", "militia", "strike", "airport", "radio", "prison", "school", "winter", "mountain")  # fmt: skip


def article(name: str, *said: str) -> Article:
    return Article(name, " ".join(said))


def prediction(one: Article, *confidences: float) -> Prediction:
    word = one.text.split()[0]
    mentions = tuple(
        PredictedMention(start=0, end=len(word), label="Actor", text=word, confidence=c) for c in confidences
    )
    return Prediction(model=ModelName(name="m"), id=one.id, text_sha256=one.text_sha256, mentions=mentions)


def rank(*given: tuple[Article, float | None], share: float = 0.0, **options: object) -> list[Ranked]:
    predictions = {a.id: prediction(a, c) for a, c in given if c is not None}
    return rank_articles([a for a, _ in given], predictions, random_share=share, **options)  # type: ignore[arg-type]


A = article("a", "bridge", "market", "convoy", "drone", "curfew", "mayor")
B = article("b", "harvest", "border", "river", "village", "radio", "prison")
C = article("c", "school", "winter", "mountain", "airport", "strike", "militia")


def test_the_model_asks_first_for_what_it_is_unsure_of() -> None:
    ranked = rank((A, 0.9), (B, 0.4), (C, 0.7))
    assert [one.id for one in ranked] == ["b", "c", "a"]
    assert ranked[0].uncertainty == round(1000 * 0.6 / len(B.text), 4)


def test_what_says_nothing_new_comes_later() -> None:
    ranked = rank((A, 0.5), (C, 0.5), annotated=[article("old", *reversed(A.text.split()), "bridge")])
    assert [(one.id, one.novelty) for one in ranked] == [("c", 1.0), ("a", 0.0)]


def test_an_article_is_no_news_after_one_that_says_the_same() -> None:
    shuffled = article("a2", "mayor", "curfew", "drone", "convoy", "market", "bridge")
    ranked = rank((A, 0.5), (shuffled, 0.5), (B, 0.5))
    assert [(one.id, one.novelty) for one in ranked] == [("a", 1.0), ("b", 1.0), ("a2", 0.0)]


def test_near_duplicates_come_last_and_name_their_twin() -> None:
    copy = article("copy", *A.text.split(), "today")
    ranked = rank((A, 0.9), (copy, 0.1), (B, 0.9), share=0.5)
    assert (ranked[-1].id, ranked[-1].chosen_by, ranked[-1].near_duplicate_of) == ("copy", "near-duplicate", "a")


def test_a_copy_of_an_annotated_article_comes_last() -> None:
    ranked = rank((article("copy", *A.text.split()), 0.1), (B, 0.9), annotated=[A])
    assert [(one.id, one.near_duplicate_of) for one in ranked] == [("b", None), ("copy", "a")]


def test_what_is_annotated_is_left_out() -> None:
    assert [one.id for one in rank((A, 0.5), (B, 0.5), annotated=[A])] == ["b"]


def test_an_article_without_prediction_is_told_and_not_lost() -> None:
    ranked = rank((A, None), (B, 0.5))
    assert [(one.id, one.chosen_by, one.uncertainty) for one in ranked] == [
        ("b", "model", round(500 / len(B.text), 4)),
        ("a", "no prediction", None),
    ]


def test_an_article_in_which_the_model_sees_nothing_has_no_uncertainty() -> None:
    assert uncertainty(prediction(A), len(A.text)) is None
    ranked = rank_articles([A, B], {"a": prediction(A), "b": prediction(B, 0.9)}, random_share=0)
    assert [one.id for one in ranked] == ["b", "a"]


def test_an_article_with_more_doubtful_mentions_a_character_comes_first() -> None:
    ranked = rank_articles([A, B], {"a": prediction(A, 0.5), "b": prediction(B, 0.6, 0.6)}, random_share=0)
    assert [one.id for one in ranked] == ["b", "a"]


def test_ids_that_come_twice_and_predictions_of_another_text_are_errors() -> None:
    with pytest.raises(InputError, match="article 'a' comes twice"):
        rank((A, 0.5), (A, 0.5))
    with pytest.raises(InputError, match="not one of the articles has a prediction"):
        rank((A, None))
    with pytest.raises(PredictionsError, match="article a: predicted on a text with sha256"):
        rank_articles([article("a", "other")], {"a": prediction(A, 0.5)})


pools = st.lists(
    st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.floats(0, 1)), min_size=1, max_size=25
)


@settings(deadline=None)
@given(pools, st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.integers(0, 5))
def test_every_article_stands_once_and_every_stretch_has_its_random_share(
    pool: list[tuple[list[str], float]], share: float, seed: int
) -> None:
    given_ = [(article(f"x{n:02d}", *said), confidence) for n, (said, confidence) in enumerate(pool)]
    ranked = rank(*given_, share=share, seed=seed)
    assert sorted(one.id for one in ranked) == [a.id for a, _ in given_]
    assert [one.rank for one in ranked] == list(range(1, len(pool) + 1))
    assert ranked == rank(*reversed(given_), share=share, seed=seed) or any(one.near_duplicate_of for one in ranked)
    fresh = [one for one in ranked if one.chosen_by != "near-duplicate"]
    n_random = sum(one.chosen_by == "random" for one in fresh)
    assert n_random == round(share * len(fresh))
    for stretch in range(1, len(fresh) + 1):
        drawn = sum(one.chosen_by == "random" for one in fresh[:stretch])
        assert drawn <= share * stretch + 1
    if 0 < share < 1 and len(fresh) >= 10:
        assert any(one.chosen_by == "random" for one in fresh[: round(2 / share)])


def test_the_random_share_is_drawn_without_the_model() -> None:
    """Over many seeds every article is drawn about equally often, whatever its confidence."""
    pool = [(article(f"x{n}", WORDS[2 * n], WORDS[2 * n + 1], "alone"), n / 10) for n in range(10)]
    drawn: Counter[str] = Counter()
    for seed in range(100):
        drawn.update(one.id for one in rank(*pool, share=0.2, seed=seed) if one.chosen_by == "random")
    assert sum(drawn.values()) == 200
    assert all(10 <= drawn[f"x{n}"] <= 32 for n in range(10))


def test_the_random_draw_does_not_depend_on_confidences() -> None:
    def drawn(*confidences: float) -> list[str]:
        pool = [(a, c) for a, c in zip((A, B, C), confidences, strict=True)]
        return [one.id for one in rank(*pool, share=0.34) if one.chosen_by == "random"]

    assert drawn(0.1, 0.5, 0.9) == drawn(0.9, 0.1, 0.2)
