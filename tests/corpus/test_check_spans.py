"""Findings about spans: their edges, the roles of triggers, and the same words elsewhere."""

from collections.abc import Iterable

import pytest
from annotated import ONTOLOGY, article, articles

from eventcorpus.corpus.checks.annotation import edge_findings, role_findings, rule_findings
from eventcorpus.corpus.checks.findings import Finding
from eventcorpus.corpus.checks.labels import labelled_differently, unlabelled_patterns, unlabelled_repeats
from eventcorpus.schema import AnnotatedArticle, Role


def said(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return [(f.kind, f.words, f.message) for f in findings]


def edges(one: AnnotatedArticle) -> list[tuple[str, str, str]]:
    return said(edge_findings(one, ONTOLOGY))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("[the rebels](Actor) left", [("determiner", "the rebels", "Actor: begins with 'the'")]),
        ("[their men](Actor) left", [("determiner", "their men", "Actor: begins with 'their'")]),
        ("[The rebels](Actor) left", [("determiner", "The rebels", "Actor: begins with 'The'")]),
        ("near [The Hague](Place)", []),
        ("[the](Actor) left", []),
        ("[the raid](Attack) began", []),
        ("[rebels,](Actor) left", [("edge-punctuation", "rebels,", "Actor: ends with ','")]),
        ("[“Svit](Actor)” left", [("edge-punctuation", "“Svit", "Actor: begins with '“'")]),
        ("[Svit's](Actor) men", [("edge-punctuation", "Svit's", "Actor: ends with a possessive")]),
        ("[General “Wolf”](Actor) left", []),
        ("[(Free) Army](Actor) left", []),
        ("[U.S.](Actor) left, [10 a.m.](When), [90%](Number)", []),
        ("New[port](Place) fell", [("inside-word", "port", "Place: begins inside a word, after 'w'")]),
        ("[New](Place)port fell", [("inside-word", "New", "Place: ends inside a word, before 'p'")]),
        ("[men. They](Actor) left", [("break-inside", "men. They", "Actor: a sentence or line ends inside")]),
        ("[Gen. Sarkaf](Actor) left", []),
        ("[J. Sarkaf](Actor) left", []),
    ],
)
def test_edges(body: str, found: list[tuple[str, str, str]]) -> None:
    assert edges(article(body)) == found


def test_determiners_are_not_looked_for_in_other_languages() -> None:
    assert edges(article("[the rebels](Actor) left", "language: fr\n")) == []


def test_articles_and_possessives_come_before_demonstratives() -> None:
    found = edge_findings(article("[the year](When) and [this house](Place)"), ONTOLOGY)
    assert [(f.words, f.score) for f in found] == [("the year", 1.0), ("this house", 0.0)]


@pytest.mark.parametrize(
    "words",
    [
        "a dozen",
        "A few hundred",
        "a hundred and sixty",
        "a hundred and twenty-five years",
        "a handful",
        "a single",
        "a small number",
        "a “limited number”",
        "an hour",
        "an hour later",
        "a day and a half",
        "a year or more",
        "a quarter of an hour",
        "a little after four",
        "this morning",
        "that August",
        "Those hours",
        "every dawn",
        "This Thursday",
        "another month",
    ],
)
def test_a_determiner_that_counts_or_dates_belongs_to_the_span(words: str) -> None:
    assert edges(article(f"[{words}](When)")) == []


@pytest.mark.parametrize(
    "words", ["a nurse", "an army unit", "a day labourer", "an hour glass", "this bridge", "the week"]
)
def test_a_determiner_before_anything_else_does_not(words: str) -> None:
    assert [kind for kind, _, _ in edges(article(f"[{words}](Actor)"))] == ["determiner"]


def test_roles_against_their_signatures_are_errors() -> None:
    one = article("[Kalo](Place#p) [shelled](Attack#t)")
    one = AnnotatedArticle(one.article, one.spans, one.labels_annotated, (Role("agent", "t", "p"),))
    assert said(rule_findings(one, ONTOLOGY)) == [
        ("signature", "shelled", "agent from Attack to Place 'Kalo' at 0: role against the ontology's signatures")
    ]


