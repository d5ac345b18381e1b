"""doccano, Prodigy and spaCy as people have them: spans, relations, annotators; what is refused, and its way out."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.annotation.assemble import assemble
from eventcorpus.annotation.document import Found
from eventcorpus.annotation.first_seen import on_disk
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.dataset.formats import format_of
from eventcorpus.errors import InputError, OutputError
from eventcorpus.formats.doccano import read_doccano
from eventcorpus.formats.prodigy import read_prodigy
from eventcorpus.formats.spacy import read_spacy
from eventcorpus.schema import AnnotatedArticle

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
TEXT = "Rebels shelled Darna on Monday, killing 12 people."
FIRE = "🔥 Rebels shelled Darna."


def lines(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(found: Found, *, refuse: bool = False) -> tuple[list[AnnotatedArticle], ConversionReport]:
    report = ConversionReport(refuse)
    return [annotated for _, annotated in assemble(found, None, report).articles], report


def spans(annotated: AnnotatedArticle) -> list[tuple[str, str]]:
    return [(annotated.article.text[span.start : span.end], span.label) for span in annotated.spans]


def roles(annotated: AnnotatedArticle) -> list[tuple[str, str, str]]:
    words = {span.id: annotated.article.text[span.start : span.end] for span in annotated.spans}
    return [(role.role, words[role.trigger], words[role.argument]) for role in annotated.roles]


def counts(report: ConversionReport, kind: Any = "spans") -> tuple[int, int, int, int]:
    found = report.counts(kind)
    assert found["in"] == found["kept"] + found["repaired"] + found["refused"]
    return found["in"], found["kept"], found["repaired"], found["refused"]


# doccano -------------------------------------------------------------------------------------------------------------


def test_doccano_labels_are_spans() -> None:
    [article], report = read(read_doccano([CASES / "19-doccano" / "label.jsonl"]))
    assert article.article.id == "1" and article.article.text == TEXT
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")]
    assert counts(report) == (2, 2, 0, 0)


def test_doccano_entities_and_relations_are_spans_and_roles() -> None:
    [article], report = read(read_doccano([CASES / "19-doccano" / "entities.jsonl"]))
    assert spans(article) == [("Rebels", "Actor"), ("shelled", "Event")]
    assert roles(article) == [("agent", "shelled", "Rebels")]
    assert counts(report, "roles") == (1, 1, 0, 0)


@pytest.mark.parametrize("reader", [read_doccano, read_prodigy, read_spacy])
def test_ids_that_name_no_article_are_kept_in_metadata(tmp_path: Path, reader: Any) -> None:
    label = (
        {"label": [[0, 6, "Actor"]]}
        if reader is read_doccano
        else {"spans": [{"start": 0, "end": 6, "label": "Actor"}]}
    )
    label = {"entities": [[0, 6, "Actor"]]} if reader is read_spacy else label
    row = {"id": {"$oid": "5f"}, "text": TEXT, "meta": {"id": 0, "text": "short", "source": "x"}}
    [article], _ = read(reader([lines(tmp_path / "train.jsonl", row | label)]))
    assert article.article.metadata == {
        "id_as_written": {"$oid": "5f"},
        "meta_id": 0,
        "meta_text": "short",
        "source": "x",
    }


def test_splits_of_doccano_that_are_numbered_anew_are_all_read(tmp_path: Path) -> None:
    for split in ("train", "test"):
        lines(tmp_path / f"{split}.jsonl", {"id": 1, "text": f"In {split}.", "label": [[3, 3 + len(split), "Place"]]})
    articles, report = read(read_doccano([tmp_path]))
    assert [(a.article.id, spans(a)) for a in articles] == [
        ("train-1", [("train", "Place")]), ("test-1", [("test", "Place")]),
    ]  # fmt: skip
    assert counts(report) == (2, 2, 0, 0)
    lines(tmp_path / "test.jsonl", {"id": 2, "text": "In test.", "label": []})
    assert [a.article.id for a in read(read_doccano([tmp_path]))[0]] == ["1", "2"]


def test_what_doccano_says_besides_is_kept_but_for_people(tmp_path: Path) -> None:
    row = {
        "id": 0, "text": TEXT, "labels": [[15, 20, "Place"]], "url": "https://example.org/1", "published": "March 12, 2021",
        "desk": "world", "meta": {"batch": 2, "user": "ann"}, "Comments": ["unsure"], "annotation_approver": "bea",
        "cats": ["conflict"],
    }  # fmt: skip
    [article], _ = read(read_doccano([lines(tmp_path / "train.jsonl", row)]))
    assert article.article.id == "0" and article.article.url == "https://example.org/1"
    kept = {"desk": "world", "batch": 2, "comments": ["unsure"], "categories": ["conflict"]}
    assert {key: article.article.metadata[key] for key in kept} == kept
    assert "ann" not in json.dumps(article.article.metadata) and "bea" not in json.dumps(article.article.metadata)


def test_files_of_one_annotator_each_are_annotations_of_the_same_articles(tmp_path: Path) -> None:
    one, two = {"id": 7, "text": TEXT}, {"id": 8, "text": "Calm in Marsa."}
    lines(tmp_path / "in" / "zoe.jsonl", {**one, "label": [[0, 6, "Actor"]]}, {**two, "label": []})
    lines(tmp_path / "in" / "adam.jsonl", {**two, "label": [[8, 13, "Place"]]}, {**one, "label": [[15, 20, "Place"]]})
    lines(tmp_path / "in" / "unknown.jsonl", {"id": 9, "text": "Nobody read this.", "label": []})
    code, out, err = run("convert", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--gold", "union")
    assert code == 0 and "2 articles in" in out
    assert "files of one annotator each: a1 is adam.jsonl, a2 is zoe.jsonl" in err
    dataset = read_dataset(tmp_path / "out")
    assert [spans(annotated) for annotated in dataset.split("train")] == [
        [("Rebels", "Actor"), ("Darna", "Place")], [("Marsa", "Place")],
    ]  # fmt: skip
    report = json.loads((tmp_path / "out" / "loss_report.json").read_text())
    assert report["articles"] == {
        "in": 3, "kept": 2, "repaired": 0, "refused": 1, "out": 2, "flagged": 0, "reasons": {"refused: not annotated": 1},
    }  # fmt: skip
    assert report["spans"]["in"] == report["spans"]["kept"] == 3
    for file in (tmp_path / "out").rglob("*"):
        if file.is_file():
            assert b"adam" not in file.read_bytes() and b"zoe" not in file.read_bytes()


def test_parts_with_no_text_in_common_are_the_work_of_one(tmp_path: Path) -> None:
    first = lines(tmp_path / "a.jsonl", {"text": TEXT, "label": [[0, 6, "Actor"]]})
    second = lines(tmp_path / "b.jsonl", {"text": "Calm in Marsa.", "label": [[8, 13, "Place"]]})
    articles, _ = read(read_doccano([first, second]))
    assert [(a.article.id, a.annotator) for a in articles] == [("train-00001", "a1"), ("train-00002", "a1")]


@pytest.mark.parametrize(
    ("text", "label", "found", "reason"),
    [
        (FIRE, [[3, 9, "Actor"], [18, 23, "Place"]], ["Rebels", "Darna"], "repaired: offsets were UTF-16 units"),
        (
            "Müller fell in Darna.",
            [[0, 7, "Actor"], [16, 21, "Place"]],
            ["Müller", "Darna"],
            "repaired: offsets were bytes of UTF-8",
        ),
        (FIRE, [[2, 8, "Actor"], [17, 22, "Place"]], ["Rebels", "Darna"], None),
        ("🔥 Hauptbahnhof", [[7, 14, "Place"]], ["bahnhof"], None),
        ("🔥 12é, now", [[4, 6, "Count"]], ["é,"], None),
        (TEXT + "🔥", [[0, 6, "Actor"]], ["Rebels"], None),
    ],
)
def test_offsets_in_other_units_are_told_by_the_words_that_they_cut(
    tmp_path: Path, text: str, label: list[Any], found: list[str], reason: str | None
) -> None:
    [article], report = read(read_doccano([lines(tmp_path / "x.jsonl", {"id": 1, "text": text, "label": label})]))
    assert [words for words, _ in spans(article)] == found
    assert report.reasons("spans") == ({reason: len(found)} if reason else {})


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([[0, 99, "Actor"]], r"article 1: Actor 1 \[0, 99\) '': offset out of range: the text has 50 characters"),
        ([["0", 6, "Actor"]], r"offset is not a whole number: from '0' to '6'"),
        ([[0, 6, 3]], r"region without a label: its label is a number; export the names of labels"),
        (["x", {"a": 1}], r"offset is not a whole number|region without a label"),
        ([[0, 6]], r"line 1: label\.0: '\[0, 6\]' is neither \[start, end, label\] nor an object with these"),
        ("Actor", r"line 1: label is str, not a list"),
    ],
)
def test_what_cannot_be_right_is_one_line_or_refused_and_counted(tmp_path: Path, label: Any, message: str) -> None:
    good = {"id": 2, "text": TEXT, "label": [[0, 6, "Actor"]]}
    path = lines(tmp_path / "x.jsonl", {"id": 1, "text": TEXT, "label": label}, good)
    if label != ["x", {"a": 1}]:
        with pytest.raises(InputError, match=message) as error:
            read(read_doccano([path]))
        assert "--refuse" in str(error.value) and "\n" not in str(error.value)
    articles, report = read(read_doccano([path]), refuse=True)
    assert spans(articles[-1]) == [("Rebels", "Actor")]
    assert counts(report)[3] == (0 if label == "Actor" else 1)


# Prodigy -------------------------------------------------------------------------------------------------------------


def test_of_prodigy_what_was_accepted_is_read_and_the_rest_counted() -> None:
    [article], report = read(read_prodigy([CASES / "20-prodigy" / "out.jsonl"]))
    assert spans(article) == [("Rebels", "Actor")] and article.article.metadata["input_hash"] == 1
    assert counts(report, "articles") == (2, 1, 0, 1)
    assert report.reasons("articles") == {"refused: its annotator answered reject": 1}


def test_relations_of_prodigy_lead_from_head_to_child(tmp_path: Path) -> None:
    ends = [{"start": 0, "end": 6, "token_start": 0, "token_end": 0, "label": "Actor"},
            {"start": 7, "end": 14, "token_start": 1, "token_end": 1, "label": "Event"}]  # fmt: skip
    drawn = {"head": 1, "child": 0, "head_span": ends[1], "child_span": ends[0], "label": "agent", "color": "#fff"}
    by_token = {"head": 1, "child": 0, "label": "actor"}
    to_nothing = {"head": 1, "child": 2, "label": "place"}
    row = {"text": TEXT, "spans": ends, "relations": [drawn, by_token, to_nothing], "answer": "accept"}
    [article], report = read(read_prodigy([lines(tmp_path / "x.jsonl", row)]))
    assert roles(article) == [("actor", "shelled", "Rebels"), ("agent", "shelled", "Rebels")]
    assert counts(report, "roles") == (3, 2, 0, 1)


def test_annotators_of_prodigy_are_told_apart_and_not_named(tmp_path: Path) -> None:
    actor, place = {"start": 0, "end": 6, "label": "Actor"}, {"start": 15, "end": 20, "label": "Place"}
    rows = [
        {"text": TEXT, "spans": [actor], "answer": "accept", "_session_id": "news-zoe", "_annotator_id": "news-zoe"},
        {"text": TEXT, "spans": [actor], "answer": "accept", "_session_id": "news-adam", "_timestamp": 1},
        {"text": TEXT, "spans": [place], "answer": "accept", "_session_id": "news-adam", "_timestamp": 2},
        {"text": "Calm.", "spans": [], "answer": "ignore", "_session_id": "news-zoe"},
        {"text": "Calm.", "spans": [], "answer": "accept", "_session_id": "news-adam"},
    ]
    path = lines(tmp_path / "x.jsonl", *rows)
    code, _, err = run("convert", str(path), "--out", str(tmp_path / "out"), "--gold", "a2")
    assert code == 0 and "annotators: a1 is news-adam, a2 is news-zoe" in err
    assert "2 of 2 articles" in err and "2 of 3 spans (1 refused)" in err
    assert [spans(a) for a in read_dataset(tmp_path / "out").split("train")] == [[("Rebels", "Actor")], []]
    published = b"".join(file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file())
    assert b"zoe" not in published and b"adam" not in published
    assert "a newer annotation by the same person" in (tmp_path / "out" / "loss_report.json").read_text()


def test_sessions_named_by_their_time_are_one_person(tmp_path: Path) -> None:
    rows = [{"text": text, "spans": [{"start": 0, "end": 4, "label": "X"}], "answer": "accept", "_session_id": session}
            for text, session in [("Homs fell.", "2023-05-01_10-00-00"), ("Homs stood.", "n-2023-05-02_11-12-13")]]  # fmt: skip
    found = read_prodigy([lines(tmp_path / "x.jsonl", *rows)])
    assert found.annotators == [] and [a.annotator for a in read(found)[0]] == ["a1", "a1"]


def test_suggestions_of_one_text_are_put_together(tmp_path: Path) -> None:
    actor, place = {"start": 0, "end": 6, "label": "Actor"}, {"start": 15, "end": 20, "label": "Place"}
    rows = [{"text": TEXT, "spans": [span], "answer": answer, "_view_id": "ner"}
            for span, answer in [(actor, "accept"), (place, "reject"), (place, "accept"), (actor, "accept")]]  # fmt: skip
    [article], report = read(read_prodigy([lines(tmp_path / "x.jsonl", *rows)]))
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")]
    assert counts(report, "articles") == (1, 1, 0, 0) and counts(report)[3] == 1


def test_a_suggestion_that_asks_for_no_spans_is_counted_and_hides_no_other(tmp_path: Path) -> None:
    actor = {"start": 0, "end": 6, "label": "Actor"}
    suggestion = {"text": TEXT, "spans": [actor], "answer": "accept", "_view_id": "ner"}
    choice = {"text": TEXT, "options": [{"id": "A"}], "answer": "accept", "_view_id": "ner"}
    [article], report = read(read_prodigy([lines(tmp_path / "x.jsonl", suggestion, choice)]))
    assert spans(article) == [("Rebels", "Actor")]
    assert report.notes["answers that do not count: not annotated"] == 1


def test_annotators_who_worked_one_after_the_other_come_side_by_side(tmp_path: Path) -> None:
    rows = [
        {"text": f"Homs {n} fell.", "spans": [{"start": 0, "end": 4, "label": label}], "_session_id": person}
        for person, label in (("zoe", "A"), ("adam", "B"))
        for n in range(3)
    ]
    articles, report = read(read_prodigy([lines(tmp_path / "x.jsonl", *rows)]))
    assert [(a.article.text[5], a.annotator, spans(a)[0][1]) for a in articles] == [
        (f"{n}", annotator, label) for n in range(3) for annotator, label in (("a1", "B"), ("a2", "A"))
    ]
    assert counts(report, "articles") == (3, 3, 0, 0)


def test_no_room_for_what_waits_for_other_annotators_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(table: str) -> sqlite3.Connection:
        connection = on_disk(table)
        connection.execute("PRAGMA max_page_count = 3")
        return connection

    monkeypatch.setattr("eventcorpus.formats.spans_in_json.on_disk", small)
    rows = [{"text": f"Homs {n} fell." * 200, "spans": [], "_session_id": f"p{n % 2}"} for n in range(20)]
    with pytest.raises(OutputError, match=r"temporary file: .* is full; name a folder with more room in SQLITE_TMPDIR"):
        read(read_prodigy([lines(tmp_path / "x.jsonl", *rows)]))


def test_tokens_of_prodigy_say_what_stands_at_a_span(tmp_path: Path) -> None:
    words = [("🔥", 0, 2), ("Rebels", 3, 9), ("shelled", 10, 17), ("Darna", 18, 23), (".", 23, 24)]
    tokens = [{"text": text, "start": start, "end": end, "id": n} for n, (text, start, end) in enumerate(words)]
    span = {"start": 10, "end": 23, "token_start": 2, "token_end": 3, "label": "Event"}
    [article], report = read(
        read_prodigy([lines(tmp_path / "x.jsonl", {"text": FIRE, "tokens": tokens, "spans": [span]})])
    )
    assert spans(article) == [("shelled Darna", "Event")]
    assert report.reasons("spans") == {"repaired: offsets were UTF-16 units": 1}


def test_answers_to_other_questions_are_not_annotated(tmp_path: Path) -> None:
    choice = {"text": "Calm.", "options": [{"id": "A"}], "accept": ["A"], "answer": "accept"}
    row = {"text": TEXT, "spans": [{"start": 0, "end": 6, "label": "Actor"}], "answer": "accept"}
    [article], report = read(read_prodigy([lines(tmp_path / "x.jsonl", choice, row)]))
    assert spans(article) == [("Rebels", "Actor")] and report.reasons("articles") == {"refused: not annotated": 1}


# spaCy ---------------------------------------------------------------------------------------------------------------


def test_tuples_of_spacy_are_spans() -> None:
    [article], report = read(read_spacy([CASES / "21-spacy" / "train.json"]))
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")] and counts(report) == (2, 2, 0, 0)


def test_what_the_ner_annotator_of_tecoholic_writes_is_read() -> None:
    [article], _ = read(read_spacy([CASES / "21-spacy" / "tecoholic.json"]))
    assert spans(article) == [("Rebels", "ACTOR")]


def test_a_text_that_was_skipped_in_tecoholic_is_counted(tmp_path: Path) -> None:
    data = {"classes": ["A"], "annotations": [None, [TEXT, {"entities": [[0, 6, "A"]]}]]}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data))
    [article], report = read(read_spacy([path]))
    assert spans(article) == [("Rebels", "A")] and report.reasons("articles") == {"refused: not annotated": 1}


@pytest.mark.parametrize(
    "row",
    [
        [TEXT, {"entities": [[0, 6, "Actor"], [15, 20, "Place"]], "cats": {"war": 1.0}}],
        [TEXT, [[0, 6, "Actor"], [15, 20, "Place"]]],
        {"text": TEXT, "entities": [[0, 6, "Actor"], [15, 20, "Place"]]},
        {"text": TEXT, "ents": [{"start": 0, "end": 6, "label": "Actor"}, {"start": 15, "end": 20, "label": "Place"}]},
        {"text": TEXT, "ents": [{"start": 0, "end": 6, "label": "Actor"}],
         "spans": {"sc": [{"start": 0, "end": 6, "label": "Actor", "kb_id": ""}, {"start": 15, "end": 20, "label": "Place"}]}},
        [TEXT, {"words": ["Rebels", "shelled", "Darna", "on", "Monday", ",", "killing", "12", "people", "."],
                "entities": ["U-Actor", "O", "U-Place", "-", None, "O", "O", "O", "O", "O"]}],
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_every_json_of_spacy_gives_the_same_spans(tmp_path: Path, row: Any, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text(json.dumps([row], indent=1) if suffix == ".json" else json.dumps(row) + "\n")
    assert format_of([path]) == "spacy"
    [article], report = read(read_spacy([path]))
    assert spans(article) == [("Rebels", "Actor"), ("Darna", "Place")] and counts(report) == (2, 2, 0, 0)


def test_the_training_format_of_spacy_2_is_read(tmp_path: Path) -> None:
    tokens = [
        ("In", " ", "O", "IN"),
        ("Khan", " ", "B-Place", "NNP"),
        ("Rimal", "", "L-Place", "NNP"),
        (".", "", "O", "."),
    ]
    sentence = {"tokens": [{"orth": o, "space": s, "ner": n, "tag": t} for o, s, n, t in tokens], "brackets": []}
    data = [{"id": 4, "paragraphs": [{"raw": "In Khan Rimal.", "sentences": [sentence], "cats": [{"label": "A", "value": 1}]},
                                     {"sentences": [sentence]}]}]  # fmt: skip
    path = tmp_path / "train.json"
    path.write_text(json.dumps(data, indent=1))
    assert format_of([path]) == "spacy"
    articles, report = read(read_spacy([path]))
    assert [(a.article.id, a.article.text, spans(a)) for a in articles] == [
        ("4-1", "In Khan Rimal.", [("Khan Rimal", "Place")]),
        ("4-2", "In Khan Rimal.", [("Khan Rimal", "Place")]),
    ]
    assert articles[0].article.metadata["categories"] == {"A": 1} and report.notes["'tag' of texts: not kept"] == 2


def test_spans_of_other_groups_keep_the_name_of_their_group(tmp_path: Path) -> None:
    row = {"text": TEXT, "spans": {"events": [[7, 14, "Event"]]}}
    [article], _ = read(read_spacy([lines(tmp_path / "x.jsonl", row)]))
    assert [(span.label, span.attributes) for span in article.spans] == [("Event", (("group", "events"),))]


# telling -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "format"),
    [
        ("19-doccano/label.jsonl", "doccano"), ("19-doccano/entities.jsonl", "doccano"), ("20-prodigy/out.jsonl", "prodigy"),
        ("21-spacy/train.json", "spacy"), ("21-spacy/tecoholic.json", "spacy"), ("22-hf/train.jsonl", "huggingface"),
        ("22-hf/ints.jsonl", "huggingface"),
    ],
)  # fmt: skip
def test_the_format_is_told_from_the_file(case: str, format: str) -> None:
    assert format_of([CASES / case]) == format


@pytest.mark.parametrize(
    "row",
    [
        {"text": TEXT},
        {"id": 1, "text": TEXT, "label": "conflict"},
        {"id": "a", "text": TEXT, "tags": ["war"], "labels": []},
        {"text": TEXT, "entities": []},
        {"id": "1", "text": TEXT, "tokens": 12, "tags": ["a"]},
        {"title": "x", "text": TEXT, "spans": []},
    ],
)
def test_articles_are_none_of_these(tmp_path: Path, row: Any) -> None:
    with pytest.raises(InputError, match="in no format that convert reads"):
        format_of([lines(tmp_path / "x.jsonl", row, row)])


@pytest.mark.parametrize("case", ["19-doccano/entities.jsonl", "20-prodigy/out.jsonl", "21-spacy/train.json"])
def test_the_cases_are_converted_without_an_option(tmp_path: Path, case: str) -> None:
    strict = [] if "prodigy" in case else ["--strict"]
    code, out, err = run("convert", str(CASES / case), "--out", str(tmp_path / "out"), *strict)
    assert (code, out) == (0, f"1 article in {tmp_path / 'out'} (train 1)\n"), err
    code, _, err = run("convert", str(CASES / case), "--out", str(tmp_path / "out"), "--strict")
    assert code == (1 if "prodigy" in case else 0)
