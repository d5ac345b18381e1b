"""brat standoff: every kind of line, what is mended, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.annotation.assemble import Reading, assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.formats.brat import ann_lines, read_brat
from eventcorpus.schema import AnnotatedArticle, Role

TEXT = "Rebels seized Kalo.\nThe army shelled Kalo and Kafr.\n"


def folder(path: Path, ann: str, text: str = TEXT, name: str = "a") -> Path:
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / f"{name}.txt").write_text(text, encoding="utf-8", newline="")
    (path / f"{name}.ann").write_text(ann, encoding="utf-8", newline="")
    return path


def read_all(path: Path, *, refuse: bool = False) -> tuple[Reading, ConversionReport]:
    report = ConversionReport(refuse)
    reading = assemble(read_brat([path]), None, report)
    return replace(reading, articles=list(reading.articles)), report


def read(path: Path, *, refuse: bool = False) -> tuple[AnnotatedArticle, ConversionReport]:
    reading, report = read_all(path, refuse=refuse)
    return reading.articles[0][1], report


def test_text_bounds_become_spans(tmp_path: Path) -> None:
    one, report = read(folder(tmp_path, "T1\tActor 0 6\tRebels\nT2\tPlace 14 18\tKalo\n"))
    assert [(s.id, s.start, s.end, s.label) for s in one.spans] == [("T1", 0, 6, "Actor"), ("T2", 14, 18, "Place")]
    assert report.summary() == "1 of 1 article, 2 of 2 spans, 0 of 0 roles, 0 of 0 attributes"


def test_an_event_is_a_span_at_its_trigger_and_its_arguments_are_roles(tmp_path: Path) -> None:
    ann = "T1\tActor 0 6\tRebels\nT2\tTakeover 7 13\tseized\nT3\tPlace 14 18\tKalo\nE1\tTakeover:T2 Agent:T1 Place:T3\n"
    reading, report = read_all(folder(tmp_path, ann))
    ((_, one),) = reading.articles
    assert [(s.id, s.label) for s in one.spans] == [("T1", "Actor"), ("E1", "Takeover"), ("T3", "Place")]
    assert one.roles == (Role("Agent", "E1", "T1"), Role("Place (role)", "E1", "T3"))  # Place is a label too
    assert [(e.label, e.triggers) for e in one.events] == [("Takeover", ("E1",))]
    assert reading.ontology.trigger_names == ("Takeover",)
    assert report.items == []


def test_arguments_may_be_events_and_come_twice(tmp_path: Path) -> None:
    ann = (
        "T1\tShelling 29 36\tshelled\nT2\tPlace 37 41\tKalo\nT3\tPlace 46 50\tKafr\nT4\tTakeover 7 13\tseized\n"
        "E1\tShelling:T1 Target:T2 Target2:T3 Cause:E2\nE2\tTakeover:T4 Grade5:T2\n"
    )
    one, _ = read(folder(tmp_path, ann))
    assert set(one.roles) == {
        Role("Target", "E1", "T2"), Role("Target", "E1", "T3"), Role("Cause", "E1", "E2"), Role("Grade5", "E2", "T2")
    }  # fmt: skip


def test_events_with_one_trigger_stay_two_events(tmp_path: Path) -> None:
    ann = (
        "T1\tShelling 29 36\tshelled\nT2\tPlace 37 41\tKalo\nT3\tPlace 46 50\tKafr\n"
        "E1\tShelling:T1 Target:T2\nE2\tShelling:T1 Target:T3\n"
    )
    one, report = read(folder(tmp_path, ann))
    assert [e.triggers for e in one.events] == [("E1",), ("E2",)]
    assert one.roles == (Role("Target", "E1", "T2"), Role("Target", "E2", "T3"))
    assert report.notes == {"events that share their trigger with another: one span each": 1}


def test_relations_and_equivalences_are_roles(tmp_path: Path) -> None:
    ann = (
        "T1\tPlace 14 18\tKalo\nT2\tPlace 37 41\tKalo\nT3\tPlace 46 50\tKafr\n"
        "R1\tNear Arg1:T1 Arg2:T3\t\n*\tEquiv T1 T2 T3\n"
    )
    one, report = read(folder(tmp_path, ann))
    assert one.roles == (Role("Equiv", "T1", "T2"), Role("Equiv", "T1", "T3"), Role("Near", "T1", "T3"))
    assert report.kept["roles"] == 3


def test_attributes_normalisations_and_notes_are_attributes(tmp_path: Path) -> None:
    ann = (
        "T1\tActor 0 6\tRebels\nT2\tTakeover 7 13\tseized\nE1\tTakeover:T2\nA1\tNegated E1\nM2\tCertainty E1 Likely\n"
        "N1\tReference T1 Gazetteer:77\tthe rebels\n#1\tAnnotatorNotes T1\twho are they?\n#2\tAnnotatorNotes R9\tlost\n"
    )
    reading, report = read_all(folder(tmp_path, ann))
    assert [s.attributes for s in reading.articles[0][1].spans] == [
        (("AnnotatorNotes", "who are they?"), ("Reference", "Gazetteer:77")),
        (("Certainty", "Likely"), ("Negated", "true")),
    ]
    values = {a.name: [v.name for v in a.values] for a in reading.ontology.attributes}
    assert values == {"AnnotatorNotes": [], "Certainty": ["Likely"], "Negated": ["true"], "Reference": []}
    assert report.as_json()["attributes"]["reasons"] == {"refused: of something that is no span": 1}


def test_a_discontinuous_span_is_one_from_first_to_last_piece_and_counted(tmp_path: Path) -> None:
    one, report = read(folder(tmp_path, "T1\tPlace 37 41;46 50\tKalo Kafr\n"))
    assert [(s.start, s.end, s.attributes) for s in one.spans] == [(37, 50, (("pieces", "37 41;46 50"),))]
    assert report.as_json()["spans"]["reasons"] == {
        "repaired: in several pieces: one span from the first to the last": 1
    }


def test_a_line_end_in_a_span_is_a_blank_in_the_file(tmp_path: Path) -> None:
    one, report = read(folder(tmp_path, "T1\tX 14 23\tKalo. The\n"))
    assert one.article.text[one.spans[0].start : one.spans[0].end] == "Kalo.\nThe"
    assert report.items == []


def test_carriage_returns_count_in_the_file_and_are_gone_in_the_article(tmp_path: Path) -> None:
    one, _ = read(folder(tmp_path, "T1\tPlace 10 14\tKalo\r\n", text="One\r\nTwo\r\nKalo"))
    assert [(s.start, s.end) for s in one.spans] == [(8, 12)]


def test_offsets_in_utf_16_units_are_mended_where_the_text_shows_it(tmp_path: Path) -> None:
    one, report = read(folder(tmp_path, "T1\tPlace 3 7\tKalo\n", text="🔥 Kalo"))
    assert [(s.start, s.end) for s in one.spans] == [(2, 6)]
    assert report.as_json()["spans"]["reasons"] == {"repaired: offsets were UTF-16 units": 1}


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("T1\tActor 0 6\tTroops", "spans", "text does not match"),
        ("T1\tActor 0 600\tRebels", "spans", "offset out of range"),
        ("T1\tActor 6 0\tRebels", "spans", "offset out of range"),
        ("T1 Actor 0 6 Rebels", "spans", "does not follow the format"),
        ("E1\tTakeover:T9", "spans", "its trigger T9 is not there"),
        ("E1\tTakeover:T8", "spans", "its trigger is of type Place"),
        ("R1\tNear T1 T2", "roles", "does not follow the format"),
        ("Z1\tsomething", "attributes", "does not follow the format"),
        ("T8\tPlace 46 50\tKafr", "spans", "the id stands twice"),
    ],
)
def test_what_cannot_be_right_stops_or_is_refused(tmp_path: Path, line: str, kind: str, reason: str) -> None:
    path = folder(tmp_path, f"T8\tPlace 37 41\tKalo\nT7\tPlace 46 50\tKafr\n{line}\n")
    with pytest.raises(InputError, match=rf"article a: .*{reason}.*\(--refuse leaves"):
        read(path)
    _, report = read(path, refuse=True)
    assert report.as_json()[kind]["reasons"] == {f"refused: {reason}": 1}


def test_roles_to_what_is_not_there_are_refused_with_the_span(tmp_path: Path) -> None:
    ann = "T1\tActor 0 6\tTroops\nT2\tTakeover 7 13\tseized\nE1\tTakeover:T2 Agent:T1 Place:T9\n"
    one, report = read(folder(tmp_path, ann), refuse=True)
    assert one.roles == ()
    assert report.as_json()["roles"]["reasons"] == {"refused: a span it links is missing or was refused": 2}


def test_an_empty_ann_file_is_a_reviewed_article_and_none_is_no_annotation(tmp_path: Path) -> None:
    folder(tmp_path, "")
    (tmp_path / "b.txt").write_text("Kafr")
    folder(tmp_path, "T1\tPlace 0 4\tKafr\n", text="Kafr", name="c")
    reading, report = read_all(tmp_path)
    assert [(one.article.id, one.status) for _, one in reading.articles] == [
        ("a", "reviewed_empty"),
        ("c", "annotated"),
    ]
    assert report.as_json()["articles"]["reasons"] == {"refused: no .ann beside it: not annotated": 1}


def test_folders_called_after_splits_are_splits(tmp_path: Path) -> None:
    for name in ("train/a", "dev/b", "test/deep/c"):
        folder(tmp_path, "T1\tPlace 14 18\tKalo\n", name=name)
    reading, _ = read_all(tmp_path)
    assert {one.article.id: split for split, one in reading.articles} == {
        "train/a": "train", "dev/b": "validation", "test/deep/c": "test"
    }  # fmt: skip


def test_a_folder_without_ann_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.ann file in this folder"):
        read(tmp_path)


@given(
    text=st.text(
        st.characters(codec="utf-8", exclude_characters="\r\n\x85\u2028\u2029\x0b\x0c"), min_size=1, max_size=40
    ),
    data=st.data(),
)
def test_offsets_written_as_brat_writes_them_come_back_as_the_same_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    path = tmp_path_factory.mktemp("brat")
    (path / "a.txt").write_bytes(f"Kalo {text}".encode())
    (path / "a.ann").write_bytes(f"T0\tX 0 4\tKalo\nT1\tX {start + 5} {end + 5}\t{text[start:end]}\n".encode())
    one, report = read(path)
    spans = {span.id: one.article.text[span.start : span.end] for span in one.spans}
    # blanks at the edges go, control characters are U+FFFD in the stored form, and nothing else may change
    cut = "".join("\ufffd" if c != "\t" and (ord(c) < 32 or 127 <= ord(c) < 160) else c for c in text[start:end])
    expected = cut.strip("".join(c for c in set(cut) if c.isspace()))
    assert spans.get("T1", "") == expected
    assert report.counts("spans")["refused"] == (0 if expected else 1)


@given(st.text(max_size=60))
def test_no_content_breaks_the_reader(content: str) -> None:
    report = ConversionReport(refuses=True)
    ann_lines(content, article="a", report=report)
    assert all(item.verdict == "refused" for item in report.items)
