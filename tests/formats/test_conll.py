"""CoNLL files as articles: offsets, documents, tag schemes, and what is wrong with tags."""

from dataclasses import replace
from pathlib import Path

import pytest

from eventcorpus.annotation.assemble import Reading, assemble
from eventcorpus.conversion_report import REPLACED, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.formats.conll import read_conll
from eventcorpus.schema import AnnotatedArticle


def read(path: Path, content: str, scheme: str = "iob2") -> list[AnnotatedArticle]:
    path.write_text(content, encoding="utf-8", newline="")
    return [article for _, article in reading_of(path, scheme=scheme)[0].articles]


def reading_of(path: Path, *, scheme: str = "iob2") -> tuple[Reading, ConversionReport]:
    report = ConversionReport()
    reading = assemble(read_conll([path], scheme=scheme), None, report)
    return replace(reading, articles=list(reading.articles)), report


def cut_out(annotated: AnnotatedArticle) -> list[tuple[str, str]]:
    return [(span.label, annotated.article.text[span.start : span.end]) for span in annotated.spans]


def test_a_sentence_becomes_an_article_with_character_offsets(tmp_path: Path) -> None:
    (one,) = read(tmp_path / "x.txt", "Some O\nHamsin B-ORG\nFront I-ORG\nmen O\n")
    assert one.article.text == "Some Hamsin Front men"
    assert [(s.start, s.end, s.label, s.origin) for s in one.spans] == [(5, 17, "ORG", "imported")]


def test_offsets_count_code_points(tmp_path: Path) -> None:
    (one,) = read(tmp_path / "x.txt", "🔥 O\nحلب B-LOC\n")
    assert [(s.start, s.end) for s in one.spans] == [(2, 5)]


def test_blank_lines_part_articles(tmp_path: Path) -> None:
    found = read(tmp_path / "x.txt", "A B-X\n\n \nB O\n")
    assert [(a.article.id, a.article.text) for a in found] == [("train-00001", "A"), ("train-00002", "B")]


def test_docstart_makes_one_article_of_a_document(tmp_path: Path) -> None:
    content = "-DOCSTART- -X- O O\n\nA B-X\n\nB O\nC B-X\n\n-DOCSTART- -X- O O\n\nD O\n"
    first, second = read(tmp_path / "x.txt", content)
    assert (first.article.text, second.article.text) == ("A\nB C", "D")
    assert cut_out(first) == [("X", "A"), ("X", "C")]


def test_docstart_ends_a_sentence_without_a_blank_line(tmp_path: Path) -> None:
    found = read(tmp_path / "x.txt", "-DOCSTART- O\nA B-X\n-DOCSTART- O\nB O\n")
    assert [a.article.text for a in found] == ["A", "B"]


def test_the_last_column_holds_the_tag(tmp_path: Path) -> None:
    (one,) = read(tmp_path / "x.txt", "Kalo NNP I-NP B-LOC\nfell VBD I-VP O\n")
    assert cut_out(one) == [("LOC", "Kalo")]


def test_tab_columns_keep_blanks_inside_a_token(tmp_path: Path) -> None:
    (one,) = read(tmp_path / "x.txt", "10 000\tB-Count\nmen\tO\n")
    assert cut_out(one) == [("Count", "10 000")]


def test_crlf_line_ends_are_read(tmp_path: Path) -> None:
    (one,) = read(tmp_path / "x.txt", "Kalo B-LOC\r\nfell O\r\n\r\n")
    assert (one.article.text, cut_out(one)) == ("Kalo fell", [("LOC", "Kalo")])


def test_a_folder_gives_the_splits_of_its_files(tmp_path: Path) -> None:
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.txt").write_text(f"{name} B-X\n")
    texts = [(split, one.article.text) for split, one in reading_of(tmp_path)[0].articles]
    assert texts == [("train", "train"), ("validation", "dev"), ("test", "test")]


