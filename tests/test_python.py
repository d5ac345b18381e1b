"""``import eventcorpus``, its public names, and the code of docs/python.md."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import eventcorpus
from eventcorpus.events.row_tables import write_rows
from eventcorpus.mention_tables import mention_columns, mention_lines
from eventcorpus.table_files import write_table
from invented_rows import ROWS

ROOT = Path(__file__).parent.parent
NAMES = [
    "Article", "ConversionReport", "Extractor", "Mention", "Report", "Span", "agree", "compare", "convert", "curve",
    "evaluate", "evaluate_rows", "export", "load_dataset", "load_ontology", "read_articles", "rows", "to_pandas", "train",
]  # fmt: skip
HEAVY = {
    "click", "datasets", "jinja2", "numpy", "pandas", "pyarrow", "pydantic", "rich", "scipy", "sklearn", "torch",
    "transformers", "yaml",
}  # fmt: skip


def test_the_public_names_are_pinned_and_each_is_there() -> None:
    assert eventcorpus.__all__ == NAMES
    assert set(NAMES) < set(dir(eventcorpus))
    for name in NAMES:
        assert callable(getattr(eventcorpus, name))
    with pytest.raises(AttributeError, match="module 'eventcorpus' has no attribute 'trian'"):
        eventcorpus.trian  # noqa: B018 that it raises is what is asked


def test_type_checkers_are_told_where_every_public_name_is() -> None:
    tree = ast.parse((ROOT / "src/eventcorpus/__init__.py").read_text())
    told = {
        alias.name: node.module
        for block in tree.body if isinstance(block, ast.If)
        for node in block.body if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }  # fmt: skip
    assert told == eventcorpus._MODULES


def test_importing_the_package_loads_no_other() -> None:
    code = "import sys; before = set(sys.modules); import eventcorpus; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "eventcorpus" in loaded
    assert {name.split(".")[0] for name in loaded} & HEAVY == set()
    assert [name for name in loaded if name.startswith("eventcorpus.")] == []


@pytest.fixture
def small_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with 12 articles of the shipped corpus, which come before those of the package."""
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "corpus"
    for name in ("articles", "annotations", "splits"):
        (corpus / name).mkdir(parents=True)
    passes = {
        name: {
            task["data"]["article_id"]: task
            for task in json.loads((ROOT / f"corpus/annotations/{name}.json").read_text())
        }
        for name in ("pass-1", "pass-2")
    }
    ids = [article_id for article_id in passes["pass-2"] if article_id in passes["pass-1"]][:12]
    for name, tasks in passes.items():
        (corpus / f"annotations/{name}.json").write_text(json.dumps([tasks[article_id] for article_id in ids]))
    rows = [
        line
        for file in sorted((ROOT / "corpus/articles").glob("*.jsonl"))
        for line in file.read_text().splitlines()
        if json.loads(line)["id"] in ids
    ]
    (corpus / "articles/some.jsonl").write_text("\n".join(rows) + "\n")
    for name, some in (("train", ids[:8]), ("validation", ids[8:10]), ("test", ids[10:])):
        (corpus / f"splits/{name}.txt").write_text("\n".join(some) + "\n")
    (corpus / "ontology.yaml").write_text((ROOT / "corpus/ontology.yaml").read_text())
    return tmp_path


def test_the_code_of_the_page_runs(small_corpus: Path, tiny_encoder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.MULTILINE | re.DOTALL)
    small = code.replace('{"num_train_epochs": 1}', f'{{"num_train_epochs": 1, "encoder": {str(tiny_encoder)!r}}}')
    assert small != code and len([line for line in code.splitlines() if line]) <= 25
    exec(compile(small, "docs/python.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("12 articles, 20 labels, ")
    assert lines[1].startswith("{'train': 8, 'validation': 2, 'test': 2} 12 of 12 articles, ")
    assert re.fullmatch(r"annotators agree to F1 0\.\d\d", lines[5])
    assert re.fullmatch(r"exact micro F1 0\.\d\d", lines[6])
    assert (small_corpus / "model/model.safetensors").exists()


def test_progress_is_told_by_callback(small_corpus: Path) -> None:
    told: list[tuple[int, int]] = []
    eventcorpus.convert("corpus/annotations", "dataset", on_progress=lambda n_done, n: told.append((n_done, n)))
    assert told == [(n_done, 12) for n_done in range(1, 13)]


def test_what_the_package_ships_is_named_in_its_wheel() -> None:
    import tomllib

    from eventcorpus.package_data import package_path

    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for source, target in build["force-include"].items():
        assert target == f"eventcorpus/data/{source}"
        assert package_path(source).resolve() == ROOT / source
    for asked in ("corpus/ontology.yaml", "training/recipes", "eval/benchmarks", "corpus/maps"):
        assert asked in build["force-include"]


def test_the_pandas_lines_of_the_pages_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ontology = eventcorpus.load_ontology()
    article = eventcorpus.Article("a", "Rebels left.", outlet="Wire")
    mentions = [eventcorpus.Mention(0, 6, "Actor", "Rebels", 0.9), eventcorpus.Mention(7, 11, "Movement", "left", 0.4)]
    write_table(mention_lines([(article, mentions)], ontology), Path("mentions.parquet"), mention_columns(ontology))
    write_rows(ROWS, Path("rows.parquet"), kind="rows", ontology=ontology)
    printed: list[str] = []
    names: dict[str, object] = {"print": lambda table: printed.append(str(table.to_dict()))}
    for page in ("python", "rows"):
        (code,) = re.findall(
            r"^```python tables\n(.*?)^```", (ROOT / f"docs/{page}.md").read_text(), re.MULTILINE | re.DOTALL
        )
        exec(compile(code, page, "exec"), names)
    assert printed[0] == "{('Wire', 'Actor'): 1}"
    assert "('2018-04', 'Qasira', 'Explosion'): 1" in printed[1]


def test_the_line_of_the_dataset_page_gives_the_words_of_spans(small_corpus: Path) -> None:
    from datasets import load_dataset

    eventcorpus.convert("corpus/annotations", "dataset", splits="corpus/splits")
    page = (ROOT / "docs/dataset.md").read_text()
    (code,) = re.findall(r"^```python spans\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {"rows": load_dataset("dataset")["test"]}
    exec(compile(code, "docs/dataset.md", "exec"), names)
    gold = eventcorpus.load_dataset("dataset").split("test")
    assert names["words"] == [(s.label, one.article.text[s.start : s.end]) for one in gold for s in one.spans] != []
