"""Exact counts per label from lists of tags: whole chunks, as seqeval counts them, many times as fast.

Gold and predicted tags of the same tokens, in memory, give counts per label, and intervals by bootstrap over units of
sentences (articles). Nothing is made per chunk or token in Python: tags become numbers in one pass, and
both sides are compared as arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eventcorpus.errors import InputError
from eventcorpus.metrics.match import Counts, label_figures, sum_counts
from eventcorpus.metrics.resample import Estimate, Resampling, draw_resamples, estimate
from eventcorpus.metrics.tags import Decoder, FlatChunks, Scheme, Sentences, TagCodes, first_tokens, flat_chunks
from eventcorpus.tables import counted


@dataclass(frozen=True)
class TagScores:
    """Counts of chunks.

    ``labels`` are those with chunks, gold or predicted, in alphabetical order. ``statistics``, shape
    (n_units, n_labels, 3), has the numbers of correct, predicted and gold chunks of each unit, ``units`` its name.
    """

    labels: tuple[str, ...]
    units: tuple[Hashable, ...]
    statistics: NDArray[np.int64]

    @property
    def counts(self) -> dict[str, Counts]:
        """Counts of each label."""
        totals = self.statistics.sum(axis=0).tolist()
        return {label: Counts(*row) for label, row in zip(self.labels, totals, strict=True)}

    @property
    def micro(self) -> Counts:
        """Counts of all labels together."""
        return sum_counts(self.counts.values())

    def estimate(
        self, resampling: Resampling | None = None, *, n_resamples: int = 1000, seed: int = 0, level: float = 0.95
    ) -> Estimate:
        """Precision, recall and F1 with percentile intervals over the units: arrays of shape (n_labels + 2, 3).

        Rows are ``labels``, then micro, then macro: the mean over the labels that a resample has. With given resamples
        of ``units``, differences of two systems are paired.
        """
        resampling = resampling or draw_resamples(self.units, n_resamples=n_resamples, seed=seed)
        return estimate(self.statistics.astype(np.float64), label_figures, resampling=resampling, level=level)


def score_tags(
    gold: Sentences,
    predicted: Sentences,
    *,
    decoder: Decoder = "strict",
    scheme: Scheme = "iob2",
    units: Sequence[Hashable] | None = None,
) -> TagScores:
    """Count chunks that are in both: same sentence, start, end and label.

    Args:
        gold, predicted: the same sentences, each a list of tags; decoders and schemes are those of ``tag_sequences``.
        units: per sentence what it is drawn with in a bootstrap: its article, or ``range(len(gold))`` where sentences
            stand alone. Without, all are one unit, which shows no variation: intervals are undefined.

    Raises:
        InputError: if sentences do not have as many tags on both sides, or as ``flat_chunks``, naming the side.

    >>> score_tags([["B-A", "I-A", "O", "B-B"]], [["B-A", "I-A", "B-A", "I-B"]]).counts
    {'A': Counts(correct=1, predicted=2, support=1), 'B': Counts(correct=0, predicted=0, support=1)}
    """
    first = _same_sentences(gold, predicted)
    codes = TagCodes(decoder=decoder, scheme=scheme)
    sides: list[FlatChunks] = []
    for name, sentences in (("gold", gold), ("predicted", predicted)):
        try:
            sides.append(flat_chunks(sentences, codes, first))
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    in_gold, in_predicted = sides
    correct = _in_both(in_gold, in_predicted)
    names, unit_of = _units(units, len(first) - 1)
    sentence_ends = first[1:]
    n_labels = len(codes.names)
    statistics = np.empty((len(names), n_labels, 3), dtype=np.int64)
    for column, chunks in enumerate((correct, in_predicted, in_gold)):
        unit = unit_of[np.searchsorted(sentence_ends, chunks.starts, side="right")]
        cells = np.bincount(unit * n_labels + chunks.labels, minlength=len(names) * n_labels)
        statistics[:, :, column] = cells.reshape(len(names), n_labels)
    met = [i for i in np.argsort(codes.names, kind="stable").tolist() if statistics[:, i, 1:].any()]
    return TagScores(tuple(codes.names[i] for i in met), names, statistics[:, met])


def _in_both(gold: FlatChunks, predicted: FlatChunks) -> FlatChunks:
    """The chunks of both; on each side no two start at one token."""
    if not len(gold.starts):
        return gold
    at = np.minimum(np.searchsorted(gold.starts, predicted.starts), len(gold.starts) - 1)
    same = (
        (gold.starts[at] == predicted.starts)
        & (gold.ends[at] == predicted.ends)
        & (gold.labels[at] == predicted.labels)
    )
    return FlatChunks(predicted.starts[same], predicted.ends[same], predicted.labels[same])


def _same_sentences(gold: Sentences, predicted: Sentences) -> NDArray[np.int64]:
    first = first_tokens(gold)
    if not np.array_equal(first, first_tokens(predicted)):
        pairs = enumerate(zip_longest(map(len, gold), map(len, predicted), fillvalue=None), start=1)
        number, (n_gold, n_predicted) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
        if n_gold is None or n_predicted is None:
            raise InputError(
                f"gold has {counted(len(gold), 'sentence')} and predicted {len(predicted):,}; both sides need the "
                "same ones"
            )
        raise InputError(
            f"sentence {number} has {counted(n_gold, 'tag')} in gold and {n_predicted} predicted; both sides need a "
            "tag a token"
        )
    return first


def _units(units: Sequence[Hashable] | None, n_sentences: int) -> tuple[tuple[Hashable, ...], NDArray[np.int64]]:
    """The different units, in order, and the position of each sentence's among them."""
    if units is None:
        return ("all",), np.zeros(n_sentences, dtype=np.int64)
    if len(units) != n_sentences:
        raise InputError(
            f"{counted(len(units), 'unit')} for {counted(n_sentences, 'sentence')}; name the unit of every sentence"
        )
    position: dict[Hashable, int] = {}
    unit_of = np.array([position.setdefault(unit, len(position)) for unit in units], dtype=np.int64)
    return tuple(position), unit_of


