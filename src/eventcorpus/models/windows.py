"""Text to overlapping windows of token ids; every token belongs to exactly one window, the one with most context.

Comes in: raw text and a fast tokenizer, whose own truncation and padding are never switched on. Goes out: windows
that keep the character offsets of their tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

from eventcorpus.errors import ModelError
from eventcorpus.text import trim


@dataclass(frozen=True, slots=True)
class Window:
    """A run of tokens [start, end) of an article, of which [own_start, own_end) are scored here."""

    start: int
    end: int
    own_start: int
    own_end: int


@dataclass(frozen=True, slots=True)
class EncodedText:
    """Token ids of a whole text, without special tokens, and the windows that cover it.

    ``input_ids`` has shape (n_tokens,). ``offsets``, shape (n_tokens, 2), are characters of the text, blanks that a
    tokenizer counts to a token trimmed off; a token of blanks alone, or without a character of its own, has an empty
    range.
    """

    input_ids: list[int]
    offsets: list[tuple[int, int]]
    windows: list[Window]


Cut = Callable[[int, int, int], list[Window]]
"""Cuts a number of tokens into windows of a size that share a stride with their neighbours."""


class TextEncoder:
    """A tokenizer with the windows of a model.

    ``prefix`` and ``suffix`` are its special tokens around each window, ``pad_id`` is the token id that pads.
    """

    def __init__(self, tokenizer: Any, *, max_length: int, stride: int, cut: Cut | None = None) -> None:
        """Find the special tokens by encoding a letter with and without them.

        Args:
            max_length: window size in tokens, special tokens included.
            stride: tokens that neighbouring windows share.
            cut: ``cut_windows``, as windows are cut for training, or ``even_windows``.

        Raises:
            ModelError: if the letter's own tokens are not among those with special ones.
        """
        self.tokenizer, self._max_length, self._stride = tokenizer, max_length, stride
        self._cut = cut or cut_windows
        bare, full = (tokenizer("a", add_special_tokens=special)["input_ids"] for special in (False, True))
        starts = [i for i in range(len(full) - len(bare) + 1) if full[i : i + len(bare)] == bare]
        if not starts:
            raise ModelError(f"{type(tokenizer).__name__}: cannot tell its special tokens apart; use a fast tokenizer")
        self.prefix: list[int] = full[: starts[0]]
        self.suffix: list[int] = full[starts[0] + len(bare) :]
        self.pad_id: int = tokenizer.pad_token_id or 0
        self.n_special_tokens = len(self.prefix) + len(self.suffix)

    def around(self, ids: Sequence[int]) -> list[int]:
        """Window ids with their special tokens."""
        return [*self.prefix, *ids, *self.suffix]

    def encode(self, text: str) -> EncodedText:
        """Tokenise raw text and cut it into windows.

        Raises:
            ModelError: if the window leaves no room, or the stride does not fit it.
        """
        encoding = self.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, return_attention_mask=False, verbose=False
        )
        input_ids: list[int] = encoding["input_ids"]
        offsets = [trim(text, start, end) for start, end in encoding["offset_mapping"]]
        windows = self._cut(len(input_ids), self._max_length - self.n_special_tokens, self._stride)
        return EncodedText(input_ids, offsets, windows)


def cut_windows(n_tokens: int, size: int, stride: int) -> list[Window]:
    """Cover tokens with windows of ``size`` tokens that share ``stride`` tokens with their neighbours.

    A mention cut by one window is whole in the next if it is shorter than ``stride``, which is an overlap, as in the
    tokenizers of Hugging Face (not a step, as the doc_stride of BERT's run_squad.py is). Each shared token belongs to
    one window, that in which it stands further from the edge, so the tokens of one mention may belong to two windows.

    Raises:
        ModelError: if the stride is not smaller than the size.
    """
    _check_stride(size, stride)
    starts = [0]
    while starts[-1] + size < n_tokens:
        starts.append(starts[-1] + size - stride)
    return _windows_at(starts, size, n_tokens)


def even_windows(n_tokens: int, size: int, stride: int) -> list[Window]:
    """Cover tokens with as many windows as ``cut_windows`` does, but of one length, so that no batch has much padding.

    They have at most ``size`` tokens, share at least ``stride`` with their neighbours, and the last is not a short one.

    >>> [(window.start, window.end) for window in even_windows(10, 8, 2)]
    [(0, 6), (4, 10)]

    Raises:
        ModelError: if the stride is not smaller than the size.
    """
    _check_stride(size, stride)
    n_windows = max(1, -(-(n_tokens - stride) // (size - stride)))
    length = -(-(n_tokens + (n_windows - 1) * stride) // n_windows)
    starts = [i * (n_tokens - length) // max(n_windows - 1, 1) for i in range(n_windows)]
    return _windows_at(starts, length, n_tokens)


def _check_stride(size: int, stride: int) -> None:
    if not 0 <= stride < size:
        raise ModelError(
            f"stride {stride} must be at least 0 and smaller than the {size} tokens that a window has for text"
        )


def _windows_at(starts: Sequence[int], size: int, n_tokens: int) -> list[Window]:
    ends = [min(start + size, n_tokens) for start in starts]
    borders = [0, *((left + right) // 2 for left, right in zip(starts[1:], ends, strict=False)), n_tokens]
    return [Window(s, e, own, to) for s, e, own, to in zip(starts, ends, borders, borders[1:], strict=False)]


def pad_windows(windows: Sequence[Sequence[int]], *, pad_id: int) -> dict[str, torch.Tensor]:
    """A batch of windows, padded to the longest.

    Returns:
        ``input_ids`` and ``attention_mask``, each of shape (n_windows, seq_len), int64.
    """
    ids = [torch.tensor(window, dtype=torch.long) for window in windows]
    return {
        "input_ids": pad_sequence(ids, batch_first=True, padding_value=pad_id),
        "attention_mask": pad_sequence([torch.ones_like(window) for window in ids], batch_first=True),
    }
