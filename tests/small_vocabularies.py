"""Vocabularies of a few hundred pieces, one for each kind of tokenizer, the same in every process.

The trainers of the tokenizers package are not used: those of WordPiece and Unigram number their pieces in another order
in each process, and whatever is trained on the ids is then another model each time.
"""

import re
from collections.abc import Iterable, Sequence

from tokenizers import pre_tokenizers

SENTENCES = [
    "Rebels attacked Northtown on Monday, killing at least 18 people.",
    "“The market was hit,” said Zoë O'Neil — near the café in Čelinac.",
    "rebels attacked the town of aleppo on monday and the army left the town of homs on friday .",
    "قال الجيش إن المدينة تعرضت للقصف 🔥🚨",
]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def _in_order(pieces: Iterable[str]) -> list[str]:
    """Each once, the longer ones first."""
    return sorted(set(pieces), key=lambda piece: (-len(piece), piece))


def wordpiece(specials: Sequence[str]) -> dict[str, int]:
    """Whole words in lower case without accents, and every letter of them, at the beginning of a word and inside it."""
    bare = " ".join(SENTENCES).lower().translate(str.maketrans("ëéč", "eec"))
    words = re.findall(r"\w+|[^\w\s]", bare)
    letters = "".join(words)
    pieces = _in_order([*words, *letters, *(f"##{letter}" for letter in letters)])
    return {piece: n for n, piece in enumerate([*specials, *pieces])}


def _bpe(
    specials: Sequence[str], alphabet: Iterable[str], words: Iterable[str]
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Words are put together letter by letter from their beginning; those that begin with the sign of a blank first."""
    in_order = sorted(set(words), key=lambda word: (word[0] not in "Ġ▁", word))
    merges = list(dict.fromkeys((word[:n], word[n]) for word in in_order for n in range(1, len(word))))
    pieces = dict.fromkeys([*specials, *sorted(alphabet), *(first + second for first, second in merges)])
    return {piece: n for n, piece in enumerate(pieces)}, merges


def byte_level_bpe(specials: Sequence[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges, over the 256 signs that stand for bytes."""
    cut = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = [word for sentence in SENTENCES for word, _ in cut.pre_tokenize_str(sentence)]
    return _bpe(specials, pre_tokenizers.ByteLevel.alphabet(), words)


def bpe_with_byte_fallback(specials: Sequence[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges, over the letters of the sentences but the last, whose letters are left to the bytes."""
    words = [f"▁{word}" for sentence in SENTENCES[:3] for word in sentence.split()]
    return _bpe([*specials, *BYTES], set("".join(words)), words)


def unigram(specials: Sequence[str]) -> list[tuple[str, float]]:
    """Words, and the letters of them, which are so improbable that a known word is one piece."""
    marked = ["▁" + sentence.replace(" ", "▁") for sentence in SENTENCES]
    words = [word for sentence in marked for word in re.findall(r"▁?\w+|▁|[^\w▁]", sentence)]
    letters = set("".join(words))
    scores = {piece: -10.0 if piece in letters else -5.0 for piece in _in_order([*words, *letters])}
    return [*((special, 0.0) for special in specials), *scores.items()]
