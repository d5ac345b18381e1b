"""Roles and event identity of two systems are compared as their mentions are."""

from eventcorpus.eval.compare import compare
from eventcorpus.eval.runs import Run
from eventcorpus.events.linear import fit_linear_links, nearest_arguments
from eventcorpus.events.linking import annotated_mentions
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.render.compare import comparison_lines
from eventcorpus.schema import Mention
from linked_articles import ARTICLES, ONTOLOGY

LINEAR = fit_linear_links(ARTICLES, ONTOLOGY)


def run(name: str, mentions: list[list[Mention]], *, is_given: bool = False) -> Run:
    found = [prediction_of(a.article, each, ModelName(name=name)) for a, each in zip(ARTICLES, mentions, strict=True)]
    return Run(found, name, found if is_given else None)


GIVEN = [annotated_mentions(annotated, ONTOLOGY) for annotated in ARTICLES]
LINKED = [LINEAR.link(a.article.text, mentions) for a, mentions in zip(ARTICLES, GIVEN, strict=True)]
NEAREST = [nearest_arguments(a.article.text, mentions, ONTOLOGY) for a, mentions in zip(ARTICLES, GIVEN, strict=True)]


def test_links_are_compared_where_both_systems_give_them() -> None:
    found = compare(ARTICLES, [run("near", NEAREST)], [run("linear", LINKED)], ontology=ONTOLOGY, n_resamples=50)
    assert found.micro.difference.value == 0
    assert set(found.links) == {"roles", "pairs of triggers"}
    events = found.links["pairs of triggers"]
    assert (events.first, events.second, events.support) == (0.0, 1.0, 16)
    assert events.p_randomisation is not None and events.p_randomisation < 0.001
    assert any(line.startswith("pairs of triggers: F1 0.0 and 100.0, +100.0") for line in comparison_lines(found))


def test_links_of_given_mentions_are_compared_too_where_all_runs_have_them() -> None:
    both = [run("near", NEAREST, is_given=True)], [run("linear", LINKED, is_given=True)]
    assert len(compare(ARTICLES, *both, ontology=ONTOLOGY, n_resamples=50).links) == 4
    one = [run("near", NEAREST)], [run("linear", LINKED, is_given=True)]
    assert len(compare(ARTICLES, *one, ontology=ONTOLOGY, n_resamples=50).links) == 2


def test_nothing_is_said_of_links_where_one_system_finds_mentions_alone() -> None:
    both = [run("bare", GIVEN)], [run("linear", LINKED)]
    assert compare(ARTICLES, *both, ontology=ONTOLOGY, n_resamples=50).links == {}
    assert compare(ARTICLES, *both[::-1], n_resamples=50).links == {}
