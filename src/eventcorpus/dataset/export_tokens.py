"""Exports of words and tags: CoNLL files, and Parquet of ``tokens`` and ``ner_tags`` for Hugging Face datasets.

Words and tags are those of the dataset: one layer, in which the longest span wins (``annotation.rules``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import yaml

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.export_account import (
    ARTICLE_FIELDS,
    count_article,
    one_layer,
    plain_names,
    refuse_roles_and_attributes,
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


def write_conll(
    articles: Iterable[tuple[str, AnnotatedArticle]], folder: Path, ontology: Ontology, report: ConversionReport
) -> None:
    """Write ``train.conll`` and the like: a word and its IOB2 tag a line, ``-DOCSTART-`` before every article."""
    names = tag_names(list(plain_names("label", ontology.labels, report, unwanted=_UNWANTED).values()))
    files: dict[str, IO[str]] = {}
    with ExitStack() as opened:
        for split, annotated in articles:
            if split not in files:
                path = folder / f"{split}.conll"
                files[split] = opened.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            text = annotated.article.text
            tokens = words(text)
            tags = one_layer(annotated, tokens, ontology, report)
            refuse_roles_and_attributes(annotated, report)
            sentences = sentences_of(text, tokens, tags)
            again = "\n".join(" ".join(text[start:end] for start, end in tokens[a:b]) for a, b in sentences)
            count_article(annotated, ontology, report, text=again)
            report.note("articles whose id is not written: they stand in the order of the dataset")
            files[split].write("-DOCSTART- O\n\n")
            for first, last in sentences:
                for (start, end), tag in zip(tokens[first:last], tags[first:last], strict=True):
                    files[split].write(f"{text[start:end]} {names[tag]}\n")
                files[split].write("\n")


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


def write_tokens(
    articles: Iterable[tuple[str, AnnotatedArticle]], folder: Path, ontology: Ontology, report: ConversionReport
) -> None:
    """Write ``train.parquet`` and the like, a row an article: ``tokens``, ``ner_tags`` (a ``ClassLabel``), its text.

    README.md says which file is which split, so that ``datasets.load_dataset`` opens the folder.
    """
    from datasets import ClassLabel, Features, List, Value
    from pyarrow import RecordBatch, parquet

    names = tag_names(list(plain_names("label", ontology.labels, report, unwanted=_DIVIDERS).values()))
    columns: dict[str, Any] = {name: Value("string") for name in ("id", "text", *_HELD)} | {"invented": Value("bool")}
    columns |= {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))}
    schema = Features(columns).arrow_schema
    waiting: dict[str, list[dict[str, Any]]] = {}
    files: dict[str, Any] = {}
    with ExitStack() as opened:

        def write(split: str) -> None:
            if split not in files:
                files[split] = opened.enter_context(parquet.ParquetWriter(folder / f"{split}.parquet", schema))
            files[split].write_batch(RecordBatch.from_pylist(waiting.pop(split), schema=schema))

        for split, annotated in articles:
            article = annotated.article
            tokens = words(article.text)
            tags = one_layer(annotated, tokens, ontology, report)
            refuse_roles_and_attributes(annotated, report)
            count_article(annotated, ontology, report, holds=_HELD)
            row = {name: getattr(article, name) for name in ("id", "text", *_HELD)}
            row["metadata"] = to_json(article.metadata) if article.metadata else None
            row |= {"tokens": [article.text[start:end] for start, end in tokens], "ner_tags": tags}
            waiting.setdefault(split, []).append(row)
            if len(waiting[split]) >= _BATCH_ROWS:
                write(split)
        for split in list(waiting):
            write(split)
    write_text(folder / "README.md", "".join(_readme(folder, ontology)))


def _readme(folder: Path, ontology: Ontology) -> Iterator[str]:
    names = {split: f"{split}.parquet" for split in SPLITS if (folder / f"{split}.parquet").is_file()}
    # as in the card of a dataset: load_dataset caches by this text, not by the files
    hashes = " ".join(sha256_of_file(folder / name)[:16] for name in names.values())
    files = [{"split": split, "path": name} for split, name in names.items()]
    config = {"config_name": "default", "description": f"content {hashes}", "data_files": files}
    head = {"task_categories": ["token-classification"], "configs": [config]}
    yield f"---\n{yaml.safe_dump(head, sort_keys=False).strip()}\n---\n\n"
    yield f"# Words and tags of articles annotated with {ontology.key}\n\n"
    yield "Exported by eventcorpus. `datasets.load_dataset(FOLDER)` opens it: a row an article, tags in IOB2.\n"
    yield "`loss_report.json` says what one layer of tags does not hold.\n"
