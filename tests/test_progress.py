"""The progress bar that commands share, as it is drawn."""

import io

from rich.console import Console

from eventcorpus.commands.options import progress_bar


def test_a_bar_without_a_note_is_drawn() -> None:
    screen = io.StringIO()
    with progress_bar() as progress:
        assert list(progress.track(range(3), total=3, description="convert")) == [0, 1, 2]
        Console(width=80, file=screen).print(progress.get_renderable())
    assert "convert" in screen.getvalue() and "3/3" in screen.getvalue()
