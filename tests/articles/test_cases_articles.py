"""Files of articles as people have them: what is read, what is told, what is refused with the way out."""

import bz2
import gzip
import json
import lzma
import sys
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.errors import InputError
from eventcorpus.schema import Article

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
MARKET = "Gunmen on motorcycles attacked a market in Darna, killing three people."
CALM = "The governor visited Marsa; nobody was hurt."
WAR = "Gunmen attacked a market in Darna.\nThree died."


def read(path: Path, **options: Any) -> tuple[list[Article], list[str]]:
    """The articles, and what is told of them, without the path before it."""
    report = ReadReport()
    articles = list(read_articles([path], report=report, **options))
    return articles, [line.removeprefix(f"{path}: ").replace(str(path), path.name) for line in report.lines()]


def error_of(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        list(read_articles([path], **options))
    return str(error.value).replace(f"{path}: ", "", 1)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# CSV -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Header.csv", ["read, Date as published"]),
        ("blankrows.csv", ["2 empty rows skipped, the first: blankrows.csv: line 4"]),
        ("semicolon.csv", ["semicolons between its columns"]),
        ("sep.csv", []),
        ("tab.csv", ["tabs between its columns, encoded in UTF-16"]),
        ("tab.tsv", []),
    ],
)
def test_a_table_is_read_whatever_its_separator_and_encoding(name: str, told: list[str]) -> None:
    articles, lines = read(CASES / "24-csv" / name)
    assert articles == [
        Article("1", MARKET, title="Gunmen killed 3 in Darna", published="2021-03-12"),
        Article("2", CALM, title="Calm", published="2021-03-13"),
    ]
    assert lines == told


def test_semicolons_are_told_where_no_cell_has_a_comma() -> None:
    articles, lines = read(CASES / "24-csv" / "semicolon-nocomma.csv")
    assert articles == [Article("2", "The governor visited Marsa today.", title="Calm", published="2021-03-13")]
    assert lines == ["semicolons between its columns"]


def test_windows_1252_is_read_and_said() -> None:
    articles, lines = read(CASES / "24-csv" / "cp1252.csv")
    assert articles == [Article("1", "“Gunmen” attacked Gossé…", title="Été", published="2021-03-12")]
    assert lines == ["encoded in Windows-1252 (not UTF-8)"]


def test_a_nul_is_replaced_and_counted() -> None:
    articles, lines = read(CASES / "24-csv" / "nul.csv")
    assert articles[0].text == "Gunmen on motorcycles attacked a mar\ufffdket in Darna, killing three people."
    assert lines == ["1 text had line ends, control characters or lone surrogates replaced, the first: 1"]


def test_two_columns_of_one_name_are_an_error_that_names_them() -> None:
    assert error_of(CASES / "24-csv" / "dup.csv") == "line 1: 2 columns are called 'text'; rename all but one"


def test_an_id_twice_is_an_error_with_the_way_out() -> None:
    path = CASES / "24-csv" / "dupid.csv"
    assert error_of(path) == (
        f"line 3: the id '1' is taken by {path}: line 2; ids are unique: rename one of them, or take them from another "
        "column: --field id=NAME"
    )


def test_a_column_without_a_name_is_kept_by_its_number() -> None:
    articles, _ = read(CASES / "24-csv" / "pandas.csv")
    assert [(a.id, a.title, a.metadata) for a in articles] == [
        ("151ab5558ed4457a", "Gunmen killed 3 in Darna", {"column 1": "1"}),
        ("be5c589978152647", "Calm", {"column 1": "2"}),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id|text\n1|Rebels shelled Marsa, again; twice.\n", ["vertical bars between its columns"]),
        ("sep=;\nid;text\n1;Rebels shelled Marsa, again; twice.\n".replace("; ", "\\ "), ["semicolons between its columns"]),
        ("id;text\n1;\"Rebels shelled Marsa, again; twice.\"\n".encode("utf-16-le"), ["semicolons between its columns, encoded in UTF-16"]),
        ("\ufeff\n\nid,text\n1,\"Rebels shelled Marsa, again; twice.\"\n", []),
        ("id,text,,\n1,\"Rebels shelled Marsa, again; twice.\",,\n,,,\n", ["1 empty row skipped, the first: a.csv: line 3"]),
    ],
)  # fmt: skip
def test_more_tables_as_spreadsheets_write_them(tmp_path: Path, content: str | bytes, told: list[str]) -> None:
    articles, lines = read(written(tmp_path, "a.csv", content))
    assert [(a.id, a.text.replace("\\", ";")) for a in articles] == [("1", "Rebels shelled Marsa, again; twice.")]
    assert lines == told


