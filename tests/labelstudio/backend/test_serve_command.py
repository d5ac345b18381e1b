"""The command as a process: its port, its signals, its limits, and what it says."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from eventcorpus.cli.main import main
from eventcorpus.labelstudio.config import label_config
from eventcorpus.ontology import Label, Ontology

CONFIG = label_config(Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place"))))
TEXT = "rebels attacked the town of homs on monday . "
LONG = TEXT * 800
"""Some hundred batches of windows."""
CODE = """
import pathlib, sys, time
from eventcorpus.cli.main import main
from eventcorpus.inference.extractor import Extractor

slow, begun = pathlib.Path(sys.argv[1]) / "slow", pathlib.Path(sys.argv[1]) / "begun"
load = Extractor.from_pretrained

def wait(*_):
    if slow.exists():
        begun.touch()
        end = time.monotonic() + 1
        while slow.exists() and time.monotonic() < end:
            time.sleep(0.01)

def load_slow(*arguments, **options):
    extractor = load(*arguments, **options)
    extractor.engine.backend.model.register_forward_hook(wait)
    return extractor

Extractor.from_pretrained = load_slow
main(sys.argv[2:])
"""
"""The command, with a model that takes a second for each batch as long as there is a file named slow."""


class Running:
    """One model server."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path, folder: Path) -> None:
        self.process, self._log, self._folder = process, log, folder

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def url(self) -> str:
        found = re.search(r"at http://[\d.]+:(\d+), until Ctrl-C", self.log)
        assert found, self.log
        return f"http://127.0.0.1:{found[1]}"

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """The limit is there for a server that hangs, and for no other."""
        deadline = time.monotonic() + 120
        while not is_so():
            assert time.monotonic() < deadline and self.process.poll() is None, self.log
            time.sleep(0.02)

    def slow_down(self) -> None:
        (self._folder / "begun").unlink(missing_ok=True)
        (self._folder / "slow").touch()

    def wait_for_a_prediction_to_begin(self) -> None:
        self.wait_until((self._folder / "begun").exists)

    def speed_up(self) -> None:
        (self._folder / "slow").unlink()

    def predict(self, *texts: str) -> httpx.Response:
        return httpx.post(f"{self.url}/predict", json=body(*texts), timeout=120)


def body(*texts: str) -> dict[str, Any]:
    return {"tasks": [{"id": n, "data": {"text": text}} for n, text in enumerate(texts)], "label_config": CONFIG}


Start = Callable[..., Running]


@pytest.fixture
def start(model_folder: Path, tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def call(*arguments: str, **environment: str) -> Running:
        log = tmp_path / f"log-{len(started)}"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", CODE, str(tmp_path), "serve-labelstudio", "--model", str(model_folder), "--port", "0", *arguments],
                env=os.environ | environment, stdout=subprocess.PIPE, stderr=file, text=True,
            )  # fmt: skip
        started.append(Running(process, log, tmp_path))
        started[-1].wait_until(lambda: "until Ctrl-C" in started[-1].log)
        return started[-1]

    yield call
    for one in started:
        one.process.kill()
        one.process.communicate()


def test_it_answers_while_it_predicts_gives_up_what_nobody_waits_for_and_ends_cleanly(start: Start) -> None:
    server = start("--max-body-mb", "6", "--host", "0.0.0.0")
    assert server.log.splitlines()[0] == (
        "warning: --host 0.0.0.0: anybody who reaches this port may ask the model; set EVENTCORPUS_BACKEND_USER and "
        "EVENTCORPUS_BACKEND_PASSWORD, or let a firewall stand before it"
    )
    assert server.predict(TEXT).json()["results"][0]["result"][0]["value"]["text"] == "rebels"

    server.slow_down()
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as one:
        content = json.dumps(body(*[LONG] * 5)).encode()
        one.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content))
        server.wait_for_a_prediction_to_begin()
    server.wait_until(lambda: "given up: nobody waits for the answer any more" in server.log)  # the client hung up
    assert re.search(r"POST /predict 499 \d+ ms, 5 tasks, given up", server.log)

    server.slow_down()
    answers: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(server.predict(TEXT * 300, TEXT)))
    waiting.start()
    server.wait_for_a_prediction_to_begin()
    token = "the-token-of-the-owner"
    assert httpx.get(f"{server.url}/health", timeout=120).status_code == 200
    setup = {"schema": CONFIG, "project": "1.1", "access_token": token}
    assert httpx.post(f"{server.url}/setup?token={token}", json=setup, timeout=120).status_code == 200
    assert answers == []  # they came while it predicted
    server.speed_up()
    waiting.join()
    assert [len(one["result"]) > 0 for one in answers[0].json()["results"]] == [True, True]

    for rest in ("Content-Length: 6000001", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=120) as one:
            one.sendall(f"POST /predict HTTP/1.1\r\nHost: x\r\n{rest}\r\n\r\n".encode())
            if "chunked" in rest:
                for _ in range(60):
                    one.sendall(b"186a0\r\n" + b" " * 100_000 + b"\r\n")  # 100,000 bytes a chunk, and no last one
                one.sendall(b"1\r\n \r\n")  # with this byte it is longer, and nothing is sent to a closed connection
            answer = b""
            while b"}" not in answer:
                answer += one.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 413 ") and b"the body is longer than 6 MB" in answer

    server.process.send_signal(signal.SIGTERM)
    stdout, _ = server.process.communicate(timeout=120)
    assert (server.process.returncode, stdout) == (0, "")
    assert "Traceback" not in server.log and "rebels" not in server.log and token not in server.log


