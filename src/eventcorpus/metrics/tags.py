"""Chunks of sequences of tags (B-Actor, I-Actor, O), as seqeval and conlleval read them: two decoders, each by name.

``tags`` is for the tag ids of our own models, which are never invalid; this is for lists of other people's systems,
which are. ``formats.schemes`` reads the tags of files.

The decoders say the same of valid tags. ``strict`` drops what is no whole chunk of its scheme, and is what seqeval
computes with ``mode="strict"`` and the scheme IOB2 (``iob2``), BILOU or IOBES (``bilou``, with E for L and S for
U). ``conlleval`` lets every tag other than O be part of a chunk, so that a stray I- opens one; it is what seqeval
computes by default (of L and U, which seqeval does not know there, it makes E and S).

Every tag is O, or a prefix of the scheme, alone or followed by a dash and a label. seqeval takes the first letter for
the prefix whatever follows: it reads an unprefixed Organisation as O, and Battle as B of "attle". Both are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eventcorpus.errors import InputError
from eventcorpus.text import one_line

Decoder = Literal["strict", "conlleval"]
Scheme = Literal["iob2", "bilou"]
DECODERS: tuple[str, ...] = get_args(Decoder)
SCHEMES: tuple[str, ...] = get_args(Scheme)
Sentences = Sequence[Sequence[str]]
NO_LABEL = "_"
"""The label of tags that have none (B, I, O alone), as seqeval calls it."""

_OUTSIDE, _BEGIN, _INSIDE, _LAST, _SINGLE = range(5)
_PREFIXES = {"B": _BEGIN, "I": _INSIDE, "L": _LAST, "E": _LAST, "U": _SINGLE, "S": _SINGLE}
_ALLOWED = {"iob2": "BI", "bilou": "BILUES"}


@dataclass(frozen=True, slots=True)
class FlatChunks:
    """Chunks as arrays of shape (n_chunks,), in the order of the text.

    ``starts`` and ``ends`` (excluded) count tokens over all sentences, ``labels`` are positions in the names of a
    ``TagCodes``.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    labels: NDArray[np.int32]


class TagCodes(dict[str, str]):
    """Numbers for tags, given out as they are met; O is 0. The same object numbers gold and predicted.

    A number is written as the character that has it: joining characters is the quickest way from strings to an array.
    ``prefixes`` and ``labels`` are, per number, the kind of prefix and the position of the label in ``names``.
    """

    def __init__(self, *, decoder: Decoder = "strict", scheme: Scheme = "iob2") -> None:
        if decoder not in DECODERS or scheme not in SCHEMES:
            raise ValueError(f"decoder {decoder!r}, scheme {scheme!r}; there are {DECODERS} and {SCHEMES}")
        super().__init__({"O": chr(0)})
        self.decoder, self.scheme = decoder, scheme
        self.prefixes = [_OUTSIDE]
        self.labels = [-1]
        self._position: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        """Labels in the order in which they were met."""
        return list(self._position)

    def __missing__(self, tag: str) -> str:
        if tag_fault(tag, decoder=self.decoder, scheme=self.scheme):
            raise _BadTag
        self.prefixes.append(_PREFIXES[tag[0]])
        self.labels.append(self._position.setdefault(tag[2:] or NO_LABEL, len(self._position)))
        self[tag] = chr(len(self))
        return self[tag]


class _BadTag(Exception):
    pass


def tag_fault(tag: str, *, decoder: Decoder, scheme: Scheme) -> str | None:
    """Why a tag cannot be read, or None; ``conlleval`` knows the prefixes of all schemes.

    >>> tag_fault("S-PER", decoder="strict", scheme="iob2")
    "the tag 'S-PER' is neither O nor B or I with a dash and a label; scheme bilou has L, U, E, S as well"
    """
    allowed = "BILUES" if decoder == "conlleval" else _ALLOWED[scheme]
    if isinstance(tag, str) and (tag == "O" or (tag[:1] and tag[0] in allowed and tag[1:2] in ("", "-"))):
        return None
    if not isinstance(tag, str):
        return f"a tag is {type(tag).__name__}, not text; tags are names such as O and B-PER"
    hint = "; scheme bilou has L, U, E, S as well" if tag[:2] in ("L-", "U-", "E-", "S-") else ""
    letters = ", ".join(allowed[:-1])
    return f"the tag {one_line(tag)} is neither O nor {letters} or {allowed[-1]} with a dash and a label{hint}"


def first_tokens(sentences: Sentences) -> NDArray[np.int64]:
    """Over all sentences, the number of the first token of each, and at last the number of tokens.

    Raises:
        InputError: if a sentence is a string: its letters are no tags.
    """
    if str in set(map(type, sentences)):
        raise InputError("tags come as sentences, each a list of tags; one of these sentences is a string")
    lengths = np.fromiter(map(len, sentences), dtype=np.int64, count=len(sentences))
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def flat_chunks(sentences: Sentences, codes: TagCodes, first: NDArray[np.int64]) -> FlatChunks:
    """Read chunks into arrays; ``first`` is what ``first_tokens`` says of these sentences.

    Tokens other than O are linked to the one before where that goes on: the same label, B or I before, I or L here,
    nothing between. A chunk is a run of linked tokens; the decoder says which runs are whole.

    Raises:
        InputError: naming sentence, token and tag, if a tag is none of the scheme's.
    """
    try:
        characters = "".join(map(codes.__getitem__, chain.from_iterable(sentences)))
    except (_BadTag, TypeError):  # what cannot be looked up in a dictionary is a TypeError
        raise InputError(_first_fault(sentences, codes)) from None
    numbers = np.frombuffer(characters.encode("utf-32-le", "surrogatepass"), dtype="<i4")
    tokens = np.flatnonzero(numbers)
    numbers = numbers[tokens]
    prefixes = np.array(codes.prefixes, dtype=np.int8)[numbers]
    labels = np.array(codes.labels, dtype=np.int32)[numbers]
    if not len(tokens):
        return FlatChunks(tokens, tokens, labels)
    opens = np.ones(int(first[-1]) + 1, dtype=bool)  # not the first token of a sentence: may go on from the one before
    opens[tokens[1:]] = ~(
        (tokens[1:] == tokens[:-1] + 1)
        & (labels[1:] == labels[:-1])
        & ((prefixes[1:] == _INSIDE) | (prefixes[1:] == _LAST))
        & ((prefixes[:-1] == _BEGIN) | (prefixes[:-1] == _INSIDE))
    )
    opens[first] = True
    heads = np.flatnonzero(opens[tokens])
    tails = np.append(heads[1:], len(tokens)) - 1
    if codes.decoder == "strict":
        whole = prefixes[heads] == _BEGIN
        if codes.scheme == "bilou":
            whole = (whole & (prefixes[tails] == _LAST)) | (prefixes[heads] == _SINGLE)
        heads, tails = heads[whole], tails[whole]
    return FlatChunks(tokens[heads], tokens[tails] + 1, labels[heads])


def _first_fault(sentences: Sentences, codes: TagCodes) -> str:
    """Where the first bad tag stands, and what is wrong with it."""
    return next(
        f"sentence {number}, token {position}: {fault}"
        for number, sentence in enumerate(sentences, start=1)
        for position, tag in enumerate(sentence, start=1)
        if (fault := tag_fault(tag, decoder=codes.decoder, scheme=codes.scheme))
    )
