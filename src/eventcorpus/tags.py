"""Between spans and BIO tags as a model has them. The tags of files are read by ``formats.schemes``.

Tag ids: 0 is O, then B- and I- of each label in ontology order, so label k has 2k + 1 and 2k + 2.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from eventcorpus.schema import Span

OUTSIDE = 0
_END = itemgetter(1)


def tag_names(labels: Sequence[str]) -> list[str]:
    """Tags in the order of their ids.

    >>> tag_names(["Actor", "Place"])
    ['O', 'B-Actor', 'I-Actor', 'B-Place', 'I-Place']
    """
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def tags_from_spans(
    spans: Sequence[Span], offsets: Sequence[tuple[int, int]], rank: dict[str, int]
) -> tuple[list[int], list[Span]]:
    """Tag tokens that share a character with a span.

    Args:
        spans: in text order, not overlapping.
        offsets: characters of each token, ascending; tokens without characters stay O.
        rank: position of each label.

    Returns:
        tag ids, shape (n_tokens,); and the spans that got no token of their own.
    """
    tags = [OUTSIDE] * len(offsets)
    unreached: list[Span] = []
    token = 0
    for span in spans:
        token = bisect_right(offsets, span.start, lo=token, key=_END)
        first = True
        i = token
        while i < len(offsets) and offsets[i][0] < span.end:
            start, end = offsets[i]
            if start < end and end > span.start and tags[i] == OUTSIDE:
                tags[i] = 2 * rank[span.label] + (1 if first else 2)
                first = False
            i += 1
        if first:
            unreached.append(span)
    return tags, unreached


def spans_from_tags(tags: Sequence[int]) -> list[tuple[int, int, int]]:
    """Read (first token, one past the last token, label position) from tag ids.

    A stray I- opens a span of its own (as conlleval does); constrained decoding never produces one.
    """
    spans: list[tuple[int, int, int]] = []
    for i, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        label = (tag - 1) // 2
        continues = tag % 2 == 0 and i > 0 and tags[i - 1] in (tag, tag - 1)
        if continues:
            spans[-1] = (spans[-1][0], i + 1, label)
        else:
            spans.append((i, i + 1, label))
    return spans


def viterbi(log_probabilities: NDArray[np.float32]) -> list[int]:
    """The most probable tags under the one rule of BIO: I- of a label follows only B- or I- of that label.

    Args:
        log_probabilities: shape (n_tokens, n_tags), tags in the order of ``tag_names``.

    Returns:
        tag ids, shape (n_tokens,).
    """
    tags = log_probabilities.argmax(axis=1)  # the best path, wherever it keeps the rule
    before = np.concatenate([[OUTSIDE], tags[:-1]])
    is_broken = (tags > OUTSIDE) & (tags % 2 == 0) & (before != tags) & (before != tags - 1)
    if not is_broken.any():
        return list(tags.tolist())
    starts = np.flatnonzero(np.isneginf(log_probabilities[:, 2::2]).all(axis=1))  # any tag may stand before these
    edges = sorted({0, *starts.tolist(), len(tags)})
    for start, end in pairwise(edges):
        if is_broken[start:end].any():
            tags[start:end] = _best_path(log_probabilities[start:end])
    return list(tags.tolist())


def _best_path(log_probabilities: NDArray[np.float32]) -> list[int]:
    n_tokens, n_tags = log_probabilities.shape
    score = log_probabilities[0].copy()
    score[2::2] = -np.inf
    came_from = np.zeros((n_tokens, n_tags), dtype=np.int32)
    for i in range(1, n_tokens):
        best = int(score.argmax())
        came_from[i] = best
        previous = np.full(n_tags, score[best], dtype=np.float32)
        stays = score[2::2] >= score[1::2]
        previous[2::2] = np.where(stays, score[2::2], score[1::2])
        came_from[i, 2::2] = np.arange(2, n_tags, 2) - ~stays
        score = previous + log_probabilities[i]
    tags = [int(score.argmax())]
    for i in range(n_tokens - 1, 0, -1):
        tags.append(int(came_from[i, tags[-1]]))
    return tags[::-1]


def argmax(log_probabilities: NDArray[np.float32]) -> list[int]:
    """The most probable tag of each token on its own; shapes as in ``viterbi``."""
    return list(log_probabilities.argmax(axis=1).tolist())


DECODERS = {"viterbi": viterbi, "argmax": argmax}
