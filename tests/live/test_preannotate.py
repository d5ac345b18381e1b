"""A model's predictions on a real server, in a real page: shown, accepted, corrected with the mouse, pulled, counted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from eventcorpus.cli.main import main
from eventcorpus.text import sha256_of, stored_form

from .browser import HIGHLIGHT, TEXT, Annotator
from .conftest import PROGRAM, Run
from .proxy import Fault, FaultyProxy
from .server import LabelStudioServer

IMPORT = r"/projects/\d+/import/predictions"
STORY = "Rebels \U0001f6a8 shelled Northtown on Monday, killing at least 12 people. Later the army left Eastvale."
Found = list[tuple[str, str, float]]
Call = Callable[..., Result]
SHOWN: Found = [
    ("Actor", "Rebels", 0.98),
    ("Explosion", "shelled", 0.41),
    ("Place", "Northtown", 0.9),
    ("Time", "Monday", 0.7),
    ("Actor", "army", 0.5),
]
FOREIGN = """<View><Labels name="who" toName="body"><Label value="Actor"/><Label value="Place"/></Labels>
<Relations><Relation value="agent"/></Relations><Text name="body" value="$article" granularity="word"/>
<Choices name="side" toName="body" perRegion="true"><Choice value="north"/><Choice value="south"/></Choices></View>"""


def prediction(article: str, text: str, found: Found, *, model: str = "demo", **more: Any) -> dict[str, Any]:
    """One line of a predictions file; ids of mentions are their words."""
    text = stored_form(text).text
    mentions = [
        {"start": text.index(words), "end": text.index(words) + len(words), "label": label, "text": words,
         "confidence": confidence, "id": words}
        for label, words, confidence in found
    ]  # fmt: skip
    about = {"name": model, "hash": "0123456789abcdef" * 4}
    return {"model": about, "id": article, "text_sha256": sha256_of(text), "mentions": mentions} | more


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def predictions_of(server: LabelStudioServer, title: str) -> dict[str, list[tuple[str, int]]]:
    """Article -> (model version, number of items) of each of its predictions, asked without our code."""
    project = server.project_id(title)
    articles = {task["id"]: task["data"]["article_id"] for task in server.tasks(title)}  # type: ignore[index]
    found: dict[str, list[tuple[str, int]]] = {article: [] for article in articles.values()}
    for one in server.api("GET", "/api/predictions", params={"project": project}).json():
        found[articles[one["task"]]].append((one["model_version"], len(one["result"])))
    return found


@pytest.fixture
def call(server: LabelStudioServer) -> Call:
    """As ``run``, within this process: what loads slowly is loaded once."""
    environment = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.token}
    return lambda *arguments: CliRunner().invoke(main, [*map(str, arguments)], env=environment)


def one_line(done: Result) -> str:
    assert done.exit_code == 1, done.stdout + done.stderr
    *before, line = done.stderr.strip().splitlines()
    assert line.startswith("Error: ") and all(other.startswith("ontology: ") for other in before)
    return line


def shown(annotator: Annotator) -> list[str]:
    """The words of the regions on the page, in text order."""
    annotator.page.wait_for_selector(HIGHLIGHT, state="attached")
    return annotator.page.locator(HIGHLIGHT).all_inner_texts()


def test_what_annotators_do_to_predictions_in_the_page_is_what_corrections_says(
    server: LabelStudioServer, run: Run, annotator: Annotator, tmp_path: Path
) -> None:
    names = ("accepted", "corrected", "begun-empty", "queue")
    write_lines(tmp_path / "articles.jsonl", *({"id": name, "text": STORY} for name in names))
    said = {"roles": [{"role": "agent", "trigger": "shelled", "argument": "Rebels", "confidence": 0.6}]}
    rows = [prediction(name, STORY, SHOWN, **said) for name in names]
    for row in rows:
        row["mentions"][1]["attributes"] = {"modality": "planned"}
    file = write_lines(tmp_path / "predictions.jsonl", *rows)
    assert run("labelstudio", "push", tmp_path / "articles.jsonl", "--project", "shown").returncode == 0
    preannotate = ("labelstudio", "preannotate", "--predictions", file, "--project", "shown")
    done = run(*preannotate)
    project = server.project_id("shown")
    assert done.stdout == (
        "4 tasks given predictions, 0 had them, 0 articles refused; 20 mentions, 4 roles, 4 attributes: "
        f"demo@0123456789ab in project {project} 'shown'\n"
    ), done.stderr
    assert f"annotators of project {project} begin with the predictions of demo@0123456789ab now" in done.stderr
    task_of = {task["data"]["article_id"]: int(task["id"]) for task in server.tasks("shown")}  # type: ignore[call-overload, index]

    annotator.open_task(project, task_of["accepted"])
    assert shown(annotator) == ["Rebels", "shelled", "Northtown", "Monday", "army"]
    annotator.page.screenshot(path=os.environ.get("SCREENSHOT", str(tmp_path / "shown.png")))
    assert {"0.98", "0.41", "0.90", "0.70"} <= set(annotator.page.locator("body").inner_text().split())
    annotator.submit()

    annotator.open_task(project, task_of["corrected"])
    shown(annotator)
    annotator.remove("Rebels")
    annotator.relabel("Northtown", "Facility")
    annotator.remove("Monday")
    annotator.draw("Time", "on Monday")
    annotator.stretch("army", to="the army")
    annotator.draw("Place", "Eastvale")
    annotator.submit()

    annotator.open_task(project, task_of["begun-empty"])
    shown(annotator)
    annotator.page.locator("button[aria-label='Create an annotation']").click()
    annotator.page.wait_for_function("selector => !document.querySelector(selector)", arg=HIGHLIGHT)
    annotator.draw("Actor", "Rebels")
    annotator.submit()

    annotator.page.goto(f"{server.url}/projects/{project}/data?labeling=1")
    annotator.page.wait_for_selector(f"{TEXT} span", state="attached")
    assert shown(annotator) == ["Rebels", "shelled", "Northtown", "Monday", "army"]
    annotator.submit()

    assert run("labelstudio", "pull", "--project", "shown", "--out", tmp_path / "labels").returncode == 0
    done = run("labelstudio", "corrections", tmp_path / "labels", "--json", "-", "--within", 600)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    kinds = ("predicted", "kept", "moved", "relabelled", "moved_and_relabelled", "removed", "added", "annotated")
    assert {label: tuple(row[kind] for kind in kinds) for label, row in report["labels"].items()} == {
        "Explosion": (3, 3, 0, 0, 0, 0, 0, 3),
        "Actor": (6, 4, 1, 0, 0, 1, 0, 5),
        "Place": (3, 2, 0, 1, 0, 0, 1, 3),
        "Facility": (0, 0, 0, 0, 0, 0, 0, 1),
        "Time": (3, 2, 1, 0, 0, 0, 0, 3),
    }
    assert report["relabellings"] == [{"predicted": "Place", "annotated": "Facility", "n": 1}]
    links = ("predicted", "kept", "changed", "removed", "added")
    assert [report["roles"]["agent"][kind] for kind in links] == [3, 2, 0, 1, 0]
    assert [report["attributes"]["modality"][kind] for kind in links] == [3, 3, 0, 0, 0]
    total = report["total"]
    assert (total["annotations"], total["untouched"], total["untouched_within"], total["redrawn"]) == (3, 2, 2, 1)
    assert total["origins"] == {"manual": 2, "prediction": 11, "prediction-changed": 2}
    assert report["apart"]["not_begun_from_prediction"] == 1
    assert set(report["models"]) == {"demo@0123456789ab"} and set(report["annotators"]) == {"a1"}
    table = run("labelstudio", "corrections", tmp_path / "labels").stdout
    assert "3 annotations begun from a prediction: 2 untouched (66.7%)" in table
    assert "1 begun empty though a prediction was there" in table

    assert run(*preannotate).stdout.startswith("0 tasks given predictions, 4 had them, 0 articles refused")
    assert set(map(len, predictions_of(server, "shown").values())) == {1}
    done = run(*preannotate, "--replace")
    assert done.stdout.startswith("1 task given predictions, 3 had them")
    assert "3 tasks with the prediction that was there: an annotation was begun from it" in done.stderr
    assert set(map(len, predictions_of(server, "shown").values())) == {1}


def test_a_project_that_is_not_ours_with_cr_lf_shows_each_mention_where_it_is(
    server: LabelStudioServer, call: Call, annotator: Annotator, tmp_path: Path
) -> None:
    text = "\U0001f4cd Line one.\r\n\tA militia & others\r\nhit Toma.\r\n\r\nEnd in Kalo."
    project = server.api("POST", "/api/projects", json={"title": "cr lf", "label_config": FOREIGN}).json()["id"]
    server.api("POST", f"/api/projects/{project}/import", json=[{"data": {"article": text}}])
    stored = stored_form(text).text
    row = prediction(
        sha256_of(stored)[:16], text, [("Actor", "A militia & others\nhit", 0.8), ("Place", "Toma", 0.9), ("Place", "Kalo", 0.5)],
        roles=[{"role": "agent", "trigger": "Toma", "argument": "Kalo"}],
    )  # fmt: skip
    row["mentions"][0]["attributes"] = {"side": "north"}
    file = write_lines(tmp_path / "p.jsonl", row)
    done = call("labelstudio", "preannotate", "--predictions", file, "--project", project)
    assert "3 mentions, 1 role, 1 attribute" in done.stdout, done.stderr
    (task,) = server.tasks("cr lf")
    annotator.open_task(project, int(task["id"]))  # type: ignore[call-overload]
    assert "".join("".join(shown(annotator)).split()) == "Amilitia&othershitTomaKalo"
    annotator.submit()
    assert call("labelstudio", "pull", "--project", "cr lf", "--out", tmp_path / "labels").exit_code == 0
    assert call("convert", tmp_path / "labels", "--out", tmp_path / "ds", "--strict").exit_code == 0
    (article,) = pyarrow.parquet.read_table(tmp_path / "ds/default/train.parquet").to_pylist()
    assert article["text"] == stored
    assert [(s["start"], s["end"], s["label"]) for s in article["spans"]] == [
        (m["start"], m["end"], m["label"]) for m in row["mentions"]
    ]
    report = json.loads(call("labelstudio", "corrections", tmp_path / "labels", "--json", "-").stdout)
    assert (report["total"]["untouched"], report["total"]["mentions"]["kept"], report["left_out"]) == (1, 3, {})


def test_what_does_not_fit_is_one_line_and_nothing_is_written(
    server: LabelStudioServer, call: Call, tmp_path: Path
) -> None:
    texts = {"one": STORY, "two": "The army left Eastvale on Friday.", "three": "All quiet."}
    write_lines(tmp_path / "articles.jsonl", *({"id": name, "text": text} for name, text in texts.items()))
    call("labelstudio", "push", tmp_path / "articles.jsonl", "--project", "wrong")
    command = ("labelstudio", "preannotate", "--predictions", tmp_path / "p.jsonl", "--project")

    write_lines(
        tmp_path / "p.jsonl",
        *(prediction(n, t, [("Weapon", "a" if n == "one" else "l", 1.0)]) for n, t in texts.items()),
    )
    assert "no project 'nowhere' on the server" in one_line(call(*command, "nowhere"))

    write_lines(tmp_path / "p.jsonl", prediction("one", STORY, [("Bomb", "Monday", 0.5)]))
    line = one_line(call(*command, "wrong"))
    assert "the label 'Bomb' is not in project" in line and "which has Battle, Explosion" in line
    assert line.endswith("nothing was sent")

    wrong_role = {"roles": [{"role": "hits", "trigger": "shelled", "argument": "Monday"}]}
    write_lines(tmp_path / "p.jsonl", prediction("one", STORY, SHOWN, **wrong_role))
    strict = one_line(call(*command, "wrong", "--strict"))
    assert "--strict: the role 'hits' is not in project" in strict and strict.endswith("nothing was sent")

    write_lines(tmp_path / "p.jsonl", prediction("one", STORY + " Edited.", SHOWN))
    assert "predicted on a text with sha256" in one_line(call(*command, "wrong"))

    write_lines(
        tmp_path / "p.jsonl", prediction("one", STORY, SHOWN), prediction("two", texts["two"], [], model="other")
    )
    assert "predictions of 2 models" in one_line(call(*command, "wrong"))
    assert predictions_of(server, "wrong") == {"one": [], "two": [], "three": []}
    settings = server.api("GET", f"/api/projects/{server.project_id('wrong')}").json()
    assert not settings["model_version"]

    rows = [prediction("one", STORY, SHOWN), prediction("two", texts["two"] + "!", []), prediction("nine", "x", [])]
    write_lines(tmp_path / "p.jsonl", *rows)
    strict = one_line(call(*command, "wrong", "--strict"))
    assert "--strict: article two: predicted on a text" in strict and "(2 of 3 articles); nothing was sent" in strict
    assert predictions_of(server, "wrong")["one"] == []
    done = call(*command, "wrong")
    assert "refused: article two: predicted on a text" in done.stderr and "article nine: it is not in" in done.stderr
    assert done.stdout.startswith("1 task given predictions, 0 had them, 2 articles refused; 5 mentions")
    assert {name: len(found) for name, found in predictions_of(server, "wrong").items()} == {
        "one": 1,
        "two": 0,
        "three": 0,
    }


def test_parts_of_a_long_article_get_what_lies_inside(server: LabelStudioServer, call: Call, tmp_path: Path) -> None:
    text = "Rebels shelled Northtown on Monday. " + "Nothing else was said that day. " * 8 + "The army left Eastvale."
    write_lines(tmp_path / "articles.jsonl", {"id": "long", "text": text})
    call("labelstudio", "push", tmp_path / "articles.jsonl", "--project", "parts", "--max-chars", 200)
    found: Found = [
        ("Actor", "Rebels", 0.9),
        ("Explosion", "shelled", 0.8),
        ("Movement", "left", 0.7),
        ("Place", "Eastvale", 0.6),
    ]
    roles = [("agent", "shelled", "Rebels"), ("place", "left", "Eastvale"), ("agent", "left", "Rebels")]
    said = [dict(zip(("role", "trigger", "argument"), role, strict=True)) for role in roles]
    file = write_lines(tmp_path / "p.jsonl", prediction("long", text, found, roles=said))
    command = ("labelstudio", "preannotate", "--predictions", file, "--project", "parts")
    assert "1 mention or role across the cuts" in one_line(call(*command, "--strict"))
    done = call(*command)
    assert done.stdout.startswith("2 tasks given predictions, 0 had them, 0 articles refused; 4 mentions, 2 roles")
    assert "1 item of mentions and roles across the cuts between the parts of long articles left out" in done.stderr
    text_of = {task["id"]: task["data"]["text"] for task in server.tasks("parts")}  # type: ignore[index]
    for one in server.api("GET", "/api/predictions", params={"project": server.project_id("parts")}).json():
        for value in (item["value"] for item in one["result"] if "value" in item):
            assert text_of[one["task"]][value["start"] : value["end"]] == value["text"]


@pytest.fixture(scope="module")
def many(server: LabelStudioServer, articles: Path) -> list[dict[str, Any]]:
    """1,200 articles in the project ``many``."""
    environment = os.environ | {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.token}
    command = [PROGRAM, "labelstudio", "push", str(articles), "--project", "many"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    rows: list[dict[str, Any]] = [json.loads(line) for line in articles.read_text().splitlines()]
    return rows


KILLS: dict[str, Callable[[Callable[[], None]], Fault]] = {
    "at-work-on-the-second": lambda kill: Fault("POST", IMPORT, 2, during=kill),
    "after-the-last": lambda kill: Fault("POST", IMPORT, 2, after=kill),
}


@pytest.mark.parametrize("point", KILLS)
def test_a_run_that_was_killed_is_completed_by_the_next(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run, many: list[dict[str, Any]], tmp_path: Path, point: str
) -> None:
    rows = [prediction(row["id"], row["text"], [("Place", "bridge", 0.5)], model=point) for row in many]
    file = write_lines(tmp_path / "p.jsonl", *rows)
    call = ["labelstudio", "preannotate", "--predictions", str(file), "--project", "many"]
    killed: list[subprocess.Popen[str]] = []
    proxy.fault = KILLS[point](lambda: killed[0].send_signal(signal.SIGKILL))
    environment = os.environ | {"LABEL_STUDIO_URL": proxy.url, "LABEL_STUDIO_API_KEY": server.token}
    killed.append(
        subprocess.Popen([PROGRAM, *call], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
    assert killed[0].wait(60) == -signal.SIGKILL
    done = run(*call)
    assert done.returncode == 0, done.stderr
    version = f"{point}@0123456789ab"
    found = predictions_of(server, "many")
    assert Counter(sum(v == version for v, _ in several) for several in found.values()) == {1: 1200}
    settings = server.api("GET", f"/api/projects/{server.project_id('many')}").json()
    assert (settings["model_version"], settings["show_collab_predictions"]) == (version, True)


def test_copies_are_removed_and_replace_leaves_other_models_alone(
    server: LabelStudioServer, call: Call, tmp_path: Path
) -> None:
    write_lines(tmp_path / "articles.jsonl", *({"id": name, "text": STORY} for name in "ab"))
    call("labelstudio", "push", tmp_path / "articles.jsonl", "--project", "copies of predictions")
    command = ("labelstudio", "preannotate", "--project", "copies of predictions", "--predictions")
    first = write_lines(tmp_path / "1.jsonl", *(prediction(name, STORY, SHOWN) for name in "ab"))
    other = write_lines(tmp_path / "2.jsonl", prediction("b", STORY, SHOWN[:1], model="other"))
    assert call(*command, first).exit_code == call(*command, other).exit_code == 0
    project = server.project_id("copies of predictions")
    tasks = {task["data"]["article_id"]: task["id"] for task in server.tasks("copies of predictions")}  # type: ignore[index]
    again = [{"task": tasks["a"], "model_version": "demo@0123456789ab", "result": []}]
    server.api("POST", f"/api/projects/{project}/import/predictions", json=again)
    done = call(*command, first)
    assert "1 prediction that stood twice, after a run that was killed: the copies were removed" in done.stderr
    assert "begin with the predictions of demo@0123456789ab now (before: other@0123456789ab)" in done.stderr
    assert predictions_of(server, "copies of predictions") == {
        "a": [("demo@0123456789ab", 5)], "b": [("demo@0123456789ab", 5), ("other@0123456789ab", 1)],
    }  # fmt: skip
    fewer = write_lines(tmp_path / "3.jsonl", *(prediction(name, STORY, SHOWN[:2]) for name in "ab"))
    assert call(*command, fewer).stdout.startswith("0 tasks given predictions, 2 had them")
    done = call(*command, fewer, "--replace")
    assert done.stdout.startswith("2 tasks given predictions, 0 had them")
    assert "2 predictions of this version removed first" in done.stderr
    assert {name: sorted(found) for name, found in predictions_of(server, "copies of predictions").items()} == {
        "a": [("demo@0123456789ab", 2)], "b": [("demo@0123456789ab", 2), ("other@0123456789ab", 1)],
    }  # fmt: skip
