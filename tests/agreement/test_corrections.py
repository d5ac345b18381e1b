"""What annotators did to predictions: literal cases, an export of the real page, and a corrector with a stated plan."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcorpus.agreement.corrected import read_corrected
from eventcorpus.agreement.corrections import Corrections, MentionFigures, count_corrections
from eventcorpus.cli.main import main
from eventcorpus.labelstudio.config import read_label_config, read_ontology
from eventcorpus.labelstudio.exports import index_exports
from eventcorpus.ontology import Ontology, ontology_yaml
from label_studio_json import NESTED, TEXT, annotation, choice, region, relation, task, write

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/fixtures/label-studio"
OUTCOMES = ("kept", "moved", "relabelled", "moved_and_relabelled", "removed", "added")
LINK_OUTCOMES = ("kept", "changed", "removed", "added")
ACTOR, ATTACKED = region("m1", 0, 6, "Actor", text="Rebels"), region("m2", 7, 15, "Attack", text="attacked")
PLACE = region("m3", 16, 25, "Place", text="Northtown")


def report_of(*tasks: dict[str, Any], ontology: Ontology = NESTED, within: float = 10.0) -> Corrections:
    with tempfile.TemporaryDirectory() as folder:
        return report_on(write(Path(folder) / "export.json", *tasks), ontology=ontology, within=within)


def report_on(path: Path, *, ontology: Ontology, within: float = 10.0) -> Corrections:
    excluded = Counter[str]()
    corrected = read_corrected(index_exports([path]), ontology, excluded)
    return count_corrections(corrected, ontology, within=within, excluded=excluded)


def predicted(*items: dict[str, Any], number: int = 70, version: str = "demo@1") -> dict[str, Any]:
    return {"id": number, "model_version": version, "result": list(items)}


def corrected(items: list[dict[str, Any]], *predictions: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A task whose annotation was begun from its first prediction, unless ``values`` say otherwise."""
    values = {"lead_time": 60.0, "parent_prediction": predictions[0]["id"]} | values
    begun = annotation(1, *items, **values)
    return task(begun) | {"predictions": list(predictions)}


def outcomes(figures: Any, names: tuple[str, ...] = OUTCOMES) -> dict[str, int]:
    return {name: getattr(figures, name) for name in names if getattr(figures, name)}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (ACTOR, {"kept": 1}),
        (region("m1", 0, 15, "Actor"), {"moved": 1}),
        (region("m1", 0, 6, "Place"), {"relabelled": 1}),
        (region("m1", 0, 15, "Place"), {"moved_and_relabelled": 1}),
        (region("new", 0, 6, "Actor"), {"kept": 1}),
        (region("new", 0, 15, "Actor"), {"moved": 1}),
        (region("new", 0, 6, "Place"), {"relabelled": 1}),
        (region("new", 3, 15, "Place"), {"moved_and_relabelled": 1}),
        (region("new", 7, 15, "Actor"), {"removed": 1, "added": 1}),
        (region("m1", 29, 35, "Actor"), {"moved": 1}),
    ],
)
def test_a_mention_is_kept_moved_relabelled_or_removed_by_its_id_or_by_where_it_is(
    after: dict[str, Any], expected: dict[str, int]
) -> None:
    total = report_of(corrected([after], predicted(ACTOR))).total
    assert outcomes(total.mentions) == expected
    assert total.redrawn == (after["id"] == "new" and "removed" not in expected)


def test_a_parent_prediction_that_is_no_id_is_gone() -> None:
    report = report_of(corrected([ACTOR], predicted(ACTOR), parent_prediction=[70]))
    assert (report.total.annotations, report.apart.prediction_gone) == (0, 1)


def test_pairs_by_overlap_are_the_best_for_all_and_not_for_the_first() -> None:
    before = [region("a", 0, 15, "Actor"), region("b", 7, 25, "Actor")]
    after = [region("x", 7, 25, "Actor"), region("y", 16, 35, "Actor")]
    total = report_of(corrected(after, predicted(*before))).total
    assert outcomes(total.mentions) == {"moved": 2}  # greedy: b is x, and a is gone while y is new


