"""How far a run has come: what its checkpoints keep beside the weights."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Progress:
    """Optimiser steps done, seconds spent on them, and the loss of each; ``n_tokens`` were read, without padding."""

    step: int = 0
    seconds: float = 0.0
    n_tokens: int = 0
    losses: tuple[float, ...] = ()

    def after_step(self, *, loss: float, n_tokens: int, seconds: float) -> Progress:
        """One step further."""
        return replace(
            self,
            step=self.step + 1,
            seconds=self.seconds + seconds,
            n_tokens=self.n_tokens + n_tokens,
            losses=(*self.losses, loss),
        )
