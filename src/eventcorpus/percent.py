"""Shares as people read them: in percent, with a dash where there is none."""

from __future__ import annotations

UNDEFINED = "–"


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
