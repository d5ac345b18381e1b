"""Articles from other people's files: what is read, what is told, what stops."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.articles.rows import article_from_row, article_row, with_published
from eventcorpus.articles.texts import text_row
from eventcorpus.errors import InputError
from eventcorpus.schema import Article
from eventcorpus.text import sha256_of


def read(path: Path, **options: Any) -> list[Article]:
    return list(read_articles([path], **options))


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_json_lines_become_articles_with_every_field(tmp_path: Path) -> None:
    row = {
        "id": "x1", "text": "Rebels attacked.", "title": "Attack", "outlet": "CPA", "url": "https://cpa.example/1",
        "published": "2018-04-24", "language": "en", "licence": "CC-BY-4.0", "invented": True, "kind": "wire",
        "tags": ["a", "b"], "cluster": "c1", "metadata": {"n": 1},
    }  # fmt: skip
    (article,) = read(jsonl(tmp_path / "a.jsonl", row))
    assert article == Article(**(row | {"tags": ("a", "b")}))


def test_an_article_survives_its_row() -> None:
    article = Article("x", "One\ntwo", title="T", invented=False, tags=("a",), metadata={"n": [1, {"m": None}]})
    assert article_from_row(article_row(article), place="here") == article


def test_csv_becomes_articles_and_empty_cells_are_no_values(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,text,outlet,score\nx1,"Two lines,\nquoted ""so""",,7\n', encoding="utf-8")
    assert read(tmp_path / "a.csv") == [Article("x1", 'Two lines,\nquoted "so"', metadata={"score": "7"})]


def test_csv_row_with_missing_cells_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\nx1,one\nx2\n")
    with pytest.raises(InputError, match=r"a\.csv: line 3: the row has 1 cell, not as many as the 2 columns"):
        read(tmp_path / "a.csv")


def test_parquet_becomes_articles(tmp_path: Path) -> None:
    day = dt.date(2018, 4, 24)
    table = pyarrow.table({"id": [7], "text": ["One."], "published": [day], "tags": [["a"]], "seen": [day]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    (article,) = read(tmp_path / "a.parquet")
    assert article == Article("7", "One.", published="2018-04-24", tags=("a",), metadata={"seen": "2018-04-24"})


def test_a_file_that_is_no_parquet_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"not parquet")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        read(tmp_path / "a.parquet")


def test_a_text_file_is_an_article_named_after_it(tmp_path: Path) -> None:
    (tmp_path / "blast.txt").write_text("A blast.\n")
    assert read(tmp_path / "blast.txt") == [Article("blast", "A blast.\n")]


def test_a_first_line_that_is_a_url_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "blast.txt").write_bytes(b"https://cpa.example/1\r\n\r\nA blast.")
    assert read(tmp_path / "blast.txt") == [Article("blast", "A blast.", url="https://cpa.example/1")]


def test_a_url_inside_the_first_line_stays_in_the_text() -> None:
    assert text_row("See https://cpa.example/1\nA blast.") == {"text": "See https://cpa.example/1\nA blast."}


def test_a_folder_is_read_by_path_and_its_texts_are_named_by_it(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "one.txt").write_text("One.")
    (tmp_path / "a.md").write_text("Two.")
    jsonl(tmp_path / "c.jsonl", {"id": "x", "text": "Three."})
    (tmp_path / "notes.pdf").write_text("no article")
    assert [(a.id, a.text) for a in read(tmp_path)] == [("a", "Two."), ("b/one", "One."), ("x", "Three.")]


def test_a_folder_without_articles_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no articles in this folder"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_a_byte_order_mark_is_no_part_of_an_article(tmp_path: Path, name: str) -> None:
    content = {"a.jsonl": '{"text": "One."}', "a.csv": "text\nOne.\n", "a.txt": "One."}[name]
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + content.encode())
    assert [(a.text, a.metadata) for a in read(tmp_path / name)] == [("One.", {})]


