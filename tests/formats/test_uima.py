"""UIMA CAS, as XMI and as JSON: offsets in UTF-16 units, layers, relations, slots, annotators, archives, broken files."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cas_files import ARGUMENT, EVENT, NE, PHI, RELATION, TOKEN, TYPES, Made, cas_json, span, type_system, xmi, zipped
from cli_runner import run
from eventcorpus.annotation.assemble import Reading, assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.dataset.formats import format_of
from eventcorpus.errors import InputError
from eventcorpus.formats.uima import read_uima
from eventcorpus.schema import AnnotatedArticle, Role

pytest.importorskip("cassis")
TEXT = "Rebels 🔥🔥 shelled Khan Rimal 🚁.\nFive died."
REBELS = span(11, NE, TEXT, "Rebels", value="Actor")
KHAN = span(12, NE, TEXT, "Khan Rimal", value="Place", identifier="http://places/7")
FIVE = span(13, NE, TEXT, "Five", value="Count")
BASIC = [REBELS, KHAN, FIVE]
SPANS = [("Rebels", "Actor"), ("Khan Rimal", "Place"), ("Five", "Count")]


def written(
    folder: Path, made: list[Made], *, form: str = "xmi", text: str = TEXT, name: str = "doc", **options: Any
) -> Path:
    """A file of annotations, beside its type system."""
    path = folder / f"{name}.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "xmi":
        (path.parent / "TypeSystem.xml").write_text(type_system())
        path.write_text(xmi(text, made, **options), encoding="utf-8")
    else:
        path.write_text(cas_json(text, made, **options), encoding="utf-8")
    return path


def read_all(*paths: Path, refuse: bool = False) -> tuple[Reading, ConversionReport]:
    report = ConversionReport(refuse)
    reading = assemble(read_uima(paths), None, report)
    return replace(reading, articles=list(reading.articles)), report


def read(*paths: Path, refuse: bool = False) -> tuple[AnnotatedArticle, ConversionReport]:
    reading, report = read_all(*paths, refuse=refuse)
    return reading.articles[0][1], report


def spans_of(one: AnnotatedArticle) -> list[tuple[str, str]]:
    return [(one.article.text[s.start : s.end], s.label) for s in one.spans]


BOTH = pytest.mark.parametrize("form", ["xmi", "json"])


@BOTH
def test_named_entities_stand_at_their_offsets_in_utf_16_units(tmp_path: Path, form: str) -> None:
    one, report = read(written(tmp_path, BASIC, form=form))
    assert one.article.id == "doc" and one.article.text == TEXT
    assert spans_of(one) == SPANS
    assert [s.attributes for s in one.spans] == [(), (("identifier", "http://places/7"),), ()]
    assert report.items == []
    assert report.notes == {"spans without text of their own (offsets trusted)": 3}


@BOTH
def test_a_layer_without_a_feature_for_its_label_is_named_by_itself(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, [span(11, PHI, TEXT, "Khan Rimal", kind="place")], form=form)
    one, _ = read(path)
    assert spans_of(one) == [("Khan Rimal", "PHI")] and one.spans[0].attributes == (("kind", "place"),)
    assert list(read_uima([path]).notices) == [
        "layer PHI: it has none of value, label, identifier, so its name is the label; kind stand in attributes"
    ]


@BOTH
def test_relation_layers_are_roles_from_governor_to_dependent(tmp_path: Path, form: str) -> None:
    relation = Made(21, RELATION, KHAN.values | {"label": "in", "sure": "yes", "Governor": 13, "Dependent": 12})
    relation = replace(relation, values={k: v for k, v in relation.values.items() if k not in ("value", "identifier")})
    one, report = read(written(tmp_path, [*BASIC, relation], form=form))
    assert one.roles == (Role("in", "13", "12"),)
    assert one.article.metadata == {"role_details": [{"role": "in", "trigger": "13", "argument": "12", "sure": "yes"}]}
    assert report.items == []


@BOTH
def test_slots_of_an_event_are_roles_and_the_event_a_trigger(tmp_path: Path, form: str) -> None:
    links = [Made(31, ARGUMENT, {"role": "agent", "target": 11}), Made(32, ARGUMENT, {"role": "Place", "target": 12})]
    event = span(30, EVENT, TEXT, "shelled", label="Attack", negated=False, arguments=(31, 32), cues=["loud", "near"])
    reading, report = read_all(written(tmp_path, [*BASIC, *links, event], form=form))
    ((_, one),) = reading.articles
    assert spans_of(one) == [SPANS[0], ("shelled", "Attack"), *SPANS[1:]]
    assert one.spans[1].attributes == (("cues", "loud"), ("cues", "near"), ("negated", "false"))
    assert set(one.roles) == {Role("agent", "30", "11"), Role("Place (role)", "30", "12")}
    assert [(e.label, e.triggers) for e in one.events] == [("Attack", ("30",))]
    assert reading.ontology.trigger_names == ("Attack",)
    assert report.items == []


@BOTH
def test_what_is_no_span_is_refused_and_what_cannot_be_stops(tmp_path: Path, form: str) -> None:
    at = {"value": "Place"}
    empty, inside, beyond, backwards = (
        Made(41, NE, {"begin": 7, "end": 7} | at),
        Made(42, NE, {"begin": 8, "end": 12} | at),
        Made(43, NE, {"begin": 0, "end": 4000} | at),
        Made(44, NE, {"begin": 6, "end": 0} | at),
    )
    one, report = read(written(tmp_path, [*BASIC, empty], form=form))
    assert spans_of(one) == SPANS
    assert report.as_json()["spans"]["reasons"] == {"refused: covers no character": 1}
    for wrong in (inside, beyond, backwards):
        path = written(tmp_path, [*BASIC, wrong], form=form)
        with pytest.raises(
            InputError, match=r"article doc: Place .*: offset out of range: the text has 45 UTF-16 units"
        ):
            read(path)
        one, report = read(path, refuse=True)
        assert spans_of(one) == SPANS and report.counts("spans")["in"] == 4


@BOTH
def test_an_offset_that_is_no_number_stops(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, [*BASIC, Made(41, NE, {"begin": "x", "end": 3, "value": "Place"})], form=form)
    with pytest.raises(InputError, match="offset is not a whole number: begin is 'x', end '3'"):
        read(path)


@BOTH
def test_words_and_sentences_are_counted_and_not_kept(tmp_path: Path, form: str) -> None:
    one, report = read(written(tmp_path, [span(51, TOKEN, TEXT, "Rebels", order=0), *BASIC], form=form))
    assert spans_of(one) == SPANS
    assert report.notes["Token (words, sentences, grammar and metadata are not kept)"] == 1


@BOTH
def test_annotations_that_no_view_lists_were_deleted(tmp_path: Path, form: str) -> None:
    one, report = read(written(tmp_path, BASIC, form=form, members=[11, 12]))
    assert spans_of(one) == SPANS[:2]
    assert report.notes["NamedEntity that no view lists (it was deleted)"] == 1


def test_annotations_of_another_text_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, BASIC, members=[11, 12])
    other = (
        '<cas:Sofa xmi:id="2" sofaNum="2" sofaID="other" sofaString="Five"/><cas:View sofa="2" members="13"/></xmi:XMI>'
    )
    path.write_text(path.read_text().replace("</xmi:XMI>", other))
    one, report = read(path)
    assert (one.article.text, spans_of(one)) == (TEXT, SPANS[:2])
    assert report.as_json()["spans"]["reasons"] == {"refused: drawn on another object than the article's text": 1}


@BOTH
def test_an_annotation_without_a_value_is_labelled_by_its_layer(tmp_path: Path, form: str) -> None:
    one, report = read(written(tmp_path, [REBELS, span(14, NE, TEXT, "died")], form=form))
    assert spans_of(one) == [SPANS[0], ("died", "NamedEntity")]
    assert report.notes["NamedEntity without a value: labelled by its layer"] == 1


@BOTH
def test_a_document_without_annotations_is_a_reviewed_article(tmp_path: Path, form: str) -> None:
    written(tmp_path, [], form=form, name="empty", text="Nothing.")
    written(tmp_path, BASIC, form=form)
    reading, _ = read_all(tmp_path)
    assert [(one.article.id, one.status) for _, one in reading.articles] == [
        ("doc", "annotated"),
        ("empty", "reviewed_empty"),
    ]


@BOTH
def test_line_ends_of_windows_are_moved_to_the_stored_form(tmp_path: Path, form: str) -> None:
    text = "One.\r\n🔥\r\nKhan Rimal"
    one, _ = read(written(tmp_path, [span(11, NE, text, "Khan Rimal", value="Place")], form=form, text=text))
    assert (one.article.text, spans_of(one)) == ("One.\n🔥\nKhan Rimal", [("Khan Rimal", "Place")])


def test_json_may_hold_its_structures_by_id_and_leave_out_types(tmp_path: Path) -> None:
    data = json.loads(cas_json(TEXT, BASIC))
    data["%FEATURE_STRUCTURES"] = {str(each.pop("%ID")): each for each in data["%FEATURE_STRUCTURES"]}
    del data["%TYPES"]
    (tmp_path / "doc.json").write_text(json.dumps(data))
    one, _ = read(tmp_path / "doc.json")
    assert spans_of(one) == SPANS


def test_a_list_that_leads_back_to_itself_ends(tmp_path: Path) -> None:
    types = TYPES | {PHI: ("uima.tcas.Annotation", {"kinds": "uima.cas.StringList"})}
    data = json.loads(cas_json(TEXT, [span(11, PHI, TEXT, "Rebels")], types=types))
    data["%FEATURE_STRUCTURES"][1]["@kinds"] = 12
    data["%FEATURE_STRUCTURES"] += [
        {"%ID": 12, "%TYPE": "uima.cas.NonEmptyStringList", "head": "army", "@tail": 13},
        {"%ID": 13, "%TYPE": "uima.cas.NonEmptyStringList", "head": "group", "@tail": 12},
    ]
    (tmp_path / "doc.json").write_text(json.dumps(data))
    one, _ = read(tmp_path / "doc.json")
    assert one.spans[0].attributes == (("kinds", "army"), ("kinds", "group"))


def test_without_a_type_system_what_stands_in_the_file_says_it(tmp_path: Path) -> None:
    links = [Made(31, ARGUMENT, {"role": "agent", "target": 11})]
    event = span(30, EVENT, TEXT, "shelled", label="Attack", arguments=(31,))
    relation = Made(21, RELATION, {"begin": 0, "end": 6, "label": "in", "Governor": 13, "Dependent": 12})
    path = written(tmp_path, [*BASIC, *links, event, relation])
    (tmp_path / "TypeSystem.xml").unlink()
    one, _ = read(path)
    assert spans_of(one) == [SPANS[0], ("shelled", "Attack"), *SPANS[1:]]
    assert set(one.roles) == {Role("agent", "30", "11"), Role("in", "13", "12")}
    assert "no TypeSystem.xml beside it" in next(iter(read_uima([path]).notices))


def test_the_type_system_beside_a_named_file_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, BASIC)
    assert list(read_uima([path]).notices) == []


def test_xml_1_1_and_characters_in_two_halves_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, BASIC, version="1.1")
    content = path.read_text(encoding="utf-8").replace("🚁", "&#55357;&#56833;").replace("died.", "died.&#1;")
    path.write_text(content, encoding="utf-8")
    one, _ = read(path)
    assert one.article.text == TEXT.replace("🚁", "\U0001f601") + "\ufffd"
    assert spans_of(one) == SPANS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<xmi:XMI", "not well-formed XML"),
        ("<a/>", "not XML of UIMA: its first element is <a>, not <XMI>"),
        ('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>', "XML with entity definitions or external references is not read"),
        ('<?xml version="1.0" encoding="no-such"?><a/>', "not well-formed XML"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_xmi_stops_or_is_refused(tmp_path: Path, content: str, message: str) -> None:
    written(tmp_path, BASIC, name="good")
    (tmp_path / "bad.xmi").write_text(content)
    with pytest.raises(InputError, match=f"bad.xmi: {message}"):
        read(tmp_path)
    reading, report = read_all(tmp_path, refuse=True)
    assert [one.article.id for _, one in reading.articles] == ["good"]
    assert report.as_json()["articles"]["reasons"] == {"refused: does not follow the format": 1}


@BOTH
@pytest.mark.parametrize("name", ["class", "a=print(1)", "a b"])
def test_a_name_of_which_cassis_would_make_python_code_stops(tmp_path: Path, form: str, name: str) -> None:
    types = TYPES | {PHI: ("uima.tcas.Annotation", {name: "uima.cas.String"})}
    path = written(tmp_path, BASIC, form=form)
    if form == "xmi":
        (tmp_path / "TypeSystem.xml").write_text(type_system(types))
    else:
        path.write_text(cas_json(TEXT, BASIC, types=types), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(f"no feature that is called {name!r}; rename it")):
        read(path)


@BOTH
def test_features_may_have_names_that_mean_something_in_python(tmp_path: Path, form: str) -> None:
    types = TYPES | {PHI: ("uima.tcas.Annotation", {name: "uima.cas.String" for name in ("self", "type", "value")})}
    made = [Made(11, PHI, {"begin": 0, "end": 6, "self": "me", "type": "group", "value": "Actor"})]
    path = written(tmp_path, made, form=form)
    if form == "xmi":
        (tmp_path / "TypeSystem.xml").write_text(type_system(types))
    else:
        path.write_text(cas_json(TEXT, made, types=types), encoding="utf-8")
    one, _ = read(path)
    assert (one.spans[0].label, one.spans[0].attributes) == ("Actor", (("self", "me"), ("type", "group")))


@BOTH
def test_an_id_that_stands_twice_stops(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, [*BASIC, replace(FIVE, values=KHAN.values)], form=form)
    with pytest.raises(InputError, match=r"doc.*: the id 13 stands twice; ids are unique"):
        read(path)


@pytest.mark.parametrize(("key", "value"), [("sofaString", ["x"]), ("%ELEMENTS", 5), ("arguments", "x")])
def test_values_of_another_kind_in_json_stop_or_lead_nowhere(tmp_path: Path, key: str, value: Any) -> None:
    event = span(30, EVENT, TEXT, "shelled", label="Attack")
    data = json.loads(cas_json(TEXT, [*BASIC, event]))
    data["%FEATURE_STRUCTURES"][0 if key == "sofaString" else -1][key] = value
    (tmp_path / "doc.json").write_text(json.dumps(data))
    if key == "arguments":
        assert read(tmp_path / "doc.json")[0].roles == ()
        return
    with pytest.raises(InputError, match=rf"{key} of \d+ is no text or list; not CAS JSON of UIMA"):
        read(tmp_path / "doc.json")


@BOTH
def test_what_cassis_cannot_read_is_an_error_of_one_line(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, BASIC, form=form, members=[11, 99])
    with pytest.raises(InputError, match=r"doc.*: dkpro-cassis cannot read it \(KeyError: 99\)$"):
        read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [('{"%FEATURE_STRUCTURES": ', "not valid JSON"), ('["%FEATURE_STRUCTURES"]', "not CAS JSON")],
)
def test_a_file_that_is_no_cas_json_stops(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(InputError, match=f"bad.json: {message}"):
        read(tmp_path / "bad.json")


def test_nothing_to_read_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "annotation/doc.txt").mkdir(parents=True)
    (tmp_path / "annotation/doc.txt/anna.tsv").write_text("#FORMAT=WebAnno TSV 3.3\n")
    with pytest.raises(InputError, match=r"WebAnno TSV is not read; export the project as UIMA CAS"):
        read(tmp_path)


# annotators ----------------------------------------------------------------------------------------------------------

ANNA, BERT = [REBELS, KHAN], [REBELS, span(12, NE, TEXT, "Khan", value="Place")]


def project(folder: Path, *, form: str = "xmi", curated: bool = True) -> Path:
    """A project as the server exports it: a document that two annotated, and one that nobody did."""
    for user, made in (("anna.berg", ANNA), ("bert", BERT), ("INITIAL_CAS", [])):
        written(folder, made, form=form, name=f"annotation/doc.txt/{user}")
    written(folder, [], form=form, name="annotation/other.txt/INITIAL_CAS")
    if curated:
        written(folder, BASIC, form=form, name="curation/doc.txt/CURATION_USER")
    (folder / "exportedproject.json").write_text('{"name": "war", "users": ["anna.berg"]}')
    return folder


@BOTH
def test_each_annotator_of_a_project_counts_and_the_curator_is_gold(tmp_path: Path, form: str) -> None:
    project(tmp_path / "export", form=form)
    code, _, err = run("convert", str(tmp_path / "export"), "--out", str(tmp_path / "dataset"))
    assert code == 0, err
    assert "read as UIMA CAS (INCEpTION, WebAnno)" in err and "not read: exportedproject.json" in err
    ((gold,),) = read_dataset(tmp_path / "dataset").splits.values()
    assert gold.article.id == "doc.txt" and spans_of(gold) == SPANS
    assert [s.decided_by for s in gold.spans] == ["agreed", "adjudicated", "adjudicated"]
    report = json.loads((tmp_path / "dataset/loss_report.json").read_text())
    assert {kind: report[kind]["in"] for kind in ("articles", "spans")} == {"articles": 2, "spans": 7}
    assert report["articles"]["reasons"] == {"refused: not annotated": 1}


def test_names_of_annotators_are_nowhere_in_the_dataset(tmp_path: Path) -> None:
    project(tmp_path / "export")
    code, _, err = run("convert", str(tmp_path / "export"), "--out", str(tmp_path / "dataset"))
    assert code == 0, err
    for file in (tmp_path / "dataset").rglob("*"):
        assert file.is_dir() or b"anna" not in file.read_bytes(), file
    manifest = json.loads((tmp_path / "dataset/manifest.json").read_text())
    assert [name for name in manifest["inputs"] if "anna" in name or "bert" in name] == []
    assert {"doc.txt/a1.xmi", "doc.txt/a2.xmi", "doc.txt/adjudicated.xmi"} <= manifest["inputs"].keys()


@pytest.mark.parametrize(
    ("gold", "expected"),
    [
        ("a1", SPANS[:2]),
        ("a2", [SPANS[0], ("Khan", "Place")]),
        ("agreed", SPANS[:1]),
        ("union", [SPANS[0], SPANS[1], ("Khan", "Place")]),
    ],
)
def test_gold_of_several_annotators_is_what_the_policy_says(
    tmp_path: Path, gold: str, expected: list[tuple[str, str]]
) -> None:
    project(tmp_path / "export", curated=False)
    code, _, err = run("convert", str(tmp_path / "export"), "--out", str(tmp_path / "dataset"), "--gold", gold)
    assert code == 0, err
    ((one,),) = read_dataset(tmp_path / "dataset").splits.values()
    assert spans_of(one) == expected


def test_annotators_whose_texts_differ_stop(tmp_path: Path) -> None:
    written(tmp_path, ANNA, name="annotation/doc/a")
    written(tmp_path, [], name="annotation/doc/b", text="Another text.")
    with pytest.raises(InputError, match="article doc: the annotation of a2: another text stands under its id"):
        read_all(tmp_path)


# archives ------------------------------------------------------------------------------------------------------------


def with_types(user: str, made: list[Made]) -> bytes:
    return zipped({f"{user}.xmi": xmi(TEXT, made), "TypeSystem.xml": type_system()})


def test_a_document_exported_as_an_archive_is_read(tmp_path: Path) -> None:
    (tmp_path / "doc.zip").write_bytes(zipped({"doc.xmi": xmi(TEXT, BASIC), "TypeSystem.xml": type_system()}))
    assert format_of([tmp_path / "doc.zip"]) == "uima"
    one, _ = read(tmp_path / "doc.zip")
    assert (one.article.id, spans_of(one)) == ("doc", SPANS)


@pytest.mark.parametrize("as_archive", [True, False])
def test_a_project_exported_as_an_archive_has_an_archive_for_each_annotator(tmp_path: Path, as_archive: bool) -> None:
    files: dict[str, str | bytes] = {
        "annotation/doc.txt/anna.zip": with_types("anna", ANNA),
        "annotation/doc.txt/bert.zip": with_types("bert", BERT),
        "curation/doc.txt/CURATION_USER.zip": with_types("CURATION_USER", BASIC),
        "source/doc.txt": TEXT,
        "exportedproject.json": "{}",
    }
    path = tmp_path / "export.zip"
    if as_archive:
        path.write_bytes(zipped(files))
    else:
        path = tmp_path / "export"
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert format_of([path]) == "uima"
    reading, _ = read_all(path)
    assert [(one.article.id, one.annotator) for _, one in reading.articles] == [("doc.txt", "a1"), ("doc.txt", "a2"), ("doc.txt", "adjudicated")]  # fmt: skip
    found = read_uima([path])
    assert not any("anna" in name for name in found.names.values())
    assert list(found.notices) == ["not read: exportedproject.json, source/doc.txt"]


def test_files_that_have_one_name_in_several_archives_keep_theirs(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.zip").write_bytes(with_types("doc", BASIC))
    reading, _ = read_all(tmp_path)
    assert [one.article.id for _, one in reading.articles] == ["one/doc", "two/doc"]


# the whole way -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [".", "annotation", "annotation/doc.txt"])
def test_a_project_is_told_from_any_of_its_folders(tmp_path: Path, part: str) -> None:
    reading, _ = read_all(project(tmp_path / "export", curated=False) / part)
    assert [(one.article.id, one.annotator) for _, one in reading.articles] == [("doc.txt", "a1"), ("doc.txt", "a2")]
