"""Scoring predictions against gold; never imports torch."""

from eventcorpus.eval.evaluate import score

__all__ = ["score"]
