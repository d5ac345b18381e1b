"""The command as a process: its port, its signals, its limits, and what it says."""

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
LONG = TEXT * 20_000
"""900,000 characters: two seconds of work on an idle machine, a minute on a busy one."""
COMMAND = [sys.executable, "-c", "from eventcorpus.cli.main import main; main()", "serve-labelstudio"]


class Running:
    """One model server."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process, self._log = process, log

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def url(self) -> str:
        found = re.search(r"at http://[\d.]+:(\d+), until Ctrl-C", self.log)
        assert found, self.log
        return f"http://127.0.0.1:{found[1]}"

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + 60
        while words not in self.log:
            assert time.monotonic() < deadline and self.process.poll() is None, self.log
            time.sleep(0.05)

    def predict(self, *texts: str, timeout: float = 60) -> httpx.Response:
        tasks = [{"id": n, "data": {"text": text}} for n, text in enumerate(texts)]
        return httpx.post(f"{self.url}/predict", json={"tasks": tasks, "label_config": CONFIG}, timeout=timeout)


Start = Callable[..., Running]


@pytest.fixture
def start(model_folder: Path, tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def call(*arguments: str, **environment: str) -> Running:
        log = tmp_path / f"log-{len(started)}"
        with log.open("w") as file:
            process = subprocess.Popen(
                [*COMMAND, "--model", str(model_folder), "--port", "0", *arguments],
                env=os.environ | {"OMP_NUM_THREADS": "1"} | environment, stdout=subprocess.PIPE, stderr=file, text=True,
            )  # fmt: skip
        started.append(Running(process, log))
        started[-1].wait_for("until Ctrl-C")
        return started[-1]

    yield call
    for one in started:
        one.process.kill()
        one.process.communicate()


def test_it_answers_while_it_predicts_gives_up_what_nobody_waits_for_and_ends_cleanly(start: Start) -> None:
    server = start()
    assert server.predict(TEXT).json()["results"][0]["result"][0]["value"]["text"] == "rebels"
    with pytest.raises(httpx.ReadTimeout):  # a client that hangs up, as Label Studio does after its time
        server.predict(*[LONG] * 5, timeout=1)
    server.wait_for("given up: nobody waits for the answer any more")
    assert re.search(r"POST /predict 499 \d+ ms, 5 tasks, given up", server.log)

    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(server.predict(TEXT * 8_000, TEXT)))
    waiting.start()
    time.sleep(0.1)
    slowest, n_asked, token = 0.0, 0, "the-token-of-the-owner"
    while waiting.is_alive():
        began = time.perf_counter()
        assert httpx.get(f"{server.url}/health").status_code == 200
        setup = {"schema": CONFIG, "project": "1.1", "access_token": token}
        assert httpx.post(f"{server.url}/setup?token={token}", json=setup).status_code == 200
        slowest, n_asked = max(slowest, (time.perf_counter() - began) / 2), n_asked + 1
        time.sleep(0.02)
    assert n_asked >= 3, "the prediction was over too soon to tell"
    assert slowest < 0.5
    assert [len(one["result"]) > 0 for one in answers[0].json()["results"]] == [True, True]

    began = time.perf_counter()
    server.process.send_signal(signal.SIGTERM)
    stdout, _ = server.process.communicate(timeout=30)
    assert (server.process.returncode, stdout) == (0, "")
    assert time.perf_counter() - began < 5
    assert "Traceback" not in server.log and "rebels" not in server.log and token not in server.log


def test_limits_hold_while_a_body_streams_in_and_ctrl_c_ends_a_long_prediction(start: Start) -> None:
    server = start("--max-body-mb", "6", "--host", "0.0.0.0")
    assert server.log.splitlines()[0] == (
        "warning: --host 0.0.0.0: anybody who reaches this port may ask the model; set EVENTCORPUS_BACKEND_USER and "
        "EVENTCORPUS_BACKEND_PASSWORD, or let a firewall stand before it"
    )
    port = int(server.url.rsplit(":", 1)[1])
    for rest in ("Content-Length: 6000001", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            one.sendall(f"POST /predict HTTP/1.1\r\nHost: x\r\n{rest}\r\n\r\n".encode())
            if "chunked" in rest:
                for _ in range(61):
                    one.sendall(b"186a0\r\n" + b" " * 100_000 + b"\r\n")  # 100,000 bytes a chunk, and no last one
            answer = b""
            while b"}" not in answer:
                answer += one.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 413 ") and b"the body is longer than 6 MB" in answer

    answers: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(server.predict(*[LONG] * 6)))
    waiting.start()
    time.sleep(1.5)
    began = time.perf_counter()
    server.process.send_signal(signal.SIGINT)
    server.process.communicate(timeout=60)
    waiting.join()
    assert server.process.returncode == 0
    assert time.perf_counter() - began < 12  # three seconds of grace, then the end of a batch
    assert (answers[0].status_code, answers[0].json()) == (503, {"detail": "the model server is ending"})
    assert "Traceback" not in server.log


def test_the_login_comes_from_the_environment_and_is_never_shown(start: Start) -> None:
    login = {"EVENTCORPUS_BACKEND_USER": "studio", "EVENTCORPUS_BACKEND_PASSWORD": "s3cret-pass"}
    server = start("--host", "0.0.0.0", **login)
    assert httpx.get(f"{server.url}/health").status_code == 401
    assert httpx.get(f"{server.url}/health", auth=("studio", "wrong")).status_code == 401
    assert httpx.get(f"{server.url}/health", auth=("studio", "s3cret-pass")).status_code == 200
    assert "s3cret" not in server.log and "studio" not in server.log
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
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (
        1, f"Error: {missing} is not installed; run: pip install 'eventcorpus[serve]'\n"
    )  # fmt: skip