def test_a_line_feed_in_a_cell_is_no_row(tmp_path: Path) -> None:
    articles, _ = read(written(tmp_path, "a.csv", 'text;id\r\n"One,\r\ntwo; three";7\r\n'))
    assert articles == [Article("7", "One,\ntwo; three")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,title\n1,A\n", "line 2: an article without text; there are id, title; if one of them is the text: --field text=NAME"),
        ("id,text\n", "no articles; the table has no rows under its header"),
        ("id,text\n1,Rebels left,today\n", "line 2: the row has 3 cells, not as many as the 2 columns of the header; is a separator or quotation mark missing?"),
        ("id,text\n1,\n2, \n", "line 2: an article without text, and no other has one"),
        ("text\nБоевики\n".encode("cp1251"), "byte 5 is not UTF-8, nor is the file in UTF-16 or Windows-1252; save it as UTF-8 (in Excel: CSV UTF-8), or convert it, for example with iconv"),
        ("text\nWałęsa spoke.\n".encode("cp1250"), "byte 7 is not UTF-8, nor is the file in UTF-16 or Windows-1252; save it as UTF-8 (in Excel: CSV UTF-8), or convert it, for example with iconv"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_read_says_why(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = written(tmp_path, "a.csv", content)
    assert error_of(path) == message


def test_a_row_without_text_is_left_out_and_counted(tmp_path: Path) -> None:
    articles, lines = read(written(tmp_path, "a.csv", "id,text\n1,\n2,Rebels left.\n"))
    assert [a.id for a in articles] == ["2"]
    assert lines == ["1 article without text left out, the first: a.csv: line 2"]


# JSON ----------------------------------------------------------------------------------------------------------------

TRAFILATURA = (
    "read as trafilatura's JSON, source-hostname as outlet, source as url, date as published, license as licence"
)


@pytest.mark.parametrize("name", ["trafilatura.json", "trafilatura.jsonl", "gz.jsonl.gz"])
def test_trafilatura_s_fields_are_ours(name: str) -> None:
    (article,), lines = read(CASES / "25-scraped" / name)
    assert (article.text, article.title, article.outlet, article.url) == (
        WAR,
        "Darna hit",
        "Example",
        "https://example.org/a",
    )
    assert (article.published, article.licence, article.tags) == ("2021-03-12", None, ("war", "market"))
    assert lines[:1] == [TRAFILATURA]


def test_a_list_in_one_json_file_is_read() -> None:
    articles, lines = read(CASES / "25-scraped" / "list.json")
    assert [(a.id, a.text) for a in articles] == [("4e2a5c4d7cfe4369", WAR), ("5bdccfda43f7fd9a", "Calm in Marsa.")]
    assert lines == [TRAFILATURA]


def test_nan_is_no_value() -> None:
    articles, lines = read(CASES / "25-scraped" / "nan.jsonl")
    assert articles == [Article("x", "Gunmen attacked Darna.")]
    assert lines == ["1 article without text left out, the first: nan.jsonl: line 2"]


def test_a_date_of_a_feed_becomes_iso() -> None:
    (article,), _ = read(CASES / "25-scraped" / "feed.jsonl")
    assert (article.id, article.published) == ("https://example.org/0", "2021-03-12T14:30:00+00:00")


@pytest.mark.parametrize(
    ("number", "published"),
    [
        ("00", "2021-03-12T14:30:00Z"), ("01", "2021-03-12 14:30:00"), ("02", "2021-03-12T14:30:00+00:00"),
        ("03", "2021-03-12T14:30:00+00:00"), ("04", "2021-03-12 14:30:00+00:00"), ("05", None), ("06", None), ("07", None),
        ("08", "2021-03-12T14:30:00+00:00"), ("09", "2021-03-12"), ("10", "2021-03-12"), ("11", "2021-03-12"),
        ("12", "2021-03-12"), ("20", "2021-03-12T14:30:00+00:00"),
    ],
)  # fmt: skip
def test_dates_are_read_or_kept_apart_and_counted(number: str, published: str | None) -> None:
    path = CASES / "25-scraped" / "dates" / f"d{number}.jsonl"
    (article,), lines = read(path)
    as_written = json.loads(path.read_text())["published"]
    assert article.published == published
    assert article.metadata == ({} if published else {"published_as_written": as_written})
    assert [line.split(" ")[:4] for line in lines] == ([] if published else [["1", "date", "not", "read,"]])


NEWS_PLEASE = {
    "maintext": "Rebels left.",
    "date_publish": "2021-03-12 14:30:00",
    "source_domain": "example.org",
    "authors": [],
}
NEWSPAPER = {
    "text": "Rebels left.",
    "publish_date": "2021-03-12",
    "meta_site_name": "Example",
    "meta_lang": "en",
    "authors": ["A"],
}


@pytest.mark.parametrize(
    ("name", "content", "article", "told"),
    [
        ("a.json", json.dumps(NEWS_PLEASE), Article("x", "Rebels left.", outlet="example.org", published="2021-03-12 14:30:00", metadata={"authors": []}), ["read, maintext as text, source_domain as outlet, date_publish as published"]),
        ("a.json", json.dumps(NEWSPAPER), Article("x", "Rebels left.", outlet="Example", published="2021-03-12", language="en", metadata={"authors": ["A"]}), ["read, meta_site_name as outlet, publish_date as published, meta_lang as language"]),
        ("a.json", json.dumps({"version": "1", "items": [{"id": "x", "content_text": "Rebels left."}]}), Article("x", "Rebels left."), ["the articles are in its list 'items'; not read beside it: version", "read, content_text as text"]),
        ("a.json", json.dumps({"response": {"results": [{"id": "x", "text": "Rebels left."}]}}), Article("x", "Rebels left."), ["the articles are in its list 'results'"]),
        ("a.json", json.dumps({"text": {"0": "Rebels left."}, "title": {"0": "T"}}), Article("x", "Rebels left.", title="T"), ["columns with their cells by number, as pandas writes them"]),
        ("a.json", json.dumps({"x": {"text": "Rebels left."}}), Article("x", "Rebels left."), ["articles by their ids"]),
        ("a.json", json.dumps({"article": {"id": "x", "text": "Rebels left."}}), Article("x", "Rebels left."), []),
        ("a.json", '{"id": "x",\n "text": "Rebels left."}\n', Article("x", "Rebels left."), []),
        ("a.jsonl", '{"id": "x",\n "text": "Rebels left."}\n', Article("x", "Rebels left."), []),
        ("a.jsonl", '[{"id": "x", "text": "Rebels left."}]', Article("x", "Rebels left."), []),
        ("a.txt", '{"id": "x", "text": "Rebels left."}\n', Article("x", "Rebels left."), []),
        ("a.json", '\ufeff{"id": "x", "text": "Rebels left."}\n', Article("x", "Rebels left."), []),
        ("a.json", '{"id": "x", "text": "Rebels left."}'.encode("utf-16"), Article("x", "Rebels left."), []),
    ],
)  # fmt: skip
def test_json_of_other_programs_is_read(
    tmp_path: Path, name: str, content: str | bytes, article: Article, told: list[str]
) -> None:
    (found,), lines = read(written(tmp_path, name, content))
    assert (found.text, found.title, found.outlet, found.published, found.language, found.metadata) == (
        article.text, article.title, article.outlet, article.published, article.language, article.metadata,
    )  # fmt: skip
    assert lines == told


@pytest.mark.parametrize(
    ("content", "separated"),
    [
        ("id\ttitle\ttext\r\n1\tT\tOne.\r\n2\tU\tTwo, three.\r\n".encode("utf-16"), ["encoded in UTF-16"]),
        ('id,Headline,Body\n1,T,"One."\n2,U,"Two, three."\n', ["read, Body as text, Headline as title"]),
        ("event_id_cnty;event_date;notes\n1;05 May 2023;One.\n2;06 May 2023;Two, three.\n", ["semicolons between its columns", "read as an ACLED table, event_id_cnty as id, notes as text, event_date as published"]),
    ],
)  # fmt: skip
def test_a_table_that_is_called_a_text_is_read_as_one(
    tmp_path: Path, content: str | bytes, separated: list[str]
) -> None:
    articles, lines = read(written(tmp_path, "a.txt", content))
    assert [(a.id, a.text) for a in articles] == [("1", "One."), ("2", "Two, three.")]
    assert lines == ["a table of articles, whatever its name says", *separated]


@pytest.mark.parametrize(
    "content", ["Title, text\nRebels left, it is said, on Monday.\n", "text\nRebels left.\n", "Story | Date\n", "Name, place\nOmar, Darna\n"]
)  # fmt: skip
def test_prose_is_no_table(tmp_path: Path, content: str) -> None:
    (article,), lines = read(written(tmp_path, "a.txt", content))
    assert (article.text, lines) == (content, [])


@pytest.mark.parametrize("content", ['{"text": "One."}\n{"text": "Two."}\n', '{\n"text": "One."}\n{\n"text": "Two."}'])
def test_json_lines_called_json_are_read(tmp_path: Path, content: str) -> None:
    articles, lines = read(written(tmp_path, "a.json", content))
    assert ([a.text for a in articles], lines) == (["One.", "Two."], [])


def test_an_object_with_several_lists_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", json.dumps({"first": [{"text": "a"}], "second": [{"text": "b"}]}))
    assert error_of(path) == "several lists, first, second; which has the articles? Give that list alone"


def test_two_columns_that_may_be_the_text_are_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", '{"body": "One.", "content": "Two."}\n')
    assert error_of(path).endswith("there are body, content; if one of them is the text: --field text=NAME")
    assert [a.text for a in read(path, field_map={"text": "content"})[0]] == ["Two."]


def test_the_same_text_twice_without_ids_is_two_articles(tmp_path: Path) -> None:
    articles, lines = read(written(tmp_path, "a.jsonl", '{"text": "One."}\n{"text": "One."}\n'))
    first, second = (a.id for a in articles)
    assert second == f"{first}-2"
    assert lines == [f"article {second} has exactly the text of {first}"]


# compressed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl", '{"id": "a", "text": "One."}\n'), ("a.json", '[{"id": "a", "text": "One."}]'), ("a.csv", "id;text\na;One.\n"), ("a.txt", "One.")],
)  # fmt: skip
def test_compressed_files_are_read(tmp_path: Path, suffix: str, compress: Any, name: str, content: str) -> None:
    articles, _ = read(written(tmp_path, name + suffix, compress(content.encode())))
    assert articles == [Article("a", "One.")]


def test_zst_is_read(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    content = zstandard.ZstdCompressor().compress(b'{"id": "a", "text": "One."}\n')
    assert read(written(tmp_path, "a.jsonl.zst", content))[0] == [Article("a", "One.")]
    assert error_of(written(tmp_path, "b.jsonl.zst", content[:12])).startswith("damaged, or no .zst file")


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"id": "a", "text": "One."}\n' * 99)
    for content in (whole[:2], whole[:-8], b"no gzip"):
        assert error_of(written(tmp_path, "a.jsonl.gz", content)).startswith("damaged, or no .gz file")


# event tables --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"), [("acled.csv", []), ("acled-semicolon.csv", ["semicolons between its columns"])]
)
def test_acled_is_read_as_it_is_downloaded(name: str, told: list[str]) -> None:
    articles, lines = read(CASES / "26-acled" / name)
    assert [(a.id, a.text, a.published) for a in articles] == [
        ("TAM123", "On 5 May 2023, rebels clashed with soldiers near Darna. 3 soldiers were killed.", "2023-05-05"),
        ("TAM124", "On 6 May 2023, residents gathered in Marsa [size=about 200].", "2023-05-06"),
    ]
    assert articles[0].metadata["event_type"] == "Battles"
    assert lines == [*told, "read as an ACLED table, event_id_cnty as id, notes as text, event_date as published"]


def test_a_column_beside_the_text_stays_in_metadata() -> None:
    (article,), lines = read(CASES / "26-acled" / "one.jsonl")
    assert (article.text, article.metadata, lines) == ("Gunmen attacked Darna.", {"body": "x"}, [])


def test_ucdp_is_read_as_it_is_downloaded_and_rows_without_an_article_are_counted(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "ged.csv",
        "id,year,type_of_violence,source_article,source_headline,date_start,best\n"
        '412,2017,1,"""Reuters News,2017-07-05,Rebels kill 3""",Rebels kill 3,2017-07-05 00:00:00.000,3\n'
        "413,2017,1,,,2017-07-06 00:00:00.000,1\n",
    )
    (article,), lines = read(path)
    assert (article.id, article.text) == ("412", '"Reuters News,2017-07-05,Rebels kill 3"')
    assert (article.title, article.published) == ("Rebels kill 3", "2017-07-05 00:00:00.000")
    assert lines == [
        "read as a UCDP table, source_article as text, source_headline as title, date_start as published",
        "1 article without text left out, the first: ged.csv: line 3",
    ]


# texts, pages, documents ---------------------------------------------------------------------------------------------


def test_entities_are_read_as_what_they_stand_for_and_counted() -> None:
    (article,), lines = read(CASES / "27-texts" / "entities.txt")
    assert (
        article.text
        == 'Gunmen attacked "Camp 4" near Darna & Marsa on Monday, killing 12\xa0soldiers — officials said.'
    )
    assert lines == ["1 text had HTML entities or tags, read as what they stand for, the first: entities"]


@pytest.mark.parametrize(
    "name",
    ["arabic", "chinese", "emoji", "french", "fullwidth", "ligature", "many_nl", "nbsp", "nfd", "plain", "quotes", "rtlmarks",
     "russian", "softhyphen", "upper", "zwnj", "zwsp"],
)  # fmt: skip
def test_texts_stay_as_they_are(name: str) -> None:
    path = CASES / "27-texts" / f"{name}.txt"
    assert read(path) == ([Article(name, path.read_text("utf-8"))], [])


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("<p>Gunmen attacked <b>Darna</b>.</p>\n<p>AT&amp;T said &quot;no&quot;.</p>", 'Gunmen attacked Darna.\nAT&T said "no".'),
        ("One.<br/>Two.<script>var a = '<p>';</script><!-- x -->", "One.\nTwo."),
        ("&lt;p&gt;One.&lt;/p&gt;", "One."),
        ("12&amp;nbsp;soldiers", "12\xa0soldiers"),
        ("AT&T, R&D; a < b > c, &nothing; <noname@x.org>", "AT&T, R&D; a < b > c, &nothing; <noname@x.org>"),
    ],
)  # fmt: skip
def test_markup_in_a_column_is_read_as_what_it_stands_for(tmp_path: Path, text: str, stored: str) -> None:
    (article,), lines = read(written(tmp_path, "a.jsonl", json.dumps({"id": "x", "text": text})))
    assert article.text == stored
    assert lines == (
        [] if text == stored else ["1 text had HTML entities or tags, read as what they stand for, the first: x"]
    )


