"""What is in a file: its bytes, compressed (.gz, .zst, .bz2, .xz) or not, and the encoding of its text."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from eventcorpus.articles.report import NotRead
from eventcorpus.errors import InputError
from eventcorpus.files import opened

Rows = Iterator[tuple[str, dict[str, Any] | InputError]]
"""(place, row): what a file holds, each article a dictionary as it stands there; or why a row cannot be read."""
COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20
_NOT_WESTERN = re.compile(
    r"[þðýÞÐÝ]|[a-z][À-ÖØ-ÞŠŽŒŸ]|[À-ÖØ-öø-ÿŠšŽžŒœŸ]{3}|[A-Za-zÀ-ÿ][¡-©«-¶¸¹»-¿†‡ˆ‰‹›€ƒ˜¢][a-zà-ÿ]"
)
"""What stands in no text of western Europe that is in Windows-1252."""


@dataclass(frozen=True)
class File:
    """A file that may hold articles.

    Attributes:
        place: its path, or what messages call it.
        kind: the suffix that says what it is, in lower case; may be empty.
        compression: the suffix of its compression; empty if it is not compressed.
        article_id: of the article, if it is one text or page; empty: the hash of the text.
        in_folder: whether it was found in a folder, so that more is told of it than raised.
        content: its bytes, if it is no file on the disk.
    """

    place: str
    kind: str
    compression: str = ""
    article_id: str = ""
    in_folder: bool = False
    content: bytes | None = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open it for reading what is in it, from its start.

        Raises:
            InputError: as ``files.opened``.
            NotRead: if it is damaged, or the library for its compression is not there.
        """
        if self.content is not None:
            yield io.BytesIO(self.content)
            return
        with opened(Path(self.place)) as raw:
            if not self.compression:
                yield raw
                return
            try:
                yield io.BufferedReader(_uncompressed(raw, self))
            except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
                raise NotRead(f"{self.place}: damaged, or no {self.compression} file ({error})") from None

    def encoding(self) -> tuple[str, str]:
        """Tell the encoding of its text: UTF-8, UTF-16, or Windows-1252 where that makes sense.

        Returns:
            the encoding as Python calls it; words for it, empty if it is UTF-8.

        Raises:
            NotRead: if it is none of these.
        """
        with self.open() as file:
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
            raise other_encoding(self.place, at) from None
        if _NOT_WESTERN.search(western):
            raise other_encoding(self.place, at)
        return "cp1252", "encoded in Windows-1252 (not UTF-8)"


def _uncompressed(raw: IO[bytes], file: File) -> Any:
    if file.compression == ".gz":
        return gzip.GzipFile(fileobj=raw)
    if file.compression == ".bz2":
        return bz2.BZ2File(raw)
    if file.compression == ".xz":
        return lzma.LZMAFile(raw)
    if find_spec("zstandard") is None:
        raise NotRead(
            f"{file.place}: .zst files need the library zstandard: pip install 'eventcorpus[zst]'; or unpack it"
        )
    return _Zst(raw)


class _Zst(io.RawIOBase):
    """The content of a .zst file; unlike the library's own reader it notices that the file ends too early."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._ready = file, memoryview(b"")
        self._frame: Any = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next.

        Raises:
            EOFError: if the file is damaged.
        """
        import zstandard

        while not self._ready:
            packed = (self._frame.unused_data if self._frame is not None else b"") or self._file.read(1 << 16)
            if not packed:
                if self._frame is not None and not self._frame.eof:
                    raise EOFError("it ends too early")
                return 0
            if self._frame is None or self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            try:
                self._ready = memoryview(self._frame.decompress(packed))
            except zstandard.ZstdError as error:
                raise EOFError(str(error)) from None
        n = min(len(buffer), len(self._ready))
        buffer[:n], self._ready = self._ready[:n], self._ready[n:]
        return n


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
