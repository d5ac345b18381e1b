"""One real server for all tests of this folder, and the command line pointed at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .browser import Annotator
from .proxy import FaultyProxy
from .server import LabelStudioServer

PROGRAM = str(Path(sys.executable).with_name("eventcorpus"))
SHIPPED = Path(__file__).parents[2] / "corpus/articles"
N_SHIPPED = sum(len(path.read_text().splitlines()) for path in SHIPPED.glob("*.jsonl"))
PREDICT_SECONDS = 3
"""How long this server waits for a model's predictions; by default it is 100 s."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudioServer]:
    """A server with an empty database; tests name their projects differently."""
    data = tmp_path_factory.mktemp("label-studio") / "data"
    one = LabelStudioServer(data, ML_TIMEOUT_PREDICT=str(PREDICT_SECONDS))
    one.start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def annotator(server: LabelStudioServer) -> Iterator[Annotator]:
    """Someone logged in, in a browser."""
    with Annotator(server.url) as person:
        person.log_in(server.account["LABEL_STUDIO_USERNAME"], server.account["LABEL_STUDIO_PASSWORD"])
        yield person


@pytest.fixture
def proxy(server: LabelStudioServer) -> Iterator[FaultyProxy]:
    """A proxy in front of the server, harmless until a test says otherwise."""
    one = FaultyProxy(server.url)
    yield one
    one.close()


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(server: LabelStudioServer) -> Run:
    """Run the command line against the server, or against ``url`` with ``key``."""

    def call(*arguments: object, url: str | None = None, key: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"LABEL_STUDIO_URL": url or server.url, "LABEL_STUDIO_API_KEY": key or server.token}
        command = [PROGRAM, *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    return call


@pytest.fixture(scope="session")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,200 short articles: three requests."""
    path = tmp_path_factory.mktemp("articles") / "articles.jsonl"
    lines = (json.dumps({"id": f"x{n:04d}", "text": f"Article {n}: all quiet near the bridge."}) for n in range(1200))
    path.write_text("\n".join(lines) + "\n")
    return path
