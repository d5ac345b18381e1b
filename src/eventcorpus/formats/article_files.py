"""Files and folders that hold articles: how each kind is read, and which are not, with the way out.

Comes in: paths. Goes out: (file, place, row): what its files hold, each article a dictionary as its file has it.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import itertools
import json
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from eventcorpus.errors import InputError
from eventcorpus.files import opened, read_json_lines, read_json_list
from eventcorpus.formats.article_fields import is_field_name, listed
from eventcorpus.formats.markup import is_page, page_row
from eventcorpus.formats.read_report import NotRead, ReadReport
from eventcorpus.formats.tables import Opens, Rows, csv_rows, excel_rows, parquet_rows, text_encoding
from eventcorpus.text import one_line

STDIN = Path("-")
_JSON = (".json", ".jsonl", ".ndjson", ".jsonlines", ".jl")
_CSV = (".csv", ".tsv", ".tab")
_EXCEL = (".xlsx", ".xlsm")
_HTML = (".html", ".htm", ".xhtml")
_TEXT = (".txt", ".text", ".md")
_COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
SUFFIXES = (*_JSON, *_CSV, *_EXCEL, ".parquet", *_HTML, *_TEXT)
"""What is read; all but Excel and Parquet also compressed."""
_AS_TEXT = "save it as plain text (.txt, UTF-8), one article a file"
_AS_CSV = "save it as CSV UTF-8 or .xlsx"
_PAGES = "download the pages that it links to (for example with trafilatura) and give their JSON"
_WAYS_OUT = {
    ".rtf": ("an RTF document", _AS_TEXT),
    ".docx": ("a Word document", _AS_TEXT),
    ".doc": ("a Word document", _AS_TEXT),
    ".odt": ("a text document", _AS_TEXT),
    ".pdf": ("a PDF", "take its text out, for example with pdftotext, and " + _AS_TEXT),
    ".epub": ("an e-book", _AS_TEXT),
    ".xls": ("an old Excel workbook", _AS_CSV),
    ".xlsb": ("a binary Excel workbook", _AS_CSV),
    ".ods": ("a spreadsheet", _AS_CSV),
    ".xml": ("XML", f"a feed holds teasers: {_PAGES}; of other XML, export JSON or CSV"),
    ".rss": ("a feed, which holds teasers", _PAGES),
    ".atom": ("a feed, which holds teasers", _PAGES),
    ".zip": ("an archive", "unpack it and give the folder"),
    ".tar": ("an archive", "unpack it and give the folder"),
    ".tgz": ("an archive", "unpack it and give the folder"),
    ".7z": ("an archive", "unpack it and give the folder"),
    ".rds": ("data of R", "write it as CSV (write.csv) or Parquet"),
    ".rda": ("data of R", "write it as CSV (write.csv) or Parquet"),
    ".rdata": ("data of R", "write it as CSV (write.csv) or Parquet"),
    ".dta": ("data of Stata", "write it as CSV (export delimited)"),
    ".sav": ("data of SPSS", "save it as CSV"),
    ".pkl": ("a pickle, which may run any code", "write it as JSON Lines or Parquet"),
    ".pickle": ("a pickle, which may run any code", "write it as JSON Lines or Parquet"),
    ".warc": ("a web archive", "take its articles out, for example with trafilatura, and give their JSON"),
    ".mhtml": ("a web archive", "save the page as .html"),
    ".eml": ("an e-mail", _AS_TEXT),
    ".ann": ("an annotation of brat", "eventcorpus convert reads it"),
}
_BEGINNINGS = (
    (b"{\\rtf", ".rtf"), (b"%PDF-", ".pdf"), (b"\xd0\xcf\x11\xe0", ".doc"), (b"PK\x03\x04", ".zip"), (b"<?xml", ".xml"),
    (b"<rss", ".rss"), (b"<feed", ".atom"),
)  # fmt: skip
"""How files begin that are no text, whatever they are called."""
_LISTS = ("articles", "items", "results", "data", "docs", "documents", "entries", "posts", "stories", "hits", "news")
"""What feeds call their list of articles, likeliest first."""
_CHARSET = re.compile(r"""<meta[^<>]{1,200}charset=["']?([\w-]{3,30})""", re.IGNORECASE)
_URL = re.compile(r"https?://\S+")


