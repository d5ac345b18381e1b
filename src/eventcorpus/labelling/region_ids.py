"""Ids of spans as ids of regions on Label Studio's page, and back.

The page makes a CSS class of each region's id without escaping it, so that a region with a colon or tilde in its id has
no colour (seen in 1.23). Such characters travel as their full-width twins (U+FF01 to U+FF5E), which CSS takes.
"""

from __future__ import annotations

_SPECIAL = [chr(code) for code in range(0x21, 0x7F) if not (chr(code).isalnum() or chr(code) in "-_")]
_TO_PAGE = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in _SPECIAL} | {" ": "\u3000"})
_FROM_PAGE = {ord(str(new)): chr(old) for old, new in _TO_PAGE.items()}


def region_id(span_id: str) -> str:
    """The id under which the page shows a span.

    >>> region_id("12:a1")
    '12：a1'
    """
    return span_id.translate(_TO_PAGE)


def span_id_of(region_id: str) -> str:
    """The id of a region's span.

    >>> span_id_of("12：a1")
    '12:a1'
    """
    return region_id.translate(_FROM_PAGE)
