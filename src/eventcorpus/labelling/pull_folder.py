"""The folder of ``labelstudio pull``, and which files of any folder are exports."""

from __future__ import annotations

from pathlib import Path

from eventcorpus.errors import InputError

EXPORT = "export.json"
EARLIER = "earlier"
MANIFEST = "pull.json"


def is_pull_folder(path: Path) -> bool:
    """Whether ``labelstudio pull`` wrote a folder."""
    return (path / MANIFEST).is_file() and (path / EXPORT).is_file()


def exports_in(path: Path) -> list[Path]:
    """The exports in a folder; of one that ``labelstudio pull`` wrote, the newest. A file is itself.

    Raises:
        InputError: if the folder has none.
    """
    if not path.is_dir():
        return [path]
    if is_pull_folder(path):
        return [path / EXPORT]
    found = sorted(path.glob("*.json"))
    if not found:
        raise InputError(f"{path}: no .json file in this folder; name the exports of Label Studio")
    return found
