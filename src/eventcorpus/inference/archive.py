"""Extraction over archives of any size: predictions in shards, a manifest of them, and runs that go on where they were.

Comes in: files of articles and a model folder. Goes out: a folder with shards of predictions (and tables of mentions
and event rows), ``refused.jsonl`` with the records that are no articles, and ``manifest.json``.

A shard is scored by itself, so that its bytes depend on nothing before it. It is written all or nothing, then the
manifest names it: what is not named is written again. A run that goes on reads the articles of the shards that are
there once more, since only so it knows which ids were taken, and does not give them to the model.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count, islice, tee
from pathlib import Path
from typing import IO, Any

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport, Refused
from eventcorpus.articles.rows import with_published
from eventcorpus.errors import InputError, StrictError
from eventcorpus.events.assembly import Normalisers, event_rows
from eventcorpus.events.linked_articles import LinkedArticle, predicted_mentions
from eventcorpus.events.row_tables import write_rows
from eventcorpus.events.rows import Row
from eventcorpus.files import (
    atomic_compressed_file,
    atomic_file,
    check_folder,
    paths_of,
    sha256_of_file,
    write_json,
)
from eventcorpus.inference.archive_folder import (
    MANIFEST,
    REFUSED,
    Manifest,
    Settings,
    Shard,
    check_apart,
    check_same,
    expanded,
    input_files,
    is_ours,
    read_manifest,
    remove_run,
    whole_shards,
)
from eventcorpus.inference.backends import AUTO
from eventcorpus.inference.extractor import ConfidenceFilter, Extractor, predict
from eventcorpus.mention_tables import mention_columns, mention_lines
from eventcorpus.models.calibration import minimum_confidences
from eventcorpus.models.folder import model_hash, read_about
from eventcorpus.predictions import ModelName, UnreadableCount, prediction_line
from eventcorpus.progress import OnProgress
from eventcorpus.schema import Article
from eventcorpus.table_files import json_line, write_table
from eventcorpus.text import one_line

logger = logging.getLogger(__name__)

_NOTED = ("changed", "replaced", "markup", "dates", "cut", "duplicates", "empty_rows")
"""Lists of a ``ReadReport`` that are counted in the manifest."""


def extract_archive(
    articles: str | Path | Iterable[str | Path],
    model: str | Path,
    out: str | Path,
    settings: Settings | None = None,
    *,
    backend: str = AUTO,
    strict: bool = False,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> Manifest:
    """Write what a model finds in an archive to a folder, or go on where an earlier run of the same was ended.

    Args:
        articles: files, folders, or patterns such as ``archive/*.jsonl.gz``.
        backend: see ``inference.backends``; ``auto`` stays with the one that an earlier run took.
        strict: end at the first record that is refused, file that is not read, or text with characters replaced.
        overwrite: begin anew where another run has written; its files are deleted.
        on_progress: called with the number of articles in predictions after each that the model read, and with how many
            there are, which is known of Parquet files alone.

    Raises:
        InputError: if nothing is there, or the folder was written from other inputs, settings or by another model.
        OutputError: if the folder holds something else, or the disk refuses.
        StrictError: with ``strict``.
    """
    out, model, settings = Path(out), Path(model), settings or Settings()
    paths = expanded(paths_of(articles))
    check_apart(out, paths)
    read_about(model)
    name = ModelName(name=model.resolve().name, hash=model_hash(model), backend=None if backend == "fp32" else backend)
    beside = [*settings.gazetteers, *([settings.actors] if settings.actors else [])]
    asked = Manifest(model=name, settings=settings, inputs=tuple(input_files([*paths, *beside])))
    check_folder(out, is_ours=is_ours)
    earlier = read_manifest(out)
    if earlier and overwrite:
        remove_run(out)
    elif earlier:
        check_same(out, earlier, asked)
        whole = tuple(whole_shards(out, earlier.shards))
        if earlier.finished and whole == earlier.shards and (out / REFUSED).is_file():
            if strict and (n := sum(earlier.refused.values())):
                raise StrictError(f"--strict: {n:,} records were refused, see {out / REFUSED}")
            return earlier
        asked = asked.model_copy(update={"model": earlier.model, "shards": whole})
        backend = earlier.model.backend or "fp32"
    extractor = Extractor.from_pretrained(model, backend=backend)
    run = _Run(out, extractor, asked.model_copy(update={"model": extractor.name}), strict, on_progress)
    return run.of(paths)


class _Run:
    """One run: the manifest as far as it is, and what reading has noticed."""

    def __init__(
        self, out: Path, extractor: Extractor, manifest: Manifest, strict: bool, on_progress: OnProgress | None
    ) -> None:
        self.out, self.extractor, self.manifest, self.strict = out, extractor, manifest, strict
        settings = self.settings = manifest.settings
        self.ontology = extractor.about.ontology
        self.minimum = minimum_confidences(extractor.about.calibration) if settings.thresholds else {}
        self.normalisers = (
            Normalisers.read(settings.gazetteers, settings.actors, settings.number_words) if settings.parquet else None
        )
        self.report = ReadReport(goes_on=True)
        self.refused: Counter[str] = Counter()
        self.noted: Counter[str] = Counter()
        self.on_progress = on_progress or (lambda n_done, total: None)
        self.n_done = 0
        self.total: int | None = None

    def of(self, paths: list[Path]) -> Manifest:
        """Pass over the articles of the shards that are there, write the others, and the manifest after each."""
        for left in self.out.glob(".*.part"):  # of a run that was killed
            left.unlink()
        self._save()
        self.total = _n_rows(paths)
        with self._refusing() as refuse:
            found = read_articles(paths, field_map=self.settings.fields, report=self.report, on_error=refuse)
            articles = (with_published(article, self.settings.published) for article in found)
            for shard in self.manifest.shards:
                self._pass_over(shard, articles)
                self._count(refuse)
            for number in count(len(self.manifest.shards)):
                first = next(articles, None)
                if first is None:
                    break
                shard = self._write(number, chain([first], islice(articles, self.settings.shard_size - 1)))
                self._count(refuse)
                self._save(shards=(*self.manifest.shards, shard))
            self._count(refuse)
        self._save(finished=True)
        for line in self.report.lines():
            logger.info("%s", line)
        return self.manifest

    def _save(self, **changes: Any) -> None:
        counts = {"refused": dict(sorted(self.refused.items())), "noted": dict(sorted(self.noted.items()))}
        self.manifest = self.manifest.model_copy(update=counts | changes)
        write_json(self.out / MANIFEST, self.manifest)

    def _pass_over(self, shard: Shard, articles: Iterator[Article]) -> None:
        """Read the articles of a shard that is there.

        Raises:
            InputError: if they are others than those in it.
        """
        ids = [article.id for article in islice(articles, shard.articles)]
        if (len(ids), *ids[:1], *ids[-1:]) != (shard.articles, shard.first, shard.last):
            raise InputError(
                f"{self.out / next(iter(shard.files))}: holds {shard.articles:,} articles from {one_line(shard.first)} "
                f"to {one_line(shard.last)}, which the input does not have in this place; begin anew with --overwrite"
            )
        self.n_done += shard.articles

    def _write(self, number: int, articles: Iterator[Article]) -> Shard:
        settings = self.settings
        predictions = f"predictions-{number:05}.jsonl" + (f".{settings.compression}" if settings.compression else "")
        mentions, rows = f"mentions-{number:05}.parquet", f"rows-{number:05}.parquet"
        shard = _Writing(ConfidenceFilter(self.minimum, settings.min_confidence))
        with atomic_compressed_file(self.out / predictions) as file:
            found = self._predicted(articles, shard, file)
            if settings.parquet:
                write_table(mention_lines(found, self.ontology), self.out / mentions, mention_columns(self.ontology))
            else:
                deque(found, maxlen=0)
        if settings.parquet:
            write_rows(shard.rows, self.out / rows, kind="rows", ontology=self.ontology)
        names = [predictions, mentions, rows] if settings.parquet else [predictions]
        return Shard(
            files={name: sha256_of_file(self.out / name) for name in names},
            articles=shard.warned.n_articles,
            mentions=shard.n_mentions,
            rows=len(shard.rows) if settings.parquet else None,
            left_out=shard.keep.left_out.total(),
            warned=shard.warned.n_unreadable,
            first=shard.first,
            last=shard.last,
        )

    def _predicted(self, articles: Iterator[Article], shard: _Writing, file: IO[str]) -> Iterator[LinkedArticle]:
        """Each article with its mentions, after its line is written and its rows are made."""
        changed: set[str] = set()
        shown, read = tee(_noting_changed(articles, self.report, changed))
        for article, prediction in zip(shown, predict(read, self.extractor, shard.keep, changed=changed), strict=True):
            with_text = self.settings.with_text
            line = prediction if with_text else prediction.model_copy(update={"text": None})
            file.write(prediction_line(line) + "\n")
            shard.warned.add(prediction)
            shard.n_mentions += len(prediction.mentions)
            shard.first, shard.last = shard.first or article.id, article.id
            if self.normalisers:
                mentions = predicted_mentions(prediction)
                shard.rows += event_rows(article, mentions, self.ontology, self.normalisers)
                yield article, mentions
            self.n_done += 1
            self.on_progress(self.n_done, self.total)

    @contextmanager
    def _refusing(self) -> Iterator[Callable[[Refused], None]]:
        """Open the file of refused records, which is written anew by each run; what is given writes one."""
        with atomic_file(self.out / REFUSED) as file:

            def refuse(refused: Refused) -> None:
                if self.strict:
                    raise StrictError(f"--strict: {refused.error}")
                self.refused[refused.kind] += 1
                where = {"file": refused.file, "place": refused.place, "id": refused.id[:500]}
                file.write(json_line(where | {"kind": refused.kind, "reason": refused.reason}) + "\n")

            yield refuse

    def _count(self, refuse: Callable[[Refused], None]) -> None:
        """Count what reading noticed since the last shard, and forget it."""
        report = self.report
        for path, why in report.not_read:
            refuse(Refused(path, "", "", "file", InputError(f"{path}: {why}")))
        report.not_read.clear()
        if self.strict and (loss := report.loss()):
            raise StrictError(f"--strict: {loss}")
        for name in _NOTED:
            if found := getattr(report, name):
                self.noted[name] += len(found)
                found.clear()
        self.noted += Counter({f"{name} not of its kind": len(ids) for name, ids in report.strange.items()})
        report.strange.clear()
        report.without_text.clear()  # these are refused


@dataclass
class _Writing:
    """What is known of a shard while it is written."""

    keep: ConfidenceFilter
    warned: UnreadableCount = field(default_factory=UnreadableCount)
    rows: list[Row] = field(default_factory=list)
    n_mentions: int = 0
    first: str = ""
    last: str = ""


def _noting_changed(articles: Iterable[Article], report: ReadReport, changed: set[str]) -> Iterator[Article]:
    """The articles; ``changed`` gets the ids of those whose text was changed when they were read."""
    for article in articles:
        if report.changed[-1:] == [article.id]:
            changed.add(article.id)
        yield article


def _n_rows(paths: list[Path]) -> int | None:
    """How many rows there are, if all files are Parquet, which says so."""
    if any(path.suffix.lower() != ".parquet" for path in paths):
        return None
    from pyarrow import ArrowException, parquet

    try:
        n_rows: int = sum(parquet.read_metadata(path).num_rows for path in paths)
        return n_rows
    except (ArrowException, OSError):
        return None  # the reader says what is wrong with a file
