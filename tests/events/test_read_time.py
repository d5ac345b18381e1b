"""Time mentions as days: the case table, and what holds for every text."""

import datetime as dt

import pytest
from compare_dates import Case, read_cases
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.events.dates import DateContext, DateValue, read_time, years_named

TUESDAY = DateContext(dt.date(2018, 4, 24))
WORDS = st.lists(
    st.sampled_from(
        [
            "last",
            "next",
            "this",
            "early",
            "late",
            "mid-",
            "end",
            "of",
            "the",
            "first",
            "second",
            "week",
            "month",
            "year",
            "half",
            "quarter",
            "Tuesday",
            "Sunday",
            "March",
            "May",
            "29",
            "31",
            "february",
            "2011",
            "1999-2000",
            "0",
            "9999",
            "and",
            "to",
            "-",
            "/",
            ".",
            ",",
            "’s",
            "a.m.",
            "07:30",
            "noon",
            "night",
            "on",
            "in",
            "since",
            "until",
            "by",
            "ago",
            "days",
            "three",
            "hundred",
            "1990s",
            "00s",
            "24",
            "hours",
            "past",
            "coming",
            "recent",
            "few",
            "weekend",
            "overnight",
            "into",
            "Christmas",
            "32nd",
            "0th",
            "century",
        ]
    ),
    max_size=9,
).map(" ".join)
ANY_TEXT = st.one_of(WORDS, st.text(alphabet=st.characters(exclude_categories=()), max_size=90))
ANY_DAY = st.one_of(st.none(), st.dates(), st.sampled_from([dt.date.min, dt.date.max, dt.date(2018, 4, 24)]))


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: f"{case.kind}: {case.before} {case.words}"[:50])
def test_a_time_is_read_as_the_table_says(case: Case) -> None:
    value = read_time(case.words, case.context, before=case.before)
    assert (value and (value.start, value.end, value.precision)) == (
        (*case.days, case.precision) if case.precision else None
    )


@pytest.mark.parametrize(
    "words",
    [
        "TUESDAY NIGHT",
        "tuesday  night",
        "Tuesday\nnight",
        "Tuesday\u00a0night",
        "Tuesday\u200b night",
        "Tuesday night’s",
    ],
)
def test_case_blanks_and_the_possessive_do_not_matter(words: str) -> None:
    value = read_time(words, TUESDAY)
    assert value is not None and value.start == value.end == dt.date(2018, 4, 24)


def test_a_value_names_its_rule_and_a_preposition_that_changed_it() -> None:
    value = read_time("March", TUESDAY, before="every day since")
    assert value == DateValue(
        start=dt.date(2018, 3, 1), end=dt.date(2018, 4, 24), precision=5, rule="since: month", confidence=0.81
    )


def test_only_the_last_preposition_before_the_words_counts() -> None:
    value = read_time("Monday", TUESDAY, before="fighting since dawn ended on")
    assert value is not None and value.start == value.end == dt.date(2018, 4, 23)


def test_words_that_say_the_side_of_publication_overrule_the_direction() -> None:
    future = DateContext(dt.date(2018, 4, 24), "future")
    last, following = read_time("last Saturday", future), read_time("next week", TUESDAY)
    assert last is not None and last.start == dt.date(2018, 4, 21)
    assert following is not None and following.start == dt.date(2018, 4, 30)


def test_a_planned_day_that_is_just_over_stays_in_its_year() -> None:
    value = read_time("10 June", DateContext(dt.date(2016, 6, 14), "future"))
    assert value is not None and value.start == dt.date(2016, 6, 10)


def test_a_day_most_of_a_year_ago_is_less_sure() -> None:
    near, far = read_time("20 April", TUESDAY), read_time("26 April", TUESDAY)
    assert near is not None and near.confidence == 0.95
    assert far is not None and far.start == dt.date(2017, 4, 26) and far.confidence == 0.5


@pytest.mark.parametrize("published", [dt.date.min, dt.date.max])
@pytest.mark.parametrize("words", ["last year", "next week", "the past decade", "two years ago", "overnight", "winter"])
def test_at_the_ends_of_the_calendar_nothing_is_raised(words: str, published: dt.date) -> None:
    for direction in ("past", "future"):
        value = read_time(words, DateContext(published, direction))
        assert value is None or value.start or value.end


@given(ANY_TEXT, ANY_TEXT, ANY_DAY, st.sampled_from(["past", "future"]), st.lists(st.integers(-5, 12_000), max_size=3))
def test_no_text_raises_and_a_start_is_never_after_its_end(
    words: str, before: str, published: dt.date | None, direction: str, years: list[int]
) -> None:
    context = DateContext(published, "future" if direction == "future" else "past", tuple(years))
    value = read_time(words, context, before=before)
    if value is not None:
        assert value.start or value.end
        assert not (value.start and value.end) or value.start <= value.end


@pytest.mark.parametrize(
    "words",
    ["9" * 10_000, "٣ March", "night " * 13, "at 5 " * 16, "1-2-3-4-" * 10, "and to - or " * 6, "３ March 2018"],
)
def test_long_and_odd_words_end_at_once(words: str) -> None:
    value = read_time(words, TUESDAY)
    assert value is None or value.start or value.end


def test_a_before_of_a_million_characters_is_read() -> None:
    assert read_time("2011", TUESDAY, before="from between " * 80_000 + "since") is not None


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("In 2011 and 2014-15.", [(3, 2011), (12, 2014)]),
        ("On 24.04.2018, on 2018-04-24, on Aug. 7,2015.", [(9, 2018), (18, 2018), (40, 2015)]),
        ("Some 2000 soldiers, 2,015 tents, $1999, 2015%, 1950 km, 2000.5 and 12011.", []),
        ("The 2015 elections; since 2009 attacks have grown.", [(4, 2015), (26, 2009)]),
        ("The 1990s and 1830.", []),
        ("", []),
    ],
)
def test_years_in_an_article_are_found_and_other_numbers_are_not(text: str, years: list[tuple[int, int]]) -> None:
    assert years_named(text) == years


@pytest.mark.parametrize("words", ["1835", "1930", "2000"])
def test_four_digits_behind_at_are_an_hour_and_no_year(words: str) -> None:
    context = DateContext(dt.date(1989, 3, 16))
    assert read_time(words, context, before="at ") is None
    assert read_time(words, context, before="at about ") is None
    assert read_time(words, context, before="in ") is not None


@pytest.mark.parametrize("before", ["since", "since the revolt against him broke out in", "since war began in"])
def test_a_year_in_which_something_began_that_lasts_is_a_start(before: str) -> None:
    value = read_time("2011", DateContext(dt.date(2018, 4, 24)), before=f"{before} ")
    assert value is not None
    assert (value.start, value.end) == (dt.date(2011, 1, 1), dt.date(2018, 4, 24))


def test_a_year_in_which_something_began_is_a_year_where_nothing_lasts() -> None:
    value = read_time("2011", DateContext(dt.date(2018, 4, 24)), before="the war that began in ")
    assert value is not None
    assert value.end == dt.date(2011, 12, 31)
