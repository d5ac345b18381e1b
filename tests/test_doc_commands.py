"""Every command and every piece of Python in a block of the pages can be read: its name, its options and their kinds."""

import ast
import re
from pathlib import Path

import click
import pytest

from cli_runner import run
from doc_blocks import Block, blocks_of, commands_in, pages
from eventcorpus.cli.main import main
from readme_commands import RUN, readme_blocks, reason, script

ROOT = Path(__file__).parent.parent
BLOCKS = [block for page in pages(ROOT) for block in blocks_of(page.read_text(), name=str(page.relative_to(ROOT)))]
COMMANDS = [(block.place, words) for block in BLOCKS for words in commands_in(block)]


def fault(words: list[str]) -> str | None:
    """What is wrong with a command, without running it."""
    try:
        command: click.Command | None = main
        parent: click.Context | None = None
        arguments = words[1:]
        while isinstance(command, click.Group):
            parent = command.make_context(command.name, arguments, parent=parent)
            arguments = [*parent._protected_args, *parent.args]
            _, command, arguments = command.resolve_command(parent, arguments)
        assert command is not None
        command.make_context(command.name, arguments, parent=parent)
    except click.exceptions.Exit:
        pass
    except click.ClickException as error:
        return error.format_message()
    return None


@pytest.mark.parametrize(
    ("place", "words"), COMMANDS, ids=[f"{place} {' '.join(words[:3])}" for place, words in COMMANDS]
)
def test_a_command_of_a_page_exists_with_its_options(
    place: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M)
    elif words[0] == "eventcorpus":
        assert fault(words) is None


def test_a_command_that_is_wrong_is_found() -> None:
    def faults(line: str) -> list[str | None]:
        return [fault(words) for words in commands_in(Block("page:1", "", (line,)))]

    assert faults("eventcorpus convert labels --out dataset > log.txt  # a comment") == [None]
    assert faults("eventcorpus convert labels && eventcorpus trian demo") == [
        "Missing option '--out'.",
        "No such command 'trian'.",
    ]
    assert faults("eventcorpus labelstudio pull --zzz x") == ["No such option '--zzz'."]


def test_the_commands_that_a_new_folder_says_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("init", "own news", "--labels", "Attack,Place", "--triggers", "Attack")
    blocks = blocks_of(Path("own news/README.md").read_text(), name="README.md")
    commands = [words for block in blocks for words in commands_in(block)]
    assert [words[1:2] for words in commands] == [
        ["status"], ["labelstudio"], ["labelstudio"], ["labelstudio"], ["inline"], ["inline"], ["convert"], ["split"],
        ["convert"], ["train"], ["eval"], ["extract"],
    ]  # fmt: skip
    assert [fault(words) for words in commands] == [None] * len(commands)
    assert "--project 'own news'" in Path("own news/README.md").read_text()


def test_every_block_of_the_readme_is_run_or_says_why_not() -> None:
    """By tests/readme_commands.py, which make test-wheel calls."""
    blocks = readme_blocks()
    assert [script(block).splitlines()[0][:25] for block in blocks if reason(block) == RUN] == [
        "eventcorpus init health -", "eventcorpus convert label", "import eventcorpus", "from transformers import ",
        "from eventcorpus import E",
    ]  # fmt: skip
    with pytest.raises(KeyError, match=r"README.md:7: 'eventcorpus new' is in BLOCKS of readme_commands.py 0 times"):
        reason(Block("README.md:7", "", ("eventcorpus new",)))


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "python"], ids=lambda block: block.place)
def test_python_of_a_page_can_be_read(block: Block) -> None:
    ast.parse(block.code)


@pytest.mark.parametrize(
    ("command", "heading", "folder"),
    [("train", "Recipes", "training/recipes"), ("benchmark", "Benchmarks", "eval/benchmarks")],
)
def test_help_says_the_names_of_what_comes_along(command: str, heading: str, folder: str) -> None:
    listed = run(command, "--help")[1].partition(f"{heading} by name:\n")[2]
    assert (
        listed.replace("\n", " ").split()
        == ", ".join(path.stem for path in sorted((ROOT / folder).glob("*.yaml"))).split()
    )
