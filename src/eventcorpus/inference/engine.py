"""Running a model over the windows of many texts: in batches of like length, in bounded memory, results in order.

Comes in: texts in the stored form, one after another. Goes out: what the model says of the tokens of each, each token
in the window that shows most of what stands around it.

Texts are read in rounds of some ten thousand tokens. A round's windows are sorted by length and put together to batches
of a number of tokens, not of windows, so that little is padding; a thread tokenises what comes next meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from eventcorpus.inference.backends import Backend
from eventcorpus.models.heads import EventHeads
from eventcorpus.models.windows import EncodedText, TextEncoder, pad_windows

BATCH_TOKENS, CUDA_BATCH_TOKENS = 512, 65_536
"""Tokens that a model reads together, padding counted, for each thread of a processor: what a layer computes of 512
stays in the cache, and larger blocks of memory are given back to the system and fetched again each time."""
ROUND_TOKENS = 32_768
"""Tokens whose scores wait in memory, some some 2 kB with heads, 0.4 kB without; a longer text is its own round."""
_AHEAD = 100_000
"""Characters of texts that are tokenised before the model is ready for them."""


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text in the stored form and what the model says of its tokens, each in the window that owns it.

    ``log_probabilities``: of tags, shape (n_tokens, n_tags). ``states``: what the heads read of each token, shape
    (n_tokens, 2 * size); None without heads.
    """

    text: str
    encoded: EncodedText
    log_probabilities: NDArray[np.float32]
    states: torch.Tensor | None


class Engine:
    """A backend with the tokenizer and the heads that belong to its model.

    It is for one thread at a time: tokenizers are not safe for several.

    Args:
        before_batch: called before each batch of windows; what it raises ends the reading.
    """

    def __init__(self, backend: Backend, encoder: TextEncoder, *, heads: EventHeads | None = None) -> None:
        self.backend, self.encoder, self.heads = backend, encoder, heads
        on_cuda = backend.device.type == "cuda"
        self.batch_tokens = CUDA_BATCH_TOKENS if on_cuda else BATCH_TOKENS * torch.get_num_threads()
        self.before_batch: Callable[[], None] = lambda: None

    def scored(self, texts: Iterable[str]) -> Iterator[ScoredText]:
        """Score texts as the model does before any calibration, in order; in memory is one round of them."""
        waiting: list[tuple[str, EncodedText]] = []
        n_tokens = 0
        for text, encoded in self._encoded(texts):
            if waiting and n_tokens + len(encoded.input_ids) > ROUND_TOKENS:
                yield from self._score(waiting)
                waiting, n_tokens = [], 0
            waiting.append((text, encoded))
            n_tokens += len(encoded.input_ids)
        yield from self._score(waiting)

    def window_logits(self, windows: Sequence[Sequence[int]]) -> Iterator[tuple[int, torch.Tensor]]:
        """Run the model on windows that have their special tokens.

        Yields:
            the position of a window and its logits, shape (window_length, n_tags), fp32; long windows come first.
        """
        for batch in batches([len(window) for window in windows], n_tokens=self.batch_tokens):
            logits, _ = self._run([windows[i] for i in batch])
            for i, rows in zip(batch, logits, strict=True):
                yield i, rows[: len(windows[i])]

    def _encoded(self, texts: Iterable[str]) -> Iterator[tuple[str, EncodedText]]:
        """Texts with their tokens, in order; ``texts`` is taken from in the caller's thread alone."""
        ahead: deque[tuple[str, Future[EncodedText]]] = deque()
        n_characters = 0
        pool = ThreadPoolExecutor(1, thread_name_prefix="tokenise")
        try:
            for text in texts:
                ahead.append((text, pool.submit(self.encoder.encode, text)))
                n_characters += len(text)
                while n_characters > _AHEAD:
                    first, future = ahead.popleft()
                    n_characters -= len(first)
                    yield first, future.result()
            while ahead:
                first, future = ahead.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _score(self, texts: Sequence[tuple[str, EncodedText]]) -> Iterator[ScoredText]:
        lengths = [len(encoded.input_ids) for _, encoded in texts]
        scores = [np.zeros((n, self.backend.n_tags), dtype=np.float32) for n in lengths]
        size = 2 * self.heads.about.size if self.heads is not None else 0
        states = [torch.zeros(n, size, device=self.backend.device) for n in lengths]
        windows = [
            (i, window) for i, (_, text) in enumerate(texts) for window in text.windows if window.end > window.start
        ]
        n_before = len(self.encoder.prefix)
        for batch in batches(
            [window.end - window.start + self.encoder.n_special_tokens for _, window in windows],
            n_tokens=self.batch_tokens,
        ):
            chosen = [windows[k] for k in batch]
            logits, projected = self._run(
                [self.encoder.around(texts[i][1].input_ids[window.start : window.end]) for i, window in chosen]
            )
            found: NDArray[np.float32] = logits.log_softmax(dim=-1).cpu().numpy()
            for n, (i, window) in enumerate(chosen):
                own = slice(window.own_start, window.own_end)
                columns = slice(n_before + window.own_start - window.start, n_before + window.own_end - window.start)
                scores[i][own] = found[n, columns]
                if projected is not None:
                    states[i][own] = projected[n, columns]
        for (text, encoded), of_tags, of_tokens in zip(texts, scores, states, strict=True):
            yield ScoredText(text, encoded, of_tags, of_tokens if size else None)

    def _run(self, windows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits, shape (n_windows, seq_len, n_tags), and what the heads keep, shape (n_windows, seq_len, 2 * size)."""
        self.before_batch()
        padded = pad_windows(windows, pad_id=self.encoder.pad_id)
        batch = {name: tensor.to(self.backend.device) for name, tensor in padded.items()}
        is_even = len(set(map(len, windows))) == 1
        mask = None if is_even else batch["attention_mask"]  # attention without a mask is faster
        layers = self.heads.about.layers if self.heads is not None else ()
        with torch.inference_mode():
            logits, hidden_states = self.backend(batch["input_ids"], mask, layers)
            return logits.float(), self.heads.project(hidden_states) if self.heads is not None else None


def batches(lengths: Sequence[int], *, n_tokens: int) -> Iterator[list[int]]:
    """Positions of windows, longest first, in batches of at most so many tokens, padding counted, or of one window.

    >>> list(batches([2, 5, 4, 3], n_tokens=10))
    [[1, 2], [3, 0]]
    """
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > n_tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
