"""Which of several annotations of an article is gold, and on whose word each span stands."""

from dataclasses import replace

import pytest

from eventcorpus.annotation.merge import gold_of, gold_policy
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span

MINI = {
    "name": "mini",
    "version": "1.0.0",
    "triggers": [{"name": "Attack"}],
    "entities": [{"name": "Actor"}, {"name": "Place"}],
    "roles": [{"name": "agent"}, {"name": "place"}],
    "attributes": [{"name": "modality", "of": "triggers", "values": [{"name": "denied"}, {"name": "planned"}]}],
}
ONTOLOGY = parse_ontology(MINI, place="mini")
NESTED = parse_ontology(MINI | {"flat": False}, place="mini")
ARTICLE = Article("x", "Rebels attacked Northtown on Monday.")
REBELS, ATTACKED, NORTHTOWN = (0, 6, "Actor"), (7, 15, "Attack"), (16, 25, "Place")


def annotated(
    annotator: str, *spans: Span, roles: tuple[Role, ...] = (), labels: tuple[str, ...] = ()
) -> AnnotatedArticle:
    spans = tuple(replace(span, decided_by=annotator) for span in spans)
    return AnnotatedArticle(ARTICLE, spans, labels or ONTOLOGY.labels, roles, annotator=annotator)


A1 = annotated(
    "a1",
    Span("1:r", *REBELS),
    Span("1:t", *ATTACKED, (("modality", "denied"),)),
    roles=(Role("agent", "1:t", "1:r"),),
)
A2 = annotated(
    "a2",
    Span("2:r", *REBELS),
    Span("2:t", *ATTACKED, (("modality", "planned"),)),
    Span("2:p", *NORTHTOWN),
    roles=(Role("agent", "2:t", "2:r"), Role("place", "2:t", "2:p")),
)
DECIDED = annotated("adjudicated", Span("1:t", *ATTACKED, (("modality", "planned"),)), Span("2:p", *NORTHTOWN))


def gold(
    *several: AnnotatedArticle, policy: str, ontology: Ontology = ONTOLOGY
) -> tuple[AnnotatedArticle, ConversionReport]:
    report = ConversionReport()
    return gold_of(several, policy, ontology, report), report


def said(one: AnnotatedArticle) -> list[tuple[str, str, str]]:
    return [(span.id, span.label, span.decided_by) for span in one.spans]


@pytest.mark.parametrize(("preferred", "chosen"), [("a1", "a1"), ("a2", "a2"), ("a3", "a1")])
def test_the_preferred_annotator_is_gold_else_the_first(preferred: str, chosen: str) -> None:
    one, _ = gold(A1, A2, DECIDED, policy=preferred)
    assert one.annotator == chosen
    assert {span.decided_by for span in one.spans} == {chosen}


def test_decisions_are_gold_and_tell_what_was_agreed_before() -> None:
    one, report = gold(A1, A2, DECIDED, policy="adjudicated")
    assert said(one) == [("1:t", "Attack", "agreed"), ("2:p", "Place", "adjudicated")]
    assert one.spans[0].attributes == (("modality", "planned"),)
    assert report.items == []


def test_where_nobody_adjudicated_a_difference_is_flagged() -> None:
    one, report = gold(A1, A2, policy="adjudicated")
    assert said(one) == [("1:r", "Actor", "agreed"), ("1:t", "Attack", "agreed")]
    assert [(item.kind, item.verdict, item.article) for item in report.items] == [("articles", "flagged", "x")]


def test_where_all_say_the_same_nobody_needs_to_adjudicate() -> None:
    same = annotated("a2", Span("2:r", *REBELS), Span("2:t", *ATTACKED, (("modality", "denied"),)),
                     roles=(Role("agent", "2:t", "2:r"),))  # fmt: skip
    one, report = gold(A1, same, policy="adjudicated")
    assert said(one) == [("1:r", "Actor", "agreed"), ("1:t", "Attack", "agreed")]
    assert report.items == []


def test_a_single_annotation_is_gold_under_every_policy() -> None:
    for policy in ("adjudicated", "agreed", "union", "a1"):
        assert gold(A2, policy=policy)[0] == A2


def test_decisions_alone_are_gold() -> None:
    one, _ = gold(DECIDED, policy="adjudicated")
    assert said(one) == [("1:t", "Attack", "adjudicated"), ("2:p", "Place", "adjudicated")]


