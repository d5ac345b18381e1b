"""Imports go one way, in the order that CONTRIBUTING.md shows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import eventcorpus

SOURCE = Path(eventcorpus.__file__).parent
CONTRIBUTING = SOURCE.parents[1] / "CONTRIBUTING.md"
LAYERS = [
    ["errors", "text", "progress", "provenance", "tables", "package_data"],
    [
        *("mistakes", "files", "schema", "tags", "ontology", "conversion_report", "predictions"),
        *("table_files", "mention_tables", "metrics"),
    ],
    ["annotation"],
    ["articles"],
    ["formats"],
    ["labelstudio"],
    ["dataset"],
    ["corpus"],
    ["agreement"],
    ["events"],
    ["models"],
    ["inference"],
    ["eval"],
    ["labelstudio.live"],
    ["training"],
    ["render"],
    ["serving"],
    ["api", "status", "hub"],
    ["cli"],
]
RANK = {room: i for i, layer in enumerate(LAYERS) for room in layer}
NEVER = {
    "corpus": "torch",
    "events": "torch",
    "agreement": "torch",
    "eval": "torch",
    "metrics": "torch",
    "dataset": "torch",
}


def modules() -> dict[str, Path]:
    return {
        path.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
        for path in SOURCE.rglob("*.py")
        if path.parent != SOURCE or path.stem not in ("__init__", "__main__")
    }


def room_of(module: str) -> str:
    two = ".".join(module.split(".")[:2])
    return two if two in RANK else module.split(".")[0]


def imported_at_once(path: Path) -> Iterator[str]:
    """What a module imports when it is imported: not what its functions import when they are called."""
    waiting: list[ast.AST] = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not is_for_types:
            waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_imports_only_from_layers_below_its_own(module: str) -> None:
    room = room_of(module)
    imported = imported_at_once(modules()[module])
    ours = {name.removeprefix("eventcorpus.") for name in imported if name.startswith("eventcorpus.")} - {"__version__"}
    above = sorted(name for name in ours if RANK[room_of(name)] > RANK[room] and room_of(name) != room)
    assert above == []


@pytest.mark.parametrize(("room", "library"), sorted(NEVER.items()))
def test_rooms_that_run_without_torch_never_import_it(room: str, library: str) -> None:
    paths = [path for name, path in modules().items() if name.split(".")[0] == room]
    found = [path for path in paths if any(name.split(".")[0] == library for name in imported_at_once(path))]
    assert paths and found == []


def test_contributing_shows_the_same_layers() -> None:
    shown = re.search(r"^    errors, .*?(?=^\S)", CONTRIBUTING.read_text(encoding="utf-8"), re.M | re.S)
    assert shown is not None
    layers = [re.findall(r"[\w.]+", line.split("#")[0]) for line in shown.group(0).strip().splitlines()]
    assert layers == LAYERS
