"""One annotation's items as spans and roles: the cases that need no export file (the rest: test_annotations)."""

from typing import Any

import pytest

from eventcorpus.annotation.check import Checked
from eventcorpus.annotation.migrate import Migration, migration
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import SpanError
from eventcorpus.labelstudio.regions import check_annotation
from eventcorpus.labelstudio.texts import TaskText
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import Role
from label_studio_json import MINI, NESTED, ONTOLOGY, TEXT, choice, region, relation

TRIGGER, ACTOR, PLACE = region("t", 7, 15, "Attack"), region("a", 0, 6, "Actor"), region("p", 16, 25, "Place")
FAMILY = "Alert 🚨🔥 rebels shelled Northtown 👨\u200d👩\u200d👧 and fled."


def read(
    *items: dict[str, Any],
    text: str = TEXT,
    ontology: Ontology = ONTOLOGY,
    stop: bool = False,
    offset: int = 0,
    way: Migration | None = None,
) -> tuple[Checked, ConversionReport]:
    report = ConversionReport(refuses=not stop)
    found = check_annotation(
        items, "x", TaskText(text), ontology, report, prefix="3", offset=offset, migration=way or Migration()
    )
    return found, report


def verdicts(report: ConversionReport) -> list[tuple[str, str]]:
    return [(item.verdict, str(item.reason)) for item in report.items]


def test_region_ids_carry_the_annotation_and_stay_if_they_do_already() -> None:
    regions, _ = read(region("r", 0, 6, "Actor"), region("9:r", 16, 25, "Place"))
    assert [span.id for span in regions.spans] == ["3:r", "9:r"]


def test_regions_without_an_id_get_one_each() -> None:
    items = [region("", 0, 6, "Actor"), region("", 16, 25, "Place")]
    assert [span.id for span in read(*items)[0].spans] == ["3:region1", "3:region2"]


def test_origin_is_kept_and_hand_drawn_where_it_is_missing() -> None:
    regions, _ = read(ACTOR, PLACE | {"origin": "prediction-changed"})
    assert [span.origin for span in regions.spans] == ["manual", "prediction-changed"]


def test_what_annotators_noted_or_hid_changes_no_span() -> None:
    regions, report = read(ACTOR | {"hidden": True, "meta": {"text": ["checked twice"]}, "score": 0.8})
    assert [(span.start, span.end, span.label) for span in regions.spans] == [(0, 6, "Actor")]
    assert report.items == []


def test_offsets_count_from_where_the_part_begins() -> None:
    regions, report = read(region("a", 0, 6, "Actor"), region("b", 0, 3, "Actor"), offset=100)
    assert [(span.start, span.end) for span in regions.spans] == [(100, 106)]
    assert report.items[0].name == "Actor 'Reb' [0, 3)"


def test_of_two_labels_one_may_be_unknown() -> None:
    regions, report = read(region("r", 0, 6, "Group", "Actor"))
    assert [(span.id, span.label) for span in regions.spans] == [("3:r", "Actor")]
    assert verdicts(report) == [
        ("refused", "label not in the ontology"), ("repaired", "several labels: one span each")
    ]  # fmt: skip


def test_a_flat_ontology_keeps_one_of_two_labels() -> None:
    regions, report = read(region("r", 0, 6, "Place", "Actor"))
    assert [span.label for span in regions.spans] == ["Actor"]
    assert verdicts(report) == [
        ("refused", "overlaps Actor, and the ontology is flat"), ("repaired", "several labels: one span each")
    ]  # fmt: skip


@pytest.mark.parametrize("value", [None, {}, []])
def test_a_region_without_a_value_is_refused(value: Any) -> None:
    assert verdicts(read(ACTOR | {"value": value})[1]) == [("refused", "region without a label")]


@pytest.mark.parametrize("label", ["Actor", "Place"])
def test_a_label_in_a_control_of_another_kind_is_read(label: str) -> None:
    value = {"start": 0, "end": 6, "text": "Rebels", "hypertextlabels": [label]}
    (span,) = read({"id": "h", "type": "hypertextlabels", "value": value})[0].spans
    assert span.label == label