def test_every_label_becomes_an_entity_in_alphabetical_order(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("A B-PER\n\nB B-LOC\n")
    ontology = reading_of(tmp_path / "x.txt")[0].ontology
    assert (ontology.key, ontology.labels, ontology.triggers) == ("x@1.0.0", ("LOC", "PER"), ())


def test_a_file_name_with_blanks_still_names_an_ontology(tmp_path: Path) -> None:
    (tmp_path / "my corpus (2).txt").write_text("A B-PER\n")
    ontology = reading_of(tmp_path / "my corpus (2).txt")[0].ontology
    assert ontology.name == "my-corpus-2-"


def test_a_faulty_tag_is_repaired_and_the_report_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("A B-PER\nB O\nC I-PER\n")
    _, report = reading_of(tmp_path / "x.txt")
    assert [item.as_json() for item in report.items] == [
        {"kind": "spans", "verdict": "repaired", "article": "train-00001", "item": "PER at line 3",
         "reason": "I- opens a span"}
    ]  # fmt: skip
    assert report.as_json()["spans"] | {"reasons": {}} == {
        "in": 2, "kept": 1, "repaired": 1, "refused": 0, "out": 2, "flagged": 0, "reasons": {}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("A B-PER\nB\n", "line 2: 'B' has 1 column"),
        ("A B-PER\nB NNP\n", "line 2: the tag 'NNP' is neither O nor like B-PER"),
        ("A O\nB O\n", "no tag other than O"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_is_no_conll_is_an_error(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path / "x.txt", content)


def test_a_folder_without_known_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of train\.txt, dev\.txt, test\.txt"):
        read_conll([tmp_path])


@pytest.mark.parametrize(
    ("scheme", "tags", "expected"),
    [
        ("iob2", "B-A I-A O", [(0, 2, "A", "")]),
        ("iob2", "B-A B-A", [(0, 1, "A", ""), (1, 2, "A", "")]),
        ("iob2", "I-A I-A", [(0, 2, "A", "I- opens a span")]),
        ("iob2", "B-A I-B", [(0, 1, "A", ""), (1, 2, "B", "I- opens a span")]),
        ("iob2", "B-A O I-A", [(0, 1, "A", ""), (2, 3, "A", "I- opens a span")]),
        ("iob1", "I-A I-A O I-A", [(0, 2, "A", ""), (3, 4, "A", "")]),
        ("iob1", "I-A B-A I-A", [(0, 1, "A", ""), (1, 3, "A", "")]),
        ("iob1", "I-A I-B", [(0, 1, "A", ""), (1, 2, "B", "")]),
        ("bilou", "B-A I-A L-A U-B", [(0, 3, "A", ""), (3, 4, "B", "")]),
        ("bilou", "B-A E-A S-B", [(0, 2, "A", ""), (2, 3, "B", "")]),
        ("bilou", "U-A U-A", [(0, 1, "A", ""), (1, 2, "A", "")]),
        ("bilou", "B-A O", [(0, 1, "A", "span without an end tag")]),
        ("bilou", "B-A I-A", [(0, 2, "A", "span without an end tag")]),
        ("bilou", "B-A B-A L-A", [(0, 1, "A", "span without an end tag"), (1, 3, "A", "")]),
        ("bilou", "B-A U-B", [(0, 1, "A", "span without an end tag"), (1, 2, "B", "")]),
        ("bilou", "O L-A", [(1, 2, "A", "L- opens a span")]),
        ("bilou", "B-A L-B", [(0, 1, "A", "span without an end tag"), (1, 2, "B", "L- opens a span")]),
        ("bilou", "U-A I-A L-A", [(0, 1, "A", ""), (1, 3, "A", "I- opens a span")]),
    ],
)
def test_chunks_of_a_scheme(tmp_path: Path, scheme: str, tags: str, expected: list[tuple[int, int, str, str]]) -> None:
    (tmp_path / "x.txt").write_text("".join(f"w {tag}\n" for tag in tags.split()))
    (document,) = read_conll([tmp_path / "x.txt"], scheme=scheme).documents(ConversionReport())
    places = [(mark.pieces[0][0] // 2, (mark.pieces[0][1] + 1) // 2) for mark in document.marks]
    found = [(mark.label, str(mark.repair or "")) for mark in document.marks]
    assert [(*place, *mark) for place, mark in zip(places, found, strict=True)] == expected


def test_characters_that_cannot_be_stored_are_noted(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("Homs\x0b B-Place\nfell O\n\n\nKalo B-Place\n", encoding="utf-8")
    report = ConversionReport()
    (_, article), _ = assemble(read_conll([tmp_path / "train.txt"]), None, report).articles
    assert article.article.text == "Homs\ufffd fell"
    assert report.notes[REPLACED] == 1
