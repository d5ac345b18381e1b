"""The browser of tests: Debian's, or the one named in CHROME; nothing is downloaded for it."""

from __future__ import annotations

import os
import shutil

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


def find_browser() -> str | None:
    """The browser named in CHROME, else Debian's."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROME") or next(filter(None, map(shutil.which, names)), None)
