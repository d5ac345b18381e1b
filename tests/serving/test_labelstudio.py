"""The app as Label Studio and as strangers meet it: its own captured requests, hostile bodies, limits, silence on tokens."""

import copy
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.config import label_config
from eventcorpus.labelstudio.ml_protocol import MAX_TASKS
from eventcorpus.labelstudio.tasks import tasks_of
from eventcorpus.predictions import prediction_of
from eventcorpus.schema import Article, ChosenValue, Link, Mention
from eventcorpus.serving.app import create_app
from eventcorpus.serving.requests import MAX_DEPTH, Limits
from served import NORMALISERS, TEXT, TOWNS

CONFIG = label_config(TOWNS)
TOKEN = "0123456789abcdef-the-token-of-the-owner"
LOGIN, PASSWORD = "login-of-the-storage", "password-of-the-storage"


@pytest.fixture(scope="module")
def client(extractor: Extractor) -> Iterator[TestClient]:
    with TestClient(create_app(extractor, NORMALISERS)) as one:
        yield one


def request(*texts: Any, config: str = CONFIG, context: Any = None) -> dict[str, Any]:
    tasks = [{"id": n, "data": {"text": text}} for n, text in enumerate(texts, start=1)]
    params = {"login": LOGIN, "password": PASSWORD, "context": context}
    return {"tasks": tasks, "project": "4.1795490377", "label_config": config, "params": params}


def found(client: TestClient, *texts: Any) -> list[list[tuple[int, int, str, str]]]:
    answer = client.post("/labelstudio/predict", json=request(*texts))
    assert answer.status_code == 200, answer.text
    return [
        [(r["value"]["start"], r["value"]["end"], r["value"]["text"], *r["value"]["labels"]) for r in one["result"]]
        for one in answer.json()["results"]
    ]


def test_the_captured_requests_of_a_real_server_are_answered(
    client: TestClient, extractor: Extractor, captured: list[dict[str, Any]]
) -> None:
    version = extractor.name.version
    answers = [client.request(r["method"], f"/labelstudio{r['path']}", json=r["body"]) for r in captured]
    assert [answer.status_code for answer in answers] == [200] * 7
    health, setup, versions, interactive, batch, single, webhook = (answer.json() for answer in answers)
    assert health == {"status": "UP", "model_class": "eventcorpus", "model_version": version}
    assert setup == {"model_version": version}
    assert versions == {"versions": [version]}
    assert webhook == {"detail": "nothing is done with it: this model stays as it is"}
    for sent, said in zip(captured[3:6], (interactive, batch, single), strict=True):
        assert len(said["results"]) == len(sent["body"]["tasks"])
        for task, one in zip(sent["body"]["tasks"], said["results"], strict=True):
            (mentions,) = extractor.extract([task["data"]["text"]])
            assert one["model_version"] == version
            assert [r["value"]["labels"][0] for r in one["result"]] == [m.label for m in mentions]
            for item in one["result"]:
                assert (item["from_name"], item["to_name"], item["type"]) == ("ent", "text", "labels")
                value = item["value"]
                assert task["data"]["text"][value["start"] : value["end"]] == value["text"]


def test_a_prediction_is_regions_with_their_confidence(client: TestClient, extractor: Extractor) -> None:
    answer = client.post("/labelstudio/predict", json=request(TEXT)).json()
    (mentions,) = extractor.extract([TEXT])
    confidences = [round(m.confidence, 4) for m in mentions]
    assert answer == {
        "results": [
            {
                "model_version": f"towns@{extractor.name.hash[:12]}",
                "score": min(confidences),
                "result": [
                    {"id": "m1", "from_name": "label", "to_name": "text", "type": "labels", "score": confidences[0],
                     "value": {"start": 0, "end": 6, "text": "rebels", "labels": ["Actor"]}},
                    {"id": "m2", "from_name": "label", "to_name": "text", "type": "labels", "score": confidences[1],
                     "value": {"start": 28, "end": 32, "text": "homs", "labels": ["Place"]}},
                ],
            }
        ]
    }  # fmt: skip


def test_it_is_byte_for_byte_what_export_writes_into_a_task(client: TestClient, extractor: Extractor) -> None:
    article = Article("a", TEXT)
    (mentions,) = extractor.extract([article])
    (task,) = tasks_of(article, TOWNS, prediction=prediction_of(article, mentions, extractor.name))
    (served,) = client.post("/labelstudio/predict", json=request(TEXT)).json()["results"]
    assert json.dumps(served, sort_keys=True) == json.dumps(task["predictions"][0], sort_keys=True)


