"""Roles, attributes and events of a model with heads, on a real server and in its page: shown, corrected, counted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from eventcorpus.articles.rows import article_row
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.files import to_json
from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.config import label_config
from eventcorpus.ontology import Ontology, ontology_yaml, parse_ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe
from linked_articles import ARTICLES, ONTOLOGY

from .browser import HIGHLIGHT, Annotator
from .conftest import Run
from .model_server import Backend, connect, predictions
from .server import LabelStudioServer

DATA = ONTOLOGY.model_dump(by_alias=True)
AIMED: Ontology = parse_ontology(
    DATA | {"roles": [*DATA["roles"], {"name": "aimed at", "signatures": [{"to": ["Ville ou village"]}]}]}, place="here"
)
"""With a role that no article has, and that people may give in the place of another one."""
ACCEPTED, CORRECTED, SPLIT, JOINED, FEWER = (
    "rebels-homs-True", "rebels-homs-False", "rebels-hama-True", "rebels-hama-False", "troops-homs-False"
)  # fmt: skip
GOLD = {annotated.article.id: annotated for annotated in ARTICLES}
CHOSEN = [GOLD[name] for name in (ACCEPTED, CORRECTED, SPLIT, JOINED, FEWER)]
LINKS = ("predicted", "kept", "changed", "removed", "added", "annotated")
THEIRS = """<View><Labels name="what" toName="body"><Label value="Épidémie"/><Label value="Air raid"/><Label value="Grève"/></Labels>
<Labels name="who" toName="body"><Label value="Who"/><Label value="Ville ou village"/></Labels>
<Relations><Relation value="où"/></Relations><Text name="body" value="$text" granularity="word"/>
<Choices name="how sure" toName="body" perRegion="true"><Choice value="sûr"/></Choices></View>"""
"""A configuration of somebody else: one of the model's roles, one of its values."""