def test_a_text_whose_hash_is_given_keeps_its_entities(tmp_path: Path) -> None:
    row = {"id": "x", "text": "A &amp; B", "text_sha256": Article("x", "A &amp; B").text_sha256}
    assert read(written(tmp_path, "a.jsonl", json.dumps(row))) == ([Article("x", "A &amp; B")], [])


def test_a_page_is_read_without_its_markup() -> None:
    pytest.importorskip("trafilatura")
    articles, lines = read(CASES / "25-scraped" / "page.html")
    assert articles == [Article("page", "Gunmen attacked a market in Darna, killing 3 & wounding 5.")]
    assert lines == []


def test_a_page_s_own_encoding_is_taken(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    text = "Боевики обстреляли колонну армии у города Дарна в понедельник, погибли двенадцать солдат."
    page = f'<html><head><meta charset="windows-1251"><title>Обстрел</title></head><body><p>{text}</p></body></html>'
    (article,), _ = read(written(tmp_path, "a.txt", page.encode("cp1251")))
    assert (article.text, article.title) == (text, "Обстрел")


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("a.pdf", "this is a PDF, which is not read; take its text out, for example with pdftotext, and save it as plain text (.txt, UTF-8), one article a file"),
        ("nexis.docx", "this is a Word document, which is not read; save it as plain text (.txt, UTF-8), one article a file"),
        ("feed.xml", "this is XML, which is not read; a feed holds teasers: download the pages that it links to (for example with trafilatura) and give their JSON; of other XML, export JSON or CSV"),
        ("gdelt.export.CSV", "a GDELT table has the addresses of articles and not their texts; download the pages (for example with trafilatura) and give their JSON"),
    ],
)  # fmt: skip
def test_documents_that_are_not_read_name_the_way_out(name: str, way_out: str) -> None:
    assert error_of(CASES / "31-documents" / name) == way_out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.rtf", r"{\rtf1 Rebels left.}", "this is an RTF document, which is not read; save it as plain text"),
        ("a.txt", r"{\rtf1 Rebels left.}", "this is an RTF document, whatever its name says; save it as plain text"),
        ("a.txt", b"PK\x03\x04", "this is an archive, whatever its name says; unpack it"),
        ("a.txt", "https://example.org/1\nhttps://example.org/2\n", "a list of addresses, and no text; download the pages"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "this is an old Excel workbook, which is not read; save it as CSV UTF-8 or .xlsx"),
        ("a.zip", b"PK\x03\x04", "this is an archive, which is not read; unpack it and give the folder"),
        ("a.csv", "410412347\t20150218\t201502\t2015\t2015.1\n", "a GDELT table has the addresses of articles"),
        ("a.rds", b"RDX3", "this is data of R, which is not read; write it as CSV"),
        ("a.log", "Rebels left.", ".log is no kind of file that articles are read from"),
        ("story", "Rebels left.", "a name without suffix (.json"),
    ],
)  # fmt: skip
def test_other_files_are_refused_by_what_they_are(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    assert error_of(written(tmp_path, name, content)).startswith(message)


def test_a_workbook_is_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    import datetime as dt

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "News"
    sheet.append([])
    sheet.append(["ID", "Text", "Date", "n"])
    sheet.append([1, "Rebels left.", dt.datetime(2021, 3, 12), 2.5])
    sheet.append([2.0, "Rebels\nreturned.", "05 May 2023"])
    workbook.create_sheet("Notes").append(["x"])
    workbook.save(tmp_path / "a.xlsx")
    articles, lines = read(tmp_path / "a.xlsx")
    assert articles == [
        Article("1", "Rebels left.", published="2021-03-12", metadata={"n": 2.5}),
        Article("2", "Rebels\nreturned.", published="2023-05-05"),
    ]
    assert lines == ["its sheet News is read, not Notes", "read, Date as published"]


def test_a_file_that_is_no_workbook_is_an_error() -> None:
    pytest.importorskip("openpyxl")
    assert error_of(CASES / "31-documents" / "table.xlsx").startswith("not a readable Excel workbook (")


def test_a_folder_says_which_files_it_did_not_read() -> None:
    articles, lines = read(CASES / "31-documents" / "mixed")
    assert [a.text for a in articles] == [
        "Gunmen attacked Darna on Monday.", "Rebels shelled Marsa.", "Troops left.", "Rebels left.", "Troops entered Kourani.",
    ]  # fmt: skip
    assert [line.split("; ")[0] for line in lines if "not read" in line] == [
        "1 file not read: mixed/e.jsonl.gz (damaged, or no .gz file (Compressed file ended before the end-of-stream marker was reached))"
    ]


def test_a_folder_names_the_first_of_many_files_that_it_did_not_read(tmp_path: Path) -> None:
    for n in range(7):
        written(tmp_path, f"{n}.rtf", r"{\rtf1 Rebels left.}")
    written(tmp_path, "a.txt", "Rebels left.")
    articles, (line,) = read(tmp_path)
    assert [a.id for a in articles] == ["a"]
    assert line.startswith("7 files not read: ") and line.count(".rtf (this is an RTF document") == 5
    assert line.endswith("; and 2 more")


def test_a_first_line_that_is_an_address_is_the_article_s() -> None:
    articles, _ = read(CASES / "31-documents" / "urls")
    assert articles == [Article("a", "Gunmen attacked Darna on Monday.", url="https://example.org/a")]


# what databases, content systems and spreadsheets do to articles -----------------------------------------------------


@pytest.mark.parametrize(
    ("row", "article"),
    [
        ({"data": {"article_id": "7", "text": "Rebels left."}}, Article("7", "Rebels left.")),
        ({"_id": {"$oid": "5f1"}, "text": "Rebels left.", "date": {"$date": "2021-03-12T14:30:00Z"}}, Article("5f1", "Rebels left.", published="2021-03-12T14:30:00Z")),
        ({"_index": "news", "_id": "7", "_source": {"body": "Rebels left.", "headline": "T"}}, Article("7", "Rebels left.", title="T")),
        ({"id": 7, "title": {"rendered": "A &#8211; B"}, "content": {"rendered": "<p>Rebels left.</p>\n", "protected": False}, "link": "https://a.org/7", "tags": [3, 4]}, Article("7", "Rebels left.", title="A – B", url="https://a.org/7", metadata={"tags": [3, 4]})),
        ({"id": "7", "text": ["Rebels left.", "They returned."]}, Article("7", "Rebels left.\nThey returned.")),
        ({"id": "7", "raw_text": "Rebels left.", "text": None}, None),
        ({"id": "7", "text": "Rebels left.", "kind": 3, "cluster": 4.0, "metadata": "none", "invented": "perhaps", "outlet": ["a"]}, Article("7", "Rebels left.", kind="3", cluster="4", metadata={"metadata": "none", "invented": "perhaps", "outlet": ["a"]})),
        ({"id": "7", "text": "Rebels left.", "published": ""}, Article("7", "Rebels left.")),
    ],
    ids=["label studio", "mongodb", "elasticsearch", "wordpress", "paragraphs", "no text", "other kinds", "no date"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_rows_of_databases_and_content_systems_are_read(
    tmp_path: Path, name: str, row: dict[str, Any], article: Article | None
) -> None:
    other = {"id": "other", "text": "Other."}
    content = (
        "".join(json.dumps(each) + "\n" for each in (other, row)) if name == "a.jsonl" else json.dumps([other, row])
    )
    articles, lines = read(written(tmp_path, name, content))
    assert articles == [Article("other", "Other."), *([article] if article else [])]
    assert [line for line in lines if "without text" in line] == (
        []
        if article
        else [f"1 article without text left out, the first: {name}: {'line' if name == 'a.jsonl' else 'item'} 2"]
    )


def test_values_of_another_kind_than_the_field_are_kept_and_counted(tmp_path: Path) -> None:
    _, lines = read(written(tmp_path, "a.jsonl", '{"id": "7", "text": "Rebels left.", "tags": [3, 4]}\n'))
    assert lines == ["1 value of tags not of its kind, kept in metadata, the first: article 7"]


def test_text_that_a_full_cell_may_have_cut_is_told(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "x" * 32_767},
        {"id": "b", "text": "x" * 32_766},
        {"id": "c", "text": "Rebels … [+1234 chars]"},
    ]
    _, lines = read(written(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows)))
    assert lines == [
        "2 texts may be cut off (32,767 characters, a full cell of Excel, or [+n chars] at the end), the first: a"
    ]


def test_some_rows_without_the_column_are_articles_without_text(tmp_path: Path) -> None:
    articles, lines = read(
        written(tmp_path, "a.jsonl", '{"id": "a"}\n{"id": "b", "text": "Rebels left."}\n{"id": "c"}\n')
    )
    assert [a.id for a in articles] == ["b"]
    assert lines == ["2 articles without text left out, the first: a.jsonl: line 1"]


def test_a_file_of_a_folder_without_the_column_is_not_read_and_said(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", "id,text\n1,Rebels left.\n")
    written(tmp_path, "b.json", '{"version": 3}')
    written(tmp_path, "README.md", "About these articles.")
    written(tmp_path, "~$a.xlsx", "")
    articles, (line,) = read(tmp_path)
    assert [a.id for a in articles] == ["1"]
    assert line == (
        f"2 files not read: {tmp_path.name}/README.md (its name says that it is no article); {tmp_path.name}/b.json (an "
        "article without text; there are version; if one of them is the text: --field text=NAME)"
    ).replace(f"{tmp_path.name}/", f"{tmp_path.name}/")


def test_a_folder_in_which_nothing_has_a_text_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, "b.json", '{"version": 3}')
    with pytest.raises(InputError) as error:
        list(read_articles([tmp_path]))
    assert (
        str(error.value)
        == f"{path}: an article without text; there are version; if one of them is the text: --field text=NAME"
    )


# three more members of each kind -------------------------------------------------------------------------------------


def test_two_columns_of_one_name_in_other_tables_are_an_error_too(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_arrays([pyarrow.array(["a"]), pyarrow.array(["b"])], names=["text", "text"])
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert error_of(tmp_path / "a.parquet") == "2 columns are called 'text'; rename all but one"
    assert (
        error_of(written(tmp_path, "a.tsv", "id\tdate\tdate\n"))
        == "line 1: 2 columns are called 'date'; rename all but one"
    )
    assert (
        error_of(written(tmp_path, "a.csv", "id,,column 2,text\n1,a,b,c\n"))
        == "line 1: 2 columns are called 'column 2'; rename all but one"
    )
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    workbook.active.append(["id", "text", "text"])
    workbook.save(tmp_path / "a.xlsx")
    assert error_of(tmp_path / "a.xlsx") == "row 1: 2 columns are called 'text'; rename all but one"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", 'id,text\n1,"He said \\"no\\", twice."\n', ["backslashes before quotation marks"]),
        ("a.tsv", 'id\ttext\n1\t"He said "no", twice.\n', ["quotation marks as they stand"]),
        ("a.csv", 'id,text\r1,"He said ""no"", twice."\r', []),
    ],
)
def test_quotation_marks_in_cells_are_read_as_they_are_written(
    tmp_path: Path, name: str, content: str, told: list[str]
) -> None:
    (article,), lines = read(written(tmp_path, name, content))
    assert article.text.strip('"') == 'He said "no", twice.'
    assert lines == told


