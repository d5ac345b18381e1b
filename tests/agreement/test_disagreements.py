from collections.abc import Sequence
from pathlib import Path

import pytest

from eventcorpus.agreement.agree import agreement
from eventcorpus.agreement.disagreements import Group, group_disagreements, head_word, normalised
from eventcorpus.agreement.pairs import double_annotations
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.render.agreement import agreement_page
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, join_events
from eventcorpus.text import sentences_around

ONTOLOGY = read_ontology_yaml(Path(__file__).parents[2] / "corpus/ontology.yaml")
Marked = tuple[str, str]


def annotated(
    annotator: str,
    article: Article,
    *marked: Marked,
    roles: Sequence[tuple[str, int, int]] = (),
    modality: Sequence[str] = (),
) -> AnnotatedArticle:
    """Spans by their words (each the next occurrence) and labels; roles by their places."""
    spans: list[Span] = []
    for i, (words, label) in enumerate(marked):
        start = article.text.index(words)
        said = (("modality", modality[i]),) if i < len(modality) and modality[i] else ()
        spans.append(Span(f"{annotator}:{i}", start, start + len(words), label, said))
    links = tuple(Role(role, f"{annotator}:{a}", f"{annotator}:{b}") for role, a, b in roles)
    events = join_events(spans, links, triggers=set(ONTOLOGY.trigger_names), link="same_event")
    return AnnotatedArticle(article, tuple(spans), ONTOLOGY.labels, links, events, annotator)


def groups(*articles: Sequence[AnnotatedArticle]) -> list[Group]:
    of_pair = double_annotations(articles, ONTOLOGY)
    return group_disagreements([double for doubles in of_pair.values() for double in doubles], ONTOLOGY)


def questions(*articles: Sequence[AnnotatedArticle]) -> list[tuple[str, int]]:
    return [(group.question, len(group.disagreements)) for group in groups(*articles)]


ARTICLE = Article(
    "x", "At least 12 rebels attacked 30 fighters near the town. Rebels say the attack went on for 2 days."
)


@pytest.mark.parametrize(
    ("first", "second", "kind", "question"),
    [
        ([("At least 12", "Count")], [("12", "Count")], "boundary", "Count: with or without “at least …”"),
        ([("30 fighters", "Actor")], [("30", "Actor")], "boundary", "Actor: with or without “… fighters”"),
        ([("the town", "Place")], [("the town", "Facility")], "label", "“town”: Place or Facility"),
        ([("the town", "Place")], [("town", "Facility")], "label and boundary", "“town”: Place or Facility"),
        ([("2 days", "Time")], [], "marked by one", "“days”: Time or not marked"),
        ([("12", "Count")], [], "marked by one", "“#”: Count or not marked"),
    ],
)
def test_spans(first: list[Marked], second: list[Marked], kind: str, question: str) -> None:
    for sides in ((first, second), (second, first)):
        (group,) = groups([annotated(name, ARTICLE, *side) for name, side in zip(("a1", "a2"), sides, strict=True)])
        assert (group.kind, group.question) == (kind, question)


def test_who_stands_where() -> None:
    (group,) = groups([annotated("a1", ARTICLE, ("At least 12", "Count")), annotated("a2", ARTICLE, ("12", "Count"))])
    assert group.sides == [("a1", "with", 1), ("a2", "without", 1)]
    assert group.disagreements[0].values == ("At least 12", "12")


def test_roles_attributes_and_events_are_compared_between_spans_of_both() -> None:
    marked = [("attacked", "Battle"), ("rebels", "Actor"), ("attack", "Battle")]
    # "attack" is found inside "attacked": another span, the same for both
    one = annotated("a1", ARTICLE, *marked, roles=[("agent", 0, 1), ("same_event", 2, 0)], modality=["actual"])
    two = annotated("a2", ARTICLE, *marked, roles=[("target", 0, 1)], modality=["planned"])
    assert sorted(questions([one, two])) == [
        ("Battle: modality: actual or planned", 1),
        ("Battle: the same event or two", 1),
        ("from Battle to Actor: agent or target", 1),
    ]


def test_a_role_of_a_span_that_one_did_not_mark_is_no_disagreement_of_its_own() -> None:
    one = annotated("a1", ARTICLE, ("attacked", "Battle"), ("rebels", "Actor"), roles=[("agent", 0, 1)])
    assert questions([one, annotated("a2", ARTICLE, ("attacked", "Battle"))]) == [("“rebels”: Actor or not marked", 1)]


