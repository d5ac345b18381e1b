"""How far a run has come: what its checkpoints keep beside the tensors."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class ValidationScore:
    """Exact micro precision, recall and F1 in [0, 1] on the validation split, after ``step`` steps."""

    step: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Optimiser steps done and the loss of each; ``seconds`` went into steps, ``eval_seconds`` into scoring.

    ``n_tokens`` were read, without padding. ``stopped``: early stopping has ended the run.
    """

    step: int = 0
    seconds: float = 0.0
    eval_seconds: float = 0.0
    n_tokens: int = 0
    losses: tuple[float, ...] = ()
    scores: tuple[ValidationScore, ...] = ()
    stopped: bool = False

    @property
    def best(self) -> ValidationScore | None:
        """The best score; of equals the first."""
        return max(self.scores, key=lambda score: (score.f1, -score.step), default=None)

    def after_step(self, *, loss: float, n_tokens: int, seconds: float) -> Progress:
        """One step further."""
        return replace(
            self,
            step=self.step + 1,
            seconds=self.seconds + seconds,
            n_tokens=self.n_tokens + n_tokens,
            losses=(*self.losses, loss),
        )

    def after_score(self, score: ValidationScore, *, seconds: float, patience: int) -> Progress:
        """One score more; ``patience`` of them in a row that are not the best end the run (0: never)."""
        scores = (*self.scores, score)
        scored = replace(self, scores=scores, eval_seconds=self.eval_seconds + seconds)
        since_best = len(scores) - 1 - scores.index(scored.best or score)
        return replace(scored, stopped=bool(patience) and since_best >= patience)


def progress_data(progress: Progress) -> dict[str, Any]:
    """As JSON."""
    return asdict(progress)


def read_progress(data: dict[str, Any]) -> Progress:
    """From what ``progress_data`` gave."""
    return Progress(
        **data
        | {"losses": tuple(data["losses"]), "scores": tuple(ValidationScore(**score) for score in data["scores"])}
    )
