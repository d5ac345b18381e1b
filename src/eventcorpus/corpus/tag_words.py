"""Whether the words of a tag file are those of another, or of an article.

Comes in: sentences of words. Goes out: nothing, or where the words stand in the article; else an error that says where
both part.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from eventcorpus.corpus.tag_files import Document, Sentence
from eventcorpus.errors import InputError
from eventcorpus.schema import Article
from eventcorpus.text import one_line, stored_form


def check_same_words(gold: Sequence[Sentence], predicted: Sequence[Sentence], gold_path: Path, path: Path) -> None:
    """See that two files have the same words in the same sentences.

    Raises:
        InputError: where they part, naming the lines and both words.
    """
    for number, (ours, theirs) in enumerate(zip_longest(gold, predicted), start=1):
        if ours is None or theirs is None:
            longer, line = (gold_path, ours[0].line) if theirs is None else (path, theirs[0].line)
            raise InputError(
                f"{path}: {len(predicted):,} sentences, the gold {gold_path} has {len(gold):,}; from {longer} line "
                f"{line} on there is no other side"
            )
        for word, other in zip_longest(ours, theirs):
            if word is None or other is None:
                here, line, extra = (
                    (gold_path, word.line, word.word) if other is None else (path, other.line, other.word)
                )
                raise InputError(
                    f"{here}: line {line}: sentence {number} goes on with {one_line(extra)}, and has ended on the "
                    f"other side after {min(len(ours), len(theirs))} words; both files need the same sentences"
                )
            if word.word != other.word:
                raise InputError(
                    f"{path}: line {other.line}: the word is {one_line(other.word)}, the gold has "
                    f"{one_line(word.word)} ({gold_path} line {word.line}); both files need the same words"
                )


def word_offsets(document: Document, article: Article, path: Path) -> list[list[tuple[int, int]]]:
    """Where the words of a document stand in the article's text; white space does not count.

    Raises:
        InputError: naming the line of a word that is not the next of the article, or where the document ends too soon.
    """
    text, at = article.text, 0
    offsets: list[list[tuple[int, int]]] = []
    for sentence in document:
        offsets.append([])
        for word in sentence:
            stored = stored_form(word.word).text.strip()
            if not stored and any(tag != "O" for tag in word.tags):
                raise InputError(
                    f"{path}: line {word.line}: a blank has the tag {word.tags[-1]!r}; mentions have words, tag it O"
                )
            while at < len(text) and text[at].isspace():
                at += 1
            if not text.startswith(stored, at):
                found = text[at : at + max(len(stored), 1)]
                raise InputError(
                    f"{path}: line {word.line}: the word is {one_line(word.word)}, article {article.id} goes on with "
                    f"{one_line(found)} at character {at}; the words must be the article's"
                )
            offsets[-1].append((at, at + len(stored)))
            at += len(stored)
    if text[at:].strip():
        raise InputError(
            f"{path}: line {document[-1][-1].line}: article {article.id} ends here, and its text goes on with "
            f"{one_line(text[at:].strip())}; predict the whole article"
        )
    return offsets
