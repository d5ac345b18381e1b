"""Tables of rows as Hugging Face has them: JSON Lines, Parquet and Arrow files, folders of these, saved datasets.

Comes in: what is named on the command line. Goes out: tables with their split, whose rows are read as they are taken,
the names that numbers in them have, and which columns hold words and tags. Nothing is unpickled, and no script of a
dataset is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.files import read_json, read_json_values
from eventcorpus.formats.files import SPLIT_OF, files_by_split, not_read, split_of
from eventcorpus.formats.tag_names import FILES, Names, names_beside, names_in_metadata, names_of_features
from eventcorpus.text import one_line

SUFFIXES = (".jsonl", ".json", ".ndjson", ".parquet", ".arrow")
_DICT, _INFO, _STATE = "dataset_dict.json", "dataset_info.json", "state.json"
_BATCH = 1000


@dataclass(frozen=True)
class Table:
    """A file, or one split of a saved dataset.

    ``path`` is what messages name; ``files`` are those that are read. ``names`` are what its own features say of
    columns of numbers.
    """

    split: str
    path: Path
    files: tuple[Path, ...]
    names: Mapping[str, Names] = field(default_factory=dict)
    _beside: dict[str, Names] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path)

    def names_of(self, column: str) -> Names:
        """What the numbers in a column are called, by its features or a file beside it; none if nothing says so."""
        if column in self.names:
            return self.names[column]
        if column not in self._beside:
            self._beside[column] = names_beside(self.path, column)
        return self._beside[column]

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """The rows, from the first again at each call.

        Raises:
            InputError: if the table cannot be read.
        """
        if self.path.is_dir() or self.path.suffix.lower() == ".arrow":
            return _arrow_rows(self.path)
        if self.path.suffix.lower() == ".parquet":
            return _parquet_rows(self.path)
        return _json_rows(self.path)


def tables_of(inputs: Sequence[Path]) -> tuple[list[Table], list[str]]:
    """The tables of inputs, and lines that say what of folders is not read.

    Raises:
        InputError: if there is none, or it cannot be read.
    """
    tables: list[Table] = []
    paths: list[Path] = []
    notices: list[str] = []
    for path in inputs:
        if is_saved_dataset(path):
            saved, missing = _saved(path)
            tables += saved
            notices += missing
        elif path.is_dir():
            found = _in_folder(path)
            paths += found
            notices += not_read([found[0].parent], [*found, *(found[0].parent / name for name in FILES)])
        else:
            paths.append(path)
    if len(paths) == 1 and not tables:
        split = (split_of(paths[0]) or "train") if paths != list(inputs) else "train"
        files = [(split, paths[0])]
    else:
        files = files_by_split(paths, SUFFIXES, without_names=not tables) if paths else []
    tables += [Table(split, path, (path,), _own_names(path)) for split, path in files]
    return tables, notices


def is_saved_dataset(path: Path) -> bool:
    """Whether a folder was written by ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk``."""
    return (path / _DICT).is_file() or ((path / _STATE).is_file() and (path / _INFO).is_file())


def _saved(path: Path) -> tuple[list[Table], list[str]]:
    """The splits of a saved dataset, and a line for those that are none of ours.

    Raises:
        InputError: if it has no split of ours, or is damaged.
    """
    if not (path / _DICT).is_file():
        return [_saved_table(path, "train")], []
    names = read_json(path / _DICT)
    names = names.get("splits") if isinstance(names, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise InputError(f"{path / _DICT}: says no splits; save the dataset again with save_to_disk")
    split_by_name = {name: SPLIT_OF.get(name.lower()) or split_of(Path(name)) for name in names}
    tables = [_saved_table(path / name, split) for name, split in split_by_name.items() if split]
    if not tables:
        shown = ", ".join(names) or "none"
        raise InputError(f"{path}: of its splits ({shown}) none is train, validation or test; name the folder of one")
    others = [name for name, split in split_by_name.items() if not split]
    return tables, [f"not read: {', '.join(others)}; name their folders to read them as well"] if others else []


def _saved_table(path: Path, split: str) -> Table:
    state, info = (read_json(path / name) for name in (_STATE, _INFO))
    files = state.get("_data_files") if isinstance(state, dict) else None
    names = [file.get("filename") for file in files or () if isinstance(file, dict)]
    if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise InputError(f"{path / _STATE}: names no files of data; save the dataset again with save_to_disk")
    features = info.get("features") if isinstance(info, dict) else None
    return Table(split, path, tuple(path / str(name) for name in names), names_of_features(features))


def _in_folder(folder: Path) -> list[Path]:
    """The files of a folder, or of the folder ``data`` in it: those that are named after splits, else all.

    Raises:
        InputError: if there is none.
    """
    for where in (folder, folder / "data"):
        inside = sorted(where.iterdir()) if where.is_dir() else []
        files = [
            path
            for path in inside
            if path.suffix.lower() in SUFFIXES
            and path.is_file()
            and path.name not in FILES
            and not path.name.startswith(".")
        ]
        if files:
            return [path for path in files if split_of(path)] or files
    raise InputError(f"{folder}: no {', '.join(SUFFIXES)} file here; name a file, or a dataset that was saved")


def _own_names(path: Path) -> dict[str, Names]:
    if path.suffix.lower() == ".parquet":
        return names_in_metadata(parquet_schema(path).metadata)
    if path.suffix.lower() == ".arrow":
        with _readable(path):
            return names_in_metadata(_dataset(path).data.schema.metadata)
    return {}


# rows ----------------------------------------------------------------------------------------------------------------


def parquet_schema(path: Path) -> Any:
    """The schema of a Parquet file.

    Raises:
        InputError: if it is none.
    """
    import pyarrow.parquet

    with _readable(path):
        return pyarrow.parquet.read_schema(path)


def _parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet

    with _readable(path):
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=_BATCH):
            yield from batch.to_pylist()


def _arrow_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with _readable(path):
        for table in _dataset(path).with_format("arrow").iter(batch_size=_BATCH):
            yield from table.to_pylist()


def _dataset(path: Path) -> Any:
    import datasets

    return datasets.load_from_disk(str(path)) if path.is_dir() else datasets.Dataset.from_file(str(path))


def _json_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    for place, value in read_json_values(path):
        if not isinstance(value, dict):
            raise InputError(f"{path}: {place} is not a JSON object; one object a line is needed")
        data = value.get("data")
        if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
            yield from data
        else:
            yield value


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what the libraries raise of a damaged file into an error of ours."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as e:
        why = one_line((str(e).strip() or type(e).__name__).splitlines()[0], 120)
        raise InputError(f"{path}: cannot be read as a table ({why}); is the file whole?") from None


# columns -------------------------------------------------------------------------------------------------------------

_WORDS = ("tokens", "words", "token", "word", "sentence_words", "sentence", "text")
_TEXTS = ("text", "sentence", "sent", "raw")
_NAMES_TAGS = re.compile(r"(^|[_-])(ner|entit(y|ies)|bio|iob2?|iobes|bilou|ne|named)($|[_-])", re.IGNORECASE)
_TAGS = re.compile(r"(^|[_-])(tags?|labels?)($|[_-])", re.IGNORECASE)
_OTHER_TAGS = re.compile(r"(^|[_-])([ux]?pos|chunk(s|ing)?|dep|lemmas?|morph|heads?|feats|sent)($|[_-])", re.IGNORECASE)
_N_ROWS = 100
"""Rows of a table from which its columns are told."""


@dataclass(frozen=True)
class Columns:
    """Which columns hold the words, tags (none: nobody tagged the table), and a text; ``others`` are lists not read."""

    words: str
    tags: tuple[str, ...]
    text: str | None = None
    others: tuple[str, ...] = ()


def columns_of(table: Table, wanted: str | None = None) -> Columns:
    """Tell the columns of a table.

    Args:
        wanted: such as ``word=tokens,tag=ner_tags``; what it does not say is told.

    Raises:
        InputError: if it is something else, or no column holds words.
    """
    rows = list(islice(table.rows(), _N_ROWS))
    names = list(dict.fromkeys(name for row in rows for name in row))
    words, tags = _wanted(wanted, names, table)
    found = tell_columns(rows, words=words)
    if found is None:
        raise InputError(
            f"{table.name}: no column holds a list of words; name it with --columns word=tokens,tag=ner_tags (there "
            f"are {', '.join(names) or 'no columns'})"
        )
    if not tags:
        return found
    others = tuple(name for name in (*found.tags, *found.others) if name not in tags)
    return Columns(found.words, tags, found.text, others)


def tell_columns(rows: Sequence[Mapping[str, Any]], *, words: str | None = None) -> Columns | None:
    """Tell from the first rows which column is what, by names and by what stands in them; None if none holds words."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    words = words or next((name for name in _WORDS if name in names and _are_words(rows, name)), None)
    if words is None:
        return None
    beside = [name for name in names if name != words and _goes_with(rows, name, words)]
    possible = [name for name in beside if not _OTHER_TAGS.search(name)]
    tags = [name for name in possible if _NAMES_TAGS.search(name)] or [name for name in possible if _TAGS.search(name)]
    lists = [name for name in names if name != words and any(isinstance(row.get(name), list | dict) for row in rows)]
    texts = [name for name in _TEXTS if name != words and any(isinstance(row.get(name), str) for row in rows)]
    return Columns(words, tuple(tags), texts[0] if texts else None, tuple(name for name in lists if name not in tags))


