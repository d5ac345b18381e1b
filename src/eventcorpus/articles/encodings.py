"""The encoding of a text, told from its bytes: UTF-8, UTF-16, or Windows-1252 where that makes sense."""

from __future__ import annotations

import codecs
import re
from contextlib import AbstractContextManager
from typing import IO, Protocol

from eventcorpus.articles.report import NotRead

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20
_NOT_WESTERN = re.compile(
    r"[þðýÞÐÝ]|[a-z][À-ÖØ-ÞŠŽŒŸ]|[À-ÖØ-öø-ÿŠšŽžŒœŸ]{3}|[A-Za-zÀ-ÿ][¡-©«-¶¸¹»-¿†‡ˆ‰‹›€ƒ˜¢][a-zà-ÿ]"
)
"""What stands in no text of western Europe that is in Windows-1252."""


class Opens(Protocol):
    """Opens one file from its start, as often as it is called."""

    def __call__(self) -> AbstractContextManager[IO[bytes]]: ...


def text_encoding(place: str, opens: Opens) -> tuple[str, str]:
    """Tell the encoding of a text.

    Returns:
        the encoding as Python calls it; words for it, empty if it is UTF-8.

    Raises:
        NotRead: if it is none of those that can be told.
    """
    with opens() as file:
        head = file.read(4096)
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return encoding, "" if encoding == "utf-8-sig" else "encoded in UTF-16"
        for encoding, high in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
            if len(high) > 3 and high.count(0) > 0.6 * len(high):
                return encoding, "encoded in UTF-16"
        at, around = _first_not_utf8(head, file)
    if at is None:
        return "utf-8-sig", ""
    try:
        western = around.decode("cp1252")
    except UnicodeDecodeError:
        raise other_encoding(place, at) from None
    if _NOT_WESTERN.search(western):
        raise other_encoding(place, at)
    return "cp1252", "encoded in Windows-1252 (not UTF-8)"


def _first_not_utf8(head: bytes, file: IO[bytes]) -> tuple[int | None, bytes]:
    """Where the first byte is that is not UTF-8, if there is one; and the stretch of a file that it stands in."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    n_read, chunk, before = 0, head, b""
    while True:
        try:
            pending = len(decoder.getstate()[0])
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return n_read - pending + error.start, before + chunk + file.read(_CHUNK)
        if not chunk:
            return None, b""
        n_read += len(chunk)
        chunk, before = file.read(_CHUNK), chunk[-64:]


def other_encoding(place: str, at: int) -> NotRead:
    """The error of a text in an encoding that cannot be told."""
    return NotRead(
        f"{place}: byte {at} is not UTF-8, nor is the file in UTF-16 or Windows-1252; save it as UTF-8 (in Excel: CSV "
        "UTF-8), or convert it, for example with iconv"
    )