def test_the_same_label_is_paired_before_a_larger_overlap() -> None:
    after = [region("x", 0, 6, "Place"), region("y", 0, 15, "Actor")]
    report = report_of(corrected(after, predicted(ACTOR)))
    assert outcomes(report.labels["Actor"]) == {"moved": 1}
    assert outcomes(report.labels["Place"]) == {"added": 1}


def test_roles_and_attributes_are_kept_changed_removed_and_added() -> None:
    move = region("m4", 29, 35, "Move", text="Monday")
    model = [
        ACTOR, ATTACKED, PLACE, move, choice("m2", "modality", "denied"), choice("m2", "outcome", "killed"),
        relation("m2", "m1", "agent"), relation("m2", "m3", "place"), relation("m4", "m3", "place"),
    ]  # fmt: skip
    person = [
        ACTOR, ATTACKED, PLACE, choice("m2", "modality", "actual"), choice("m2", "outcome", "killed"),
        region("new", 29, 35, "Move"), choice("new", "modality", "denied"),
        relation("m2", "m1", "agent"), relation("m2", "m3", "same"), relation("new", "m1", "agent"),
    ]  # fmt: skip
    report = report_of(corrected(person, predicted(*model)))
    assert {name: outcomes(figures, LINK_OUTCOMES) for name, figures in report.roles.items()} == {
        "agent": {"kept": 1, "added": 1},
        "place": {"changed": 1, "removed": 1},
    }
    assert {name: outcomes(figures, LINK_OUTCOMES) for name, figures in report.attributes.items()} == {
        "modality": {"changed": 1, "added": 1},
        "outcome": {"kept": 1},
    }
    assert report.total.untouched == 0


def test_a_role_that_was_drawn_again_is_kept_and_one_of_a_removed_mention_is_removed() -> None:
    model = [ACTOR, ATTACKED, PLACE, relation("m2", "m1", "agent"), relation("m2", "m3", "place")]
    again = [ACTOR, ATTACKED, PLACE, relation("m2", "m3", "place"), relation("m2", "m1", "agent")]
    assert report_of(corrected(again, predicted(*model))).total.untouched == 1
    moved = [region("m1", 0, 15, "Actor"), region("new", 7, 15, "Attack"), relation("new", "m1", "agent")]
    report = report_of(corrected(moved, predicted(*model)))
    assert outcomes(report.roles["agent"], LINK_OUTCOMES) == {"kept": 1}
    assert outcomes(report.roles["place"], LINK_OUTCOMES) == {"removed": 1}


def test_a_value_that_was_unset_is_removed_and_a_default_that_was_chosen_is_added() -> None:
    model = [ATTACKED, region("m4", 29, 35, "Move"), choice("m2", "modality", "denied")]
    person = [ATTACKED, region("m4", 29, 35, "Move"), choice("m4", "modality", "actual")]
    report = report_of(corrected(person, predicted(*model)))
    assert outcomes(report.attributes["modality"], LINK_OUTCOMES) == {"removed": 1, "added": 1}


def test_a_changed_attribute_alone_is_a_touch() -> None:
    model = [ATTACKED, choice("m2", "modality", "denied")]
    assert report_of(corrected(model, predicted(*model))).total.untouched == 1
    person = [ATTACKED, choice("m2", "modality", "actual")]
    assert report_of(corrected(person, predicted(*model))).total.untouched == 0


def test_untouched_within_a_time_and_where_no_time_is_known() -> None:
    tasks = [
        corrected([ACTOR], predicted(ACTOR), lead_time=seconds) | {"id": n, "data": {"article_id": f"x{n}", "text": TEXT}}
        for n, seconds in enumerate((3.0, 10.0, 10.5, None))
    ]  # fmt: skip
    total = report_of(*tasks).total
    assert (total.untouched, total.untouched_within, total.without_lead_time) == (4, 2, 1)
    assert report_of(*tasks, within=2.5).total.untouched_within == 0


