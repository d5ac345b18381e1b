"""Two annotators in a real Label Studio, someone who decides between them, and the order in which to annotate."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import read_annotations, read_dataset
from eventcorpus.labelstudio.annotations import read_exports
from eventcorpus.labelstudio.config import read_ontology

from .browser import HIGHLIGHT, Annotator
from .conftest import Run
from .server import ROOT, LabelStudioServer

N_ARTICLES = 6


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("few") / "articles.jsonl"
    lines = (ROOT / "corpus/articles/first.jsonl").read_text().splitlines()[:N_ARTICLES]
    path.write_text("\n".join(lines) + "\n")
    return path


def shipped() -> dict[str, list[dict[str, Any]]]:
    """The shipped annotations of the first articles, as items of a result, read without our code."""
    tasks = json.loads((ROOT / "corpus/annotations/pass-1.json").read_text())[:N_ARTICLES]
    return {task["data"]["article_id"]: task["annotations"][0]["result"] for task in tasks}


def planted(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the second annotator makes of it: a span missing, one shorter, an Actor a Source, a role gone, a doubt."""
    items = copy.deepcopy(items)
    regions = [item for item in items if item["type"] == "labels"]
    linked = {item[end] for item in items if item["type"] == "relation" for end in ("from_id", "to_id")}
    free = [r for r in regions if r["id"] not in linked]
    gone = free[-1]["id"]
    shorter = next(r for r in regions if " " in r["value"]["text"] and r["id"] != gone)
    cut = shorter["value"]["text"].rindex(" ")
    for item in items:
        if item.get("id") == shorter["id"]:
            item["value"] |= {"end": item["value"]["start"] + cut, "text": shorter["value"]["text"][:cut]}
    other = next(r for r in regions if r["value"]["labels"] == ["Actor"] and r["id"] not in (gone, shorter["id"]))
    other["value"]["labels"] = ["Source"]
    role = next(
        i for i in items if i["type"] == "relation" and not {i["from_id"], i["to_id"]} & {shorter["id"], other["id"]}
    )
    doubted = next(
        r for r in regions if r["value"]["labels"] == ["Casualties"] and r["id"] not in (gone, shorter["id"])
    )
    items = [
        i for i in items if not (i["type"] == "choices" and (i["id"], i["from_name"]) == (doubted["id"], "modality"))
    ]
    said = {key: doubted["value"][key] for key in ("start", "end", "text")} | {"choices": ["possible"]}
    items.append(doubted | {"from_name": "modality", "type": "choices", "value": said})
    return [item for item in items if item.get("id") != gone and item is not role]


def second_user(server: LabelStudioServer) -> int:
    made = server.api(
        "POST", "/api/users", json={"email": "second@example.com", "username": "second", "password": "x" * 12}
    )
    return int(made.json()["id"])


def spans(result: list[dict[str, Any]]) -> set[tuple[int, int, str]]:
    return {(r["value"]["start"], r["value"]["end"], r["value"]["labels"][0]) for r in result if r["type"] == "labels"}


Place = tuple[int, int, str]


def places(result: list[dict[str, Any]]) -> dict[str, Place]:
    return {r["id"]: place for r in result if r["type"] == "labels" for place in spans([r])}


def links(result: list[dict[str, Any]]) -> set[tuple[str, Place, Place]]:
    at = places(result)
    return {(r["labels"][0], at[r["from_id"]], at[r["to_id"]]) for r in result if r["type"] == "relation"}


def modality(result: list[dict[str, Any]], triggers: set[str]) -> dict[Place, str]:
    said = {r["id"]: r["value"]["choices"][0] for r in result if r.get("from_name") == "modality"}
    return {place: said.get(name, "actual") for name, place in places(result).items() if place[2] in triggers}


def events(result: list[dict[str, Any]], triggers: set[str]) -> dict[Place, set[Place]]:
    """Each trigger's event, as the set of its triggers."""
    of = {place: {place} for place in places(result).values() if place[2] in triggers}
    for role, one, other in links(result):
        if role == "same_event" and one[2] == other[2]:
            together = of[one] | of[other]
            for place in together:
                of[place] = together
    return of


