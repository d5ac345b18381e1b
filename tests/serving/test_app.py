"""The service as programs meet it: articles and answers, what is refused and why, the key, metrics, and its document."""

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from eventcorpus import __version__
from eventcorpus.predictions import read_predictions
from eventcorpus.serving.app import create_app
from eventcorpus.serving.batching import Batcher
from eventcorpus.serving.requests import MAX_DEPTH, Limits
from served import NORMALISERS, ByHeart

TEXT = "rebels bombed homs. the raid on homs killed"
SECRET = "nobody may log this"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(ByHeart(), NORMALISERS)) as one:  # type: ignore[arg-type]
        yield one


def limited(limits: Limits, *, key: str | None = None) -> TestClient:
    return TestClient(create_app(ByHeart(), NORMALISERS, limits=limits, key=key))  # type: ignore[arg-type]


def test_an_article_comes_back_with_mentions_roles_attributes_and_events(client: TestClient) -> None:
    answer = client.post("/extract", json={"id": "a", "text": TEXT, "date": "2018-04-24", "title": "T"})
    assert answer.status_code == 200
    (article,) = answer.json()["articles"]
    assert {key: article[key] for key in ("schema", "id", "published", "model", "warnings", "events")} == {
        "schema": 1,
        "id": "a",
        "published": "2018-04-24",
        "model": {"name": "by-heart", "hash": "0123456789abcdef"},
        "warnings": [],
        "events": [{"id": "e1", "label": "Air raid", "triggers": ["t", "u"]}],
    }
    assert article["mentions"][1] == {
        "start": 7, "end": 13, "label": "Air raid", "text": "bombed", "confidence": 1.0, "id": "t",
        "attributes": {"how sure": "sûr"}, "attribute_confidences": {"how sure": 1.0},
    }  # fmt: skip
    assert [(role["role"], role["trigger"], role["argument"]) for role in article["roles"]] == [
        ("done by", "t", "g"), ("où", "t", "p"), ("où", "u", "q"), ("done by", "u", "g"), ("same", "u", "t"),
    ]  # fmt: skip


def test_an_entry_without_its_events_is_a_line_of_a_predictions_file(client: TestClient) -> None:
    (article,) = client.post("/extract", json={"text": TEXT}).json()["articles"]
    del article["events"]
    (prediction,) = read_predictions([json.dumps(article)], place="here")
    assert (prediction.id, len(prediction.mentions)) == (prediction.text_sha256[:16], 5)


def test_a_list_comes_back_in_its_order(client: TestClient) -> None:
    sent = [{"id": "none", "text": "x"}, {"id": "one", "text": TEXT}, {"id": "none again", "text": "x"}]
    answer = client.post("/extract", json=sent).json()["articles"]
    assert [(one["id"], len(one["mentions"])) for one in answer] == [("none", 0), ("one", 5), ("none again", 0)]
    assert answer[0]["warnings"] == ["words: none is known"]
    assert client.post("/extract", json=[]).json() == {"articles": []}


def test_rows_are_those_of_the_article(client: TestClient) -> None:
    sent = {"id": "a", "text": TEXT, "title": "T", "published": "2018-04-24", "outlet": "O", "url": "https://o.org/1"}
    (row,) = client.post("/rows", json=[sent, {"text": "x"}]).json()["rows"]
    assert [row[key] for key in ("article", "label", "published", "title", "outlet", "url")] == [
        "a", "Air raid", "2018-04-24", "T", "O", "https://o.org/1"
    ]  # fmt: skip
    assert row["triggers"] == [{"start": 7, "end": 13, "text": "bombed"}, {"start": 24, "end": 28, "text": "raid"}]
    assert row["done by"][0]["text"] == "rebels"


def test_what_is_replaced_in_a_text_is_told(client: TestClient) -> None:
    body = json.dumps([{"text": f"{TEXT}\r\n"}, {"text": "a\ud83d"}, {"text": "a"}])
    answer = client.post("/extract", content=body, headers={"Content-Type": "application/json"})
    assert [one["warnings"][0] for one in answer.json()["articles"]] == [
        *["text: line ends, control characters or lone surrogates were replaced; offsets refer to the stored text"] * 2,
        "words: none is known",
    ]