def _wanted(wanted: str | None, names: Sequence[str], table: Table) -> tuple[str | None, tuple[str, ...]]:
    words, tags = None, list[str]()
    for part in wanted.split(",") if wanted else ():
        what, _, name = part.strip().partition("=")
        if what not in ("word", "tag") or name not in names:
            raise InputError(
                f"--columns {wanted}: {part.strip()!r} is not word=NAME or tag=NAME with a column of {table.name}: "
                f"{', '.join(names) or 'it has none'}"
            )
        if what == "word":
            words = name
        else:
            tags.append(name)
    return words, tuple(tags)


def _are_words(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    flat = [item for row in rows if isinstance(row.get(name), list) for item in row[name]]
    inner = [word for item in flat if isinstance(item, list) for word in item]
    return bool(flat) and all(isinstance(word, str) for word in (inner or flat))


def _goes_with(rows: Sequence[Mapping[str, Any]], name: str, words: str) -> bool:
    """Whether a column has a text or number for each word, in at least half of the rows that have both."""
    both = [(row.get(name), row.get(words)) for row in rows]
    pairs = [(tags, of) for tags, of in both if isinstance(tags, list) and isinstance(of, list)]
    n_same = sum(len(tags) == len(of) and all(isinstance(tag, str | int | list) for tag in tags) for tags, of in pairs)
    return n_same > 0 and 2 * n_same >= len(pairs)