def test_shares_of_origins_and_exact_figures_of_the_predictions() -> None:
    person = [
        ACTOR | {"origin": "prediction"}, region("m3", 16, 25, "Actor") | {"origin": "prediction-changed"},
        region("new", 29, 35, "Place") | {"origin": "manual"},
    ]  # fmt: skip
    total = report_of(corrected(person, predicted(ACTOR, ATTACKED, PLACE))).total
    assert total.origins == {"manual": 1, "prediction": 1, "prediction-changed": 1}
    assert total.still_prediction == pytest.approx(1 / 3)
    assert (total.mentions.precision, total.mentions.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_relabellings_say_from_what_to_what_and_both_labels_add_up() -> None:
    report = report_of(corrected([region("m1", 0, 6, "Place")], predicted(ACTOR)))
    assert [(r.predicted, r.annotated, r.n) for r in report.relabellings] == [("Actor", "Place", 1)]
    actor, place = report.labels["Actor"], report.labels["Place"]
    assert (actor.predicted, actor.annotated, place.predicted, place.annotated, place.relabelled_to) == (1, 0, 0, 1, 1)


def test_what_was_not_begun_from_a_prediction_is_counted_apart() -> None:
    empty = task(annotation(1, ACTOR, parent_prediction=None)) | {"predictions": [predicted(ACTOR)]}
    bare = task(annotation(1, ACTOR), article_id="x2")
    gone = corrected([ACTOR], predicted(ACTOR), parent_prediction=5) | {"data": {"article_id": "x3", "text": TEXT}}
    report = report_of(empty, bare, gone)
    assert report.apart.model_dump() == {
        "not_begun_from_prediction": 1, "without_prediction": 1, "prediction_gone": 1, "skipped": 0, "older": 0,
    }  # fmt: skip
    assert (report.total.annotations, report.labels) == (0, {})


def test_exports_that_have_ids_instead_of_predictions_are_read_by_the_copy_in_the_annotation() -> None:
    one = corrected([ACTOR], predicted(ACTOR, PLACE), prediction=predicted(ACTOR, PLACE)) | {"predictions": [70]}
    assert outcomes(report_of(one).total.mentions) == {"kept": 1, "removed": 1}


def test_a_prediction_that_was_deleted_is_the_copy_if_the_regions_came_from_it() -> None:
    kept = [ACTOR | {"origin": "prediction"}]
    one = corrected(kept, predicted(ACTOR), parent_prediction=None, prediction=predicted(ACTOR, PLACE, number=60))
    assert outcomes(report_of(one).total.mentions) == {"kept": 1, "removed": 1}
    other = corrected(kept, predicted(ACTOR), parent_prediction=None, prediction=predicted(PLACE, number=60))
    assert report_of(other).apart.prediction_gone == 1


def test_skipped_drafts_and_older_annotations_do_not_count() -> None:
    begun = {"parent_prediction": 70, "lead_time": 9.0}
    one = task(
        annotation(1, ACTOR, PLACE, updated_at="2026-01-01", **begun),
        annotation(2, updated_at="2026-01-02", **begun),
        annotation(3, ACTOR, was_cancelled=True, completed_by=2, **begun),
    ) | {"predictions": [predicted(ACTOR)], "drafts": [{"result": [ACTOR]}]}
    report = report_of(one)
    assert outcomes(report.total.mentions) == {"removed": 1}
    assert (report.apart.skipped, report.apart.older, report.total.annotations) == (1, 1, 1)


def test_each_part_of_a_long_article_is_corrected_by_itself() -> None:
    parts = [
        corrected([ACTOR], predicted(ACTOR, PLACE))
        | {
            "data": {
                "article_id": "long",
                "text": TEXT,
                "text_sha256": "",
                "part": n,
                "n_parts": 2,
                "offset": (n - 1) * len(TEXT),
            }
        }
        for n in (1, 2)
    ]
    assert outcomes(report_of(*parts).total.mentions) == {"kept": 2, "removed": 2}


def test_what_convert_would_refuse_is_told_with_its_side() -> None:
    report = report_of(corrected([ACTOR, region("m9", 5, 500, "Actor")], predicted(ACTOR, region("m2", 7, 15, "Bang"))))
    assert report.left_out == {
        "annotated spans: offset out of range": 1, "predicted spans: label not in the ontology": 1,
    }  # fmt: skip


def test_spans_that_overlap_are_compared_though_the_ontology_is_flat() -> None:
    flat = NESTED.model_copy(update={"flat": True})
    whole = region("m5", 0, 15, "Actor")
    assert outcomes(report_of(corrected([ACTOR, whole], predicted(ACTOR)), ontology=flat).total.mentions) == {
        "kept": 1, "added": 1,
    }  # fmt: skip


def test_an_export_of_the_real_page() -> None:
    """Written by Label Studio 1.23.2: two tasks submitted as they came; in one a region deleted, one given another
    label, one drawn; all in two seconds each."""
    path = ROOT / "tests/fixtures/corrections/ui_snapshot_full.json"
    report = report_on(path, ontology=read_ontology(ROOT / "corpus/ontology.yaml"))
    assert {label: outcomes(figures) for label, figures in report.labels.items()} == {
        "Explosion": {"kept": 3},
        "Actor": {"kept": 2, "removed": 1},
        "Place": {"kept": 2, "relabelled": 1},
        "Facility": {},
        "Time": {"added": 1},
    }
    assert outcomes(report.roles["agent"], LINK_OUTCOMES) == {"kept": 2, "removed": 1}
    assert outcomes(report.attributes["modality"], LINK_OUTCOMES) == {"kept": 3}
    assert report.total.origins == {"manual": 1, "prediction": 7, "prediction-changed": 1}
    assert (report.total.annotations, report.total.untouched, report.total.untouched_within) == (3, 2, 2)
    assert list(report.models) == ["demo@abc"]


def test_an_export_from_before_any_prediction_was_begun_from() -> None:
    """Its annotations came through the API: none names the prediction that stood beside it."""
    report = report_on(FIXTURES / "events-demo_snapshot_full.json", ontology=read_ontology(FIXTURES / "config.xml"))
    assert report.total.annotations == 0
    apart = report.apart
    assert (apart.not_begun_from_prediction, apart.without_prediction, apart.prediction_gone) == (2, 6, 0)
    assert (apart.skipped, apart.older) == (1, 0)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["labelstudio", "corrections", *map(str, arguments)])


