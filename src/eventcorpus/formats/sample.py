"""What the format of files can be told from: their names, and the beginning of the first of them."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile, ZipFile

from eventcorpus.errors import InputError
from eventcorpus.files import opened, read_json, read_json_list
from eventcorpus.formats.tag_names import FILES

Certainty = Literal[0, 1, 2]
"""How surely a sample is of a format: not, possibly, surely."""
Recogniser = Callable[["Sample"], Certainty]
HEAD = 65_536
"""Bytes of the first file that are looked at."""
N_ROWS = 20
BESIDE: tuple[str, ...] = ("readme", "license", "licence", "notice", "attribution", "config.xml", "labels.txt")
BESIDE += ("loss_report.json", "dataset_info", "dataset_dict", "state.json", "label2id", "id2label")
"""How the names of files begin that stand beside annotations and hold none."""
_MOST_NAMES = 10_000


@dataclass(frozen=True)
class Sample:
    """The beginning of what is to be read.

    Attributes:
        path: the first input, a file or a folder.
        names: the files of all inputs; those of a folder relative to it, sorted, at most 10,000.
        file: the first file that may hold annotations; None if there is none.
        head: its first 64 KiB.
        shape: how its JSON is laid out: a list, JSON Lines, one object or value; empty if it is no JSON.
        rows: its first 20 values: the items of a list, the lines of JSON Lines, or the one value.
    """

    path: Path
    names: tuple[str, ...]
    file: Path | None = None
    head: bytes = b""
    shape: Literal["list", "lines", "value", ""] = ""
    rows: tuple[Any, ...] = field(default=())

    @property
    def text(self) -> str:
        """The head as UTF-8, without byte order mark, bytes that are no UTF-8, and a last line that is cut."""
        text = self.head.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="ignore")
        return text if len(self.head) < HEAD else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]

    @property
    def suffixes(self) -> frozenset[str]:
        """The suffixes of the files' names, in lower case, with the dot."""
        return frozenset(Path(name).suffix.lower() for name in self.names)

    @property
    def archived(self) -> tuple[str, ...]:
        """The names in the first file, at most 10,000, if it is a zip archive (as DOCX and XLSX files are)."""
        if self.file is None or not self.head.startswith(b"PK\x03\x04"):
            return ()
        try:
            with ZipFile(self.file) as archive:
                return tuple(archive.namelist()[:_MOST_NAMES])
        except (BadZipFile, OSError, NotImplementedError, ValueError):
            return ()

    def has_rows(self, *keys: str) -> bool:
        """Whether the first rows are objects, and each has all of these keys."""
        return bool(self.rows) and all(isinstance(row, dict) and set(keys) <= row.keys() for row in self.rows)


def sample_of(inputs: Sequence[Path]) -> Sample:
    """Look at the beginning of inputs.

    Raises:
        InputError: if one is not there, cannot be read, or is empty.
    """
    found: list[tuple[str, Path]] = []
    for path in inputs:
        if path.is_dir():
            inside = (file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith("."))
            found += [(file.relative_to(path).as_posix(), file) for file in islice(inside, _MOST_NAMES)]
        else:
            found.append((path.name, path))
    names = tuple(name for name, _ in found)
    likely = [file for _, file in found if not file.name.lower().startswith(BESIDE)]
    likely = (
        [file for file in likely if file.name not in FILES] or likely or [path for path in inputs[:1] if path.is_file()]
    )
    for file in likely:
        with opened(file) as content:
            head = content.read(HEAD)
        if head.strip():  # an .ann file of brat may be empty
            return Sample(inputs[0], names, file, head, *_json_rows(file, head))
    if likely:
        raise InputError(f"{likely[0]}: the file is empty")
    return Sample(inputs[0], names)


def _json_rows(file: Path, head: bytes) -> tuple[Literal["list", "lines", "value", ""], tuple[Any, ...]]:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start[:1] not in (b"[", b"{"):
        return "", ()
    try:
        rows = _lines(file)
        if len(rows) > 1 or (rows and file.suffix.lower() in (".jsonl", ".ndjson")):
            return "lines", tuple(rows)
        if start[:1] == b"[":
            return "list", tuple(islice(read_json_list(file), N_ROWS))
        return "value", (read_json(file),)
    except (InputError, ValueError, RecursionError):
        return "", ()


def _lines(file: Path) -> list[Any]:
    """The values of the first lines, or none if the first two are no JSON Lines."""
    values: list[Any] = []
    with opened(file) as lines:
        for number, line in enumerate(lines):
            text = line.decode("utf-8-sig" if number == 0 else "utf-8").strip()
            if not text:
                continue
            try:
                values.append(json.loads(text))
            except ValueError:
                return values if len(values) > 1 else []
            if len(values) == N_ROWS:
                break
    return values
