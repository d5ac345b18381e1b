"""Limits that figures must keep, as files name them for reports of scores and of corpora."""

from __future__ import annotations

from collections.abc import Callable


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
