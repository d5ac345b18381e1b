"""CoNLL files, a word and its tags a line with whatever columns there are beside them, as documents for conversion.

A document is a sentence, or what ``-DOCSTART-`` divides; its text is the words joined by blanks, sentences by line
feeds. Which column is what and what the tags mean is told from the files (``formats.columns``, ``formats.schemes``);
invalid tags are repaired and counted: a tag that continues nothing opens a span, as conlleval reads it.
``formats.tagged`` is for scoring.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from eventcorpus.annotation.document import Document, Found, Mark
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.errors import InputError
from eventcorpus.formats.columns import BLANKS, Columns, cells_of, columns_of, tell_columns
from eventcorpus.formats.files import SPLIT_OF, files_by_split, has_splits, not_read, split_of
from eventcorpus.formats.sample import Certainty, Sample
from eventcorpus.formats.schemes import (
    LETTERS,
    OUTSIDE,
    BadTag,
    Cell,
    TagEvidence,
    Tagging,
    chunks_of,
    in_order,
    is_prefixed,
)
from eventcorpus.formats.sentences import TaggedDocument, document_text, documents_and_faults
from eventcorpus.schema import Article

_NAMED = "txt conll bio iob iob2 iobes bmes bilou bilu tsv conllu conllup ner tags annotated v4_gold_conll gold_conll"
SUFFIXES = tuple(f".{name}" for name in (*_NAMED.split(), *SPLIT_OF))
"""How the names of files end that are read in a folder; the first as in train.txt, the last as in eng.train."""


def read_conll(inputs: Sequence[Path], *, scheme: str | None = None, columns: str | None = None) -> Found:
    """Read CoNLL files, or those of a folder, in the splits that their names say; one file alone is ``train``.

    Args:
        scheme: a name in ``formats.schemes.SCHEMES``; None: the one that the tags follow.
        columns: which column is what, such as ``word=2,tag=3,tag=4``; None: told from the files.

    Raises:
        InputError: if there is no file, no column holds tags, no tag is other than O, or tags are of two schemes;
            while reading, if a line has too many or too few columns or its tag is none, unless the report refuses.
    """
    files = files_by_split(inputs, SUFFIXES, without_names=True)
    columns_in = {file: columns_of(file, columns) for _, file in files}
    for file, of_file in columns_in.items():
        if of_file.alike:
            first, second = (n + 1 for n in of_file.alike)
            raise InputError(
                f"{file}: the columns {first} and {second} have mostly the same tags, as where gold and predicted "
                f"stand side by side; name one of them: --columns word={of_file.word + 1},tag={first}"
            )
    survey = _Survey()
    for file, of_file in columns_in.items():
        survey.read(file, of_file)
    tagging = survey.evidence.tagging(scheme, place=str(inputs[0]))
    cells = survey.evidence.read(tagging)
    if all(cell == () for cell in cells):
        place = ", ".join(sorted({str(tag.column + 1) for of_file in columns_in.values() for tag in of_file.tags}))
        raise InputError(
            f"{inputs[0]}: no tag other than O in column {place}; is this a CoNLL file with tags such as B-PER? "
            "--columns word=1,tag=2 names the columns"
        )

    def documents(report: ConversionReport) -> Iterator[Document]:
        n_in: Counter[str] = Counter()
        for split, file in files:
            for tagged, faults in documents_and_faults(file, columns_in[file]):
                n_in[split] += 1
                reader = _DocumentReader(f"{split}-{n_in[split]:05d}", file, tagging, report)
                document = reader.document(tagged, split)
                if faults:
                    reader.refuse(document, *faults[0])
                elif document.article.text.strip() or document.marks:
                    yield document
                else:
                    report.note("sentences without text")
        if survey.n_empty_tokens:
            report.note("tokens without text", survey.n_empty_tokens)

    all_are_read = None not in cells and not survey.n_faults and not survey.n_empty_tokens
    labels = {label for cell in cells for _, label in cell or ()}
    return Found(
        re.sub(r"[^\w.-]+", "-", inputs[0].resolve().stem),
        documents,
        [file for _, file in files],
        has_splits=has_splits(files) or any(path.is_dir() and split_of(file) for path in inputs for _, file in files),
        labels=tuple(sorted(labels)) if all_are_read else (),
        n_documents=survey.n_documents if all_are_read else None,
        flat=not survey.has_overlaps and all(len(cell or ()) < 2 for cell in cells),
        notices=[*_notices(columns_in, tagging, given=scheme is not None), *not_read(inputs, [f for _, f in files])],
    )


def _notices(columns_in: Mapping[Path, Columns], tagging: Tagging, *, given: bool) -> Iterator[str]:
    """How the files were read, in a line for those that have the same columns."""
    files_of: dict[str, list[Path]] = {}
    for file, columns in columns_in.items():
        files_of.setdefault(str(columns), []).append(file)
    scheme = f"tags of the scheme {tagging.title}" + ("" if given else " (--scheme names another)")
    for described, files in files_of.items():
        names = "" if len(files_of) == 1 else f"{', '.join(file.name for file in files)}: "
        yield f"{names}{described}; {scheme}"


class _Survey:
    """What stands in the tag columns of all files, read once before anything is made of them."""

    def __init__(self) -> None:
        self.evidence = TagEvidence()
        self.n_documents = self.n_empty_tokens = self.n_faults = 0
        self.has_overlaps = False

    def read(self, file: Path, columns: Columns) -> None:
        """Read a file; lines that are faulty are left out."""
        self.has_overlaps |= len(columns.tags) > 1
        for document, faults in documents_and_faults(file, columns):
            self.n_documents += 1
            self.n_faults += len(faults)
            for sentence in document:
                for cells in zip(*[word.tags for word in sentence], strict=True):
                    self.evidence.add(cells, place=str(file))
                self.has_overlaps |= columns.number and any(word.is_within for word in sentence)
                self.n_empty_tokens += sum(not word.word and not word.is_within for word in sentence)


class _DocumentReader:
    """Makes an article with its marks of a tagged document."""

    def __init__(self, article_id: str, file: Path, tagging: Tagging, report: ConversionReport) -> None:
        self.article_id, self.file, self.tagging, self.report = article_id, file, tagging, report

    def document(self, tagged: TaggedDocument, split: str) -> Document:
        text, offsets = document_text(tagged)
        marks: list[Mark] = []
        for sentence, places in zip(tagged, offsets, strict=True):
            for column in range(len(sentence[0].tags)):
                cells = [self._cell(word.tags[column], word.line) for word in sentence]
                for chunk in chunks_of(cells, self.tagging.scheme):
                    is_part = any(sentence[at].is_within for at in (chunk.start, chunk.end) if at < len(sentence))
                    mark = chunk.mark(text, places, f"{chunk.label} at line {sentence[chunk.start].line}")
                    marks.append(mark if mark.repair or not is_part else mark._replace(repair=Code.PART_OF_WORD))
        return Document(Article(self.article_id, text), in_order(marks), split=split)

    def refuse(self, document: Document, line: int, why: str) -> None:
        """Refuse a document with all its spans for a line that cannot be read.

        Raises:
            InputError: unless the report refuses.
        """
        if not self.report.refuses:
            raise InputError(f"{self.file}: line {line}: {why} (--refuse leaves such articles out and counts them)")
        name = f"{self.file.name}: line {line}: {why}"
        self.report.refuse("articles", self.article_id, name, Code.FORMAT)
        self.report.refuse("spans", self.article_id, "of this document", Code.ARTICLE_REFUSED, n=len(document.marks))

    def _cell(self, cell: str, line: int) -> Cell:
        try:
            return self.tagging.read(cell)
        except BadTag as why:
            if not self.report.refuses:
                raise InputError(
                    f"{self.file}: line {line}: {why}; --columns names the column of tags, --scheme io reads labels "
                    "without a letter, --refuse leaves such tags out and counts them"
                ) from None
            self.report.refuse("spans", self.article_id, f"{self.file.name}: line {line}: {why}", Code.FORMAT)
            return ()


def is_conll(sample: Sample) -> Certainty:
    """Whether nearly all lines have the same number of columns, and one of them has tags in all lines."""
    if sample.shape or sample.text.startswith("#FORMAT="):
        return 0
    lines = [line.rstrip(BLANKS) for line in re.split(r"\r\n|\n|\r", sample.text)]
    columns = tell_columns(lines)
    if columns is None:
        return 0
    if columns.brackets:
        return 2
    rows = [line for line in lines if line.strip() and line[0] != "#" and "-DOCSTART-" not in line]
    cells = [cells_of(line.rstrip("\t"), mixed=columns.mixed) for line in rows]
    n_same = sum(len(row) == columns.n or line.endswith("\t") for row, line in zip(cells, rows, strict=True))
    n_tagged = sum(row[-1] == "O" or is_prefixed(row[-1]) for row in cells)
    named = columns.known - set(OUTSIDE)
    n_prefixed = sum(map(is_prefixed, named))
    if max(n_same, n_tagged) < 0.9 * len(rows) or 0 < n_prefixed < 0.5 * len(named):
        return 0
    if n_prefixed:
        return 2
    return 1 if len(rows) > 1 and all(len(label) > 1 or label in LETTERS for label in named) else 0