def test_the_offsets_of_hypertext_are_refused() -> None:
    item = {"id": "h", "type": "labels", "value": {"start": "/p[1]/text()[1]", "end": "/p[1]", "labels": ["Actor"]}}
    assert verdicts(read(item)[1]) == [("refused", "offset is not a whole number")]


def test_a_text_that_differs_in_blanks_alone_matches() -> None:
    _, report = read(region("r", 0, 15, "Actor", text="Rebels  attacked"))
    assert report.items == []


def test_a_region_without_text_of_its_own_is_noted() -> None:
    _, report = read(ACTOR, region("p", 16, 25, "Place", text="Northtown"))
    assert dict(report.notes) == {"regions without text of their own (offsets trusted)": 1}


def test_utf16_offsets_past_the_end_of_the_text_are_repaired_too() -> None:
    regions, report = read(region("r", 49, 53, "Actor", text="fled"), text=FAMILY)
    assert [FAMILY[span.start : span.end] for span in regions.spans] == ["fled"]
    assert verdicts(report) == [("repaired", "offsets were UTF-16 units")]


def test_utf16_offsets_within_a_character_are_refused() -> None:
    assert verdicts(read(region("r", 7, 17, "Actor", text="rebels"), text=FAMILY)[1]) == [
        ("refused", "text does not match")
    ]


def test_offsets_that_fit_neither_way_are_refused() -> None:
    for start, end, said in [(40, 5000, "x"), (49, 53, "town"), (49, 55, "fled"), (53, 49, "fled"), (-5, 0, "fled")]:
        assert verdicts(read(region("r", start, end, "Actor", text=said), text=FAMILY)[1])[0][0] == "refused"


def test_the_fault_that_stops_names_value_and_way_out() -> None:
    with pytest.raises(SpanError) as stopped:
        read(region("r1", 0, 6, "Actor", text="Troops"), stop=True)
    assert str(stopped.value) == (
        "article x: region r1 Actor [0, 6): text does not match: the text there is 'Rebels', Label Studio says "
        "'Troops'; was the article edited after annotation? (--refuse leaves such items out and counts them)"
    )


def test_attributes_come_in_the_order_of_the_ontology() -> None:
    regions, _ = read(TRIGGER, choice("t", "outcome", "killed"), choice("t", "modality", "denied"))
    assert regions.spans[0].attributes == (("modality", "denied"), ("outcome", "killed"))


def test_an_attribute_may_stand_before_its_region() -> None:
    regions, report = read(choice("t", "modality", "denied"), TRIGGER)
    assert (regions.spans[0].attributes, report.items) == ((("modality", "denied"),), [])


def test_an_attribute_of_a_refused_region_is_refused() -> None:
    _, report = read(region("t", 7, 99, "Attack"), choice("t", "modality", "denied"))
    assert verdicts(report) == [
        ("refused", "offset out of range"), ("refused", "its region is missing or was refused")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "values"), [("taxonomy", [["Violence", "Clash"]]), ("textarea", ["a note"]), ("choices", [])]
)
def test_an_answer_that_is_no_single_value_is_refused(type_: str, values: list[Any]) -> None:
    _, report = read(TRIGGER, choice("t", "modality", *values, type_=type_))
    assert verdicts(report) == [("refused", "not one of the attribute's values")]


def test_a_number_given_for_a_region_is_refused() -> None:
    rating = {"id": "t", "type": "rating", "from_name": "modality", "value": {"start": 7, "end": 15, "rating": 3}}
    assert verdicts(read(TRIGGER, rating)[1]) == [("refused", "not one of the attribute's values")]


def test_an_answer_about_the_whole_task_is_noted() -> None:
    answer = {"id": "c1", "type": "choices", "from_name": "relevance", "value": {"choices": ["relevant"]}}
    _, report = read(answer)
    assert dict(report.notes) == {"answers about the whole task (not kept)": 1}
    assert report.as_json()["attributes"]["in"] == 0


