"""Tables of articles: CSV with any separator and encoding, Excel workbooks, Parquet; a row is a dictionary.

Comes in: files that spreadsheets, statistics programs and databases wrote. Goes out: (place, row) with every column of
the header; a cell without content is None.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import chain
from typing import IO, Any

from eventcorpus.articles.content import File, Rows, other_encoding
from eventcorpus.articles.names import ADDRESSES, is_field_name, naming_of
from eventcorpus.articles.report import NotRead, ReadReport
from eventcorpus.errors import InputError, first_line
from eventcorpus.tables import counted

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAMPLE = 65_536
_SEP_LINE = re.compile(r'"?sep=(?P<separator>[^\r\n])"?(?:\r\n|\r|\n)', re.IGNORECASE)
_URL_CELL = re.compile(r'"?https?://[^\s",;]+"?\s*', re.IGNORECASE)
_GDELT_NAME = re.compile(r"\.(?:export|mentions|gkg)\.csv(?:\.\w+)?$", re.IGNORECASE)
_GDELT = re.compile(r"\d+\t\d{8}\t\d{6}\t\d{4}\t|\d{14}-T?\d+\t\d{14}\t|\d+\t\d{14}\t\d{14}\t")
_EXCEL_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EXCEL_ERRORS = ("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!")


def csv_rows(file: File, report: ReadReport) -> Rows:
    """Read a table of text; separator and encoding are told from the file, and said where they are not the usual ones.

    Raises:
        InputError: naming the line that has other columns than the header, or what else is wrong.
    """
    csv.field_size_limit(2**31 - 1)
    encoding, said = file.encoding()
    try:
        with file.open() as binary:
            sample = io.TextIOWrapper(binary, encoding, newline="").read(_SAMPLE)
        _check_texts(file.place, sample)
        sep_line = _SEP_LINE.match(sample)
        sample = sample[sep_line.end() if sep_line else 0 :]
        separator = sep_line["separator"] if sep_line else _separator(sample)
        quoting, quoting_said = _quoting(sample, separator)
        is_plain = separator == "," or (separator == "\t" and file.kind != ".csv")
        separator_said = "" if is_plain else f"{_SEPARATORS.get(separator, repr(separator))} between its columns"
        if how := ", ".join(filter(None, (separator_said, quoting_said, said))):
            report.understand(file.place, how)
        with file.open() as binary:
            text = io.TextIOWrapper(binary, encoding, newline="")
            n_before = 1 if sep_line and text.readline() else 0
            rows = csv.reader(text, delimiter=separator, strict=True, **quoting)
            try:
                numbered = ((n_before + rows.line_num, row) for row in rows)
                yield from _with_header(numbered, file.place, "line", report)
            except csv.Error as error:
                raise InputError(f"{file.place}: line {n_before + rows.line_num}: not valid CSV ({error})") from None
    except UnicodeDecodeError as error:
        raise other_encoding(file.place, error.start) from None


def is_table(text: str) -> bool:
    """Whether a text is a table of articles: its first line names columns, of which one is the text and one is not.

    >>> is_table("id\\ttext\\n1\\tRebels left.\\n"), is_table("Text, date: none.\\nRebels, they say, left.\\n")
    (True, False)
    """
    sample = text[:_SAMPLE].lstrip("\ufeff\r\n")
    names = [name.strip(' "\r') for name in re.split(r"[,;\t|]", sample.partition("\n")[0])]
    naming = naming_of(names, {}, way_out="")
    if naming.fault or len(naming.field_of) < 2:
        return False
    rows, _ = _parsed(sample, delimiter=_separator(sample))
    return len(rows) > 1 and len(rows[0]) == len(rows[1]) > 1


def excel_rows(file: File, report: ReadReport) -> Rows:
    """Read the first sheet of an Excel workbook that is not empty.

    Raises:
        InputError: if the library is not there, or the file no workbook.
    """
    if find_spec("openpyxl") is None:
        raise NotRead(
            f"{file.place}: Excel workbooks need the library openpyxl: pip install 'eventcorpus[xlsx]'; or save it as "
            "CSV UTF-8"
        )
    with file.open() as opened:
        yield from _with_header(_sheet_rows(opened, file.place, report), file.place, "row", report)


def _sheet_rows(opened: IO[bytes], place: str, report: ReadReport) -> Iterator[tuple[int, list[Any]]]:
    import openpyxl

    try:
        workbook = openpyxl.load_workbook(opened, read_only=True, data_only=True)
        sheets = [sheet for sheet in workbook.worksheets if any(_filled(row) for row in sheet.values)]
        if len(sheets) > 1:
            others = ", ".join(sheet.title for sheet in sheets[1:])
            report.understand(place, f"its sheet {sheets[0].title} is read, not {others}")
        for number, row in enumerate(sheets[0].values if sheets else (), start=1):
            yield number, [_excel_cell(cell) for cell in row]
        workbook.close()
    except Exception as error:  # openpyxl raises whatever its parts raise: KeyError, BadZipFile, ParseError, ...
        raise NotRead(f"{place}: not a readable Excel workbook ({first_line(error)}); save it as CSV UTF-8") from None


def parquet_rows(file: File, report: ReadReport) -> Rows:
    """Read a Parquet file, 256 rows in memory at a time.

    Raises:
        InputError: if it is not readable, or has two columns of one name.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(file.place)
        _check_names(table.schema_arrow.names, file.place)
        rows = chain.from_iterable(batch.to_pylist() for batch in table.iter_batches(batch_size=256))
        for number, row in enumerate(rows, start=1):
            yield f"{file.place}: row {number}", row
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise NotRead(f"{file.place}: not a readable Parquet file ({first_line(error)})") from None