@pytest.mark.parametrize("path", ["/extract", "/rows"])
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "the article: text is missing"),
        ([{"text": "a"}, {"text": ""}], "article 2: text: an article without text"),
        ({"text": " \n"}, "the article: text: an article without text"),
        ({"text": 3}, "the article: text is 3, it must be text"),
        ({"text": "a", "titel": "b"}, "the article: unknown key 'titel'; did you mean 'title'"),
        ({"text": "a", "date": ""}, "the article: published is ''; it must be an ISO date such as 2018-04-24, or a date-time"),
        ({"text": "a", "published": "soon"}, "the article: published is 'soon'; it must be an ISO date such as 2018-04-24, or a date-time"),
        ({"text": "a", "published": "2018-04-24", "date": "2018"}, "the article: published and date are the same; send one of them"),
        ({"text": "a", "id": "\u2028"}, "the article: id: an id is printable and does not begin with a blank"),
        ({"text": "a", "metadata": []}, "the article: metadata is [], it must be 'key: value' lines"),
        ("a", "the article: Input should be a valid dictionary or instance of SentArticle"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_article_and_key(
    client: TestClient, path: str, sent: Any, said: str
) -> None:
    answer = client.post(path, json=sent)
    assert (answer.status_code, answer.json()) == (422, {"detail": said})


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "the body is not JSON: Expecting value at line 1, column 1"),
        (b"\xff\xfe", 400, "the body is not JSON in UTF-8 with numbers of a usual size"),
        (b"[" * 1_000_000, 400, f"the body is JSON nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_what_is_no_json_is_refused(client: TestClient, body: bytes, status: int, said: str) -> None:
    answer = client.post("/extract", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert (answer.status_code, answer.json()) == (status, {"detail": said})


def test_a_body_that_is_not_declared_as_json_is_refused(client: TestClient) -> None:
    answer = client.post("/extract", content=b'{"text": "a"}', headers={"Content-Type": "text/plain"})
    said = "the body must be JSON; send it with Content-Type: application/json"
    assert (answer.status_code, answer.json()) == (415, {"detail": said})


def test_more_than_the_limits_is_refused_with_the_way_out() -> None:
    client = limited(Limits(max_bytes=1_000_000, max_characters=10))
    for status, sent, said in (
        (422, {"text": "x" * 11}, "the article: a text of 11 characters, at most 10 are read; cut it into several, or start the service with a larger --max-characters"),
        (422, [{"text": "x"}] * 2001, "2,001 articles in one request, at most 2,000 are read; send fewer at a time"),
        (413, {"text": "x" * 1_000_000}, "the body is longer than 1 MB; send fewer articles at a time, or start the service with a larger --max-body-mb"),
    ):  # fmt: skip
        answer = client.post("/extract", json=sent)
        assert (answer.status_code, answer.json()) == (status, {"detail": said})


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batcher, "read", lambda *_: asyncio.Event().wait())
    answer = limited(Limits(timeout=0.05)).post("/extract", json={"text": "a"})
    said = "given up after 0.05 s; send fewer or shorter articles at a time"
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"detail": said}, "10")


def test_a_full_queue_refuses_and_says_that_it_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    client = limited(Limits(max_waiting=0))
    said = {"detail": "0 requests waiting already; ask again later"}
    for answer in (client.post("/extract", json={"text": "a"}), client.post("/rows", json={}), client.get("/ready")):
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (429, said, "1")
    assert client.get("/health").json() == {"status": "UP"}


def test_health_readiness_and_pages_that_there_are_not(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "UP"}
    assert client.get("/ready").json() == {"status": "READY"}
    for method, path, status in (("GET", "/extract", 405), ("GET", "/extract/", 404), ("POST", "/metrics", 405)):
        answer = client.request(method, path)
        assert (answer.status_code, list(answer.json())) == (status, ["detail"])


