"""The page of the service without a browser: its form, what comes back, and that nothing sent becomes markup."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from eventcorpus.serving.app import create_app
from served import NORMALISERS, ByHeart

TEXT = "rebels bombed homs. the raid on homs killed"
HOSTILE = "</textarea></script><img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(ByHeart(), NORMALISERS)) as one:  # type: ignore[arg-type]
        yield one


def tags_of(html: str) -> list[str]:
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

    Reader().feed(html)
    return tags


def test_the_page_asks_for_an_article(client: TestClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>by-heart</title>" in answer.text
    assert not {"img", "link", "iframe"} & set(tags_of(answer.text))
    assert "http" not in re.sub(r"http://www.w3.org/\d+/svg", "", answer.text).replace("http-equiv", "")


def test_an_article_comes_back_marked_with_its_rows_and_the_same_in_words(client: TestClient) -> None:
    page = client.post("/", data={"text": TEXT, "title": "T", "published": "2018-04-24"}).text
    assert "<title>5 mentions: by-heart</title>" in page
    assert re.findall(r'<mark id="(\w+)"[^>]*>([^<]+)<small>([^<]+)</small>', page) == [
        ("g", "rebels", "Who"),
        ("t", "bombed", "Air raid"),
        ("p", "homs", "Ville ou village"),
        ("u", "raid", "Air raid"),
        ("q", "homs", "Ville ou village"),
    ]
    assert "<h2>Event rows: 1</h2>" in page
    assert "done by: rebels (1.00); où: homs (1.00); how sure: sûr" in page
    assert '<a href="#t">bombed</a>' in page
    assert '<script type="application/json" id="roles">[["t","g","done by"],["t","p","où"]' in page


def test_line_ends_of_the_form_are_those_of_the_text(client: TestClient) -> None:
    page = client.post("/", data={"text": "one\r\ntwo"}).text
    assert '<p class="article" dir="auto">one\ntwo</p>' in page
    assert "line ends" not in page


def test_what_is_refused_is_told_above_the_form_which_keeps_what_was_sent(client: TestClient) -> None:
    answer = client.post("/", data={"text": "my text", "published": "soon"})
    assert answer.status_code == 422
    assert (
        '<p class="fault" role="alert">the article: published is &#39;soon&#39;; it must be an ISO date' in answer.text
    )
    assert ">\nmy text</textarea>" in answer.text and 'value="soon"' in answer.text
    assert client.post("/", data={}).status_code == 415
    assert client.post("/", data={"title": "x"}).status_code == 422
    assert client.post("/", json={"text": "x"}).status_code == 415
    odd = client.post("/", content=b"text=%ff", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert odd.status_code == 400 and "the form is not in UTF-8" in odd.text


def test_nothing_that_was_sent_becomes_markup(client: TestClient) -> None:
    plain = client.post("/", data={"text": "x", "title": "x", "published": "2018"})
    hostile = client.post("/", data={"text": HOSTILE, "title": HOSTILE, "published": "2018"})
    assert tags_of(hostile.text) == tags_of(plain.text)
    refused = client.post("/", data={"text": HOSTILE, "published": HOSTILE})
    assert refused.status_code == 422 and "img" not in tags_of(refused.text)
