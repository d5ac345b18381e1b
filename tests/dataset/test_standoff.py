"""Standoff releases: nothing of the text goes out, and whoever holds the articles gets the same dataset back."""

import json
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from eventcorpus.cli.main import main
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.errors import SpanError

CORPUS = Path(__file__).parents[2] / "corpus"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def convert(out: Path, *options: str) -> Result:
    return run("convert", CORPUS / "annotations", "--ontology", CORPUS / "ontology.yaml", "--splits", CORPUS / "splits",
               "--out", out, *options)  # fmt: skip


def data_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet")}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped corpus with its text."""
    folder = tmp_path_factory.mktemp("full") / "ds"
    assert convert(folder).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped corpus without its text."""
    folder = tmp_path_factory.mktemp("release") / "ds"
    assert convert(folder, "--text", "none").exit_code == 0
    return folder


def test_no_sentence_of_any_article_is_in_the_release(full: Path, release: Path) -> None:
    written = [path.read_bytes() for path in release.rglob("*") if path.suffix in (".json", ".md")]
    rows = [row for path in release.rglob("*.parquet") for row in pyarrow.parquet.read_table(path).to_pylist()]
    written += [json.dumps({**row, "spans": None}, ensure_ascii=False).encode() for row in rows]
    assert all(row["text"] is row["title"] is None and row["tokens"] == row["ner_tags"] == [] for row in rows)
    for articles in read_dataset(full).splits.values():
        for article in (one.article for one in articles):
            for part in filter(None, (article.title, article.text[:40], article.text[-40:])):
                assert not any(part.encode() in content for content in written)


def test_offsets_labels_and_hashes_are_in_the_release(full: Path, release: Path) -> None:
    kept = ["id", "text_sha256", "spans", "roles", "events", "status", "licence", "url", "published"]
    for name in data_files(full):
        tables = [pyarrow.parquet.read_table(folder / name, columns=kept) for folder in (full, release)]
        assert tables[0].equals(tables[1])


def shipped_lines() -> list[str]:
    files = sorted((CORPUS / "articles").glob("*.jsonl"))
    return [line for file in files for line in file.read_text().splitlines()]


def sizes(folder: Path) -> str:
    """The articles per split, as commands print them."""
    return ", ".join(f"{split} {len(articles)}" for split, articles in read_dataset(folder).splits.items())


def test_a_release_is_not_read_as_a_dataset(release: Path) -> None:
    with pytest.raises(SpanError, match="standoff, without its text; put the text back with: eventcorpus join"):
        read_dataset(release)


def test_joined_with_the_articles_it_is_the_same_dataset(full: Path, release: Path, tmp_path: Path) -> None:
    done = run("join", release, CORPUS / "articles", "--out", tmp_path / "joined", "--strict")
    assert (done.exit_code, done.stdout) == (
        0, f"{len(shipped_lines())} articles with their text in {tmp_path / 'joined'} ({sizes(full)})\n"
    )  # fmt: skip
    assert data_files(tmp_path / "joined") == data_files(full)


def test_articles_that_nobody_holds_or_that_changed_are_refused_and_counted(
    full: Path, release: Path, tmp_path: Path
) -> None:
    lines = shipped_lines()
    rows = [json.loads(line) for line in lines]
    edited = {key: value for key, value in rows[0].items() if key != "text_sha256"} | {"text": "Another text."}
    (tmp_path / "some.jsonl").write_text("\n".join([json.dumps(edited), *lines[2:]]))
    done = run("join", release, tmp_path / "some.jsonl", "--out", tmp_path / "joined")
    assert done.exit_code == 0
    report = json.loads((tmp_path / "joined/loss_report.json").read_text())
    assert (report["articles"]["in"], report["articles"]["out"]) == (len(rows), len(rows) - 2)
    assert report["articles"]["reasons"] == {
        "refused: another text stands under its id": 1, "refused: no article with this text": 1
    }  # fmt: skip
    n_spans = sum(len(one.spans) for articles in read_dataset(full).splits.values() for one in articles)
    assert report["spans"]["in"] == n_spans and report["spans"]["refused"] > 0
    strict = run("join", release, tmp_path / "some.jsonl", "--out", tmp_path / "strict", "--strict")
    assert (strict.exit_code, (tmp_path / "strict").exists()) == (1, False)


def test_the_text_is_found_by_its_hash_under_another_id(full: Path, release: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in shipped_lines()]
    (tmp_path / "other.jsonl").write_text(
        "\n".join(json.dumps(row | {"id": f"mine-{n}"}) for n, row in enumerate(rows))
    )
    run("join", release, tmp_path / "other.jsonl", "--out", tmp_path / "joined", "--strict")
    assert data_files(tmp_path / "joined") == data_files(full)


@pytest.mark.parametrize(("licence", "text"), [("CC-BY-4.0", "Rebels attacked."), (None, None)])
def test_only_articles_with_a_licence_are_written_with_text_when_asked(
    tmp_path: Path, licence: str | None, text: str | None
) -> None:
    value = {"start": 0, "end": 7, "text": "Rebels ", "labels": ["Actor"]}
    item = {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    task = {
        "data": {"article_id": "x", "text": "Rebels attacked.", "licence": licence},
        "annotations": [{"id": 1, "result": [item]}],
    }
    (tmp_path / "e.json").write_text(json.dumps([task]))
    done = run("convert", tmp_path / "e.json", "--ontology", CORPUS / "ontology.yaml", "--out", tmp_path / "ds",
               "--text", "licensed")  # fmt: skip
    assert done.exit_code == 0, done.output
    (row,) = pyarrow.parquet.read_table(tmp_path / "ds/default/train.parquet").to_pylist()
    assert row["text"] == text
    (entry,) = json.loads((tmp_path / "ds/loss_report.json").read_text())["items"]
    assert ("Actor" in entry["item"]) == (text is not None)
    assert ("Standoff: text, title and metadata of 1 of 1 article" in (tmp_path / "ds/README.md").read_text()) == (
        text is None
    )
