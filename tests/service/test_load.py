"""Many clients at once: each gets its own answer, one too many is told to come back, and nothing is lost at the end."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from linked_articles import ARTICLES
from served_process import Running

from .conftest import Start

TEXTS = [annotated.article.text for annotated in ARTICLES]


def marked(service: Running, n: int) -> tuple[int, bool]:
    """Ask for one text: the status, and whether the answer is about it."""
    text = TEXTS[n % len(TEXTS)]
    answer = service.post("/extract", {"id": f"a{n}", "text": text})
    if answer.status_code != 200:
        return answer.status_code, answer.headers.get("retry-after") is not None
    (article,) = answer.json()["articles"]
    return 200, article["id"] == f"a{n}" and all(text[m["start"] : m["end"]] == m["text"] for m in article["mentions"])


def test_64_clients_get_their_own_answers_read_together(start: Start) -> None:
    service = start()
    with ThreadPoolExecutor(64) as clients:
        assert Counter(clients.map(lambda n: marked(service, n), range(640))) == {(200, True): 640}
    metrics = httpx.get(f"{service.url}/metrics").text
    (n_turns,) = re.findall(r"^eventcorpus_batch_articles_count (\S+)", metrics, re.MULTILINE)
    assert "eventcorpus_batch_articles_sum 640.0" in metrics and float(n_turns) < 640


def test_overload_is_answered_429_with_the_time_to_wait_and_passes(start: Start) -> None:
    service = start("--max-waiting", "4")
    service.slow_down()
    with ThreadPoolExecutor(64) as clients:
        answers = Counter(clients.map(lambda n: marked(service, n), range(64)))
    assert set(answers) == {(200, True), (429, True)} and answers[429, True] >= 30
    service.speed_up()
    assert marked(service, 0) == (200, True)
    assert httpx.get(f"{service.url}/ready").status_code == 200


def test_sigterm_under_load_loses_no_accepted_request(start: Start) -> None:
    service = start()
    statuses: list[int | str] = []
    may_stop = threading.Event()

    def client() -> None:
        while not may_stop.is_set():
            try:
                statuses.append(service.post("/extract", [{"text": text} for text in TEXTS]).status_code)
            except httpx.ConnectError:
                return  # nobody listens any more
            except httpx.TransportError as error:
                statuses.append(type(error).__name__)  # connected, but never accepted

    clients = [threading.Thread(target=client) for _ in range(16)]
    for one in clients:
        one.start()
    service.wait_until(lambda: len(statuses) > 30)
    service.process.send_signal(signal.SIGTERM)
    service.process.communicate(timeout=120)
    time.sleep(0.1)
    may_stop.set()
    for one in clients:
        one.join()
    assert service.process.returncode == 0
    logged = re.findall(r"^POST /extract (\d+) ", service.log, re.MULTILINE)
    answered = [status for status in statuses if isinstance(status, int)]
    assert set(answered) == {200} and logged == ["200"] * len(answered)
