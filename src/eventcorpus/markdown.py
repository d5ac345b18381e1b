"""Tables of GitHub-flavoured Markdown, as cards and reports have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A table; names and cells are Markdown already.

    Args:
        left: how many columns, from the first on, hold text; the others hold figures and stand at the right.

    >>> print(markdown_table(("label", "n"), [("Actor", "3")]))
    | label | n |
    | --- | ---: |
    | Actor | 3 |
    """
    rule = ["---" if i < left else "---:" for i in range(len(columns))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))
