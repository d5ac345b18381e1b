"""Tables of results as files: JSON Lines, CSV and Parquet by the suffix, or a data frame of pandas.

Comes in: lines, each a value for every column. A cell of CSV that a spreadsheet would run as a formula begins with an
apostrophe there; JSON Lines and Parquet have the text as it is. Read CSV with ``keep_default_na=False`` or Parquet
instead: pandas takes the country code NA for a missing value.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventcorpus.errors import InputError, OutputError
from eventcorpus.files import atomic_file, opened, to_json, write_bytes
from eventcorpus.text import one_line

if TYPE_CHECKING:
    import pandas

Line = dict[str, Any]
Columns = Mapping[str, type]
"""Names of columns in their order, and the type of their values: str, int or float, each also None."""
SUFFIXES = (".jsonl", ".csv", ".parquet")
_BATCH = 10_000
"""Lines that are in memory at once while Parquet is written."""
_TELLING, _LONGEST_HEAD = 3, 1 << 16
"""How many columns tell whether a table is one of ours; bytes of a CSV file's first line that are looked at."""
_FORMULA = tuple("=+-@＝＋－＠﹢﹣﹫")
"""First characters, also full-width and small ones, by which a spreadsheet takes a text for a formula."""
_LONE = re.compile("[\ud800-\udfff]")


def check_suffix(out: Path, *, what: str, suffixes: Collection[str] = SUFFIXES, way_out: str = "") -> None:
    """Find out before the work begins whether a file of this name can be written.

    Args:
        what: is written, in the plural.
        way_out: besides another name, for the message.

    Raises:
        InputError: naming the suffixes that fit.
    """
    suffix = out.suffix.lower()
    if suffix not in suffixes:
        found = f"a file with the suffix {one_line(suffix)}" if suffix else "a file without a suffix"
        raise InputError(
            f"{out}: {what} are not written to {found}; name one that ends in {', '.join(suffixes)}{way_out}"
        )


def write_table(lines: Iterable[Line], out: Path, columns: Columns) -> int:
    """Write lines to a file, all or nothing; the suffix says how. JSON Lines have what is in the lines, as it is.

    Returns:
        how many lines.

    Raises:
        InputError: if a number is too large for Parquet, or not finite and the file JSON Lines.
        OutputError: if the folder or disk refuses, or something else stands there (``check_replaceable``).
    """
    check_replaceable(out, columns)
    return _WRITERS[out.suffix.lower()](lines, out, columns)


def check_replaceable(out: Path, columns: Columns) -> None:
    """Check that a table that is written here replaces nothing but another such table, by its first columns.

    JSON Lines are not looked at: their readers say what they take.

    Raises:
        OutputError: if a file is there that this program did not write.
    """
    suffix = out.suffix.lower()
    if suffix not in (".csv", ".parquet") or not out.is_file() or not out.stat().st_size:
        return
    first = list(columns)[:_TELLING]
    if (_csv_columns(out) if suffix == ".csv" else _parquet_columns(out))[:_TELLING] != first:
        raise OutputError(
            f"{out}: exists and is not such a table (its columns do not begin with {', '.join(first)}); choose another "
            "--out or remove it"
        )


def _csv_columns(path: Path) -> list[str]:
    with opened(path) as file:
        return file.readline(_LONGEST_HEAD).decode("utf-8", "replace").rstrip().split(",")


def _parquet_columns(path: Path) -> list[str]:
    import pyarrow
    from pyarrow import parquet

    try:
        return list(parquet.read_schema(path).names)
    except (OSError, pyarrow.ArrowException):
        return []


def to_frame(lines: Iterable[Line], columns: Columns) -> pandas.DataFrame:
    """Lines as a data frame: whole numbers that may be missing are Int64, text is as it is in the lines."""
    import pandas

    lines = list(lines)
    types = {str: "object", int: "Int64", float: "float64"}
    return pandas.DataFrame(
        {name: pandas.Series([line[name] for line in lines], dtype=types[kind]) for name, kind in columns.items()}
    )


