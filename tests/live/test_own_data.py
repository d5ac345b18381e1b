"""The first hour with own data: what annotators see, an ontology that comes back with the labels, two annotators."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.ontology import label_colours

from .browser import TEXT, Annotator
from .conftest import Run
from .server import LabelStudioServer

ONTOLOGY = """schema: 1
name: floods
version: 1.0.0
triggers:
  - {name: Flood, definition: 'Water -- where it should not be, also <b>burst</b> dams for $5.', examples: [inundated]}
entities:
  - {name: Town, definition: A town.}
  - {name: Людина 🔥}
roles:
  - {name: where, definition: Where it was., signatures: [{from: [Flood], to: [Town]}]}
attributes:
  - {name: certainty, of: triggers, default: sure, values: [{name: sure}, {name: unsure, definition: It may be.}]}
"""
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"> $text &amp; {{x}}"
ARTICLES = [
    {"id": "own-1", "title": "Kalo under water", "outlet": HOSTILE, "published": "2018-04-24",
     "text": "Kalo was flooded on Monday."},
    {"id": "own-2", "text": "The river flooded Westford."},
    {"id": "own-3", "title": "All quiet", "text": "Nothing happened in Kalo."},
]  # fmt: skip
PASSWORD = "second-annotator"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles and an ontology of one's own."""
    path = tmp_path_factory.mktemp("own")
    (path / "articles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ARTICLES))
    (path / "floods.yaml").write_text(ONTOLOGY, encoding="utf-8")
    return path


def push(run: Run, folder: Path, title: str, *more: object) -> str:
    done = run("labelstudio", "push", folder / "articles.jsonl", "--project", title, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_page_shows_the_article_s_fields_as_text_and_only_its_text_can_be_labelled(
    server: LabelStudioServer, run: Run, annotator: Annotator, folder: Path
) -> None:
    push(run, folder, "own page", "--ontology", folder / "floods.yaml")
    project = server.project_id("own page")
    task = next(t for t in server.tasks("own page") if t["data"]["article_id"] == "own-1")  # type: ignore[index]
    annotator.open_task(project, int(task["id"]))  # type: ignore[call-overload]
    page = annotator.page
    for shown in ("Kalo under water", "2018-04-24", "own-1", HOSTILE):
        assert page.get_by_text(shown, exact=True).count() >= 1, shown
    assert page.title() == "Label Studio"
    annotator.draw("Flood", "flooded")
    annotator.draw("Town", "Kalo")
    annotator.submit()
    (done,) = next(t for t in server.tasks("own page") if t["id"] == task["id"])["annotations"]  # type: ignore[misc]
    assert [(i["value"]["start"], i["value"]["end"], i["to_name"]) for i in done["result"]] == [
        (9, 16, "text"), (0, 4, "text"),
    ]  # fmt: skip


def test_labels_have_our_colours_and_say_what_they_mean(
    server: LabelStudioServer, run: Run, annotator: Annotator, folder: Path
) -> None:
    push(run, folder, "own page", "--ontology", folder / "floods.yaml")
    config = server.api("GET", f"/api/projects/{server.project_id('own page')}").json()["parsed_label_config"]
    shown = {name: about["background"] for name, about in config["label"]["labels_attrs"].items()}
    assert shown == label_colours(["Flood", "Town", "Людина 🔥"])
    page = annotator.page
    page.remove_locator_handler(page.get_by_text("Labeling Instructions"))  # this test reads them
    page.goto(f"{server.url}/projects/{server.project_id('own page')}/data?labeling=1")
    page.wait_for_selector("text=Labeling Instructions")
    assert page.get_by_text("Water -- where it should not be, also <b>burst</b> dams for $5.").count() >= 1
    assert page.get_by_text("If nothing is chosen, it means sure.").count() == 1
    page.keyboard.press("Escape")


def test_the_task_list_begins_with_our_columns_and_stays_as_people_leave_it(
    server: LabelStudioServer, run: Run, annotator: Annotator, folder: Path
) -> None:
    push(run, folder, "own tabs", "--ontology", folder / "floods.yaml")
    project = server.project_id("own tabs")
    views = server.api("GET", "/api/dm/views", params={"project": project}).json()
    assert [view["data"]["title"] for view in views] == ["articles", "open"]
    annotator.page.goto(f"{server.url}/projects/{project}/data")
    annotator.page.wait_for_selector("text=own-1")
    columns = annotator.page.locator("[class*=table-head], [class*=table__head]").first.inner_text().split()
    assert [c for c in columns if c in ("article_id", "title", "outlet", "published", "n_words", "text")] == [
        "article_id", "title", "outlet", "published", "n_words",
    ]  # fmt: skip
    first = views[0]
    server.api("PATCH", f"/api/dm/views/{first['id']}", json={"data": first["data"] | {"title": "mine"}})
    server.api("DELETE", f"/api/dm/views/{views[1]['id']}")
    push(run, folder, "own tabs", "--ontology", folder / "floods.yaml")
    left = server.api("GET", "/api/dm/views", params={"project": project}).json()
    assert [view["data"]["title"] for view in left] == ["mine"]


def test_the_ontology_comes_back_with_the_labels_and_the_next_push_keeps_it(
    server: LabelStudioServer, run: Run, folder: Path, tmp_path: Path
) -> None:
    push(run, folder, "own ontology", "--ontology", folder / "floods.yaml")
    again = push(run, folder, "own ontology")
    assert "ontology: floods@1.0.0 (from which project" in again
    done = run("labelstudio", "pull", "--project", "own ontology", "--out", tmp_path / "labels")
    assert done.returncode == 0, done.stderr
    assert read_ontology(tmp_path / "labels/ontology.yaml") == read_ontology(folder / "floods.yaml")
    assert read_ontology(tmp_path / "labels/config.xml") == read_ontology(folder / "floods.yaml")
    newer = tmp_path / "newer.yaml"
    newer.write_text(ONTOLOGY.replace("1.0.0", "1.1.0").replace("{name: Town,", "{name: Ship}\n  - {name: Town,"))
    changed = push(run, folder, "own ontology", "--ontology", newer)
    assert "is now that of floods@1.1.0, before floods@1.0.0 (labels added: Ship)" in changed
    project = server.api("GET", f"/api/projects/{server.project_id('own ontology')}").json()
    assert "Ship" in project["expert_instruction"]


def test_instructions_that_somebody_wrote_stay(
    server: LabelStudioServer, run: Run, folder: Path, tmp_path: Path
) -> None:
    push(run, folder, "own words", "--ontology", folder / "floods.yaml")
    path = f"/api/projects/{server.project_id('own words')}"
    server.api("PATCH", path, json={"expert_instruction": "<p>Mind the rivers.</p>"})
    newer = tmp_path / "newer.yaml"
    newer.write_text(ONTOLOGY.replace("1.0.0", "1.1.0").replace("{name: Town,", "{name: Ship}\n  - {name: Town,"))
    push(run, folder, "own words", "--ontology", newer)
    assert server.api("GET", path).json()["expert_instruction"] == "<p>Mind the rivers.</p>"


@pytest.fixture
def second(server: LabelStudioServer, run: Run, annotator: Annotator, folder: Path) -> Annotator:
    """Somebody who made an account where ``labelstudio annotators`` says that one can."""
    push(run, folder, "own pair", "--ontology", folder / "floods.yaml")
    told = run("labelstudio", "annotators", 2, "--project", "own pair")
    assert told.returncode == 0, told.stderr
    assert "each task is finished when 2 people have labelled it" in told.stdout
    where = told.stdout.split("the server's page ")[1].split()[0]
    person = annotator.colleague()
    person.page.goto(server.url + where)
    person.page.fill("[name=email]", "second@example.com")
    person.page.fill("[name=password]", PASSWORD)
    person.page.press("[name=password]", "Enter")
    person.page.wait_for_url(lambda url: "/user/signup" not in url)
    return person


def label_queue(person: Annotator, url: str, words: dict[str, str]) -> list[str]:
    """Work through "Label All Tasks": in each text mark the word for it as Flood; returns the texts, sorted.

    ``words`` are, by text, what to mark in it (nothing: submit it empty).
    """
    page, seen = person.page, []
    page.goto(url)
    for n in range(len(words)):
        page.wait_for_selector(f"{TEXT} span", state="attached")
        if page.locator("text=Labeling Instructions").count():
            page.keyboard.press("Escape")
            page.wait_for_selector("text=Labeling Instructions", state="detached")
        page.wait_for_function(
            "([selector, seen]) => { const e = document.querySelector(selector); return e && e.innerText.trim() && "
            "!seen.includes(e.innerText.trim()) }",
            arg=[TEXT, seen],
        )
        text = page.locator(TEXT).first.inner_text().strip()
        assert page.locator("[class*=htx-highlight]").count() == 0, f"{n}: another's work is on the page"
        seen.append(text)
        if words[text]:
            person.draw("Flood", words[text])
        person.submit()
    return sorted(seen)


def test_two_people_label_every_article_each_for_themselves_and_agree_compares_them(
    server: LabelStudioServer, run: Run, annotator: Annotator, second: Annotator, folder: Path, tmp_path: Path
) -> None:
    queue = f"{server.url}/projects/{server.project_id('own pair')}/data?labeling=1"
    texts = sorted(str(row["text"]) for row in ARTICLES)
    mine = dict(zip(texts, ("flooded", "", "flooded"), strict=True))
    theirs = mine | {texts[2]: "river"}
    assert label_queue(annotator, queue, mine) == texts
    assert label_queue(second, queue, theirs) == texts
    status = run("labelstudio", "status", "--project", "own pair")
    assert "3 (100%)" in status.stdout and "second@example.com" in status.stdout
    labels, dataset = tmp_path / "labels", tmp_path / "dataset"
    for command in (
        ("labelstudio", "pull", "--project", "own pair", "--out", labels),
        ("convert", labels, "--out", dataset, "--strict"),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stderr
    agreed = run("agree", dataset)
    assert agreed.returncode == 0, agreed.stderr
    assert "a1" in agreed.stdout and "a2" in agreed.stdout
