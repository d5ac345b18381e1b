"""Counts: the case table, sums, and text that is no count."""

import csv
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.events.counts import CountValue, add_counts, read_count

with (Path(__file__).parent / "cases/counts.csv").open(encoding="utf-8") as file:
    CASES = list(csv.DictReader(file))
WORDS = "at least some up to no more than between and two hundred thousand dozens of a half 12 1,000 - % ( ) several one few ½ or"


def ends(words: str, after: str = "", number_words: Literal["none", "acled"] = "none") -> tuple[int | None, ...] | None:
    found = read_count(words, after=after, number_words=number_words)
    return None if found is None else (found.low, found.best, found.high)


def value(low: int | None, best: int | None, high: int | None, unit: str | None = None) -> CountValue:
    return CountValue(low=low, best=best, high=high, unit=unit, rule="exact number", confidence=0.5)


def test_the_table_has_300_cases_none_of_them_twice() -> None:
    assert len({(case["words"], case["after"], case["number_words"]) for case in CASES}) == 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['words']} / {case['after']} / {case['number_words']}")
def test_a_count_is_read_as_the_table_says(case: dict[str, str]) -> None:
    found = read_count(case["words"], after=case["after"], number_words=case["number_words"])  # type: ignore[arg-type]
    wanted = tuple(int(case[end]) if case[end] else None for end in ("low", "best", "high"))
    if wanted == (None, None, None):
        assert found is None
    else:
        assert found is not None
        assert (found.low, found.best, found.high, found.unit) == (*wanted, case["unit"] or None)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("18", "exact number"), ("at least 18", "at least"), ("some 40", "about"), ("up to 30", "at most"),
        ("fewer than ten", "fewer than"), ("five or six", "range"), ("dozens", "vague words"), ("no one", "nobody"),
        ("a couple of", "small group"),
    ],
)  # fmt: skip
def test_a_value_names_its_rule_and_how_often_it_is_right(words: str, rule: str) -> None:
    found = read_count(words)
    assert found is not None and found.rule == rule and 0.8 <= found.confidence < 1


@pytest.mark.parametrize(
    ("words", "after", "unit"),
    [
        ("18", " unarmed Syrian civilians fled", "people"),
        ("one", " police officer was hurt", "people"),
        ("two", " police cars burnt", None),
        ("one", " civilian house", None),
        ("three", " family members", "people"),
        ("12", " families of the fallen", "families"),
        ("two", " night watchmen", "people"),
        ("13", " wounded, among them soldiers", None),
        ("four", ", soldiers said", None),
    ],
)
def test_the_unit_is_the_noun_behind_the_number(words: str, after: str, unit: str | None) -> None:
    found = read_count(words, after=after)
    assert found is not None and found.unit == unit


@pytest.mark.parametrize(
    ("words", "after"),
    [
        ("five", "-day battle"), ("one", " day later"), ("30", " minutes"), ("one", " in five families"), ("12", ",500 people"),
        ("5", " million people"), ("between eight and five", ""), ("five and eight", ""), ("nearly none", ""), ("up to dozens", ""),
    ],
)  # fmt: skip
def test_a_measure_or_a_part_of_a_number_is_no_count(words: str, after: str) -> None:
    assert read_count(words, after=after) is None


def test_hedges_are_read_one_in_the_other() -> None:
    assert ends("more than an estimated 100") == (100, 100, None)
    assert ends("up to some 40 more") == (None, 40, 40)
    assert ends("up to 20-30") == (None, None, 30)
    assert ends("18, possibly more") == (18, 18, None)


def test_a_number_beyond_a_billion_is_none() -> None:
    assert ends("1,000,000,000") == (10**9,) * 3
    assert [
        read_count(words)
        for words in ("9" * 400, "9" * 100, "2 billion", "hundreds of millions of millions", "1 " + "000 " * 20)
    ] == [None] * 5


def test_parts_are_added_and_an_end_that_one_lacks_is_unknown() -> None:
    both = add_counts([value(8, 8, 8, "people"), value(4, 4, None, "people")])
    assert (both.low, both.best, both.high, both.unit, both.rule, both.confidence) == (
        12,
        12,
        None,
        "people",
        "sum",
        0.25,
    )


def test_the_unit_of_a_sum_is_that_of_all_its_parts() -> None:
    assert add_counts([value(8, 8, 8, "people"), value(4, 4, 4)]).unit is None


def test_people_and_families_have_no_sum() -> None:
    both = add_counts([value(8, 8, 8, "people"), value(4, 4, 4, "families")])
    assert (both.low, both.best, both.high, both.unit) == (None, None, None, None)


def test_there_is_no_sum_of_nothing() -> None:
    with pytest.raises(ValueError, match="there are no counts to add"):
        add_counts([])


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join)),
    st.text(),
    st.sampled_from(["none", "acled"]),
)
def test_no_text_raises_and_the_ends_are_in_order(
    words: str, after: str, number_words: Literal["none", "acled"]
) -> None:
    found = ends(words, after, number_words)
    known = [number for number in found or () if number is not None]
    assert known == sorted(known)
    assert (found is None) == (not known)
