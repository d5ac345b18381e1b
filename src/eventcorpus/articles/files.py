"""Files and folders that hold articles: how each kind is read, and which are not, with the way out.

Comes in: paths. Goes out: (source, place, row): what its files hold, each article a dictionary as its file has it.
"""

from __future__ import annotations

import codecs
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from eventcorpus.articles.compressed import COMPRESSED, decompressed
from eventcorpus.articles.encodings import Opens, other_encoding, text_encoding
from eventcorpus.articles.json_rows import json_rows, json_text_rows
from eventcorpus.articles.markup import is_page, page_row
from eventcorpus.articles.names import ADDRESSES
from eventcorpus.articles.report import NotRead, ReadReport
from eventcorpus.articles.tables import Rows, csv_rows, excel_rows, parquet_rows
from eventcorpus.errors import InputError

STDIN = Path("-")
_JSON = (".json", ".jsonl", ".ndjson", ".jsonlines", ".jl")
_CSV = (".csv", ".tsv", ".tab")
_EXCEL = (".xlsx", ".xlsm")
_HTML = (".html", ".htm", ".xhtml")
_TEXT = (".txt", ".text", ".md")
SUFFIXES = (*_JSON, *_CSV, *_EXCEL, ".parquet", *_HTML, *_TEXT)
"""What is read; all but Excel and Parquet also compressed."""
_BESIDE = ("readme", "license", "licence", "notice", "attribution", "changelog", "contributing", "citation")
"""Texts of these names stand beside articles in a folder and are none."""
_AS_TEXT = "save it as plain text (.txt, UTF-8), one article a file"
_AS_CSV = "save it as CSV UTF-8 or .xlsx"
_PAGES = ADDRESSES.replace("the pages", "the pages that it links to")
_WAYS_OUT = {
    **dict.fromkeys((".docx", ".doc", ".docm"), ("a Word document", _AS_TEXT)),
    ".rtf": ("an RTF document", _AS_TEXT),
    ".odt": ("a text document", _AS_TEXT),
    ".pdf": ("a PDF", f"take its text out, for example with pdftotext, and {_AS_TEXT}"),
    ".epub": ("an e-book", _AS_TEXT),
    ".eml": ("an e-mail", _AS_TEXT),
    ".xls": ("an old Excel workbook", _AS_CSV),
    ".xlsb": ("a binary Excel workbook", _AS_CSV),
    ".ods": ("a spreadsheet", _AS_CSV),
    ".xml": ("XML", f"a feed holds teasers: {_PAGES}; of other XML, export JSON or CSV"),
    **dict.fromkeys((".rss", ".atom"), ("a feed, which holds teasers", _PAGES)),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), ("an archive", "unpack it and give the folder")),
    **dict.fromkeys((".rds", ".rda", ".rdata"), ("data of R", "write it as CSV (write.csv) or Parquet")),
    ".dta": ("data of Stata", "write it as CSV (export delimited)"),
    ".sav": ("data of SPSS", "save it as CSV"),
    **dict.fromkeys((".pkl", ".pickle"), ("a pickle, which may run any code", "write it as JSON Lines or Parquet")),
    **dict.fromkeys((".feather", ".arrow"), ("data of Arrow", "write it as Parquet")),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), ("a database", "export its table of articles as CSV")),
    ".warc": ("a web archive", "take its articles out, for example with trafilatura, and give their JSON"),
    **dict.fromkeys((".mhtml", ".mht"), ("a saved page with its pictures", "save the page as .html")),
    ".ann": ("an annotation of brat", "eventcorpus convert reads it with its .txt"),
}
_BEGINNINGS = (
    (b"{\\rtf", ".rtf"), (b"%PDF-", ".pdf"), (b"\xd0\xcf\x11\xe0", ".doc"), (b"PK\x03\x04", ".zip"), (b"<?xml", ".xml"),
    (b"<rss", ".rss"), (b"<feed", ".atom"), (b"SQLite format 3", ".db"), (b"PAR1", ".parquet"), (b"\x1f\x8b", ".gz"),
)  # fmt: skip
"""How files begin that are no text, whatever they are called."""
_CHARSET = re.compile(
    r"""<meta[^<>]{1,200}charset=["']?((?:windows-|cp)125[0-8]|iso-8859-(?:1[013-6]|[1-9])|latin-?1|koi8-[ru]|gb(?:k|2312|18030)|big5|shift_jis|euc-(?:jp|kr))\b""",
    re.IGNORECASE,
)  # fmt: skip
"""The encodings that a page may name, beside those that are told from its bytes."""
_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Source:
    """Where articles come from: a file that was named, or one of a folder, of which more is told than raised."""

    path: str
    in_folder: bool = False


