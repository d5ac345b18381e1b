"""The tables of the README files are those of the reports that lie beside them."""

import json
import shutil
from pathlib import Path

import pytest

from eventcorpus.errors import InputError
from readme_tables import DOCUMENTS, TABLES, Reports, rewritten, tables_in, with_tables

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The parts of this checkout that tables are made of."""
    for folder in ("eval/benchmarks", "eval/reports", "corpus/maps"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name in DOCUMENTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_committed_tables_are_those_of_the_committed_reports() -> None:
    for document, (before, after) in rewritten(ROOT).items():
        assert before == after, f"{document}: tables and eval/reports differ; run make tables"


def test_every_table_stands_in_one_document() -> None:
    asked = [name for document in DOCUMENTS for name in tables_in((ROOT / document).read_text())]
    assert sorted(asked) == sorted(TABLES)


def test_a_report_that_is_missing_is_an_error_with_the_command_that_makes_it(checkout: Path) -> None:
    (checkout / "eval/reports/default__shipped-test.json").unlink()
    with pytest.raises(InputError) as error:
        rewritten(checkout)
    assert str(error.value).endswith(
        "default__shipped-test.json: no such report, a table needs it; make it with: eventcorpus benchmark "
        "shipped-test --model models/runs/default --json eval/reports/default__shipped-test.json"
    )


@pytest.mark.parametrize("said", ["shipped-test@99", "shipped-test@1 (other data)", ""])
def test_a_report_of_another_version_or_of_other_data_is_no_result(checkout: Path, said: str) -> None:
    path = checkout / "eval/reports/default__shipped-test.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"benchmark": said}))
    with pytest.raises(InputError, match=f"is of {said.split('@')[0] or 'no benchmark'}.*, today's is shipped-test@"):
        Reports(checkout).named("default", "shipped-test")


def test_a_figure_that_changes_changes_its_row_alone(checkout: Path) -> None:
    path = checkout / "eval/reports/default__shipped-test.json"
    report = json.loads(path.read_text())
    report["exact"]["labels"]["Riot"]["precision"] = 0.123456
    path.write_text(json.dumps(report))
    changed = [
        (old, new)
        for before, after in rewritten(checkout).values()
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]
    assert len(changed) == 1 and changed[0][1].startswith("| Riot | 12.3 | ")


def test_text_around_tables_stays_and_the_table_is_put_between_the_marks() -> None:
    text = "before\n<!-- table: x -->\nold\n<!-- end -->\nafter\n<!-- table: y -->\n<!-- end -->\n"
    made = {"x": ["| 1 |", "| 2 |"], "y": ["| 3 |"]}
    assert with_tables(text, made, place="R.md") == (
        "before\n<!-- table: x -->\n| 1 |\n| 2 |\n<!-- end -->\nafter\n<!-- table: y -->\n| 3 |\n<!-- end -->\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- table: label -->\n<!-- end -->\n", "R.md: there is no table 'label'; did you mean 'labels'"),
        ("<!-- table: labels -->\n| 1 |\n", "R.md: a table has no '<!-- end -->' after it"),
        (
            "<!-- table: labels -->\n<!-- table: labels -->\n<!-- end -->\n",
            "R.md: a table has no '<!-- end -->' after it",
        ),
    ],
)
def test_marks_that_are_wrong_stop(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        with_tables(text, {"labels": []}, place="R.md")
    assert str(error.value) == message