def test_one_decision_settles_the_same_words_in_all_articles_and_comes_first() -> None:
    texts = ["At least 12 fled the town.", "at least 300 died.", "At  least 1,500 left."]
    articles = []
    for i, (text, words) in enumerate(zip(texts, ["12", "300", "1,500"], strict=True)):
        article = Article(f"x{i}", text)
        hedged = text[: text.index(words) + len(words)]
        alone: list[Marked] = [("the town", "Place")] if "town" in text else []
        articles.append(
            [annotated("a1", article, (hedged, "Count"), *alone), annotated("a2", article, (words, "Count"))]
        )
    found = groups(*articles)
    assert [(g.question, len(g.disagreements)) for g in found] == [
        ("Count: with or without “at least …”", 3),
        ("“town”: Place or not marked", 1),
    ]
    # 0 of 7 spans agree; settled, 6 of 7 do: 2 * 3 / 7. The town: given up 0 / 6, marked by both 2 / 8
    assert (found[0].f1_low, found[0].f1_high) == (pytest.approx(6 / 7), pytest.approx(6 / 7))
    assert (found[1].f1_low, found[1].f1_high) == (0.0, 0.25)


def test_settling_every_group_makes_the_exact_f1_one() -> None:
    one = annotated(
        "a1", ARTICLE, ("At least 12", "Count"), ("the town", "Place"), ("rebels", "Actor"), ("2 days", "Time")
    )
    two = annotated("a2", ARTICLE, ("12", "Count"), ("the town", "Facility"), ("rebels", "Actor"))
    found = agreement([[one, two]], ONTOLOGY, n_resamples=2)
    now = found.report.all_pairs.all_labels.f1_exact.value
    assert now == pytest.approx(2 / 7)
    gained = sum(2 for group in found.groups if group.kind in ("boundary", "label"))
    assert (2 + gained) / (7 - 1) == 1.0  # and the days are given up
    assert [group.kind for group in found.groups] == ["boundary", "label", "marked by one"]
    assert [g.articles for g in found.report.disagreements] == [("x",)] * 3


def test_a_span_is_in_one_disagreement_only() -> None:
    article = Article("x", "the army of the north near Homs")
    one = annotated("a1", article, ("the army of the north", "Actor"))
    two = annotated("a2", article, ("the army", "Actor"), ("the north near Homs", "Place"))
    assert questions([one, two]) == [("Actor: with or without “… of the north”", 1), ("“homs”: Place or not marked", 1)]


def test_words_are_compared_without_case_blanks_and_numbers() -> None:
    assert normalised("At\n least  1,200.5") == "at least #"
    assert head_word("Hamsin Front, ") == "front"
    assert head_word("—") == "—"


def test_the_sentence_around_spans_does_not_end_inside_one() -> None:
    text = "It began. Doctors at Hospital No. 2 saw 23 people. It ended."
    hospital, people = Span("h", 21, 35, "Facility"), Span("p", 40, 49, "Civilians")
    (window,) = sentences_around(text, [people], whole=[hospital, people])
    assert text[slice(*window)] == "Hospital No. 2 saw 23 people. "
    far = "One. " + "x " * 400 + "Two."
    assert sentences_around(far, [Span("a", 0, 3, "X"), Span("b", len(far) - 4, len(far), "X")]) == [(0, 5), (567, 809)]


HOSTILE = Article("<b>id</b>", "<script>alert(1)</script> rebels \u202eevil\u202c 🔥 حلب", title="<i>title</i>")


def page(*articles: Sequence[AnnotatedArticle], examples: int = 20) -> str:
    found = agreement(articles, ONTOLOGY, n_resamples=5, name="<ds>")
    return agreement_page(found.report, found.groups, ONTOLOGY, examples=examples)


def test_hostile_text_is_escaped_and_only_our_script_may_run() -> None:
    one = annotated("a1", HOSTILE, ("<script>alert(1)</script> rebels", "Actor"), ("evil", "Actor"))
    made = page([one, annotated("a2", HOSTILE, ("rebels", "Actor"))])
    assert "<script>alert" not in made and "<i>title" not in made and "<b>id" not in made and "<ds>" not in made
    assert made.count("<script>") == 1
    assert "script-src 'sha256-" in made and "script-src 'unsafe-inline'" not in made
    assert "http://" not in made and "https://" not in made


def test_the_page_says_how_many_disagreements_it_does_not_show() -> None:
    articles = []
    for i in range(5):
        article = Article(f"x{i}", "At least 12 fled.")
        articles.append([annotated("a1", article, ("At least 12", "Count")), annotated("a2", article, ("12", "Count"))])
    assert page(*articles, examples=3).count('class="example"') == 3
    assert "2 more are not shown" in page(*articles, examples=3)
    assert "more are not shown" not in page(*articles)


def test_the_page_says_how_many_groups_it_does_not_show() -> None:
    one = annotated("a1", ARTICLE, ("12", "Count"), ("rebels", "Actor"), ("the town", "Place"))
    found = agreement([[one, annotated("a2", ARTICLE)]], ONTOLOGY, n_resamples=5)
    made = agreement_page(found.report, found.groups, ONTOLOGY, n_groups=1)
    assert made.count('<details class="group"') == 1 and "Not on this page: 2 disagreements in 2 smaller groups" in made


def test_annotators_who_agree_have_a_page_too() -> None:
    made = page([annotated(name, ARTICLE, ("rebels", "Actor")) for name in ("a1", "a2")])
    assert "0 disagreements" in made
