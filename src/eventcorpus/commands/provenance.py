"""When and from which state of a repository a figure came."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path


def provenance(folder: Path) -> dict[str, str]:
    """The day (UTC), and the commit of the repository that a folder lies in, if it lies in one and git is there.

    The commit ends with ``+`` if tracked files differ from it: then it does not tell the whole state.
    """
    found = {"date": datetime.now(tz=UTC).date().isoformat()}
    commit = _git(folder, "rev-parse", "--short=7", "HEAD")
    if commit:
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
        found["commit"] = f"{commit}+" if changed else commit
    return found


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