def test_one_result_a_task_in_order(client: TestClient) -> None:
    texts = [f"rebels attacked the town of {place} on monday" for place in ("homs", "aleppo") * 20]
    assert [[text for _, _, text, _ in one] for one in found(client, *texts)] == [
        ["rebels", "homs"], ["rebels", "aleppo"]
    ] * 20  # fmt: skip


def test_a_region_that_an_annotator_draws_gets_the_whole_prediction(client: TestClient) -> None:
    drawn = {"result": [{"from_name": "label", "to_name": "text", "type": "labels", "value": {"start": 0, "end": 6}}]}
    answers = [
        client.post("/labelstudio/predict", json=request(TEXT, context=context)).json() for context in (None, drawn)
    ]
    assert answers[0] == answers[1]


def test_offsets_count_the_text_as_the_server_has_it(client: TestClient) -> None:
    text = "rebels attacked\r\n\r\nthe town of homs on \U0001f6a8 monday\r\rrebels attacked the town of\x00 aleppo on monday\r\n"
    assert found(client, text) == [
        [(0, 6, "rebels", "Actor"), (31, 35, "homs", "Place"), (49, 55, "rebels", "Actor"), (78, 84, "aleppo", "Place")]
    ]  # fmt: skip
    assert [text[start:end] for start, end, _, _ in found(client, text)[0]] == ["rebels", "homs", "rebels", "aleppo"]


def test_a_lone_surrogate_is_no_fault(client: TestClient) -> None:
    body = json.dumps(request("rebels attacked the town of homs\ud83d on monday"))
    answer = client.post("/labelstudio/predict", content=body)
    assert answer.status_code == 200
    assert answer.json()["results"][0]["result"][0]["value"]["text"] == "rebels"


def test_long_articles_are_read_to_the_end(client: TestClient) -> None:
    text = "on monday the army left the town . " * 60 + TEXT
    assert found(client, text)[0][-1] == (len(text) - 14, len(text) - 10, "homs", "Place")


def test_no_text_gives_an_empty_result_and_a_line_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    body = request("", None, 7, TEXT)
    del body["tasks"][1]["data"]
    assert [len(one["result"]) for one in client.post("/labelstudio/predict", json=body).json()["results"]] == [
        0,
        0,
        0,
        2,
    ]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "task 1: data.text is empty: an empty prediction was given",
        "task 2: data.text is missing: an empty prediction was given",
        "task 3: data.text is no text (int): an empty prediction was given",
    ]


WRONG = '<View><Labels name="a" toName="t"><Label value="Actor"/></Labels><Text name="t" value="$text"/></View>'
HYPERTEXT = WRONG.replace("<Text", "<HyperText")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (WRONG, "project 4 has no label Place, which the model towns@{hash} finds; the project has Actor; make a project "
         "from the model's ontology, or serve a model trained with these labels"),
        (HYPERTEXT, "project 4: labels are drawn on HyperText t, whose offsets are paths in HTML; annotate the plain text in a "
         "project with <Text> (eventcorpus labelstudio push makes one)"),
    ],
)  # fmt: skip
def test_a_project_that_cannot_show_the_predictions_is_refused_in_words_that_its_page_shows(
    client: TestClient, extractor: Extractor, caplog: pytest.LogCaptureFixture, config: str, said: str
) -> None:
    said = said.format(hash=extractor.name.hash[:12])
    refused = client.post("/labelstudio/predict", json=request(TEXT, config=config))
    assert (refused.status_code, refused.json()) == (400, {"detail": said})
    setup = {"project": "4.1795490377", "schema": config, "access_token": TOKEN}
    first = client.post("/labelstudio/setup", json=setup, follow_redirects=False)
    assert (first.status_code, first.json()) == (303, {"detail": said})
    final = client.post("/labelstudio/setup", json=setup)
    assert (final.status_code, final.request.method) == (400, "GET")
    assert final.url.path.removeprefix("/labelstudio/setup/refused/") == said.replace(" ", "-")
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert lines == [
        f"/labelstudio/predict refused: {said}",
        f"/labelstudio/setup refused: {said}",
        f"/labelstudio/setup refused: {said}",
    ]


def test_other_pages_and_methods_are_json_too(client: TestClient) -> None:
    for method, path, status in (
        ("GET", "/labelstudio/train", 404), ("POST", "/validate", 404), ("GET", "/labelstudio/health/", 404), ("GET", "/labelstudio/predict", 405),
        ("GET", "/labelstudio/webhook", 405), ("DELETE", "/labelstudio", 405), ("GET", "/../../etc/passwd", 404), ("POST", "/labelstudio/setup/refused/x", 405),
    ):  # fmt: skip
        answer = client.request(method, path)
        assert (answer.status_code, list(answer.json())) == (status, ["detail"]), path
    assert client.get("/labelstudio").json()["status"] == "UP"


