"""The demo: commands that exist, on files that come with the package."""

from pathlib import Path
from typing import Any

import click
import pytest

from cli_runner import run
from eventcorpus.cli import demo
from eventcorpus.cli.main import main


@pytest.mark.parametrize("stage", demo._STAGES)
def test_every_stage_is_a_command_with_options_that_it_has(stage: str, tmp_path: Path) -> None:
    words = [demo._placed(word, tmp_path) for word in demo._STAGES[stage].split()]
    command: Any = main
    context = click.Context(main, info_name="eventcorpus")
    while isinstance(command, click.Group):
        name = words.pop(0)
        command = command.get_command(context, name)
        assert command is not None, name
    assert command.make_context(name, words, parent=context).params


def test_every_shipped_file_that_a_stage_names_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # away from the checkout
    words = [word for command in demo._STAGES.values() for word in command.split() if word.startswith(demo._SHIPPED)]
    assert len(words) == 8 and all(Path(demo._placed(word, tmp_path)).exists() for word in words)


def test_what_to_look_at_is_what_the_stages_make(tmp_path: Path) -> None:
    assert set(demo._TO_LOOK_AT) <= {
        word.removeprefix("OUT/") for command in demo._STAGES.values() for word in command.split()
    }


def test_each_command_is_shown_before_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("eventcorpus.models.bundled.bundled_encoder", lambda: tmp_path)
    monkeypatch.setattr(demo, "_STAGES", {"tasks": demo._STAGES["tasks"]})
    code, stdout, _ = run("demo", "--out", "made")
    articles = demo._placed("corpus/articles", tmp_path)
    assert code == 0 and (tmp_path / "made/demo-tasks").is_dir()
    lines = stdout.splitlines()
    assert lines[:2] == ["", f"== tasks: eventcorpus labelstudio tasks {articles} --out made/demo-tasks"]
    assert [line for line in lines if line.startswith("  ")] == [f"  made/{name}" for name in demo._TO_LOOK_AT]


def test_a_stage_that_fails_ends_the_demo_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventcorpus.models.bundled.bundled_encoder", lambda: tmp_path)
    monkeypatch.setattr(demo, "_STAGES", {"table": "rows OUT/none.jsonl", "tasks": demo._STAGES["tasks"]})
    code, stdout, stderr = run("demo", "--out", str(tmp_path))
    assert (code, stderr.splitlines(keepends=True)[-1]) == (
        1,
        f"Error: {tmp_path / 'none.jsonl'}: no such file; check the path\n",
    )
    assert "== tasks" not in stdout
