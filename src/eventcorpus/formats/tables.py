"""Tables of articles: CSV with any separator and encoding, Excel workbooks, Parquet; a row is a dictionary.

Comes in: files that spreadsheets, statistics programs and databases wrote. Goes out: (place, row) with every column of
the header; a cell without content is None.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol

from eventcorpus.errors import InputError
from eventcorpus.formats.article_fields import is_field_name
from eventcorpus.formats.read_report import NotRead, ReadReport

Rows = Iterator[tuple[str, dict[str, Any]]]
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAMPLE = 65_536
_SEP_LINE = re.compile(r'"?sep=(?P<separator>[^\r\n])"?\r?\n', re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NOT_WESTERN = re.compile(
    r"[þðýÞÐÝ]|[a-z][À-ÖØ-ÞŠŽŒŸ]|[À-ÖØ-öø-ÿŠšŽžŒœŸ]{3}|[A-Za-zÀ-ÿ][¡-©«-¶¸¹»-¿†‡ˆ‰‹›€ƒ˜¢][a-zà-ÿ]"
)
"""What stands in no text of western Europe that is in Windows-1252."""
_GDELT = re.compile(r"\d+\t\d{8}(?:\d{6})?\t")


class Opens(Protocol):
    """Opens one file from its start; called again, again."""

    def __call__(self) -> AbstractContextManager[IO[bytes]]: ...


def csv_rows(path: Path, opens: Opens, report: ReadReport) -> Rows:
    """Read a table of text; separator and encoding are told from the file, and said where they are not the usual ones.

    Raises:
        InputError: naming the line that has other columns than the header, or what else is wrong.
    """
    csv.field_size_limit(2**31 - 1)
    encoding, said = text_encoding(path, opens)
    with opens() as binary:
        file = io.TextIOWrapper(binary, encoding, newline="")
        try:
            sample = file.read(_SAMPLE)
        except UnicodeDecodeError as error:
            raise _other_encoding(path, error.start) from None
    _check_not_gdelt(path, sample)
    given = _SEP_LINE.match(sample)
    separator = given["separator"] if given else _separator(sample[given.end() if given else 0 :])
    if separator != "," and not (separator == "\t" and ".csv" not in path.name.lower()):
        said = f"{_SEPARATORS.get(separator, repr(separator))} between its columns{f', {said}' if said else ''}"
    if said:
        report.understand(str(path), said)
    with opens() as binary:
        file = io.TextIOWrapper(binary, encoding, newline="")
        n_before = 0
        if given:
            file.readline()
            n_before = 1
        rows = csv.reader(file, delimiter=separator, strict=True)
        numbered = ((n_before + rows.line_num, row) for row in rows)
        try:
            yield from _with_header(numbered, path, "line", report)
        except csv.Error as error:
            raise InputError(f"{path}: line {n_before + rows.line_num}: not valid CSV ({error})") from None
        except UnicodeDecodeError as error:
            raise _other_encoding(path, error.start) from None


def excel_rows(path: Path, opens: Opens, report: ReadReport) -> Rows:
    """Read the first sheet of an Excel workbook that has a table.

    Raises:
        InputError: if the library is not there, or the file no workbook.
    """
    if find_spec("openpyxl") is None:
        raise NotRead(
            f"{path}: Excel workbooks need the library openpyxl: pip install 'eventcorpus[xlsx]'; or save it as CSV "
            "UTF-8"
        )
    import openpyxl

    with opens() as file:
        try:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = [sheet for sheet in workbook.worksheets if any(_filled(row) for row in sheet.values)]
        except Exception as error:  # openpyxl raises whatever its parts raise: KeyError, BadZipFile, ParseError, ...
            raise NotRead(
                f"{path}: not a readable Excel workbook ({_first_line(error)}); save it as CSV UTF-8"
            ) from None
        if len(sheets) > 1:
            others = ", ".join(sheet.title for sheet in sheets[1:])
            report.understand(str(path), f"its sheet {sheets[0].title} is read, not {others}")
        if sheets:
            cells = (
                (number, [_excel_cell(cell) for cell in row]) for number, row in enumerate(sheets[0].values, start=1)
            )
            yield from _with_header(cells, path, "row", report)
        workbook.close()


def parquet_rows(path: Path, report: ReadReport) -> Rows:
    """Read a Parquet file, 256 rows in memory at a time.

    Raises:
        InputError: if it is not there or not readable.
    """
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    try:
        batches = pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=256)
        for number, row in enumerate(chain.from_iterable(batch.to_pylist() for batch in batches), start=1):
            yield f"{path}: row {number}", row
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise NotRead(f"{path}: not a readable Parquet file ({_first_line(error)})") from None


# text ----------------------------------------------------------------------------------------------------------------


def text_encoding(path: Path, opens: Opens) -> tuple[str, str]:
    """Tell the encoding of a text from its bytes: UTF-8, UTF-16, else Windows-1252 where that makes sense.

    Returns:
        the encoding as Python calls it; words for it, empty if it is UTF-8.

    Raises:
        InputError: if it is none of them.
    """
    with opens() as file:
        head = file.read(4096)
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return encoding, "" if encoding == "utf-8-sig" else "encoded in UTF-16"
        for encoding, low in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
            if len(low) > 3 and low.count(0) > 0.6 * len(low):
                return encoding, "encoded in UTF-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        n_read = 0
        chunk = head
        try:
            while chunk:
                decoder.decode(chunk)
                n_read += len(chunk)
                chunk = file.read(1 << 20)
            decoder.decode(b"", final=True)
            return "utf-8-sig", ""
        except UnicodeDecodeError as error:
            at = n_read + max(0, error.start)
            around = (chunk + file.read(1 << 20)) if chunk else head
    try:
        western = around.decode("cp1252")
    except UnicodeDecodeError:
        raise _other_encoding(path, at) from None
    if _NOT_WESTERN.search(western):
        raise _other_encoding(path, at)
    return "cp1252", "encoded in Windows-1252 (not UTF-8)"


def _other_encoding(path: Path, at: int) -> NotRead:
    return NotRead(
        f"{path}: byte {at} is not UTF-8, nor is the file in UTF-16 or Windows-1252; save it as UTF-8 (in Excel: CSV "
        "UTF-8), or convert it, for example with iconv"
    )


def _separator(sample: str) -> str:
    """The separator under which the header has most names of fields, then the most rows as many cells as it."""
    is_cut = len(sample) >= _SAMPLE
    best, best_score = ",", (0, 0.0, 1)
    for separator in _SEPARATORS:
        rows = [row for row in _parsed(sample, separator) if _filled(row)]
        rows = rows[:-1] if is_cut and len(rows) > 1 else rows
        if not rows or len(rows[0]) < 2:
            continue
        n_fit = sum(len(row) == len(rows[0]) for row in rows)
        score = (sum(map(is_field_name, rows[0])), n_fit / len(rows), len(rows[0]))
        if score > best_score:
            best, best_score = separator, score
    return best


def _parsed(sample: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(csv.Error):  # the rows before it are enough to tell the separator
        rows.extend(csv.reader(io.StringIO(sample, newline=""), delimiter=separator))
    return rows


def _check_not_gdelt(path: Path, sample: str) -> None:
    if re.search(r"\.(?:export|mentions|gkg)(?:\.csv)?$", path.stem + path.suffix, re.IGNORECASE) or _GDELT.match(
        sample
    ):
        raise NotRead(
            f"{path}: a GDELT table has the addresses of articles and not their texts; download the pages (for example "
            "with trafilatura) and give their JSON"
        )


# rows ----------------------------------------------------------------------------------------------------------------


def _with_header(rows: Iterator[tuple[int, Sequence[Any]]], path: Path, what: str, report: ReadReport) -> Rows:
    """Name the cells of rows after the first row that is not empty; ``what`` a row is called in messages."""
    header: list[str] | None = None
    n_rows = n_named = 0
    for number, row in rows:
        place = f"{path}: {what} {number}"
        if not _filled(row):
            if header is not None and row:
                report.empty_rows.append(place)
            continue
        if header is None:
            header = _header(row, place)
            n_named = max(number for number, cell in enumerate(row, start=1) if _filled([cell]))
            continue
        n_rows += 1
        if what == "row":  # a workbook has no cell where there is nothing
            row = [*row, *[None] * (len(header) - len(row))]
        if len(row) < n_named or _filled(row[len(header) :]):
            raise InputError(
                f"{place}: the row has {len(row)} cells, not as many as the {len(header)} columns of the header; is a "
                "separator or quotation mark missing?"
            )
        yield place, {name: cell if cell != "" else None for name, cell in zip(header, row, strict=False)}
    if not n_rows:
        raise InputError(f"{path}: no articles; the table has {'no rows under its header' if header else 'no rows'}")


def _header(row: Sequence[Any], place: str) -> list[str]:
    names = [str(cell).strip() if cell is not None else "" for cell in row]
    twice = [name for name, n in Counter(names).items() if name and n > 1]
    if twice:
        raise InputError(f"{place}: {Counter(names)[twice[0]]} columns are called {twice[0]!r}; rename all but one")
    return [name or f"column {number}" for number, name in enumerate(names, start=1)]


def _filled(row: Sequence[Any]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in row)


def _excel_cell(cell: Any) -> Any:
    """Whole numbers without .0, days without midnight; what Excel calls an error is no content."""
    if isinstance(cell, float) and math.isfinite(cell) and cell == int(cell):
        return int(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time(0):
        return cell.date()
    return None if isinstance(cell, str) and cell in ("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!") else cell


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
