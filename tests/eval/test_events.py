"""Triggers, arguments, attributes and events: hand-worked articles, and what a perfect and an empty system get."""

from typing import Any

import pytest
from made_articles import Given, gold, predicted

from eventcorpus.errors import PredictionsError
from eventcorpus.eval.evaluate import score
from eventcorpus.eval.events import events_of
from eventcorpus.eval.report import Events, LabelFigures, Matching
from eventcorpus.ontology import AttributeType, AttributeValue, Label, Ontology, RoleType
from eventcorpus.predictions import Prediction
from eventcorpus.schema import AnnotatedArticle, Event, Span

VALUES = (AttributeValue(name="actual"), AttributeValue(name="planned"))
ONTOLOGY = Ontology(
    name="t",
    version="1.0.0",
    triggers=(Label(name="Attack"), Label(name="Death")),
    entities=(Label(name="Actor"), Label(name="Place")),
    roles=(RoleType(name="agent"), RoleType(name="place"), RoleType(name="same_event", joins_events=True)),
    attributes=(
        AttributeType(name="modality", of="triggers", values=VALUES, default="actual"),
        AttributeType(name="means", of=("Death",)),
    ),
)
SPANS: list[Given] = [(0, 4, "Attack"), (10, 14, "Actor"), (20, 24, "Place"), (30, 34, "Attack"), (40, 44, "Death")]
ROLES = [("agent", "0", "1"), ("place", "0", "2"), ("agent", "3", "1"), ("same_event", "3", "0")]


def scored(annotated: AnnotatedArticle | list[AnnotatedArticle], *predictions: Prediction) -> Events:
    events = events_of(annotated if isinstance(annotated, list) else [annotated], [predictions], ONTOLOGY)
    assert events is not None
    return events


def counts(row: LabelFigures | None) -> tuple[int, int, int]:
    assert row is not None
    return row.correct, row.predicted, row.support


def rows(matching: Matching | None) -> dict[str, tuple[int, int, int]]:
    assert matching is not None
    return {label: counts(row) for label, row in matching.labels.items()}


def figures_in(data: Any) -> list[float | None]:
    if isinstance(data, dict):
        own = [data[key] for key in ("precision", "recall", "f1", "value") if key in data]
        return own + [value for part in data.values() for value in figures_in(part)]
    return []


def test_a_perfect_system_has_one_everywhere_and_makes_no_error() -> None:
    found = scored(gold(*SPANS, roles=ROLES), predicted(*SPANS, roles=ROLES, attributes=[{}] * 5)).model_dump()
    assert found["event_sets"].pop("count_error") == {"value": 0.0, "interval": None}
    assert {value for value in figures_in(found) if value is not None} == {1.0}
    assert None not in (found["argument_attached"], found["event_sets"], found["trigger_identification"])
    assert found["attributes"].keys() == {"modality", "means"}


def test_an_empty_system_has_nothing_anywhere() -> None:
    found = scored(gold(*SPANS, roles=ROLES), predicted(roles=[])).model_dump()
    assert found["event_sets"].pop("count_error") == {"value": 2.0, "interval": None}
    assert {value for value in figures_in(found) if value is not None} == {0.0}
    assert found["argument_attached"]["micro"]["support"] == 3


def test_triggers_are_identified_by_place_and_classified_by_label() -> None:
    found = scored(gold(*SPANS), predicted((0, 4, "Death"), (30, 34, "Attack"), (41, 44, "Death"), (10, 14, "Actor")))
    assert counts(found.trigger_identification) == (2, 3, 3)
    assert rows(found.trigger_classification) == {"Attack": (1, 1, 2), "Death": (0, 2, 1)}


