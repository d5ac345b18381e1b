"""One frozen model behind a real Label Studio server and its page: shown, killed, slow, refused.

What the page must show is computed with ``Extractor`` on the text that the server holds.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel

from eventcorpus.dataset.folder import read_dataset
from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.config import label_config
from eventcorpus.models.encoders import find_encoder, load_tokenizer
from eventcorpus.text import stored_form
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import read_recipe

from .browser import HIGHLIGHT, Annotator
from .conftest import PREDICT_SECONDS, PROGRAM
from .model_server import Backend, connect, predictions
from .proxy import Fault, FaultyProxy
from .server import ROOT, LabelStudioServer

STORY = (ROOT / "corpus/examples/kourani-road.txt").read_text(encoding="utf-8")
CRLF = "\U0001f6a8\U0001f525 " + STORY.replace("\n", "\r\n")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small encoder that has learned six of the shipped articles by heart: dozens of mentions in any story."""
    folder = tmp_path_factory.mktemp("backend")
    convert = [PROGRAM, "convert", "corpus/annotations", "--splits", "corpus/splits", "--out", folder / "dataset"]
    subprocess.run(convert, cwd=ROOT, check=True, capture_output=True)
    dataset = read_dataset(folder / "dataset")
    tokenizer = load_tokenizer(str(find_encoder("bundled")))
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # on a busy machine two threads wait for each other most of the time
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")
    recipe = read_recipe(ROOT / "training/recipes/demo.yaml").replace(
        encoder=str(folder / "encoder"), num_train_epochs=30,
        learning_rate=3e-3, layerwise_lr_decay=1.0, freeze_word_embeddings=False, precision="fp32", save_steps=10_000,
    )  # fmt: skip
    fit(dataset.split("train")[:6], dataset.ontology, recipe, folder / "six-articles")
    torch.set_num_threads(n_threads)
    return folder / "six-articles"


@pytest.fixture(scope="module")
def extractor(model: Path) -> Extractor:
    return Extractor.from_pretrained(model, device="cpu")


@pytest.fixture(scope="module")
def backend(model: Path) -> Iterator[Backend]:
    one = Backend(model, model.parent / "log")
    yield one
    one.kill()


Make = Callable[..., tuple[int, list[int]]]


@pytest.fixture
def make(server: LabelStudioServer, extractor: Extractor) -> Make:
    """Make a project with some texts; gives its id and those of its tasks."""

    def call(title: str, *texts: str, config: str = label_config(extractor.about.ontology)) -> tuple[int, list[int]]:
        project = server.api("POST", "/api/projects", json={"title": title, "label_config": config}).json()["id"]
        server.api("POST", f"/api/projects/{project}/import", json=[{"data": {"text": text}} for text in texts])
        return project, [int(task["id"]) for task in server.tasks(title)]  # type: ignore[call-overload]

    return call


def state(server: LabelStudioServer, project: int) -> tuple[str, str]:
    (one,) = server.api("GET", "/api/ml", params={"project": project}).json()
    return one["readable_state"], one["error_message"] or ""


def expected(extractor: Extractor, original: str) -> list[tuple[int, int, str]]:
    """Mentions by their offsets in the original text, mapped with nothing but line ends."""
    stored = stored_form(original).text
    back = [i for i, c in enumerate(original) if not (c == "\n" and original[i - 1 : i] == "\r")]
    (mentions,) = extractor.extract([stored])
    return [(back[m.start], back[m.end - 1] + 1, m.label) for m in mentions]


