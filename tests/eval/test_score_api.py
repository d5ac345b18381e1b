"""Scoring from Python with nothing but gold and predictions."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_articles import Given, gold, predicted

from eventcorpus.errors import OntologyError, PredictionsError
from eventcorpus.eval import score
from eventcorpus.schema import AnnotatedArticle, Article, Event

span = st.tuples(st.integers(0, 80), st.integers(1, 9), st.sampled_from("ABC")).map(lambda x: (x[0], x[0] + x[1], x[2]))


def test_without_an_ontology_labels_are_those_of_the_gold_in_the_order_of_the_annotators_choices() -> None:
    annotated = AnnotatedArticle(
        gold((0, 4, "Zone"), (5, 9, "Group")).article, gold((5, 9, "Group")).spans, ("Zone", "Actor")
    )
    report = score([annotated], [predicted((0, 4, "Actor"), (0, 4, "Other"))])
    assert list(report.exact.labels) == ["Zone", "Actor", "Group", "Other"]
    assert (report.dataset.name, report.dataset.split, report.ontology) == ("gold", "all", "found-in-gold@0.0.0")
    assert report.events is None


def test_without_an_ontology_triggers_and_the_event_link_are_what_the_gold_shows() -> None:
    spans: list[Given] = [(0, 4, "Attack"), (10, 14, "Actor"), (30, 34, "Attack")]
    roles = [("agent", "0", "1"), ("same", "2", "0")]
    annotated = gold(*spans, roles=roles)
    named = AnnotatedArticle(
        annotated.article,
        annotated.spans,
        annotated.labels_annotated,
        annotated.roles,
        (Event("e", "Attack", ("0", "2")),),
    )
    events = score([named], [predicted(*spans, roles=roles)]).events
    assert events is not None and events.event_sets is not None and events.argument_attached is not None
    assert (events.event_sets.gold_events, events.event_sets.b_cubed.f1) == (1, 1.0)
    assert list(events.argument_attached.labels) == ["agent"]


def test_gold_without_any_label_needs_an_ontology() -> None:
    with pytest.raises(OntologyError, match="no ontology given, and the labels of the gold make none: no labels"):
        score([AnnotatedArticle(Article("x", "text"), (), ())], [predicted(id_="x", text="text")])


def test_two_predictions_of_one_article_are_refused() -> None:
    with pytest.raises(PredictionsError, match="article 'x' has more than one prediction"):
        score([gold((0, 4, "A"))], [predicted((0, 4, "A")), predicted()])


@settings(deadline=None)
@given(st.lists(span, min_size=1, max_size=8))
def test_a_perfect_system_has_one_and_an_empty_one_nothing_under_every_definition(spans: list[Given]) -> None:
    perfect, empty = score([gold(*spans)], [predicted(*spans)]), score([gold(*spans)], [predicted()])
    for report, expected in ((perfect, 1.0), (empty, 0.0)):
        for matching in (report.exact, report.boundary, report.type, report.overlap):
            assert matching is not None
            met = [row for row in matching.labels.values() if row.f1 is not None]
            figures = [
                value for row in (*met, matching.micro, matching.macro) for value in (row.precision, row.recall, row.f1)
            ]
            assert set(figures) == {expected}
        assert report.boundary_errors is not None
        assert not any(any(errors.model_dump().values()) for errors in report.boundary_errors.values())
    assert perfect.confusion is not None and empty.confusion is not None
    assert all(row[i] == sum(row) for i, row in enumerate(perfect.confusion.counts))
    assert all(row[-1] == sum(row) for row in empty.confusion.counts)


def test_every_part_that_has_figures_is_defined_in_the_report() -> None:
    report = score([gold((0, 4, "A"))], [predicted((0, 4, "A"))])
    parts = {
        name
        for name in type(report).model_fields
        if name in ("exact", "boundary", "type", "overlap", "confusion", "boundary_errors", "events")
    }
    events = {
        "trigger_identification",
        "argument_attached",
        "attributes",
        "event_sets",
        "b_cubed",
        "ceaf_e",
        "count_error",
        "false_alarms",
    }
    assert parts | events <= report.definitions.keys()


def test_scoring_does_not_import_torch() -> None:
    code = "import sys, eventcorpus.eval, eventcorpus.metrics.tag_scores; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
