"""Counts in the messages of commands: one article, not one articles."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from eventcorpus.cli.main import main
from eventcorpus.tables import counted

ONTOLOGY = "{name: mini, version: 1.0.0, triggers: [{name: Battle}], entities: [{name: Place}]}"
ARTICLE = "=== one\ntitle: One\n\n[attacked](Battle) the town of [Homs](Place)\n"


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("o.yaml").write_text(ONTOLOGY)
    Path("one.txt").write_text(ARTICLE)
    return tmp_path


def read(folder: Path) -> str:
    into = ("--articles", "a.jsonl", "--annotations", "done/pass.json")
    return said("inline", "read", str(folder / "one.txt"), *into, "--ontology", "o.yaml")


@pytest.mark.parametrize(
    ("n", "nouns", "words"),
    [
        (0, ("article",), "0 articles"),
        (1, ("article",), "1 article"),
        (2, ("article",), "2 articles"),
        (12345, ("exact duplicate",), "12,345 exact duplicates"),
        (1, ("entry", "entries"), "1 entry"),
        (1000, ("entry", "entries"), "1,000 entries"),
    ],
)
def test_a_noun_agrees_with_its_count(n: int, nouns: tuple[str, ...], words: str) -> None:
    assert counted(n, *nouns) == words


def test_inline_read_says_one_article(folder: Path) -> None:
    assert read(folder) == "1 article in a.jsonl, annotations in done/pass.json\n"


def test_convert_says_one_article_and_one_of_one_article(folder: Path) -> None:
    read(folder)
    output = said("convert", "done", "--ontology", "o.yaml", "--out", "ds")
    assert "1 article in ds (train 1)\n" in output
    assert "1 of 1 article, 2 of 2 spans, 0 of 0 roles, 0 of 0 attributes" in output


def test_labelstudio_tasks_says_one_task(folder: Path) -> None:
    read(folder)
    assert "1 task in tasks (ontology mini@1.0.0)" in said(
        "labelstudio", "tasks", "a.jsonl", "--out", "tasks", "--ontology", "o.yaml"
    )


def test_export_says_one_article(folder: Path) -> None:
    read(folder)
    said("convert", "done", "--ontology", "o.yaml", "--out", "ds")
    assert "1 article in x (train 1)\n" in said("export", "ds", "--to", "conll", "--out", "x")
