"""Files in folders and in zip archives, by their names; archives are read where they lie, and nothing is unpacked."""

from __future__ import annotations

import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from eventcorpus.errors import InputError
from eventcorpus.files import opened
from eventcorpus.tables import counted

MOST_BYTES, MOST_NAMES = 1 << 30, 200_000
"""Of what is in an archive when it is unpacked; and the number of its files."""
_LARGE, _MOST_TIMES = 50 << 20, 200
"""A file in an archive above so many bytes, unpacked, is at most so many times as large as in the archive."""
_BROKEN = (BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Member:
    """A file that can be read.

    Attributes:
        name: its path in the input, with slashes; what is in an archive in a folder is named ``a.zip/b.xmi``.
        path: the file on the disk: itself, or the archive.
        inside: the names that lead to it in archives, each in the one before; none for a file of its own.
        read: gives its content; InputError if it cannot be read.
    """

    name: str
    path: Path
    inside: tuple[str, ...]
    read: Callable[[], bytes] = field(compare=False)

    @property
    def place(self) -> PurePosixPath:
        """Where it lies, on the disk and in archives."""
        return PurePosixPath(self.path.as_posix(), *self.inside)


def file_member(path: Path, name: str) -> Member:
    """A file on the disk."""
    return Member(name, path, (), partial(_content_of_file, path))


def members_of(inputs: Sequence[Path]) -> list[Member]:
    """All files of the inputs, sorted: of folders, of zip archives, and of zip archives in these.

    Raises:
        InputError: for an archive that cannot be read, names a path outside itself, or would unpack to too much.
    """
    found: list[Member] = []
    for path in inputs:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_dir() or (path.is_dir() and file.name.startswith(".")):
                continue
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            if file.suffix.lower() != ".zip":
                found.append(file_member(file, name))
                continue
            prefix = f"{name}/" if path.is_dir() or len(inputs) > 1 else ""
            with opened(file):  # says in one line why it cannot be opened
                archive = _checked(file, str(file))
            found += [Member(prefix + "/".join(at), file, at, read) for at, read in _inside(archive, str(file))]
    return found


def _inside(
    archive: ZipFile, place: str, *, is_inner: bool = False
) -> Iterator[tuple[tuple[str, ...], Callable[[], bytes]]]:
    """The names in an archive and in the archives in it, and what reads each."""
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        base = info.filename.rsplit("/", 1)[-1]
        if info.is_dir() or base.startswith(".") or info.filename.startswith("__MACOSX/"):
            continue
        read = partial(_content, archive, info, place)
        if is_inner or not base.lower().endswith(".zip"):
            yield (info.filename,), read
            continue
        inner = f"{place}/{info.filename}"
        for names, _ in _inside(_checked(io.BytesIO(read()), inner), inner, is_inner=True):
            yield (info.filename, *names), partial(_content_of_inner, read, names[0], inner)


def _checked(file: Path | io.BytesIO, place: str) -> ZipFile:
    """An archive in which nothing leads outside, and that does not unpack to too much; its last use closes it."""
    try:
        archive = ZipFile(file)
    except _BROKEN as error:
        raise InputError(f"{place}: not a zip archive that can be read ({error})") from None
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    if len(infos) > MOST_NAMES or total > MOST_BYTES:
        raise InputError(
            f"{place}: {counted(len(infos), 'file')}, {total:,} bytes when unpacked; at most {MOST_NAMES:,} files and "
            f"{MOST_BYTES:,} bytes are read: unpack it, and name the folder"
        )
    for info in infos:
        if re.search(r"^$|^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)", info.filename):
            raise InputError(f"{place}: {info.filename!r} leads out of the archive; such archives are not read")
        if info.file_size > max(_LARGE, _MOST_TIMES * info.compress_size):
            raise InputError(
                f"{place}: {info.filename!r} would unpack to {info.file_size:,} bytes from {info.compress_size:,}; at "
                f"most {_MOST_TIMES} times as much is read: unpack it, and name the folder"
            )
    return archive


def _content_of_file(path: Path) -> bytes:
    with opened(path) as file:
        return file.read()


def _content(archive: ZipFile, info: ZipInfo, place: str) -> bytes:
    try:
        with archive.open(info) as file:
            return file.read()  # never more than the size that the archive says
    except _BROKEN as error:
        raise InputError(f"{place}: {info.filename!r} cannot be read ({error})") from None


def _content_of_inner(read: Callable[[], bytes], name: str, place: str) -> bytes:
    archive = _checked(io.BytesIO(read()), place)
    return _content(archive, archive.getinfo(name), place)