def test_characters_that_excel_escapes_are_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    workbook.active.append(["id", "text", "date"])
    workbook.active.append(["a", "Rebels left._x000D_\nThey returned.", "#N/A"])
    workbook.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0] == [Article("a", "Rebels left.\nThey returned.")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "https://a.org/1\nhttps://a.org/2\n", "a list of addresses, and no text; download the pages"),
        ("a.csv", "20150218230000-0\t20150218230000\t1\tbbc.co.uk\n", "a GDELT table has the addresses of articles"),
        ("a.json", '{"articles": [{"url": "https://a.org/1", "seendate": "20210312T143000Z"}]}', "articles: item 1: an article without text; there are url, seendate; if one of them is the text: --field text=NAME; if it has addresses only, download the pages"),
        ("a.json", '[{"id": 1, "data": {"text": "x"}, "annotations": []}]', "item 1: a task of Label Studio with its annotations, and no article: eventcorpus convert reads it"),
        ("a.jsonl", "\x1f\x8b", "this is a .gz file, whatever its name says"),
        ("a.txt", "SQLite format 3\x00", "this is a database, whatever its name says; export its table of articles as CSV"),
    ],
)  # fmt: skip
def test_more_files_without_texts_name_the_way_out(tmp_path: Path, name: str, content: str, message: str) -> None:
    assert error_of(written(tmp_path, name, content.encode("latin-1"))).startswith(message)


