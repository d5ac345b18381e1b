"""Reading JSON, JSON Lines and YAML with the place of every fault; writing files and folders all or nothing."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from eventcorpus.errors import EventCorpusError, InputError, OutputError
from eventcorpus.mistakes import Lines, at_line, first_mistake, load_yaml

_Model = TypeVar("_Model", bound=BaseModel)
_FIRST_LINE = 1 << 20
"""Bytes of a first line by which JSON Lines are told from one JSON list."""
_TOO_MUCH = "JSON nested too deeply, or with a number that is too long"


class StrictModel(BaseModel):
    """A model that takes no unknown keys and cannot be changed. ``parse_as`` makes one of data."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_text(path: Path) -> str:
    """Read a UTF-8 file (a byte order mark is dropped; line ends stay as they are).

    Raises:
        InputError: if the file is missing, empty, not readable or not UTF-8.
    """
    with opened(path) as file:
        content = file.read()
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; convert the file, for example with iconv") from None


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, without their line feeds, one in memory at a time (a byte order mark is dropped).

    Raises:
        InputError: as ``read_text``.
    """
    is_empty = True
    with opened(path) as file:
        for number, content in enumerate(file, start=1):
            try:
                line = content.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                at = file.tell() - len(content) + error.start
                raise InputError(f"{path}: byte {at} is not UTF-8; convert the file, for example with iconv") from None
            is_empty = is_empty and not line.strip()
            yield line.removesuffix("\n")
    if is_empty:
        raise InputError(f"{path}: the file is empty")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes.

    Raises:
        InputError: if it is missing, a folder or not readable.
    """
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, a file is needed") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def read_json_list(path: Path) -> Iterator[Any]:
    """Yield the items of a file that is one JSON list, one at a time: large files are never in memory whole.

    Raises:
        InputError: as ``read_json``, or if it is JSON of another shape.
    """
    import ijson

    n_read = 0
    with opened(path) as file:
        start = file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
        if start and not start.startswith(b"["):
            read_json(path)
            raise InputError(f"{path}: not a JSON list")
        file.seek(0)
        try:
            for item in ijson.items(_Plain(file), "item", use_float=True):
                n_read += 1
                yield item
            return
        except (ijson.JSONError, ValueError, _NotPlain):
            pass  # not JSON, or JSON that ijson does not take as it is: the whole file is read instead
    yield from read_json(path)[n_read:]


class _NotPlain(Exception):
    """JSON that ijson's parser (yajl) would read wrongly or not survive."""


class _Plain:
    """A file for ijson without what it cannot read: lone surrogates (it writes ? instead) and nesting of 100,000."""

    _LONE = re.compile(rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]", flags=re.DOTALL)

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._depth, self._before = file, 0, b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, looked through; a byte order mark is dropped."""
        at = self._file.tell()
        chunk = self._file.read(size)
        after = self._file.read(12)  # a pair of escapes may begin at the last byte
        self._file.seek(at + len(chunk))
        seen = self._before + chunk + after
        if b"\\ud" in seen.lower():
            found = self._LONE.search(seen, len(self._before))
            if found and found.start() < len(self._before) + len(chunk):
                raise _NotPlain
        self._before = chunk[-6:]
        self._depth += chunk.count(b"[") + chunk.count(b"{") - chunk.count(b"]") - chunk.count(b"}")
        if self._depth > 10_000:
            raise _NotPlain
        return chunk if at else chunk.removeprefix(codecs.BOM_UTF8)


def read_json(path: Path) -> Any:
    """Read one JSON document.

    Raises:
        InputError: as ``read_text``, or if it does not parse (with line and column).
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}, column {error.colno}: not valid JSON ({error.msg})") from None
    except (RecursionError, ValueError):
        raise InputError(f"{path}: {_TOO_MUCH}") from None


def read_json_lines(lines: Iterable[str], *, place: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number from 1, object) per non-blank line.

    Raises:
        InputError: naming the line that does not parse or is not an object.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, json_object(line, number=number, place=place)


