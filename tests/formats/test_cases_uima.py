"""brat, BioNLP and INCEpTION as people have them: offsets that count otherwise, shared triggers, other names."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.errors import InputError
from eventcorpus.formats.brat import read_brat
from eventcorpus.schema import AnnotatedArticle, Role

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
TEXT = "Rebels left Darna.\r\nThey shelled Marsa on Monday.\r\nTwelve died.\r\n"


def read(folder: Path, *, refuse: bool = False) -> tuple[AnnotatedArticle, dict[str, Any]]:
    report = ConversionReport(refuse)
    ((_, one),) = assemble(read_brat([folder]), None, report).articles
    return one, report.as_json()


def spans_of(one: AnnotatedArticle) -> list[tuple[str, str]]:
    return [(one.article.text[s.start : s.end], s.label) for s in one.spans]


def written(folder: Path, text: str | bytes, spans: list[tuple[int, int, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "doc.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    lines = [f"T{n}\tX {start} {end}\t{says}\n" for n, (start, end, says) in enumerate(spans, start=1)]
    (folder / "doc.ann").write_text("".join(lines), encoding="utf-8")
    return folder


# offsets that count otherwise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "spans", "reasons", "kept"),
    [
        (
            "a",
            [("Rebels", "Actor"), ("Darna", "Place"), ("They", "Actor"), ("Marsa", "Place"), ("Twelve", "Count")],
            {"repaired: offsets counted CR LF as one character": 3},
            2,
        ),
        ("c", [("Rebels", "Actor"), ("Marsa", "Place")], {"repaired: offsets counted the byte order mark": 2}, 0),
        (
            "d",
            [("Gossé", "Place"), ("rebelles", "Actor"), ("Darna", "Place")],
            {"repaired: offsets were bytes of UTF-8": 3},
            0,
        ),
    ],
)
def test_offsets_that_count_otherwise_are_repaired(
    name: str, spans: list[tuple[str, str]], reasons: dict[str, int], kept: int, tmp_path: Path
) -> None:
    one, report = read(CASES / "17-brat-crlf" / name)
    assert spans_of(one) == spans
    assert report["spans"]["reasons"] == reasons and report["spans"]["kept"] == kept
    code, _, err = run("convert", str(CASES / "17-brat-crlf" / name), "--out", str(tmp_path / "out"), "--strict")
    assert code == 1 and "repaired" in err and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "spans", "reason"),
    [
        (  # the text had CR LF when it was annotated
            TEXT.replace("\r\n", "\n"), [(0, 6, "Rebels"), (20, 24, "They"), (51, 57, "Twelve")],
            "offsets counted a line feed as two characters",
        ),
        (  # a byte order mark of three bytes, and characters of two
            b"\xef\xbb\xbf" + "Gossé brûle. Darna".encode(), [(3, 9, "Gossé"), (18, 23, "Darna")],
            "offsets were bytes of UTF-8 and counted the byte order mark",
        ),
        (
            "🔥 Rebels\r\nleft\r\nDarna", [(3, 9, "Rebels"), (10, 14, "left"), (15, 20, "Darna")],
            "offsets were UTF-16 units and counted CR LF as one character",
        ),
        (
            b"\xef\xbb\xbf" + TEXT.encode(), [(1, 7, "Rebels"), (20, 24, "They"), (50, 56, "Twelve")],
            "offsets counted CR LF as one character and counted the byte order mark",
        ),
        ("Élysée\nDarna", [(0, 8, "Élysée"), (9, 14, "Darna")], "offsets were bytes of UTF-8"),
    ],
)  # fmt: skip
def test_every_way_to_count_is_told_for_the_whole_file(
    tmp_path: Path, text: str | bytes, spans: list[tuple[int, int, str]], reason: str
) -> None:
    one, report = read(written(tmp_path / "x", text, spans))
    assert [span for span, _ in spans_of(one)] == [says for _, _, says in spans]
    assert {reason.removeprefix("repaired: ") for reason in report["spans"]["reasons"]} == {reason}


def test_a_span_that_fits_nothing_does_not_hide_how_the_others_count(tmp_path: Path) -> None:
    path = written(tmp_path / "x", TEXT, [(0, 6, "Rebels"), (19, 23, "They"), (49, 55, "Twelve"), (32, 37, "Darna")])
    with pytest.raises(InputError, match="text does not match"):
        read(path)
    one, report = read(path, refuse=True)
    assert [text for text, _ in spans_of(one)] == ["Rebels", "They", "Twelve"]
    assert report["spans"]["reasons"] == {
        "refused: text does not match": 1,
        "repaired: offsets counted CR LF as one character": 2,
    }


def test_one_span_of_many_that_happens_to_fit_is_no_way_to_count(tmp_path: Path) -> None:
    wrong = [(0, 6, "Troops"), (12, 17, "Kalo"), (19, 23, "They"), (32, 37, "Kafr"), (49, 55, "Eleven")]
    _, report = read(written(tmp_path / "x", TEXT, [*wrong, (39, 41, "n ")]), refuse=True)
    assert report["spans"]["reasons"] == {"refused: text does not match": 6}


def test_spans_that_fit_as_they_are_are_never_moved(tmp_path: Path) -> None:
    path = written(tmp_path / "x", "aa\r\naaaa\r\naaaa", [(0, 2, "aa"), (5, 7, "aa"), (11, 12, "a")])
    one, report = read(path)
    assert [(s.start, s.end) for s in one.spans] == [(0, 2), (4, 6), (9, 10)]
    assert report["spans"]["reasons"] == {}


def test_two_ways_to_count_that_fit_in_other_places_are_an_error_that_names_both(tmp_path: Path) -> None:
    # in bytes (4 of the first character) each stands two characters before where it stands in UTF-16 units (2)
    path = written(tmp_path / "x", "🔥abababab", [(4, 6, "ab"), (6, 8, "ab"), (8, 10, "ab")])
    with pytest.raises(
        InputError, match=r"offsets either .* or .*: its texts fit both ways, in different places \(--refuse"
    ):
        read(path)
    _, report = read(path, refuse=True)
    assert report["spans"]["kept"] + report["spans"]["repaired"] + report["spans"]["refused"] == 3
    assert any("fit both ways" in reason for reason in report["spans"]["reasons"])


def test_a_line_end_of_windows_in_a_span_is_a_blank_in_the_file(tmp_path: Path) -> None:
    one, report = read(written(tmp_path / "x", TEXT, [(12, 24, "Darna. They")]))
    assert spans_of(one) == [("Darna.\nThey", "X")] and report["spans"]["reasons"] == {}


# events that share a trigger -----------------------------------------------------------------------------------------


def test_what_is_said_of_a_shared_trigger_is_said_of_the_first_event_and_flagged(tmp_path: Path) -> None:
    one, report = read(CASES / "18-brat-events")
    assert spans_of(one) == [
        ("Rebels", "Actor"), ("attacked", "Attack"), ("attacked", "Attack"), ("Darna", "Place"), ("Marsa", "Place"),
        ("killing", "Death"),
    ]  # fmt: skip
    assert Role("Before", "E1", "E3") in one.roles and len(one.roles) == 8
    assert report["roles"] | {"reasons": {}} == {"in": 8, "kept": 8, "repaired": 0, "refused": 0, "out": 8, "flagged": 1, "reasons": {}}  # fmt: skip
    assert report["roles"]["reasons"] == {
        "flagged: T2 is the trigger of several events: said of the first of them, E1": 1
    }
    code, _, err = run("convert", str(CASES / "18-brat-events"), "--out", str(tmp_path / "out"))
    assert code == 0 and "flagged: article doc: Before T2 -> T5 (T2 is the trigger of several events" in err
    code, _, err = run("convert", str(CASES / "18-brat-events"), "--out", str(tmp_path / "strict"), "--strict")
    assert code == 1


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ("A1\tNegated T2", "attributes", "Negated of T2"),
        ("#1\tAnnotatorNotes T2\twhich?", "attributes", "AnnotatorNotes of T2"),
        ("E3\tDeath:T3 Cause:T2", "roles", "Cause E3 -> T2"),
        ("*\tEquiv T3 T2", "roles", "Equiv T3 -> T2"),
    ],
)
def test_attributes_arguments_and_equivalences_of_a_shared_trigger_are_flagged_too(
    tmp_path: Path, line: str, kind: str, said: str
) -> None:
    path = written(tmp_path / "x", "Rebels attacked, killing 12.", [(0, 6, "Rebels")])
    lines = "T2\tAttack 7 15\tattacked\nT3\tDeath 17 24\tkilling\nE1\tAttack:T2 Agent:T1\nE2\tAttack:T2 Agent:T1\n"
    with (path / "doc.ann").open("a") as file:
        file.write(f"{lines}{line}\n")
    _, report = read(path)
    assert [(i["kind"], i["item"]) for i in report["items"] if i["verdict"] == "flagged"] == [(kind, said)]


# other files ---------------------------------------------------------------------------------------------------------


def test_a_folder_of_a_shared_task_is_refused_with_a_way_out_that_works(tmp_path: Path) -> None:
    for options in ([], ["--from", "brat"]):
        code, _, err = run("convert", str(CASES / "18-brat-d"), "--out", str(tmp_path / "out"), *options)
        assert code == 1 and "BioNLP shared task" in err
        assert "join each pair to an .ann file (cat doc.a1 doc.a2 > doc.ann) beside its .txt" in err
    folder = tmp_path / "joined"
    shutil.copytree(CASES / "18-brat-d", folder)
    (folder / "doc.ann").write_text((folder / "doc.a1").read_text() + (folder / "doc.a2").read_text())
    one, _ = read(folder)
    assert spans_of(one) == [("Rebels", "Actor"), ("attacked", "Attack"), ("Darna", "Place")]
    assert set(one.roles) == {Role("Agent", "E1", "T1"), Role("Place (role)", "E1", "T3")}


@pytest.mark.parametrize("name", ["doc.ann", "doc.txt"])
@pytest.mark.parametrize("options", [[], ["--from", "brat"]])
def test_one_file_of_brat_names_its_folder(tmp_path: Path, name: str, options: list[str]) -> None:
    path = CASES / "18-brat-events" / name
    code, _, err = run("convert", str(path), "--out", str(tmp_path / "out"), *options)
    assert code == 1
    assert f"{path}: one file of brat; name the folder in which the .txt and .ann files lie: {path.parent}" in err


def test_webanno_tsv_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for options in ([], ["--from", "conll"]):
        code, _, err = run("convert", str(CASES / "23-inception/doc.tsv"), "--out", str(tmp_path / "out"), *options)
        assert code == 1
        assert "this is WebAnno TSV, which is not read; export the project as UIMA CAS (XMI or JSON)" in err


# names that are ours -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["label", "text", "disagreements", "_origin", "pieces"])
def test_attributes_with_our_names_are_called_otherwise(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / "x", "Rebels left Darna", [(0, 6, "Rebels"), (12, 17, "Darna")])
    with (path / "doc.ann").open("a") as file:
        file.write(f"T3\tX 0 6;12 17\tRebels Darna\nA1\t{name} T1 yes\nA2\t{name} T3 no\n")
    code, _, err = run("convert", str(path), "--out", str(tmp_path / "out"))
    assert code == 0, err
    dataset = read_dataset(tmp_path / "out")
    ((one,),) = dataset.splits.values()
    assert {span.id: dict(span.attributes) for span in one.spans} == {
        "T1": {f"{name} (attribute)": "yes"},
        "T2": {},
        "T3": {f"{name} (attribute)": "no", "pieces": "0 6;12 17"},
    }
    assert json.loads((tmp_path / "out/loss_report.json").read_text())["attributes"]["kept"] == 2


def test_a_span_over_several_lines_that_brat_writes_in_pieces_is_one(tmp_path: Path) -> None:
    path = written(tmp_path / "x", "Rebels left Darna.\r\nThey died.", [])
    (path / "doc.ann").write_text("T1\tX 12 18;20 24\tDarna. They\n")
    one, report = read(path)
    assert spans_of(one) == [("Darna.\nThey", "X")]
    assert one.spans[0].attributes == () and report["spans"]["reasons"] == {}