def test_agreed_is_what_all_have() -> None:
    one, report = gold(A1, A2, policy="agreed")
    assert said(one) == [("1:r", "Actor", "agreed"), ("1:t", "Attack", "agreed")]
    assert one.roles == (Role("agent", "1:t", "1:r"),)
    assert one.spans[1].attributes == (("modality", "denied"),)
    assert report.notes == {
        "agreed spans whose attributes differ (the first annotator's are gold)": 1,
        "spans that not all annotators have (not gold)": 1,
        "roles that not all annotators have (not gold)": 1,
    }


def test_a_label_that_one_annotator_could_not_use_needs_no_word_of_theirs() -> None:
    without_places = replace(A1, labels_annotated=("Attack", "Actor"))
    one, _ = gold(without_places, A2, policy="agreed")
    assert said(one)[-1] == ("2:p", "Place", "agreed")
    assert Role("place", "1:t", "2:p") in one.roles
    assert one.labels_annotated == ONTOLOGY.labels


def test_a_role_that_one_annotator_could_not_use_needs_no_word_of_theirs() -> None:
    with_place = replace(A1, spans=(*A1.spans, Span("1:p", *NORTHTOWN)))
    assert Role("place", "1:t", "1:p") not in gold(with_place, A2, policy="agreed")[0].roles
    one, _ = gold(replace(with_place, not_annotated=("place",)), A2, policy="agreed")
    assert Role("place", "1:t", "1:p") in one.roles and one.not_annotated == ()


def test_union_is_what_any_has_with_links_between_the_spans_of_both() -> None:
    one, _ = gold(A1, A2, policy="union")
    assert said(one) == [("1:r", "Actor", "agreed"), ("1:t", "Attack", "agreed"), ("2:p", "Place", "a2")]
    assert one.roles == (Role("agent", "1:t", "1:r"), Role("place", "1:t", "2:p"))
    assert one.events == (Event("e1", "Attack", ("1:t",)),)


def test_union_keeps_one_layer_where_the_ontology_is_flat() -> None:
    longer = annotated("a2", Span("2:p", 16, 35, "Place"))
    shorter = annotated("a1", Span("1:p", *NORTHTOWN))
    one, report = gold(shorter, longer, policy="union")
    assert said(one) == [("2:p", "Place", "a2")]
    assert report.notes == {"spans of one annotator that overlap another's (not gold)": 1}
    assert len(gold(shorter, longer, policy="union", ontology=NESTED)[0].spans) == 2


def test_ids_that_two_annotators_gave_to_different_spans_become_unique() -> None:
    one, _ = gold(annotated("a1", Span("1:x", *REBELS)), annotated("a2", Span("1:x", *NORTHTOWN)), policy="union")
    assert [span.id for span in one.spans] == ["1:x", "1:x~2"]


def test_spans_that_one_annotator_drew_twice_stay_twice() -> None:
    twice = annotated("a1", Span("1:a", *REBELS), Span("1:b", *REBELS))
    both = annotated("a2", Span("2:a", *REBELS), Span("2:b", *REBELS))
    assert len(gold(twice, both, policy="agreed", ontology=NESTED)[0].spans) == 2
    once = annotated("a2", Span("2:a", *REBELS))
    assert len(gold(twice, once, policy="agreed", ontology=NESTED)[0].spans) == 1


@pytest.mark.parametrize(
    ("annotators", "policy", "words"),
    [
        (["a1", "a2"], "a2", "a2's annotation where there is one, else that of the first annotator"),
        (["a1"], "a1", "the only annotator's"),
        ([], "a1", "the only annotator's"),
        (["a1"], "agreed", "the only annotator's"),
        (["a1", "a2"], "union", "the spans and roles that any annotator has"),
        (["a1", "a2"], "agreed", "the spans and roles that all annotators of an article have"),
        (
            ["a1", "a2", "adjudicated"],
            "adjudicated",
            "as adjudicated; where nobody adjudicated, what all annotators agree on",
        ),
    ],
)
def test_the_policy_is_said_in_words(annotators: list[str], policy: str, words: str) -> None:
    assert gold_policy(annotators, policy).startswith(words)


def test_an_unknown_annotator_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="--gold a3: no such annotator; there are a1, a2, a10; or choose agreed"):
        gold_policy(["a10", "a2", "a1", "adjudicated"], "a3")


def test_adjudicated_gold_without_decisions_is_an_error_with_the_way_out() -> None:
    with pytest.raises(InputError, match="no decisions in these exports; add what was pulled"):
        gold_policy(["a1", "a2"], "adjudicated")
