"""Files of annotations: which split a file is, and the rows of JSON Lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from eventcorpus.conversion_report import Code, ConversionReport, Kind
from eventcorpus.errors import InputError
from eventcorpus.files import parse_as, read_json_lines, read_lines
from eventcorpus.formats.sample import BESIDE

SPLIT_FILES = {
    "train": ("train", "training"),
    "validation": ("dev", "devel", "develop", "development", "valid", "val", "validation", "testa"),
    "test": ("test", "testing", "testb"),
}
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


def split_of(path: Path) -> str | None:
    """The split that a file's name says, by its words: train.txt, eng.testa, NER-de-dev.tsv; None if none or several.

    >>> split_of(Path("eng.testa")), split_of(Path("en_dev.conll")), split_of(Path("latest.txt"))
    ('validation', 'validation', None)
    """
    if path.stem.lower() in SPLIT_OF:
        return SPLIT_OF[path.stem.lower()]
    words = re.findall(r"[a-z]+", path.name.lower().removeprefix("eng"))
    splits = {SPLIT_OF[word] for word in words if word in SPLIT_OF}
    return splits.pop() if len(splits) == 1 else None


def files_by_split(
    inputs: Sequence[Path], suffixes: Sequence[str], *, without_names: bool = False
) -> list[tuple[str, Path]]:
    """The files of each split: those of a folder, or several files, by their names; one file alone is train.

    All files of a split are taken. ``not_read`` says which files of a folder are not.

    Args:
        without_names: where no name says a split, all files are train.

    Raises:
        InputError: if a folder has no such file, or none of train, dev and test; if a name among several files says no
            split.
    """
    found: list[tuple[str | None, Path]] = []
    for path in inputs:
        if path.is_dir():
            found += _files_in(path, suffixes, without_names=without_names)
        else:
            found.append((split_of(path), path))
    nameless = [path for split, path in found if split is None]
    if len(found) == 1 or (without_names and len(nameless) == len(found)):
        only_one = len(inputs) == 1 and not inputs[0].is_dir()
        return [("train" if only_one or split is None else split, path) for split, path in found]
    if nameless:
        raise InputError(
            f"{nameless[0]}: of several files each is named after its split: {', '.join(SPLIT_OF)}; name those alone "
            "that belong together"
        )
    order = {split: i for i, split in enumerate(SPLIT_FILES)}
    return sorted(((split, path) for split, path in found if split), key=lambda pair: order[pair[0]])


def _files_in(folder: Path, suffixes: Sequence[str], *, without_names: bool) -> list[tuple[str | None, Path]]:
    """The files of a folder that are read: those named exactly train, dev or test; those whose names say a split among
    other words; those in folders of these names as well; where ``without_names``, all others.

    The first of these that have a file for training, else the first that there are.
    """
    files = [(split_of(file), file) for file in visible_files(folder, suffixes)]
    exactly = [pair for pair in files if pair[1].stem.lower() in SPLIT_OF]
    inside = [
        (SPLIT_OF[of_split.name.lower()], file)
        for of_split in sorted(folder.iterdir())
        if of_split.is_dir() and of_split.name.lower() in SPLIT_OF
        for file in visible_files(of_split, suffixes)
    ]
    by_words = [pair for pair in files if pair[0] is not None]
    for found in (exactly, by_words, [*by_words, *inside]):
        if any(split == "train" for split, _ in found):  # test.txt may stand beside train_1.txt and train_2.txt
            return [*found]
    if by_name := exactly or by_words or inside:
        return [*by_name]
    if without_names and files:
        return [pair for pair in files if pair[1].suffix.lower() != ".txt"] or files
    names = ", ".join(f"{name}{suffixes[0]}" for name in ("train", "dev", "test"))
    raise InputError(f"{folder}: the folder has none of {names}; name a file instead")


def visible_files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """The files of a folder that may hold annotations, by their names."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in suffixes and file.is_file() and not file.name.lower().startswith((".", *BESIDE))
    ]


def not_read(inputs: Sequence[Path], files: Sequence[Path]) -> list[str]:
    """A line that names the files of folders among the inputs that are not read, if there are any."""
    there = (file for path in inputs if path.is_dir() for file in sorted(path.iterdir()))
    read = {*files, *(file.parent for file in files)}
    names = [
        file.name + "/" * file.is_dir()
        for file in there
        if file not in read and not file.name.lower().startswith((".", *BESIDE))
    ]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return [f"not read: {', '.join(names[:10])}{more}; name them to read them as well"] if names else []


def has_splits(files: Sequence[tuple[str, Path]]) -> bool:
    """Whether the names of files say which split each is."""
    return {split for split, _ in files} != {"train"}
