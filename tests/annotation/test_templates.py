"""Templates in an article's metadata: checked, kept in standoff datasets, and put back."""

import json
from typing import Any

import pytest

from eventcorpus.annotation.templates import KEY, Template, templates_of, with_templates, without_spans
from eventcorpus.dataset.rows import annotated_of, row_of, with_text, without_text
from eventcorpus.errors import SpanError
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import words

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Target"),))
TEMPLATE = Template(incident_type="bombing", fillers={"Target": (("m1", "m2"),), "Weapon": ()})
ARTICLE = with_templates(Article("x", "the mill, the barn"), [TEMPLATE])
ONE = AnnotatedArticle(ARTICLE, (Span("m1", 4, 8, "Target"), Span("m2", 14, 18, "Target")), ONTOLOGY.labels)


def row(annotated: AnnotatedArticle = ONE) -> dict[str, Any]:
    return row_of(annotated, ONTOLOGY, words(annotated.article.text))


def test_templates_survive_a_row() -> None:
    assert templates_of(annotated_of(row(), place="here")) == (TEMPLATE,)


def test_a_template_that_names_no_span_is_an_error() -> None:
    gone = AnnotatedArticle(ARTICLE, ONE.spans[:1], ONTOLOGY.labels)
    with pytest.raises(SpanError, match="article x: a template names the span 'm2', which is not there"):
        annotated_of(row(gone), place="here")


def test_templates_travel_without_the_text_and_come_back_with_it() -> None:
    bare = without_text(row())
    assert json.loads(bare["metadata"]) == {
        KEY: [{"incident_type": "bombing", "fillers": {"Target": [["m1", "m2"]], "Weapon": []}}]
    }
    back = with_text(bare, Article("x", ARTICLE.text, metadata={}))
    assert back["metadata"] == row()["metadata"]


@pytest.mark.parametrize(
    "metadata",
    [
        {KEY: "the mill was bombed"},
        {KEY: [{"incident_type": "bombing", "fillers": {"Target": [["the mill"]]}}]},  # quotes the text
        {KEY: [{"incident_type": "bombing", "note": "the mill"}]},
        {"note": "the mill"},
    ],
)
def test_nothing_else_in_metadata_travels_without_the_text(metadata: dict[str, Any]) -> None:
    assert without_text(row() | {"metadata": json.dumps(metadata)})["metadata"] == "{}"


def test_metadata_of_another_form_is_let_be() -> None:
    article = Article("x", "the mill", metadata={KEY: "mine"})
    assert templates_of(AnnotatedArticle(article, (), ONTOLOGY.labels)) == ()


def test_mentions_that_are_gone_leave_their_fillers_and_are_counted() -> None:
    (left,), n_gone = without_spans([TEMPLATE], {"m2": "m9"})
    assert (left.fillers, n_gone) == ({"Target": (("m9",),), "Weapon": ()}, 1)
    (empty,), _ = without_spans([TEMPLATE], {})
    assert empty.fillers == {"Target": (), "Weapon": ()}
