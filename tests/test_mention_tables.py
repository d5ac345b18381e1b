"""Mentions as tables: what stands in a line, and that files and data frames have the same."""

import json
from pathlib import Path

import pandas
import pytest

from cli_runner import run
from eventcorpus import to_pandas
from eventcorpus.errors import OutputError
from eventcorpus.mention_tables import mention_columns, mention_lines
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, save_model
from eventcorpus.ontology import AttributeType, Label, Ontology, RoleType
from eventcorpus.schema import Article, ChosenValue, Link, Mention
from eventcorpus.table_files import write_table
from invented_rows import ONTOLOGY as OF_ROWS
from invented_rows import RAID
from random_model import random_model

ONTOLOGY = Ontology(
    name="t", version="1.0.0", triggers=(Label(name="Attack"),), entities=(Label(name="Actor"),),
    roles=(RoleType(name="agent"), RoleType(name="kind")), attributes=(AttributeType(name="mood", of="triggers"),),
)  # fmt: skip
ARTICLE = Article(
    "a", "=Rebels and Army shelled Homs", title="@Shelling", outlet="Wire", url="https://example.org/1",
    published="2018-04-17", metadata={"desk": "north", "page": 3},
)  # fmt: skip
MENTIONS = [
    Mention(0, 7, "Actor", "=Rebels", 0.91236, id="m1"),
    Mention(12, 16, "Actor", "Army", 0.5, id="m2"),
    Mention(
        17, 24, "Attack", "shelled", 0.04, id="m3", attributes=(ChosenValue("mood", "grim", 0.7),),
        links=(Link("agent", "m1", 0.9), Link("agent", "m2", 0.8)),
    ),
]  # fmt: skip
FOUND = [(ARTICLE, MENTIONS), (Article("empty", "Nothing."), [])]


def test_a_line_has_the_mention_its_links_and_what_is_known_of_the_article() -> None:
    assert list(mention_lines(FOUND, ONTOLOGY))[2] == {
        "article": "a",
        "id": "m3",
        "label": "Attack",
        "text": "shelled",
        "start": 17,
        "end": 24,
        "confidence": 0.04,
        "mood": "grim",
        "agent": "=Rebels; Army",
        "agent_ids": "m1; m2",
        "kind (role)": None,
        "kind (role)_ids": None,
        "published": "2018-04-17",
        "outlet": "Wire",
        "title": "@Shelling",
        "url": "https://example.org/1",
        "language": None,
        "licence": None,
        "kind": None,
        "metadata": '{"desk": "north", "page": 3}',
    }


def test_the_columns_are_those_of_every_line() -> None:
    for line in mention_lines(FOUND, ONTOLOGY):
        assert list(line) == list(mention_columns(ONTOLOGY))


def test_csv_parquet_and_data_frame_have_the_same_and_only_csv_is_guarded(tmp_path: Path) -> None:
    columns = mention_columns(ONTOLOGY)
    for name in ("m.csv", "m.parquet"):
        assert write_table(mention_lines(FOUND, ONTOLOGY), tmp_path / name, columns) == 3
    frame = to_pandas(FOUND, ONTOLOGY)
    assert [frame[name].tolist() for name in ("text", "start", "agent")] == [
        ["=Rebels", "Army", "shelled"], [0, 12, 17], [None, None, "=Rebels; Army"],
    ]  # fmt: skip
    parquet = pandas.read_parquet(tmp_path / "m.parquet")
    assert parquet["text"].tolist() == frame["text"].tolist() and list(parquet) == list(frame) == list(columns)
    csv = pandas.read_csv(tmp_path / "m.csv", keep_default_na=False)
    assert csv["text"].tolist() == ["'=Rebels", "Army", "shelled"] and set(csv["title"]) == {"'@Shelling"}
    assert csv["agent"].tolist() == ["", "", "'=Rebels; Army"] and csv["confidence"].tolist() == [0.9124, 0.5, 0.04]


