"""Tables in a terminal: one console, one form of table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

WIDTH = 120
"""Columns of an output that is no terminal."""


def console() -> Console:
    """Standard output, as wide as the terminal or ``WIDTH``; text is shown as it is, never read as markup."""
    is_terminal = Console().is_terminal
    return Console(width=None if is_terminal else WIDTH, highlight=False, markup=False, emoji=False)


def titled_table(title: str, columns: Sequence[str], *, left: int = 1) -> Table:
    """An empty ruled table.

    Args:
        columns: their headings.
        left: how many columns, from the first on, hold text: they stand at the left and are folded where they are too
            long. The others hold figures and stand at the right.
    """
    return _with_columns(Table(title=title, title_justify="left"), columns, left)


def plain_table(columns: Sequence[str]) -> Table:
    """An empty table without rules: text in its first column, figures in the others."""
    return _with_columns(Table(box=None, header_style="bold"), columns, 1)


def _with_columns(table: Table, columns: Sequence[str], left: int) -> Table:
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i < left else "right", overflow="fold" if i < left else "ellipsis")
    return table