def test_fields_are_taken_from_columns_of_other_names(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"guid": "x1", "body": "One.", "text": "teaser", "title": "T"})
    (article,) = read(path, field_map={"id": "guid", "text": "body"})
    assert article == Article("x1", "One.", title="T", metadata={"text": "teaser"})


def test_a_mapped_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"id": "x1", "story": "One."})
    with pytest.raises(InputError, match=r"line 1: no column 'body'; there are id, story"):
        read(path, field_map={"text": "body"})


def test_a_field_that_is_not_ours_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'headline' is not a field of ours; they are id, text, title"):
        read(jsonl(tmp_path / "a.jsonl", {"text": "One."}), field_map={"headline": "title"})


def test_the_title_can_open_the_text(tmp_path: Path) -> None:
    (article,) = read(jsonl(tmp_path / "a.jsonl", {"title": "Blast", "text": "A blast."}), title_in_text=True)
    assert (article.title, article.text) == ("Blast", "Blast\n\nA blast.")


def test_columns_of_no_field_go_to_the_metadata() -> None:
    row = {"text": "One.", "section": "world", "metadata": {"n": 1}}
    assert article_from_row(row, place="here").metadata == {"section": "world", "n": 1}


def test_metadata_in_a_cell_is_parsed() -> None:
    assert article_from_row({"text": "One.", "metadata": '{"n": 1}'}, place="here").metadata == {"n": 1}


def test_metadata_that_is_no_object_is_an_error() -> None:
    with pytest.raises(InputError, match=r"here: metadata is '\[1\]'; it must be a JSON object"):
        article_from_row({"text": "One.", "metadata": "[1]"}, place="here")


@pytest.mark.parametrize("tags", [["a", "b"], "a, b", "a,b,"])
def test_tags_are_a_list_or_words_with_commas(tags: Any) -> None:
    assert article_from_row({"text": "One.", "tags": tags}, place="here").tags == ("a", "b")


@pytest.mark.parametrize(("written", "read"), [(True, True), ("False", False), ("1", True), (0, False)])
def test_invented_is_read_from_cells_too(written: Any, read: bool) -> None:
    assert article_from_row({"text": "One.", "invented": written}, place="here").invented is read


@pytest.mark.parametrize("date", ["2018-04-24", "2018-04-24T10:00:00Z", "2018-04-24 10:00:00+02:00"])
def test_iso_dates_stay_as_they_are_written(date: str) -> None:
    assert article_from_row({"text": "One.", "published": date}, place="here").published == date


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"published": ["2018"]}, r"published is .* \(list\); it must be text"),
        ({"text": 5}, r"text is '5' \(int\); it must be text"),
        ({"title": ["a"]}, r"title is .* \(list\); it must be text"),
        ({"tags": {"a": 1}}, "tags is .*; it must be a list of words"),
        ({"invented": "perhaps"}, "invented is 'perhaps'; it must be true or false"),
        ({"id": " "}, "the id ' ' is empty"),
        ({"id": "a\u200bb"}, "the id .* has characters that cannot be printed"),
        ({"id": True}, r"id is 'True' \(bool\)"),
        ({"text_sha256": "0" * 64}, r"text_sha256 000000000000\.\.\. is not that of the text"),
        ({"text": " \n"}, "an article without text"),
        ({"text": None}, "an article without text"),
    ],
)
def test_a_value_of_the_wrong_kind_stops_with_its_place(row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"^f\.jsonl: line 3: {message}"):
        article_from_row({"text": "One."} | row, place="f.jsonl: line 3")


def test_the_hash_of_the_text_is_accepted() -> None:
    row = {"id": "x", "text": "a\r\nb", "text_sha256": sha256_of("a\nb")}
    assert article_from_row(row, place="here") == Article("x", "a\nb")


def test_an_article_without_id_is_named_by_its_text() -> None:
    assert article_from_row({"text": "One."}, place="here").id == sha256_of("One.")[:16]


def test_an_id_that_is_taken_is_an_error(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"id": "x", "text": "One."}, {"id": "x", "text": "Two."})
    with pytest.raises(InputError, match=r"line 2: the id 'x' is taken by .*a\.jsonl: line 1"):
        read(path)