@pytest.mark.parametrize(
    "header",
    ["data_id,iso,event_id_cnty,event_date,source,source_scale,notes", "event_id_cnty;event_date;actor1;notes;source", "EVENT_ID_CNTY,EVENT_DATE,NOTES,SOURCE"],
)  # fmt: skip
def test_other_downloads_of_acled_are_read(tmp_path: Path, header: str) -> None:
    mark = ";" if ";" in header else ","
    cells = {"event_id_cnty": "TAM1", "event_date": "12 March 2021", "notes": "Rebels left."}
    row = mark.join(cells.get(column.lower(), "1") for column in header.split(mark))
    (article,), lines = read(written(tmp_path, "a.csv", f"{header}\n{row}\n"))
    assert (article.id, article.text, article.published) == ("TAM1", "Rebels left.", "2021-03-12")
    assert "read as an ACLED table, " in lines[-1]


@pytest.mark.parametrize(
    ("library", "name", "content", "extra"),
    [
        ("openpyxl", "a.xlsx", b"PK\x03\x04", "Excel workbooks need the library openpyxl: pip install 'eventcorpus[xlsx]'"),
        ("trafilatura", "a.html", b"<html><p>One.</p></html>", "HTML pages need the library trafilatura: pip install 'eventcorpus[html]'"),
        ("zstandard", "a.jsonl.zst", b"(\xb5/\xfd", ".zst files need the library zstandard: pip install 'eventcorpus[zst]'"),
    ],
)  # fmt: skip
def test_a_library_that_is_not_there_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, name: str, content: bytes, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    path = written(tmp_path, name, content)
    assert error_of(path).startswith(extra)
    written(tmp_path, "a.txt", "Rebels left.")
    articles, (line,) = read(tmp_path)
    assert [a.id for a in articles] == ["a"]
    assert line.startswith(f"1 file not read: {tmp_path.name}/{name} ({extra}")