def test_metrics_count_requests_turns_and_words() -> None:
    client = limited(Limits())
    client.post("/extract", json=[{"text": "two words"}, {"text": "x"}])
    client.get("/nowhere/at/all")
    client.request("BREW", "/extract")
    lines = set(client.get("/metrics").text.splitlines())
    assert {
        'eventcorpus_requests_total{method="POST",path="/extract",status="200"} 1.0',
        'eventcorpus_requests_total{method="GET",path="other",status="404"} 1.0',
        'eventcorpus_requests_total{method="other",path="/extract",status="405"} 1.0',
        'eventcorpus_request_seconds_count{path="/extract"} 2.0',
        "eventcorpus_waiting_requests 0.0",
        "eventcorpus_batch_articles_sum 2.0",
        "eventcorpus_batch_articles_count 1.0",
        "eventcorpus_batch_seconds_count 1.0",
        "eventcorpus_words_total 3.0",
    } <= lines


def test_no_word_of_an_article_is_in_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.post("/extract", json={"text": SECRET, "title": SECRET, "id": SECRET})
    client.post("/rows", json={"text": SECRET, SECRET: 1})
    client.post("/extract", json={"text": SECRET, "published": SECRET})
    client.post("/extract", content=f'{{"text": "{SECRET}"', headers={"Content-Type": "application/json"})
    client.post("/", data={"text": SECRET, "published": SECRET})
    client.post(f"/extract?text={SECRET}", json={"text": SECRET})
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("eventcorpus")]
    assert len(ours) == 10 and not [line for line in ours if SECRET in line]
    assert ours[0].startswith("POST /extract 200 ") and ours[0].endswith(" ms, 1 article, 0 mentions")
    assert ours[1] == "/rows refused: an article that cannot be read"


def basic(user: str, key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


def test_the_key_is_asked_for_where_it_is_set() -> None:
    key = "clé: with colon"
    client = limited(Limits(), key=key)
    wrong: list[dict[str, str]] = [
        {}, basic("any", "clé"), basic("", ""), basic(key, ""), {"Authorization": "Basic ???"}, {"Authorization": "Basic"},
        {"Authorization": "Bearer x"}, {"Authorization": "Bearer"}, {"Authorization": basic("any", key)["Authorization"].replace("Basic", "Bearer")},
    ]  # fmt: skip
    for headers in wrong:
        for method, path in (("GET", "/"), ("POST", "/extract"), ("GET", "/metrics"), ("GET", "/openapi.json"), ("POST", "/labelstudio/predict"), ("GET", "/nowhere")):  # fmt: skip
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic ")
            assert answer.json() == {
                "detail": "this service asks for its key: Authorization: Bearer KEY, or any user with the key as the "
                "password (Label Studio: Basic authentication)"
            }
    for right in (
        basic("any", key),
        {"Authorization": f"Bearer {key}".encode()},
        {"Authorization": f"bearer {key}".encode()},
    ):
        assert client.post("/extract", json={"text": "a"}, headers=right).status_code == 200  # type: ignore[arg-type]
    for path in ("/health", "/ready"):
        assert client.get(path).status_code == 200
    assert client.post("/labelstudio/webhook", json={}).status_code == 200  # Label Studio sends none there


def test_the_document_describes_what_is_answered(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", __version__)
    assert list(document["paths"]) == ["/extract", "/rows", "/health", "/ready", "/metrics"]
    assert "security" not in document
    answer = client.post(
        "/extract", json=document["paths"]["/extract"]["post"]["requestBody"]["content"]["application/json"]["example"]
    )
    assert answer.status_code == 200
    with_key = limited(Limits(), key="k").get("/openapi.json", headers=basic("", "k")).json()
    assert with_key["security"] == [{"bearer": []}] and with_key["paths"]["/health"]["get"]["security"] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)
ARTICLES = st.fixed_dictionaries(
    {"text": st.text() | JSON},
    optional={name: st.text() | JSON for name in ("id", "title", "published", "date", "outlet", "url", "metadata")},
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(path=st.sampled_from(["/extract", "/rows"]), body=JSON | ARTICLES | st.lists(ARTICLES, max_size=3))
def test_no_json_at_all_is_a_fault(client: TestClient, path: str, body: Any) -> None:
    answer = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 422)
    assert isinstance(answer.json(), dict)
