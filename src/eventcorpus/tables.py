"""Figures as people read them: counts with their noun, shares in percent, lines for limits, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.table import Table

UNDEFINED = "–"


def counted(n: int, noun: str, nouns: str | None = None) -> str:
    """A number with what it counts, in the singular for one.

    Args:
        nouns: the plural, where it is not ``noun`` with an s.

    >>> counted(1, "article"), counted(1234, "article"), counted(0, "entry", "entries")
    ('1 article', '1,234 articles', '0 entries')
    """
    return f"{n:,} {noun if n == 1 else nouns or f'{noun}s'}"


def percent(share: float | None, *, digits: int = 1, sign: str = "", unit: str = "") -> str:
    """A share in percent.

    Args:
        digits: after the point.
        sign: "+" puts the sign of positive numbers, too.
        unit: after the number, such as "%".

    >>> percent(0.6667), percent(0.05, digits=0, unit="%"), percent(0.05, sign="+"), percent(None)
    ('66.7', '5%', '+5.0', '–')
    """
    return UNDEFINED if share is None else f"{100 * share:{sign}.{digits}f}{unit}"


def percent_range(
    low: float | None, high: float | None, *, between: str = "–", digits: int = 1, sign: str = "", undefined: str = ""
) -> str:
    """Both ends of an interval of shares in percent, ``undefined`` where either is.

    >>> percent_range(0.7312, 0.7701), percent_range(None, None, undefined="–")
    ('73.1–77.0', '–')
    """
    if low is None or high is None:
        return undefined
    return f"{percent(low, digits=digits, sign=sign)}{between}{percent(high, digits=digits, sign=sign)}"


def percent_with_range(share: float | None, low: float | None, high: float | None) -> str:
    """A share in percent, with its interval in brackets where that is known.

    >>> percent_with_range(0.7533, 0.7312, 0.7701), percent_with_range(0.5, None, None)
    ('75.3 [73.1, 77.0]', '50.0')
    """
    ends = percent_range(low, high, between=", ")
    return f"{percent(share)} [{ends}]" if ends and share is not None else percent(share)


def limit_violation(
    name: str,
    value: float | None,
    *,
    shown: str,
    show: Callable[[float], str],
    least: float | None = None,
    most: float | None = None,
) -> str:
    """A line for a figure that does not keep its limits, empty for one that does. What is undefined keeps none.

    Args:
        value: held to the limits; ``shown`` is what the line says of it, ``show`` writes a limit.
        least, most: at least one of both.

    >>> limit_violation("recall", 0.71, shown="0.71", show=str, least=0.72)
    'recall is 0.71, at least 0.72 is required'
    >>> limit_violation("recall", 0.71, shown="0.71", show=str, least=0.7, most=0.9)
    ''
    """
    if least is not None and (value is None or value < least):
        return f"{name} is {shown}, at least {show(least)} is required"
    if most is not None and (value is None or value > most):
        return f"{name} is {shown}, at most {show(most)} is allowed"
    return ""


def markdown_table_head(columns: Sequence[str], *, left: int = 1) -> str:
    """The head of a table; names are Markdown already.

    Args:
        left: how many columns, from the first on, hold text; the others hold figures and stand at the right.

    >>> print(markdown_table_head(("label", "n")))
    | label | n |
    | --- | ---: |
    """
    rule = ["---" if i < left else "---:" for i in range(len(columns))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule))


WIDTH = 120
"""Columns of an output that is no terminal."""


def console() -> Console:
    """Standard output, as wide as the terminal or ``WIDTH``; text is shown as it is, never read as markup."""
    is_terminal = Console().is_terminal
    return Console(width=None if is_terminal else WIDTH, highlight=False, markup=False, emoji=False)


def titled_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]] = (),
    *,
    last: Sequence[Sequence[str]] = (),
    left: int = 1,
) -> Table:
    """A ruled table; one without rules if its title is empty.

    Args:
        columns: their headings.
        last: rows below a rule, such as sums.
        left: how many columns, from the first on, hold text: they stand at the left and are folded where they are too
            long. The others hold figures and stand at the right.
    """
    table = Table(title=title, title_justify="left") if title else Table(box=None, header_style="bold")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i < left else "right", overflow="fold" if i < left else "ellipsis")
    for row in rows:
        table.add_row(*row)
    if last:
        table.add_section()
    for row in last:
        table.add_row(*row)
    return table