def json_object(line: str, *, number: int, place: str) -> dict[str, Any]:
    """The object on one line of JSON Lines; raises as ``read_json_lines``."""
    row = _json_value(line, number, place)
    if not isinstance(row, dict):
        raise InputError(f"{place}: line {number} is not a JSON object; one object a line is needed")
    return row


def read_json_values(path: Path, *, is_lines: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of JSON Lines, of the items of a JSON list, or of the one value; large files as a stream.

    Args:
        is_lines: it is JSON Lines; if not, the first line says so: an object, or a list that begins with a text.

    Raises:
        InputError: as ``read_json``, ``read_json_list`` and ``read_json_lines``.
    """
    with opened(path) as file:
        lines = iter(lambda: file.readline(_FIRST_LINE), b"")
        first = next((line for line in lines if line.removeprefix(codecs.BOM_UTF8).strip()), b"")
    start = first.removeprefix(codecs.BOM_UTF8).strip()
    if is_lines or _is_json_line(start, is_cut=len(first) == _FIRST_LINE):
        yield from ((f"line {number}", value) for number, value in _json_lines(read_lines(path), str(path)))
    elif start.startswith(b"["):
        yield from ((f"item {number}", value) for number, value in enumerate(read_json_list(path), start=1))
    else:
        yield "item 1", read_json(path)


def _is_json_line(line: bytes, *, is_cut: bool) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return is_cut and line.startswith((b"{", b'["'))
    return isinstance(value, dict) or (isinstance(value, list) and len(value) > 1 and isinstance(value[0], str))


def _json_lines(lines: Iterable[str], place: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _json_value(line, number, place)


def _json_value(line: str, number: int, place: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        why = f"not valid JSON ({error.msg} at column {error.colno})"
        raise InputError(f"{place}: line {number} is {why}") from None
    except (RecursionError, ValueError):
        raise InputError(f"{place}: line {number}: {_TOO_MUCH}") from None


def read_yaml(path: Path, *, what: str, error: type[EventCorpusError] = InputError) -> dict[Any, Any]:
    """Read a YAML file (JSON is YAML, too) that holds one mapping.

    Args:
        what: such a file, for messages: "a benchmark".
        error: what is raised if the content is no such mapping.

    Raises:
        InputError: as ``read_text``.
    """
    return _read_yaml(path, what=what, error=error)[0]


def _read_yaml(path: Path, *, what: str, error: type[EventCorpusError]) -> tuple[dict[Any, Any], Lines]:
    data, lines = load_yaml(read_text(path), place=str(path), error=error)
    if not isinstance(data, dict):
        raise error(f"{path}: {what} is a list of 'key: value' lines; this is {type(data).__name__}")
    return data, lines


def read_yaml_as(model: type[_Model], path: Path, *, what: str, error: type[EventCorpusError] = InputError) -> _Model:
    """Read a YAML file that follows a model.

    Args:
        what, error: see ``read_yaml``.

    Raises:
        InputError: as ``read_text``.
        EventCorpusError: of the class ``error``: as ``read_yaml``, or naming line and key, what is wrong, and the way
            out (see ``mistakes.first_mistake``).
    """
    data, lines = _read_yaml(path, what=what, error=error)
    return parse_as(model, data, place=str(path), error=error, lines=lines)


def parse_as(
    model: type[_Model],
    data: Any,
    *,
    place: str,
    hint: str = "",
    error: type[EventCorpusError] = InputError,
    lines: Lines | None = None,
) -> _Model:
    """Make a model of data that came from ``place``.

    Args:
        hint: the way out, which ends the message.
        error: what is raised.
        lines: of the data, where they are known.

    Raises:
        EventCorpusError: of the class ``error``, in one line: place, first key that does not fit, and why.
    """
    try:
        return model.model_validate(data)
    except ValidationError as fault:
        path, what = first_mistake(model, data, fault)
    raise error(f"{at_line(place, lines or {}, path)}: {what}{hint}")


def to_json(value: Any) -> str:
    """JSON on one line as this project writes it: readable Unicode, keys in the order given, no NaN."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def json_document(value: Any) -> str:
    """The content of a JSON file: as ``to_json``, but indented, with a line feed at its end; also of a model."""
    data = value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else value
    return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[str]]:
    """Open ``path`` for writing UTF-8 text; it appears complete at the end of the block, or not at all.

    Raises:
        OutputError: if the folder or disk refuses.
    """
    with _atomic(path, "w", encoding="utf-8", newline="\n") as file:
        yield file


