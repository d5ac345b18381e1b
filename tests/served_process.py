"""``eventcorpus serve`` as a process of tests: started on a free port, slowed down, asked and ended."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CODE = """
import pathlib, sys, time
from eventcorpus.cli.main import main
from eventcorpus.inference.extractor import Extractor

slow, begun = pathlib.Path(sys.argv[1]) / "slow", pathlib.Path(sys.argv[1]) / "begun"
extract = Extractor.extract_with_warnings

def extract_slowly(self, articles):
    if slow.exists():
        begun.touch()
        end = time.monotonic() + 1
        while slow.exists() and time.monotonic() < end:
            time.sleep(0.01)
    yield from extract(self, articles)

Extractor.extract_with_warnings = extract_slowly
main(sys.argv[2:])
"""
"""The command, with a model that takes a second for each turn as long as there is a file named slow."""


class Running:
    """One service."""

    def __init__(self, process: subprocess.Popen[str], log: Path, folder: Path) -> None:
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
        """The limit is there for a service that hangs, and for no other."""
        deadline = time.monotonic() + 120
        while not is_so():
            assert time.monotonic() < deadline and self.process.poll() is None, self.log
            time.sleep(0.02)

    def slow_down(self) -> None:
        (self._folder / "begun").unlink(missing_ok=True)
        (self._folder / "slow").touch()

    def wait_for_a_turn_to_begin(self) -> None:
        self.wait_until((self._folder / "begun").exists)

    def speed_up(self) -> None:
        (self._folder / "slow").unlink(missing_ok=True)

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", json=body, timeout=120, **options)


@contextmanager
def running(model: Path, folder: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    """The service of a model, its log and what slows it down in a folder; killed in the end, if it still runs."""
    log = folder / f"log-{len(list(folder.glob('log-*')))}"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(folder), "serve", str(model), "--port", "0", *arguments],
            env=os.environ | environment, stdout=subprocess.PIPE, stderr=file, text=True,
        )  # fmt: skip
    one = Running(process, log, folder)
    try:
        one.wait_until(lambda: "until Ctrl-C" in one.log)
        yield one
    finally:
        process.kill()
        process.communicate()