def test_the_command_reads_the_ontology_beside_the_export_and_prints_what_the_schema_says(tmp_path: Path) -> None:
    write(tmp_path / "export.json", corrected([ACTOR], predicted(ACTOR, PLACE)))
    (tmp_path / "ontology.yaml").write_text(ontology_yaml(NESTED), encoding="utf-8")
    found = command(tmp_path, "--json", "-")
    assert Corrections.model_validate_json(found.stdout).labels["Place"].removed == 1
    table = command(tmp_path).stdout
    assert "1 annotation begun from a prediction: 0 untouched (0.0%)" in table
    assert [cell.strip() for cell in next(x for x in table.splitlines() if "Place" in x).split("│")[1:4]] == [
        "Place", "1", "0",
    ]  # fmt: skip


def test_hostile_names_reach_the_terminal_as_they_are_and_not_as_markup(tmp_path: Path) -> None:
    write(tmp_path / "export.json", corrected([ACTOR], predicted(ACTOR, version="[red]x[/red]\x1b[2J")))
    (tmp_path / "ontology.yaml").write_text(ontology_yaml(NESTED), encoding="utf-8")
    table = command(tmp_path).stdout
    assert "[red]x[/red]" in table and "\x1b" not in table


def test_no_export_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    found = command(tmp_path / "x.json", "--ontology", ROOT / "corpus/ontology.yaml")
    assert found.exit_code == 1 and "not a Label Studio JSON export" in found.stderr


