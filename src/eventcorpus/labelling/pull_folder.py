"""The folder of ``labelstudio pull``: which files it has."""

from __future__ import annotations

from pathlib import Path

EXPORT = "export.json"
EARLIER = "earlier"
MANIFEST = "pull.json"


def is_pull_folder(path: Path) -> bool:
    """Whether ``labelstudio pull`` wrote a folder."""
    return (path / MANIFEST).is_file() and (path / EXPORT).is_file()