def regions(result: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    return [(r["value"]["start"], r["value"]["end"], *r["value"]["labels"]) for r in marked(result)]


def marked(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mentions of a result, in which relations and choices stand beside them."""
    return [region for region in result if region["type"] == "labels"]


def wait_for_regions(annotator: Annotator, n: int) -> None:
    there = "([selector, n]) => document.querySelectorAll(selector).length >= n"
    annotator.page.wait_for_function(there, arg=[HIGHLIGHT, n])


class Slow(Fault):
    """Every prediction takes longer than the server waits, until ``over`` is set."""

    over = False

    def strikes(self, method: str, path: str) -> bool:
        """Whether this is one."""
        return not self.over and method == self.method and bool(self.path.search(path))


def test_a_task_opens_with_the_models_regions(
    server: LabelStudioServer, backend: Backend, extractor: Extractor, annotator: Annotator, make: Make, tmp_path: Path
) -> None:
    project, (story, crlf, *more) = make("model shown", STORY, CRLF, "All quiet.", STORY[:300])
    connected = connect(server, project, backend.url)
    assert (connected.status_code, connected.json()["readable_state"]) == (201, "Connected"), connected.text
    assert connected.json()["model_version"] == extractor.name.version

    for task, text in ((story, STORY), (crlf, CRLF)):
        assert predictions(server, task) == []
        annotator.open_task(project, task)
        wanted = expected(extractor, text)
        assert len(wanted) > 10
        wait_for_regions(annotator, len(wanted))
        (prediction,) = predictions(server, task)
        assert regions(prediction["result"]) == wanted
        assert prediction["model_version"] == extractor.name.version
        assert prediction["score"] == min(r["score"] for r in marked(prediction["result"]))
        shown = annotator.page.locator(HIGHLIGHT).all_text_contents()
        assert sorted(shown) == sorted(text[start:end] for start, end, _ in wanted)
        annotator.page.screenshot(path=tmp_path / f"task-{task}.png")

    annotator.submit()
    (annotation,) = server.api("GET", f"/api/tasks/{crlf}/annotations").json()
    assert regions(annotation["result"]) == expected(extractor, CRLF)
    assert {r["origin"] for r in marked(annotation["result"])} == {"prediction"}

    batch = {"selectedItems": {"all": True, "excluded": []}}
    server.api("POST", "/api/dm/actions", params={"id": "retrieve_tasks_predictions", "project": project}, json=batch)
    for task, text in zip(more, ("All quiet.", STORY[:300]), strict=True):
        (prediction,) = predictions(server, task)
        assert regions(prediction["result"]) == expected(extractor, text)
    assert [len(predictions(server, task)) for task in (story, crlf)] == [1, 1]  # what is there is not asked again
    assert re.search(r"POST /labelstudio/predict 200 \d+ ms, 2 tasks, \d+ mentions", backend.log)
    assert "POST /labelstudio/webhook 200" in backend.log
    assert server.token not in backend.log and "Kourani" not in backend.log


def test_while_the_model_is_away_people_annotate_without_it_and_nothing_is_written(
    server: LabelStudioServer, model: Path, extractor: Extractor, annotator: Annotator, make: Make, tmp_path: Path
) -> None:
    project, (first, second) = make("model killed", STORY, STORY)
    away = Backend(model, tmp_path / "log")
    try:
        assert connect(server, project, away.url).status_code == 201
        away.kill()
        began = time.monotonic()
        annotator.open_task(project, first)
        assert time.monotonic() - began < 15
        assert annotator.page.locator(HIGHLIGHT).count() == 0
        annotator.draw("Actor", "Gunmen")
        annotator.submit()
        (annotation,) = server.api("GET", f"/api/tasks/{first}/annotations").json()
        assert regions(annotation["result"]) == [(20, 26, "Actor")]
        assert predictions(server, first) == []
        assert state(server, project)[0] == "Disconnected"
        again = connect(server, project, away.url)
        assert again.status_code == 400 and f"Can't connect to ML backend {away.url}, health check failed" in again.text
        away.start()
        annotator.open_task(project, second)
        wait_for_regions(annotator, len(expected(extractor, STORY)))
        assert regions(predictions(server, second)[0]["result"]) == expected(extractor, STORY)
        assert state(server, project)[0] == "Connected"
    finally:
        away.kill()


def test_an_answer_that_comes_too_late_is_not_written(
    server: LabelStudioServer, backend: Backend, extractor: Extractor, annotator: Annotator, make: Make
) -> None:
    project, (task, other) = make("model slow", STORY, STORY)
    slow = FaultyProxy(backend.url)
    try:
        assert connect(server, project, slow.url).status_code == 201
        slow.fault = Slow("POST", "^/predict", before=lambda: time.sleep(PREDICT_SECONDS + 2))
        began = time.monotonic()
        annotator.open_task(project, task)
        assert PREDICT_SECONDS <= time.monotonic() - began < 3 * PREDICT_SECONDS + 15
        annotator.draw("Actor", "Gunmen")
        annotator.submit()
        time.sleep(PREDICT_SECONDS + 3)  # by now the model has answered all that it was asked, and nobody listened
        answered = [status for _, path, status in slow.log if path == "/predict"]
        assert answered and set(answered) == {200}
        assert predictions(server, task) == []
        assert len(server.api("GET", f"/api/tasks/{task}/annotations").json()) == 1
        slow.fault.over = True
        annotator.open_task(project, other)  # which is in time
        wait_for_regions(annotator, len(expected(extractor, STORY)))
        assert regions(predictions(server, other)[0]["result"]) == expected(extractor, STORY)
    finally:
        slow.close()


def test_a_model_with_other_labels_is_refused_in_words_on_the_page_and_nothing_is_written(
    server: LabelStudioServer, backend: Backend, extractor: Extractor, annotator: Annotator, make: Make
) -> None:
    config = label_config(extractor.about.ontology)
    project, (task,) = make("model of others", STORY, config=config.replace('value="Weapon"', 'value="Arms"'))
    said = f"project {project} has no label Weapon, which the model {extractor.name.version} finds; the project has Battle,"
    refused = connect(server, project, backend.url)
    assert refused.status_code == 400 and said.replace(" ", "-") in refused.text, refused.text
    assert server.api("GET", "/api/ml", params={"project": project}).json() == []

    page = annotator.page
    page.goto(f"{server.url}/projects/{project}/settings/ml")
    page.click("button:has-text('Connect Model')")
    page.fill("[name=title]", "ours")
    page.fill("[name=url]", backend.url)
    page.click("button:has-text('Validate and Save')")
    page.wait_for_selector("text=but it doesn't look like a valid ML backend")
    assert said.replace(" ", "-") in page.inner_text("body").replace("\n", "")
    assert f"/setup refused: {said}" in backend.log

    # connected while the labels agreed, then somebody renamed one
    project, (task,) = make("model then changed", STORY)
    assert connect(server, project, backend.url).status_code == 201
    changed = config.replace('value="Weapon"', 'value="Arms"')
    server.api("PATCH", f"/api/projects/{project}", json={"label_config": changed})
    annotator.open_task(project, task)
    assert predictions(server, task) == []
    name, message = state(server, project)
    assert name == "Error" and f"project-{project}-has-no-label-Weapon,-which-the-model" in message
    annotator.draw("Arms", "rockets")
    annotator.submit()
    (annotation,) = server.api("GET", f"/api/tasks/{task}/annotations").json()
    at = STORY.index("rockets")
    assert regions(annotation["result"]) == [(at, at + 7, "Arms")]


def test_a_model_that_asks_for_a_login_gets_it_from_the_server(
    server: LabelStudioServer, model: Path, extractor: Extractor, make: Make, tmp_path: Path
) -> None:
    project, (task,) = make("model with login", STORY[:300])
    locked = Backend(model, tmp_path / "log", EVENTCORPUS_SERVE_KEY="s3cret-pass")
    try:
        for more in ({}, {"auth_method": "BASIC_AUTH", "basic_auth_user": "studio", "basic_auth_pass": "wrong"}):
            refused = connect(server, project, locked.url, **more)
            assert refused.status_code == 400
            assert "authentication parameters were either not provided or are incorrect" in refused.text
        right = {"auth_method": "BASIC_AUTH", "basic_auth_user": "studio", "basic_auth_pass": "s3cret-pass"}
        assert connect(server, project, locked.url, **right).status_code == 201
        server.api("GET", f"/api/tasks/{task}")
        assert regions(predictions(server, task)[0]["result"]) == expected(extractor, STORY[:300])
        assert "s3cret" not in locked.log and server.token not in locked.log
    finally:
        locked.kill()
