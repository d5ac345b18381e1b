"""Datasets of Hugging Face with words and a tag for each: ``tokens`` and ``ner_tags``, or what else these are called.

JSON Lines, Parquet, Arrow, and what ``save_to_disk`` wrote become documents, a row each. Numbers for tags need names
(``formats.tag_names``); the scheme of the tags is told from them (``formats.schemes``), for each column of tags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.formats.hf_tables import (
    Columns,
    Table,
    columns_of,
    is_saved_dataset,
    parquet_schema,
    tables_of,
    tell_columns,
)
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.schemes import BadTag, TagEvidence, Tagging, chunks_of, in_order
from eventcorpus.formats.sentences import Offsets, TaggedWord, document_text, places_in
from eventcorpus.formats.spans_in_json import NotTheFormat, Row, article_of, id_in, objects
from eventcorpus.formats.tag_names import Names, names_given
from eventcorpus.text import one_line

_UNKNOWN = (-1, -100)
"""Numbers of no tag: what is not to be learned, or the hidden tags of a test split."""

Cells = list[list[Any]]
"""What stands in a column of a row, sentence by sentence."""


@dataclass
class _Survey:
    """What stands in the columns of tags of all tables, read once before anything is made of them."""

    evidence: dict[str, TagEvidence] = field(default_factory=dict)
    taggings: dict[str, Tagging] = field(default_factory=dict)
    ids: FirstSeen = field(default_factory=FirstSeen)
    twice: set[str] = field(default_factory=set)
    """Ids that several rows of a split have, after the split: they are no ids of rows."""
    same: dict[tuple[str, str], dict[Any, Any] | None] = field(default_factory=dict)
    """For two columns, which cell of the first goes with which of the second; None if one goes with several."""
    unnamed: dict[str, set[int]] = field(default_factory=dict)
    fault: str = ""
    """What is wrong with the first row that cannot be right."""


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
    reader = _Reader(given)
    found_in = {table.name: columns_of(table, columns) for table in tables}
    for table in tables:
        reader.survey(table, found_in[table.name])
    reader.decide(tables, found_in, scheme)
    found_in = {name: reader.without_doubles(found) for name, found in found_in.items()}

    def documents(report: ConversionReport) -> Iterator[Document]:
        n_in: Counter[str] = Counter()
        for table in tables:
            found = found_in[table.name]
            for number, value in enumerate(table.rows(), start=1):
                n_in[table.split] += 1
                article_id = reader.article_id(value, table.split, n_in[table.split], several=len(tables) > 1)
                document = reader.document(table, found, number, value, article_id, report)
                if document is not None:
                    yield document

    return Found(
        "huggingface",
        documents,
        [file for table in tables for file in table.files],
        has_splits={table.split for table in tables} != {"train"},
        flat=len(reader.found.taggings) == 1 and not reader.has_several_tags,
        notices=[*reader.notices(found_in), *notices],
    )


class _Reader:
    """Makes documents of rows, when it has seen all of them once."""

    def __init__(self, given: Names) -> None:
        self.given, self.found = given, _Survey()
        self.has_several_tags = False

    # the first reading

    def survey(self, table: Table, columns: Columns) -> None:
        """Take the tags of a table; rows that are faulty are left out."""
        for number, value in enumerate(table.rows(), start=1):
            if (own := id_in(value)) is not None:
                key = f"{table.split} {own}"
                if self.found.ids.add(key.encode("utf-8", "surrogatepass")) is not None:
                    self.found.twice.add(key)
            try:
                _, tags = self._cells(table, columns, value)
            except NotTheFormat as fault:
                self.found.fault = self.found.fault or f"{table.name}: row {number}: {fault}"
                continue
            flat = {name: [cell for cells in of_column for cell in cells] for name, of_column in tags.items()}
            for name, cells in flat.items():
                numbers = {cell for cell in cells if isinstance(cell, int)}
                if numbers:
                    self.found.unnamed.setdefault(name, set()).update(numbers)
                evidence = self.found.evidence.setdefault(name, TagEvidence())
                evidence.names.update(self._names(table, name))
                for of_sentence in tags[name]:
                    evidence.add([cell for cell in of_sentence if isinstance(cell, str)], place=table.name)
            names = list(flat)
            for i, first in enumerate(names):
                for second in names[i + 1 :]:
                    self._compare(first, second, flat)

    def _compare(self, first: str, second: str, flat: Mapping[str, Sequence[Any]]) -> None:
        pairs = self.found.same.setdefault((first, second), {})
        both = zip(flat[first], flat[second], strict=True)
        if pairs is not None and any(pairs.setdefault(a, b) != b for a, b in both):
            self.found.same[first, second] = None

    def decide(self, tables: Sequence[Table], found_in: Mapping[str, Columns], scheme: str | None) -> None:
        """Find out how the tags are written; numbers have names by now, or beside them a column that says the same.

        Raises:
            InputError: if numbers have no names, or nothing is tagged.
        """
        for name, numbers in self.found.unnamed.items():
            if not self._same_as(name):
                table = next(table for table in tables if name in found_in[table.name].tags)
                shown = ", ".join(map(str, sorted(numbers)[:5]))
                raise InputError(
                    f"{table.name}: {name} holds numbers ({shown}), and nothing says what they are called; name them "
                    "in their order with --tag-names O,B-PER,I-PER or --tag-names FILE (a name a line), or put the "
                    "dataset's dataset_info.json beside the file"
                )
        doubles = self._doubles()
        for name, evidence in self.found.evidence.items():
            if name not in doubles:
                self.found.taggings[name] = evidence.tagging(scheme, place=tables[0].name)
        read = [
            tags for name, tagging in self.found.taggings.items() for tags in self.found.evidence[name].read(tagging)
        ]
        self.has_several_tags = any(len(tags or ()) > 1 for tags in read)
        if not any(read):
            if self.found.fault and not self.found.taggings:
                raise InputError(f"{self.found.fault}; --refuse leaves such rows out, and there is no other")
            names = ", ".join(self.found.evidence)
            raise InputError(
                f"{tables[0].name}: {f'no tag other than O in {names}' if names else 'no column of tags'}; "
                "--columns word=tokens,tag=ner_tags names the columns"
            )

    def _doubles(self) -> set[str]:
        """Columns that say the same as another: numbers beside their names, or the same twice."""
        doubles = {name for name in self.found.unnamed}
        for (first, second), pairs in self.found.same.items():
            is_same = pairs is not None and all(a == b for a, b in pairs.items())
            if is_same and first not in doubles:
                doubles.add(second)
        return doubles

    def _same_as(self, name: str) -> bool:
        """Whether another column with names says the same as a column of numbers."""
        for (first, second), pairs in self.found.same.items():
            other = second if first == name else first
            if name in (first, second) and other not in self.found.unnamed and pairs is not None:
                return len(set(pairs.values())) == len(pairs)
        return False

    def without_doubles(self, columns: Columns) -> Columns:
        """The columns without those that say the same as another."""
        tags = tuple(name for name in columns.tags if name in self.found.taggings)
        return Columns(columns.words, tags, columns.text, columns.others)

    def notices(self, found_in: Mapping[str, Columns]) -> list[str]:
        """How the tables were read, in a line."""
        tags = dict.fromkeys(name for columns in found_in.values() for name in columns.tags)
        words = dict.fromkeys(columns.words for columns in found_in.values())
        schemes = ", ".join(f"{name} ({self.found.taggings[name].title})" for name in tags)
        return [f"words in {', '.join(words)}, tags in {schemes}; --columns and --scheme name others"]

    # the second

    def article_id(self, value: Mapping[str, Any], split: str, number: int, *, several: bool) -> str:
        """The id of a row, with its split where there are several files; its number where it has none of its own."""
        own = id_in(value)
        if own is None or f"{split} {own}" in self.found.twice:
            return f"{split}-{number:05d}"
        return f"{split}-{own}" if several else own

    def document(
        self, table: Table, columns: Columns, number: int, value: Mapping[str, Any], article_id: str,
        report: ConversionReport,
    ) -> Document | None:  # fmt: skip
        """The document of a row, or None if there is none; it is counted then."""
        place = f"{table.files[0].name}: row {number}"
        try:
            words, tags = self._cells(table, columns, value)
            if not any(word.strip() for sentence in words for word in sentence):
                report.note("rows without a word")
                return None
            if not tags or all(cell is None for cells in tags.values() for sentence in cells for cell in sentence):
                report.refuse("articles", article_id, place, Code.NOT_ANNOTATED)
                return None
            places: Offsets
            text, places = document_text([[TaggedWord(word, (), number) for word in sentence] for sentence in words])
            given = value.get(columns.text) if columns.text else None
            if isinstance(given, str):
                found = places_in(given, words)
                if found is None:
                    report.note(f"rows whose {columns.text} is not their words: words joined by blanks")
                else:
                    text, places = given, found
            marks = [mark for name, cells in tags.items() for mark in self._marks(name, cells, text, places)]
        except NotTheFormat as fault:
            if not report.refuses:
                raise InputError(
                    f"{table.name}: row {number}: {fault} (--refuse leaves such rows out and counts them)"
                ) from None
            report.refuse("articles", article_id, f"{place}: {fault}", Code.FORMAT)
            return None
        for name in columns.others:
            if value.get(name) not in (None, [], ""):
                report.note(f"column {one_line(name)}: not kept")
        single = {key: item for key, item in value.items() if isinstance(item, str | int | float)}
        about = {key: item for key, item in single.items() if key != columns.text}
        article = article_of(Row(place, text, about=about), article_id, report)
        return Document(article, in_order(marks), split=table.split)

    def _cells(self, table: Table, columns: Columns, value: Mapping[str, Any]) -> tuple[Cells, dict[str, Cells]]:
        """The words of a row, and its tags by column; numbers are named, where names are there, None is no tag."""
        words = _sentences(value.get(columns.words), columns.words)
        if not all(isinstance(word, str) for sentence in words for word in sentence):
            raise NotTheFormat(f"{columns.words} has something that is no text")
        tags: dict[str, Cells] = {}
        for name in columns.tags:
            if value.get(name) is None:
                continue
            found = _sentences(value[name], name)
            if [*map(len, found)] != [*map(len, words)]:
                n_tags, n_words = sum(map(len, found)), sum(map(len, words))
                raise NotTheFormat(f"{n_tags} tags in {name} for {n_words} words in {columns.words}")
            names = self._names(table, name)
            tags[name] = [[_cell(cell, names, name) for cell in sentence] for sentence in found]
        return words, tags

    def _names(self, table: Table, column: str) -> Names:
        return self.given or table.names_of(column)

    def _marks(self, column: str, sentences: Cells, text: str, offsets: Offsets) -> Iterator[Mark]:
        tagging = self.found.taggings[column]
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


def _cell(cell: Any, names: Names, column: str) -> Any:
    """A tag by its name, or by its number where that has none; None where nothing is known."""
    if isinstance(cell, str) and cell.isdecimal() and len(cell) < 6 and (names or cell != "0"):
        cell = int(cell)
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
    raise NotTheFormat(f"{column} has the number {cell}, and there are {len(names)} names: {', '.join(names[:9])}")


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
    if sample.head.startswith(b"PAR1") and sample.file is not None:
        schema = parquet_schema(sample.file)
        lists = {name: [None] for name, type_ in zip(schema.names, schema.types, strict=True) if "list<" in str(type_)}
        words = [name for name in lists if str(schema.field(name).type).endswith("string>")]
        found = tell_columns([{name: ["" if name in words else 0] for name in lists}])
        return 2 if found is not None and found.tags else 0
    if sample.file is not None and sample.file.suffix.lower() == ".arrow":
        return 1
    rows = objects(sample)
    if len(rows) == 1 and isinstance(rows[0].get("data"), list):
        rows = [row for row in rows[0]["data"][:20] if isinstance(row, dict)]
    found = tell_columns(rows) if rows else None
    return 2 if found is not None and found.tags else 0
