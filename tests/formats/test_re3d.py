"""re3d folders: what becomes of each kind of annotation noise, and the report of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError, SpanError
from eventcorpus.formats.re3d import read_re3d
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Role

TEXT = "Said “Abu” Karim\nof the Hamsin Front: Kalo fell. "


def document(**changes: Any) -> dict[str, Any]:
    return {
        "_id": "D1", "title": "A town falls", "text": TEXT, "sourceName": "Example", "sourceUrl": "https://e.example/1",
        "wordCount": 9, "sentenceCount": 1,
    } | changes  # fmt: skip


def entity(begin: int, end: int, type_: str, value: str | None = None, confidence: float = 1, **changes: Any) -> Any:
    return {
        "_id": f"D1-0-{begin}-{end}-{type_}", "documentId": "D1", "begin": begin, "end": end, "type": type_,
        "value": TEXT[begin:end] if value is None else value, "confidence": confidence,
    } | changes  # fmt: skip


def relation(source: tuple[int, int], target: tuple[int, int], type_: str = "BelongsTo", **changes: Any) -> Any:
    return {
        "_id": f"D1-0-{source}-{target}-{type_}", "documentId": "D1", "begin": 17, "end": 19, "value": "of", "type": type_,
        "sourceBegin": source[0], "sourceEnd": source[1], "source": TEXT[slice(*source)],
        "targetBegin": target[0], "targetEnd": target[1], "target": TEXT[slice(*target)], "confidence": 1,
    } | changes  # fmt: skip


KARIM, FRONT, KALO = (5, 16), (24, 36), (38, 42)


def folder(
    path: Path, entities: list[Any], relations: list[Any] | None = None, documents: list[Any] | None = None
) -> Path:
    """A source folder, with byte order marks; without relations it has no relations.json."""
    path.mkdir(exist_ok=True)
    rows = {"documents": documents or [document()], "entities": entities, "relations": relations}
    for name, several in rows.items():
        if several is not None:
            lines = "".join(json.dumps(row) + "\n" for row in several)
            (path / f"{name}.json").write_text("\ufeff" + lines, encoding="utf-8")
    (path / "LICENSE").write_text("Licensed under the Open Government Licence v3.0. See elsewhere.")
    (path / "ATTRIBUTION").write_text("From the Example site.\n")
    return path


def read(
    path: Path, *, refuse: bool = False, floor: float = 0.0
) -> tuple[AnnotatedArticle, ConversionReport, Ontology]:
    report = ConversionReport(refuse)
    reading = assemble(read_re3d([path], min_confidence=floor), None, report)
    articles = [annotated for _, annotated in reading.articles]
    return articles[0], report, reading.ontology


def test_a_document_becomes_an_article_with_its_source_and_licence(tmp_path: Path) -> None:
    one, _, _ = read(folder(tmp_path / "UK", [entity(*KALO, "Location")]))
    article = one.article
    assert (article.id, article.title, article.outlet, article.url) == (
        "D1",
        "A town falls",
        "Example",
        "https://e.example/1",
    )
    assert (article.licence, article.language) == ("OGL-UK-3.0", "en")
    assert article.metadata == {"folder": "UK", "attribution": "From the Example site.", "words": 9, "sentences": 1}


def test_an_unknown_licence_is_its_first_sentence_and_a_missing_one_is_none(tmp_path: Path) -> None:
    path = folder(tmp_path / "a", [entity(*KALO, "Location")])
    (path / "LICENSE").write_text("Ask us first.\nMore.\n")
    assert read(path)[0].article.licence == "Ask us first."
    (path / "LICENSE").unlink()
    one, report, _ = read(path)
    assert one.article.licence is None
    assert report.notes == {"folders without a LICENSE: their articles state no licence (a)": 1}


def test_entities_become_spans_with_their_confidence(tmp_path: Path) -> None:
    one, _, ontology = read(
        folder(tmp_path, [entity(*KALO, "Location", confidence=0.981), entity(*FRONT, "Organisation")])
    )
    assert [(s.id, s.label, s.attributes, s.origin) for s in one.spans] == [
        ("0-24-36-Organisation", "Organisation", (("confidence", "1"),), "imported"),
        ("0-38-42-Location", "Location", (("confidence", "0.981"),), "imported"),
    ]
    assert (ontology.key, ontology.flat, ontology.labels) == ("re3d@1.0.0", False, ("Location", "Organisation"))


def test_offsets_move_with_the_stored_form(tmp_path: Path) -> None:
    text = "One\r\nKalo fell."
    row = entity(5, 9, "Location", "Kalo")
    one, _, _ = read(folder(tmp_path, [row], documents=[document(text=text)]))
    assert (one.article.text, one.spans[0].start, one.spans[0].end) == ("One\nKalo fell.", 4, 8)


def test_nested_spans_and_spans_of_two_types_all_stay(tmp_path: Path) -> None:
    rows = [entity(*FRONT, "Organisation"), entity(24, 30, "Location"), entity(*FRONT, "Person")]
    one, report, _ = read(folder(tmp_path, rows))
    assert [(s.start, s.end, s.label) for s in one.spans] == [
        (24, 36, "Organisation"), (24, 36, "Person"), (24, 30, "Location")
    ]  # fmt: skip
    assert report.items == []


def test_the_same_span_twice_is_one_and_its_relations_follow(tmp_path: Path) -> None:
    again = entity(*FRONT, "Organisation", _id="D1-again")
    one, report, _ = read(folder(tmp_path, [entity(*FRONT, "Organisation"), again, entity(*KALO, "Location")],
                                  [relation(KALO, FRONT)]))  # fmt: skip
    assert len(one.spans) == 2 and len(one.roles) == 1
    assert report.as_json()["spans"]["reasons"] == {"refused: the same span twice": 1}


@pytest.mark.parametrize("says", ["'Abu' Karim of", '"Abu" Karim of', "“Abu”  Karim of"])
def test_other_blanks_and_quotation_marks_are_mended_and_counted(tmp_path: Path, says: str) -> None:
    one, report, _ = read(folder(tmp_path, [entity(5, 19, "Person", says)]))
    assert one.article.text[one.spans[0].start : one.spans[0].end] == "“Abu” Karim\nof"
    assert report.as_json()["spans"]["reasons"] == {
        "repaired: its text has other blanks or quotation marks than the article": 1
    }


def test_an_entity_that_the_text_contradicts_stops_or_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, [entity(*KALO, "Location", "Kafr"), entity(*FRONT, "Organisation")])
    with pytest.raises(SpanError) as stopped:
        read(path)
    assert str(stopped.value) == (
        "article D1: Location 0-38-42-Location [38, 42) 'Kafr': text does not match: the text there is 'Kalo' "
        "(--refuse leaves such items out and counts them)"
    )
    one, report, _ = read(path, refuse=True)
    assert [s.label for s in one.spans] == ["Organisation"]
    assert report.as_json()["spans"]["reasons"] == {"refused: text does not match": 1}
    assert report.as_json()["attributes"]["reasons"] == {"refused: its span was refused": 1}


def test_blanks_at_the_edges_are_trimmed_and_nothing_but_blanks_is_refused(tmp_path: Path) -> None:
    one, report, _ = read(folder(tmp_path, [entity(37, 43, "Location"), entity(16, 17, "Person")]))
    assert [(s.start, s.end) for s in one.spans] == [(38, 42)]
    assert report.as_json()["spans"]["reasons"] == {
        "refused: nothing but blanks": 1,
        "repaired: blanks at the edges": 1,
    }


def test_a_relation_is_a_role_and_its_own_words_are_metadata(tmp_path: Path) -> None:
    rows = [entity(*KARIM, "Person"), entity(*FRONT, "Organisation")]
    one, report, _ = read(folder(tmp_path, rows, [relation(KARIM, FRONT, confidence=0.75)]))
    ends = {"role": "BelongsTo", "trigger": "0-5-16-Person", "argument": "0-24-36-Organisation"}
    assert one.roles == (Role(**ends),)
    assert one.article.metadata["role_details"] == [ends | {"start": 17, "end": 19, "confidence": 0.75}]
    assert report.summary() == "1 of 1 article, 2 of 2 spans, 1 of 1 role, 2 of 2 attributes"


def test_an_end_with_several_types_is_the_most_confident_one(tmp_path: Path) -> None:
    rows = [entity(*KARIM, "Person"), entity(*FRONT, "Location", confidence=0.1), entity(*FRONT, "Organisation")]
    one, report, _ = read(folder(tmp_path, rows, [relation(KARIM, FRONT)]))
    assert [r.argument for r in one.roles] == ["0-24-36-Organisation"]
    assert report.as_json()["roles"]["reasons"] == {
        "repaired: an end has several types: the one with the highest confidence": 1
    }


def test_relations_to_themselves_and_to_nothing_are_refused(tmp_path: Path) -> None:
    rows = [entity(*KARIM, "Person"), entity(*FRONT, "Organisation")]
    links = [
        relation(KARIM, KARIM, "Likes"),
        relation(KARIM, KALO),
        relation(KARIM, FRONT),
        relation(KARIM, FRONT, _id="x"),
    ]
    one, report, _ = read(folder(tmp_path, rows, links))
    assert len(one.roles) == 1
    assert report.as_json()["roles"] == {
        "in": 4, "kept": 1, "repaired": 0, "refused": 3, "out": 1, "flagged": 0,
        "reasons": {
            "refused: a span it links is missing or was refused": 1,
            "refused: given twice": 1,
            "refused: links a span to itself": 1,
        },
    }  # fmt: skip


def test_what_is_below_the_confidence_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        entity(*KARIM, "Person", confidence=0.49),
        entity(*FRONT, "Organisation", confidence=0.5),
        entity(*KALO, "Location"),
    ]
    links = [relation(KARIM, FRONT), relation(KALO, FRONT, confidence=0.2), relation(KALO, FRONT, "CoLocated")]
    one, report, _ = read(folder(tmp_path, rows, links), floor=0.5)
    assert [s.label for s in one.spans] == ["Organisation", "Location"] and len(one.roles) == 1
    loss_report = report.as_json()
    assert loss_report["spans"] == {
        "in": 3, "kept": 2, "repaired": 0, "refused": 1, "out": 2, "flagged": 0,
        "reasons": {"left out: confidence below 0.5": 1},
    }  # fmt: skip
    assert loss_report["roles"]["reasons"] == {
        "left out: an end has confidence below 0.5": 1, "left out: confidence below 0.5": 1
    }  # fmt: skip
    report.check_strict()  # it was asked for, so it is no fault


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"begin": "0"}, "D1: re3d/entities.json, line 1: begin is '0', it must be a whole number"),
        ({"confidence": 1.2}, "line 1: confidence is 1.2, it must lie between 0 and 1"),
        ({"score": 1}, "line 1: unknown key 'score'; there are _id, documentId, begin, end, type, value, confidence"),
        (
            {"documentId": "D9"},
            "article D9: re3d/entities.json, line 1: Location D1-0-38-42-Location: of a document that is not there",
        ),
    ],
)
def test_a_line_that_does_not_fit_is_named_or_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = folder(tmp_path / "re3d", [entity(*KALO, "Location") | changes, entity(*FRONT, "Organisation")])
    with pytest.raises(InputError) as stopped:
        read(path)
    assert message in str(stopped.value)
    assert len(read(path, refuse=True)[0].spans) == 1


def test_a_document_twice_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    folder(tmp_path / "a", [entity(*KALO, "Location")])
    folder(tmp_path / "b", [entity(*KALO, "Location"), entity(*FRONT, "Organisation")])
    with pytest.raises(InputError, match="article D1: the document: the id stands twice"):
        read(tmp_path)
    _, report, _ = read(tmp_path, refuse=True)
    assert report.summary() == (
        "1 of 2 articles (1 refused), 1 of 3 spans (2 refused), 0 of 0 roles, 1 of 3 attributes (2 refused)"
    )


def test_an_ontology_given_is_the_only_list_of_labels(tmp_path: Path) -> None:
    path = folder(tmp_path, [entity(*KALO, "Location"), entity(*FRONT, "Organisation")])
    report = ConversionReport(refuses=True)
    given = Ontology(name="places", version="1.0.0", flat=True, entities=(Label(name="Location"),))
    reading = assemble(read_re3d([path]), given, report)
    assert [s.label for s in next(iter(reading.articles))[1].spans] == ["Location"]
    assert report.as_json()["spans"]["reasons"] == {"refused: label not in the ontology": 1}
    assert report.as_json()["attributes"]["reasons"] == {
        "refused: attribute not in the ontology": 1, "refused: its span was refused": 1
    }  # fmt: skip


def test_a_flat_ontology_refuses_the_loser_of_an_overlap(tmp_path: Path) -> None:
    path = folder(tmp_path, [entity(24, 30, "Location"), entity(*FRONT, "Organisation")])
    report = ConversionReport()
    labels = (Label(name="Location"), Label(name="Organisation"))
    given = Ontology(name="flat", version="1.0.0", flat=True, entities=labels)
    reading = assemble(read_re3d([path]), given, report)
    assert [s.label for s in next(iter(reading.articles))[1].spans] == ["Organisation"]
    assert report.as_json()["spans"]["reasons"] == {"refused: overlaps Organisation, and the ontology is flat": 1}


def test_a_folder_that_is_none_of_re3d_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither this folder nor one in it has a documents\.json"):
        read(tmp_path)
