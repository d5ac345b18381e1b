"""schemathesis asks for all that the OpenAPI document allows and much that it does not, and checks every answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Start

PROGRAM = Path(sys.executable).with_name("schemathesis")


@pytest.mark.parametrize("key", [None, "s3cret"])
def test_the_service_does_what_its_document_says(start: Start, tmp_path: Path, key: str | None) -> None:
    service = start(**({"EVENTCORPUS_SERVE_KEY": key} if key else {}))
    command = [
        PROGRAM,
        "run",
        f"{service.url}/openapi.json",
        "--max-examples",
        "60",
        "--generation-deterministic",
        "--no-color",
    ]
    header = ["--header", f"Authorization: Bearer {key}"] if key else []
    done = subprocess.run([*command, *header], cwd=tmp_path, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
    assert "No issues found" in done.stdout, done.stdout[-2000:]
    assert "fault of ours" not in service.log
