"""Which ontology a command takes: one rule for all of them, told where nobody named one."""

from pathlib import Path

import click
import pytest

from cli_runner import run
from eventcorpus.cli.main import main
from eventcorpus.package_data import find_ontology_path

ONTOLOGY = "name: mini\nversion: 1.0.0\nentities: [{name: Place}]\n"
SHIPPED = "ontology: corpus/ontology.yaml (the shipped one; --ontology names another)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with ``health/articles/a.txt``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "health" / "articles").mkdir(parents=True)
    (tmp_path / "health" / "articles" / "a.txt").write_text("Cholera in Beira.")
    return tmp_path


def put(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(
        ONTOLOGY
        if path.endswith("yaml")
        else '<View><Labels name="l" toName="t"><Label value="Place"/></Labels><Text name="t" value="$text"/></View>'
    )


@pytest.mark.parametrize(
    ("there", "near", "notice"),
    [
        (["health/ontology.yaml"], "health/articles", "ontology: health/ontology.yaml (beside health/articles)"),
        (["health/articles/config.xml"], "health/articles", "ontology: health/articles/config.xml (in health/articles)"),
        (["health/articles/ontology.yaml"], "health/articles/a.txt", "ontology: health/articles/ontology.yaml (beside health/articles/a.txt)"),
        (["health/ontology.yaml"], "health/articles/a.txt", "ontology: health/ontology.yaml (beside health/articles)"),
        (["health/ontology.yaml", "health/articles/config.xml"], "health/articles", "ontology: health/articles/config.xml (in health/articles)"),
        (["health/articles/ontology.yaml", "health/articles/config.xml"], "health/articles", "ontology: health/articles/ontology.yaml (in health/articles)"),
        (["ontology.yaml", "corpus/ontology.yaml"], "health/articles", "ontology: ontology.yaml (in the working folder)"),
        (["corpus/ontology.yaml"], "health/articles", "ontology: corpus/ontology.yaml (in the working folder)"),
        ([], "health/articles", SHIPPED),
    ],
)  # fmt: skip
def test_the_nearest_is_taken_and_said(folder: Path, there: list[str], near: str, notice: str) -> None:
    for path in there:
        put(path)
    _, out, err = run("labelstudio", "tasks", near, "--out", "tasks")
    assert err.splitlines()[0] == notice
    assert ("mini@1.0.0" in out) == ("ontology.yaml" in notice and notice != SHIPPED)


def test_one_that_was_named_is_taken_and_nothing_is_said(folder: Path) -> None:
    put("ontology.yaml")
    put("other/mine.yaml")
    assert find_ontology_path(Path("other/mine.yaml"), near=[Path("health")]) == Path("other/mine.yaml")
    _, _, err = run("labelstudio", "tasks", "health/articles", "--out", "tasks", "--ontology", "other/mine.yaml")
    assert "ontology:" not in err


def test_a_dataset_folder_brings_its_own(folder: Path) -> None:
    put("ontology.yaml")
    Path("news.txt").write_text("=== a\n\n[Beira](Place) fell.\n")
    run("inline", "read", "news.txt", "--articles", "a.jsonl", "--annotations", "export.json")
    assert (
        run("convert", "export.json", "--out", "data")[2].splitlines()[0]
        == "ontology: ontology.yaml (beside export.json)"
    )
    assert (
        run("labelstudio", "tasks", "data", "--out", "t")[2].splitlines()[0] == "ontology: data/ontology.yaml (in data)"
    )


def test_formats_that_have_their_labels_in_the_files_are_read_without_one(folder: Path) -> None:
    put("ontology.yaml")
    Path("train.conll").write_text("Rebels B-Actor\nfled O\n\n")
    err = run("convert", "train.conll", "--from", "conll", "--out", "data")[2]
    assert err.splitlines()[0] == "ontology: made of the labels in the files (--ontology names another)"


def test_every_command_that_takes_one_says_the_same_in_its_help() -> None:
    context = click.Context(main)
    waiting = [command for name in main.list_commands(context) if (command := main.get_command(context, name))]
    helps: dict[str, str | None] = {}
    while waiting:
        command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += [c for name in command.list_commands(context) if (c := command.get_command(context, name))]
        for option in command.params:
            if isinstance(option, click.Option) and "--ontology" in option.opts and command.name != "init":
                helps[f"{command.name} {id(command)}"] = option.help
    assert len(helps) >= 9
    assert set(helps.values()) == {
        "Our YAML or a Label Studio config.xml  [default: the one that the input carries (ontology.yaml or config.xml in "
        "or beside it; of a project the one that it was made from), else ontology.yaml or corpus/ontology.yaml in the "
        "working folder, else the shipped one]"
    }
