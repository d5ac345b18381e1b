"""What commands that read articles tell of them, and what they take: the same everywhere."""

import json
from pathlib import Path

import pytest

from cli_runner import run

CASES = Path(__file__).parent / "fixtures" / "cases"
READERS = [
    ("extract",), ("join",), ("check",), ("stats",), ("split",), ("labelstudio", "tasks"), ("labelstudio", "push"), ("labelstudio", "rank"),
]  # fmt: skip


def tasks(path: Path, *more: str) -> tuple[int, str, str]:
    return run("labelstudio", "tasks", str(path), "--out", "tasks", *more)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("names", READERS, ids=" ".join)
def test_every_command_that_reads_articles_takes_field(names: tuple[str, ...]) -> None:
    status, printed, _ = run(*names, "--help")
    assert status == 0
    assert "--field" in printed


def test_tasks_are_made_of_an_acled_table() -> None:
    path = CASES / "26-acled" / "acled.csv"
    status, printed, told = tasks(path)
    assert (status, printed.split(" ")[:2]) == (0, ["2", "tasks"])
    assert told == f"{path}: read as an ACLED table, event_id_cnty as id, notes as text, event_date as published\n"
    (file,) = Path("tasks").glob("tasks-*.json")
    first = json.loads(file.read_text())[0]["data"]
    assert (first["article_id"], first["text"]) == (
        "TAM123",
        "On 5 May 2023, rebels clashed with soldiers near Darna. 3 soldiers were killed.",
    )


def test_a_folder_s_unread_files_are_named(here: Path) -> None:
    status, _, told = tasks(CASES / "31-documents" / "mixed")
    assert status == 0
    assert "1 file not read: " in told
    assert "e.jsonl.gz (damaged, or no .gz file" in told


def test_the_columns_of_a_dataset_folder_are_its_own(here: Path) -> None:
    (here / "data").mkdir()
    shipped = CASES.parents[2] / "corpus"
    assert run("convert", str(shipped / "annotations"), "--splits", str(shipped / "splits"), "--out", "data")[0] == 0
    assert tasks(here / "data", "--field", "text=body")[::2] == (
        1,
        f"Error: {here / 'data'}: a dataset folder has no columns of other names; leave --field out\n",
    )


def test_a_field_of_a_column_that_no_article_has_is_told(here: Path) -> None:
    (here / "a.jsonl").write_text('{"id": "x", "text": "Rebels left."}\n')
    status, _, told = tasks(here / "a.jsonl", "--field", "title=headlin")
    assert (status, told) == (0, "--field: no article has a column 'headlin'\n")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.rtf", r"{\rtf1 x}", "this is an RTF document, which is not read; save it as plain text (.txt, UTF-8), one article a file"),
        ("a.csv", "id,notes\n1,x\n", "line 2: an article without text; there are id, notes; if one of them is the text: --field text=NAME"),
        ("a.csv", "url,title\nhttps://a.org/1,x\n", "line 2: an article without text; there are url, title; if one of them is the text: --field text=NAME; if it has addresses only, download the pages (for example with trafilatura) and give their JSON"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_line_with_the_way_out(here: Path, name: str, content: str, message: str) -> None:
    (here / name).write_text(content)
    assert tasks(Path(name)) == (1, "", f"Error: {name}: {message}\n")


def test_strict_fails_on_what_was_not_read(here: Path) -> None:
    (here / "new").mkdir()
    (here / "new" / "a.jsonl").write_text('{"id": "x", "text": "Rebels left."}\n')
    (here / "new" / "b.pdf").write_text("%PDF-")
    (here / "predictions.jsonl").write_text("")
    arguments = ("labelstudio", "rank", "new", "--predictions", "predictions.jsonl")

    status, _, told = run(*arguments, "--strict")
    assert status == 1
    assert told.splitlines()[-1].startswith("Error: ")