def test_the_login_comes_from_the_environment_and_is_never_shown_and_ctrl_c_ends_a_long_prediction(
    start: Start,
) -> None:
    login = ("studio", "s3cret-pass")
    names = ("EVENTCORPUS_BACKEND_USER", "EVENTCORPUS_BACKEND_PASSWORD")
    server = start("--host", "0.0.0.0", **dict(zip(names, login, strict=True)))
    assert httpx.get(f"{server.url}/health", timeout=120).status_code == 401
    assert httpx.get(f"{server.url}/health", auth=("studio", "wrong"), timeout=120).status_code == 401
    assert httpx.get(f"{server.url}/health", auth=login, timeout=120).status_code == 200

    server.slow_down()
    answers: list[httpx.Response] = []
    ask = {"json": body(*[LONG] * 6), "auth": login, "timeout": 120}
    waiting = threading.Thread(target=lambda: answers.append(httpx.post(f"{server.url}/predict", **ask)))  # type: ignore[arg-type]
    waiting.start()
    server.wait_for_a_prediction_to_begin()
    server.process.send_signal(signal.SIGINT)
    server.process.communicate(timeout=120)  # three seconds of grace, then the end of a batch; all would take minutes
    waiting.join()
    assert server.process.returncode == 0
    assert (answers[0].status_code, answers[0].json()) == (503, {"detail": "the model server is ending"})
    assert "Traceback" not in server.log and "s3cret" not in server.log and "studio" not in server.log
    assert server.log.splitlines()[0] == (
        "warning: --host 0.0.0.0: login and articles cross the network in clear; put a proxy with TLS before it"
    )


def refused(*arguments: str, code: int = 1, **environment: str) -> str:
    done = CliRunner(env=environment).invoke(main, ["serve-labelstudio", *arguments])
    assert (done.exit_code, done.stdout) == (code, "")
    return done.stderr


def test_a_taken_port_is_one_line_and_no_model_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert refused("--model", str(tmp_path / "none"), "--port", str(port)) == (
            f"Error: port {port} on 127.0.0.1 is taken; name another one, such as --port {port + 1}\n"
        )


def test_wrong_use_is_one_line(model_folder: Path, tmp_path: Path) -> None:
    good = ("--model", str(model_folder), "--port", "0")
    assert refused("--model", str(tmp_path / "none"), "--port", "0").startswith(
        f"Error: {tmp_path / 'none'}: no such model folder; train one with: "
    )
    assert refused(*good, "--host", "no.such.host.invalid") == (
        "Error: --host no.such.host.invalid: no such address; name one of this machine, such as 127.0.0.1\n"
    )
    assert refused(*good, EVENTCORPUS_BACKEND_USER="a") == (
        "Error: EVENTCORPUS_BACKEND_USER and EVENTCORPUS_BACKEND_PASSWORD go together; set both, or neither\n"
    )
    assert "--model" in refused(code=2)


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_how_to_get_it(missing: str) -> None:
    blocked = f"import sys; sys.modules[{missing!r}] = None; from eventcorpus.cli.main import main; main()"
    command = [sys.executable, "-c", blocked, "serve-labelstudio", "--model", "any"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1, f"Error: {missing} is not installed; run: pip install 'eventcorpus[serve]'\n"
    )  # fmt: skip
