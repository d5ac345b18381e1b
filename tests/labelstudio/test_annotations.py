"""Exports in: every oddity that the server or its users produce, and a report that adds up."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcorpus.conversion_report import KINDS, ConversionReport
from eventcorpus.errors import InputError, OntologyError, SpanError
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.labelstudio.tasks import cut_parts, simulated_export, task_data, tasks_of
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, join_events, role_order, span_order
from eventcorpus.text import stored_form

FIXTURES = Path(__file__).parent.parent / "fixtures" / "label-studio"
ONTOLOGY = parse_ontology(
    {
        "name": "mini",
        "version": "1.0.0",
        "flat": False,
        "triggers": [{"name": "Attack"}],
        "entities": [{"name": "Actor"}, {"name": "Place"}],
        "roles": [
            {"name": "agent", "signatures": [{"to": ["Actor"]}]},
            {"name": "place", "signatures": [{"to": ["Place"]}]},
            {"name": "same", "signatures": [{"to": "same"}], "joins_events": True},
        ],
        "attributes": [
            {
                "name": "modality",
                "of": "triggers",
                "default": "actual",
                "values": [{"name": "actual"}, {"name": "denied"}],
            }
        ],
    },
    place="mini",
)
FLAT = ONTOLOGY.model_copy(update={"flat": True})
TEXT = "Rebels attacked Northtown on Monday."
REBELS = ("a1", 0, 6, "Actor")
ATTACKED = ("t1", 7, 15, "Attack")
NORTHTOWN = ("p1", 16, 25, "Place")


def region(region_id: str, start: Any, end: Any, *labels: str, text: Any = None) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": list(labels)} | ({} if text is None else {"text": text})
    return {"id": region_id, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def link(source: str, target: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    return {"type": "relation", "from_id": source, "to_id": target, "direction": direction, "labels": list(labels)}


def choice(region_id: str, name: str, *values: str) -> dict[str, Any]:
    value = {"start": 7, "end": 15, "text": "attacked", "choices": list(values)}
    return {"id": region_id, "type": "choices", "from_name": name, "to_name": "text", "value": value}


def annotation(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "completed_by": 1,
        "was_cancelled": False,
        "updated_at": "2026-01-01",
        "result": list(items),
    } | more


def task(*annotations: dict[str, Any], text: str = TEXT, article_id: str = "x", **data: Any) -> dict[str, Any]:
    data = {
        "article_id": article_id,
        "text": text,
        "text_sha256": Article("x", stored_form(text).text).text_sha256,
        **data,
    }
    return {"id": 1, "data": data, "annotations": list(annotations)}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def run(
        *tasks: dict[str, Any], ontology: Ontology = ONTOLOGY, stop: bool = False
    ) -> tuple[list[AnnotatedArticle], ConversionReport]:
        (tmp_path / "e.json").write_text(json.dumps(list(tasks)))
        report = ConversionReport(refuses=not stop)
        articles = read_exports([tmp_path / "e.json"], ontology, report)
        loss_report = report.as_json()
        for kind in KINDS:
            figures = loss_report[kind]
            assert figures["in"] == figures["kept"] + figures["repaired"] + figures["refused"]
            assert figures["out"] == figures["kept"] + figures["repaired"]
        assert loss_report["spans"]["out"] == sum(len(a.spans) for a in articles)
        assert loss_report["roles"]["out"] == sum(len(a.roles) for a in articles)
        assert loss_report["attributes"]["out"] == sum(len(s.attributes) for a in articles for s in a.spans)
        return articles, report

    return run


def verdicts(report: ConversionReport) -> list[tuple[str, str, str]]:
    return [(item.kind, item.verdict, str(item.reason)) for item in report.items]


ALL = [
    region(*REBELS),
    region(*ATTACKED),
    region(*NORTHTOWN),
    link("t1", "a1", "agent"),
    choice("t1", "modality", "denied"),
]


def test_spans_roles_attributes_and_events_come_in(read: Any) -> None:
    ((article,), report) = read(task(annotation(*ALL)))
    assert [(s.id, s.start, s.end, s.label, s.attributes) for s in article.spans] == [
        ("1:a1", 0, 6, "Actor", ()),
        ("1:t1", 7, 15, "Attack", (("modality", "denied"),)),
        ("1:p1", 16, 25, "Place", ()),
    ]
    assert article.roles == (Role("agent", "1:t1", "1:a1"),)
    assert [event.triggers for event in article.events] == [("1:t1",)]
    assert report.items == []


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([region("r", 0, 7, "Actor")], ("spans", "repaired", "blanks at the edges")),
        ([region("r", 6, 7, "Actor")], ("spans", "refused", "nothing but blanks")),
        ([region("r", 3, 3, "Actor")], ("spans", "refused", "offset out of range")),
        ([region("r", 0, 99, "Actor")], ("spans", "refused", "offset out of range")),
        ([region("r", -2, 3, "Actor")], ("spans", "refused", "offset out of range")),
        ([region("r", "0", "6", "Actor")], ("spans", "refused", "offset is not a whole number")),
        ([region("r", 0, True, "Actor")], ("spans", "refused", "offset is not a whole number")),
        ([region("r", 0, 6)], ("spans", "refused", "region without a label")),
        ([region("r", 0, 6, "Group")], ("spans", "refused", "label not in the ontology")),
        ([region("r", 0, 6, "Actor", text="Troops")], ("spans", "refused", "text does not match")),
        ([region(*REBELS), region(*REBELS)], ("spans", "refused", "the same region twice")),
        ([*ALL, link("t1", "zz", "agent")], ("roles", "refused", "a region it links is missing or was refused")),
        ([*ALL, link("t1", "t1", "agent")], ("roles", "refused", "links a region to itself")),
        ([*ALL, link("t1", "a1")], ("roles", "refused", "relation without a label")),
        ([*ALL, link("t1", "a1", "boss")], ("roles", "refused", "role boss not in the ontology")),
        ([*ALL, link("t1", "a1", "agent")], ("roles", "refused", "drawn twice")),
        ([*ALL, link("t1", "p1", "agent")], ("roles", "flagged", "role against the ontology's signatures")),
        ([*ALL, link("a1", "p1", "place")], ("roles", "flagged", "role does not start at a trigger")),
        (
            [*ALL, link("p1", "t1", "place")],
            ("roles", "repaired", "drawn from the argument to the trigger: turned round"),
        ),
        ([*ALL, link("p1", "t1", "place", direction="left")], ("roles", "repaired", "drawn right to left")),
        (
            [*ALL, link("t1", "p1", "place", direction="bi")],
            ("roles", "repaired", "drawn in both directions: read from the trigger"),
        ),
        ([*ALL, choice("zz", "modality", "actual")], ("attributes", "refused", "its region is missing or was refused")),
        ([*ALL, choice("t1", "mood", "grim")], ("attributes", "refused", "attribute not in the ontology")),
        ([*ALL, choice("t1", "modality", "actual")], ("attributes", "refused", "said twice")),
        ([*ALL, choice("a1", "modality", "actual")], ("attributes", "refused", "Actor does not carry it")),
        ([ALL[1], choice("t1", "modality", "maybe")], ("attributes", "refused", "not one of the attribute's values")),
        (
            [ALL[1], choice("t1", "modality", "actual", "denied")],
            ("attributes", "refused", "not one of the attribute's values"),
        ),
    ],
)
def test_an_oddity_has_a_verdict_and_a_reason(
    read: Any, items: list[dict[str, Any]], expected: tuple[str, str, str]
) -> None:
    _, report = read(task(annotation(*items)))
    assert verdicts(report) == [expected]


def test_a_region_with_two_labels_is_two_spans(read: Any) -> None:
    ((article,), report) = read(task(annotation(region("r", 0, 6, "Actor", "Place"))))
    assert [(s.id, s.label) for s in article.spans] == [("1:r", "Actor"), ("1:r~2", "Place")]
    assert verdicts(report) == [("spans", "repaired", "several labels: one span each")] * 2


def test_an_overlap_in_a_flat_ontology_loses_the_shorter_span_and_its_roles(read: Any) -> None:
    items = [region("t1", 7, 15, "Attack"), region("long", 7, 25, "Place"), link("t1", "long", "place")]
    ((article,), report) = read(task(annotation(*items)), ontology=FLAT)
    assert [s.id for s in article.spans] == ["1:long"]
    assert verdicts(report) == [
        ("spans", "refused", "overlaps Place, and the ontology is flat"),
        ("roles", "refused", "a region it links is missing or was refused"),
    ]


def test_nested_spans_stay_where_the_ontology_is_not_flat(read: Any) -> None:
    ((article,), report) = read(task(annotation(region("long", 0, 25, "Actor"), region(*NORTHTOWN))))
    assert [s.id for s in article.spans] == ["1:long", "1:p1"]
    assert report.items == []


def test_a_span_over_a_line_break_matches_the_backslash_that_the_server_writes(read: Any) -> None:
    text = "Westford.\r\nRebels left."
    items = [region("r", 0, 17, "Place", text="Westford.\\n\\nRebels")]
    ((article,), report) = read(task(annotation(*items), text=text), stop=True)
    assert article.article.text == "Westford.\nRebels left."
    assert [(s.start, s.end) for s in article.spans] == [(0, 16)]
    assert report.items == []


def test_offsets_after_a_carriage_return_move_to_the_stored_form(read: Any) -> None:
    ((article,), _) = read(
        task(annotation(region("r", 11, 17, "Actor", text="Rebels")), text="Westford.\r\nRebels left.")
    )
    assert [article.article.text[s.start : s.end] for s in article.spans] == ["Rebels"]


def test_utf16_offsets_are_repaired_where_the_text_shows_them(read: Any) -> None:
    text = "Alert 🚨🔥 rebels fled."
    ((article,), report) = read(task(annotation(region("r", 11, 17, "Actor", text="rebels")), text=text))
    assert [(s.start, s.end) for s in article.spans] == [(9, 15)]
    assert verdicts(report) == [("spans", "repaired", "offsets were UTF-16 units")]


def test_utf16_offsets_are_never_guessed(read: Any) -> None:
    ((article,), _) = read(task(annotation(region("r", 11, 17, "Actor")), text="Alert 🚨🔥 rebels fled."))
    assert [(s.start, s.end) for s in article.spans] == [(11, 17)]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([region("r", 0, 6, "Group")], "label not in the ontology"),
        ([region("r", 0, 99, "Actor")], "offset out of range"),
        ([region("r", "0", 6, "Actor")], "offset is not a whole number"),
        ([region("r", 0, 6, "Actor", text="Troops")], "text does not match"),
    ],
)
def test_what_cannot_be_right_stops(read: Any, items: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(SpanError, match=f"article x: region r .*{message}"):
        read(task(annotation(*items)), stop=True)


@pytest.mark.parametrize(
    ("key", "changes", "lines"),
    [
        ("mini@1.0.0", [], "set version: 1.0.1 in the ontology, and add to changes: - {version: 1.0.1, renamed: {Group: Actor}}"),
        ("mini@0.9.0", [{"version": "1.0.0", "added": ["Place"]}], "add to changes in the ontology, under version 1.0.0: renamed: {Group: Actor}"),
    ],
)  # fmt: skip
def test_a_label_that_was_renamed_in_silence_is_answered_with_the_lines_to_write(
    read: Any, key: str, changes: list[dict[str, Any]], lines: str
) -> None:
    ontology = parse_ontology(ONTOLOGY.model_dump(by_alias=True, mode="json") | {"changes": changes}, place="o")
    old = task(annotation(region("r", 0, 6, "Group"), region(*ATTACKED), region(*NORTHTOWN)), ontology=key)
    with pytest.raises(SpanError) as raised:
        read(old, ontology=ontology, stop=True)
    assert str(raised.value).partition(": article x: ")[2] == (
        "region r Group [0, 6): label not in the ontology: the label 'Group' is not in mini@1.0.0 (Attack, Actor, "
        f"Place); if it was renamed, {lines}"
    )


def test_the_lines_that_are_told_for_a_renamed_label_carry_the_data_along(read: Any) -> None:
    told = {"version": "1.0.1", "changes": [{"version": "1.0.1", "renamed": {"Group": "Actor"}}]}
    ontology = parse_ontology(ONTOLOGY.model_dump(by_alias=True, mode="json") | told, place="o")
    ((article,), _) = read(task(annotation(region("r", 0, 6, "Group")), ontology="mini@1.0.0"), ontology=ontology)
    assert [span.label for span in article.spans] == ["Actor"]


def test_a_skipped_annotation_is_not_gold_and_its_items_are_counted(read: Any) -> None:
    articles, report = read(task(annotation(*ALL, was_cancelled=True)))
    assert articles == []
    loss_report = report.as_json()
    assert loss_report["articles"]["reasons"] == {"refused: skipped by its annotators": 1}
    assert [loss_report[kind]["refused"] for kind in KINDS] == [1, 3, 1, 1]


def test_a_task_without_annotation_is_refused_and_drafts_are_not_read(read: Any) -> None:
    articles, report = read(task() | {"drafts": [annotation(*ALL)]})
    assert articles == []
    assert verdicts(report) == [("articles", "refused", "not annotated")]


def test_an_empty_annotation_is_a_true_negative(read: Any) -> None:
    ((article,), report) = read(task(annotation()))
    assert article.status == "reviewed_empty"
    assert report.items == []


def test_of_two_annotations_by_one_person_the_newest_counts(read: Any) -> None:
    old = annotation(region(*REBELS), region(*ATTACKED), id=1, updated_at="2026-01-01")
    new = annotation(region(*REBELS), id=2, updated_at="2026-02-01")
    ((article,), report) = read(task(new, old))
    assert [s.id for s in article.spans] == ["2:a1"]
    assert verdicts(report) == [("spans", "refused", "a newer annotation by the same person")] * 2


def test_annotators_are_numbered_and_their_addresses_stay_out(read: Any) -> None:
    people = [{"id": 9, "email": "zoe@example.org"}, 4]
    articles, report = read(task(*(annotation(region(*REBELS), id=n, completed_by=p) for n, p in enumerate(people, 1))))
    assert [(a.annotator, a.spans[0].id) for a in articles] == [("a1", "2:a1"), ("a2", "1:a1")]
    assert "example.org" not in repr(articles) + json.dumps(report.as_json())


def test_a_snapshot_and_a_direct_export_name_the_same_annotator(read: Any) -> None:
    tasks = [
        task(annotation(completed_by={"id": 5, "email": "a@b.c"}), article_id="x"),
        task(annotation(completed_by=5), article_id="y"),
    ]
    articles, _ = read(*tasks)
    assert [a.annotator for a in articles] == ["a1", "a1"]


def test_an_edited_text_stops(read: Any) -> None:
    with pytest.raises(InputError, match="article x: the text has sha256 .* the text was edited"):
        read(task(annotation(), text_sha256="0" * 64))


def test_one_id_with_two_texts_stops(read: Any) -> None:
    with pytest.raises(InputError, match=r"article x stands in .*e\.json: task 1 with another text; ids are unique"):
        read(task(annotation()), task(annotation(), text="Other."))


def test_the_same_text_with_other_line_ends_keeps_each_annotation_on_its_own_offsets(read: Any) -> None:
    one = task(
        annotation(region("r", 11, 17, "Actor", text="Rebels"), id=1, completed_by=1), text="Westford.\r\nRebels left."
    )
    two = task(
        annotation(region("r", 10, 16, "Actor", text="Rebels"), id=2, completed_by=2), text="Westford.\nRebels left."
    )
    articles, report = read(one, two)
    assert [(s.start, s.end) for a in articles for s in a.spans] == [(10, 16), (10, 16)]
    assert report.items == []


def test_a_project_of_somebody_else_gets_ids_from_its_texts(read: Any) -> None:
    foreign = task(annotation())
    del foreign["data"]["article_id"], foreign["data"]["text_sha256"]
    ((article,), _) = read(foreign | {"data": foreign["data"] | {"newsroom": "west"}})
    assert article.article.id == article.article.text_sha256[:16]
    assert article.article.metadata == {"newsroom": "west"}


LONG = Article("long", "One rebel.\n\nTwo rebels left.\n\n" + "Three more came. " * 18)


def parts(items: dict[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    tasks = list(tasks_of(LONG, ONTOLOGY, max_chars=200))
    assert len(tasks) == 3
    return [t | {"annotations": [annotation(*items[n], id=n)]} if n in items else t for n, t in enumerate(tasks, 1)]


def test_parts_are_joined_with_their_offsets(read: Any) -> None:
    ((article,), report) = read(
        *parts({1: [region("r", 16, 22, "Actor", text="rebels")], 2: [], 3: [region("r", 0, 5, "Actor")]})
    )
    assert article.article == LONG
    assert article.article.text[article.spans[0].start : article.spans[0].end] == "rebels"
    assert article.spans[1].start == sum(end - start for start, end in cut_parts(LONG.text, 200)[:2])
    assert report.items == []


def test_an_article_with_a_missing_part_is_refused_and_its_items_are_counted(read: Any) -> None:
    articles, report = read(*parts({1: [region("r", 16, 22, "Actor")], 2: [], 3: []})[:2])
    assert articles == []
    assert verdicts(report) == [
        ("articles", "refused", "a part is not in the export"),
        ("spans", "refused", "a part of its article is not in the export"),
    ]


def test_an_annotator_who_did_not_do_every_part_is_not_gold(read: Any) -> None:
    articles, report = read(*parts({1: [region("r", 16, 22, "Actor")], 2: []}))
    assert articles == []
    assert verdicts(report) == [
        ("spans", "refused", "its annotator did not do every part"),
        ("articles", "refused", "not annotated in every part"),
    ]


def test_older_data_follows_the_changes_of_the_ontology(read: Any) -> None:
    changes = {
        "version": "1.0.0",
        "renamed": {"Group": "Actor"},
        "split": {"Event": ["Attack", "Talks"]},
        "added": ["Place"],
    }
    ontology = parse_ontology(ONTOLOGY.model_dump(by_alias=True, mode="json") | {"changes": [changes]}, place="o")
    old = task(annotation(region("r", 0, 6, "Group"), region("e", 7, 15, "Event")), ontology="mini@0.9.0")
    ((article,), report) = read(old, ontology=ontology)
    assert [s.label for s in article.spans] == ["Actor"]
    assert article.labels_annotated == ("Actor",)
    assert verdicts(report) == [
        ("spans", "refused", "Event was split into Attack and Talks in 1.0.0: annotate it again")
    ]


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_real_exports_are_accounted_for_to_the_last_item(path: Path) -> None:
    tasks = json.loads(path.read_text())
    report = ConversionReport(refuses=True)
    articles = read_exports([path], read_ontology(FIXTURES / "config.xml"), report)
    items = [item for t in tasks for a in t["annotations"] for item in a["result"]]
    n_regions = sum(max(1, len(item["value"].get("labels", []))) for item in items if item["type"].endswith("labels"))
    n_links = sum(max(1, len(item.get("labels", []))) for item in items if item["type"] == "relation")
    n_choices = sum(item["type"] in ("choices", "taxonomy", "textarea") and "start" in item["value"] for item in items)
    loss_report = report.as_json()
    assert loss_report["spans"]["in"] == n_regions
    assert loss_report["roles"]["in"] == n_links
    assert loss_report["attributes"]["in"] == n_choices
    assert loss_report["articles"]["in"] == len(
        {t["data"]["text"].replace("\r\n", "\n").replace("\r", "\n") for t in tasks}
    )
    for article in articles:
        assert all(0 <= s.start < s.end <= len(article.article.text) for s in article.spans)


def test_the_utf16_offsets_of_the_demo_export_are_repaired_and_cut_out_their_words() -> None:
    report = ConversionReport(refuses=True)
    articles = read_exports([FIXTURES / "events-demo_JSON.json"], read_ontology(FIXTURES / "config.xml"), report)
    emoji = [a for a in articles if "🚨" in a.article.text]
    assert emoji and all(a.article.metadata["doc_id"] == "doc-emoji" for a in emoji)
    assert {a.article.text[s.start : s.end] for a in emoji for s in a.spans} >= {"rebels", "shelled"}
    assert report.as_json()["spans"]["reasons"]["repaired: offsets were UTF-16 units"] >= 2


WORDS = ["Rebels", "🚨🔥", "الجيش", "Cafe\u0301", "left", "<b>", "R&D", "\n", "\n\n", "Zürn"]


@st.composite
def annotated_articles(draw: st.DrawFn) -> AnnotatedArticle:
    tokens = draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=12))
    text = " ".join(tokens)
    starts = [i for i in range(len(text)) if not text[i].isspace()]
    spans: list[Span] = []
    for n in range(draw(st.integers(0, 5)) if starts else 0):
        start = draw(st.sampled_from(starts))
        end = draw(st.sampled_from([i + 1 for i in starts if i >= start]))
        label = draw(st.sampled_from(ONTOLOGY.labels))
        attributes = draw(st.sampled_from([(), (("modality", "denied"),)])) if label == "Attack" else ()
        spans.append(Span(f"1:s{n}", start, end, label, attributes, draw(st.sampled_from(["manual", "prediction"]))))
    spans.sort(key=span_order)
    pairs = [(t, a) for t in spans for a in spans if t.label == "Attack" and a.label in ("Actor", "Place")]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4)) if pairs else []
    roles = tuple(
        sorted((Role("agent" if a.label == "Actor" else "place", t.id, a.id) for t, a in chosen), key=role_order)
    )
    events = join_events(spans, roles, triggers={"Attack"}, link="same")
    return AnnotatedArticle(Article("x", text), tuple(spans), ONTOLOGY.labels, roles, events)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(annotated_articles())
def test_out_to_the_server_and_in_again_is_the_identity(tmp_path: Path, annotated: AnnotatedArticle) -> None:
    if not annotated.article.text.strip():
        return
    (tmp_path / "e.json").write_text(simulated_export([annotated], ONTOLOGY))
    report = ConversionReport()
    assert read_exports([tmp_path / "e.json"], ONTOLOGY, report) == [annotated]
    assert report.items == []
    assert report.as_json()["spans"]["in"] == len(annotated.spans)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(annotated_articles(), st.sampled_from(["\r\n", "\r"]))
def test_other_line_ends_on_the_server_change_no_span(
    tmp_path: Path, annotated: AnnotatedArticle, line_end: str
) -> None:
    if not annotated.article.text.strip():
        return
    (exported,) = json.loads(simulated_export([annotated], ONTOLOGY))
    text = annotated.article.text

    def moved(offset: int) -> int:
        return len(text[:offset].replace("\n", line_end))

    exported["data"]["text"] = text.replace("\n", line_end)
    for item in exported["annotations"][0]["result"]:
        if "value" in item:
            value = item["value"]
            value |= {"start": moved(value["start"]), "end": moved(value["end"])}
            value["text"] = value["text"].replace("\n", "\\n" * len(line_end))
    (tmp_path / "e.json").write_text(json.dumps([exported]))
    assert read_exports([tmp_path / "e.json"], ONTOLOGY, ConversionReport()) == [annotated]


def test_a_task_carries_what_identifies_its_article() -> None:
    data = task_data(Article("x", TEXT, outlet="Wire", tags=("a",)), ONTOLOGY)
    assert data == {
        "article_id": "x",
        "text": TEXT,
        "text_sha256": Article("x", TEXT).text_sha256,
        "ontology": "mini@1.0.0",
        "outlet": "Wire",
        "tags": ["a"],
    }


@given(st.text(alphabet="ab. \n", max_size=400), st.integers(20, 100))
def test_parts_are_short_and_together_the_text(text: str, max_chars: int) -> None:
    cuts = cut_parts(text, max_chars)
    assert "".join(text[start:end] for start, end in cuts) == text
    assert all(end - start <= max_chars for start, end in cuts)


def test_somebody_who_only_skipped_takes_no_number(read: Any) -> None:
    tasks = [
        task(annotation(id=1, completed_by=1, was_cancelled=True), annotation(id=2, completed_by=2), article_id="x"),
        task(annotation(id=3, completed_by=2), article_id="y"),
    ]
    articles, _ = read(*tasks)
    assert [(a.article.id, a.annotator) for a in articles] == [("x", "a1"), ("y", "a1")]


def test_the_same_export_twice_is_read_once(read: Any) -> None:
    ((article,), report) = read(task(annotation(*ALL)), task(annotation(*ALL)))
    assert [report.as_json()[kind]["in"] for kind in KINDS] == [1, 3, 1, 1]
    assert (len(article.spans), report.items) == (3, [])
    assert report.notes["annotations that stand twice (read once)"] == 1


def test_one_annotation_id_with_two_contents_is_two_annotations(read: Any) -> None:
    ((article,), report) = read(task(annotation(*ALL)), task(annotation(region(*REBELS), updated_at="2026-02-01")))
    assert [s.label for s in article.spans] == ["Actor"]
    assert [report.as_json()[kind]["refused"] for kind in KINDS] == [0, 3, 1, 1]


def test_of_two_annotations_without_a_time_the_higher_id_counts(read: Any) -> None:
    one, two = annotation(id=9, updated_at=None), annotation(region(*REBELS), id=10, updated_at=None)
    ((article,), _) = read(task(two, one))
    assert [s.id for s in article.spans] == ["10:a1"]


@pytest.mark.parametrize(
    "data", [{"offset": 12}, {"part": 0}, {"part": 2, "n_parts": 1}, {"part": "1"}, {"offset": -1}, {"n_parts": True}]
)
def test_a_part_that_cannot_be_stops(read: Any, data: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"task 1: .*export the articles? again"):
        read(task(annotation(region(*REBELS)), **data))


def test_a_part_at_the_wrong_offset_stops(read: Any) -> None:
    first, second, third = parts({1: [], 2: [], 3: []})
    second["data"]["offset"] += 1
    with pytest.raises(InputError, match=r"part 2 begins at 31, and the parts before it have 30 characters"):
        read(first, second, third)


def test_parts_of_an_edited_text_stop(read: Any) -> None:
    first, second, third = parts({1: [], 2: [], 3: []})
    third["data"]["text"] = "Edited."
    with pytest.raises(InputError, match="article long: its 3 parts together are not the text that was exported"):
        read(first, second, third)


def migrated(version: str, *changes: dict[str, Any]) -> Ontology:
    data = ONTOLOGY.model_dump(by_alias=True, mode="json") | {"version": version, "changes": list(changes)}
    return parse_ontology(data, place="o")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{"version": "2.0.0", "renamed": {"Group": "Actor"}}], ("Attack", "Actor", "Place")),
        ([{"version": "2.0.0", "added": ["Place"]}], ("Attack", "Actor")),
        ([{"version": "2.0.0", "removed": ["Weather"]}], ("Attack", "Actor", "Place")),
        ([{"version": "2.0.0", "merged": {"Town": "Place", "Region": "Place"}}], ("Attack", "Actor", "Place")),
        ([{"version": "2.0.0", "split": {"Person": ["Actor", "Attack"]}}], ("Place",)),
        (
            [
                {"version": "1.5.0", "added": ["Town", "Group"]},
                {"version": "2.0.0", "merged": {"Town": "Place", "Region": "Place"}, "renamed": {"Group": "Actor"}},
            ],
            ("Attack",),
        ),
    ],
)
def test_labels_annotated_are_those_the_annotator_could_use(
    read: Any, changes: list[dict[str, Any]], expected: tuple[str, ...]
) -> None:
    ((article,), _) = read(task(annotation(), ontology="mini@1.0.0"), ontology=migrated("2.0.0", *changes))
    assert article.labels_annotated == expected


def test_roles_and_attributes_that_came_later_are_not_annotated(read: Any) -> None:
    added = {"version": "2.0.0", "added": ["place", "modality", "Place"]}
    ((article,), _) = read(task(annotation(), ontology="mini@1.0.0"), ontology=migrated("2.0.0", added))
    assert article.not_annotated == ("place", "modality") and "Place" not in article.labels_annotated
    ((article,), _) = read(task(annotation(), ontology="mini@2.0.0"), ontology=migrated("2.0.0", added))
    assert article.not_annotated == ()


def test_data_of_the_current_version_needs_no_changes(read: Any) -> None:
    ((article,), _) = read(task(annotation(region(*REBELS)), ontology="mini@2.0.0"), ontology=migrated("2.0.0"))
    assert article.labels_annotated == ("Attack", "Actor", "Place")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("mini@3.0.0", "annotated with mini@3.0.0, newer than mini@2.0.0; convert with the newer ontology"),
        ("other@1.0.0", "annotated with ontology 'other@1.0.0', converted with 'mini@2.0.0'"),
        ("mini@new", "'mini@new' is not name@version"),
        (
            "mini@1.0.0",
            "mini@2.0.0 does not say what changed since; add to changes in the ontology: "
            "- {version: 2.0.0, renamed: {}, added: []}",
        ),
    ],
)
def test_data_of_another_ontology_stops_with_the_way_out(read: Any, key: str, message: str) -> None:
    with pytest.raises(OntologyError, match=f"^article x: .*{re.escape(message)}"):
        read(task(annotation(), ontology=key), ontology=migrated("2.0.0"))


def test_the_line_that_the_message_asks_for_is_enough(read: Any) -> None:
    ontology = migrated("2.0.0", yaml.safe_load("{version: 2.0.0, renamed: {}, added: []}"))
    ((article,), report) = read(task(annotation(region(*REBELS)), ontology="mini@1.0.0"), ontology=ontology)
    assert ([s.label for s in article.spans], report.items) == (["Actor"], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"tasks": []}', "not a Label Studio JSON export"),
        ('[{"text": "Rebels attacked.", "label": []}]', "export the project as JSON, not JSON-MIN"),
        ('[{"data": {"text": " "}}]', "task 1: data.text is missing or empty"),
        ('[{"id": 4, "data": {"body": "Rebels."}}]', "task 4: data.text is missing or empty"),
        ('[{"data": ', "line 1, column 11: not valid JSON"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_is_no_export_stops(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "e.json").write_text(content)
    with pytest.raises(InputError, match=rf"e\.json: .*{message}"):
        read_exports([tmp_path / "e.json"], ONTOLOGY, ConversionReport())


def test_the_report_of_the_demo_export() -> None:
    report = ConversionReport(refuses=True)
    path = FIXTURES / "events-demo_JSON.json"
    articles = read_exports([path], read_ontology(FIXTURES / "config.xml"), report)
    loss_report = report.as_json()
    assert [(kind, *(loss_report[kind][v] for v in ("in", "kept", "repaired", "refused"))) for kind in KINDS] == [
        ("articles", 12, 5, 0, 7),
        ("spans", 29, 16, 8, 5),
        ("roles", 25, 6, 12, 7),
        ("attributes", 18, 18, 0, 0),
    ]
    statuses = [(a.article.metadata["doc_id"], a.annotator, a.status) for a in articles]
    assert statuses[:4] == [
        ("doc-plain", "a1", "annotated"), ("doc-plain", "a2", "annotated"),
        ("doc-emoji", "a1", "annotated"), ("doc-emoji", "a2", "annotated"),
    ]  # fmt: skip
    assert statuses[4] == ("doc-quotes", "a1", "reviewed_empty")


@pytest.mark.parametrize("snapshot", ["events-demo_snapshot_default", "events-demo_snapshot_full"])
def test_a_snapshot_gives_what_the_direct_export_gives_and_no_address(snapshot: str) -> None:
    ontology = read_ontology(FIXTURES / "config.xml")
    direct = read_exports([FIXTURES / "events-demo_JSON.json"], ontology, ConversionReport(refuses=True))
    content = (FIXTURES / f"{snapshot}.json").read_text(encoding="utf-8")
    articles = read_exports([FIXTURES / f"{snapshot}.json"], ontology, ConversionReport(refuses=True))
    assert articles == direct
    assert ("@example.com" in content) == (snapshot == "events-demo_snapshot_full")
    assert "@" not in repr(articles)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_every_span_of_a_real_export_cuts_out_what_the_annotator_saw(path: Path) -> None:
    articles = read_exports([path], read_ontology(FIXTURES / "config.xml"), ConversionReport(refuses=True))
    by_annotation = {
        f"{a['id']}:{i['id']}": i["value"].get("text")
        for t in json.loads(path.read_text())
        for a in t["annotations"]
        for i in a["result"]
        if i["type"] == "labels"
    }
    for article in articles:
        for span in article.spans:
            said = by_annotation[span.id.split("~")[0]]
            cut = article.article.text[span.start : span.end]
            assert said is None or cut.split() == said.replace("\\n", " ").split()
