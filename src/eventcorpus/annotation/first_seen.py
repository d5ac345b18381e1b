"""Which ids and texts have come already, and tables, for more of them than should be in memory."""

from __future__ import annotations

import sqlite3

N_IN_MEMORY = 5_000


class FirstSeen:
    """Remembers the first value that came with a key; beyond ``N_IN_MEMORY`` keys on disk."""

    def __init__(self) -> None:
        self._here: dict[bytes, str] = {}
        self._there: sqlite3.Connection | None = None

    def __contains__(self, key: bytes) -> bool:
        return self._value(key) is not None

    def add(self, key: bytes, value: str = "") -> str | None:
        """The value that came first with a key; None if this is the first, which is remembered."""
        if self._there is None:
            first = self._here.get(key)
            if first is None:
                self._here[key] = value
                if len(self._here) > N_IN_MEMORY:
                    self._move()
            return first
        is_new = self._there.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, _bytes(value))).rowcount
        return None if is_new else self._value(key)

    def _value(self, key: bytes) -> str | None:
        if self._there is None:
            return self._here.get(key)
        found: tuple[bytes] | None = self._there.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        return None if found is None else found[0].decode("utf-8", "surrogatepass")

    def _move(self) -> None:
        self._there = on_disk("CREATE TABLE seen (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        rows = ((key, _bytes(value)) for key, value in sorted(self._here.items()))
        self._there.executemany("INSERT INTO seen VALUES (?, ?)", rows)
        self._here.clear()


def on_disk(table: str) -> sqlite3.Connection:
    """A new table in a temporary file without a name, which is gone with the connection; 1 MB of it is in memory."""
    there = sqlite3.connect("", isolation_level=None)
    settings = ("PRAGMA cache_size = -1000", "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF")
    for statement in (*settings, table, "BEGIN"):
        there.execute(statement)
    return there


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
