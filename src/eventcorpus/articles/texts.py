"""Plain texts and HTML pages, a file an article; HTML in any text read as what it stands for.

Comes in: files of text or HTML. Goes out: (place, row).
"""

from __future__ import annotations

import codecs
import html
import logging
import re
from html.entities import html5
from typing import Any

from eventcorpus.articles.content import File, Rows, other_encoding
from eventcorpus.articles.json_rows import json_text_rows
from eventcorpus.articles.names import ADDRESSES
from eventcorpus.articles.report import NotRead, ReadReport
from eventcorpus.articles.tables import csv_rows, is_table

_ENTITY = re.compile(r"&(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{1,31};)")
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|br|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|html|li|main|nav|"
    r"ol|p|pre|section|table|tr|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)  # fmt: skip
_INLINE = re.compile(
    r"</?(?:a|abbr|b|cite|code|em|font|i|iframe|img|s|small|span|strong|sub|sup|td|th|time|u)(?:\s[^<>]*)?/?>|<!--[^<>]*-->",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<(script|style|template|noscript|head)(?:\s[^<>]*)?>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(
    r"[\s\ufeff]*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!doctype html|<html|<head|<body)", re.IGNORECASE | re.DOTALL
)
_CHARSET = re.compile(
    r"""<meta[^<>]{1,200}charset=["']?((?:windows-|cp)125[0-8]|iso-8859-(?:1[013-6]|[1-9])|latin-?1|koi8-[ru]|gb(?:k|2312|18030)|big5|shift_jis|euc-(?:jp|kr))\b""",
    re.IGNORECASE,
)  # fmt: skip
"""The encodings that a page may name, beside those that are told from its bytes."""
_URL = re.compile(r"https?://\S+")


def text_rows(file: File, report: ReadReport) -> Rows:
    """A text or a page, or JSON or a table that is called a text."""
    encoding, said = _encoding(file)
    with file.open() as opened:
        try:
            content = opened.read().decode(encoding)
        except UnicodeDecodeError as error:
            raise other_encoding(file.place, error.start) from None
    if is_table(content):
        report.understand(file.place, "a table of articles, whatever its name says")
        yield from csv_rows(file, report)
        return
    if said:
        report.understand(file.place, said)
    lines = [line.strip() for line in content.split("\n") if line.strip()]
    own_id = {"id": file.article_id} if file.article_id else {}
    if re.match(r'\s*(?:\{\s*"|\[\s*\{\s*")', content):
        yield from json_text_rows(content, file.place, report)
    elif is_page(content):
        yield file.place, page_row(content, place=file.place) | own_id
    elif lines and all(map(_URL.fullmatch, lines)):
        raise NotRead(f"{file.place}: a list of addresses, and no text; {ADDRESSES}")
    else:
        yield file.place, text_row(content) | own_id


def text_row(content: str) -> dict[str, Any]:
    """A plain text as a row; a first line that is a URL becomes the url and is no part of the text."""
    first, newline, rest = content.partition("\n")
    if newline and _URL.fullmatch(first.strip()):
        return {"text": rest.lstrip("\r\n"), "url": first.strip()}
    return {"text": content}


def _encoding(file: File) -> tuple[str, str]:
    """The encoding of a text, told from its bytes; that which a page names where they say no better."""
    with file.open() as opened:
        head = opened.read(4096).removeprefix(codecs.BOM_UTF8).decode("latin-1")
    named = _CHARSET.search(head) if is_page(head) else None
    try:
        encoding, said = file.encoding()
    except NotRead:
        if named is None:
            raise
        encoding, said = "", ""
    if named is None or encoding.startswith("utf"):
        return encoding, said
    name = named[1].lower()
    return ("cp1252" if name in ("iso-8859-1", "latin1", "latin-1") else name), ""


# HTML ----------------------------------------------------------------------------------------------------------------


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
    text = _INLINE.sub("", _BLOCK.sub("\n", _UNSEEN.sub("", text)))
    lines = (re.sub(r"[ \t\r\f]+", " ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _characters(text: str) -> str:
    """With the characters that entities stand for; twice, since what is escaped is often escaped again."""
    for _ in range(2):
        text = _ENTITY.sub(lambda found: html.unescape(found[0]) if _is_known(found[1]) else found[0], text)
    return text


def _is_known(entity: str) -> bool:
    return entity.startswith("#") or entity in html5


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
    about = found.as_dict() if found is not None else {}
    if not (about.get("text") or "").strip():
        raise NotRead(f"{place}: no article found in this page; save its text as .txt")
    names = {"text": "text", "title": "title", "url": "url", "date": "published", "license": "licence"}
    names |= {"hostname": "outlet", "sitename": "outlet", "author": "author"}
    return {ours: about[theirs] for theirs, ours in names.items() if about.get(theirs)}
