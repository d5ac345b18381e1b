"""Datasets of Hugging Face with words and a tag for each: ``tokens`` and ``ner_tags``, or what else these are called.

JSON Lines, Parquet, Arrow, and what ``save_to_disk`` wrote become documents, a row each. Numbers for tags need names
(``formats.tag_names``); the scheme of the tags is told from them (``formats.schemes``), for each column of tags.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, islice
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.formats.hf_tables import BINARY, Columns, Table, columns_of, is_saved_dataset, tables_of, tell_columns
from eventcorpus.formats.sample import N_ROWS, Certainty, Sample
from eventcorpus.formats.schemes import BadTag, TagEvidence, Tagging, chunks_of, in_order
from eventcorpus.formats.sentences import Offsets, TaggedWord, document_text, places_in
from eventcorpus.formats.spans_in_json import NotTheFormat, Row, document_of, id_in, objects
from eventcorpus.formats.tag_names import Names, names_given
from eventcorpus.tables import counted
from eventcorpus.text import one_line

_UNKNOWN = (-1, -100)
"""Numbers of no tag: what is not to be learned, or the hidden tags of a test split."""
Cells = list[list[Any]]
"""What stands in a column of a row, sentence by sentence."""


def read_huggingface(
    inputs: Sequence[Path], *, scheme: str | None = None, columns: str | None = None, tag_names: str | None = None
) -> Found:
    """Read files, folders of them, or saved datasets, in the splits that their names say.

    Args:
        scheme: a name in ``formats.schemes.SCHEMES``; None: the one that the tags follow.
        columns: such as ``word=tokens,tag=ner_tags``; None: told from names and content.
        tag_names: what numbers are called, in their order, with commas between; or a file of these.

    Raises:
        InputError: if there is no file, no column holds words and tags, or numbers have no names; while reading, for a
            row that does not fit, unless the report refuses.
    """
    tables, notices = tables_of(inputs)
    given = names_given(tag_names) if tag_names else ()
    columns_in = {table.path: columns_of(table, columns, given) for table in tables}
    survey = _Survey()
    for table in tables:
        survey.read(table, columns_in[table.path])
    taggings = survey.taggings(scheme, place=str(tables[0].path))
    cells = [tags for name, tagging in taggings.items() for tags in survey.evidence[name].read(tagging)]
    if survey.fault and not taggings:
        raise InputError(f"{survey.fault}; --refuse leaves such rows out, and there is no other")
    if not any(cells):
        why = f"no tag other than O in {', '.join(taggings)}" if taggings else "no column of tags"
        raise InputError(f"{tables[0].path}: {why}; --columns word=tokens,tag=ner_tags names the columns")

    def documents(report: ConversionReport) -> Iterator[Document]:
        n_in: Counter[str] = Counter()
        for table in tables:
            reader = _DocumentReader(table, columns_in[table.path], taggings, report)
            for number, row in enumerate(table.rows(), start=1):
                n_in[table.split] += 1
                own = id_in(row)
                if own is None or (table.split, own) in survey.twice:
                    own = f"{table.split}-{n_in[table.split]:05d}"
                elif len(tables) > 1:
                    own = f"{table.split}-{own}"
                document = reader.document(row, number, own)
                if document is not None:
                    yield document

    words = ", ".join(dict.fromkeys(of_table.words for of_table in columns_in.values()))
    tags = ", ".join(f"{name} ({tagging.title})" for name, tagging in taggings.items())
    return Found(
        "huggingface",
        documents,
        [file for table in tables for file in table.files],
        has_splits={table.split for table in tables} != {"train"},
        flat=len(taggings) == 1 and all(len(tags or ()) < 2 for tags in cells),
        notices=[f"words in {words}, tags in {tags}; --columns and --scheme name others", *notices],
    )


class _Survey:
    """What stands in the columns of tags of all tables, read once before anything is made of them."""

    def __init__(self) -> None:
        self.evidence: defaultdict[str, TagEvidence] = defaultdict(TagEvidence)
        self.twice: set[tuple[str, str]] = set()
        """Ids that several rows of a split have, after the split: they are no ids of rows."""
        self.fault = ""
        """What is wrong with the first row that cannot be right."""
        self._ids = FirstSeen()
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        """Those without a name."""
        self._pairs: defaultdict[tuple[str, str], set[tuple[Any, Any]]] = defaultdict(set)
        """The cells of two columns that go together."""

    def read(self, table: Table, columns: Columns) -> None:
        """Take the tags of a table; rows that are faulty are left out."""
        for number, row in enumerate(table.rows(), start=1):
            own = id_in(row)
            if own is not None and self._ids.add(f"{table.split} {own}".encode("utf-8", "surrogatepass")) is not None:
                self.twice.add((table.split, own))
            try:
                _, tags = _words_and_tags(row, columns)
            except NotTheFormat as fault:
                self.fault = self.fault or f"{table.path}: row {number}: {fault}"
                continue
            for name, sentences in tags.items():
                self.evidence[name].names.update(columns.names[name])
                for cells in sentences:
                    self.evidence[name].add([cell for cell in cells if isinstance(cell, str)], place=str(table.path))
                    self._numbers[name].update(cell for cell in cells if isinstance(cell, int))
            for first, second in combinations(tags, 2):
                both = zip(chain(*tags[first]), chain(*tags[second]), strict=True)
                self._pairs[first, second].update(both)

    def taggings(self, scheme: str | None, *, place: str) -> dict[str, Tagging]:
        """How the tags of each column are written, without those that say the same as another.

        Raises:
            InputError: if numbers have no names, by now or in a column beside them.
        """
        numbers = {name: found for name, found in self._numbers.items() if found}
        doubles: set[str] = set()
        for (first, second), pairs in self._pairs.items():
            if (first in numbers) != (second in numbers):
                if len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs}):
                    doubles.add(first if first in numbers else second)
            elif first not in doubles and all(one == other for one, other in pairs):
                doubles.add(second)
        for name in [name for name in numbers if name not in doubles]:
            shown = ", ".join(map(str, sorted(numbers[name])[:5]))
            raise InputError(
                f"{place}: {name} holds numbers ({shown}), and nothing says what they are called; name them in their "
                "order with --tag-names O,B-PER,I-PER or --tag-names FILE (a name a line), or put the dataset's "
                "dataset_info.json beside the file"
            )
        found = {name: evidence for name, evidence in self.evidence.items() if name not in doubles}
        return {name: evidence.tagging(scheme, place=place) for name, evidence in found.items()}


class _DocumentReader:
    """Makes documents of the rows of a table."""

    def __init__(
        self, table: Table, columns: Columns, taggings: Mapping[str, Tagging], report: ConversionReport
    ) -> None:
        self.table, self.taggings, self.report = table, taggings, report
        self.columns = replace(columns, tags=tuple(name for name in columns.tags if name in taggings))

    def document(self, row: Mapping[str, Any], number: int, article_id: str) -> Document | None:
        """The document of a row, or None if there is none; it is counted then.

        Raises:
            InputError: for a row that cannot be read, unless the report refuses.
        """
        place = f"{self.table.files[0].name}: row {number}"
        try:
            words, tags = _words_and_tags(row, self.columns)
            if not any(word.strip() for word in chain(*words)):
                self.report.note("rows without a word")
                return None
            if all(cell is None for sentences in tags.values() for cell in chain(*sentences)):
                self.report.refuse("articles", article_id, place, Code.NOT_ANNOTATED)
                return None
            text, places = self._text(row, words)
            marks = [mark for name, sentences in tags.items() for mark in self._marks(name, sentences, text, places)]
        except NotTheFormat as fault:
            if not self.report.refuses:
                raise InputError(
                    f"{self.table.path}: row {number}: {fault} (--refuse leaves such rows out and counts them)"
                ) from None
            self.report.refuse("articles", article_id, f"{place}: {fault}", Code.FORMAT)
            return None
        single = {key: value for key, value in row.items() if isinstance(value, str | int | float)}
        found = Row(
            place,
            text,
            in_order(marks),
            about={key: value for key, value in single.items() if key != self.columns.text},
            lost=[f"column {one_line(name)}" for name in self.columns.others if row.get(name) not in (None, [], "")],
            counts_characters=True,
            article_id=article_id,
            split=self.table.split,
        )
        return document_of(found, self.report)

    def _text(self, row: Mapping[str, Any], words: Cells) -> tuple[str, Offsets]:
        """The text of a row if it has one that is its words, else these joined; and where each word stands."""
        given = row.get(self.columns.text) if self.columns.text else None
        if isinstance(given, str):
            places = places_in(given, words)
            if places is not None:
                return given, places
            self.report.note(f"rows whose {self.columns.text} is not their words: words joined by blanks")
        return document_text([[TaggedWord(word, (), 0) for word in sentence] for sentence in words])

    def _marks(self, column: str, sentences: Cells, text: str, offsets: Offsets) -> Iterator[Mark]:
        tagging = self.taggings[column]
        for cells, places in zip(sentences, offsets, strict=True):
            if None in cells:
                raise NotTheFormat(
                    f"{column} has -100 or -1 beside tags: pieces of words that are not learned; convert the dataset "
                    "as it was before words were cut"
                )
            try:
                tags = [tagging.read(cell) for cell in cells]
            except BadTag as fault:
                raise NotTheFormat(f"{column}: {fault}") from None
            for chunk in chunks_of(tags, tagging.scheme):
                yield chunk.mark(text, places)


def _words_and_tags(row: Mapping[str, Any], columns: Columns) -> tuple[Cells, dict[str, Cells]]:
    """The words of a row, and its tags by column; numbers are named, where names are there, None is no tag.

    Raises:
        NotTheFormat: if there are no words, or not as many tags.
    """
    words = _sentences(row.get(columns.words), columns.words)
    if not all(isinstance(word, str) for word in chain(*words)):
        raise NotTheFormat(f"{columns.words} has something that is no text")
    tags: dict[str, Cells] = {}
    for name in columns.tags:
        if row.get(name) is None:
            continue
        found = _sentences(row[name], name)
        if [*map(len, found)] != [*map(len, words)]:
            n_tags, n_words = sum(map(len, found)), sum(map(len, words))
            raise NotTheFormat(f"{counted(n_tags, 'tag')} in {name} for {counted(n_words, 'word')} in {columns.words}")
        tags[name] = [[_cell(cell, columns.names[name], name) for cell in sentence] for sentence in found]
    return words, tags


def _cell(cell: Any, names: Names, column: str) -> Any:
    """A tag by its name, or by its number where that has none; None where nothing is known."""
    if isinstance(cell, str):
        return cell
    if type(cell) is not int:
        raise NotTheFormat(f"{column} has {one_line(str(cell))}, which is neither a tag nor its number")
    if cell in _UNKNOWN:
        return None
    if not names:
        return cell
    if 0 <= cell < len(names):
        return names[cell]
    raise NotTheFormat(
        f"{column} has the number {cell}, and there are {counted(len(names), 'name')}: {', '.join(names[:9])}"
    )


def _sentences(value: Any, column: str) -> list[list[Any]]:
    """A list of words or tags as one sentence, a list of lists as several."""
    if not isinstance(value, list):
        raise NotTheFormat(f"{column} is {type(value).__name__}, not a list")
    if value and all(isinstance(item, list) for item in value):
        return value
    return [value]


def is_huggingface(sample: Sample) -> Certainty:
    """Whether a sample has a list of words and one of tags in each row, or is a dataset that was saved."""
    if is_saved_dataset(sample.path):
        return 2
    rows: Sequence[Mapping[str, Any]] = objects(sample)
    if sample.file is not None and sample.file.suffix.lower() in BINARY:
        rows = list(islice(Table("train", sample.file, ()).rows(), N_ROWS))
    found = tell_columns(rows)
    return 2 if found is not None and found.tags else 0
