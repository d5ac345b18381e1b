"""Exports of words and tags: CoNLL files, and Parquet of ``tokens`` and ``ner_tags`` for Hugging Face datasets.

Words and tags are those of the dataset: one layer, in which the longest span wins (``annotation.rules``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import yaml

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.export_account import (
    ARTICLE_FIELDS,
    count_article,
    note_names,
    one_layer,
    plain_names,
    refuse_attributes,
    refuse_roles,
)
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.files import sha256_of_file, to_json, write_text
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tags import tag_names
from eventcorpus.text import words

_BATCH_ROWS = 500
_ENDS_SENTENCE = re.compile("[.!?…。！？][\"'”’»)\\]]*$")
_UNWANTED = r"[\s|;,]+"
"""What a tag cannot have in CoNLL files: blanks divide columns, the others several labels in a cell."""
_DIVIDERS = "[|;,]+"
"""What divides several labels in a cell, wherever tags stand."""
_HELD = tuple(name for name in ARTICLE_FIELDS if name != "tags")
"""What stands in columns of its own; one called tags would be taken for those of the words."""
Offsets = Sequence[tuple[int, int]]


class ConllWriter:
    """Writes ``train.conll`` and the like: a word and its IOB2 tag a line, ``-DOCSTART-`` before every article."""

    def __init__(self, folder: Path, ontology: Ontology, report: ConversionReport) -> None:
        self._folder, self._ontology, self._report = folder, ontology, report
        names = plain_names(ontology.labels, unwanted=_UNWANTED)
        note_names("label", names, report)
        self._tags = tag_names(list(names.values()))
        self._open = ExitStack()
        self._files: dict[str, IO[str]] = {}

    def add(self, split: str, annotated: AnnotatedArticle) -> None:
        """Write one article of a split."""
        text = annotated.article.text
        tokens = words(text)
        tags = one_layer(annotated, tokens, self._ontology, self._report)
        refuse_roles(annotated, self._report)
        refuse_attributes(annotated, self._report)
        sentences = sentences_of(text, tokens, tags)
        again = "\n".join(" ".join(text[start:end] for start, end in tokens[a:b]) for a, b in sentences)
        count_article(annotated, self._ontology, self._report, text=again)
        self._report.note("articles whose id is not written: they stand in the order of the dataset")
        file = self._file(split)
        file.write("-DOCSTART- O\n\n")
        for first, last in sentences:
            for (start, end), tag in zip(tokens[first:last], tags[first:last], strict=True):
                file.write(f"{text[start:end]} {self._tags[tag]}\n")
            file.write("\n")

    def close(self) -> None:
        """End the files."""
        self._open.close()

    def _file(self, split: str) -> IO[str]:
        if split not in self._files:
            path = self._folder / f"{split}.conll"
            self._files[split] = self._open.enter_context(path.open("w", encoding="utf-8", newline="\n"))
        return self._files[split]


def sentences_of(text: str, tokens: Offsets, tags: Sequence[int]) -> list[tuple[int, int]]:
    r"""Cut the words of a text into sentences, none of them inside a mention.

    A line feed ends a sentence. Where words, blanks and line feeds cannot give the text back in any case, so does a
    full stop, exclamation or question mark.

    Returns:
        (first word, one past the last) of each sentence.

    >>> sentences_of("One . Two .\nThree .", [(0, 3), (4, 5), (6, 9), (10, 11), (12, 17), (18, 19)], [0] * 6)
    [(0, 4), (4, 6)]
    >>> sentences_of("One. Two.", [(0, 3), (3, 4), (5, 8), (8, 9)], [0] * 4)
    [(0, 2), (2, 4)]
    """
    if not tokens:
        return []
    gaps = [text[tokens[i - 1][1] : tokens[i][0]] for i in range(1, len(tokens))]
    inside = [tag > 0 and tag % 2 == 0 for tag in tags[1:]]
    is_tokenized = tokens[0][0] == 0 and tokens[-1][1] == len(text) and set(gaps) <= {" ", "\n"}

    def ends(i: int) -> bool:
        if inside[i] or not gaps[i]:
            return False
        if "\n" in gaps[i]:
            return True
        last = text[max(0, tokens[i][1] - 10) : tokens[i][1]]
        return not is_tokenized and _ENDS_SENTENCE.search(last) is not None

    cuts = [0, *(i + 1 for i in range(len(gaps)) if ends(i)), len(tokens)]
    return list(pairwise(cuts))


class TokensWriter:
    """Writes ``train.parquet`` and the like, a row an article: ``tokens``, ``ner_tags`` (a ``ClassLabel``), its text.

    README.md says which file is which split, so that ``datasets.load_dataset`` opens the folder.
    """

    def __init__(self, folder: Path, ontology: Ontology, report: ConversionReport) -> None:
        from datasets import ClassLabel, Features, List, Value

        text = Value("string")
        columns: dict[str, Any] = {"id": text, "text": text}
        columns |= {name: text for name in _HELD} | {"invented": Value("bool"), "tokens": List(text)}
        names = plain_names(ontology.labels, unwanted=_DIVIDERS)
        note_names("label", names, report)
        columns["ner_tags"] = List(ClassLabel(names=tag_names(list(names.values()))))
        self._schema = Features(columns).arrow_schema
        self._folder, self._ontology, self._report = folder, ontology, report
        self._writers: dict[str, Any] = {}
        self._waiting: dict[str, list[dict[str, Any]]] = {}

    def add(self, split: str, annotated: AnnotatedArticle) -> None:
        """Write one article of a split, at once or with the next batch."""
        article = annotated.article
        offsets = words(article.text)
        tags = one_layer(annotated, offsets, self._ontology, self._report)
        refuse_roles(annotated, self._report)
        refuse_attributes(annotated, self._report)
        count_article(annotated, self._ontology, self._report, holds=_HELD)
        row = {name: getattr(article, name) for name in ("id", "text", *_HELD)}
        row["metadata"] = to_json(article.metadata) if article.metadata else None
        row |= {"tokens": [article.text[start:end] for start, end in offsets], "ner_tags": tags}
        waiting = self._waiting.setdefault(split, [])
        waiting.append(row)
        if len(waiting) >= _BATCH_ROWS:
            self._write(split)

    def close(self) -> None:
        """Write what waits, and README.md."""
        for split in list(self._waiting):
            self._write(split)
        for writer in self._writers.values():
            writer.close()
        write_text(self._folder / "README.md", "".join(self._readme()))

    def _write(self, split: str) -> None:
        from pyarrow import RecordBatch, parquet

        batch = RecordBatch.from_pylist(self._waiting.pop(split), schema=self._schema)
        if split not in self._writers:
            self._writers[split] = parquet.ParquetWriter(self._folder / f"{split}.parquet", self._schema)
        self._writers[split].write_batch(batch)

    def _readme(self) -> Iterator[str]:
        files = [{"split": split, "path": f"{split}.parquet"} for split in SPLITS if split in self._writers]
        # as in the card of a dataset: load_dataset caches by this text, not by the files
        hashes = " ".join(sha256_of_file(self._folder / file["path"])[:16] for file in files)
        config = {"config_name": "default", "description": f"content {hashes}", "data_files": files}
        head = {"task_categories": ["token-classification"], "configs": [config]}
        yield f"---\n{yaml.safe_dump(head, sort_keys=False).strip()}\n---\n\n"
        yield f"# Words and tags of articles annotated with {self._ontology.key}\n\n"
        yield "Exported by eventcorpus. `datasets.load_dataset(FOLDER)` opens it: a row an article, tags in IOB2.\n"
        yield "`loss_report.json` says what one layer of tags does not hold.\n"