@pytest.fixture(scope="module")
def model(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has learned all roles, attributes and events of the articles by heart, in some fifteen seconds."""
    folder = tmp_path_factory.mktemp("linked") / "raids"
    recipe = Recipe(
        encoder=str(tiny_encoder), num_train_epochs=20, learning_rate=5e-3, per_device_train_batch_size=8,
        max_length=64, stride=16, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False,
        heads=True, heads_learning_rate=3e-3, save_steps=10_000, eval_strategy="no",
    )  # fmt: skip
    torch.manual_seed(0)
    fit(ARTICLES, AIMED, recipe, folder)
    found = Extractor.from_pretrained(folder).extract(a.article for a in CHOSEN)
    for annotated, mentions in zip(CHOSEN, found, strict=True):
        place = {m.id: (m.start, m.end) for m in mentions}
        assert {(link.role, place[m.id], place[link.argument]) for m in mentions for link in m.links} == links(
            annotated
        )
    return folder


@pytest.fixture
def files(model: Path, run: Run, tmp_path: Path) -> Path:
    """A folder with articles, the ontology, and what the model finds in them."""
    (tmp_path / "articles.jsonl").write_text("".join(to_json(article_row(a.article)) + "\n" for a in CHOSEN))
    (tmp_path / "ontology.yaml").write_text(ontology_yaml(AIMED))
    done = run(
        "extract", tmp_path / "articles.jsonl", "--model", model, "--backend", "fp32", "--out", tmp_path / "p.jsonl"
    )
    assert done.returncode == 0, done.stderr
    return tmp_path


Linked = set[tuple[str, tuple[int, int], tuple[int, int]]]


def links(annotated: AnnotatedArticle) -> Linked:
    """The roles of an article by the places of their ends."""
    place = {span.id: (span.start, span.end) for span in annotated.spans}
    return {(role.role, place[role.trigger], place[role.argument]) for role in annotated.roles}


def open_task(annotator: Annotator, project: int, task: int, n_regions: int = 5) -> None:
    annotator.open_task(project, task)
    there = "([selector, n]) => document.querySelectorAll(selector).length === n"
    annotator.page.wait_for_function(there, arg=[HIGHLIGHT, n_regions])


def tasks_by_article(server: LabelStudioServer, title: str) -> dict[str, int]:
    return {task["data"]["article_id"]: int(task["id"]) for task in server.tasks(title)}  # type: ignore[call-overload, index]


def test_what_people_do_to_relations_and_choices_in_the_page_is_what_corrections_says(
    server: LabelStudioServer, run: Run, annotator: Annotator, files: Path
) -> None:
    made_from = ("--project", "linked", "--ontology", files / "ontology.yaml")
    assert run("labelstudio", "push", files / "articles.jsonl", *made_from).returncode == 0
    done = run("labelstudio", "preannotate", "--predictions", files / "p.jsonl", *made_from, "--strict")
    assert "5 tasks given predictions, 0 had them, 0 articles refused; 25 mentions, 22 roles, 3 attr" in done.stdout
    assert "7 values left unset, as by annotators: the default in santé@1.0.0" in done.stderr
    project, task_of = server.project_id("linked"), tasks_by_article(server, "linked")

    open_task(annotator, project, task_of[ACCEPTED])
    raid, town, group = "Air raid", "Ville ou village", "Who"
    assert annotator.relations() == [(raid, group), (raid, town), (raid, group), (raid, town), (raid, raid)]
    assert annotator.drawn_roles(5) == ["done by", "done by", "où", "où", "same"]
    assert annotator.chosen("bombed") == annotator.chosen("raid") == []
    annotator.submit()

    open_task(annotator, project, task_of[CORRECTED])
    assert annotator.relations() == [(raid, group), (raid, town), (raid, group), (raid, town)]
    assert (annotator.chosen("bombed"), annotator.chosen("bombed", 1)) == ([], ["peut-être"])
    annotator.click("bombed", 1)
    annotator.page.screenshot(path=os.environ.get("SCREENSHOT", str(files / "linked.png")))
    annotator.page.keyboard.press("Escape")
    annotator.choose("bombed", "sûr", 1)
    annotator.unlink(2)
    annotator.rename_relation(1, "où", "aimed at")
    assert annotator.drawn_roles(3) == ["aimed at", "done by", "où"]
    annotator.submit()

    open_task(annotator, project, task_of[SPLIT])
    annotator.unlink(4)
    annotator.choose("raid", "peut-être")
    annotator.submit()

    open_task(annotator, project, task_of[JOINED])
    annotator.choose("bombed", "peut-être", 1)  # which has it: unset now
    assert annotator.chosen("bombed", 1) == []
    annotator.link("bombed", "bombed", "same", from_nth=1)
    annotator.submit()

    open_task(annotator, project, task_of[FEWER])
    annotator.remove("troops")
    assert annotator.relations() == [(raid, town), (raid, town)]
    annotator.submit()

    assert run("labelstudio", "pull", *made_from, "--out", files / "labels").returncode == 0
    done = run("labelstudio", "corrections", files / "labels", "--json", "-")
    report = json.loads(done.stdout)
    assert {name: tuple(row[kind] for kind in LINKS) for name, row in report["roles"].items()} == {
        "où": (10, 9, 1, 0, 0, 10),
        "done by": (10, 7, 0, 3, 0, 7),
        "same": (2, 1, 0, 1, 1, 2),
    }
    assert [report["attributes"]["how sure"][kind] for kind in LINKS] == [3, 1, 1, 1, 1, 3]
    mentions = report["total"]["mentions"]
    assert (mentions["predicted"], mentions["kept"], mentions["removed"]) == (25, 24, 1)
    assert (report["total"]["annotations"], report["total"]["untouched"], report["left_out"]) == (5, 1, {})

    done = run("convert", files / "labels", "--out", files / "dataset", "--strict")
    assert done.returncode == 0, done.stderr
    loss = json.loads((files / "dataset" / "loss_report.json").read_text())
    for kind, n in (("spans", 24), ("roles", 19), ("attributes", 3)):
        assert [loss[kind][key] for key in ("in", "kept", "repaired", "refused", "flagged")] == [n, n, 0, 0, 0]
    read = {a.article.id: a for split in read_dataset(files / "dataset").splits.values() for a in split}
    first, second = (7, 13), (34, 40)
    assert links(read[ACCEPTED]) == links(GOLD[ACCEPTED])
    assert links(read[CORRECTED]) == {
        ("done by", first, (0, 6)),
        ("aimed at", first, (14, 18)),
        ("où", second, (41, 45)),
    }
    assert links(read[SPLIT]) == {link for link in links(GOLD[SPLIT]) if link[0] != "same"}
    assert links(read[JOINED]) == links(GOLD[JOINED]) | {("same", second, first)}
    assert links(read[FEWER]) == {link for link in links(GOLD[FEWER]) if link[0] == "où"}
    assert {name: len(read[name].events) for name in read} == {
        ACCEPTED: 1, CORRECTED: 2, SPLIT: 2, JOINED: 1, FEWER: 2
    }  # fmt: skip
    said = {(name, s.start): dict(s.attributes)["how sure"] for name in read for s in read[name].spans if s.attributes}
    assert len(said) == 10  # of ten triggers; where nothing was chosen, convert has filled in the default
    assert {place for place, value in said.items() if value != "sûr"} == {(SPLIT, 24), (FEWER, 34)}


def test_a_project_of_others_shows_the_roles_and_values_that_it_has_and_the_rest_is_counted(
    server: LabelStudioServer, run: Run, annotator: Annotator, files: Path
) -> None:
    project = server.api("POST", "/api/projects", json={"title": "theirs", "label_config": THEIRS}).json()["id"]
    tasks = [{"data": {"text": a.article.text, "article_id": a.article.id}} for a in CHOSEN[:2]]
    server.api("POST", f"/api/projects/{project}/import", json=tasks)
    lines = (files / "p.jsonl").read_text().splitlines()[:2]
    (files / "p.jsonl").write_text("\n".join(lines) + "\n")
    preannotate = ("labelstudio", "preannotate", "--predictions", files / "p.jsonl", "--project", project)
    done = run(*preannotate, "--strict")
    place = f"project {project} 'theirs'"
    assert done.stderr.strip().endswith(
        f"Error: --strict: the role 'done by' is not in {place}, which has où (6 roles and attributes without control); "
        "nothing was sent"
    )
    done = run(*preannotate, "--ontology", files / "ontology.yaml")
    assert (
        "2 tasks given predictions, 0 had them, 0 articles refused; 10 mentions, 4 roles, 3 attributes" in done.stdout
    )
    assert f"left out: 4 times: the role 'done by' is not in {place}, which has où" in done.stderr
    assert f"left out: 1 time: the role 'same' is not in {place}, which has où" in done.stderr
    assert f"left out: 1 time: 'how sure'='peut-être' cannot be said in {place}; the attribute takes sûr" in done.stderr
    assert f"{place} was not made from santé@1.0.0: default values are shown as any others" in done.stderr
    open_task(annotator, project, tasks_by_article(server, "theirs")[CORRECTED])
    assert annotator.drawn_roles(2) == ["où", "où"]
    assert (annotator.chosen("bombed"), annotator.chosen("bombed", 1)) == (["sûr"], [])


def test_a_task_opens_with_the_relations_and_choices_of_a_model_that_is_asked(
    server: LabelStudioServer, model: Path, annotator: Annotator, tmp_path: Path
) -> None:
    backend = Backend(model, tmp_path / "log")
    text = GOLD[CORRECTED].article.text
    try:
        for title, config, roles, first, second in (
            ("asked", label_config(AIMED), ["done by", "done by", "où", "où"], [], ["peut-être"]),
            ("asked by others", THEIRS, ["où", "où"], ["sûr"], []),
        ):
            project = server.api("POST", "/api/projects", json={"title": title, "label_config": config}).json()["id"]
            server.api("POST", f"/api/projects/{project}/import", json=[{"data": {"text": text}}])
            (task,) = (int(one["id"]) for one in server.tasks(title))  # type: ignore[call-overload]
            assert connect(server, project, backend.url).status_code == 201
            open_task(annotator, project, task)
            assert annotator.drawn_roles(len(roles)) == roles
            assert (annotator.chosen("bombed"), annotator.chosen("bombed", 1)) == (first, second)
            annotator.submit()
            (prediction,) = predictions(server, task)
            (annotation,) = server.api("GET", f"/api/tasks/{task}/annotations").json()
            for result in (prediction["result"], annotation["result"]):
                assert sorted(name for item in result if item["type"] == "relation" for name in item["labels"]) == roles
                assert [item["value"]["choices"] for item in result if item["type"] == "choices"] == [first or second]
        assert "1 task, 5 mentions, 4 roles, 1 attribute" in backend.log
        assert "1 task, 5 mentions, 2 roles, 1 attribute" in backend.log
        assert (
            f"left out of the answer: 2 times: the role 'done by' is not in project {project}, which has où, and 1"
            in (backend.log)
        )
    finally:
        backend.kill()