def test_a_relation_with_several_labels_is_a_role_each() -> None:
    regions, report = read(TRIGGER, ACTOR, PLACE, relation("t", "p", "place", "agent"))
    assert regions.roles == [Role("agent", "3:t", "3:p"), Role("place", "3:t", "3:p")]
    assert report.as_json()["roles"] == {
        "in": 2, "kept": 2, "repaired": 0, "refused": 0, "out": 2, "flagged": 1,
        "reasons": {"flagged: role against the ontology's signatures": 1},
    }  # fmt: skip


def test_the_same_role_drawn_both_ways_is_one_role() -> None:
    regions, report = read(TRIGGER, ACTOR, relation("t", "a", "agent"), relation("a", "t", "agent", direction="left"))
    assert regions.roles == [Role("agent", "3:t", "3:a")]
    roles = report.as_json()["roles"]
    assert (roles["in"], roles["kept"], roles["repaired"], roles["refused"]) == (2, 1, 0, 1)


def test_a_relation_drawn_both_ways_from_the_argument_is_turned_round() -> None:
    regions, report = read(TRIGGER, ACTOR, relation("a", "t", "agent", direction="bi"))
    assert regions.roles == [Role("agent", "3:t", "3:a")]
    assert verdicts(report) == [("repaired", "drawn from the argument to the trigger: turned round")]


def test_the_same_event_points_backwards_however_it_was_drawn() -> None:
    later = region("u", 29, 35, "Attack")
    for drawn in (relation("t", "u", "same"), relation("u", "t", "same")):
        assert read(TRIGGER, later, drawn)[0].roles == [Role("same", "3:u", "3:t")]


def test_a_role_at_a_region_with_two_labels_goes_to_the_first() -> None:
    regions, _ = read(TRIGGER, region("r", 0, 6, "Actor", "Place"), relation("t", "r", "agent"), ontology=NESTED)
    assert regions.roles == [Role("agent", "3:t", "3:r")]


CHANGED = parse_ontology(
    MINI
    | {
        "version": "3.0.0",
        "changes": [
            {"version": "2.0.0", "renamed": {"Raid": "Attack", "by": "agent", "mood": "modality"}},
            {
                "version": "3.0.0",
                "merged": {"Town": "Place", "Region": "Place"},
                "split": {"Person": ["Actor", "Move"]},
                "removed": ["Weather", "witness", "tone"],
            },
        ],
    },
    place="mini.yaml",
)
WAY = migration("mini@1.0.0", CHANGED, place="x")


def test_labels_roles_and_attributes_follow_their_new_names() -> None:
    items = [region("t", 7, 15, "Raid"), ACTOR, relation("t", "a", "by"), choice("t", "mood", "denied")]
    regions, report = read(*items, ontology=CHANGED, way=WAY)
    assert [(s.label, s.attributes) for s in regions.spans] == [("Actor", ()), ("Attack", (("modality", "denied"),))]
    assert (regions.roles, report.items) == ([Role("agent", "3:t", "3:a")], [])


def test_merged_labels_become_the_one_that_they_were_merged_into() -> None:
    regions, report = read(region("a", 0, 6, "Town"), region("b", 16, 25, "Region"), ontology=CHANGED, way=WAY)
    assert ([span.label for span in regions.spans], report.items) == (["Place", "Place"], [])


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (region("r", 0, 6, "Person"), "Person was split into Actor and Move in 3.0.0: annotate it again"),
        (region("r", 0, 6, "Weather"), "Weather was removed in 3.0.0"),
        (relation("t", "p", "witness"), "witness was removed in 3.0.0"),
        (choice("t", "tone", "grim"), "tone was removed in 3.0.0"),
    ],
)
def test_what_has_no_new_name_is_refused_with_the_version(item: dict[str, Any], reason: str) -> None:
    _, report = read(TRIGGER, PLACE, item, ontology=CHANGED, way=WAY, stop=True)
    assert verdicts(report) == [("refused", reason)]
