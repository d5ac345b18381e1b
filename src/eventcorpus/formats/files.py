"""Files of annotations: which split a file is, and the rows of JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from eventcorpus.conversion_report import Code, ConversionReport, Kind
from eventcorpus.errors import InputError
from eventcorpus.files import parse_as, read_json_lines, read_lines

SPLIT_FILES = {"train": ("train",), "validation": ("dev", "valid", "validation", "testa"), "test": ("test", "testb")}
SPLIT_OF = {name: split for split, names in SPLIT_FILES.items() for name in names}
_Row = TypeVar("_Row", bound=BaseModel)


def rows_of_file(path: Path, model: type[_Row], kind: Kind, report: ConversionReport) -> Iterator[tuple[int, _Row]]:
    """Yield (line number, row) of a JSON Lines file; what does not fit the model is refused with its line and key.

    Raises:
        InputError: if a line is no JSON object; if one does not fit, unless the report refuses.
    """
    for number, data in read_json_lines(read_lines(path), place=str(path)):
        try:
            row = parse_as(model, data, place=f"{path.parent.name}/{path.name}, line {number}")
        except InputError as error:
            name = next((str(data[key]) for key in ("documentId", "docid", "doc_id", "_id") if key in data), "?")
            report.fault(kind, name, str(error), Code.FORMAT)
        else:
            yield number, row


def files_by_split(inputs: Sequence[Path], suffixes: Sequence[str]) -> list[tuple[str, Path]]:
    """The files of each split: those of a folder, or several files, by their names; one file alone is train.

    Raises:
        InputError: if a folder has none of train, dev and test, or a name among several files says no split.
    """
    found: list[tuple[str, Path]] = []
    for path in inputs:
        if path.is_dir():
            here = [file for file in sorted(path.iterdir()) if file.suffix in suffixes and file.stem in SPLIT_OF]
            if not here:
                names = ", ".join(f"{name}{suffixes[0]}" for name in ("train", "dev", "test"))
                raise InputError(f"{path}: the folder has none of {names}; name a file instead")
            found += [(SPLIT_OF[file.stem], file) for file in here]
        elif len(inputs) > 1 and path.stem not in SPLIT_OF:
            raise InputError(f"{path}: of several files each is named after its split: {', '.join(SPLIT_OF)}")
        else:
            found.append((SPLIT_OF[path.stem] if len(inputs) > 1 else "train", path))
    order = {split: i for i, split in enumerate(SPLIT_FILES)}
    return sorted(found, key=lambda pair: order[pair[0]])


def has_splits(files: Sequence[tuple[str, Path]]) -> bool:
    """Whether the names of files say which split each is."""
    return {split for split, _ in files} != {"train"}