# a corrector with a plan: what it does to whom is written down here, and nowhere else

LABELS = ("Actor", "Place", "Time")
FREE = read_label_config(
    """<View><Labels name="label" toName="text"><Label value="Actor"/><Label value="Place"/><Label value="Time"/></Labels>
    <Relations><Relation value="agent"/><Relation value="place"/></Relations><Text name="text" value="$text"/>
    <Choices name="sure" toName="text" perRegion="true"><Choice value="yes"/><Choice value="no"/></Choices></View>""",
    place="config.xml",
)
WORDS = ("rebels", "Cafe\u0301", "\u062d\u0644\u0628", "\U0001f6a8\U0001f525", "R&D")
GAPS = (" ", "\r\n", "\n", "  ")
VALUES = {"yes": "no", "no": "yes"}


@dataclass
class Plan:
    """What was done in one annotation."""

    annotator: int
    version: str
    lead_time: float | None
    mentions: Counter[tuple[str, str]] = field(default_factory=Counter)
    into: Counter[str] = field(default_factory=Counter)
    roles: Counter[tuple[str, str]] = field(default_factory=Counter)
    attributes: Counter[str] = field(default_factory=Counter)

    @property
    def untouched(self) -> bool:
        done = [
            *(o for _, o in self.mentions),
            *(o for _, o in self.roles),
            *(o for o, n in self.attributes.items() if n),
        ]
        return all(outcome == "kept" for outcome in done)


@st.composite
def plans(draw: st.DrawFn, number: int) -> tuple[dict[str, Any], Plan]:
    """A task with a prediction and an annotation begun from it: cells of three words, at most one mention in each."""
    plan = Plan(
        draw(st.sampled_from((1, 2))), draw(st.sampled_from(("demo@1", "demo@2"))),
        draw(st.sampled_from((None, 3.0, 30.0))),
    )  # fmt: skip
    text, cells = "", []
    for _ in range(draw(st.integers(1, 6))):
        ends = []
        for _ in range(3):
            word = draw(st.sampled_from(WORDS))
            ends.append((len(text), len(text) + len(word)))
            text += word + draw(st.sampled_from(GAPS))
        cells.append(ends)
    model: list[dict[str, Any]] = []
    person: list[dict[str, Any]] = []
    before: list[str] = []
    now: dict[str, str] = {}
    for n, ((left, _), (start, end), (_, right)) in enumerate(cells):
        label = draw(st.sampled_from(LABELS))
        done = draw(st.sampled_from((*OUTCOMES, "nothing")))
        if done == "nothing":
            continue
        plan.mentions[label, done] += 1
        if done == "added":
            person.append(region(f"n{n}", start, end, label, text=text[start:end]))
            continue
        before.append(f"m{n}")
        model.append(region(f"m{n}", start, end, label, text=text[start:end]))
        value = draw(st.sampled_from((None, "yes", "no")))
        model += [choice(f"m{n}", "sure", value)] if value else []
        if done == "removed":
            plan.attributes["removed"] += bool(value)
            continue
        if "relabelled" in done:
            label = draw(st.sampled_from([other for other in LABELS if other != label]))
            plan.into[label] += 1
        if "moved" in done:
            start, end = draw(st.sampled_from(((left, end), (start, right), (left, right))))
        name = now[f"m{n}"] = f"m{n}" if draw(st.booleans()) else f"n{n}"
        person.append(region(name, start, end, label, text=text[start:end]))
        then = draw(st.sampled_from(("kept", "changed", "removed") if value else ("nothing", "added")))
        plan.attributes[then] += then != "nothing"
        said = {"kept": value, "changed": VALUES.get(value or ""), "added": "yes"}.get(then)
        person += [choice(name, "sure", said)] if said else []
    pairs = [(a, b) for i, a in enumerate(before) for b in before[i + 1 :]]
    for first, second in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=5)) if pairs else ():
        there = first in now and second in now
        done = draw(st.sampled_from(("kept", "changed", "turned", "removed", "added") if there else ("removed",)))
        role, other = draw(st.permutations(("agent", "place")))
        if done != "added":
            model.append(relation(first, second, role))
        if done in ("kept", "added"):
            person.append(relation(now[first], now[second], role))
        elif done == "changed":
            person.append(relation(now[first], now[second], other))
        elif done == "turned":
            person.append(relation(now[second], now[first], role))
        plan.roles[role, "changed" if done == "turned" else done] += 1
    person = draw(st.permutations([i for i in person if "value" in i])) + [i for i in person if "value" not in i]
    made = corrected(
        person, predicted(*model, number=number, version=plan.version), completed_by=plan.annotator,
        lead_time=plan.lead_time,
    )  # fmt: skip
    return made | {"id": number, "data": {"article_id": f"x{number}", "text": text}}, plan


