"""The baselines of linking: they learn what the features show, and abstain where an ontology has nothing to link."""

from dataclasses import replace

from eventcorpus.events.linear import fit_linear_links, nearest_arguments
from eventcorpus.events.linking import annotated_mentions
from eventcorpus.ontology import parse_ontology
from eventcorpus.schema import AnnotatedArticle, Mention
from linked_articles import ARTICLES, ONTOLOGY

BARE = parse_ontology({"name": "bare", "version": "1.0.0", "entities": [{"name": "Who"}]}, place="here")


def links(mentions: list[Mention]) -> set[tuple[str, tuple[int, int], tuple[int, int]]]:
    ends = {m.id: (m.start, m.end) for m in mentions}
    return {(link.role, ends[m.id], ends[link.argument]) for m in mentions for link in m.links}


def annotated_links(annotated: AnnotatedArticle) -> set[tuple[str, tuple[int, int], tuple[int, int]]]:
    ends = {span.id: (span.start, span.end) for span in annotated.spans}
    return {(role.role, ends[role.trigger], ends[role.argument]) for role in annotated.roles}


def test_logistic_regression_learns_roles_attributes_and_events() -> None:
    linear = fit_linear_links(ARTICLES[:24], ONTOLOGY)
    for annotated in ARTICLES[24:]:
        found = linear.link(annotated.article.text, annotated_mentions(annotated, ONTOLOGY))
        assert links(found) == annotated_links(annotated)
        raids = [m.attributes[0].value for m in found if m.label == "Air raid"]
        assert raids == ["sûr", "sûr" if annotated.article.id.endswith("True") else "peut-être"]


def test_the_nearest_argument_is_that_of_the_sentence() -> None:
    annotated = ARTICLES[0]
    apart = replace(annotated.article, text=annotated.article.text.replace(". the", ". The"))
    in_two = nearest_arguments(apart.text, annotated_mentions(annotated, ONTOLOGY), ONTOLOGY)
    assert ("done by", (24, 28), (0, 6)) not in links(in_two)
    found = nearest_arguments(annotated.article.text, annotated_mentions(annotated, ONTOLOGY), ONTOLOGY)
    assert links(found) == {role for role in annotated_links(annotated) if role[0] != "same"}
    assert all(not mention.attributes for mention in found)


def test_without_roles_and_attributes_nothing_is_linked() -> None:
    plain = [AnnotatedArticle(a.article, a.spans[:1], ("Who",)) for a in ARTICLES]
    linear = fit_linear_links(plain, BARE)
    for annotated in plain[:2]:
        mentions = annotated_mentions(annotated, BARE)
        for found in (
            linear.link(annotated.article.text, mentions),
            nearest_arguments(annotated.article.text, mentions, BARE),
        ):
            assert len(found) == 1 and not links(found) and not found[0].attributes


def test_spans_of_unknown_labels_and_overlapping_ones_are_no_mentions_to_link() -> None:
    annotated = ARTICLES[0]
    assert [m.label for m in annotated_mentions(annotated, BARE)] == ["Who"]
