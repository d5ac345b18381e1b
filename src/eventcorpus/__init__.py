"""News articles to a measured event extractor: annotate, convert, fine-tune, score, extract."""

__version__ = "0.1.0"