@pytest.mark.parametrize("path", ["/labelstudio/setup", "/labelstudio/predict"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is not JSON: Expecting value at line 1, column 1"),
        (b'{"tasks": [', "the body is not JSON: Expecting value at line 1, column 12"),
        (b"\xff\xfe\xfd", "the body is not JSON in UTF-8 with numbers of a usual size"),
        (b'{"tasks": ' + b"9" * 5000 + b"}", "the body is not JSON in UTF-8 with numbers of a usual size"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), f"the body is JSON nested deeper than {MAX_DEPTH} levels"),
        (b"[" * 1_000_000, f"the body is JSON nested deeper than {MAX_DEPTH} levels"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, f"the body is JSON nested deeper than {MAX_DEPTH} levels"),
    ],
    ids=["empty", "cut", "not utf-8", "digits", "lists", "open lists", "objects"],
)
def test_what_is_no_json_is_refused_with_its_place(client: TestClient, path: str, body: bytes, said: str) -> None:
    answer = client.post(path, content=body)
    assert (answer.status_code, answer.json()) == (400, {"detail": said})


def test_nesting_up_to_the_limit_is_read(client: TestClient) -> None:
    body = request(TEXT)
    nested: Any = []
    for _ in range(MAX_DEPTH - 4):
        nested = [nested]
    body["tasks"][0]["annotations"] = nested  # the body, tasks and the task are three levels
    assert client.post("/labelstudio/predict", json=body).status_code == 200
    body["tasks"][0]["annotations"] = [nested]
    assert client.post("/labelstudio/predict", json=body).status_code == 400


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tasks": None}, "'tasks' is not a list of objects; is this Label Studio's /predict?"),
        ({"tasks": [TEXT]}, "'tasks' is not a list of objects; is this Label Studio's /predict?"),
        (
            {"label_config": 3},
            "no 'label_config' with the project's configuration in the request; is this Label Studio?",
        ),
        ({"label_config": "<View"}, "project 4: not well-formed XML"),
    ],
)
def test_requests_of_another_shape_are_refused(client: TestClient, change: dict[str, Any], said: str) -> None:
    answer = client.post("/labelstudio/predict", json=request(TEXT) | change)
    assert answer.status_code == 400 and answer.json()["detail"].startswith(said)


def test_a_project_without_tasks_has_no_predictions(client: TestClient) -> None:
    assert client.post("/labelstudio/predict", json=request()).json() == {"results": []}


def test_more_tasks_than_the_limit_are_refused(client: TestClient) -> None:
    answer = client.post("/labelstudio/predict", json=request(*[""] * (MAX_TASKS + 1)))
    assert (answer.status_code, answer.json()["detail"]) == (
        413, "2,001 tasks in one request, at most 2,000 are read; select fewer tasks at a time"
    )  # fmt: skip


def test_a_text_longer_than_any_article_is_refused(client: TestClient) -> None:
    answer = client.post("/labelstudio/predict", json=request(TEXT, "x" * 200_001))
    assert (answer.status_code, answer.json()["detail"]) == (
        413, "task 2: a text of 200,001 characters, at most 200,000 are read; cut it into several tasks"
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/labelstudio/setup", "/labelstudio/predict", "/labelstudio/webhook"])
def test_a_body_over_the_limit_is_refused_while_it_streams_in(extractor: Extractor, path: str) -> None:
    n_sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal n_sent
        while n_sent < 10_000:
            n_sent += 1
            yield b" " * 1000

    said = "the body is longer than 0.2 MB; send fewer articles at a time, or start the service with a larger --max-body-mb"
    with TestClient(create_app(extractor, NORMALISERS, limits=Limits(max_bytes=200_000))) as client:
        for content in (b" " * 200_001, endless()):
            answer = client.post(path, content=content)
            assert (answer.status_code, answer.json()) == (413, {"detail": said})
        assert client.post("/labelstudio/webhook", content=b" " * 200_000).status_code == 200


def test_one_line_of_log_a_request_says_what_was_done_and_no_more(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="eventcorpus")
    client.get("/health?token=secret")
    client.post("/labelstudio/predict?token=secret", json=request(TEXT, TEXT))
    client.get("/no%0Asuch%1B[2Jpage" + "x" * 500)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("eventcorpus")]
    assert len(lines) == 3
    health, predict, missing = lines
    assert health.startswith("GET /health 200 ") and health.endswith(" ms")
    assert predict.startswith("POST /labelstudio/predict 200 ") and predict.endswith(
        " ms, 2 tasks, 4 mentions, 0 roles, 0 attributes"
    )
    assert missing.startswith(r"GET /no\nsuch\x1b[2Jpagexxx") and " 404 " in missing and len(missing) < 120


