"""HTML in texts: entities and tags read as what they stand for, and the article of a whole page."""

from __future__ import annotations

import html
import logging
import re
from html.entities import html5
from typing import Any

from eventcorpus.articles.report import NotRead

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|br|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|html|li|main|nav|"
    r"ol|p|pre|section|table|tr|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)  # fmt: skip
_INLINE = re.compile(
    r"</?(?:a|abbr|b|cite|code|em|font|i|iframe|img|s|small|span|strong|sub|sup|td|th|time|u)(?:\s[^<>]*)?/?>|<!--[^<>]*-->",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<(script|style|template|noscript|head)(?:\s[^<>]*)?>", re.IGNORECASE)
_PAGE = re.compile(
    r"[\s\ufeff]*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!doctype html|<html|<head|<body)", re.IGNORECASE | re.DOTALL
)


def without_markup(text: str) -> str:
    """Read HTML entities, and tags if there are any, as what they stand for: characters, line feeds, nothing.

    >>> without_markup("<p>Gunmen attacked &quot;Camp 4&quot;.</p><p>AT&T &madeup; a < b</p>")
    'Gunmen attacked "Camp 4".\\nAT&T &madeup; a < b'
    """
    has_tags = _has_tags(text)
    text = _characters(_without_tags(text) if has_tags else text)
    if not has_tags and _has_tags(text):  # the tags themselves were written as entities
        text = _characters(_without_tags(text))
    return text


def _has_tags(text: str) -> bool:
    return "<" in text and (_BLOCK.search(text) or _INLINE.search(text)) is not None


def _without_tags(text: str) -> str:
    """A line for each block, without blanks at its ends; no empty lines."""
    text = _INLINE.sub("", _BLOCK.sub("\n", _without_unseen(text)))
    lines = (re.sub(r"[ \t\r\f]+", " ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _without_unseen(text: str) -> str:
    """Without scripts, styles and the like, which no reader sees."""
    parts, at = [], 0
    while opens := _UNSEEN.search(text, at):
        closes = re.compile(rf"</{opens[1]}\s*>", re.IGNORECASE).search(text, opens.end())
        if closes is None:
            break
        parts.append(text[at : opens.start()])
        at = closes.end()
    return "".join(parts) + text[at:]


def _characters(text: str) -> str:
    """With the characters that entities stand for; twice, since what is escaped is often escaped again."""
    for _ in range(2):
        text = _ENTITY.sub(_character, text) if "&" in text else text
    return text


def _character(found: re.Match[str]) -> str:
    entity = found.group()
    return html.unescape(entity) if entity[1] == "#" or entity[1:] in html5 else entity


def is_page(text: str) -> bool:
    """Whether a text is a whole HTML page."""
    return _PAGE.match(text) is not None


def page_row(page: str, *, place: str) -> dict[str, Any]:
    """The article of an HTML page as a row, found by trafilatura, without menus, comments and advertisements.

    Raises:
        NotRead: if the library is not there, or finds no article.
    """
    for name in ("trafilatura", "htmldate", "courlan"):
        if not (library := logging.getLogger(name)).handlers:
            library.addHandler(logging.NullHandler())  # what they tell of a page is not for people who read many
    try:
        from trafilatura import bare_extraction
    except ImportError:
        raise NotRead(
            f"{place}: HTML pages need the library trafilatura: pip install 'eventcorpus[html]'; or save "
            "the text as .txt"
        ) from None

    found = bare_extraction(
        page,
        with_metadata=True,
        include_comments=False,
        deduplicate=False,
        date_extraction_params={"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%d"},
    )
    about = found if isinstance(found, dict) else found.as_dict() if found is not None else {}
    if not (about.get("text") or "").strip():
        raise NotRead(f"{place}: no article found in this page; save its text as .txt")
    names = {"text": "text", "title": "title", "url": "url", "date": "published", "license": "licence"}
    row = {ours: about[theirs] for theirs, ours in names.items() if about.get(theirs)}
    if outlet := about.get("sitename") or about.get("hostname"):
        row["outlet"] = outlet
    if about.get("author"):
        row["author"] = about["author"]
    return row
