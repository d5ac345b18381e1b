"""How library functions tell how far they are: they call back, and draw nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

OnProgress = Callable[[int, int | None], None]
"""Called after each item with how many are done and how many there are, None if that is not known."""
_Item = TypeVar("_Item")


def tracked(items: Iterable[_Item], total: int | None, on_progress: OnProgress | None) -> Iterator[_Item]:
    """Pass the items on, and call back after each."""
    if on_progress is None:
        yield from items
        return
    for n_done, item in enumerate(items, start=1):
        yield item
        on_progress(n_done, total)
