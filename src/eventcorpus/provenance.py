"""From which commit of a repository something came."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Commit(NamedTuple):
    """A commit, 40 hex digits, and whether tracked files differ from it: then it does not tell the whole state."""

    sha: str
    changed: bool


def git_commit(folder: Path) -> Commit | None:
    """The commit of the repository that a folder lies in; None without a repository, a commit, or git."""
    sha = _git(folder, "rev-parse", "HEAD")
    return Commit(sha, bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))) if sha else None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def provenance(folder: Path) -> dict[str, str]:
    """The day (UTC), and the commit of the repository that a folder lies in, if it lies in one and git is there.

    The commit ends with ``+`` if tracked files differ from it: then it does not tell the whole state.
    """
    found = {"date": datetime.now(tz=UTC).date().isoformat()}
    commit = git_commit(folder)
    if commit:
        found["commit"] = f"{commit.sha[:7]}+" if commit.changed else commit.sha[:7]
    return found
