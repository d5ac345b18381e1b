"""Actors: the case table, the user's table, and names that were said before."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.errors import InputError
from eventcorpus.events.actors import ActorTable
from eventcorpus.events.countries import countries, key

with (Path(__file__).parent / "cases/actors.csv").open(encoding="utf-8") as file:
    CASES = list(csv.DictReader(file))
TABLE = ActorTable.shipped()


def name_of(words: str, *before: str, label: str = "Actor") -> tuple[str, int | None, str] | None:
    found = TABLE.resolve(words, label, article_names=before)
    return None if found is None else (found.name, found.inter, found.rule)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['words']} / {case['context']}")
def test_an_actor_is_resolved_as_the_table_says(case: dict[str, str]) -> None:
    before = [name for name in case["context"].split("|") if name]
    found = TABLE.resolve(case["words"], case["label"], event_label=case["event"], article_names=before)
    if not case["name"]:
        assert found is None
    else:
        wanted = (
            case["name"],
            int(case["inter"]) if case["inter"] else None,
            case["country"] or None,
            case["side"] or None,
        )
        assert found is not None
        assert (found.name, found.inter, found.country, found.side) == wanted


@pytest.mark.parametrize(
    "words", ["syrian troops", "SYRIAN TROOPS", "the Syrian army's", "Syria’s army", "former Syrian soldiers"]
)
def test_spelling_does_not_change_an_actor(words: str) -> None:
    assert name_of(words) == ("Military Forces of Syria", 1, "state force")


def test_a_short_name_stands_for_the_longer_one_that_was_said() -> None:
    assert name_of("khan", "general imran khan", "lahore") == ("General imran khan", None, "earlier name")
    assert name_of("Trump", "President Donald Trump", "Donald Trump") == ("Donald Trump", None, "earlier name")
    assert name_of("the Movement", "Taloqan Movement") == ("Taloqan Movement", None, "earlier name")
    assert name_of("soldiers", "Malian soldiers") == ("Military Forces of Mali", 1, "earlier name")


def test_a_short_name_of_two_longer_ones_is_neither() -> None:
    assert name_of("Khan", "Imran Khan", "Genghis Khan") == ("Khan", None, "as written")


def test_a_description_is_not_taken_for_a_name() -> None:
    assert name_of("student", "fellow student", "Ann Lee", label="Civilians") == ("Student", 7, "as written")
    assert name_of("PMNA", "PMNA chief Saul Berrocal") == ("PMNA", None, "as written")


def test_initials_stand_for_the_name_that_was_said() -> None:
    assert name_of("FLO", "Front for the Liberation of Okelwe") == (
        "Front for the Liberation of Okelwe",
        None,
        "initials",
    )


def test_a_spelling_of_two_actors_is_told_apart_by_the_country_or_by_what_was_said() -> None:
    assert name_of("SNA") == ("SNA", None, "as written")
    assert name_of("SNA", "Somalia") == ("Military Forces of Somalia", 1, "table")
    assert name_of("SNA", "Syrian National Army") == ("Syrian National Army", 2, "table")


def test_a_force_is_external_only_where_the_country_is_known_to_be_another() -> None:
    assert name_of("French troops") == ("Military Forces of France", 1, "state force")
    assert name_of("French troops", "Mali") == ("Military Forces of France", 8, "foreign force")
    assert name_of("French troops", "Mali", "France") == ("Military Forces of France", 1, "state force")


def test_a_force_without_a_country_is_of_the_only_one_that_was_named() -> None:
    assert name_of("army", "Mali", "Bamako") == ("Military Forces of Mali", 1, "force of the article's country")
    assert name_of("army", "Tanzania", "Tribunal for Rwanda") == ("Military Forces", 1, "force without a country")


@pytest.mark.parametrize("words", ["they", "who", "us", "", "   ", "’s", "12", "\ufffd", "x" * 400])
def test_pronouns_and_no_names_are_nobody(words: str) -> None:
    assert name_of(words) is None


def test_initials_in_capitals_are_no_pronoun() -> None:
    assert name_of("WHO", label="Source") == ("World Health Organization", None, "table")
    assert name_of("US") == ("Government of the United States", 1, "government")


def test_a_users_table_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "name,aliases,inter,country,side\nRaya Brigade,Raya|the Raya,2,SY,\nMy Daesh,Daesh,,,\n", encoding="utf-8"
    )
    table = ActorTable.read(path)
    raya, daesh, other = (table.resolve(words, "Actor") for words in ("Raya fighters", "daesh", "ISIS"))
    assert raya and (raya.name, raya.inter, raya.country, raya.rule) == ("Raya Brigade", 2, "SY", "user's table")
    assert daesh and daesh.name == "My Daesh"
    assert other and other.name == "Islamic State"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,aliases\nA,B\n", "mine.csv: no column inter; the columns are name, aliases, inter, country, side"),
        (
            "name,aliases,inter,country,side\nA,,9,,\n",
            "mine.csv: line 2: inter is '9', it must be at most 8",
        ),
        (
            "name,aliases,inter,country,side\nA,,,Syria,\n",
            "mine.csv: line 2: country is 'Syria', it must fit: String should match pattern '^[A-Z]{2}$'",
        ),
        ("name,aliases,inter,country,side\n,B,,,\n", "mine.csv: line 2: name is '', it must not be empty"),
    ],
)
def test_a_users_table_that_does_not_fit_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        ActorTable.read(path)
    assert str(error.value) == f"{tmp_path}/{message}"


def test_the_shipped_tables_name_each_actor_and_country_once() -> None:
    names = Counter(row.name for row in {id(row): row for rows in TABLE.known.values() for row in rows}.values())
    assert len(names) > 300 and max(names.values()) == 1
    known = countries()
    codes = {country.code for country in known.names.values()}
    assert len(codes) == 198
    assert {row.country for rows in TABLE.known.values() for row in rows} - {None} <= codes
    assert not known.names.keys() & known.governments.keys()
    assert all(name == key(name) for name in known.demonyms)


@given(
    st.text(),
    st.sampled_from(["Actor", "Civilians", "Source"]),
    st.sampled_from(["", "Protest", "Riot"]),
    st.lists(st.text(), max_size=4),
)
def test_no_text_raises(words: str, label: str, event_label: str, before: list[str]) -> None:
    found = TABLE.resolve(words, label, event_label=event_label, article_names=before)
    assert found is None or found.name.strip()