def test_a_page_with_all_that_stands_around_an_article_is_read_without_it(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    sentence = (
        "Gunmen on motorcycles attacked the market of Darna on Friday &amp; killed three people, officials said. "
    )
    page = (
        "<!DOCTYPE html><html lang='en'><head><title>Market attacked | The Example</title>"
        "<meta property='og:site_name' content='The Example'><meta property='article:published_time' content='2021-03-12T14:30:00Z'>"
        "<link rel='canonical' href='https://example.org/market'></head><body><nav><a href='/'>Home</a> <a href='/w'>World</a></nav>"
        f"<article><h1>Market attacked</h1><p>{sentence * 3}</p><p>{sentence.replace('Friday', 'Monday')}</p></article>"
        "<footer>&copy; 2019 The Example. All rights reserved.</footer><script>var x = '&lt;p&gt;';</script></body></html>"
    )
    (article,), lines = read(written(tmp_path, "a.html", page))
    assert article.text.endswith("Monday & killed three people, officials said.")
    assert not any(word in article.text for word in ("Home", "&amp;", "rights", "var x", "<"))
    assert (article.id, article.title, article.outlet) == ("a", "Market attacked", "The Example")
    assert (article.url, article.published, lines) == ("https://example.org/market", "2021-03-12", [])


def test_a_page_that_does_not_say_when_it_was_published_has_no_date(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    page = f"<html><body><article><p>{'Gunmen attacked Darna on 3 May 2020. ' * 9}</p></article><footer>© 2019</footer></body></html>"
    (article,), _ = read(written(tmp_path, "a.html", page))
    assert article.published is None
