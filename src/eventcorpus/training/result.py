"""What a training run says of itself when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eventcorpus.training.progress import DevScore, Progress
from eventcorpus.training.windows import EncodedArticles


@dataclass(frozen=True, slots=True)
class FitResult:
    """What a training run did. ``tokens_per_second``: sub-words, special ones included, padding excluded.

    ``scores``: on the validation split, in the order of their steps. ``stopped_early``: by early_stopping_patience.
    """

    out: Path
    n_steps: int
    resumed_at: int
    seconds: float
    tokens_per_second: float
    losses: tuple[float, ...]
    n_examples: int
    n_spans: int
    n_lost: int
    scores: tuple[DevScore, ...] = ()
    stopped_early: bool = False


def fit_result(out: Path, encoded: EncodedArticles, progress: Progress, *, resumed_at: int) -> FitResult:
    """``progress`` counts what is read again in the overlap of windows; a rate for comparison leaves it out."""
    once = encoded.n_tokens / max(1, sum(len(example.input_ids) for example in encoded.examples))
    return FitResult(
        out=out,
        n_steps=progress.step,
        resumed_at=min(resumed_at, progress.step),
        seconds=progress.seconds,
        tokens_per_second=once * progress.n_tokens / progress.seconds if progress.seconds else 0.0,
        losses=progress.losses,
        n_examples=len(encoded.examples),
        n_spans=encoded.n_spans,
        n_lost=len(encoded.lost),
        scores=progress.scores,
        stopped_early=progress.stopped,
    )
