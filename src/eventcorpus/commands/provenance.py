"""When and from which state of a repository a figure came."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from eventcorpus.provenance import git_commit


def provenance(folder: Path) -> dict[str, str]:
    """The day (UTC), and the commit of the repository that a folder lies in, if it lies in one and git is there.

    The commit ends with ``+`` if tracked files differ from it: then it does not tell the whole state.
    """
    found = {"date": datetime.now(tz=UTC).date().isoformat()}
    commit = git_commit(folder)
    if commit:
        found["commit"] = f"{commit.sha[:7]}+" if commit.changed else commit.sha[:7]
    return found