def check_agreement(report: dict[str, Any], first: dict[str, Any], second: dict[str, Any]) -> None:
    """The figures of agree, computed without our code from what the annotators submitted."""
    ontology = read_ontology(ROOT / "corpus/ontology.yaml")
    triggers, texts = set(ontology.trigger_names), {
        json.loads(line)["id"]: json.loads(line)["text"]
        for line in (ROOT / "corpus/articles/first.jsonl").read_text().splitlines()
    }  # fmt: skip
    n = Counter[str]()
    values: tuple[list[str], list[str]] = ([], [])
    characters: tuple[list[int], list[int]] = ([], [])
    shares: tuple[list[float], list[float]] = ([], [])
    for name, items in first.items():
        a, b = items, second[name]
        n.update(a=len(spans(a)), b=len(spans(b)), both=len(spans(a) & spans(b)))
        ours, theirs = ({link for link in links(x) if link[0] != "same_event"} for x in (a, b))
        n.update(roles_a=len(ours), roles_b=len(theirs), roles=len(ours & theirs))
        said = modality(a, triggers), modality(b, triggers)
        shared = sorted(said[0].keys() & said[1].keys())
        for side in (0, 1):
            values[side].extend(said[side][place] for place in shared)
            marked = {i for start, end, label in spans((a, b)[side]) if label == "Actor" for i in range(start, end)}
            characters[side].extend(int(i in marked) for i in range(len(texts[name])))
        in_a, in_b = events(a, triggers), events(b, triggers)
        for place in shared:
            one, other = in_a[place] & set(shared), in_b[place] & set(shared)
            shares[0].append(len(one & other) / len(other))
            shares[1].append(len(one & other) / len(one))
    assert report["all_labels"]["f1_exact"]["value"] == pytest.approx(2 * n["both"] / (n["a"] + n["b"]))
    assert report["all_roles"]["f1"]["value"] == pytest.approx(2 * n["roles"] / (n["roles_a"] + n["roles_b"]))
    assert report["attributes"]["modality"]["kappa"]["value"] == pytest.approx(cohen_kappa_score(*values))
    alpha = krippendorff.alpha(np.array(characters), level_of_measurement="nominal")
    assert report["labels"]["Actor"]["alpha_characters"]["value"] == pytest.approx(alpha)
    precision, recall = (sum(share) / len(share) for share in shares)
    found = report["events"]["on_triggers_of_both"]
    assert found["precision"]["value"] == pytest.approx(precision) and found["recall"]["value"] == pytest.approx(recall)
    assert n["both"] < n["a"] and values[0] != values[1] and alpha < 1 and n["roles"] < n["roles_a"]


def test_what_two_annotators_differ_in_is_decided_and_becomes_gold(
    server: LabelStudioServer, run: Run, articles: Path, tmp_path: Path
) -> None:
    first = shipped()
    second = {name: planted(items) for name, items in first.items()}
    other = second_user(server)
    assert run("labelstudio", "push", articles, "--project", "both").returncode == 0
    for task in server.tasks("both"):
        name = task["data"]["article_id"]  # type: ignore[index]
        for result, by in ((first[name], None), (second[name], other)):
            body = {"result": result} | ({"completed_by": by} if by else {})
            server.api("POST", f"/api/tasks/{task['id']}/annotations", json=body)
    assert run("labelstudio", "pull", "--project", "both", "--out", tmp_path / "passes").returncode == 0
    convert = run("convert", tmp_path / "passes", "--out", tmp_path / "both")
    assert convert.returncode == 0, convert.stderr
    _, several = read_annotations(tmp_path / "both")
    assert [[one.annotator for one in passes] for passes in several] == [["a1", "a2"]] * N_ARTICLES

    agree = run("agree", tmp_path / "both", "--json", "-", "--resamples", "50")
    assert agree.returncode == 0, agree.stderr
    check_agreement(json.loads(agree.stdout)["all_pairs"], first, second)

    decide = run("labelstudio", "adjudicate", tmp_path / "both", "--project", "decisions")
    assert decide.stdout.startswith(f"{N_ARTICLES} articles to decide sent, 0 there already"), decide.stderr
    again = run("labelstudio", "adjudicate", tmp_path / "both", "--project", "decisions")
    assert again.stdout.startswith(f"0 articles to decide sent, {N_ARTICLES} there already")

    # the adjudicator sides with the first annotator in odd articles and with the second in even ones
    gold: dict[str, list[dict[str, Any]]] = {}
    for n, task in enumerate(server.tasks("decisions")):
        name, data = task["data"]["article_id"], task["data"]  # type: ignore[index]
        assert f"{len(str(data['disagreements']).splitlines()) - 1} differences between a1, a2" in data["disagreements"]  # type: ignore[index]
        views = server.api("GET", "/api/predictions", params={"task": task["id"]}).json()
        by = {view["model_version"]: view["result"] for view in views}
        assert spans(by["a1"]) == spans(first[name]) and spans(by["a2"]) == spans(second[name])
        assert spans(by["everybody"]) == spans(first[name]) | spans(second[name])
        disputed = {s for r in by["everybody"] if r["type"] == "labels" and r.get("meta") for s in spans([r])}
        assert disputed == spans(first[name]) ^ spans(second[name])
        gold[name] = (first if n % 2 else second)[name]
        server.api("POST", f"/api/tasks/{task['id']}/annotations", json={"result": by["a1" if n % 2 else "a2"]})
    assert run("labelstudio", "pull", "--project", "decisions", "--out", tmp_path / "decided").returncode == 0
    out = tmp_path / "gold"
    done = run("convert", tmp_path / "passes", tmp_path / "decided", "--gold", "adjudicated", "--out", out)
    assert done.returncode == 0, done.stderr
    for annotated in read_dataset(out).split("train"):
        name = annotated.article.id
        assert {(s.start, s.end, s.label) for s in annotated.spans} == spans(gold[name])
        assert len(annotated.roles) == sum(item["type"] == "relation" for item in gold[name])
        agreed = spans(first[name]) & spans(second[name])
        assert {(s.start, s.end, s.label) for s in annotated.spans if s.decided_by == "agreed"} == agreed
        assert {s.decided_by for s in annotated.spans} <= {"agreed", "adjudicated"}
    assert "as adjudicated" in (out / "README.md").read_text()