@pytest.mark.parametrize(
    ("spans", "roles", "expected"),
    [
        (SPANS, ROLES, [(2, 2, 2), (2, 2, 2), (3, 3, 3)]),
        # the right argument of a trigger of the right label, in another role
        (SPANS, [("place", "0", "1")], [(1, 1, 2), (0, 1, 2), (0, 1, 3)]),
        # attached to the wrong one of two triggers of one label: only the attached score sees it
        (SPANS, [("place", "3", "2")], [(1, 1, 2), (1, 1, 2), (0, 1, 3)]),
        # a trigger of the wrong label takes its arguments with it
        ([(0, 4, "Death"), *SPANS[1:]], [("agent", "0", "1")], [(0, 1, 2), (0, 1, 2), (0, 1, 3)]),
        # a trigger with wrong ends does so in the attached score alone
        ([(1, 4, "Attack"), *SPANS[1:]], [("agent", "0", "1")], [(1, 1, 2), (1, 1, 2), (0, 1, 3)]),
        # an argument with wrong ends is wrong; its label is not looked at
        ([SPANS[0], (10, 13, "Actor")], [("agent", "0", "1")], [(0, 1, 2), (0, 1, 2), (0, 1, 3)]),
        ([SPANS[0], (10, 14, "Place")], [("agent", "0", "1")], [(1, 1, 2), (1, 1, 2), (1, 1, 3)]),
        # links between triggers are judged as sets of triggers, not as arguments
        (SPANS, [("same_event", "3", "0")], [(0, 0, 2), (0, 0, 2), (0, 0, 3)]),
        (SPANS, [], [(0, 0, 2), (0, 0, 2), (0, 0, 3)]),
    ],
)
def test_arguments_as_textee_counts_them(
    spans: list[Given], roles: list[tuple[str, str, str]], expected: list[tuple[int, int, int]]
) -> None:
    # gold is a set of 2 arguments, (Attack, 10-14, agent) and (Attack, 20-24, place): two triggers have the same agent
    found = scored(gold(*SPANS, roles=ROLES), predicted(*spans, roles=roles))
    assert found.argument_classification is not None and found.argument_attached is not None
    assert [
        counts(row)
        for row in (found.argument_identification, found.argument_classification.micro, found.argument_attached.micro)
    ] == expected


def test_rows_of_arguments_are_roles() -> None:
    found = scored(gold(*SPANS, roles=ROLES), predicted(*SPANS, roles=[("agent", "3", "1"), ("goal", "3", "2")]))
    assert rows(found.argument_attached) == {"agent": (1, 1, 2), "place": (0, 0, 1), "goal": (0, 1, 0)}
    assert rows(found.argument_classification) == {"agent": (1, 1, 1), "place": (0, 0, 1), "goal": (0, 1, 0)}


def test_a_system_without_roles_is_not_judged_by_them_and_one_with_none_is() -> None:
    silent = scored(gold(*SPANS, roles=ROLES), predicted(*SPANS))
    assert (silent.argument_identification, silent.argument_classification, silent.argument_attached) == (None,) * 3
    assert silent.event_sets is None and silent.trigger_classification is not None
    wrong = scored(gold(*SPANS, roles=ROLES), predicted(*SPANS, roles=[]))
    assert wrong.argument_attached is not None and wrong.argument_attached.micro.recall == 0.0
    # one article with roles is enough: then the others have none
    both = [gold(*SPANS, roles=ROLES), gold(*SPANS, id_="y", roles=ROLES)]
    half = scored(both, predicted(*SPANS, roles=ROLES), predicted(*SPANS, id_="y"))
    assert half.argument_attached is not None and half.argument_attached.micro.recall == 0.5


