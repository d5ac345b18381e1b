"""From one corpus's labels to another's: what becomes what, what is left out, and what is an error."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventcorpus.annotation.document import ROLE_DETAILS
from eventcorpus.annotation.label_map import LabelMap, Mapper, mapped
from eventcorpus.annotation.templates import Template, templates_of, with_templates
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.files import read_yaml_as
from eventcorpus.ontology import AttributeType, AttributeValue, Label, Ontology, RoleType, ontology_yaml
from eventcorpus.schema import AnnotatedArticle, Article, Event, Role, Span

SOURCE = Ontology(
    name="theirs",
    version="1.0.0",
    flat=False,
    triggers=(Label(name="Attack"), Label(name="Bombing")),
    entities=(Label(name="Organisation"), Label(name="Person"), Label(name="Location"), Label(name="Money")),
    roles=(RoleType(name="by"), RoleType(name="near"), RoleType(name="again", joins_events=True)),
    attributes=(
        AttributeType(name="confidence", of=("Organisation", "Location", "Money")),
        AttributeType(name="mood", of=("Attack",), values=(AttributeValue(name="real"),)),
    ),
)
LABELS = {
    "Attack": "Violence", "Bombing": "Violence", "Organisation": "Actor", "Person": "Actor", "Location": "Place", "Money": None
}  # fmt: skip
ROLES = {"by": "agent", "near": None, "again": "again"}
TEXT = "Front bombed Kalo for cash, bombed it"
SPANS = (
    Span("a", 0, 5, "Organisation", (("confidence", "1"),)),
    Span("p", 0, 5, "Person"),
    Span("b1", 6, 12, "Bombing"),
    Span("k", 13, 17, "Location", (("confidence", "0.5"),)),
    Span("m", 22, 26, "Money", (("confidence", "1"),)),
    Span("b2", 28, 34, "Attack", (("mood", "real"),)),
)
LINKS = (
    Role("by", "b1", "a"), Role("by", "b1", "p"), Role("near", "b1", "k"), Role("by", "b2", "m"), Role("again", "b2", "b1")
)  # fmt: skip
ONE = AnnotatedArticle(
    Article("x", TEXT), SPANS, SOURCE.labels, LINKS, (Event("e1", "Bombing", ("b1",)), Event("e2", "Attack", ("b2",)))
)


def write(path: Path, **content: Any) -> Path:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def counted() -> ConversionReport:
    report = ConversionReport()
    for kind, n in (("articles", 1), ("spans", 6), ("roles", 5), ("attributes", 4)):
        report.keep(kind, n)  # type: ignore[arg-type]
    return report


def test_labels_and_roles_take_their_new_names(tmp_path: Path) -> None:
    report = counted()
    mapper = Mapper.of(write(tmp_path / "m.yaml", labels=LABELS, roles=ROLES), SOURCE)
    one = mapped(ONE, mapper, report)
    assert [(s.id, s.label) for s in one.spans] == [
        ("a", "Actor"),
        ("b1", "Violence"),
        ("k", "Place"),
        ("b2", "Violence"),
    ]
    assert one.roles == (Role("agent", "b1", "a"), Role("again", "b2", "b1"))
    assert [(e.label, e.triggers) for e in one.events] == [("Violence", ("b1", "b2"))]  # now of one label, so they join
    assert (mapper.target.key, mapper.target.trigger_names, mapper.target.labels) == (
        "theirs-mapped@1.0.0", ("Violence",), ("Violence", "Actor", "Place")
    )  # fmt: skip


def test_what_has_no_place_is_left_out_with_the_count(tmp_path: Path) -> None:
    report = counted()
    mapped(ONE, Mapper.of(write(tmp_path / "m.yaml", labels=LABELS, roles=ROLES), SOURCE), report)
    loss_report = report.as_json()
    assert loss_report["spans"] == {
        "in": 6, "kept": 4, "repaired": 0, "refused": 2, "out": 4, "flagged": 0,
        "reasons": {"left out: Money is mapped to null": 1, "left out: the same span is Actor already": 1},
    }  # fmt: skip
    assert loss_report["roles"]["reasons"] == {
        "left out: a span it links is left out or was refused": 1,
        "left out: links one span to itself, or the same two again, under the new labels": 1,
        "left out: near is mapped to null": 1,
    }
    assert loss_report["attributes"] | {"reasons": 0} == {
        "in": 4, "kept": 3, "repaired": 0, "refused": 1, "out": 3, "flagged": 0, "reasons": 0
    }  # fmt: skip
    report.check_strict()


def test_a_repaired_span_that_is_left_out_is_no_longer_counted_as_repaired(tmp_path: Path) -> None:
    report = ConversionReport()
    report.keep("spans", 4)
    report.repair("spans", "x", "Location k [12, 18)", Code.EDGE_BLANKS, key="k")
    report.repair("spans", "x", "Money m [21, 26)", Code.EDGE_BLANKS, key="m")
    report.keep("roles", 5)
    report.keep("attributes", 4)
    mapped(ONE, Mapper.of(write(tmp_path / "m.yaml", labels=LABELS, roles=ROLES), SOURCE), report)
    figures = report.as_json()["spans"]
    assert (figures["in"], figures["kept"], figures["repaired"], figures["refused"]) == (6, 3, 1, 2)
    assert [item.name for item in report.items] == ["Location k [12, 18)"]


def test_an_ontology_is_found_beside_the_map_and_its_rules_hold(tmp_path: Path) -> None:
    ours = Ontology(
        name="ours", version="2.0.0", flat=True, triggers=(Label(name="Violence"),),
        entities=(Label(name="Actor"), Label(name="Place"), Label(name="Time")), roles=(RoleType(name="agent"),),
    )  # fmt: skip
    (tmp_path / "ours.yaml").write_text(ontology_yaml(ours))
    path = write(tmp_path / "m.yaml", ontology="ours.yaml", labels=LABELS, roles=ROLES | {"again": None})
    nested = replace(ONE, spans=(*SPANS, Span("n", 6, 17, "Location")))
    report = counted()
    report.keep("spans")
    one = mapped(nested, Mapper.of(path, SOURCE), report)
    assert [(s.id, s.attributes) for s in one.spans] == [("a", ()), ("n", ()), ("b2", ())]
    assert one.roles == ()
    assert one.labels_annotated == ("Violence", "Actor", "Place")
    reasons = report.as_json()["spans"]["reasons"]
    assert reasons["refused: overlaps Place, and the ontology is flat"] == 2
    assert report.as_json()["spans"]["out"] == 3
    assert report.as_json()["attributes"]["out"] == 0


def test_a_label_says_something_only_if_all_that_become_it_were_annotated(tmp_path: Path) -> None:
    mapper = Mapper.of(write(tmp_path / "m.yaml", labels=LABELS, roles=ROLES), SOURCE)
    assert mapper.labels_annotated(("Attack", "Bombing", "Organisation", "Location")) == ("Violence", "Place")


def test_a_trigger_and_an_entity_that_become_one_label_are_an_entity(tmp_path: Path) -> None:
    mapper = Mapper.of(write(tmp_path / "m.yaml", labels=LABELS | {"Bombing": "Actor"}, roles=ROLES), SOURCE)
    assert (mapper.target.trigger_names, mapper.target.labels) == (("Violence",), ("Violence", "Actor", "Place"))


def test_templates_and_what_is_said_of_roles_follow_their_spans(tmp_path: Path) -> None:
    template = Template(incident_type="bombing", fillers={"Perp": (("a", "p"), ("m",)), "Target": ()})
    details = [
        {"role": "by", "trigger": "b1", "argument": "a", "start": 3},
        {"role": "near", "trigger": "b1", "argument": "k"},
    ]
    article = with_templates(replace(ONE.article, metadata={ROLE_DETAILS: details, "n": 1}), [template])
    report = counted()
    one = mapped(
        replace(ONE, article=article),
        Mapper.of(write(tmp_path / "m.yaml", labels=LABELS, roles=ROLES), SOURCE),
        report,
    )
    (left,) = templates_of(one)
    assert left.fillers == {"Perp": (("a", "a"),), "Target": ()}
    assert one.article.metadata[ROLE_DETAILS] == [{"role": "agent", "trigger": "b1", "argument": "a", "start": 3}]
    assert report.notes == {"mentions of templates whose span is left out": 1}


def test_what_was_said_of_roles_goes_with_the_last_of_them(tmp_path: Path) -> None:
    details = [{"role": "near", "trigger": "b1", "argument": "k", "start": 3}]
    one = replace(ONE, article=replace(ONE.article, metadata={ROLE_DETAILS: details, "n": 1}))
    path = write(tmp_path / "m.yaml", labels=LABELS, roles=ROLES)
    assert mapped(one, Mapper.of(path, SOURCE), counted()).article.metadata == {"n": 1}


def test_without_roles_every_role_keeps_its_name(tmp_path: Path) -> None:
    mapper = Mapper.of(write(tmp_path / "m.yaml", labels=LABELS), SOURCE)
    assert [role.name for role in mapper.target.roles] == ["by", "near", "again"]


def test_a_map_may_be_json(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"labels": LABELS, "roles": ROLES}))
    assert read_yaml_as(LabelMap, tmp_path / "m.json", what="a map").labels == LABELS


OURS = "schema: 1\nname: ours\nversion: 1.0.0\nentities: [{name: Actor}, {name: Place}]\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"labels": {k: v for k, v in LABELS.items() if k != "Organisation"} | {"Organization": "Actor"}},
            "m.yaml: the label 'Organisation' is in the data and not in the map; did you mean 'Organization'; map it to a label, or to null to leave it out",
        ),
        (
            {"labels": LABELS, "roles": {"by": "agent", "again": None}},
            "m.yaml: the role 'near' is in the data and not in the map; there are by, again; map it to a role, or to null to leave it out",
        ),
        (
            {"labels": LABELS | {"Attack": None, "Bombing": None, "Location": "Plaec"}, "roles": dict.fromkeys(ROLES), "ontology": "o.yaml"},
            "m.yaml: Location: ours@1.0.0 has no label 'Plaec'; did you mean 'Place'",
        ),
        ({"labels": LABELS, "ontology": "gone.yaml"}, "ontology: no such file"),
        ({"labels": dict.fromkeys(LABELS)}, "every label of the data is mapped to null; nothing would be left"),
        ({"labels": LABELS, "label": {}}, "m.yaml: line 8: unknown key 'label'; did you mean 'labels'"),
        ({"labels": {}}, "m.yaml: line 1: labels is {}, it must not be empty"),
    ],
)  # fmt: skip
def test_a_map_that_does_not_fit_names_the_way_out(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    (tmp_path / "o.yaml").write_text(OURS)
    with pytest.raises(InputError) as stopped:
        Mapper.of(write(tmp_path / "m.yaml", **content), SOURCE)
    assert message in str(stopped.value)


def test_the_shipped_maps_fit_the_shipped_ontology() -> None:
    maps = Path(__file__).parents[2] / "corpus/maps"
    label_map = read_yaml_as(LabelMap, maps / "re3d.yaml", what="a map")
    source = Ontology(
        name="re3d", version="1.0.0", flat=False, entities=tuple(Label(name=name) for name in label_map.labels),
        roles=tuple(RoleType(name=name) for name in label_map.roles or {}),
    )  # fmt: skip
    mapper = Mapper.of(maps / "re3d.yaml", source)
    assert mapper.target.name == "conflict-events"
    assert mapper.labels_annotated(source.labels) == ("Actor", "Place", "Time", "Weapon")
