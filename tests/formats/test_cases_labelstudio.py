"""Label Studio in the shapes that people have it: what is read of each, to the last value."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.conversion_report import KINDS, ConversionReport
from eventcorpus.dataset.formats import format_of
from eventcorpus.errors import InputError, OntologyError
from eventcorpus.labelstudio.annotations import annotated_articles
from eventcorpus.labelstudio.config import read_label_config
from eventcorpus.labelstudio.exports import open_exports
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import sha256_of

CASES = Path(__file__).parents[1] / "fixtures/cases"
TEXT = "Rebels shelled Darna on Monday, killing 12 people."
FIVE = [("Rebels", "Actor"), ("shelled", "Event"), ("Darna", "Place"), ("Monday", "Date"), ("12", "Count")]
CONFIG = """<View><Labels name="label" toName="text"><Label value="Actor"/><Label value="Event"/><Label value="Place"/></Labels>
<Relations><Relation value="agent"/></Relations><Text name="text" value="$text"/>{}</View>"""


class Read:
    """What was read of exports; everything is accounted for."""

    def __init__(self, inputs: Iterable[Path], config: Path, *, refuse: bool = False) -> None:
        index, ontology = open_exports(inputs, config, refuses=refuse)
        self.notices = index.notices
        self.report, self.ontology = ConversionReport(refuse), ontology
        every = annotated_articles(index, ontology, self.report)
        self.articles: list[AnnotatedArticle] = [one for articles in every for one in articles]
        loss_report = self.report.as_json()
        for kind in KINDS:
            figures = loss_report[kind]
            assert figures["in"] == figures["kept"] + figures["repaired"] + figures["refused"]
        assert loss_report["spans"]["out"] == sum(len(one.spans) for one in self.articles)
        assert loss_report["roles"]["out"] == sum(len(one.roles) for one in self.articles)

    @property
    def spans(self) -> list[list[tuple[str, str]]]:
        return [[(one.article.text[s.start : s.end], s.label) for s in one.spans] for one in self.articles]

    @property
    def attributes(self) -> dict[str, tuple[tuple[str, str], ...]]:
        (one,) = self.articles
        return {one.article.text[s.start : s.end]: s.attributes for s in one.spans if s.attributes}

    @property
    def refused(self) -> list[tuple[str, str]]:
        return [(item.kind, str(item.reason)) for item in self.report.items if item.verdict == "refused"]

    def counts(self, kind: str) -> tuple[int, ...]:
        return tuple(self.report.as_json()[kind][verdict] for verdict in ("in", "kept", "repaired", "refused"))


def read(export: str, config: str = "config.xml", *, refuse: bool = False) -> Read:
    path = CASES / export
    return Read([path], path.parent / config, refuse=refuse)


def region(region_id: str, words: str, *labels: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    start = text.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": list(labels)}
    item = {"id": region_id, "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    return item | more


def answer(region_id: str, control: str, type_: str, values: Any) -> dict[str, Any]:
    value = {"start": 0, "end": 6, "text": "Rebels", type_: values}
    return {"id": region_id, "from_name": control, "to_name": "text", "type": type_, "value": value}


def link(source: str, target: str, *labels: str) -> dict[str, Any]:
    return {"type": "relation", "from_id": source, "to_id": target, "direction": "right", "labels": list(labels)}


def annotation(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 1, "completed_by": 1, "was_cancelled": False, "result": list(items)} | more


def task(*annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"text": TEXT} | data, "annotations": list(annotations), "drafts": [], "predictions": []}


@pytest.fixture
def made(tmp_path: Path) -> Any:
    def reads(*tasks: Any, config: str = CONFIG.format(""), refuse: bool = False) -> Read:
        (tmp_path / "export.json").write_text(json.dumps(tasks))
        (tmp_path / "config.xml").write_text(config)
        return Read([tmp_path / "export.json"], tmp_path / "config.xml", refuse=refuse)

    return reads


@pytest.mark.parametrize(
    ("export", "config"),
    [
        ("01-ls-completions/mixed.json", "config.xml"),
        ("02-ls-datetime/export.json", "config.xml"),
        ("02-ls-datetime/export-b.json", "config-b.xml"),
        ("03-ls-nested-choices/export.json", "config.xml"),
        ("03-ls-nested-choices/export-b.json", "config-b.xml"),
        ("04-ls-same-name/export.json", "config.xml"),
        ("04-ls-same-name/export-b.json", "config-b.xml"),
        ("04-ls-same-name/export-d.json", "config-d.xml"),
        *((f"05-ls-foreign-columns/{name}.json", "config.xml") for name in (
            "a-published", "b-id", "c-nan", "d-id0", "f-article_id", "g-language", "i-metadata"
        )),
        ("06-ls-paragraphs/export.json", "config.xml"),
        ("07-ls-dynamic-labels/export.json", "config.xml"),
        ("07-ls-dynamic-labels/export.json", "config-b.xml"),
        ("08-ls-title-body/export.json", "config.xml"),
        ("08-ls-title-body/export-b.json", "config-b.xml"),
        ("08-ls-title-body/export-c.json", "config-c.xml"),
        ("09-ls-stale-text/export.json", "config.xml"),
        ("29-ls-doubled-tasks/export-b.json", "config.xml"),
        *((f"30-ls-storage/{name}", "config.xml") for name in (
            "lines.json", "lines.jsonl", "paged.json", "single.json", "files", "json"
        )),
        ("32-ls-two-controls/export.json", "config.xml"),
        ("32-ls-two-controls/export-b.json", "config-b.xml"),
        ("32-ls-two-controls/export-c.json", "config-c.xml"),
        ("32-ls-two-controls/export-c2.json", "config-c.xml"),
        ("32-ls-two-controls/export-d.json", "config-d.xml"),
        ("32-ls-two-controls/export-e.json", "config-e.xml"),
    ],
)  # fmt: skip
def test_what_is_only_another_shape_is_told_and_converted_without_a_loss(
    tmp_path: Path, export: str, config: str
) -> None:
    path = CASES / export
    options = ["--ontology", str(path.parent / config), "--strict", "--out", str(tmp_path / "out")]
    code, _, notices = run("convert", str(path), *options)
    assert (code, "read as a Label Studio export" in notices) == (0, True)


# exports before 1.0


def test_completions_are_annotations() -> None:
    found = read("01-ls-completions/export.json")
    assert found.spans == [FIVE]
    assert (found.counts("articles"), found.counts("spans")) == ((2, 1, 0, 1), (5, 5, 0, 0))
    assert found.refused == [("articles", "skipped by its annotators")]


def test_completions_beside_annotations_of_other_tasks_are_read_too() -> None:
    found = read("01-ls-completions/mixed.json")
    assert found.spans == [FIVE, FIVE]
    assert (found.counts("articles"), found.counts("spans"), found.report.items) == ((2, 2, 0, 0), (10, 10, 0, 0), [])


def test_a_task_may_have_annotations_under_both_names(made: Any) -> None:
    old = annotation(region("r1", "Darna", "Place"), id=7, completed_by={"id": 2})
    found = made(task(annotation(region("r1", "Rebels", "Actor"))) | {"completions": [old]})
    assert [(one.annotator, len(one.spans)) for one in found.articles] == [("a1", 1), ("a2", 1)]
    assert found.spans == [[("Rebels", "Actor")], [("Darna", "Place")]]


def test_of_two_completions_by_nobody_the_newer_counts_and_a_skipped_one_does_not(made: Any) -> None:
    bare = [
        {"id": 1, "created_at": 1600000000, "result": [region("r1", "Rebels", "Actor")]},
        {"id": 2, "created_at": 1600000009, "result": [region("r1", "Darna", "Place")]},
        {"id": 3, "created_at": 1600000010, "result": [region("r1", "12", "Place")], "skipped": True},
    ]
    found = made({"id": 1, "data": {"text": TEXT}, "completions": bare})
    assert found.spans == [[("Darna", "Place")]]
    assert found.counts("spans") == (3, 1, 0, 2)


def test_a_folder_with_a_file_for_each_completed_task_is_an_export(tmp_path: Path) -> None:
    (tmp_path / "completions").mkdir()
    for n in (1, 2):
        old = {"id": n, "data": {"text": f"{n}: {TEXT}"}, "completions": [{"id": n, "result": []}]}
        (tmp_path / "completions" / f"{n}.json").write_text(json.dumps(old, indent=1))
    (tmp_path / "config.xml").write_text(CONFIG.format(""))
    assert format_of([tmp_path / "completions"]) == "labelstudio"
    found = Read([tmp_path / "completions"], tmp_path / "config.xml")
    assert [one.status for one in found.articles] == ["reviewed_empty", "reviewed_empty"]


# controls for each region


def test_a_date_of_a_region_is_an_attribute() -> None:
    found = read("02-ls-datetime/export.json")
    assert (found.spans, found.attributes) == ([FIVE], {"Monday": (("resolved", "2024-02-26"),)})
    assert found.counts("attributes") == (1, 1, 0, 0)


def test_notes_and_a_number_of_a_region_are_attributes() -> None:
    found = read("02-ls-datetime/export-b.json", "config-b.xml")
    assert found.attributes == {"Rebels": (("note", "northern wing"), ("note", "unclear")), "12": (("n", "12"),)}


def test_nested_choices_are_paths() -> None:
    found = read("03-ls-nested-choices/export.json")
    assert found.attributes == {"shelled": (("kind", "Violence > Shelling"),)}
    (kind,) = found.ontology.attributes
    assert [v.name for v in kind.values] == ["Violence", "Violence > Shelling", "Violence > Raid", "Talks"]


def test_a_choice_that_asks_for_another_choice_is_a_value_like_others() -> None:
    found = read("03-ls-nested-choices/export-b.json", "config-b.xml")
    assert found.attributes == {
        "shelled": (("choices", "sure"), ("choices", "choice(nest)"), ("nested-choices", "deep"))
    }


def test_of_a_known_value_and_one_that_annotators_added_the_known_one_stays() -> None:
    found = read("03-ls-nested-choices/export-c.json", "config-c.xml")
    assert found.attributes == {"shelled": (("tax", "Violence > Shelling"),)}
    assert found.refused == [("attributes", "not one of the attribute's values")]
    assert "Mortar (added by annotator)" in found.report.items[0].name
    assert found.counts("attributes") == (2, 1, 0, 1)


def test_a_value_that_nobody_knows_is_refused_alone(made: Any) -> None:
    config = CONFIG.format(
        '<Choices name="side" toName="text" perRegion="true" choice="multiple"><Choice value="a"/></Choices>'
    )
    items = [region("r1", "Rebels", "Actor"), answer("r1", "side", "choices", ["b", "a", "c"])]
    found = made(task(annotation(*items)), config=config)
    assert found.attributes == {"Rebels": (("side", "a"),)}
    assert found.counts("attributes") == (3, 1, 0, 2)


def test_values_of_which_none_is_known_are_refused_together(made: Any) -> None:
    config = CONFIG.format('<Choices name="side" toName="text" perRegion="true"><Choice value="a"/></Choices>')
    items = [region("r1", "Rebels", "Actor"), answer("r1", "side", "choices", ["b", "c"])]
    assert made(task(annotation(*items)), config=config).counts("attributes") == (1, 0, 0, 1)


def test_a_date_with_a_time_is_kept_as_it_is_written(made: Any) -> None:
    config = CONFIG.format('<datetime name="when" toname="text" perregion="TRUE"/>')
    items = [region("r1", "Rebels", "Actor"), answer("r1", "when", "datetime", "2024-02-26T10:30")]
    assert made(task(annotation(*items)), config=config).attributes == {"Rebels": (("when", "2024-02-26T10:30"),)}


def test_choices_from_the_tasks_are_paths_where_they_nest() -> None:
    found = read("32-ls-two-controls/export-e.json", "config-e.xml")
    assert found.attributes == {"shelled": (("kind", "Violence"), ("kind", "Violence > Shelling"))}
    (kind,) = found.ontology.attributes
    assert [v.name for v in kind.values] == ["Violence", "Violence > Shelling"]


# names


def test_a_relation_with_the_name_of_a_label_is_a_role_of_its_own() -> None:
    found = read("04-ls-same-name/export.json")
    assert found.spans == [[("shelled", "Event"), ("Darna", "Place"), ("Monday", "Date")]]
    assert [role.role for role in found.articles[0].roles] == ["Date (role)", "Place (role)"]
    assert (found.ontology.labels, found.counts("roles")) == (("Event", "Place", "Date"), (2, 2, 0, 0))


def test_a_control_with_the_name_of_a_label_is_an_attribute_of_its_own() -> None:
    found = read("04-ls-same-name/export-b.json", "config-b.xml")
    assert found.attributes == {"Rebels": (("Actor (attribute)", "rebel"),)}


def test_a_relation_without_a_label_is_refused() -> None:
    found = read("04-ls-same-name/export-c.json", "config-c.xml")
    assert found.spans == [[("Rebels", "Actor"), ("shelled", "Event")]]
    assert found.refused == [("roles", "relation without a label")]


@pytest.mark.parametrize("export", ["04-ls-same-name/export-d.json", "32-ls-two-controls/export-d.json"])
def test_labels_with_a_comma_or_with_blanks_at_the_edges(export: str) -> None:
    found = read(export, "config-d.xml")
    assert ("killing", "Killed, wounded") in found.spans[0]
    assert found.attributes == {"killing": (("sure", "yes"),)}
    assert set(found.ontology.labels) - {"Killed, wounded", "Place", "Actor"} == set()
    assert found.report.items == []


def test_one_name_for_a_label_a_relation_and_a_control(made: Any) -> None:
    config = CONFIG.replace("agent", "Place").format(
        '<Choices name="Place" toName="text" perRegion="true"><Choice value="town"/></Choices>'
    )
    items = [region("r1", "Rebels", "Actor"), region("r2", "Darna", "Place"), link("r1", "r2", "Place")]
    found = made(task(annotation(*items, answer("r2", "Place", "choices", ["town"]))), config=config)
    assert found.attributes == {"Darna": (("Place (attribute)", "town"),)}
    assert [role.role for role in found.articles[0].roles] == ["Place (role)"]


def test_a_control_with_the_name_of_a_relation(made: Any) -> None:
    config = CONFIG.format('<TextArea name="agent" toName="text" perRegion="true"/>')
    items = [region("r1", "Rebels", "Actor"), region("r2", "Darna", "Place"), link("r2", "r1", "agent")]
    items.append(answer("r1", "agent", "textarea", None) | {"value": {"start": 0, "end": 6, "text": ["north"]}})
    found = made(task(annotation(*items)), config=config)
    assert found.attributes == {"Rebels": (("agent (attribute)", "north"),)}
    assert [role.role for role in found.articles[0].roles] == ["agent"]


def test_lower_case_tags_are_tags() -> None:
    found = read("08-ls-title-body/export-c.json", "config-c.xml")
    assert (found.spans, found.report.items) == ([FIVE], [])


def test_an_alias_is_the_name_of_a_label_whichever_an_annotation_holds() -> None:
    assert read("32-ls-two-controls/export-c.json", "config-c.xml").spans == [[("Rebels", "neg")]]
    assert read("32-ls-two-controls/export-c2.json", "config-c.xml").spans == [[("Rebels", "neg")]]


def test_a_label_that_the_project_has_no_longer_is_named_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"'Actor' is not in config-f@1.0.0 \(Armed actor, Place\); .*--map"):
        read("32-ls-two-controls/export-f.json", "config-f.xml")
    assert read("32-ls-two-controls/export-f.json", "config-f.xml", refuse=True).spans == [[("Darna", "Place")]]


def test_a_label_that_the_project_has_no_longer_is_added_and_mapped(tmp_path: Path) -> None:
    path = CASES / "32-ls-two-controls/export-f.json"
    config = (path.parent / "config-f.xml").read_text().replace("<Label ", '<Label value="Actor"/><Label ', 1)
    (tmp_path / "config.xml").write_text(config)
    labels = json.loads((path.parent / "map.json").read_text())["labels"]
    names = labels | {name: name for name in ("Armed actor", "Place")}
    (tmp_path / "map.json").write_text(json.dumps({"labels": names}))
    options = ["--ontology", str(tmp_path / "config.xml"), "--map", str(tmp_path / "map.json"), "--strict"]
    assert run("convert", str(path), *options, "--out", str(tmp_path / "out"))[0] == 0


def test_labels_come_from_the_tasks() -> None:
    for config in ("config.xml", "config-b.xml"):
        found = read("07-ls-dynamic-labels/export.json", config)
        assert found.spans == [FIVE]
        assert found.ontology.labels == ("Actor", "Event", "Place", "Date", "Count")
        assert found.articles[0].labels_annotated == ("Actor", "Event", "Place", "Date", "Count")


def test_labels_come_from_the_regions_where_the_tasks_list_none(made: Any) -> None:
    config = '<View><Labels name="label" toName="text" value="$names"/><Text name="text" value="$text"/></View>'
    found = made(task(annotation(region("r1", "Darna", "Town"), region("r2", "Rebels", "Group"))), config=config)
    assert (found.spans, found.ontology.labels) == ([[("Rebels", "Group"), ("Darna", "Town")]], ("Town", "Group"))


def test_each_task_says_which_labels_its_annotators_could_use(made: Any) -> None:
    config = '<View><Labels name="label" toName="text" value="$names"/><Text name="text" value="$text"/></View>'
    one = task(annotation(region("r1", "Darna", "Town")), names=["Town", {"value": "A group", "alias": "Group"}])
    two = task(annotation(), names=["River"]) | {"id": 2}
    two["data"]["text"] = "Calm."
    found = made(one, two, config=config)
    assert found.ontology.labels == ("Town", "Group", "River")
    assert [one.labels_annotated for one in found.articles] == [("Town", "Group"), ("River",)]


def test_a_configuration_whose_labels_come_from_the_tasks_is_no_ontology_by_itself() -> None:
    config = (CASES / "07-ls-dynamic-labels/config.xml").read_text()
    with pytest.raises(OntologyError, match=r"c\.xml: its labels come from the tasks \(\$labels\), and there are none"):
        read_label_config(config, place="c.xml")


# several texts, dialogues


def test_title_and_body_are_one_article() -> None:
    found = read("08-ls-title-body/export-b.json", "config-b.xml")
    (one,) = found.articles
    assert one.article.text == f"Darna shelled\n\n{TEXT}"
    assert (one.article.title, one.article.metadata) == ("Darna shelled", {})
    assert found.spans == [[("Darna", "Place"), *FIVE]]
    assert (one.spans[0].start, found.report.items) == (0, [])


def test_a_title_without_labels_stays_out_of_the_text() -> None:
    found = read("08-ls-title-body/export.json")
    assert (found.articles[0].article.title, found.articles[0].article.text) == ("Darna shelled", TEXT)
    assert found.spans == [FIVE]


TWO_TEXTS = """<View><Text name="h" value="$title"/><Labels name="label" toName="h"><Label value="Place"/></Labels>
<Labels name="other" toName="b"><Label value="Actor"/></Labels><Text name="b" value="$body"/></View>"""


def test_each_text_may_have_labels_of_its_own_and_its_offsets_begin_at_zero(made: Any) -> None:
    data = {"title": "🔥 Fire in Darna", "body": "Rebels 🚨 fled."}
    on_title = region("r1", "Darna", "Place", text=data["title"], to_name="h")
    on_body = region("r2", "fled", "Actor", text=data["body"], to_name="b", from_name="other")
    on_body["value"] |= {"start": 10, "end": 14}  # UTF-16 units
    too_far = region("r3", "Darna", "Place", text=data["title"], to_name="h")
    too_far["value"] |= {"end": 40}
    elsewhere = region("r4", "Rebels", "Actor", text=data["body"], to_name="image")
    found = made(task(annotation(on_title, on_body, too_far, elsewhere), **data), config=TWO_TEXTS, refuse=True)
    assert found.spans == [[("Darna", "Place"), ("fled", "Actor")]]
    assert found.counts("spans") == (4, 1, 1, 2)
    assert [str(item.reason) for item in found.report.items] == [
        "offset out of range", "drawn on another object than the article's text", "offsets were UTF-16 units",
    ]  # fmt: skip


@pytest.mark.parametrize("title", ["", None, 5])
def test_a_task_without_a_title_is_its_body(made: Any, title: Any) -> None:
    on_body = region("r2", "Rebels", "Actor", to_name="b", from_name="other")
    found = made(task(annotation(on_body), title=title, body=TEXT), config=TWO_TEXTS)
    assert (found.articles[0].article.text, found.spans) == (TEXT, [[("Rebels", "Actor")]])


def test_a_task_without_any_text_names_both_fields(made: Any) -> None:
    with pytest.raises(InputError, match=r"task 1: data\.title and data\.body is missing or empty; the configuration"):
        made(task(annotation()), config=TWO_TEXTS)


def test_the_turns_of_a_dialogue_are_one_text() -> None:
    found = read("06-ls-paragraphs/export.json")
    (one,) = found.articles
    assert one.article.text == "What happened in Darna?\n\nRebels shelled the market on Monday."
    assert found.spans == [[("Darna", "Place"), ("Rebels", "Actor")]]
    assert one.article.metadata == {
        "dialogue": [
            {"author": "Reporter", "text_start": 0, "text_end": 23},
            {"author": "Resident", "text_start": 25, "text_end": 61},
        ]
    }


DIALOGUE = """<View><ParagraphLabels name="label" toName="d"><Label value="Actor"/></ParagraphLabels>
<Paragraphs name="d" value="$talk" textKey="said"/></View>"""


def turn_region(region_id: str, start: Any, end: Any, offsets: tuple[Any, Any], text: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "startOffset": offsets[0], "endOffset": offsets[1], "text": text}
    item = {"id": region_id, "from_name": "label", "to_name": "d", "type": "paragraphlabels"}
    return item | {"value": value | {"paragraphlabels": ["Actor"]}}


def test_a_region_may_reach_over_turns_and_its_offsets_are_checked_in_each(made: Any) -> None:
    talk = [{"who": "A", "said": "🔥 The rebels"}, {"who": "B", "said": ""}, {"said": "left Darna."}]
    items = [
        turn_region("over", "0", "2", (6, 4), "rebels\\n\\nleft"),
        turn_region("with names", "0", "2", (6, 4), "rebels B left"),
        turn_region("stale", "0", "2", (6, 4), "they left"),
        turn_region("utf-16", "0", "0", (7, 13), "rebels"),
        turn_region("beyond", "2", "2", (0, 40), "left"),
        turn_region("no turn", "7", "7", (0, 4), "left"),
        turn_region("no number", "x", "0", (0, 4), "left"),
        turn_region("empty", "1", "1", (0, 0), ""),
    ]
    found = made({"id": 1, "data": {"talk": talk}, "annotations": [annotation(*items)]}, config=DIALOGUE, refuse=True)
    assert found.articles[0].article.text == "🔥 The rebels\n\nleft Darna."
    assert found.spans == [[("rebels\n\nleft", "Actor"), ("rebels\n\nleft", "Actor"), ("rebels", "Actor")]]
    assert found.counts("spans") == (8, 2, 1, 5)
    assert [str(item.reason) for item in found.report.items if item.verdict == "refused"] == [
        "text does not match", "offset out of range", "offset out of range", "offset is not a whole number", "offset out of range",
    ]  # fmt: skip


def test_a_dialogue_that_lies_elsewhere_is_an_error(made: Any) -> None:
    with pytest.raises(OntologyError, match="the text 'd' does not come from one field of the task"):
        made(task(annotation()), config=DIALOGUE.replace('value="$talk"', 'value="$talk" valueType="url"'))
    with pytest.raises(InputError, match=r"data\.talk is missing or empty"):
        made(task(annotation(), talk="https://example.org/talk.json"), config=DIALOGUE)


def test_a_text_under_another_key_leaves_the_column_text_alone() -> None:
    found = read("32-ls-two-controls/export-b.json", "config-b.xml")
    assert (found.spans, found.articles[0].article.metadata) == ([[("Rebels", "Actor")]], {"text": "short"})


# texts of regions


def test_a_text_from_before_the_region_was_snapped_to_words_is_no_fault() -> None:
    found = read("09-ls-stale-text/export.json")
    assert (found.spans, found.report.items) == ([[("rebel group", "ORG")]], [])
    assert found.report.notes == {"regions with the text of an earlier place (offsets trusted)": 1}


@pytest.mark.parametrize(
    ("start", "end", "said", "is_read"),
    [
        (0, 14, "shelled", True),  # the region grew by a word
        (7, 14, "Rebels shelled Darna", True),  # it shrank: all of its former text stands around it
        (15, 20, " Darna on", True),
        (0, 10, "Rebels", False),  # no whole words
        (7, 14, "Rebels", False),
        (7, 14, "they shelled Darna", False),  # the article was edited
        (0, 6, "x", False),
    ],
)
def test_a_text_from_before_a_region_was_resized(made: Any, start: int, end: int, said: str, is_read: bool) -> None:
    item = region("r1", "Rebels", "Actor")
    item["value"] |= {"start": start, "end": end, "text": said}
    found = made(task(annotation(item)), refuse=True)
    assert found.counts("spans") == ((1, 1, 0, 0) if is_read else (1, 0, 0, 1))


# the same thing twice, and several things under one id


def test_tasks_that_stand_twice_are_read_once() -> None:
    found = read("29-ls-doubled-tasks/export-b.json")
    assert (found.spans, found.report.items) == ([FIVE, FIVE[:4]], [])
    assert found.report.notes == {"annotations that stand twice (read once)": 2}
    found = read("29-ls-doubled-tasks/export.json")  # one person annotated twice: the newer counts
    assert (found.spans, found.counts("spans")) == ([FIVE[:4]], (9, 4, 0, 5))


def test_an_annotation_in_two_exports_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG.format(""))
    for name, by in (("monday", 4), ("tuesday", {"id": 4, "email": "person@example.org"})):
        items = [region("r1", "Rebels", "Actor")]
        content = [task(annotation(*items, completed_by=by), annotation(id=2, completed_by=5, was_cancelled=True))]
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    found = Read([tmp_path], tmp_path / "config.xml")
    assert (found.spans, found.report.items) == ([[("Rebels", "Actor")]], [])
    assert found.report.notes == {"annotations that stand twice (read once)": 2, "skipped annotations": 1}


def test_the_same_annotation_id_by_two_people_is_two_annotations(made: Any) -> None:
    items = [region("r1", "Rebels", "Actor")]
    found = made(task(annotation(*items)), task(annotation(*items, completed_by=2)))
    assert [one.annotator for one in found.articles] == ["a1", "a2"]


def test_two_controls_that_label_one_region_make_two_mentions() -> None:
    found = read("32-ls-two-controls/export.json")
    assert found.spans == [[("Rebels", "Actor"), ("Rebels", "Perpetrator"), ("Darna", "Place")]]
    assert [span.id for span in found.articles[0].spans] == ["101:r1", "101:r1~2", "101:r3"]
    assert found.report.items == []


THREE_CONTROLS = CONFIG.format(
    """<Labels name="side" toName="text"><Label value="Victim"/><Label value="Guest"/><Label value="Actor"/></Labels>
