from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcorpus.errors import ModelError
from eventcorpus.models.windows import TextEncoder, cut_windows
from eventcorpus.schema import Span
from eventcorpus.tags import spans_from_tags, tags_from_spans
from eventcorpus.text import words

TEXTS = {
    "emoji": "Alert 🚨🔥 rebels shelled 👨‍👩‍👧 Northtown",
    "accents": "Cafe\u0301 owners in Sa\u0303o Vento, the Zürn militia",
    "arabic": "Fighters near حَلَب clashed with الجيش on Friday",
    "blanks": "  \n  leading   blanks\tthen rebels \n ",
    "quotes": "“The market was hit,” said Zoë — near the mayor’s café",
    "no letters": "… 12–15 %, (3) !!!",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_word_survives_tags_and_back(tokenizer: Any, text: str) -> None:
    encoded = TextEncoder(tokenizer, max_length=512, stride=16).encode(text)
    for n, (start, end) in enumerate(words(text)):
        tags, unreached = tags_from_spans([Span("1", start, end, "A")], encoded.offsets, {"A": 0})
        if unreached:  # a normaliser may drop a character altogether, such as the joiner inside an emoji
            assert not text[start:end].isalnum()
            continue
        ((first, past, _),) = spans_from_tags([t for t, (a, b) in zip(tags, encoded.offsets, strict=True) if a < b])
        visible = [offset for offset in encoded.offsets if offset[0] < offset[1]]
        assert visible[first][0] <= start and end <= visible[past - 1][1] + 1, (n, text[start:end])


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_token_begins_or_ends_with_a_blank(tokenizer: Any, text: str) -> None:
    encoded = TextEncoder(tokenizer, max_length=512, stride=16).encode(text)
    assert all(text[a:b] == text[a:b].strip() for a, b in encoded.offsets)
    assert [a for a, _ in encoded.offsets] == sorted(a for a, _ in encoded.offsets)


def test_an_emoji_of_several_tokens_is_one_span(tokenizer: Any) -> None:
    text = "near 🔥 rebels"
    encoded = TextEncoder(tokenizer, max_length=512, stride=16).encode(text)
    tags, unreached = tags_from_spans([Span("1", 5, 6, "A")], encoded.offsets, {"A": 0})
    assert unreached == []
    assert tags.count(1) == 1


def test_a_long_text_is_read_to_its_end(tokenizer: Any) -> None:
    text = "rebels attacked the town of aleppo on monday . " * 200
    special_tokens = TextEncoder(tokenizer, max_length=64, stride=16)
    encoded = TextEncoder(tokenizer, max_length=64, stride=16).encode(text)
    assert encoded.windows[-1].end == len(encoded.input_ids)
    assert max(end for start, end in encoded.offsets if start < end) == len(text.rstrip())
    assert all(window.end - window.start + special_tokens.n_special_tokens <= 64 for window in encoded.windows)


def test_encoding_switches_nothing_on_in_the_tokenizer(tokenizer: Any) -> None:
    TextEncoder(tokenizer, max_length=64, stride=16).encode("a " * 400)
    assert (tokenizer.backend_tokenizer.truncation, tokenizer.backend_tokenizer.padding) == (None, None)


def test_the_frame_is_what_the_model_expects_around_a_window(tokenizer: Any) -> None:
    special_tokens = TextEncoder(tokenizer, max_length=64, stride=16)
    bare = tokenizer("rebels attacked", add_special_tokens=False)["input_ids"]
    assert special_tokens.around(bare) == tokenizer("rebels attacked")["input_ids"]
    assert special_tokens.n_special_tokens == 2


@given(st.integers(0, 400), st.integers(2, 60), st.data())
def test_every_token_is_owned_by_the_window_with_most_context(n_tokens: int, size: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(0, size - 1))
    windows = cut_windows(n_tokens, size, stride)
    assert [i for w in windows for i in range(w.own_start, w.own_end)] == list(range(n_tokens))

    def context(window: Any, token: int) -> int:
        left = token - window.start if window.start else n_tokens
        return min(left, window.end - 1 - token if window.end < n_tokens else n_tokens)

    if 2 * stride <= size:
        for owner in windows:
            for token in range(owner.own_start, owner.own_end):
                best = max(context(w, token) for w in windows if w.start <= token < w.end)
                assert context(owner, token) >= best - 1


def test_a_stride_as_long_as_the_window_is_refused() -> None:
    with pytest.raises(ModelError, match="stride 10 must be at least 0 and smaller than the 10 tokens"):
        cut_windows(100, 10, 10)
