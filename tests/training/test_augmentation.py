"""Mention replacement: other names, the same labels, offsets that follow the text."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.schema import AnnotatedArticle, Article, Role, Span
from eventcorpus.training.augmentation import (
    Edit,
    Names,
    collect_names,
    edited,
    geo_names,
    real_names,
    replace_mentions,
)

NAMES = Names(
    place_labels=frozenset({"Place"}),
    party_labels=frozenset({"Actor", "Source"}),
    places=("Oruro",),
    given=("Karim",),
    family=("Haddad",),
    groups={("Actor", False): ("Northern Front",), ("Actor", True): ("RTF",)},
    common=frozenset({"general", "army", "fighters", "the"}),
)


def annotated(text: str, *spans: tuple[str, str]) -> AnnotatedArticle:
    """An article in which each (mention, label) is labelled, from left to right."""
    found, at = [], 0
    for i, (mention, label) in enumerate(spans):
        start = text.index(mention, at)
        at = start + 1
        found.append(Span(f"s{i}", start, start + len(mention), label))
    return AnnotatedArticle(Article("x", text), tuple(found), ("Actor", "Place", "Source", "Battle"))


def swapped(article: AnnotatedArticle, names: Names = NAMES) -> tuple[str, list[str]]:
    other = replace_mentions(article, names, random.Random(0))
    return other.article.text, [other.article.text[s.start : s.end] for s in other.spans]


def test_places_persons_groups_and_acronyms_become_others_of_their_kind() -> None:
    article = annotated(
        "General Hernán Lozada of the TLF said the Kresno Brigade fought near Brezno; Lozada left Brezno.",
        ("General Hernán Lozada", "Source"), ("TLF", "Actor"), ("Kresno Brigade", "Actor"), ("fought", "Battle"),
        ("Brezno", "Place"), ("Lozada", "Source"), ("Brezno", "Place"),
    )  # fmt: skip
    names = Names(**{**vars(NAMES), "common": NAMES.common | {"brigade"}})
    assert swapped(article, names) == (
        "General Karim Haddad of the RTF said the Northern Front fought near Oruro; Haddad left Oruro.",
        ["General Karim Haddad", "RTF", "Northern Front", "fought", "Oruro", "Haddad", "Oruro"],
    )


def test_a_state_and_its_people_become_those_of_one_real_state() -> None:
    article = annotated(
        "Dravonia fired; Dravonian troops are in Dravonia, says Dravonian Radio.",
        ("Dravonia", "Actor"), ("fired", "Battle"), ("Dravonian troops", "Actor"), ("Dravonia", "Place"),
    )  # fmt: skip
    names = collect_names([article], place_labels=["Place"], party_labels=["Actor"])
    assert names.states == ("Dravonia",)
    text, (state, _, troops, place) = swapped(article, names)
    assert state == place
    people = {name.removeprefix("the "): adjective for name, adjective in real_names()["states"].items()}
    assert troops == f"{people[state]} troops"
    assert text.replace("the ", "") == f"{state} fired; {troops} are in {state}, says Dravonian Radio."


def test_the_article_of_a_name_is_no_part_of_the_mention() -> None:
    article = annotated("Troops left Brezno and the Raya.", ("Brezno", "Place"), ("Raya", "Place"))
    names = replace(NAMES, places=("the Sahel",))
    assert swapped(article, names) == ("Troops left the Sahel and the Sahel.", ["Sahel", "Sahel"])


def test_an_edit_moves_what_comes_after_it_and_inserts_outside_of_spans() -> None:
    article = annotated("Rebels took Homs.", ("Rebels", "Actor"), ("Homs", "Place"))
    other = edited(article, [Edit(0, 0, "The "), Edit(6, 6, "!"), Edit(12, 12, "old "), Edit(13, 15, "")])
    assert other.article.text == "The Rebels! took old Hs."
    assert [other.article.text[s.start : s.end] for s in other.spans] == ["Rebels", "Hs"]


def test_the_news_name_some_places_and_outlets_often() -> None:
    article = annotated("Brezno Herald said in Brezno", ("Brezno Herald", "Source"), ("Brezno", "Place"))
    names = replace(NAMES, known_places=("Moscow",), outlets=("Reuters",), groups={("Source", False): ("Daily",)},
                    common=NAMES.common | {"herald"})  # fmt: skip
    texts = {replace_mentions(article, names, random.Random(n)).article.text for n in range(40)}
    assert texts == {f"{source} said in {place}" for source in ("Daily", "Reuters") for place in ("Oruro", "Moscow")}


def test_words_that_are_no_names_stay() -> None:
    article = annotated(
        "Fighters of the army left 12 Kilo.", ("Fighters", "Actor"), ("army", "Actor"), ("12 Kilo", "Place")
    )
    assert replace_mentions(article, NAMES, random.Random(0)) is article


def test_names_of_other_labels_stay() -> None:
    text = "Battle of Brezno"
    assert swapped(annotated(text, ("Battle of Brezno", "Battle")))[0] == text


def test_a_dateline_in_capitals_stays_in_capitals_and_names_the_same_town() -> None:
    article = annotated("STARA BREZNO — Stara Brezno fell.", ("STARA BREZNO", "Place"), ("Stara Brezno", "Place"))
    assert swapped(article)[0] == "ORURO — Oruro fell."


def test_spans_that_overlap_others_stay_and_move_with_the_text() -> None:
    article = annotated(
        "Brezno: the Kresno Rifles", ("Brezno", "Place"), ("Kresno Rifles", "Actor"), ("Rifles", "Actor")
    )
    assert swapped(article) == ("Oruro: the Kresno Rifles", ["Oruro", "Kresno Rifles", "Rifles"])


def test_links_and_attributes_stay() -> None:
    article = annotated("Brezno fell", ("Brezno", "Place"))
    linked = AnnotatedArticle(
        article.article, (*article.spans, Span("t", 7, 11, "Battle", (("modality", "actual"),))),
        article.labels_annotated, (Role("place", "t", "s0"),),
    )  # fmt: skip
    other = replace_mentions(linked, NAMES, random.Random(0))
    assert other.roles == linked.roles
    assert [(s.id, s.label, s.attributes) for s in other.spans] == [(s.id, s.label, s.attributes) for s in linked.spans]


def test_names_are_collected_by_kind() -> None:
    article = annotated(
        "Fighters of the Free Army and fighters of Raya met Ana Torak in Brezno on Friday.",
        ("Fighters", "Actor"), ("Free Army", "Actor"), ("Raya", "Actor"), ("Ana Torak", "Source"), ("Brezno", "Place"),
    )  # fmt: skip
    names = collect_names([article], place_labels=["Place"], party_labels=["Actor", "Source"], places=["Lima"])
    assert names.places == ("Brezno", "Lima")
    assert (names.given, names.family) == (("Ana",), ("Torak",))
    assert names.groups == {("Actor", False): ("Free Army", "Raya")}


def test_the_gazetteer_has_towns_and_countries_of_all_continents() -> None:
    assert {"Homs", "Bamako", "Cali", "Tver", "Quetta", "Peru"} <= set(geo_names())
    assert len(geo_names()) > 30_000


WORDS = st.sampled_from(["Brezno", "Ana", "Torak", "Raya", "TLF", "army", "the", "é", "😀", "Free", "ORURO", "said,"])


@given(st.lists(WORDS, min_size=1, max_size=30), st.data())
def test_everything_outside_of_names_stays_and_offsets_cut_out_the_mentions(
    words: list[str], data: st.DataObject
) -> None:
    text = " ".join(words)
    ends = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 12), st.sampled_from(["Actor", "Place", "Battle"]))
    drawn = data.draw(st.lists(ends, max_size=8))
    spans = tuple(Span(f"s{i}", a, min(a + n, len(text)), label) for i, (a, n, label) in enumerate(drawn))
    article = AnnotatedArticle(Article("x", text), spans, ("Actor", "Place", "Battle"))
    other = replace_mentions(article, NAMES, random.Random(data.draw(st.integers(0, 9))))
    assert [s.id for s in other.spans] == [s.id for s in spans]
    assert all(0 <= s.start < s.end <= len(other.article.text) for s in other.spans)
    assert [other.article.text[s.start : s.end] for s in other.spans if s.label == "Battle"] == [
        text[s.start : s.end] for s in spans if s.label == "Battle"
    ]
    outside = "".join(c for i, c in enumerate(text) if not any(s.start <= i < s.end for s in spans))
    new = other.article.text
    assert outside == "".join(c for i, c in enumerate(new) if not any(s.start <= i < s.end for s in other.spans))