@contextmanager
def atomic_compressed_file(path: Path) -> Iterator[IO[str]]:
    """``atomic_file``, compressed if the path ends in .gz or .zst; the same text gives the same bytes.

    Raises:
        InputError: if the library for .zst is not there.
        OutputError: if the folder or disk refuses.
    """
    suffix = path.suffix.lower()
    if suffix == ".zst" and find_spec("zstandard") is None:
        raise InputError(f"{path}: .zst files need the library zstandard: pip install 'eventcorpus[zst]'; or choose gz")
    with _atomic(path, "wb") as raw:
        packed: Any = raw
        if suffix == ".gz":
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
        elif suffix == ".zst":
            import zstandard

            packed = zstandard.ZstdCompressor().stream_writer(raw, closefd=False)
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="\n")
        yield text
        text.flush()
        text.detach()
        if packed is not raw:
            packed.close()


@contextmanager
def _atomic(path: Path, mode: str, *, encoding: str | None = None, newline: str | None = None) -> Iterator[IO[Any]]:
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, mode, encoding=encoding, newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise OutputError(_cannot_write(path, error)) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file, all or nothing."""
    with atomic_file(path) as file:
        file.write(text)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file of bytes, all or nothing."""
    with _atomic(path, "wb") as file:
        file.write(data)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON, all or nothing."""
    write_text(path, json_document(value))


@contextmanager
def atomic_folder(path: Path, *, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Fill a temporary folder that takes the place of ``path`` at the end of the block, or vanishes.

    An existing ``path`` is replaced only if it is empty (a .gitkeep does not count) or ``is_ours`` says that an earlier
    run of ours wrote it.

    Raises:
        OutputError: if ``path`` holds something else, or the disk refuses.
    """
    check_folder(path, is_ours=is_ours)
    try:
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", ignore_cleanup_errors=True
        ) as temporary:
            Path(temporary).chmod(0o755)
            yield Path(temporary)
            old = path.with_name(f".{path.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            if path.exists():
                path.replace(old)
            Path(temporary).replace(path)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise OutputError(_cannot_write(path, error)) from None


def check_folder(path: Path, *, is_ours: Callable[[Path], bool]) -> None:
    """Find out before the work begins whether ``atomic_folder`` would be able to write ``path``.

    Raises:
        OutputError: if it holds something else, or its parent cannot be written.
    """
    check_replaceable(path, is_ours=is_ours)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OutputError(_cannot_write(path, error)) from None


def check_replaceable(path: Path, *, is_ours: Callable[[Path], bool]) -> None:
    """The part of ``check_folder`` that writes nothing.

    Raises:
        OutputError: if ``path`` holds something that no earlier run of ours wrote.
    """
    if path.is_file() or (path.is_dir() and not is_ours(path) and any(e.name != ".gitkeep" for e in path.iterdir())):
        raise OutputError(f"{path}: exists and was not written by this command; choose another --out or remove it")


def paths_of(given: str | Path | Iterable[str | Path]) -> list[Path]:
    """One path or several, each a string or a ``Path``, as a list of paths.

    >>> paths_of("a.json"), paths_of([Path("a.json"), "b.json"])
    ([PosixPath('a.json')], [PosixPath('a.json'), PosixPath('b.json')])
    """
    return [Path(given)] if isinstance(given, str | Path) else [Path(path) for path in given]


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cannot_write(path: Path, error: OSError) -> str:
    return (
        f"{path}: cannot be written ({error.strerror or error}); free the disk or choose another place; "
        "nothing half-written was left"
    )