def article_rows(
    paths: Iterable[Path], report: ReadReport, *, stdin: IO[bytes] | None = None
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (file, place, row) for each article of files and folders, in the order given (folders: by path).

    Args:
        report: told which files of folders are not read, and how files were understood.
        stdin: what the path ``-`` means.

    Raises:
        InputError: if a file or folder is not there, is not read, or holds no articles.
    """
    for path in paths:
        if path == STDIN and stdin is not None:
            yield from (("stdin", place, row) for place, row in _stdin_rows(stdin, report))
        elif path.is_dir():
            yield from _folder_rows(path, report)
        else:
            yield from ((str(path), place, row) for place, row in _file_rows(path, report))


def text_row(content: str, *, article_id: str | None = None) -> dict[str, Any]:
    """A plain text as a row; a first line that is a URL becomes the url and is no part of the text."""
    first, newline, rest = content.partition("\n")
    row: dict[str, Any] = {"text": content}
    if newline and _URL.fullmatch(first.strip()):
        row = {"text": rest.lstrip("\r\n"), "url": first.strip()}
    return row | ({"id": article_id} if article_id else {})


# files and folders ---------------------------------------------------------------------------------------------------


def _folder_rows(folder: Path, report: ReadReport) -> Iterator[tuple[str, str, dict[str, Any]]]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not _is_hidden(file, folder)]
    n_read = 0
    for file in files:
        if _kind(file)[0] not in SUFFIXES:
            report.not_read.append((str(file), _what_it_is(file)))
            continue
        rows = _file_rows(file, report, article_id=_without_suffix(file.relative_to(folder)))
        try:
            first = next(rows, None)
        except NotRead as error:
            report.not_read.append((str(file), str(error).removeprefix(f"{file}: ")))
            continue
        n_read += 1
        if first is not None:
            yield from ((str(file), place, row) for place, row in itertools.chain([first], rows))
    if not n_read:
        raise InputError(
            f"{folder}: no articles in this folder{f' ({len(files)} files that are not read)' if files else ''}; files "
            f"end in {', '.join(SUFFIXES)}"
        )


def _is_hidden(file: Path, folder: Path) -> bool:
    """Whether a file is none of the person's: .DS_Store, ._a.txt, .git/config."""
    return any(part.startswith(".") or part == "__MACOSX" for part in file.relative_to(folder).parts)


def _kind(path: Path) -> tuple[str, str]:
    """The suffix that says what a file is, and that of its compression, both in lower case; either may be empty."""
    suffix = path.suffix.lower()
    if suffix in _COMPRESSED:
        return path.with_suffix("").suffix.lower(), suffix
    return suffix, ""


def _without_suffix(path: Path) -> str:
    path = path.with_suffix("") if path.suffix.lower() in _COMPRESSED else path
    return path.with_suffix("").as_posix()


def _file_rows(path: Path, report: ReadReport, *, article_id: str | None = None) -> Rows:
    """Yield (place, row) of one file; ``article_id`` is that of a text or page, else the name of its file."""
    kind, compression = _kind(path)
    article_id = article_id or Path(_without_suffix(path)).name
    if kind == ".parquet" and not compression:
        yield from parquet_rows(path, report)
        return
    opens: Opens = partial(_decompressed, path, compression)
    with opens() as file:
        head = file.read(4096)
    if not head.strip():
        raise NotRead(f"{path}: the file is empty")
    if kind in _EXCEL:
        yield from excel_rows(path, opens, report)
    elif kind not in SUFFIXES:
        raise NotRead(f"{path}: {_what_it_is(path)}")
    elif beginning := next((kind for start, kind in _BEGINNINGS if head.startswith(start) and kind), None):
        if beginning != ".xml" or not is_page(head.decode("latin-1")):
            what, way_out = _WAYS_OUT[beginning]
            raise NotRead(f"{path}: this is {what}, whatever its name says; {way_out}")
        yield from _text_rows(path, opens, report, article_id=article_id)
    elif kind in _CSV:
        yield from csv_rows(path, opens, report)
    elif kind in _JSON:
        yield from _json_rows(path, opens, report)
    else:
        yield from _text_rows(path, opens, report, article_id=article_id)


def _what_it_is(path: Path) -> str:
    kind, _ = _kind(path)
    if kind in _WAYS_OUT:
        what, way_out = _WAYS_OUT[kind]
        return f"this is {what}, which is not read; {way_out}"
    named = f"{kind} is no kind of file that articles are read from" if kind else "a name without suffix"
    return f"{named} ({', '.join(SUFFIXES)}); if it is one plain text, call it .txt"


@contextmanager
def _decompressed(path: Path, compression: str) -> Iterator[IO[bytes]]:
    with opened(path) as raw:
        try:
            if compression == ".gz":
                yield _buffered(gzip.GzipFile(fileobj=raw))
            elif compression == ".bz2":
                yield _buffered(bz2.BZ2File(raw))
            elif compression == ".xz":
                yield _buffered(lzma.LZMAFile(raw))  # noqa: SIM115 (closed with raw)
            elif compression == ".zst":
                if find_spec("zstandard") is None:
                    raise NotRead(
                        f"{path}: .zst files need the library zstandard: pip install 'eventcorpus[zst]'; or unpack it"
                    )
                yield _buffered(_Zst(raw))
            else:
                yield raw
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise NotRead(f"{path}: damaged, or no {compression} file ({error})") from None
        except OSError as error:
            if compression != ".bz2":
                raise
            raise NotRead(f"{path}: damaged, or no {compression} file ({error})") from None


class _Zst(io.RawIOBase):
    """The content of a .zst file; unlike the library's own reader it notices that the file ends too early."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._ready = file, memoryview(b"")
        self._frame: Any = None

    def readable(self) -> bool:
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


# texts and pages -----------------------------------------------------------------------------------------------------


def _text_rows(path: Path, opens: Opens, report: ReadReport, *, article_id: str) -> Rows:
    with opens() as file:
        head = file.read(4096).removeprefix(codecs.BOM_UTF8).decode("latin-1")
    charset = _CHARSET.search(head) if is_page(head) else None
    encoding, said = (charset[1], "") if charset and _is_encoding(charset[1]) else text_encoding(path, opens)
    if said:
        report.understand(str(path), said)
    with opens() as file:
        content = file.read().decode(encoding, errors="replace" if charset else "strict")
    yield from _content_rows(content, str(path), report, article_id=article_id)


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name).name not in ("utf-8", "ascii")
    except LookupError:
        return False


def _stdin_rows(stdin: IO[bytes], report: ReadReport) -> Rows:
    content = stdin.read().decode("utf-8-sig", errors="replace")
    if not content.strip():
        raise InputError("stdin: nothing came in")
    yield from _content_rows(content, "stdin", report)


def _content_rows(content: str, place: str, report: ReadReport, *, article_id: str | None = None) -> Rows:
    """A text, which may also be JSON or a page, whatever its name says."""
    if re.match(r'\s*(?:\{\s*"|\[\s*\{\s*")', content):
        yield from _values_as_rows(_json_values(content, place), place, report)
    elif is_page(content):
        yield place, page_row(content, place=place) | ({"id": article_id} if article_id else {})
    else:
        lines = content.split("\n")
        if len(addresses := [line for line in lines if line.strip()]) == sum(
            _URL.fullmatch(line.strip()) is not None for line in addresses
        ):
            raise NotRead(f"{place}: a list of addresses, and no text; {_PAGES.replace(' that it links to', '')}")
        yield place, text_row(content, article_id=article_id)


# JSON ----------------------------------------------------------------------------------------------------------------


def _json_rows(path: Path, opens: Opens, report: ReadReport) -> Rows:
    """JSON Lines, line by line; a list, item by item; else one value, or values one after the other."""
    encoding = _json_encoding(opens)
    with opens() as binary:
        lines = _lines(binary, encoding, path)
        if (start := binary.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]) == b"{":  # type: ignore[attr-defined]
            first = [line for line in itertools.islice(filter(str.strip, lines), 2)]
            if any(map(_is_object, first)) and (len(first) > 1 or _kind(path)[0] != ".json"):
                with opens() as again:
                    for number, row in read_json_lines(_lines(again, encoding, path), place=str(path)):
                        yield f"{path}: line {number}", row
                return
    if start == b"[" and encoding == "utf-8-sig" and not _kind(path)[1]:
        yield from _items(read_json_list(path), str(path))
        return
    with opens() as file:
        content = "\n".join(_lines(file, encoding, path))
    yield from _values_as_rows(_json_values(content, str(path)), str(path), report)


def _json_encoding(opens: Opens) -> str:
    with opens() as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _lines(binary: IO[bytes], encoding: str, path: Path) -> Iterator[str]:
    try:
        for line in io.TextIOWrapper(binary, encoding, newline="\n"):
            yield line.removesuffix("\n")
    except UnicodeDecodeError:
        raise NotRead(f"{path}: not UTF-8 as JSON must be; convert the file, for example with iconv") from None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _json_values(content: str, place: str) -> list[Any]:
    """The JSON values of a text, one after the other."""
    decoder, values, at = json.JSONDecoder(), [], 0
    content = content.strip("\ufeff \t\r\n")
    while at < len(content):
        try:
            value, at = decoder.raw_decode(content, at)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{place}: line {error.lineno}, column {error.colno}: not valid JSON ({error.msg})"
            ) from None
        except RecursionError:
            raise InputError(f"{place}: JSON nested too deeply") from None
        values.append(value)
        at += len(re.compile(r"[\s,]*").match(content, at).group())  # type: ignore[union-attr]
    return values


def _values_as_rows(values: list[Any], place: str, report: ReadReport) -> Rows:
    if len(values) != 1:
        yield from _items(iter(values), place)
    elif isinstance(values[0], list):
        yield from _items(iter(values[0]), place)
    elif not isinstance(values[0], dict):
        raise InputError(f"{place}: {one_line(json.dumps(values[0]))} is no article; a JSON object is needed")
    else:
        yield from _object_rows(values[0], place, report)


def _items(items: Iterator[Any], place: str) -> Rows:
    n_items = 0
    for n_items, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise InputError(f"{place}: item {n_items} is {one_line(json.dumps(item))}; an article is a JSON object")
        yield f"{place}: item {n_items}", item
    if not n_items:
        raise InputError(f"{place}: an empty list, no articles")


def _object_rows(value: dict[str, Any], place: str, report: ReadReport) -> Rows:
    """One article; the list in a feed; or columns, each with its cells by number, as pandas writes them."""
    if any(is_field_name(key, "text") and not isinstance(item, list | dict) for key, item in value.items()):
        yield place, value
        return
    lists = {key: item for key, item in value.items() if _is_list_of_objects(item)}
    if not lists and len(inner := [item for item in value.values() if isinstance(item, dict)]) == 1:
        lists = {
            key: item for key, item in inner[0].items() if _is_list_of_objects(item)
        }  # {"response": {"results": []}}
    known = [name for name in _LISTS if name in lists]
    if len(lists) == 1 or known:
        name = known[0] if known else next(iter(lists))
        others = [key for key in value if key != name and lists.get(key) is None and name in value]
        others += [key for key in lists if key != name]
        beside = f"; not read beside them: {listed(others)}" if others else ""
        report.understand(place, f"the articles are in its list {name!r}{beside}")
        yield from _items(iter(lists[name]), f"{place}: {name}")
    elif lists:
        raise InputError(f"{place}: several lists, {listed(lists)}; which has the articles? Give that list alone")
    elif value and all(isinstance(item, dict) for item in value.values()):
        yield from _columns_as_rows(value, place, report)
    else:
        yield place, value


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _columns_as_rows(value: Mapping[str, dict[str, Any]], place: str, report: ReadReport) -> Rows:
    if any(is_field_name(name, "text") for name in value):
        report.understand(place, "columns with their cells by number, as pandas writes them")
        for number in next(iter(value.values())):
            yield f"{place}: row {number}", {name: cells.get(number) for name, cells in value.items()}
    else:
        report.understand(place, "articles by their ids")
        for article_id, row in value.items():
            yield f"{place}: {one_line(article_id)}", {"id": article_id} | row