def test_parts_that_neither_side_has_are_null() -> None:
    found = scored(gold((10, 14, "Actor")), predicted((10, 14, "Actor"), roles=[], attributes=[{}]))
    assert found == Events(false_alarms={"value": 0.0}, articles_without_event=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("roles", "b_cubed", "ceaf_e", "numbers"),
    [
        # gold {0 30} {40}
        ([("same_event", "3", "0")], (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (2, 2, 0.0)),
        # predicted {0} {30} {40}: B-cubed 3/3 and (1/2 + 1/2 + 1) / 3; CEAF-e (2/3 + 1) of 3 and of 2
        ([], (1.0, 0.6667, 0.8), (0.5556, 0.8333, 0.6667), (2, 3, 1.0)),
        # triggers of two labels are not joined
        ([("same_event", "4", "0")], (1.0, 0.6667, 0.8), (0.5556, 0.8333, 0.6667), (2, 3, 1.0)),
    ],
)
def test_event_sets(
    roles: list[tuple[str, str, str]],
    b_cubed: tuple[float, ...],
    ceaf_e: tuple[float, ...],
    numbers: tuple[int, int, float],
) -> None:
    found = scored(gold(*SPANS, roles=ROLES), predicted(*SPANS, roles=roles)).event_sets
    assert found is not None
    for figures, expected in ((found.b_cubed, b_cubed), (found.ceaf_e, ceaf_e)):
        assert (figures.precision, figures.recall, figures.f1) == pytest.approx(expected, abs=1e-4)
    assert (found.gold_events, found.predicted_events, found.count_error.value) == numbers


def test_a_missed_and_a_spurious_trigger_count_in_the_event_sets() -> None:
    # gold {0 30}, predicted {0 50}: B-cubed (1/2 + 0) / 2 both ways, CEAF-e 2 * 1 / 4 of one cluster
    found = scored(
        gold((0, 4, "Attack"), (30, 34, "Attack"), roles=[("same_event", "1", "0")]),
        predicted((0, 4, "Attack"), (50, 54, "Attack"), roles=[("same_event", "1", "0")]),
    ).event_sets
    assert found is not None
    assert (found.b_cubed.precision, found.b_cubed.recall, found.ceaf_e.f1) == (0.25, 0.25, 0.5)


def test_events_that_the_data_names_are_taken_and_triggers_in_none_stand_alone() -> None:
    annotated = gold(*SPANS)
    named = AnnotatedArticle(
        annotated.article, annotated.spans, annotated.labels_annotated, events=(Event("e1", "Attack", ("0", "3")),)
    )
    found = scored(named, predicted(*SPANS, roles=[("same_event", "3", "0")])).event_sets
    assert found is not None and (found.gold_events, found.b_cubed.f1, found.ceaf_e.f1) == (2, 1.0, 1.0)


def test_the_error_of_the_number_of_events_is_the_mean_over_articles() -> None:
    # 2 against 3 events, then 0 against 2
    found = scored(
        [gold(*SPANS, roles=ROLES), gold(id_="y")],
        predicted(*SPANS, roles=[]),
        predicted((0, 4, "Attack"), (5, 9, "Attack"), id_="y", roles=[]),
    ).event_sets
    assert found is not None and found.count_error.value == 1.5


def test_false_alarms_are_triggers_in_articles_without_an_event() -> None:
    found = scored(
        [gold(*SPANS), gold((10, 14, "Actor"), id_="y"), gold(id_="z"), gold(id_="w")],
        predicted(*SPANS, (50, 54, "Attack")),
        predicted((0, 4, "Attack"), (5, 9, "Death"), (10, 14, "Actor"), id_="y"),
        predicted((0, 4, "Place"), id_="z"),
    )
    assert found.false_alarms is not None
    assert (found.false_alarms.value, found.articles_without_event) == (pytest.approx(200 / 3), 3)
    assert scored(gold(*SPANS), predicted(*SPANS)).false_alarms is None


def with_attributes(annotated: AnnotatedArticle, *attributes: dict[str, str]) -> AnnotatedArticle:
    spans = (
        Span(span.id, span.start, span.end, span.label, tuple(said.items()))
        for span, said in zip(annotated.spans, attributes, strict=True)
    )
    return AnnotatedArticle(annotated.article, tuple(spans), annotated.labels_annotated)


def test_attributes_are_compared_on_shared_mentions_with_defaults_said() -> None:
    triggers: list[Given] = [(0, 4, "Attack"), (10, 14, "Attack"), (20, 24, "Attack"), (30, 34, "Attack")]
    annotated = with_attributes(
        gold(*triggers), {"modality": "actual"}, {"modality": "planned"}, {}, {"modality": "planned"}
    )
    # the first open on one side, the second wrong, the third open on both sides, the fourth missed
    found = scored(
        annotated, predicted(*triggers[:3], (40, 44, "Attack"), attributes=[{}, {"modality": "actual"}, None, None])
    )
    modality = found.attributes["modality"]
    assert (modality.mentions, modality.accuracy.value) == (3, pytest.approx(2 / 3))
    assert rows(modality.values) == {"actual": (2, 4, 2), "planned": (0, 0, 2)}


def test_free_text_has_one_row_and_only_the_labels_that_carry_it_count() -> None:
    annotated = with_attributes(gold((0, 4, "Attack"), (10, 14, "Death"), (20, 24, "Death")), {}, {"means": "fire"}, {})
    found = scored(
        annotated,
        predicted(
            (0, 4, "Attack"),
            (10, 14, "Death"),
            (20, 24, "Death"),
            attributes=[{"means": "gun"}, {"means": "flood"}, {}],
        ),
    )
    assert (found.attributes["means"].mentions, found.attributes["means"].accuracy.value) == (2, 0.5)
    assert rows(found.attributes["means"].values) == {"(text)": (0, 1, 1)}


def test_a_system_without_attributes_is_not_judged_by_them() -> None:
    assert scored(gold(*SPANS), predicted(*SPANS)).attributes == {}


def test_an_ontology_without_triggers_has_no_events() -> None:
    plain = Ontology(name="p", version="1.0.0", entities=(Label(name="Actor"),))
    assert events_of([gold((0, 4, "Actor"))], [[predicted((0, 4, "Actor"))]], plain) is None
    assert score([gold((0, 4, "Actor"))], [predicted((0, 4, "Actor"))], plain, name="n", split="s").events is None


def test_the_order_of_mentions_and_roles_changes_nothing() -> None:
    annotated = gold(*SPANS, roles=ROLES)
    turned = {str(i): str(len(SPANS) - 1 - i) for i in range(len(SPANS))}
    said = [("agent", "0", "1"), ("place", "3", "2"), ("same_event", "3", "0")]
    one = predicted(*SPANS, roles=said)
    other = predicted(*SPANS[::-1], roles=[(role, turned[t], turned[a]) for role, t, a in said[::-1]])
    assert scored(annotated, one) == scored(annotated, other)


def test_a_role_that_links_what_is_not_there_is_refused() -> None:
    with pytest.raises(PredictionsError, match="article x: the role 'agent' '0' -> '9': no mention has the id '9'"):
        score([gold(*SPANS)], [predicted(*SPANS, roles=[("agent", "0", "9")])], ONTOLOGY, name="n", split="s")


def test_arguments_are_told_apart_by_the_sentences_between_them_and_their_trigger() -> None:
    text = "Raid. Men. Men in town. Raid town."
    spans: list[Given] = [(0, 4, "Attack"), (6, 9, "Actor"), (18, 22, "Place"), (24, 28, "Attack"), (29, 33, "Place")]
    in_gold = [("agent", "0", "1"), ("place", "0", "2"), ("place", "3", "4"), ("agent", "3", "1")]
    events = scored(
        gold(*spans, roles=in_gold, text=text), predicted(*spans, roles=[in_gold[0], ("place", "3", "2")], text=text)
    )
    assert rows(events.argument_by_distance) == {
        "same sentence": (0, 0, 1), "next sentence": (1, 2, 1), "further": (0, 0, 2)
    }  # fmt: skip


def test_pairs_of_triggers_of_one_event_are_counted_over_the_whole_event() -> None:
    three: list[Given] = [(0, 4, "Attack"), (10, 14, "Attack"), (20, 24, "Attack"), (30, 34, "Attack")]
    in_gold = [("same_event", "1", "0"), ("same_event", "2", "1")]
    found = scored(gold(*three, roles=in_gold), predicted(*three, roles=[in_gold[0], ("same_event", "3", "0")]))
    assert found.event_sets is not None and found.event_sets.pairs is not None
    pairs = found.event_sets.pairs
    assert (pairs.precision, pairs.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
