"""The report of every export that a real server wrote: drawn in its page, or broken on purpose."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventcorpus.conversion_report import KINDS, ConversionReport
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import read_ontology

FIXTURES = Path(__file__).parents[1] / "fixtures/label-studio"
DEMO = (
    ((12, 5, 0, 7), (29, 16, 8, 5), (25, 6, 12, 7), (18, 18, 0, 0)),
    {
        "refused: not annotated": 7,
        "refused: label not in the ontology": 1,
        "refused: offset out of range": 2,
        "refused: region without a label": 2,
        "repaired: offsets were UTF-16 units": 6,
        "repaired: several labels: one span each": 2,
        "refused: relation without a label": 7,
        "repaired: drawn in both directions: read from the trigger": 12,
    },
)
NONE = (0, 0, 0, 0)
NEWER = "refused: a newer annotation by the same person"
REPORTS: dict[str, tuple[tuple[tuple[int, ...], ...], dict[str, int]]] = {
    "events-demo_JSON": DEMO,
    "events-demo_snapshot_default": DEMO,
    "events-demo_snapshot_full": DEMO,
    "hyperinline_JSON": (((2, 2, 0, 0), (5, 0, 0, 5), NONE, NONE), {"refused: offset is not a whole number": 5}),
    "sym_JSON": (((1, 1, 0, 0), (4, 3, 1, 0), NONE, NONE), {"repaired: blanks at the edges": 1}),
    "word_JSON": (((1, 1, 0, 0), (4, 4, 0, 0), NONE, NONE), {}),
    "ui-Text-word_JSON": (((12, 7, 0, 5), (28, 24, 0, 4), NONE, NONE), {"refused: not annotated": 5, NEWER: 4}),
    "ui-relations_JSON": (
        ((3, 2, 0, 1), (5, 5, 0, 0), (2, 2, 0, 0), (2, 2, 0, 0)),
        {"refused: skipped by its annotators": 1},
    ),
    # the same text in several tasks is one article, where no id says otherwise
    "ui-render_JSON": (((3, 3, 0, 0), (14, 6, 0, 8), NONE, NONE), {NEWER: 7, "refused: offset out of range": 1}),
    "ui-update_JSON": (((2, 2, 0, 0), (12, 3, 0, 9), NONE, NONE), {NEWER: 8, "refused: offset out of range": 1}),
}
EACH_BY_ITSELF: dict[str, tuple[tuple[int, ...], dict[str, int]]] = {
    "ui-render_JSON": (
        (14, 10, 2, 2),
        {
            "refused: offset out of range": 1,
            "refused: text does not match": 1,
            "repaired: offsets were UTF-16 units": 2,
        },
    ),
    "ui-update_JSON": (
        (12, 7, 2, 3),
        {
            "refused: offset out of range": 1,
            "refused: text does not match": 1,
            "refused: label not in the ontology": 1,
            "repaired: offsets were UTF-16 units": 2,
        },
    ),
}


def report_of(path: Path) -> dict[str, Any]:
    report = ConversionReport(refuses=True)
    read_exports([path], read_ontology(FIXTURES / "config.xml"), report)
    return report.as_json()


@pytest.mark.parametrize("name", REPORTS)
def test_the_report_of_a_real_export(name: str) -> None:
    loss_report = report_of(FIXTURES / f"{name}.json")
    figures, reasons = REPORTS[name]
    assert (
        tuple(tuple(loss_report[kind][v] for v in ("in", "kept", "repaired", "refused")) for kind in KINDS) == figures
    )
    assert {reason: n for kind in KINDS for reason, n in loss_report[kind]["reasons"].items()} == reasons


def test_every_export_is_in_the_table() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == REPORTS.keys()


@pytest.mark.parametrize("name", EACH_BY_ITSELF)
def test_broken_regions_are_judged_one_by_one(name: str, tmp_path: Path) -> None:
    tasks = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    for task in tasks:
        task["data"]["article_id"] = f"task-{task['id']}"
    (tmp_path / "e.json").write_text(json.dumps(tasks), encoding="utf-8")
    loss_report = report_of(tmp_path / "e.json")["spans"]
    figures, reasons = EACH_BY_ITSELF[name]
    assert tuple(loss_report[v] for v in ("in", "kept", "repaired", "refused")) == figures
    assert loss_report["reasons"] == reasons
