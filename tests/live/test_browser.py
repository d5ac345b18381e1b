"""The whole way with a real browser: push, draw with the mouse, submit, pull, convert; every span is what was selected.

What a span must be is computed here with ``str.index`` alone, and compared with what the browser's own getSelection()
said while the mouse button was down.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet

from eventcorpus.text import sha256_of

from .browser import Annotator
from .conftest import N_SHIPPED, Run
from .server import LabelStudioServer

Drawn = list[tuple[str, str, int]]
HARD: dict[str, tuple[str, Drawn]] = {
    "emoji": (
        "Alert \U0001f6a8\U0001f525 rebels shelled Northtown \U0001f468\u200d\U0001f469\u200d\U0001f467 and the army fled.",
        [("Actor", "rebels", 0), ("Explosion", "shelled", 0), ("Place", "Northtown", 0), ("Actor", "the army", 0)],
    ),
    "line-break": (
        "First line about Westford.\nSecond line: a militia burned the depot.\n\n\tThird   in Kalo, again Kalo.",
        [("Place", "Westford.\nSecond", 0), ("Actor", "militia", 0), ("Place", "Kalo", 1)],
    ),
    "arabic": (
        "Fighters near \u062d\u0644\u0628 clashed with \u0627\u0644\u062c\u064a\u0634 on Friday in Eastvale.",
        [("Place", "\u062d\u0644\u0628", 0), ("Actor", "\u0627\u0644\u062c\u064a\u0634", 0), ("Time", "Friday", 0)],
    ),
    "accents": (
        "Cafe\u0301 owners in Sa\u0303o Vento saw a clash; the Zu\u0308rn militia withdrew.",
        [("Place", "Sa\u0303o Vento", 0), ("Facility", "Cafe\u0301", 0), ("Actor", "the Zu\u0308rn militia", 0)],
    ),
    "markup": (
        'Police & army <units> blocked the R&D road; 5 < 7 > 3 &amp; "quoted" in Mill <b>Town</b> today.',
        [("Actor", "<units>", 0), ("Facility", "R&D", 0), ("Place", "<b>Town</b>", 0), ("Actor", "Police & army", 0)],
    ),
    "quiet": ("Nothing happened in the valley.", []),
}
FOREIGN = """<View><Labels name="who" toName="body"><Label value="Actor"/><Label value="Place"/></Labels>
<Text name="body" value="$article" granularity="word"/>
<Choices name="side" toName="body" perRegion="true"><Choice value="north"/><Choice value="south"/></Choices></View>"""


def rows(dataset: Path) -> dict[str, dict[str, Any]]:
    """Gold rows by article id."""
    found = pyarrow.parquet.read_table(dataset / "default/train.parquet").to_pylist()
    return {row["id"]: row for row in found}


def test_every_span_is_what_the_browser_selected(
    server: LabelStudioServer, run: Run, annotator: Annotator, tmp_path: Path
) -> None:
    own = tmp_path / "hard.jsonl"
    rows_of_texts = [{"id": name, "text": text, "text_sha256": sha256_of(text)} for name, (text, _) in HARD.items()]
    own.write_text("".join(json.dumps(row) + "\n" for row in rows_of_texts))  # with its hash a text stays as it is
    assert run("labelstudio", "push", "corpus/articles", "--project", "drawn").stdout.startswith(
        f"{N_SHIPPED} tasks sent"
    )
    assert run("labelstudio", "push", own, "--project", "drawn").stdout.startswith(f"{len(HARD)} tasks sent")
    project = server.project_id("drawn")
    task_of = {task["data"]["article_id"]: task["id"] for task in server.tasks("drawn")}  # type: ignore[index]
    said: dict[str, list[str]] = {}
    for name, (_, drawn) in HARD.items():
        annotator.open_task(project, int(task_of[name]))  # type: ignore[call-overload]
        said[name] = [annotator.draw(label, words, nth) for label, words, nth in drawn]
        if name == "emoji":
            annotator.choose("shelled", "planned")
            annotator.link("shelled", "rebels", "agent")
            annotator.link("Northtown", "shelled", "place")  # the wrong way round
        annotator.submit()
    assert run("labelstudio", "pull", "--project", "drawn", "--out", tmp_path / "labels").returncode == 0
    done = run("convert", tmp_path / "labels", "--out", tmp_path / "dataset")
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "dataset")
    assert found.keys() == HARD.keys()
    for name, (text, drawn) in HARD.items():
        expected = []
        for label, words, nth in drawn:
            start = -1
            for _ in range(nth + 1):
                start = text.index(words, start + 1)
            expected.append((start, start + len(words), label))
        assert said[name] == [words for _, words, _ in drawn]
        spans = [(span["start"], span["end"], span["label"]) for span in found[name]["spans"]]
        assert spans == sorted(expected), name
        assert [found[name]["text"][start:end] for start, end, _ in sorted(expected)] == [
            text[start:end] for start, end, _ in sorted(expected)
        ]
    assert found["quiet"]["status"] == "reviewed_empty"
    emoji = {span["id"]: span for span in found["emoji"]["spans"]}
    by_text = {HARD["emoji"][0][span["start"] : span["end"]]: span for span in emoji.values()}
    assert {"name": "modality", "value": "planned"} in by_text["shelled"]["attributes"]
    assert sorted((r["role"], emoji[r["trigger"]]["label"], emoji[r["argument"]]["label"]) for r in found["emoji"]["roles"]) == [
        ("agent", "Explosion", "Actor"), ("place", "Explosion", "Place"),
    ]  # fmt: skip
    report = json.loads((tmp_path / "dataset/loss_report.json").read_text())
    n_spans = sum(len(drawn) for _, drawn in HARD.values())
    assert (report["spans"]["in"], report["spans"]["kept"]) == (n_spans, n_spans)
    assert (report["roles"]["kept"], report["roles"]["repaired"], report["attributes"]["kept"]) == (1, 1, 1)
    assert report["articles"]["reasons"] == {"refused: not annotated": N_SHIPPED}


def test_a_project_that_is_not_ours_with_cr_lf_and_other_names(
    server: LabelStudioServer, run: Run, annotator: Annotator, tmp_path: Path
) -> None:
    text = "\U0001f4cd Line one.\r\n\tA militia & others hit Toma.\r\nEnd in Kalo."
    project = server.api("POST", "/api/projects", json={"title": "foreign", "label_config": FOREIGN}).json()["id"]
    server.api("POST", f"/api/projects/{project}/import", json=[{"data": {"article": text}}])
    (task,) = server.tasks("foreign")
    annotator.open_task(project, int(task["id"]))  # type: ignore[call-overload]
    said = [annotator.draw(*drawn) for drawn in (("Actor", "militia"), ("Place", "Toma"), ("Place", "Kalo"))]
    annotator.choose("militia", "north")
    annotator.submit()
    assert run("labelstudio", "pull", "--project", "foreign", "--out", tmp_path / "labels").returncode == 0
    done = run("convert", tmp_path / "labels", "--out", tmp_path / "dataset")
    assert done.returncode == 0, done.stderr
    (row,) = rows(tmp_path / "dataset").values()
    stored = text.replace("\r\n", "\n")
    assert said == ["militia", "Toma", "Kalo"]
    assert row["text"] == stored
    assert [(s["start"], s["end"]) for s in row["spans"]] == [
        (stored.index(words), stored.index(words) + len(words)) for words in said
    ]
    assert row["spans"][0]["attributes"] == [{"name": "side", "value": "north"}]


def test_the_shipped_corpus_comes_back_from_the_server_byte_for_byte(
    server: LabelStudioServer, run: Run, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    splits = ("--splits", "corpus/splits")
    first_pass = ("corpus/annotations/pass-1.json", "corpus/annotations/third-pass-1.json")
    assert run("convert", *first_pass, *splits, "--out", first).returncode == 0
    assert run("labelstudio", "push", first, "--project", "round trip").stdout.startswith(f"{N_SHIPPED} tasks sent")
    assert run("labelstudio", "pull", "--project", "round trip", "--out", tmp_path / "labels").returncode == 0
    assert run("convert", tmp_path / "labels", *splits, "--out", second).returncode == 0
    files = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    assert files == {path.relative_to(second) for path in second.rglob("*") if path.is_file()}
    for name in files - {Path("manifest.json")}:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (first, second)]
    for manifest in manifests:
        del manifest["inputs"]  # the export has another name, and the server's own ids and times
    assert manifests[0] == manifests[1]


def test_status_tells_what_was_done_and_by_whom(server: LabelStudioServer, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps({"id": f"s{n}", "text": "All quiet."}) + "\n" for n in range(4)))
    run("labelstudio", "push", path, "--project", "progress")
    ids = [task["id"] for task in server.tasks("progress")]
    region = {"start": 0, "end": 3, "text": "All", "labels": ["Actor"]}
    item = {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": region}
    for task, body in zip(
        ids, ({"result": [item]}, {"result": []}, {"result": [], "was_cancelled": True}), strict=False
    ):
        server.api("POST", f"/api/tasks/{task}/annotations", json=body)
    done = run("labelstudio", "status", "--project", "progress", "--pulled", tmp_path / "labels")
    figures = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if line.startswith("│")
    ]
    assert figures == [
        ["4", "2 (50%)", "1", "1", "1", "0", "0", "0"],
        ["1", server.account["LABEL_STUDIO_USERNAME"], "2", "1", "1", "0", ""],
    ]
    assert f"never pulled into {tmp_path / 'labels'}" in done.stdout.replace("\n", "")
    run("labelstudio", "pull", "--project", "progress", "--out", tmp_path / "labels")
    done = run("labelstudio", "status", "--project", "progress", "--pulled", tmp_path / "labels")
    assert "last pull" in done.stdout and "3 annotations" in done.stdout
