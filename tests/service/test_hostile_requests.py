"""Oversized, malformed, slow, binary and deep requests over a real connection: each a clear refusal, and it lives."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from served_process import Running, running

TEXT = "rebels bombed homs. the raid on homs killed"
TIMEOUT = 3


@pytest.fixture(scope="module")
def service(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(
        model_folder, tmp_path_factory.mktemp("service"), "--timeout", str(TIMEOUT), "--max-body-mb", "1"
    ) as one:
        yield one


def ask(service: Running, *pieces: bytes, every: float = 0.0) -> tuple[int, str]:
    """Send bytes as they are, and read until the service closes or the answer is whole: its status and its end."""
    answer = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as one:
        for piece in pieces:
            try:
                one.sendall(piece)
            except OSError:  # it has answered and closed
                break
            time.sleep(every)
        while not answer.endswith((b"}", b"received.")) and (more := one.recv(100_000)):
            answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["detail"] if body.startswith(b"{") else body.decode()


def post(length: int, body: bytes, path: str = "/extract") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + body


def still_answers(service: Running) -> bool:
    return len(service.post("/extract", {"text": TEXT}).json()["articles"][0]["mentions"]) == 5


def test_what_is_too_long_malformed_binary_or_deep_is_refused(service: Running) -> None:
    too_long = (
        "the body is longer than 1 MB; send fewer articles at a time, or start the service with a larger --max-body-mb"
    )
    deep = b"[" * 500_000
    binary = bytes(range(255, -1, -1)) * 40
    mega = b" " * 1_000_000
    chunked = (
        b"POST /extract HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for sent, status, said in (
        ([post(100_000_000, b""), *[mega] * 100], 413, too_long),
        ([chunked, *[b"f4240\r\n" + mega + b"\r\n"] * 3], 413, too_long),
        ([post(len(deep), deep)], 400, "the body is JSON nested deeper than 100 levels"),
        ([post(len(binary), binary)], 400, "the body is not JSON in UTF-8 with numbers of a usual size"),
        ([post(12, b'{"text": "\xe9"')], 400, "the body is not JSON in UTF-8 with numbers of a usual size"),
        ([binary + b"\r\n\r\n"], 400, "Invalid HTTP request received."),
        ([b"GET /" + b"x" * 100_000], 400, "Invalid HTTP request received."),
        ([b"GET /health HTTP/1.1\r\nX: " + b"x" * 100_000], 400, "Invalid HTTP request received."),
        ([b"POST /extract HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"], 400, "Invalid HTTP request received."),
    ):  # fmt: skip
        assert ask(service, *sent) == (status, said)
        assert still_answers(service)
    assert service.process.poll() is None and "Traceback" not in service.log and "fault of ours" not in service.log


def test_a_client_that_sends_too_slowly_is_answered_and_its_connection_closed(service: Running) -> None:
    began = time.monotonic()
    slow_head = [b"GET /health HTTP/1.1\r\n", *[b"X-Slow: 1\r\n"] * 100]
    assert ask(service, *slow_head, every=0.2) == (408, "no whole request arrived in time")
    slow_body = [post(1000, b"["), *[b" "] * 100]
    assert ask(service, *slow_body, every=0.2) == (408, f"the body did not arrive within {TIMEOUT} s")
    assert time.monotonic() - began < 100
    assert still_answers(service)


def test_three_hundred_idle_connections_hold_nobody_up_and_are_closed(service: Running) -> None:
    idle = [socket.create_connection(("127.0.0.1", service.port), timeout=60) for _ in range(300)]
    for one in idle[::2]:
        one.sendall(post(1_000_000, b"["))
    assert still_answers(service)
    for one in idle:
        assert one.recv(1000).startswith(b"HTTP/1.1 408 ")
        one.close()
    assert still_answers(service)