def test_event_links_across_labels_or_to_a_later_trigger_are_errors() -> None:
    one = article("[hit](Attack#t) [hit](Attack#u) [dead](Toll#d outcome=killed)")
    roles = (Role("same", "t", "u"), Role("same", "d", "t"), Role("same", "u", "t"))
    one = AnnotatedArticle(one.article, one.spans, one.labels_annotated, roles)
    assert said(rule_findings(one, ONTOLOGY)) == [
        ("event-link", "hit", "same from Attack to Attack 'hit' at 4: same event links to a later trigger"),
        ("event-link", "dead", "same from Toll to Attack 'hit' at 0: role against the ontology's signatures"),
    ]


def test_an_attribute_without_a_default_must_be_set() -> None:
    one = article("[men](Actor#a) [killed](Toll victim=a) and [hit](Attack agent=a)")
    assert said(rule_findings(one, ONTOLOGY)) == [
        ("attribute-missing", "killed", "Toll without outcome (killed, injured)")
    ]


def test_a_trigger_without_any_role_and_without_those_that_its_label_expects() -> None:
    one = article(
        "[men](Actor#a) [killed](Toll#t outcome=killed agent=a), [hit](Attack), [9](Number#n) [dead](Toll#u count=n)"
    )
    assert said(role_findings(one, ONTOLOGY)) == [
        ("expected-role", "killed", "Toll without count or victim"),
        ("no-role", "hit", "Attack without any role"),
    ]


def test_what_another_trigger_of_the_event_says_counts() -> None:
    one = article("[9](Number#n) [killed](Toll#t count=n). The [deaths](Toll#u same=t) ... ")
    assert said(role_findings(one, ONTOLOGY)) == []


def test_the_same_words_labelled_differently_the_most_lopsided_first() -> None:
    gold = articles(
        "=== a\n\n[Kalo](Place) [Kalo](Place) [KALO](Place) [army](Actor) [Kalo](Actor)\n\n=== b\n\n[army](Actor) [army](Place)\n"
    )
    found = sorted(labelled_differently(gold, ONTOLOGY), key=lambda f: -f.score)
    assert [(f.article, f.start, f.words, f.score, f.message) for f in found] == [
        ("a", 20, "Kalo", 3.0, "Actor here (1 in all), Place 3 times, first in a"),
        ("b", 5, "army", 2.0, "Place here (1 in all), Actor 2 times, first in a"),
    ]


def test_a_name_that_the_article_labels_elsewhere() -> None:
    gold = articles(
        "=== a\n\n[Kalo Bay](Place) fell. Kalo Bay, Kalo and [Kalo Bay men](Actor) and Kalo Bays.\n\n=== b\n\nKalo Bay\n"
    )
    found = list(unlabelled_repeats(gold, ONTOLOGY))
    assert [(f.article, f.start, f.end, f.words) for f in found] == [("a", 15, 23, "Kalo Bay")]
    assert found[0].message == "not labelled; Place elsewhere in this article (1 labelled, 2 not, in all)"


def test_a_name_that_the_corpus_nearly_always_labels() -> None:
    labelled = "".join(f"=== a{n}\n\n[Kalo](Place) and [Xy](Place)\n\n" for n in range(10))
    gold = articles(labelled + "=== b\n\nTo Kalo, and Xy.\n")
    found = list(unlabelled_repeats(gold, ONTOLOGY))
    assert [(f.article, f.words, f.score) for f in found] == [("b", "Kalo", 0.909)]
    assert found[0].message == "not labelled; Place elsewhere in the corpus (10 labelled, 1 not, in all)"


def test_words_that_look_like_a_label() -> None:
    one = article(
        "On Sunday, [Monday](When) and in May 30 people may march at dusk; 4 May; two dead men, dozens of marchers"
    )
    assert [(f.words, f.message) for f in unlabelled_patterns([one], ONTOLOGY)] == [
        ("Sunday", "not labelled; looks like When (weekday): 'Sunday'"),
        ("May 30", "not labelled; looks like When (month): 'May 30'"),
        ("4 May", "not labelled; looks like When (month): '4 May'"),
        ("dusk", "not labelled; looks like When (/at (dawn|dusk)/): 'at dusk'"),
        ("30", "not labelled; looks like Number (people): '30 people'"),
        ("two", "not labelled; looks like Number (people): 'two dead men'"),
        ("dozens", "not labelled; looks like Number (people): 'dozens of marchers'"),
    ]


def test_patterns_say_nothing_of_labels_that_the_annotator_could_not_use() -> None:
    one = article("On Sunday")
    one = AnnotatedArticle(one.article, one.spans, ("Actor",))
    assert list(unlabelled_patterns([one], ONTOLOGY)) == []
