"""A model behind Label Studio in tests: ``eventcorpus serve``, started, connected, asked and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from .conftest import PROGRAM
from .server import LabelStudioServer, free_port


class Backend:
    """``eventcorpus serve`` on a port of its own."""

    def __init__(self, model: Path, log: Path, **environment: str) -> None:
        self.port, self._model, self._log, self._environment = free_port(), model, log, environment
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/labelstudio"

    @property
    def log(self) -> str:
        return self._log.read_text()

    def start(self) -> None:
        n_before = self.log.count("until Ctrl-C") if self._log.exists() else 0
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", self._model, "--port", str(self.port)],
                env=os.environ | {"OMP_NUM_THREADS": "1"} | self._environment, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while self.log.count("until Ctrl-C") == n_before:
            assert self.process.poll() is None and time.monotonic() < deadline, self.log
            time.sleep(0.1)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def connect(server: LabelStudioServer, project: int, url: str, **more: str) -> httpx.Response:
    """What the page does when somebody connects a model."""
    body = {"url": url, "project": project, "title": "ours"} | more
    headers = {"Authorization": f"Token {server.token}"}
    return httpx.post(f"{server.url}/api/ml", json=body, headers=headers, timeout=60)


def predictions(server: LabelStudioServer, task: int) -> list[dict[str, Any]]:
    found = server.api("GET", "/api/predictions", params={"task": task}).json()
    assert isinstance(found, list)
    return found
