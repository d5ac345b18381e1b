"""A real Label Studio server for tests: started by the script that people use, killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LabelStudioServer:
    """One server with its data folder; survives ``kill`` and ``start`` with everything in it."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data, self.port, self.environment = data, free_port(), environment
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def account(self) -> dict[str, str]:
        """E-mail, password and token, as the script made them up."""
        lines = (self.data / "account").read_text().split()
        return dict(line.split("=", 1) for line in lines)

    @property
    def token(self) -> str:
        """The legacy token of the account."""
        return self.account["LABEL_STUDIO_USER_TOKEN"]

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.data.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["bash", ROOT / "corpus/labelling/serve.sh", self.data, str(self.port)],
                env=os.environ | self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise RuntimeError((self.data.parent / "server.log").read_text()[-2000:])

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def api(self, method: str, path: str, **options: object) -> httpx.Response:
        """Call the server without our code."""
        headers = {"Authorization": f"Token {self.token}"}
        answer = httpx.request(method, self.url + path, headers=headers, timeout=120, **options)  # type: ignore[arg-type]
        answer.raise_for_status()
        return answer

    def project_id(self, title: str) -> int:
        """Of the one project with this title."""
        found = self.api("GET", "/api/projects", params={"page_size": 1000}).json()["results"]
        (one,) = {project["id"] for project in found if project["title"] == title}  # it may list a project twice
        return int(one)

    def tasks(self, title: str) -> list[dict[str, object]]:
        """The direct export of a project."""
        path = f"/api/projects/{self.project_id(title)}/export"
        tasks = self.api("GET", path, params={"exportType": "JSON", "download_all_tasks": "true"}).json()
        assert isinstance(tasks, list)
        return tasks
