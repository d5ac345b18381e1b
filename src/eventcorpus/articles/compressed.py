"""Compressed files (.gz, .zst, .bz2, .xz) read as if they were not; one that is damaged or cut says so."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from eventcorpus.articles.report import NotRead
from eventcorpus.files import opened

COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


@contextmanager
def decompressed(path: Path, suffix: str) -> Iterator[IO[bytes]]:
    """Open a file for reading the bytes in it; ``suffix`` is that of its compression, or empty.

    Raises:
        InputError: as ``files.opened``.
        NotRead: if it is damaged, or its library is not there.
    """
    with opened(path) as raw:
        try:
            if suffix == ".gz":
                yield _buffered(gzip.GzipFile(fileobj=raw))
            elif suffix == ".bz2":
                yield _buffered(bz2.BZ2File(raw))
            elif suffix == ".xz":
                yield _buffered(lzma.LZMAFile(raw))  # noqa: SIM115 (closed with raw)
            elif suffix == ".zst":
                if find_spec("zstandard") is None:
                    raise NotRead(
                        f"{path}: .zst files need the library zstandard: pip install 'eventcorpus[zst]'; or unpack it"
                    )
                yield _buffered(_Zst(raw))
            else:
                yield raw
        except _DAMAGED as error:
            raise NotRead(f"{path}: damaged, or no {suffix} file ({error})") from None
        except OSError as error:
            if suffix != ".bz2":
                raise
            raise NotRead(f"{path}: damaged, or no {suffix} file ({error})") from None


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


def _buffered(stream: Any) -> IO[bytes]:
    return io.BufferedReader(stream)
