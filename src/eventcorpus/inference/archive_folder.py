"""The folder that an extraction over an archive writes: its manifest, and whether a run may go on in it.

Comes in: paths of articles, settings, a folder. Goes out: the manifest, which says what a run reads and has written.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from eventcorpus import __version__
from eventcorpus.articles.files import files_of
from eventcorpus.errors import EventCorpusError, InputError
from eventcorpus.events.counts import NumberWords
from eventcorpus.files import StrictModel, parse_as, read_json, sha256_of_file
from eventcorpus.inference.backends import AUTO
from eventcorpus.predictions import ModelName
from eventcorpus.text import one_line

MANIFEST, REFUSED = "manifest.json", "refused.jsonl"
SHARD_SIZE = 10_000
"""Articles in a shard: the most that a kill costs, and what is in memory of lists that grow with what is read."""
Compression = Literal["gz", "zst"]
_WRITTEN = ("predictions-*.jsonl*", "mentions-*.parquet", "rows-*.parquet", REFUSED, MANIFEST)
"""Patterns of what is in the folder, the manifest last."""


class Settings(StrictModel):
    """What decides which bytes a run writes, besides model and inputs.

    ``thresholds``: leave out mentions below the threshold of their label. ``parquet``: also write tables of mentions
    and event rows. ``fields``: see ``read_articles``. ``published``: of articles that do not say theirs.
    """

    shard_size: Annotated[int, Field(ge=1)] = SHARD_SIZE
    compression: Compression | None = None
    parquet: bool = False
    with_text: bool = False
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    thresholds: bool = False
    fields: dict[str, str] = Field(default_factory=dict)
    published: str | None = None
    gazetteers: tuple[Path, ...] = ()
    actors: Path | None = None
    number_words: NumberWords = "none"


class InputFile(StrictModel):
    """A file that was read, and by which it is known again; ``modified_ns``: nanoseconds since 1970, UTC."""

    path: str
    bytes: int
    modified_ns: int


class Shard(StrictModel):
    """Files that hold the same articles, by name with their SHA-256, and what is in them.

    ``left_out``: mentions of too little confidence. ``warned``: articles that the model may be unable to read.
    ``first``, ``last``: ids of articles.
    """

    files: dict[str, str]
    articles: int
    mentions: int
    rows: int | None = None
    left_out: int = 0
    warned: int = 0
    first: str
    last: str


class Manifest(StrictModel):
    """``manifest.json``: what a run reads, with which model, and what it has written so far.

    ``refused``: records by why they are no articles. ``noted``: what was changed in articles or seen of them while they
    were read, as in ``ReadReport``.
    """

    schema_: Literal[1] = Field(alias="schema", default=1)
    version: str = __version__
    model: ModelName
    settings: Settings
    inputs: tuple[InputFile, ...]
    shards: tuple[Shard, ...] = ()
    refused: dict[str, int] = Field(default_factory=dict)
    noted: dict[str, int] = Field(default_factory=dict)
    finished: bool = False

    def total(self, what: Literal["articles", "mentions", "rows", "left_out", "warned"]) -> int:
        """The sum over the shards."""
        return sum(getattr(shard, what) or 0 for shard in self.shards)


# inputs ---------------------------------------------------------------------------------------------------------------


def expanded(given: list[Path]) -> list[Path]:
    """Files and folders, with the files that fit a pattern, by path, in its place.

    Raises:
        InputError: if there is nothing of a name, or nothing fits a pattern.
    """
    paths: list[Path] = []
    for path in given:
        if path.exists():
            paths.append(path)
            continue
        fitting = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207  # of any root, which Path.glob takes not
        if not fitting:
            what = "nothing fits this pattern" if glob.has_magic(str(path)) else "no such file"
            raise InputError(f"{path}: {what}; check the path")
        paths += map(Path, fitting)
    return paths


def input_files(paths: Iterable[Path]) -> Iterator[InputFile]:
    """The files of paths, as the manifest knows them."""
    for path in paths:
        for file in files_of(path) if path.is_dir() else [path]:
            found = file.stat()
            yield InputFile(path=str(file), bytes=found.st_size, modified_ns=found.st_mtime_ns)


# what an earlier run has written -------------------------------------------------------------------------------------


def check_apart(out: Path, paths: list[Path]) -> None:
    """Check that a run does not read what it writes; raises InputError."""
    for path in paths:
        if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            raise InputError(f"{out}: is in the folder {path} that is read; choose another --out")


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None if it has none of ours."""
    try:
        return parse_as(Manifest, read_json(folder / MANIFEST), place=str(folder / MANIFEST))
    except EventCorpusError:
        return None


def is_ours(folder: Path) -> bool:
    """Whether a run wrote a folder, or was ended before it wrote more than a part of a file."""
    return read_manifest(folder) is not None or all(path.match(".*.part") for path in folder.iterdir())


def check_same(out: Path, earlier: Manifest, asked: Manifest) -> None:
    """Check that a run would write what an earlier one wrote, or would have written.

    Raises:
        InputError: naming the first thing that is not the same.
    """
    model, other = earlier.model, asked.model
    pairs: list[tuple[str, object, object]] = [
        ("the model", model.version, other.version),
        ("eventcorpus", earlier.version, asked.version),
    ]
    if other.backend != AUTO:
        pairs.append(("--backend", model.backend or "fp32", other.backend or "fp32"))
    names = [*Settings.model_fields]
    pairs += [(f"the setting {name}", getattr(earlier.settings, name), getattr(asked.settings, name)) for name in names]
    pairs.append(("the number of input files", len(earlier.inputs), len(asked.inputs)))
    for before, now in zip(earlier.inputs, asked.inputs, strict=False):
        pairs.append(("an input file", before.path, now.path))
        pairs.append((f"{now.path}, its size", before.bytes, now.bytes))
        pairs.append((f"{now.path}, its time in nanoseconds", before.modified_ns, now.modified_ns))
    for what, was, is_now in pairs:
        if was != is_now:
            raise InputError(
                f"{out}: holds predictions of another run; {what} was {one_line(str(was))}, is now "
                f"{one_line(str(is_now))}; choose another --out, or begin anew with --overwrite"
            )


def whole_shards(out: Path, shards: Iterable[Shard]) -> Iterator[Shard]:
    """The shards before the first one of which a file is not there as it was written."""
    for shard in shards:
        for name, sha256 in shard.files.items():
            if not (out / name).is_file() or sha256_of_file(out / name) != sha256:
                return
        yield shard


def remove_run(out: Path) -> None:
    """Delete what this module writes, the manifest last."""
    for pattern in _WRITTEN:
        for path in out.glob(pattern):
            path.unlink()