def article_rows(
    paths: Iterable[Path], report: ReadReport, *, stdin: IO[bytes] | None = None
) -> Iterator[tuple[Source, str, dict[str, Any]]]:
    """Yield (source, place, row) for each article of files and folders, in the order given (folders: by path).

    Args:
        report: told which files of folders are not read, and how files were understood.
        stdin: what the path ``-`` means.

    Raises:
        InputError: if a file or folder is not there, is not read, or holds no articles.
    """
    for path in paths:
        if path == STDIN and stdin is not None:
            yield from _from(Source("stdin"), _stdin_rows(stdin, report))
        elif path.is_dir():
            yield from _folder_rows(path, report)
        else:
            yield from _from(Source(str(path)), _file_rows(path, report))


def _from(source: Source, rows: Rows) -> Iterator[tuple[Source, str, dict[str, Any]]]:
    return ((source, place, row) for place, row in rows)


def text_row(content: str, *, article_id: str | None = None) -> dict[str, Any]:
    """A plain text as a row; a first line that is a URL becomes the url and is no part of the text."""
    first, newline, rest = content.partition("\n")
    row: dict[str, Any] = {"text": content}
    if newline and _URL.fullmatch(first.strip()):
        row = {"text": rest.lstrip("\r\n"), "url": first.strip()}
    return row | ({"id": article_id} if article_id else {})


# files and folders ---------------------------------------------------------------------------------------------------


def _folder_rows(folder: Path, report: ReadReport) -> Iterator[tuple[Source, str, dict[str, Any]]]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not _is_hidden(file, folder)]
    n_read = 0
    for file in files:
        if why := _why_not(file):
            report.not_read.append((str(file), why))
            continue
        rows = _file_rows(file, report, article_id=_without_suffix(file.relative_to(folder)))
        try:
            first = list(itertools.islice(rows, 1))
        except NotRead as error:
            report.not_read.append((str(file), str(error).removeprefix(f"{file}: ")))
            continue
        n_read += 1
        yield from _from(Source(str(file), in_folder=True), itertools.chain(first, rows))
    if not n_read:
        path, why = report.not_read[-len(files)] if files else (str(folder), "")
        first_why = f", {len(files)} that are not read, the first: {path} ({why})" if files else ""
        raise InputError(f"{folder}: no articles in this folder{first_why}; files end in {', '.join(SUFFIXES)}")


def _is_hidden(file: Path, folder: Path) -> bool:
    """Whether a file is none of the person's: .DS_Store, ._a.txt, .git/config, Excel's ~$table.xlsx."""
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in file.relative_to(folder).parts)


def _why_not(file: Path) -> str:
    """Why a file of a folder is not read, as far as its name says; empty if it is."""
    if file.name.split(".")[0].lower() in _BESIDE and _kind(file)[0] in ("", *_TEXT, *_HTML):
        return "its name says that it is no article"
    return "" if _kind(file)[0] in SUFFIXES else _what_it_is(file)


def _kind(path: Path) -> tuple[str, str]:
    """The suffix that says what a file is, and that of its compression, both in lower case; either may be empty."""
    suffix = path.suffix.lower()
    return (path.with_suffix("").suffix.lower(), suffix) if suffix in COMPRESSED else (suffix, "")


def _without_suffix(path: Path) -> str:
    path = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    return path.with_suffix("").as_posix()


