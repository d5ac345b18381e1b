"""From which commit of a repository something came."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path


def provenance(folder: Path) -> dict[str, str]:
    """The day (UTC), and the commit of the repository that a folder lies in, if there is one."""
    commit = git_commit(folder, n_digits=7, if_changed="+")
    return {"date": datetime.now(tz=UTC).date().isoformat()} | ({"commit": commit} if commit else {})


def git_commit(folder: Path, *, n_digits: int = 40, if_changed: str) -> str | None:
    """The commit of the repository that a folder lies in; None without a repository, a commit, or git.

    Args:
        n_digits: how many of its 40 hex digits.
        if_changed: put after it if tracked files differ from it: then it does not tell the whole state.
    """
    sha = _git(folder, "rev-parse", "HEAD")
    if not sha:
        return None
    return sha[:n_digits] + (if_changed if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
