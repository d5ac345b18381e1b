"""The chunks that ``metrics.tags`` finds, one by one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventcorpus.metrics.tags import Decoder, Scheme, Sentences, TagCodes, first_tokens, flat_chunks


class Chunk(NamedTuple):
    """Tokens ``start`` to ``end`` (excluded) of the sentence with the number ``sentence``, all from 0."""

    sentence: int
    start: int
    end: int
    label: str


def decode_tags(sentences: Sentences, *, decoder: Decoder = "strict", scheme: Scheme = "iob2") -> list[Chunk]:
    """Read the chunks of sentences, in the order of the text.

    >>> decode_tags([["B-A", "I-A", "I-B"], ["I-A"]])
    [Chunk(sentence=0, start=0, end=2, label='A')]
    >>> [tuple(chunk) for chunk in decode_tags([["B-A", "I-A", "I-B"], ["I-A"]], decoder="conlleval")]
    [(0, 0, 2, 'A'), (0, 2, 3, 'B'), (1, 0, 1, 'A')]
    """
    codes = TagCodes(decoder=decoder, scheme=scheme)
    first = first_tokens(sentences)
    chunks = flat_chunks(sentences, codes, first)
    sentence_of = np.searchsorted(first, chunks.starts, side="right") - 1
    offset = first[sentence_of]
    names = codes.names
    return [
        Chunk(sentence, start, end, names[label])
        for sentence, start, end, label in zip(
            sentence_of.tolist(),
            (chunks.starts - offset).tolist(),
            (chunks.ends - offset).tolist(),
            chunks.labels.tolist(),
            strict=True,
        )
    ]
