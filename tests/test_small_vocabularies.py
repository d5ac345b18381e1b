"""Models that tests train are the same on every machine only if the ids of their tokens are."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

import small_vocabularies


@pytest.mark.parametrize(
    ("vocabulary", "sha256"),
    [
        (small_vocabularies.wordpiece, "e4c3cbf08053"),
        (small_vocabularies.byte_level_bpe, "8599fa8aa29a"),
        (small_vocabularies.bpe_with_byte_fallback, "96db168862fa"),
        (small_vocabularies.unigram, "bc063aa77374"),
    ],
)
def test_every_process_numbers_the_pieces_alike(vocabulary: Callable[[list[str]], Any], sha256: str) -> None:
    made = vocabulary(["<unk>", "<s>", "</s>"])
    assert hashlib.sha256(repr(made).encode()).hexdigest()[:12] == sha256
