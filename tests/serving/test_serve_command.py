"""The command as a process: its port, its signals, its limits, and what it says."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from eventcorpus.cli.main import main
from eventcorpus.labelstudio.config import label_config
from served import TEXT, TOWNS
from served_process import running

CONFIG = label_config(TOWNS)
LONG = f"{TEXT} . " * 2000
"""Longer than what is read in one turn."""


def tasks(*texts: str) -> dict[str, Any]:
    return {"tasks": [{"id": n, "data": {"text": text}} for n, text in enumerate(texts)], "label_config": CONFIG}


def test_it_answers_while_it_reads_gives_up_what_nobody_waits_for_and_ends_cleanly(
    model_folder: Path, tmp_path: Path
) -> None:
    with running(model_folder, tmp_path, "--max-body-mb", "6", "--host", "0.0.0.0") as service:
        assert service.log.splitlines()[0] == (
            "warning: --host 0.0.0.0: anybody who reaches this port may ask the model; set EVENTCORPUS_SERVE_KEY, or "
            "let a firewall stand before it"
        )
        found = service.post("/extract", {"text": TEXT}).json()["articles"][0]["mentions"]
        assert [mention["text"] for mention in found] == ["rebels", "homs"]
        predicted = service.post("/labelstudio/predict", tasks(TEXT)).json()["results"][0]["result"]
        assert [region["value"]["text"] for region in predicted] == ["rebels", "homs"]

        service.slow_down()
        with socket.create_connection(("127.0.0.1", service.port), timeout=120) as one:
            content = json.dumps(tasks(*[LONG] * 5)).encode()
            one.sendall(
                b"POST /labelstudio/predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                % (len(content), content)
            )
            service.wait_for_a_turn_to_begin()
        service.wait_until(
            lambda: "given up: nobody waits for the answer any more" in service.log
        )  # the client hung up
        service.wait_until(lambda: bool(re.search(r"POST /labelstudio/predict 499 \d+ ms, 5 tasks", service.log)))

        service.slow_down()
        answers: list[httpx.Response] = []
        waiting = threading.Thread(
            target=lambda: answers.append(service.post("/extract", [{"text": LONG}, {"text": TEXT}]))
        )
        waiting.start()
        service.wait_for_a_turn_to_begin()
        token = "the-token-of-the-owner"
        assert httpx.get(f"{service.url}/health", timeout=120).status_code == 200
        setup = {"schema": CONFIG, "project": "1.1", "access_token": token}
        assert service.post(f"/labelstudio/setup?token={token}", setup).status_code == 200
        assert answers == []  # they came while it read
        service.speed_up()
        waiting.join()
        assert [len(one["mentions"]) > 0 for one in answers[0].json()["articles"]] == [True, True]

        service.process.send_signal(signal.SIGTERM)
        stdout, _ = service.process.communicate(timeout=120)
        assert (service.process.returncode, stdout) == (0, "")
        assert "Traceback" not in service.log and "rebels" not in service.log and token not in service.log


def test_the_key_comes_from_the_environment_and_is_never_shown_and_ctrl_c_ends_when_grace_is_over(
    model_folder: Path, tmp_path: Path
) -> None:
    key = "s3cret-key"
    right = {"Authorization": f"Bearer {key}"}
    with running(model_folder, tmp_path, "--host", "0.0.0.0", "--grace", "1", EVENTCORPUS_SERVE_KEY=key) as service:
        assert service.log.splitlines()[0] == (
            "warning: --host 0.0.0.0: key and articles cross the network in clear; put a proxy with TLS before it"
        )
        assert service.post("/extract", {"text": TEXT}).status_code == 401
        assert service.post("/extract", {"text": TEXT}, headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert service.post("/extract", {"text": TEXT}, auth=("studio", key)).status_code == 200
        assert service.post("/extract", {"text": TEXT}, headers=right).status_code == 200

        service.slow_down()
        answers: list[httpx.Response] = []
        ask = {"body": [{"text": LONG}] * 50, "headers": right}
        waiting = threading.Thread(target=lambda: answers.append(service.post("/extract", **ask)))  # type: ignore[arg-type]
        waiting.start()
        service.wait_for_a_turn_to_begin()
        service.process.send_signal(signal.SIGINT)
        service.process.communicate(timeout=120)  # a second of grace, then the end of a turn; all would take minutes
        waiting.join()
        assert service.process.returncode == 0
        assert (answers[0].status_code, answers[0].json()) == (503, {"detail": "the model server is ending"})
        assert "Traceback" not in service.log and "s3cret" not in service.log and "studio" not in service.log


def refused(*arguments: str, code: int = 1, **environment: str) -> str:
    done = CliRunner(env=environment).invoke(main, ["serve", *arguments])
    assert (done.exit_code, done.stdout) == (code, "")
    return done.stderr


def test_a_taken_port_is_one_line_and_no_model_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert refused(str(tmp_path / "none"), "--port", str(port)) == (
            f"Error: port {port} on 127.0.0.1 is taken; name another one, such as --port {port + 1}\n"
        )


def test_wrong_use_is_one_line(model_folder: Path, tmp_path: Path) -> None:
    good = (str(model_folder), "--port", "0")
    assert refused(str(tmp_path / "none"), "--port", "0").startswith(
        f"Error: {tmp_path / 'none'}: no such model folder; train one with: "
    )
    assert refused(*good, "--host", "no.such.host.invalid") == (
        "Error: --host no.such.host.invalid: no such address; name one of this machine, such as 127.0.0.1\n"
    )
    for key in ("", " x"):
        assert refused(*good, EVENTCORPUS_SERVE_KEY=key) == (
            "Error: EVENTCORPUS_SERVE_KEY is empty or has blanks at its ends; set a key, or unset it\n"
        )
    assert "MODEL" in refused(code=2)


def test_the_command_of_before_is_named() -> None:
    done = CliRunner().invoke(main, ["serve-labelstudio", "--model", "any"])
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (2, "Error: 'serve-labelstudio' is called 'serve' now.")


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "prometheus_client"])
def test_without_the_extra_it_says_how_to_get_it(missing: str) -> None:
    blocked = f"import sys; sys.modules[{missing!r}] = None; from eventcorpus.cli.main import main; main()"
    command = [sys.executable, "-c", blocked, "serve", "any"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1, f"Error: {missing} is not installed; run: pip install 'eventcorpus[serve]'\n"
    )  # fmt: skip
