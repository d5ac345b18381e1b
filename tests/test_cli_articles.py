"""What commands that read articles tell of them, and what they take: the same everywhere."""

import json
from pathlib import Path

import pytest

from cli_runner import run
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, save_model
from eventcorpus.ontology import Label, Ontology
from eventcorpus.predictions import ModelName, prediction_line, prediction_of
from eventcorpus.schema import Article
from random_model import random_model

SHIPPED = "ontology: corpus/ontology.yaml (the shipped one; --ontology names another)\n"
CASES = Path(__file__).parent / "fixtures" / "cases"
READERS = [
    ("extract",), ("join",), ("check",), ("stats",), ("split",), ("labelstudio", "tasks"), ("labelstudio", "push"), ("labelstudio", "rank"),
]  # fmt: skip


def tasks(path: Path, *more: str) -> tuple[int, str, str]:
    return run("labelstudio", "tasks", str(path), "--out", "tasks", *more)


@pytest.fixture(scope="module")
def tiny_model(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    ontology = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"),))
    about = ModelAbout(ontology=ontology, max_length=48, stride=16, decoder="viterbi", encoder="tiny")
    folder = tmp_path_factory.mktemp("models") / "random"
    save_model(folder, random_model(tiny_encoder, ontology), load_tokenizer(str(tiny_encoder)), about)
    return folder


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
    assert (
        told.splitlines(keepends=True)[-1]
        == f"{path}: read as an ACLED table, event_id_cnty as id, notes as text, event_date as published\n"
    )
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
    task = {
        "id": 1,
        "data": {"id": "x", "text": "Rebels left."},
        "annotations": [{"id": 1, "completed_by": 1, "result": []}],
    }
    (here / "a.json").write_text(json.dumps([task]))
    assert run("convert", "a.json", "--from", "labelstudio", "--out", "data")[0] == 0
    assert tasks(here / "data", "--field", "text=body")[::2] == (
        1,
        f"ontology: {here / 'data/ontology.yaml'} (in {here / 'data'})\n"
        f"Error: {here / 'data'}: a dataset folder has no columns of other names; leave --field out\n",
    )


def test_a_field_of_a_column_that_no_article_has_is_told(here: Path) -> None:
    (here / "a.jsonl").write_text('{"id": "x", "text": "Rebels left."}\n')
    status, _, told = tasks(here / "a.jsonl", "--field", "title=headlin")
    assert (status, told) == (0, f"{SHIPPED}--field: no article has a column 'headlin'\n")


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
    assert tasks(Path(name)) == (1, "", f"{SHIPPED}Error: {name}: {message}\n")


def test_strict_fails_on_what_was_not_read(here: Path) -> None:
    (here / "new").mkdir()
    (here / "new" / "a.jsonl").write_text('{"id": "x", "text": "Rebels left."}\n')
    (here / "new" / "b.pdf").write_text("%PDF-")
    prediction = prediction_of(Article("x", "Rebels left."), (), ModelName(name="m"))
    (here / "predictions.jsonl").write_text(prediction_line(prediction))
    arguments = ("labelstudio", "rank", "new", "--predictions", "predictions.jsonl")
    assert run(*arguments)[0] == 0
    status, _, told = run(*arguments, "--strict")
    assert status == 1
    assert told.splitlines()[-1].startswith("Error: --strict: new/b.pdf (this is a PDF, which is not read; ")


def test_extract_reads_what_people_have(here: Path, tiny_model: Path) -> None:
    model = ("--model", str(tiny_model))
    status, printed, told = run(
        "extract", "--backend", "fp32", str(CASES / "26-acled" / "acled-semicolon.csv"), *model, "--with-text"
    )
    assert status == 0
    assert [(row["id"], row["published"]) for row in map(json.loads, printed.splitlines())] == [
        ("TAM123", "2023-05-05"), ("TAM124", "2023-05-06"),
    ]  # fmt: skip
    assert "semicolons between its columns" in told
    (here / "a.jsonl").write_text('{"lead": "Rebels left.", "id": "x"}\n')
    assert (
        run("extract", "--backend", "fp32", "a.jsonl", *model, "--field", "text=lead", "--with-text")[1].count(
            '"text":"Rebels left."'
        )
        == 1
    )


def test_extract_takes_json_and_pages_from_standard_input(tiny_model: Path) -> None:
    arguments = ("extract", "--backend", "fp32", "-", "--model", str(tiny_model), "--with-text")
    for content in (
        '[{"id": "x", "text": "Rebels left."}]',
        '{"articles": [{"id": "x", "body": "Rebels left."}]}',
        "Rebels left.".encode("utf-16"),
    ):
        status, printed, _ = run(*arguments, stdin=content)
        assert (status, json.loads(printed)["text"]) == (0, "Rebels left.")


def test_extract_with_strict_writes_nothing_if_something_is_lost(here: Path, tiny_model: Path) -> None:
    (here / "a.jsonl").write_text('{"text": "Rebels left."}\n{"text": ""}\n')
    arguments = ("extract", "--backend", "fp32", "a.jsonl", "--model", str(tiny_model), "--out", "out.jsonl")
    status, _, told = run(*arguments, "--strict")
    assert (status, told.splitlines()[-1]) == (1, "Error: --strict: a.jsonl: line 2 has no text (1 article)")
    assert not (here / "out.jsonl").exists()
    assert run(*arguments)[0] == 0


def test_a_dataset_is_joined_with_articles_as_they_were_annotated_or_with_their_entities_read(here: Path) -> None:
    raw = "Gunmen attacked &quot;Camp 4&quot; near Darna."
    for name, text in (("raw", raw), ("plain", raw.replace("&quot;", '"'))):
        task = {"id": 1, "data": {"id": "x", "text": text}, "annotations": [{"id": 1, "completed_by": 1, "result": []}]}
        (here / f"{name}.json").write_text(json.dumps([task]))
        assert run("convert", f"{name}.json", "--from", "labelstudio", "--out", name, "--text", "none")[0] == 0
        (here / "a.jsonl").write_text(json.dumps({"id": "x", "text": raw}))
        assert run("join", name, "a.jsonl", "--out", f"{name}-joined", "--strict")[0] == 0


def test_extract_names_a_path_that_is_not_there_before_it_loads_the_model() -> None:
    code, _, stderr = run("extract", "articels", "--model", "no-model", "--out", "y.jsonl")
    assert (code, stderr) == (1, "Error: articels: no such file or folder; check the path\n")
