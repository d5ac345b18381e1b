"""One article's trip through every stage, by the commands that people type, with an encoder made on the spot."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from eventcorpus.cli.main import main

ARTICLES = """=== convoy
title: Convoy
invented: true

[rebels](Actor#a1) [attacked](Battle agent=a1 place=p1 time=t1) the town of [homs](Place#p1) on [monday](Time#t1)

=== quiet
title: Quiet

the town on friday
"""
ONTOLOGY = """
name: mini
version: 1.0.0
triggers: [{name: Battle}]
entities: [{name: Actor}, {name: Place}, {name: Time}]
roles: [{name: agent, signatures: [{to: [Actor]}]}, {name: place, signatures: [{to: [Place]}]}, {name: time}]
"""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_from_typed_text_to_a_score_and_mentions(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.txt").write_text(ARTICLES)
    Path("o.yaml").write_text(ONTOLOGY)
    Path("splits").mkdir()
    Path("splits/train.txt").write_text("convoy\nquiet\n")
    Path("recipe.yaml").write_text(
        f"encoder: {tiny_encoder}\nnum_train_epochs: 120\nlearning_rate: 5e-3\nprecision: "
        "fp32\nfreeze_word_embeddings: false\n"
        "layerwise_lr_decay: 1.0\nmax_length: 32\nstride: 8\n"
    )
    run(
        "inline", "read", "mine.txt", "--articles", "a.jsonl", "--annotations", "done/pass.json", "--ontology", "o.yaml"
    )
    run("labelstudio", "tasks", "a.jsonl", "--out", "tasks", "--ontology", "o.yaml")
    run("convert", "done", "--ontology", "o.yaml", "--splits", "splits", "--out", "ds", "--strict")
    run("train", "recipe.yaml", "--dataset", "ds", "--out", "m")
    table = run("eval", "--model", "m", "--dataset", "ds", "--split", "train", "--json", "e.json", "--html", "e.html")
    assert "micro" in table
    assert json.loads(Path("e.json").read_text())["exact"]["micro"]["f1"] == 1.0

    Path("new.txt").write_text("http://example.org/1\nrebels attacked the town of homs on monday\n")
    (line,) = run(
        "extract", "new.txt", "--model", "m", "--backend", "fp32", "--published", "2018-04-24", "--with-text"
    ).splitlines()
    found = json.loads(line)
    assert found["text"] == "rebels attacked the town of homs on monday\n"
    assert (found["schema"], found["id"], found["published"], found["warnings"]) == (1, "new", "2018-04-24", [])
    assert [(m["label"], m["text"], found["text"][m["start"] : m["end"]]) for m in found["mentions"]] == [
        ("Actor", "rebels", "rebels"),
        ("Battle", "attacked", "attacked"),
        ("Place", "homs", "homs"),
        ("Time", "monday", "monday"),
    ]

    Path("p.jsonl").write_text(line)
    assert "1 task" in run(
        "labelstudio", "tasks", "new.txt", "--out", "again", "--ontology", "o.yaml", "--predictions", "p.jsonl"
    )
    (task,) = json.loads(Path("again/tasks-00001.json").read_text())
    result = task["predictions"][0]["result"]
    assert [r["value"]["text"] for r in result if r["type"] == "labels"] == ["rebels", "attacked", "homs", "monday"]
    text_of = {m["id"]: m["text"] for m in found["mentions"]}
    links = {(role["role"], text_of[role["trigger"]], text_of[role["argument"]]) for role in found["roles"]}
    of_tasks = {(label, r["from_id"], r["to_id"]) for r in result if r["type"] == "relation" for label in r["labels"]}
    assert {(role, "attacked") for role, _, _ in links} == {(role, trigger) for role, trigger, _ in links}
    assert len(of_tasks) == len(found["roles"]) > 0