IGNORED = -100
"""The label id of tokens that do not count: special tokens, padding, pieces of words."""


class EvalPrediction(Protocol):
    """What the Trainer hands over: logits, shape (n_windows, n_tokens, n_tags), and ids, (n_windows, n_tokens)."""

    predictions: Any
    label_ids: Any


def compute_metrics(tags: Sequence[str]) -> Callable[[EvalPrediction], dict[str, float]]:
    """Make the function that ``Trainer(compute_metrics=...)`` takes.

    Chunks are read as seqeval reads them with ``mode="strict"`` and the scheme IOB2: a stray I- begins nothing.

    Args:
        tags: the name of each tag id (O, B-Actor, I-Actor, ...), such as ``list(model.config.id2label.values())``.

    Returns:
        a function whose result has ``precision``, ``recall`` and ``f1`` (micro), the same with ``macro_`` (means over
        the labels that have gold or predicted chunks), and ``f1_LABEL`` for each label of ``tags``; 0 where undefined,
        because the Trainer compares numbers. Predictions may be logits or tag ids.

    >>> from types import SimpleNamespace
    >>> metrics = compute_metrics(["O", "B-Actor", "I-Actor"])
    >>> metrics(SimpleNamespace(predictions=np.array([[1, 2, 0, 1]]), label_ids=np.array([[1, 2, 0, -100]])))["f1"]
    1.0
    """
    names = list(tags)
    labels = list(dict.fromkeys(tag.partition("-")[2] for tag in names if "-" in tag))

    def metrics(evaluated: EvalPrediction) -> dict[str, float]:
        given = evaluated.predictions[0] if isinstance(evaluated.predictions, tuple) else evaluated.predictions
        found, gold = np.asarray(given), np.asarray(evaluated.label_ids)
        found = found.argmax(axis=-1) if found.ndim == 3 else found
        kept = gold != IGNORED
        in_gold, predicted = (
            [[names[tag] for tag in row[keep].tolist()] for row, keep in zip(ids, kept, strict=True)]
            for ids in (gold, found)
        )
        scores = score_tags(in_gold, predicted, decoder="strict", scheme="iob2")
        rows = scores.counts
        return {
            **_named("", [scores.micro]),
            **_named("macro_", list(rows.values())),
            **{f"f1_{label}": (rows[label].f1 if label in rows else None) or 0.0 for label in labels},
        }

    return metrics


def _named(prefix: str, rows: Sequence[Counts]) -> dict[str, float]:
    """Means of the rows' figures; 0 without rows."""
    return {
        f"{prefix}{key}": sum(getattr(row, key) or 0.0 for row in rows) / max(len(rows), 1)
        for key in ("precision", "recall", "f1")
    }
