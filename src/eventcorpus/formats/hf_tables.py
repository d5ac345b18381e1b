"""Tables of rows as Hugging Face has them: JSON Lines, Parquet and Arrow files, folders of these, saved datasets.

Comes in: what is named on the command line. Goes out: tables with their split, whose rows are read as they are taken,
the names that numbers in them have, and which columns hold words and tags. Nothing is unpickled, and no script of a
dataset is run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from eventcorpus.errors import InputError
from eventcorpus.files import read_json_values
from eventcorpus.formats.columns import named_columns
from eventcorpus.formats.files import files_by_split, not_read, split_of
from eventcorpus.formats.tag_names import FILES, Names, names_beside, names_in_features
from eventcorpus.text import one_line

SUFFIXES = (".jsonl", ".json", ".ndjson", ".parquet", ".arrow")
BINARY = (".parquet", ".arrow")
_BATCH = 1000


@dataclass(frozen=True)
class Table:
    """A file, or one split of a saved dataset: ``path`` is what messages name, ``files`` are those that are read."""

    split: str
    path: Path
    files: tuple[Path, ...]

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """The rows, from the first again at each call.

        Raises:
            InputError: if the table cannot be read.
        """
        if self.path.is_dir() or self.path.suffix.lower() in BINARY:
            with _readable(self.path):
                for batch in _opened(self.path)[1]:
                    batch.validate(full=True)  # an offset outside of the file would end the process
                    yield from batch.to_pylist()
        else:
            for place, value in read_json_values(self.path):
                if not isinstance(value, dict):
                    raise InputError(f"{self.path}: {place} is not a JSON object; one object a line is needed")
                yield value

    def names_of(self, column: str) -> Names:
        """What the numbers in a column are called, by its features or a file beside it; none if nothing says so.

        Raises:
            InputError: if the table, or a file beside it, cannot be read.
        """
        info: Any = None
        if self.path.suffix.lower() in BINARY:
            with _readable(self.path):
                info = json.loads((_opened(self.path)[0].metadata or {}).get(b"huggingface", b"null"))
        return names_in_features(info, column) or names_beside(self.path, column)


def tables_of(inputs: Sequence[Path]) -> tuple[list[Table], list[str]]:
    """The tables of inputs, and lines that say what of folders is not read.

    Raises:
        InputError: if there is none, or it cannot be read.
    """
    tables: list[Table] = []
    paths: list[Path] = []
    for path in inputs:
        if is_saved_dataset(path):
            tables += _saved(path)
        else:
            paths += _in_folder(path) if path.is_dir() else [path]
    if len(paths) == 1 and paths[0] not in inputs:
        found = [(split_of(paths[0]) or "train", paths[0])]
    else:
        found = files_by_split(paths, SUFFIXES, without_names=True) if paths else []
    tables += [Table(split, file, (file,)) for split, file in found]
    if not tables:
        raise InputError(f"{inputs[0]}: no {', '.join(SUFFIXES)} file here; name a file, or a dataset that was saved")
    folders = list(dict.fromkeys((*inputs, *(path.parent for path in paths if path not in inputs))))
    read = [file for table in tables for file in (table.path, *table.files)]
    return tables, not_read(folders, [*read, *(folder / name for folder in folders for name in FILES)])


def is_saved_dataset(path: Path) -> bool:
    """Whether a folder was written by ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk``."""
    return (path / "dataset_dict.json").is_file() or (path / "state.json").is_file()


def _saved(path: Path) -> list[Table]:
    """The splits of a saved dataset.

    Raises:
        InputError: if none of them is one of ours, or it is damaged.
    """
    import datasets

    with _readable(path):
        data = datasets.load_from_disk(str(path))
    if not isinstance(data, datasets.DatasetDict):
        return [_saved_table("train", path, data)]
    tables = [_saved_table(split, path / name, data[name]) for name in data if (split := split_of(path / name))]
    if not tables:
        shown = ", ".join(data)
        raise InputError(f"{path}: of its splits ({shown}) none is train, validation or test; name the folder of one")
    return tables


def _saved_table(split: str, path: Path, data: Any) -> Table:
    return Table(split, path, tuple(path / Path(file["filename"]).name for file in data.cache_files))


def _in_folder(folder: Path) -> list[Path]:
    """The files of a folder, or of the folder ``data`` in it: those that are named after splits, else all."""
    for where in (folder, folder / "data"):
        inside = sorted(where.iterdir()) if where.is_dir() else []
        files = [file for file in inside if file.suffix.lower() in SUFFIXES and file.name not in FILES]
        if files:
            return [file for file in files if split_of(file)] or files
    return []


# rows ----------------------------------------------------------------------------------------------------------------


def _opened(path: Path) -> tuple[Any, Iterator[Any]]:
    """The schema of a Parquet or Arrow file or a saved dataset, and its rows, which are read as they are taken."""
    if path.suffix.lower() == ".parquet":
        from pyarrow.parquet import ParquetFile

        file = ParquetFile(path)
        return file.schema_arrow, file.iter_batches(batch_size=_BATCH)
    import datasets

    data = datasets.load_from_disk(str(path)) if path.is_dir() else datasets.Dataset.from_file(str(path))
    return data.data.schema, data.with_format("arrow").iter(batch_size=_BATCH)


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
    """Which columns hold the words, tags (none: nobody tagged the table), and a text; ``others`` are lists not read.

    ``names`` are what numbers in columns of tags are called.
    """

    words: str
    tags: tuple[str, ...]
    text: str | None
    others: tuple[str, ...]
    names: Mapping[str, Names] = field(default_factory=dict)


def columns_of(table: Table, wanted: str | None, names: Names) -> Columns:
    """Tell the columns of a table.

    Args:
        wanted: such as ``word=tokens,tag=ner_tags``; what it does not say is told.
        names: what numbers are called in all columns; none: what the table says.

    Raises:
        InputError: if ``wanted`` is something else, or no column holds words.
    """
    rows = list(islice(table.rows(), _N_ROWS))
    there = dict.fromkeys(name for row in rows for name in row)
    shown = ", ".join(there) or "no columns"
    like = f"word=NAME or tag=NAME with a column of {table.path}: {shown}"
    words, tags = named_columns(wanted, lambda name: name if name in there else None, like)
    found = tell_columns(rows, words=words)
    if found is None:
        raise InputError(
            f"{table.path}: no column holds a list of words; name it with --columns word=tokens,tag=ner_tags (there "
            f"are {shown})"
        )
    if tags:
        others = tuple(name for name in (*found.tags, *found.others) if name not in tags)
        found = replace(found, tags=tags, others=others)
    return replace(found, names={tag: names or table.names_of(tag) for tag in found.tags})


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
