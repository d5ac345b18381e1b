"""Rows of the dataset: what they hold, and that reading them gives the same articles."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.dataset.rows import annotated_of, row_of, with_defaults
from eventcorpus.errors import SpanError
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span, span_order
from eventcorpus.text import words

ONTOLOGY: Ontology = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "flat": False,
        "triggers": [{"name": "Attack"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}],
        "roles": [{"name": "agent"}],
        "attributes": [
            {"name": "modality", "of": "triggers", "default": "actual", "values": [{"name": "actual"}, {"name": "no"}]},
            {"name": "outcome", "of": ["Attack"], "values": [{"name": "killed"}]},
        ],
    },
    place="test",
)
ARTICLE = Article("x", "Rebels from Zürn attacked 🔥.", title="Attack", tags=("a",), metadata={"n": 1})
SPANS = (
    Span("1", 0, 16, "Actor"),
    Span("2", 12, 16, "Place"),
    Span("3", 17, 25, "Attack", (("modality", "no"), ("outcome", "killed"))),
)
ANNOTATED = AnnotatedArticle(
    ARTICLE, SPANS, ("Attack", "Actor"), (Role("agent", "3", "1"),), (Event("e1", "Attack", ("3",)),), "a2"
)


def row() -> dict[str, Any]:
    return row_of(ANNOTATED, ONTOLOGY, words(ANNOTATED.article.text))


@st.composite
def annotated_articles(draw: st.DrawFn) -> AnnotatedArticle:
    text = draw(st.text(alphabet=st.sampled_from("ab é🔥حل\n\t.e\u0301"), min_size=1, max_size=30))
    spans = []
    for n in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        label = draw(st.sampled_from(ONTOLOGY.labels))
        given_ = {
            "modality": draw(st.sampled_from(["actual", "no"])),
            "outcome": draw(st.sampled_from(["killed", None])),
        }
        attributes = tuple((k, v) for k, v in given_.items() if v and label == "Attack")
        spans.append(Span(f"s{n}", start, end, label, attributes, draw(st.sampled_from(["manual", "prediction"]))))
    spans.sort(key=span_order)
    ids = [span.id for span in spans] or [""]
    links = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=3)) if spans else []
    events = [Event(f"e{n}", "Attack", (s.id,)) for n, s in enumerate(spans, start=1) if s.label == "Attack"]
    return AnnotatedArticle(
        Article(
            draw(st.text(min_size=1, max_size=5)),
            text,
            title=draw(st.none() | st.just("T")),
            invented=draw(st.none() | st.booleans()),
            tags=draw(st.sampled_from([(), ("a", "b")])),
            metadata=draw(st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.text(max_size=3))),
        ),
        tuple(spans),
        draw(st.sampled_from([("Attack", "Actor", "Place"), ("Place",), ()])),
        tuple(Role("agent", *link) for link in links),
        tuple(events),
        draw(st.sampled_from(["a1", "a2"])),
        draw(st.sampled_from([(), ("agent", "modality")])),
    )


@settings(deadline=None)
@given(annotated_articles())
def test_an_annotated_article_survives_its_row(annotated: AnnotatedArticle) -> None:
    assert annotated_of(row_of(annotated, ONTOLOGY, words(annotated.article.text)), place="test") == annotated


def test_tokens_and_tags_of_a_row_hold_one_layer() -> None:
    names = ["O", "B-Attack", "I-Attack", "B-Actor", "I-Actor", "B-Place", "I-Place"]
    found = row()
    assert found["tokens"] == ["Rebels", "from", "Zürn", "attacked", "🔥", "."]
    assert (found["token_starts"], found["token_ends"]) == ([0, 7, 12, 17, 26, 27], [6, 11, 16, 25, 27, 28])
    assert [names[tag] for tag in found["ner_tags"]] == ["B-Actor", "I-Actor", "I-Actor", "B-Attack", "O", "O"]


def test_an_attribute_left_open_gets_the_default_where_there_is_one() -> None:
    assert with_defaults(Span("1", 0, 1, "Attack"), ONTOLOGY) == [("modality", "actual")]
    assert with_defaults(Span("1", 0, 1, "Actor"), ONTOLOGY) == []


def test_defaults_are_written_into_the_row() -> None:
    bare = AnnotatedArticle(ARTICLE, (Span("3", 17, 25, "Attack"),), ONTOLOGY.labels)
    (span,) = row_of(bare, ONTOLOGY, words(bare.article.text))["spans"]
    assert span["attributes"] == [{"name": "modality", "value": "actual"}]


def test_an_attribute_that_annotators_could_not_use_stays_open() -> None:
    bare = AnnotatedArticle(ARTICLE, (Span("3", 17, 25, "Attack"),), ONTOLOGY.labels, not_annotated=("modality",))
    (span,) = row_of(bare, ONTOLOGY, words(bare.article.text))["spans"]
    assert span["attributes"] == []


@pytest.mark.parametrize(("spans", "status"), [((), "reviewed_empty"), (SPANS, "annotated")])
def test_the_status_tells_a_true_negative(spans: tuple[Span, ...], status: str) -> None:
    assert (
        row_of(
            AnnotatedArticle(ARTICLE, spans, ()), ONTOLOGY, words(AnnotatedArticle(ARTICLE, spans, ()).article.text)
        )["status"]
        == status
    )


def test_a_row_with_an_edited_text_is_an_error() -> None:
    with pytest.raises(SpanError, match="f.parquet: article x: the text does not have the sha256"):
        annotated_of(row() | {"text": "Rebels from Zorn attacked 🔥."}, place="f.parquet")


@pytest.mark.parametrize(("start", "end"), [(0, 29), (-1, 4), (5, 5), (6, 5)])
def test_a_span_outside_the_text_is_an_error(start: int, end: int) -> None:
    broken = row()
    broken["spans"][0] |= {"start": start, "end": end}
    with pytest.raises(SpanError, match=rf"Actor \[{start}, {end}\) lies outside its 28 characters"):
        annotated_of(broken, place="f.parquet")


def test_a_role_that_links_no_span_is_an_error() -> None:
    broken = row() | {"roles": [{"role": "agent", "trigger": "3", "argument": "9"}]}
    with pytest.raises(SpanError, match="role agent links 3 to 9, not both of them spans"):
        annotated_of(broken, place="f.parquet")