def summed(figures: MentionFigures) -> tuple[int, int]:
    return (
        figures.kept + figures.moved + figures.relabelled + figures.moved_and_relabelled + figures.removed,
        figures.kept + figures.moved + figures.relabelled_to + figures.added,
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_report_is_the_plan_to_the_last_region(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 4))
    made = [data.draw(plans(number)) for number in range(1, n + 1)]
    done = [plan for _, plan in made]
    report = report_of(*(one for one, _ in made), ontology=FREE)
    mentions = sum((plan.mentions for plan in done), Counter[tuple[str, str]]())
    into = sum((plan.into for plan in done), Counter[str]())
    assert report.left_out == {}
    for label in LABELS:
        figures = report.labels.get(label)
        expected = {outcome: mentions[label, outcome] for outcome in OUTCOMES if mentions[label, outcome]}
        assert (outcomes(figures) if figures else {}) == expected
        assert (figures.relabelled_to if figures else 0) == into[label]
    for name in ("agent", "place"):
        roles = sum((plan.roles for plan in done), Counter[tuple[str, str]]())
        expected = {outcome: roles[name, outcome] for outcome in LINK_OUTCOMES if roles[name, outcome]}
        assert (outcomes(report.roles[name], LINK_OUTCOMES) if name in report.roles else {}) == expected
    attributes = sum((plan.attributes for plan in done), Counter[str]())
    assert outcomes(report.total.attributes, LINK_OUTCOMES) == {k: n for k, n in attributes.items() if n}
    people = {name: number for number, name in enumerate(sorted({plan.annotator for plan in done}), start=1)}
    groups = [
        (report.total, done),
        *((report.annotators[f"a{people[who]}"], [p for p in done if p.annotator == who]) for who in people),
        *((report.models[v], [p for p in done if p.version == v]) for v in {p.version for p in done}),
    ]
    for group, theirs in groups:
        assert group.annotations == len(theirs)
        assert group.untouched == sum(plan.untouched for plan in theirs)
        assert group.untouched_within == sum(plan.untouched and plan.lead_time == 3.0 for plan in theirs)
        assert group.mentions.kept == sum(plan.mentions[label, "kept"] for plan in theirs for label in LABELS)
    for figures in (report.total.mentions, *report.labels.values()):
        assert summed(figures) == (figures.predicted, figures.annotated)
    n_predicted = [sum(i.get("type") == "labels" for i in one["predictions"][0]["result"]) for one, _ in made]
    n_annotated = [sum(i.get("type") == "labels" for i in one["annotations"][0]["result"]) for one, _ in made]
    assert (report.total.mentions.predicted, report.total.mentions.annotated) == (sum(n_predicted), sum(n_annotated))
    assert json.loads(report.model_dump_json(by_alias=True))["schema"] == 1
