"""Lists of words with a tag each: their text, and the marks that the tags make.

Comes in: words in sentences, and one or several columns of tags, with how these are written (``formats.schemes``). Goes
out: a text with the place of each word in it, and marks. ``formats.sentences`` reads the lines of CoNLL files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from eventcorpus.annotation.document import Fault, Mark
from eventcorpus.conversion_report import Code
from eventcorpus.formats.schemes import Tagging, chunk_fault, layers_of
from eventcorpus.metrics.tags import Chunk, decode_tags
from eventcorpus.text import one_line

Words = Sequence[Sequence[str]]
"""The words of each sentence."""
Places = Sequence[Sequence[tuple[int, int]]]
"""Where they stand in the text, in characters."""


class BadTag(Exception):
    """A tag cannot be read; the message says which."""


def joined(sentences: Words) -> tuple[str, Places]:
    """Words joined by blanks, sentences by line feeds; and where each word stands.

    >>> joined([["In", "Homs"], ["Calm"]])
    ('In Homs\\nCalm', [[(0, 2), (3, 7)], [(8, 12)]])
    """
    places: list[list[tuple[int, int]]] = []
    at = 0
    for words in sentences:
        places.append([])
        for word in words:
            places[-1].append((at, at + len(word)))
            at += len(word) + 1
        at += not words
    return "\n".join(" ".join(words) for words in sentences), places


def places_in(text: str, sentences: Words) -> Places | None:
    """Where words stand in a text that is nothing but these words in this order and blanks; None if it is not.

    >>> places_in("In Homs.", [["In", "Homs", "."]])
    [[(0, 2), (3, 7), (7, 8)]]
    """
    places: list[list[tuple[int, int]]] = []
    at = 0
    for words in sentences:
        places.append([])
        for word in words:
            while not text.startswith(word, at):
                if not text[at : at + 1].isspace():
                    return None
                at += 1
            places[-1].append((at, at + len(word)))
            at += len(word)
    return None if text[at:].strip() else places


def marks_of(columns: Mapping[str, tuple[Tagging, Words]], text: str, places: Places) -> list[Mark]:
    """The marks of tags, in the order of the text; a tag that continues nothing opens one, as conlleval reads it.

    Args:
        columns: the tags of each sentence, one a word, and how they are written, by the column's name.

    Raises:
        BadTag: if a tag cannot be read.
    """
    found: list[tuple[int, int, Mark]] = []
    for column, (tagging, sentences) in columns.items():
        for chunk, tags in _chunks(column, tagging, sentences):
            of_sentence = places[chunk.sentence]
            start, end = of_sentence[chunk.start][0], of_sentence[chunk.end - 1][1]
            fault = None if text[start:end].strip() else Fault(Code.ONLY_BLANKS, stops=False)
            repair = chunk_fault(tags, scheme=tagging.scheme)
            found.append((start, -end, Mark("", chunk.label, ((start, end),), repair=repair, fault=fault)))
    in_order = sorted(found, key=lambda place: place[:2])
    return [mark._replace(id=str(n)) for n, (_, _, mark) in enumerate(in_order, start=1)]


def _chunks(column: str, tagging: Tagging, sentences: Words) -> Iterator[tuple[Chunk, list[str]]]:
    layers: list[list[str]] = []
    sentence_of: list[int] = []
    for n, cells in enumerate(sentences):
        read = [tagging.tags_of(cell) for cell in cells]
        if None in read:
            cell = cells[read.index(None)]
            raise BadTag(f"{column}: the tag {one_line(cell)} is neither {tagging.outside} nor like {tagging.example}")
        tags = [cell for cell in read if cell is not None]
        if any(tags):
            of_sentence = layers_of(tags)
            layers += of_sentence
            sentence_of += [n] * len(of_sentence)
    # with the prefixes of bilou the decoder takes every tag that can stand in a file
    for chunk in decode_tags(layers, decoder="conlleval", scheme="bilou"):
        yield chunk._replace(sentence=sentence_of[chunk.sentence]), layers[chunk.sentence][chunk.start : chunk.end]
