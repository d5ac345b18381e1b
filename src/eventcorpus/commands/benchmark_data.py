"""The data of a benchmark as a dataset folder, converted as ``eventcorpus convert`` would."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from eventcorpus.commands.convert_sources import SOURCES, Request
from eventcorpus.commands.options import notice
from eventcorpus.corpus.dataset import Dataset, Entry, read_dataset, write_dataset
from eventcorpus.corpus.public.mapping import nearest
from eventcorpus.errors import InputError
from eventcorpus.eval.benchmark import Benchmark, Holdout
from eventcorpus.files import sha256_of_file


@contextmanager
def benchmark_dataset(
    benchmark: Benchmark, data: Path, files: Sequence[Path], *, keep: Path | None = None
) -> Iterator[Dataset]:
    """Convert the files of a benchmark, and no other that lies beside them.

    Args:
        files: in ``data``; see ``check_files``.
        keep: where the dataset stays, for training on its other splits; else it is gone after the block.

    Raises:
        InputError: if the format is not known, or a file cannot be read as it.
        OutputError: if ``keep`` is taken by something else.
    """
    wanted = benchmark.convert.format
    if wanted not in SOURCES:
        raise InputError(f"{benchmark.key}: convert.format: there is no format {wanted!r}; {nearest(wanted, SOURCES)}")
    with tempfile.TemporaryDirectory(prefix="eventcorpus-benchmark-") as temporary:
        staged = Path(temporary) / data.resolve().name
        for file in files:
            place = staged / file.relative_to(data)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        out = keep or Path(temporary) / "dataset"
        _convert(benchmark, staged, out, {file.relative_to(data).as_posix(): sha256_of_file(file) for file in files})
        yield read_dataset(out)


def _convert(benchmark: Benchmark, data: Path, out: Path, inputs: dict[str, str]) -> None:
    options = benchmark.convert
    request = Request(
        inputs=[data / path for path in options.inputs],
        ontology=data / options.ontology if options.ontology else None,
        splits=data / options.splits if options.splits else None,
        gold=options.gold,
        scheme=options.scheme,
        min_confidence=options.min_confidence,
        refuse=options.refuse,
    )
    conversion = SOURCES[options.format].read(request)
    if options.holdout is not None:
        conversion = replace(conversion, entries=held_out(conversion.entries, options.holdout))
    write_dataset(
        out,
        conversion.entries,
        conversion.ontology,
        conversion.account,
        gold_policy=conversion.gold_policy,
        inputs=inputs,
    )
    notice(f"{benchmark.key}: {conversion.account.summary()}")


def held_out(entries: Iterable[Entry], holdout: Holdout) -> Iterator[Entry]:
    """Move every so many entries of a split, counted from 1 in their order, to another."""
    n = 0
    for entry in entries:
        n += entry.split == holdout.of
        moved = entry.split == holdout.of and n % holdout.every == 0
        yield replace(entry, split=holdout.becomes) if moved else entry
