"""Which articles repeat another one."""

from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.corpus.near_duplicates import NearDuplicates, jaccard, shingles

STORY = (
    "Gunmen ambushed an army convoy on the road to the coast on Tuesday, killing nine soldiers, the ministry said. "
    "Residents heard explosions through the night and saw two trucks on fire near the bridge."
)
UPDATE = STORY.replace("nine soldiers", "eleven soldiers") + " A spokesman promised an inquiry."
OTHER = (
    "Melon growers sold the first crates of the season for a record price, and traders fought over them with good "
    "humour until a bell ended the auction at noon, to the relief of the police officer at the gate."
)


def repeated(index: NearDuplicates, article_id: str, text: str) -> str | None:
    """The article that the text repeats most."""
    return next((other for other, _ in index.add(article_id, text)), None)


def test_an_update_repeats_its_story_and_another_story_does_not() -> None:
    index = NearDuplicates()
    assert repeated(index, "story", STORY) is None
    assert repeated(index, "other", OTHER) is None
    assert repeated(index, "update", UPDATE) == "story"


def test_of_several_the_most_similar_is_named_and_of_equal_ones_the_first() -> None:
    index = NearDuplicates()
    repeated(index, "update", UPDATE)
    repeated(index, "story", STORY)
    repeated(index, "again", STORY)
    assert repeated(index, "third", STORY.upper()) == "story"


def test_similarity_is_the_share_of_common_shingles() -> None:
    one, other = shingles("a1 b2 c3 d4 e5 f6 g7"), shingles("a1 b2 c3 d4 e5 f6 x9")
    assert jaccard(one, other) == 2 / 4


def test_texts_shorter_than_a_shingle_are_compared_whole() -> None:
    index = NearDuplicates()
    assert [
        repeated(index, "1", "Curfew lifted."),
        repeated(index, "2", "Curfew lifted!"),
        repeated(index, "3", "Curfew."),
    ] == [
        None,
        "1",
        None,
    ]


def test_texts_without_words_are_like_each_other_and_break_nothing() -> None:
    index = NearDuplicates()
    assert [repeated(index, "1", "…"), repeated(index, "2", "— —")] == [None, "1"]


@given(st.lists(st.sampled_from(["war", "peace", "town", "river", "bridge", "talks"]), min_size=1, max_size=40))
def test_a_copy_is_always_found(said: list[str]) -> None:
    index = NearDuplicates()
    repeated(index, "one", " ".join(said))
    assert repeated(index, "two", "\n".join(said)) == "one"