def test_what_the_project_has_no_control_for_is_left_out_of_the_answer_and_told_in_the_log(
    client: TestClient, extractor: Extractor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, logger="eventcorpus")
    actor = Mention(0, 6, "Actor", "rebels", 0.9, id="m1", attributes=(ChosenValue("tone", "x", 0.5),))
    place = Mention(28, 32, "Place", "homs", 0.9, id="m2", links=(Link("at", "m1", 0.9),))
    found = [actor, place], []
    monkeypatch.setattr(extractor, "extract_with_warnings", lambda articles: ((a, *found) for a in articles))
    answer = client.post("/labelstudio/predict", json=request(TEXT, TEXT))
    assert [[item["id"] for item in one["result"]] for one in answer.json()["results"]] == [["m1", "m2"]] * 2
    warning, predict = [record.getMessage() for record in caplog.records if record.name.startswith("eventcorpus")]
    assert warning == (
        "/labelstudio/predict: left out of the answer: 2 times: the attribute 'tone' is not in project 4, which has none, and 2 for "
        "1 other reason"
    )
    assert predict.endswith(" ms, 2 tasks, 4 mentions, 0 roles, 0 attributes")


def test_tokens_and_passwords_are_in_no_log_and_no_answer(
    client: TestClient,
    captured: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    setup = copy.deepcopy(captured[1]["body"]) | {"access_token": TOKEN, "extra_params": {"key": TOKEN}}
    answers = [
        client.post("/labelstudio/setup", json=setup),
        client.post("/labelstudio/setup", json=setup | {"schema": WRONG}),
        client.post("/labelstudio/setup", json=setup | {"schema": None}),
        client.post("/labelstudio/setup", content=json.dumps(setup)[:-1]),
        client.post("/labelstudio/setup", json=setup | {"schema": "<View " + "x" * 2_000_000}),
        client.post("/labelstudio/predict", json=request(TEXT)),
        client.post("/labelstudio/predict", json=request(TEXT, config=WRONG)),
        client.post("/labelstudio/predict", json=request(TEXT) | {"tasks": TOKEN}),
        client.post("/labelstudio/webhook", json={"access_token": TOKEN}),
        client.post(f"/labelstudio/setup?access_token={TOKEN}", json=setup),
    ]
    assert {answer.status_code for answer in answers} == {200, 400}
    seen = [caplog.text, *capfd.readouterr(), *(answer.text + str(answer.url.path) for answer in answers)]
    ours = [
        line for line in "\n".join(seen).splitlines() if "httpx" not in line
    ]  # the test's client logs its addresses
    assert len(ours) > 20
    for secret in (TOKEN, LOGIN, PASSWORD):
        assert not [line for line in ours if secret in line]


def test_a_fault_of_ours_is_json_and_quotes_nothing(model_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = Extractor.from_pretrained(model_folder, device="cpu")
    broken.engine.encoder.tokenizer = {"secret": TOKEN}
    with TestClient(create_app(broken, NORMALISERS)) as client:
        answer = client.post("/labelstudio/predict", json=request(TEXT))
    assert (answer.status_code, answer.json()) == (500, {"detail": "a fault in the model server; its log says where"})
    assert "a fault of ours: TypeError in encode, line " in caplog.text
    assert TOKEN not in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["tasks", "label_config", "schema", "project", "params"])
CONFIGS = st.one_of(st.just(CONFIG), st.text(), st.sampled_from([WRONG, HYPERTEXT, "<View><Labels/></View>"]))
TASKS = st.lists(
    st.dictionaries(st.sampled_from(["id", "data"]), JSON | st.fixed_dictionaries({"text": JSON})), max_size=3
)
BODIES = st.one_of(
    JSON,
    st.dictionaries(KEYS, JSON),
    st.fixed_dictionaries({"tasks": TASKS | JSON, "label_config": CONFIGS, "schema": CONFIGS, "project": JSON}),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(path=st.sampled_from(["/labelstudio/setup", "/labelstudio/predict", "/labelstudio/webhook"]), body=BODIES)
def test_no_json_at_all_is_a_fault(client: TestClient, path: str, body: Any) -> None:
    answer = client.post(path, content=json.dumps(body))
    assert answer.status_code in (200, 400)
    assert isinstance(answer.json(), dict)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    path=st.sampled_from(["/labelstudio/setup", "/labelstudio/predict", "/labelstudio/setup/refused/x"]),
    body=st.binary(max_size=200),
)
def test_no_bytes_at_all_are_a_fault(client: TestClient, path: str, body: bytes) -> None:
    assert client.post(path, content=body).status_code in (400, 405)