<Labels name="kind" toName="text"><Label value="Group"/></Labels>
<Choices name="sure" toName="text" perRegion="true" whenLabelValue="Group"><Choice value="yes"/></Choices>"""
)


def test_three_controls_attributes_and_relations_of_one_region(made: Any) -> None:
    items = [
        region("r1", "Rebels", "Actor"),
        region("r1", "Rebels", "Victim", "Guest", from_name="side"),
        region("r1", "Rebels", "Group", from_name="kind"),
        region("r2", "shelled", "Event"),
        answer("r1", "sure", "choices", ["yes"]),
        link("r2", "r1", "agent"),
    ]
    found = made(task(annotation(*items)), config=THREE_CONTROLS)
    labels = {span.label: span for span in found.articles[0].spans}
    assert labels.keys() == {"Actor", "Victim", "Guest", "Group", "Event"}
    assert labels["Group"].attributes == (("sure", "yes"),)
    assert [role.argument for role in found.articles[0].roles] == [labels["Actor"].id]
    assert found.counts("spans") == (5, 3, 2, 0)


def test_one_label_by_two_controls_is_one_mention(made: Any) -> None:
    items = [region("r1", "Rebels", "Actor"), region("r1", "Rebels", "Guest", "Actor", from_name="side")]
    found = made(task(annotation(*items)), config=THREE_CONTROLS)
    assert sorted(found.spans[0]) == [("Rebels", "Actor"), ("Rebels", "Guest")]
    assert found.refused == [("spans", "the same region twice")]


def test_one_control_twice_on_a_region_is_the_same_region_twice(made: Any) -> None:
    found = made(task(annotation(region("r1", "Rebels", "Actor"), region("r1", "Rebels", "Place"))))
    assert (found.spans, found.refused) == ([[("Rebels", "Actor")]], [("spans", "the same region twice")])


# what is not kept is noted


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"parentID": "r0"}, "parentID of regions (not kept)"),
        ({"score": 0.7}, "score of regions (not kept)"),
        ({"hidden": True, "locked": False}, "hidden of regions (not kept)"),
        ({"meta": {"text": ["unsure"]}}, "notes written on regions (not kept)"),
        ({"meta": {"colour": "red"}}, "meta of regions (not kept)"),
        ({"normalization": "Q1"}, "normalization of regions (not kept)"),
    ],
)
def test_what_a_region_has_besides_is_noted(made: Any, more: dict[str, Any], note: str) -> None:
    found = made(task(annotation(region("r1", "Rebels", "Actor", **more))))
    assert (found.spans, found.report.items, found.report.notes) == ([[("Rebels", "Actor")]], [], {note: 1})


def test_what_the_value_of_a_region_has_besides_is_noted(made: Any) -> None:
    item = region("r1", "Rebels", "Actor")
    item["value"] |= {"comment": "unsure", "globalOffsets": {"start": 0, "end": 6}}
    assert made(task(annotation(item))).report.notes == {"comment in values of regions (not kept)": 1}


def test_drafts_and_predictions_are_noted(made: Any) -> None:
    drawn = {"result": [region("r1", "Rebels", "Actor")]}
    found = made(task(annotation()) | {"drafts": [drawn], "predictions": [drawn, 7]})
    assert found.report.notes == {"drafts (not read)": 1, "predictions (not read)": 2}


def test_what_a_task_has_beside_its_data_is_noted(made: Any) -> None:
    assert made(task(annotation()) | {"meta": {"batch": 7}}).report.notes == {"meta of tasks (not kept)": 1}


# columns of other people


@pytest.mark.parametrize(
    ("export", "fields", "metadata"),
    [
        ("a-published", {"published": "2021-03-12"}, {"published": "March 12, 2021", "source": "Daily X"}),
        ("c-nan", {"title": None, "kind": None, "tags": ()}, {"kind": 3, "tags": 5}),
        (
            "g-language",
            {"language": None, "url": None, "tags": ("war", "peace, quiet"), "invented": None},
            {"invented": "n/a"},
        ),
        ("i-metadata", {}, {"metadata": "scraped 2021"}),
    ],
)
def test_a_column_with_a_name_of_ours_may_hold_anything(
    export: str, fields: dict[str, Any], metadata: dict[str, Any]
) -> None:
    found = read(f"05-ls-foreign-columns/{export}.json")
    assert (found.spans, found.report.items) == ([FIVE], [])
    article = found.articles[0].article
    assert {name: getattr(article, name) for name in fields} == fields
    assert article.metadata == metadata


@pytest.mark.parametrize(("export", "key"), [("b-id", "id"), ("f-article_id", "article_id")])
def test_an_id_under_which_two_texts_stand_is_none(export: str, key: str) -> None:
    found = read(f"05-ls-foreign-columns/{export}.json")
    assert found.spans == [FIVE, [("Marsa", "Place")]]
    assert [one.article.id for one in found.articles] == [one.article.text_sha256[:16] for one in found.articles]
    assert [str(one.article.metadata[key]) for one in found.articles] == ["7", "7"]


def test_zero_is_an_id_and_splits_may_name_it(tmp_path: Path) -> None:
    folder = CASES / "05-ls-foreign-columns"
    found = read("05-ls-foreign-columns/d-id0.json")
    assert [(one.article.id, one.article.metadata) for one in found.articles] == [("0", {}), ("1", {})]
    options = ["--ontology", str(folder / "config.xml"), "--splits", str(folder / "splits"), "--strict"]
    code, said, _ = run("convert", str(folder / "d-id0.json"), *options, "--out", str(tmp_path / "out"))
    assert (code, "train 1, validation 1" in said) == (0, True)


@pytest.mark.parametrize(
    ("value", "article_id"), [(False, None), ("", None), (" ", None), (None, None), ({"n": 1}, None), ("a\nb", None),
                              (7.5, "7.5"), (-1, "-1"), ("x y", "x y")],
)  # fmt: skip
def test_an_id_is_a_number_or_words(made: Any, value: Any, article_id: str | None) -> None:
    (one,) = made(task(annotation(), id=value)).articles
    assert one.article.id == (article_id or one.article.text_sha256[:16])
    assert one.article.metadata == ({} if article_id else {"id": value})


@pytest.mark.parametrize(
    "column",
    [
        {"part": "A"}, {"part": 2, "n_parts": 1}, {"offset": "12 km"}, {"ontology": {"x": 1}}, {"text_sha256": 5},
        {"adjudicates": "yes"}, {"next_rank": 1}, {"cluster": "3"}, {"invented": True}, {"url": ["a", "b"]},
        {"tags": {"a": 1}}, {"published": 20210312}, {"published": "04/05/2023"}, {"published": "recently"}, {"licence": 4}, {"outlet": {"name": "X"}}, {"title": 5},
        {"metadata": [1]}, {"metadata": '{"a": 1}'}, {"disagreements": ["a"]}, {"article_id": ["a"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_column_that_means_something_else_is_metadata(made: Any, column: dict[str, Any]) -> None:
    found = made(task(annotation(region("r1", "Rebels", "Actor")), **column))
    assert (found.spans, found.report.items) == ([[("Rebels", "Actor")]], [])
    assert found.articles[0].article.metadata == column
    assert [one.annotator for one in found.articles] == ["a1"]


def test_what_is_meant_as_ours_stays_a_field(made: Any) -> None:
    data = {"title": "Blast", "published": "2021-03-12", "url": "https://example.org", "tags": ["a"], "language": "en"}
    (one,) = made(task(annotation(), **data, metadata={"n": 1})).articles
    assert (one.article.title, one.article.published, one.article.tags) == ("Blast", "2021-03-12", ("a",))
    assert one.article.metadata == {"n": 1}


@pytest.mark.parametrize("mark", [{"text_sha256": None}, {"ontology": "mine@1.0.0"}])
def test_a_task_that_is_ours_may_not_have_them(made: Any, mark: dict[str, Any]) -> None:
    mark = {key: value or sha256_of(TEXT) for key, value in mark.items()}
    with pytest.raises(InputError, match="tags is '5'"):
        made(task(annotation(), article_id="x", tags=5, **mark | {"ontology": "config@1.0.0"}))
    with pytest.raises(InputError, match="part 'A' of 1"):
        made(task(annotation(), article_id="x", part="A", **mark))


def test_a_task_without_text_is_an_error_or_refused_with_all_that_is_in_it(made: Any) -> None:
    empty = task(annotation(region("r1", "Rebels", "Actor"), region("r2", "Darna", "Place")), text=" ", id="e")
    full = task(annotation(region("r1", "Rebels", "Actor")))
    with pytest.raises(InputError, match=r"task 1: data\.text is missing or empty"):
        made(empty, full)
    found = made(empty, full, refuse=True)
    assert found.spans == [[("Rebels", "Actor")]]
    assert (found.counts("articles"), found.counts("spans")) == ((2, 1, 0, 1), (3, 1, 0, 2))
    assert {(item.article, str(item.reason)) for item in found.report.items} == {
        ("e", "no text"), ("e", "its article was refused"),
    }  # fmt: skip


def test_ids_that_are_none_are_said_in_one_line() -> None:
    assert read("05-ls-foreign-columns/b-id.json").notices == [
        "ids of tasks with different texts: 1, the first 7; these articles are named by the hash of their text"
    ]


# the shapes of files


def test_files_of_a_folder_that_are_not_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG.format(""))
    (tmp_path / "README").write_text("Ours.")
    (tmp_path / "1").write_text(json.dumps(task(annotation())))
    assert Read([tmp_path], tmp_path / "config.xml").notices == []
    (tmp_path / "old.csv").write_text("text\nCalm.\n")
    assert Read([tmp_path], tmp_path / "config.xml").notices == [
        f"{tmp_path}: files that are no JSON and are not read: 1, the first old.csv"
    ]


@pytest.mark.parametrize("file", ["lines.json", "lines.jsonl"])
def test_json_lines_are_read_whatever_their_name(file: str) -> None:
    assert format_of([CASES / "30-ls-storage" / file]) == "labelstudio"
    assert read(f"30-ls-storage/{file}").spans == [FIVE, FIVE]


@pytest.mark.parametrize("file", ["paged.json", "single.json"])
def test_a_page_of_the_api_and_one_task_are_read(file: str) -> None:
    assert format_of([CASES / "30-ls-storage" / file]) == "labelstudio"
    assert read(f"30-ls-storage/{file}").spans == [FIVE]


@pytest.mark.parametrize("folder", ["files", "json"])
def test_a_storage_has_a_file_for_each_annotation(folder: str) -> None:
    path = CASES / "30-ls-storage" / folder
    assert format_of([path]) == "labelstudio"
    found = Read([path], CASES / "30-ls-storage/config.xml")
    assert [(one.annotator, len(one.spans)) for one in found.articles] == [("a1", 5), ("a2", 3)]
    assert found.counts("spans") == (8, 8, 0, 0)


@pytest.mark.parametrize(
    "content",
    [
        [{"id": 1, "result": [], "task": {"id": 7, "data": {"text": TEXT}}}],
        {"action": "ANNOTATION_CREATED", "annotation": annotation(), "task": task(annotation(id=9))},
        {"count": 1, "results": [task(annotation())]},
    ],
)
def test_other_places_where_the_server_puts_tasks(tmp_path: Path, content: Any) -> None:
    (tmp_path / "config.xml").write_text(CONFIG.format(""))
    for name, text in (("lines.jsonl", json.dumps(content)), ("indented.json", json.dumps(content, indent=2))):
        (tmp_path / name).write_text("\ufeff" + text + "\n")
        if not (isinstance(content, list) and name == "lines.jsonl"):
            assert format_of([tmp_path / name]) == "labelstudio"
        found = Read([tmp_path / name], tmp_path / "config.xml")
        assert [one.status for one in found.articles] == ["reviewed_empty"]
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("export.csv", "this is a CSV export of Label Studio, which is not read; it drops relations: export the project as JSON"),
        ("min.json", "this is a JSON-MIN export of Label Studio, which is not read; it drops relations: export the project as JSON"),
    ],
)  # fmt: skip
def test_exports_that_drop_relations_are_recognised_and_refused(tmp_path: Path, file: str, said: str) -> None:
    path = CASES / "30-ls-storage" / file
    config = str(CASES / "30-ls-storage/config.xml")
    code, _, error = run("convert", str(path), "--ontology", config, "--out", str(tmp_path / "out"))
    assert (code, error) == (1, f"Error: {path}: {said}\n")
    code, _, error = run(
        "convert", str(path), "--from", "labelstudio", "--ontology", config, "--out", str(tmp_path / "out")
    )
    assert (code, "export the project as JSON" in error) == (1, True)


@pytest.mark.parametrize(
    "content",
    ["annotation_id\tannotator\tlead_time\ttext\n1\t1\t2.5\tCalm.\n", 'text,id,annotator,annotation_id,lead_time\n"A, b",1,1,1,1\n'],
)  # fmt: skip
def test_an_export_of_empty_annotations_as_a_table_is_recognised(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match="this is a CSV export of Label Studio"):
        format_of([tmp_path / "t.csv"])


@pytest.mark.parametrize(
    "content",
    ['{"tasks": [{"id": 1}]}', '{"tasks": 5}', '{"task": {"data": 5}}', '{"a": 1}\n{"b": 2}\n', "[[]]", "[5]"],
)
def test_json_without_tasks_is_no_export(tmp_path: Path, content: str) -> None:
    (tmp_path / "e.json").write_text(content)
    with pytest.raises(InputError, match="not a Label Studio JSON export"):
        open_exports([tmp_path / "e.json"])


@pytest.mark.parametrize(
    "broken",
    [
        {"annotations": 5}, {"annotations": {"a": 1}}, {"predictions": 5}, {"drafts": "x"}, {"completions": [5, None]},
        {"annotations": [{"id": 1, "result": 5}]}, {"annotations": [{"id": [1], "result": {"a": 1}, "completed_by": [1]}]},
        {"annotations": [{"result": [{"id": {}, "type": ["labels"], "value": 5, "from_name": []}]}]},
        {"annotations": [{"result": [{"type": "labels", "value": {"labels": 5, "start": 0, "end": 6}, "meta": "x"}]}]},
        {"annotations": [{"result": [{"type": "relation", "labels": "agent", "from_id": 1, "to_id": [2]}]}]},
    ],
    ids=str,
)  # fmt: skip
def test_tasks_of_a_strange_form_are_read_without_a_traceback(made: Any, broken: dict[str, Any]) -> None:
    found = made({"id": 1, "data": {"text": TEXT}} | broken, refuse=True)
    assert found.counts("articles")[0] == 1


def test_what_utf_8_does_not_have_is_replaced(made: Any, tmp_path: Path) -> None:
    config = CONFIG.format('<TextArea name="note" toName="text" perRegion="true"/>')
    items = [region("r\ud8001", "Rebels", "Actor", origin="\udc00"), region("r2", "Darna", "\ud800")]
    items.append(answer("r\ud8001", "note", "textarea", None) | {"value": {"start": 0, "end": 6, "text": ["a\ud800b"]}})
    found = made(task(annotation(*items), note="\ud800") | {"id": "\ud800"}, config=config, refuse=True)
    assert found.attributes == {"Rebels": (("note", "a\ufffdb"),)}
    export, out = str(tmp_path / "export.json"), str(tmp_path / "out")
    options = ["--ontology", str(tmp_path / "config.xml"), "--refuse", "--out", out]
    assert run("convert", export, *options)[0] == 0


@pytest.mark.parametrize("depth", [300, 3000])
@pytest.mark.parametrize("at", ["labels", "id", "choices", "completed_by", "title", "batch"])
def test_json_of_any_depth_is_read_or_an_error(tmp_path: Path, at: str, depth: int) -> None:
    items = [region("r1", "Rebels", "Actor"), answer("r1", "side", "choices", ["north"])]
    content = json.dumps([task(annotation(*items), title="T", batch=1) | {"id": 1}])
    place = f'"{at}": '
    begin = content.index(place) + len(place)
    (tmp_path / "export.json").write_text(
        content[:begin] + '["a",' + "[" * depth + "]" * depth + "]," + '"q": ' + content[begin:]
    )
    (tmp_path / "config.xml").write_text(
        CONFIG.format('<Choices name="side" toName="text" perRegion="true" value="$x"/>')
    )
    options = [
        "--from",
        "labelstudio",
        "--ontology",
        str(tmp_path / "config.xml"),
        "--refuse",
        "--out",
        str(tmp_path / "out"),
    ]
    code, _, said = run("convert", str(tmp_path / "export.json"), *options)
    assert code == 0 or "Error: " in said


def ontology_of(config: str) -> Ontology:
    return read_label_config(config, place="c.xml")


@pytest.mark.parametrize("folder", sorted(path.name for path in CASES.glob("*-ls-*")))
def test_every_configuration_is_read(folder: str) -> None:
    for path in sorted((CASES / folder).glob("*.xml")):
        if path.parent.name != "07-ls-dynamic-labels" or path.name != "config.xml":
            assert ontology_of(path.read_text(encoding="utf-8")).labels
