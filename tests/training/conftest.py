import logging

import pytest


@pytest.fixture(autouse=True)
def _messages_reach_caplog(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line keeps our messages from the root logger; tests that ran it leave it so."""
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("eventcorpus"), "level", logging.NOTSET)
