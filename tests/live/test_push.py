"""Push and pull against a real server that is cut off, killed, or says no: one line, and the next run completes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import N_SHIPPED, PROGRAM, Run
from .proxy import Fault, FaultyProxy
from .server import LabelStudioServer

IMPORT, PROJECTS, SNAPSHOT = r"/projects/\d+/import", r"/api/projects/?$", r"/projects/\d+/exports/?$"
DOWNLOAD = r"/exports/\d+/download"


def start_push(server: LabelStudioServer, proxy: FaultyProxy, articles: Path, title: str) -> subprocess.Popen[str]:
    environment = os.environ | {"LABEL_STUDIO_URL": proxy.url, "LABEL_STUDIO_API_KEY": server.token}
    command = [PROGRAM, "labelstudio", "push", str(articles), "--project", title]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def counted(server: LabelStudioServer, title: str) -> Counter[int]:
    """How many articles stand how often on the server, asked without our code."""
    return Counter(Counter(task["data"]["article_id"] for task in server.tasks(title)).values())  # type: ignore[index]


def one_line(done: subprocess.CompletedProcess[str], *, key: str, url: str) -> str:
    """The only line of an error; it shows neither address nor key."""
    assert done.returncode == 1, done.stdout + done.stderr
    *before, line = done.stderr.strip().splitlines()
    assert all(other.startswith("ontology: ") for other in before)
    assert line.startswith("Error: ")
    assert key not in line and url.removeprefix("http://") not in line
    return line


def test_a_second_push_adds_nothing(server: LabelStudioServer, run: Run, articles: Path) -> None:
    first = run("labelstudio", "push", articles, "--project", "twice")
    second = run("labelstudio", "push", articles, "--project", "twice")
    assert first.stdout.startswith("1,200 tasks sent, 0 there already, 0 articles refused"), first.stderr
    assert second.stdout.startswith("0 tasks sent, 1,200 there already, 0 articles refused")
    assert counted(server, "twice") == {1: 1200}


KILLS: dict[str, Callable[[Callable[[], None]], Fault]] = {
    "before the project is made": lambda kill: Fault("POST", PROJECTS, before=kill, forward=False),
    "when the project is made": lambda kill: Fault("POST", PROJECTS, after=kill),
    "before the second request": lambda kill: Fault("POST", IMPORT, 2, before=kill, forward=False),
    "while the server works on the second": lambda kill: Fault("POST", IMPORT, 2, during=kill),
    "when the second was stored": lambda kill: Fault("POST", IMPORT, 2, after=kill),
    "when the last was stored": lambda kill: Fault("POST", IMPORT, 3, after=kill),
}


@pytest.mark.parametrize("point", KILLS)
def test_a_push_that_was_killed_is_completed_by_the_next(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run, articles: Path, point: str
) -> None:
    title = f"killed {point}"
    killed: list[subprocess.Popen[str]] = []

    def kill() -> None:
        killed[0].send_signal(signal.SIGKILL)
        killed[0].wait()

    proxy.fault = KILLS[point](kill)
    killed.append(start_push(server, proxy, articles, title))
    assert proxy.fault.happened.wait(60)
    assert killed[0].wait(30) == -signal.SIGKILL
    done = run("labelstudio", "push", articles, "--project", title)
    assert done.returncode == 0, done.stderr
    assert counted(server, title) == {1: 1200}


def test_the_next_push_may_begin_while_the_server_still_works_for_the_killed_one(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run, articles: Path
) -> None:
    killed: list[subprocess.Popen[str]] = []
    proxy.fault = Fault("POST", IMPORT, 2, during=lambda: killed[0].send_signal(signal.SIGKILL))
    killed.append(start_push(server, proxy, articles, "at once"))
    killed[0].wait(60)
    done = run("labelstudio", "push", articles, "--project", "at once")
    assert done.returncode == 0, done.stderr
    assert counted(server, "at once") == {1: 1200}


def test_copies_that_two_pushes_made_are_removed_and_work_is_kept(
    server: LabelStudioServer, run: Run, articles: Path
) -> None:
    run("labelstudio", "push", articles, "--project", "copies")
    tasks = server.tasks("copies")
    again = [{"data": task["data"]} for task in tasks[:20]]
    project = server.project_id("copies")
    server.api("POST", f"/api/projects/{project}/import", json=again)
    newest = max(int(task["id"]) for task in server.tasks("copies"))  # type: ignore[call-overload]
    region = {"start": 0, "end": 7, "text": "Article", "labels": ["Actor"]}
    item = {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": region}
    server.api("POST", f"/api/tasks/{newest}/annotations", json={"result": [item]})
    done = run("labelstudio", "push", articles, "--project", "copies")
    assert "20 tasks that stood twice" in done.stderr
    assert counted(server, "copies") == {1: 1200}
    assert [t["id"] for t in server.tasks("copies") if t["annotations"]] == [newest]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_answers_500_is_one_line_and_the_next_push_completes(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run, articles: Path, when: str
) -> None:
    proxy.fault = Fault("POST", IMPORT, 2, answer=500, forward=when == "after")
    title = f"500 {when}"
    line = one_line(
        run("labelstudio", "push", articles, "--project", title, url=proxy.url), key=server.token, url=proxy.url
    )
    assert (
        "importing 500 tasks" in line and "the server failed (500)" in line and "run the command again" in line.lower()
    )
    assert run("labelstudio", "push", articles, "--project", title).returncode == 0
    assert counted(server, title) == {1: 1200}


def test_a_real_500_is_not_sent_again(server: LabelStudioServer, proxy: FaultyProxy, run: Run, articles: Path) -> None:
    """The SDK would send it three times."""
    proxy.fault = Fault("POST", IMPORT, 1, answer=503)
    run("labelstudio", "push", articles, "--project", "no retries", url=proxy.url)
    assert sum(method == "POST" and path.endswith("/import") for method, path, _ in proxy.log) == 1


def test_a_wrong_key_is_one_line(server: LabelStudioServer, run: Run, articles: Path) -> None:
    wrong = "f" * 40
    line = one_line(run("labelstudio", "push", articles, key=wrong), key=wrong, url=server.url)
    assert "the server does not know this key (401)" in line


def test_a_damaged_personal_token_is_one_line(server: LabelStudioServer, run: Run) -> None:
    wrong = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.x"
    line = one_line(run("labelstudio", "status", key=wrong), key=wrong, url=server.url)
    assert "401" in line


def test_no_server_is_one_line(server: LabelStudioServer, run: Run, articles: Path) -> None:
    line = one_line(run("labelstudio", "push", articles, url="http://127.0.0.1:9"), key=server.token, url="127.0.0.1:9")
    assert "no Label Studio server answers at LABEL_STUDIO_URL" in line


def test_an_address_that_is_no_label_studio_is_one_line(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run
) -> None:
    proxy.fault = Fault("GET", "whoami", answer=404, forward=False)
    line = one_line(run("labelstudio", "status", url=proxy.url), key=server.token, url=proxy.url)
    assert "not that of a Label Studio server" in line


def test_a_project_deleted_meanwhile_is_one_line(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run, articles: Path
) -> None:
    proxy.fault = Fault(
        "POST", IMPORT, 2, before=lambda: server.api("DELETE", f"/api/projects/{server.project_id('gone')}") and None
    )
    done = run("labelstudio", "push", articles, "--project", "gone", url=proxy.url)
    assert "404" in one_line(done, key=server.token, url=proxy.url)
    assert "no project 'gone'" in one_line(
        run("labelstudio", "pull", "--project", "gone"), key=server.token, url=server.url
    )
    assert run("labelstudio", "push", articles, "--project", "gone").returncode == 0
    assert counted(server, "gone") == {1: 1200}


def test_a_lone_surrogate_is_replaced_and_told_and_refused_by_strict(
    server: LabelStudioServer, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "articles.jsonl"
    rows = [{"id": "good", "text": "All quiet."}, {"id": "odd", "text": "A \ud83d torn character.", "title": "\udc00"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    strict = run("labelstudio", "push", path, "--project", "surrogate", "--strict")
    assert "the text of odd had characters replaced" in one_line(strict, key=server.token, url=server.url)
    done = run("labelstudio", "push", path, "--project", "surrogate")
    assert "1 text had line ends, control characters or lone surrogates replaced, the first: odd" in done.stderr
    assert {task["data"]["text"] for task in server.tasks("surrogate")} == {"All quiet.", "A \ufffd torn character."}  # type: ignore[index]
    assert run("labelstudio", "push", path, "--project", "surrogate").stdout.startswith("0 tasks sent, 2 there already")


def test_a_changed_text_is_refused_with_the_way_out(server: LabelStudioServer, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text('{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n')
    run("labelstudio", "push", path, "--project", "changed")
    path.write_text('{"id": "a", "text": "One, edited."}\n{"id": "b", "text": "Two."}\n{"id": "c", "text": "Three."}\n')
    done = run("labelstudio", "push", path, "--project", "changed")
    assert "refused: article a: its text is another than the one on the server" in done.stderr
    assert "give the new text an id of its own" in done.stderr
    assert done.stdout.startswith("1 task sent, 1 there already, 1 article refused")
    assert sorted(task["data"]["text"] for task in server.tasks("changed")) == ["One.", "Three.", "Two."]  # type: ignore[index]
    strict = run("labelstudio", "push", path, "--project", "changed", "--strict")
    assert "--strict: article a: its text is another" in one_line(strict, key=server.token, url=server.url)


def test_labels_that_annotations_use_do_not_vanish(server: LabelStudioServer, run: Run, tmp_path: Path) -> None:
    path, ontology = tmp_path / "articles.jsonl", tmp_path / "o.yaml"
    path.write_text('{"id": "a", "text": "Rebels."}\n')
    ontology.write_text("{name: mini, version: 1.0.0, entities: [{name: Actor}, {name: Place}]}")
    push = ("labelstudio", "push", path, "--project", "labels", "--ontology", ontology)
    run(*push)
    (task,) = server.tasks("labels")
    server.api("POST", f"/api/tasks/{task['id']}/annotations", json={"result": []})
    ontology.write_text("{name: mini, version: 1.1.0, entities: [{name: Actor}]}")
    line = one_line(run(*push), key=server.token, url=server.url)
    assert "has 1 annotation, and mini@1.1.0 has no label 'Place' any more; push to a new project" in line
    ontology.write_text("{name: mini, version: 1.1.0, entities: [{name: Actor}, {name: Place}, {name: Date}]}")
    assert "is now that of mini@1.1.0, before mini@1.0.0 (labels added: Date)" in run(*push).stderr


def test_a_personal_access_token_works(server: LabelStudioServer, run: Run) -> None:
    token = server.api("POST", "/api/token/").json()["token"]
    done = run("labelstudio", "push", "corpus/articles", "--project", "with a personal token", key=token)
    assert done.returncode == 0 and done.stdout.startswith(f"{N_SHIPPED} tasks sent"), done.stderr


# these kill the server, and stand last


def test_a_server_killed_during_a_push_is_one_line_and_the_next_push_completes(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run, articles: Path
) -> None:
    proxy.fault = Fault("POST", IMPORT, 2, during=server.kill)
    done = run("labelstudio", "push", articles, "--project", "server killed", url=proxy.url)
    assert "the connection broke" in one_line(done, key=server.token, url=proxy.url)
    server.start()
    assert run("labelstudio", "push", articles, "--project", "server killed").returncode == 0
    assert counted(server, "server killed") == {1: 1200}


@pytest.mark.parametrize(("method", "path"), [("POST", SNAPSHOT), ("GET", DOWNLOAD)])
def test_a_server_killed_during_a_pull_leaves_the_folder_as_it_was(
    server: LabelStudioServer, proxy: FaultyProxy, run: Run, articles: Path, tmp_path: Path, method: str, path: str
) -> None:
    run("labelstudio", "push", articles, "--project", "pulled")
    pull = ("labelstudio", "pull", "--project", "pulled", "--out", tmp_path / "labels")
    assert "of 1,200 tasks" in run(*pull).stdout
    before = {p.name: p.read_bytes() for p in (tmp_path / "labels").iterdir()}
    proxy.fault = Fault(method, path, before=server.kill)
    done = run(*pull, url=proxy.url)
    assert "the connection broke" in one_line(done, key=server.token, url=proxy.url)
    assert {p.name: p.read_bytes() for p in (tmp_path / "labels").iterdir()} == before
    server.start()
    again = run(*pull)
    assert again.returncode == 0, again.stderr
    snapshots = server.api("GET", f"/api/projects/{server.project_id('pulled')}/exports").json()
    assert len(snapshots) <= 1