def test_the_page_shows_everybodys_regions_in_their_colours_and_the_list_of_differences(
    server: LabelStudioServer, tmp_path: Path
) -> None:
    (task, *_) = server.tasks("decisions")
    with Annotator(server.url) as annotator:
        annotator.log_in(server.account["LABEL_STUDIO_USERNAME"], server.account["LABEL_STUDIO_PASSWORD"])
        project = server.project_id("decisions")
        page = annotator.page
        page.goto(f"{server.url}/projects/{project}/data?task={task['id']}")
        page.wait_for_selector(HIGHLIGHT)
        shown = page.locator(HIGHLIGHT)
        colours = shown.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
        assert len(colours) > 20
        assert "rgba(0, 0, 0, 0)" not in colours
        assert page.get_by_text("differences between a1, a2").count() >= 1
        page.screenshot(path=tmp_path / "adjudication.png")


def test_the_open_tasks_of_a_project_get_their_order_and_a_tab(
    server: LabelStudioServer, run: Run, articles: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in articles.read_text().splitlines()]
    predictions = tmp_path / "predictions.jsonl"
    word = [row["text"].split()[0] for row in rows]
    predictions.write_text("".join(
        json.dumps({"model": {"name": "m"}, "id": row["id"], "text_sha256": row["text_sha256"], "mentions": [
            {"start": 0, "end": len(word[n]), "label": "Place", "text": word[n], "confidence": 1 - n / 10}]}) + "\n"
        for n, row in enumerate(rows)
    ))  # fmt: skip
    assert run("labelstudio", "push", articles, "--project", "queue").returncode == 0
    done = next(t for t in server.tasks("queue") if t["data"]["article_id"] == rows[-1]["id"])  # type: ignore[index]
    server.api("POST", f"/api/tasks/{done['id']}/annotations", json={"result": []})
    of = ("--predictions", predictions, "--project", "queue", "--random-share", 0)
    order = ("labelstudio", "rank", articles, *of, "--json", "-")
    first = run(*order, "--top", 3)
    assert first.returncode == 0, first.stderr
    ranked = [json.loads(line)["id"] for line in first.stdout.splitlines()]
    assert set(ranked) == {row["id"] for row in rows[:-1]}
    assert "a new rank for 3 of 6 tasks, 0 lost an old one, 0 articles not in it" in first.stderr
    assert "a new rank for 0 of 6 tasks" in run(*order, "--top", 3).stderr
    (tab,) = [
        view for view in server.api("GET", "/api/dm/views", params={"project": server.project_id("queue")}).json()
        if view["data"]["title"] == "next"
    ]  # fmt: skip
    shown = server.api("GET", "/api/tasks", params={"view": tab["id"], "fields": "all"}).json()["tasks"]
    assert [task["data"]["article_id"] for task in shown] == ranked[:3]
    server.api("POST", f"/api/tasks/{shown[0]['id']}/annotations", json={"result": []})
    after = run(*order, "--top", 1)
    assert "1 lost an old one" in after.stderr
    assert run("labelstudio", "pull", "--project", "queue", "--out", tmp_path / "labels").returncode == 0
    found = read_exports(
        [tmp_path / "labels" / "export.json"], read_ontology(ROOT / "corpus/ontology.yaml"), ConversionReport()
    )
    by_id = {one.article.id: one.article.metadata for one in found}
    assert by_id == {ranked[0]: {"next_by": "model"}, rows[-1]["id"]: {}}