def test_a_data_frame_of_rows_has_the_columns_of_rows_also_if_there_are_none() -> None:
    assert to_pandas([RAID], OF_ROWS)["trigger"].tolist() == ["bombed"]
    nothing = to_pandas([], OF_ROWS)
    assert len(nothing) == 0 and list(nothing) == list(to_pandas([RAID], OF_ROWS))


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b"id,text\na,=1\n"), ("a.csv", b"\xff\xfe\n"), ("a.parquet", b"PAR1")]
)
def test_a_table_replaces_a_table_of_its_kind_and_nothing_else(tmp_path: Path, name: str, content: bytes) -> None:
    out, columns = tmp_path / name, mention_columns(ONTOLOGY)
    out.write_bytes(content)
    with pytest.raises(OutputError) as error:
        write_table(mention_lines(FOUND, ONTOLOGY), out, columns)
    assert str(error.value) == (
        f"{out}: exists and is not such a table (its columns do not begin with article, id, label); choose another "
        "--out or remove it"
    )
    assert out.read_bytes() == content
    out.unlink()
    assert write_table(mention_lines(FOUND, ONTOLOGY), out, columns) == 3
    assert write_table(mention_lines(FOUND[1:], ONTOLOGY), out, columns) == 0


@pytest.fixture
def here(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model m of random weights, and an article in in.csv."""
    monkeypatch.chdir(tmp_path)
    about = ModelAbout(ontology=ONTOLOGY, max_length=48, stride=16, decoder="viterbi", encoder="tiny")
    save_model(Path("m"), random_model(tiny_encoder, ONTOLOGY), load_tokenizer(str(tiny_encoder)), about)
    Path("in.csv").write_text("id,text,url,page\na,rebels attacked the town of homs,https://example.org/1,3\n")
    return tmp_path


def test_extract_writes_a_table_by_its_suffix(here: Path) -> None:
    lines = run("extract", "--backend", "fp32", "in.csv", "--model", "m")[1].splitlines()
    mentions = [mention for line in lines for mention in json.loads(line)["mentions"]]
    assert mentions
    for name, read in (("m.csv", pandas.read_csv), ("m.PARQUET", pandas.read_parquet)):
        code, stdout, stderr = run("extract", "--backend", "fp32", "in.csv", "--model", "m", "--out", name)
        assert (code, stdout) == (0, "") and f"{len(mentions)} mentions in {name}\n" in stderr
        table = read(name)
        for column in ("label", "text", "start", "end", "confidence"):
            assert table[column].tolist() == [mention[column] for mention in mentions]
        assert set(table["url"]) == {"https://example.org/1"} and set(table["metadata"]) == {'{"page": "3"}'}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "m.json"), "m.json: mentions are not written to a file with the suffix '.json'; name one that ends in .jsonl, .csv, .parquet"),
        (("--out", "x"), "x: mentions are not written to a file without a suffix; name one that ends in .jsonl, .csv, .parquet"),
        (("--out", "m.csv", "--with-text"), "m.csv: --with-text repeats the text in predictions; name a file that ends in .jsonl for it"),
        (("--out", "in.csv"), "in.csv: exists and is not such a table (its columns do not begin with article, id, label); choose another --out or remove it"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_written_is_refused_before_the_work(
    here: Path, arguments: tuple[str, ...], message: str
) -> None:
    before = {path.name for path in here.iterdir()}
    code, stdout, stderr = run("extract", "--backend", "fp32", "in.csv", "--model", "m", *arguments)
    assert (code, stdout, stderr) == (1, "", f"Error: {message}\n")
    assert {path.name for path in here.iterdir()} == before


def test_a_table_is_not_written_if_strict_fails(here: Path) -> None:
    Path("in.csv").write_text("id,text\na,rebels\nb,\n")
    code, _, stderr = run("extract", "--backend", "fp32", "in.csv", "--model", "m", "--strict", "--out", "m.csv")
    assert code == 1 and "Error: --strict: " in stderr and not Path("m.csv").exists()
