"""Scoring predictions against gold; never imports torch."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventcorpus.eval.evaluate import score

__all__ = ["score"]


def __getattr__(name: str) -> Any:
    """``score`` is imported when it is used: a command that needs one module of the package does not pay for it."""
    if name != "score":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from eventcorpus.eval.evaluate import score

    return score
