"""Files and folders that hold articles: how each kind is read, and which are not, with the way out.

Comes in: paths. Goes out: (file, rows): what each file holds, each article a dictionary as its file has it.
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from eventcorpus.articles.content import COMPRESSED, File, Rows
from eventcorpus.articles.json_rows import json_rows
from eventcorpus.articles.names import ADDRESSES
from eventcorpus.articles.report import NotRead, ReadReport
from eventcorpus.articles.tables import csv_rows, excel_rows, parquet_rows
from eventcorpus.articles.texts import is_page, text_rows
from eventcorpus.errors import InputError

STDIN = Path("-")
_BESIDE = ("readme", "license", "licence", "notice", "attribution", "changelog", "contributing", "citation")
"""Texts of these names stand beside articles in a folder and are none."""
READERS: dict[str, Callable[[File, ReadReport], Rows]] = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".jsonlines", ".jl"), json_rows),
    **dict.fromkeys((".csv", ".tsv", ".tab"), csv_rows),
    **dict.fromkeys((".xlsx", ".xlsm"), excel_rows),
    ".parquet": parquet_rows,
    **dict.fromkeys((".html", ".htm", ".xhtml", ".txt", ".text", ".md"), text_rows),
}
"""What is read; all but Excel and Parquet also compressed."""
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
"""What is not read, with the way out."""
_BEGINNINGS = (
    (b"{\\rtf", ".rtf"), (b"%PDF-", ".pdf"), (b"\xd0\xcf\x11\xe0", ".doc"), (b"PK\x03\x04", ".zip"), (b"<?xml", ".xml"),
    (b"<rss", ".rss"), (b"<feed", ".atom"), (b"SQLite format 3", ".db"), (b"PAR1", ".parquet"), (b"\x1f\x8b", ".gz"),
)  # fmt: skip
"""How files begin that are no text, whatever they are called."""


def article_files(
    paths: Iterable[Path], report: ReadReport, *, stdin: IO[bytes] | None = None
) -> Iterator[tuple[File, Rows]]:
    """Yield each file with its rows, in the order given (folders: by path).

    Args:
        report: told which files of folders are not read, and how files were understood.
        stdin: what the path ``-`` means.

    Raises:
        InputError: if a file or folder is not there, is not read, or holds no articles.
    """
    for path in paths:
        if path == STDIN and stdin is not None:
            file = File("stdin", ".txt", content=stdin.read())
            yield file, _rows(file, report)
        elif path.is_dir():
            yield from _files_in(path, report)
        else:
            file = _file(path, name=path.name)
            yield file, _rows(file, report)


def _file(path: Path, *, name: str, in_folder: bool = False) -> File:
    """``name``: the path of which the id of a text is made."""
    *_, before, last = ["", "", *path.suffixes]
    suffix, compression = (before, last) if last.lower() in COMPRESSED else (last, "")
    return File(
        str(path),
        suffix.lower(),
        compression.lower(),
        article_id=name.removesuffix(suffix + compression),
        in_folder=in_folder,
    )


def _files_in(folder: Path, report: ReadReport) -> Iterator[tuple[File, Rows]]:
    paths = files_of(folder)
    n_read, first_why = 0, ""
    for path in paths:
        file = _file(path, name=path.relative_to(folder).as_posix(), in_folder=True)
        rows = _rows(file, report)
        try:
            if path.name.split(".")[0].lower() in _BESIDE and READERS.get(file.kind or ".txt") is text_rows:
                raise NotRead("its name says that it is no article")
            first = list(itertools.islice(rows, 1))
        except NotRead as error:
            why = str(error).removeprefix(f"{path}: ")
            report.not_read.append((file.place, why))
            first_why = first_why or f", {len(paths)} that are not read, the first: {path} ({why})"
            continue
        except InputError as error:
            first, rows = [(file.place, error)], iter(())
        n_read += 1
        yield file, itertools.chain(first, rows)
    if not n_read:
        raise InputError(f"{folder}: no articles in this folder{first_why}; files end in {', '.join(READERS)}")


def files_of(folder: Path) -> list[Path]:
    """All files of a folder by path, but hidden ones."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_hidden(path.relative_to(folder))]


def _is_hidden(file: Path) -> bool:
    """Whether a file of a folder is none of the person's: .DS_Store, ._a.txt, .git/config, Excel's ~$table.xlsx."""
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in file.parts)


def _rows(file: File, report: ReadReport) -> Rows:
    read = READERS.get(file.kind)
    if read is None:
        raise NotRead(f"{file.place}: {_what_it_is(file.kind)}")
    with file.open() as opened:
        head = opened.read(4096)
    if not head.strip() and len(head) < 4096:
        raise NotRead(f"{file.place}: the file is empty")
    if read not in (excel_rows, parquet_rows) and (other := _is_other(head)):
        raise NotRead(f"{file.place}: this is {other}")
    yield from read(file, report)


def _what_it_is(kind: str) -> str:
    if kind in _WAYS_OUT:
        what, way_out = _WAYS_OUT[kind]
        return f"this is {what}, which is not read; {way_out}"
    named = f"{kind} is no kind of file that articles are read from" if kind else "a name without suffix"
    return f"{named} ({', '.join(READERS)}); if it is one plain text, call it .txt"


def _is_other(head: bytes) -> str:
    """What a file is by its first bytes, with the way out, if they say that it is no text."""
    kind = next((kind for start, kind in _BEGINNINGS if head.removeprefix(codecs.BOM_UTF8).startswith(start)), "")
    if not kind or (kind == ".xml" and is_page(head.decode("latin-1"))):
        return ""
    if kind not in _WAYS_OUT:
        return f"a {kind} file, whatever its name says; give it a name that ends in {kind}"
    what, way_out = _WAYS_OUT[kind]
    return f"{what}, whatever its name says; {way_out}"