# how a table of text is written --------------------------------------------------------------------------------------


def _separator(sample: str) -> str:
    """The separator under which the header has most names of fields, then the most rows as many cells as it."""
    best, best_score = ",", (0, 0.0, 1)
    for separator in _SEPARATORS:
        rows, _ = _parsed(sample, delimiter=separator)
        rows = [row for row in rows if _filled(row)]
        rows = rows[:-1] if len(sample) >= _SAMPLE and len(rows) > 1 else rows
        if not rows or len(rows[0]) < 2:
            continue
        n_fit = sum(len(row) == len(rows[0]) for row in rows)
        score = (sum(map(is_field_name, rows[0])), n_fit / len(rows), len(rows[0]))
        if score > best_score:
            best, best_score = separator, score
    return best


def _quoting(sample: str, separator: str) -> tuple[dict[str, Any], str]:
    """How quotation marks stand in cells: twice; after a backslash, as of R and MySQL; between tabs as they are.

    Returns:
        arguments of ``csv.reader``, and words for them.
    """
    ways: list[tuple[dict[str, Any], str]] = [({}, "")]
    if '\\"' in sample:
        ways.append(({"escapechar": "\\", "doublequote": False}, "backslashes before quotation marks"))
    if separator == "\t":
        ways.append(({"quoting": csv.QUOTE_NONE}, "quotation marks as they stand"))
    for quoting, said in ways:
        _, fault = _parsed(sample, delimiter=separator, strict=True, **quoting)
        if not fault or (len(sample) >= _SAMPLE - 1000 and "unexpected end" in fault):  # cut inside a cell
            return quoting, said
    return ways[0]


def _parsed(sample: str, **how: Any) -> tuple[list[list[str]], str]:
    """The rows of a sample, and why they end before it does, if they do."""
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(sample, newline=""), **how))
    except csv.Error as error:
        return rows, str(error)
    return rows, ""


def _check_texts(place: str, sample: str) -> None:
    """See that a table is none of those that have addresses of articles and no texts."""
    first, _, rest = sample.partition("\n")
    has_names = "\t" not in first or any(map(is_field_name, first.split("\t")))
    if (_GDELT_NAME.search(place) and not has_names) or _GDELT.match(sample):
        raise NotRead(f"{place}: a GDELT table has the addresses of articles and not their texts; {ADDRESSES}")
    if _URL_CELL.fullmatch(first) and all(map(_URL_CELL.fullmatch, filter(str.strip, rest.split("\n")[:20]))):
        raise NotRead(f"{place}: a list of addresses, and no text; {ADDRESSES}")


# rows ----------------------------------------------------------------------------------------------------------------


def _with_header(rows: Iterable[tuple[int, Sequence[Any]]], file: str, what: str, report: ReadReport) -> Rows:
    """Name the cells of rows after the first row that is not empty; ``what`` a row is called in messages."""
    header: list[str] | None = None
    n_rows = n_named = 0
    for number, row in rows:
        place = f"{file}: {what} {number}"
        if not _filled(row):
            if header is not None and row:
                report.empty_rows.append(place)
            continue
        if header is None:
            names = [str(cell).strip() if cell is not None else "" for cell in row]
            header = [name or f"column {column}" for column, name in enumerate(names, start=1)]
            _check_names(header, place)
            n_named = max(column for column, cell in enumerate(row, start=1) if _filled([cell]))
            continue
        n_rows += 1
        if what == "row":  # a workbook has no cell where there is nothing
            row = [*row, *[None] * (len(header) - len(row))]
        if len(row) < n_named or _filled(row[len(header) :]):
            yield (
                place,
                InputError(
                    f"{place}: the row has {counted(len(row), 'cell')}, not as many as the "
                    f"{counted(len(header), 'column')} of the header; is a separator or quotation mark missing?"
                ),
            )
            continue
        yield place, {name: cell if cell != "" else None for name, cell in zip(header, row, strict=False)}
    if not n_rows:
        raise InputError(f"{file}: no articles; the table has {'no rows under its header' if header else 'no rows'}")


def _check_names(names: Sequence[str], place: str) -> None:
    for name, n in Counter(names).items():
        if name and n > 1:
            raise InputError(f"{place}: {n} columns are called {name!r}; rename all but one")


def _filled(row: Sequence[Any]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in row)


def _excel_cell(cell: Any) -> Any:
    """Whole numbers without .0, days without midnight, characters that Excel escapes; its errors are no content."""
    if isinstance(cell, str):
        return None if cell in _EXCEL_ERRORS else _EXCEL_ESCAPE.sub(lambda found: chr(int(found[1], 16)), cell)
    if isinstance(cell, float) and math.isfinite(cell) and cell == int(cell):
        return int(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time(0):
        return cell.date()
    return cell
