"""Articles under headlines, with lists, with lost characters: spans, roles and events follow the text."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, span_order
from eventcorpus.training.augmentation import Names
from eventcorpus.training.noise import damaged, lower_cased, with_headline, with_lists

TEXT = "BREZNO (Mail) - The rebels shelled the town of Oruro on Friday. They left Oruro; a raid on Homs failed."
MARKED = (
    ("BREZNO", "Place"), ("rebels", "Actor"), ("shelled", "Explosion"), ("Oruro", "Place"), ("Friday", "Time"),
    ("Oruro", "Place"), ("raid", "Battle"), ("Homs", "Place"),
)  # fmt: skip
NAMES = Names(
    frozenset({"Place"}), frozenset({"Actor"}), places=("Lima", "Tver"), given=("Ana",), family=("Torak",),
    groups={("Actor", False): ("Raya Front",)}, common=frozenset({"rebels", "town"}),
)  # fmt: skip


def article(text: str = TEXT, marked: tuple[tuple[str, str], ...] = MARKED) -> AnnotatedArticle:
    spans, at = [], 0
    for n, (word, label) in enumerate(marked):
        at = text.index(word, at)
        spans.append(Span(str(n), at, at + len(word), label))
        at += len(word)
    return AnnotatedArticle(
        Article("x", text),
        tuple(spans),
        ("Place", "Actor", "Explosion", "Battle", "Time"),
        roles=(Role("agent", "2", "1"), Role("place", "2", "3"), Role("place", "6", "7")),
        events=(Event("e1", "Explosion", ("2",)), Event("e2", "Battle", ("6",))),
    )


def texts(annotated: AnnotatedArticle) -> list[str]:
    return [annotated.article.text[s.start : s.end] for s in annotated.spans]


def is_consistent(annotated: AnnotatedArticle) -> bool:
    """Spans in text order, each with an id of its own, and nothing linked that is not there."""
    ids = [span.id for span in annotated.spans]
    linked = {id_ for role in annotated.roles for id_ in (role.trigger, role.argument)}
    triggers = {id_ for event in annotated.events for id_ in event.triggers}
    in_order = tuple(sorted(annotated.spans, key=span_order))
    return len(set(ids)) == len(ids) and linked | triggers <= set(ids) and annotated.spans == in_order


def test_a_headline_is_the_first_sentence_and_tells_the_same_event() -> None:
    seen = {with_headline(article(), random.Random(n)).article.text.partition("\n") for n in range(60)}
    assert {rest for _, _, rest in seen} == {TEXT}
    headlines = {headline for headline, _, _ in seen}
    assert {
        "rebels shelled town of Oruro on Friday",
        "REBELS SHELLED TOWN OF ORURO ON FRIDAY",
        "Rebels Shelled Town of Oruro on Friday",
    } <= headlines
    assert any(headline.endswith("...") for headline in headlines)
    whole = next(
        other
        for other in (with_headline(article(), random.Random(n)) for n in range(60))
        if other.article.text.startswith("rebels shelled town of Oruro on Friday\n")
    )
    assert texts(whole) == ["rebels", "shelled", "Oruro", "Friday", *(word for word, _ in MARKED)]
    trigger = "2-headline"
    assert Role("place", trigger, "3-headline") in whole.roles and Role("place", "2", "3") in whole.roles
    assert whole.events[0].triggers == (trigger, "2") and whole.events[1].triggers == ("6",)


@pytest.mark.parametrize("text", ["Rebels shell Oruro\nThe rebels shelled it on a day.", "Rebels left. " + "So. " * 9])
def test_an_article_with_a_headline_or_a_short_first_sentence_stays(text: str) -> None:
    plain = article(text, ())
    plain = replace(plain, roles=(), events=())
    assert with_headline(plain, random.Random(1)) is plain


def test_names_become_lists_with_the_roles_of_the_first() -> None:
    for n in range(20):
        other = with_lists(article(), NAMES, random.Random(n))
        assert other.article.text != TEXT
        added = [s for s in other.spans if "-list-" in s.id]
        assert added and {s.label for s in added} == {"Place"}
        assert {other.article.text[s.start : s.end] for s in added} <= {"Lima", "Tver"}
        assert [t for t, s in zip(texts(other), other.spans, strict=True) if "-list-" not in s.id] == texts(article())
        for span in added:
            first = span.id.partition("-")[0]
            roles = [role for role in article().roles if role.argument == first]
            assert [replace(role, argument=span.id) for role in roles] == [
                role for role in other.roles if role.argument == span.id
            ]


def test_names_beside_other_names_are_left_alone() -> None:
    plain = article("Colonel Ana of the Oruro Guard met Homs-based men", (("Oruro", "Place"), ("Homs", "Place")))
    plain = replace(plain, roles=(), events=())
    assert with_lists(plain, NAMES, random.Random(0)) is plain


def test_no_link_is_lost_and_none_leads_nowhere_whatever_is_done_to_an_article() -> None:
    plain = article()
    for n in range(60):
        rng = random.Random(n)
        other = lower_cased(damaged(with_headline(with_lists(plain, NAMES, rng), rng), rng))
        assert is_consistent(other) and set(plain.roles) <= set(other.roles)
        for old, new in zip(plain.events, other.events, strict=True):
            assert new.triggers[-len(old.triggers) :] == old.triggers
            assert {s.label for s in other.spans if s.id in new.triggers} == {old.label}


def test_damaged_text_loses_apostrophes_and_blanks_and_no_other_character() -> None:
    text = "Iran's army won't stop. It said. Now the men of Iran's towns leave. " * 8
    plain = article(text, (("Iran", "Place"), ("army", "Actor"), ("Iran", "Place")))
    others = [damaged(plain, random.Random(n)).article.text for n in range(150)]
    assert all(any(damage in other for other in others) for damage in ("Iran s army", "wont", "said.Now", "ofIran"))
    letters = [c for c in text if c.isalnum() or c == "."]
    assert all([c for c in other if c.isalnum() or c == "."] == letters for other in others)
    assert all(len(text) * 0.95 < len(other) < len(text) for other in others)


WORDS = st.sampled_from(
    ["rebels ", "Iran's ", "left. ", "The ", "men ", "\n", "İzmir ", "“O’Brien” ", "a ", "— ", "straße "]
)


@given(st.lists(WORDS, min_size=1, max_size=40), st.data())
def test_spans_keep_their_letters_whatever_the_text(words: list[str], data: st.DataObject) -> None:
    text = "".join(words)
    borders = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = tuple(Span(str(n), a, b, "Place") for n, (a, b) in enumerate(pairwise(borders)))
    plain = AnnotatedArticle(Article("x", text), spans, ("Place",))
    rng = random.Random(data.draw(st.integers(0, 99)))
    for change in (with_headline, damaged, lambda a, _: lower_cased(a), lambda a, r: with_lists(a, NAMES, r)):
        other = change(plain, rng)
        new = {s.id: other.article.text[s.start : s.end] for s in other.spans}
        for span in spans:
            old = text[span.start : span.end]
            assert [c for c in new[span.id].lower() if c.isalnum()] == [c for c in old.lower() if c.isalnum()]
        assert all(0 <= s.start <= s.end <= len(other.article.text) for s in other.spans)
