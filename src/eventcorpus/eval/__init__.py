"""Scoring predictions against gold; never imports torch."""
