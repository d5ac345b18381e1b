"""Scoring predictions against gold; never imports torch."""

from eventcorpus.eval.scores import score

__all__ = ["score"]