def _file_rows(path: Path, report: ReadReport, *, article_id: str | None = None) -> Rows:
    """Yield (place, row) of one file; ``article_id`` is that of a text or page, else the name of its file."""
    kind, compression = _kind(path)
    article_id = article_id or Path(_without_suffix(path)).name
    opens: Opens = partial(decompressed, path, compression)
    with opens() as file:
        head = file.read(4096)
    if not head.strip() and len(head) < 4096:
        raise NotRead(f"{path}: the file is empty")
    if kind not in SUFFIXES:
        raise NotRead(f"{path}: {_what_it_is(path)}")
    if kind in _EXCEL:
        yield from excel_rows(path, opens, report)
    elif kind == ".parquet" and not compression:
        yield from parquet_rows(path)
    elif other := _is_other(head):
        raise NotRead(f"{path}: this is {other}")
    elif kind in _CSV:
        yield from csv_rows(path, opens, report)
    elif kind in _JSON:
        yield from json_rows(path, opens, report)
    else:
        yield from _text_rows(str(path), opens, report, article_id=article_id)


def _what_it_is(path: Path) -> str:
    kind, _ = _kind(path)
    if kind in _WAYS_OUT:
        what, way_out = _WAYS_OUT[kind]
        return f"this is {what}, which is not read; {way_out}"
    named = f"{kind} is no kind of file that articles are read from" if kind else "a name without suffix"
    return f"{named} ({', '.join(SUFFIXES)}); if it is one plain text, call it .txt"


def _is_other(head: bytes) -> str:
    """What a file is by its first bytes, with the way out, if they say that it is no text."""
    kind = next((kind for start, kind in _BEGINNINGS if head.removeprefix(codecs.BOM_UTF8).startswith(start)), "")
    if not kind or (kind == ".xml" and is_page(head.decode("latin-1"))):
        return ""
    if kind not in _WAYS_OUT:
        return f"a {kind} file, whatever its name says; give it a name that ends in {kind}"
    what, way_out = _WAYS_OUT[kind]
    return f"{what}, whatever its name says; {way_out}"


# texts and pages -----------------------------------------------------------------------------------------------------


def _text_rows(place: str, opens: Opens, report: ReadReport, *, article_id: str | None = None) -> Rows:
    """A text or a page, or JSON that is called a text."""
    encoding, said = _encoding(place, opens)
    if said:
        report.understand(place, said)
    with opens() as file:
        try:
            content = file.read().decode(encoding)
        except UnicodeDecodeError as error:
            raise other_encoding(place, error.start) from None
    lines = [line.strip() for line in content.split("\n") if line.strip()]
    if re.match(r'\s*(?:\{\s*"|\[\s*\{\s*")', content):
        yield from json_text_rows(content, place, report)
    elif is_page(content):
        yield place, page_row(content, place=place) | ({"id": article_id} if article_id else {})
    elif lines and all(map(_URL.fullmatch, lines)):
        raise NotRead(f"{place}: a list of addresses, and no text; {ADDRESSES}")
    else:
        yield place, text_row(content, article_id=article_id)


def _encoding(place: str, opens: Opens) -> tuple[str, str]:
    """The encoding of a text, told from its bytes; that which a page names where they say no better."""
    with opens() as file:
        head = file.read(4096).removeprefix(codecs.BOM_UTF8).decode("latin-1")
    named = _CHARSET.search(head) if is_page(head) else None
    try:
        encoding, said = text_encoding(place, opens)
    except NotRead:
        if named is None:
            raise
        encoding, said = "", ""
    if named is None or encoding.startswith("utf"):
        return encoding, said
    name = named[1].lower()
    return ("cp1252" if name in ("iso-8859-1", "latin1", "latin-1") else name), ""


def _stdin_rows(stdin: IO[bytes], report: ReadReport) -> Rows:
    content = stdin.read()
    if not content.strip():
        raise InputError("stdin: nothing came in")
    if other := _is_other(content[:4096]):
        raise InputError(f"stdin: this is {other}")
    yield from _text_rows("stdin", lambda: nullcontext(io.BytesIO(content)), report)
