"""Scores of tags to mentions with calibrated confidences.

Comes in: log-probabilities of the tags of a text's tokens. Goes out: mentions of whole words, in text order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from eventcorpus.models.calibration import apply_logistic, apply_temperature
from eventcorpus.models.folder import ModelAbout
from eventcorpus.models.windows import EncodedText
from eventcorpus.schema import Mention
from eventcorpus.tags import DECODERS, spans_from_tags
from eventcorpus.text import whole_words, without_unpaired_marks


def decode_mentions(
    text: str, encoded: EncodedText, log_probabilities: NDArray[np.float32], about: ModelAbout
) -> list[Mention]:
    """Turn scores of tags into mentions, in text order.

    The ends of a mention are moved out to whole words, then in over unpaired quotation marks and brackets. None runs
    over a line break: a headline and the sentence below it are apart. Where two mentions meet in one
    word, the more confident one has it. Confidence is the geometric mean of the probabilities of the decoded tags,
    calibrated as ``about`` says.

    Args:
        log_probabilities: shape (n_tokens, n_tags).
    """
    visible = [i for i, (start, end) in enumerate(encoded.offsets) if start < end]
    calibration = about.calibration
    scores = apply_temperature(log_probabilities[visible], calibration.temperature)
    ends = [0, *(encoded.offsets[i][1] for i in visible)]
    begins_line = ["\n" in text[end : encoded.offsets[i][0]] for end, i in zip(ends, visible, strict=False)]
    scores[np.flatnonzero(begins_line), 2::2] = -np.inf  # the tags I-
    tags = DECODERS[about.decoder](scores)
    spans = spans_from_tags(tags)
    of_tags = scores[np.arange(len(tags)), tags]
    means = np.array([of_tags[first:past].mean() for first, past, _ in spans], dtype=np.float64)
    confidences = apply_logistic(np.exp(means), slope=calibration.slope, intercept=calibration.intercept).tolist()

    word_at = {character: word for word in whole_words(text) for character in range(*word)}
    mentions = []
    for (first, past, label), confidence in zip(spans, confidences, strict=True):
        start, _ = word_at[encoded.offsets[visible[first]][0]]
        _, end = word_at[encoded.offsets[visible[past - 1]][1] - 1]
        start, end = without_unpaired_marks(text, start, end)
        mentions.append(Mention(start, end, about.ontology.labels[label], text[start:end], confidence))
    return _without_overlaps(mentions)


def _without_overlaps(mentions: Iterable[Mention]) -> list[Mention]:
    """Of mentions that overlap the most confident one, of equal ones the first; in text order."""
    kept: list[Mention] = []  # in text order, so that only the neighbours can be in the way
    for mention in sorted(mentions, key=lambda m: (-m.confidence, m.start)):
        at = bisect_left(kept, mention.start, key=lambda m: m.start)
        before, after = kept[max(at - 1, 0) : at], kept[at : at + 1]
        if all(other.end <= mention.start for other in before) and all(mention.end <= other.start for other in after):
            kept.insert(at, mention)
    return kept