def test_exact_duplicates_are_reported_and_kept(tmp_path: Path) -> None:
    report = ReadReport()
    path = jsonl(tmp_path / "a.jsonl", *({"id": i, "text": "Same." if i != "y" else "Other."} for i in "xyz"))
    assert [a.id for a in read(path, report=report)] == ["x", "y", "z"]
    assert (report.n_articles, report.duplicates) == (3, [("x", "z")])
    assert list(report.lines()) == ["article z has exactly the text of x"]


def test_lone_surrogates_and_control_characters_are_replaced_one_for_one(tmp_path: Path) -> None:
    report = ReadReport()
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "x", "text": "a\\ud83db\\u0000c\\u0085d\\te \\ud83d\\udd25"}\n')
    (article,) = read(path, report=report)
    assert article.text == "a\ufffdb\ufffdc\ufffdd\te 🔥"
    assert report.changed == ["x"]


def test_lone_surrogates_in_other_fields_are_replaced(tmp_path: Path) -> None:
    row = {"text": "One.", "title": "a\ud83d", "tags": ["\udd25"], "k\ud83d": ["\x00", {"n": "\ud83d"}]}
    article = article_from_row(row, place="here")
    assert (article.title, article.tags) == ("a\ufffd", ("\ufffd",))
    assert article.metadata == {"k\ufffd": ["\ufffd", {"n": "\ufffd"}]}


@pytest.mark.parametrize(("text", "changed"), [("a\r\nb", ["x"]), ("a\nb", [])])
@pytest.mark.parametrize("column", ["text", "body"])
def test_changed_texts_are_reported_under_any_column_name(
    tmp_path: Path, text: str, changed: list[str], column: str
) -> None:
    report = ReadReport()
    read(jsonl(tmp_path / "a.jsonl", {"id": "x", column: text}), field_map={"text": column}, report=report)
    assert report.changed == changed


def test_metadata_that_json_cannot_hold_becomes_text() -> None:
    row = {"text": "One.", "seen": dt.date(2018, 4, 24), "n": 3}
    assert article_from_row(row, place="here").metadata == {"seen": "2018-04-24", "n": 3}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "One."}\n{"text": ', r"a\.jsonl: line 2 is not valid JSON"),
        ("a.jsonl", '{"text": "One."}\n["One."]\n', r"a\.jsonl: line 2 is not a JSON object"),
        ("a.json", '[{"text": "One."}, 7]', r"a\.json: item 2 is '7'; an article is a JSON object"),
        ("a.json", '{"text": "One."', r"a\.json: line 1, column 16: not valid JSON"),
        ("a.json", "[]", r"a\.json: an empty list, no articles"),
        ("a.json", "7", r"a\.json: '7' is no article"),
        ("a.txt", "\n \n", r"a\.txt: the file is empty"),
        ("a.csv", 'text\n"One', r"a\.csv: line 2: not valid CSV"),
    ],
)
def test_a_file_that_does_not_parse_stops_with_its_place(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_a_file_in_another_encoding_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("text\nБоевики обстреляли колонну".encode("cp1251"))
    with pytest.raises(InputError, match="byte 5 is not UTF-8, nor is the file in UTF-16 or Windows-1252"):
        read(tmp_path / name)


def test_only_articles_without_a_date_are_dated() -> None:
    undated, dated = Article("x", "One."), Article("y", "Two.", published="2018-04-24")
    assert with_published(undated, "2020-01-01").published == "2020-01-01"
    assert with_published(dated, "2020-01-01").published == "2018-04-24"


@pytest.mark.parametrize("written", ["2018-02-30", "2018", 2018, "04/05/2018"])
def test_a_date_that_cannot_be_read_is_kept_as_it_was_written(written: Any) -> None:
    article = article_from_row({"text": "One.", "published": written}, place="here")
    assert (article.published, article.metadata) == (None, {"published_as_written": str(written)})
