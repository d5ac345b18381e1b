import io
import logging

import pytest

from eventcorpus.cli.options import progress, progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_task_without_a_note_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    logging.getLogger("eventcorpus").setLevel(logging.INFO)  # as the command line does without --quiet
    with progress("convert") as on_progress:
        on_progress(1, 2)
        on_progress(2, 2)
    with progress_bar() as bar:
        bar.update(bar.add_task("pull", total=2, note="3.0 MB"), completed=1)
    assert "convert" in terminal.getvalue() and "3.0 MB" in terminal.getvalue()