def column_names(
    taken: Collection[str], *, attributes: Iterable[str], roles: Iterable[str] = (), second: str = ""
) -> dict[tuple[str, str], str]:
    """The column of each attribute and role, ("attribute", name) -> column, of which none is called as another one is.

    Args:
        taken: names of the other columns.
        second: what a role's second column has behind the name of the first.
    """
    used = set(taken)
    names: dict[tuple[str, str], str] = {}
    for what, ending, found in (("attribute", (), attributes), ("role", (second,), roles)):
        for name in found:
            column = name
            while used & {column, *(column + end for end in ending)}:
                column = f"{column} ({what})"
            names[what, name] = column
            used |= {column, *(column + end for end in ending)}
    return names


def joined(values: Iterable[str]) -> str | None:
    """Several texts in one cell, each once; None if there are none."""
    return "; ".join(dict.fromkeys(values)) or None


def safe_cell(value: Any) -> Any:
    """A value as it stands in CSV: text on one line, and none that a spreadsheet runs; numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell(" ＝1"), safe_cell(-33.5), safe_cell("two" + chr(10) + "lines"), safe_cell(None)
    ("'=1+1", "' ＝1", -33.5, 'two lines', '')
    """
    if not isinstance(value, str):
        return "" if value is None else value
    text = "".join(" " if _is_control(character) else character for character in _paired(value))
    first = next((c for c in text if not c.isspace() and unicodedata.category(c) != "Cf"), "")
    return f"'{text}" if first in _FORMULA and first else text


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp")


def _paired(text: str) -> str:
    """Text that can be written as UTF-8: lone surrogates become U+FFFD."""
    return _LONE.sub("\ufffd", text)


def _write_csv(lines: Iterable[Line], out: Path, columns: Columns) -> int:
    with atomic_file(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(safe_cell, columns))
        return write_each(lines, lambda line: writer.writerow(safe_cell(line[column]) for column in columns))


def _write_json_lines(lines: Iterable[Line], out: Path, columns: Columns) -> int:
    with atomic_file(out) as file:
        return write_each(lines, lambda line: file.write(json_line(line) + "\n"))


def json_line(value: Mapping[str, Any]) -> str:
    """A line of JSON Lines, without its line feed.

    Raises:
        InputError: if a number is not finite.
    """
    try:
        return _paired(to_json(value))
    except ValueError:
        name = one_line(str(value.get("id")))
        raise InputError(f"the row {name} has a number that is not finite, which JSON does not have; mend it") from None


def write_each(lines: Iterable[Line], write: Callable[[Line], object]) -> int:
    """Write lines one by one, and count them."""
    n_written = 0
    for line in lines:
        write(line)
        n_written += 1
    return n_written


def _write_parquet(lines: Iterable[Line], out: Path, columns: Columns) -> int:
    import pyarrow
    from pyarrow import parquet

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(_paired(name), types[kind]) for name, kind in columns.items()])
    content, n_written = io.BytesIO(), 0
    with parquet.ParquetWriter(content, schema) as writer:
        for batch in _batches(lines):
            try:
                arrays = [
                    pyarrow.array([_stored(line[name]) for line in batch], type=types[kind])
                    for name, kind in columns.items()
                ]
            except (OverflowError, pyarrow.ArrowException) as error:
                raise InputError(f"{out}: a value does not fit Parquet ({error}); choose .csv or .jsonl") from None
            writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
            n_written += len(batch)
    write_bytes(out, content.getvalue())
    return n_written


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    left = iter(lines)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _stored(value: Any) -> Any:
    return _paired(value) if isinstance(value, str) else value


_WRITERS: Mapping[str, Callable[[Iterable[Line], Path, Columns], int]] = {
    ".jsonl": _write_json_lines,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
